package catalogue

import (
	"regexp"
	"slices"
	"strings"
)

// pattern is a regexp together with pieces of text, one of which stands in every
// match. They are looked for first: a regexp that begins with no fixed text is
// tried at every character, which took most of the time of reading a file.
//
// In the regexps of this package [\s\pZ] is any space and [\pL\pN_] any letter
// of a word: \s, \w and \b know ASCII only.
type pattern struct {
	pieces []string
	regexp *regexp.Regexp
}

func newPattern(expr string, pieces ...string) pattern {
	return pattern{pieces, regexp.MustCompile(expr)}
}

// find returns where all matches and their groups are.
func (p pattern) find(s string) [][]int {
	if !slices.ContainsFunc(p.pieces, func(piece string) bool { return strings.Contains(s, piece) }) {
		return nil
	}
	return p.regexp.FindAllStringSubmatchIndex(s, -1)
}

func (p pattern) matches(s string) bool { return len(p.find(s)) > 0 }
