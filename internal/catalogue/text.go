package catalogue

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/tracker"
)

// languages are the keys of a text.
var languages = []string{"en", "vi"}

// In these patterns [\s\pZ] is any space and [\pL\pN_] any letter of a word:
// \s, \w and \b of this regexp package know ASCII only.
var (
	// newToneStyle is the tone mark on the second vowel (hoá, thuý, uỷ); official
	// texts write hóa, thúy, ủy. After q the u belongs to the consonant (quý).
	newToneStyle = regexp.MustCompile(`(?i)(?:^|[^q])(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?:$|[^\pL\pN_])`)

	// person is a form of address, which would introduce somebody's name.
	person = regexp.MustCompile(`(?:^|[^\pL\pN_])(?:Mr|Mrs|Ms|Dr|Prof|Ông|Bà|TS|PGS|GS|ThS)\.?[\s\pZ]+\p{Lu}`)

	// document is the number of an official document.
	document = regexp.MustCompile(`\p{Nd}/(?:\p{Nd}{4}/)?[A-ZĐ]{2}|(?:^|[^\pL\pN_])No\.[\s\pZ]*\p{Nd}`)

	unitWord = regexp.MustCompile(`(?i)units?`)
)

// vietnameseLetters are those that English does not have. They show a missing
// translation, or Vietnamese left in English text.
const vietnameseLetters = "ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"

func hasVietnamese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf && strings.ContainsRune(vietnameseLetters, unicode.ToLower(r))
	})
}

// vietnameseInEnglish are names that keep their letters in English text.
var vietnameseInEnglish = strings.NewReplacer("BGDĐT", "", "Báo Quốc Tế", "")

// misspelt are the slips that spelling checkers let through.
var misspelt = []string{"hàng năm", "tỉ lệ", "kĩ năng", "sử lý", "lý lịch cá nhân", "chia sẽ", "bổ xung", "xuất xắc"}

// textOf returns the two languages of a value that checkBilingual accepted.
func textOf(v value) tracker.Text {
	return tracker.Text{VI: v.get("vi").str(), EN: v.get("en").str()}
}

// checkBilingual checks a text that must be there in both languages.
func checkBilingual(v value) {
	if !v.isMapping() || len(v.keys()) != 2 || !v.has("en") || !v.has("vi") {
		v.misshapen("needs exactly en and vi")
		return
	}
	checkPair(v, v.get("en"), v.get("vi"))
}

// checkPair checks a text and its translation; problems of the two together
// are reported at v.
func checkPair(v, en, vi value) {
	checkText(en)
	checkEnglish(en)
	checkText(vi)
	checkVietnamese(vi)
	if vi.isText() && !hasVietnamese(vi.str()) {
		v.problem("Vietnamese text without Vietnamese letters: %s", quote(vi.str()))
	}
	if en.str() == vi.str() {
		v.problem("en and vi are the same")
	}
}

// checkText checks what holds in every language.
func checkText(v value) {
	s := v.str()
	if !v.isText() || strings.TrimSpace(s) == "" {
		v.misshapen("empty or not text")
		return
	}
	if s != strings.TrimSpace(s) || strings.Contains(s, "  ") {
		v.problem("surrounding or double spaces: %s", quote(s))
	}
	if !norm.NFC.IsNormalString(s) {
		v.problem("not NFC")
	}
	if unbalanced(s, "(", ")") || unbalanced(s, "“", "”") {
		v.problem("unbalanced brackets or quotation marks")
	}
	if badSpacing(s) {
		v.problem("spacing around punctuation: %s", quote(s))
	}
	if person.MatchString(s) {
		v.problem("looks like a personal name: %s", quote(s))
	}
}

// badSpacing finds a space before a punctuation mark, or none after one that is
// not part of a number.
func badSpacing(s string) bool {
	var last rune
	for _, r := range s {
		if unicode.IsSpace(last) && strings.ContainsRune(",.;:", r) {
			return true
		}
		if (last == ',' || last == ';') && !unicode.IsSpace(r) && !unicode.IsDigit(r) {
			return true
		}
		last = r
	}
	return false
}

func unbalanced(s, open, end string) bool { return strings.Count(s, open) != strings.Count(s, end) }

func checkVietnamese(v value) {
	if !v.isText() {
		return
	}
	lower := strings.ToLower(v.str())
	for _, word := range misspelt {
		if strings.Contains(lower, word) {
			v.problem("spelling: %q in %s", word, quote(v.str()))
		}
	}
	if newToneStyle.MatchString(v.str()) {
		v.problem("tone mark placement: %s", quote(v.str()))
	}
}

func checkEnglish(v value) {
	if !v.isText() {
		return
	}
	if hasVietnamese(vietnameseInEnglish.Replace(v.str())) {
		v.problem("Vietnamese letters in English text: %s", quote(v.str()))
	}
	if callsDepartmentUnit(v.str()) {
		v.problem("a department is called a unit: %s", quote(v.str()))
	}
}

// callsDepartmentUnit finds the word unit where it is neither a unit of
// measure nor the title of learning unit that organisations are awarded.
func callsDepartmentUnit(s string) bool {
	for _, at := range unitWord.FindAllStringIndex(s, -1) {
		before, after := s[:at[0]], s[at[1]:]
		wholeWord := !endsInWord(before) && !startsWithWord(after)
		if wholeWord && !hasFoldedSuffix(before, "learning ") && !hasFoldedPrefix(after, " of measure") {
			return true
		}
	}
	return false
}

func startsWithWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && wordRune(r)
}

func endsInWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && wordRune(r)
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

func hasFoldedPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func hasFoldedSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// checkNoDocuments reports every text that gives the number of an official
// document, anywhere below v.
func checkNoDocuments(v value) {
	if v.isText() && document.MatchString(v.str()) {
		v.problem("gives the number of an official document: %s", quote(v.str()))
	}
	for _, item := range v.items() {
		checkNoDocuments(item)
	}
	for _, child := range v.children() {
		checkNoDocuments(child)
	}
}

// translations remembers which texts stand for which.
type translations map[string]string

// check reports a text that was translated otherwise before, either way.
func (t translations) check(v value, en, vi string) {
	t.checkOneWay(v, "en:", en, vi)
	t.checkOneWay(v, "vi:", vi, en)
}

func (t translations) checkOneWay(v value, language, text, other string) {
	if first, ok := t[language+text]; !ok {
		t[language+text] = other
	} else if first != other {
		v.problem("%s has two translations: %s, %s", quote(text), quote(first), quote(other))
	}
}
