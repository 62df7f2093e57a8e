package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestDepartmentRecord(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx := t.Context()
	must(t, w.store.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: measured, Department: "CUL", Assignee: w.staff.AccountID, DueOn: dueOn}, {Indicator: "7.2.2", Department: "EDU", DueOn: dueOn}}))
	w.bring(t, measured, "achieved/returned")
	must(t, w.store.Submit(ctx, w.staff, w.ref(t, measured), ""))
	must(t, w.store.Return(ctx, w.reviewer, w.ref(t, measured), "Thiếu số liệu năm 2024"))
	soon, expired, secret, later, theirs := decree("soon"), decree("expired"), restricted(decree("secret")), decree("later"), decree("theirs")
	soon.Passport.ValidUntil, expired.Passport.ValidUntil, secret.Passport.ValidUntil = today+60, today-1, today+5
	later.Passport.ValidUntil, theirs.Passport.ValidUntil, theirs.Passport.Department = today+61, today+5, "EDU"
	soon.Links = to([]int{1}, described)
	var ids []int64
	for _, n := range []postgres.NewEvidence{soon, expired, secret, later, theirs} {
		ids = append(ids, w.add(t, n))
	}
	open, done := w.tasking(t, 0, "CUL", 0), w.tasking(t, 0, "CUL", 0)
	w.tasking(t, 0, "EDU", 0)
	must(t, w.store.MoveTask(ctx, w.staff, w.taskRef(t, done), tracker.CompleteTask, "x", nil))

	for _, tt := range []struct {
		by   tracker.Actor
		want []int64
	}{{w.staff, []int64{ids[1], ids[2], ids[0]}}, {w.other, []int64{ids[1], ids[0]}}} {
		r, err := w.store.DepartmentRecord(ctx, tt.by, w.slug, "CUL", 0)
		must(t, err)
		var expiring []int64
		for _, e := range r.Expiring {
			expiring = append(expiring, e.ID)
		}
		if !slices.Equal(expiring, tt.want) {
			t.Errorf("to %s expire %v, want %v", tt.by.Name, expiring, tt.want)
		}
		var entries []string
		for _, e := range r.Entries {
			entries = append(entries, fmt.Sprint(e.Place.Indicator.Code, " ", e.State.Claim, "/", e.State.Verdict, " ", e.Entry.DueOn, " ", e.Entry.Assignee.Name,
				" [", e.Returned.Note, "] ", e.Returned.EffectiveOn, " ", e.Returned.RecordedBy))
		}
		if want := []string{"1.1.1 achieved/returned 2025-06-30 staff of ha-long [Thiếu số liệu năm 2024] 2025-03-10 reviewer of ha-long",
			"4.5.2 not_started/none 2025-06-30  []  "}; !slices.Equal(entries, want) {
			t.Errorf("entries %q, want %q", entries, want)
		}
		var missing []string
		for _, m := range r.Missing {
			missing = append(missing, fmt.Sprint(m.Place.Indicator.Code, " ", m.Completeness.Missing))
		}
		if want := []string{"1.1.1 [1]", "4.5.2 [2]"}; len(missing) != 2 || missing[0][:5] != want[0][:5] || missing[1][:5] != want[1][:5] {
			t.Errorf("missing %q", missing)
		}
		if len(r.Tasks) != 1 || r.Tasks[0].ID != open || r.Department.Code != "CUL" || r.Assessment.Number != 1 || len(r.Assessments) != 1 || r.Today != today {
			t.Errorf("it is %+v", r)
		}
	}
	for code, by := range map[string]tracker.Actor{"XYZ": w.leader, "": w.leader, "cul": w.leader} {
		if _, err := w.store.DepartmentRecord(ctx, by, w.slug, code, 0); !same(err, tracker.ErrNotFound) {
			t.Errorf("of %q: %v", code, err)
		}
	}
	if _, err := w.store.DepartmentRecord(ctx, w.leader, w.slug, "CUL", 9); !same(err, tracker.ErrNotFound) {
		t.Errorf("in no assessment: %v", err)
	}
	if code, err := w.store.DepartmentCode(ctx, w.staff, w.slug, 1); err != nil || code != "CUL" {
		t.Errorf("the code is %q, %v", code, err)
	}
	if _, err := w.store.DepartmentCode(ctx, w.staff, w.slug, 99); !same(err, tracker.ErrNotFound) {
		t.Errorf("a department that is not there: %v", err)
	}
	empty := emptyTown(t, db, "hue")
	r, err := empty.store.DepartmentRecord(ctx, empty.staff, empty.slug, "CUL", 0)
	must(t, err)
	if r.Department.Code != "CUL" || r.Assessment.ID != 0 || len(r.Entries) != 0 {
		t.Errorf("without an assessment: %+v", r)
	}
	if _, err := empty.store.DepartmentRecord(ctx, empty.staff, empty.slug, "XYZ", 0); !same(err, tracker.ErrNotFound) {
		t.Errorf("an unknown one without an assessment: %v", err)
	}
	if _, err := w.store.DepartmentRecord(ctx, empty.staff, w.slug, "CUL", 0); !same(err, tracker.ErrNotFound) {
		t.Errorf("another city's: %v", err)
	}
}
