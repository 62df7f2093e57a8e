package server_test

import (
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

// personPath is the page of one of Ha Long's people.
func (s *site) personPath(email string) string {
	s.t.Helper()
	return fmt.Sprintf("%s/%d", people, ask[int64](s, `SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id
		JOIN city c ON c.id = m.city_id WHERE a.email = $1 AND c.slug = 'ha-long'`, email))
}

// membership is what the person is in Ha Long as it is stored.
func (s *site) membership(email string) string {
	s.t.Helper()
	return ask[string](s, `SELECT concat_ws(' ', m.role, d.code, m.ends_on, m.version, CASE WHEN m.disabled_at IS NOT NULL THEN 'disabled' END)
		FROM membership m JOIN account a ON a.id = m.account_id JOIN city c ON c.id = m.city_id
		LEFT JOIN department d ON d.id = m.department_id WHERE a.email = $1 AND c.slug = 'ha-long'`, email)
}

func TestChangePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, path := s.as(coordinator), s.personPath(staff)
	v.get(path).expect(http.StatusOK, htmlcheck.In(`input[name="role"][checked]`, htmlcheck.HasAttr("value", "staff")),
		htmlcheck.In(`option[selected]`, htmlcheck.HasAttr("value", "CUL")), htmlcheck.In(`form[action="`+path+`"] input[name="version"]`, htmlcheck.HasAttr("value", "1")))
	v.post(path, "version", "1", "role", "expert", "ends_on", "2024-12-31").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#ends_on-error", htmlcheck.HasText(say(t, "people.error.end_past"))), htmlcheck.In(`input[name="ends_on"]`, htmlcheck.HasAttr("value", "2024-12-31")))
	v.post(path, "version", "1", "role", "staff", "department", "EDU").redirects(people).follow().expect(http.StatusOK, noticed(say(t, "notice.person_changed")))
	equal(t, "membership", s.membership(staff), "staff EDU 2")
	// A second coordinator with the page as it was: both are shown, and sending again is a decision.
	stale := v.post(path, "version", "1", "role", "reviewer").expect(http.StatusConflict, says(say(t, "person_edit.changed.title")),
		htmlcheck.In(`input[name="role"][checked]`, htmlcheck.HasAttr("value", "reviewer")), htmlcheck.In(`form[action="`+path+`"] input[name="version"]`, htmlcheck.HasAttr("value", "2")))
	equal(t, "membership", s.membership(staff), "staff EDU 2")
	stale.sendAgain(path).redirects(people)
	equal(t, "membership", s.membership(staff), "reviewer 3")
	for _, none := range []string{people + "/999", people + "/x", people + "/" + strings.Repeat("9", 30)} {
		v.get(none).expect(http.StatusNotFound)
		v.post(none, "version", "1").expect(http.StatusNotFound)
	}
}

// TestLastCoordinator is told why they cannot go.
func TestLastCoordinator(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, path := s.as(coordinator), s.personPath(coordinator)
	v.post(path, "version", "1", "role", "leader").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#role-error", htmlcheck.HasText(say(t, "people.error.last_coordinator"))), htmlcheck.In(`input[name="role"][checked]`, htmlcheck.HasAttr("value", "leader")))
	v.post(path+"/disable", "version", "1").expect(http.StatusUnprocessableEntity, htmlcheck.In(".errors", htmlcheck.HasText(say(t, "people.error.last_coordinator"))))
	equal(t, "membership", s.membership(coordinator), "coordinator 1")
	s.add(person{email: "second@ha-long.test", role: tracker.Coordinator, city: "ha-long"})
	v.post(path, "version", "1", "role", "leader").redirects("/").follow().redirects(dashboard) // their own act took them out
	v.get(people).expect(http.StatusForbidden)
}

// TestDisablePerson: out at once, with the session that they have, and back.
func TestDisablePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, w, path := s.as(coordinator), s.as(staff), s.personPath(staff)
	history := s.db.Count(t, `SELECT count(*) FROM status_change`)
	v.post(path+"/disable", "version", "1").redirects(people).follow().expect(http.StatusOK, noticed(say(t, "notice.person_disabled")),
		htmlcheck.In(`[data-person="`+staff+`"]`, htmlcheck.HasText(say(t, "person.state.disabled"))))
	w.get(dashboard).expect(http.StatusNotFound)
	w.get("/cities").expect(http.StatusOK, says(say(t, "city_list.empty.title")))
	v.post(path+"/disable", "version", "1").expect(http.StatusConflict, says(say(t, "person_edit.changed.title")))
	v.get(path + "/disable").redirects(path)
	v.post(path+"/enable", "version", "2").redirects(people)
	w.get(dashboard).expect(http.StatusOK)
	equal(t, "membership", s.membership(staff), "staff CUL 3")
	equal(t, "what was recorded", s.db.Count(t, `SELECT count(*) FROM status_change`), history)
}

// TestForgottenPassword: the link gives a new password once, and ends the
// sessions there were.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	now := &clock{now: pgtest.Now}
	s := newSiteOn(t, pgtest.Options{Demo: true, Now: now.Now})
	s.visit().get("/sign-in").expect(http.StatusOK, says(say(t, "session_new.forgotten")))
	v, w, path := s.as(coordinator), s.as(staff), s.personPath(staff)
	link := v.post(path+"/password-link", "version", "1").expect(http.StatusOK, says(say(t, "link_show.until", "moment", "12:00 11/03/2025"))).link()
	owner := s.visit()
	got := owner.get(link).expect(http.StatusOK, says(staff))
	equal(t, "Referrer-Policy", got.header.Get("Referrer-Policy"), "no-referrer")
	owner.post(link, "password", "ngắn").expect(http.StatusUnprocessableEntity, htmlcheck.In("#password-error", htmlcheck.HasText(say(t, "password.error.short", "password", 12))))
	owner.post(link, "password", newPassword).redirects("/").follow().redirects(ofCulture)
	w.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	owner.get(dashboard).expect(http.StatusOK)
	s.visit().post("/sign-in", "email", staff, "password", demonstration.Password).expect(http.StatusUnprocessableEntity)
	s.visit().post("/sign-in", "email", staff, "password", newPassword).redirects("/")
	s.visit().post(link, "password", newPassword).expect(http.StatusGone, says(say(t, "error.link.title")))
	late := v.post(path+"/password-link", "version", "1").link()
	now.set(pgtest.Now.Add(24 * time.Hour))
	s.visit().get(late).expect(http.StatusGone)
	equal(t, "secrets in the log", strings.Contains(s.journal.all(), strings.TrimPrefix(link, "/new-password/")), false)
}

// TestPasswordOfThePowerful: a coordinator cannot take over an account that has
// a role elsewhere, and hears whom to turn to.
func TestPasswordOfThePowerful(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.join(s.member(leader).AccountID, person{role: tracker.Admin})
	s.join(s.member(reviewer).AccountID, person{role: tracker.Overseer, city: otherCity})
	s.join(s.member(staff).AccountID, person{role: tracker.Expert, city: otherCity, endsOn: "2026-01-01"})
	v := s.as(coordinator)
	for _, email := range []string{leader, reviewer, staff} {
		v.post(s.personPath(email)+"/password-link", "version", "1").expect(http.StatusUnprocessableEntity,
			htmlcheck.In(".errors", htmlcheck.HasText(say(t, "people.error.role_elsewhere"))))
	}
	equal(t, "links", s.db.Count(t, `SELECT count(*) FROM password_link`), 0)
}
