package tracker

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
// change or an edit. Histories are ordered by (EffectiveOn, Version) within
// each entry.
type Event struct {
	EntryID     int64
	Version     int
	EffectiveOn Date
	RecordedOn  Date  // the city's day on which it was typed in
	Edit        bool  // of a narrative or a measurement; State is not set
	State       State // after a status change
}

// StatesAsOf returns the state of each entry on the day: the last event whose
// effective date is not later. Entries that begin later are absent.
func StatesAsOf(history []Event, on Date) map[int64]State {
	return replay(history, func(e Event) bool { return e.EffectiveOn <= on })
}

// StatesKnownOn is StatesAsOf restricted to what had been typed in by then.
func StatesKnownOn(history []Event, on Date) map[int64]State {
	return replay(history, func(e Event) bool { return e.EffectiveOn <= on && e.RecordedOn <= on })
}

func replay(history []Event, include func(Event) bool) map[int64]State {
	states := make(map[int64]State, 64)
	for _, e := range history {
		if include(e) {
			states[e.EntryID] = e.after(states[e.EntryID])
		}
	}
	return states
}

// after returns the state that the event leaves behind.
func (e Event) after(before State) State {
	if e.Edit {
		return before.edited()
	}
	return e.State
}

// ScoreAsOf counts total entries as they stood on the day. Entries without any
// event by then count as not started, so that the total is always the
// framework's.
func ScoreAsOf(history []Event, total int, on Date, needsReview bool) Score {
	return scoreStates(StatesAsOf(history, on), total, needsReview)
}

// ScoreKnownOn counts like ScoreAsOf from what had been typed in by the day.
func ScoreKnownOn(history []Event, total int, on Date, needsReview bool) Score {
	return scoreStates(StatesKnownOn(history, on), total, needsReview)
}

func scoreStates(states map[int64]State, total int, needsReview bool) Score {
	var s Score
	for _, state := range states {
		s.Add(state, needsReview)
	}
	for s.Total < total {
		s.Add(State{Claim: ClaimNotStarted, Verdict: VerdictNone}, needsReview)
	}
	return s
}

// Point is the number of achieved indicators from a day on.
type Point struct {
	On       Date
	Achieved int
}

// Trend returns the day of opening with its count, then each day up to the
// last one on which the number of achieved indicators changed. The history
// must be ordered by effective date.
func Trend(history []Event, opened, last Date, needsReview bool) []Point {
	points := []Point{{On: opened}}
	states := make(map[int64]State, 64)
	achieved := 0
	for _, e := range history {
		if e.EffectiveOn > last {
			break
		}
		before := states[e.EntryID]
		after := e.after(before)
		states[e.EntryID] = after
		achieved += gained(before, after, needsReview)
		points = atPoint(points, e.EffectiveOn, achieved)
	}
	return points
}

func gained(before, after State, needsReview bool) int {
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
	for _, e := range history {
		if e.EffectiveOn <= on && e.EffectiveOn > last {
			last = e.EffectiveOn
		}
	}
	return last
}
