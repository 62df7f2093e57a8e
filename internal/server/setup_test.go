package server_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

const (
	newAdmin      = "an@halong.vn"
	firstPassword = "một câu dài dễ nhớ"
)

// emptySite is a production installation on its first day.
func emptySite(t *testing.T) (s *site, code string) {
	t.Helper()
	s = newSiteOn(t, pgtest.Options{})
	code, err := s.server.SetupCode(t.Context())
	if err != nil || len(code) != 14 {
		t.Fatalf("the code is %q, %v", code, err)
	}
	return s, code
}

func (v *visitor) setUp(code string) answer {
	v.site.t.Helper()
	return v.post("/setup", "code", code, "name", " Nguyễn Thị An ", "email", " An@HaLong.vn ", "password", firstPassword)
}

// TestSetUp: all ways lead to the page; the code makes an admin, who is signed
// in at once, and again the next day.
func TestSetUp(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	v := s.visit()
	v.get("/").redirects("/sign-in").follow().redirects("/setup").follow().expect(http.StatusOK,
		says(say(t, "setup_new.about")), htmlcheck.In(`input[name="code"]`, htmlcheck.HasAttr("value", "")),
		htmlcheck.In(`input[name="password"]`, htmlcheck.HasAttr("autocomplete", "new-password")))
	v.setUp(code).redirects("/cities").follow().expect(http.StatusOK, noticed(say(t, "notice.set_up")),
		says(say(t, "city_list.first.title")), htmlcheck.In(`main a[href="/cities/new"]`, htmlcheck.HasText(say(t, "city_list.new"))),
		htmlcheck.In("header", htmlcheck.HasText("Nguyễn Thị An")))
	equal(t, "acts", ask[string](s, `SELECT string_agg(concat_ws(' ', act, subject, address, account_id), ', ') FROM audit`),
		"set_up account an@halong.vn 192.0.2.7 1")
	equal(t, "sessions", s.db.Count(t, `SELECT count(*) FROM session`), 1)
	v.get("/setup").expect(http.StatusNotFound)
	v.setUp(code).expect(http.StatusNotFound)
	s.visit().get("/sign-in").expect(http.StatusOK, htmlcheck.Count(`input[name="code"]`, 0))
	s.visit().post("/sign-in", "email", newAdmin, "password", firstPassword).redirects("/").follow().redirects("/cities")
	if again, err := s.server.SetupCode(t.Context()); again != "" || err != nil {
		t.Errorf("afterwards there is a code %q, %v", again, err)
	}
	plain := strings.ReplaceAll(code, "-", "")
	equal(t, "a secret is in the log", strings.Contains(s.journal.all(), firstPassword) || strings.Contains(s.journal.all(), plain), false)
}

// TestSetUpSession: the cookie is the same as after signing in.
func TestSetUpSession(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	cookie := s.visit().setUp(code).cookie(t, "session")
	equal(t, "HttpOnly", cookie.HttpOnly, true)
	equal(t, "SameSite", cookie.SameSite, http.SameSiteLaxMode)
	equal(t, "Secure over plain http", cookie.Secure, false)
	equal(t, "MaxAge", cookie.MaxAge, 7*24*60*60)
}

// TestSetUpRefused: each problem at its field, all at once, and nothing typed
// is lost but the password.
func TestSetUpRefused(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	v := s.visit()
	v.post("/setup", "code", "", "name", " ", "email", "an", "password", "mười một ký").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#code-error", htmlcheck.HasText(say(t, "setup.error.none"))),
		htmlcheck.In("#name-error", htmlcheck.HasText(say(t, "name.error.none"))),
		htmlcheck.In("#email-error", htmlcheck.HasText(say(t, "email.error.malformed"))),
		htmlcheck.In("#password-error", htmlcheck.HasText(say(t, "password.error.short", "password", 12))),
		htmlcheck.Count(".errors a", 4), htmlcheck.In(`input[name="email"]`, htmlcheck.HasAttr("value", "an")))
	v.post("/setup", "code", code, "name", "An\x00", "email", "An@halong.vn", "password", firstPassword).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#name-error", htmlcheck.HasText(say(t, "form.error.characters"))),
		htmlcheck.In(`input[name="code"]`, htmlcheck.HasAttr("value", code)),
		htmlcheck.In(`input[name="name"]`, htmlcheck.HasAttr("value", "An")),
		htmlcheck.In(`input[name="email"]`, htmlcheck.HasAttr("value", "An@halong.vn")),
		htmlcheck.In(`input[name="password"]`, htmlcheck.HasAttr("value", "")))
	v.post("/setup", "code", code, "name", "An", "email", newAdmin, "password", demonstration.Password).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#password-error", htmlcheck.HasText(say(t, "password.error.common"))))
	v.get("/setup?lang=en").expect(http.StatusOK, says(tell(t, "setup_new.about")))
	equal(t, "accounts", s.db.Count(t, `SELECT count(*) FROM account`), 0)
	equal(t, "acts", s.db.Count(t, `SELECT count(*) FROM audit`), 0)
}

// TestSetUpFromAnotherSite: a page elsewhere cannot send the form.
func TestSetUpFromAnotherSite(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	s.visit().postForm("/setup", form("code", code, "name", "An", "email", newAdmin, "password", firstPassword),
		header("Origin", "http://evil.test")).expect(http.StatusForbidden)
	equal(t, "accounts", s.db.Count(t, `SELECT count(*) FROM account`), 0)
}

// TestSetUpCodeIsGuessed: after ten wrong codes not even the right one counts,
// and the page says what to do. Empty fields are no guesses.
func TestSetUpCodeIsGuessed(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	v := s.visit()
	for range 20 {
		v.setUp(" - ").expect(http.StatusUnprocessableEntity, says(say(t, "setup.error.none")))
	}
	for range 9 {
		v.setUp("ABCD-EFGH-JKLM").expect(http.StatusUnprocessableEntity, says(say(t, "setup.error.wrong")))
	}
	v.get("/setup").expect(http.StatusOK, htmlcheck.Count(".notice", 0))
	v.setUp("ABCD-EFGH-JKLM").expect(http.StatusUnprocessableEntity, says(say(t, "setup.error.closed")))
	v.setUp(code).expect(http.StatusUnprocessableEntity, says(say(t, "setup.error.closed")))
	v.get("/setup").expect(http.StatusOK, says(say(t, "setup_new.closed.title")), says("learningcity create-admin"))
	equal(t, "accounts", s.db.Count(t, `SELECT count(*) FROM account`), 0)
	equal(t, "guesses in the log", strings.Count(s.journal.all(), `"set-up refused"`), 31)
	equal(t, "guesses are not repeated in the log", strings.Contains(strings.ReplaceAll(s.journal.all(), "-", ""), "ABCDEFGHJKLM"), false)
}

// TestSetUpCodeAsTyped: without its groups, in small letters, with the digits
// that look like letters.
func TestSetUpCodeAsTyped(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	typed := strings.NewReplacer("-", " ", "O", "0", "I", "1").Replace(code)
	s.visit().setUp("\t" + strings.ToLower(typed) + ".").redirects("/cities")
}

func TestPlainCode(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"": "", " - ": "", "abcd-efgh-2345": "ABCDEFGH2345", "ABCD EFGH 2345": "ABCDEFGH2345", "0o1i": "OOII", "mã: đạt": "MT", "\xff": "",
	} {
		equal(t, typed, server.PlainCode(typed), want)
	}
}

// FuzzSetUpCode: of all that can be typed, only the letters and digits count.
func FuzzSetUpCode(f *testing.F) {
	for _, seed := range []string{"ABCD-EFGH-JKLM", "abcd efgh", "", "ệ", "\xff", "ſKı", "01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		plain := server.PlainCode(typed)
		if strings.Trim(plain, "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789") != "" {
			t.Errorf("%q became %q", typed, plain)
		}
		if again := server.PlainCode(strings.ToLower(plain)); again != plain {
			t.Errorf("%q became %q, and that %q", typed, plain, again)
		}
	})
}

// TestSetUpTwiceAtOnce: of two who have the code, one becomes the admin.
func TestSetUpTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	var group sync.WaitGroup
	status := make([]int, 4)
	for i := range status {
		v := s.visit()
		group.Go(func() { status[i] = v.setUp(code).status })
	}
	group.Wait()
	made := 0
	for _, one := range status {
		switch one {
		case http.StatusSeeOther:
			made++
		case http.StatusNotFound:
		default:
			t.Errorf("somebody is answered %d", one)
		}
	}
	equal(t, "set up", made, 1)
	equal(t, "accounts", s.db.Count(t, `SELECT count(*) FROM account`), 1)
}

// TestSetUpAfterCreateAdmin: an account that was made at the shell ends the
// page too, while the program runs.
func TestSetUpAfterCreateAdmin(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	s.visit().get("/setup").expect(http.StatusOK)
	s.add(person{email: "operator@halong.vn", role: "admin"})
	s.visit().get("/setup").expect(http.StatusNotFound)
	s.visit().setUp(code).expect(http.StatusNotFound)
	s.visit().get("/sign-in").expect(http.StatusOK)
}

// TestSetUpWaitsForAHash: the first password is hashed where all others are, and
// who is kept waiting for too long hears so; nothing was made.
func TestSetUpWaitsForAHash(t *testing.T) {
	t.Parallel()
	s, code := emptySite(t)
	release := s.server.HoldHashes()
	late, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	v := s.visit()
	v.postForm("/setup", form("code", code, "name", "Nguyễn Thị An", "email", newAdmin, "password", firstPassword),
		func(r *http.Request) { *r = *r.WithContext(late) }).expect(http.StatusServiceUnavailable)
	equal(t, "accounts", s.db.Count(t, `SELECT count(*) FROM account`), 0)
	release()
}
