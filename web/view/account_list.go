package view

import "learningcity/internal/tracker"

// AccountList is the page of all accounts, for an admin.
type AccountList struct {
	Page
	Query string
	Found int // may be more than there are rows
	Rows  []AccountRow
}

// AccountRow is one account.
type AccountRow struct {
	ID          int64
	Name, Email string
	Posts       []string // written out
	LockedOn    tracker.Date
	Self        bool // who looks at the page
}

func accountState(row AccountRow) tracker.PersonState {
	if row.LockedOn.IsZero() {
		return tracker.PersonActive
	}
	return tracker.PersonLocked
}
