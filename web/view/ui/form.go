package ui

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Input is a field that takes typed words: Field or TextArea. Only Name and
// Label are needed. Value is what was typed, kept as it was.
type Input struct {
	ID    string // the name, where a page has only one field of that name
	Name  string
	Label string
	Hint  string
	Error string
	Value string
	Type  string // text, unless something else is said; TextArea has none
	Short bool   // for a date, a figure or a code
	Rows  int    // of a TextArea; 3 unless something else is said
	// Attributes such as required, autocomplete, inputmode or maxlength.
	Attributes templ.Attributes
}

// Choice is a field that takes one of several values: RadioGroup or Select.
type Choice struct {
	ID      string // the name, where a page has only one field of that name
	Name    string
	Label   string
	Hint    string
	Error   string
	Value   string // of the option that is chosen
	Options []Option
	// LabelHidden keeps the label for screen readers only, under a heading
	// that says the same.
	LabelHidden bool
	Attributes  templ.Attributes
}

// Option is one value of a Choice. The hint is shown by RadioGroup only, and the
// group, which those that follow each other share, by Select only.
type Option struct{ Value, Label, Hint, Group string }

// optionGroup are options that follow each other with the same group.
type optionGroup struct {
	name    string
	options []Option
}

func grouped(options []Option) []optionGroup {
	var all []optionGroup
	for _, o := range options {
		if n := len(all); n == 0 || all[n-1].name != o.Group {
			all = append(all, optionGroup{name: o.Group})
		}
		last := &all[len(all)-1]
		last.options = append(last.options, o)
	}
	return all
}

// Errors lists what is wrong with a form, each error linked to its field.
type Errors struct {
	Title string
	List  []FieldError
}

// FieldError is one error. ID is that of the field, or empty where the error
// belongs to none.
type FieldError struct{ ID, Text string }

// frame is what every field has around its control.
type frame struct{ id, hint, err string }

func (i Input) frame() frame  { return frame{first(i.ID, i.Name), i.Hint, i.Error} }
func (c Choice) frame() frame { return frame{first(c.ID, c.Name), c.Hint, c.Error} }

// optionID gives the first option the field's own id, so that the error
// summary leads to where the choice is made.
func (c Choice) optionID(i int) string {
	if i == 0 {
		return c.frame().id
	}
	return c.frame().id + "-" + strconv.Itoa(i+1)
}

func (f frame) hintID() string  { return f.id + "-hint" }
func (f frame) errorID() string { return f.id + "-error" }

// aria ties hint and error to the control.
func (f frame) aria() templ.Attributes {
	attributes := templ.Attributes{}
	var ids []string
	if f.hint != "" {
		ids = append(ids, f.hintID())
	}
	if f.err != "" {
		ids = append(ids, f.errorID())
		attributes["aria-invalid"] = "true"
	}
	if len(ids) > 0 {
		attributes["aria-describedby"] = strings.Join(ids, " ")
	}
	return attributes
}

// groupAria is aria for a fieldset, which cannot be invalid as a whole.
func (f frame) groupAria() templ.Attributes {
	attributes := f.aria()
	delete(attributes, "aria-invalid")
	return attributes
}

func (i Input) rows() string {
	if i.Rows == 0 {
		return "3"
	}
	return strconv.Itoa(i.Rows)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
