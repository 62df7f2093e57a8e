package view_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func render(t *testing.T, f fixture, r reader) string {
	t.Helper()
	var out strings.Builder
	if err := f.page(r).Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// hashes are left out, so that a new colour changes no golden file.
var hashes = regexp.MustCompile(`\.[0-9a-f]{10}\.`)

func TestGolden(t *testing.T) {
	for _, r := range readers(t) {
		for _, f := range fixtures {
			name := f.name + "." + string(r.Language())
			t.Run(name, func(t *testing.T) {
				got := indent(t, hashes.ReplaceAllString(render(t, f, r), "."))
				golden := filepath.Join("testdata", name+".golden.html")
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s differs at %s; run with -update and read the difference", golden, firstDifference(got, string(want)))
				}
			})
		}
	}
}

func firstDifference(got, want string) string {
	wanted := strings.Split(want, "\n")
	for n, line := range strings.Split(got, "\n") {
		if n >= len(wanted) || line != wanted[n] {
			return line
		}
	}
	return "the end"
}

// indent writes every tag and every text on a line of its own.
func indent(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	indentNode(&out, root, -1)
	return out.String()
}

func indentNode(out *strings.Builder, n *html.Node, depth int) {
	pad := strings.Repeat("  ", max(depth, 0))
	switch n.Type {
	case html.TextNode:
		if text := strings.Join(strings.Fields(n.Data), " "); text != "" {
			out.WriteString(pad + text + "\n")
		}
		return
	case html.ElementNode:
		out.WriteString(pad + startTag(n) + "\n")
	case html.DoctypeNode:
		out.WriteString("<!doctype " + n.Data + ">\n")
	}
	for child := range n.ChildNodes() {
		indentNode(out, child, depth+1)
	}
}

func startTag(n *html.Node) string {
	tag := "<" + n.Data
	for _, a := range n.Attr {
		tag += " " + a.Key
		if a.Val != "" {
			tag += `="` + html.EscapeString(a.Val) + `"`
		}
	}
	return tag + ">"
}
