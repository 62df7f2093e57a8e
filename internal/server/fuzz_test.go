package server_test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/server"
)

// asBrowsers reads an address the way browsers do before they follow it: they
// drop tabs and line ends, trim control characters and space, and take a
// backslash for a slash.
func asBrowsers(path string) string {
	path = strings.Trim(path, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	return strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(path)
}

// FuzzSafeReturnPath: whatever is let through leads to a page of the same site.
func FuzzSafeReturnPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/cities/ha-long?on=2024-08-13#top", "//evil.example", `/\evil.example`, "/\t/evil.example", "/\x00/evil", "https://evil.example",
		"javascript:alert(1)", "/..//evil.example", "/%2f/evil.example", "/@evil.example", "/a:b@c", "", "evil", "/ê", "/.\\evil.example", "///evil.example",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		safe := server.SafeReturnPath(path)
		if safe == "" {
			return
		}
		if safe != path {
			t.Fatalf("%q became %q", path, safe)
		}
		if strings.HasPrefix(asBrowsers(safe), "//") {
			t.Errorf("%q leads to another site", safe)
		}
		there, err := home.Parse(asBrowsers(safe))
		if err != nil {
			t.Fatalf("%q is no address: %v", safe, err)
		}
		if there.Scheme != home.Scheme || there.Host != home.Host || there.User != nil {
			t.Errorf("%q leads to %s", safe, there)
		}
		if strings.ContainsFunc(safe, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q would break a header", safe)
		}
	})
}

// TestSafeReturnPath: the addresses of our own pages get through.
func TestSafeReturnPath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", list + "?" + url.Values{"q": {"thư viện"}}.Encode(), entryPath("7.2.2"), dashboard + "?on=2024-08-13"} {
		equal(t, path, server.SafeReturnPath(path), path)
	}
}

// noText are the control characters that no text holds.
func noText(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// FuzzCleanText: what comes out can be stored, and cleaning it again changes
// nothing.
func FuzzCleanText(f *testing.F) {
	for _, seed := range []string{
		"Thư viện số", "Thu\u031b vie\u0323\u0302n", "a\r\nb\rc", "\x00", "\xff\xfe", "  x  ", "\u2000x", strings.Repeat("\u0301", 100), "a\x00\u0301", "\xe1\x00\xbb\x87", "\r\x00\n", "a\vb\x07\u0085",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		text, clean := server.CleanText(typed)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, noText) {
			t.Errorf("%q became %q, which cannot be stored", typed, text)
		}
		if !norm.NFC.IsNormalString(text) {
			t.Errorf("%q became %q, which is not composed", typed, text)
		}
		if strings.TrimSpace(text) != text {
			t.Errorf("%q became %q, with space around", typed, text)
		}
		lines := strings.NewReplacer("\r", "\n", "\v", "\n", "\f", "\n").Replace(typed)
		if want := utf8.ValidString(typed) && !strings.ContainsFunc(lines, noText); clean != want {
			t.Errorf("%q is clean: %v; want %v", typed, clean, want)
		}
		if again, stillClean := server.CleanText(text); again != text || !stillClean {
			t.Errorf("%q became %q, and that %q", typed, text, again)
		}
	})
}

// FuzzHandover: whatever is sent, each of the people goes to one city at most,
// which was named in clean text beside them.
func FuzzHandover(f *testing.F) {
	for _, seed := range []string{
		"person=1&people_to=da-nang", "person=1&people_to=", "person=1&person=2&people_to=hue", "people_to=hue", "person=x&people_to=hue",
		"person=1&people_to=%00", "person=1&people_to=a%ff", "person=1&person=1&people_to=a&people_to=b", "person=99999999999999999999&people_to=a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, _ := url.ParseQuery(body) //nolint:errcheck // what could be read is tried
		for id, place := range server.ReadHandoverPeople(form) {
			text, clean := server.CleanText(place)
			if place == "" || text != place || !clean {
				t.Errorf("%q: %d goes to %q", body, id, place)
			}
			if !slices.ContainsFunc(form["person"], func(s string) bool { n, err := strconv.ParseInt(s, 10, 64); return err == nil && n == id }) {
				t.Errorf("%q: nobody named %d", body, id)
			}
		}
	})
}
