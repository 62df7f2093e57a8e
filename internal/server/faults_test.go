package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

// brokenSite has no store, so that every page that needs one is a fault.
func brokenSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, journal: &journal{}, home: home}
	s.server = server.New(options(t, s.journal))
	return s
}

// TestPanic: a fault of the program is a page with the request's id; what went
// wrong stands in the log only.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := brokenSite(t)
	s.server.Open()
	v := s.visit()
	v.keepCookie("session", "any")
	for _, lang := range []string{"vi", "en"} {
		got := v.get(dashboard + "?lang=" + lang)
		id := got.header.Get("X-Request-Id")
		got.expect(http.StatusInternalServerError, htmlcheck.In("main", htmlcheck.HasText(id)),
			htmlcheck.In(`main a[href="`+dashboard+"?lang="+lang+`"]`), htmlcheck.In(`main a[href="/"]`))
		checkHeaders(t, "a fault", got)
		for _, inside := range []string{"panic", "goroutine", "nil pointer", ".go:"} {
			equal(t, inside+" on the page", strings.Contains(got.body, inside), false)
		}
		lines := s.journal.of(t, id)
		if len(lines) != 1 {
			t.Fatalf("%d lines in the log", len(lines))
		}
		equal(t, "level", lines[0].Level, "ERROR")
		equal(t, "status", lines[0].Status, http.StatusInternalServerError)
		equal(t, "the log names the place", strings.Contains(lines[0].Error, "internal/server"), true)
	}
	v.get("/cities?lang=vi").expect(http.StatusInternalServerError, says(say(t, "error.internal.title")))
	v.post("/sign-out").expect(http.StatusInternalServerError, htmlcheck.Count(`main a[href="/sign-out"]`, 0))
}

// TestStarting: until the database is prepared, pages say so and health tells.
func TestStarting(t *testing.T) {
	t.Parallel()
	s := brokenSite(t)
	v := s.visit()
	for _, path := range []string{"/", "/sign-in", dashboard} {
		got := v.get(path).expect(http.StatusServiceUnavailable, says(say(t, "error.unavailable.title")))
		equal(t, path+": Retry-After", got.header.Get("Retry-After"), "5")
	}
	equal(t, "healthz", v.get("/healthz").status, http.StatusOK)
	equal(t, "readyz", v.get("/readyz").status, http.StatusServiceUnavailable)
	equal(t, "a style sheet", v.get("/static/none.css").status, http.StatusNotFound)
}

// TestNotMigrated: a database of another version is not ready, and the process
// lives.
func TestNotMigrated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.visit()
	equal(t, "readyz", v.get("/readyz").status, http.StatusOK)
	s.owner(`UPDATE schema_migrations SET version = version - 1`)
	got := v.get("/readyz")
	equal(t, "readyz, not migrated", got.status, http.StatusServiceUnavailable)
	equal(t, "it tells nothing", strings.Contains(got.body, "version"), false)
	equal(t, "healthz", v.get("/healthz").status, http.StatusOK)
	equal(t, "the log tells", strings.Contains(s.journal.of(t, got.header.Get("X-Request-Id"))[0].Error, "not migrated"), true)
}

// TestOutOfTime: where a request's time is up, the page that says so is still
// written whole.
func TestOutOfTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	got := v.get(dashboard, func(r *http.Request) { *r = *r.WithContext(late) })
	got.expect(http.StatusServiceUnavailable, says(say(t, "error.unavailable.title")), htmlcheck.In("footer"))
	equal(t, "Retry-After", got.header.Get("Retry-After"), "5")
}

// TestReaderIsGone: somebody who closed the page is no fault of the program.
func TestReaderIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	got := v.get(dashboard, func(r *http.Request) { *r = *r.WithContext(gone) })
	lines := s.journal.of(t, got.header.Get("X-Request-Id"))
	equal(t, "lines", len(lines), 1)
	equal(t, "level", lines[0].Level, "INFO")
	v.get(dashboard).expect(http.StatusOK)
}

// TestConnectionsKilled: a page that loses its connection says so, and the
// next one works.
func TestConnectionsKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	s.owner(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'learningcity'`)
	first := v.get(dashboard)
	equal(t, "an honest answer", first.status == http.StatusServiceUnavailable || first.status == http.StatusOK, true)
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "53/57")))
}
