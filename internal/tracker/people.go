package tracker

import (
	"slices"
	"time"
)

// CityRoles are the roles that somebody can be given in a city.
var CityRoles = []Role{Staff, Coordinator, Reviewer, Leader, Expert}

// Person is somebody with a role in a city, whether they may use it or not.
type Person struct {
	ID         int64 // of the membership; stands in addresses
	AccountID  int64
	Name       string
	Email      string
	Role       Role
	Department Department // of staff
	EndsOn     Date       // the last day; zero: until somebody ends it
	Version    int        // counts every change
	Disabled   bool       // in this city
	Locked     bool       // the account everywhere, by the installation's admin
	SecondStep bool       // signs in with a code, too
}

// PersonState is how a person or an invitation stands today.
type PersonState string

// The states. Invited and Expired are those of an invitation.
const (
	PersonActive   PersonState = "active"
	PersonDisabled PersonState = "disabled"
	PersonEnded    PersonState = "ended"
	PersonLocked   PersonState = "locked"
	PersonInvited  PersonState = "invited"
	PersonExpired  PersonState = "expired"
)

// PersonStates lists all states.
var PersonStates = []PersonState{
	PersonActive, PersonDisabled, PersonEnded, PersonLocked, PersonInvited, PersonExpired,
}

// State is how the person stands today.
func (p Person) State(today Date) PersonState {
	switch {
	case p.Locked:
		return PersonLocked
	case p.Disabled:
		return PersonDisabled
	case over(p.EndsOn, today):
		return PersonEnded
	}
	return PersonActive
}

// LinksEnd reports whether what the person has made for others (invitations,
// links for a new password) ends with the person's coming to the role; an empty
// one is none.
func (p Person) LinksEnd(to Role) bool { return p.Role == Coordinator && to != Coordinator }

// Post is what the person is in the city.
func (p Person) Post() Post { return Post{p.Role, p.Department.Code, p.EndsOn} }

// Post is what somebody is to be in a city.
type Post struct {
	Role       Role
	Department string // code; of staff, and of nobody else
	EndsOn     Date   // the last day; of experts, and of nobody else
}

// Check tells what is wrong with the post as *InvalidError, field by field.
func (p Post) Check(today Date) error {
	fields := map[string]string{}
	if !slices.Contains(CityRoles, p.Role) {
		fields["role"] = "people.error.role"
		return invalidOrNil(fields)
	}
	switch {
	case p.Role == Staff && p.Department == "":
		fields["department"] = "people.error.department_missing"
	case p.Role != Staff && p.Department != "":
		fields["department"] = "people.error.department_staff_only"
	}
	switch {
	case p.Role == Expert && p.EndsOn.IsZero():
		fields["ends_on"] = "people.error.end_missing"
	case p.Role != Expert && !p.EndsOn.IsZero():
		fields["ends_on"] = "people.error.end_experts_only"
	case over(p.EndsOn, today):
		fields["ends_on"] = "people.error.end_past"
	}
	return invalidOrNil(fields)
}

// People are all who have a role in a city or are invited to one.
type People struct {
	City        City
	Now         time.Time
	Today       Date
	All         []Person
	Invitations []Invitation // neither accepted nor withdrawn
	Departments []Department // those that can be chosen
}

// Find returns the person, or ErrNotFound.
func (p *People) Find(id int64) (Person, error) {
	for _, one := range p.All {
		if one.ID == id {
			return one, nil
		}
	}
	return Person{}, ErrNotFound
}

// Change decides whether the person may be given another post. What they have
// recorded stays as it is.
func (p *People) Change(one Person, to Post) error {
	if err := to.Check(p.Today); err != nil {
		return err
	}
	if one.Post() == to {
		return Invalid("", "people.error.same")
	}
	if to.Role != Coordinator && p.isLastCoordinator(one) {
		return Invalid("role", "people.error.last_coordinator")
	}
	return nil
}

// Disable decides whether the person may be shut out of the city.
func (p *People) Disable(one Person) error {
	if one.Disabled {
		return Invalid("", "people.error.disabled_already")
	}
	if p.isLastCoordinator(one) {
		return Invalid("", "people.error.last_coordinator")
	}
	return nil
}

// Enable decides whether the person may come back into the city.
func (p *People) Enable(one Person) error {
	if !one.Disabled {
		return Invalid("", "people.error.enabled_already")
	}
	return nil
}

// isLastCoordinator reports whether nobody could invite anybody into the city
// any more, were it not for the person.
func (p *People) isLastCoordinator(one Person) bool {
	if !p.coordinates(one) {
		return false
	}
	for _, other := range p.All {
		if other.ID != one.ID && p.coordinates(other) {
			return false
		}
	}
	return true
}

func (p *People) coordinates(one Person) bool {
	return one.Role == Coordinator && one.State(p.Today) == PersonActive
}

func over(endsOn, today Date) bool { return !endsOn.IsZero() && today > endsOn }

// MayGetPasswordLink decides whether the city's coordinator may let the person
// choose a new password. Who holds the link holds the account, so a role
// elsewhere is out of the coordinator's reach.
func (p Person) MayGetPasswordLink(roleElsewhere bool) error {
	switch {
	case roleElsewhere:
		return Invalid("", "people.error.role_elsewhere")
	case p.Locked:
		return Invalid("", "people.error.locked")
	}
	return nil
}
