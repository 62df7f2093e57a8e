package server

import (
	"errors"
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
		return s.showPasswordAskAgain(w, r, typed, err)
	}
	if err := s.Store.AskPasswordLink(r.Context(), email, infoOf(r).address); err != nil {
		return s.showPasswordAskAgain(w, r, typed, err)
	}
	return redirect(w, r, view.SignInPath, "notice.password_link_asked")
}

func (s *Server) showPasswordAskAgain(w http.ResponseWriter, r *http.Request, typed string, cause error) error {
	page := s.passwordAskPage(w, r)
	if len(typed) <= tracker.MaxEmail {
		page.Email = typed
	}
	var wait *tracker.WaitError
	if errors.As(cause, &wait) {
		page.Errors["email"] = waitWords(wait, "password_ask", page.P)
		if err := s.holdBack(w, r, wait); err != nil {
			return err
		}
		return render(w, r, http.StatusTooManyRequests, view.PasswordAskPage(page))
	}
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.PasswordAskPage(page))
}
