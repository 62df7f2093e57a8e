package server

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// formatID is an account as it stands in forms and addresses; nobody is empty.
func formatID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// parseID reads what formatID wrote of somebody.
func parseID(text string) (int64, bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0 && formatID(id) == text
}

// readAssignee reads who is chosen to be in charge: nil where nobody is chosen,
// 0 for nobody by name.
func readAssignee(typed string) (*int64, error) {
	switch typed {
	case "":
		return nil, nil
	case view.ClearDepartment:
		return new(int64), nil
	}
	id, ok := parseID(typed)
	if !ok {
		return nil, tracker.Invalid("assignee", "assignee.error.not_staff")
	}
	return &id, nil
}

// staffChoices are those who can be put in charge, in the order of the
// departments.
func staffChoices(o *tracker.Overview, p *locale.Printer) []ui.Option {
	var all []ui.Option
	for _, d := range o.Departments {
		all = append(all, colleagues(o.People, d.Code, 0, p.Text(d.Name), o.Today)...)
	}
	return all
}

// colleagues are those of the people who can be put in charge in the department,
// but for one account.
func colleagues(people []tracker.Person, department string, but int64, group string, today tracker.Date) []ui.Option {
	var all []ui.Option
	for _, one := range people {
		if one.Department.Code == department && one.AccountID != but && one.TakesEntries(today) {
			all = append(all, ui.Option{Value: formatID(one.AccountID), Label: one.Name, Group: group})
		}
	}
	return all
}

// personCharge is what the person is in charge of, and the forms that hand it over.
func (s *Server) personCharge(r *http.Request, actor tracker.Actor, one tracker.Person, people *tracker.People,
	p *locale.Printer) (view.PersonCharge, error) {
	a := view.Address{City: people.City.Slug}
	held, err := s.Store.InCharge(r.Context(), actor, a.City, one.ID)
	if err != nil {
		return view.PersonCharge{}, err
	}
	c := view.PersonCharge{Count: len(held), Shown: one.Role == tracker.Staff || len(held) > 0}
	for _, e := range held {
		c.Rounds = addRound(c.Rounds, e, a, one, p)
		n := len(c.Forms)
		if n == 0 || c.Forms[n-1].Department != e.Department.Code {
			c.Forms = append(c.Forms, handOverForm(e.Department, one, people, p))
			n++
		}
		form := &c.Forms[n-1]
		form.Entries = append(form.Entries, strconv.Itoa(e.Assessment)+"/"+e.Indicator)
	}
	return c, nil
}

// addRound counts the entry among those of its assessment.
func addRound(all []view.ChargeRound, e postgres.ChargedEntry, a view.Address, one tracker.Person, p *locale.Printer) []view.ChargeRound {
	a.Assessment = e.Assessment
	href := a.List(tracker.Filter{Assignee: formatID(one.AccountID)})
	for i := range all {
		if all[i].Href == href {
			all[i].Count++
			return all
		}
	}
	return append(all, view.ChargeRound{Name: p.Text(e.AssessmentName), Href: href, Count: 1})
}

func handOverForm(d tracker.Department, one tracker.Person, people *tracker.People, p *locale.Printer) view.HandOverForm {
	return view.HandOverForm{
		Department: d.Code, Name: p.Text(d.Name),
		Left:   one.Department.Code != d.Code || !one.TakesEntries(people.Today),
		People: colleagues(people.All, d.Code, one.AccountID, "", people.Today),
	}
}

// handOver puts somebody else in charge of what the person has in one department.
func (s *Server) handOver(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ref, err := personRef(r, f.version())
	if err != nil {
		return err
	}
	h, typed, err := readHandOver(f)
	if infoOf(r).resumed {
		return s.showHandOverAgain(w, r, actor, h.Department, typed, nil)
	}
	if err == nil {
		err = s.Store.HandOver(r.Context(), actor, ref, h)
	}
	if err != nil {
		return s.showHandOverAgain(w, r, actor, h.Department, typed, err)
	}
	return redirect(w, r, view.Address{City: ref.City}.PersonPage(ref.ID), "notice.handed_over")
}

// readHandOver reads the form; typed is who was chosen.
func readHandOver(f *form) (h tracker.HandOver, typed string, err error) {
	h.Department, typed = f.text("department"), f.text("assignee")
	for _, key := range f.r.PostForm["shown"] {
		number, code, _ := strings.Cut(key, "/")
		if n, err := strconv.Atoi(number); err == nil {
			h.Entries = append(h.Entries, tracker.EntryKey{Assessment: n, Indicator: code})
		}
	}
	to, err := readAssignee(typed)
	switch {
	case to != nil:
		h.To = *to
	case err == nil:
		err = tracker.Invalid("assignee", "assignee.error.none_chosen")
	}
	return h, typed, tracker.Together(err, f.refused())
}

// showHandOverAgain shows the person's page as it is now with the choice kept,
// because of an error or, with none, because the form was resumed.
func (s *Server) showHandOverAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, department, typed string, cause error) error {
	page, err := s.personPage(w, r, actor)
	if err != nil {
		return err
	}
	form := page.Charge.Form(department)
	form.To = typed
	if errors.Is(cause, tracker.ErrConflict) {
		page.Notice = &ui.Note{Kind: ui.Warning, Title: page.P.T("hand_over.conflict.title"), Text: page.P.T("hand_over.conflict.text")}
		return render(w, r, http.StatusConflict, view.PersonEditPage(page))
	}
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	if refused, found := page.Errors["assignee"]; found {
		delete(page.Errors, "assignee")
		form.Error, page.Errors[form.ID()] = refused, refused
	}
	return render(w, r, status, view.PersonEditPage(page))
}

// leavePerson goes back to the people, or to the person's page where they are
// still in charge of something that somebody might have to take over.
func (s *Server) leavePerson(w http.ResponseWriter, r *http.Request, actor tracker.Actor, ref postgres.PersonRef, notice string) error {
	held, err := s.Store.InCharge(r.Context(), actor, ref.City, ref.ID)
	if err != nil {
		return err
	}
	a := view.Address{City: ref.City}
	path := a.People()
	if len(held) > 0 {
		path = a.PersonPage(ref.ID)
	}
	return s.leaveTo(w, r, path, notice)
}
