package server

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// accountRoutes mounts the page of one's own account. Its profile form stands
// among those that may be shown again after signing in.
func (s *Server) accountRoutes(r chi.Router) {
	lead := func(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
		return redirect(w, r, view.AccountPath, "")
	}
	r.Get("/account", s.signedIn(s.editAccount))
	r.Get("/account/password", s.signedIn(lead))
	r.Get("/account/sessions", s.signedIn(lead))
	r.Get(view.AccountMailsPath, s.signedIn(lead))
	r.Post("/account/password", s.signedIn(s.changePassword))
	r.Post("/account/sessions", s.signedIn(s.endSessions))
	leadToStep := func(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
		return redirect(w, r, view.AccountSecondStepPath, "")
	}
	r.Get(view.AccountSecondStepPath, s.signedIn(s.editSecondStep))
	r.Post(view.AccountSecondStepPath, s.signedIn(s.enableSecondStep))
	r.Get(view.RecoveryCodesPath, s.signedIn(leadToStep))
	r.Post(view.RecoveryCodesPath, s.signedIn(s.renewRecoveryCodes))
	r.Get(view.SecondStepOffPath, s.signedIn(leadToStep))
	r.Post(view.SecondStepOffPath, s.signedIn(s.disableSecondStep))
}

func (s *Server) editAccount(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.accountPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.AccountEditPage(page))
}

func (s *Server) accountPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.AccountEdit, error) {
	sessions, err := s.Store.Sessions(r.Context(), sessionHash(r))
	if err != nil {
		return view.AccountEdit{}, err
	}
	page := view.AccountEdit{
		Page: s.page(w, r, "account.title"), Email: actor.Email, Name: actor.Name, Language: actor.Language,
		Errors: view.Errors{}, PasswordErrors: view.Errors{}, SecondStep: actor.SecondStep,
	}
	if page.Language == "" {
		page.Language = string(s.Language)
	}
	if s.Store.Mails() {
		choice, err := s.Store.MailChoice(r.Context(), actor)
		if err != nil {
			return view.AccountEdit{}, err
		}
		page.Mails = string(choice)
	}
	for _, one := range sessions {
		page.Sessions = append(page.Sessions, view.SessionRow{
			ID: one.ID, Since: page.P.Time(one.Since.In(s.TimeZone)), Address: one.Address, Here: one.Here})
	}
	return page, nil
}

// saveProfile changes name and language.
func (s *Server) saveProfile(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	name, language := f.text("name"), f.text("person_language")
	if infoOf(r).resumed {
		return s.showProfileAgain(w, r, actor, name, language, nil)
	}
	if err := tracker.Together(f.refused(), tracker.CheckName("name", name), checkLanguage(language)); err != nil {
		return s.showProfileAgain(w, r, actor, name, language, err)
	}
	if err := s.Store.ChangeProfile(r.Context(), actor, sessionHash(r), name, language); err != nil {
		return err
	}
	// What ?lang remembered would hide the choice.
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Path: "/", MaxAge: -1, HttpOnly: true})
	return redirect(w, r, view.AccountPath, "notice.profile_saved")
}

func checkLanguage(language string) error {
	if _, ok := locale.Parse(language); !ok {
		return tracker.Invalid("person_language", "account.error.language")
	}
	return nil
}

func (s *Server) showProfileAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, name, language string, cause error) error {
	page, err := s.accountPage(w, r, actor)
	if err != nil {
		return err
	}
	page.Name, page.Language = name, language
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AccountEditPage(page))
}

// chooseMails changes how the person is mailed what the inbox tells.
func (s *Server) chooseMails(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	choice := tracker.MailChoice(f.text("mails"))
	if !s.Store.Mails() {
		return redirect(w, r, view.AccountPath, "")
	}
	refused := tracker.CheckMailChoice("mails", choice)
	if infoOf(r).resumed || refused != nil {
		return s.showMailsAgain(w, r, actor, choice, refused)
	}
	if err := s.Store.ChooseMails(r.Context(), actor, choice); err != nil {
		return err
	}
	return redirect(w, r, view.AccountPath, "notice.mails_chosen")
}

func (s *Server) showMailsAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, choice tracker.MailChoice, cause error) error {
	page, err := s.accountPage(w, r, actor)
	if err != nil {
		return err
	}
	if cause == nil {
		page.Mails = string(choice)
	}
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AccountEditPage(page))
}

// changePassword asks for the old password, so that a browser left open does
// not give the account away.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	err = s.replacePassword(r, actor, f.secret("old_password"), f.secret("password"))
	if err == nil {
		return redirect(w, r, view.AccountPath, "notice.password_changed")
	}
	return s.showPasswordAgain(w, r, actor, err)
}

func (s *Server) showPasswordAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	page, err := s.accountPage(w, r, actor)
	if err != nil {
		return err
	}
	var wait *tracker.WaitError
	if errors.As(cause, &wait) {
		page.PasswordErrors["old_password"] = waitWords(wait, "password", page.P)
		if err := s.holdBack(w, r, wait); err != nil {
			return err
		}
		return render(w, r, http.StatusTooManyRequests, view.AccountEditPage(page))
	}
	status, err := again(&page.Page, &page.PasswordErrors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AccountEditPage(page))
}

func (s *Server) replacePassword(r *http.Request, actor tracker.Actor, old, password string) error {
	ctx := r.Context()
	if err := tracker.CheckPassword("password", password, actor.Email, actor.Name); err != nil {
		return err
	}
	oldHash, err := s.checkOwnPassword(r, actor, old)
	if err != nil {
		return err
	}
	hash, err := s.hashes.make(ctx, password)
	if err != nil {
		return err
	}
	err = s.Store.ChangePassword(ctx, actor, postgres.NewPassword{
		TokenHash: sessionHash(r), OldHash: oldHash, NewHash: hash, Browser: cookieHash(r, browserCookie)})
	if errors.Is(err, tracker.ErrNotFound) { // changed elsewhere while this form was checked
		return tracker.ErrConflict
	}
	return err
}

// checkOwnPassword counts the password as a try to sign in, so that who has come
// by a session cannot try one after another here. It returns the hash.
func (s *Server) checkOwnPassword(r *http.Request, actor tracker.Actor, typed string) (string, error) {
	_, hash, err := s.Store.TrySignIn(r.Context(), postgres.SignInTry{
		Email: actor.Email, Address: actor.Address, Browser: cookieHash(r, browserCookie)})
	if err != nil {
		return "", err
	}
	matches, err := s.hashes.match(r.Context(), typed, hash)
	if err != nil {
		return "", err
	}
	if !matches {
		return "", tracker.Invalid("old_password", "account.error.old_password")
	}
	return hash, nil
}

// endSessions ends the session that the form names, or all but this one.
func (s *Server) endSessions(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	var id int64
	if named := f.text("session"); named != "" {
		if id, err = strconv.ParseInt(named, 10, 64); err != nil || id < 1 {
			return tracker.ErrNotFound
		}
	}
	if err := s.Store.EndOtherSessions(r.Context(), actor, sessionHash(r), id); err != nil {
		return err
	}
	return redirect(w, r, view.AccountPath, "notice.sessions_ended")
}
