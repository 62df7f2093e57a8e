package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var police = tracker.Text{VI: "Công an", EN: "Police"}

// TestRenameDepartment: the name of a past day stays.
func TestRenameDepartment(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now.AddDate(0, 0, -8)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	for version, name := range []string{"Hai", "Ba", "Bốn"} { // the last two on one day
		if version < 2 {
			clock = clock.AddDate(0, 0, 4)
		}
		must(t, w.store.RenameDepartment(t.Context(), w.coordinator, w.slug, "CUL", version+1, tracker.Text{VI: name, EN: name}))
	}
	for on, want := range map[tracker.Date]string{openedOn: "Sở CUL", today - 5: "Sở CUL", today - 4: "Hai", today - 1: "Hai", today: "Bốn"} {
		o, err := w.store.Overview(t.Context(), w.leader, w.slug, 1, on)
		must(t, err)
		if got := o.DepartmentsOn(on); len(got) != 1 || got[0].Name.VI != want || o.Rows(on)[0].Department.Name.VI != want {
			t.Errorf("on %s: %+v, and %q in the list, want %q", on, got, o.Rows(on)[0].Department.Name.VI, want)
		}
		r, err := w.store.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, on)
		must(t, err)
		if r.Department.Name.VI != want {
			t.Errorf("page on %s: %q, want %q", on, r.Department.Name.VI, want)
		}
	}
	audit := w.audit(t)
	if want := `rename_department department CUL coordinator {"name_en": "Ba", "name_vi": "Ba"} > {"name_en": "Bốn", "name_vi": "Bốn"} ` +
		`at 2025-03-10 05:00:00  `; audit[len(audit)-1] != want {
		t.Errorf("audit %q", audit[len(audit)-1])
	}
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		what, code string
		by         tracker.Actor
		version    int
		to         tracker.Text
		want       error
	}{
		{"on an old version", "CUL", w.coordinator, 3, police, tracker.ErrConflict},
		{"the same name", "CUL", w.coordinator, 4, tracker.Text{VI: "Bốn", EN: "Bốn"}, tracker.Invalid("name_vi", "department.error.same")},
		{"one language", "CUL", w.coordinator, 4, tracker.Text{VI: "Năm"}, tracker.Invalid("name_en", "department.error.name_en")},
		{"none that is there", "XYZ", w.coordinator, 1, police, tracker.ErrNotFound},
		{"by staff", "CUL", w.staff, 4, police, tracker.ErrForbidden},
	} {
		if err := w.store.RenameDepartment(t.Context(), tt.by, w.slug, tt.code, tt.version, tt.to); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// people are the staff of each department.
func (w *town) people(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT format('%s %s', d.code, split_part(a.name, ' ', 1)) FROM membership m JOIN account a ON a.id = m.account_id
		JOIN department d ON d.id = m.department_id WHERE m.city_id = $1 ORDER BY 1`, w.id)
}

// TestRetireDepartment: two successors take the entries over and a third the
// people; what is closed stays, and past days show who led then.
func TestRetireDepartment(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now.AddDate(0, 0, -8)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	for _, code := range []string{"NEW", "POL"} {
		must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: code, Name: police}))
	}
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", round, tracker.CarryOver{})
	must(t, err)
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 2, []postgres.Assignment{{Indicator: measured, Department: "CUL"}}))
	w.closeRound(t, 2)
	clock = pgtest.Now
	waiting := w.invite(t, "guest@ha-long.example", tracker.Post{Role: tracker.Staff, Department: "CUL"})
	audit := len(w.audit(t))
	must(t, w.store.RetireDepartment(t.Context(), w.coordinator, w.slug, "CUL", 1, tracker.Retirement{
		Successor: "EDU", People: "POL", Entries: map[tracker.EntryKey]string{{Assessment: 1, Indicator: described}: "NEW"}}))
	if got := w.assigned(t); !slices.Equal(got, []string{"1/1.1.1 3 EDU 2025-06-30", "1/4.5.2 3 NEW 2025-06-30", "2/1.1.1 2 CUL "}) {
		t.Errorf("entries %q", got)
	}
	if got := w.people(t); !slices.Equal(got, []string{"EDU other", "POL staff"}) {
		t.Errorf("people %q", got)
	}
	const at = ` at 2025-03-10 05:00:00  `
	want := []string{
		`assign entry 1/1.1.1 coordinator {"due_on": "2025-06-30", "department": "CUL"} > {"due_on": "2025-06-30", "department": "EDU"}` + at,
		`assign entry 1/4.5.2 coordinator {"due_on": "2025-06-30", "department": "CUL"} > {"due_on": "2025-06-30", "department": "NEW"}` + at,
		`change_person account staff@ha-long.example coordinator {"role": "staff", "ends_on": "", "department": "CUL"} > ` +
			`{"role": "staff", "ends_on": "", "department": "POL"}` + at,
		`retire_department department CUL coordinator  > ` +
			`{"tasks": 0, "people": 1, "entries": 2, "invited": 1, "people_to": "POL", "retired_on": "2025-03-10"}` + at}
	if got := w.audit(t)[audit:]; !slices.Equal(got, want) {
		t.Errorf("audit %q", got)
	}
	for on, want := range map[tracker.Date]string{today - 1: "[CUL]", today: "[NEW EDU]"} {
		o, err := w.store.Overview(t.Context(), w.leader, w.slug, 1, on)
		must(t, err)
		var codes []string
		for _, d := range o.DepartmentsOn(on) {
			codes = append(codes, d.Code)
		}
		if fmt.Sprint(codes) != want {
			t.Errorf("on %s lead %v, want %s", on, codes, want)
		}
	}
	w.checkRetired(t)
	w.checkMoved(t, waiting)
}

// checkMoved: who was invited to a department that is retired joins the one that
// its people joined, and a form about one of them is out of date.
func (w *town) checkMoved(t *testing.T, waiting tracker.Invitation) {
	t.Helper()
	_, i, err := w.store.Invitation(t.Context(), hashOf(waiting.Email))
	if err != nil || i.Post.Department != "POL" {
		t.Errorf("the invitation is to %+v, %v", i.Post, err)
	}
	_, _, err = w.store.AcceptInvitationAsNew(t.Context(), tracker.Actor{}, hashOf(waiting.Email), "Guest", "x")
	must(t, err)
	if got := w.people(t); !slices.Equal(got, []string{"EDU other", "POL Guest", "POL staff"}) {
		t.Errorf("people %q", got)
	}
	err = w.store.DisablePerson(t.Context(), w.coordinator, postgres.PersonRef{City: w.slug, ID: w.person(t, w.staff).ID, Version: 1})
	if !same(err, tracker.ErrConflict) {
		t.Errorf("disabling at the version of before: %v", err)
	}
}

// checkRetired: a department that is retired cannot be chosen for anything.
func (w *town) checkRetired(t *testing.T) {
	t.Helper()
	before, unknown := fingerprint(t, w.db), tracker.Invalid("department", "department.error.unknown")
	to := []postgres.Assignment{{Indicator: "1.3.2", Department: "CUL"}}
	if err := w.store.Assign(t.Context(), w.coordinator, w.slug, 1, to); !same(err, unknown) {
		t.Errorf("assigning to it: %v", err)
	}
	_, err := w.store.AddMember(t.Context(), w.coordinator, w.slug, postgres.NewMember{
		Email: "new@ha-long.example", Name: "New", PasswordHash: "x", Role: tracker.Staff, Department: "CUL"})
	if !same(err, unknown) {
		t.Errorf("joining it: %v", err)
	}
	_, err = w.store.Invite(t.Context(), w.coordinator, w.slug, tracker.Invitation{Email: "late@ha-long.example", Language: "vi",
		Post: tracker.Post{Role: tracker.Staff, Department: "CUL"}}, hashOf("late"))
	if !same(err, unknown) {
		t.Errorf("being invited to it: %v", err)
	}
	people, err := w.store.People(t.Context(), w.coordinator, w.slug)
	must(t, err)
	leader := people.All[slices.IndexFunc(people.All, func(p tracker.Person) bool { return p.Role == tracker.Leader })]
	err = w.store.ChangePerson(t.Context(), w.coordinator, postgres.PersonRef{City: w.slug, ID: leader.ID, Version: leader.Version},
		tracker.Post{Role: tracker.Staff, Department: "CUL"})
	if !same(err, unknown) {
		t.Errorf("being moved to it: %v", err)
	}
	if slices.ContainsFunc(people.Departments, func(d tracker.Department) bool { return d.Code == "CUL" }) {
		t.Errorf("it can be chosen: %+v", people.Departments)
	}
	err = w.store.RetireDepartment(t.Context(), w.coordinator, w.slug, "EDU", 1, tracker.Retirement{Successor: "CUL"})
	if !same(err, tracker.Invalid("successor", "department.error.unknown")) {
		t.Errorf("as a successor: %v", err)
	}
	err = w.store.RetireDepartment(t.Context(), w.coordinator, w.slug, "CUL", 2, tracker.Retirement{Successor: "EDU"})
	if !same(err, tracker.Invalid("", "department.error.retired")) {
		t.Errorf("retiring it again: %v", err)
	}
	err = w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: "CUL", Name: police})
	if !same(err, tracker.Invalid("code", "department_code_once")) {
		t.Errorf("its code once more: %v", err)
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

func TestRetireDepartmentRefuses(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: "POL", Name: police}))
	w.invite(t, "guest@ha-long.example", tracker.Post{Role: tracker.Staff, Department: "POL"})
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		what, code string
		by         tracker.Actor
		version    int
		r          tracker.Retirement
		want       error
	}{
		{"nobody takes over", "CUL", w.coordinator, 1, tracker.Retirement{}, tracker.Invalid("successor", "department.error.no_successor")},
		{"nobody takes over who is invited", "POL", w.coordinator, 1, tracker.Retirement{}, tracker.Invalid("successor", "department.error.no_successor")},
		{"in favour of itself", "CUL", w.coordinator, 1, tracker.Retirement{Successor: "CUL"}, tracker.Invalid("successor", "department.error.unknown")},
		{"people to nobody known", "CUL", w.coordinator, 1, tracker.Retirement{Successor: "EDU", People: "XYZ"}, tracker.Invalid("people_to", "department.error.unknown")},
		{"on an old version", "CUL", w.coordinator, 0, tracker.Retirement{Successor: "EDU"}, tracker.ErrConflict},
		{"none that is there", "XYZ", w.coordinator, 1, tracker.Retirement{Successor: "EDU"}, tracker.ErrNotFound},
		{"by a reviewer", "CUL", w.reviewer, 1, tracker.Retirement{Successor: "EDU"}, tracker.ErrForbidden},
	} {
		if err := w.store.RetireDepartment(t.Context(), tt.by, w.slug, tt.code, tt.version, tt.r); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// TestRetireAtOnce: two departments cannot be retired in favour of each other.
func TestRetireAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	errs := atOnce(t, db, 2, func(i int, s *postgres.Store) error {
		codes := []string{"CUL", "EDU"}
		return s.RetireDepartment(t.Context(), w.coordinator, w.slug, codes[i], 1, tracker.Retirement{Successor: codes[1-i]})
	})
	if count(errs, nil) != 1 || count(errs, tracker.Invalid("successor", "department.error.unknown")) != 1 {
		t.Errorf("answers are %v", errs)
	}
}

// TestRetireAndAcceptAtOnce: whoever of the two is first, neither is turned away
// and nobody ends in a department that is retired.
func TestRetireAndAcceptAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	for n := range 8 {
		code, email := fmt.Sprintf("D%d", n), fmt.Sprintf("guest%d@ha-long.example", n)
		must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: code, Name: police}))
		w.invite(t, email, tracker.Post{Role: tracker.Staff, Department: code})
		errs := atOnce(t, db, 2, func(i int, s *postgres.Store) error {
			if i == 0 {
				return s.RetireDepartment(t.Context(), w.coordinator, w.slug, code, 1, tracker.Retirement{Successor: "EDU"})
			}
			_, _, err := s.AcceptInvitationAsNew(t.Context(), tracker.Actor{}, hashOf(email), email, "x")
			return err
		})
		if count(errs, nil) != 2 {
			t.Fatalf("answers are %v", errs)
		}
	}
	if got := w.people(t); len(got) != 10 || got[1][:3] != "EDU" || got[9][:3] != "EDU" {
		t.Errorf("people %q", got)
	}
}

func TestDepartments(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: "POL", Name: police}))
	must(t, w.store.RetireDepartment(t.Context(), w.coordinator, w.slug, "POL", 1, tracker.Retirement{}))
	w.invite(t, "guest@ha-long.example", tracker.Post{Role: tracker.Staff, Department: "EDU"})
	c, err := w.store.Departments(t.Context(), w.leader, w.slug)
	must(t, err)
	var got []string
	for _, d := range c.All {
		line := fmt.Sprint(d.Code, d.Version, " ", d.RetiredOn, " ", d.People, "+", d.Invited)
		for _, e := range d.Entries {
			line += fmt.Sprint(" ", e.Assessment, "/", e.Indicator, " ", e.AssessmentName.EN)
		}
		got = append(got, line)
	}
	if want := []string{"CUL1  1+0 1/1.1.1 Round 1/4.5.2 Round", "EDU1  1+1", "POL2 2025-03-10 0+0"}; !slices.Equal(got, want) || c.City.Slug != w.slug || c.Today != today {
		t.Errorf("departments %q, want %q", got, want)
	}
	if _, err := w.store.Departments(t.Context(), w.end, w.slug); !same(err, tracker.ErrEnded) {
		t.Errorf("a coordinator no longer: %v", err)
	}
}

// TestFrameworks: versions, and how many assessments of which city use them.
func TestFrameworks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	found(t, db, "hue").open2(t)
	all, err := db.Store.Frameworks(t.Context(), tracker.Operator())
	must(t, err)
	if len(all) != 1 || all[0].Code != "learning-city-57" || all[0].Indicators != 57 || all[0].ImportedAt.IsZero() ||
		fmt.Sprintf("%v", all[0].Cities) != "[{{Thành phố ha-long City of ha-long} 1} {{Thành phố hue City of hue} 2}]" {
		t.Errorf("frameworks %+v", all)
	}
	if _, err := db.Store.Frameworks(t.Context(), w.coordinator); !same(err, tracker.ErrForbidden) {
		t.Errorf("by a coordinator: %v", err)
	}
}

// open2 opens a second assessment.
func (w *town) open2(t testing.TB) {
	t.Helper()
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", round, tracker.CarryOver{})
	must(t, err)
}
