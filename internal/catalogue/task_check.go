package catalogue

import (
	"maps"
	"strings"

	"learningcity/internal/tracker"
)

// checkTasks checks the tasks, which must be done before their entries are due.
func (s *dataset) checkTasks(departments []Department, assignments []Assignment) {
	due := map[string]tracker.Date{}
	for _, a := range assignments {
		due[a.Indicator] = a.DueOn
	}
	tasks := s.items("tasks")
	if len(tasks) < 6 || len(tasks) > 10 {
		s.root.get("tasks").problem("need 6 to 10, has %d", len(tasks))
	}
	for _, v := range tasks {
		checkDepartment(v, departments)
		s.checkIndicatorList(v)
		on := dateOf(v.get("due_on"))
		for _, at := range v.get("indicators").items() {
			if entryDue := due[at.str()]; !entryDue.IsZero() && on > entryDue {
				v.get("due_on").problem("due on %s, after the entry of %s, due on %s", on, at.str(), entryDue)
			}
		}
	}
}

// wantRecommendations is how many recommendations were reported on each day.
var wantRecommendations = map[tracker.Date]int{firstReport: 6, secondReport: 2}

// checkRecommendations checks that the published recommendations are all there
// and that each open indicator has one.
func (s *dataset) checkRecommendations() {
	counts, linked := map[tracker.Date]int{}, set{}
	for _, v := range s.items("recommendations") {
		counts[dateOf(v.get("given_on"))]++
		s.checkIndicatorList(v)
		for _, at := range v.get("indicators").items() {
			linked[at.str()] = true
		}
	}
	v := s.root.get("recommendations")
	if !maps.Equal(counts, wantRecommendations) {
		v.problem("expected 6 of %s and 2 of %s", firstReport, secondReport)
	}
	if missing := s.openBefore.minus(linked); len(missing) > 0 {
		v.problem("not-achieved indicators without a recommendation: %s", strings.Join(missing.sorted(), ", "))
	}
}

// checkComments checks the comments of reviewers.
func (s *dataset) checkComments() {
	for _, v := range s.items("reviewer_comments") {
		s.indicator(v)
	}
}
