package tracker_test

import (
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

func TestEditNarrative(t *testing.T) {
	t.Parallel()
	full, over := strings.Repeat("ệ", 10000), strings.Repeat("é", 10001)
	said := tracker.Narrative{Narrative: "n", Obstacles: "o", Solution: "s"}
	for _, tt := range []struct {
		name string
		to   tracker.Narrative
		want tracker.State
		err  error
	}{
		{"full", tracker.Narrative{Narrative: full, Obstacles: full, Solution: full}, stateOf("achieved/accepted*"), nil},
		{"emptied", tracker.Narrative{}, stateOf("achieved/accepted*"), nil},
		{"the same", said, tracker.State{}, tracker.Invalid("", "narrative.error.same")},
		{"one too long", tracker.Narrative{Obstacles: over}, tracker.State{},
			tracker.Invalid("obstacles", "narrative.error.long")},
		{"all too long", tracker.Narrative{Narrative: over, Obstacles: over, Solution: over}, tracker.State{},
			&tracker.InvalidError{Fields: map[string]string{"narrative": "narrative.error.long",
				"obstacles": "narrative.error.long", "solution": "narrative.error.long"}}},
	} {
		e := entryIn("achieved/accepted")
		e.Narrative = said
		got, err := acting(in(1, tracker.Staff)).EditNarrative(e, tt.to)
		if !sameError(err, tt.err) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestRecordMeasurement(t *testing.T) {
	t.Parallel()
	key := func(field, key string) error { return tracker.Invalid(field, "measurement.error."+key) }
	good := tracker.Measurement{Year: 2024, Value: 984, HasTarget: true, Target: 1000, Source: "GSO"}
	change := func(edit func(*tracker.Measurement)) tracker.Measurement {
		m := good
		edit(&m)
		return m
	}
	for _, tt := range []struct {
		name string
		unit tracker.Unit
		m    tracker.Measurement
		err  error
	}{
		{"all well", tracker.Percent, good, nil},
		{"the first year", tracker.Percent, change(func(m *tracker.Measurement) { m.Year = 2000 }), nil},
		{"too early", tracker.Percent, change(func(m *tracker.Measurement) { m.Year = 1999 }), key("year", "year")},
		{"next year", tracker.Percent, change(func(m *tracker.Measurement) { m.Year = 2025 }), key("year", "year")},
		{"100 %", tracker.Percent, change(func(m *tracker.Measurement) { m.Value = 1000 }), nil},
		{"100.1 %", tracker.Percent, change(func(m *tracker.Measurement) { m.Value = 1001 }), key("value", "percent")},
		{"a target of 100.1 %", tracker.Percent, change(func(m *tracker.Measurement) { m.Target = 1001 }), key("target", "percent")},
		{"a ratio above 100", tracker.Ratio, change(func(m *tracker.Measurement) { m.Value = 1001 }), nil},
		{"half a library", tracker.Count, change(func(m *tracker.Measurement) { m.Value = 5 }), key("value", "whole")},
		{"a tenth of a dong", tracker.VNDPerCapita, change(func(m *tracker.Measurement) { m.Value, m.Target = 10, 1 }), key("target", "whole")},
		{"whole libraries", tracker.Count, change(func(m *tracker.Measurement) { m.Value = 50 }), nil},
		{"a long source", tracker.Years, change(func(m *tracker.Measurement) { m.Source = strings.Repeat("ệ", 300) }), nil},
		{"too long a source", tracker.Years, change(func(m *tracker.Measurement) { m.Source = strings.Repeat("é", 301) }), key("source", "source_long")},
		{"all wrong", tracker.Count, tracker.Measurement{Year: 1, Value: 1, HasTarget: true, Target: 1, Source: strings.Repeat("é", 301)},
			&tracker.InvalidError{Fields: map[string]string{"year": "measurement.error.year", "value": "measurement.error.whole",
				"target": "measurement.error.whole", "source": "measurement.error.source_long"}}},
	} {
		i := tracker.Indicator{Kind: tracker.Quantitative, Unit: tt.unit}
		want := tracker.State{}
		if tt.err == nil {
			want = stateOf("achieved/accepted*")
		}
		got, err := acting(in(1, tracker.Staff)).RecordMeasurement(entryIn("achieved/accepted"), i, tt.m)
		if !sameError(err, tt.err) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
}

// TestQualitativeHasNoFigure: a described indicator takes no measurement.
func TestQualitativeHasNoFigure(t *testing.T) {
	t.Parallel()
	got, err := acting(in(1, tracker.Staff)).RecordMeasurement(entryIn("in_progress/none"),
		tracker.Indicator{Kind: tracker.Qualitative}, tracker.Measurement{Year: 2024, Value: 10})
	if !sameError(err, tracker.Invalid("", "measurement.error.qualitative")) || got != (tracker.State{}) {
		t.Errorf("recorded: %+v, %v", got, err)
	}
}

func TestMeets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value, target tracker.Decimal
		hasTarget     bool
		better        tracker.Better
		want          bool
	}{
		{985, 985, true, tracker.Higher, true},
		{986, 985, true, tracker.Higher, true},
		{984, 985, true, tracker.Higher, false},
		{985, 985, true, tracker.Lower, true},
		{986, 985, true, tracker.Lower, false},
		{984, 985, true, tracker.Lower, true},
		{0, 0, true, tracker.Lower, true},
		{985, 0, false, tracker.Higher, false},
		{0, 0, false, tracker.Lower, false},
	} {
		m := tracker.Measurement{Value: tt.value, HasTarget: tt.hasTarget, Target: tt.target}
		if got := m.Meets(tt.better); got != tt.want {
			t.Errorf("%+v, %s is better: %v, want %v", m, tt.better, got, tt.want)
		}
	}
}

// TestInQueue: what is awaiting, and what changed since it was accepted.
func TestInQueue(t *testing.T) {
	t.Parallel()
	queue := map[string]bool{"achieved/awaiting": true, "achieved/accepted*": true}
	for _, state := range allStates {
		if got := stateOf(state).InQueue(); got != queue[state] {
			t.Errorf("%s: in the queue is %v", state, got)
		}
	}
}
