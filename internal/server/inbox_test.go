package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

// TestInbox: the newest first, a page at a time; one item or all that were
// shown are marked as read, and nobody else's.
func TestInbox(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owner(`TRUNCATE inbox_item RESTART IDENTITY`) // what the demonstration tells
	v := s.as(staff)
	v.get("/inbox").expect(http.StatusOK, says(say(t, "inbox.empty.title")), htmlcheck.Count("main form", 0))
	v.get(dashboard).expect(http.StatusOK, htmlcheck.Count(`header a[href="/inbox"]`, 0), htmlcheck.In(`footer a[href="/inbox"]`))
	tell := func(email string, n int) {
		s.owner(`INSERT INTO inbox_item (account_id, city_id, kind, created_at)
			SELECT $1, c.id, 'role_changed', '2025-03-10 05:00:00Z' FROM city c, generate_series(1, $2) WHERE c.slug = 'ha-long'`, s.member(email).AccountID, n)
	}
	tell(staff, 60)
	tell(leader, 1)
	unread := func(email string) int {
		return s.db.Count(t, `SELECT count(*) FROM inbox_item WHERE read_at IS NULL AND account_id = $1`, s.member(email).AccountID)
	}
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In(`header a[href="/inbox"]`, htmlcheck.HasText(say(t, "shell.unread"))))
	first := v.get("/inbox").expect(http.StatusOK, htmlcheck.Count("[data-item]", 50), htmlcheck.In(`[data-item="60"] a[href="`+dashboard+`"]`),
		htmlcheck.In(`[data-item="60"] time`, htmlcheck.HasText("12:00 10/03/2025")), htmlcheck.In(`a[rel="next"][href="/inbox?before=11"]`))
	v.get("/inbox?before=11").expect(http.StatusOK, htmlcheck.Count("[data-item]", 10), htmlcheck.Count(`a[rel="next"]`, 0), htmlcheck.In(`main a[href="/inbox"]`))
	v.post("/inbox", "item", "61").redirects("/inbox") // the leader's
	v.post("/inbox", "item", "60").redirects("/inbox").follow().expect(http.StatusOK, htmlcheck.Count(`[data-item="60"] form`, 0), htmlcheck.In(`[data-item="59"] form`))
	equal(t, "unread", unread(staff), 59)
	equal(t, "the leader's", unread(leader), 1)
	tell(staff, 1) // since the page was shown
	v.post("/inbox", "upto", first.page().First(`input[name="upto"]`).Attr("value")).redirects("/inbox")
	equal(t, "unread after all were read", unread(staff), 1)
	for _, before := range []string{"x", "0", "-1", "1.5", strings.Repeat("9", 30), "11 OR true"} {
		v.get("/inbox?" + form("before", before).Encode()).expect(http.StatusNotFound)
		v.post("/inbox", "item", before).expect(http.StatusNotFound)
		v.post("/inbox", "upto", before).expect(http.StatusNotFound)
	}
	equal(t, "unread after nonsense", unread(staff), 1)
	s.visit().get("/inbox").redirects("/sign-in?next=%2Finbox")
}

// TestInboxTells of what others did to one's role.
func TestInboxTells(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owner(`TRUNCATE inbox_item RESTART IDENTITY`)
	v, w := s.as(coordinator), s.as(staff)
	person := v.get(people).page().First(`[data-person="` + staff + `"] a`).Attr("href")
	version := func() string { return v.get(person).page().First(`input[name="version"]`).Attr("value") }
	v.post(person+"/disable", "version", version()).redirects(people)
	v.post(person+"/enable", "version", version()).redirects(people)
	v.post(person, "version", version(), "role", "leader").redirects(people)
	for _, kind := range []string{"role_disabled", "role_enabled", "role_changed"} {
		w.get("/inbox").expect(http.StatusOK, says(say(t, "inbox."+kind, "name", "Điều phối viên (minh họa)", "city", "Hạ Long")))
	}
	v.get("/inbox").expect(http.StatusOK, says(say(t, "inbox.empty.title")))
}
