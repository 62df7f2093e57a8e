package server

import (
	"context"
	"errors"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

const (
	sessionLifetime = 7 * 24 * time.Hour
	browserCookie   = "browser"
	browserLifetime = 365 * 24 * time.Hour
	// signInPause is how long who has tried too often waits for the answer.
	signInPause = time.Second
)

// sessionCookie and the names of other cookies that hold a secret are seen by
// browsers as cookieName makes them.
const (
	sessionCookie = "session"
	hostPrefix    = "__Host-"
)

// cookieName is the cookie's name as the request's browser knows it. Over https
// it lets browsers take it from this host and over https only; over plain http
// such a name is refused. Of two names none stands in the other's way when the
// scheme changes.
func cookieName(r *http.Request, name string) string {
	if infoOf(r).secure {
		return hostPrefix + name
	}
	return name
}

// actor is who the request's session belongs to; ErrNotFound for nobody.
func (s *Server) actor(r *http.Request) (tracker.Actor, error) {
	hash := sessionHash(r)
	if hash == nil {
		return tracker.Actor{}, tracker.ErrNotFound
	}
	return s.Store.SessionActor(r.Context(), hash)
}

// sessionHash is what the database knows of the session's token.
func sessionHash(r *http.Request) []byte { return cookieHash(r, sessionCookie) }

// cookieHash is the hash of a token that the browser keeps; nil for none.
func cookieHash(r *http.Request, name string) []byte { return hashIn(r, cookieName(r, name)) }

// hashIn is cookieHash for a name as it is sent.
func hashIn(r *http.Request, name string) []byte {
	cookie, err := r.Cookie(name)
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
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" && infoOf(r).files {
		// Files cannot be carried along; the next page leads to their form.
		return redirect(w, r, view.SignInPath+"?"+encodeNext(safeReturnPath(r.URL.RequestURI())), "notice.files_not_sent")
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
// wrong password, in words and in time; so is the one to too many tries.
func (s *Server) createSession(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	email := tracker.CanonicalEmail(f.text("email"))
	who, err := s.authenticate(r, email, f.secret("password"))
	var wait *tracker.WaitError
	switch {
	case errors.As(err, &wait):
		return s.holdSignIn(w, r, f, wait)
	case errors.Is(err, tracker.ErrNotFound):
		return s.refuseSignIn(w, r, f)
	case err != nil:
		return err
	}
	err = s.startSession(w, r, who)
	switch {
	case errors.Is(err, tracker.ErrSecondStep):
		return s.askSecondStep(w, r, f, who)
	case errors.Is(err, tracker.ErrNotFound): // changed while it was compared
		return s.refuseSignIn(w, r, f)
	case err != nil:
		return err
	}
	return s.arrive(w, r, f, "")
}

// arrive goes on where somebody was who has signed in.
func (s *Server) arrive(w http.ResponseWriter, r *http.Request, f *form, notice string) error {
	if action := safeReturnPath(f.text("resume_action")); action != "" {
		return s.resume(w, r, f, action)
	}
	next := safeReturnPath(f.text("next"))
	if next == "" {
		next = view.HomePath
	}
	return redirect(w, r, next, notice)
}

// authenticated is an account whose password was typed, and the hash that it
// matched: nobody is signed in by one that is not the account's any more.
type authenticated struct {
	account int64
	hash    string
}

// authenticate looks for the account. The try is counted before the password is
// looked at; an empty field is no try.
func (s *Server) authenticate(r *http.Request, email, password string) (authenticated, error) {
	if email == "" || password == "" {
		return authenticated{}, tracker.ErrNotFound
	}
	account, hash, err := s.Store.TrySignIn(r.Context(), postgres.SignInTry{
		Email: email, Address: infoOf(r).address, Browser: cookieHash(r, browserCookie)})
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		return authenticated{}, err
	}
	matches, err := s.hashes.match(r.Context(), password, hash)
	if err != nil {
		return authenticated{}, err
	}
	if !matches {
		return authenticated{}, tracker.ErrNotFound
	}
	return authenticated{account, hash}, nil
}

func (s *Server) refuseSignIn(w http.ResponseWriter, r *http.Request, f *form) error {
	return s.showSignInAgain(w, r, f, http.StatusUnprocessableEntity, func(p *locale.Printer) string { return p.T("session_new.error.refused") })
}

// holdSignIn tells how long to wait.
func (s *Server) holdSignIn(w http.ResponseWriter, r *http.Request, f *form, wait *tracker.WaitError) error {
	if err := s.holdBack(w, r, wait); err != nil {
		return err
	}
	return s.showSignInAgain(w, r, f, http.StatusTooManyRequests, func(p *locale.Printer) string { return waitWords(wait, "password", p) })
}

// holdBack takes a moment, which people hardly notice: programs that try one
// password after another get as many answers as they keep connections, and the
// processor stays free for others.
func (s *Server) holdBack(w http.ResponseWriter, r *http.Request, wait *tracker.WaitError) error {
	select {
	case <-time.After(s.pause):
	case <-r.Context().Done():
		return r.Context().Err()
	}
	infoOf(r).note(wait)
	w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(wait)))
	return nil
}

func wholeSeconds(wait *tracker.WaitError) int { return int(math.Ceil(wait.For.Seconds())) }

// waitWords tells who has tried too often how long to wait. What was tried is
// "password" or "second_step".
func waitWords(wait *tracker.WaitError, tried string, p *locale.Printer) string {
	seconds := wholeSeconds(wait)
	if seconds > 60 {
		return p.T(tried+".error.wait_minutes", "count", (seconds+59)/60)
	}
	return p.T(tried+".error.wait_seconds", "count", seconds)
}

// showSignInAgain keeps what was typed, but for the password.
func (s *Server) showSignInAgain(w http.ResponseWriter, r *http.Request, f *form, status int, why func(*locale.Printer) string) error {
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
	page.Errors[""] = why(page.P)
	page.Next = safeReturnPath(f.text("next"))
	if page.ResumeAction = safeReturnPath(f.text("resume_action")); page.ResumeAction != "" {
		page.Resume = carriedFields(f, resumePrefix)
	}
	return render(w, r, status, view.SessionNewPage(page))
}

// startSession gives the browser a new token; one that it held before ends, so
// that nobody can have planted it. From then on the browser is known as one
// that the account is used from. Errors as of Store.StartSession.
func (s *Server) startSession(w http.ResponseWriter, r *http.Request, who authenticated) error {
	actor := visitor(r)
	actor.AccountID = who.account
	token, session := s.nextSession(w, r)
	if err := s.Store.StartSession(r.Context(), actor, who.hash, session); err != nil {
		return err
	}
	giveSession(w, r, token)
	return nil
}

// nextSession is a session for the browser, which ends those that it held.
func (s *Server) nextSession(w http.ResponseWriter, r *http.Request) (token string, session postgres.NewSession) {
	token, hash := newToken()
	return token, postgres.NewSession{
		TokenHash: hash, Lifetime: sessionLifetime, Before: sessionsBefore(r), Browser: knowBrowser(w, r)}
}

// sessionsBefore are those that the browser holds, of either scheme.
func sessionsBefore(r *http.Request) [][]byte {
	var all [][]byte
	for _, name := range []string{sessionCookie, hostPrefix + sessionCookie} {
		if hash := hashIn(r, name); hash != nil {
			all = append(all, hash)
		}
	}
	return all
}

// knowBrowser returns what the database knows of the browser's own token. It
// stays when people sign out, and tells nothing but that somebody has signed in
// there: their tries are then counted apart from strangers'.
func knowBrowser(w http.ResponseWriter, r *http.Request) []byte {
	if hash := cookieHash(r, browserCookie); hash != nil {
		return hash
	}
	token, hash := newToken()
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r, browserCookie), Value: token, Path: "/", MaxAge: int(browserLifetime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: infoOf(r).secure,
	})
	return hash
}

// visitor is whoever sent the request, before it is known who they are.
func visitor(r *http.Request) tracker.Actor {
	info := infoOf(r)
	return tracker.Actor{RequestID: info.id, Address: info.address}
}

func giveSession(w http.ResponseWriter, r *http.Request, token string) {
	if infoOf(r).secure {
		dropCookie(w, sessionCookie) // from before there was https
	}
	cookie := &http.Cookie{
		Name: cookieName(r, sessionCookie), Value: token, Path: "/", MaxAge: int(sessionLifetime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: infoOf(r).secure,
	}
	http.SetCookie(w, cookie)
	setCookie(r, cookie)
}

func (s *Server) deleteSession(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if err := s.Store.EndSession(r.Context(), actor, sessionHash(r)); err != nil {
		return err
	}
	dropCookie(w, cookieName(r, sessionCookie))
	return redirect(w, r, view.SignInPath, "notice.signed_out")
}

// dropCookie takes a cookie back. Only a secure one may name this host.
func dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: strings.HasPrefix(name, hostPrefix)})
}
