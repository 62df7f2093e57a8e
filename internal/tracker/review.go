package tracker

import (
	"cmp"
	"slices"
)

// Waiting is an entry on which reviewers have something to decide.
type Waiting struct {
	Place       Place
	Entry       Entry // its texts are not filled
	Department  Department
	SubmittedBy string // the person's name
	Since       Date   // it was submitted or reopened, or first edited after it was accepted
}

// Days is how long it has been waiting.
func (w Waiting) Days(today Date) int { return int(today - w.Since) }

// Reviews is the reviewers' queue of one assessment.
type Reviews struct {
	City        City
	Assessments []Assessment
	Assessment  Assessment // zero where the city has opened none yet
	Framework   *Framework
	Departments []Department // of the city
	Waiting     []Waiting    // who has waited longest comes first
	Today       Date
}

// ReviewFilter chooses a part of the queue; the zero value chooses all of it.
type ReviewFilter struct {
	Department string // code, or NoDepartment
	Area       string // code
}

// NoDepartment chooses entries that nobody has been given; codes are in capitals.
const NoDepartment = "none"

// Chooses reports whether the filter lets the entry through.
func (f ReviewFilter) Chooses(w Waiting) bool {
	department := cmp.Or(w.Department.Code, NoDepartment)
	return (f.Department == "" || f.Department == department) && (f.Area == "" || f.Area == w.Place.Area.Code)
}

// Arrange fills the queue from what was read of its entries, in any order.
func (r *Reviews) Arrange(all []Waiting) {
	byIndicator := make(map[int64]int, len(all))
	for n, w := range all {
		byIndicator[w.Entry.IndicatorID] = n
	}
	for place := range r.Framework.All() {
		if n, ok := byIndicator[place.Indicator.ID]; ok {
			all[n].Place = place
			r.Waiting = append(r.Waiting, all[n])
		}
	}
	slices.SortStableFunc(r.Waiting, func(a, b Waiting) int { return cmp.Compare(a.Since, b.Since) })
}

// Areas are those of the framework; none where the city has no assessment.
func (r *Reviews) Areas() []*Area {
	if r.Framework == nil {
		return nil
	}
	var all []*Area
	for place := range r.Framework.All() {
		if len(all) == 0 || all[len(all)-1] != place.Area {
			all = append(all, place.Area)
		}
	}
	return all
}

// Chosen is the part of the queue that the filter lets through.
func (r *Reviews) Chosen(f ReviewFilter) []Waiting {
	var chosen []Waiting
	for _, w := range r.Waiting {
		if f.Chooses(w) {
			chosen = append(chosen, w)
		}
	}
	return chosen
}

// Step is where an entry stands in a part of the queue.
type Step struct {
	Place          int // counted from 1; 0: it is not waiting there
	Total          int
	Previous, Next string // codes; empty at the ends
}

// StepOf looks for the indicator in the chosen part of the queue. Where it is not
// waiting, the next is the first that is.
func StepOf(chosen []Waiting, code string) Step {
	s := Step{Total: len(chosen)}
	at := slices.IndexFunc(chosen, func(w Waiting) bool { return w.Place.Indicator.Code == code })
	s.Place = at + 1
	if at > 0 {
		s.Previous = chosen[at-1].Place.Indicator.Code
	}
	if at+1 < len(chosen) {
		s.Next = chosen[at+1].Place.Indicator.Code
	}
	return s
}

// Review is one entry as a reviewer decides on it, and the queue that it is in.
type Review struct {
	EntryRecord
	Queue Reviews
}

// CityReviews is how much of a city waits for the actor as one of its reviewers.
type CityReviews struct {
	City   City
	Count  int
	Oldest Date // zero where nothing waits
	Today  Date // in the city's time zone
}

// ReviewsSeveral reports whether the actor is a reviewer of more than one city.
func (a Actor) ReviewsSeveral() bool {
	n := 0
	for _, m := range a.Memberships {
		count(&n, policy[Accept][m.Role] != nowhere)
	}
	return n > 1
}
