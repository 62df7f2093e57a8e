package view

import "learningcity/internal/tracker"

// ReviewShow is one entry as a reviewer decides on it.
type ReviewShow struct {
	EntryShow
	Filter      tracker.ReviewFilter
	Place       int // in the chosen part of the queue, from 1; 0: it does not wait there
	Total       int
	Waits       bool
	SubmittedBy string
	Since       tracker.Date
	Days        int
	Message     string      // written when it was submitted or reopened
	Earlier     *Difference // since the last verdict; nil where there was none
	Meanwhile   *Difference // since the version that the reader had open
	Conflict    *ReviewConflict
	Own         string // message key why another reviewer must decide; empty: it is not the reader's own work
	CanDecide   bool
	Form        ReviewForm
}

// ReviewForm is what stands in the form of a verdict.
type ReviewForm struct {
	Version int
	Note    string
	Errors  Errors
}

// ReviewConflict tells what somebody else did while a verdict was being typed.
type ReviewConflict struct{ Title, Text, Note string }
