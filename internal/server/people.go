package server

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// peopleRoutes mounts the pages of a city's people.
func (s *Server) peopleRoutes(r chi.Router) {
	r.Get("/cities/{city}/people", s.inCity(tracker.ReadPeople, s.listPeople))
	r.Get("/cities/{city}/people/invite", s.inCity(tracker.ManagePeople, s.newInvitation))
	r.Get("/cities/{city}/people/{person}", s.inCity(tracker.ManageCity, s.editPerson))
	for _, act := range []string{"disable", "enable", "password-link", "reset-second-step", "hand-over"} {
		r.Get("/cities/{city}/people/{person}/"+act, s.inCity(tracker.ManageCity, leadToPerson))
	}
	for _, act := range []string{"renew", "withdraw"} {
		r.Get("/cities/{city}/invitations/{invitation}/"+act, s.inCity(tracker.ManagePeople, leadToPeople))
	}
	r.Post("/cities/{city}/people/{person}/disable", s.inCity(tracker.ManageCity, s.disablePerson))
	r.Post("/cities/{city}/people/{person}/enable", s.inCity(tracker.ManageCity, s.enablePerson))
	r.Post("/cities/{city}/people/{person}/password-link", s.inCity(tracker.ManageCity, s.makePasswordLink))
	r.Post("/cities/{city}/people/{person}/reset-second-step", s.inCity(tracker.ManageCity, s.resetSecondStep))
	r.Get("/cities/{city}/second-step", s.inCity(tracker.ManageCity, leadToPeople))
	r.Post("/cities/{city}/second-step", s.inCity(tracker.ManageCity, s.requireSecondStep))
	r.Post("/cities/{city}/invitations/{invitation}/renew", s.inCity(tracker.ManagePeople, s.renewInvitation))
	r.Post("/cities/{city}/invitations/{invitation}/withdraw", s.inCity(tracker.ManagePeople, s.withdrawInvitation))
	s.peopleForms(r)
}

// peopleForms mounts the forms that may be shown again after signing in.
func (s *Server) peopleForms(r chi.Router) {
	r.Post("/cities/{city}/people/invite", s.inCity(tracker.ManagePeople, s.invite))
	r.Post("/cities/{city}/people/{person}", s.inCity(tracker.ManageCity, s.changePerson))
	r.Post("/cities/{city}/people/{person}/hand-over", s.inCity(tracker.ManageCity, s.handOver))
	r.Post("/account", s.signedIn(s.saveProfile))
	r.Post(view.AccountMailsPath, s.signedIn(s.chooseMails))
}

// leadToPerson and leadToPeople answer where a button's address is opened.
func leadToPerson(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	ref, err := personRef(r, 0)
	if err != nil {
		return err
	}
	return redirect(w, r, view.Address{City: ref.City}.PersonPage(ref.ID), "")
}

func leadToPeople(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	return redirect(w, r, view.Address{City: chi.URLParam(r, "city")}.People(), "")
}

// listPeople shows everybody who has a role in the city or is invited to one.
func (s *Server) listPeople(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	list, err := s.peopleListPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.PeopleListPage(list))
}

func (s *Server) peopleListPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.PeopleList, error) {
	people, page, err := s.peoplePage(w, r, actor, "people.title")
	if err != nil {
		return view.PeopleList{}, err
	}
	list := view.PeopleList{Page: page, Address: page.City.Address, CanInvite: actor.MayAnywhere(tracker.ManagePeople, people.City, people.Today)}
	canChange := actor.May(tracker.ManageCity, people.City, 0, people.Today)
	if canChange {
		list.SecondStep = secondStepRule(people.City, list.Address)
	}
	for _, one := range people.All {
		list.Rows = append(list.Rows, personRow(one, people, actor, canChange, page))
	}
	for _, i := range people.Invitations {
		list.Invitations = append(list.Invitations, invitationRow(i, people, actor, page.P))
	}
	return list, nil
}

// peoplePage reads the people and begins a page about them. The title is a
// message key.
func (s *Server) peoplePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, title string) (*tracker.People, view.Page, error) {
	a, err := address(r)
	if err != nil {
		return nil, view.Page{}, err
	}
	people, err := s.Store.People(r.Context(), actor, a.City)
	if err != nil {
		return nil, view.Page{}, err
	}
	return people, s.cityPage(w, r, title, people.City, view.Address{City: a.City}, "manage"), nil
}

func personRow(one tracker.Person, people *tracker.People, actor tracker.Actor, canChange bool, page view.Page) view.PersonRow {
	row := view.PersonRow{
		Name: one.Name, Email: one.Email, Role: one.Role, Department: page.P.Text(one.Department.Name), EndsOn: one.EndsOn,
		State: one.State(people.Today), Self: one.AccountID == actor.AccountID, SecondStep: one.SecondStep,
	}
	if canChange {
		row.EditHref = page.City.Address.PersonPage(one.ID)
	}
	return row
}

func invitationRow(i tracker.Invitation, people *tracker.People, actor tracker.Actor, p *locale.Printer) view.InvitationRow {
	return view.InvitationRow{
		ID: i.ID, Email: i.Email, Role: i.Post.Role, Post: postText(i, p), State: i.State(people.Now, people.Today),
		Expires:   p.Time(wall(i.ExpiresAt, people.City)),
		CanChange: actor.MayInvite(i.Post.Role, people.City, people.Today),
	}
}

// postText is the department of staff or the last day of an expert.
func postText(i tracker.Invitation, p *locale.Printer) string {
	if !i.Post.EndsOn.IsZero() {
		return p.T("people.until", "day", i.Post.EndsOn)
	}
	return p.Text(i.Department.Name)
}

// editPerson shows the form for one of the city's people.
func (s *Server) editPerson(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.personPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.PersonEditPage(page))
}

func (s *Server) personPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.PersonEdit, error) {
	ref, err := personRef(r, 0)
	if err != nil {
		return view.PersonEdit{}, err
	}
	people, page, err := s.peoplePage(w, r, actor, "people.title")
	if err != nil {
		return view.PersonEdit{}, err
	}
	if err := actor.Allowed(tracker.ManageCity, people.City, 0, people.Today); err != nil {
		return view.PersonEdit{}, err
	}
	one, err := people.Find(ref.ID)
	if err != nil {
		return view.PersonEdit{}, err
	}
	page.Title = one.Name
	charge, err := s.personCharge(r, actor, one, people, page.P)
	if err != nil {
		return view.PersonEdit{}, err
	}
	return view.PersonEdit{
		Charge: charge,
		Page:   page, Address: page.City.Address, ID: one.ID, Name: one.Name, Email: one.Email,
		State: one.State(people.Today), EndsOn: one.EndsOn, Version: one.Version,
		SecondStep: one.SecondStep && one.AccountID != actor.AccountID,
		Post:       postForm(people, actor, typedPost{string(one.Role), one.Department.Code, one.EndsOn.String()}, page.P),
		Current:    personText(one, page.P),
	}, nil
}

// personText is what the person is now, in a line.
func personText(one tracker.Person, p *locale.Printer) string {
	text := p.T("role." + string(one.Role))
	if one.Department.Code != "" {
		text += ", " + p.Text(one.Department.Name)
	}
	if !one.EndsOn.IsZero() {
		text += ", " + p.T("people.until_within", "day", one.EndsOn)
	}
	return text
}

// typedPost is a post as it was typed.
type typedPost struct{ role, department, endsOn string }

func readPost(f *form) typedPost {
	return typedPost{f.text("role"), f.text("department"), f.text("ends_on")}
}

func (t typedPost) parse() (tracker.Post, error) {
	post := tracker.Post{Role: tracker.Role(t.role), Department: t.department}
	if t.endsOn == "" {
		return post, nil
	}
	endsOn, err := tracker.ParseDate(t.endsOn)
	if err != nil {
		return post, tracker.Invalid("ends_on", "people.error.end_malformed")
	}
	post.EndsOn = endsOn
	return post, nil
}

// postForm fills the fields of a post. Roles that the actor may not give are
// left out.
func postForm(people *tracker.People, actor tracker.Actor, typed typedPost, p *locale.Printer) view.PostForm {
	form := view.PostForm{Role: typed.role, Department: typed.department, EndsOn: typed.endsOn, Errors: view.Errors{}}
	form.Roles = slices.DeleteFunc(slices.Clone(tracker.CityRoles), func(role tracker.Role) bool {
		return !actor.MayInvite(role, people.City, people.Today)
	})
	for _, d := range people.Departments {
		form.Departments = append(form.Departments, ui.Option{Value: d.Code, Label: p.Text(d.Name)})
	}
	return form
}

// changePerson gives a person another post.
func (s *Server) changePerson(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed := readPost(f)
	ref, err := personRef(r, f.version())
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showPersonAgain(w, r, actor, typed, ref.Version, nil)
	}
	to, err := typed.parse()
	if err = tracker.Together(f.refused(), err); err == nil {
		err = s.Store.ChangePerson(r.Context(), actor, ref, to)
	}
	if err != nil {
		return s.showPersonAgain(w, r, actor, typed, ref.Version, err)
	}
	return s.leavePerson(w, r, actor, ref, "notice.person_changed")
}

// leaveTo is a redirect to a page of the city, or home for somebody whose own
// act took them out of there.
func (s *Server) leaveTo(w http.ResponseWriter, r *http.Request, path, notice string) error {
	actor, err := s.actor(r)
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		return err
	}
	if !actor.MightAt(tracker.ManagePeople, chi.URLParam(r, "city")) {
		path = view.HomePath
	}
	return redirect(w, r, path, notice)
}

// showPersonAgain shows the form as it was typed; after a conflict with what
// stands now beside it, at the version that stands now, so that sending it
// again is a decision.
func (s *Server) showPersonAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	typed typedPost, version int, cause error) error {
	page, err := s.personPage(w, r, actor)
	if err != nil {
		return err
	}
	page.Post.Role, page.Post.Department, page.Post.EndsOn = typed.role, typed.department, typed.endsOn
	if errors.Is(cause, tracker.ErrConflict) {
		page.Changed = true
		return render(w, r, http.StatusConflict, view.PersonEditPage(page))
	}
	page.Version = version
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	page.Post.Errors = page.Errors
	return render(w, r, status, view.PersonEditPage(page))
}

func (s *Server) disablePerson(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	ref, err := s.readPerson(r)
	if err != nil {
		return err
	}
	if err := s.Store.DisablePerson(r.Context(), actor, ref); err != nil {
		return s.personActRefused(w, r, actor, err)
	}
	return s.leavePerson(w, r, actor, ref, "notice.person_disabled")
}

func (s *Server) enablePerson(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	ref, err := s.readPerson(r)
	if err != nil {
		return err
	}
	if err := s.Store.EnablePerson(r.Context(), actor, ref); err != nil {
		return s.personActRefused(w, r, actor, err)
	}
	return redirect(w, r, view.Address{City: ref.City}.People(), "notice.person_enabled")
}

// personActRefused shows the person's page as it is now, with the reason.
func (s *Server) personActRefused(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	page, err := s.personPage(w, r, actor)
	if err != nil {
		return err
	}
	if errors.Is(cause, tracker.ErrConflict) {
		page.Changed = true
		return render(w, r, http.StatusConflict, view.PersonEditPage(page))
	}
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return cause
	}
	page.Errors = messages
	return render(w, r, http.StatusUnprocessableEntity, view.PersonEditPage(page))
}

func (s *Server) readPerson(r *http.Request) (postgres.PersonRef, error) {
	f, err := readForm(r)
	if err != nil {
		return postgres.PersonRef{}, err
	}
	return personRef(r, f.version())
}

// personRef reads whom the address names. What is no number is nobody.
func personRef(r *http.Request, version int) (postgres.PersonRef, error) {
	a, err := address(r)
	if err != nil {
		return postgres.PersonRef{}, err
	}
	id, err := strconv.ParseInt(chi.URLParam(r, "person"), 10, 64)
	if err != nil {
		return postgres.PersonRef{}, tracker.ErrNotFound
	}
	return postgres.PersonRef{City: a.City, ID: id, Version: version}, nil
}
