package catalogue

import (
	"maps"
	"slices"
	"strings"
	"time"

	"learningcity/internal/tracker"
)

// opening is the day the assessment opened; the history ends with the second report.
var opening = tracker.NewDate(2024, time.January, 15)

// wantOpen are the indicators that must not be achieved at the first report.
var wantOpen = []string{"4.5.2", "5.3.1", "7.2.2", "9.3.1", "12.1.2", "12.2.1", "12.3.1"}

// risingDays are days between which the score must have risen, so that the
// demonstration shows work going on.
var risingDays = []tracker.Date{
	tracker.NewDate(2024, time.January, 31), tracker.NewDate(2024, time.February, 29),
	tracker.NewDate(2024, time.March, 31), tracker.NewDate(2024, time.April, 30),
	tracker.NewDate(2024, time.May, 31), tracker.NewDate(2024, time.June, 30),
	tracker.NewDate(2024, time.July, 31),
}

// timeline is the history of each indicator by its code, in the order of days.
type timeline map[string][]StatusChange

// claimOn returns the claim that held on the day, or nothing before the first.
func (t timeline) claimOn(code string, day tracker.Date) tracker.Claim {
	var claim tracker.Claim
	for _, c := range t[code] {
		if c.EffectiveOn <= day {
			claim = c.Claim
		}
	}
	return claim
}

// achievedOn returns the day the indicator was first achieved, or the zero Date.
func (t timeline) achievedOn(code string) tracker.Date {
	for _, c := range t[code] {
		if c.Claim == tracker.ClaimAchieved {
			return c.EffectiveOn
		}
	}
	return 0
}

// open returns the indicators that were not achieved on the day.
func (t timeline) open(day tracker.Date) set {
	open := set{}
	for code := range t {
		if t.claimOn(code, day) != tracker.ClaimAchieved {
			open[code] = true
		}
	}
	return open
}

func (t timeline) score(day tracker.Date) int { return len(t) - len(t.open(day)) }

func (s *dataset) readHistory() []StatusChange {
	var all []StatusChange
	s.timeline = timeline{}
	for _, v := range s.items("status_history") {
		code, ok := s.indicator(v)
		change := StatusChange{
			Indicator: code, Claim: tracker.Claim(v.get("status").str()),
			EffectiveOn: dateOf(v.get("effective_on")), Note: textOf(v.get("note")),
		}
		if !ok || !change.Claim.Known() {
			continue
		}
		checkChange(v, change, all, s.timeline[code])
		all = append(all, change)
		s.timeline[code] = append(s.timeline[code], change)
	}
	s.checkTimeline()
	return all
}

// checkChange checks a change against all before it and against those of the
// same indicator.
func checkChange(v value, change StatusChange, all, same []StatusChange) {
	on := v.get("effective_on")
	if len(all) > 0 && change.EffectiveOn < all[len(all)-1].EffectiveOn {
		on.problem("not in date order")
	}
	if change.EffectiveOn < opening || change.EffectiveOn > secondReport {
		on.problem("outside the period")
	}
	checkWorkday(on, change.EffectiveOn)
	if len(same) == 0 {
		if change.Claim != tracker.ClaimNotStarted {
			v.problem("first entry is not not_started")
		}
		return
	}
	last := same[len(same)-1]
	if change.EffectiveOn <= last.EffectiveOn || step(change.Claim) != step(last.Claim)+1 {
		v.problem("does not follow %s of %s", last.Claim, last.EffectiveOn)
	}
}

// step numbers the claims in their order.
func step(c tracker.Claim) int { return slices.Index(tracker.Claims, c) }

// checkTimeline checks that the history leads to the published scores.
func (s *dataset) checkTimeline() {
	v, t := s.root.get("status_history"), s.timeline
	if missing := s.codes.minus(known(t)); len(missing) > 0 {
		v.problem("without a history: %s", strings.Join(missing.sorted(), ", "))
	}
	for _, fact := range published {
		if got := t.score(fact.on); got != fact.achieved {
			v.problem("%d achieved as of %s, expected %d", got, fact.on, fact.achieved)
		}
	}
	for i, day := range risingDays[1:] {
		if before := risingDays[i]; t.score(day) <= t.score(before) {
			v.problem("no rise between %s and %s", before, day)
		}
	}
	s.openBefore, s.openAfter = t.open(firstReport), t.open(secondReport)
	if got := s.openBefore.sorted(); !slices.Equal(got, wantOpen) {
		v.problem("open on %s: %s", firstReport, strings.Join(got, ", "))
	}
}

// known returns the codes of a map.
func known[T any](m map[string]T) set {
	codes := set{}
	for code := range maps.Keys(m) {
		codes[code] = true
	}
	return codes
}
