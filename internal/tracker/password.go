package tracker

import (
	_ "embed" // the list
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// How hard the parts of a password are to guess, in bits, for somebody who
// tries what is common first.
const (
	enoughBits = 36 // as much as four words of the list
	charBits   = 5  // any character that is no part of anything
	wordBits   = 9  // of the list
	yearBits   = 7
	dayBits    = 8 // and month
	runBits    = 6 // along the keyboard, the alphabet or the figures, or one key again and again
	ownBits    = 3 // the person's own name or address
)

// CheckPassword is the one rule for passwords: long enough, and not one of
// those that are guessed first. about are texts that a guesser knows: the
// person's address and name, their city. The error names the field.
func CheckPassword(field, password string, about ...string) error {
	if key := checkPassword(password, about...); key != "" {
		return Invalid(field, key)
	}
	return nil
}

// checkPassword counts what people see: a letter that a keyboard sent in parts,
// with its accents behind it, is one.
func checkPassword(s string, about ...string) string {
	switch n := utf8.RuneCountInString(norm.NFC.String(s)); {
	case n < MinPassword:
		return "password.error.short"
	case n > MaxPassword:
		return "password.error.long"
	case isCommon(s, about):
		return "password.error.common"
	}
	return ""
}

// Letters that people write as signs, or as signs and figures; and the signs of
// the upper row as the figures below them.
var (
	signsAsLetters = strings.NewReplacer("@", "a", "$", "s", "!", "i")

	asLetters = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")
	asFigures = strings.NewReplacer("!", "1", "@", "2", "#", "3", "$", "4", "%", "5", "^", "6", "&", "7", "*", "8", "(", "9", ")", "0")
)

// isCommon tries the ways in which a password may be read and believes the
// easiest.
func isCommon(password string, about []string) bool {
	own := ownWords(about)
	folded := Fold(password)
	for _, read := range []string{folded, signsAsLetters.Replace(folded), asLetters.Replace(folded), asFigures.Replace(folded)} {
		if guessBits(read, own) < enoughBits {
			return true
		}
	}
	return false
}

// guessBits adds up the cheapest way to put the text together. Signs do not
// break words apart and count once each, for people put the same one
// everywhere; spaces do not count.
func guessBits(text string, own map[string]bool) int {
	signs := map[rune]bool{}
	plain := strings.Map(func(r rune) rune {
		if isPlain(r) {
			return r
		}
		if r != ' ' {
			signs[r] = true
		}
		return -1
	}, text)
	return charBits*len(signs) + cheapest(unrepeated(plain), own)
}

func isPlain(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// unrepeated is the text once, of which the whole is made by repeating.
func unrepeated(s string) string {
	if again := strings.Index((s + s)[min(1, len(s)):], s) + 1; s != "" && again < len(s) {
		return s[:again]
	}
	return s
}

// cheapest finds, for each beginning of the text, the fewest bits of parts that
// make it up.
func cheapest(s string, own map[string]bool) int {
	bits := make([]int, len(s)+1)
	for end := 1; end <= len(s); end++ {
		bits[end] = bits[end-1] + charBits
	}
	for start := range len(s) {
		bits[start+1] = min(bits[start+1], bits[start]+charBits)
		for length, cost := range partsAt(s[start:], own) {
			bits[start+length] = min(bits[start+length], bits[start]+cost)
		}
	}
	return bits[len(s)]
}

const (
	shortestSame = 3
	shortestRow  = 4
	longestWord  = 32
)

// partsAt are the parts that the text begins with: their lengths and bits.
func partsAt(s string, own map[string]bool) map[int]int {
	parts := map[int]int{}
	switch {
	case isYear(s):
		parts[4] = yearBits
	case isDay(s):
		parts[4] = dayBits
	}
	if n := sameLength(s); n >= shortestSame {
		parts[n] = runBits
	}
	if n := rowLength(s); n >= shortestRow {
		parts[n] = runBits
	}
	for n := 2; n <= min(len(s), longestWord); n++ {
		switch {
		case own[s[:n]]:
			parts[n] = ownBits
		case commonWords[s[:n]]:
			parts[n] = wordBits
		}
	}
	return parts
}

func isYear(s string) bool {
	return len(s) >= 4 && (s[:2] == "19" || s[:2] == "20") && strings.Trim(s[2:4], "0123456789") == ""
}

// isDay: a day and its month, as birthdays begin.
func isDay(s string) bool {
	return len(s) >= 4 && "01" <= s[:2] && s[:2] <= "31" && "01" <= s[2:4] && s[2:4] <= "12" && strings.Trim(s[:4], "0123456789") == ""
}

// rows are what fingers run along, on the keyboard and by heart.
var rows = bothWays("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm",
	"qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp",
	"zaq1xsw2cde3vfr4bgt5nhy6mju7ki8lo9p0", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "a1b2c3d4e5f6g7h8i9j0",
	"1a2b3c4d5e6f7g8h9i0j", "qawsedrftgyhujikolp", "00112233445566778899", "aabbccddeeffgghhiijjkkllmmnnooppqqrrssttuuvvwwxxyyzz",
	"147258369", "159753", "789456123")

func bothWays(rows ...string) string {
	var all strings.Builder
	for _, row := range rows {
		all.WriteString(row + "\n")
		for i := len(row) - 1; i >= 0; i-- {
			all.WriteByte(row[i])
		}
		all.WriteString("\n")
	}
	return all.String()
}

// sameLength is how often the text begins with the same key.
func sameLength(s string) int { return len(s) - len(strings.TrimLeft(s, s[:1])) }

// rowLength is how far the text begins along a row.
func rowLength(s string) int {
	n := 0
	for n < len(s) && strings.Contains(rows, s[:n+1]) {
		n++
	}
	return n
}

//go:embed common_passwords.txt
var commonPasswords string

var commonWords = readWords(commonPasswords)

func readWords(list string) map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "#") {
			for _, word := range strings.Fields(line) {
				words[word] = true
			}
		}
	}
	return words
}

// ownWords are the parts of the texts, each text as a whole, and what stands
// before an address's @.
func ownWords(about []string) map[string]bool {
	own := map[string]bool{}
	for _, text := range about {
		folded := Fold(text)
		name, _, _ := strings.Cut(folded, "@")
		words := strings.FieldsFunc(folded, func(r rune) bool { return !isPlain(r) })
		for _, word := range append(words, joined(name), joined(folded)) {
			if len(word) > 1 {
				own[word] = true
			}
		}
	}
	return own
}

func joined(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !isPlain(r) }), "")
}
