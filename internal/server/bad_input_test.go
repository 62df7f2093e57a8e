package server_test

import (
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

// TestHugeNote: what is too long comes back whole, with the reason in the
// reader's language.
func TestHugeNote(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	note := strings.Repeat("Ghi chú dài…\n", 10_000)
	note = note[:len(note)-1] + "."
	for _, tt := range []struct{ lang, want string }{{"vi", say(t, "note.error.long")}, {"en", tell(t, "note.error.long")}} {
		v.post(entryPath("7.2.2")+"/claim?lang="+tt.lang, "version", before.form(), "claim", "achieved", "note", note).
			expect(http.StatusUnprocessableEntity, htmlcheck.In("#note-error", htmlcheck.HasText(tt.want)),
				htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw(note), htmlcheck.HasAttr("aria-invalid", "true")),
				htmlcheck.In(`input[name="claim"][checked]`, htmlcheck.HasAttr("value", "achieved")))
	}
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestCharactersAreCountedAsPeopleDo: a limit of 2,000 is 2,000 letters,
// however many bytes each takes and however it was typed.
func TestCharactersAreCountedAsPeopleDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.claim("7.2.2", "claim", "achieved", "note", strings.Repeat("ệ", 2001)).
		expect(http.StatusUnprocessableEntity, htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "note.error.long"))))
	v.claim("7.2.2", "claim", "achieved", "note", strings.Repeat("e\u0323\u0302", 2000)).redirects(entryPath("7.2.2"))
	equal(t, "note", s.stored("7.2.2").Note, strings.Repeat("ệ", 2000))
}

// TestBrokenCharacters: bytes that cannot be stored are taken out, and the
// page says so before anything is written.
func TestBrokenCharacters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	for typed, kept := range map[string]string{
		"Tệp\x00 đính kèm": "Tệp đính kèm", "Tệp \xff\xfeđính kèm": "Tệp đính kèm", "\xe1\xbb": "", "\x00": "", "a\xed\xa0\x80b": "ab", "chuông\x07\x1b[31m": "chuông[31m",
	} {
		v.claim("7.2.2", "claim", "achieved", "note", typed).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "form.error.characters"))),
			htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw(kept)))
		v.act("7.2.2", "narrative", "narrative", "Nguyên.", "solution", typed).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#solution-error", htmlcheck.HasText(say(t, "form.error.characters"))),
			htmlcheck.In(`textarea[name="solution"]`, htmlcheck.HasRaw(kept)), htmlcheck.In(`textarea[name="narrative"]`, htmlcheck.HasRaw("Nguyên.")))
	}
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestDecomposedVietnameseIsStoredComposed, as some keyboards and file systems
// type it.
func TestDecomposedVietnameseIsStoredComposed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	const typed, want = "Thu\u031b vie\u0323\u0302n so\u0302\u0301", "Thư viện số"
	v.claim("7.2.2", "claim", "achieved", "note", typed).redirects(entryPath("7.2.2"))
	equal(t, "note", s.stored("7.2.2").Note, want)
	v.act("7.2.2", "narrative", "narrative", typed).redirects(entryPath("7.2.2"))
	equal(t, "narrative", s.stored("7.2.2").Narrative, want)
	v.act("7.2.2", "measurement", "year", "2020", "value", "1", "source", typed).redirects(entryPath("7.2.2"))
	equal(t, "source", s.figure("7.2.2", 2020).source, want)
}

// TestTooLargeBody is refused with a page, for who is signed in and who is not.
func TestTooLargeBody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.written()
	body := "version=7&claim=achieved&note=" + strings.Repeat("x", 2<<20)
	for _, v := range []*visitor{s.visit(), s.as(staff)} {
		for _, path := range []string{"/sign-in", entryPath("7.2.2") + "/claim", entryPath("7.2.2") + "/narrative"} {
			v.postBody(path, "application/x-www-form-urlencoded", body).
				expect(http.StatusRequestEntityTooLarge, says(say(t, "error.too_large.title")))
		}
	}
	equal(t, "what was written", s.written(), before)
}

// TestNotAForm: what cannot be read as a form must not pass for an empty one.
func TestNotAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.written()
	parts := &strings.Builder{}
	w := multipart.NewWriter(parts)
	if err := w.WriteField("claim", "achieved"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ kind, body string }{
		{"application/json", `{"claim":"achieved"}`}, {"text/plain", "claim=achieved"}, {"", "claim=achieved"},
		{"application/x-www-form-urlencoded", "claim=%zz"}, {"application/x-www-form-urlencoded", "a;b=c"},
		{"application/x-www-form-urlencoded; charset", "claim=achieved"}, {w.FormDataContentType(), parts.String()},
	} {
		for _, v := range []*visitor{s.visit(), s.as(staff)} {
			for _, path := range []string{"/sign-in", entryPath("7.2.2") + "/claim", entryPath("7.2.2") + "/submit"} {
				v.postBody(path, tt.kind, tt.body).expect(http.StatusBadRequest, says(say(t, "error.invalid.title")))
			}
		}
	}
	equal(t, "what was written", s.written(), before)
}

// TestWrongMethod is told so, in words and in the header.
func TestWrongMethod(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	v.get("/sign-out").expect(http.StatusMethodNotAllowed, says(say(t, "error.method.title")))
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		for _, path := range []string{dashboard, entryPath("7.2.2"), entryPath("7.2.2") + "/claim"} {
			v.send(request(method, path), nil).expect(http.StatusMethodNotAllowed, says(say(t, "error.method.title")))
		}
	}
}

// TestHead is answered like GET, as monitors and proxies ask.
func TestHead(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(leader)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, dashboard: 200, entryPath("1.1.1"): 200, "/": 303, "/nowhere": 404, "/sign-out": 405} {
		equal(t, "HEAD "+path, v.send(request(http.MethodHead, path), nil).status, want)
	}
}
