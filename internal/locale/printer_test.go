package locale_test

import (
	"math"
	"testing"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
)

const (
	vi = `{"plain":"Tổng quan","rows":"{count} dòng","due":"{name} hạn {day}","figure":"đạt {value}"}`
	en = `{"plain":"Overview","rows":{"one":"{count} row","other":"{count} rows"},"due":"{name} due {day}","figure":"reached {value}"}`
)

func TestT(t *testing.T) {
	b := load(t, vi, en)
	day := tracker.NewDate(2024, time.August, 13)
	name := tracker.Text{VI: "Hội Khuyến học", EN: "Association for Promoting Learning"}
	for _, tt := range []struct {
		key    string
		args   []any
		vi, en string
	}{
		{"plain", nil, "Tổng quan", "Overview"},
		{"rows", []any{"count", 0}, "0 dòng", "0 rows"},
		{"rows", []any{"count", 1}, "1 dòng", "1 row"},
		{"rows", []any{"count", -1}, "-1 dòng", "-1 row"},
		{"rows", []any{"count", 12345}, "12.345 dòng", "12,345 rows"},
		{"rows", nil, "{count} dòng", "{count} rows"},
		{"due", []any{"day", day, "name", name}, "Hội Khuyến học hạn 13/08/2024", "Association for Promoting Learning due 13 August 2024"},
		{"due", []any{"day", "x", "name"}, "{name} hạn x", "{name} due x"},
		{"figure", []any{"value", tracker.Decimal(12345)}, "đạt 1.234,5", "reached 1,234.5"},
		{"figure", []any{"value", true}, "đạt true", "reached true"},
		{"not.there", []any{"value", 1}, "not.there", "not.there"},
	} {
		if got := b.Printer(locale.Vietnamese).T(tt.key, tt.args...); got != tt.vi {
			t.Errorf("vi %s %v: %q; want %q", tt.key, tt.args, got, tt.vi)
		}
		if got := b.Printer(locale.English).T(tt.key, tt.args...); got != tt.en {
			t.Errorf("en %s %v: %q; want %q", tt.key, tt.args, got, tt.en)
		}
	}
}

func TestFormats(t *testing.T) {
	b := load(t, vi, en)
	v, e := b.Printer(locale.Vietnamese), b.Printer(locale.English)
	moment := time.Date(2024, time.August, 13, 9, 15, 59, 0, time.FixedZone("", 7*3600))
	for _, tt := range []struct{ what, got, want string }{
		{"day", v.Date(tracker.NewDate(2024, 8, 3)), "03/08/2024"},
		{"day", e.Date(tracker.NewDate(2024, 8, 3)), "3 August 2024"},
		{"no day", v.Date(0), ""},
		{"moment", v.Time(moment), "09:15 13/08/2024"},
		{"moment", e.Time(moment), "13 August 2024, 09:15"},
		{"January", v.Month(2025, 1), "01/2025"},
		{"August", v.Month(2024, 8), "8/2024"},
		{"October", v.Month(2024, 10), "10/2024"},
		{"August", e.Month(2024, 8), "Aug 2024"},
		{"figure", v.Number(0), "0,0"},
		{"figure", v.Number(298), "29,8"},
		{"figure", e.Number(9_999_999), "999,999.9"},
		{"negative", v.Number(-5), "-0,5"},
		{"smallest", e.Number(math.MinInt64), "-922,337,203,685,477,580.8"},
		{"whole", v.Whole(2_512_000_000), "251.200.000"},
		{"rounded", e.Whole(12345), "1,235"},
		{"rounded", v.Whole(-12344), "-1.234"},
		{"rounded to nothing", v.Whole(-4), "0"},
		{"count", v.Int(999), "999"},
		{"count", v.Int(1000), "1.000"},
		{"count", e.Int(-1234567), "-1,234,567"},
		{"text", e.Text(tracker.Text{VI: "Hạ Long"}), "Hạ Long"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q; want %q", tt.what, tt.got, tt.want)
		}
	}
}

func BenchmarkT(b *testing.B) {
	p := load(b, vi, en).Printer(locale.English)
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.T("plain")
		}
	})
	b.Run("plural", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.T("rows", "count", 57)
		}
	})
	b.Run("two values", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.T("due", "name", "Hạ Long", "day", "13/08/2024")
		}
	})
}
