package server

import (
	"net/http"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// newPasswordAsk is the page for people who forgot their password.
func (s *Server) newPasswordAsk(w http.ResponseWriter, r *http.Request) error {
	return render(w, r, http.StatusOK, view.PasswordAskPage(s.passwordAskPage(w, r)))
}

func (s *Server) passwordAskPage(w http.ResponseWriter, r *http.Request) view.PasswordAsk {
	return view.PasswordAsk{Page: s.page(w, r, "password_ask.title"), Mails: s.Store.Mails(), Errors: view.Errors{}}
}

// askPassword has a link mailed. Whether anybody has the address is for the job
// to find out: here it is answered, and takes as long, for all alike.
func (s *Server) askPassword(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if !s.Store.Mails() {
		return s.newPasswordAsk(w, r)
	}
	typed := f.text("email")
	email := tracker.CanonicalEmail(typed)
	if err := tracker.CheckOwnEmail("email", email); err != nil {
		page := s.passwordAskPage(w, r)
		page.Errors, _ = messagesOf(err, page.P)
		if len(typed) <= tracker.MaxEmail {
			page.Email = typed
		}
		return render(w, r, http.StatusUnprocessableEntity, view.PasswordAskPage(page))
	}
	if err := s.Store.AskPasswordLink(r.Context(), email); err != nil {
		return err
	}
	return redirect(w, r, view.SignInPath, "notice.password_link_asked")
}
