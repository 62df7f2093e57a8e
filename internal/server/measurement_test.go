package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/locale"
	"learningcity/internal/server/htmlcheck"
)

// figure is a year's figure as the database has it.
type figure struct{ value, target, source string }

func (s *site) figure(code string, year int) figure {
	s.t.Helper()
	var f figure
	err := s.db.Owner.QueryRow(s.t.Context(), `
		SELECT m.value::text, coalesce(m.target::text, ''), m.source
		FROM measurement m JOIN entry e ON e.id = m.entry_id JOIN indicator i ON i.id = e.indicator_id
		WHERE i.code = $1 AND m.year = $2`, code, year).Scan(&f.value, &f.target, &f.source)
	if err != nil {
		s.t.Fatalf("read the figure of %s for %d: %v", code, year, err)
	}
	return f
}

// TestMeasurement: figures are read as the page's language writes them.
func TestMeasurement(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct {
		lang                      locale.Language
		code, year, value, target string
		want                      figure
	}{
		{"vi", "7.2.2", "2024", "31,5", "40", figure{"31.5", "40.0", "Sở VH"}},
		{"vi", "7.2.2", "2023", "31.5", "", figure{"31.5", "", "Sở VH"}},
		{"en", "7.2.2", "2022", "32.5", "40.0", figure{"32.5", "40.0", "Sở VH"}},
		{"en", "7.2.2", "2025", " 99 ", "100", figure{"99.0", "100.0", "Sở VH"}},
		{"vi", "12.1.2", "2024", "1.251.200", "2.000.000", figure{"1251200.0", "2000000.0", "Sở VH"}},
		{"en", "12.1.2", "2023", "1,251,200", "2,000,000", figure{"1251200.0", "2000000.0", "Sở VH"}},
		{"vi", "12.1.2", "2022", "1 251 200,0", "", figure{"1251200.0", "", "Sở VH"}},
	} {
		v := s.as(coordinator)
		v.get("/cities?lang=" + string(tt.lang))
		v.act(tt.code, "measurement", "year", tt.year, "value", tt.value, "target", tt.target, "source", " Sở VH ").
			redirects(entryPath(tt.code)).follow().
			expect(http.StatusOK, noticed(inLanguage(t, tt.lang, "notice.measurement_saved")))
		equal(t, tt.code+" "+tt.year, s.figure(tt.code, number(t, tt.year)), tt.want)
	}
}

// TestMeasurementFormReadsItself: what the form shows for a year can be sent
// back as it is, in both languages, and changes nothing.
func TestMeasurementFormReadsItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct{ lang, code, value string }{
		{"vi", "7.2.2", "29,8"}, {"en", "7.2.2", "29.8"},
		{"vi", "2.1.1", "251.200.000"}, {"en", "2.1.1", "251,200,000"},
	} {
		v := s.as(coordinator)
		want := s.figure(tt.code, 2024)
		page := v.get(entryPath(tt.code)+"/measurement?year=2024&lang="+tt.lang).expect(http.StatusOK,
			htmlcheck.In(`input[name="year"]`, htmlcheck.HasAttr("value", "2024")),
			htmlcheck.In(`input[name="value"]`, htmlcheck.HasAttr("value", tt.value))).page()
		field := func(name string) string { return page.First(`main input[name="` + name + `"]`).Attr("value") }
		v.post(entryPath(tt.code)+"/measurement", "version", field("version"), "year", field("year"),
			"value", field("value"), "target", field("target"), "source", field("source")).redirects(entryPath(tt.code))
		equal(t, tt.lang+" "+tt.code, s.figure(tt.code, 2024), want)
	}
	s.as(coordinator).get(entryPath("7.2.2")+"/measurement").expect(http.StatusOK, htmlcheck.In(`input[name="year"]`, htmlcheck.HasAttr("value", "")))
	s.as(coordinator).get(entryPath("7.2.2")+"/measurement?year=abc").expect(http.StatusOK, htmlcheck.In(`input[name="year"]`, htmlcheck.HasAttr("value", "")))
}

func TestMeasurementRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	before := s.written()
	for _, tt := range []struct{ code, year, value, target, source, field, key string }{
		{"7.2.2", "2026", "10", "", "", "year", "measurement.error.year"},
		{"7.2.2", "1999", "10", "", "", "year", "measurement.error.year"},
		{"7.2.2", "", "10", "", "", "year", "measurement.error.year"},
		{"7.2.2", "99999999999999999999", "10", "", "", "year", "measurement.error.year"},
		{"7.2.2", "2024", "", "", "", "value", "measurement.error.figure"},
		{"7.2.2", "2024", "-1", "", "", "value", "measurement.error.figure"},
		{"7.2.2", "2024", "12,34", "", "", "value", "measurement.error.figure"},
		{"7.2.2", "2024", "1e3", "", "", "value", "measurement.error.figure"},
		{"7.2.2", "2024", "NaN", "", "", "value", "measurement.error.figure"},
		{"7.2.2", "2024", "9999999999999999999999", "", "", "value", "measurement.error.figure"},
		{"7.2.2", "2024", "10", "nhiều", "", "target", "measurement.error.figure"},
		{"7.2.2", "2024", "100,1", "", "", "value", "measurement.error.percent"},
		{"7.2.2", "2024", "10", "101", "", "target", "measurement.error.percent"},
		{"12.1.2", "2024", "10,5", "", "", "value", "measurement.error.whole"},
		{"7.2.2", "2024", "10", "", longSource, "source", "measurement.error.source_long"},
		{"7.2.2", "2024", "10", "", "Sở\x00", "source", "form.error.characters"},
	} {
		page := v.act(tt.code, "measurement", "year", tt.year, "value", tt.value, "target", tt.target, "source", tt.source).
			expect(http.StatusUnprocessableEntity, htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key)))).page()
		equal(t, tt.key+": errors", len(page.All(".field__error")), 1)
		equal(t, tt.key+": year", page.First(`input[name="year"]`).Attr("value"), tt.year)
		equal(t, tt.key+": value", page.First(`input[name="value"]`).Attr("value"), tt.value)
		equal(t, tt.key+": target", page.First(`input[name="target"]`).Attr("value"), tt.target)
	}
	equal(t, "what was written", s.written(), before)
}

var longSource = strings.Repeat("ệ", 301)

func TestQualitativeHasNoFigures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.written()
	v.get(entryPath("9.3.1")).expect(http.StatusOK, htmlcheck.Count("table.years", 0))
	v.get(entryPath("9.3.1")+"/measurement").expect(http.StatusForbidden, says(say(t, "error.forbidden.title")))
	v.act("9.3.1", "measurement", "year", "2024", "value", "1").expect(http.StatusForbidden, says(say(t, "error.forbidden.title")))
	equal(t, "what was written", s.written(), before)
}
