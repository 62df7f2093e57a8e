package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

// evil would be markup wherever it is not shown as text.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

// TestNothingTypedIsMarkup puts it into every text that the program keeps, and
// walks the pages.
func TestNothingTypedIsMarkup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.mix()
	v := s.as(coordinator)
	v.claim("7.2.2", "claim", "in_progress", "note", evil).redirects(entryPath("7.2.2"))
	v.act("7.2.2", "narrative", "narrative", evil, "obstacles", evil, "solution", evil).redirects(entryPath("7.2.2"))
	v.act("7.2.2", "measurement", "year", "2023", "value", "1", "target", "", "source", evil).redirects(entryPath("7.2.2"))
	v.post("/account", "name", evil, "person_language", "vi").redirects("/account")
	for _, column := range []string{"city SET name_vi", "region SET name_vi", "department SET name_vi", "assessment SET name_vi", "milestone SET title_vi"} {
		s.owner(`UPDATE ` + column + ` = 'Tên ` + strings.ReplaceAll(evil, "'", "''") + ` ' || id`)
	}
	c := &crawler{v: v, seen: map[string]bool{}, shapes: map[string]int{}}
	for c.add(dashboard); len(c.queue) > 0; {
		if got := c.next(); strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			onlyOurMarkup(t, got.expect(http.StatusOK))
			c.addLinks(got.page())
		}
	}
	equal(t, "many shapes", len(c.shapes) > 10, true)
}

// TestNothingAskedIsMarkup: nor is what stands in an address or in a form that
// is refused.
func TestNothingAskedIsMarkup(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(coordinator)
	escaped := url.QueryEscape(evil)
	for _, path := range []string{"", "/indicators", "/indicators/7.2.2", "/people", "/people/invite", "/audit"} {
		for _, name := range []string{"on", "lang", "q", "group", "area", "claim", "verdict", "state", "department", "overdue",
			"person", "act", "indicator", "from", "to", "before"} {
			onlyOurMarkup(t, v.get(dashboard+path+"?"+name+"="+escaped))
		}
	}
	onlyOurMarkup(t, v.get("/cities/"+url.PathEscape(evil)).expect(http.StatusNotFound))
	onlyOurMarkup(t, s.visit().post("/sign-in", "email", evil, "password", evil, "next", evil).expect(http.StatusUnprocessableEntity))
	onlyOurMarkup(t, v.post(people+"/invite", "invitee", evil, "role", evil, "department", evil, "ends_on", evil, "person_language", evil).
		expect(http.StatusUnprocessableEntity))
	onlyOurMarkup(t, v.act("7.2.2", "measurement", "year", evil, "value", evil, "target", evil, "source", evil).
		expect(http.StatusUnprocessableEntity))
	onlyOurMarkup(t, v.claim("7.2.2", "claim", evil, "note", evil, "effective_on", evil).expect(http.StatusUnprocessableEntity))
	onlyOurMarkup(t, s.as(admin).post("/cities", "name_vi", evil, "name_en", evil, "slug", evil, "province_vi", evil,
		"province_en", evil, "time_zone", evil, "working_language", evil).expect(http.StatusUnprocessableEntity))
}

// onlyOurMarkup: no element and no attribute came from somebody's text.
func onlyOurMarkup(t *testing.T, got answer) {
	t.Helper()
	page := got.page()
	htmlcheck.Check(t, page, htmlcheck.Count("img", 0), htmlcheck.Count("[onerror]", 0))
	for _, script := range page.All("script") {
		if !strings.HasPrefix(script.Attr("src"), "/static/") {
			t.Errorf("%s has a script from %q", got.at, script.Attr("src"))
		}
	}
}
