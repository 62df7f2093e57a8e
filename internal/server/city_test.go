package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/server/htmlcheck"
)

// newHue are the fields of a city, as the form sends them.
func newHue(change ...string) []string {
	fields := form("name_vi", " Thành phố Huế ", "name_en", "Hue City", "slug", "", "province_vi", "Huế", "province_en", "Hue",
		"time_zone", "Asia/Ho_Chi_Minh", "working_language", "vi")
	for i := 0; i < len(change); i += 2 {
		fields.Set(change[i], change[i+1])
	}
	var all []string
	for name := range fields {
		all = append(all, name, fields.Get(name))
	}
	return all
}

// TestCreateCity: from the list to the form and back, with an address made of
// the name.
func TestCreateCity(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	v.get("/cities").expect(http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText(say(t, "city_list.manage.title"))),
		says("Hạ Long"), says("Quảng Ninh"), htmlcheck.In(`main a[href="/cities/new"]`), htmlcheck.In(`main a[href="/frameworks"]`),
		htmlcheck.In(`main a[href="/cities/ha-long/people"]`, htmlcheck.HasText("Hạ Long")))
	v.get("/cities/new").expect(http.StatusOK, htmlcheck.In(`input[name="time_zone"]`, htmlcheck.HasAttr("value", "Asia/Ho_Chi_Minh")),
		htmlcheck.In(`input[name="working_language"][checked]`, htmlcheck.HasAttr("value", "vi")))
	v.post("/cities", newHue()...).redirects("/cities").follow().expect(http.StatusOK,
		noticed(say(t, "notice.city_created")), says("Thành phố Huế"))
	equal(t, "the city", ask[string](s, `SELECT concat_ws('|', c.slug, c.name_vi, c.name_en, r.name_vi, r.name_en, c.time_zone, c.language, c.demonstration_vi)
		FROM city c JOIN region r ON r.id = c.region_id ORDER BY c.id DESC LIMIT 1`),
		"thanh-pho-hue|Thành phố Huế|Hue City|Huế|Hue|Asia/Ho_Chi_Minh|vi")
	equal(t, "audited", s.db.Count(t, `SELECT count(*) FROM audit a JOIN account o ON o.id = a.account_id
		WHERE act = 'create_city' AND subject = 'city thanh-pho-hue' AND o.email = $1`, admin), 1)
	v.get("/cities/thanh-pho-hue").expect(http.StatusForbidden)
}

// TestCreateCityRefused: each problem at its field, and the input kept.
func TestCreateCityRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	for _, tt := range []struct{ field, value, key string }{
		{"name_vi", "", "city.error.name_vi"}, {"name_en", " ", "city.error.name_en"},
		{"province_vi", "", "city.error.province_vi"}, {"province_en", "", "city.error.province_en"},
		{"name_vi", strings.Repeat("ệ", 201), "city.error.long"}, {"slug", "Huế", "city_slug_fits_an_address"},
		{"slug", "new", "city.error.slug_reserved"}, {"slug", "ha-long", "city_slug_once"},
		{"time_zone", "Asia/Hue", "city.error.time_zone"}, {"time_zone", "", "city.error.time_zone"}, {"time_zone", "Local", "city.error.time_zone"},
		{"working_language", "fr", "city.error.language"}, {"name_en", "Hue\x07", "form.error.characters"},
	} {
		got := v.post("/cities", newHue(tt.field, tt.value)...).expect(http.StatusUnprocessableEntity, htmlcheck.Count(".errors a", 1),
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key))))
		sent := fieldsOf(got.page().First(`form[action="/cities"]`))
		for name, want := range form(newHue(tt.field, tt.value)...) {
			if name != "slug" && name != "working_language" && sent.Get(name) != strings.Trim(want[0], " \x07") {
				t.Errorf("%s %q: %s came back as %q", tt.field, tt.value, name, sent.Get(name))
			}
		}
	}
	v.post("/cities", newHue("name_vi", "Hạ Long")...).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#slug-error", htmlcheck.HasText(say(t, "city_slug_once"))), htmlcheck.In(`input[name="slug"]`, htmlcheck.HasAttr("value", "ha-long")))
	v.post("/cities").expect(http.StatusUnprocessableEntity, htmlcheck.Count(".errors a", 6))
	equal(t, "cities", s.db.Count(t, `SELECT count(*) FROM city`), 2)
}

// TestCreateCityAfterTheSession: signing in brings the form back as it was.
func TestCreateCityAfterTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	s.endSessions()
	again := v.post("/cities", newHue("slug", "hue")...).expect(http.StatusUnauthorized).
		signInHere(admin, demonstration.Password).expect(http.StatusOK, says(say(t, "notice.resumed")),
		htmlcheck.In(`input[name="name_vi"]`, htmlcheck.HasAttr("value", "Thành phố Huế")),
		htmlcheck.In(`#language`, htmlcheck.HasAttr("href", "/cities/new?lang=en")))
	equal(t, "cities", s.db.Count(t, `SELECT count(*) FROM city`), 2)
	again.sendAgain("/cities").redirects("/cities")
	equal(t, "the city", s.db.Count(t, `SELECT count(*) FROM city WHERE slug = 'hue' AND language = 'vi'`), 1)
}

// TestCitiesOfAnAdminWhoReadsOne: that one leads to its figures and stands there
// once; of the others the admin sees the people.
func TestCitiesOfAnAdminWhoReadsOne(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.join(s.member(admin).AccountID, person{role: "leader", city: "ha-long"})
	page := s.as(admin).get("/cities").expect(http.StatusOK, htmlcheck.Count(".cities li", 2),
		htmlcheck.In(`.cities a[href="/cities/ha-long"]`, htmlcheck.HasText("Hạ Long")))
	page.expect(http.StatusOK, htmlcheck.In(`.cities a[href="/cities/da-nang/people"]`, htmlcheck.HasText("Đà Nẵng")))
}

// TestCitiesOfAFormerAdmin: nothing is offered that would be refused.
func TestCitiesOfAFormerAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.owner(`UPDATE membership SET ends_on = '2025-03-09' WHERE role = 'admin'`)
	v := s.as(admin)
	v.get("/cities").expect(http.StatusOK, htmlcheck.Count("main a", 0), says(say(t, "city_list.empty.title")))
	v.post("/cities", newHue()...).expect(http.StatusForbidden)
}
