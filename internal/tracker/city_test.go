package tracker_test

import (
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

func TestCurrentAssessment(t *testing.T) {
	t.Parallel()
	a := func(number int, openedOn, closedOn tracker.Date) tracker.Assessment {
		return tracker.Assessment{Number: number, OpenedOn: openedOn, ClosedOn: closedOn}
	}
	for _, tt := range []struct {
		name string
		all  []tracker.Assessment
		want int // number; 0: none
	}{
		{"none", nil, 0},
		{"one", []tracker.Assessment{a(1, 100, 0)}, 1},
		{"one closed", []tracker.Assessment{a(1, 100, 200)}, 1},
		{"open before closed, though opened earlier", []tracker.Assessment{a(1, 100, 0), a(2, 150, 200)}, 1},
		{"opened last", []tracker.Assessment{a(1, 150, 0), a(2, 100, 0)}, 1},
		{"all closed: opened last", []tracker.Assessment{a(1, 100, 300), a(2, 150, 200)}, 2},
		{"opened the same day: the higher number", []tracker.Assessment{a(2, 100, 0), a(1, 100, 0)}, 2},
	} {
		got, ok := tracker.CurrentAssessment(tt.all)
		if got.Number != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: number %d, %v", tt.name, got.Number, ok)
		}
		slices.Reverse(tt.all) // the order of the list decides nothing
		if again, _ := tracker.CurrentAssessment(tt.all); again != got {
			t.Errorf("%s: number %d in the other order", tt.name, again.Number)
		}
	}
}

func TestInvalidError(t *testing.T) {
	t.Parallel()
	err := &tracker.InvalidError{Fields: map[string]string{"year": "b", "": "z", "note": "a"}}
	if got := err.Error(); got != "invalid input: : z, note: a, year: b" {
		t.Errorf("it says %q", got)
	}
	if got := tracker.Invalid("note", "note.error.long"); !sameError(got, &tracker.InvalidError{
		Fields: map[string]string{"note": "note.error.long"}}) {
		t.Errorf("Invalid gives %#v", got)
	}
}
