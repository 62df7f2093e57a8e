package server

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// listDepartments lists the city's departments.
func (s *Server) listDepartments(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	c, err := s.Store.Departments(r.Context(), actor, a.City)
	if err != nil {
		return err
	}
	v := view.DepartmentList{Page: s.cityPage(w, r, "department_list.title", c.City, a, "manage"), Address: a}
	v.Page.City.CanManage = actor.May(tracker.ManageCity, c.City, 0, c.Today)
	for _, d := range c.All {
		row := departmentRow(d, a, v.Page.City.CanManage, actor.May(tracker.ReadThreads, c.City, 0, c.Today), v.P)
		if d.RetiredOn.IsZero() {
			v.Rows = append(v.Rows, row)
		} else {
			v.Retired = append(v.Retired, row)
		}
	}
	return render(w, r, http.StatusOK, view.DepartmentListPage(v))
}

func departmentRow(d postgres.DepartmentUse, a view.Address, manage, directions bool, p *locale.Printer) view.DepartmentRow {
	row := view.DepartmentRow{
		Code: d.Code, Name: p.Text(d.Name), OtherName: otherText(d.Name, p), Entries: len(d.Entries), People: d.People,
		RetiredOn: d.RetiredOn, ShowHref: a.Department(d.Code), Href: a.List(tracker.Filter{Department: d.Code}),
	}
	if directions {
		row.DirectionsHref = a.Directions(d.Code, false, 0)
	}
	if manage && d.RetiredOn.IsZero() {
		row.Href = a.Assignments(d.Code)
		row.RenameHref, row.RetireRef = a.RenameDepartment(d.Code), a.RetireDepartment(d.Code)
	}
	return row
}

func otherText(t tracker.Text, p *locale.Printer) string {
	if p.Language() == locale.Vietnamese {
		return t.EN
	}
	return t.VI
}

// managedDepartments reads the city's departments for somebody who looks after
// them today, and finds the one with the code of the address, if it names one.
func (s *Server) managedDepartments(r *http.Request, actor tracker.Actor) (*postgres.CityDepartments, postgres.DepartmentUse, view.Address, error) {
	a, err := address(r)
	if err != nil {
		return nil, postgres.DepartmentUse{}, a, err
	}
	c, err := s.Store.Departments(r.Context(), actor, a.City)
	if err != nil {
		return nil, postgres.DepartmentUse{}, a, err
	}
	if err := actor.Allowed(tracker.ManageCity, c.City, 0, c.Today); err != nil {
		return nil, postgres.DepartmentUse{}, a, err
	}
	at := slices.IndexFunc(c.All, func(d postgres.DepartmentUse) bool { return d.Code == chi.URLParam(r, "code") })
	switch {
	case at >= 0:
		return c, c.All[at], a, nil
	case chi.URLParam(r, "code") != "":
		return nil, postgres.DepartmentUse{}, a, tracker.ErrNotFound
	}
	return c, postgres.DepartmentUse{}, a, nil
}

// departmentForm shows the form for a new department or, where the address
// names one, for another name of it.
func (s *Server) departmentForm(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, d, err := s.departmentPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Names = view.NamePair(d.Name)
	return render(w, r, http.StatusOK, view.DepartmentEditPage(v))
}

func (s *Server) departmentPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.DepartmentEdit, tracker.Department, error) {
	c, d, a, err := s.managedDepartments(r, actor)
	if err != nil {
		return view.DepartmentEdit{}, d.Department, err
	}
	if !d.RetiredOn.IsZero() {
		return view.DepartmentEdit{}, d.Department, tracker.ErrNotFound // there is nothing to change any more
	}
	v := view.DepartmentEdit{Page: s.cityPage(w, r, "department_new.title", c.City, a, "manage"), Address: a,
		New: d.ID == 0, Code: d.Code, Version: d.Version, Errors: view.Errors{}}
	if !v.New {
		v.Title = v.P.T("department_rename.title", "name", v.P.Text(d.Name))
	}
	return v, d.Department, nil
}

// createDepartment adds a department.
func (s *Server) createDepartment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.saveDepartment(w, r, actor, "notice.department_created", func(f *form, city string, d tracker.Department) error {
		d.Code = strings.ToUpper(f.text("code"))
		if err := tracker.Together(d.Check(), f.refused()); err != nil {
			return err
		}
		return s.Store.CreateDepartment(r.Context(), actor, city, d)
	})
}

// renameDepartment gives a department another name.
func (s *Server) renameDepartment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.saveDepartment(w, r, actor, "notice.department_renamed", func(f *form, city string, d tracker.Department) error {
		if err := f.refused(); err != nil {
			return err
		}
		return s.Store.RenameDepartment(r.Context(), actor, city, chi.URLParam(r, "code"), f.version(), d.Name)
	})
}

func (s *Server) saveDepartment(w http.ResponseWriter, r *http.Request, actor tracker.Actor, notice string,
	save func(f *form, city string, d tracker.Department) error) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	names := view.NamePair{VI: f.text("name_vi"), EN: f.text("name_en")}
	if !infoOf(r).resumed {
		if err = save(f, a.City, tracker.Department{Name: tracker.Text(names)}); err == nil {
			return redirect(w, r, a.Departments(), notice)
		}
	}
	return s.showDepartmentAgain(w, r, actor, names, f.text("code"), err)
}

// showDepartmentAgain shows the form as it was typed, because of an error or,
// with none, because it was resumed. Where somebody else was faster it carries
// the version of now, so that sending it again is a decision.
func (s *Server) showDepartmentAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, names view.NamePair, code string, cause error) error {
	v, d, err := s.departmentPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Names = names
	if v.New {
		v.Code, v.Path = code, v.NewDepartment() // the form's own address shows the list
	}
	if errors.Is(cause, tracker.ErrConflict) {
		v.Theirs = v.P.Text(d.Name)
		return render(w, r, http.StatusConflict, view.DepartmentEditPage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.DepartmentEditPage(v))
}

// askToRetire shows the form that retires a department.
func (s *Server) askToRetire(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.retirePage(w, r, actor, tracker.Retirement{})
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.DepartmentRetirePage(v))
}

func (s *Server) retirePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed tracker.Retirement) (view.DepartmentRetire, error) {
	c, d, a, err := s.managedDepartments(r, actor)
	if err != nil {
		return view.DepartmentRetire{}, err
	}
	if !d.RetiredOn.IsZero() {
		return view.DepartmentRetire{}, tracker.ErrNotFound
	}
	v := view.DepartmentRetire{Page: s.cityPage(w, r, "department_list.retire", c.City, a, "manage"), Address: a,
		Code: d.Code, Version: d.Version, People: d.People + d.Invited, Tasks: d.Tasks, Successor: typed.Successor, PeopleTo: typed.People, Errors: view.Errors{}}
	v.Name = v.P.Text(d.Name)
	v.Title = v.P.T("department_retire.title", "name", v.Name)
	for _, other := range c.All {
		if other.RetiredOn.IsZero() && other.ID != d.ID {
			v.Choices = append(v.Choices, ui.Option{Value: other.Code, Label: v.P.Text(other.Name)})
		}
	}
	v.Entries = retiredEntries(d.Entries, typed, v.P)
	return v, nil
}

func retiredEntries(led []postgres.LedEntry, typed tracker.Retirement, p *locale.Printer) []view.RetiredEntry {
	var all []view.RetiredEntry
	for _, e := range led {
		one := view.RetiredEntry{Key: strconv.Itoa(e.Assessment) + "/" + e.Indicator, Code: e.Indicator, Title: p.Text(e.Title),
			To: typed.Entries[e.EntryKey]}
		if led[0].Assessment != led[len(led)-1].Assessment {
			one.Assessment = p.Text(e.AssessmentName)
		}
		all = append(all, one)
	}
	return all
}

// retireDepartment retires a department in favour of others.
func (s *Server) retireDepartment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	typed := readRetirement(f)
	if !infoOf(r).resumed {
		if err = f.refused(); err == nil {
			err = s.Store.RetireDepartment(r.Context(), actor, a.City, chi.URLParam(r, "code"), f.version(), typed)
		}
		if err == nil {
			return redirect(w, r, a.Departments(), "notice.department_retired")
		}
	}
	return s.showRetirementAgain(w, r, actor, typed, err)
}

// readRetirement pairs the entries with their successors, which the form sends
// in the same order.
func readRetirement(f *form) tracker.Retirement {
	typed := tracker.Retirement{Successor: f.text("successor"), People: f.text("people_to"), Entries: map[tracker.EntryKey]string{}}
	successors := f.r.PostForm["to"]
	for i, key := range f.r.PostForm["entry"] {
		number, code, _ := strings.Cut(key, "/")
		n, err := strconv.Atoi(number)
		if err == nil && i < len(successors) {
			typed.Entries[tracker.EntryKey{Assessment: n, Indicator: code}], _ = cleanText(successors[i])
		}
	}
	return typed
}

func (s *Server) showRetirementAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed tracker.Retirement, cause error) error {
	v, err := s.retirePage(w, r, actor, typed)
	if err != nil {
		return err
	}
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.DepartmentRetirePage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.DepartmentRetirePage(v))
}
