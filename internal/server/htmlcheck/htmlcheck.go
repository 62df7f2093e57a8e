// Package htmlcheck asserts what stands on a page, by its structure. Only tests
// may import it.
//
// It must not know this program's pages: selectors and wishes come from the
// test that reads them.
package htmlcheck

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Node is an element of a page, or the page itself.
type Node struct{ node *html.Node }

// Parse reads a page as a browser does.
func Parse(t testing.TB, page string) Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("read the page: %v", err)
	}
	return Node{root}
}

// All returns the elements inside the node that the selector chooses, in the
// page's order.
func (n Node) All(selector string) []Node {
	steps := compile(selector)
	var found []Node
	for d := range n.node.Descendants() {
		if matches(d, steps) {
			found = append(found, Node{d})
		}
	}
	return found
}

// First returns the first element that the selector chooses, or nothing: a
// Node without text and attributes.
func (n Node) First(selector string) Node {
	if all := n.All(selector); len(all) > 0 {
		return all[0]
	}
	return Node{&html.Node{}}
}

// Attr returns the value of an attribute, empty where there is none.
func (n Node) Attr(name string) string {
	value, _ := attribute(n.node, name)
	return value
}

// Text returns the words in the node, with runs of space as one.
func (n Node) Text() string { return strings.Join(strings.Fields(n.Raw()), " ") }

// Raw returns the words as they stand, which is what a text area holds.
func (n Node) Raw() string {
	var b strings.Builder
	for d := range n.node.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Values returns one attribute of all elements that the selector chooses.
func (n Node) Values(selector, name string) []string {
	var values []string
	for _, found := range n.All(selector) {
		values = append(values, found.Attr(name))
	}
	return values
}

// Wish is what a node should be like; the error says how it is not.
type Wish func(Node) error

// Check reports every wish that the node does not fulfil.
func Check(t testing.TB, n Node, wishes ...Wish) {
	t.Helper()
	for _, wish := range wishes {
		if err := wish(n); err != nil {
			t.Error(err)
		}
	}
}

// In applies wishes to the first element that the selector chooses; there must
// be one.
func In(selector string, wishes ...Wish) Wish {
	return func(n Node) error {
		all := n.All(selector)
		if len(all) == 0 {
			return fmt.Errorf("no %s on the page", selector)
		}
		for _, wish := range wishes {
			if err := wish(all[0]); err != nil {
				return fmt.Errorf("%s: %w", selector, err)
			}
		}
		return nil
	}
}

// Count wants the selector to choose so many elements; 0 for none.
func Count(selector string, want int) Wish {
	return func(n Node) error {
		if got := len(n.All(selector)); got != want {
			return fmt.Errorf("%d × %s on the page; want %d", got, selector, want)
		}
		return nil
	}
}

// HasText wants the words somewhere in the node.
func HasText(want string) Wish {
	return func(n Node) error {
		if got := n.Text(); !strings.Contains(got, want) {
			return fmt.Errorf("text is %q; want %q in it", shorten(got), shorten(want))
		}
		return nil
	}
}

// HasRaw wants exactly these words in the node, space included.
func HasRaw(want string) Wish {
	return func(n Node) error {
		if got := n.Raw(); got != want {
			return fmt.Errorf("text is %q (%d bytes); want %q (%d bytes)", shorten(got), len(got), shorten(want), len(want))
		}
		return nil
	}
}

// HasAttr wants the attribute to have the value.
func HasAttr(name, want string) Wish {
	return func(n Node) error {
		got, ok := attribute(n.node, name)
		if !ok || got != want {
			return fmt.Errorf("%s is %q; want %q", name, got, want)
		}
		return nil
	}
}

func shorten(s string) string {
	const long = 400
	if runes := []rune(s); len(runes) > long {
		return string(runes[:long]) + "…"
	}
	return s
}
