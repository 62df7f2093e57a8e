package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

// TestMilestones: each is a day to choose, with the score that the page of
// that day shows; those still to come are not.
func TestMilestones(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owner(`INSERT INTO milestone (city_id, assessment_id, held_on, title_vi, title_en, published)
		SELECT city_id, id, day::date, 'Hội nghị', 'Conference', true FROM assessment, unnest(ARRAY['2025-03-11', '2024-01-10']) AS day`)
	v := s.as(leader)
	page := v.get(dashboard + "?on=2025-02-28").page()
	var days []string
	for _, chip := range page.All(`.day .chips a[title]`) {
		score := chip.First("b").Text()
		days = append(days, chip.Attr("href")+" "+score)
		v.get(chip.Attr("href")).expect(http.StatusOK, htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", score)))
	}
	equal(t, "days", strings.Join(days, "; "), strings.Join([]string{
		dashboard + "?on=2024-01-10 0/57", dashboard + "?on=2024-08-13 50/57", dashboard + "?on=2024-11-28 51/57", dashboard + "?on=2025-02-28 53/57",
	}, "; "))
	equal(t, "the chosen one", page.First(`.day .chips [aria-current]`).Attr("href"), dashboard+"?on=2025-02-28")
}

// TestDelta: what was gained and lost since the city first told the public.
func TestDelta(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.claim("1.2.1", "claim", "in_progress").redirects(entryPath("1.2.1"))
	first := tracker.NewDate(2024, 8, 13)
	for _, tt := range []struct{ on, words, codes string }{
		{"2025-02-28", say(t, "overview.delta.more", "count", 3, "day", first), "4.5.2 5.3.1 12.2.1"},
		{"2025-03-10", say(t, "overview.delta.more", "count", 2, "day", first), "4.5.2 5.3.1 12.2.1 1.2.1"},
		{"2024-08-14", say(t, "overview.delta.same", "day", first), ""},
	} {
		page := v.get(dashboard+"?on="+tt.on).expect(http.StatusOK, htmlcheck.In(".delta", htmlcheck.HasText(tt.words))).page()
		var found []string
		for _, link := range page.All(".delta .codes a") {
			found = append(found, link.Text())
			v.get(link.Attr("href")).expect(http.StatusOK)
		}
		equal(t, tt.on+": codes", strings.Join(found, " "), tt.codes)
	}
	v.get(dashboard+"?on=2024-08-13").expect(http.StatusOK, htmlcheck.Count(".delta", 0))
}
