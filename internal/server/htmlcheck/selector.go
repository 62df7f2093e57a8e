package htmlcheck

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// step is one part of a selector: a tag, and conditions on its attributes.
type step struct {
	tag        string // empty: any
	conditions []condition
}

// condition is on one attribute: = equal, ^ begins with, ~ one of the words,
// or, with no operator, that it is there.
type condition struct{ name, operator, value string }

var (
	// A space inside brackets does not part steps.
	stepPattern      = regexp.MustCompile(`(?:\[[^\]]*\]|[^\s\[])+`)
	partsPattern     = regexp.MustCompile(`^([a-z][a-z0-9]*)?((?:#[\w-]+|\.[\w-]+|\[[^\]]*\])*)$`)
	conditionPattern = regexp.MustCompile(`#[\w-]+|\.[\w-]+|\[[^\]]*\]`)
	bracketPattern   = regexp.MustCompile(`^\[([\w-]+)(?:(\^?)="?([^"]*)"?)?\]$`)
)

// compile reads the small part of CSS that tests need: tag, #id, .class,
// [name], [name="value"], [name^="beginning"], and a space for "inside". What
// it does not understand is a mistake in the test, so it panics.
func compile(selector string) []step {
	var steps []step
	for _, text := range stepPattern.FindAllString(selector, -1) {
		parts := partsPattern.FindStringSubmatch(text)
		if parts == nil {
			panic("htmlcheck: cannot read selector " + selector)
		}
		one := step{tag: parts[1]}
		for _, c := range conditionPattern.FindAllString(parts[2], -1) {
			one.conditions = append(one.conditions, readCondition(c))
		}
		steps = append(steps, one)
	}
	return steps
}

func readCondition(text string) condition {
	switch text[0] {
	case '#':
		return condition{"id", "=", text[1:]}
	case '.':
		return condition{"class", "~", text[1:]}
	}
	parts := bracketPattern.FindStringSubmatch(text)
	switch {
	case parts == nil:
		panic("htmlcheck: cannot read condition " + text)
	case parts[2] == "^":
		return condition{parts[1], "^", parts[3]}
	case strings.Contains(text, "="):
		return condition{parts[1], "=", parts[3]}
	}
	return condition{name: parts[1]}
}

// matches reports whether the node fits the last step and lies inside nodes
// that fit the others, from the outermost to the innermost.
func matches(n *html.Node, steps []step) bool {
	last := len(steps) - 1
	if last < 0 || !steps[last].fits(n) {
		return false
	}
	wanted := last - 1
	for up := n.Parent; up != nil && wanted >= 0; up = up.Parent {
		if steps[wanted].fits(up) {
			wanted--
		}
	}
	return wanted < 0
}

func (s step) fits(n *html.Node) bool {
	if n.Type != html.ElementNode || s.tag != "" && n.Data != s.tag {
		return false
	}
	return !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(n) })
}

func (c condition) holds(n *html.Node) bool {
	value, ok := attribute(n, c.name)
	switch c.operator {
	case "=":
		return ok && value == c.value
	case "^":
		return strings.HasPrefix(value, c.value)
	case "~":
		return slices.Contains(strings.Fields(value), c.value)
	}
	return ok
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
