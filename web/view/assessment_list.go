package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// AssessmentList is the page of a city's assessments.
type AssessmentList struct {
	Page
	Address
	Rows []AssessmentRow
}

// AssessmentRow is one of them. CloseHref is empty where it cannot be closed,
// ReopenHref where it cannot be opened again.
type AssessmentRow struct {
	Number                              int
	Name, Framework, CarriedFrom        string // CarriedFrom: name of the one that it began with
	OpenedOn, SubmissionDueOn, ClosedOn tracker.Date
	NotOpenYet                          bool
	Submitted                           bool
	NeedsReview                         bool
	Href, AssignHref, SubmissionHref    string
	CloseHref, ReopenHref               string
}

// AssessmentNew is the form for the next assessment, with what was typed.
type AssessmentNew struct {
	Page
	Address
	Frameworks                []ui.Option
	Framework                 string
	Names                     NamePair
	OpenedOn, SubmissionDueOn string
	Review                    string      // "yes" or "no"
	Sources                   []ui.Option // closed ones that it may begin with
	CarryFrom                 string      // number; empty: none
	CarryDepartments          string      // "yes" or "no"
	DueOn                     string
	Errors                    Errors
}

// AssessmentMove is the form that closes an assessment or opens it again, for a
// reason.
type AssessmentMove struct {
	Page
	Address
	Act     string // "close" or "reopen"
	Number  int
	Version int
	Name    string
	Today   tracker.Date
	Note    string
	Changed bool // somebody else was faster
	Errors  Errors
}
