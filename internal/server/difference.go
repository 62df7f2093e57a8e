package server

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// difference writes out what stands otherwise in one sight of the entry than in
// a later one. The city's own texts are marked word by word.
func (e entryShower) difference(before, after tracker.Sight) view.Difference {
	d := before.DifferenceTo(after)
	v := view.Difference{Before: e.p.T("difference.before"), After: e.p.T("difference.after"), None: e.p.T("difference.none")}
	add := func(label, language, was, is string) {
		row := view.DifferenceRow{Label: label, Language: language}
		row.Before, row.After = marked(was, is)
		v.Rows = append(v.Rows, row)
	}
	if d.Claim != nil {
		add(e.p.T("entry_show.claim"), "", e.p.T("claim."+string(d.Claim.Before)), e.p.T("claim."+string(d.Claim.After)))
	}
	for _, t := range d.Texts {
		add(e.p.T("narrative."+t.Field), e.record.City.Language, t.Before, t.After)
	}
	for _, f := range d.Figures {
		add(e.p.T("difference.figure", "year", strconv.Itoa(f.Year)), "", e.figureText(f.Before), e.figureText(f.After))
	}
	for _, document := range d.Evidence {
		add(e.p.T("difference.document"), "", e.documentText(document.Before), e.documentText(document.After))
	}
	return v
}

// figureText is a year's figure in a few lines; empty for none.
func (e entryShower) figureText(m *tracker.Measurement) string {
	if m == nil {
		return ""
	}
	unit := e.record.Place.Indicator.Unit
	lines := []string{e.fact("measurement.value", figure(m.Value, unit, e.p))}
	if m.HasTarget {
		lines = append(lines, e.fact("measurement.target", figure(m.Target, unit, e.p)))
	}
	if m.Source != "" {
		lines = append(lines, e.fact("measurement.source", m.Source))
	}
	return strings.Join(lines, "\n")
}

func (e entryShower) fact(key, value string) string {
	return e.p.T("difference.fact", "name", e.p.T(key), "value", value)
}

// documentText is a piece of evidence in a few lines: what it is, its version, and
// the expected documents that it answers. Empty for none.
func (e entryShower) documentText(s *tracker.SeenEvidence) string {
	if s == nil {
		return ""
	}
	if s.Passport.Title == "" {
		return e.p.T("entry_evidence.hidden") + "\n" + e.p.T("version.name", "number", strconv.Itoa(s.Version))
	}
	lines := append([]string{s.Passport.Title, e.p.T("version.name", "number", strconv.Itoa(s.Version))}, e.passportLines(s.Passport)...)
	if s.Withdrawn {
		lines = append(lines, e.p.T("evidence.standing.withdrawn"))
	}
	if len(s.Answers) > 0 {
		lines = append(lines, e.p.T("evidence.answers"))
		lines = append(lines, e.answers(s.Answers)...)
	}
	return strings.Join(lines, "\n")
}

// passportLines are what a passport says beside the title.
func (e entryShower) passportLines(p tracker.Passport) []string {
	var lines []string
	for _, one := range []struct{ key, text string }{
		{"passport.number", p.Number}, {"passport.issuer", p.Issuer}, {"passport.issued_on", e.day(p.IssuedOn)},
		{"passport.period", strings.Trim(e.day(p.PeriodFrom)+" – "+e.day(p.PeriodTo), "– ")},
		{"passport.valid_until", e.day(p.ValidUntil)}, {"passport.note", p.Note},
	} {
		if one.text != "" {
			lines = append(lines, e.fact(one.key, one.text))
		}
	}
	return lines
}

func (e entryShower) day(d tracker.Date) string {
	if d.IsZero() {
		return ""
	}
	return e.p.Date(d)
}

// answers are the expected documents with these numbers.
func (e entryShower) answers(numbers []int) []string {
	var all []string
	for _, n := range numbers {
		all = append(all, e.p.Text(e.record.Place.Indicator.Evidence[n-1]))
	}
	return all
}

// marked compares two texts word by word, and marks in each what the other has
// not.
func marked(before, after string) (was, is []view.Piece) {
	words := map[string]rune{}
	var byRune []string
	encode := func(text string) []rune {
		var runes []rune
		for _, word := range splitWords(text) {
			r, known := words[word]
			if !known {
				r = wordRune(len(byRune))
				words[word], byRune = r, append(byRune, word)
			}
			runes = append(runes, r)
		}
		return runes
	}
	compare := diffmatchpatch.New()
	compare.DiffTimeout = 0 // texts are short; what is marked must not depend on the machine
	for _, d := range compare.DiffMainRunes(encode(before), encode(after), false) {
		var text strings.Builder
		for _, r := range d.Text {
			text.WriteString(byRune[wordNumber(r)])
		}
		switch d.Type {
		case diffmatchpatch.DiffEqual:
			was, is = addPiece(was, text.String(), false), addPiece(is, text.String(), false)
		case diffmatchpatch.DiffDelete:
			was = addPiece(was, text.String(), true)
		case diffmatchpatch.DiffInsert:
			is = addPiece(is, text.String(), true)
		}
	}
	return was, is
}

// addPiece joins marked pieces that only a space keeps apart: a sentence that was
// rewritten reads better as one.
func addPiece(all []view.Piece, text string, isMarked bool) []view.Piece {
	n := len(all)
	if n > 0 && all[n-1].Marked == isMarked {
		all[n-1].Text += text
		return all
	}
	if n > 1 && isMarked && all[n-2].Marked && strings.TrimSpace(all[n-1].Text) == "" {
		all[n-2].Text += all[n-1].Text + text
		return all[:n-1]
	}
	return append(all, view.Piece{Text: text, Marked: isMarked})
}

// splitWords cuts a text into words, spaces and single signs, which joined are
// the text again. A sign between two letters or digits belongs to the word: 29,8
// and 12/QĐ-UBND are one each.
func splitWords(text string) []string {
	var all []string
	begin, kind := 0, space
	for i, r := range text {
		now := wordKind(r)
		if now == sign && kind == word && wordFollows(text[i+utf8.RuneLen(r):]) {
			now = word
		}
		if i > begin && (now != kind || now == sign) {
			all, begin = append(all, text[begin:i]), i
		}
		kind = now
	}
	if begin < len(text) {
		all = append(all, text[begin:])
	}
	return all
}

const (
	sign = iota
	word
	space
)

func wordFollows(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return wordKind(r) == word
}

func wordKind(r rune) int {
	switch {
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
		return word
	case unicode.IsSpace(r):
		return space
	}
	return sign
}

// The library compares runes, and each different word is one. Half of a surrogate
// pair would be lost on the way.
const (
	firstSurrogate = 0xD800
	surrogates     = 0x800
)

func wordRune(n int) rune {
	if n+1 >= firstSurrogate {
		n += surrogates
	}
	return rune(n + 1)
}

func wordNumber(r rune) int {
	if r >= firstSurrogate {
		r -= surrogates
	}
	return int(r) - 1
}
