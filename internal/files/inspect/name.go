package inspect

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is what file systems allow for a name, in bytes.
const maxName = 255

// maxExtension is the longest end of a name that is kept when it is cut.
const maxExtension = 16

// Name makes of what a browser calls a file a name that is safe to keep, show
// and save anywhere: NFC, without folders, control characters and marks that
// turn the direction of writing, at most 255 bytes with its extension kept.
// Where nothing is left the name is "file". Name(Name(s)) is Name(s).
func Name(raw string) string {
	name := norm.NFC.String(strings.ToValidUTF8(raw, ""))
	// Both slashes: some browsers send the whole path of their system.
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.Join(strings.FieldsFunc(strings.Map(visible, name), unicode.IsSpace), " ")
	// What was left out may have stood between letters that now combine.
	name = shorten(trim(norm.NFC.String(name)))
	if name == "" {
		return "file"
	}
	if reserved(name) {
		name = shorten("_" + name)
	}
	return name
}

// visible drops what cannot be seen and replaces what systems forbid in names.
func visible(c rune) rune {
	switch {
	case unicode.IsSpace(c):
		return ' '
	case unicode.Is(unicode.Cc, c), unicode.Is(unicode.Cf, c), unicode.Is(unicode.Co, c), c == utf8.RuneError:
		return -1 // Cf has the marks of direction and of no width
	case strings.ContainsRune(`<>:"|?*`, c):
		return '_'
	}
	return c
}

// trim takes away what Windows drops at the end and what hides files elsewhere.
func trim(name string) string { return strings.TrimLeft(strings.TrimRight(name, ". "), ". ") }

// shorten cuts the name before its extension, between characters.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > maxExtension {
		extension = ""
	}
	stem := strings.TrimSuffix(name, extension)
	cut := maxName - len(extension)
	for cut > 0 && !boundary(stem[cut:]) {
		cut--
	}
	if stem = trim(stem[:cut]); stem == "" {
		stem = "file"
	}
	return stem + extension
}

// boundary: neither inside a character nor between a letter and its mark.
func boundary(rest string) bool {
	return utf8.RuneStart(rest[0]) && norm.NFC.PropertiesString(rest).BoundaryBefore()
}

// reserved are the names of devices on Windows, with any extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	number, is := strings.CutPrefix(stem, "COM")
	if !is {
		number, is = strings.CutPrefix(stem, "LPT")
	}
	return is && utf8.RuneCountInString(number) == 1 && strings.ContainsAny(number, "0123456789¹²³")
}
