package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/server/htmlcheck"
)

// endSessions is what a long lunch does.
func (s *site) endSessions() { s.owner(`DELETE FROM session`) }

// signInHere fills in the sign-in form of the page and sends it with all that
// it carries along.
func (a answer) signInHere(email, password string) answer {
	a.visitor.site.t.Helper()
	fields := fieldsOf(a.page().First(`form[action="/sign-in"]`))
	fields.Set("email", email)
	fields.Set("password", password)
	return a.visitor.postForm("/sign-in", fields)
}

// resumed are forms that were open when the session ended: what is typed, in
// which control it must be again, and the notice when it is saved at last.
var resumed = []struct {
	act     string
	fields  []string
	control string
	notice  string
}{
	{"claim", []string{"claim", "achieved", "note", "Dòng một.\nDòng “hai” <b>."}, `textarea[name="note"]`, "notice.claim_saved"},
	{"narrative", []string{"narrative", "Một", "solution", "Ba", "obstacles", "Dòng một.\nDòng “hai” <b>."},
		`textarea[name="obstacles"]`, "notice.narrative_saved"},
	{"submit", []string{"note", "Dòng một.\nDòng “hai” <b>."}, `form#submit textarea[name="note"]`, "notice.submitted"},
}

// TestSessionEndedWhileTheFormWasOpen: signing in shows the form again with
// what was typed; it is saved only when it is sent then.
func TestSessionEndedWhileTheFormWasOpen(t *testing.T) {
	t.Parallel()
	for _, tt := range resumed {
		s := newSite(t)
		v := s.as(staff)
		if tt.act == "submit" {
			v.claim("7.2.2", "claim", "achieved").redirects(entryPath("7.2.2"))
		}
		before := s.stored("7.2.2")
		s.endSessions()
		action := entryPath("7.2.2") + "/" + tt.act
		asked := v.post(action, append([]string{"version", before.form()}, tt.fields...)...).expect(http.StatusUnauthorized,
			says(say(t, "session_new.resume.title")), htmlcheck.In(`input[name="resume_action"]`, htmlcheck.HasAttr("value", action)))
		wrong := asked.signInHere(staff, "sai").expect(http.StatusUnprocessableEntity,
			htmlcheck.In(`input[name="resume_action"]`, htmlcheck.HasAttr("value", action)))
		again := wrong.signInHere(staff, demonstration.Password).expect(http.StatusOK, says(say(t, "notice.resumed")),
			htmlcheck.In(tt.control, htmlcheck.HasRaw("Dòng một.\nDòng “hai” <b>.")),
			htmlcheck.In(`input[name="version"]`, htmlcheck.HasAttr("value", before.form())))
		equal(t, tt.act+": entry", s.stored("7.2.2"), before)
		again.sendAgain(action).redirects(entryPath("7.2.2")).follow().expect(http.StatusOK, noticed(say(t, tt.notice)))
		equal(t, tt.act+": version", s.stored("7.2.2").Version, before.Version+1)
	}
}

// TestResumedMeasurement keeps even what cannot be read.
func TestResumedMeasurement(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.written()
	s.endSessions()
	v.post(entryPath("7.2.2")+"/measurement?lang=en", "version", "7", "year", "hai nghìn", "value", "ba mươi", "target", "40", "source", "Sở").
		expect(http.StatusUnauthorized, says(tell(t, "session_new.resume.title"))).
		signInHere(staff, demonstration.Password).expect(http.StatusOK, says(tell(t, "notice.resumed")),
		htmlcheck.In(`input[name="year"]`, htmlcheck.HasAttr("value", "hai nghìn")),
		htmlcheck.In(`input[name="value"]`, htmlcheck.HasAttr("value", "ba mươi")),
		htmlcheck.In(`input[name="target"]`, htmlcheck.HasAttr("value", "40")),
		htmlcheck.In(`input[name="source"]`, htmlcheck.HasAttr("value", "Sở")))
	equal(t, "what was written", s.written(), before)
}

// TestResumedClaimKeepsEveryField, a long note and the day included.
func TestResumedClaimKeepsEveryField(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	before := s.stored("7.2.2")
	s.endSessions()
	note := strings.Repeat("ệ\n", 50_000) + "."
	v.post(entryPath("7.2.2")+"/claim", "version", before.form(), "claim", "achieved", "note", note, "effective_on", "2025-03-01").
		expect(http.StatusUnauthorized).signInHere(coordinator, demonstration.Password).expect(http.StatusOK,
		htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw(note)),
		htmlcheck.In(`input[name="effective_on"]`, htmlcheck.HasAttr("value", "2025-03-01")),
		htmlcheck.In(`input[name="claim"][checked]`, htmlcheck.HasAttr("value", "achieved")))
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestResumedByAnother: whoever signs in is asked what they may do, and
// nothing is carried out for them.
func TestResumedByAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	before := s.written()
	for email, want := range map[string]int{leader: 403, otherStaff: 403, reviewer: 403, theirCoordinator: 404, coordinator: 200} {
		for _, act := range []string{"claim", "submit", "withdraw", "narrative", "measurement"} {
			got := s.visit().post(entryPath("7.2.2")+"/"+act, "version", "7", "claim", "achieved", "narrative", "x", "year", "2024", "value", "1").
				expect(http.StatusUnauthorized).signInHere(email, demonstration.Password)
			equal(t, email+" "+act+": status", got.status, want)
		}
	}
	equal(t, "what was written", s.written(), before)
}

// TestResumeLeadsToFormsOnly: a sign-in page that somebody else wrote cannot
// send people elsewhere or make the program do anything.
func TestResumeLeadsToFormsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.written()
	for _, action := range []string{
		"//evil.example/claim", "https://evil.example", `/\evil.example`, "/sign-out", "/sign-in", "/nowhere", "/cities/ha-long", "javascript:alert(1)",
		entryPath("7.2.2"), "/%zz", "/\tevil",
	} {
		v := s.visit()
		got := v.post("/sign-in", "email", staff, "password", demonstration.Password, "resume_action", action, "resume.claim", "achieved")
		equal(t, action+": status", got.status, http.StatusSeeOther)
		equal(t, action+": Location", got.header.Get("Location"), "/")
		v.get("/cities").expect(http.StatusOK) // still signed in
	}
	v := s.visit()
	v.post("/sign-in", "email", staff, "password", demonstration.Password, "resume_action", entryPath("9.9.9")+"/claim").
		expect(http.StatusNotFound, says(say(t, "error.not_found.title")))
	equal(t, "what was written", s.written(), before)
}

// TestOnlyOurFieldsAreCarried: anybody may send a form without signing in, and
// gets back no more than the fields of our own.
func TestOnlyOurFieldsAreCarried(t *testing.T) {
	t.Parallel()
	v := newSite(t).visit()
	page := v.post(entryPath("7.2.2")+"/claim", "note", "Giữ lại.", "version", "7", "evil", "x", "resume.claim", "x", "email", "x", "password", "x").
		expect(http.StatusUnauthorized, htmlcheck.In(`input[name="resume.note"]`, htmlcheck.HasAttr("value", "Giữ lại."))).page()
	equal(t, "carried", strings.Join(page.Values(`form[action="/sign-in"] input[type="hidden"]`, "name"), " "),
		"resume_action resume.version resume.note")
}

// TestLargePagesWait: who is kept waiting for a page that is built for few at
// a time hears so when the time is up.
func TestLargePagesWait(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	release := s.server.HoldLarge()
	late, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	v := s.visit()
	hurried := func(r *http.Request) { *r = *r.WithContext(late) }
	v.postForm(entryPath("7.2.2")+"/claim", form("note", "x"), hurried).
		expect(http.StatusServiceUnavailable, says(say(t, "error.unavailable.title")))
	release()
	v.post(entryPath("7.2.2")+"/claim", "note", "x").expect(http.StatusUnauthorized)
}

// TestResumedRequestIsLogged once, as what it was, with who it was.
func TestResumedRequestIsLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.visit().post("/sign-in", "email", staff, "password", demonstration.Password, "resume_action", entryPath("9.9.9")+"/claim")
	lines := s.journal.of(t, got.header.Get("X-Request-Id"))
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	equal(t, "line", lines[0], line{Level: "INFO", Method: "POST", Path: "/sign-in", Status: 404, Request: lines[0].Request,
		Address: "192.0.2.7", Account: s.member(staff).AccountID, Error: "not found"})
}
