package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

const settings = "/cities/ha-long/settings"

// TestRenameCity: the page of a past day keeps its name, the old address leads
// those who may read to the new one, and tells others nothing.
func TestRenameCity(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	v.post(settings, "version", "1", "name_vi", "", "name_en", "Bay", "slug", "Vịnh").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#name_vi-error", htmlcheck.HasText(say(t, "city.error.name_vi"))), htmlcheck.In(`input[name="slug"]`, htmlcheck.HasAttr("value", "Vịnh")))
	v.post(settings, "version", "1", "name_vi", "Vịnh", "name_en", "Bay", "slug", "bay").redirects("/cities/bay/settings")
	v.post("/cities/bay/settings", "version", "1", "name_vi", "Khác", "name_en", "Other", "slug", "bay").expect(http.StatusConflict,
		htmlcheck.In(`input[name="name_vi"]`, htmlcheck.HasAttr("value", "Khác")))
	w := s.as(staff)
	w.get("/cities/bay").expect(http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Vịnh")))
	w.get("/cities/bay?on=2025-02-28").expect(http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Hạ Long")))
	for _, member := range []string{staff, overseer} {
		got := s.as(member).get("/cities/ha-long/indicators?verdict=awaiting")
		equal(t, member+": status", got.status, http.StatusPermanentRedirect)
		equal(t, member+": Location", got.header.Get("Location"), "/cities/bay/indicators?verdict=awaiting")
	}
	s.as(theirStaff).get("/cities/ha-long/indicators").expect(http.StatusNotFound)
	equal(t, "a form", w.post("/cities/ha-long/indicators/7.2.2/claim", "version", "0").status, http.StatusPermanentRedirect)
}

// TestArchivedCity: its pages can be read, and who writes hears why not, with
// the words that they typed.
func TestArchivedCity(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	link := s.as(coordinator).invites("an@halong.vn", "role", "leader").link()
	w, v, c := s.as(staff), s.as(admin), s.as(coordinator)
	v.post("/cities/ha-long/archive", "version", "1").redirects(settings)
	before := s.written()
	w.get(dashboard).expect(http.StatusOK, says(say(t, "shell.archived.text")))
	w.post("/cities/ha-long/indicators/7.2.2/narrative", "version", "1", "narrative", "Thư viện số").
		expect(http.StatusForbidden, says(say(t, "error.archived.title")), htmlcheck.In(".kept", htmlcheck.HasText("Thư viện số")))
	c.get(people).expect(http.StatusOK, htmlcheck.Count(`a[href="`+people+`/invite"]`, 0))
	for _, path := range []string{people + "/invite", s.personPath(staff), "/cities/ha-long/assessments", "/cities/ha-long/departments/new"} {
		c.get(path).expect(http.StatusForbidden, says(say(t, "error.archived.title")))
	}
	s.visit().get(link).expect(http.StatusForbidden, says(say(t, "error.archived.title")))
	equal(t, "what was written", s.written(), before)
	s.as(overseer).get("/cities").expect(http.StatusOK, htmlcheck.In("main details", htmlcheck.HasText("Hạ Long")))
}

// TestHandover: in two steps.
func TestHandover(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	const handover = "/cities/ha-long/handover"
	v.get(handover+"?chosen=yes").expect(http.StatusUnprocessableEntity, htmlcheck.In("#to-error", htmlcheck.HasText(say(t, "handover.error.no_successor"))))
	page := v.get(handover + "?chosen=yes&to=da-nang").expect(http.StatusOK).page()
	v.postForm(handover, fieldsOf(page.First(`form[action="`+handover+`"]`))).redirects(settings)
	s.as(staff).get(dashboard).expect(http.StatusOK, says("Đà Nẵng"))
	s.as(theirLeader).get("/cities/da-nang").expect(http.StatusOK, says(say(t, "overview.predecessors")))
}

func TestInviteOverseer(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v, w := s.as(admin), s.visit()
	link := v.post("/regions/1/invite", "invitee", "Bo@Unesco.VN", "person_language", "vi").expect(http.StatusOK).link()
	w.post(link, "name", "Bộ", "password", newPassword).redirects("/cities")
	w.get(dashboard).expect(http.StatusOK)
	w.get(people).expect(http.StatusForbidden)
	id := ask[int64](s, `SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = 'bo@unesco.vn'`)
	v.post(fmt.Sprintf("/regions/1/overseers/%d/end", id), "version", "1").redirects("/regions/1")
	w.get(dashboard).expect(http.StatusNotFound)
}

func TestAccountPages(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v, w := s.as(admin), s.as(theirLeader)
	path := fmt.Sprintf("/accounts/%d/", ask[int64](s, `SELECT id FROM account WHERE email = $1`, theirLeader))
	v.get("/accounts?q=LEADER@da").expect(http.StatusOK, htmlcheck.Count("[data-account]", 1))
	v.post(path+"disable", "q", "x").redirects("/accounts?q=x")
	w.get("/cities/da-nang").redirects("/sign-in?next=%2Fcities%2Fda-nang")
	v.post(path+"disable").expect(http.StatusUnprocessableEntity, says(say(t, "accounts.error.disabled_already")))
}

// TestMoveCity: the overseers of the region that it left see it no longer.
func TestMoveCity(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v, o := s.as(admin), s.as(overseer)
	const region = "/cities/ha-long/region"
	o.get("/cities").expect(http.StatusOK, says(say(t, "city_list.regions", "names", "Quảng Ninh")))
	v.post("/regions", "name_vi", "Miền Nam", "name_en", "South").redirects("/regions")
	south := fmt.Sprint(ask[int64](s, `SELECT id FROM region WHERE name_en = 'South'`))
	v.post(region, "version", "1", "region", "99").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#region-error", htmlcheck.HasText(say(t, "region.error.unknown"))))
	v.post(region, "version", "1", "region", south).redirects(settings)
	v.post(region, "version", "1", "region", "1").expect(http.StatusConflict)
	o.get(dashboard).expect(http.StatusNotFound)
	s.as(staff).get(dashboard).expect(http.StatusOK)
}

// TestRegionForms: what is wrong stands beside its field, and nothing typed is lost.
func TestRegionForms(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	v.post("/regions", "name_vi", "", "name_en", "South", "parent", "99").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#name_vi-error", htmlcheck.HasText(say(t, "region.error.name_vi"))), htmlcheck.In(`input[name="name_en"]`, htmlcheck.HasAttr("value", "South")))
	v.post("/regions", "name_vi", "Quảng Ninh", "name_en", "Quang Ninh").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#name_vi-error", htmlcheck.HasText(say(t, "region_name_once"))))
	v.post("/regions", "name_vi", "Hòn Gai", "name_en", "Hon Gai", "parent", "1").redirects("/regions")
	below := fmt.Sprint(ask[int64](s, `SELECT id FROM region WHERE name_en = 'Hon Gai'`))
	v.post("/regions/1", "version", "1", "name_vi", "Quảng Ninh", "name_en", "Quang Ninh", "parent", below).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#parent-error", htmlcheck.HasText(say(t, "region_not_below_itself"))))
	v.post("/regions/1", "version", "1", "name_vi", "Tỉnh Quảng Ninh", "name_en", "Quang Ninh").redirects("/regions/1")
	v.post("/regions/1", "version", "1", "name_vi", "Khác", "name_en", "Other").expect(http.StatusConflict,
		htmlcheck.In(`input[name="name_vi"]`, htmlcheck.HasAttr("value", "Khác")))
	v.post("/regions/1/invite", "invitee", "kein", "person_language", "vi").expect(http.StatusUnprocessableEntity,
		htmlcheck.In(`input[name="invitee"]`, htmlcheck.HasAttr("value", "kein")))
}

// TestSplitOverHTTP: each of the people is asked about; a form that somebody was
// faster than, or that names a city nobody chose, comes back with the choices.
func TestSplitOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	const handover = "/cities/ha-long/handover"
	v.post("/cities", "name_vi", "Hòn Gai", "name_en", "Hon Gai", "slug", "hon-gai", "province_vi", "Quảng Ninh", "province_en", "Quang Ninh",
		"time_zone", "Asia/Ho_Chi_Minh", "working_language", "vi").redirects("/cities")
	form := fieldsOf(v.get(handover + "?chosen=yes&to=da-nang&to=hon-gai").expect(http.StatusOK).page().First(`form[action="` + handover + `"]`))
	person := fmt.Sprint(ask[int64](s, `SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1 AND m.city_id = 1`, staff))
	at := slices.Index(form["person"], person)
	if at < 0 {
		t.Fatalf("%s is not asked about in %v", person, form)
	}
	form["people_to"] = make([]string, len(form["person"]))
	form["people_to"][at] = "hon-gai"
	chosen := htmlcheck.In(`select option[value="hon-gai"][selected]`, htmlcheck.HasText("Hòn Gai"))
	elsewhere := url.Values{"version": form["version"], "to": form["to"], "person": form["person"], "people_to": slices.Clone(form["people_to"])}
	elsewhere["people_to"][(at+1)%len(form["person"])] = "ha-long"
	v.postForm(handover, elsewhere).expect(http.StatusUnprocessableEntity, says(say(t, "handover.error.people")), chosen)
	form.Set("version", "0")
	v.postForm(handover, form).expect(http.StatusConflict, says(say(t, "city_edit.conflict.title")), chosen)
	equal(t, "archived", ask[bool](s, `SELECT archived_on IS NOT NULL FROM city WHERE slug = 'ha-long'`), false)
	form.Set("version", "1")
	v.postForm(handover, form).redirects(settings)
	w := s.as(staff)
	w.get("/cities/hon-gai").expect(http.StatusOK, says(say(t, "overview.predecessors")))
	w.get("/inbox").expect(http.StatusOK, says(say(t, "inbox.role_carried", "name", admin, "city", "Hòn Gai")))
	s.as(leader).get("/cities/hon-gai").expect(http.StatusNotFound)
}

// TestArchivedCityStillAnswers: who must set a second step up is led there as
// before, and what only reads stays open.
func TestArchivedCityStillAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	c, attach := s.as(coordinator), entryPath("7.2.2")+"/evidence"
	c.upload(libraryPath+"?indicator=7.2.2", passport("CUL"), doc{"a.txt", "a"}).redirects(entryPath("7.2.2"))
	s.as(admin).post("/cities/ha-long/archive", "version", "1").redirects(settings)
	for _, path := range []string{"/cities/ha-long/audit", people, dashboard, "/cities/ha-long/indicators", "/cities/ha-long/departments", "/inbox", "/account",
		libraryPath + "/missing", libraryPath + "/1/versions/1/file"} {
		c.get(path).expect(http.StatusOK)
	}
	for _, path := range []string{"/cities/ha-long/departments/new", "/cities/ha-long/assignments", "/cities/ha-long/assessments", libraryPath + "/new",
		attach, attach + "/1", libraryPath + "/1/passport", libraryPath + "/1/versions", libraryPath + "/1/withdraw"} {
		c.get(path).expect(http.StatusForbidden, says(say(t, "error.archived.title")))
	}
	c.upload(libraryPath, passport("CUL"), doc{"b.txt", "b"}).expect(http.StatusForbidden, says(say(t, "error.archived.title")))
	c.upload(libraryPath+"/1/versions", []string{"version", "1"}, doc{"b.txt", "b"}).expect(http.StatusForbidden, says(say(t, "error.archived.title")))
	c.get(libraryPath).expect(http.StatusOK, htmlcheck.Count(`a[href="`+libraryPath+`/new"]`, 0))
	c.get(libraryPath+"/1").expect(http.StatusOK, htmlcheck.Count(`main a[href="`+libraryPath+`/1/passport"]`, 0))
	c.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`[data-linked]`, 1), htmlcheck.Count(`main a[href^="`+attach+`"]`, 0))
	c.post("/cities/ha-long/second-step", "required", "yes").expect(http.StatusForbidden, says(say(t, "error.archived.title")))
	s.owner(`UPDATE city SET second_step_required = true WHERE slug = 'ha-long'`)
	c.get(dashboard).expect(http.StatusForbidden, says(say(t, "error.second_step.title")))
}
