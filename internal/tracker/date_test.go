package tracker_test

import (
	"encoding/json"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want tracker.Date
		ok   bool
	}{
		{"2025-02-28", tracker.NewDate(2025, time.February, 28), true},
		{"2024-02-29", tracker.NewDate(2024, time.February, 29), true},
		{"1971-01-01", 365, true},
		{"9999-12-31", tracker.NewDate(9999, time.December, 31), true},
		{"2025-02-29", 0, false},
		{"2025-13-01", 0, false},
		{"2025-00-10", 0, false},
		{"1970-12-31", 0, false},
		{"0001-01-01", 0, false},
		{"10000-01-01", 0, false},
		{"2025-2-28", 0, false},
		{"28/02/2025", 0, false},
		{"2025-02-28T00:00:00Z", 0, false},
		{" 2025-02-28", 0, false},
		{"2025-02-28 ", 0, false},
		{"-2025-02-28", 0, false},
		{"", 0, false},
	} {
		got, err := tracker.ParseDate(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: %v, %v, want %v, %v", tt.in, got, err, tt.want, tt.ok)
		}
	}
}

// FuzzParseDate: what is read is written the same way, and is the day that
// package time means.
func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2025-02-28", "2024-02-29", "1971-01-01", "9999-12-31", "", "2025-2-3", "٢٠٢٥-01-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := tracker.ParseDate(s)
		if err != nil {
			if d != 0 {
				t.Fatalf("%q is refused and still %v", s, d)
			}
			return
		}
		if d.String() != s || d.IsZero() || tracker.NewDate(d.Year(), d.Month(), d.Day()) != d {
			t.Fatalf("%q is read as %v", s, d)
		}
	})
}

// TestDateOf: the day is that of the time's own location.
func TestDateOf(t *testing.T) {
	t.Parallel()
	late := time.Date(2024, time.August, 12, 17, 30, 0, 0, time.UTC)
	halong := late.In(time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60))
	if got := tracker.DateOf(late); got != tracker.NewDate(2024, time.August, 12) {
		t.Errorf("in UTC it is %v", got)
	}
	if got := tracker.DateOf(halong); got != tracker.NewDate(2024, time.August, 13) {
		t.Errorf("in Ha Long it is %v", got)
	}
}

func TestDateParts(t *testing.T) {
	t.Parallel()
	d := tracker.NewDate(2024, time.February, 29)
	if d.Year() != 2024 || d.Month() != time.February || d.Day() != 29 || d.Weekday() != time.Thursday {
		t.Errorf("parts of %v are %d %v %d %v", d, d.Year(), d.Month(), d.Day(), d.Weekday())
	}
	if d.Sub(tracker.NewDate(2023, time.March, 1)) != 365 || d.Sub(d+1) != -1 {
		t.Errorf("days between are %d and %d", d.Sub(tracker.NewDate(2023, time.March, 1)), d.Sub(d+1))
	}
	if !d.Before(d+1) || d.Before(d) || !(d - 1).Before(d) {
		t.Error("the order of days is wrong")
	}
	if got := tracker.Date(0).String(); got != "" || !tracker.Date(0).IsZero() {
		t.Errorf("no date is %q", got)
	}
	if got := tracker.NewDate(2023, time.December, 32); got != tracker.NewDate(2024, time.January, 1) {
		t.Errorf("32 December is %v", got)
	}
	if got := d.Time(); !got.Equal(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("its midnight is %v", got)
	}
}

// TestDateInRecords: whoever reads the audit reads days, not numbers.
func TestDateInRecords(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(tracker.Milestone{HeldOn: tracker.NewDate(2024, time.August, 13)})
	if want := `{"HeldOn":"2024-08-13","Title":{"VI":"","EN":""},"Published":false}`; string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := json.Marshal(tracker.Date(0)); string(got) != `""` || err != nil {
		t.Errorf("no date: %s, %v", got, err)
	}
}
