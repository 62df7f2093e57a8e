package view

import (
	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// RegionList is the tree of regions with their cities.
type RegionList struct {
	Page
	Rows []RegionRow // at the top
	Form RegionForm  // of one more
}

// RegionRow is a region with those below it.
type RegionRow struct {
	Name, Href string
	Cities     []ui.Link
	Below      []RegionRow
}

// RegionForm is what stands in the fields of a region.
type RegionForm struct {
	Names   NamePair
	Parent  string // id; empty: at the top
	Parents []ui.Option
	Errors  Errors
}

// RegionEdit is the page of one region.
type RegionEdit struct {
	Page
	ID           int64
	Version      int
	Form         RegionForm
	Overseers    []OverseerRow
	Invitations  []InvitationRow
	Email        string // of the form for an invitation
	Language     string
	InviteErrors Errors
}

// OverseerRow is somebody who oversees the region.
type OverseerRow struct {
	ID          int64
	Name, Email string
	State       tracker.PersonState
	Version     int
}

func parentOptions(p *locale.Printer, f RegionForm) []ui.Option {
	return append([]ui.Option{{Label: p.T("region_edit.top")}}, f.Parents...)
}

// regionProblems lists the errors of both forms of the page; one is sent at a time.
func regionProblems(v RegionEdit) ui.Errors {
	if len(v.InviteErrors) > 0 {
		return problems(v.P, v.InviteErrors, "invitee", "person_language")
	}
	return problems(v.P, v.Form.Errors, "name_vi", "name_en", "parent")
}
