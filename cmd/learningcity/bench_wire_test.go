//go:build bench

package main_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"
)

// kilobyte is what a network calls so.
const kilobyte = 1000

// wire counts all bytes that a browser receives: on the way from the sign-in
// page to the dashboard with every file that these refer to, and for each page
// after that.
func (b *bench) wire(t *testing.T) {
	p := b.serve(t, "wire", "LEARNINGCITY_DATA_DIR="+filepath.Join(b.dir, "demonstration"))
	defer func() { _ = p.stop() }()
	v := newVisitor(p.addr)
	defer v.leave()
	v.getWithFiles(t, "/sign-in")
	dashboard, err := v.signIn()
	if err != nil {
		t.Fatal(err)
	}
	v.getFiles(t, dashboard)
	bounds := []bound{{what: "first view", value: v.received(), limit: 150, format: "%.1f KB",
		extra: fmt.Sprintf("sign-in page, dashboard, %d files", len(v.fetched))}}
	for _, path := range []string{"", "?on=2024-08-13", "/indicators", "/indicators/" + shownIndicator,
		"/indicators/" + shownIndicator + "/narrative", "/indicators/" + shownIndicator + "/measurement"} {
		before := v.received()
		v.getWithFiles(t, "/cities/ha-long"+path)
		bounds = append(bounds, bound{what: "/cities/ha-long" + path, value: v.received() - before, limit: 20, format: "%.1f KB"})
	}
	check(t, "Bytes over the wire, as browsers ask for them (gzip)", bounds)
}

func (v *visitor) received() float64 { return float64(v.bytes.Load()) / kilobyte }

// getWithFiles fetches a page or a file and all that it makes a browser fetch.
func (v *visitor) getWithFiles(t *testing.T, path string) {
	t.Helper()
	text, err := v.get(path)
	if err != nil {
		t.Fatal(err)
	}
	v.getFiles(t, text)
}

func (v *visitor) getFiles(t *testing.T, text string) {
	t.Helper()
	for _, match := range reference.FindAllStringSubmatch(text, -1) {
		v.getWithFiles(t, match[1])
	}
}

// reference finds the files in a page or a style sheet.
var reference = regexp.MustCompile(`(?:href="|src="|url\()(/static/[^")]+)`)
