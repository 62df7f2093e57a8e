package server

import (
	"errors"
	"net/http"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// stopMailsFolder is where the links lead that end mails of notices.
const stopMailsFolder = "/stop-mails/"

// askToStopMails shows a button. To open the link ends nothing: programs that look
// for harmful links open all that a mail holds.
func (s *Server) askToStopMails(w http.ResponseWriter, r *http.Request) error {
	email, err := s.Store.StopLinkOwner(r.Context(), hashToken(linkToken(w, r)))
	if err != nil {
		return s.stopLinkOver(w, r, err)
	}
	return s.showStopMails(w, r, http.StatusOK, email, false)
}

// stopMails ends the mails. It looks at nothing that was sent: programs that read
// mail post here for whoever asks them to (RFC 8058), without a cookie and with
// whatever kind of form.
func (s *Server) stopMails(w http.ResponseWriter, r *http.Request) error {
	info := infoOf(r)
	email, err := s.Store.StopMails(r.Context(), tracker.Actor{RequestID: info.id, Address: info.address}, hashToken(linkToken(w, r)))
	if err != nil {
		return s.stopLinkOver(w, r, err)
	}
	return s.showStopMails(w, r, http.StatusOK, email, true)
}

func (s *Server) stopLinkOver(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, tracker.ErrLinkOver) {
		return s.showStopMails(w, r, http.StatusGone, "", false)
	}
	return err
}

func (s *Server) showStopMails(w http.ResponseWriter, r *http.Request, status int, email string, stopped bool) error {
	return render(w, r, status, view.StopMailsPage(view.StopMails{Page: s.page(w, r, "stop_mails.title"), Email: email, Stopped: stopped}))
}
