package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

func TestSubmitAndWithdraw(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.claim("7.2.2", "claim", "achieved").redirects(entryPath("7.2.2"))
	before := s.stored("7.2.2")
	v.act("7.2.2", "submit", "note", "Kính gửi người thẩm định.").redirects(entryPath("7.2.2")).follow().
		expect(http.StatusOK, noticed(say(t, "notice.submitted")))
	submitted := before
	submitted.Version, submitted.Verdict, submitted.Note = before.Version+1, "awaiting", "Kính gửi người thẩm định."
	equal(t, "entry, submitted", s.stored("7.2.2"), submitted)
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count("form#withdraw", 1), htmlcheck.Count("form#submit", 0))
	v.act("7.2.2", "withdraw").redirects(entryPath("7.2.2")).follow().
		expect(http.StatusOK, noticed(say(t, "notice.withdrawn")), htmlcheck.Count("form#submit", 1))
	withdrawn := submitted
	withdrawn.Version, withdrawn.Verdict, withdrawn.Note = submitted.Version+1, "none", ""
	equal(t, "entry, withdrawn", s.stored("7.2.2"), withdrawn)
}

// TestMoveRefused: an act that the entry's state does not admit.
func TestMoveRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	v.act("7.2.2", "submit", "note", "Giữ lại.").expect(http.StatusUnprocessableEntity,
		says(say(t, "submit.error.not_submittable")), htmlcheck.In(".errors", htmlcheck.HasText(say(t, "submit.error.not_submittable"))),
		htmlcheck.In(`form#submit textarea[name="note"]`, htmlcheck.HasRaw("Giữ lại.")))
	v.act("7.2.2", "withdraw").expect(http.StatusUnprocessableEntity, says(say(t, "withdraw.error.not_awaiting")))
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestMoveWithALongNote: the note is kept where it was typed.
func TestMoveWithALongNote(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.claim("7.2.2", "claim", "achieved").redirects(entryPath("7.2.2"))
	before := s.stored("7.2.2")
	note := strings.Repeat("ệ", 2001)
	v.act("7.2.2", "submit", "note", note).expect(http.StatusUnprocessableEntity,
		says(say(t, "note.error.long")), htmlcheck.In(`form#submit textarea[name="note"]`, htmlcheck.HasRaw(note)))
	equal(t, "entry", s.stored("7.2.2"), before)
	v.act("7.2.2", "submit", "note", strings.Repeat("ệ", 2000)).redirects(entryPath("7.2.2"))
}

// TestBrokenNoteOnAStaleForm: taking out characters must not take the version
// along, or the next click would overwrite what somebody else did.
func TestBrokenNoteOnAStaleForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.claim("7.2.2", "claim", "achieved").redirects(entryPath("7.2.2"))
	old := s.stored("7.2.2").form()
	s.as(coordinator).act("7.2.2", "narrative", "narrative", "Bản khác.").redirects(entryPath("7.2.2"))
	v.post(entryPath("7.2.2")+"/submit", "version", old, "note", "Gửi\x00").expect(http.StatusUnprocessableEntity,
		htmlcheck.In(`form#submit input[name="version"]`, htmlcheck.HasAttr("value", old)),
		htmlcheck.In(`form#submit textarea[name="note"]`, htmlcheck.HasRaw("Gửi")))
	equal(t, "verdict", s.stored("7.2.2").Verdict, "none")
}
