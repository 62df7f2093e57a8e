package server

import (
	"errors"
	"net/http"
	"strings"

	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// editAssignments shows who leads which entry, to be changed for several at once.
func (s *Server) editAssignments(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.assignmentPage(w, r, actor, nil)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.AssignmentEditPage(page))
}

// saveAssignments gives the ticked entries to a department, or sets their day.
func (s *Server) saveAssignments(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	typed, seen, change, problem := readAssignments(f)
	if infoOf(r).resumed {
		return s.showAssignmentsAgain(w, r, actor, typed, seen, nil)
	}
	if problem == nil {
		problem = s.Store.Reassign(r.Context(), actor, a.City, a.Assessment, seen, change)
	}
	if problem != nil {
		return s.showAssignmentsAgain(w, r, actor, typed, seen, problem)
	}
	return redirect(w, r, a.Assignments(departmentFilter(r)), "notice.assigned")
}

// departmentFilter is the code of the department that the page is narrowed to.
func departmentFilter(r *http.Request) string { return shorten(r.URL.Query().Get("department")) }

// readAssignments reads what was ticked and typed, how the ticked entries stood
// when they were, and what to do with them.
func readAssignments(f *form) (view.AssignmentForm, []tracker.Assignment, tracker.Reassignment, error) {
	typed := view.AssignmentForm{
		Department: f.text("department"), Assignee: f.text("assignee"), DueOn: f.text("due_on"), ClearDue: f.text("clear_due") == "yes",
		Entries: set(f.r.PostForm["entry"]), Areas: set(f.r.PostForm["area"]), Errors: view.Errors{},
	}
	var seen []tracker.Assignment
	for _, shown := range f.r.PostForm["shown"] {
		if area, one, ok := readSeen(shown); ok && (typed.Entries[one.Indicator] || typed.Areas[area]) {
			seen = append(seen, one)
		}
	}
	change, err := readReassignment(typed)
	return typed, seen, change, tracker.Together(err, f.refused())
}

func set(values []string) map[string]bool {
	all := map[string]bool{}
	for _, v := range values {
		all[v] = true
	}
	return all
}

// seenText is what the form carries of an entry; readSeen reads it again.
func seenText(area string, a tracker.Assignment) string {
	return strings.Join([]string{area, a.Indicator, a.Department, a.DueOn.String(), formatID(a.Assignee)}, "/")
}

func readSeen(text string) (area string, a tracker.Assignment, ok bool) {
	text, clean := cleanText(text)
	parts := strings.Split(text, "/")
	if !clean || len(parts) != 5 {
		return "", a, false
	}
	a = tracker.Assignment{Indicator: parts[1], Department: parts[2]}
	if parts[3] != "" {
		day, err := tracker.ParseDate(parts[3])
		if err != nil {
			return "", a, false
		}
		a.DueOn = day
	}
	if parts[4] != "" {
		if a.Assignee, ok = parseID(parts[4]); !ok {
			return "", tracker.Assignment{}, false
		}
	}
	return parts[0], a, true
}

func readReassignment(typed view.AssignmentForm) (tracker.Reassignment, error) {
	var change tracker.Reassignment
	switch typed.Department {
	case "":
	case view.ClearDepartment:
		change.Department = new(string)
	default:
		change.Department = &typed.Department
	}
	assignee, err := readAssignee(typed.Assignee)
	change.Assignee = assignee
	if typed.ClearDue {
		change.DueOn = new(tracker.Date)
	}
	if typed.DueOn == "" {
		return change, err
	}
	if typed.ClearDue {
		return change, tracker.Together(err, tracker.Invalid("due_on", "assignment.error.due_both"))
	}
	day, malformed := tracker.ParseDate(typed.DueOn)
	if malformed != nil {
		return change, tracker.Together(err, tracker.Invalid("due_on", "on.error.malformed"))
	}
	change.DueOn = &day
	return change, err
}

// showAssignmentsAgain shows the form as it was sent, because of an error, or
// with none because it was resumed. Where somebody else was faster the entries
// that they gave away are marked, and sending again is a decision.
func (s *Server) showAssignmentsAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	typed view.AssignmentForm, seen []tracker.Assignment, cause error) error {
	page, err := s.assignmentPage(w, r, actor, seen)
	if err != nil {
		return err
	}
	page.Form = typed
	if errors.Is(cause, tracker.ErrConflict) {
		page.Notice = &ui.Note{Kind: ui.Warning, Title: page.P.T("assignment.conflict.title"), Text: page.P.T("assignment.conflict.text")}
		return render(w, r, http.StatusConflict, view.AssignmentEditPage(page))
	}
	status, err := again(&page.Page, &page.Form.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AssignmentEditPage(page))
}

// assignmentPage is the page of the assessment's entries as they stand. seen is
// how those stood that somebody has ticked.
func (s *Server) assignmentPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, seen []tracker.Assignment) (view.AssignmentEdit, error) {
	a, err := address(r)
	if err != nil {
		return view.AssignmentEdit{}, err
	}
	o, err := s.Store.OverviewWithPeople(r.Context(), actor, a.City, a.Assessment, 0)
	if err != nil {
		return view.AssignmentEdit{}, err
	}
	if err := actor.Allowed(tracker.ManageCity, o.City, 0, o.Today); err != nil {
		return view.AssignmentEdit{}, err
	}
	filter := departmentFilter(r)
	v := view.AssignmentEdit{Page: s.cityPage(w, r, "assignment.title", o.City, a, "manage"), Address: a,
		Form: view.AssignmentForm{Errors: view.Errors{}}}
	if o.Assessment.ID == 0 {
		return v, nil
	}
	v.Assessment, v.Closed = v.P.Text(o.Assessment.Name), o.Assessment.ClosedOn
	v.Assessments = assessmentChoices(o.Assessments, o.Assessment, a, func(there view.Address) string { return there.Assignments(filter) }, v.P)
	here := a
	here.Assessment = o.Assessment.Number // another may be the current one when the form is sent
	v.Action = here.Assignments(filter)
	l := assigner{o: o, a: a, filter: filter, seen: seen}
	l.fill(&v)
	return v, nil
}

// assigner makes the rows of the page.
type assigner struct {
	o      *tracker.Overview
	a      view.Address
	filter string
	seen   []tracker.Assignment
}

func (l assigner) fill(v *view.AssignmentEdit) {
	for _, d := range l.o.Departments {
		if d.RetiredOn.IsZero() {
			v.Departments = append(v.Departments, ui.Option{Value: d.Code, Label: v.P.Text(d.Name)})
		}
	}
	v.Assignees = staffChoices(l.o, v.P)
	v.Filters = l.filters(v)
	meanwhile := map[string]tracker.Assignment{}
	for _, one := range l.seen {
		meanwhile[one.Indicator] = one
	}
	for _, row := range l.o.Rows(l.o.Today) {
		before, ticked := meanwhile[row.Place.Indicator.Code]
		now := tracker.Assignment{Indicator: row.Place.Indicator.Code, Department: row.Department.Code,
			Assignee: row.Entry.Assignee.ID, DueOn: row.Entry.DueOn}
		if !l.chooses(now) && !ticked {
			continue
		}
		l.add(v, row, now, ticked && before != now)
	}
}

func (l assigner) chooses(a tracker.Assignment) bool {
	return l.filter == "" || l.filter == a.Department || l.filter == view.ClearDepartment && a.Department == ""
}

func (l assigner) add(v *view.AssignmentEdit, row tracker.Row, now tracker.Assignment, moved bool) {
	area := row.Place.Area
	if n := len(v.Areas); n == 0 || v.Areas[n-1].Code != area.Code {
		v.Areas = append(v.Areas, view.AssignmentArea{Code: area.Code, Title: v.P.Text(area.Title)})
	}
	v.Count++
	last := &v.Areas[len(v.Areas)-1]
	last.Rows = append(last.Rows, view.AssignmentRow{
		Code: now.Indicator, Title: v.P.Text(row.Place.Indicator.Title),
		Department: v.P.Text(row.Department.Name), Assignee: row.Entry.Assignee.Name, DueOn: now.DueOn, Overdue: row.Overdue(l.o.Today, l.o.Assessment.NeedsReview),
		Seen: seenText(area.Code, now), Moved: moved})
}

// filters narrow the page to all, to those that nobody leads, or to a
// department that leads some.
func (l assigner) filters(v *view.AssignmentEdit) []view.FilterOption {
	option := func(code, text string) view.FilterOption {
		return view.FilterOption{Value: code, Text: text, Href: l.a.Assignments(code), Current: code == l.filter}
	}
	all := []view.FilterOption{
		option("", v.P.T("entry_list.filter.all")), option(view.ClearDepartment, v.P.T("entry.no_department")),
	}
	for _, d := range l.o.DepartmentsOn(l.o.Today) {
		all = append(all, option(d.Code, v.P.Text(d.Name)))
	}
	return all
}
