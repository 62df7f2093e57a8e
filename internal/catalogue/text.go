package catalogue

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/tracker"
)

// languages are the keys of a text.
var languages = []string{"en", "vi"}

// addresses are forms of address.
var addresses = []string{"Mr", "Mrs", "Ms", "Dr", "Prof", "Ông", "Bà", "TS", "PGS", "GS", "ThS"}

var (
	// person is a form of address before a capital, which would introduce somebody's name.
	person = newPattern(`(?:^|[^\pL\pN_])(?:`+strings.Join(addresses, "|")+`)\.?[\s\pZ]+\p{Lu}`, addresses...)

	// document is the number of an official document.
	document = newPattern(`\p{Nd}/(?:\p{Nd}{4}/)?[A-ZĐ]{2}|(?:^|[^\pL\pN_])No\.[\s\pZ]*\p{Nd}`, "/", "No.")

	// unitWord is looked for in small letters.
	unitWord = newPattern(`units?`, "unit")
)

// newTones are ends of words with the tone mark on the second vowel (hoá, thuý,
// uỷ); official texts write hóa, thúy, ủy.
var newTones = strings.Fields("oà oá oả oã oạ oè oé oẻ oẽ oẹ uỳ uý uỷ uỹ uỵ")

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
	if person.matches(s) {
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
	if newToneStyle(lower) {
		v.problem("tone mark placement: %s", quote(v.str()))
	}
}

// newToneStyle finds a word that ends in one of newTones. After q the u belongs
// to the consonant (quý).
func newToneStyle(lower string) bool {
	for word := range strings.FieldsFuncSeq(lower, func(r rune) bool { return !wordRune(r) }) {
		for _, tone := range newTones {
			if start, ok := strings.CutSuffix(word, tone); ok && !strings.HasSuffix(start, "q") {
				return true
			}
		}
	}
	return false
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
	s = strings.ToLower(s)
	for _, at := range unitWord.find(s) {
		before, after := s[:at[0]], s[at[1]:]
		wholeWord := !endsInWord(before) && !startsWithWord(after)
		if wholeWord && !strings.HasSuffix(before, "learning ") && !strings.HasPrefix(after, " of measure") {
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

// checkNoDocuments reports every text that gives the number of an official
// document, anywhere below v.
func checkNoDocuments(v value) {
	if v.isText() && document.matches(v.str()) {
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
