package postgres_test

import (
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func ptr[T any](v T) *T { return &v }

// assigned are the entries that somebody leads or that are due.
func (w *town) assigned(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT format('%s/%s %s %s %s', s.number, i.code, e.version, d.code, e.due_on) FROM entry e
		JOIN assessment s ON s.id = e.assessment_id JOIN indicator i ON i.id = e.indicator_id
		LEFT JOIN department d ON d.id = e.department_id
		WHERE e.city_id = $1 AND (e.department_id IS NOT NULL OR e.due_on IS NOT NULL) ORDER BY s.number, i.position`, w.id)
}

// TestReassign: what is set is set for all, what is not stays as each has it,
// and an entry that has it already gets no new version.
func TestReassign(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit := len(w.audit(t))
	seen := []postgres.Assignment{{Indicator: measured, Department: "CUL", DueOn: dueOn}, {Indicator: "1.3.2"}}
	must(t, w.store.Reassign(t.Context(), w.coordinator, w.slug, 1, seen, tracker.Reassignment{DueOn: ptr(dueOn)}))
	if got := w.assigned(t); !slices.Equal(got, []string{"1/1.1.1 2 CUL 2025-06-30", "1/1.3.2 2  2025-06-30", "1/4.5.2 2 CUL 2025-06-30"}) {
		t.Errorf("with a date for all: %q", got)
	}
	seen[1].DueOn = dueOn
	must(t, w.store.Reassign(t.Context(), w.coordinator, w.slug, 1, seen, tracker.Reassignment{Department: ptr("EDU"), DueOn: ptr(tracker.Date(0))}))
	if got := w.assigned(t); !slices.Equal(got, []string{"1/1.1.1 3 EDU ", "1/1.3.2 3 EDU ", "1/4.5.2 2 CUL 2025-06-30"}) {
		t.Errorf("given to another: %q", got)
	}
	want := []string{
		`assign entry 1/1.3.2 coordinator {"due_on": "", "department": ""} > {"due_on": "2025-06-30", "department": ""} at 2025-03-10 05:00:00  `,
		`assign entry 1/1.1.1 coordinator {"due_on": "2025-06-30", "department": "CUL"} > {"due_on": "", "department": "EDU"} at 2025-03-10 05:00:00  `,
		`assign entry 1/1.3.2 coordinator {"due_on": "2025-06-30", "department": ""} > {"due_on": "", "department": "EDU"} at 2025-03-10 05:00:00  `}
	if got := w.audit(t)[audit:]; !slices.Equal(got, want) {
		t.Errorf("audit %q", got)
	}
}

func TestReassignRefuses(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	one := postgres.Assignment{Indicator: measured, Department: "CUL", DueOn: dueOn}
	toEDU := tracker.Reassignment{Department: ptr("EDU")}
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		what   string
		by     tracker.Actor
		number int
		seen   []postgres.Assignment
		change tracker.Reassignment
		want   error
	}{
		{"none chosen", w.coordinator, 1, nil, toEDU, tracker.Invalid("entry", "assignment.error.no_entries")},
		{"nothing to do", w.coordinator, 1, []postgres.Assignment{one}, tracker.Reassignment{}, tracker.Invalid("department", "assignment.error.no_change")},
		{"due before it opened", w.coordinator, 1, []postgres.Assignment{one}, tracker.Reassignment{DueOn: ptr(openedOn - 1)},
			tracker.Invalid("due_on", "assignment.error.due_before_opening")},
		{"an unknown department", w.coordinator, 1, []postgres.Assignment{one}, tracker.Reassignment{Department: ptr("XYZ")},
			tracker.Invalid("department", "department.error.unknown")},
		{"given away meanwhile", w.coordinator, 1, []postgres.Assignment{{Indicator: "1.3.2"}, {Indicator: measured, DueOn: dueOn}}, toEDU, tracker.ErrConflict},
		{"an unknown indicator", w.coordinator, 1, []postgres.Assignment{one, {Indicator: "99.9.9"}}, toEDU, tracker.ErrNotFound},
		{"another assessment", w.coordinator, 2, []postgres.Assignment{one}, toEDU, tracker.ErrNotFound},
		{"by staff", w.staff, 1, []postgres.Assignment{one}, toEDU, tracker.ErrForbidden},
		{"by a coordinator no longer", w.end, 1, []postgres.Assignment{one}, toEDU, tracker.ErrEnded},
	} {
		if err := w.store.Reassign(t.Context(), tt.by, w.slug, tt.number, tt.seen, tt.change); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// TestReassignAtOnce: of several who give the same entries away, one does.
func TestReassignAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	seen := []postgres.Assignment{{Indicator: measured, Department: "CUL", DueOn: dueOn}, {Indicator: described, Department: "CUL", DueOn: dueOn}}
	errs := atOnce(t, db, 4, func(i int, s *postgres.Store) error {
		mine := slices.Clone(seen)
		if i%2 == 1 {
			slices.Reverse(mine)
		}
		return s.Reassign(t.Context(), w.coordinator, w.slug, 1, mine, tracker.Reassignment{Department: ptr("EDU")})
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrConflict) != 3 {
		t.Errorf("answers are %v", errs)
	}
}

// TestAssignmentOfAPastDay: pages of a past day show who led an entry then. The
// first assignment holds for the days before it too.
func TestAssignmentOfAPastDay(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now.AddDate(0, 0, -9)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	for _, to := range []postgres.Assignment{{}, {Department: "EDU", DueOn: dueOn + 1}, {Department: "EDU"}} {
		clock = clock.AddDate(0, 0, 3)
		to.Indicator = measured
		must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{to}))
	}
	for on, want := range map[tracker.Date]string{
		openedOn: "CUL 2025-06-30", today - 7: "CUL 2025-06-30", today - 6: " ", today - 4: " ", today - 3: "EDU 2025-07-01", today: "EDU ", today + 1: "EDU "} {
		o, err := w.store.Overview(t.Context(), w.leader, w.slug, 1, on)
		must(t, err)
		row := o.Rows(on)[0]
		if got := row.Department.Code + " " + row.Entry.DueOn.String(); got != want {
			t.Errorf("list on %s: %q, want %q", on, got, want)
		}
		r, err := w.store.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, on)
		must(t, err)
		if got := r.Department.Code + " " + r.Entry.DueOn.String(); got != want {
			t.Errorf("page on %s: %q, want %q", on, got, want)
		}
	}
}
