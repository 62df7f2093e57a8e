package tracker_test

import (
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

// smallFramework has two groups, three areas and an area that is empty.
func smallFramework() *tracker.Framework {
	feature := func(code string, indicators ...string) tracker.Feature {
		f := tracker.Feature{Code: code}
		for _, i := range indicators {
			f.Indicators = append(f.Indicators, tracker.Indicator{ID: int64(len(f.Indicators)), Code: i})
		}
		return f
	}
	return &tracker.Framework{Groups: []tracker.Group{
		{Code: "A", Areas: []tracker.Area{
			{Code: "1", Features: []tracker.Feature{feature("1.1", "1.1.1"), feature("1.2", "1.2.1", "1.2.2")}},
			{Code: "2"},
		}},
		{Code: "B", Areas: []tracker.Area{{Code: "10", Features: []tracker.Feature{feature("10.1", "10.1.1")}}}},
	}}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	f := smallFramework()
	var got []string
	for _, p := range f.Places() {
		got = append(got, p.Group.Code+" "+p.Area.Code+" "+p.Feature.Code+" "+p.Indicator.Code)
	}
	want := []string{"A 1 1.1 1.1.1", "A 1 1.2 1.2.1", "A 1 1.2 1.2.2", "B 10 10.1 10.1.1"}
	if !slices.Equal(got, want) {
		t.Errorf("places are %q, want %q", got, want)
	}
	if f.Places()[2].Indicator != &f.Groups[0].Areas[0].Features[1].Indicators[1] {
		t.Error("a place is a copy of the indicator, not the indicator")
	}
	if n := len((&tracker.Framework{}).Places()); n != 0 {
		t.Errorf("an empty framework has %d places", n)
	}
}

func TestAreaOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code string
		want []string
		ok   bool
	}{
		{"1.1.1", []string{"1.1.1", "1.2.1", "1.2.2"}, true},
		{"1.2.2", []string{"1.1.1", "1.2.1", "1.2.2"}, true},
		{"10.1.1", []string{"10.1.1"}, true},
		{"1.1", nil, false},
		{"", nil, false},
	} {
		places, ok := smallFramework().AreaOf(tt.code)
		var got []string
		for _, p := range places {
			got = append(got, p.Indicator.Code)
		}
		if !slices.Equal(got, tt.want) || ok != tt.ok {
			t.Errorf("area of %q: %q, %v", tt.code, got, ok)
		}
	}
}

func TestAround(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, previous, next string }{
		{"1.1.1", "", "1.2.1"},
		{"1.2.2", "1.2.1", "10.1.1"},
		{"10.1.1", "1.2.2", ""},
		{"9.9.9", "", ""},
	} {
		previous, next := smallFramework().Around(tt.code)
		if previous != tt.previous || next != tt.next {
			t.Errorf("around %s stand %q and %q", tt.code, previous, next)
		}
	}
}

// TestCompareCodes compares every pair of a list that is in order.
func TestCompareCodes(t *testing.T) {
	t.Parallel()
	inOrder := []string{"", "1", "1.1", "1.1.1", "1.2", "1.10", "2", "4.5.2", "10", "12.1.1", "1a", "A", "A.1", "B"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := sign(tracker.CompareCodes(a, b)); got != sign(i-j) {
				t.Errorf("%q against %q: %d", a, b, got)
			}
		}
	}
}

func sign(n int) int { return min(1, max(-1, n)) }

func TestTextIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text     tracker.Text
		language string
		want     string
	}{
		{tracker.Text{VI: "số", EN: "number"}, "vi", "số"},
		{tracker.Text{VI: "số", EN: "number"}, "en", "number"},
		{tracker.Text{VI: "số"}, "en", "số"},
		{tracker.Text{EN: "number"}, "vi", "number"},
		{tracker.Text{VI: "số", EN: "number"}, "", "số"},
		{tracker.Text{}, "en", ""},
	} {
		if got := tt.text.In(tt.language); got != tt.want {
			t.Errorf("%+v in %q: %q", tt.text, tt.language, got)
		}
	}
}

func TestWholeUnits(t *testing.T) {
	t.Parallel()
	whole := map[tracker.Unit]bool{tracker.Count: true, tracker.VNDPerCapita: true}
	for _, unit := range []tracker.Unit{tracker.Percent, tracker.Ratio, tracker.Count, tracker.CountPer100k,
		tracker.KgPerCapita, tracker.TonnesPerCapita, tracker.VNDPerCapita, tracker.Years} {
		if unit.Whole() != whole[unit] {
			t.Errorf("%s: whole is %v", unit, unit.Whole())
		}
	}
}
