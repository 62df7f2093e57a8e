package view

import "learningcity/internal/tracker"

// DepartmentShow is the page from which a department's staff start.
type DepartmentShow struct {
	Page
	Address
	Code, Name   string
	RetiredOn    tracker.Date
	TextLanguage string
	Assessment   string // empty where the city has opened none yet
	Assessments  []AssessmentChoice
	Own          bool // the reader is of its staff
	Returned     []ReturnedRow
	Tasks        []TaskRow
	TasksHref    string
	Missing      []MissingRow
	Expiring     []EvidenceRow
	Entries      []ListRow
	EntriesHref  string
}

// ReturnedRow is an entry that reviewers sent back, with the reason.
type ReturnedRow struct {
	Code, Title, Href string
	Reason, By        string
	On                tracker.Date
	TaskHref          string // to make a task of it; empty for who may not
}

// nothingToDo reports whether nothing waits for the department.
func nothingToDo(v DepartmentShow) bool {
	return len(v.Returned) == 0 && len(v.Tasks) == 0 && len(v.Missing) == 0 && len(v.Expiring) == 0
}
