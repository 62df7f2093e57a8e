package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// fuzz looks at a content under one extension. Nothing but a refusal may come.
func fuzz(f *testing.F, extension string, seeds ...[]byte) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		found, err := Watch("a"+extension).File(context.Background(), bytes.NewReader(content), int64(len(content)), dir)
		if refusal := (*Refusal)(nil); err != nil && !errors.As(err, &refusal) {
			t.Error(err)
		}
		if err == nil && found.Extension != extension {
			t.Errorf("%+v", found)
		}
	})
}

func FuzzOpenXML(f *testing.F) {
	fuzz(f, ".docx", docx(), docx(entry{"word/embeddings/oleObject1.bin", string(oleOf("VBA"))}), oleOf("EncryptedPackage"))
}

func FuzzODF(f *testing.F) { fuzz(f, ".odt", odfOf("text"), odfOf("spreadsheet")) }

func FuzzOLE(f *testing.F) {
	fuzz(f, ".ppt", oleOf("PowerPoint Document"), oleOf("a", "b", "c", "d", "Macros"), []byte(oleMark))
}

func FuzzArchive(f *testing.F) {
	fuzz(f, ".zip", zipOf(entry{"a.txt", "x"}, entry{"b/a.docx", string(docx())}), flagged(zipOf(entry{"a.txt", "x"})), bomb(1<<16))
}

func FuzzPDF(f *testing.F) { fuzz(f, ".pdf", []byte(pdfText), []byte(lockPDF)) }

func FuzzText(f *testing.F) {
	fuzz(f, ".txt", []byte("Quyết định"), utf16Of("😀", binary.LittleEndian), []byte("<?xml?><svg>"), []byte(strings.Repeat("ế", 30_000)))
	// What is taken as UTF-8 is UTF-8.
}

func FuzzUTF8(f *testing.F) {
	f.Add("ế", uint16(21_844))
	f.Fuzz(func(t *testing.T, text string, before uint16) {
		content := strings.Repeat("a", int(before)+2) + text // so that the buffers end anywhere
		_, err := Watch("a.txt").File(context.Background(), strings.NewReader(content), int64(len(content)), "")
		want := utf8.ValidString(content) && !strings.ContainsFunc(content, noText)
		if want != (err == nil) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// TestUTF8: what package utf8 finds valid, and nothing else, is.
func TestUTF8(t *testing.T) {
	edges := []byte{0, 'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff}
	for first := range 256 {
		for _, second := range edges {
			for _, third := range edges {
				for _, fourth := range edges {
					text := []byte{byte(first), second, third, fourth}
					var check utf8Text
					check.write(text[:1])
					check.write(text[1:])
					if wrong, strange := check.end(); wrong == utf8.Valid(text) || strange != bytes.ContainsFunc(text, noText) {
						t.Fatalf("%x: wrong %v, strange %v", text, wrong, strange)
					}
				}
			}
		}
	}
}
