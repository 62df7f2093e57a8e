package locale

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// message is compiled when it is loaded, so that printing it only joins
// strings.
type message struct {
	single []part                 // of a message without plural forms
	forms  map[plural.Form][]part // of a message with them
}

// part is a piece of a text: either words as they stand or the name of a
// placeholder.
type part struct{ words, name string }

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func newMessage(l Language, forms []form) (*message, error) {
	if len(forms) == 1 && forms[0].only {
		parts, err := compile(forms[0].text)
		return &message{single: parts}, err
	}
	m := &message{forms: map[plural.Form][]part{}}
	var problems []error
	for _, f := range forms {
		problems = append(problems, m.addForm(f))
	}
	problems = append(problems, m.checkForms(l))
	return m, errors.Join(problems...)
}

func (m *message) addForm(f form) error {
	id, ok := formNames[f.name]
	if !ok {
		return fmt.Errorf("%q is not a plural form", f.name)
	}
	if m.forms[id] != nil {
		return fmt.Errorf("plural form %q given twice", f.name)
	}
	parts, err := compile(f.text)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	m.forms[id] = parts
	return nil
}

// checkForms demands exactly the forms that the language has for counts.
func (m *message) checkForms(l Language) error {
	needed := map[plural.Form]bool{}
	for n := range 1000 {
		needed[pluralForm(styles[l].tag, n)] = true
	}
	for name, id := range formNames {
		if needed[id] != (m.forms[id] != nil) {
			return fmt.Errorf("plural form %q is missing or not used in this language", name)
		}
	}
	return nil
}

// pluralForm chooses the form for a count. The rules take a number modulo ten
// million.
func pluralForm(tag language.Tag, n int) plural.Form {
	return plural.Cardinal.MatchPlural(tag, max(n, -n)%10_000_000, 0, 0, 0, 0)
}

// compile cuts a text at its placeholders: {name}, where a name is made of
// a-z and _. A text cannot show a brace, because none needs to.
func compile(text string) ([]part, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	var parts []part
	for text != "" {
		words, rest, found := strings.Cut(text, "{")
		if strings.Contains(words, "}") {
			return nil, errors.New("a closing brace without an opening one")
		}
		if words != "" {
			parts = append(parts, part{words: words})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !validName(name) {
			return nil, fmt.Errorf("a placeholder is a name of a-z and _ in braces, not %q", "{"+name)
		}
		parts = append(parts, part{name: name})
		text = after
	}
	return parts, nil
}

func validName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// placeholders lists the names that any text of the message uses, sorted. A
// message with plural forms needs its count even where no form shows it.
func (m *message) placeholders() []string {
	var names []string
	if m.forms != nil {
		names = append(names, "count")
	}
	names = appendNames(names, m.single)
	for _, parts := range m.forms {
		names = appendNames(names, parts)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func appendNames(names []string, parts []part) []string {
	for _, p := range parts {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	return names
}
