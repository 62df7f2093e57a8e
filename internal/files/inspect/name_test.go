package inspect

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestName(t *testing.T) {
	for raw, want := range map[string]string{
		"Quyết định 12.pdf":               "Quyết định 12.pdf",
		norm.NFD.String("Quyết định.pdf"): "Quyết định.pdf",
		"../../etc/passwd":                "passwd",
		`C:\Users\Lan\Báo cáo.docx`:       "Báo cáo.docx",
		"a\x00b.pdf":                      "ab.pdf",
		"a\r\nb.pdf":                      "a b.pdf",
		"evil\u202efdp.exe":               "evilfdp.exe",
		"a\u200bb\ufeff.pdf":              "ab.pdf",
		"":                                "file",
		"...":                             "file",
		"/":                               "file",
		".htaccess":                       "htaccess",
		" a .pdf . ":                      "a .pdf",
		"CON":                             "_CON",
		"com1.pdf":                        "_com1.pdf",
		"nul .txt":                        "_nul .txt",
		"COM.pdf":                         "COM.pdf",
		`a<b>c:d"e|f?g*.pdf`:              "a_b_c_d_e_f_g_.pdf",
		"\xff\xfea.pdf":                   "a.pdf",
		"a\u200b\u0301.pdf":               "á.pdf",
		strings.Repeat("ế", 300) + ".pdf": strings.Repeat("ế", 83) + ".pdf",
		strings.Repeat("a", 300):          strings.Repeat("a", 255),
		"a." + strings.Repeat("b", 300):   "a." + strings.Repeat("b", 253),
		"12/QĐ-UBND.pdf":                  "QĐ-UBND.pdf",
	} {
		if got := Name(raw); got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"a.pdf", "../a", "\u202e", "CON.txt", strings.Repeat("ế", 300) + ".docx", "e\u0301", "..", "a\\b", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name := Name(raw)
		switch {
		case name == "", len(name) > maxName, !utf8.ValidString(name), !norm.NFC.IsNormalString(name):
			t.Errorf("%q", name)
		case strings.ContainsAny(name, `/\<>:"|?*`), strings.ContainsFunc(name, unicode.IsControl), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."):
			t.Errorf("%q", name)
		case strings.ContainsFunc(name, func(c rune) bool { return unicode.Is(unicode.Cf, c) }), reserved(name):
			t.Errorf("%q", name)
		case Name(name) != name:
			t.Errorf("%q becomes %q", name, Name(name))
		}
	})
}
