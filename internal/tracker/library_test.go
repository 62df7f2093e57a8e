package tracker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/tracker"
)

func TestSearchWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                               {},
		"Quyết định 12/QĐ-UBND, quyết":   {"12", "dinh", "qd", "quyet", "ubnd"},
		"Đường ĐÔ thị":                   {"do", "duong", "thi"},
		"' & | ! :* <-> \\":              {},
		strings.Repeat("ạ", 50) + " 日本語": {strings.Repeat("a", 40), "日本語"},
		"a\x00b \xff":                    {"a", "b"},
	} {
		if got := tracker.SearchWords(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var many strings.Builder
	for n := range 30_000 {
		fmt.Fprintf(&many, "%d ", n)
	}
	if got := tracker.SearchWords(many.String()); len(got) != 20_000 {
		t.Errorf("%d words are kept", len(got))
	}
	if got := len(tracker.QueryWords(many.String())); got != 10 {
		t.Errorf("%d words are asked for", got)
	}
}

func FuzzSearchWords(f *testing.F) {
	for _, text := range []string{"Thư viện số", "12/QĐ-UBND", "\x00\xff'\\", "İ ǅ ﬁ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, size := tracker.SearchWords(text), 0
		for _, word := range words {
			if size += len(word); word == "" || !utf8.ValidString(word) || utf8.RuneCountInString(word) > 40 || strings.ContainsAny(word, "':*&|!\\\x00 ") {
				t.Errorf("a word is %q", word)
			}
		}
		if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) || len(words) > 20_000 || size > 400_000 {
			t.Errorf("%d words of %d bytes", len(words), size)
		}
	})
}

func FuzzCleanText(f *testing.F) {
	for _, text := range []string{" Thư viện\x00 số ", "e\u0301", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean := tracker.CleanText(text)
		if !utf8.ValidString(clean) || !norm.NFC.IsNormalString(clean) || strings.Contains(clean, "\x00") || clean != strings.TrimSpace(clean) {
			t.Errorf("%q became %q", text, clean)
		}
	})
}

func TestParseLibraryKey(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{"1": 1, "9223372036854775807": 9223372036854775807} {
		if got, err := tracker.ParseLibraryKey(s); err != nil || got != want {
			t.Errorf("%q is %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "0", "-1", "+1", "01", " 1", "1.0", "9223372036854775808", "x"} {
		if got, err := tracker.ParseLibraryKey(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}

func FuzzLibraryKey(f *testing.F) {
	for _, s := range []string{"1", "-1", "007", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := tracker.ParseLibraryKey(s); err == nil && (id <= 0 || fmt.Sprint(id) != s) {
			t.Errorf("%q is %d", s, id)
		}
	})
}
