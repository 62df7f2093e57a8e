package view

import "learningcity/internal/tracker"

// ReviewList is what waits for a verdict in an assessment.
type ReviewList struct {
	Page
	Address
	Filter      tracker.ReviewFilter
	Assessments []AssessmentChoice
	NeedsReview bool
	Others      string // where what waits in other cities stands; empty for who reviews one
	Begin       string // the first of the list, for walking through; empty where there is none
	Choices     []FilterChoices
	Problems    []string // values of the filter that do not exist, as sentences
	Total       int      // all that waits, whatever the filter
	Longest     int      // days
	Rows        []ReviewRow
	CanDecide   bool // some of them
	// Of several that were just accepted: those that were, and why others were not.
	Accepted []string // codes
	Refused  []ReviewRefusal
	Errors   Errors
}

// ReviewRow is an entry that waits.
type ReviewRow struct {
	Cell        Cell
	Version     int
	Department  string
	SubmittedBy string
	Since       tracker.Date
	Days        int
	Own         bool // it is the reader's own work, so another reviewer must decide
	CanDecide   bool
	Ticked      bool
}

// ReviewRefusal is one of several that could not be accepted.
type ReviewRefusal struct{ Code, Title, Reason, Href string }

// ReviewCities is how much waits in each of the cities that somebody reviews.
type ReviewCities struct {
	Page
	Cities []ReviewCity
}

// ReviewCity is one of them.
type ReviewCity struct {
	Name, Href  string
	Count, Days int
}
