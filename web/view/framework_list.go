package view

import "learningcity/internal/locale"

// FrameworkList is the page of the installation's frameworks.
type FrameworkList struct {
	Page
	Rows []FrameworkRow
}

// FrameworkRow is one version.
type FrameworkRow struct {
	Code, Version, Title string
	ImportedAt           string // written out
	Indicators           int
	Assessments          int
	Cities               []FrameworkCity
}

// FrameworkCity is a city with assessments of the version.
type FrameworkCity struct {
	Name        string
	Assessments int
}

func frameworkUse(p *locale.Printer, row FrameworkRow) string {
	if row.Assessments == 0 {
		return p.T("framework_list.unused")
	}
	return p.T("framework_list.used", "count", row.Assessments, "cities", len(row.Cities))
}
