package locale

import (
	"strings"
	"testing"
)

// FuzzCompile: a text that compiles is made of exactly its parts.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"Đạt", "{count} dòng", "a {b} c {d}", "{", "}", "{}", "{a}{b}", "a{b", "{a b}", "e\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts, err := compile(text)
		if err != nil {
			return
		}
		var whole strings.Builder
		for _, p := range parts {
			if (p.words == "") == (p.name == "") {
				t.Fatalf("a part is words or a name, not %+v", p)
			}
			if p.name != "" {
				p.words = "{" + p.name + "}"
			}
			whole.WriteString(p.words)
		}
		if whole.String() != text {
			t.Fatalf("parts make %q, not %q", whole.String(), text)
		}
	})
}

// FuzzParseFile: whatever the file holds, parsing ends with messages or an error.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"b"}`, `{"a":{"one":"x","other":"{count}"}}`, `{"a":"b","a":"b"}`, `[1`, `{"a":{`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		messages, err := parseFile(English, []byte(data))
		if err == nil && messages == nil {
			t.Fatal("neither messages nor an error")
		}
	})
}
