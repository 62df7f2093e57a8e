package server

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"learningcity/web/view"
)

// show writes what is marked in brackets.
func show(pieces []view.Piece) string {
	var text strings.Builder
	for _, p := range pieces {
		if p.Marked {
			text.WriteString("[" + p.Text + "]")
		} else {
			text.WriteString(p.Text)
		}
	}
	return text.String()
}

func TestMarked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, after, was, is string }{
		{"", "", "", ""},
		{"như cũ", "như cũ", "như cũ", "như cũ"},
		{"", "mới hoàn toàn", "", "[mới hoàn toàn]"},
		{"bỏ hết.", "", "[bỏ hết.]", ""},
		{"Có 12 thư viện.", "Có 15 thư viện.", "Có [12] thư viện.", "Có [15] thư viện."},
		{"đạt 29,8 %", "đạt 31,5 %", "đạt [29,8] %", "đạt [31,5] %"},
		{"số 12/QĐ-UBND", "số 13/QĐ-UBND", "số [12/QĐ-UBND]", "số [13/QĐ-UBND]"},
		{"một hai ba", "một bốn năm ba", "một [hai] ba", "một [bốn năm] ba"},
		{"dòng một\ndòng hai", "dòng một\ndòng ba", "dòng một\ndòng [hai]", "dòng một\ndòng [ba]"},
		{"học", "hoc", "[học]", "[hoc]"},
	} {
		was, is := marked(tt.before, tt.after)
		if show(was) != tt.was || show(is) != tt.is {
			t.Errorf("%q to %q is\n%s\n%s, want\n%s\n%s", tt.before, tt.after, show(was), show(is), tt.was, tt.is)
		}
	}
}

// TestMarkedLongTexts: texts as long as they may be, with nothing in common and
// more different words than there are runes below the surrogates, take a moment.
func TestMarkedLongTexts(t *testing.T) {
	t.Parallel()
	many := func(first rune) string {
		var text strings.Builder
		for n := range rune(5000) {
			text.WriteRune(first + n)
			text.WriteByte('.')
		}
		return text.String()
	}
	began := time.Now()
	was, is := marked(many('一'), many('一'+6000))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(was) == 0 || len(is) == 0 {
		t.Error("nothing is marked")
	}
	for n := range 60_000 {
		if got := wordNumber(wordRune(n)); got != n {
			t.Fatalf("word %d came back as %d", n, got)
		}
	}
}

// FuzzMarked: what is shown is the two texts, each whole, and what is not marked
// is the same in both.
func FuzzMarked(f *testing.F) {
	f.Add("một hai", "một ba")
	f.Add("a,b", "a , b")
	f.Fuzz(func(t *testing.T, before, after string) {
		if len(before)+len(after) > 4000 || !utf8.ValidString(before) || !utf8.ValidString(after) {
			return // texts in the database are valid
		}
		was, is := marked(before, after)
		text := func(pieces []view.Piece) string {
			var all strings.Builder
			for _, p := range pieces {
				all.WriteString(p.Text)
			}
			return all.String()
		}
		if text(was) != before || text(is) != after {
			t.Errorf("%q and %q are shown as %q and %q", before, after, text(was), text(is))
		}
		if before == after && len(was) == 1 && was[0].Marked || before == after && len(was) > 1 {
			t.Errorf("the same text is marked: %s", show(was))
		}
	})
}
