package server_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"learningcity/internal/postgres"
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
	first := v.get("/inbox").expect(http.StatusOK, htmlcheck.Count("[data-item]", 50), htmlcheck.In(`[data-item="60"] a[href="/inbox/60"]`),
		htmlcheck.In(`[data-item="60"] time`, htmlcheck.HasText("12:00 10/03/2025")), htmlcheck.In(`a[rel="next"][href="/inbox?before=11"]`))
	v.get("/inbox?before=11").expect(http.StatusOK, htmlcheck.Count("[data-item]", 10), htmlcheck.Count(`a[rel="next"]`, 0), htmlcheck.In(`main a[href="/inbox"]`))
	v.post("/inbox", "item", "61").redirects("/inbox") // the leader's
	v.post("/inbox", "item", "60").redirects("/inbox").follow().expect(http.StatusOK, htmlcheck.Count(`[data-item="60"] form`, 0), htmlcheck.In(`[data-item="59"] form`))
	equal(t, "unread", unread(staff), 59)
	equal(t, "the leader's", unread(leader), 1)
	tell(staff, 1) // since the page was shown
	v.post("/inbox", "upto", first.page().First(`input[name="upto"]`).Attr("value")).redirects("/inbox")
	equal(t, "unread after all were read", unread(staff), 1)
	v.get("/inbox/60").redirects(dashboard)
	for _, before := range []string{"x", "0", "-1", "1.5", strings.Repeat("9", 30), "11 OR true"} {
		v.get("/inbox?" + form("before", before).Encode()).expect(http.StatusNotFound)
		v.post("/inbox", "item", before).expect(http.StatusNotFound)
		v.post("/inbox", "upto", before).expect(http.StatusNotFound)
		v.get("/inbox/" + url.PathEscape(before)).expect(http.StatusNotFound)
	}
	for _, nonsense := range []string{"show=read", "city=hue", "city=ha-long", "show=unread&city=x"} {
		v.get("/inbox?" + nonsense).expect(http.StatusNotFound)
		v.postBody("/inbox", "application/x-www-form-urlencoded", "upto=61&"+nonsense).expect(http.StatusNotFound)
	}
	equal(t, "unread after nonsense", unread(staff), 1)
	v.get("/inbox/61").expect(http.StatusNotFound) // the leader's
	v.get("/inbox/62").redirects(dashboard)
	equal(t, "unread after it was opened", unread(staff), 0)
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

// returned has the staff claim and submit the entry, and the reviewer return it.
func (s *site) returned(code, why string) {
	s.t.Helper()
	s.as(staff).claim(code, "claim", "achieved", "then", "submit").redirects(entryPath(code))
	version := ask[int](s, `SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = $1`, code)
	ref := postgres.EntryRef{City: "ha-long", Indicator: code, Version: version}
	if err := s.db.Store.Return(context.Background(), s.member(reviewer), ref, why); err != nil {
		s.t.Fatal(err)
	}
}

// newest opens the newest item of the inbox.
func (v *visitor) newest() answer {
	v.site.t.Helper()
	return v.get(v.get("/inbox").expect(http.StatusOK).page().First("[data-item] a").Attr("href"))
}

// TestInboxTellsOfEntries: what is returned appears with whoever submitted it, and
// leads to its page, also after the city was archived.
func TestInboxTellsOfEntries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	title := ask[string](s, `SELECT title_vi FROM indicator WHERE code = '7.2.2'`)
	told := func(act, by string) string {
		return say(t, "inbox.entry_"+act, "name", by, "code", "7.2.2", "title", title, "city", "Hạ Long")
	}
	s.returned("7.2.2", "thiếu số liệu")
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In(`header a[href="/inbox"]`, htmlcheck.HasText(say(t, "shell.unread"))))
	item := v.get("/inbox").expect(http.StatusOK, htmlcheck.Count("[data-item]", 1), says(told("returned", "Người thẩm định (minh họa)")), htmlcheck.Count(".filter-menu", 0)).
		page().First("[data-item] a").Attr("href")
	v.get("/inbox?show=unread").expect(http.StatusOK, says(told("returned", "Người thẩm định (minh họa)")))
	v.get(item).redirects(entryPath("7.2.2")+"?assessment=1").follow().expect(http.StatusOK, says("thiếu số liệu"))
	v.get("/inbox?show=unread").expect(http.StatusOK, says(say(t, "inbox.none.title")))
	v.get("/inbox").expect(http.StatusOK, says(told("returned", "Người thẩm định (minh họa)")), htmlcheck.Count("main form", 0))
	s.as(reviewer).get("/inbox").expect(http.StatusOK, says(told("submitted", "Cán bộ văn hóa (minh họa)")))
	s.visit().get(item).redirects("/sign-in?next=" + url.QueryEscape(item))
	s.as(leader).get(item).expect(http.StatusNotFound)

	s.owner(`UPDATE city SET archived_on = '2025-03-09' WHERE slug = 'ha-long'`)
	v.get(item).follow().expect(http.StatusOK, htmlcheck.In("body", htmlcheck.HasText(say(t, "shell.archived.title", "day", "09/03/2025"))), htmlcheck.Count(`form[action="`+entryPath("7.2.2")+`/claim?assessment=1"]`, 0))
}

// TestInboxOfSeveralCities can be narrowed to one of them.
func TestInboxOfSeveralCities(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.owner(`INSERT INTO membership (account_id, role, city_id) SELECT $1, 'leader', id FROM city WHERE slug = $2`, s.member(leader).AccountID, otherCity)
	s.owner(`INSERT INTO inbox_item (account_id, city_id, kind, created_at)
		SELECT $1, id, 'role_changed', '2025-03-10 05:00:00Z' FROM city`, s.member(leader).AccountID)
	v := s.as(leader)
	v.get("/inbox").expect(http.StatusOK, htmlcheck.Count("[data-item]", 2), htmlcheck.In(`.filter-menu a[href="/inbox?city=ha-long"]`))
	page := v.get("/inbox?city=ha-long&show=unread").expect(http.StatusOK, htmlcheck.Count("[data-item]", 1),
		htmlcheck.In(`.filter-menu a[href="/inbox?show=unread"]`), htmlcheck.In(`main form input[name="city"]`, htmlcheck.HasAttr("value", "ha-long")))
	upto := page.page().First(`input[name="upto"]`).Attr("value")
	v.post("/inbox", "upto", upto, "city", "ha-long", "show", "unread").redirects("/inbox?city=ha-long&show=unread").
		follow().expect(http.StatusOK, says(say(t, "inbox.none.title")))
	v.get("/inbox?show=unread").expect(http.StatusOK, htmlcheck.Count("[data-item]", 1))
}

// TestInboxOfWhatIsGone: an item of a city or of evidence that the person may not
// see any more says so.
func TestInboxOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(staff).upload("/cities/ha-long/evidence", passport("CUL"), doc{"a.pdf", pdf})
	s.owner(`INSERT INTO inbox_item (account_id, city_id, kind, created_at, evidence_id, evidence_title, valid_until)
		SELECT $1, city_id, 'evidence_expiring', '2025-03-10 05:00:00Z', id, title, '2025-03-20' FROM evidence`, s.member(leader).AccountID)
	s.owner(`INSERT INTO inbox_item (account_id, city_id, kind, created_at) SELECT $1, id, 'role_disabled', '2025-03-10 05:00:00Z' FROM city`, s.member(leader).AccountID)
	v := s.as(leader)
	gone := says(say(t, "inbox_gone.text"))
	v.get("/inbox").expect(http.StatusOK, htmlcheck.Count("[data-item] a", 1))
	v.get("/inbox/1").redirects("/cities/ha-long/evidence/1")
	v.get("/inbox/2").expect(http.StatusOK, says(say(t, "inbox.role_disabled", "name", say(t, "inbox.operator"), "city", "Hạ Long")))
	s.owner(`UPDATE evidence SET access = 'restricted'`)
	v.get("/inbox/1").expect(http.StatusGone, gone)
	s.owner(`UPDATE evidence SET access = 'open'`)
	s.owner(`UPDATE membership SET disabled_at = now() WHERE account_id = $1`, s.member(leader).AccountID)
	v.get("/inbox/1").expect(http.StatusGone, gone, htmlcheck.In(`main a[href="/inbox"]`))
	v.get("/inbox").expect(http.StatusOK, htmlcheck.Count("[data-item]", 2))
}
