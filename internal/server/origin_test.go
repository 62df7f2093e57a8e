package server_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

// origins are what browsers say of where a form comes from, over plain http
// (Origin only) and where they hold the site for secure.
var origins = []struct {
	name    string
	changes []with
	passes  bool
}{
	{"a script", nil, true},
	{"our page, plain http", []with{header("Origin", "http://city.test")}, true},
	{"our page", []with{header("Origin", "https://city.test"), header("Sec-Fetch-Site", "same-origin")}, true},
	{"typed by the person", []with{header("Sec-Fetch-Site", "none")}, true},
	{"another site, plain http", []with{header("Origin", "http://evil.example")}, false},
	{"a name that begins like ours", []with{header("Origin", "http://city.test.evil.example")}, false},
	{"another port", []with{header("Origin", "http://city.test:8081")}, false},
	{"a hidden origin", []with{header("Origin", "null")}, false},
	{"another site", []with{header("Sec-Fetch-Site", "cross-site")}, false},
	{"another site that lies in Origin", []with{header("Sec-Fetch-Site", "cross-site"), header("Origin", "http://city.test")}, false},
	{"a neighbour", []with{header("Sec-Fetch-Site", "same-site"), header("Origin", "http://other.city.test")}, false},
	{"the public address, as nobody trusts it here", []with{header("Origin", "https://hoctap.example.vn")}, false},
}

// TestOrigins: forms that another site sends are refused with a page, whatever
// cookies come along.
func TestOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.written()
	for _, o := range origins {
		want := http.StatusForbidden
		if o.passes {
			want = http.StatusConflict // read, and refused for its version
		}
		for _, act := range []string{"claim", "submit", "narrative", "measurement"} {
			got := v.postForm(entryPath("7.2.2")+"/"+act, form("version", "0", "year", "2024", "value", "1"), o.changes...)
			equal(t, o.name+": "+act, got.status, want)
		}
		signIn := s.visit().postForm("/sign-in", form("email", staff, "password", demonstration.Password), o.changes...)
		equal(t, o.name+": signed in", len(signIn.cookies) > 0, o.passes)
		equal(t, o.name+": reading", v.get(dashboard, o.changes...).status, http.StatusOK)
	}
	v.postForm("/sign-out", nil, header("Origin", "http://evil.example")).expect(http.StatusForbidden, says(say(t, "error.cross_origin.title")))
	v.get(dashboard).expect(http.StatusOK)
	equal(t, "what was written", s.written(), before)
}

// TestPublicAddressIsTrusted: behind a proxy that rewrites Host and says so,
// our own pages' Origin is the public address.
func TestPublicAddressIsTrusted(t *testing.T) {
	t.Parallel()
	s := newSite(t, public("https://hoctap.example.vn"))
	v := s.as(staff)
	rewritten := []with{from("10.1.2.3:80"), header("X-Forwarded-Proto", "https"), header("X-Forwarded-Host", "hoctap.example.vn"),
		func(r *http.Request) { r.Host = "city.test" }}
	for origin, want := range map[string]int{
		"https://hoctap.example.vn": http.StatusConflict, "http://city.test": http.StatusConflict,
		"https://hoctap.example.vn:444": http.StatusForbidden, "https://evil.example": http.StatusForbidden,
	} {
		got := v.postForm(entryPath("7.2.2")+"/claim", form("version", "0"), append(rewritten, header("Origin", origin))...)
		equal(t, origin, got.status, want)
	}
}

// public configures the public address, and proxies of 10.0.0.0/8.
func public(address string) func(*server.Options) {
	return func(o *server.Options) {
		there, err := url.Parse(address)
		if err != nil {
			panic(err)
		}
		o.PublicURL, o.TrustedProxies = there, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}
}

// TestOtherHosts: with a public address, pages answer under no other.
func TestOtherHosts(t *testing.T) {
	t.Parallel()
	host := func(name string) with { return func(r *http.Request) { r.Host = name } }
	forwarded, proxy := header("X-Forwarded-Host", "hoctap.example.vn"), from("10.1.2.3:80")
	s, anywhere := newSite(t, public("https://hoctap.example.vn")), newSite(t)
	for name, tt := range map[string]struct {
		changes []with
		answers bool
	}{
		"the public address": {[]with{host("hoctap.example.vn")}, true}, "in capitals": {[]with{host("HOCTAP.example.vn")}, true},
		"with its port": {[]with{host("hoctap.example.vn:443")}, true}, "another port": {[]with{host("hoctap.example.vn:8080")}, false},
		"the port of http": {[]with{host("hoctap.example.vn:80")}, false},
		"another name":     {[]with{host("evil.example")}, false}, "the address of the machine": {[]with{host("192.0.2.1:8080")}, false},
		"a name that begins like it": {[]with{host("hoctap.example.vn.evil.example")}, false}, "no name": {[]with{host("")}, false},
		"a trusted proxy's word": {[]with{host("city.test"), proxy, forwarded}, true}, "somebody's word": {[]with{host("city.test"), forwarded}, false},
		"a trusted proxy's word for another": {[]with{proxy, header("X-Forwarded-Host", "evil.example")}, false},
	} {
		for _, path := range []string{"/sign-in", dashboard, "/nowhere", "/setup"} {
			got := s.visit().get(path, tt.changes...)
			equal(t, name+": "+path, got.status != http.StatusMisdirectedRequest, tt.answers)
			if !tt.answers {
				got.expect(http.StatusMisdirectedRequest, says(say(t, "error.host.title")), htmlcheck.In(`.error-page a[href="https://hoctap.example.vn/"]`))
			}
			equal(t, "not configured, "+name, anywhere.visit().get(path, tt.changes...).status != http.StatusMisdirectedRequest, true)
		}
		equal(t, name+": alive", s.visit().get("/healthz", tt.changes...).status, http.StatusOK)
		equal(t, name+": ready", s.visit().get("/readyz", tt.changes...).status, http.StatusOK)
	}
	equal(t, "a form", s.visit().postForm("/sign-in", form("email", staff, "password", demonstration.Password), host("evil.example")).status, http.StatusMisdirectedRequest)
}
