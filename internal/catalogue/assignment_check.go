package catalogue

import (
	"slices"
	"strings"
	"time"

	"learningcity/internal/tracker"
)

// Due dates lie within these days.
var (
	firstDue = tracker.NewDate(2024, time.October, 1)
	lastDue  = tracker.NewDate(2025, time.September, 30)
)

// dueNear is how many days the day an entry was achieved may be from its due date.
const dueNear = 14

func (s *dataset) readAssignments(departments []Department) []Assignment {
	var all []Assignment
	assigned, idle := set{}, set{}
	for _, d := range departments {
		idle[d.Code] = true
	}
	for _, v := range s.items("assignments") {
		code, ok := s.indicator(v)
		if !ok {
			continue
		}
		a := Assignment{code, v.get("department").str(), dateOf(v.get("due_on"))}
		if assigned[code] {
			v.problem("assigned twice")
		}
		assigned[code] = true
		checkDepartment(v, departments)
		delete(idle, a.Department)
		s.checkDue(v, a)
		all = append(all, a)
	}
	s.checkAssigned(assigned, idle)
	return all
}

func checkDepartment(v value, departments []Department) {
	at := v.get("department")
	if !slices.ContainsFunc(departments, func(d Department) bool { return d.Code == at.str() }) {
		at.problem("unknown department %s", at.str())
	}
}

// checkDue checks that those entries, and only those, have a due date that were
// open at the first report, and that they were achieved near it.
func (s *dataset) checkDue(v value, a Assignment) {
	if open := s.openBefore[a.Indicator]; open && a.DueOn.IsZero() {
		v.problem("lacks due_on, the entry was open")
	} else if !open && !a.DueOn.IsZero() {
		v.problem("has due_on, the entry was achieved")
	}
	if a.DueOn.IsZero() {
		return
	}
	due := v.get("due_on")
	if a.DueOn < firstDue || a.DueOn > lastDue {
		due.problem("due_on %s is not between %s and %s", a.DueOn, firstDue, lastDue)
	}
	checkWorkday(due, a.DueOn)
	achieved := s.timeline.achievedOn(a.Indicator)
	if days := achieved.Sub(a.DueOn); !achieved.IsZero() && (days > dueNear || days < -dueNear) {
		due.problem("due on %s but achieved on %s", a.DueOn, achieved)
	}
}

func (s *dataset) checkAssigned(assigned, idle set) {
	if missing := s.codes.minus(assigned); len(missing) > 0 {
		s.root.get("assignments").problem("not assigned: %s", strings.Join(missing.sorted(), ", "))
	}
	if len(idle) > 0 {
		s.root.get("departments").problem("without any indicator: %s", strings.Join(idle.sorted(), ", "))
	}
}
