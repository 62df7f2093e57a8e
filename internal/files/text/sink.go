package text

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// errEnough ends reading when there is as much text as is kept.
var errEnough = errors.New("enough text")

// sink takes text in pieces, drops what cannot be stored or seen, and puts one
// space between words.
type sink struct {
	ctx   context.Context
	b     strings.Builder
	space bool // one is due before the next letter
	more  bool
}

// add takes a piece, which may end inside a word but not inside a character.
func (s *sink) add(piece string) error {
	for _, c := range piece {
		switch {
		case unicode.IsSpace(c):
			s.gap()
			continue
		case unicode.IsControl(c), c == utf8.RuneError, c == '\u00ad', c == '\ufeff', c == '\u200b':
			continue // among them the hyphens that show only at the end of a line
		}
		if s.space {
			s.space = false
			s.b.WriteByte(' ')
		}
		s.b.WriteRune(c)
		if s.b.Len() > MaxText {
			s.more = true
			return errEnough
		}
	}
	return s.ctx.Err()
}

// gap ends a word.
func (s *sink) gap() { s.space = s.b.Len() > 0 }

func (s *sink) result() Result {
	text := norm.NFC.String(s.b.String())
	for len(text) > MaxText {
		_, size := utf8.DecodeLastRuneInString(text)
		text, s.more = text[:len(text)-size], true
	}
	// A scan often has a stray character or two, and no word.
	if !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
		return Result{Outcome: None}
	}
	return Result{Outcome: Found, Text: text, Truncated: s.more}
}
