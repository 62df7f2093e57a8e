package inspect

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decodeHead turns the beginning of UTF-16 into UTF-8 and leaves all else.
func decodeHead(head []byte) []byte {
	if !utf16Marked(head) {
		return head
	}
	text, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), head[:len(head)&^1])
	if err != nil {
		return head
	}
	return text
}

// utf16Marked: text in UTF-16 is known by its first two bytes.
func utf16Marked(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff})
}

// checkText looks at all of it: one wrong byte at the end would show as garbage,
// or hide what it is.
func checkText(f file, _ format) (bool, error) {
	if f.text == nil {
		f.text = &text{}
		all := contextReader{f.ctx, io.NewSectionReader(f.content, 0, f.size)}
		if _, err := io.CopyBuffer(writer(f.text.write), all, make([]byte, edgeSize)); err != nil {
			return false, fmt.Errorf("inspect: %w", err)
		}
	}
	if why := f.text.end(); why != "" {
		return false, refuse(why)
	}
	return false, nil
}

// writer is an io.Writer that takes everything.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// text looks at a text in pieces of any size, since it may have 100 MB.
type text struct {
	mark    []byte // the first two bytes, which tell the encoding
	decided bool
	wide    bool // UTF-16
	utf8    utf8Text
	utf16   utf16Text
}

func (t *text) write(p []byte) {
	for len(p) > 0 && !t.decided {
		t.mark, p = append(t.mark, p[0]), p[1:]
		if len(t.mark) == 2 {
			t.decide()
		}
	}
	t.look(p)
}

func (t *text) decide() {
	t.decided, t.wide = true, utf16Marked(t.mark)
	if t.wide && t.mark[0] == 0xff {
		t.utf16.high = 1
	}
	t.look(t.mark)
}

func (t *text) look(p []byte) {
	if t.wide {
		t.utf16.write(p)
	} else {
		t.utf8.write(p)
	}
}

// end is why it is no text, or nothing. That it is another encoding comes first:
// it often is why there are strange characters.
func (t *text) end() Reason {
	if !t.decided {
		t.decide()
	}
	wrong, strange := t.utf8.end()
	if t.wide {
		wrong, strange = t.utf16.end()
	}
	switch {
	case wrong:
		return WrongEncoding
	case strange:
		return Mismatch
	}
	return ""
}

// noText are characters that no text has.
func noText(c rune) bool { return c < ' ' && (c < '\t' || c > '\r') && c != '\x1b' || c == '\x7f' }

// utf16Text reads pairs of bytes.
type utf16Text struct {
	high    int    // where the high byte stands in a pair
	pair    []byte // one that is cut off
	waiting bool   // for the second half of a character of two pairs
	wrong   bool
	strange bool
}

func (t *utf16Text) write(p []byte) {
	for _, b := range p {
		if t.pair = append(t.pair, b); len(t.pair) == 2 {
			t.character(rune(t.pair[t.high])<<8 | rune(t.pair[1-t.high]))
			t.pair = t.pair[:0]
		}
	}
}

func (t *utf16Text) character(c rune) {
	second := c >= 0xdc00 && c < 0xe000
	t.wrong = t.wrong || second != t.waiting
	t.waiting = utf16.IsSurrogate(c) && !second
	t.strange = t.strange || noText(c)
}

func (t *utf16Text) end() (wrong, strange bool) {
	return t.wrong || t.waiting || len(t.pair) > 0, t.strange
}
