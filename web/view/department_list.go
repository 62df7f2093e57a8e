package view

import (
	"strconv"

	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// DepartmentList is the page of a city's departments.
type DepartmentList struct {
	Page
	Address
	Rows    []DepartmentRow // those that are there
	Retired []DepartmentRow
}

// DepartmentRow is one of them. The last two are empty for who may not.
type DepartmentRow struct {
	Code, Name            string
	OtherName             string // in the other language
	Entries, People       int
	RetiredOn             tracker.Date
	Href                  string // the entries that it leads
	ShowHref              string // all that it has in hand
	RenameHref, RetireRef string
	DirectionsHref        string // what leaders ask of it; empty for who may not read that
}

// DepartmentEdit is the form for a department: a new one, or another name.
type DepartmentEdit struct {
	Page
	Address
	New     bool
	Code    string
	Names   NamePair
	Version int
	Theirs  string // the name that somebody else gave it meanwhile
	Errors  Errors
}

// DepartmentRetire is the form that retires a department.
type DepartmentRetire struct {
	Page
	Address
	Code, Name string
	Version    int
	People     int
	Tasks      int // that are open
	Entries    []RetiredEntry
	Choices    []ui.Option // who may take over
	Successor  string
	PeopleTo   string
	Changed    bool // by somebody else meanwhile
	Errors     Errors
}

// RetiredEntry is an entry that needs somebody else.
type RetiredEntry struct {
	Key        string // "1/7.2.2"
	Code       string
	Title      string
	Assessment string // name; empty where all are of one
	To         string // code; empty: the common successor
}

func successors(v DepartmentRetire, none string) []ui.Option {
	return append([]ui.Option{{Value: "", Label: none}}, v.Choices...)
}

// toID gives the first of many fields the name as its id, for the list of
// errors to lead there.
func toID(n int) string {
	if n == 0 {
		return "to"
	}
	return "to-" + strconv.Itoa(n+1)
}

func noDepartments(v DepartmentList) ui.Blank {
	b := ui.Blank{Title: v.P.T("department_list.empty.title"), Text: v.P.T("department_list.empty.text")}
	if v.Page.City.CanManage {
		b.Action = ui.Link{Text: v.P.T("department_new.title"), Href: v.NewDepartment()}
	}
	return b
}

func departmentAction(v DepartmentEdit) string {
	if v.New {
		return v.Departments()
	}
	return v.RenameDepartment(v.Code)
}

func departmentSave(v DepartmentEdit) string {
	if v.New {
		return v.P.T("department_new.save")
	}
	return v.P.T("department_rename.save")
}

func departmentAbout(v DepartmentEdit) string {
	if v.New {
		return v.P.T("department_new.about")
	}
	return v.P.T("department_rename.about")
}
