package view

import (
	"learningcity/internal/locale"
	"learningcity/web/view/ui"
)

// Parts of a city's management, for the navigation between them.
const (
	ManageAssessments = "assessments"
	ManageAssignments = "assignments"
	ManageDepartments = "departments"
)

// manageLinks lead to what a coordinator looks after.
func manageLinks(p Page) []ui.Link {
	a := p.City.Address
	return []ui.Link{
		{Text: p.P.T("manage.assessments"), Href: a.Assessments()},
		{Text: p.P.T("manage.assignments"), Href: a.Assignments("")},
		{Text: p.P.T("manage.departments"), Href: a.Departments()},
	}
}

var manageParts = []string{ManageAssessments, ManageAssignments, ManageDepartments}

// manageCrumbs lead from a form back to the list that it belongs to.
func manageCrumbs(p *locale.Printer, list, title string, href string) []ui.Link {
	return []ui.Link{{Text: p.T(list), Href: href}, {Text: title}}
}

// NamePair is a name as it was typed in both languages.
type NamePair struct{ VI, EN string }

func orDayHint(p *locale.Printer, input, hint string) string {
	if own := dayHint(p, input); own != "" {
		return own
	}
	return hint
}
