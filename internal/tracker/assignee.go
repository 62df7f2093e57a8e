package tracker

import (
	"slices"
	"strconv"
)

// Assignee is who is in charge of an entry within its department.
type Assignee struct {
	ID   int64  // account; 0: nobody by name
	Name string // where it was asked for
}

// What a Filter may ask of an entry's assignee besides an account's id.
const (
	AnyAssignee = "any"
	NoAssignee  = "none"
)

// choosesAssignee reports whether the filter lets an entry of the account through.
func (f Filter) choosesAssignee(id int64) bool {
	switch f.Assignee {
	case "":
		return true
	case AnyAssignee:
		return id != 0
	case NoAssignee:
		return id == 0
	}
	return f.Assignee == strconv.FormatInt(id, 10)
}

// AssigneesOn are those of the people who were in charge of an entry on the day.
func (o *Overview) AssigneesOn(on Date) []Person {
	charged := map[int64]bool{}
	for i := range o.Entries {
		charged[o.Entries[i].assignedOn(on).Assignee.ID] = true
	}
	var all []Person
	for _, one := range o.People {
		if charged[one.AccountID] {
			all = append(all, one)
		}
	}
	return all
}

// MayTakeCharge decides whether the account may be put in charge of entries of
// the department with the code. Nobody, account 0, always may.
func (p *People) MayTakeCharge(account int64, department string) error {
	if account == 0 {
		return nil
	}
	i := slices.IndexFunc(p.All, func(one Person) bool { return one.AccountID == account })
	switch {
	case i < 0 || !p.All[i].TakesEntries(p.Today):
		return Invalid("assignee", "assignee.error.not_staff")
	case p.All[i].Department.Code != department:
		return Invalid("assignee", "assignee.error.elsewhere")
	}
	return nil
}

// TakesEntries reports whether entries can be given to the person today.
func (p Person) TakesEntries(today Date) bool {
	return p.Role == Staff && p.State(today) == PersonActive
}

// HandOver gives what a person is in charge of in one department to another.
type HandOver struct {
	Department string     // code
	Entries    []EntryKey // those that the form showed
	To         int64      // account; 0: nobody by name
}

// HandOver decides whether the entries, which the person is in charge of now,
// may be handed over. It answers ErrConflict where the form showed others.
func (p *People) HandOver(one Person, h HandOver, now []EntryKey) error {
	if len(now) == 0 || !sameEntries(h.Entries, now) {
		return ErrConflict
	}
	if h.To == one.AccountID {
		return Invalid("assignee", "assignee.error.same")
	}
	return p.MayTakeCharge(h.To, h.Department)
}

func sameEntries(a, b []EntryKey) bool {
	seen := map[EntryKey]bool{}
	for _, key := range a {
		seen[key] = true
	}
	for _, key := range b {
		if !seen[key] {
			return false
		}
	}
	return len(seen) == len(b)
}
