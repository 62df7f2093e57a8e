//go:build bench

package main_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// evidenceSQL fills the library of one city with 200 pieces of evidence, that of
// another with 20,000.
//
//go:embed testdata/bench_evidence.sql
var evidenceSQL string

const (
	fewCity, manyCity = 1, 2
	lookTime          = 400 * time.Millisecond // at one page in one round
	pdfPages          = 200
)

// library compares its pages in a large city with those in a small one. What
// they touch in the database is TestLibraryCostsTheSame's in package postgres.
func (x exchange) library(t *testing.T) {
	if _, err := x.owner.PgConn().Exec(t.Context(), evidenceSQL).ReadAll(); err != nil {
		t.Fatalf("fill the libraries: %v", err)
	}
	if _, err := x.owner.Exec(t.Context(), "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	var bounds []bound
	for _, page := range []struct{ name, path string }{
		{"all", "/evidence"}, {"a common word", "/evidence?q=tai+lieu+chung"}, {"a rare word", "/evidence?q=hiem"},
		{"a word of every fifth", "/evidence?q=nam"},
		{"a department", "/evidence?department=CUL"}, {"unused", "/evidence?show=unused"}, {"expiring", "/evidence?show=expiring"},
	} {
		c := contest{name: page.name, program: side{load: libraryLoad(manyCity, page.path)}, floor: side{load: libraryLoad(fewCity, page.path)}}
		c.hold(t, x.program, x.program, lookTime)
		c.program.results, c.floor.results = nil, nil
		for range rounds {
			c.hold(t, x.program, x.program, lookTime)
		}
		bounds = append(bounds, bound{what: c.name, value: c.ratio(p50), limit: 1.5, format: "%.2f",
			extra: fmt.Sprintf("p50 %.2f ms with 20,000; %.2f ms with 200", c.program.middle(p50), c.floor.middle(p50))})
	}
	check(t, "A page of the library with 20,000 pieces of evidence, as a multiple of one with 200", bounds)
}

// libraryLoad is one reader.
func libraryLoad(city int, path string) load {
	return load{status: http.StatusOK, scripts: []script{&turns{requests: [][]byte{get(city, path)}}}}
}

// texts compares how soon a PDF of 200 pages is answered for with one as long in
// which there is no text, and waits until it is found by its words.
func (x exchange) texts(t *testing.T) {
	var ratios, found, written, scanned []float64
	for n := range 2*rounds - 1 {
		word := fmt.Sprintf("benchword%d", n)
		began := time.Now()
		location, text := x.answered(t, pdfOf(word, " "))
		x.find(t, word, location)
		found = append(found, time.Since(began).Seconds())
		_, scan := x.answered(t, pdfOf(word, "%"))
		ratios, written, scanned = append(ratios, text/scan), append(written, text), append(scanned, scan)
	}
	x.forget(t)
	check(t, "An upload's answer while its text is read in the background", []bound{
		{what: "200 pages, against a scan", value: median(ratios), limit: 1.5, format: "%.2f",
			extra: fmt.Sprintf("%.0f ms; scan %.0f ms", 1000*median(written), 1000*median(scanned))},
		{what: "answer, against being found", value: median(written) / median(found), limit: 0.5, format: "%.2f",
			extra: fmt.Sprintf("found by a word on the last page after %.2f s", median(found))},
	})
}

// answered returns where an upload led to, and the seconds until the answer.
func (x exchange) answered(t *testing.T, u upload) (location string, took float64) {
	t.Helper()
	x.settle(t)
	location, answer, err := u.send(x.program, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, x.program.said())
	}
	return location, answer.Seconds()
}

// find waits until the library finds by the word what an upload led to.
func (x exchange) find(t *testing.T, word, location string) {
	t.Helper()
	evidence, _, _ := strings.Cut(location, "/passport")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, page := ask(t, x.program, get(0, "/evidence?q="+word)); strings.Contains(page, evidence+`"`) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not found:\n%s", word, x.program.said())
		}
	}
}

// pdfOf makes a PDF of 200 pages, with the word on the last one. Where text
// stands behind the mark of a comment, there is none.
func pdfOf(word, mark string) upload {
	u := upload{name: "pages.pdf", first: "%%PDF-1.7\n%%%016d\n"}
	begin := len(fmt.Sprintf(u.first, 0))
	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, begin+b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, args...)...)
	}
	var pages strings.Builder
	for page := range pdfPages {
		fmt.Fprintf(&pages, "%d 0 R ", 4+2*page)
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Count %d /Kids [%s] >>", pdfPages, pages.String())
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for page := range pdfPages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", 5+2*page)
		text := pageOf(page+1, word, mark)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(text), text)
	}
	table := begin + b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	u.middle = b.Bytes()
	return u
}

// pageOf is what one of its pages says.
func pageOf(number int, word, mark string) string {
	var b strings.Builder
	b.WriteString("BT /F1 11 Tf 50 800 Td 14 TL\n")
	for line := range 50 {
		fmt.Fprintf(&b, "%s(page %d, line %d: a decision on lifelong learning in the wards of the city) Tj T*\n", mark, number, line+1)
	}
	if number == pdfPages {
		fmt.Fprintf(&b, "%s(%s) Tj\n", mark, word)
	}
	b.WriteString("ET")
	return b.String()
}
