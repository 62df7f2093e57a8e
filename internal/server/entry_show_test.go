package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

// TestEntryHooks: scripts read the first data-claim and the first version of
// an indicator's page as text.
func TestEntryHooks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct{ email, code, claim, version string }{
		{staff, "7.2.2", "in_progress", "7"},
		{coordinator, "7.2.2", "in_progress", "7"},
		{coordinator, "1.2.1", "achieved", s.stored("1.2.1").form()},
		{leader, "7.2.2", "in_progress", ""},
		{reviewer, "7.2.2", "in_progress", ""},
		{staff, "1.2.1", "achieved", ""}, // of another department
	} {
		got := s.as(tt.email).get(entryPath(tt.code)).expect(http.StatusOK,
			htmlcheck.Count("[data-claim]", 1), htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", tt.claim)))
		version := regexp.MustCompile(`name="version" value="([0-9]+)"`).FindStringSubmatch(got.body)
		equal(t, tt.email+" "+tt.code+": version", strings.Join(version, " "), strings.TrimSpace(hook(tt.version)))
		forms := got.page().Values(`main form[method="post"]`, "action")
		if want := tt.version != ""; (len(forms) > 0) != want || want && forms[0] != entryPath(tt.code)+"/claim" {
			t.Errorf("%s has the forms %q on %s", tt.email, forms, tt.code)
		}
	}
}

func hook(version string) string {
	if version == "" {
		return ""
	}
	return `name="version" value="` + version + `" ` + version
}

// TestClaimFormIsWhatThePageSays: the form starts from the entry's own claim.
func TestClaimFormIsWhatThePageSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(coordinator).get(entryPath("1.2.1")).expect(http.StatusOK,
		htmlcheck.Count(`input[name="claim"]`, 3), htmlcheck.Count(`input[name="claim"][checked]`, 1),
		htmlcheck.In(`input[name="claim"][checked]`, htmlcheck.HasAttr("value", "achieved")),
		htmlcheck.In(`input[name="effective_on"]`, htmlcheck.HasAttr("value", "")))
	s.as(staff).get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`input[name="effective_on"]`, 0),
		htmlcheck.In(`input[name="claim"][checked]`, htmlcheck.HasAttr("value", "in_progress")))
}

// TestPastDayIsReadOnly: nobody changes what was.
func TestPastDayIsReadOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.as(coordinator).get(entryPath("12.2.1")+"?on=2025-02-20").expect(http.StatusOK,
		htmlcheck.Count(`main form[method="post"]`, 0), htmlcheck.Count(`input[name="version"]`, 0),
		htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "in_progress")))
	page := got.page()
	for _, href := range page.Values("main a", "href") {
		equal(t, href+" leads to a form", strings.HasSuffix(href, "/narrative") || strings.Contains(href, "/measurement"), false)
	}
	equal(t, "the way to today", slices.Contains(page.Values("main a", "href"), entryPath("12.2.1")), true)
	equal(t, "what happened later", strings.Contains(got.body, "21/02/2025"), false)
	s.as(coordinator).get(entryPath("12.2.1")+"?on=2025-02-21").expect(http.StatusOK,
		htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "achieved")))
	s.as(coordinator).get(entryPath("12.2.1")+"?on=2025-03-10").expect(http.StatusOK, // today by its name
		htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "achieved")), htmlcheck.Count(`button[name="then"]`, 1))
}

// TestPastTexts: a page of a past day shows what was written then.
func TestPastTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	before := s.stored("7.2.2").Narrative
	v.act("7.2.2", "narrative", "narrative", "Văn bản mới.").redirects(entryPath("7.2.2"))
	v.get(entryPath("7.2.2")+"?on=2025-03-01").expect(http.StatusOK, says(strings.Join(strings.Fields(before), " ")))
	past := v.get(entryPath("7.2.2") + "?on=2025-03-01")
	equal(t, "the new text on a day before it", strings.Contains(past.body, "Văn bản mới."), false)
	v.get(entryPath("7.2.2")).expect(http.StatusOK, says("Văn bản mới."))
	v.get(entryPath("7.2.2")+"?on=2025-02-27").expect(http.StatusOK, says(say(t, "entry_show.narrative.none")))
}

// TestPreviousAndNext walk through all indicators, in both directions.
func TestPreviousAndNext(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	all := codes(v.get(list).page())
	var walked []string
	at := entryPath("1.1.1")
	for at != "" && len(walked) < 60 {
		page := v.get(at).expect(http.StatusOK).page()
		walked = append(walked, page.First("h1 .code").Text())
		if n := len(walked); n > 1 {
			equal(t, "before "+walked[n-1], page.First(`a[rel="prev"]`).Attr("href"), entryPath(walked[n-2]))
		} else {
			equal(t, "links back on the first", len(page.All(`a[rel="prev"]`)), 0)
		}
		at = page.First(`a[rel="next"]`).Attr("href")
	}
	if !slices.Equal(walked, all) {
		t.Errorf("walked %q; want %q", walked, all)
	}
	page := v.get(entryPath("7.2.2") + "?on=2024-08-13").page()
	equal(t, "next on a past day", page.First(`a[rel="next"]`).Attr("href"), entryPath("8.1.1")+"?on=2024-08-13")
}

// unknownCodes name no indicator.
var unknownCodes = []string{"1.1.9", "99", "1.1.1 ", "1.1.1%00", "%00", "%ff", "%FF", "%F0%9F%98%80", "..%2f1.1.1", "7.2.2'--", strings.Repeat("9", 4000)}

func TestUnknownCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	for _, code := range unknownCodes {
		path := list + "/" + strings.ReplaceAll(code, " ", "%20")
		for _, suffix := range []string{"", "/narrative", "/measurement"} {
			v.get(path+suffix).expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
		}
		for _, act := range []string{"claim", "submit", "withdraw", "narrative", "measurement"} {
			v.post(path+"/"+act, "version", "1", "claim", "achieved", "narrative", "x", "year", "2024", "value", "1").
				expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
		}
	}
}

// TestUnknownCity: for who could read a city anywhere, and for who could not.
func TestUnknownCity(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	for _, email := range []string{leader, overseer} {
		v := s.as(email)
		for _, slug := range []string{"nowhere", "ha%20long", "%00", "ha-long%00", "%ff", "ha-long%FF", "HA-LONG", strings.Repeat("a", 4000)} {
			for _, path := range []string{"", "/indicators", "/indicators/7.2.2"} {
				v.get("/cities/"+slug+path).expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
			}
		}
	}
}

// TestHistory: every act is on the page, the newest first, with who did it.
func TestHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.claim("7.2.2", "claim", "achieved", "note", "Đã ký kết <b>liên kết</b>.", "then", "submit").redirects(entryPath("7.2.2"))
	var rows []string
	page := v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count("[data-claim]", 1)).page()
	for _, row := range page.All(".history li") {
		rows = append(rows, row.Text())
	}
	if len(rows) != 9-1 || !strings.Contains(rows[0], say(t, "act.submit")) || !strings.Contains(rows[1], say(t, "act.change_claim")) ||
		!strings.Contains(rows[1], "Đã ký kết <b>liên kết</b>.") || !strings.Contains(rows[1], "Cán bộ văn hóa (minh họa)") ||
		!strings.Contains(rows[len(rows)-1], say(t, "act.open")) {
		t.Errorf("the history has %d rows: %q", len(rows), rows)
	}
}

// TestEvidenceInTheHistory: what happened to an entry's evidence stands in its
// history and in the record of acts.
func TestEvidenceInTheHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lead := s.member(coordinator)
	link := postgres.LinkTo{EntryRef: postgres.EntryRef{Indicator: "7.2.2"}}
	if _, err := s.db.Store.AddEvidence(t.Context(), lead, "ha-long", postgres.NewEvidence{
		Passport: tracker.Passport{Title: "Kế hoạch <b>liên kết</b>", Access: tracker.AccessOpen, Language: "vi"},
		Content:  tracker.EvidenceContent{URL: "https://halong.gov.vn"}, Links: []postgres.LinkTo{link}}); err != nil {
		t.Fatal(err)
	}
	page := s.as(leader).get(entryPath("7.2.2")).expect(http.StatusOK).page()
	if row := page.All(".history li")[0].Text(); !strings.Contains(row, say(t, "act.link_evidence")) || !strings.Contains(row, "Kế hoạch <b>liên kết</b>") {
		t.Errorf("the history begins with %q", row)
	}
	record := s.as(coordinator).get("/cities/ha-long/audit").expect(http.StatusOK)
	for _, key := range []string{"audit.act.add_evidence", "audit.act.link_evidence"} {
		subject := map[string]string{"audit.act.add_evidence": say(t, "audit.subject.evidence", "name", "1"),
			"audit.act.link_evidence": say(t, "audit.subject.entry", "code", "7.2.2", "assessment", "1")}[key]
		if sentence := say(t, key, "subject", subject); !strings.Contains(record.body, sentence) {
			t.Errorf("the record does not say %q", sentence)
		}
	}
}
