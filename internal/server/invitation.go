package server

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// typedInvitation is an invitation as it was typed.
type typedInvitation struct {
	email, language string
	post            typedPost
}

func (s *Server) newInvitation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.invitePage(w, r, actor, nil)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.PersonInvitePage(page))
}

// invitePage makes the form; nothing typed: an empty one.
func (s *Server) invitePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed *typedInvitation) (view.PersonInvite, error) {
	people, page, err := s.peoplePage(w, r, actor, "person_invite.title")
	if err != nil {
		return view.PersonInvite{}, err
	}
	if typed == nil {
		typed = &typedInvitation{language: people.City.Language}
	}
	form := postForm(people, actor, typed.post, page.P)
	if len(form.Roles) == 1 {
		form.Role = string(form.Roles[0])
	}
	return view.PersonInvite{
		Page: page, Address: page.City.Address, Email: typed.email, Post: form, Language: typed.language, Errors: view.Errors{},
	}, nil
}

// invite makes an invitation and shows its link, which nobody can read again.
func (s *Server) invite(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed := &typedInvitation{email: f.text("invitee"), language: f.text("person_language"), post: readPost(f)}
	if infoOf(r).resumed {
		return s.showInviteAgain(w, r, actor, typed, nil)
	}
	post, err := typed.post.parse()
	token, hash := newToken()
	made := tracker.Invitation{Email: tracker.CanonicalEmail(typed.email), Post: post, Language: typed.language}
	if err = tracker.Together(f.refused(), err); err == nil {
		made, err = s.Store.Invite(r.Context(), actor, chi.URLParam(r, "city"), made, hash)
	}
	if err != nil {
		return s.showInviteAgain(w, r, actor, typed, err)
	}
	return s.showInvitationLink(w, r, actor, made, token)
}

func (s *Server) showInviteAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed *typedInvitation, cause error) error {
	page, err := s.invitePage(w, r, actor, typed)
	if err != nil {
		return err
	}
	if cause == nil {
		page.Notice = &ui.Note{Kind: "info", Text: page.P.T("notice.resumed")}
		return render(w, r, http.StatusOK, view.PersonInvitePage(page))
	}
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return cause
	}
	page.Errors, page.Post.Errors = messages, messages
	return render(w, r, http.StatusUnprocessableEntity, view.PersonInvitePage(page))
}

func (s *Server) showInvitationLink(w http.ResponseWriter, r *http.Request, actor tracker.Actor, i tracker.Invitation, token string) error {
	return s.showLink(w, r, actor, "invitation", i.Email, invitationPath(token, i.Language, s.Language), i.ExpiresAt)
}

// showLink shows a link that was just made. Kind chooses the words.
func (s *Server) showLink(w http.ResponseWriter, r *http.Request, actor tracker.Actor, kind, email, path string, until time.Time) error {
	people, page, err := s.peoplePage(w, r, actor, "link_show."+kind+".title")
	if err != nil {
		return err
	}
	page.Path = page.City.Address.People() // where the other language leads: this page cannot be opened again
	return render(w, r, http.StatusOK, view.LinkShowPage(view.LinkShow{
		Page: page, Address: page.City.Address, Kind: kind, Email: email, Link: s.absolute(r, path),
		Until: page.P.Time(wall(until, people.City)), Mailed: s.Store.Mails(),
	}))
}

// renewInvitation replaces the link of an invitation that waits.
func (s *Server) renewInvitation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	id, err := invitationID(r)
	if err != nil {
		return err
	}
	token, hash := newToken()
	i, err := s.Store.RenewInvitation(r.Context(), actor, chi.URLParam(r, "city"), id, hash)
	if err != nil {
		return s.invitationActRefused(w, r, actor, err)
	}
	return s.showInvitationLink(w, r, actor, i, token)
}

func (s *Server) withdrawInvitation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	id, err := invitationID(r)
	if err != nil {
		return err
	}
	if err := s.Store.WithdrawInvitation(r.Context(), actor, chi.URLParam(r, "city"), id); err != nil {
		return s.invitationActRefused(w, r, actor, err)
	}
	return redirect(w, r, view.Address{City: chi.URLParam(r, "city")}.People(), "notice.invitation_withdrawn")
}

// invitationActRefused shows the list as it is now, with the reason: somebody
// accepted or withdrew the invitation meanwhile, or its last day has passed.
func (s *Server) invitationActRefused(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	list, err := s.peopleListPage(w, r, actor)
	if err != nil {
		return err
	}
	if errors.Is(cause, tracker.ErrNotFound) {
		list.Notice = &ui.Note{Kind: "warning", Text: list.P.T("people.error.invitation_gone")}
		return render(w, r, http.StatusConflict, view.PeopleListPage(list))
	}
	messages, invalid := messagesOf(cause, list.P)
	if !invalid {
		return cause
	}
	list.Notice = &ui.Note{Kind: "warning", Text: messages[""]}
	return render(w, r, http.StatusUnprocessableEntity, view.PeopleListPage(list))
}

func invitationID(r *http.Request) (int64, error) {
	if _, err := address(r); err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(chi.URLParam(r, "invitation"), 10, 64)
	if err != nil {
		return 0, tracker.ErrNotFound
	}
	return id, nil
}

// showInvitation is where the link leads: who invites to what, and what the
// person does next.
func (s *Server) showInvitation(w http.ResponseWriter, r *http.Request) error {
	page, _, err := s.invitationPage(w, r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.InvitationShowPage(page))
}

func (s *Server) invitationPage(w http.ResponseWriter, r *http.Request) (view.InvitationShow, tracker.Actor, error) {
	token := linkToken(w, r)
	actor, err := s.maybeSignedIn(r)
	if err != nil {
		return view.InvitationShow{}, actor, err
	}
	city, i, err := s.Store.Invitation(r.Context(), hashToken(token))
	if err != nil {
		return view.InvitationShow{}, actor, err
	}
	page := s.page(w, r, "people.title")
	p := page.P
	page.Title = p.T("invitation_show.title", "city", city.Name)
	return view.InvitationShow{
		Page: page, Token: token, CityName: p.Text(city.Name), InvitedBy: i.InvitedBy, Role: i.Post.Role,
		Department: p.Text(i.Department.Name), EndsOn: i.Post.EndsOn,
		Until: p.Time(wall(i.ExpiresAt, city)), Email: i.Email, Step: nextStep(i, actor), Errors: view.Errors{},
	}, actor, nil
}

// nextStep is what the page asks of the person.
func nextStep(i tracker.Invitation, actor tracker.Actor) string {
	switch signedIn := actor.AccountID != 0; {
	case i.AcceptAs(actor) == nil && signedIn:
		return "accept"
	case i.AcceptAs(actor) == nil:
		return "new"
	case signedIn:
		return "other"
	}
	return "sign_in"
}

// maybeSignedIn is who is signed in; nobody is no error.
func (s *Server) maybeSignedIn(r *http.Request) (tracker.Actor, error) {
	actor, err := s.actor(r)
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		return tracker.Actor{}, err
	}
	info := infoOf(r)
	actor.RequestID, actor.Address = info.id, info.address
	if err == nil {
		info.actor = &actor
	}
	return actor, nil
}

// acceptInvitation uses the link: for an account that is signed in, or for a
// new one, which is signed in then.
func (s *Server) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	page, actor, err := s.invitationPage(w, r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	var slug string
	if actor.AccountID != 0 {
		slug, err = s.Store.AcceptInvitation(r.Context(), actor, hashToken(page.Token))
	} else {
		page.Name = f.text("name")
		slug, err = s.joinAsNew(w, r, f, actor, page)
	}
	if err == nil {
		return redirect(w, r, view.Address{City: slug}.Overview(), "notice.joined")
	}
	messages, invalid := messagesOf(err, page.P)
	if !invalid {
		return err
	}
	page.Errors = messages
	return render(w, r, http.StatusUnprocessableEntity, view.InvitationShowPage(page))
}

func (s *Server) joinAsNew(w http.ResponseWriter, r *http.Request, f *form, by tracker.Actor, page view.InvitationShow) (string, error) {
	name, password := f.text("name"), f.secret("password")
	err := tracker.Together(f.refused(), tracker.CheckName("name", name), tracker.CheckPassword("password", password, page.Email, name, page.CityName))
	if err != nil {
		return "", err
	}
	hash, err := s.hashes.make(r.Context(), password)
	if err != nil {
		return "", err
	}
	account, slug, err := s.Store.AcceptInvitationAsNew(r.Context(), by, hashToken(page.Token), name, hash)
	if err != nil {
		return "", err
	}
	return slug, s.startSession(w, r, account)
}
