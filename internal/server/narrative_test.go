package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

func TestNarrative(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.1") // accepted
	form := v.get(entryPath("7.2.1")+"/narrative").expect(http.StatusOK,
		htmlcheck.In(`textarea[name="narrative"]`, htmlcheck.HasRaw(before.Narrative)),
		htmlcheck.In(`textarea[name="obstacles"]`, htmlcheck.HasRaw(before.Obstacles)),
		htmlcheck.In(`textarea[name="solution"]`, htmlcheck.HasRaw(before.Solution)),
		htmlcheck.In(`main form[method="post"]`, htmlcheck.HasAttr("action", entryPath("7.2.1")+"/narrative"))).page()
	equal(t, "version", form.First(`input[name="version"]`).Attr("value"), before.form())
	v.post(entryPath("7.2.1")+"/narrative", "version", before.form(),
		"narrative", "\r\nDòng một.\r\n\r\nDòng hai.\r\n", "obstacles", "Khó khăn", "solution", "").
		redirects(entryPath("7.2.1")).follow().expect(http.StatusOK, noticed(say(t, "notice.narrative_saved")), says("Dòng hai."))
	want := before
	want.Version, want.Changed = before.Version+1, true
	want.Narrative, want.Obstacles, want.Solution = "Dòng một.\n\nDòng hai.", "Khó khăn", ""
	equal(t, "entry", s.stored("7.2.1"), want)
}

func TestNarrativeRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	long := strings.Repeat("ệ", 10_001)
	v.act("7.2.2", "narrative", "narrative", "Ngắn.", "obstacles", long, "solution", long).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#obstacles-error", htmlcheck.HasText(say(t, "narrative.error.long"))),
		htmlcheck.In("#solution-error", htmlcheck.HasText(say(t, "narrative.error.long"))), htmlcheck.Count("#narrative-error", 0),
		htmlcheck.In(`textarea[name="narrative"]`, htmlcheck.HasRaw("Ngắn.")),
		htmlcheck.In(`textarea[name="obstacles"]`, htmlcheck.HasRaw(long)), htmlcheck.In(`textarea[name="solution"]`, htmlcheck.HasRaw(long)))
	v.act("7.2.2", "narrative", "narrative", before.Narrative, "obstacles", before.Obstacles, "solution", before.Solution).
		expect(http.StatusUnprocessableEntity, htmlcheck.In(".errors", htmlcheck.HasText(say(t, "narrative.error.same"))))
	equal(t, "entry", s.stored("7.2.2"), before)
	v.act("7.2.2", "narrative", "narrative", strings.Repeat("ệ", 10_000)).redirects(entryPath("7.2.2"))
}

// TestNarrativeIsShownAsText: what people write is never markup.
func TestNarrativeIsShownAsText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	const text = `</textarea><script>alert(1)</script> & "ngoặc" <b>đậm</b>`
	v.act("7.2.2", "narrative", "narrative", text).redirects(entryPath("7.2.2"))
	v.get(entryPath("7.2.2")).expect(http.StatusOK, says(text), htmlcheck.Count("main script", 0), htmlcheck.Count("main .prose b", 0))
	v.get(entryPath("7.2.2")+"/narrative").expect(http.StatusOK,
		htmlcheck.In(`textarea[name="narrative"]`, htmlcheck.HasRaw(text)), htmlcheck.Count("main script", 0))
}
