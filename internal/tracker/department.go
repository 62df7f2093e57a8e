package tracker

import (
	"cmp"
	"regexp"
)

var departmentCode = regexp.MustCompile(`^[A-Z0-9]{1,12}$`)

// Check refuses, each at its field, what no new department may have.
func (d Department) Check() error {
	fields := map[string]string{}
	checkNames(fields, d.Name, "department.error.")
	if !departmentCode.MatchString(d.Code) {
		fields["code"] = "department_code_fits_an_address"
	}
	return invalidOrNil(fields)
}

// Rename decides whether the department may get another name.
func (d Department) Rename(to Text) error {
	fields := map[string]string{}
	checkNames(fields, to, "department.error.")
	if to == d.Name {
		fields["name_vi"] = "department.error.same"
	}
	if !d.RetiredOn.IsZero() {
		fields[""] = "department.error.retired"
	}
	return invalidOrNil(fields)
}

// EntryKey names an entry within its city.
type EntryKey struct {
	Assessment int    // number
	Indicator  string // code
}

// Retirement says who takes over from a department that is retired.
type Retirement struct {
	Successor string              // code: of all that the others do not name
	Entries   map[EntryKey]string // code of the successor of single entries
	People    string              // code of the department that its people join; empty: Successor
}

// Succession is a retirement worked out: the codes of the departments that take
// each entry and the people over.
type Succession struct {
	Entries map[EntryKey]string
	People  string // empty where there are none
	Tasks   string // all of them go to the common successor; empty where there are none
}

// Of works the retirement of a department out that leads the entries and has so
// many people and open tasks. others are the codes of the departments that may be chosen.
func (r Retirement) Of(d Department, entries []EntryKey, people, tasks int, others map[string]bool) (Succession, error) {
	if !d.RetiredOn.IsZero() {
		return Succession{}, Invalid("", "department.error.retired")
	}
	s, fields := Succession{Entries: map[EntryKey]string{}}, map[string]string{}
	for _, e := range entries {
		s.Entries[e] = chooseSuccessor(fields, others, "to", r.Entries[e], r.Successor)
	}
	if people > 0 {
		s.People = chooseSuccessor(fields, others, "people_to", r.People, r.Successor)
	}
	if tasks > 0 {
		s.Tasks = chooseSuccessor(fields, others, "successor", "", r.Successor)
	}
	return s, invalidOrNil(fields)
}

// chooseSuccessor takes the department that is named for one thing, else the
// one for all, and notes the problem at the field where it can be mended.
func chooseSuccessor(fields map[string]string, others map[string]bool, field, own, common string) string {
	if own == "" {
		field = "successor"
	}
	code := cmp.Or(own, common)
	switch {
	case code == "":
		fields[field] = "department.error.no_successor"
	case !others[code]:
		fields[field] = "department.error.unknown"
	}
	return code
}
