package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/server/htmlcheck"
)

// home is where the visitors' browsers think that the site is, unless it has a
// public address.
var home = &url.URL{Scheme: "http", Host: "city.test", Path: "/"}

// visitor is a browser with its cookies. Redirects are followed when asked.
type visitor struct {
	site *site
	jar  http.CookieJar
}

// visit is somebody who has not signed in.
func (s *site) visit() *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s, jar}
}

// as is somebody who has signed in through the sign-in page.
func (s *site) as(email string) *visitor {
	s.t.Helper()
	v := s.visit()
	v.signIn(email)
	return v
}

func (v *visitor) signIn(email string) {
	v.site.t.Helper()
	got := v.post("/sign-in", "email", email, "password", demonstration.Password)
	if got.status != http.StatusSeeOther {
		v.site.t.Fatalf("signing in as %s answers %d", email, got.status)
	}
}

// with changes a request before it is sent.
type with func(*http.Request)

// header is with for one header.
func header(name, value string) with {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// from is with for the machine that the request comes from.
func from(address string) with { return func(r *http.Request) { r.RemoteAddr = address } }

func (v *visitor) get(target string, changes ...with) answer {
	v.site.t.Helper()
	return v.send(request(http.MethodGet, target), changes)
}

// post sends a form of names and values in turn.
func (v *visitor) post(target string, fields ...string) answer {
	v.site.t.Helper()
	return v.postForm(target, form(fields...))
}

func (v *visitor) postForm(target string, fields url.Values, changes ...with) answer {
	v.site.t.Helper()
	return v.postBody(target, "application/x-www-form-urlencoded", fields.Encode(), changes...)
}

func (v *visitor) postBody(target, kind, body string, changes ...with) answer {
	v.site.t.Helper()
	r := request(http.MethodPost, target)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return v.send(r, changes)
}

func (v *visitor) send(r *http.Request, changes []with) answer {
	v.site.t.Helper()
	for _, c := range v.jar.Cookies(v.site.home) {
		r.AddCookie(c)
	}
	r.Host = v.site.home.Host
	for _, change := range changes {
		change(r)
	}
	w := httptest.NewRecorder()
	v.site.server.ServeHTTP(w, r)
	v.jar.SetCookies(v.site.home, w.Result().Cookies())
	return answer{
		visitor: v, at: r.URL, status: w.Code, header: w.Header(), cookies: w.Result().Cookies(), body: w.Body.String(),
		page: sync.OnceValue(func() htmlcheck.Node { return htmlcheck.Parse(v.site.t, w.Body.String()) }),
	}
}

// cookie is what the visitor's browser would send; empty for none.
func (v *visitor) cookie(name string) string {
	for _, c := range v.jar.Cookies(v.site.home) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (v *visitor) keepCookie(name, value string) {
	v.jar.SetCookies(v.site.home, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func form(fields ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values
}

// answer is what the site said.
type answer struct {
	visitor *visitor
	at      *url.URL
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
	page    func() htmlcheck.Node // reads it once
}

// follow goes where a redirect leads.
func (a answer) follow() answer {
	a.visitor.site.t.Helper()
	if a.status != http.StatusSeeOther {
		a.visitor.site.t.Fatalf("%s answers %d; want a redirect", a.at, a.status)
	}
	return a.visitor.get(a.header.Get("Location"))
}

// cookie is the last cookie of the name that the answer sets.
func (a answer) cookie(t testing.TB, name string) *http.Cookie {
	t.Helper()
	for i := len(a.cookies) - 1; i >= 0; i-- {
		if a.cookies[i].Name == name {
			return a.cookies[i]
		}
	}
	t.Fatalf("%s sets no cookie %q", a.at, name)
	return nil
}

// expect checks the status and that the page fulfils the wishes.
func (a answer) expect(status int, wishes ...htmlcheck.Wish) answer {
	t := a.visitor.site.t
	t.Helper()
	if a.status != status {
		t.Errorf("%s answers %d; want %d", a.at, a.status, status)
	}
	if len(wishes) > 0 {
		htmlcheck.Check(t, a.page(), wishes...)
	}
	return a
}

// redirects checks that the answer is a redirect to the path.
func (a answer) redirects(path string) answer {
	t := a.visitor.site.t
	t.Helper()
	equal(t, a.at.String()+": status", a.status, http.StatusSeeOther)
	equal(t, a.at.String()+": Location", a.header.Get("Location"), path)
	return a
}

// says wants words on the page.
func says(words string) htmlcheck.Wish { return htmlcheck.In("main", htmlcheck.HasText(words)) }

// noticed wants the notice of what was done.
func noticed(words string) htmlcheck.Wish {
	return htmlcheck.In(`main [role="status"]`, htmlcheck.HasText(words))
}
