package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

func TestUnknownAssessment(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(coordinator)
	for _, asked := range []string{"2", "99", "0", "-1", "abc", "1.0", "99999999999999999999", "%00"} {
		for _, path := range []string{dashboard, list, entryPath("7.2.2"), entryPath("7.2.2") + "/narrative", entryPath("7.2.2") + "/measurement"} {
			v.get(path+"?assessment="+asked).expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
		}
		for _, act := range []string{"claim", "submit", "withdraw", "narrative", "measurement"} {
			v.post(entryPath("7.2.2")+"/"+act+"?assessment="+asked, "version", "3", "claim", "achieved", "year", "2024", "value", "1").
				expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
		}
	}
}

// TestSecondAssessment: without a number the pages show the one opened last;
// every link of another one's pages stays on it.
func TestSecondAssessment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	equal(t, "number", s.openAssessment(s.member(coordinator), "ha-long", tracker.NewDate(2025, 3, 3), true), 2)
	v := s.as(coordinator)
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "0/57")))
	v.get(dashboard+"?assessment=2").expect(http.StatusOK, htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "0/57")))
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "not_started")))
	v.get(entryPath("7.2.2")+"?assessment=1").expect(http.StatusOK, htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "in_progress")))
	first := v.get(dashboard+"?assessment=1").expect(http.StatusOK,
		htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "53/57")),
		htmlcheck.In(`form[method="get"] input[name="assessment"]`, htmlcheck.HasAttr("value", "1"))).page()
	for _, href := range first.Values("main a", "href") {
		equal(t, href+" stays on an assessment", strings.Contains(href, "assessment=") || strings.Contains(href, "/assessments/1/"), true)
	}
	chosen := first.First(`nav[aria-label="` + say(t, "overview.assessments") + `"] [aria-current]`)
	equal(t, "the chosen one", chosen.Attr("href"), dashboard+"?assessment=1")
}

// TestChoosingAnAssessmentOnTheList stays on the list.
func TestChoosingAnAssessmentOnTheList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.openAssessment(s.member(coordinator), "ha-long", tracker.NewDate(2025, 3, 3), true)
	page := s.as(leader).get(list + "?assessment=1&area=7").page()
	links := page.Values(`nav[aria-label="`+say(t, "overview.assessments")+`"] a`, "href")
	equal(t, "links", strings.Join(links, " "), list+"?area=7&assessment=1 "+list+"?area=7&assessment=2")
}

// TestActsOnAnotherAssessment: a form of an assessment's page acts on that one
// and comes back to it.
func TestActsOnAnotherAssessment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.openAssessment(s.member(coordinator), "ha-long", tracker.NewDate(2025, 3, 3), true)
	v := s.as(coordinator)
	page := v.get(entryPath("7.2.2") + "?assessment=1").page()
	action := page.First(`form[action^="` + entryPath("7.2.2") + `/claim"]`).Attr("action")
	equal(t, "action", action, entryPath("7.2.2")+"/claim?assessment=1")
	version := page.First(`input[name="version"]`).Attr("value")
	v.post(action, "version", version, "claim", "achieved").redirects(entryPath("7.2.2")+"?assessment=1").follow().
		expect(http.StatusOK, noticed(say(t, "notice.claim_saved")), htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "achieved")))
	equal(t, "the first assessment's claim", s.stored("7.2.2").Claim, "achieved")
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "not_started")))
}

// TestAssessmentWithoutReview: the claim alone counts, nothing is submitted,
// and verdicts are not spoken of.
func TestAssessmentWithoutReview(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.openAssessment(s.member(coordinator), "ha-long", tracker.NewDate(2025, 3, 3), false)
	v := s.as(coordinator)
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`button[name="then"]`, 0))
	v.claim("7.2.2", "claim", "achieved").redirects(entryPath("7.2.2")).follow().expect(http.StatusOK,
		noticed(say(t, "notice.claim_saved")), htmlcheck.Count(`form[action="`+entryPath("7.2.2")+`/submit"]`, 0))
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "1/57")), htmlcheck.Count(".facts dd a", 3))
	equal(t, "a filter by verdict", strings.Contains(v.get(list).expect(http.StatusOK).body, "verdict="), false)
	v.act("7.2.2", "submit").expect(http.StatusUnprocessableEntity, says(say(t, "submit.error.no_review")))
	v.claim("7.2.1", "claim", "achieved", "then", "submit").expect(http.StatusUnprocessableEntity, says(say(t, "submit.error.no_review")))
}
