package view_test

import (
	"regexp"
	"strings"
	"testing"
)

func page(t *testing.T, r reader, name string) string {
	t.Helper()
	for _, f := range fixtures {
		if f.name == name {
			return render(t, f, r)
		}
	}
	t.Fatalf("no fixture %q", name)
	return ""
}

// TestHooks: scripts of the cities read these, so their form is fixed.
func TestHooks(t *testing.T) {
	for _, r := range readers(t) {
		for _, tt := range []struct {
			page, pattern string
			want          []string
		}{
			{"overview_show", `data-score="[^"]*"`, []string{`data-score="53/57"`}},
			{"overview_show_past", `data-score="[^"]*"`, []string{`data-score="50/57"`}},
			{"overview_show_start", `data-score="[^"]*"`, []string{`data-score="0/57"`}},
			{"entry_list_filtered", `data-indicator="[^"]*"`, []string{`data-indicator="7.2.2"`, `data-indicator="9.3.1"`}},
			{"entry_show", `data-claim="[^"]*"`, []string{`data-claim="in_progress"`}},
			{"entry_show_read_only", `data-claim="[^"]*"`, []string{`data-claim="achieved"`}},
			{"entry_show_past", `data-claim="[^"]*"`, []string{`data-claim="in_progress"`}},
			{"entry_show", `name="version"[^>]*`, []string{`name="version" value="4"`}},
			{"entry_show_read_only", `name="version"`, nil},
		} {
			got := regexp.MustCompile(tt.pattern).FindAllString(page(t, r, tt.page), -1)
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("%s %s: %q; want %q", r.Language(), tt.page, got, tt.want)
			}
		}
		if got := strings.Count(page(t, r, "entry_list"), "data-indicator="); got != 57 {
			t.Errorf("%d rows; want 57", got)
		}
	}
}

// TestClaimFormComesFirst: of the forms with a version, the claim's.
func TestClaimFormComesFirst(t *testing.T) {
	for _, r := range readers(t) {
		text := page(t, r, "entry_show_refused")
		before, _, _ := strings.Cut(text, `name="version"`)
		form := before[strings.LastIndex(before, "<form"):]
		if !strings.Contains(form, `action="/cities/ha-long/indicators/12.1.2/claim"`) {
			t.Errorf("%s: the first form with a version is %s", r.Language(), form)
		}
	}
}

// TestNothingInline: the content security policy allows no inline style, no
// inline script and no handler attribute.
func TestNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|<script[^>]*>[^<]|javascript:`)
	for _, r := range readers(t) {
		for _, f := range fixtures {
			if found := inline.FindString(render(t, f, r)); found != "" {
				t.Errorf("%s: found %q", f.name, found)
			}
		}
	}
}

// TestEveryMessageHasWords: a key without words is shown as it is, and a
// placeholder without a value stays visible.
func TestEveryMessageHasWords(t *testing.T) {
	unfilled := regexp.MustCompile(`[>"]\s*(?:[a-z_]+\.)+[a-z_]+\s*[<"]|\{[a-z_]+\}`)
	files := regexp.MustCompile(`(href|src|action|content|name)="[^"]*"`)
	for _, r := range readers(t) {
		for _, f := range fixtures {
			text := files.ReplaceAllString(render(t, f, r), "")
			if found := unfilled.FindString(text); found != "" {
				t.Errorf("%s %s: %q", r.Language(), f.name, found)
			}
		}
	}
}

// TestIDsAreUnique, or labels and links lead to the wrong place.
func TestIDsAreUnique(t *testing.T) {
	id := regexp.MustCompile(`\sid="[^"]*"`)
	for _, r := range readers(t) {
		for _, f := range fixtures {
			seen := map[string]bool{}
			for _, found := range id.FindAllString(render(t, f, r), -1) {
				if seen[found] {
					t.Errorf("%s:%s twice", f.name, found)
				}
				seen[found] = true
			}
		}
	}
}
