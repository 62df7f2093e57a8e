package locale

import (
	"fmt"
	"strings"

	"learningcity/internal/tracker"

	"golang.org/x/text/feature/plural"
)

// Printer writes in one language. It is safe for concurrent use.
type Printer struct {
	language Language
	style    style
	messages map[string]*message
}

func newPrinter(l Language, messages map[string]*message) *Printer {
	return &Printer{language: l, style: styles[l], messages: messages}
}

// Language returns the language that the printer writes.
func (p *Printer) Language() Language { return p.language }

// T returns the message with the given key. The arguments are names and
// values in turn, for the placeholders of the same names; the value of "count"
// also chooses the plural form. Whole numbers, decimals, dates and texts in
// two languages are written as the language does. A year is not a quantity:
// pass it as a string, or it gets a thousands separator.
//
// T never fails: an unknown key is returned as it is, and a placeholder
// without a value stays visible. Tests find both.
func (p *Printer) T(key string, args ...any) string {
	m := p.messages[key]
	if m == nil {
		return key
	}
	parts := p.choose(m, args)
	if len(parts) == 1 && parts[0].name == "" {
		return parts[0].words
	}
	return p.join(parts, args)
}

// choose returns the parts of the plural form that the count asks for.
func (p *Printer) choose(m *message, args []any) []part {
	if m.forms == nil {
		return m.single
	}
	count, ok := value(args, "count").(int)
	if !ok {
		return m.forms[plural.Other]
	}
	return m.forms[pluralForm(p.style.tag, count)]
}

func (p *Printer) join(parts []part, args []any) string {
	var b strings.Builder
	b.Grow(128) // most are sentences
	for _, part := range parts {
		if part.name == "" {
			b.WriteString(part.words)
			continue
		}
		b.WriteString(p.show(part.name, value(args, part.name)))
	}
	return b.String()
}

// value finds an argument by name. Messages have few, so a walk is faster
// than building a map.
func value(args []any, name string) any {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}

// show writes one value, or the placeholder itself when there is none.
func (p *Printer) show(name string, v any) string {
	switch v := v.(type) {
	case nil:
		return "{" + name + "}"
	case string:
		return v
	case int:
		return p.Int(v)
	case tracker.Decimal:
		return p.Number(v)
	case tracker.Date:
		return p.Date(v)
	case tracker.Text:
		return p.Text(v)
	default:
		return fmt.Sprint(v)
	}
}
