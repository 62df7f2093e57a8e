package htmlcheck_test

import (
	"slices"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

const page = `<!DOCTYPE html><html><body>
<form action="/a b"><textarea name="note">

two
lines</textarea><p class="field error">Too  long</p></form>
<ul id="list"><li data-code="1.1.1">One</li><li data-code="12.1">Twelve</li></ul></body></html>`

func TestAll(t *testing.T) {
	t.Parallel()
	root := htmlcheck.Parse(t, page)
	for selector, want := range map[string]int{
		"li": 2, "#list li": 2, "ul [data-code]": 2, `[data-code="1.1.1"]`: 1, "[data-code^=1.]": 1,
		".error": 1, "p.field.error": 1, ".err": 0, "li li": 0, `form[action="/a b"] textarea`: 1, "body #list": 1,
		"ul form p": 0, "[data-code=]": 0,
	} {
		if got := len(root.All(selector)); got != want {
			t.Errorf("%s chooses %d; want %d", selector, got, want)
		}
	}
	if got, want := root.Values("li", "data-code"), []string{"1.1.1", "12.1"}; !slices.Equal(got, want) {
		t.Errorf("values are %q; want %q", got, want)
	}
	if got := root.First("table").Text(); got != "" {
		t.Errorf("the text of nothing is %q", got)
	}
}

func TestWishes(t *testing.T) {
	t.Parallel()
	root := htmlcheck.Parse(t, page)
	for _, tt := range []struct {
		name  string
		wish  htmlcheck.Wish
		wrong string
	}{
		{"text", htmlcheck.In(".error", htmlcheck.HasText("Too long")), ""},
		{"other text", htmlcheck.In(".error", htmlcheck.HasText("Short")), `.error: text is "Too long"; want "Short" in it`},
		{"raw", htmlcheck.In("textarea", htmlcheck.HasRaw("\ntwo\nlines")), ""},
		{"other raw", htmlcheck.In("li", htmlcheck.HasRaw("one")), `li: text is "One" (3 bytes); want "one" (3 bytes)`},
		{"attribute", htmlcheck.In("form", htmlcheck.HasAttr("action", "/a b")), ""},
		{"no attribute", htmlcheck.In("form", htmlcheck.HasAttr("id", "")), `form: id is ""; want ""`},
		{"missing", htmlcheck.In("table"), "no table on the page"},
		{"count", htmlcheck.Count("li", 2), ""},
		{"other count", htmlcheck.Count("li", 3), "2 × li on the page; want 3"},
	} {
		got := ""
		if err := tt.wish(root); err != nil {
			got = err.Error()
		}
		if got != tt.wrong {
			t.Errorf("%s: %q; want %q", tt.name, got, tt.wrong)
		}
	}
}

func TestUnreadableSelectorPanics(t *testing.T) {
	t.Parallel()
	for _, selector := range []string{"li > a", "li:first-child", "[a*=b]"} {
		if panicked(func() { htmlcheck.Parse(t, page).All(selector) }) == nil {
			t.Errorf("%s was read", selector)
		}
	}
}

func panicked(do func()) (reason any) {
	defer func() { reason = recover() }()
	do()
	return nil
}
