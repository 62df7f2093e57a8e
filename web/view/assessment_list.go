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

// AssessmentRow is one of them. CloseHref is empty where it cannot be closed.
type AssessmentRow struct {
	Number                              int
	Name, Framework                     string
	OpenedOn, SubmissionDueOn, ClosedOn tracker.Date
	NotOpenYet                          bool
	NeedsReview                         bool
	Href, AssignHref, CloseHref         string
}

// AssessmentNew is the form for the next assessment, with what was typed.
type AssessmentNew struct {
	Page
	Address
	Frameworks                []ui.Option
	Framework                 string
	Names                     NamePair
	OpenedOn, SubmissionDueOn string
	Review                    string // "yes" or "no"
	Errors                    Errors
}

// AssessmentClose asks whether an assessment is really to be closed.
type AssessmentClose struct {
	Page
	Address
	Number int
	Name   string
	Today  tracker.Date
	Errors Errors
}
