package view_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"learningcity/web/static"
)

var gallery = flag.String("gallery", "", "write every page to this folder, to look at")

var staticAddress = regexp.MustCompile(`/static/[A-Za-z0-9._-]+`)

// TestGallery writes the pages with their styles as files that a browser opens
// without a server. Without -gallery it only holds the pages to their styles:
// each must exist.
func TestGallery(t *testing.T) {
	folder := *gallery
	if folder == "" {
		folder = t.TempDir()
	}
	if err := os.MkdirAll(filepath.Join(folder, "static"), 0o755); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, r := range readers(t) {
		for _, f := range fixtures {
			page := render(t, f, r)
			for _, address := range staticAddress.FindAllString(page, -1) {
				writeStatic(t, folder, address, written)
			}
			page = strings.ReplaceAll(page, `"/static/`, `"static/`)
			write(t, filepath.Join(folder, f.name+"."+string(r.Language())+".html"), page)
		}
	}
}

// writeStatic writes one file, and those that it names in its turn.
func writeStatic(t *testing.T, folder, address string, written map[string]bool) {
	t.Helper()
	if written[address] {
		return
	}
	written[address] = true
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	if w.Code != 200 {
		t.Errorf("%s: status %d", address, w.Code)
	}
	body := w.Body.String()
	if strings.HasSuffix(address, ".css") {
		for _, inner := range staticAddress.FindAllString(body, -1) {
			writeStatic(t, folder, inner, written)
		}
		body = strings.ReplaceAll(body, "url(/static/", "url(")
	}
	write(t, filepath.Join(folder, filepath.FromSlash(address)), body)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
