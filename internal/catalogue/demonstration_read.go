package catalogue

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"learningcity/internal/tracker"
)

// set is a set of codes.
type set map[string]bool

// sorted lists the codes in the order of a framework.
func (s set) sorted() []string {
	return slices.SortedFunc(maps.Keys(s), tracker.CompareCodes)
}

// minus returns the codes that are not in other.
func (s set) minus(other set) set {
	rest := set{}
	for c := range s {
		if !other[c] {
			rest[c] = true
		}
	}
	return rest
}

// dataset is a demonstration file while it is checked: the file itself and
// what the checks compare it with.
type dataset struct {
	root       value
	indicators map[string]tracker.Place
	codes      set // of the indicators
	timeline   timeline
	openBefore set // not achieved when the city first reported a score
	openAfter  set // not achieved when it reported the second one
}

// readDemonstration reads and checks the file. The result is only complete
// when the log is empty afterwards.
func readDemonstration(log *problemLog, data []byte, fw *tracker.Framework) Demonstration {
	root, ok := parse(log, data)
	if !ok {
		return Demonstration{}
	}
	checkNoDocuments(root)
	demonstrationShape(root)
	if log.broken {
		return Demonstration{}
	}
	return newDataset(root, fw).read()
}

func newDataset(root value, fw *tracker.Framework) *dataset {
	s := &dataset{root: root, indicators: map[string]tracker.Place{}, codes: set{}}
	for _, place := range fw.Places() {
		s.indicators[place.Indicator.Code] = place
		s.codes[place.Indicator.Code] = true
	}
	return s
}

// read turns each part of the file into the exported struct and checks it. The
// history comes first: the other parts must agree with it.
func (s *dataset) read() Demonstration {
	var d Demonstration
	d.StatusHistory = s.readHistory()
	d.Provenance = s.readProvenance()
	d.City = s.readCity()
	d.Assessment = s.readAssessment()
	d.Departments = s.readDepartments()
	d.Assignments = s.readAssignments(d.Departments)
	d.Measurements = s.readMeasurements()
	d.Entries = s.readEntries(d.Measurements)
	d.Milestones = s.readMilestones(d.Provenance)
	d.Evidence = s.readEvidence()
	s.checkTasks(d.Departments, d.Assignments)
	s.checkRecommendations()
	d.Recommendations = s.readRecommendations()
	d.Tasks = s.readTasks(d.Recommendations)
	s.checkComments()
	d.Comments = s.readComments()
	d.Directions = s.readDirections()
	return d
}

// items returns the items of a list at the top of the file.
func (s *dataset) items(key string) []value { return s.root.get(key).items() }

// indicator returns the code under the key "indicator", and reports one that
// the framework does not have.
func (s *dataset) indicator(v value) (string, bool) {
	at := v.get("indicator")
	if !s.codes[at.str()] {
		at.problem("unknown indicator %s", at.str())
		return "", false
	}
	return at.str(), true
}

// checkIndicatorList reports the codes of a list that the framework does not have.
func (s *dataset) checkIndicatorList(v value) {
	for _, at := range v.get("indicators").items() {
		if !s.codes[at.str()] {
			at.problem("unknown indicator %s", at.str())
		}
	}
}

// dateOf returns a date that the shape date accepted; absent ones are zero.
func dateOf(v value) tracker.Date {
	day, err := tracker.ParseDate(v.str())
	if err != nil {
		return 0
	}
	return day
}

// intOf returns a number that the shape whole accepted.
func intOf(v value) int {
	n, err := strconv.Atoi(v.str())
	if err != nil {
		return 0
	}
	return n
}

// checkWorkday reports days on which no office is open.
func checkWorkday(v value, day tracker.Date) {
	if weekday := day.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
		v.problem("falls on a weekend")
	}
}
