package tracker

import "slices"

// Handover gives cities up in favour of others: several are merged into one, or
// one is split. What they have recorded stays with them.
type Handover struct {
	Cities     []City
	Successors []City
	// People are the ids of the memberships that go along, each with the slug of
	// the successor. Who is left out stays behind, and may still read.
	People map[int64]string
}

// Act is the name of the act in the record.
func (h Handover) Act() string {
	if len(h.Successors) > 1 {
		return "split_city"
	}
	return "merge_cities"
}

// Check decides whether the cities may be given up like this.
func (h Handover) Check() error {
	fields := map[string]string{}
	if slices.ContainsFunc(h.Cities, City.Archived) {
		fields["with"] = "city.error.archived"
	}
	if key := h.checkSuccessors(); key != "" {
		fields["to"] = key
	}
	for _, slug := range h.People {
		if !slices.ContainsFunc(h.Successors, func(c City) bool { return c.Slug == slug }) {
			fields["people"] = "handover.error.people"
		}
	}
	return invalidOrNil(fields)
}

func (h Handover) checkSuccessors() string {
	given := func(c City) bool {
		return slices.ContainsFunc(h.Cities, func(g City) bool { return g.ID == c.ID })
	}
	switch {
	case len(h.Successors) == 0:
		return "handover.error.no_successor"
	case slices.ContainsFunc(h.Successors, given):
		return "handover.error.itself"
	case slices.ContainsFunc(h.Successors, City.Archived):
		return "city.error.archived"
	case len(h.Cities) > 1 && len(h.Successors) > 1:
		return "handover.error.many"
	}
	return ""
}

// NeedsSecondStep reports whether the successor comes to require a second step:
// what one of the cities asked of its people is not lost with it.
func (h Handover) NeedsSecondStep(successor City) bool {
	return !successor.SecondStepRequired && slices.ContainsFunc(h.Cities, func(c City) bool { return c.SecondStepRequired })
}

// Carried are those of the people who go to the successor. Who has no use of
// their role today does not go along.
func (h Handover) Carried(people []Person, successor string, today Date) []Person {
	var carried []Person
	for _, one := range people {
		if h.People[one.ID] == successor && one.State(today) == PersonActive {
			carried = append(carried, one)
		}
	}
	return carried
}
