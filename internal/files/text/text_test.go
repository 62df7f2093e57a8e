package text

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const decree = "QUYẾT ĐỊNH số 4567/QĐ-UBND về việc xây dựng thành phố học tập Hạ Long đến năm 2030. " +
	"Ủy ban nhân dân, phổ cập, người học, khuyến khích, đường."

// extract expects nothing to be left behind.
func extract(t testing.TB, extension string, content []byte) Result {
	t.Helper()
	dir := t.TempDir()
	result, err := New(dir).Extract(t.Context(), extension, bytes.NewReader(content))
	if err != nil {
		t.Errorf("%s: %v", extension, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	return result
}

func data(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// zipOf takes names and contents in turn.
func zipOf(parts ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.Create(parts[i])
		if err != nil {
			panic(err)
		}
		if _, err := io.WriteString(part, parts[i+1]); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func wordOf(body string) []byte {
	return zipOf("word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="w"><w:body>`+body+`</w:body></w:document>`)
}

func TestExtract(t *testing.T) {
	found := func(text string) Result { return Result{Outcome: Found, Text: text} }
	for _, one := range []struct {
		name, extension string
		content         []byte
		want            Result
	}{
		{"PDF", ".pdf", data(t, "decree.pdf"), found(decree)},
		{"scan", ".pdf", data(t, "scan.pdf"), Result{Outcome: None}},
		{"PDF with a password", ".pdf", data(t, "password.pdf"), Result{Outcome: Unreadable}},
		{"broken PDF", ".pdf", []byte("%PDF-1.7\nnothing"), Result{Outcome: Unreadable}},
		{"Word", ".docx", zipOf(
			"word/footnotes.xml", `<w:footnotes><w:t>chú thích</w:t></w:footnotes>`,
			"word/header1.xml", `<w:hdr><w:p><w:r><w:t>UBND thành phố</w:t></w:r></w:p></w:hdr>`,
			"word/document.xml", `<w:document><w:p><w:r><w:t>Quy</w:t></w:r><w:r><w:t>ết định</w:t></w:r></w:p><w:p><w:r><w:t xml:space="preserve"> số </w:t><w:tab/><w:t>12</w:t></w:r><w:instrText>PAGE</w:instrText></w:p></w:document>`,
			"word/media/t.xml", `<t>not this</t>`), found("Quyết định số 12 chú thích UBND thành phố")},
		{"decomposed", ".docx", wordOf("<w:t>" + norm.NFD.String("Học tập") + "</w:t>"), found("Học tập")},
		{"Excel", ".xlsx", zipOf("xl/sharedStrings.xml", `<sst><si><t>Hạ</t></si><si><r><t>Lo</t></r><r><t>ng</t></r></si></sst>`,
			"xl/worksheets/sheet1.xml", `<worksheet><c><v>5</v></c><c t="inlineStr"><is><t>ô</t></is></c></worksheet>`), found("Hạ Long ô")},
		{"PowerPoint", ".pptx", zipOf("ppt/slides/slide10.xml", `<a:p><a:t>mười</a:t></a:p>`, "ppt/slides/slide9.xml", `<a:p><a:t>chín</a:t></a:p>`), found("chín mười")},
		{"OpenDocument", ".odt", zipOf("content.xml", `<office:text><text:h>Báo<text:s/>cáo</text:h><text:p>học <text:span>tập</text:span></text:p><x>not this</x></office:text>`), found("Báo cáo học tập")},
		{"text", ".txt", []byte("\ufeffQuyết \x00định\r\n\r\n\tsố"), found("Quyết định số")},
		{"UTF-16", ".csv", []byte{0xff, 0xfe, 'a', 0, 0xbf, 0x1e, ';', 0}, found("aế;")},
		{"no words", ".docx", wordOf("<w:p/><w:t> - . </w:t>"), Result{Outcome: None}},
		{"broken ZIP", ".docx", []byte("PK\x03\x04"), Result{Outcome: Unreadable}},
		{"broken XML", ".docx", wordOf("<w:t>a</"), Result{Outcome: Unreadable}},
		{"deep", ".docx", wordOf(strings.Repeat("<a>", 1000)), Result{Outcome: Unreadable}},
		{"picture", ".png", []byte("x"), Result{Outcome: Unsupported}},
		{"old Word", ".doc", []byte("x"), Result{Outcome: Unsupported}},
		{"archive", ".zip", []byte("x"), Result{Outcome: Unsupported}},
	} {
		if got := extract(t, one.extension, one.content); got != one.want {
			t.Errorf("%s: %+v, want %+v", one.name, got, one.want)
		}
	}
}

func TestTooMuch(t *testing.T) {
	words := strings.Repeat("học tập ", MaxText/8)
	for extension, content := range map[string][]byte{
		".txt":  []byte(words),
		".docx": wordOf("<w:t>" + words + "</w:t>"),
	} {
		got := extract(t, extension, content)
		if got.Outcome != Found || !got.Truncated || len(got.Text) > MaxText || !utf8.ValidString(got.Text) {
			t.Errorf("%s: %s, %d bytes, %v", extension, got.Outcome, len(got.Text), got.Truncated)
		}
		if len(got.Text) < MaxText-4 {
			t.Errorf("%s: only %d bytes", extension, len(got.Text))
		}
	}
}

// TestLongPart: what was found before the limit counts.
func TestLongPart(t *testing.T) {
	e := &Extractor{dir: t.TempDir(), maxTime: maxTime, maxPart: 100}
	long := zipOf("xl/sharedStrings.xml", "<sst><t>một</t>"+strings.Repeat(" ", 100), "xl/worksheets/sheet1.xml", "<t>hai</t>")
	got, err := e.Extract(t.Context(), ".xlsx", bytes.NewReader(long))
	if err != nil || got != (Result{Found, "một hai", true}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// program is a pdftotext of our own making.
func program(t *testing.T, script string) *Extractor {
	t.Helper()
	dir := t.TempDir()
	path := dir + "/pdftotext"
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return &Extractor{dir: dir, pdfToText: path, maxTime: 2 * time.Second}
}

func TestProgramThatMisbehaves(t *testing.T) {
	for script, want := range map[string]Outcome{
		"exec sleep 60":       Unreadable,
		"while :; do :; done": Unreadable,
		"echo text; exit 3":   Unreadable,
		"dd if=/dev/zero of=/dev/null bs=700M count=1 2>/dev/null && echo text": Unreadable, // more memory than allowed
		"exec yes chữ": Found,
		`test "$HOME$PATH_OF_SECRETS$DATABASE_URL" = "" && echo clean`: Found,
		"printf 'a\\377\\000b'": Found,
		"exit 0":                None,
	} {
		started := time.Now()
		got, err := program(t, script).Extract(t.Context(), ".pdf", strings.NewReader("%PDF-"))
		if err != nil || got.Outcome != want || time.Since(started) > 20*time.Second {
			t.Errorf("%s: %s, %v after %v", script, got.Outcome, err, time.Since(started))
		}
	}
}

func TestWithoutTheProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	e := New(t.TempDir())
	got, err := e.Extract(t.Context(), ".pdf", strings.NewReader("%PDF-"))
	if err != nil || got != (Result{Outcome: NoProgram}) || e.ReadsPDF() {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestTroubleIsNoOutcome: it can be tried again.
func TestTroubleIsNoOutcome(t *testing.T) {
	broken := errors.New("store down")
	if _, err := New(t.TempDir()).Extract(t.Context(), ".txt", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := New("missing").Extract(t.Context(), ".txt", strings.NewReader("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := program(t, "exec sleep 60").Extract(ctx, ".pdf", strings.NewReader("x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// fuzz: any content has an outcome, and a text that can be stored.
func fuzz(f *testing.F, extension string, seeds ...[]byte) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	e := New(f.TempDir())
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := e.Extract(context.Background(), extension, bytes.NewReader(content))
		if err != nil || got.Outcome == "" || (got.Outcome == Found) != (got.Text != "") {
			t.Errorf("%+v, %v", got, err)
		}
		if !utf8.ValidString(got.Text) || strings.ContainsRune(got.Text, 0) || len(got.Text) > MaxText || !norm.NFC.IsNormalString(got.Text) {
			t.Errorf("%q", got.Text)
		}
	})
}

// beforeFile is a ZIP whose list says that a part begins before the file.
var beforeFile = []byte("PK\x01\x02000000000000000000000000\x11\x00\x00\x00\x00\x00000000000\x00\x00\x00" +
	"word/document.xmlPK\x05\x06000000\x01\x00?\x00\x00\x001000\x00\x00")

func FuzzWord(f *testing.F) {
	fuzz(f, ".docx", wordOf("<w:t>Quyết</w:t>"), wordOf("<w:p>&amp;"), beforeFile)
}
func FuzzPlain(f *testing.F) {
	fuzz(f, ".txt", []byte("Quyết\x00"), []byte("\xff\xfea\x00"), []byte("\xe1\xba"))
}

// FuzzXML goes to the parser directly, which a fuzzer does not reach through a ZIP.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{"<w:t>a</w:t>", "<a><b/></a>", "<t>&lt;", "<!DOCTYPE a [<!ENTITY b 'c'>]><t>&b;</t>", "<text:p>x<text:s/>y</text:p>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		to := &sink{ctx: context.Background()}
		_ = readXML(strings.NewReader(content), openXMLWords, to)
		if got := to.result(); !utf8.ValidString(got.Text) || strings.ContainsRune(got.Text, 0) {
			t.Errorf("%q", got.Text)
		}
	})
}
