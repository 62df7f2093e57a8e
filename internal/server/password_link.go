package server

import (
	"errors"
	"net/http"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// makePasswordLink makes a link for a person who forgot their password, and
// shows it, for the only time.
func (s *Server) makePasswordLink(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	ref, err := s.readPerson(r)
	if err != nil {
		return err
	}
	person, err := s.personPage(w, r, actor)
	if err != nil {
		return err
	}
	token, hash := newToken()
	until, err := s.Store.MakePasswordLink(r.Context(), actor, ref, hash)
	if err != nil {
		return s.personActRefused(w, r, actor, err)
	}
	return s.showLink(w, r, actor, "password", person.Email, view.PasswordLinkPath(token), until)
}

// newPassword is where the link leads.
func (s *Server) newPassword(w http.ResponseWriter, r *http.Request) error {
	page, err := s.passwordResetPage(w, r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.PasswordResetPage(page))
}

func (s *Server) passwordResetPage(w http.ResponseWriter, r *http.Request) (view.PasswordReset, error) {
	token := linkToken(w, r)
	name, email, err := s.Store.PasswordLinkOwner(r.Context(), hashToken(token))
	if err != nil {
		return view.PasswordReset{}, err
	}
	return view.PasswordReset{
		Page: s.page(w, r, "password_reset.title"), Token: token, Name: name, Email: email, Errors: view.Errors{},
	}, nil
}

// resetPassword uses the link up and signs its person in; who has a second step
// is asked for the code.
func (s *Server) resetPassword(w http.ResponseWriter, r *http.Request) error {
	page, err := s.passwordResetPage(w, r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	password := f.secret("password")
	if err := tracker.CheckPassword("password", password, page.Email, page.Name); err != nil {
		page.Errors, _ = messagesOf(err, page.P)
		return render(w, r, http.StatusUnprocessableEntity, view.PasswordResetPage(page))
	}
	hash, err := s.hashes.make(r.Context(), password)
	if err != nil {
		return err
	}
	account, err := s.Store.ResetPassword(r.Context(), visitor(r), hashToken(page.Token), hash)
	if err != nil {
		return err
	}
	err = s.startSession(w, r, account)
	if errors.Is(err, tracker.ErrSecondStep) { // the link stands for the password only
		if err := s.beginSecondStep(w, r, account); err != nil {
			return err
		}
		return redirect(w, r, view.SecondStepPath, "notice.password_changed")
	}
	if err != nil {
		return err
	}
	return redirect(w, r, view.HomePath, "notice.password_changed")
}
