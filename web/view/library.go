package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// MaxQuery is how many characters a search takes.
const MaxQuery = 200

// LibraryList is the page of a city's evidence.
type LibraryList struct {
	Page
	Address
	Filter                tracker.LibraryFilter
	Problem               string // of the filter
	CanAdd                bool
	Rows                  []EvidenceRow
	Shows, Departments    []FilterOption
	OlderHref, NewestHref string
}

// MissingList lists by department where evidence is still missing.
type MissingList struct {
	Page
	Address
	Assessment string
	Count      int
	Parts      []MissingPart
}

// MissingPart is a department's part; without a code, of entries that nobody leads.
type MissingPart struct {
	Code, Name string
	Rows       []MissingRow
}

// MissingRow is an indicator whose evidence is not complete.
type MissingRow struct {
	Code, Title, Href string
	Completeness      Completeness
}

func noEvidence(v LibraryList) ui.Blank {
	if v.Filter != (tracker.LibraryFilter{}) {
		return ui.Blank{Title: v.P.T("library.none.title"), Text: v.P.T("library.none.text"),
			Action: ui.Link{Text: v.P.T("library.clear"), Href: v.Library(tracker.LibraryFilter{})}}
	}
	b := ui.Blank{Title: v.P.T("library.empty.title"), Text: v.P.T("library.empty.text")}
	if v.CanAdd {
		b.Action = ui.Link{Text: v.P.T("evidence_new.title"), Href: v.NewEvidence()}
	}
	return b
}

// currentChoice is the words of the option that is chosen.
func currentChoice(options []FilterOption) string {
	for _, o := range options {
		if o.Current {
			return o.Text
		}
	}
	return ""
}
