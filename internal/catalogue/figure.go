package catalogue

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"learningcity/internal/tracker"
)

var plainFigure = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// figure reads a number as the unit of measure wants it: counts and dong
// without decimals, all others with exactly one. It is written plainly, since
// readers of YAML disagree on 010, 1_000 and 1e3.
func figure(v value, unit tracker.Unit) (tracker.Decimal, bool) {
	parts := plainFigure.FindStringSubmatch(v.str())
	switch {
	case parts == nil:
		v.misshapen("%s is not a plain figure", quote(v.str()))
	case unit.Whole() && parts[2] != "":
		v.misshapen("%s is not a whole number", quote(v.str()))
	case !unit.Whole() && parts[2] == "":
		v.misshapen("%s is not a number with a decimal", quote(v.str()))
	case len(parts[2]) > len(".5"):
		v.misshapen("%s has more than one decimal", quote(v.str()))
	case strings.HasPrefix(v.str(), "-"):
		v.misshapen("%s is below zero", quote(v.str()))
	default:
		return decimal(v, unit)
	}
	return 0, false
}

func decimal(v value, unit tracker.Unit) (tracker.Decimal, bool) {
	d, err := tracker.ParseDecimal(v.str())
	if err != nil {
		v.misshapen("%s is too large", quote(v.str()))
		return 0, false
	}
	if unit == tracker.Percent && d > 1000 {
		v.problem("%s is not between 0 and 100 percent", d)
	}
	return d, true
}

var quotedFigure = newPattern(`([0-9][0-9.,]*)[\s\pZ]?(%|dong|đồng)`, "%", "dong", "đồng")

// quotedFigures returns, sorted, the percentages and sums of dong that a text
// mentions. It answers false when one of them cannot be read.
func quotedFigures(s, language string) ([]float64, bool) {
	figures, readable := []float64{}, true
	for _, at := range quotedFigure.find(s) {
		if s[at[4]:at[5]] != "%" && startsWithWord(s[at[1]:]) {
			continue // the beginning of a longer word
		}
		f, err := readQuoted(s[at[2]:at[3]], language)
		readable = readable && err == nil
		figures = append(figures, f)
	}
	slices.Sort(figures)
	return figures, readable
}

func readQuoted(s, language string) (float64, error) {
	s = strings.TrimRight(s, ".,")
	if language == "vi" {
		s = strings.NewReplacer(".", "", ",", ".").Replace(s)
	} else {
		s = strings.ReplaceAll(s, ",", "")
	}
	return strconv.ParseFloat(s, 64)
}

// figuresByIndicator returns all values and targets of each indicator.
func figuresByIndicator(all []Measurement) map[string]map[float64]bool {
	known := map[string]map[float64]bool{}
	for _, m := range all {
		if known[m.Indicator] == nil {
			known[m.Indicator] = map[float64]bool{}
		}
		known[m.Indicator][m.Value.Float()] = true
		known[m.Indicator][m.Target.Float()] = true
	}
	return known
}
