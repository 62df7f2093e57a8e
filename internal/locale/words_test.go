package locale_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"learningcity/internal/locale"
	words "learningcity/web/locale"
)

// TestWords: the messages of the program load, which holds them to everything
// that Load checks.
func TestWords(t *testing.T) {
	b, err := locale.Load(words.Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Keys()) == 0 {
		t.Error("no messages")
	}
	for _, key := range b.Keys() {
		if got := b.Printer(locale.Vietnamese).T(key); got == key {
			t.Errorf("%s has no words", key)
		}
	}
}

// newStyleMarks finds hoà, thuý, uỷ where we write hòa, thúy, ủy: the mark on
// the last vowel of an open syllable. After q the u is not a vowel (quý).
var newStyleMarks = regexp.MustCompile(`(?i)(o[áàảãạéèẻẽẹ]|(^|[^q])u[ýỳỷỹỵ])($|\P{L})`)

func TestToneMarksStandOnTheFirstVowel(t *testing.T) {
	data, err := fs.ReadFile(words.Files, "vi.json")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if found := newStyleMarks.FindString(line); found != "" {
			t.Errorf("%q in %s", found, line)
		}
	}
	for _, word := range []string{"hoà", "Thuý,", "uỷ ban", "khoẻ"} {
		if !newStyleMarks.MatchString(word) {
			t.Errorf("%s is not found", word)
		}
	}
	for _, word := range []string{"hòa", "quý", "toán", "thủy", "Ủy ban", "khoảng"} {
		if newStyleMarks.MatchString(word) {
			t.Errorf("%s is found", word)
		}
	}
}
