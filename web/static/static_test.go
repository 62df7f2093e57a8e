package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"learningcity/web/static"
)

func get(method, path, encoding string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFilesAreServedForEver(t *testing.T) {
	for _, tt := range []struct {
		name, contentType, vary string
		address                 string
	}{
		{"app.css", "text/css; charset=utf-8", "Accept-Encoding", `^/static/app\.[0-9a-f]{10}\.css$`},
		{"app.js", "text/javascript; charset=utf-8", "Accept-Encoding", `^/static/app\.[0-9a-f]{10}\.js$`},
		{"events.js", "text/javascript; charset=utf-8", "Accept-Encoding", `^/static/events\.[0-9a-f]{10}\.js$`},
		{"upload.js", "text/javascript; charset=utf-8", "Accept-Encoding", `^/static/upload\.[0-9a-f]{10}\.js$`},
		{"htmx.js", "text/javascript; charset=utf-8", "Accept-Encoding", `^/static/htmx\.[0-9a-f]{10}\.js$`},
		{"icon.svg", "image/svg+xml", "Accept-Encoding", `^/static/icon\.[0-9a-f]{10}\.svg$`},
		{"be-vietnam-pro-latin-400.woff2", "font/woff2", "", `^/static/be-vietnam-pro-latin-400\.[0-9a-f]{10}\.woff2$`},
	} {
		url := static.URL(tt.name)
		r := get(http.MethodGet, url, "")
		if !regexp.MustCompile(tt.address).MatchString(url) {
			t.Errorf("%s: address %s", tt.name, url)
		}
		if r.StatusCode != http.StatusOK || len(body(t, r)) == 0 {
			t.Errorf("%s: status %d or nothing in it", tt.name, r.StatusCode)
		}
		if got := r.Header.Get("Content-Type"); got != tt.contentType {
			t.Errorf("%s: type %q", tt.name, got)
		}
		if got := r.Header.Get("Vary"); got != tt.vary {
			t.Errorf("%s: vary %q", tt.name, got)
		}
		if got := r.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: cache control %q", tt.name, got)
		}
	}
}

func TestOnlyHashedAddresses(t *testing.T) {
	for _, path := range []string{
		"/static/app.css", "/static/", "/static/css/tokens.css", "/static/fonts/OFL.txt", "/static/static.go",
		"/static/app.0000000000.css", "/static/../static/app.css", strings.TrimPrefix(static.URL("app.css"), "/static"),
		static.URL("missing.css"),
	} {
		r := get(http.MethodGet, path, "gzip")
		if r.StatusCode != http.StatusNotFound || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: status %d, encoding %q", path, r.StatusCode, r.Header.Get("Content-Encoding"))
		}
		if got := r.Header.Get("Cache-Control"); got != "" {
			t.Errorf("%s: cache control %q", path, got)
		}
	}
}

func TestCompression(t *testing.T) {
	css, font := static.URL("app.css"), static.URL("be-vietnam-pro-latin-400.woff2")
	for _, tt := range []struct{ path, accept, want string }{
		{css, "gzip, deflate, br", "gzip"},
		{css, "br;q=1.0, GZIP;q=0.5", "gzip"},
		{css, "*", "gzip"},
		{css, "*;q=0", ""},
		{css, "gzip;q=0, *", ""},
		{css, "gzip; q=0.0", ""},
		{css, "gzip;q=much", ""},
		{css, "identity", ""},
		{css, "", ""},
		{font, "gzip", ""},
	} {
		if got := get(http.MethodGet, tt.path, tt.accept).Header.Get("Content-Encoding"); got != tt.want {
			t.Errorf("%s: %q gives %q; want %q", tt.path, tt.accept, got, tt.want)
		}
	}
}

func TestCompressedIsTheSame(t *testing.T) {
	plain := body(t, get(http.MethodGet, static.URL("app.css"), ""))
	packed := get(http.MethodGet, static.URL("app.css"), "gzip")
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(plain, unpacked) {
		t.Error("compressed and plain differ")
	}
}

func TestHeadHasNoBody(t *testing.T) {
	r := get(http.MethodHead, static.URL("app.js"), "gzip")
	if got := len(body(t, r)); got != 0 {
		t.Errorf("%d bytes", got)
	}
	if r.Header.Get("Content-Length") == "0" || r.Header.Get("Content-Length") == "" {
		t.Errorf("length %q", r.Header.Get("Content-Length"))
	}
}

// TestStylesheet: every address in it is one that the handler answers, so it
// also names nothing outside the program.
func TestStylesheet(t *testing.T) {
	css := string(body(t, get(http.MethodGet, static.URL("app.css"), "")))
	addresses := regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1)
	if len(addresses) != 4 {
		t.Errorf("%d addresses; want the four fonts", len(addresses))
	}
	for _, a := range addresses {
		if status := get(http.MethodGet, a[1], "").StatusCode; status != http.StatusOK {
			t.Errorf("%s: status %d", a[1], status)
		}
	}
	if strings.Contains(css, "@import") {
		t.Error("it imports another one")
	}
}

// TestWeight holds what a first visit fetches, compressed, to a budget.
func TestWeight(t *testing.T) {
	total := 0
	for _, name := range []string{
		"app.css", "app.js", "htmx.js", "icon.svg",
		"be-vietnam-pro-latin-400.woff2", "be-vietnam-pro-latin-600.woff2",
		"be-vietnam-pro-vietnamese-400.woff2", "be-vietnam-pro-vietnamese-600.woff2",
	} {
		size := len(body(t, get(http.MethodGet, static.URL(name), "gzip")))
		t.Logf("%6d %s", size, name)
		total += size
	}
	if total > 100_000 {
		t.Errorf("%d bytes; the budget is 100,000", total)
	}
}
