package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

const dashboard = "/cities/ha-long"

// ofCulture is where the staff of the department begin.
const ofCulture = dashboard + "/departments/CUL"

func TestScore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	for _, tt := range []struct{ query, want string }{
		{"?on=2024-08-12", "50/57"},
		{"?on=2024-08-13", "50/57"},
		{"?on=2024-11-21", "50/57"},
		{"?on=2024-11-22", "51/57"},
		{"?on=2025-02-28", "53/57"},
		{"?on=2024-01-15", "0/57"},
		{"?on=2025-03-10", "53/57"},
		{"", "53/57"},
		{"?on=2024-08-13&lang=en", "50/57"},
	} {
		v.get(dashboard+tt.query).expect(http.StatusOK,
			htmlcheck.Count("[data-score]", 1), htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", tt.want)))
	}
}

func TestBeforeTheOpening(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	opened := tracker.NewDate(2024, 1, 15)
	for _, day := range []string{"2024-01-14", "1999-12-31", "1971-01-01"} {
		on, err := tracker.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		v.get(dashboard+"?on="+day).expect(http.StatusOK,
			htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "0/57")),
			says(say(t, "overview.before_opening", "day", on, "opened", opened)))
		list := v.get(dashboard+"/indicators?on="+day).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 57))
		equal(t, "entries that stand achieved", strings.Count(list.body, `data-state="achieved"`), 0)
		v.get(dashboard+"/indicators/1.1.1?on="+day).expect(http.StatusOK,
			htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "not_started")))
	}
}

// refusedDays cannot be shown. The message stands beside the field, which
// keeps what was typed; the figures are today's.
var refusedDays = []struct{ asked, kept, key string }{
	{"abc", "abc", "on.error.malformed"},
	{"2024-02-30", "2024-02-30", "on.error.malformed"},
	{"28/02/2025", "28/02/2025", "on.error.malformed"},
	{"2025-2-3", "2025-2-3", "on.error.malformed"},
	{"0000-01-01", "0000-01-01", "on.error.malformed"},
	{"2025-02-28%00", "2025-02-28", "on.error.malformed"},
	{"%ff%fe", "", "on.error.malformed"},
	{"%22%3E%3Cscript%3E", `"><script>`, "on.error.malformed"},
	{strings.Repeat("9", 5000), strings.Repeat("9", 60) + "…", "on.error.malformed"},
	{"2025-03-11", "2025-03-11", "on.error.future"},
	{"9999-12-31", "9999-12-31", "on.error.future"},
}

func TestRefusedDay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	for _, tt := range refusedDays {
		got := v.get(dashboard+"?on="+tt.asked).expect(http.StatusUnprocessableEntity,
			htmlcheck.In(`input[name="on"]`, htmlcheck.HasAttr("value", tt.kept), htmlcheck.HasAttr("aria-invalid", "true")),
			htmlcheck.In("#on-error", htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "53/57")))
		equal(t, "NUL on the page", strings.Contains(got.body, "\x00"), false)
		v.get(dashboard+"?lang=en&on="+tt.asked).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#on-error", htmlcheck.HasText(tell(t, tt.key))))
		v.get("/?lang=vi")
		v.get(dashboard+"/indicators?on="+tt.asked).expect(http.StatusUnprocessableEntity,
			says(say(t, tt.key)), htmlcheck.Count("[data-indicator]", 57))
		v.get(dashboard+"/indicators/7.2.2?on="+tt.asked).expect(http.StatusUnprocessableEntity,
			says(say(t, tt.key)), htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "in_progress")))
	}
}

// TestBrokenQuery: an address that cannot be read must not be answered as if
// nothing had been asked.
func TestBrokenQuery(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	for _, path := range []string{dashboard, dashboard + "/indicators", dashboard + "/indicators/7.2.2"} {
		v.get(path+"?on=%zz").expect(http.StatusBadRequest, says(say(t, "error.invalid.title")))
	}
}

// TestLateFigure: a claim that is dated earlier changes a past day's figure,
// and the page says what was known then.
func TestLateFigure(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.claim("1.2.1", "claim", "in_progress", "effective_on", "2025-03-05").redirects(dashboard + "/indicators/1.2.1")
	day := tracker.NewDate(2025, 3, 6)
	v.get(dashboard+"?on=2025-03-06").expect(http.StatusOK,
		htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "52/57")),
		says(say(t, "overview.late.title", "day", day)),
		says(say(t, "overview.late.text", "known", "53/57", "score", "52/57")))
	for _, other := range []string{"2025-03-04", "2025-03-10"} {
		got := v.get(dashboard + "?on=" + other)
		equal(t, "the remark on "+other, strings.Contains(got.body, "53/57. "), false)
	}
}

// TestProvenance: every page says that it shows a demonstration, and why.
func TestProvenance(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	note := ask[string](s, `SELECT demonstration_vi FROM city WHERE slug = 'ha-long'`)
	v := s.as(leader)
	for _, path := range []string{"/sign-in", "/cities", dashboard, dashboard + "/indicators", dashboard + "/indicators/1.1.1", "/nowhere"} {
		htmlcheck.Check(t, v.get(path).page(), htmlcheck.In("aside", htmlcheck.HasText(strings.Join(strings.Fields(note), " "))))
	}
}

// TestCityWithoutAssessment: there is nothing to count, and no figure.
func TestCityWithoutAssessment(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.owner(`DELETE FROM status_change WHERE city_id = (SELECT id FROM city WHERE slug = $1)`, otherCity)
	s.owner(`DELETE FROM entry WHERE city_id = (SELECT id FROM city WHERE slug = $1)`, otherCity)
	s.owner(`DELETE FROM assessment WHERE city_id = (SELECT id FROM city WHERE slug = $1)`, otherCity)
	v := s.as(theirLeader)
	v.get("/cities/da-nang").expect(http.StatusOK, htmlcheck.Count("[data-score]", 0), says(say(t, "overview.empty.title")))
	v.get("/cities/da-nang/indicators").expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 0))
	v.get("/cities/da-nang/indicators/1.1.1").expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
	v.get("/cities/da-nang?assessment=1").expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
}
