package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

const (
	sessionCookie   = "session"
	sessionLifetime = 7 * 24 * time.Hour
)

// actor is who the request's session belongs to; ErrNotFound for nobody.
func (s *Server) actor(r *http.Request) (tracker.Actor, error) {
	hash := sessionHash(r)
	if hash == nil {
		return tracker.Actor{}, tracker.ErrNotFound
	}
	return s.Store.SessionActor(r.Context(), hash)
}

// sessionHash is what the database knows of the session's token.
func sessionHash(r *http.Request) []byte {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || cookie.Value == "" {
		return nil
	}
	return hashToken(cookie.Value)
}

func (s *Server) newSession(w http.ResponseWriter, r *http.Request) error {
	needed, err := s.needsSetUp(r.Context())
	if err != nil {
		return err
	}
	if needed {
		return redirect(w, r, view.SetupPath, "")
	}
	// Somebody may have loaded the demonstration since the program started.
	if err := s.LoadDemonstration(r.Context()); err != nil {
		return err
	}
	page := s.signInPage(w, r)
	page.Next = safeReturnPath(r.URL.Query().Get("next"))
	return render(w, r, http.StatusOK, view.SessionNewPage(page))
}

// LoadDemonstration reads the provenance note that pages show.
func (s *Server) LoadDemonstration(ctx context.Context) error {
	note, err := s.Store.Demonstration(ctx)
	if err != nil {
		return err
	}
	s.demonstration.Store(&note)
	return nil
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) view.SessionNew {
	page := view.SessionNew{Page: s.page(w, r, "session_new.title"), Errors: view.Errors{}, Mails: s.Store.Mails()}
	if *s.demonstration.Load() != (tracker.Text{}) {
		page.DemoAccounts, page.DemoPassword = s.Demo.Accounts, s.Demo.Password
	}
	return page
}

// askToSignIn sends a reader to the sign-in page and back. A form that was sent
// when the session was over is carried along, so that nothing typed is lost.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == view.SignOutPath {
		return redirect(w, r, view.SignInPath, "notice.signed_out") // there is nothing left to end
	}
	if r.Method != http.MethodPost {
		path := view.SignInPath
		if next := safeReturnPath(r.URL.RequestURI()); next != "" && next != view.HomePath {
			path += "?" + encodeNext(next)
		}
		return redirect(w, r, path, "")
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	leave, err := s.waitForPlace(w, r)
	if err != nil {
		return err
	}
	defer leave()
	page := s.signInPage(w, r)
	page.ResumeAction = safeReturnPath(r.URL.RequestURI())
	page.Resume = carriedFields(f, "")
	page.Path = view.SignInPath
	return render(w, r, http.StatusUnauthorized, view.SessionNewPage(page))
}

// slowReader is how long somebody may take to read a page that is built for few
// at a time.
const slowReader = 5 * time.Second

// waitForPlace waits until the sign-in page may be built with what was typed.
// Anybody may have that done, as large as a form can be, so it is done for few
// at a time, and who does not read it loses the connection.
func (s *Server) waitForPlace(w http.ResponseWriter, r *http.Request) (leave func(), err error) {
	select {
	case s.large <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	// A writer that knows no deadline is a test's, and reads at once.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(slowReader))
	return func() { <-s.large }, nil
}

// createSession signs in. The answer is the same for an unknown address and a
// wrong password, in words and in time.
func (s *Server) createSession(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	email := tracker.CanonicalEmail(f.text("email"))
	account, err := s.authenticate(r.Context(), email, f.secret("password"))
	if errors.Is(err, tracker.ErrNotFound) {
		return s.refuseSignIn(w, r, f)
	}
	if err != nil {
		return err
	}
	if err := s.startSession(w, r, account); err != nil {
		return err
	}
	if action := safeReturnPath(f.text("resume_action")); action != "" {
		return s.resume(w, r, f, action)
	}
	next := safeReturnPath(f.text("next"))
	if next == "" {
		next = view.HomePath
	}
	return redirect(w, r, next, "")
}

func (s *Server) authenticate(ctx context.Context, email, password string) (int64, error) {
	account, hash, err := s.Store.SignInAccount(ctx, email)
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		return 0, err
	}
	matches, err := s.hashes.match(ctx, password, hash)
	if err != nil {
		return 0, err
	}
	if !matches {
		return 0, tracker.ErrNotFound
	}
	return account, nil
}

func (s *Server) refuseSignIn(w http.ResponseWriter, r *http.Request, f *form) error {
	if f.text("resume_action") != "" {
		leave, err := s.waitForPlace(w, r)
		if err != nil {
			return err
		}
		defer leave()
	}
	page := s.signInPage(w, r)
	if email := f.text("email"); len(email) <= tracker.MaxEmail {
		page.Email = email
	}
	page.Errors[""] = page.P.T("session_new.error.refused")
	page.Next = safeReturnPath(f.text("next"))
	if page.ResumeAction = safeReturnPath(f.text("resume_action")); page.ResumeAction != "" {
		page.Resume = carriedFields(f, resumePrefix)
	}
	return render(w, r, http.StatusUnprocessableEntity, view.SessionNewPage(page))
}

// startSession gives the browser a new token; one that it held before ends, so
// that nobody can have planted it.
func (s *Server) startSession(w http.ResponseWriter, r *http.Request, account int64) error {
	actor := visitor(r)
	actor.AccountID = account
	token, hash := newToken()
	if err := s.Store.StartSession(r.Context(), actor, hash, sessionLifetime); err != nil {
		return err
	}
	if before := sessionHash(r); before != nil {
		if err := s.Store.EndSession(r.Context(), actor, before); err != nil {
			return err
		}
	}
	giveSession(w, r, token)
	return nil
}

// visitor is whoever sent the request, before it is known who they are.
func visitor(r *http.Request) tracker.Actor {
	info := infoOf(r)
	return tracker.Actor{RequestID: info.id, Address: info.address}
}

func giveSession(w http.ResponseWriter, r *http.Request, token string) {
	cookie := &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: int(sessionLifetime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: infoOf(r).secure,
	}
	http.SetCookie(w, cookie)
	setCookie(r, cookie)
}

func (s *Server) deleteSession(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if err := s.Store.EndSession(r.Context(), actor, sessionHash(r)); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true})
	return redirect(w, r, view.SignInPath, "notice.signed_out")
}
