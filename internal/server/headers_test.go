package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

// TestHeaders of every route, for who may and who may not.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, v := range []*visitor{s.visit(), s.as(coordinator)} {
		for _, a := range matrix() {
			got := a.ask(v)
			checkHeaders(t, a.method+" "+a.target, got)
			if strings.HasPrefix(a.pattern, "/static") || strings.HasSuffix(a.pattern, "z") {
				continue
			}
			equal(t, a.target+": Cache-Control", got.header.Get("Cache-Control"), "private, no-store")
		}
		checkHeaders(t, "not found", v.get("/nowhere"))
		checkHeaders(t, "cross-site", v.postForm("/sign-in", nil, header("Origin", "http://evil.example")))
	}
}

func checkHeaders(t *testing.T, what string, a answer) {
	t.Helper()
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	h := a.header
	equal(t, what+": Content-Security-Policy", h.Get("Content-Security-Policy"), policy)
	referrer := "same-origin"
	if strings.HasPrefix(a.at.Path, "/invitations/") || strings.HasPrefix(a.at.Path, "/new-password/") || strings.HasPrefix(a.at.Path, "/stop-mails/") {
		referrer = "no-referrer" // the address is a secret
	}
	equal(t, what+": Referrer-Policy", h.Get("Referrer-Policy"), referrer)
	equal(t, what+": X-Content-Type-Options", h.Get("X-Content-Type-Options"), "nosniff")
	equal(t, what+": X-Frame-Options", h.Get("X-Frame-Options"), "DENY")
	equal(t, what+": Strict-Transport-Security", h.Get("Strict-Transport-Security"), "")
	if !regexp.MustCompile(`^[A-Z2-7]{12}$`).MatchString(h.Get("X-Request-Id")) {
		t.Errorf("%s: X-Request-Id is %q", what, h.Get("X-Request-Id"))
	}
}

// TestStaticFilesOfAPage are there, to be kept for ever.
func TestStaticFilesOfAPage(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	page := v.get(list).expect(http.StatusOK).page()
	files := slices.Concat(page.Values("link[rel=stylesheet]", "href"), page.Values("link[rel=icon]", "href"), page.Values("script", "src"))
	if len(files) < 4 {
		t.Fatalf("the list loads %q", files)
	}
	for _, file := range files {
		got := v.get(file)
		equal(t, file, got.status, http.StatusOK)
		equal(t, file+": Cache-Control", got.header.Get("Cache-Control"), "public, max-age=31536000, immutable")
		checkHeaders(t, file, got)
	}
}

// TestPagesAreCompressed where the browser can read it.
func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	plain, small := v.get(list), v.get(list, header("Accept-Encoding", "gzip"))
	equal(t, "encoding", small.header.Get("Content-Encoding"), "gzip")
	equal(t, "length of the whole", small.header.Get("Content-Length"), "")
	equal(t, "a quarter", len(small.body)*4 < len(plain.body), true)
	equal(t, "at most 20 KB", len(small.body) <= 20<<10, true)
	equal(t, "caches are told", strings.Contains(small.header.Get("Vary"), "Accept-Encoding"), true)
}

// TestRequestID: the page of an error shows the id of its request, which the
// header has and under which the log tells more, once.
func TestRequestID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(leader)
	for _, tt := range []struct {
		got  answer
		want line
	}{
		{v.get("/nowhere"), line{Level: "INFO", Method: "GET", Path: "/nowhere", Status: 404, Error: "not found"}},
		{v.get(list + "/9.9.9"), line{Level: "INFO", Method: "GET", Path: list + "/9.9.9", Status: 404, Account: s.member(leader).AccountID, Error: "not found"}},
		{v.post(entryPath("7.2.2") + "/claim"), line{Level: "INFO", Method: "POST", Path: entryPath("7.2.2") + "/claim", Status: 403,
			Account: s.member(leader).AccountID, Error: "forbidden"}},
		{v.get(dashboard), line{Level: "INFO", Method: "GET", Path: dashboard, Status: 200, Account: s.member(leader).AccountID}},
	} {
		id := tt.got.header.Get("X-Request-Id")
		tt.want.Request, tt.want.Address = id, "192.0.2.7"
		lines := s.journal.of(t, id)
		if len(lines) != 1 || lines[0] != tt.want {
			t.Errorf("the log says %+v; want %+v", lines, tt.want)
		}
		htmlcheck.Check(t, tt.got.page(), htmlcheck.In("body", htmlcheck.HasText(id)))
		if tt.want.Status != http.StatusOK {
			htmlcheck.Check(t, tt.got.page(), says(say(t, "error.request", "id", id)))
		}
	}
}

// TestNoWayOut: an address that reads like another site's is not found, and
// no link of that page leaves.
func TestNoWayOut(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	for _, path := range []string{"//evil.example", "//evil.example/a?b=c", "/%5Cevil.example", "/%2Fevil.example"} {
		r := request(http.MethodGet, "/")
		u, err := r.URL.Parse("http://city.test" + path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		r.URL.Scheme, r.URL.Host = "", ""
		page := v.send(r, nil).expect(http.StatusNotFound, says(say(t, "error.not_found.title"))).page()
		for _, href := range page.Values("a", "href") {
			there, err := home.Parse(href)
			if err != nil || there.Host != home.Host {
				t.Errorf("%s links to %q", path, href)
			}
		}
	}
}
