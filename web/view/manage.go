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
)

type manageLink struct {
	ui.Link
	part string
}

// manageLinks lead to what the person looks after in the city.
func manageLinks(p Page) []manageLink {
	if p.City == nil {
		return nil
	}
	a := p.City.Address
	var links []manageLink
	if p.City.CanManage {
		links = append(links,
			manageLink{ui.Link{Text: p.P.T("manage.assessments"), Href: a.Assessments()}, manageAssessments},
			manageLink{ui.Link{Text: p.P.T("manage.assignments"), Href: a.Assignments("")}, manageAssignments},
			manageLink{ui.Link{Text: p.P.T("manage.departments"), Href: a.Departments()}, manageDepartments})
	}
	if p.City.CanManagePeople {
		links = append(links, manageLink{ui.Link{Text: p.P.T("people.title"), Href: a.People()}, managePeople})
	}
	if p.City.CanReadAudit {
		links = append(links, manageLink{ui.Link{Text: p.P.T("shell.audit"), Href: a.Audit(wholeRecord)}, manageAudit})
	}
	return links
}

// manageText names all of them, or the one that there is.
func manageText(p Page, links []manageLink) string {
	if len(links) == 1 {
		return links[0].Text
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
