package server_test

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

const (
	people      = "/cities/ha-long/people"
	newPassword = "một câu đủ dài" //nolint:gosec // of the tests' people
)

// invitesTo sends the form for an invitation.
func (v *visitor) invites(email string, fields ...string) answer {
	v.site.t.Helper()
	return v.post(people+"/invite", append([]string{"invitee", email, "person_language", "vi"}, fields...)...)
}

// link is the path of the link that the page shows.
func (a answer) link() string {
	a.visitor.site.t.Helper()
	shown, err := url.Parse(strings.TrimSpace(a.expect(http.StatusOK).page().First("textarea[readonly]").Raw()))
	if err != nil {
		a.visitor.site.t.Fatal(err)
	}
	return shown.RequestURI()
}

// TestInviteAndJoin is the whole way of somebody new.
func TestInviteAndJoin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.get(v.get(dashboard).page().All(".nav a")[5].Attr("href")).expect(http.StatusOK, htmlcheck.In(`nav a[href="`+people+`"]`))
	v.get(people).expect(http.StatusOK, htmlcheck.In(`a[href="`+people+`/invite"]`), htmlcheck.In(`[data-person="`+staff+`"]`))
	shown := v.invites("  An@HaLong.VN ", "role", "staff", "department", "CUL")
	link := shown.expect(http.StatusOK, says(say(t, "link_show.until", "moment", "12:00 17/03/2025")), says(say(t, "link_show.once")), says("an@halong.vn")).link()
	token := strings.TrimPrefix(link, "/invitations/")
	sum := sha256.Sum256([]byte(token))
	equal(t, "what the database keeps is the token's hash", string(ask[[]byte](s, `SELECT token_hash FROM invitation`)), string(sum[:]))
	v.get(people).expect(http.StatusOK, htmlcheck.In(`[data-invitation="an@halong.vn"]`,
		htmlcheck.HasText(say(t, "people.link_until", "moment", "12:00 17/03/2025"))))

	an := s.visit()
	got := an.get(link).expect(http.StatusOK, says("Điều phối viên (minh họa)"), says("Hạ Long"), says("an@halong.vn"), says(say(t, "role.staff")))
	equal(t, "Referrer-Policy", got.header.Get("Referrer-Policy"), "no-referrer")
	equal(t, "Cache-Control", got.header.Get("Cache-Control"), "private, no-store")
	an.post(link, "name", "Trần Văn An", "password", "ngắn").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#password-error", htmlcheck.HasText(say(t, "password.error.short", "password", 12))),
		htmlcheck.In(`input[name="name"]`, htmlcheck.HasAttr("value", "Trần Văn An")), htmlcheck.In(`input[name="password"]`, htmlcheck.HasAttr("value", "")))
	an.post(link, "name", "Trần Văn An", "password", newPassword).redirects(dashboard).follow().
		expect(http.StatusOK, noticed(say(t, "notice.joined")), htmlcheck.In("header", htmlcheck.HasText("Trần Văn An")), htmlcheck.In("header", htmlcheck.HasText(say(t, "role.staff"))))
	an.get(entryPath("7.2.2") + "/narrative").expect(http.StatusOK)
	an.get(people).expect(http.StatusForbidden)
	s.visit().post("/sign-in", "email", "AN@halong.vn", "password", newPassword).redirects("/")
	equal(t, "acts", ask[int](s, `SELECT count(*) FROM audit WHERE act IN ('invite', 'accept_invitation') AND city_id IS NOT NULL`), 2)
	for _, secret := range []string{token, newPassword} {
		equal(t, "secrets in the log", strings.Contains(s.journal.all(), secret), false)
	}
}

// TestLinksThatAreOver are answered alike, whatever the reason.
func TestLinksThatAreOver(t *testing.T) {
	t.Parallel()
	now := &clock{now: pgtest.Now}
	s := newSiteOn(t, pgtest.Options{Demo: true, Now: now.Now})
	v := s.as(coordinator)
	used := v.invites("used@halong.vn", "role", "leader").link()
	late := v.invites("late@halong.vn", "role", "leader").link()
	gone := v.invites("gone@halong.vn", "role", "leader").link()
	old := v.invites("renewed@halong.vn", "role", "leader").link()
	s.visit().post(used, "name", "A", "password", newPassword).redirects(dashboard)
	form := func(email, act string) string {
		for _, action := range v.get(people).page().Values(`[data-invitation="`+email+`"] form`, "action") {
			if strings.HasSuffix(action, "/"+act) {
				return action
			}
		}
		t.Fatalf("no button to %s %s", act, email)
		return ""
	}
	v.post(form("gone@halong.vn", "withdraw")).redirects(people).follow().expect(http.StatusOK,
		noticed(say(t, "notice.invitation_withdrawn")), htmlcheck.Count(`[data-invitation="gone@halong.vn"]`, 0))
	renew := form("renewed@halong.vn", "renew")
	renewed := v.post(renew).link()
	v.get(renew).redirects(people)
	over := func(link string) string {
		t.Helper()
		before := s.written()
		body := ""
		for _, got := range []answer{s.visit().get(link), s.visit().post(link, "name", "B", "password", newPassword), s.as(staff).get(link)} {
			got.expect(http.StatusGone, says(say(t, "error.link.title")), says(say(t, "error.link.text")))
			equal(t, link+": Referrer-Policy", got.header.Get("Referrer-Policy"), "no-referrer")
			body = strings.ReplaceAll(withoutID(got), link, "LINK")
		}
		equal(t, link+": written", s.written(), before)
		return strings.ReplaceAll(body, url.QueryEscape(link), "LINK")
	}
	unknown := over("/invitations/AAAAAAAAAAAAAAAAAAAAAAAAAA")
	equal(t, "a used one", over(used), unknown)
	equal(t, "a withdrawn one", over(gone), unknown)
	equal(t, "a replaced one", over(old), unknown)
	equal(t, "an altered one", over(strings.ToLower(late[:len(late)-1])+"A"), unknown)
	s.visit().get(renewed).expect(http.StatusOK)
	now.set(pgtest.Now.Add(7 * 24 * time.Hour))
	v = s.as(coordinator)
	equal(t, "an expired one", over(late), unknown)
	v.get(people).expect(http.StatusOK, htmlcheck.In(`[data-invitation="late@halong.vn"]`, htmlcheck.HasText(say(t, "person.state.expired"))))
	// Somebody else was faster: no error page, but the latest list.
	v.post(renew[:strings.LastIndex(renew, "/")] + "/withdraw").redirects(people)
	v.post(renew).expect(http.StatusConflict, says(say(t, "people.error.invitation_gone")))
}

// TestInviteRefused: each mistake has its sentence, and all that was typed
// comes back.
func TestInviteRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.invites("An@halong.vn", "role", "leader").expect(http.StatusOK)
	for _, tt := range []struct {
		name, email string
		fields      []string
		field, key  string
	}{
		{"invited, in other letter case", "aN@HALONG.vn", []string{"role", "leader"}, "invitee", "people.error.invited_already"},
		{"in the city, in other letter case", strings.ToUpper(staff), []string{"role", "leader"}, "invitee", "people.error.member_already"},
		{"no address", "an", []string{"role", "leader"}, "invitee", "email.error.malformed"},
		{"no role", "ba@halong.vn", nil, "role", "people.error.role"},
		{"a role of the installation", "ba@halong.vn", []string{"role", "admin"}, "role", "people.error.role"},
		{"staff of nothing", "ba@halong.vn", []string{"role", "staff"}, "department", "people.error.department_missing"},
		{"staff of an unknown department", "ba@halong.vn", []string{"role", "staff", "department", "XYZ"}, "department", "department.error.unknown"},
		{"a leader of a department", "ba@halong.vn", []string{"role", "leader", "department", "CUL"}, "department", "people.error.department_staff_only"},
		{"an expert for ever", "ba@halong.vn", []string{"role", "expert"}, "ends_on", "people.error.end_missing"},
		{"an expert of yesterday", "ba@halong.vn", []string{"role", "expert", "ends_on", "2025-03-09"}, "ends_on", "people.error.end_past"},
		{"a date that is none", "ba@halong.vn", []string{"role", "expert", "ends_on", "cuối năm"}, "ends_on", "people.error.end_malformed"},
	} {
		page := v.invites(tt.email, tt.fields...).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.In(`input[name="invitee"]`, htmlcheck.HasAttr("value", tt.email))).page()
		sent := form(tt.fields...)
		if sent.Has("ends_on") {
			htmlcheck.Check(t, page, htmlcheck.In(`input[name="ends_on"]`, htmlcheck.HasAttr("value", sent.Get("ends_on"))))
		}
		if role := sent.Get("role"); role != "" && role != "admin" {
			htmlcheck.Check(t, page, htmlcheck.In(`input[name="role"][checked]`, htmlcheck.HasAttr("value", role)))
		}
	}
	equal(t, "invitations", s.db.Count(t, `SELECT count(*) FROM invitation`), 1)
}

// TestJoinWithAnAccount: who has one signs in to it, and nobody else can take
// the invitation.
func TestJoinWithAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	link := s.as(coordinator).invites(strings.ToUpper(theirStaff), "role", "leader").link()
	stranger := s.visit()
	stranger.get(link).expect(http.StatusOK, says(say(t, "invitation_show.sign_in.text")), htmlcheck.Count(`form[action="`+link+`"]`, 0))
	stranger.post(link, "name", "X", "password", newPassword).expect(http.StatusUnprocessableEntity, says(say(t, "invitation.error.sign_in")))
	other := s.as(theirLeader)
	other.get(link).expect(http.StatusOK, says(say(t, "invitation_show.other.text", "email", theirStaff)), htmlcheck.Count(`form[action="`+link+`"]`, 0))
	other.post(link).expect(http.StatusUnprocessableEntity, says(say(t, "invitation.error.other_account")))
	equal(t, "memberships", s.db.Count(t, `SELECT count(*) FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1`, theirStaff), 1)
	invited := s.visit()
	page := invited.get(invited.get(link).page().First(`main a[href^="/sign-in"]`).Attr("href"))
	page.signInHere(theirStaff, demonstration.Password).redirects(link).follow().expect(http.StatusOK, says(say(t, "invitation_show.accept.text", "name", theirStaff)))
	invited.post(link).redirects(dashboard).follow().expect(http.StatusOK, noticed(say(t, "notice.joined")),
		htmlcheck.In("header", htmlcheck.HasText(say(t, "role.leader"))), htmlcheck.In(`header a[href="/cities"]`))
	equal(t, "cities to choose from", strings.Join(invited.get("/cities").page().Values("main a", "href"), " "), "/cities/da-nang "+dashboard)
}

// TestAcceptAtOnce: of two who use a link at once one gets in.
func TestAcceptAtOnce(t *testing.T) {
	t.Parallel()
	s := newSiteOn(t, pgtest.Options{Demo: true, MaxConns: 4})
	link := s.as(coordinator).invites("an@halong.vn", "role", "leader").link()
	visitors, statuses := []*visitor{s.visit(), s.visit()}, make([]int, 2)
	var group sync.WaitGroup
	for i, v := range visitors {
		group.Go(func() { statuses[i] = v.post(link, "name", "An", "password", newPassword).status })
	}
	group.Wait()
	if statuses[0]+statuses[1] != http.StatusSeeOther+http.StatusGone {
		t.Errorf("answers are %v", statuses)
	}
	equal(t, "accounts", s.db.Count(t, `SELECT count(*) FROM account WHERE email = 'an@halong.vn'`), 1)
}

// TestAdminInvitesTheFirst coordinator of a city, and nobody else; the pages of
// the city's content stay closed.
func TestAdminInvitesTheFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	v.get(people).expect(http.StatusOK, htmlcheck.Count(".nav a", 1), htmlcheck.In(`.nav a[href="`+people+`"][aria-current]`, htmlcheck.HasText(say(t, "shell.manage"))), htmlcheck.Count(`a[href^="`+people+`/1"]`, 0))
	v.get(people+"/invite").expect(http.StatusOK, htmlcheck.Count(`input[name="role"]`, 1), htmlcheck.In(`input[name="role"][checked]`, htmlcheck.HasAttr("value", "coordinator")))
	v.invites("an@halong.vn", "role", "leader").expect(http.StatusUnprocessableEntity, htmlcheck.In("#role-error", htmlcheck.HasText(say(t, "people.error.coordinators_only"))))
	link := v.invites("an@halong.vn", "role", "coordinator").link()
	an := s.visit()
	an.post(link, "name", "An", "password", newPassword).redirects(dashboard)
	an.get(people).expect(http.StatusOK)
}

// TestLinkAddress: the link is what people elsewhere type, in their language.
func TestLinkAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *server.Options) { o.PublicURL = &url.URL{Scheme: "https", Host: "hoctap.halong.example"} })
	v := s.as(coordinator)
	v.invites("an@halong.vn", "role", "leader").expect(http.StatusOK,
		htmlcheck.In("textarea[readonly]", htmlcheck.HasText("https://hoctap.halong.example/invitations/")))
	english := v.post(people+"/invite", "invitee", "ba@halong.vn", "role", "leader", "person_language", "en").link()
	equal(t, "it asks for English", strings.HasSuffix(english, "?lang=en"), true)
	s.visit().get(english).expect(http.StatusOK, htmlcheck.In("html", htmlcheck.HasAttr("lang", "en")))
	path, _, _ := strings.Cut(english, "?")
	s.visit().post(path, "name", "Ba", "password", newPassword).redirects(dashboard)
	equal(t, "language", ask[string](s, `SELECT language FROM account WHERE email = 'ba@halong.vn'`), "en")
}

// TestFormsOfSecretPages: the page tells nobody where its reader comes from, so
// browsers on plain http hide the origin of its form, too. Another site's form
// without an origin does not carry the cookie.
func TestFormsOfSecretPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.as(coordinator).invites("an@halong.vn", "role", "leader").link()
	fields, hidden := form("name", "An", "password", newPassword), header("Origin", "null")
	v, attacked := s.visit(), s.visit()
	cookie := v.get(link).cookie(t, "link")
	equal(t, "SameSite", cookie.SameSite, http.SameSiteStrictMode)
	equal(t, "HttpOnly", cookie.HttpOnly, true)
	attacked.postForm(link, fields, hidden).expect(http.StatusForbidden, says(say(t, "error.cross_origin.title")))
	attacked.get("/invitations/another")
	attacked.postForm(link, fields, hidden).expect(http.StatusForbidden)
	v.postForm(link, fields, hidden, header("Sec-Fetch-Site", "cross-site")).expect(http.StatusForbidden)
	v.postForm(link, fields, header("Origin", "http://evil.example")).expect(http.StatusForbidden)
	v.postForm("/sign-in", fields, hidden).expect(http.StatusForbidden)
	v.postForm(link, fields, hidden).redirects(dashboard)
}

// TestResumedInvitation: a session that ended keeps the form.
func TestResumedInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	s.endSessions()
	v.invites("An@halong.vn", "role", "expert", "ends_on", "2025-12-31").expect(http.StatusUnauthorized).
		signInHere(coordinator, demonstration.Password).expect(http.StatusOK, says(say(t, "notice.resumed")),
		htmlcheck.In(`input[name="invitee"]`, htmlcheck.HasAttr("value", "An@halong.vn")),
		htmlcheck.In(`input[name="role"][checked]`, htmlcheck.HasAttr("value", "expert")),
		htmlcheck.In(`input[name="ends_on"]`, htmlcheck.HasAttr("value", "2025-12-31")))
	equal(t, "invitations", s.db.Count(t, `SELECT count(*) FROM invitation`), 0)
}

// TestRoleEndsWhileTheFormIsOpen: the page says so and hands back what was
// typed.
func TestRoleEndsWhileTheFormIsOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	s.add(person{email: "second@ha-long.test", role: tracker.Coordinator, city: "ha-long", endsOn: "2025-03-09"})
	second := s.as("second@ha-long.test")
	second.get(dashboard).expect(http.StatusForbidden, says(say(t, "error.ended.title")))
	second.post(entryPath("7.2.2")+"/narrative", "version", "1", "narrative", "Một đoạn dài vừa viết.").
		expect(http.StatusForbidden, says(say(t, "error.ended.text")), says(say(t, "error.kept")), says("Một đoạn dài vừa viết."))
	second.get("/cities").expect(http.StatusOK, says(say(t, "city_list.empty.title")))
	v.get(people).expect(http.StatusOK, htmlcheck.In(`[data-person="second@ha-long.test"]`, htmlcheck.HasText(say(t, "person.state.ended"))))
}
