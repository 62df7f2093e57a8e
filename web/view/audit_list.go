package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// AuditList is a record of acts: of a city, of the installation, or a person's
// own. The newest act comes first.
type AuditList struct {
	Page
	Text    string // whose acts these are, as a sentence
	Action  string // where the filter is sent
	Person  ui.Choice
	Act     ui.Choice
	Code    string // the indicator, as typed
	From    string // as typed
	To      string
	Errors  Errors // of the filter: field → message
	OwnOnly bool   // the reader's own acts: nobody to choose, none to name
	Chosen  bool   // the filter restricts
	// ClearRef is the record without filter, CSVHref the same rows as a table
	// (empty: not offered), OlderHref the next page (empty: there is none) and
	// NewestHref the first (empty: this is it).
	ClearRef, CSVHref, OlderHref, NewestHref string
	Days                                     []AuditDay
}

// AuditDay is the acts of one day.
type AuditDay struct {
	Day  tracker.Date
	Acts []AuditAct
}

// AuditAct is one line.
type AuditAct struct {
	ID        int64
	Time      string // on the city's clocks, with seconds
	Stamp     string // the same, for machines
	Person    ui.Link
	Email     string  // of the person, which nobody else has; empty for the operator
	What      ui.Link // a sentence; the link leads to what was acted on, where that has a page
	City      ui.Link // where the record is of many cities
	Changes   []AuditChange
	Address   string
	RequestID string
}

// AuditChange is one thing that an act changed, in words. Before or After is
// empty for nothing.
type AuditChange struct{ Name, Before, After string }
