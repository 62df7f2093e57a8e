package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// managePage is a page of Ha Long, seen by its coordinator.
func (r reader) managePage(title, path string) view.Page {
	page := r.cityPage(r.T(title), path, "manage", address())
	page.City.CanManage, page.City.CanManagePeople, page.City.CanReadAudit = true, true, true
	page.Person = &view.Person{Name: r.t("Điều phối viên", "Coordinator"), Role: r.T("role.coordinator")}
	return page
}

func (r reader) departmentChoices() []ui.Option {
	var all []ui.Option
	for _, d := range r.city.Departments {
		all = append(all, ui.Option{Value: d.Code, Label: r.Text(d.Name)})
	}
	return all
}

func (r reader) staffChoices() []ui.Option {
	return []ui.Option{
		{Value: "2", Label: "Trần Văn Cường", Group: r.departmentName("CUL")}, {Value: "9", Label: "Đỗ Thị Mai Phương", Group: r.departmentName("CUL")},
		{Value: "3", Label: "Lê Thị Dung", Group: r.departmentName("EDU")},
	}
}

func assignmentEdit(r reader) templ.Component { return view.AssignmentEditPage(assignments(r)) }

func assignments(r reader) view.AssignmentEdit {
	a := address()
	v := view.AssignmentEdit{
		Page: r.managePage("assignment.title", a.Assignments("")), Address: a, Assessment: r.Text(r.city.Assessment.Name),
		Departments: r.departmentChoices(), Assignees: r.staffChoices(), Action: a.Assignments("") + "?assessment=1",
		Filters: []view.FilterOption{
			{Text: r.T("entry_list.filter.all"), Href: a.Assignments(""), Current: true},
			{Text: r.T("entry.no_department"), Href: a.Assignments(view.ClearDepartment)},
		},
	}
	for _, place := range r.framework.Places()[:12] {
		if n := len(v.Areas); n == 0 || v.Areas[n-1].Code != place.Area.Code {
			v.Areas = append(v.Areas, view.AssignmentArea{Code: place.Area.Code, Title: r.Text(place.Area.Title)})
		}
		department, due := r.assigned(place.Indicator.Code)
		last := &v.Areas[len(v.Areas)-1]
		last.Rows = append(last.Rows, view.AssignmentRow{Code: place.Indicator.Code, Title: r.Text(place.Indicator.Title),
			Department: department, DueOn: due, Seen: place.Area.Code + "/" + place.Indicator.Code + "//"})
		v.Count++
	}
	v.Areas[0].Rows[0].Assignee = "Lê Thị Dung"
	return v
}

func assignmentConflict(r reader) templ.Component {
	v := assignments(r)
	v.Notice = &ui.Note{Kind: "warning", Title: r.T("assignment.conflict.title"), Text: r.T("assignment.conflict.text")}
	v.Areas[0].Rows[1].Moved = true
	v.Form = view.AssignmentForm{Department: "EDU", Assignee: "3", DueOn: "2025-06-30",
		Entries: map[string]bool{"1.1.1": true, "1.2.1": true}, Areas: map[string]bool{"2": true}}
	return view.AssignmentEditPage(v)
}

func assignmentRefused(r reader) templ.Component {
	v := assignments(r)
	v.Form = view.AssignmentForm{Assignee: "2", DueOn: "30.6", Errors: view.Errors{
		"assignee": r.T("assignee.error.elsewhere"),
		"entry":    r.T("assignment.error.no_entries"), "department": r.T("assignment.error.no_change"), "due_on": r.T("on.error.malformed")}}
	return view.AssignmentEditPage(v)
}

func assignmentClosed(r reader) templ.Component {
	v := assignments(r)
	v.Closed = february
	return view.AssignmentEditPage(v)
}

func assignmentEmpty(r reader) templ.Component {
	return view.AssignmentEditPage(view.AssignmentEdit{Page: r.managePage("assignment.title", address().Assignments("")), Address: address()})
}

func assessmentList(r reader) templ.Component {
	a := address()
	v := view.AssessmentList{Page: r.managePage("assessment_list.title", a.Assessments()), Address: a}
	v.Notice = saved(r, "notice.assessment_opened")
	framework := r.T("assessment.framework.name", "title", r.Text(r.framework.Title), "version", r.framework.Version)
	v.Rows = []view.AssessmentRow{
		{Number: 3, Name: r.t("Chuẩn bị báo cáo năm 2027", "Towards the report of 2027"), Framework: framework, OpenedOn: today + 90,
			SubmissionDueOn: today + 400, NotOpenYet: true, Href: a.Overview(), AssignHref: a.Assignments("")},
		{Number: 2, Name: r.Text(r.city.Assessment.Name), Framework: framework, OpenedOn: r.city.Assessment.OpenedOn,
			SubmissionDueOn: r.city.Assessment.SubmissionDueOn, NeedsReview: true, Href: a.Overview(), AssignHref: a.Assignments(""),
			SubmissionHref: a.Submission(2), CloseHref: a.AssessmentAct(2, "close"), CarriedFrom: "1. " + r.t("Khảo sát thử", "Trial survey")},
		{Number: 1, Name: r.t("Khảo sát thử", "Trial survey"), Framework: framework, OpenedOn: august - 300, SubmissionDueOn: august,
			ClosedOn: august, Submitted: true, SubmissionHref: a.Submission(1), ReopenHref: a.AssessmentAct(1, "reopen"), Href: a.Overview(), AssignHref: a.Assignments("")},
	}
	return view.AssessmentListPage(v)
}

func assessmentListEmpty(r reader) templ.Component {
	return view.AssessmentListPage(view.AssessmentList{Page: r.managePage("assessment_list.title", address().Assessments()), Address: address()})
}

func assessmentNew(r reader) templ.Component {
	return view.AssessmentNewPage(newAssessment(r))
}

func newAssessment(r reader) view.AssessmentNew {
	return view.AssessmentNew{Page: r.managePage("assessment_new.title", address().NewAssessment()), Address: address(),
		Frameworks: []ui.Option{{Value: "learning-city-57/1", Label: r.Text(r.framework.Title)}}, Framework: "learning-city-57/1",
		OpenedOn: today.String(), Review: "yes"}
}

func assessmentRefused(r reader) templ.Component {
	v := newAssessment(r)
	v.Names, v.SubmissionDueOn = view.NamePair{VI: "Đợt 2027"}, "2025-03-09"
	v.Sources = []ui.Option{{Value: "2", Label: "2. " + r.Text(r.city.Assessment.Name)}, {Value: "1", Label: "1. " + r.t("Khảo sát thử", "Trial survey")}}
	v.CarryFrom, v.CarryDepartments, v.DueOn = "2", "yes", "31/02"
	v.Errors = view.Errors{"carry_from": r.T("carry_over.error.open"), "due_on": r.T("on.error.malformed"), "name_en": r.T("assessment.error.name_en"), "submission_due_on": r.T("assessment_due_after_opening")}
	return view.AssessmentNewPage(v)
}

func assessmentClose(r reader) templ.Component {
	return view.AssessmentMovePage(view.AssessmentMove{Page: r.managePage("assessment_close.title", address().AssessmentAct(1, "close")),
		Address: address(), Act: "close", Number: 1, Version: 1, Name: r.Text(r.city.Assessment.Name), Today: today})
}

func assessmentReopen(r reader) templ.Component {
	return view.AssessmentMovePage(view.AssessmentMove{Page: r.managePage("assessment_reopen.title", address().AssessmentAct(1, "reopen")),
		Address: address(), Act: "reopen", Number: 1, Version: 3, Name: r.Text(r.city.Assessment.Name), Today: today, Changed: true,
		Errors: view.Errors{"note": r.T("assessment_reopen.error.no_reason")}})
}

func departmentList(r reader) templ.Component {
	a := address()
	v := view.DepartmentList{Page: r.managePage("department_list.title", a.Departments()), Address: a}
	for i, d := range r.city.Departments {
		v.Rows = append(v.Rows, view.DepartmentRow{Code: d.Code, Name: r.Text(d.Name), OtherName: d.Name.EN, ShowHref: a.Department(d.Code), Entries: 7 * i, People: i,
			Href: a.Assignments(d.Code), RenameHref: a.RenameDepartment(d.Code), RetireRef: a.RetireDepartment(d.Code)})
	}
	v.Retired = []view.DepartmentRow{{Code: "TTTT", Name: r.t("Phòng Thông tin", "Information office"), OtherName: "Information office", ShowHref: a.Department("TTTT"), RetiredOn: february}}
	return view.DepartmentListPage(v)
}

func departmentListEmpty(r reader) templ.Component {
	return view.DepartmentListPage(view.DepartmentList{Page: r.managePage("department_list.title", address().Departments()), Address: address()})
}

func departmentNewRefused(r reader) templ.Component {
	return view.DepartmentEditPage(view.DepartmentEdit{Page: r.managePage("department_new.title", address().NewDepartment()), Address: address(),
		New: true, Code: "EDU", Names: view.NamePair{VI: "Sở Giáo dục và Đào tạo"},
		Errors: view.Errors{"name_en": r.T("department.error.name_en"), "code": r.T("department_code_once")}})
}

func departmentRenameConflict(r reader) templ.Component {
	v := view.DepartmentEdit{Page: r.managePage("department_new.title", address().RenameDepartment("EDU")), Address: address(),
		Code: "EDU", Version: 3, Names: view.NamePair{VI: "Phòng Giáo dục", EN: "Education office"}, Theirs: r.departmentName("EDU")}
	v.Title = r.T("department_rename.title", "name", r.departmentName("EDU"))
	return view.DepartmentEditPage(v)
}

func departmentRetire(r reader) templ.Component {
	return view.DepartmentRetirePage(retirement(r))
}

func retirement(r reader) view.DepartmentRetire {
	v := view.DepartmentRetire{Page: r.managePage("department_list.retire", address().RetireDepartment("CUL")), Address: address(),
		Code: "CUL", Name: r.departmentName("CUL"), Version: 2, People: 3, Tasks: 4, Choices: r.departmentChoices()}
	for _, place := range r.framework.Places()[:4] {
		v.Entries = append(v.Entries, view.RetiredEntry{Key: "1/" + place.Indicator.Code, Code: place.Indicator.Code, Title: r.Text(place.Indicator.Title)})
	}
	return v
}

func departmentRetireRefused(r reader) templ.Component {
	v := retirement(r)
	v.PeopleTo, v.Entries[1].To, v.Entries[1].Assessment = "EDU", "EDU", r.Text(r.city.Assessment.Name)
	v.Changed = true
	v.Errors = view.Errors{"successor": r.T("department.error.no_successor"), "to": r.T("department.error.unknown")}
	return view.DepartmentRetirePage(v)
}

func frameworkList(r reader) templ.Component {
	return view.FrameworkListPage(view.FrameworkList{Page: r.adminPage("framework_list.title", view.FrameworksPath), Rows: []view.FrameworkRow{
		{Code: r.framework.Code, Version: "2", Title: r.Text(r.framework.Title), ImportedAt: r.Date(today), Indicators: 57},
		{Code: r.framework.Code, Version: "1", Title: r.Text(r.framework.Title), ImportedAt: r.Date(tracker.Date(19700)), Indicators: 57, Assessments: 3,
			Cities: []view.FrameworkCity{{Name: "Cao Lãnh", Assessments: 1}, {Name: "Hạ Long", Assessments: 2}}},
	}})
}
