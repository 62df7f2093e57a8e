package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// EntryList is the page of all indicators, or of those that a filter chooses.
type EntryList struct {
	Page
	Address
	Assessments []AssessmentChoice
	On          tracker.Date
	Today       bool
	Closed      Closed
	OnError     string // why the day was refused
	Filter      tracker.Filter
	Query       string   // as typed
	Problems    []string // values of the filter that do not exist, as sentences
	// Choices of each filter as links, the first one "all".
	Choices []FilterChoices
	// Chosen are the parts of the filter that restrict the list now, each a
	// link that takes it away.
	Chosen   []ui.Link
	ClearRef string // the list without filter
	// MineRef leads to what the reader is in charge of and, where Mine, away
	// from it; empty for who is no staff.
	MineRef     string
	Mine        bool
	NothingMine bool // they are in charge of nothing at all
	Count       int
	Total       int
	Areas       []ListArea
}

// FilterChoices is one filter: its name as a message key, and its values.
type FilterChoices struct {
	Key     string // "group", "area", "claim", "verdict", "state", "department", "assignee", "overdue"
	Name    string
	Options []FilterOption
}

// FilterOption is one value of a filter.
type FilterOption struct {
	Value, Text, Href string
	Current           bool
}

// ListArea is an area with those of its indicators that the filter lets through.
type ListArea struct {
	Code, Title string
	Achieved    int // of all its indicators
	Total       int
	Rows        []ListRow
}

// ListRow is one line.
type ListRow struct {
	Cell       Cell
	Department string
	Assignee   string // name, where somebody asked for people
	DueOn      tracker.Date
	Overdue    bool
	ToConfirm  bool
	ChangedOn  tracker.Date // the effective date of the last change
}
