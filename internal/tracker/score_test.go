package tracker_test

import (
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state             string
		reviewed, claimed tracker.Standing // with review, and where the claim decides
	}{
		{"not_started/none", tracker.StandingNotStarted, tracker.StandingNotStarted},
		{"in_progress/none", tracker.StandingInProgress, tracker.StandingInProgress},
		{"achieved/none", tracker.StandingClaimed, tracker.StandingAchieved},
		{"achieved/awaiting", tracker.StandingAwaiting, tracker.StandingAchieved},
		{"achieved/returned", tracker.StandingReturned, tracker.StandingAchieved},
		{"achieved/accepted", tracker.StandingAchieved, tracker.StandingAchieved},
		{"achieved/accepted*", tracker.StandingChanged, tracker.StandingChanged},
	} {
		s := stateOf(tt.state)
		if got := s.Standing(true); got != tt.reviewed {
			t.Errorf("%s, with review: %s", tt.state, got)
		}
		if got := s.Standing(false); got != tt.claimed {
			t.Errorf("%s, without review: %s", tt.state, got)
		}
		if !slices.Contains(tracker.Standings, s.Standing(true)) || !s.Claim.Known() || !s.Verdict.Known() {
			t.Errorf("%s is not among what is known", tt.state)
		}
	}
	if tracker.Claim("done").Known() || tracker.Verdict("refused").Known() || tracker.Claim("").Known() || tracker.Verdict("").Known() {
		t.Error("what nobody knows is known")
	}
}

// TestScoreOf counts one entry in each state.
func TestScoreOf(t *testing.T) {
	t.Parallel()
	var all []tracker.State
	for _, s := range allStates {
		all = append(all, stateOf(s))
	}
	want := tracker.Score{Achieved: 2, Total: 7, Claimed: 5, Awaiting: 1, Returned: 1, InProgress: 1, NotStarted: 1, Changed: 1}
	if got := tracker.ScoreOf(all, true); got != want {
		t.Errorf("with review: %+v", got)
	}
	want.Achieved = 5
	if got := tracker.ScoreOf(all, false); got != want {
		t.Errorf("without review: %+v", got)
	}
	if got := tracker.ScoreOf(nil, true); got != (tracker.Score{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

// event is a row typed in on its day.
func event(entry, version int32, on tracker.Date, state string) tracker.Event {
	e := tracker.Event{Entry: entry, Version: version, EffectiveOn: on, RecordedOn: on, Edit: state == "edit"}
	if !e.Edit {
		e.State = stateOf(state)
	}
	return e
}

// TestSortHistory: by entry, by day, by version, and nothing is lost.
func TestSortHistory(t *testing.T) {
	t.Parallel()
	want := []tracker.Event{
		event(0, 1, 100, "not_started/none"), event(0, 3, 101, "edit"), event(0, 2, 102, "in_progress/none"), event(0, 4, 102, "achieved/none"),
		event(2, 1, 100, "not_started/none"), event(2, 2, 100, "edit"),
	}
	mixed := []tracker.Event{want[5], want[3], want[0], want[2], want[4], want[1]}
	if got := tracker.SortHistory(mixed, 3); !slices.Equal(got, want) {
		t.Errorf("sorted\n%+v, want\n%+v", got, want)
	}
	if got := tracker.SortHistory(nil, 0); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestTrend(t *testing.T) {
	t.Parallel()
	achieved, open := "achieved/accepted", "in_progress/none"
	for _, tt := range []struct {
		name    string
		history []tracker.Event
		want    []tracker.Point
	}{
		{"nothing", nil, []tracker.Point{{On: 100}}},
		{"at the opening", []tracker.Event{event(1, 1, 100, achieved)}, []tracker.Point{{On: 100, Achieved: 1}}},
		{"two days", []tracker.Event{event(1, 2, 101, achieved), event(2, 2, 105, achieved)},
			[]tracker.Point{{On: 100}, {On: 101, Achieved: 1}, {On: 105, Achieved: 2}}},
		{"two on a day", []tracker.Event{event(1, 2, 101, achieved), event(2, 2, 101, achieved)},
			[]tracker.Point{{On: 100}, {On: 101, Achieved: 2}}},
		{"up and down on a day", []tracker.Event{event(1, 2, 101, achieved), event(1, 3, 101, open)},
			[]tracker.Point{{On: 100}}},
		{"up, down and up on a day", []tracker.Event{event(1, 2, 101, achieved), event(1, 3, 101, open), event(1, 4, 101, achieved)},
			[]tracker.Point{{On: 100}, {On: 101, Achieved: 1}}},
		{"one for the other", []tracker.Event{event(1, 2, 101, achieved), event(1, 3, 102, open), event(2, 2, 102, achieved)},
			[]tracker.Point{{On: 100}, {On: 101, Achieved: 1}}},
		{"down again", []tracker.Event{event(1, 2, 101, achieved), event(1, 3, 102, open)},
			[]tracker.Point{{On: 100}, {On: 101, Achieved: 1}, {On: 102}}},
		{"an edit changes no count", []tracker.Event{event(1, 2, 101, achieved), event(1, 3, 102, "edit")},
			[]tracker.Point{{On: 100}, {On: 101, Achieved: 1}}},
		{"after the last day", []tracker.Event{event(1, 2, 111, achieved)}, []tracker.Point{{On: 100}}},
		{"on the last day", []tracker.Event{event(1, 2, 110, achieved)}, []tracker.Point{{On: 100}, {On: 110, Achieved: 1}}},
	} {
		if got := tracker.Trend(tt.history, 3, 100, 110, true); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestScoreIsOfAllIndicators: entries without any row are not started.
func TestScoreIsOfAllIndicators(t *testing.T) {
	t.Parallel()
	history := []tracker.Event{event(1, 2, 100, "achieved/accepted")}
	want := tracker.Score{Achieved: 1, Claimed: 1, Total: 57, NotStarted: 56}
	if got := tracker.ScoreAsOf(history, 57, 100, true); got != want {
		t.Errorf("on the day: %+v", got)
	}
	if got := tracker.ScoreAsOf(history, 57, 99, true); got != (tracker.Score{Total: 57, NotStarted: 57}) {
		t.Errorf("before: %+v", got)
	}
}

func TestDataTo(t *testing.T) {
	t.Parallel()
	history := []tracker.Event{event(1, 1, 100, "not_started/none"), event(1, 2, 120, "edit"), event(2, 2, 110, "achieved/none")}
	for on, want := range map[tracker.Date]tracker.Date{99: 0, 100: 100, 109: 100, 119: 110, 120: 120, 500: 120} {
		if got := tracker.DataTo(history, on); got != want {
			t.Errorf("to day %d the data go to %d, want %d", on, got, want)
		}
	}
}
