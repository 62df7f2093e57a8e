package view

import (
	"learningcity/internal/locale"
	"learningcity/web/view/ui"
)

// Parts of a city's management, for the navigation between them.
const (
	manageAssessments = "assessments"
	manageAssignments = "assignments"
	manageDepartments = "departments"
	managePeople      = "people"
	manageAudit       = "audit"
	manageSettings    = "settings"
)

// managePart is one of them: what it is called, who looks after it, and where
// it is.
type managePart struct {
	part, title string
	shown       func(*City) bool
	href        func(Address) string
}

func looksAfter(c *City) bool { return c.CanManage }

var manageParts = []managePart{
	{manageAssessments, "manage.assessments", looksAfter, Address.Assessments},
	{manageAssignments, "manage.assignments", looksAfter, func(a Address) string { return a.Assignments("") }},
	{manageDepartments, "manage.departments", looksAfter, Address.Departments},
	{managePeople, "people.title", func(c *City) bool { return c.CanManagePeople }, Address.People},
	{manageAudit, "shell.audit", func(c *City) bool { return c.CanReadAudit }, func(a Address) string { return a.Audit(wholeRecord) }},
	{manageSettings, "city_edit.title", func(c *City) bool { return c.CanEdit }, Address.Settings},
}

// managed are the parts that the person looks after in the city.
func managed(c *City) []managePart {
	var parts []managePart
	for _, part := range manageParts {
		if c != nil && part.shown(c) {
			parts = append(parts, part)
		}
	}
	return parts
}

// manageText names all of them, or the one that there is.
func manageText(p Page, parts []managePart) string {
	if len(parts) == 1 {
		return p.P.T(parts[0].title)
	}
	return p.P.T("shell.manage")
}

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
