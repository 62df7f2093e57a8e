// Package view holds the pages: one .templ file each, beside a plain Go file
// with the page's struct, which says all that the page shows.
//
// A page only chooses and repeats: it must not count, ask a permission, read
// the database or put an address together by hand. The addresses of the
// program are made in address.go and nowhere else.
package view

import (
	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// Page is what every page has beside its own content.
type Page struct {
	P         *locale.Printer
	Title     string // of the page, for the browser's tab
	Path      string // of this page with its query, for the link to the other language
	RequestID string
	Person    *Person // nil while nobody is signed in
	City      *City   // nil on a page of no city
	// Demonstration is the provenance note of demonstration data; empty where
	// there is none.
	Demonstration string
	Notice        *ui.Note // what the last act did, or what to know; nil for none
	Watch         *Watch   // what of the page somebody else may change; nil for nothing
	Asked         int64    // when the page was asked for, in milliseconds: what was said since is not on it
}

// Watch names what a page shows, so that a script can tell when somebody else
// has changed it, or said something there.
type Watch struct {
	City       string // slug
	Assessment int    // number
	Code       string // of one indicator; empty: any of them
	Version    int    // of its entry; 0: the page shows only what is said
	Evidence   int64  // the page shows what is said on this, and nothing else matters
}

// Person is who is signed in.
type Person struct {
	Name       string
	Role       string // the role's word in this city; empty on a page of no city
	ManyCities bool   // there is something to choose on /cities
	Audit      bool   // may read the installation's record of acts
	Unread     bool   // something unread is in the inbox
	Admin      bool   // looks after regions and accounts
}

// City is the city that a page belongs to.
type City struct {
	Name    string
	Address Address
	Section string // "overview", "indicators", "evidence", "reviews", "tasks" or "manage": the navigation's current item
	// What the navigation may lead to.
	CanRead, CanReview, CanManage, CanManagePeople, CanReadAudit, CanEdit, CanReadThreads bool
	DataTo                                                                                string // the last day with data, written out; empty where there is none

	ArchivedOn   tracker.Date // zero while people work there
	Successors   []CityMark
	Predecessors []CityMark
}

// CityMark names a city that took another's place, or was given up for it.
type CityMark struct {
	Name, Href string // no Href for who may not read it
	On         tracker.Date
}

// AssessmentChoice is one of a city's assessments.
type AssessmentChoice struct {
	Name, Href string
	Current    bool
}

// Cell is one indicator in the map of 57, and beside its title everywhere.
type Cell struct {
	Code, Title string
	Standing    string // tracker.Standing: message key state.<standing>
	Href        string
	Here        bool
}

// Errors are the problems of a form: field → message, already written out. The
// field "" holds what concerns the whole form.
type Errors map[string]string
