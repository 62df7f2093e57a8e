package tracker_test

import (
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

// count recounts every entry one by one.
func (w *world) count(counts func(tracker.Event) bool) tracker.Score {
	var s tracker.Score
	for i := range w.entries {
		state := recount(w.history, int32(i), counts)
		s.Total++
		for _, one := range []struct {
			n  *int
			is bool
		}{
			{&s.Achieved, state.Claim == "achieved" && (state.Verdict == "accepted" || !w.needsReview)},
			{&s.Claimed, state.Claim == "achieved"},
			{&s.Awaiting, state.Verdict == "awaiting"},
			{&s.Returned, state.Verdict == "returned"},
			{&s.InProgress, state.Claim == "in_progress"},
			{&s.NotStarted, state.Claim == "not_started"},
			{&s.Changed, state.Changed},
			{&s.ToConfirm, state.ToConfirm},
		} {
			if one.is {
				*one.n++
			}
		}
	}
	return s
}

// TestScoreAsOf: on every day, before the opening too, the score equals a recount.
func TestScoreAsOf(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		for day := opened - 2; day <= w.last+2; day++ {
			want := w.count(func(e tracker.Event) bool { return e.EffectiveOn <= day })
			if got := tracker.ScoreAsOf(w.history, len(w.entries), day, w.needsReview); got != want {
				t.Errorf("on %v: %+v, recounted %+v", day, got, want)
			}
		}
	})
}

// TestScoreKnownOn: what was known then leaves out what was typed in later.
func TestScoreKnownOn(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		for day := opened - 2; day <= w.last+2; day++ {
			want := w.count(func(e tracker.Event) bool { return e.EffectiveOn <= day && e.RecordedOn <= day })
			if got := tracker.ScoreKnownOn(w.history, len(w.entries), day, w.needsReview); got != want {
				t.Errorf("on %v: %+v, recounted %+v", day, got, want)
			}
		}
	})
}

// TestScoreKnownAtOnce: where everything was typed in on its day, no day has a
// second figure.
func TestScoreKnownAtOnce(t *testing.T) {
	each(t, false, func(t *testing.T, w *world) {
		for day := opened - 2; day <= w.last+2; day++ {
			known := tracker.ScoreKnownOn(w.history, len(w.entries), day, w.needsReview)
			if got := tracker.ScoreAsOf(w.history, len(w.entries), day, w.needsReview); got != known {
				t.Errorf("on %v: %+v, known then %+v", day, got, known)
			}
		}
	})
}

// TestTrendFollowsTheScore: each day's height is that day's score, and a point
// stands only where the height changes.
func TestTrendFollowsTheScore(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		points := tracker.Trend(w.history, len(w.entries), opened, w.last, w.needsReview)
		if points[0].On != opened || tracker.AchievedOn(points, opened-1) != 0 {
			t.Errorf("it begins on %v", points[0].On)
		}
		for i := 1; i < len(points); i++ {
			if points[i].On <= points[i-1].On || points[i].Achieved == points[i-1].Achieved {
				t.Errorf("point %d: %+v after %+v", i, points[i], points[i-1])
			}
		}
		at := 0
		for day := opened; day <= w.last; day++ {
			if at+1 < len(points) && points[at+1].On == day {
				at++
			}
			want := tracker.ScoreAsOf(w.history, len(w.entries), day, w.needsReview).Achieved
			if got := points[at].Achieved; got != want {
				t.Errorf("on %v the trend is at %d, the score at %d", day, got, want)
			}
			if got := tracker.AchievedOn(points, day); got != want {
				t.Errorf("on %v the trend is read as %d, the score is %d", day, got, want)
			}
		}
	})
}

// TestTrendEndsOnItsLastDay: later changes do not show.
func TestTrendEndsOnItsLastDay(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		middle := opened + daysPlayed/2
		for _, p := range tracker.Trend(w.history, len(w.entries), opened, middle, w.needsReview) {
			if p.On > middle {
				t.Errorf("point on %v, after %v", p.On, middle)
			}
		}
	})
}

// TestStatesEndAsEntries: the history leads to where the entries stand now.
func TestStatesEndAsEntries(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		states := tracker.StatesAsOf(w.history, len(w.entries), w.last)
		known := tracker.StatesKnownOn(w.history, len(w.entries), w.last)
		for i, e := range w.entries {
			if states[i] != e.State || known[i] != e.State {
				t.Errorf("entry %d ends as %+v (known %+v), and is %+v", i, states[i], known[i], e.State)
			}
		}
	})
}

// TestCompareIsTheDifference: what was gained less what was lost is how far the
// score moved, and no indicator is both.
func TestCompareIsTheDifference(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		o := w.overview()
		for day := opened; day <= w.last; day += 3 {
			gained, lost := o.Compare(opened+5, day)
			if got, want := len(gained)-len(lost), o.ScoreAsOf(day).Achieved-o.ScoreAsOf(opened+5).Achieved; got != want {
				t.Errorf("to %v: %d gained, %d lost, and the score moved by %d", day, len(gained), len(lost), want)
			}
			if slices.ContainsFunc(lost, func(i *tracker.Indicator) bool { return slices.Contains(gained, i) }) {
				t.Errorf("to %v one is gained and lost", day)
			}
		}
	})
}

// TestFiguresOpenTheirRows: each figure of the dashboard equals the number of
// rows that its link lets through, on any day.
func TestFiguresOpenTheirRows(t *testing.T) {
	each(t, true, func(t *testing.T, w *world) {
		o := w.overview()
		for day := opened - 2; day <= w.last+2; day++ {
			s := o.ScoreAsOf(day)
			for _, figure := range []struct {
				name  string
				count int
				link  tracker.Filter
			}{
				{"total", s.Total, tracker.Filter{}},
				{"achieved", s.Achieved, tracker.Filter{State: tracker.ChooseAchieved}},
				{"open", s.Total - s.Achieved, tracker.Filter{State: tracker.ChooseOpen}},
				{"claimed", s.Claimed, tracker.Filter{Claim: tracker.ClaimAchieved}},
				{"awaiting", s.Awaiting, tracker.Filter{Verdict: tracker.VerdictAwaiting}},
				{"returned", s.Returned, tracker.Filter{Verdict: tracker.VerdictReturned}},
				{"in progress", s.InProgress, tracker.Filter{Claim: tracker.ClaimInProgress}},
				{"not started", s.NotStarted, tracker.Filter{Claim: tracker.ClaimNotStarted}},
				{"changed", s.Changed, tracker.Filter{State: tracker.ChooseChanged}},
				{"to confirm", s.ToConfirm, tracker.Filter{State: tracker.ChooseToConfirm}},
			} {
				rows := 0
				for _, row := range o.Rows(day) {
					if figure.link.Chooses(row, day, w.needsReview) {
						rows++
					}
				}
				if rows != figure.count {
					t.Errorf("on %v %s is %d and opens %d rows", day, figure.name, figure.count, rows)
				}
			}
		}
	})
}

// overview puts the world's entries under a framework.
func (w *world) overview() *tracker.Overview {
	feature := tracker.Feature{Code: "1.1"}
	for _, e := range w.entries {
		feature.Indicators = append(feature.Indicators, tracker.Indicator{ID: e.IndicatorID})
	}
	a := assessment
	a.NeedsReview = w.needsReview
	return &tracker.Overview{City: haLong, Assessment: a, Entries: w.entries, History: w.history, Today: w.last,
		Framework: &tracker.Framework{Groups: []tracker.Group{{Areas: []tracker.Area{{Features: []tracker.Feature{feature}}}}}}}
}
