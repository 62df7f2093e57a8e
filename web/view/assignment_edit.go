package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// AssignmentEdit is the page on which entries are given to departments, several
// at once.
type AssignmentEdit struct {
	Page
	Address
	Assessment  string // name; empty where the city has opened none yet
	Assessments []AssessmentChoice
	Closed      tracker.Date // zero while anything can be changed
	Filters     []FilterOption
	Areas       []AssignmentArea
	Count       int // of rows
	Departments []ui.Option
	Form        AssignmentForm
	Action      string // where the form is sent
}

// AssignmentForm is what was ticked and typed.
type AssignmentForm struct {
	Department string // code; empty: as it is; ClearDepartment: none
	DueOn      string
	ClearDue   bool
	Entries    map[string]bool // by code of the indicator
	Areas      map[string]bool // by code: all of the area that are shown
	Errors     Errors
}

// ClearDepartment is the choice of no department, which is no code of one.
const ClearDepartment = "none"

// AssignmentArea is an area with those of its entries that are shown.
type AssignmentArea struct {
	Code, Title string
	Rows        []AssignmentRow
}

// AssignmentRow is one entry. Seen is what the form carries of it, so that an
// entry that somebody else gave away meanwhile is noticed.
type AssignmentRow struct {
	Code, Title, Href string
	Department        string
	DueOn             tracker.Date
	Overdue           bool
	Seen              string
	Moved             bool // somebody else was faster
}

func assigneeOptions(v AssignmentEdit) []ui.Option {
	return append([]ui.Option{
		{Value: "", Label: v.P.T("assignment.department.keep")},
		{Value: ClearDepartment, Label: v.P.T("assignment.department.clear")},
	}, v.Departments...)
}
