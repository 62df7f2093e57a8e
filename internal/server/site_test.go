package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/files"
	"learningcity/internal/locale"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	words "learningcity/web/locale"
	"learningcity/web/view"
)

// site is the whole program behind its router, on a database of its own that
// holds the demonstration city. It is noon on 10 March 2025.
type site struct {
	t       testing.TB
	db      *pgtest.Database
	server  *server.Server
	journal *journal
	home    *url.URL
}

// newSite opens a site. change adjusts the server's options.
func newSite(t testing.TB, change ...func(*server.Options)) *site {
	t.Helper()
	return newSiteOn(t, pgtest.Options{Demo: true}, change...)
}

// newSiteOn opens a site on a database that is not the usual one.
func newSiteOn(t testing.TB, database pgtest.Options, change ...func(*server.Options)) *site {
	t.Helper()
	s := &site{t: t, db: pgtest.New(t, database), journal: &journal{}, home: home}
	o := options(t, s.journal)
	o.Store = s.db.Store
	for _, c := range change {
		c(&o)
	}
	if o.PublicURL != nil {
		s.home = o.PublicURL.JoinPath("/")
	}
	s.server = server.New(o)
	if err := s.server.LoadDemonstration(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.server.UseSecondStepKey([32]byte{7}); err != nil {
		t.Fatal(err)
	}
	s.server.Open()
	if database.Demo {
		s.hush()
	}
	return s
}

// hush takes the demonstration's conversations away: tests begin their own, and
// count them.
func (s *site) hush() {
	s.t.Helper()
	for _, sql := range []string{`DELETE FROM comment_revision`, `DELETE FROM comment`, `DELETE FROM thread`, `ALTER TABLE thread ALTER COLUMN id RESTART`} {
		s.owner(sql)
	}
}

// options are a server's but for the store.
func options(t testing.TB, j *journal) server.Options {
	t.Helper()
	demo := server.Demo{Password: demonstration.Password}
	for _, a := range demonstration.Accounts() {
		demo.Accounts = append(demo.Accounts, view.DemoAccount{Email: a.Email, Role: string(a.Role)})
	}
	store, err := files.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return server.Options{
		Files: store, MaxFile: 1 << 20, Words: bundle(t), Log: slog.New(slog.NewJSONHandler(j, nil)), Language: locale.Vietnamese,
		TimeZone: pgtest.Zone, Demo: demo,
	}
}

var loadBundle = sync.OnceValues(func() (*locale.Bundle, error) { return locale.Load(words.Files) })

func bundle(t testing.TB) *locale.Bundle {
	t.Helper()
	b, err := loadBundle()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// say is a message in Vietnamese, and tell the same in English.
func say(t testing.TB, key string, args ...any) string {
	t.Helper()
	return inLanguage(t, locale.Vietnamese, key, args...)
}

func tell(t testing.TB, key string, args ...any) string {
	t.Helper()
	return inLanguage(t, locale.English, key, args...)
}

func inLanguage(t testing.TB, l locale.Language, key string, args ...any) string {
	t.Helper()
	text := bundle(t).Printer(l).T(key, args...)
	if text == key {
		t.Errorf("%s has no words in %s", key, l)
	}
	return text
}

// request makes a request like a browser's on a machine without TLS.
func request(method, target string) *http.Request {
	r := httptest.NewRequest(method, "http://city.test", http.NoBody)
	u, err := r.URL.Parse(target)
	if err != nil {
		panic(err)
	}
	r.URL, r.RequestURI, r.Host = u, u.RequestURI(), "city.test"
	r.RemoteAddr = "192.0.2.7:1234"
	return r
}

// journal keeps what the server logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// line is a request's line in the log.
type line struct {
	Level   string `json:"level"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Status  int    `json:"status"`
	Request string `json:"request"`
	Address string `json:"address"`
	Account int64  `json:"account"`
	Error   string `json:"error"`
}

// of returns the lines of one request; there should be one.
func (j *journal) of(t testing.TB, request string) []line {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []line
	d := json.NewDecoder(bytes.NewReader(j.text.Bytes()))
	for d.More() {
		var one line
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		if one.Request == request {
			found = append(found, one)
		}
	}
	return found
}

// all is the whole log as it was written.
func (j *journal) all() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// clock is a store's clock that a test can set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// owner changes the database as the app role may not.
func (s *site) owner(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(context.Background(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// ask reads one value as the owner.
func ask[T any](s *site, sql string, args ...any) T {
	s.t.Helper()
	var v T
	if err := s.db.Owner.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// equal compares one thing.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v; want %v", what, got, want)
	}
}
