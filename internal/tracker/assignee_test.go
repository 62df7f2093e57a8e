package tracker_test

import (
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// clerks are staff of two departments, of whom only the first two can be given entries.
func clerks() *tracker.People {
	cul, edu := tracker.Department{ID: culture, Code: "CUL"}, tracker.Department{ID: education, Code: "EDU"}
	return &tracker.People{City: haLong, Now: now, Today: today, All: []tracker.Person{
		{ID: 11, AccountID: 1, Role: tracker.Staff, Department: cul},
		{ID: 12, AccountID: 2, Role: tracker.Staff, Department: edu},
		{ID: 13, AccountID: 3, Role: tracker.Staff, Department: cul, Disabled: true},
		{ID: 14, AccountID: 4, Role: tracker.Staff, Department: cul, Locked: true},
		{ID: 15, AccountID: 5, Role: tracker.Staff, Department: cul, EndsOn: today - 1},
		{ID: 16, AccountID: 6, Role: tracker.Coordinator},
		{ID: 17, AccountID: 7, Role: tracker.Staff, Department: cul},
	}}
}

func TestMayTakeCharge(t *testing.T) {
	t.Parallel()
	elsewhere, noStaff := tracker.Invalid("assignee", "assignee.error.elsewhere"), tracker.Invalid("assignee", "assignee.error.not_staff")
	for _, tt := range []struct {
		account    int64
		department string
		want       error
	}{
		{0, "CUL", nil}, {0, "", nil}, {1, "CUL", nil}, {2, "EDU", nil},
		{2, "CUL", elsewhere}, {1, "", elsewhere},
		{3, "CUL", noStaff}, {4, "CUL", noStaff}, {5, "CUL", noStaff}, {6, "CUL", noStaff}, {6, "", noStaff}, {11, "CUL", noStaff}, {99, "CUL", noStaff},
	} {
		if err := clerks().MayTakeCharge(tt.account, tt.department); !sameError(err, tt.want) {
			t.Errorf("%d in %q: %v, want %v", tt.account, tt.department, err, tt.want)
		}
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	one, two, three := tracker.EntryKey{Assessment: 1, Indicator: "1.1.1"}, tracker.EntryKey{Assessment: 1, Indicator: "1.2.1"}, tracker.EntryKey{Assessment: 2, Indicator: "1.1.1"}
	both := []tracker.EntryKey{one, two}
	for _, tt := range []struct {
		name       string
		to         int64
		seen, held []tracker.EntryKey
		want       error
	}{
		{"to a colleague", 7, both, both, nil},
		{"to nobody by name", 0, both, both, nil},
		{"in another order, one named twice", 7, []tracker.EntryKey{two, one, two}, both, nil},
		{"one more meanwhile", 7, []tracker.EntryKey{one}, both, tracker.ErrConflict},
		{"one fewer meanwhile", 7, both, []tracker.EntryKey{one}, tracker.ErrConflict},
		{"another one meanwhile", 7, both, []tracker.EntryKey{one, three}, tracker.ErrConflict},
		{"nothing left", 7, nil, nil, tracker.ErrConflict},
		{"a conflict before what is wrong", 2, both, []tracker.EntryKey{one}, tracker.ErrConflict},
		{"to themselves", 1, both, both, tracker.Invalid("assignee", "assignee.error.same")},
		{"to another department", 2, both, both, tracker.Invalid("assignee", "assignee.error.elsewhere")},
		{"to who is disabled", 3, both, both, tracker.Invalid("assignee", "assignee.error.not_staff")},
	} {
		p := clerks()
		if err := p.HandOver(p.All[0], tracker.HandOver{Department: "CUL", Entries: tt.seen, To: tt.to}, tt.held); !sameError(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestAssigneeBelongsToTheDepartment: nobody goes along to another one.
func TestAssigneeBelongsToTheDepartment(t *testing.T) {
	t.Parallel()
	cul, edu, none, two, nobody, day := "CUL", "EDU", "", int64(2), int64(0), opened
	before := tracker.Assignment{Indicator: "1.1.1", Department: "CUL", Assignee: 1, DueOn: today}
	with := func(department string, assignee int64) tracker.Assignment {
		return tracker.Assignment{Indicator: "1.1.1", Department: department, Assignee: assignee, DueOn: today}
	}
	late := before
	late.DueOn = opened
	for _, tt := range []struct {
		r    tracker.Reassignment
		want tracker.Assignment
	}{
		{tracker.Reassignment{DueOn: &day}, late},
		{tracker.Reassignment{Department: &cul}, before},
		{tracker.Reassignment{Department: &edu}, with("EDU", 0)},
		{tracker.Reassignment{Department: &edu, Assignee: &two}, with("EDU", 2)},
		{tracker.Reassignment{Department: &none}, with("", 0)},
		{tracker.Reassignment{Assignee: &two}, with("CUL", 2)},
		{tracker.Reassignment{Assignee: &nobody}, with("CUL", 0)},
	} {
		if got := tt.r.Of(before); got != tt.want {
			t.Errorf("%+v, want %+v", got, tt.want)
		}
		if err := tt.r.Check(assessment, 1); err != nil {
			t.Errorf("%+v: %v", tt.r, err)
		}
	}
}

func TestFilterByAssignee(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		asked    string
		assignee int64
		want     bool
	}{
		{"", 0, true}, {"", 7, true}, {"7", 7, true}, {"7", 70, false}, {"7", 0, false},
		{tracker.AnyAssignee, 7, true}, {tracker.AnyAssignee, 0, false}, {tracker.NoAssignee, 0, true}, {tracker.NoAssignee, 7, false},
	} {
		row := library
		row.Entry.Assignee.ID = tt.assignee
		if got := (tracker.Filter{Assignee: tt.asked}).Chooses(row, today, true); got != tt.want {
			t.Errorf("%q of an entry of %d: %v", tt.asked, tt.assignee, got)
		}
	}
}

// TestAssigneesOn: who was in charge on the day, in the order of the people, by
// the names that they have now.
func TestAssigneesOn(t *testing.T) {
	t.Parallel()
	f := &tracker.Framework{Groups: []tracker.Group{{Areas: []tracker.Area{{Features: []tracker.Feature{{
		Indicators: []tracker.Indicator{{ID: 1, Code: "1.1.1"}, {ID: 2, Code: "1.1.2"}}}}}}}}}
	o := &tracker.Overview{Framework: f, Today: today,
		People: []tracker.Person{{AccountID: 3, Name: "An"}, {AccountID: 2, Name: "Bình"}, {AccountID: 1, Name: "Cường"}},
		Entries: []tracker.Entry{
			{ID: 1, IndicatorID: 1, Assignee: tracker.Assignee{ID: 1}, Former: []tracker.FormerAssignment{{Assignee: tracker.Assignee{ID: 2}, Until: today - 5}}},
			{ID: 2, IndicatorID: 2, Assignee: tracker.Assignee{ID: 2}, Former: []tracker.FormerAssignment{{Until: today - 5}}},
		}}
	for on, want := range map[tracker.Date]string{today: "Bình Cường; 1.1.1 Cường, 1.1.2 Bình", today - 6: "Bình; 1.1.1 Bình, 1.1.2 "} {
		var names, rows []string
		for _, one := range o.AssigneesOn(on) {
			names = append(names, one.Name)
		}
		for _, row := range o.Rows(on) {
			rows = append(rows, row.Place.Indicator.Code+" "+row.Entry.Assignee.Name)
		}
		if got := strings.Join(names, " ") + "; " + strings.Join(rows, ", "); got != want {
			t.Errorf("on %s: %q, want %q", on, got, want)
		}
	}
	o.People = nil
	if got := o.AssigneesOn(today); len(got) != 0 || o.Rows(today)[0].Entry.Assignee != (tracker.Assignee{ID: 1}) {
		t.Errorf("without people: %+v, %+v", got, o.Rows(today)[0].Entry.Assignee)
	}
}
