package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"learningcity/internal/tracker"
)

// shape is what a value must look like by itself; it reports what does not
// fit. Shapes are checked over the whole file first, so that the checks that
// compare values may trust keys and types.
type shape func(v value)

// field is one key of a mapping.
type field struct {
	key      string
	shape    shape
	optional bool
}

func need(key string, s shape) field { return field{key: key, shape: s} }

func may(key string, s shape) field { return field{key: key, shape: s, optional: true} }

// mapping has these keys and no others.
func mapping(fields ...field) shape {
	return func(v value) {
		if !v.isMapping() {
			v.misshapen("must be a mapping")
			return
		}
		checkKeys(v, fields)
		for _, f := range fields {
			if v.has(f.key) {
				f.shape(v.get(f.key))
			}
		}
	}
}

func checkKeys(v value, fields []field) {
	for _, f := range fields {
		if !f.optional && !v.has(f.key) {
			v.misshapen("lacks %s", f.key)
		}
	}
	for _, key := range v.keys() {
		name := key.str()
		if slices.ContainsFunc(fields, func(f field) bool { return f.key == name }) {
			continue
		}
		if now, ok := v.log.renamed[name]; ok {
			key.problem("old key %s, now %s", name, now)
		} else {
			key.problem("unknown key %s", quote(name))
		}
	}
}

// list has at least one item, all of the same shape.
func list(item shape) shape {
	return func(v value) {
		if !v.isList() || len(v.node.Content) == 0 {
			v.misshapen("must be a list with at least one item")
			return
		}
		for _, i := range v.items() {
			item(i)
		}
	}
}

// code is the short text that stands for something in addresses and exports.
func code(v value) {
	if !v.isText() {
		v.misshapen("must be text in quotation marks")
	} else if !isCode(v.str()) {
		v.problem("%s is not a code", quote(v.str()))
	}
}

// oneOf is a closed list of words.
func oneOf[T ~string](words ...T) shape {
	return func(v value) {
		if !v.isText() || !slices.Contains(words, T(v.str())) {
			v.problem("%s is not one of %s", quote(v.str()), joinWords(words))
		}
	}
}

func joinWords[T ~string](words []T) string {
	var all []string
	for _, w := range words {
		all = append(all, string(w))
	}
	return strings.Join(all, ", ")
}

// prose is a text in both languages.
func prose(v value) { checkBilingual(v) }

// titleMax is what fits a heading on a phone and a column of a report.
const titleMax = 70

// title is a short text in both languages that is not a sentence.
func title(v value) {
	checkBilingual(v)
	for _, language := range languages {
		s := v.get(language)
		if n := utf8.RuneCountInString(s.str()); n > titleMax {
			s.problem("%d characters (limit %d)", n, titleMax)
		}
		if strings.HasSuffix(s.str(), ".") {
			s.problem("a title ends with a full stop")
		}
	}
}

// flag is true or false.
func flag(v value) {
	if !isFlag(v) {
		v.misshapen("must be true or false")
	}
}

// illustrative is the mark of all that was made up for the demonstration.
func illustrative(v value) {
	if !isTrue(v) {
		v.problem("must be marked illustrative")
	}
}

func isFlag(v value) bool { return v.isKind(yaml.ScalarNode, "!!bool") }

func isTrue(v value) bool { return isFlag(v) && strings.EqualFold(v.str(), "true") }

// date is a calendar day within the years of the demonstration.
func date(v value) {
	if !v.isText() {
		v.misshapen("a date must be text in quotation marks")
		return
	}
	day, err := tracker.ParseDate(v.str())
	if err != nil {
		v.misshapen("bad date %s", quote(v.str()))
	} else if day < firstDay || day > lastDay {
		v.problem("date %s is not between %s and %s", day, firstDay, lastDay)
	}
}

var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// whole is a small whole number.
func whole(v value) {
	if !v.isKind(yaml.ScalarNode, "!!int") || !wholeNumber.MatchString(v.str()) {
		v.misshapen("must be a whole number")
	}
}

// number is any number; its unit of measure decides more.
func number(v value) {
	if !v.isKind(yaml.ScalarNode, "!!int") && !v.isKind(yaml.ScalarNode, "!!float") {
		v.misshapen("must be a number")
	}
}
