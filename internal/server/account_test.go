package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server/htmlcheck"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In(`header a[href="/account"]`, htmlcheck.HasText("Cán bộ văn hóa (minh họa)")))
	v.get("/account").expect(http.StatusOK, says(staff), htmlcheck.In(`input[name="name"]`, htmlcheck.HasAttr("value", "Cán bộ văn hóa (minh họa)")),
		htmlcheck.In(`input[name="person_language"][checked]`, htmlcheck.HasAttr("value", "vi")))
	long := strings.Repeat("ệ", 201)
	v.post("/account", "name", long, "person_language", "fr").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#name-error", htmlcheck.HasText(say(t, "name.error.long", "name", 200))),
		htmlcheck.In("#person_language-error", htmlcheck.HasText(say(t, "account.error.language"))),
		htmlcheck.In(`input[name="name"]`, htmlcheck.HasAttr("value", long)))
	v.post("/account", "name", " ", "person_language", "vi").expect(http.StatusUnprocessableEntity, htmlcheck.In("#name-error", htmlcheck.HasText(say(t, "name.error.none"))))
	v.get("/account?lang=vi") // what was asked for once must not hide the choice
	v.post("/account", "name", " Trần Văn An ", "person_language", "en").redirects("/account").follow().expect(http.StatusOK,
		htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")), noticed(tell(t, "notice.profile_saved")), htmlcheck.In("header", htmlcheck.HasText("Trần Văn An")))
	equal(t, "stored", ask[string](s, `SELECT name || ' ' || language FROM account WHERE email = $1`, staff), "Trần Văn An en")
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, w := s.as(staff), s.as(staff)
	for _, tt := range []struct{ old, password, field, key string }{
		{"sai", newPassword, "old_password", "account.error.old_password"},
		{"", newPassword, "old_password", "account.error.old_password"},
		{demonstration.Password, "ngắn", "password", "password.error.short"},
		{demonstration.Password, strings.Repeat("a", 1001), "password", "password.error.long"},
	} {
		v.post("/account/password", "old_password", tt.old, "password", tt.password).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key, "password", 12, "password_most", 1000))),
			htmlcheck.In(`input[name="old_password"]`, htmlcheck.HasAttr("value", "")))
	}
	w.get(dashboard).expect(http.StatusOK)
	v.post("/account/password", "old_password", demonstration.Password, "password", newPassword).redirects("/account").follow().
		expect(http.StatusOK, noticed(say(t, "notice.password_changed")))
	w.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	s.visit().post("/sign-in", "email", staff, "password", demonstration.Password).expect(http.StatusUnprocessableEntity)
	s.visit().post("/sign-in", "email", staff, "password", newPassword).redirects("/")
	equal(t, "passwords in the log", strings.Contains(s.journal.all(), newPassword), false)
}

// TestOldPasswordIsThrottled: who has come by a session cannot try passwords
// there, the wait stands at its field, and a right one takes the count back.
func TestOldPasswordIsThrottled(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.as(staff)
	try := func(old string) answer {
		return v.post("/account/password", "old_password", old, "password", newPassword)
	}
	for range 5 {
		try("sai").expect(http.StatusUnprocessableEntity)
	}
	hashes := s.server.CountHashes()
	got := try(demonstration.Password).expect(http.StatusTooManyRequests,
		htmlcheck.In("#old_password-error", htmlcheck.HasText(say(t, "password.error.wait_seconds", "count", 30))))
	equal(t, "Retry-After", got.header.Get("Retry-After"), "30")
	equal(t, "hashes", hashes.Load(), 0)
	now.set(pgtest.Now.Add(30 * time.Second))
	try(demonstration.Password).redirects("/account")
	equal(t, "failures that are left", ask[int](s, `SELECT count(*) FROM sign_in_counter WHERE kind = 'place'`), 0)
}

func TestSessionsOfAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v, one, two, other := s.as(staff), s.as(staff), s.as(staff), s.as(leader)
	page := v.get("/account").expect(http.StatusOK, htmlcheck.Count(".people__row", 3), says("192.0.2.7"), says(say(t, "account.sessions.since", "moment", "12:00 10/03/2025"))).page()
	equal(t, "this one", len(page.All(".people__row .tag")), 1)
	forms := page.All(`form[action="/account/sessions"]`)
	equal(t, "forms", len(forms), 3) // one for each other session, one for all
	v.postForm("/account/sessions", fieldsOf(forms[0])).redirects("/account").follow().expect(http.StatusOK, noticed(say(t, "notice.sessions_ended")), htmlcheck.Count(".people__row", 2))
	open := 0
	for _, w := range []*visitor{one, two} {
		if w.get(dashboard).status == http.StatusOK {
			open++
		}
	}
	equal(t, "other sessions left", open, 1)
	v.post("/account/sessions").redirects("/account").follow().expect(http.StatusOK, htmlcheck.Count(".people__row", 1), htmlcheck.Count(`form[action="/account/sessions"]`, 0))
	one.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	two.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	other.get(dashboard).expect(http.StatusOK)
	v.post("/account/sessions", "session", "x").expect(http.StatusNotFound)
	theirs := ask[string](s, `SELECT s.id::text FROM session s JOIN account a ON a.id = s.account_id WHERE a.email = $1`, leader)
	v.post("/account/sessions", "session", theirs).redirects("/account")
	other.get(dashboard).expect(http.StatusOK)
}

// TestResumedProfile: a session that ended keeps the form.
func TestResumedProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	s.endSessions()
	v.post("/account", "name", "Tên mới", "person_language", "en").expect(http.StatusUnauthorized).signInHere(staff, demonstration.Password).
		expect(http.StatusOK, says(say(t, "notice.resumed")), htmlcheck.In(`input[name="name"]`, htmlcheck.HasAttr("value", "Tên mới")))
	equal(t, "name", ask[string](s, `SELECT name FROM account WHERE email = $1`, staff), "Cán bộ văn hóa (minh họa)")
}
