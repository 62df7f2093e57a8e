package server_test

import (
	"net/http"
	"net/url"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/server"
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

// TestPublicAddressIsTrusted: behind a proxy that rewrites Host, our own pages'
// Origin is the public address.
func TestPublicAddressIsTrusted(t *testing.T) {
	t.Parallel()
	public := &url.URL{Scheme: "https", Host: "hoctap.example.vn", Path: "/"}
	s := newSite(t, func(o *server.Options) { o.PublicURL = public })
	v := s.as(staff)
	for origin, want := range map[string]int{
		"https://hoctap.example.vn": http.StatusConflict, "http://city.test": http.StatusConflict,
		"http://hoctap.example.vn": http.StatusForbidden, "https://hoctap.example.vn:444": http.StatusForbidden, "https://evil.example": http.StatusForbidden,
	} {
		got := v.postForm(entryPath("7.2.2")+"/claim", form("version", "0"), header("Origin", origin))
		equal(t, origin, got.status, want)
	}
}
