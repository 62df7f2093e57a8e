package tracker

import (
	"cmp"
	"slices"
)

// Standing is an entry's state in one word, for cells, tags and filters.
type Standing string

// The standings, from best to least.
const (
	StandingAchieved   Standing = "achieved"
	StandingChanged    Standing = "changed" // achieved, and edited since
	StandingAwaiting   Standing = "awaiting"
	StandingReturned   Standing = "returned"
	StandingClaimed    Standing = "claimed" // says achieved, not submitted yet
	StandingInProgress Standing = "in_progress"
	StandingNotStarted Standing = "not_started"
)

// Standings lists the standings.
var Standings = []Standing{
	StandingAchieved, StandingChanged, StandingAwaiting, StandingReturned,
	StandingClaimed, StandingInProgress, StandingNotStarted,
}

// Achieved is the one definition of an achieved indicator: the claim is
// achieved and the verdict is accepted; where the assessment needs no review,
// the claim alone.
func (s State) Achieved(needsReview bool) bool {
	return s.Claim == ClaimAchieved && (!needsReview || s.Verdict == VerdictAccepted)
}

// Standing sums the state up in one word.
func (s State) Standing(needsReview bool) Standing {
	switch {
	case s.Achieved(needsReview) && s.Changed:
		return StandingChanged
	case s.Achieved(needsReview):
		return StandingAchieved
	case s.Verdict == VerdictAwaiting:
		return StandingAwaiting
	case s.Verdict == VerdictReturned:
		return StandingReturned
	case s.Claim == ClaimAchieved:
		return StandingClaimed
	case s.Claim == ClaimInProgress:
		return StandingInProgress
	default:
		return StandingNotStarted
	}
}

// Score is a count of entries. Achieved/Total is the figure that a city
// publishes; the others stand beside it.
type Score struct {
	Achieved   int
	Total      int
	Claimed    int // the claim is achieved, whatever the verdict
	Awaiting   int
	Returned   int
	InProgress int // the claim is in progress
	NotStarted int // the claim is not started
	Changed    int // achieved, and edited since
	ToConfirm  int // the claim is an earlier assessment's
}

// Add counts one more entry.
func (s *Score) Add(state State, needsReview bool) {
	s.Total++
	count(&s.Achieved, state.Achieved(needsReview))
	count(&s.Claimed, state.Claim == ClaimAchieved)
	count(&s.Awaiting, state.Verdict == VerdictAwaiting)
	count(&s.Returned, state.Verdict == VerdictReturned)
	count(&s.InProgress, state.Claim == ClaimInProgress)
	count(&s.NotStarted, state.Claim == ClaimNotStarted)
	count(&s.Changed, state.Changed)
	count(&s.ToConfirm, state.ToConfirm)
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// ScoreOf counts the entries that have these states.
func ScoreOf(states []State, needsReview bool) Score {
	var s Score
	for _, state := range states {
		s.Add(state, needsReview)
	}
	return s
}

// Event is one line of an entry's history, as far as figures need it: a status
// change or an edit. A history is in the order that SortHistory makes.
type Event struct {
	Entry       int32 // its place among the entries of the assessment, from 0
	Version     int32
	EffectiveOn Date
	RecordedOn  Date  // the city's day on which it was typed in
	Edit        bool  // of texts, a figure or evidence; State is not set
	State       State // after a status change
}

// SortHistory puts the events of total entries in the order that all counting
// from a history takes them in: by entry, then by effective date, then by
// version.
func SortHistory(events []Event, total int) []Event {
	begins := make([]int, total+1) // of each entry's events
	for i := range events {
		begins[events[i].Entry+1]++
	}
	for entry := range total {
		begins[entry+1] += begins[entry]
	}
	sorted, next := make([]Event, len(events)), slices.Clone(begins)
	for i := range events {
		entry := events[i].Entry
		sorted[next[entry]] = events[i]
		next[entry]++
	}
	for entry := range total {
		slices.SortFunc(sorted[begins[entry]:begins[entry+1]], compareEvents)
	}
	return sorted
}

// compareEvents orders the events of one entry.
func compareEvents(a, b Event) int {
	return cmp.Or(int(a.EffectiveOn-b.EffectiveOn), int(a.Version-b.Version))
}

// notStarted is the state of an entry that nothing has happened to yet.
var notStarted = State{Claim: ClaimNotStarted, Verdict: VerdictNone}

// StatesAsOf returns the state of each of total entries on the day: the last
// event whose effective date is not later. Entries without any event by then
// are not started, so that a count of them is always the framework's.
func StatesAsOf(history []Event, total int, on Date) []State {
	return replay(history, total, func(e *Event) bool { return e.EffectiveOn <= on })
}

// StatesKnownOn is StatesAsOf restricted to what had been typed in by then.
func StatesKnownOn(history []Event, total int, on Date) []State {
	return replay(history, total, func(e *Event) bool { return e.EffectiveOn <= on && e.RecordedOn <= on })
}

func replay(history []Event, total int, include func(*Event) bool) []State {
	states := slices.Repeat([]State{notStarted}, total)
	for i := range history {
		if e := &history[i]; include(e) {
			states[e.Entry] = e.after(states[e.Entry])
		}
	}
	return states
}

// after returns the state that the event leaves behind.
func (e *Event) after(before State) State {
	if e.Edit {
		return before.edited()
	}
	state := e.State
	// Only what was carried over begins with a claim.
	state.ToConfirm = e.Version == 1 && state.Claim != ClaimNotStarted
	return state
}

// ScoreAsOf counts total entries as they stood on the day.
func ScoreAsOf(history []Event, total int, on Date, needsReview bool) Score {
	return ScoreOf(StatesAsOf(history, total, on), needsReview)
}

// ScoreKnownOn counts like ScoreAsOf from what had been typed in by the day.
func ScoreKnownOn(history []Event, total int, on Date, needsReview bool) Score {
	return ScoreOf(StatesKnownOn(history, total, on), needsReview)
}

// Point is the number of achieved indicators from a day on.
type Point struct {
	On       Date
	Achieved int
}

// Trend returns the day of opening with its count, then each day up to the
// last one on which the number of achieved indicators changed.
func Trend(history []Event, total int, opened, last Date, needsReview bool) []Point {
	points := []Point{{On: opened}}
	achieved := 0
	for _, s := range steps(history, total, last, needsReview) {
		achieved += s.gain
		points = atPoint(points, s.on, achieved)
	}
	return points
}

// A step is an indicator achieved on a day, or lost: a gain of -1.
type step struct {
	on   Date
	gain int
}

// steps lists all gains up to the last day, by day.
func steps(history []Event, total int, last Date, needsReview bool) []step {
	all := make([]step, 0, total)
	states := make([]State, total)
	for i := range history {
		e := &history[i]
		if e.EffectiveOn > last {
			continue
		}
		before := states[e.Entry]
		states[e.Entry] = e.after(before)
		if n := gain(before, states[e.Entry], needsReview); n != 0 {
			all = append(all, step{e.EffectiveOn, n})
		}
	}
	slices.SortFunc(all, func(a, b step) int { return int(a.on - b.on) })
	return all
}

// gain is 1 for an entry that became achieved, and -1 for one that no longer is.
func gain(before, after State, needsReview bool) int {
	var n int
	count(&n, after.Achieved(needsReview))
	if before.Achieved(needsReview) {
		n--
	}
	return n
}

// atPoint records the count at a day: one point a day, none where it is the same.
func atPoint(points []Point, on Date, achieved int) []Point {
	last := &points[len(points)-1]
	if last.On == on {
		last.Achieved = achieved
		if n := len(points); n > 1 && points[n-2].Achieved == achieved {
			return points[:n-1]
		}
		return points
	}
	if last.Achieved == achieved {
		return points
	}
	return append(points, Point{On: on, Achieved: achieved})
}

// AchievedOn reads the count of a day off a trend; none before its first point.
func AchievedOn(trend []Point, on Date) int {
	achieved := 0
	for _, point := range trend {
		if point.On <= on {
			achieved = point.Achieved
		}
	}
	return achieved
}

// DataTo returns the last day on which something was recorded, not later than on.
func DataTo(history []Event, on Date) Date {
	var last Date
	for i := range history {
		if day := history[i].EffectiveOn; day <= on && day > last {
			last = day
		}
	}
	return last
}
