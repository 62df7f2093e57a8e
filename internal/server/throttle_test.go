package server_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

// guarded is a site whose clock the test sets, and whose answers come at once.
func guarded(t *testing.T) (*site, *clock) {
	t.Helper()
	now := &clock{now: pgtest.Now}
	s := newSiteOn(t, pgtest.Options{Demo: true, Now: now.Now})
	s.server.SetPause(0)
	return s, now
}

// guess sends a wrong password from an address.
func (v *visitor) guess(email, address string) answer {
	v.site.t.Helper()
	return v.postForm("/sign-in", form("email", email, "password", "sai mật khẩu"), from(address+":1"))
}

// TestThrottledSignIn: after five wrong passwords the page says how long to
// wait, keeps what was typed, and does not even look at the right one.
func TestThrottledSignIn(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.visit()
	for range 5 {
		v.guess(staff, "192.0.2.7").expect(http.StatusUnprocessableEntity, says(say(t, "session_new.error.refused")))
	}
	hashes := s.server.CountHashes()
	got := v.post("/sign-in?lang=vi", "email", " Staff@ha-long.demo", "password", demonstration.Password, "next", list,
		"resume_action", entryPath("7.2.2")+"/claim", "resume.note", "gõ dở").expect(http.StatusTooManyRequests,
		htmlcheck.In(".errors", htmlcheck.HasText(say(t, "password.error.wait_seconds", "count", 30))),
		htmlcheck.In(`input[name="email"]`, htmlcheck.HasAttr("value", "Staff@ha-long.demo")),
		htmlcheck.In(`input[name="password"]`, htmlcheck.HasAttr("value", "")),
		htmlcheck.In(`input[name="next"]`, htmlcheck.HasAttr("value", list)),
		htmlcheck.In(`input[name="resume.note"]`, htmlcheck.HasAttr("value", "gõ dở")))
	equal(t, "Retry-After", got.header.Get("Retry-After"), "30")
	equal(t, "hashes", hashes.Load(), 0)
	equal(t, "cookies of a session", strings.Contains(fmt.Sprint(got.cookies), "session="), false)
	now.set(pgtest.Now.Add(29500 * time.Millisecond))
	equal(t, "half a second early", v.guess(staff, "192.0.2.7").header.Get("Retry-After"), "1")
	now.set(pgtest.Now.Add(30 * time.Second))
	v.signIn(staff)
	lines := s.journal.of(t, got.header.Get("X-Request-Id"))
	equal(t, "lines in the log", len(lines), 1)
	equal(t, "level", lines[0].Level, "INFO")
	equal(t, "address", lines[0].Address, "192.0.2.7")
	equal(t, "the log tells who", strings.Contains(s.journal.all(), "taff@"), false)
}

// TestThrottledInMinutes is how longer waits are told.
func TestThrottledInMinutes(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.visit()
	for range 5 {
		v.guess(staff, "192.0.2.7")
	}
	for _, tt := range []struct {
		after      time.Duration
		vi, en     string
		retryAfter string
	}{
		{30 * time.Second, say(t, "password.error.wait_seconds", "count", 60), tell(t, "password.error.wait_seconds", "count", 60), "60"},
		{time.Minute, say(t, "password.error.wait_minutes", "count", 2), tell(t, "password.error.wait_minutes", "count", 2), "120"},
	} {
		now.set(now.Now().Add(tt.after))
		v.guess(staff, "192.0.2.7").expect(http.StatusUnprocessableEntity)
		got := v.guess(staff, "192.0.2.7").expect(http.StatusTooManyRequests, says(tt.vi))
		equal(t, "Retry-After", got.header.Get("Retry-After"), tt.retryAfter)
		v.postForm("/sign-in?lang=en", form("email", staff, "password", "x")).expect(http.StatusTooManyRequests, says(tt.en))
		v.get("/sign-in?lang=vi").expect(http.StatusOK)
	}
}

// TestUnknownAddressesAreThrottledAlike: at each try the status, the page, the
// headers and the number of hashes and queries are those of a known address.
func TestUnknownAddressesAreThrottledAlike(t *testing.T) {
	t.Parallel()
	queries := &counter{}
	s := newSiteOn(t, pgtest.Options{Demo: true, Tracer: queries})
	s.server.SetPause(0)
	s.add(person{email: "member@ha-long.test", role: tracker.Leader, city: "ha-long"})
	hashes := s.server.CountHashes()
	known, unknown := s.visit(), s.visit()
	ask := func(v *visitor, email string) string {
		hashes.Store(0)
		queries.take()
		got := v.guess(email, "192.0.2.7")
		header := got.header.Clone()
		header.Del("X-Request-Id")
		return fmt.Sprint(got.status, header, hashes.Load(), len(queries.take()), strings.ReplaceAll(withoutID(got), email, "EMAIL"))
	}
	for n := range 12 {
		if got, want := ask(unknown, "nobody@ha-long.test"), ask(known, "member@ha-long.test"); got != want {
			t.Errorf("try %d, of nobody: %s\nof a member: %s", n+1, got, want)
		}
	}
}

// TestSignInCosts one hash and three queries, whatever the browser had before
// and whether the password is right.
func TestSignInCosts(t *testing.T) {
	t.Parallel()
	queries := &counter{}
	s := newSiteOn(t, pgtest.Options{Demo: true, Tracer: queries})
	hashes := s.server.CountHashes()
	v := s.visit()
	for _, tt := range []struct {
		name, email, password   string
		status, queries, hashes int
	}{
		{"the first time", staff, demonstration.Password, 303, 3, 1},
		{"again, with a session", staff, demonstration.Password, 303, 3, 1},
		{"as somebody else", leader, demonstration.Password, 303, 3, 1},
		{"wrong", staff, "sai", 422, 1, 1},
		{"too long", staff, strings.Repeat("x", 2000), 422, 1, 1},
		{"an address that nobody has", "nobody@ha-long.demo", "sai", 422, 1, 1},
		{"without a password", staff, "", 422, 0, 0},
		{"without an address", "", "sai", 422, 0, 0},
	} {
		queries.take()
		hashes.Store(0)
		got := v.post("/sign-in", "email", tt.email, "password", tt.password)
		sent := queries.take()
		equal(t, tt.name+": status", got.status, tt.status)
		equal(t, tt.name+": queries", len(sent), tt.queries)
		equal(t, tt.name+": hashes", int(hashes.Load()), tt.hashes)
	}
	equal(t, "sessions", s.db.Count(t, `SELECT count(*) FROM session`), 1)
	equal(t, "signed out by signing in", s.db.Count(t, `SELECT count(*) FROM audit WHERE act = 'sign_out'`), 2)
}

// TestStormOnOneAccount: who has signed in with their browser before does so
// while strangers, elsewhere and in the same office, try one password after
// another.
func TestStormOnOneAccount(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.as(staff)
	v.post("/sign-out").redirects("/sign-in")
	for n := range 120 {
		s.visit().guess(staff, fmt.Sprint("198.51.100.", n%60))
		s.visit().guess(staff, "192.0.2.7")
	}
	s.visit().guess(staff, "192.0.2.7").expect(http.StatusTooManyRequests)
	s.visit().guess(staff, "198.51.100.200").expect(http.StatusTooManyRequests)
	v.signIn(staff)
	s.as(leader) // whoever else works in the office
	// The browser's token is no key: without the password it is five tries more.
	for range 5 {
		v.guess(staff, "192.0.2.7").expect(http.StatusUnprocessableEntity)
	}
	v.guess(staff, "192.0.2.7").expect(http.StatusTooManyRequests)
	now.set(now.Now().Add(24 * time.Hour))
	s.as(staff)
}

// TestBrowserCookie stays when people sign out, is the same for all who use the
// browser, and the database keeps its hash only.
func TestBrowserCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.visit()
	v.get("/sign-in")
	v.guess(staff, "192.0.2.7")
	equal(t, "before anybody signed in", v.cookie("browser"), "")
	cookie := v.post("/sign-in", "email", staff, "password", demonstration.Password).cookie(t, "browser")
	equal(t, "HttpOnly", cookie.HttpOnly, true)
	equal(t, "SameSite", cookie.SameSite, http.SameSiteLaxMode)
	equal(t, "Secure over plain http", cookie.Secure, false)
	equal(t, "MaxAge", cookie.MaxAge, 365*24*60*60)
	equal(t, "a long token", len(cookie.Value) >= 26, true)
	v.post("/sign-out")
	equal(t, "after signing out", v.cookie("browser"), cookie.Value)
	v.signIn(leader)
	equal(t, "for somebody else", v.cookie("browser"), cookie.Value)
	equal(t, "accounts known there", ask[int](s, `SELECT count(*) FROM known_browser WHERE browser_hash = sha256(convert_to($1, 'UTF8'))`, cookie.Value), 2)
	equal(t, "browsers", ask[int](s, `SELECT count(DISTINCT browser_hash) FROM known_browser`), 1)
}

// TestThrottledAnswerTakesAMoment, and no longer than the reader waits.
func TestThrottledAnswerTakesAMoment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.SetPause(200 * time.Millisecond)
	for range 5 {
		s.visit().guess(staff, "192.0.2.7")
	}
	began := time.Now()
	s.visit().guess(staff, "192.0.2.7").expect(http.StatusTooManyRequests)
	equal(t, "it came at once", time.Since(began) < 200*time.Millisecond, false)
	s.server.SetPause(time.Hour)
	began = time.Now()
	soon, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	s.visit().postForm("/sign-in", form("email", staff, "password", "x"), func(r *http.Request) { *r = *r.WithContext(soon) })
	equal(t, "nobody waits for it", time.Since(began) > time.Minute, false)
}
