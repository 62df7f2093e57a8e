// Package locale picks the language of a page and writes messages, plurals,
// dates and numbers in it.
//
// It must not hold any words (they are in web/locale), decide what a page
// shows, read a clock or convert between time zones.
package locale

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/text/language"
)

// Language is a language that pages are written in.
type Language string

// The languages. Vietnamese comes first wherever there is an order.
const (
	Vietnamese Language = "vi"
	English    Language = "en"
)

// Languages lists every language that a bundle holds.
func Languages() []Language { return []Language{Vietnamese, English} }

// Parse returns the language with the code s, and false when there is none.
func Parse(s string) (Language, bool) {
	l := Language(s)
	return l, slices.Contains(Languages(), l)
}

var (
	matchable = []language.Tag{language.Vietnamese, language.English}
	matcher   = language.NewMatcher(matchable)
)

// Negotiate returns the language that fits an Accept-Language header best. It
// returns the fallback when the header is missing, broken or asks only for
// languages that we do not have.
func Negotiate(header string, fallback Language) Language {
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(wanted) == 0 {
		return fallback
	}
	_, i, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return fallback
	}
	return Languages()[i]
}

// Bundle holds the messages of all languages, ready to print.
type Bundle struct {
	printers map[Language]*Printer
}

// Load reads <language>.json for every language from files. The error lists
// every problem found, not only the first: unreadable files, keys given twice,
// empty or unnormalised texts, broken placeholders, missing plural forms, and
// keys or placeholders that one language has and another has not.
func Load(files fs.FS) (*Bundle, error) {
	b := &Bundle{printers: map[Language]*Printer{}}
	var problems []error
	for _, l := range Languages() {
		messages, err := readFile(files, l)
		problems = append(problems, err)
		b.printers[l] = newPrinter(l, messages)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if err := b.compare(); err != nil {
		return nil, err
	}
	return b, nil
}

// Printer returns the printer of a language. A language that the bundle does
// not hold gets the Vietnamese one.
func (b *Bundle) Printer(l Language) *Printer {
	if p, ok := b.printers[l]; ok {
		return p
	}
	return b.printers[Vietnamese]
}

// Keys lists every message key, sorted.
func (b *Bundle) Keys() []string {
	return slices.Sorted(maps.Keys(b.printers[Vietnamese].messages))
}

// compare reports every key or placeholder in which a language differs from
// the first one.
func (b *Bundle) compare() error {
	var problems []error
	first := b.printers[Vietnamese].messages
	for _, l := range Languages()[1:] {
		other := b.printers[l].messages
		for _, key := range slices.Sorted(maps.Keys(first)) {
			problems = append(problems, compareMessage(l, key, first[key], other[key]))
		}
		for _, key := range slices.Sorted(maps.Keys(other)) {
			if first[key] == nil {
				problems = append(problems, fmt.Errorf("%s: %s: not in %s", l, key, Vietnamese))
			}
		}
	}
	return errors.Join(problems...)
}

func compareMessage(l Language, key string, want, got *message) error {
	if got == nil {
		return fmt.Errorf("%s: %s: missing", l, key)
	}
	if !slices.Equal(want.placeholders(), got.placeholders()) {
		return fmt.Errorf("%s: %s: placeholders are %v, but %v in %s",
			l, key, got.placeholders(), want.placeholders(), Vietnamese)
	}
	return nil
}
