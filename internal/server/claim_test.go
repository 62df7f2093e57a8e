package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

// TestClaim: the staff of the department save, and see once that it is done.
func TestClaim(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	done := v.claim("7.2.2", "claim", "achieved", "note", "  Đạt 35,2% năm 2024.\r\nCó biên bản. ", "effective_on", "")
	done.redirects(entryPath("7.2.2")).follow().expect(http.StatusOK,
		noticed(say(t, "notice.claim_saved")), htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "achieved")))
	want := before
	want.Version, want.Claim, want.Note, want.EffectiveOn = before.Version+1, "achieved", "Đạt 35,2% năm 2024.\nCó biên bản.", "2025-03-10"
	equal(t, "entry", s.stored("7.2.2"), want)
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`main [role="status"]`, 0))
	audited := ask[int](s, `SELECT count(*) FROM audit a JOIN account c ON c.id = a.account_id
		WHERE a.act = 'change_claim' AND a.subject = 'entry 1/7.2.2' AND c.email = $1 AND a.address = '192.0.2.7' AND a.request_id = $2`,
		staff, done.header.Get("X-Request-Id"))
	equal(t, "audit records of the request", audited, 1)
}

// TestNoticeIsNotWhatACookieSays: only the program's own notices are shown.
func TestNoticeIsNotWhatACookieSays(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(staff)
	for _, value := range []string{"Call 0900 000 000", "error.internal.title", "notice.nothing", ""} {
		v.keepCookie("notice", value)
		v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`main [role="status"]`, 0))
	}
}

func TestClaimAndSubmit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("9.3.1")
	v.claim("9.3.1", "claim", "achieved", "note", "Hồ sơ đủ.", "then", "submit").redirects(entryPath("9.3.1")).follow().
		expect(http.StatusOK, noticed(say(t, "notice.claim_saved_and_submitted")))
	want := before
	want.Version, want.Claim, want.Verdict, want.Note, want.EffectiveOn = before.Version+2, "achieved", "awaiting", "", "2025-03-10"
	equal(t, "entry", s.stored("9.3.1"), want)
}

// TestSubmittingWhatIsNotAchieved writes neither the claim nor the submission.
func TestSubmittingWhatIsNotAchieved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.stored("9.3.1")
	s.as(staff).claim("9.3.1", "claim", "not_started", "note", "Tạm dừng.", "then", "submit").expect(http.StatusUnprocessableEntity,
		says(say(t, "submit.error.not_submittable")), htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw("Tạm dừng.")),
		htmlcheck.In(`input[name="claim"][checked]`, htmlcheck.HasAttr("value", "not_started")))
	equal(t, "entry", s.stored("9.3.1"), before)
}

// TestClaimRefused: the page comes back with what was typed and a sentence
// beside the field, in the reader's language; nothing is written.
func TestClaimRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	for _, tt := range []struct{ claim, field, key string }{
		{"in_progress", "claim", "claim.error.same"},
		{"", "claim", "claim.error.unknown"},
		{"done", "claim", "claim.error.unknown"},
		{"accepted\x00", "claim", "form.error.characters"},
	} {
		v.get("/?lang=vi")
		v.claim("7.2.2", "claim", tt.claim, "note", "Giữ lại.").expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.In(".errors", htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw("Giữ lại.")),
			htmlcheck.In(`input[name="version"]`, htmlcheck.HasAttr("value", before.form())))
		v.get("/?lang=en")
		v.claim("7.2.2", "claim", tt.claim, "note", "Giữ lại.").expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(tell(t, tt.key))))
	}
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestEffectiveOn: only a coordinator dates a claim earlier, and not before
// its previous change or the opening.
func TestEffectiveOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct{ email, day, key string }{
		{staff, "2025-03-09", "effective_on.error.coordinator_only"},
		{staff, "2025-03-11", "effective_on.error.future"},
		{staff, "mai", "effective_on.error.malformed"},
		{coordinator, "2025-03-11", "effective_on.error.future"},
		{coordinator, "2024-06-02", "effective_on.error.before_previous"},
		{coordinator, "2024-01-14", "effective_on.error.before_opening"},
		{coordinator, "09/03/2025", "effective_on.error.malformed"},
		{coordinator, "2025-02-29", "effective_on.error.malformed"},
		{coordinator, "2025-03-09\x00", "form.error.characters"},
	} {
		before := s.stored("7.2.2")
		got := s.as(tt.email).claim("7.2.2", "claim", "achieved", "note", "Giữ lại.", "effective_on", tt.day)
		got.expect(http.StatusUnprocessableEntity, htmlcheck.In(".errors", htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw("Giữ lại.")))
		if tt.email == coordinator {
			htmlcheck.Check(t, got.page(), htmlcheck.In("#effective_on-error", htmlcheck.HasText(say(t, tt.key))),
				htmlcheck.In(`input[name="effective_on"]`, htmlcheck.HasAttr("value", strings.Trim(tt.day, "\x00"))))
		}
		equal(t, tt.email+" "+tt.day, s.stored("7.2.2"), before)
	}
}

func TestEffectiveOnAccepted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct{ email, code, day, want string }{
		{staff, "7.2.2", "2025-03-10", "2025-03-10"}, // today, written out
		{staff, "9.3.1", "", "2025-03-10"},
		{coordinator, "12.1.2", "2024-07-08", "2024-07-08"}, // the day of the previous change
		{coordinator, "12.3.1", " 2025-03-01 ", "2025-03-01"},
	} {
		s.as(tt.email).claim(tt.code, "claim", "achieved", "effective_on", tt.day).redirects(entryPath(tt.code))
		equal(t, tt.code+": effective", s.stored(tt.code).EffectiveOn, tt.want)
	}
}

// TestClaimByOthers: who may look may still not act, with whatever version.
func TestClaimByOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	before := s.stored("7.2.2")
	for _, email := range []string{otherStaff, leader, reviewer, expert, overseer, admin} {
		s.as(email).post(entryPath("7.2.2")+"/claim", "version", before.form(), "claim", "achieved").
			expect(http.StatusForbidden, says(say(t, "error.forbidden.title")))
	}
	s.as(theirCoordinator).post(entryPath("7.2.2")+"/claim", "version", before.form(), "claim", "achieved").
		expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestClosedWhileTheFormWasOpen: the assessment takes no more changes, and
// what was typed is still on the page.
func TestClosedWhileTheFormWasOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	version := s.stored("7.2.2").form()
	s.owner(`UPDATE assessment SET closed_on = '2025-03-10'`)
	for act, field := range map[string]string{"claim": "note", "narrative": "obstacles", "measurement": "source", "submit": "note"} {
		got := v.post(entryPath("7.2.2")+"/"+act, "version", version, "claim", "achieved", "year", "2024", "value", "30", field, "Giữ lại.")
		got.expect(http.StatusUnprocessableEntity, says(say(t, "assessment.error.closed")))
		equal(t, act+": "+field+" is kept", strings.Contains(got.body, "Giữ lại."), true)
	}
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`main form[method="post"]`, 0))
	for _, act := range []string{"narrative", "measurement"} {
		v.get(entryPath("7.2.2")+"/"+act).expect(http.StatusForbidden, says(say(t, "error.forbidden.title")))
	}
}
