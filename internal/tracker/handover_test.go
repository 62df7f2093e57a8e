package tracker_test

import (
	"testing"

	"learningcity/internal/tracker"
)

func TestHandoverCheck(t *testing.T) {
	t.Parallel()
	a, b, c, d := tracker.City{ID: 1, Slug: "a"}, tracker.City{ID: 2, Slug: "b"}, tracker.City{ID: 3, Slug: "c"}, tracker.City{ID: 4, Slug: "d"}
	old := tracker.City{ID: 5, Slug: "old", ArchivedOn: today}
	cities := func(all ...tracker.City) []tracker.City { return all }
	for name, tt := range map[string]struct {
		h    tracker.Handover
		want error
	}{
		"merge":           {tracker.Handover{Cities: cities(a, b), Successors: cities(c)}, nil},
		"split":           {tracker.Handover{Cities: cities(a), Successors: cities(b, c), People: map[int64]string{7: "b"}}, nil},
		"nobody":          {tracker.Handover{Cities: cities(a)}, tracker.Invalid("to", "handover.error.no_successor")},
		"itself":          {tracker.Handover{Cities: cities(a), Successors: cities(a, b)}, tracker.Invalid("to", "handover.error.itself")},
		"many to many":    {tracker.Handover{Cities: cities(a, b), Successors: cities(c, d)}, tracker.Invalid("to", "handover.error.many")},
		"archived before": {tracker.Handover{Cities: cities(old), Successors: cities(c)}, tracker.Invalid("with", "city.error.archived")},
		"into an archive": {tracker.Handover{Cities: cities(a), Successors: cities(old)}, tracker.Invalid("to", "city.error.archived")},
		"people nowhere":  {tracker.Handover{Cities: cities(a), Successors: cities(b), People: map[int64]string{7: "c"}}, tracker.Invalid("people", "handover.error.people")},
	} {
		if got := tt.h.Check(); !sameError(got, tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if merge, split := (tracker.Handover{Successors: cities(a)}).Act(), (tracker.Handover{Successors: cities(a, b)}).Act(); merge != "merge_cities" || split != "split_city" {
		t.Errorf("acts %s, %s", merge, split)
	}
}

func TestHandoverCarried(t *testing.T) {
	t.Parallel()
	people := []tracker.Person{{ID: 1}, {ID: 2}, {ID: 3, Disabled: true}, {ID: 4, EndsOn: today - 1}, {ID: 5, Locked: true}, {ID: 6}}
	h := tracker.Handover{People: map[int64]string{1: "a", 2: "b", 3: "a", 4: "a", 5: "a"}}
	if got := h.Carried(people, "a", today); len(got) != 1 || got[0].ID != 1 {
		t.Errorf("carried %+v", got)
	}
}

// TestPolicyOfAnArchivedCity: who reads goes on reading, nobody else does anything.
func TestPolicyOfAnArchivedCity(t *testing.T) {
	t.Parallel()
	archived := haLong
	archived.ArchivedOn = today
	reads := map[tracker.Action]bool{tracker.ReadCity: true, tracker.ReadPeople: true, tracker.ReadAudit: true,
		tracker.ManageCities: true, tracker.ReadInstallationAudit: true, tracker.ReadRestricted: true,
		tracker.ReadReviews: true, tracker.ReadThreads: true, tracker.ReadInternal: true}
	for _, action := range tracker.Actions {
		for _, role := range tracker.Roles {
			m := tracker.Membership{Role: role, CityID: haLong.ID, DepartmentID: 1}
			actor := tracker.Actor{Memberships: []tracker.Membership{m}}
			before := actor.May(action, haLong, 1, today)
			if got := actor.May(action, archived, 1, today); got != (before && reads[action]) {
				t.Errorf("%s, %s: may is %v", action, role, got)
			}
			if got := actor.MayAnywhere(action, archived, today); got != (actor.MayAnywhere(action, haLong, today) && reads[action]) {
				t.Errorf("%s, %s: may anywhere is %v", action, role, got)
			}
			want := tracker.ErrForbidden
			if before {
				want = tracker.ErrArchived
			}
			if err := actor.Allowed(action, archived, 1, today); (err != nil || !before || !reads[action]) && err != want { //nolint:errorlint // it is that very one
				t.Errorf("%s, %s: allowed is %v", action, role, err)
			}
		}
	}
}

func TestCityOnADay(t *testing.T) {
	t.Parallel()
	name := func(s string) tracker.Text { return tracker.Text{VI: s, EN: s} }
	c := tracker.City{Name: name("now"), Past: tracker.CityPast{Former: []tracker.FormerName{{Name: name("first"), Until: 10}, {Name: name("second"), Until: 20}}}}
	for day, want := range map[tracker.Date]string{9: "first", 10: "second", 19: "second", 20: "now"} {
		if got := c.NameOn(day).VI; got != want {
			t.Errorf("on day %d it is called %q", day, got)
		}
	}
	same := tracker.City{Name: name("x"), Slug: "x"}
	if err := same.Rename(name("x"), "x"); !sameError(err, tracker.Invalid("name_vi", "city.error.same")) {
		t.Errorf("the same name: %v", err)
	}
	if err := same.Rename(name("x"), "y"); err != nil {
		t.Errorf("another address: %v", err)
	}
	if (tracker.City{Regions: []int64{1, 7}}).RegionID() != 7 || (tracker.City{}).RegionID() != 0 {
		t.Error("the region is not the last of its path")
	}
}

func TestAccountMatches(t *testing.T) {
	t.Parallel()
	a := tracker.Account{Name: "Nguyễn Thị Bình", Email: "binh@ha-long.vn"}
	for query, want := range map[string]bool{"": true, "nguyen": true, "BÌNH": true, "ha-long": true, "hue": false} {
		if got := a.Matches(query); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
}

func TestDateText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tracker.Date{"": 0, "2025-03-10": tracker.NewDate(2025, 3, 10)} {
		d := today
		if err := d.UnmarshalText([]byte(text)); err != nil || d != want {
			t.Errorf("%q is read as %s, %v", text, d, err)
		}
	}
	var d tracker.Date
	if err := d.UnmarshalText([]byte("2025")); err == nil {
		t.Error("half a date is read")
	}
}
