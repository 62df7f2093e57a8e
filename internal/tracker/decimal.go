package tracker

import (
	"errors"
	"strconv"
	"strings"
)

// Decimal is a figure in tenths: 98.4 is Decimal(984). The catalogue gives
// counts and dong as whole numbers and all other figures with one decimal.
type Decimal int64

// maxFigure keeps figures within what the database column holds.
const maxFigure = 1_000_000_000_000_000

var errNotFigure = errors.New("not a figure")

// ParseDecimal reads a plain figure such as "98.4" or "251200000".
func ParseDecimal(s string) (Decimal, error) {
	whole, tenth, hasPoint := strings.Cut(s, ".")
	if !digits(whole) || hasPoint && (!digits(tenth) || len(tenth) != 1) {
		return 0, errNotFigure
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n >= maxFigure {
		return 0, errNotFigure
	}
	t, _ := strconv.ParseInt("0"+tenth, 10, 64) // checked above
	return Decimal(n*10 + t), nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// ReadFigure reads what a person typed. In Vietnamese the comma is the decimal
// mark and the point groups thousands (1.234,5); in English the other way
// round. A mark that cannot group thousands is read as a decimal mark, so that
// "98.4" is understood in both.
func ReadFigure(s, language string) (Decimal, error) {
	decimal, group := ",", "."
	if language == "en" {
		decimal, group = group, decimal
	}
	s = strings.Join(strings.Fields(s), "")
	if !strings.Contains(s, decimal) && strings.Count(s, group) == 1 && !groups(strings.Split(s, group)) {
		decimal, group = group, decimal
	}
	whole, fraction, hasFraction := strings.Cut(s, decimal)
	if parts := strings.Split(whole, group); len(parts) > 1 {
		if !groups(parts) {
			return 0, errNotFigure
		}
		whole = strings.Join(parts, "")
	}
	if hasFraction {
		whole += "." + fraction
	}
	return ParseDecimal(whole)
}

// groups reports whether the parts can be thousands: 1, 234, 567. Nobody
// writes five hundred as 0.500.
func groups(parts []string) bool {
	if strings.HasPrefix(parts[0], "0") {
		return false
	}
	for i, part := range parts {
		if !digits(part) || len(part) > 3 || i > 0 && len(part) != 3 {
			return false
		}
	}
	return true
}

// Whole reports whether the figure has no tenths.
func (d Decimal) Whole() bool { return d%10 == 0 }

// Float returns the figure for drawing.
func (d Decimal) Float() float64 { return float64(d) / 10 }

// String returns the plain figure that ParseDecimal reads.
func (d Decimal) String() string {
	if d.Whole() {
		return strconv.FormatInt(int64(d/10), 10)
	}
	return strconv.FormatInt(int64(d/10), 10) + "." + strconv.FormatInt(int64(d%10), 10)
}
