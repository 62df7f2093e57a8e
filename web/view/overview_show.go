package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// OverviewShow is a city's page of figures.
type OverviewShow struct {
	Page
	Address
	Province    string
	Assessment  string // name; empty where the city has opened none yet
	DueOn       tracker.Date
	Closed      Closed
	Assessments []AssessmentChoice // to choose from; empty where there is only one

	SubmissionHref string // what stands in the way of submitting it

	On      tracker.Date // the day that the figures are of
	Today   bool         // the day is today
	OnInput string       // what stands in the field: yyyy-mm-dd, or what was typed
	OnError string       // why that was refused; empty where it was not
	Chips   []Chip       // days that leaders ask about
	// BeforeOpening: the day is before the assessment opened on OpenedOn.
	BeforeOpening bool
	OpenedOn      tracker.Date

	Score       tracker.Score
	ScoreText   string // "50/57"
	NeedsReview bool
	Figures     []Figure // beside the score, each with its rows
	AchievedRef string   // the rows behind the score
	// Late: the figure rests on rows typed in after the day. KnownThen is what
	// was known then, "49/57".
	Late      bool
	KnownThen string
	Delta     *Delta // since the milestone before; nil without one

	Trend       ui.Steps
	Groups      []GroupProgress
	Open        []OpenEntry // what is not achieved, most urgent first
	Departments []DepartmentProgress
}

// Chip is a day to choose.
type Chip struct {
	On      tracker.Date
	Title   string // why the day matters
	Score   string // where the city stood then: "50/57"
	Href    string
	Current bool
}

// Figure is a count beside the score. Standing chooses its mark and word:
// state.<Standing>, or claim.achieved for "claimed".
type Figure struct {
	Standing string
	Count    int
	Href     string
}

// Delta is what changed since an earlier milestone.
type Delta struct {
	Since  tracker.Date
	Count  int // achieved now less achieved then
	Gained []ui.Link
	Lost   []ui.Link
}

// GroupProgress is a group of the map.
type GroupProgress struct {
	Title           string
	Achieved, Total int
	Href            string
	Areas           []AreaProgress
}

// AreaProgress is an area of the map.
type AreaProgress struct {
	Code, Title     string
	Achieved, Total int
	Href            string
	Cells           []Cell
}

// OpenEntry is an indicator that is not achieved.
type OpenEntry struct {
	Cell       Cell
	Department string // empty where none leads it
	DueOn      tracker.Date
	Overdue    bool
}

// DepartmentProgress is how far a department's entries are.
type DepartmentProgress struct {
	Name            string
	Achieved, Total int
	Href            string
}
