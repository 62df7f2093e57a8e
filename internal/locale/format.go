package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"learningcity/internal/tracker"

	"golang.org/x/text/language"
)

// style is how a language counts, and writes figures and days.
type style struct {
	tag            language.Tag
	group, decimal string
	date, stamp    string // layouts for time.Format
	month          func(year int, month time.Month) string
}

var styles = map[Language]style{
	Vietnamese: {
		tag:   language.Vietnamese,
		group: ".", decimal: ",",
		date: "02/01/2006", stamp: "15:04 02/01/2006",
		month: vietnameseMonth,
	},
	English: {
		tag:   language.English,
		group: ",", decimal: ".",
		date: "2 January 2006", stamp: "2 January 2006, 15:04",
		month: englishMonth,
	},
}

// vietnameseMonth follows the rule for official papers, which puts a zero
// before January and February only, so that nobody can add a 1 to them.
func vietnameseMonth(year int, month time.Month) string {
	if month <= time.February {
		return fmt.Sprintf("0%d/%d", month, year)
	}
	return fmt.Sprintf("%d/%d", month, year)
}

func englishMonth(year int, month time.Month) string {
	return fmt.Sprintf("%s %d", month.String()[:3], year)
}

// Date writes a day: 13/08/2024, or 13 August 2024. The zero Date is written
// as nothing.
func (p *Printer) Date(d tracker.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(p.style.date)
}

// Time writes a moment to the minute, as the clock stands in t's own zone; the
// caller puts t into the city's zone first.
func (p *Printer) Time(t time.Time) string { return t.Format(p.style.stamp) }

// Month writes a month: 8/2024, or Aug 2024.
func (p *Printer) Month(year int, month time.Month) string { return p.style.month(year, month) }

// Number writes a figure with one decimal: 1.234,5, or 1,234.5.
func (p *Printer) Number(d tracker.Decimal) string {
	sign, tenths := split(int64(d))
	return sign + p.grouped(tenths/10) + p.style.decimal + strconv.FormatUint(tenths%10, 10)
}

// Whole writes a figure of a unit that has no decimals. Tenths that should not
// be there are rounded, half away from zero.
func (p *Printer) Whole(d tracker.Decimal) string {
	sign, tenths := split(int64(d))
	whole := (tenths + 5) / 10
	if whole == 0 {
		sign = ""
	}
	return sign + p.grouped(whole)
}

// Int writes a count with its thousands grouped.
func (p *Printer) Int(n int) string {
	sign, size := split(int64(n))
	return sign + p.grouped(size)
}

// Text returns the text in the printer's language, or in the other one where
// the translation is missing.
func (p *Printer) Text(t tracker.Text) string { return t.In(string(p.language)) }

// split separates a number from its sign; unsigned, because the smallest
// integer has no positive twin.
func split(n int64) (sign string, size uint64) {
	if n < 0 {
		return "-", -uint64(n)
	}
	return "", uint64(n)
}

func (p *Printer) grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	if len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	first := (len(digits)-1)%3 + 1
	b.WriteString(digits[:first])
	for i := first; i < len(digits); i += 3 {
		b.WriteString(p.style.group)
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}
