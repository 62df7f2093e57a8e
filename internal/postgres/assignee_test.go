package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// colleague adds another member of staff to a department.
func (w *town) colleague(t testing.TB, name, department string) tracker.Actor {
	t.Helper()
	return w.join(t, w.coordinator, name, postgres.NewMember{Role: tracker.Staff, Department: department})
}

// charged are the entries with somebody in charge.
func (w *town) charged(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT format('%s/%s %s %s %s', s.number, i.code, e.version, d.code, split_part(a.name, ' ', 1)) FROM entry e
		JOIN assessment s ON s.id = e.assessment_id JOIN indicator i ON i.id = e.indicator_id
		JOIN department d ON d.id = e.department_id JOIN account a ON a.id = e.assignee_id
		WHERE e.city_id = $1 ORDER BY s.number, i.position`, w.id)
}

func wantLines(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// give puts somebody in charge of entries of the first assessment.
func (w *town) give(t testing.TB, to tracker.Actor, department string, codes ...string) {
	t.Helper()
	var all []postgres.Assignment
	for _, code := range codes {
		all = append(all, postgres.Assignment{Indicator: code, Department: department, Assignee: to.AccountID, DueOn: dueOn})
	}
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, all))
}

func TestReassignAssignee(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit, staff := len(w.audit(t)), w.staff.AccountID
	one := postgres.Assignment{Indicator: measured, Department: "CUL", DueOn: dueOn}
	two := postgres.Assignment{Indicator: "1.3.2"}
	change := func(c tracker.Reassignment, seen ...postgres.Assignment) error {
		return w.store.Reassign(t.Context(), w.coordinator, w.slug, 1, seen, c)
	}
	must(t, change(tracker.Reassignment{Assignee: &staff}, one))
	one.Assignee = staff
	must(t, change(tracker.Reassignment{Assignee: &staff}, one)) // has it already
	must(t, change(tracker.Reassignment{Department: ptr("CUL"), Assignee: &staff}, one, two))
	two.Department, two.Assignee = "CUL", staff
	wantLines(t, "in charge", w.charged(t), "1/1.1.1 3 CUL staff", "1/1.3.2 2 CUL staff")
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, w.staff)))
	must(t, change(tracker.Reassignment{DueOn: ptr(dueOn + 1)}, two)) // stays named
	two.DueOn = dueOn + 1
	wantLines(t, "named still", w.charged(t), "1/1.1.1 3 CUL staff", "1/1.3.2 3 CUL staff")
	must(t, change(tracker.Reassignment{Department: ptr("EDU")}, one))
	must(t, change(tracker.Reassignment{Assignee: ptr(int64(0))}, two))
	wantLines(t, "cleared", w.charged(t))
	const at = ` at 2025-03-10 05:00:00  `
	got := slices.DeleteFunc(w.audit(t)[audit:], func(line string) bool { return !strings.HasPrefix(line, "assign ") })
	wantLines(t, "audit", got,
		`assign entry 1/1.1.1 coordinator {"due_on": "2025-06-30", "department": "CUL"} > {"due_on": "2025-06-30", "assignee": "staff@ha-long.example", "department": "CUL"}`+at,
		`assign entry 1/1.3.2 coordinator {"due_on": "", "department": ""} > {"due_on": "", "assignee": "staff@ha-long.example", "department": "CUL"}`+at,
		`assign entry 1/1.3.2 coordinator {"due_on": "", "assignee": "staff@ha-long.example", "department": "CUL"} > {"due_on": "2025-07-01", "assignee": "staff@ha-long.example", "department": "CUL"}`+at,
		`assign entry 1/1.1.1 coordinator {"due_on": "2025-06-30", "assignee": "staff@ha-long.example", "department": "CUL"} > {"due_on": "2025-06-30", "department": "EDU"}`+at,
		`assign entry 1/1.3.2 coordinator {"due_on": "2025-07-01", "assignee": "staff@ha-long.example", "department": "CUL"} > {"due_on": "2025-07-01", "department": "CUL"}`+at)
}

func TestReassignAssigneeRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	gone := w.colleague(t, "gone", "CUL")
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, gone)))
	cul, none := postgres.Assignment{Indicator: measured, Department: "CUL", DueOn: dueOn}, postgres.Assignment{Indicator: "1.3.2"}
	elsewhere, noStaff := tracker.Invalid("assignee", "assignee.error.elsewhere"), tracker.Invalid("assignee", "assignee.error.not_staff")
	before := fingerprint(t, db)
	for _, tt := range []struct {
		what       string
		seen       []postgres.Assignment
		department *string
		to         tracker.Actor
		want       error
	}{
		{"of another department", []postgres.Assignment{cul}, nil, w.other, elsewhere},
		{"of the department that it leaves", []postgres.Assignment{cul}, ptr("EDU"), w.staff, elsewhere},
		{"one entry led by no department", []postgres.Assignment{cul, none}, nil, w.staff, elsewhere},
		{"no department at all", []postgres.Assignment{cul}, ptr(""), w.staff, elsewhere},
		{"disabled", []postgres.Assignment{cul}, nil, gone, noStaff},
		{"a coordinator", []postgres.Assignment{cul}, nil, w.coordinator, noStaff},
		{"of another city", []postgres.Assignment{cul}, nil, hue.staff, noStaff},
		{"a conflict first", []postgres.Assignment{{Indicator: measured, Department: "CUL", Assignee: w.other.AccountID, DueOn: dueOn}}, nil, w.other, tracker.ErrConflict},
		{"given to another meanwhile", []postgres.Assignment{{Indicator: measured, Department: "CUL", Assignee: gone.AccountID, DueOn: dueOn}}, nil, w.staff, tracker.ErrConflict},
	} {
		err := w.store.Reassign(t.Context(), w.coordinator, w.slug, 1, tt.seen, tracker.Reassignment{Department: tt.department, Assignee: &tt.to.AccountID})
		if !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	err := w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: described, Department: "CUL", Assignee: w.other.AccountID}})
	if !same(err, elsewhere) {
		t.Errorf("assigned outright: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestHandOver: all that the person has in hand in the department, in open
// assessments only, each with its record; the rest stays.
func TestHandOver(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	second := w.colleague(t, "second2", "CUL")
	w.give(t, w.staff, "CUL", measured, described)
	w.give(t, second, "CUL", "1.3.2")
	w.open2(t)
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 2, []postgres.Assignment{{Indicator: measured, Department: "CUL", Assignee: w.staff.AccountID}}))
	w.closeRound(t, 2)
	ref, audit := w.person(t, w.staff), len(w.audit(t))
	held, err := w.store.InCharge(t.Context(), w.coordinator, w.slug, ref.ID)
	must(t, err)
	var listed []string
	for _, e := range held {
		listed = append(listed, fmt.Sprint(e.Assessment, " ", e.AssessmentName.EN, " ", e.Indicator, " ", e.Department.Code, " ", e.Department.Name.EN))
	}
	wantLines(t, "listed", listed, "1 Round 1.1.1 CUL Department CUL", "1 Round 4.5.2 CUL Department CUL")
	h := tracker.HandOver{Department: "CUL", Entries: []tracker.EntryKey{held[1].EntryKey, held[0].EntryKey}, To: second.AccountID}
	must(t, w.store.HandOver(t.Context(), w.coordinator, ref, h))
	wantLines(t, "in charge", w.charged(t), "1/1.1.1 4 CUL second2", "1/1.3.2 2 CUL second2", "1/4.5.2 4 CUL second2", "2/1.1.1 2 CUL staff")
	const changed = ` coordinator {"due_on": "2025-06-30", "assignee": "staff@ha-long.example", "department": "CUL"} > {"due_on": "2025-06-30", "assignee": "second2@ha-long.example", "department": "CUL"} at 2025-03-10 05:00:00  `
	wantLines(t, "audit", w.audit(t)[audit:], `hand_over_entries entry 1/1.1.1`+changed, `hand_over_entries entry 1/4.5.2`+changed)
	three := slices.Concat(h.Entries, []tracker.EntryKey{{Assessment: 1, Indicator: "1.3.2"}})
	must(t, w.store.HandOver(t.Context(), w.coordinator, w.person(t, second), tracker.HandOver{Department: "CUL", Entries: three}))
	wantLines(t, "to nobody by name", w.charged(t), "2/1.1.1 2 CUL staff")
}

func TestHandOverRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	second := w.colleague(t, "second2", "CUL")
	w.give(t, w.staff, "CUL", measured)
	ref, keys := w.person(t, w.staff), []tracker.EntryKey{{Assessment: 1, Indicator: measured}}
	stale, theirs := ref, ref
	stale.Version--
	theirs.ID = hue.person(t, hue.staff).ID
	whole := tracker.HandOver{Department: "CUL", Entries: keys, To: second.AccountID}
	before := fingerprint(t, db)
	for _, tt := range []struct {
		what   string
		by     tracker.Actor
		ref    postgres.PersonRef
		change func(*tracker.HandOver)
		want   error
	}{
		{"the person was changed", w.coordinator, stale, nil, tracker.ErrConflict},
		{"other entries", w.coordinator, ref, func(h *tracker.HandOver) { h.Entries = nil }, tracker.ErrConflict},
		{"another department", w.coordinator, ref, func(h *tracker.HandOver) { h.Department = "EDU" }, tracker.ErrConflict},
		{"to another department's", w.coordinator, ref, func(h *tracker.HandOver) { h.To = w.other.AccountID }, tracker.Invalid("assignee", "assignee.error.elsewhere")},
		{"to themselves", w.coordinator, ref, func(h *tracker.HandOver) { h.To = w.staff.AccountID }, tracker.Invalid("assignee", "assignee.error.same")},
		{"to another city's", w.coordinator, ref, func(h *tracker.HandOver) { h.To = hue.staff.AccountID }, tracker.Invalid("assignee", "assignee.error.not_staff")},
		{"of another city's", w.coordinator, theirs, nil, tracker.ErrNotFound},
		{"by staff", w.staff, ref, nil, tracker.ErrForbidden},
		{"by who manages cities", tracker.Operator(), ref, nil, tracker.ErrForbidden},
		{"by another city's coordinator", hue.coordinator, ref, nil, tracker.ErrNotFound},
		{"by a coordinator no longer", w.end, ref, nil, tracker.ErrEnded},
	} {
		h := whole
		if tt.change != nil {
			tt.change(&h)
		}
		if err := w.store.HandOver(t.Context(), tt.by, tt.ref, h); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	for by, want := range map[*tracker.Actor]error{&w.staff: tracker.ErrForbidden, &hue.coordinator: tracker.ErrNotFound, &w.end: tracker.ErrEnded} {
		if _, err := w.store.InCharge(t.Context(), *by, w.slug, ref.ID); !same(err, want) {
			t.Errorf("in charge, asked by %s: %v, want %v", by.Name, err, want)
		}
	}
	if held, err := hue.store.InCharge(t.Context(), hue.coordinator, hue.slug, ref.ID); err != nil || len(held) != 0 {
		t.Errorf("asked in another city: %+v, %v", held, err)
	}
}

// TestHandOverAtOnce: of several who hand the same entries over or away, one does.
func TestHandOverAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	second := w.colleague(t, "second2", "CUL")
	w.give(t, w.staff, "CUL", measured, described)
	ref := w.person(t, w.staff)
	h := tracker.HandOver{Department: "CUL", Entries: []tracker.EntryKey{{Assessment: 1, Indicator: measured}, {Assessment: 1, Indicator: described}}, To: second.AccountID}
	seen := []postgres.Assignment{{Indicator: described, Department: "CUL", Assignee: w.staff.AccountID, DueOn: dueOn},
		{Indicator: measured, Department: "CUL", Assignee: w.staff.AccountID, DueOn: dueOn}}
	errs := atOnce(t, db, 6, func(i int, s *postgres.Store) error {
		switch i % 3 {
		case 0:
			return s.HandOver(t.Context(), w.coordinator, ref, h)
		case 1:
			return s.Reassign(t.Context(), w.coordinator, w.slug, 1, seen, tracker.Reassignment{Department: ptr("EDU")})
		}
		return s.Reassign(t.Context(), w.coordinator, w.slug, 1, seen, tracker.Reassignment{Assignee: &second.AccountID})
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrConflict) != 5 {
		t.Errorf("answers are %v", errs)
	}
}

// TestAssigneeStaysNamed: whoever is disabled or gets another post stays in
// charge until somebody hands it over; retiring the department ends it.
func TestAssigneeStaysNamed(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.give(t, w.staff, "CUL", measured)
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, w.staff)))
	must(t, w.store.ChangePerson(t.Context(), w.coordinator, w.person(t, w.staff), tracker.Post{Role: tracker.Leader}))
	wantLines(t, "in charge", w.charged(t), "1/1.1.1 3 CUL staff")
	must(t, w.store.RetireDepartment(t.Context(), w.coordinator, w.slug, "CUL", 1, tracker.Retirement{Successor: "EDU"}))
	wantLines(t, "in charge after the department", w.charged(t))
}

// TestAssigneeOfAPastDay: the list and the indicator's page say who was in
// charge then. Only a list that asks for people has names.
func TestAssigneeOfAPastDay(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now.AddDate(0, 0, -9)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	second := w.colleague(t, "second2", "CUL")
	for _, to := range []tracker.Actor{w.staff, second, {}} {
		clock = clock.AddDate(0, 0, 3)
		w.give(t, to, "CUL", measured)
	}
	for on, want := range map[tracker.Date]string{openedOn: "", today - 6: "staff of ha-long", today - 3: "second2 of ha-long", today: "", 0: ""} {
		o, err := w.store.OverviewWithPeople(t.Context(), w.leader, w.slug, 1, on)
		must(t, err)
		day := on
		if on.IsZero() {
			day = o.Today
		}
		if got := o.Rows(day)[0].Entry.Assignee; got.Name != want || (got.ID == 0) != (want == "") || len(o.People) != 8 {
			t.Errorf("list on %s: %+v, want %q; %d people", on, got, want, len(o.People))
		}
		r, err := w.store.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, on)
		must(t, err)
		if got := r.Entry.Assignee; got.Name != want {
			t.Errorf("page on %s: %+v, want %q", on, got, want)
		}
	}
	clock = pgtest.Now
	w.give(t, second, "CUL", measured)
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 1, 0)
	must(t, err)
	if got := o.Rows(o.Today)[0].Entry.Assignee; got != (tracker.Assignee{ID: second.AccountID}) || o.People != nil {
		t.Errorf("without people: %+v, %+v", got, o.People)
	}
}

// TestAssigneeInTheDatabase: what no rule let through does not get in.
func TestAssigneeInTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	w.give(t, w.staff, "CUL", measured)
	w.give(t, w.staff, "CUL", measured)
	for sql, constraint := range map[string]string{
		fmt.Sprintf(`UPDATE entry SET assignee_id = %d WHERE department_id IS NOT NULL`, hue.staff.AccountID): "entry_assignee_fkey",
		fmt.Sprintf(`UPDATE entry SET assignee_id = %d WHERE department_id IS NULL`, w.staff.AccountID):       "entry_assignee_in_a_department",
		fmt.Sprintf(`UPDATE former_assignment SET assignee_id = %d`, hue.staff.AccountID):                     "former_assignment_assignee_fkey",
	} {
		_, err := db.Owner.Exec(t.Context(), sql)
		if got := constraintOf(err); got != constraint {
			t.Errorf("%s: %v, want %s", sql, err, constraint)
		}
	}
}
