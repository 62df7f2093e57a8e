package tracker_test

import (
	"reflect"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

var office = tracker.Text{VI: "Sở Văn hóa", EN: "Culture"}

// atFields are fields and why each was refused.
func atFields(pairs ...string) error {
	fields := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	return &tracker.InvalidError{Fields: fields}
}

func TestCheckDepartment(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ệ", tracker.MaxName)
	for _, tt := range []struct {
		d    tracker.Department
		want error
	}{
		{tracker.Department{Code: "CUL", Name: office}, nil},
		{tracker.Department{Code: "A1B2C3D4E5F6", Name: tracker.Text{VI: long, EN: long}}, nil},
		{tracker.Department{Code: "A1B2C3D4E5F6G", Name: tracker.Text{VI: long + "ệ", EN: " "}},
			atFields("code", "department_code_fits_an_address", "name_vi", "name.error.long", "name_en", "department.error.name_en")},
		{tracker.Department{Code: "cul", Name: tracker.Text{EN: "x"}},
			atFields("code", "department_code_fits_an_address", "name_vi", "department.error.name_vi")},
	} {
		if err := tt.d.Check(); !sameError(err, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.d, err, tt.want)
		}
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	d := tracker.Department{Code: "CUL", Name: office}
	gone := d
	gone.RetiredOn = today
	for _, tt := range []struct {
		d    tracker.Department
		to   tracker.Text
		want error
	}{
		{d, tracker.Text{VI: office.VI, EN: "Another"}, nil},
		{d, office, atFields("name_vi", "department.error.same")},
		{d, tracker.Text{}, atFields("name_vi", "department.error.name_vi", "name_en", "department.error.name_en")},
		{gone, tracker.Text{VI: "x", EN: "x"}, atFields("", "department.error.retired")},
	} {
		if err := tt.d.Rename(tt.to); !sameError(err, tt.want) {
			t.Errorf("to %v: %v, want %v", tt.to, err, tt.want)
		}
	}
}

func TestRetirement(t *testing.T) {
	t.Parallel()
	one, two := tracker.EntryKey{Assessment: 1, Indicator: "1.1.1"}, tracker.EntryKey{Assessment: 2, Indicator: "1.1.1"}
	others := map[string]bool{"EDU": true, "POL": true, "OLD": false}
	to := func(key tracker.EntryKey, code string) map[tracker.EntryKey]string {
		return map[tracker.EntryKey]string{key: code}
	}
	for _, tt := range []struct {
		what   string
		r      tracker.Retirement
		led    []tracker.EntryKey
		people int
		want   tracker.Succession
		err    error
	}{
		{"nothing in hand", tracker.Retirement{}, nil, 0, tracker.Succession{Entries: map[tracker.EntryKey]string{}}, nil},
		{"one for all", tracker.Retirement{Successor: "EDU"}, []tracker.EntryKey{one, two}, 1,
			tracker.Succession{Entries: map[tracker.EntryKey]string{one: "EDU", two: "EDU"}, People: "EDU"}, nil},
		{"several", tracker.Retirement{Successor: "EDU", People: "POL", Entries: to(two, "POL")}, []tracker.EntryKey{one, two}, 2,
			tracker.Succession{Entries: map[tracker.EntryKey]string{one: "EDU", two: "POL"}, People: "POL"}, nil},
		{"each named, none in common", tracker.Retirement{People: "POL", Entries: to(one, "EDU")}, []tracker.EntryKey{one}, 1,
			tracker.Succession{Entries: to(one, "EDU"), People: "POL"}, nil},
		{"what it no longer leads", tracker.Retirement{Successor: "EDU", Entries: to(two, "OLD")}, []tracker.EntryKey{one}, 0,
			tracker.Succession{Entries: to(one, "EDU")}, nil},
		{"an entry without successor", tracker.Retirement{Entries: to(one, "EDU")}, []tracker.EntryKey{one, two}, 0, tracker.Succession{},
			atFields("successor", "department.error.no_successor")},
		{"people without", tracker.Retirement{}, nil, 1, tracker.Succession{}, atFields("successor", "department.error.no_successor")},
		{"one that is retired", tracker.Retirement{Successor: "EDU", People: "XYZ", Entries: to(one, "OLD")}, []tracker.EntryKey{one}, 1, tracker.Succession{},
			atFields("to", "department.error.unknown", "people_to", "department.error.unknown")},
	} {
		got, err := tt.r.Of(tracker.Department{Code: "CUL"}, tt.led, tt.people, 0, others)
		if !sameError(err, tt.err) || tt.err == nil && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %v, want %+v, %v", tt.what, got, err, tt.want, tt.err)
		}
	}
	got, err := tracker.Retirement{Successor: "EDU"}.Of(tracker.Department{Code: "CUL"}, nil, 0, 2, others)
	if err != nil || got.Tasks != "EDU" {
		t.Errorf("its tasks go to %q, %v", got.Tasks, err)
	}
	_, err = tracker.Retirement{People: "EDU"}.Of(tracker.Department{Code: "CUL"}, nil, 0, 2, others)
	if !sameError(err, atFields("successor", "department.error.no_successor")) {
		t.Errorf("tasks without a successor: %v", err)
	}
	_, err = tracker.Retirement{Successor: "EDU"}.Of(tracker.Department{RetiredOn: today}, nil, 0, 0, others)
	if !sameError(err, atFields("", "department.error.retired")) {
		t.Errorf("one that is retired: %v", err)
	}
}

func TestCheckAssessment(t *testing.T) {
	t.Parallel()
	good := tracker.Assessment{Name: office, OpenedOn: opened, SubmissionDueOn: opened}
	for _, tt := range []struct {
		change func(*tracker.Assessment)
		want   error
	}{
		{func(*tracker.Assessment) {}, nil},
		{func(a *tracker.Assessment) { a.Name = tracker.Text{} }, atFields("name_vi", "assessment.error.name_vi", "name_en", "assessment.error.name_en")},
		{func(a *tracker.Assessment) { a.OpenedOn, a.SubmissionDueOn = 0, 0 },
			atFields("opened_on", "assessment.error.opened_on", "submission_due_on", "assessment.error.submission_due_on")},
		{func(a *tracker.Assessment) { a.SubmissionDueOn-- }, atFields("submission_due_on", "assessment_due_after_opening")},
	} {
		a := good
		tt.change(&a)
		if err := a.Check(); !sameError(err, tt.want) {
			t.Errorf("%+v: %v, want %v", a, err, tt.want)
		}
	}
}

func TestReassignment(t *testing.T) {
	t.Parallel()
	edu, none, day, noDay := "EDU", "", opened, tracker.Date(0)
	before := tracker.Assignment{Indicator: "1.1.1", Department: "CUL", DueOn: today}
	for _, tt := range []struct {
		r    tracker.Reassignment
		want tracker.Assignment
	}{
		{tracker.Reassignment{}, before},
		{tracker.Reassignment{Department: &edu}, tracker.Assignment{Indicator: "1.1.1", Department: "EDU", DueOn: today}},
		{tracker.Reassignment{DueOn: &day}, tracker.Assignment{Indicator: "1.1.1", Department: "CUL", DueOn: opened}},
		{tracker.Reassignment{Department: &none, DueOn: &noDay}, tracker.Assignment{Indicator: "1.1.1"}},
	} {
		if got := tt.r.Of(before); got != tt.want {
			t.Errorf("%+v, want %+v", got, tt.want)
		}
	}
	early, closed := opened-1, assessment
	closed.ClosedOn = today
	for _, tt := range []struct {
		r       tracker.Reassignment
		a       tracker.Assessment
		entries int
		want    error
	}{
		{tracker.Reassignment{DueOn: &day}, assessment, 1, nil},
		{tracker.Reassignment{DueOn: &noDay}, assessment, 1, nil},
		{tracker.Reassignment{DueOn: &early}, assessment, 1, atFields("due_on", "assignment.error.due_before_opening")},
		{tracker.Reassignment{}, closed, 0, atFields("", "assessment.error.closed", "entry", "assignment.error.no_entries", "department", "assignment.error.no_change")},
	} {
		if err := tt.r.Check(tt.a, tt.entries); !sameError(err, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.r, err, tt.want)
		}
	}
}
