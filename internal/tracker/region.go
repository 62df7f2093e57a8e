package tracker

import (
	"slices"
	"time"
)

// Region is a nation, a province or whatever lies between or below; regions
// form a tree.
type Region struct {
	ID      int64
	Parent  int64 // 0: at the top
	Name    Text
	Path    []int64 // from the top down to itself
	Version int     // counts every act on it; forms carry it
	Cities  []City  // directly in it
}

// Depth counts the regions above it.
func (r Region) Depth() int { return max(0, len(r.Path)-1) }

// Regions are all regions, each followed by those below it.
type Regions []Region

// ArrangeRegions puts regions that stand in the order of their names into that
// of the tree.
func ArrangeRegions(all []Region) Regions {
	below := map[int64][]Region{}
	for _, r := range all {
		below[r.Parent] = append(below[r.Parent], r)
	}
	arranged := make(Regions, 0, len(all))
	var visit func(parent int64)
	visit = func(parent int64) {
		for _, r := range below[parent] {
			arranged = append(arranged, r)
			visit(r.ID)
		}
	}
	visit(0)
	return arranged
}

// Find returns the region, or ErrNotFound.
func (all Regions) Find(id int64) (Region, error) {
	at := slices.IndexFunc(all, func(r Region) bool { return r.ID == id })
	if at < 0 {
		return Region{}, ErrNotFound
	}
	return all[at], nil
}

// MayHold are the regions that the region can be moved into: all but itself and
// those below it.
func (all Regions) MayHold(id int64) []Region {
	var others []Region
	for _, r := range all {
		if !slices.Contains(r.Path, id) {
			others = append(others, r)
		}
	}
	return others
}

// Create decides whether there may be such a region.
func (all Regions) Create(r Region) error { return all.check(r, all) }

// Change decides whether the region may get the name and the place of to.
func (all Regions) Change(from, to Region) error {
	if from.Name == to.Name && from.Parent == to.Parent {
		return Invalid("", "region.error.same")
	}
	to.ID = from.ID
	return all.check(to, all.MayHold(from.ID))
}

func (all Regions) check(r Region, holders []Region) error {
	fields := map[string]string{}
	checkNames(fields, r.Name, "region.error.")
	switch _, err := all.Find(r.Parent); {
	case r.Parent == 0:
	case err != nil:
		fields["parent"] = "region.error.unknown"
	case !slices.ContainsFunc(holders, func(h Region) bool { return h.ID == r.Parent }):
		fields["parent"] = "region_not_below_itself"
	}
	for _, other := range all {
		if other.ID != r.ID && other.Parent == r.Parent && other.Name.VI == r.Name.VI {
			fields["name_vi"] = "region_name_once"
		}
	}
	return invalidOrNil(fields)
}

// Overseers are all who oversee a region or are invited to.
type Overseers struct {
	Region      Region
	Now         time.Time
	Today       Date
	All         []Person
	Invitations []Invitation // neither accepted nor withdrawn
}

// Invite decides whether somebody may be invited to oversee the region.
func (o *Overseers) Invite(i Invitation) error {
	fields := map[string]string{}
	if key := taken(i.Email, o.All, o.Invitations); key != "" {
		fields["invitee"] = key
	}
	if i.Language != "vi" && i.Language != "en" {
		fields["person_language"] = "people.error.language"
	}
	return invalidOrNil(fields)
}

// Find returns the overseer, or ErrNotFound.
func (o *Overseers) Find(id int64) (Person, error) {
	return (&People{All: o.All}).Find(id)
}

// FindInvitation returns the one that waits, or ErrNotFound.
func (o *Overseers) FindInvitation(id int64) (Invitation, error) {
	return (&People{Invitations: o.Invitations}).FindInvitation(id)
}
