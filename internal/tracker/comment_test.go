package tracker_test

import (
	"net/url"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// TestRewriting: own words only, while the thread is open.
func TestRewriting(t *testing.T) {
	t.Parallel()
	thread := threadOf(tracker.DirectionThread, tracker.AudienceCity, tracker.ThreadOpen)
	resolved := threadOf(tracker.DirectionThread, tracker.AudienceCity, tracker.ThreadResolved)
	own := tracker.Comment{Number: 2, Text: "x", Author: tracker.Author{ID: self}}
	others, gone, answer, first := own, own, own, own
	others.Author.ID, gone.DeletedAt, answer.Answers, first.Number = somebody, now, true, 1
	a := onThread(in(haLong.ID, tracker.Coordinator))
	for name, tt := range map[string]struct{ edit, remove error }{
		"own yes yes":              {a.Edit(thread, own, "y"), a.Delete(thread, own)},
		"others' no no":            {a.Edit(thread, others, "y"), a.Delete(thread, others)},
		"deleted invalid invalid":  {a.Edit(thread, gone, "y"), a.Delete(thread, gone)},
		"answer yes invalid":       {a.Edit(thread, answer, "y"), a.Delete(thread, answer)},
		"direction yes invalid":    {a.Edit(thread, first, "y"), a.Delete(thread, first)},
		"resolved invalid invalid": {a.Edit(resolved, own, "y"), a.Delete(resolved, own)},
		"same invalid yes":         {a.Edit(thread, own, "x"), a.Delete(thread, own)},
		"empty invalid yes":        {a.Edit(thread, own, "\u00a0\n"), a.Delete(thread, own)},
		"long invalid yes":         {a.Edit(thread, own, strings.Repeat("ế", 4001)), a.Delete(thread, own)},
		"longest yes yes":          {a.Edit(thread, own, strings.Repeat("ế", 4000)), a.Delete(thread, own)},
	} {
		if got := word(tt.edit) + " " + word(tt.remove); !strings.HasSuffix(name, " "+got) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// marked writes the pieces with links in angle brackets.
func marked(text string) string {
	var b strings.Builder
	for _, p := range tracker.Pieces(text) {
		if p.Link {
			b.WriteString("<" + p.Text + ">")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestPieces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                           "",
		"không có gì":                                "không có gì",
		"Xem https://halong.gov.vn/a?b=c#d.":         "Xem <https://halong.gov.vn/a?b=c#d>.",
		"(http://x.vn/a_(b)), rồi":                   "(<http://x.vn/a_(b)>), rồi",
		"https://a.vn\nhttps://b.vn":                 "<https://a.vn>\n<https://b.vn>",
		"https://a.vn,https://b.vn":                  "<https://a.vn,https://b.vn>",
		"“https://halong.gov.vn/kế-hoạch”":           "“<https://halong.gov.vn/kế-hoạch>”",
		"javascript:alert(1) data:text/html,":        "javascript:alert(1) data:text/html,",
		"ftp://x.vn mailto:a@b.vn www.x.vn":          "ftp://x.vn mailto:a@b.vn www.x.vn",
		"xhttp://a.vn ahttps://b.vn":                 "xhttp://a.vn ahttps://b.vn",
		"http:// https://? http://.":                 "http:// https://? http://.",
		"https://user:secret@halong.vn":              "https://user:secret@halong.vn",
		`https://x.vn"onmouseover="alert(1)`:         `<https://x.vn>"onmouseover="alert(1)`,
		"https://x.vn/<script>":                      "<https://x.vn/><script>",
		"https://x.vn/\u202egnp.exe":                 "<https://x.vn/>\u202egnp.exe",
		"HTTP://X.VN":                                "HTTP://X.VN",
		"a" + "https://" + strings.Repeat("x", 2500): "a" + "https://" + strings.Repeat("x", 2500),
	} {
		if got := marked(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// FuzzPieces: nothing of a text is lost or added, and what becomes a link is the
// address of a web page.
func FuzzPieces(f *testing.F) {
	for _, seed := range []string{"", "https://halong.gov.vn.", "(http://a.b/(c))", "http://http://x", "https://\xff", "x\u202ehttps://a", "https://a)))"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		for _, p := range tracker.Pieces(text) {
			all.WriteString(p.Text)
			if p.Text == "" {
				t.Error("an empty piece")
			}
			if !p.Link {
				continue
			}
			u, err := url.Parse(p.Text)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(p.Text, "<>\"' \n\u202e") && !strings.Contains(p.Text, "'") {
				t.Errorf("%q is made a link", p.Text)
			}
		}
		if all.String() != text {
			t.Errorf("%q becomes %q", text, all.String())
		}
	})
}
