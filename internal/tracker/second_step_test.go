package tracker

import (
	"errors"
	"fmt"
	"testing"
)

// TestRequiredSecondStep: without one a coordinator and a reviewer may do
// nothing in the city that requires it, and elsewhere what they could before.
func TestRequiredSecondStep(t *testing.T) {
	t.Parallel()
	strict, other := City{ID: 1, Slug: "strict", SecondStepRequired: true, Regions: []int64{5}}, City{ID: 2, Slug: "other", Regions: []int64{5}}
	today := NewDate(2025, 3, 10)
	for _, role := range Roles {
		asked := role == Coordinator || role == Reviewer
		m := Membership{Role: role, CityID: 1, CitySlug: "strict", DepartmentID: 7, SecondStepRequired: true}
		if role == Admin || role == Overseer {
			m = Membership{Role: role}
		}
		if role == Overseer {
			m.RegionID = 5
		}
		without := Actor{AccountID: 3, Memberships: []Membership{m, {Role: Coordinator, CityID: 2, CitySlug: "other"}}}
		with := without
		with.SecondStep = true
		for _, action := range Actions {
			want := with.May(action, strict, 7, today) && !asked
			if got := without.May(action, strict, 7, today); got != want {
				t.Errorf("%s, %s: may is %v", role, action, got)
			}
			wantAnywhere := with.MayAnywhere(action, strict, today) && !asked
			if got := without.MayAnywhere(action, strict, today); got != wantAnywhere {
				t.Errorf("%s, %s: may anywhere is %v", role, action, got)
			}
			if got, want := without.MightAt(action, "strict"), with.MightAt(action, "strict") && !asked; got != want {
				t.Errorf("%s, %s: might is %v", role, action, got)
			}
			if without.May(action, other, 7, today) != with.May(action, other, 7, today) || without.MightAt(action, "other") != with.MightAt(action, "other") {
				t.Errorf("%s, %s: the other city is affected", role, action)
			}
		}
		all, departments := without.SeesRestricted(strict, today)
		if wantAll, want := with.SeesRestricted(strict, today); all != (wantAll && !asked) || len(departments) != len(want) {
			t.Errorf("%s: lists show restricted evidence: %v, %v", role, all, departments)
		}
		if without.LacksSecondStep(strict, today) != asked || without.LacksSecondStepAt("strict") != asked || without.LacksSecondStepAt("") != asked {
			t.Errorf("%s: lacking it is not %v", role, asked)
		}
		if with.LacksSecondStep(strict, today) || with.LacksSecondStepAt("strict") || without.LacksSecondStep(other, today) || without.LacksSecondStepAt("other") {
			t.Errorf("%s lacks what is there or not asked for", role)
		}
		if got := with.DisableSecondStep(); (got == nil) == asked {
			t.Errorf("%s may disable it: %v", role, got)
		}
		if got := without.DisableSecondStep(); !errors.Is(got, ErrConflict) {
			t.Errorf("%s disables none: %v", role, got)
		}
	}
}

func TestMayRequireSecondStep(t *testing.T) {
	t.Parallel()
	if err := (Actor{}).MayRequireSecondStep(true); fmt.Sprint(err) != fmt.Sprint(Invalid("", "second_step.error.own_first")) {
		t.Errorf("without one: %v", err)
	}
	for _, err := range []error{(Actor{}).MayRequireSecondStep(false), (Actor{SecondStep: true}).MayRequireSecondStep(true)} {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestResetSecondStep(t *testing.T) {
	t.Parallel()
	by := Actor{AccountID: 1}
	for _, tt := range []struct {
		person    Person
		elsewhere bool
		want      error
	}{
		{Person{AccountID: 2, SecondStep: true}, false, nil},
		{Person{AccountID: 2}, false, Invalid("", "people.error.no_second_step")},
		{Person{AccountID: 1, SecondStep: true}, false, Invalid("", "people.error.own_second_step")},
		{Person{AccountID: 2, SecondStep: true}, true, Invalid("", "people.error.second_step_elsewhere")},
		{Person{AccountID: 2, SecondStep: true, Locked: true}, false, Invalid("", "people.error.second_step_locked")},
	} {
		if got := tt.person.ResetSecondStep(by, tt.elsewhere); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%+v, elsewhere %v: %v, want %v", tt.person, tt.elsewhere, got, tt.want)
		}
	}
}
