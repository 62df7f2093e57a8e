package server

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

const (
	codeLength = 12 // letters and digits of 32: 60 bits
	codeTries  = 10
)

// setup guards the page that makes the first account. Its code is made anew at
// every start. After a few wrong ones it closes until the next start, rather
// than slow down: a stranger on the network can then only be in the way, and
// the operator at the shell has create-admin.
type setup struct {
	code string
	over atomic.Bool // somebody has an account, which stays so

	mu    sync.Mutex
	tries int // wrong codes that are still borne
}

func newSetup() *setup { return &setup{code: rand.Text()[:codeLength], tries: codeTries} }

func (g *setup) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tries == 0
}

// check refuses any code but the right one, and that too once it is closed. An
// empty field is no try.
func (g *setup) check(typed string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	code := plainCode(typed)
	switch {
	case g.tries == 0:
		return tracker.Invalid("code", "setup.error.closed")
	case code == "":
		return tracker.Invalid("code", "setup.error.none")
	case subtle.ConstantTimeCompare([]byte(code), []byte(g.code)) == 1:
		return nil
	}
	if g.tries--; g.tries == 0 {
		return tracker.Invalid("code", "setup.error.closed")
	}
	return tracker.Invalid("code", "setup.error.wrong")
}

// plainCode takes off what people add when they type a code that is printed in
// groups, and puts right the digits that the alphabet of codes does not have.
func plainCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case r == '0':
			return 'O'
		case r == '1':
			return 'I'
		case 'A' <= r && r <= 'Z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, typed)
}

// SetupCode is the code that the set-up page asks for, in groups as people
// read it; empty where somebody has an account and there is no such page.
func (s *Server) SetupCode(ctx context.Context) (string, error) {
	needed, err := s.needsSetUp(ctx)
	if err != nil || !needed {
		return "", err
	}
	code := s.setup.code
	return code[:4] + "-" + code[4:8] + "-" + code[8:], nil
}

// needsSetUp asks the database until there is an account, and then never again.
func (s *Server) needsSetUp(ctx context.Context) (bool, error) {
	if s.setup.over.Load() {
		return false, nil
	}
	has, err := s.Store.HasAccounts(ctx)
	if err != nil {
		return false, err
	}
	s.setup.over.Store(has)
	return !has, nil
}

// whileNeeded answers that there is no set-up page once there is an account.
func (s *Server) whileNeeded(ctx context.Context) error {
	needed, err := s.needsSetUp(ctx)
	if err == nil && !needed {
		return tracker.ErrNotFound
	}
	return err
}

func (s *Server) newSetUp(w http.ResponseWriter, r *http.Request) error {
	if err := s.whileNeeded(r.Context()); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.SetupNewPage(s.setUpPage(w, r)))
}

func (s *Server) setUpPage(w http.ResponseWriter, r *http.Request) view.SetupNew {
	return view.SetupNew{
		Page: s.page(w, r, "setup_new.title"), Errors: view.Errors{},
		Closed: s.setup.closed(), MinPassword: tracker.MinPassword,
	}
}

// createFirstAdmin makes the first account and signs it in.
func (s *Server) createFirstAdmin(w http.ResponseWriter, r *http.Request) error {
	if err := s.whileNeeded(r.Context()); err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	account := tracker.NewAccount{
		Email: tracker.CanonicalEmail(f.text("email")), Name: f.text("name"), Password: f.secret("password")}
	if err := tracker.Together(account.Check(), f.refused(), s.tryCode(r, f.text("code"))); err != nil {
		return s.showSetUpAgain(w, r, f, err)
	}
	token, err := s.setUp(w, r, account)
	if err != nil {
		return s.showSetUpAgain(w, r, f, err)
	}
	s.setup.over.Store(true)
	giveSession(w, r, token)
	return redirect(w, r, view.CitiesPath, "notice.set_up")
}

// tryCode leaves wrong codes in the log: somebody may be guessing.
func (s *Server) tryCode(r *http.Request, typed string) error {
	err := s.setup.check(typed)
	if err != nil {
		info := infoOf(r)
		s.Log.WarnContext(r.Context(), "set-up refused", "reason", err.Error(), "request", info.id, "address", info.address)
	}
	return err
}

func (s *Server) setUp(w http.ResponseWriter, r *http.Request, a tracker.NewAccount) (token string, err error) {
	passwordHash, err := s.hashes.make(r.Context(), a.Password)
	if err != nil {
		return "", err
	}
	token, tokenHash := newToken()
	admin := postgres.NewAdmin{Email: a.Email, Name: a.Name, PasswordHash: passwordHash}
	return token, s.Store.SetUp(r.Context(), visitor(r), admin, postgres.NewSession{
		TokenHash: tokenHash, Lifetime: sessionLifetime, Browser: knowBrowser(w, r)})
}

// showSetUpAgain shows the form with what was typed, but for the password.
func (s *Server) showSetUpAgain(w http.ResponseWriter, r *http.Request, f *form, cause error) error {
	page := s.setUpPage(w, r)
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return cause
	}
	page.Code, page.Name, page.Email, page.Errors = f.text("code"), f.text("name"), f.text("email"), messages
	return render(w, r, http.StatusUnprocessableEntity, view.SetupNewPage(page))
}
