package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

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

// checkText reads all of it: one wrong byte at the end would show as garbage,
// or hide what it is.
func checkText(f file, _ format) (bool, error) {
	all := bufio.NewReaderSize(contextReader{f.ctx, io.NewSectionReader(f.content, 0, f.size)}, edgeSize)
	check := checkUTF8
	if utf16Marked(f.head) {
		check = checkUTF16
	}
	err := check(all)
	if refusal := (*Refusal)(nil); err != nil && !errors.As(err, &refusal) {
		err = fmt.Errorf("inspect: %w", err)
	}
	return false, err
}

// checkUTF8 goes by whole buffers, since a text may have 100 MB.
func checkUTF8(r *bufio.Reader) error {
	for last := false; !last; {
		part, err := r.Peek(r.Size())
		if last = errors.Is(err, io.EOF); err != nil && !last {
			return err
		}
		if !last { // a character may go on in the next buffer
			part = part[:len(part)-unfinished(part)]
		}
		if !utf8.Valid(part) {
			return refuse(WrongEncoding)
		}
		if bytes.ContainsFunc(part, noText) {
			return refuse(Mismatch)
		}
		if _, err := r.Discard(len(part)); err != nil {
			return err
		}
	}
	return nil
}

// unfinished counts the bytes of a character that is cut off at the end.
func unfinished(part []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(part); back++ {
		if tail := part[len(part)-back:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return back
		}
	}
	return 0
}

// noText are characters that no text has.
func noText(c rune) bool { return c < ' ' && (c < '\t' || c > '\r') && c != '\x1b' || c == '\x7f' }

// checkUTF16 reads pairs of bytes in the order that the mark tells.
func checkUTF16(r *bufio.Reader) error {
	mark, err := r.Peek(2)
	if err != nil {
		return err
	}
	high := 0
	if mark[0] == 0xff {
		high = 1
	}
	waiting := false // for the second half of a pair
	var unit [2]byte
	for {
		switch _, err := io.ReadFull(r, unit[:]); {
		case errors.Is(err, io.EOF) && !waiting:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return refuse(WrongEncoding)
		case err != nil:
			return err
		}
		c := rune(unit[high])<<8 | rune(unit[1-high])
		second := c >= 0xdc00 && c < 0xe000
		if second != waiting {
			return refuse(WrongEncoding)
		}
		waiting = utf16.IsSurrogate(c) && !second
		if noText(c) {
			return refuse(Mismatch)
		}
	}
}
