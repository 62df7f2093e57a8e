package view

import (
	"cmp"
	"maps"
	"slices"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

func standingText(p *locale.Printer, standing string) string { return p.T("state." + standing) }

// mark is a cell that stands alone: it tells its state and leads to its page.
func mark(p *locale.Printer, c Cell) ui.Mark {
	state := standingText(p, c.Standing)
	return ui.Mark{
		State: c.Standing, Text: c.Code, Word: state, Href: c.Href, Here: c.Here,
		Title: p.T("cell.title", "code", c.Code, "title", c.Title, "state", state),
	}
}

// plainMark is a cell beside a title and a tag, which say the rest.
func plainMark(c Cell) ui.Mark { return ui.Mark{State: c.Standing, Text: c.Code} }

// problems lists a form's errors in the order of its fields, which carry their
// names as ids; what belongs to none of them comes last.
func problems(p *locale.Printer, errors Errors, fields ...string) ui.Errors {
	var list []ui.FieldError
	for _, field := range fields {
		if text := errors[field]; text != "" {
			list = append(list, ui.FieldError{ID: field, Text: text})
		}
	}
	for _, field := range slices.Sorted(maps.Keys(errors)) {
		if !slices.Contains(fields, field) && errors[field] != "" {
			list = append(list, ui.FieldError{Text: errors[field]})
		}
	}
	return ui.Errors{Title: p.T("form.errors", "count", len(list)), List: list}
}

// dayType is the kind of field that keeps what was typed for a day: browsers
// empty a date field that is given anything else.
func dayType(input string) string {
	if _, err := tracker.ParseDate(input); err != nil && input != "" {
		return "text"
	}
	return "date"
}

func dayHint(p *locale.Printer, input string) string {
	if dayType(input) == "text" {
		return p.T("form.day_hint")
	}
	return ""
}

// department is the name of an entry's department, or that it has none.
func department(p *locale.Printer, name string) string {
	return cmp.Or(name, p.T("entry.no_department"))
}

// inCityLanguage marks a field as one in which people write their city's
// language, whatever language the page is in.
func inCityLanguage(language string) templ.Attributes {
	return templ.Attributes{"lang": language}
}

// orNone stands in for a figure that nobody gave.
func orNone(p *locale.Printer, text string) string { return cmp.Or(text, p.T("measurement.none")) }

// meets tells whether a figure reaches its target, as a word.
func meets(p *locale.Printer, row MeasurementRow) string {
	switch {
	case row.Target == "":
		return p.T("measurement.no_target")
	case row.Meets:
		return p.T("measurement.met")
	default:
		return p.T("measurement.not_met")
	}
}
