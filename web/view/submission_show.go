package view

import (
	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// SubmissionShow says what stands in the way of submitting an assessment, and
// how it was closed and reopened.
type SubmissionShow struct {
	Page
	Address
	Number, Version int
	Name            string
	DueOn           tracker.Date
	NotOpenYet      bool
	Closed          Closed
	Score           string // "50/57"
	Count           int    // of what stands in the way
	Parts           []BlockerPart
	CanManage       bool // submit, close and reopen it
	CanReopen       bool // where it can be
	Moves           []AssessmentMoveRow
	CarriedFrom     string // name of the assessment that it began with
	LeftOut         []ui.Link
	TextLanguage    string // that the city writes in
	Changed         bool   // since the form was shown
	Errors          Errors
}

// BlockerPart is all of one kind.
type BlockerPart struct {
	Kind string // message keys submission.kind.<Kind> and .hint
	Rows []BlockerRow
}

// BlockerRow is one thing that stands in the way. What is named beside the
// indicator: an expected document, or evidence, empty where it may not be seen. A
// recommendation has no code; its beginning is the title.
type BlockerRow struct {
	Code, Title, Href, Department string
	Document                      string
	Evidence                      ui.Link
	Expired                       tracker.Date
	Hidden                        bool
}

// AssessmentMoveRow is how an assessment was closed or reopened once.
type AssessmentMoveRow struct {
	On            tracker.Date
	Act, By, Note string // message key act.<Act>
}

// Closed says of an assessment that it is closed, and how; zero while it is open.
type Closed struct {
	On        tracker.Date
	Submitted bool
}

func (c Closed) text(p *locale.Printer) string {
	if c.Submitted {
		return p.T("closed.submitted", "day", c.On)
	}
	return p.T("closed.unsubmitted", "day", c.On)
}

// closedWord tells in a list how an assessment ended.
func closedWord(p *locale.Printer, row AssessmentRow) string {
	if row.Submitted {
		return p.T("assessment_list.submitted", "day", row.ClosedOn)
	}
	return p.T("assessment_list.closed", "day", row.ClosedOn)
}

// submissionFree says who submits, where nothing stands in the way.
func submissionFree(v SubmissionShow) string {
	if v.CanManage {
		return v.P.T("submission.free.text")
	}
	return v.P.T("submission.free.others")
}
