// Package ui holds the parts that pages are built from: the page's frame,
// form fields, messages to people, tags and charts.
//
// A part gets words and figures that are ready to show. The package must not
// know indicators, entries or permissions, look up messages, or format a date
// or number; and nothing in it writes an inline style or script, because the
// content security policy forbids both.
package ui

import "github.com/a-h/templ"

// Shell is the frame of a page. Header, Banner and Footer may be nil.
type Shell struct {
	Language    string // the code for the lang attribute
	Title       string // of the browser's tab: the page first, the product last
	Description string
	SkipLabel   string // of the link past the header
	HTMX        bool   // whether the page needs htmx
	Header      templ.Component
	Banner      templ.Component
	Footer      templ.Component
}

// htmxConfig keeps htmx inside the content security policy, makes it show the
// pages that answer 409 and 422 (a conflict, a form with errors) like any
// other, and keeps no copies of pages in the browser's storage, which people
// may share.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,` +
	`"historyCacheSize":0,"refreshOnHistoryMiss":true,"responseHandling":[` +
	`{"code":"204","swap":false},{"code":"[23]..","swap":true},` +
	`{"code":"(409|422)","swap":true},{"code":"[45]..","swap":false,"error":true}]}`

// Link is an address and its words. A Link without Href is where the reader is.
type Link struct{ Text, Href string }

// The kinds of a Note.
const (
	Success = "success"
	Info    = "info"
	Warning = "warning"
)

// Note is a message about the page as a whole. Title may be empty.
type Note struct{ Kind, Title, Text string }

// role makes assistive technology announce what an act did; a standing
// remark is read in its turn.
func (n Note) role() string {
	if n.Kind == Success {
		return "status"
	}
	return "note"
}

// Blank stands where there is nothing to list, and says what to do next.
// Action may be empty.
type Blank struct {
	Title, Text string
	Action      Link
}

// Mark is the small cell that stands for one thing in a state, which is one of
// achieved, changed, awaiting, returned, claimed, in_progress and not_started.
// Word tells the state to who cannot see the shape; Title is the tooltip.
// Without Href it is not a link; Here marks the one that the page is about.
type Mark struct {
	State, Text, Word, Title, Href string
	Here                           bool
}

// Table is a plain table of words; numbers in it are right-aligned from the
// second column on. Summary is the line that opens it.
type Table struct {
	Summary, Caption string
	Head             []string
	Rows             [][]string
}
