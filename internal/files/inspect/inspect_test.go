package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// look inspects and expects nothing to be left behind.
func look(t testing.TB, name string, content []byte) (Finding, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "content") // a file, since files have errors of their own
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dir := t.TempDir()
	found, err := Watch(name).File(t.Context(), file, int64(len(content)), dir)
	watcher := Watch(name)
	for piece := range slices.Chunk(content, len(content)/7+1) {
		_, _ = watcher.Write(piece) // fails never
	}
	if again, watchedErr := watcher.File(t.Context(), file, int64(len(content)), dir); again != found || fmt.Sprint(watchedErr) != fmt.Sprint(err) {
		t.Errorf("%s: %+v, %v; when watched %+v, %v", name, found, err, again, watchedErr)
	}
	if left, readErr := os.ReadDir(dir); readErr != nil || len(left) != 0 {
		t.Errorf("%s: left %v, %v", name, left, readErr)
	}
	return found, err
}

func TestTaken(t *testing.T) {
	vietnamese := "Quyết định số 4567/QĐ-UBND\r\nhọc tập suốt đời\n"
	for _, one := range []struct {
		name    string
		content []byte
		want    Finding
	}{
		{"a.pdf", []byte(pdfText), Finding{PDF, ".pdf", "application/pdf", false}},
		{"Quyết định.PDF", []byte(lockPDF), Finding{PDF, ".pdf", "application/pdf", true}},
		{"long.pdf", []byte("%PDF-1.7\n" + strings.Repeat(" ", 3*edgeSize) + lockPDF), Finding{PDF, ".pdf", "application/pdf", true}},
		{"web.pdf", []byte(lockPDF + strings.Repeat(" ", 3*edgeSize)), Finding{PDF, ".pdf", "application/pdf", true}},
		{"a.docx", docx(), Finding{Word, ".docx", openXML + "wordprocessingml.document", false}},
		{"a.docx", docx(entry{"word/embeddings/oleObject1.bin", string(oleOf("Equation Native"))}), Finding{Word, ".docx", openXML + "wordprocessingml.document", false}},
		{"a.xlsx", zipOf(typesOf("application/xml", xlsxMain)), Finding{Excel, ".xlsx", openXML + "spreadsheetml.sheet", false}},
		{"a.pptx", zipOf(entry{"ppt/presentation.xml", "x"}, typesOf(pptxMain)), Finding{PowerPoint, ".pptx", openXML + "presentationml.presentation", false}},
		{"a.doc", oleOf("WordDocument", "1Table", "\x05SummaryInformation", "Data", "x", "y"), Finding{Word, ".doc", "application/msword", false}},
		{"a.xls", oleOf("Workbook"), Finding{Excel, ".xls", "application/vnd.ms-excel", false}},
		{"a.xls", oleOf("Book"), Finding{Excel, ".xls", "application/vnd.ms-excel", false}},
		{"a.ppt", oleOf("PowerPoint Document"), Finding{PowerPoint, ".ppt", "application/vnd.ms-powerpoint", false}},
		{"a.odt", odfOf("text"), Finding{OpenDocument, ".odt", odf + "text", false}},
		{"a.ods", odfOf("spreadsheet"), Finding{OpenDocument, ".ods", odf + "spreadsheet", false}},
		{"a.odp", odfOf("presentation"), Finding{OpenDocument, ".odp", odf + "presentation", false}},
		{"a.jpg", picture(t, "jpeg"), Finding{Image, ".jpg", "image/jpeg", false}},
		{"a.jpeg", picture(t, "jpeg"), Finding{Image, ".jpeg", "image/jpeg", false}},
		{"a.png", picture(t, "png"), Finding{Image, ".png", "image/png", false}},
		{"a.gif", picture(t, "gif"), Finding{Image, ".gif", "image/gif", false}},
		{"a.webp", []byte(webp), Finding{Image, ".webp", "image/webp", false}},
		{"a.txt", []byte(vietnamese), Finding{Text, ".txt", "text/plain", false}},
		{"a.txt", []byte("\ufeff" + strings.Repeat(vietnamese, 5000)), Finding{Text, ".txt", "text/plain", false}},
		{"a.txt", utf16Of(vietnamese+"😀", binary.LittleEndian), Finding{Text, ".txt", "text/plain", false}},
		{"a.csv", utf16Of(vietnamese, binary.BigEndian), Finding{Text, ".csv", "text/csv", false}},
		{"a.csv", []byte("a;b\n1;<b>\n"), Finding{Text, ".csv", "text/csv", false}},
		{"a.zip", zipOf(entry{"Hồ sơ/", ""}, entry{"Hồ sơ/a.docx", string(docx())}, entry{"b.pdf", pdfText}, entry{"c.txt", "x"},
			entry{"__MACOSX/._b.pdf", "\x00\x05\x16\x07\x00"}, entry{".DS_Store", "\x00\x00\x00\x01Bud1\x00"}), Finding{Archive, ".zip", "application/zip", false}},
	} {
		found, err := look(t, one.name, one.content)
		if err != nil || found != one.want {
			t.Errorf("%s: %+v, %v", one.name, found, err)
		}
	}
}

func TestRefused(t *testing.T) {
	many := make([]entry, maxEntries+1)
	for i := range many {
		many[i] = entry{fmt.Sprint(i, ".txt"), "x"}
	}
	long := make([]entry, 300) // a list of 1.2 MB
	for i := range long {
		long[i] = entry{fmt.Sprint(i, strings.Repeat("x", 4096), ".txt"), "x"}
	}
	broken := docx()
	copy(broken[len(broken)-40:], "broken broken broken")
	wrongSum := zipOf(entry{"a.txt", strings.Repeat("text ", 100)})
	wrongSum[bytes.Index(wrongSum, []byte("PK\x01\x02"))+16] ^= 1
	reached := map[Reason]bool{}
	for _, one := range []struct {
		name    string
		content []byte
		want    Reason
		entry   string
	}{
		{"a.pdf", nil, Empty, ""},
		{"a.zip", zipOf(), Mismatch, ""},
		{"a.zip", zipOf(entry{"folder/", ""}), Empty, ""},
		{"a.zip", zipOf(entry{"a.txt", ""}), Empty, "a.txt"},
		{"a.rar", []byte("Rar!\x1a\x07\x00"), NotAllowed, ""},
		{"noextension", []byte("text"), NotAllowed, ""},
		{"a.pdf", []byte("text"), Mismatch, ""},
		{"a.pdf", docx(), Mismatch, ""},
		{"a.docx", []byte(pdfText), Mismatch, ""},
		{"a.docx", zipOf(typesOf(xlsxMain)), Mismatch, ""},
		{"a.docx", zipOf(typesOf(openXML + "wordprocessingml.template.main+xml")), Mismatch, ""},
		{"a.docx", zipOf(entry{"a.txt", "x"}), Mismatch, ""},
		{"a.docx", oleOf("WordDocument"), Mismatch, ""},
		{"a.zip", docx(), Mismatch, ""},
		{"a.zip", odfOf("text"), Mismatch, ""},
		{"a.odt", odfOf("spreadsheet"), Mismatch, ""},
		{"a.odt", docx(), Mismatch, ""},
		{"a.doc", docx(), Mismatch, ""},
		{"a.doc", oleOf("Workbook"), Mismatch, ""},
		{"a.png", picture(t, "jpeg"), Mismatch, ""},
		{"a.txt", []byte("a\x00b"), Mismatch, ""},
		{"a.txt", append([]byte(strings.Repeat("text\n", 50_000)), 0), Mismatch, ""},
		{"a.txt", utf16Of("a\x00b", binary.LittleEndian), Mismatch, ""},
		{"a.docx", broken, Damaged, ""},
		{"a.docx", zipOf(entry{contentTypes, "<Types"}), Damaged, contentTypes},
		{"a.docx", docx(entry{"WORD/document.xml", "other"}), Damaged, "WORD/document.xml"},
		{"a.doc", []byte(oleMark + "rest"), Damaged, ""},
		{"a.docx", beforeFile(), Damaged, contentTypes},
		{"a.doc", oleOf("WordDocument", "a", "b", "c")[:1200], Damaged, ""},
		{"a.zip", wrongSum, Damaged, "a.txt"},
		{"a.docx", oleOf("EncryptionInfo", "EncryptedPackage"), Encrypted, ""},
		{"a.doc", oleOf("EncryptionInfo", "EncryptedPackage"), Encrypted, ""},
		{"a.zip", flagged(zipOf(entry{"a.txt", "x"})), Encrypted, "a.txt"},
		{"a.odt", odfOf("text", entry{"x", "y"}), "", ""},
		{"a.odt", zipOf(entry{odfType, odf + "text"}, entry{"META-INF/manifest.xml", "<m:encryption-data>"}), Encrypted, ""},
		{"a.docm", docx(), Macros, ""},
		{"a.xlsb", docx(), Macros, ""},
		{"a.docx", docx(entry{"word/vbaProject.bin", "x"}), Macros, "word/vbaProject.bin"},
		{"a.docx", docx(entry{"word/activeX/activeX1.bin", "x"}), Macros, "word/activeX/activeX1.bin"},
		{"a.docx", docx(entry{"word/embeddings/Sheet1.xlsm", "x"}), Macros, "word/embeddings/Sheet1.xlsm"},
		{"a.docx", docx(entry{"word/embeddings/oleObject1.bin", string(oleOf("VBA"))}), Macros, "word/embeddings/oleObject1.bin"},
		{"a.docx", zipOf(typesOf(docxMain, "application/vnd.ms-office.vbaProject")), Macros, ""},
		{"a.docx", zipOf(typesOf("application/vnd.ms-word.document.macroEnabled.main+xml")), Macros, ""},
		{"a.xlsx", zipOf(typesOf(xlsxMain), entry{"xl/macrosheets/sheet1.xml", "x"}), Macros, "xl/macrosheets/sheet1.xml"},
		{"a.doc", oleOf("WordDocument", "Macros", "VBA"), Macros, ""},
		{"a.doc", farOLE("WordDocument", "b", "c", "d", "Macros"), Macros, ""},
		{"a.xls", oleOf("Workbook", "_VBA_PROJECT_CUR"), Macros, ""},
		{"a.ppt", append(oleOf("PowerPoint Document"), slidesProgram+"\x07\x00\x00\x00\x01\x00\x00\x00"...), Macros, ""},
		{"a.ppt", append(append(oleOf("PowerPoint Document"), make([]byte, 2*edgeSize-1541)...), slidesProgram+"\x07\x00\x00\x00\x01\x00\x00\x00"...), Macros, ""},
		{"a.odt", odfOf("text", entry{"Basic/Standard/Module1.xml", "x"}), Macros, "Basic/Standard/Module1.xml"},
		{"a.odt", odfOf("text", entry{"Scripts/python/a", "x"}), Macros, "Scripts/python/a"},
		{"a.js", []byte("alert(1)"), Script, ""},
		{"a.txt", []byte("#!/bin/sh\nrm -rf /"), Script, ""},
		{"a.txt", []byte(" <?php phpinfo();"), Script, ""},
		{"a.csv", []byte("<ScRipt>alert(1)</script>"), Script, ""},
		{"a.txt", utf16Of("<script>alert(1)</script>", binary.LittleEndian), Script, ""},
		{"a.pdf.exe", []byte("MZ"), Executable, ""},
		{"a.pdf", []byte("MZ\x90\x00\x03\x00\x00\x00"), Executable, ""},
		{"a.png", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00"), Executable, ""},
		{"a.zip", zipOf(entry{"b/evil.exe", "MZ"}), Executable, "b/evil.exe"},
		{"a.svg", []byte("<svg/>"), SVG, ""},
		{"a.png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), SVG, ""},
		{"a.txt", []byte("<?xml version='1.0'?>\n<!-- c --><svg/>"), SVG, ""},
		{"a.html", []byte("<p>"), HTML, ""},
		{"a.txt", []byte("\ufeff\n<!DOCTYPE HTML><p>"), HTML, ""},
		{"a.xls", []byte("<html><table>"), HTML, ""},
		{"a.jpg", []byte("<body onload=alert(1)>"), HTML, ""},
		{"a.zip", zipOf(many...), TooMany, ""},
		{"a.zip", zipOf(long...), TooMany, ""},
		{"a.zip", sized(bomb(1000), 600<<20), TooLarge, ""},
		{"a.docx", sized(docx(), 300<<20), TooLarge, ""},
		{"a.zip", zipOf(entry{"b.zip", string(zipOf(entry{"a.txt", "x"}))}), Nested, "b.zip"},
		{"a.zip", zipOf(entry{"../a.txt", "x"}), UnsafePath, "../a.txt"},
		{"a.zip", zipOf(entry{`..\a.txt`, "x"}), UnsafePath, `..\a.txt`},
		{"a.zip", zipOf(entry{"/etc/a.txt", "x"}), UnsafePath, "/etc/a.txt"},
		{"a.zip", zipOf(entry{"C:a.txt", "x"}), UnsafePath, "C:a.txt"},
		{"a.zip", symlink(), UnsafePath, "a.txt"},
		{"a.zip", zipOf(entry{"a.docx", string(docx(entry{"word/vbaProject.bin", "x"}))}), Macros, "a.docx"},
		{"a.txt", []byte("Quy\xe1\xba"), WrongEncoding, ""},
		{"a.txt", append([]byte(strings.Repeat("ế", 100_000)), 0xe1), WrongEncoding, ""},
		{"a.txt", []byte("QuyÕt ®Þnh \xae\xde"), WrongEncoding, ""},
		{"a.txt", utf16Of("abc", binary.LittleEndian)[:7], WrongEncoding, ""},
		{"a.txt", []byte{0xff, 0xfe, 0x3d, 0xd8, 'a', 0}, WrongEncoding, ""},
		{"a.txt", []byte{0xff, 0xfe, 'a', 0, 0x3d, 0xd8}, WrongEncoding, ""},
		{"a.txt", []byte{0xff, 0xfe, 'a', 0, 1, 0}, Mismatch, ""},
	} {
		found, err := look(t, one.name, one.content)
		if one.want == "" {
			if err != nil {
				t.Errorf("%s: %v", one.name, err)
			}
			continue
		}
		refusal := (*Refusal)(nil)
		if !errors.As(err, &refusal) || *refusal != (Refusal{one.want, one.entry}) || found != (Finding{}) {
			t.Errorf("%s (%.20q): %+v, %v, want %s in %q", one.name, one.content, found, err, one.want, one.entry)
		}
		reached[one.want] = true
	}
	for _, reason := range Reasons {
		if !reached[reason] {
			t.Errorf("nothing is refused as %s", reason)
		}
	}
}

// bomb is a ZIP whose text unpacks to n bytes.
func bomb(n int) []byte { return zipOf(entry{"a.txt", strings.Repeat(" ", n)}) }

// beforeFile is a ZIP whose list says that an entry begins before the file.
func beforeFile() []byte {
	b := docx()
	end := len(b) - 22
	at := binary.LittleEndian.Uint32(b[end+16:])
	binary.LittleEndian.PutUint32(b[end+16:], at+100) // so all that it says is 100 bytes too far right
	return b
}

// sized makes the list say that each entry unpacks to n bytes.
func sized(archive []byte, n uint32) []byte {
	for at := range archive {
		if bytes.HasPrefix(archive[at:], []byte("PK\x01\x02")) {
			binary.LittleEndian.PutUint32(archive[at+24:], n)
		}
	}
	return archive
}

// TestLyingSizes: the list says that little is in it.
func TestLyingSizes(t *testing.T) {
	lie := sized(bomb(1<<20), 5)
	_, err := look(t, "a.zip", lie)
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || refusal.Reason != Damaged {
		t.Errorf("error %v", err)
	}
}

// TestMemoryOfHugeLists: a list of a million entries is not read.
func TestMemoryOfHugeLists(t *testing.T) {
	header := make([]byte, 46)
	copy(header, "PK\x01\x02")
	list := bytes.Repeat(header, 1_000_000)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], 5)
	binary.LittleEndian.PutUint16(end[10:], 5)
	binary.LittleEndian.PutUint32(end[12:], uint32(len(list)))
	begin := zipOf(entry{"a.txt", "x"})
	content := append(append(begin, list...), end...)
	binary.LittleEndian.PutUint32(content[len(content)-6:], uint32(len(begin)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := look(t, "a.zip", content)
	runtime.ReadMemStats(&after)
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || refusal.Reason != TooMany {
		t.Errorf("error %v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d MiB of memory", used>>20)
	}
}

// TestExtensions: a form shows these.
func TestExtensions(t *testing.T) {
	all := Extensions()
	slices.Sort(all)
	want := ".csv .doc .docx .gif .jpeg .jpg .odp .ods .odt .pdf .png .ppt .pptx .txt .webp .xls .xlsx .zip"
	if strings.Join(all, " ") != want {
		t.Errorf("taken: %v", all)
	}
	for extension, format := range formats {
		if !slices.Contains(Kinds, format.kind) {
			t.Errorf("%s is a %q", extension, format.kind)
		}
		if refusedExtensions[extension] != "" {
			t.Errorf("%s is taken and refused", extension)
		}
	}
}

// TestTroubleIsNoRefusal: what goes wrong here is not said of the file.
func TestTroubleIsNoRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("broken disk")
	for _, one := range []struct {
		ctx     context.Context
		name    string
		content io.ReaderAt
		size    int
		dir     string
		want    error
	}{
		{ctx, "a.txt", strings.NewReader("text"), 4, "", context.Canceled},
		{ctx, "a.docx", bytes.NewReader(docx()), len(docx()), "", context.Canceled},
		{t.Context(), "a.txt", brokenReaderAt{broken}, 9, "", broken},
		{t.Context(), "a.zip", bytes.NewReader(bomb(9)), len(bomb(9)), "missing", fs.ErrNotExist},
	} {
		_, err := Watch(one.name).File(one.ctx, one.content, int64(one.size), one.dir)
		if refusal := (*Refusal)(nil); !errors.Is(err, one.want) || errors.As(err, &refusal) {
			t.Errorf("%s: %v, want %v", one.name, err, one.want)
		}
	}
}

// TestTextIsNotReadTwice: a text that was watched is not read once more, nor
// trusted when something was missed.
func TestTextIsNotReadTwice(t *testing.T) {
	content := strings.Repeat("Quyết định ", headSize) + "\x01"
	watcher := Watch("a.txt")
	_, _ = watcher.Write([]byte(content)) // fails never
	begin := &boundedReaderAt{strings.NewReader(content), headSize}
	_, err := watcher.File(t.Context(), begin, int64(len(content)), "")
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || refusal.Reason != Mismatch {
		t.Errorf("watched: %v", err)
	}
	half := Watch("a.txt")
	_, _ = half.Write([]byte(content[:headSize])) // fails never
	_, err = half.File(t.Context(), strings.NewReader(content), int64(len(content)), "")
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || refusal.Reason != Mismatch {
		t.Errorf("half watched: %v", err)
	}
}

type brokenReaderAt struct{ err error }

func (b brokenReaderAt) ReadAt([]byte, int64) (int, error) { return 0, b.err }
