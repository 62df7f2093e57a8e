package tracker

import (
	"cmp"
	"slices"
)

// DepartmentRecord is what a department has in hand in an assessment.
type DepartmentRecord struct {
	City        City
	Assessments []Assessment
	Assessment  Assessment // zero where the city has opened none yet
	Framework   *Framework
	Department  Department
	Entries     []DepartmentEntry // as Fill orders them
	Missing     []ChecklistItem
	Tasks       []Task     // those that are open, earlier assessments' too; what is due first on top
	Expiring    []Evidence // and what has expired, the earliest day first
	Today       Date
}

// DepartmentEntry is an entry that a department leads.
type DepartmentEntry struct {
	Row
	Returned StatusChange // why, where it is returned; else zero
}

// Fill takes the department's entries by their indicator's id: first what is not
// achieved and due on a day, by that day, then the others, in the framework's
// order.
func (r *DepartmentRecord) Fill(entries map[int64]DepartmentEntry, linked map[int64]*ChecklistEntry) {
	for place := range r.Framework.All() {
		e, led := entries[place.Indicator.ID]
		if !led {
			continue
		}
		e.Place, e.Department = place, r.Department
		r.Entries = append(r.Entries, e)
		var evidence []LinkedEvidence
		if c := linked[place.Indicator.ID]; c != nil {
			evidence = c.Linked
		}
		if done := CompletenessOf(place.Indicator, r.Assessment, evidence, r.Today); !done.Complete() {
			r.Missing = append(r.Missing, ChecklistItem{place, r.Department, done})
		}
	}
	slices.SortStableFunc(r.Entries, func(x, y DepartmentEntry) int {
		return cmp.Compare(x.urgency(r.Assessment.NeedsReview), y.urgency(r.Assessment.NeedsReview))
	})
}

// urgency is the day by which something is to be done; lastDate for none.
func (e DepartmentEntry) urgency(needsReview bool) Date {
	if e.Entry.DueOn.IsZero() || e.State.Achieved(needsReview) {
		return lastDate
	}
	return e.Entry.DueOn
}

// Returned are the entries that reviewers sent back.
func (r *DepartmentRecord) Returned() []DepartmentEntry {
	return slices.DeleteFunc(slices.Clone(r.Entries), func(e DepartmentEntry) bool { return e.State.Verdict != VerdictReturned })
}
