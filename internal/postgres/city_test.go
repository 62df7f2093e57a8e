package postgres_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var hue = tracker.City{Slug: "hue", Name: tracker.Text{VI: "Huế", EN: "Hue"}, Province: tracker.Text{VI: "Thừa Thiên Huế", EN: "Thua Thien Hue"},
	TimeZone: "Asia/Ho_Chi_Minh", Language: "vi"}

func TestCreateCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	demo := hue
	demo.Slug, demo.Demonstration = "hue-2", tracker.Text{VI: "Minh họa", EN: "Illustrative"}
	first, err := db.Store.CreateCity(t.Context(), tracker.Operator(), hue)
	must(t, err)
	second, err := db.Store.CreateCity(t.Context(), tracker.Operator(), demo) // in the same region
	must(t, err)
	got := db.Lines(t, `SELECT format('%s %s %s %s %s %s %s %s [%s] [%s]', c.id, c.slug, c.name_vi, c.name_en, r.name_vi, r.name_en,
		c.time_zone, c.language, c.demonstration_vi, c.demonstration_en) FROM city c JOIN region r ON r.id = c.region_id ORDER BY c.id`)
	if want := []string{"1 hue Huế Hue Thừa Thiên Huế Thua Thien Hue Asia/Ho_Chi_Minh vi [] []",
		"2 hue-2 Huế Hue Thừa Thiên Huế Thua Thien Hue Asia/Ho_Chi_Minh vi [Minh họa] [Illustrative]"}; !slices.Equal(got, want) || first != 1 || second != 2 {
		t.Errorf("cities %d, %d:\n%q, want\n%q", first, second, got, want)
	}
	if n := db.Count(t, `SELECT count(*) FROM region`); n != 1 {
		t.Errorf("%d regions", n)
	}
	audit := db.Lines(t, `SELECT concat_ws(' ', city_id, account_id, act, subject, before, after->'Slug', recorded_at AT TIME ZONE 'UTC') FROM audit ORDER BY id`)
	if !slices.Equal(audit, []string{`create_city city hue "hue" 2025-03-10 05:00:00`, `create_city city hue-2 "hue-2" 2025-03-10 05:00:00`}) {
		t.Errorf("audit %q", audit)
	}
}

func TestCreateCityRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	edited := func(edit func(*tracker.City)) tracker.City {
		c := hue
		edit(&c)
		return c
	}
	ended := tracker.Operator()
	ended.Memberships[0].EndsOn = today - 1
	before := fingerprint(t, db)
	for _, tt := range []struct {
		name string
		by   tracker.Actor
		city tracker.City
		want error
	}{
		{"by a coordinator", w.coordinator, hue, tracker.ErrForbidden},
		{"by nobody", tracker.Actor{}, hue, tracker.ErrForbidden},
		{"by an admin no longer", ended, hue, tracker.ErrForbidden},
		{"an address that is taken", tracker.Operator(), edited(func(c *tracker.City) { c.Slug = "ha-long" }), tracker.Invalid("slug", "city_slug_once")},
		{"no address", tracker.Operator(), edited(func(c *tracker.City) { c.Slug = "Hạ Long" }), tracker.Invalid("slug", "city_slug_fits_an_address")},
		{"a long address", tracker.Operator(), edited(func(c *tracker.City) { c.Slug = strings.Repeat("a", 61) }), tracker.Invalid("slug", "city_slug_fits_an_address")},
		{"no name", tracker.Operator(), edited(func(c *tracker.City) { c.Name.EN = "" }), tracker.Invalid("name_en", "city.error.name_en")},
		{"a name that is not composed", tracker.Operator(), edited(func(c *tracker.City) { c.Name.VI = "Hue\u0302\u0301" }), tracker.Invalid("", "city_name_is_text")},
		{"no province", tracker.Operator(), edited(func(c *tracker.City) { c.Province.EN = " " }), tracker.Invalid("province_en", "city.error.province_en")},
		{"an unknown language", tracker.Operator(), edited(func(c *tracker.City) { c.Language = "fr" }), tracker.Invalid("working_language", "city.error.language")},
		{"an unknown time zone", tracker.Operator(), edited(func(c *tracker.City) { c.TimeZone = "Asia/Hue" }), tracker.Invalid("time_zone", "city.error.time_zone")},
		{"no time zone", tracker.Operator(), edited(func(c *tracker.City) { c.TimeZone = "" }), tracker.Invalid("time_zone", "city.error.time_zone")},
		{"the server's time zone", tracker.Operator(), edited(func(c *tracker.City) { c.TimeZone = "Local" }), tracker.Invalid("time_zone", "city.error.time_zone")},
		{"half a provenance", tracker.Operator(), edited(func(c *tracker.City) { c.Demonstration.VI = "Minh họa" }),
			tracker.Invalid("", "city_demonstration_in_both_languages")},
	} {
		id, err := db.Store.CreateCity(t.Context(), tt.by, tt.city)
		if id != 0 || !same(err, tt.want) {
			t.Errorf("%s: %d, %v, want %v", tt.name, id, err, tt.want)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestCities: who is a member, who oversees a region or one above it, and
// nobody else.
func TestCities(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `INSERT INTO region (parent_id, name_vi, name_en) VALUES
		(NULL, 'Miền Bắc', 'North'), (1, 'Quảng Ninh', 'Quang Ninh'), (NULL, 'Miền Trung', 'Centre')`)
	db.Exec(t, `INSERT INTO city (region_id, slug, name_vi, name_en, time_zone, language) VALUES
		(2, 'ha-long', 'Hạ Long', 'Ha Long', 'Asia/Ho_Chi_Minh', 'vi'), (1, 'dong-trieu', 'Đông Triều', 'Dong Trieu', 'Asia/Ho_Chi_Minh', 'vi'),
		(3, 'hue', 'Huế', 'Hue', 'Asia/Ho_Chi_Minh', 'vi'), (2, 'cam-pha', 'Cẩm Phả', 'Cam Pha', 'Pacific/Pago_Pago', 'vi')`)
	member := func(m tracker.Membership) tracker.Actor {
		return tracker.Actor{AccountID: 1, Memberships: []tracker.Membership{m}}
	}
	both := member(tracker.Membership{Role: tracker.Leader, CityID: 3})
	both.Memberships = append(both.Memberships, tracker.Membership{Role: tracker.Expert, CityID: 1})
	for _, tt := range []struct {
		name  string
		actor tracker.Actor
		want  string
	}{
		{"a leader", member(tracker.Membership{Role: tracker.Leader, CityID: 1}), "ha-long"},
		{"of two cities", both, "ha-long hue"},
		{"an overseer of the province", member(tracker.Membership{Role: tracker.Overseer, RegionID: 2}), "cam-pha ha-long"},
		{"an overseer of the north, in Vietnamese order", member(tracker.Membership{Role: tracker.Overseer, RegionID: 1}), "cam-pha dong-trieu ha-long"},
		{"an overseer elsewhere", member(tracker.Membership{Role: tracker.Overseer, RegionID: 3}), "hue"},
		{"an admin reads no city's content", tracker.Operator(), ""},
		{"nobody", tracker.Actor{}, ""},
		{"until today", member(tracker.Membership{Role: tracker.Leader, CityID: 1, EndsOn: today}), "ha-long"},
		{"until yesterday", member(tracker.Membership{Role: tracker.Leader, CityID: 1, EndsOn: today - 1}), ""},
		{"until yesterday, which it still is in one city", member(tracker.Membership{Role: tracker.Overseer, RegionID: 2, EndsOn: today - 1}), "cam-pha"},
		{"a role that nobody knows", member(tracker.Membership{Role: "owner", CityID: 1}), ""},
	} {
		cities, err := db.Store.Cities(t.Context(), tt.actor)
		must(t, err)
		var slugs []string
		for _, c := range cities {
			slugs = append(slugs, c.Slug)
		}
		if got := strings.Join(slugs, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	cities, err := db.Store.Cities(t.Context(), both)
	must(t, err)
	if c := cities[0]; c.ID != 1 || c.Name != (tracker.Text{VI: "Hạ Long", EN: "Ha Long"}) || c.Province != (tracker.Text{VI: "Quảng Ninh", EN: "Quang Ninh"}) {
		t.Errorf("a city of the list is %+v", c)
	}
}

// TestAllCities: all of them for who manages them, whoever they are of.
func TestAllCities(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	none, err := db.Store.AllCities(t.Context(), tracker.Operator())
	if len(none) != 0 || err != nil {
		t.Errorf("of none: %v, %v", none, err)
	}
	w := emptyTown(t, db, "ha-long")
	_, err = db.Store.CreateCity(t.Context(), tracker.Operator(), hue)
	must(t, err)
	got, err := db.Store.AllCities(t.Context(), tracker.Operator())
	must(t, err)
	want := []tracker.City{{Slug: "hue", Name: hue.Name, Province: hue.Province},
		{Slug: "ha-long", Name: tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"}, Province: tracker.Text{VI: "Tỉnh", EN: "Province"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	ended := tracker.Operator()
	ended.Memberships[0].EndsOn = today - 1
	for _, by := range []tracker.Actor{w.coordinator, ended, {}} {
		if cities, err := db.Store.AllCities(t.Context(), by); cities != nil || !same(err, tracker.ErrForbidden) {
			t.Errorf("%+v: %v, %v", by, cities, err)
		}
	}
}

func TestEmptyAndDemonstration(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	empty, err := db.Store.Empty(t.Context())
	if !empty || err != nil {
		t.Errorf("without city and account: %v, %v", empty, err)
	}
	note, err := db.Store.Demonstration(t.Context())
	if note != (tracker.Text{}) || err != nil {
		t.Errorf("without city: %+v, %v", note, err)
	}
	db.Exec(t, `INSERT INTO account (email, name, password_hash, created_at) VALUES ('a@b.c', 'A', 'x', now())`)
	if empty, err = db.Store.Empty(t.Context()); empty || err != nil {
		t.Errorf("with an account: %v, %v", empty, err)
	}
	db.Exec(t, `DELETE FROM account`)
	emptyTown(t, db, "ha-long")
	db.Exec(t, `DELETE FROM session`)
	db.Exec(t, `DELETE FROM audit`)
	db.Exec(t, `DELETE FROM membership`)
	db.Exec(t, `DELETE FROM account`)
	if empty, err = db.Store.Empty(t.Context()); empty || err != nil {
		t.Errorf("with a city: %v, %v", empty, err)
	}
	if note, err = db.Store.Demonstration(t.Context()); note != (tracker.Text{}) || err != nil {
		t.Errorf("with a city of its own: %+v, %v", note, err)
	}
	db.Exec(t, `UPDATE city SET demonstration_vi = 'Minh họa', demonstration_en = 'Illustrative'`)
	if note, err = db.Store.Demonstration(t.Context()); note != (tracker.Text{VI: "Minh họa", EN: "Illustrative"}) || err != nil {
		t.Errorf("with a demonstration: %+v, %v", note, err)
	}
}

// TestTodayIsTheCitys: at half past five in the evening in London it is the
// next day in Ha Long.
func TestTodayIsTheCitys(t *testing.T) {
	t.Parallel()
	clock := time.Date(2025, time.March, 9, 17, 30, 0, 0, time.UTC)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	must(t, w.store.ChangeClaim(t.Context(), w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	if want := tracker.NewDate(2025, time.March, 10); o.Today != want || tracker.DataTo(o.History, o.Today) != want {
		t.Errorf("today is %v, and the claim of %v", o.Today, tracker.DataTo(o.History, o.Today))
	}
	if last := o.History[len(o.History)-1]; last.RecordedOn != o.Today {
		t.Errorf("recorded on %v", last.RecordedOn)
	}
}

func TestZoneOf(t *testing.T) {
	t.Parallel()
	for range 2 { // read, and remembered
		zone, err := postgres.ZoneOf(tracker.City{TimeZone: "Asia/Ho_Chi_Minh"})
		if err != nil || zone.String() != "Asia/Ho_Chi_Minh" {
			t.Errorf("%v, %v", zone, err)
		}
		if zone, err := postgres.ZoneOf(tracker.City{Slug: "hue", TimeZone: "Asia/Hue"}); zone != nil || err == nil {
			t.Errorf("an unknown zone is %v, %v", zone, err)
		}
	}
}
