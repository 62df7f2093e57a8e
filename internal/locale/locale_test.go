package locale_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"learningcity/internal/locale"
)

func files(vi, en string) fstest.MapFS {
	return fstest.MapFS{"vi.json": {Data: []byte(vi)}, "en.json": {Data: []byte(en)}}
}

func load(t testing.TB, vi, en string) *locale.Bundle {
	t.Helper()
	b, err := locale.Load(files(vi, en))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want locale.Language
		ok   bool
	}{
		{"vi", locale.Vietnamese, true},
		{"en", locale.English, true},
		{"EN", "EN", false},
		{"", "", false},
		{"fr", "fr", false},
	} {
		got, ok := locale.Parse(tt.in)
		if got != tt.want || ok != tt.ok {
			t.Errorf("Parse(%q) = %q, %v; want %q, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for _, tt := range []struct {
		header         string
		fallback, want locale.Language
	}{
		{"", locale.Vietnamese, locale.Vietnamese},
		{"", locale.English, locale.English},
		{"en-GB,en;q=0.9", locale.Vietnamese, locale.English},
		{"vi-VN,vi;q=0.9,en;q=0.8", locale.English, locale.Vietnamese},
		{"en;q=0.3,vi;q=0.7", locale.English, locale.Vietnamese},
		{"fr,de;q=0.5", locale.Vietnamese, locale.Vietnamese},
		{"fr,en;q=0.5", locale.Vietnamese, locale.English},
		{"*", locale.Vietnamese, locale.Vietnamese},
		{"*", locale.English, locale.English},
		{"\x00;;q=", locale.English, locale.English},
	} {
		if got := locale.Negotiate(tt.header, tt.fallback); got != tt.want {
			t.Errorf("Negotiate(%q, %q) = %q; want %q", tt.header, tt.fallback, got, tt.want)
		}
	}
}

func TestLoadReportsEveryProblem(t *testing.T) {
	_, err := locale.Load(files(
		`{"a":"một","a":"hai","b":"","c":"{x","d":"cafe\u0301","Bad Key":"x","e":{"one":"x","other":"y"}}`,
		`{"a":"one","b":{"other":"b"}}`,
	))
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{
		"a: given twice", "b: empty", "c: a placeholder", "d: not in Unicode",
		"Bad Key: a key is", `e: plural form "one"`, `en.json: b: plural form "one"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

func TestLoadComparesLanguages(t *testing.T) {
	_, err := locale.Load(files(
		`{"a":"x {name}","b":"chỉ có ở đây","p":"{count} dòng"}`,
		`{"a":"x {nom}","c":"only here","p":{"one":"one row","other":"{count} rows"}}`,
	))
	if err == nil {
		t.Fatal("loaded")
	}
	want := "en: a: placeholders are [nom], but [name] in vi\nen: b: missing\nen: c: not in vi"
	if err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestLoadRefusesWhatIsNotMessages(t *testing.T) {
	for _, vi := range []string{
		``, `[]`, `{`, `{"a":`, `{"a"`, `{"a":1}`, `{"a":null}`, `{"a":["x"]}`, `{"a":"x"} {}`,
		`{"a":{"other":1}}`, `{"a":{}}`, `{"a":{"other":"x","other":"y"}}`, `{"a":{"lots":"x"}}`,
		`{"a":{"other":"{"}}`, `{"a":"}"}`, `{"a":"{}"}`, `{"a":"{A}"}`, `{"a":" x"}`, `{"a..b":"x"}`,
		`{"a":{"":"x"}}`, `{"a":{"two":"x","other":"x"}}`, `{"a":{"other":{}}}`,
	} {
		if _, err := locale.Load(files(vi, `{"a":"x"}`)); err == nil {
			t.Errorf("loaded %s", vi)
		}
	}
	if _, err := locale.Load(fstest.MapFS{}); err == nil {
		t.Error("loaded without files")
	}
}

func TestPrinterOfAnUnknownLanguageIsVietnamese(t *testing.T) {
	b := load(t, `{"a":"một"}`, `{"a":"one"}`)
	if got := b.Printer("fr").Language(); got != locale.Vietnamese {
		t.Errorf("language %q", got)
	}
	if got := b.Printer(locale.English).Language(); got != locale.English {
		t.Errorf("language %q", got)
	}
}
