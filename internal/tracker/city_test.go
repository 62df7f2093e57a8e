package tracker_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

func TestCityCheck(t *testing.T) {
	t.Parallel()
	good := tracker.City{Slug: "hue", Name: tracker.Text{VI: "Huế", EN: "Hue"}, Province: tracker.Text{VI: "Huế", EN: "Hue"}, Language: "vi"}
	long := strings.Repeat("ệ", 201)
	for _, tt := range []struct {
		name string
		zone bool
		edit func(*tracker.City)
		want map[string]string
	}{
		{"good", true, func(*tracker.City) {}, nil},
		{"the longest", true, func(c *tracker.City) { c.Slug, c.Name.VI, c.Language = strings.Repeat("a", 60), long[3:], "en" }, nil},
		{"a letter and a figure", true, func(c *tracker.City) { c.Slug = "tp-2" }, nil},
		{"nothing", false, func(c *tracker.City) { *c = tracker.City{} }, map[string]string{
			"name_vi": "city.error.name_vi", "name_en": "city.error.name_en", "province_vi": "city.error.province_vi", "province_en": "city.error.province_en",
			"time_zone": "city.error.time_zone", "working_language": "city.error.language"}},
		{"no address", true, func(c *tracker.City) { c.Slug = "" }, map[string]string{"slug": "city_slug_fits_an_address"}},
		{"only space", true, func(c *tracker.City) { c.Name.EN = "\u00a0" }, map[string]string{"name_en": "city.error.name_en"}},
		{"long names", true, func(c *tracker.City) { c.Name.VI, c.Province.EN = long, long }, map[string]string{"name_vi": "city.error.long", "province_en": "city.error.long"}},
		{"a long slug", true, func(c *tracker.City) { c.Slug = strings.Repeat("a", 61) }, map[string]string{"slug": "city_slug_fits_an_address"}},
		{"the form's own address", true, func(c *tracker.City) { c.Slug = "new" }, map[string]string{"slug": "city.error.slug_reserved"}},
		{"another language", true, func(c *tracker.City) { c.Language = "fr" }, map[string]string{"working_language": "city.error.language"}},
	} {
		c := good
		tt.edit(&c)
		if got := refusals(t, c.Check(tt.zone)); !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	for _, slug := range []string{"Hue", "hu ế", "-hue", "hue-", "hu--e", "hue/x", "hue\n"} {
		c := good
		c.Slug = slug
		if got := refusals(t, c.Check(true)); !maps.Equal(got, map[string]string{"slug": "city_slug_fits_an_address"}) {
			t.Errorf("slug %q: %v", slug, got)
		}
	}
}

func TestSuggestSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Hạ Long": "ha-long", "  Đà   Nẵng ": "da-nang", "Thành phố Huế (2025)": "thanh-pho-hue-2025", "TP. Cao Lãnh": "tp-cao-lanh",
		"": "", "…": "", "東京": "", "x" + strings.Repeat(" dai", 20): "x" + strings.Repeat("-dai", 14), strings.Repeat("a", 61): "",
	} {
		if got := tracker.SuggestSlug(name); got != want {
			t.Errorf("%q gives %q, want %q", name, got, want)
		}
	}
}

// FuzzSuggestSlug: what is suggested may be used, and suggests itself.
func FuzzSuggestSlug(f *testing.F) {
	for _, seed := range []string{"Hạ Long", "Đà Nẵng", "--a--", "new", "\xff", "ß ſ K", strings.Repeat("ab ", 40)} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	f.Fuzz(func(t *testing.T, name string) {
		slug := tracker.SuggestSlug(name)
		if slug != "" && (!form.MatchString(slug) || len(slug) > 60) {
			t.Errorf("%q gives %q", name, slug)
		}
		if again := tracker.SuggestSlug(slug); again != slug {
			t.Errorf("%q gives %q, and that %q", name, slug, again)
		}
	})
}

func TestCurrentAssessment(t *testing.T) {
	t.Parallel()
	a := func(number int, openedOn, closedOn tracker.Date) tracker.Assessment {
		return tracker.Assessment{Number: number, OpenedOn: openedOn, ClosedOn: closedOn}
	}
	for _, tt := range []struct {
		name string
		all  []tracker.Assessment
		want int // number; 0: none
	}{
		{"none", nil, 0},
		{"one", []tracker.Assessment{a(1, 100, 0)}, 1},
		{"one closed", []tracker.Assessment{a(1, 100, 200)}, 1},
		{"open before closed, though opened earlier", []tracker.Assessment{a(1, 100, 0), a(2, 150, 200)}, 1},
		{"opened last", []tracker.Assessment{a(1, 150, 0), a(2, 100, 0)}, 1},
		{"all closed: opened last", []tracker.Assessment{a(1, 100, 300), a(2, 150, 200)}, 2},
		{"opened the same day: the higher number", []tracker.Assessment{a(2, 100, 0), a(1, 100, 0)}, 2},
	} {
		got, ok := tracker.CurrentAssessment(tt.all)
		if got.Number != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: number %d, %v", tt.name, got.Number, ok)
		}
		slices.Reverse(tt.all) // the order of the list decides nothing
		if again, _ := tracker.CurrentAssessment(tt.all); again != got {
			t.Errorf("%s: number %d in the other order", tt.name, again.Number)
		}
	}
}

func TestInvalidError(t *testing.T) {
	t.Parallel()
	err := &tracker.InvalidError{Fields: map[string]string{"year": "b", "": "z", "note": "a"}}
	if got := err.Error(); got != "invalid input: : z, note: a, year: b" {
		t.Errorf("it says %q", got)
	}
	if got := tracker.Invalid("note", "note.error.long"); !sameError(got, &tracker.InvalidError{
		Fields: map[string]string{"note": "note.error.long"}}) {
		t.Errorf("Invalid gives %#v", got)
	}
}
