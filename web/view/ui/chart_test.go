package ui

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

func day(year int, month time.Month, d int) int {
	return int(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func TestPercentIsFullOnlyWhenDone(t *testing.T) {
	for _, tt := range []struct {
		done, total int
		want        string
	}{
		{0, 0, "0"}, {0, 57, "0"}, {-1, 57, "0"}, {1, 1000, "1"}, {3, 4, "75"},
		{2, 3, "67"}, {999, 1000, "99"}, {57, 57, "100"}, {58, 57, "100"}, {1, 0, "0"},
	} {
		if got := percent(tt.done, tt.total); got != tt.want {
			t.Errorf("percent(%d, %d) = %s; want %s", tt.done, tt.total, got, tt.want)
		}
	}
}

func TestStepOutline(t *testing.T) {
	s := Steps{From: 0, To: 100, Total: 10, Points: []Step{{0, 0, ""}, {50, 5, ""}, {100, 10, "10/10"}}}
	d := s.draw()
	if want := "M44,190H324V110H604V30H604"; d.path != want {
		t.Errorf("path %s; want %s", d.path, want)
	}
	if want := "M44,190H324V110H604V30H604V190H44Z"; d.area != want {
		t.Errorf("area %s; want %s", d.area, want)
	}
	if want := (line{"44", "30", "604", "30"}); d.target != want {
		t.Errorf("target %v; want %v", d.target, want)
	}
	if want := []label{{"604", "30", "1.6em", "end", "10/10"}}; !reflect.DeepEqual(d.marks, want) {
		t.Errorf("marks %v; want %v", d.marks, want)
	}
}

func TestStepMarksKeepClear(t *testing.T) {
	s := Steps{From: 0, To: 560, Total: 10, Points: []Step{
		{0, 0, "low"}, {100, 8, "a"}, {150, 8, "b"}, {200, 8, "c"}, {250, 8, "d"}, {400, 9, "e"}, {540, 9, "f"},
	}}
	var got []string
	for _, m := range s.draw().marks {
		got = append(got, m.text+" "+m.anchor+" "+m.dy)
	}
	want := []string{
		"low start -.8em", "a start 1.6em", "b start 2.8em", "c start 4em",
		"d start 1.6em", "e start 1.6em", "f end 2.8em",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestDrawingsWithoutFigures: whatever is missing, no coordinate is NaN.
func TestDrawingsWithoutFigures(t *testing.T) {
	for name, drawing := range map[string]any{
		"no steps":       Steps{}.draw(),
		"one day":        Steps{From: 5, To: 5, Total: 1, Points: []Step{{5, 1, "1/1"}}}.draw(),
		"no values":      Series{}.draw(),
		"target only":    Series{Target: &Value{Y: 35}}.draw(),
		"one value":      Series{Points: []Value{{2024, 1, "2024", "1"}}}.draw(),
		"all the same":   Series{Points: []Value{{2023, 1, "", ""}, {2024, 1, "", ""}}, Target: &Value{Y: 1}}.draw(),
		"no total":       Steps{From: 0, To: 9, Points: []Step{{0, 0, "0"}}}.draw(),
		"total of a lot": Steps{From: 0, To: 9, Total: 1_000_000}.draw(),
	} {
		if text := fmt.Sprint(drawing); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestScaleIsRound(t *testing.T) {
	for total, want := range map[int]int{1: 1, 3: 1, 4: 2, 9: 5, 30: 10, 57: 25, 100: 50, 171: 100, 5700: 2500} {
		if got := niceStep(total); got != want {
			t.Errorf("niceStep(%d) = %d; want %d", total, got, want)
		}
	}
}

func TestMonthTicks(t *testing.T) {
	for _, tt := range []struct {
		from, to int
		want     []string
	}{
		{day(2024, 1, 15), day(2025, 2, 28), []string{"2024-4", "2024-7", "2024-10", "2025-1"}},
		{day(2024, 1, 1), day(2024, 3, 1), []string{"2024-1", "2024-2", "2024-3"}},
		{day(2024, 1, 2), day(2024, 1, 31), []string{}},
		{day(2020, 5, 5), day(2025, 5, 5), []string{"2021-1", "2022-1", "2023-1", "2024-1", "2025-1"}},
		{day(2025, 1, 1), day(2024, 1, 1), []string{}},
	} {
		got := []string{}
		for _, tick := range MonthTicks(tt.from, tt.to, func(y int, m time.Month) string { return fmt.Sprintf("%d-%d", y, m) }) {
			got = append(got, tick.Text)
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("got %q; want %q", got, tt.want)
		}
	}
}

func TestLineChart(t *testing.T) {
	s := Series{
		Points: []Value{{2022, 20, "2022", "20"}, {2023, 30, "2023", "30"}, {2024, 38, "2024", "38"}},
		Target: &Value{Y: 40, Text: "aim 40"},
	}
	d := s.draw()
	if want := "M24,104L160,69L296,41"; d.path != want {
		t.Errorf("path %s; want %s", d.path, want)
	}
	if want := (label{"24", "34", "-.5em", "start", "aim 40"}); d.aim != want {
		t.Errorf("aim %v; want %v", d.aim, want)
	}
	if want := (label{"296", "41", "1.5em", "middle", "38"}); d.figures[2] != want {
		t.Errorf("figure %v; want %v", d.figures[2], want)
	}
	s.Points[0].Y, s.Points[2].Y = 39, 20
	if got := s.draw().aim.anchor; got != "end" {
		t.Errorf("a line that starts near the target has its words at the %s", got)
	}
}

func TestLineChartDropsWordsThatHaveNoRoom(t *testing.T) {
	var s Series
	for year := 2010; year <= 2024; year++ {
		s.Points = append(s.Points, Value{X: year, Y: float64(year), XText: strconv.Itoa(year)})
	}
	var got []string
	for _, l := range s.draw().below {
		got = append(got, l.text)
	}
	if want := []string{"2012", "2015", "2018", "2021", "2024"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}
