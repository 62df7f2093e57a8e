package tracker_test

import (
	"reflect"
	"testing"

	"learningcity/internal/tracker"
)

func told(version int, on tracker.Date, text string) tracker.Revision {
	return tracker.Revision{EntryVersion: version, EffectiveOn: on, Narrative: &tracker.Narrative{Narrative: text}}
}

func measured(version int, on tracker.Date, year int, value tracker.Decimal) tracker.Revision {
	return tracker.Revision{EntryVersion: version, EffectiveOn: on, Measurement: &tracker.Measurement{Year: year, Value: value}}
}

// revisions of one entry, in the order of the store.
var revisions = []tracker.Revision{
	told(2, 100, "first"), measured(3, 101, 2023, 10), measured(4, 102, 2021, 20),
	told(5, 103, "second"), measured(6, 103, 2022, 30), measured(7, 104, 2023, 11),
}

func TestRevisionsAsOf(t *testing.T) {
	t.Parallel()
	y21, y22 := tracker.Measurement{Year: 2021, Value: 20}, tracker.Measurement{Year: 2022, Value: 30}
	y23, y23b := tracker.Measurement{Year: 2023, Value: 10}, tracker.Measurement{Year: 2023, Value: 11}
	for _, tt := range []struct {
		on      tracker.Date
		text    string
		figures []tracker.Measurement
	}{
		{99, "", nil},
		{100, "first", nil},
		{101, "first", []tracker.Measurement{y23}},
		{102, "first", []tracker.Measurement{y21, y23}},
		{103, "second", []tracker.Measurement{y21, y22, y23}},
		{104, "second", []tracker.Measurement{y21, y22, y23b}},
		{900, "second", []tracker.Measurement{y21, y22, y23b}},
	} {
		if got := tracker.NarrativeAsOf(revisions, tt.on); got != (tracker.Narrative{Narrative: tt.text}) {
			t.Errorf("on day %d it says %+v", tt.on, got)
		}
		if got := tracker.MeasurementsAsOf(revisions, tt.on); !reflect.DeepEqual(got, tt.figures) {
			t.Errorf("on day %d the figures are %+v, want %+v", tt.on, got, tt.figures)
		}
	}
}

// TestArrange puts an area's entries in the framework's order and shows the
// one that was asked for as of the day.
func TestArrange(t *testing.T) {
	t.Parallel()
	f := smallFramework()
	places, _ := f.AreaOf("1.2.1")
	for i, p := range places {
		p.Indicator.ID = int64(i + 1)
	}
	// As the store reads them: by department, the third indicator's missing.
	entries := []tracker.Entry{{ID: 20, IndicatorID: 2, DepartmentID: education}, {ID: 10, IndicatorID: 1, DepartmentID: culture}}
	departments := []tracker.Department{{ID: education, Code: "EDU"}, {ID: culture, Code: "CUL"}}
	changes := map[int64][]tracker.StatusChange{
		20: {{EntryVersion: 1, To: stateOf("not_started/none"), EffectiveOn: 90},
			{EntryVersion: 8, To: stateOf("achieved/accepted"), EffectiveOn: 102}},
		10: {{EntryVersion: 2, To: stateOf("in_progress/none"), EffectiveOn: 101}},
	}
	edits := map[int64][]tracker.Revision{20: revisions, 10: {told(2, 90, "other")}}
	row := func(n int, e tracker.Entry, d tracker.Department, state string) tracker.Row {
		return tracker.Row{Place: places[n], Entry: e, Department: d, State: stateOf(state)}
	}
	for _, tt := range []struct {
		on          tracker.Date
		state, area string
	}{
		{89, "not_started/none", "not_started/none"},
		{101, "not_started/none", "in_progress/none"},
		{102, "achieved/accepted", "in_progress/none"},
		{103, "achieved/accepted*", "in_progress/none"},
	} {
		got := tracker.EntryRecord{Framework: f, On: tt.on}
		got.Arrange("1.2.1", places, entries, departments, changes, edits)
		want := tracker.EntryRecord{Framework: f, On: tt.on, Row: row(1, entries[0], departments[0], tt.state),
			Area:     []tracker.Row{row(0, entries[1], departments[1], tt.area), row(1, entries[0], departments[0], tt.state)},
			Previous: "1.1.1", Next: "1.2.2", Changes: changes[20], Revisions: revisions,
			Narrative: tracker.NarrativeAsOf(revisions, tt.on), Measurements: tracker.MeasurementsAsOf(revisions, tt.on)}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("on day %d:\n got %+v\nwant %+v", tt.on, got, want)
		}
	}
}

// TestArrangeToday: rows say how the entries stand, and only the history of the
// one that is shown is needed.
func TestArrangeToday(t *testing.T) {
	t.Parallel()
	f := smallFramework()
	places, _ := f.AreaOf("1.2.1")
	for i, p := range places {
		p.Indicator.ID = int64(i + 1)
	}
	today := tracker.EntryRecord{Framework: f, On: 103, Today: 103}
	if got := today.Replayed("1.2.1", places); len(got) != 1 || got[0] != places[1] {
		t.Errorf("today %v are replayed", got)
	}
	past := tracker.EntryRecord{Framework: f, On: 102, Today: 103}
	if got := past.Replayed("1.2.1", places); len(got) != len(places) {
		t.Errorf("on a past day %v are replayed", got)
	}
	entries := []tracker.Entry{{ID: 10, IndicatorID: 1, State: stateOf("achieved/awaiting")},
		{ID: 20, IndicatorID: 2, State: stateOf("achieved/accepted*")}}
	today.Arrange("1.2.1", places, entries, make([]tracker.Department, 2), nil, map[int64][]tracker.Revision{20: revisions})
	if today.State != entries[1].State || today.Area[0].State != entries[0].State || len(today.Revisions) != len(revisions) {
		t.Errorf("the record says %+v beside %+v", today.State, today.Area[0].State)
	}
}

// TestOverviewRows: the framework's order, the state of the day, and nothing
// for an indicator without entry.
func TestOverviewRows(t *testing.T) {
	t.Parallel()
	f := smallFramework()
	places := f.Places()
	for i, p := range places {
		p.Indicator.ID = int64(i + 1)
	}
	o := tracker.Overview{Framework: f, Assessment: assessment, Today: today,
		Entries:     []tracker.Entry{{ID: 40, IndicatorID: 4, DepartmentID: culture}, {ID: 10, IndicatorID: 1}, {ID: 20, IndicatorID: 2}},
		Departments: []tracker.Department{{ID: culture, Code: "CUL"}},
		History:     []tracker.Event{event(0, 2, 100, "in_progress/none"), event(0, 3, 101, "achieved/accepted"), event(1, 1, 100, "not_started/none")}}
	for _, tt := range []struct {
		on            tracker.Date
		state         string
		first, second tracker.Date // when the entries that have a history were changed
	}{
		{99, "not_started/none", 0, 0},
		{100, "in_progress/none", 100, 100},
		{101, "achieved/accepted", 101, 100},
	} {
		want := []tracker.Row{
			{Place: places[0], Entry: o.Entries[1], State: stateOf("not_started/none"), ChangedOn: tt.second},
			{Place: places[1], Entry: o.Entries[2], State: stateOf("not_started/none")},
			{Place: places[3], Entry: o.Entries[0], State: stateOf(tt.state), ChangedOn: tt.first, Department: o.Departments[0]},
		}
		if got := o.Rows(tt.on); !reflect.DeepEqual(got, want) {
			t.Errorf("on day %d:\n got %+v\nwant %+v", tt.on, got, want)
		}
	}
	if got := o.Total(); got != 3 {
		t.Errorf("the total is %d", got)
	}
	if got := o.ScoreAsOf(101); got != (tracker.Score{Achieved: 1, Total: 3, Claimed: 1, NotStarted: 2}) {
		t.Errorf("the score is %+v", got)
	}
	if got := o.ScoreKnownOn(100); got != (tracker.Score{Total: 3, InProgress: 1, NotStarted: 2}) {
		t.Errorf("known on day 100 was %+v", got)
	}
}
