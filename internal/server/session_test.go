package server_test

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.visit()
	v.get("/").redirects("/sign-in").follow().expect(http.StatusOK, htmlcheck.In(`input[name="email"]`), htmlcheck.In(`input[name="password"]`))
	v.post("/sign-in", "email", "  Staff@Ha-Long.DEMO ", "password", demonstration.Password).redirects("/").follow().
		redirects(ofCulture).follow().expect(http.StatusOK, htmlcheck.In("header", htmlcheck.HasText("Cán bộ văn hóa (minh họa)")),
		htmlcheck.In("header", htmlcheck.HasText(say(t, "role.staff"))))
	sum := sha256.Sum256([]byte(v.cookie("session")))
	stored := ask[[]byte](s, `SELECT token_hash FROM session`)
	equal(t, "what the database keeps is the token's hash", slices.Equal(stored, sum[:]), true)
	equal(t, "audited", ask[int](s, `SELECT count(*) FROM audit WHERE act = 'sign_in' AND address = '192.0.2.7'`), 1)
}

// TestRefusedSignIn: a wrong password and an address that nobody has are
// answered alike, and the address stays in the field.
func TestRefusedSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.add(person{email: "disabled@ha-long.test", role: tracker.Leader, city: "ha-long"})
	s.owner(`UPDATE account SET disabled_at = now() WHERE email = 'disabled@ha-long.test'`)
	var bodies []string
	for _, tt := range []struct{ email, password string }{
		{staff, "sai"}, {staff, ""}, {staff, strings.ToUpper(demonstration.Password)}, {staff, demonstration.Password + " "},
		{"nobody@ha-long.demo", demonstration.Password}, {"disabled@ha-long.test", demonstration.Password},
		{staff + "\x00x", demonstration.Password}, {"' OR 1=1 --", "x"}, {staff, strings.Repeat("x", 1_000_000)},
	} {
		s.owner(`DELETE FROM sign_in_counter`) // they are too many in a row
		v := s.visit()
		got := v.post("/sign-in", "email", tt.email, "password", tt.password).expect(http.StatusUnprocessableEntity,
			htmlcheck.In(".errors", htmlcheck.HasText(say(t, "session_new.error.refused"))),
			htmlcheck.In(`input[name="email"]`, htmlcheck.HasAttr("value", strings.ReplaceAll(tt.email, "\x00", ""))),
			htmlcheck.In(`input[name="password"]`, htmlcheck.HasAttr("value", "")))
		equal(t, "cookies", len(got.cookies), 0)
		bodies = append(bodies, strings.Replace(withoutID(got), `value="`+tt.email+`"`, `value="EMAIL"`, 1))
	}
	equal(t, "a wrong password and an unknown address", bodies[0], bodies[4])
	equal(t, "a wrong password and a disabled account", bodies[0], bodies[5])
	equal(t, "sessions", s.db.Count(t, `SELECT count(*) FROM session`), 0)
	equal(t, "passwords in the log", strings.Contains(s.journal.all(), demonstration.Password), false)
}

// TestSessionCookie: scripts cannot read it, other sites' forms do not carry
// it, and it is Secure when and only when the browser speaks https.
// TestRefusedSignInIsShort: nobody can have a long page made of a long address.
func TestRefusedSignInIsShort(t *testing.T) {
	t.Parallel()
	v := newSite(t).visit()
	long := strings.Repeat(`"`, 100_000)
	got := v.post("/sign-in", "email", long+"@ha-long.demo", "password", "x", "resume.narrative", long).expect(http.StatusUnprocessableEntity)
	equal(t, "a short page", len(got.body) < 20_000, true)
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *server.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	https := header("X-Forwarded-Proto", "https")
	overTLS := func(r *http.Request) { r.TLS = &tls.ConnectionState{} }
	for name, tt := range map[string]struct {
		changes []with
		secure  bool
	}{
		"plain http":                {nil, false},
		"https":                     {[]with{overTLS}, true},
		"a trusted proxy's https":   {[]with{from("10.1.2.3:80"), https}, true},
		"a trusted proxy's http":    {[]with{from("10.1.2.3:80"), header("X-Forwarded-Proto", "http")}, false},
		"a trusted proxy, silent":   {[]with{from("10.1.2.3:80")}, false},
		"somebody's word":           {[]with{https}, false},
		"somebody's word for a hop": {[]with{https, header("X-Forwarded-For", "10.1.2.3")}, false},
	} {
		got := s.visit().postForm("/sign-in", form("email", staff, "password", demonstration.Password), tt.changes...)
		cookie := got.cookie(t, map[bool]string{false: "session", true: "__Host-session"}[tt.secure])
		equal(t, name+": Secure", cookie.Secure, tt.secure)
		equal(t, name+": HttpOnly", cookie.HttpOnly, true)
		equal(t, name+": SameSite", cookie.SameSite, http.SameSiteLaxMode)
		equal(t, name+": Path", cookie.Path, "/")
		equal(t, name+": Domain", cookie.Domain, "")
		equal(t, name+": MaxAge", cookie.MaxAge, 7*24*60*60)
		equal(t, name+": a long token", len(cookie.Value) >= 26, true)
	}
}

// TestSchemeOfTheCookie: the public address says whether people speak https,
// where no proxy does.
func TestSchemeOfTheCookie(t *testing.T) {
	t.Parallel()
	proxied := func(scheme string) []with { return []with{from("10.1.2.3:80"), header("X-Forwarded-Proto", scheme)} }
	for _, tt := range []struct {
		address string
		changes []with
		name    string
	}{
		{"https://hoctap.example.vn", nil, "__Host-session"}, {"https://hoctap.example.vn", proxied("https"), "__Host-session"},
		{"https://hoctap.example.vn", proxied("http"), "session"}, {"http://hoctap.example.vn", nil, "session"},
		{"http://hoctap.example.vn", proxied("http"), "session"}, {"http://hoctap.example.vn", proxied("https"), "__Host-session"},
	} {
		got := newSite(t, public(tt.address)).visit().postForm("/sign-in", form("email", staff, "password", demonstration.Password), tt.changes...)
		cookie := got.cookie(t, tt.name)
		equal(t, tt.address+": Secure", cookie.Secure, strings.HasPrefix(tt.name, "__Host-"))
		equal(t, tt.address+": Path", cookie.Path, "/")
		equal(t, tt.address+": Domain", cookie.Domain, "")
	}
}

// TestSchemeChanges: who has signed in over the other scheme signs in once more
// and is in; nothing of the old session is left, and nobody is sent in a circle.
func TestSchemeChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t, public("https://hoctap.example.vn"))
	v := s.visit()
	v.keepCookie("session", "from before there was https")
	v.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	v.signIn(staff)
	v.get(dashboard).expect(http.StatusOK)
	equal(t, "the plain cookie", v.cookie("session"), "")
	plain := []with{from("10.1.2.3:80"), header("X-Forwarded-Proto", "http")}
	v.get(dashboard, plain...).redirects("/sign-in?next=%2Fcities%2Fha-long") // a secure cookie says nothing over http
	v.postForm("/sign-in", form("email", staff, "password", demonstration.Password), plain...)
	v.get(dashboard, plain...).expect(http.StatusOK)
	equal(t, "sessions", s.db.Count(t, `SELECT count(*) FROM session`), 1)
	v.signIn(staff)
	v.post("/sign-out").redirects("/sign-in")
	equal(t, "the secure cookie", v.cookie("__Host-session"), "")
	v.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	// A browser on plain http would drop the cookie of an address that is https.
	lost := s.visit().postForm("/sign-in?next=%2Fcities", form("email", staff, "password", demonstration.Password), header("Origin", "http://hoctap.example.vn"))
	lost.redirects("https://hoctap.example.vn/sign-in?next=%2Fcities")
	equal(t, "cookies", len(lost.cookies), 0)
}

// TestClientAddress is seen through trusted proxies, and only them.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *server.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:1", "", "192.0.2.7"},
		{"192.0.2.7:1", "203.0.113.9", "192.0.2.7"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:1", "198.51.100.1, 203.0.113.9", "203.0.113.9"}, // the first is anybody's invention
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "2001:db8::5", "2001:db8::5"},
		{"[fe80::1%eth0]:1", "203.0.113.9", "fe80::1"},
		{"@", "203.0.113.9", "@"},
	} {
		got := s.visit().get("/healthz", from(tt.remote), header("X-Forwarded-For", tt.forwarded))
		lines := s.journal.of(t, got.header.Get("X-Request-Id"))
		if len(lines) != 1 {
			t.Fatalf("%d lines", len(lines))
		}
		equal(t, tt.remote+" "+tt.forwarded, lines[0].Address, tt.want)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	token := v.cookie("session")
	v.post("/sign-out").redirects("/sign-in").follow().expect(http.StatusOK, noticed(say(t, "notice.signed_out")))
	equal(t, "sessions", s.db.Count(t, `SELECT count(*) FROM session`), 0)
	v.keepCookie("session", token) // a browser that kept it all the same
	v.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	equal(t, "audited", s.db.Count(t, `SELECT count(*) FROM audit WHERE act = 'sign_out'`), 1)
}

// TestSigningInEndsTheOldSession: a session that somebody planted in the
// browser does not become the person's.
func TestSigningInEndsTheOldSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	planted := s.as(leader).cookie("session")
	v := s.visit()
	v.keepCookie("session", planted)
	v.signIn(staff)
	equal(t, "the token is another one", v.cookie("session") != planted, true)
	attacker := s.visit()
	attacker.keepCookie("session", planted)
	attacker.get("/cities").redirects("/sign-in?next=%2Fcities")
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("header", htmlcheck.HasText("Cán bộ văn hóa (minh họa)")))
}

// TestSessionsEnd: after their time, and when the account is disabled.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	now := &clock{now: pgtest.Now}
	s := newSiteOn(t, pgtest.Options{Demo: true, Now: now.Now})
	v, w := s.as(staff), s.as(leader)
	now.set(pgtest.Now.Add(7*24*time.Hour - time.Second))
	v.get(dashboard).expect(http.StatusOK)
	s.owner(`UPDATE account SET disabled_at = now() WHERE email = $1`, leader)
	w.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	now.set(pgtest.Now.Add(7 * 24 * time.Hour))
	v.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	v.keepCookie("session", "nonsense")
	v.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
}

// TestNext: after signing in people come to the page that they asked for, and
// never to another site.
func TestNext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	asked := list + "?area=7&on=2024-08-13&q=th%C6%B0+vi%E1%BB%87n"
	page := s.visit().get(asked).follow()
	page.signInHere(staff, "sai").signInHere(staff, demonstration.Password).redirects(asked)
	for _, next := range []string{
		"//evil.example", `/\evil.example`, `\\evil.example`, "https://evil.example/", "evil.example", "javascript:alert(1)", "/\t/evil.example",
		"/\n/evil.example", "\x00//evil.example", "/ /evil.example", "/\u2028/evil", "", "///evil.example", "/%zz",
	} {
		s.visit().post("/sign-in", "email", staff, "password", demonstration.Password, "next", next).redirects("/")
		s.visit().get("/sign-in?"+form("next", next).Encode()).expect(http.StatusOK, htmlcheck.Count(`input[name="next"]`, 0))
	}
}

// TestHome: who has one city comes to it, others choose.
func TestHome(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.add(person{email: "both@ha-long.test", role: tracker.Leader, city: "ha-long"})
	s.join(s.member("both@ha-long.test").AccountID, person{role: tracker.Overseer, city: otherCity})
	for email, want := range map[string]string{
		staff: ofCulture, leader: dashboard, theirLeader: "/cities/da-nang", overseer: "/cities", admin: "/cities", "both@ha-long.test": "/cities",
	} {
		s.as(email).get("/").redirects(want)
	}
	links := func(email string) string {
		return strings.Join(s.as(email).get("/cities").page().Values("main a", "href"), " ")
	}
	equal(t, "the overseer's cities", links(overseer), dashboard)
	equal(t, "the admin's cities", links(admin), "/cities/da-nang/people /cities/ha-long/people /cities/new /frameworks /regions /accounts")
	equal(t, "the staff's cities", links(staff), dashboard)
	page := s.as("both@ha-long.test").get("/cities").page()
	var roles []string
	for _, one := range page.All("main li") {
		roles = append(roles, one.Text())
	}
	want := []string{"Đà Nẵng Thành phố Đà Nẵng " + say(t, "role.overseer"), "Hạ Long Quảng Ninh " + say(t, "role.leader")}
	if !slices.Equal(roles, want) {
		t.Errorf("cities: %q; want %q", roles, want)
	}
}

// TestDemonstrationAccounts are told on the sign-in page, where there is a
// demonstration and nowhere else.
func TestDemonstrationAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.visit().get("/sign-in").expect(http.StatusOK, says(demonstration.Password), says(coordinator), says(staff), says(reviewer), says(leader))
	s.owner(`UPDATE city SET demonstration_vi = NULL, demonstration_en = NULL`)
	got := s.visit().get("/sign-in").expect(http.StatusOK)
	equal(t, "the password is told", strings.Contains(got.body, demonstration.Password), false)
}

// TestPasswordChangesWhileItIsCompared: the page of a refused sign-in, and no
// session.
func TestPasswordChangesWhileItIsCompared(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]bool{"alone": false, "with a second step": true} {
		s, now := guarded(t)
		if step {
			s.as(staff).equip(now)
		}
		s.server.AfterComparing(func() { s.owner(`UPDATE account SET password_hash = password_hash || ' ' WHERE email = $1`, staff) })
		v := s.visit()
		v.post("/sign-in", "email", staff, "password", demonstration.Password).
			expect(http.StatusUnprocessableEntity, says(say(t, "session_new.error.refused")))
		equal(t, name+": a session", v.cookie("session")+v.cookie("half_sign_in"), "")
	}
}

// TestNamesOfCookies: all that hold a secret are bound to the host over https.
func TestNamesOfCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t, public("https://hoctap.example.vn"))
	plain := []with{from("10.1.2.3:80"), header("X-Forwarded-Proto", "http")}
	for _, tt := range []struct {
		prefix  string
		changes []with
	}{{"__Host-", nil}, {"", plain}} {
		s.owner(`UPDATE account SET second_step_at = NULL`)
		v := s.visit()
		got := v.postForm("/sign-in", form("email", staff, "password", demonstration.Password), tt.changes...)
		cookies := []*http.Cookie{got.cookie(t, tt.prefix+"session"), got.cookie(t, tt.prefix+"browser"),
			s.visit().get("/invitations/none", tt.changes...).cookie(t, tt.prefix+"link")}
		s.owner(`UPDATE account SET second_step_at = now() WHERE email = $1`, staff)
		got = s.visit().postForm("/sign-in", form("email", staff, "password", demonstration.Password), tt.changes...)
		cookies = append(cookies, got.cookie(t, tt.prefix+"half_sign_in"))
		for _, c := range cookies {
			equal(t, c.Name+": "+"HttpOnly, Path, Domain", fmt.Sprint(c.HttpOnly, c.Path, c.Domain), "true/")
			equal(t, c.Name+": Secure", c.Secure, tt.prefix != "")
		}
	}
}
