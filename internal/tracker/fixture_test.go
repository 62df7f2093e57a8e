package tracker_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// The world of the tests: one city, one open assessment, one day.
var (
	haLong     = tracker.City{ID: 1, Slug: "ha-long", Regions: []int64{30, 31}}
	opened     = tracker.NewDate(2024, time.January, 15)
	today      = tracker.NewDate(2024, time.June, 10)
	now        = time.Date(2024, time.June, 10, 9, 30, 0, 0, time.UTC)
	assessment = tracker.Assessment{ID: 5, Number: 1, FrameworkID: 2, OpenedOn: opened, NeedsReview: true}
)

const (
	self      = int64(100) // the account that acts
	somebody  = int64(101) // who submitted before
	culture   = int64(11)  // the department of the entry
	education = int64(12)
)

// in makes somebody with one role in the city; staff are of the culture department.
func in(city int64, role tracker.Role) tracker.Actor {
	m := tracker.Membership{Role: role, CityID: city}
	switch role {
	case tracker.Staff:
		m.DepartmentID = culture
	case tracker.Overseer:
		m.CityID, m.RegionID = 0, 29+city // 30 is the city's own region
	case tracker.Admin:
		m.CityID = 0
	}
	return tracker.Actor{AccountID: self, Memberships: []tracker.Membership{m}}
}

func acting(actor tracker.Actor) tracker.Act {
	return tracker.Act{Actor: actor, City: haLong, Assessment: assessment, Now: now, Today: today}
}

// stateOf reads "achieved/accepted", with a star when changed since.
func stateOf(s string) tracker.State {
	plain, changed := strings.CutSuffix(s, "*")
	claim, verdict, _ := strings.Cut(plain, "/")
	return tracker.State{Claim: tracker.Claim(claim), Verdict: tracker.Verdict(verdict), Changed: changed}
}

// allStates are all that an entry can be in.
var allStates = []string{
	"not_started/none", "in_progress/none", "achieved/none", "achieved/awaiting",
	"achieved/returned", "achieved/accepted", "achieved/accepted*",
}

// entryIn is an entry of the culture department at version 7.
func entryIn(state string) tracker.Entry {
	e := tracker.Entry{ID: 70, DepartmentID: culture, Version: 7, State: stateOf(state),
		ChangedOn: tracker.NewDate(2024, time.May, 20)}
	if e.State.Verdict != tracker.VerdictNone {
		e.SubmittedBy = somebody
	}
	return e
}

// sameError compares by meaning, and what was invalid field by field.
func sameError(got, want error) bool {
	var g, w *tracker.InvalidError
	if errors.As(want, &w) {
		return errors.As(got, &g) && reflect.DeepEqual(g.Fields, w.Fields)
	}
	if want == nil {
		return got == nil
	}
	return errors.Is(got, want)
}

func TestSameError(t *testing.T) {
	t.Parallel()
	a, b := tracker.Invalid("note", "x"), tracker.Invalid("note", "y")
	for _, tt := range []struct {
		got, want error
		same      bool
	}{
		{nil, nil, true},
		{a, nil, false},
		{nil, a, false},
		{a, fmt.Errorf("wrapped: %w", a), true},
		{a, b, false},
		{tracker.ErrForbidden, tracker.ErrForbidden, true},
		{tracker.ErrForbidden, tracker.ErrNotFound, false},
		{nil, tracker.ErrForbidden, false},
	} {
		if same := sameError(tt.got, tt.want); same != tt.same {
			t.Errorf("%v and %v: same is %v", tt.got, tt.want, same)
		}
	}
}
