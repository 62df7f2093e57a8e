package tracker

import "slices"

// RecoveryCodes is how many of them somebody gets, and FewRecoveryCodes of how
// many left they are told.
const (
	RecoveryCodes    = 10
	FewRecoveryCodes = 3
)

// SecondStepRoles are those that a city may require a second step at sign-in of:
// who decides what its figures are.
var SecondStepRoles = []Role{Coordinator, Reviewer}

// lacks reports whether the membership gives nothing until the actor has a
// second step, which the city requires or not.
func (a Actor) lacks(m Membership, required bool) bool {
	return required && !a.SecondStep && slices.Contains(SecondStepRoles, m.Role)
}

// LacksSecondStep reports whether the actor has a role in the city that waits
// for a second step.
func (a Actor) LacksSecondStep(city City, today Date) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool {
		return m.in(city) && !m.over(today) && a.lacks(m, city.SecondStepRequired)
	})
}

// LacksSecondStepAt is LacksSecondStep as far as it shows without looking the
// city with the slug up; an empty slug is any city.
func (a Actor) LacksSecondStepAt(slug string) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool {
		return (slug == "" || m.CitySlug == slug) && a.lacks(m, m.SecondStepRequired)
	})
}

// DisableSecondStep decides whether the actor may go without a second step.
func (a Actor) DisableSecondStep() error {
	if !a.SecondStep {
		return ErrConflict
	}
	a.SecondStep = false
	if a.LacksSecondStepAt("") {
		return Invalid("", "second_step.error.required")
	}
	return nil
}

// MayRequireSecondStep decides whether the actor may make the city require a
// second step, who would be the first to be kept out without one.
func (a Actor) MayRequireSecondStep(required bool) error {
	if required && !a.SecondStep {
		return Invalid("", "second_step.error.own_first")
	}
	return nil
}

// ResetSecondStep decides whether the city's coordinator may take the second
// step from the person, who has lost it. As with a link for a new password, a
// role elsewhere is out of their reach. Their own they disable with a code.
func (p Person) ResetSecondStep(by Actor, roleElsewhere bool) error {
	switch {
	case !p.SecondStep:
		return Invalid("", "people.error.no_second_step")
	case p.AccountID == by.AccountID:
		return Invalid("", "people.error.own_second_step")
	case roleElsewhere:
		return Invalid("", "people.error.second_step_elsewhere")
	case p.Locked:
		return Invalid("", "people.error.second_step_locked")
	}
	return nil
}
