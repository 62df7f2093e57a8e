package tracker_test

import (
	"errors"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// refusedFigure stands for any error: figures have only one.
var errFigure = errors.New("not a figure")

func isRefused(err, want error) bool { return (err == nil) == (want == nil) }

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want tracker.Decimal
		text string // as it is written again
		err  error
	}{
		{"0", 0, "0", nil},
		{"98.4", 984, "98.4", nil},
		{"98.0", 980, "98", nil},
		{"0.5", 5, "0.5", nil},
		{"007", 70, "7", nil},
		{"251200000", 2512000000, "251200000", nil},
		{"999999999999999.9", 9999999999999999, "999999999999999.9", nil},
		{"1000000000000000", 0, "", errFigure},
		{"99999999999999999999", 0, "", errFigure},
		{"", 0, "", errFigure},
		{".", 0, "", errFigure},
		{".5", 0, "", errFigure},
		{"5.", 0, "", errFigure},
		{"1.25", 0, "", errFigure},
		{"1.2.3", 0, "", errFigure},
		{"-1", 0, "", errFigure},
		{"+1", 0, "", errFigure},
		{"1e3", 0, "", errFigure},
		{" 1", 0, "", errFigure},
		{"١٢", 0, "", errFigure},
		{"NaN", 0, "", errFigure},
		{"1\x00", 0, "", errFigure},
	} {
		got, err := tracker.ParseDecimal(tt.in)
		if got != tt.want || !isRefused(err, tt.err) {
			t.Errorf("%q: %d, %v, want %d, %v", tt.in, got, err, tt.want, tt.err)
		}
		if text := got.String(); tt.err == nil && text != tt.text {
			t.Errorf("%q is written %q, want %q", tt.in, text, tt.text)
		}
	}
}

func TestDecimalFloat(t *testing.T) {
	t.Parallel()
	if got := tracker.Decimal(984).Float(); got != 98.4 {
		t.Errorf("984 tenths are %v", got)
	}
}

// TestReadFigure: the same typing means different things in two languages.
func TestReadFigure(t *testing.T) {
	t.Parallel()
	const no = -1
	for _, tt := range []struct {
		in     string
		vi, en tracker.Decimal // no: refused
	}{
		{"98", 980, 980},
		{"98,4", 984, 984},
		{"98.4", 984, 984},
		{"1.234", 12340, no}, // a figure has one decimal
		{"1,234", no, 12340},
		{"1.234,5", 12345, no},
		{"1,234.5", no, 12345},
		{"1.234.567", 12345670, no},
		{"1,234,567", no, 12345670},
		{"1 234,5", 12345, 12345},
		{"1\u00a0234", 12340, 12340},
		{" 7 ", 70, 70},
		{"12.34", no, no},
		{"1234.5", 12345, 12345},
		{"1234.567", no, no},
		{"0.500", no, no}, // not thousands, and two decimals too many
		{"0,500", no, no},
		{"0.5", 5, 5},
		{"012.345", no, no},
		{"1..2", no, no},
		{"1,2,3", no, no},
		{"1.2.3", no, no},
		{"1.23.456", no, no},
		{"", no, no},
		{",", no, no},
		{".", no, no},
		{"5,", no, no},
		{",5", no, no},
		{"-5", no, no},
		{"98%", no, no},
		{"một", no, no},
		{strings.Repeat("9", 40), no, no},
	} {
		checkFigure(t, tt.in, "vi", tt.vi)
		checkFigure(t, tt.in, "en", tt.en)
	}
}

func checkFigure(t *testing.T, in, language string, want tracker.Decimal) {
	t.Helper()
	var wantErr error
	if want < 0 {
		want, wantErr = 0, errFigure
	}
	got, err := tracker.ReadFigure(in, language)
	if got != want || !isRefused(err, wantErr) {
		t.Errorf("%q in %s: %s, %v, want %s, %v", in, language, got, err, want, wantErr)
	}
}

// FuzzReadFigure: what is read is not negative, fits its column, is written in
// a way that reads back, and holds the digits that were typed.
func FuzzReadFigure(f *testing.F) {
	for _, seed := range []string{"98,4", "98.4", "1.234.567", "1,234.5", " 1 2 ", "0.500", "", "-1", "9e9", "١"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, language := range []string{"vi", "en"} {
			got, err := tracker.ReadFigure(typed, language)
			if err != nil {
				continue
			}
			if got < 0 || got > 9_999_999_999_999_999 {
				t.Fatalf("%q is read as %d", typed, got)
			}
			again, err := tracker.ParseDecimal(got.String())
			if err != nil || again != got {
				t.Fatalf("%q is written %q and read again as %d, %v", typed, got, again, err)
			}
			if digitsOf(got.String()) != strings.TrimSuffix(digitsOf(typed), zeroTenth(typed)) {
				t.Fatalf("%q in %s is read as %s", typed, language, got)
			}
		}
	})
}

// digitsOf leaves the digits alone, without the zeros before them.
func digitsOf(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0"
	}
	return digits
}

// zeroTenth is the tenth that a whole figure was typed with: "7,0".
func zeroTenth(typed string) string {
	compact := strings.Join(strings.Fields(typed), "")
	if n := len(compact); n > 2 && compact[n-1] == '0' && (compact[n-2] == ',' || compact[n-2] == '.') && digitsOf(compact) != "0" {
		return "0"
	}
	return ""
}
