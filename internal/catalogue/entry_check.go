package catalogue

import (
	"slices"
	"strings"

	"learningcity/internal/tracker"
)

// minEntries is how many indicators must have a narrative.
const minEntries = 12

func (s *dataset) readEntries(measurements []Measurement) []Entry {
	var all []Entry
	told, figures := set{}, figuresByIndicator(measurements)
	for _, v := range s.items("entries") {
		code, ok := s.indicator(v)
		if !ok {
			continue
		}
		e := Entry{code, textOf(v.get("narrative")), textOf(v.get("obstacles")), textOf(v.get("solution"))}
		if len(all) > 0 && tracker.CompareCodes(all[len(all)-1].Indicator, code) >= 0 {
			v.problem("not in order of code, or given twice")
		}
		s.checkParts(v, code)
		for _, key := range []string{"narrative", "obstacles", "solution"} {
			checkStory(v.get(key), figures[code])
		}
		told[code] = true
		all = append(all, e)
	}
	s.checkTold(told)
	return all
}

// checkParts checks that those entries, and only those, tell of obstacles that
// were open at the first report.
func (s *dataset) checkParts(v value, code string) {
	for _, key := range []string{"obstacles", "solution"} {
		if open := s.openBefore[code]; open && !v.has(key) {
			v.problem("lacks %s, the entry was open on %s", key, firstReport)
		} else if !open && v.has(key) {
			v.get(key).problem("has %s, the entry was achieved on %s", key, firstReport)
		}
	}
}

// sentences counts the words that end a sentence.
func sentences(s string) int {
	n := 0
	for word := range strings.FieldsSeq(s) {
		if word != strings.TrimRight(word, ".!?") {
			n++
		}
	}
	return n
}

// checkStory checks one text of an entry: its length, and that the figures it
// quotes are those that were measured, the same in both languages.
func checkStory(v value, known map[float64]bool) {
	if v.node == nil {
		return
	}
	var figures [][]float64
	for _, language := range languages {
		s := v.get(language)
		n := sentences(s.str())
		if !strings.HasSuffix(s.str(), ".") || n < 1 || n > 3 {
			s.problem("needs 1 to 3 sentences: %s", quote(s.str()))
		}
		figures = append(figures, checkQuoted(s, language, known))
	}
	if !slices.Equal(figures[0], figures[1]) {
		v.problem("en and vi quote different figures")
	}
}

// checkQuoted returns the figures of a text.
func checkQuoted(s value, language string, known map[float64]bool) []float64 {
	figures, readable := quotedFigures(s.str(), language)
	unknown := slices.ContainsFunc(figures, func(f float64) bool { return !known[f] })
	if !readable || unknown && !s.log.broken {
		s.problem("quotes a figure that is not among its measurements: %s", quote(s.str()))
	}
	return figures
}

func (s *dataset) checkTold(told set) {
	v := s.root.get("entries")
	if len(told) < minEntries {
		v.problem("%d indicators, need %d", len(told), minEntries)
	}
	if missing := s.openBefore.minus(told); len(missing) > 0 {
		v.problem("open indicators without a narrative: %s", strings.Join(missing.sorted(), ", "))
	}
}
