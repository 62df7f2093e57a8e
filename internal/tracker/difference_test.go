package tracker_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// historied is a record whose history was typed in in this order. The third row is
// dated back, as an import is: it comes first by its day.
func historied() *tracker.EntryRecord {
	linked := func(version int, act tracker.Action, id int64, number int, answers ...int) tracker.Revision {
		return tracker.Revision{EntryVersion: version, EffectiveOn: today, Evidence: &tracker.EvidenceEvent{
			Act: act, EvidenceID: id, Version: number, Answers: answers}}
	}
	return &tracker.EntryRecord{
		Changes: []tracker.StatusChange{
			{EntryVersion: 1, Act: tracker.Opened, To: stateOf("not_started/none"), EffectiveOn: opened},
			{EntryVersion: 3, Act: tracker.ChangeClaim, To: stateOf("achieved/none"), EffectiveOn: opened},
			{EntryVersion: 7, Act: tracker.Submit, To: stateOf("achieved/awaiting"), EffectiveOn: today},
			{EntryVersion: 8, Act: tracker.Accept, To: stateOf("achieved/accepted"), EffectiveOn: today},
			{EntryVersion: 15, Act: tracker.Return, To: stateOf("achieved/returned"), EffectiveOn: today},
		},
		Revisions: []tracker.Revision{
			{EntryVersion: 9, EffectiveOn: opened, Narrative: &tracker.Narrative{Narrative: "new", Obstacles: "same"}},
			{EntryVersion: 2, EffectiveOn: today, Narrative: &tracker.Narrative{Narrative: "old", Obstacles: "same", Solution: "gone"}},
			{EntryVersion: 4, EffectiveOn: today, Measurement: &tracker.Measurement{Year: 2023, Value: 10}},
			linked(5, tracker.LinkToEntry, 7, 1, 1), linked(6, tracker.LinkToEntry, 3, 2),
			{EntryVersion: 10, EffectiveOn: today, Measurement: &tracker.Measurement{Year: 2023, Value: 20}},
			{EntryVersion: 11, EffectiveOn: today, Measurement: &tracker.Measurement{Year: 2022, Value: 5}},
			linked(12, tracker.NewEvidenceVersion, 7, 2), linked(13, tracker.UnlinkFromEntry, 3, 2), linked(14, tracker.LinkToEntry, 9, 1, 2),
			linked(16, tracker.WithdrawEvidence, 9, 1),
		},
	}
}

func TestSightAt(t *testing.T) {
	t.Parallel()
	r := historied()
	accepted := tracker.Sight{Claim: tracker.ClaimAchieved,
		Narrative:    tracker.Narrative{Narrative: "old", Obstacles: "same", Solution: "gone"},
		Measurements: []tracker.Measurement{{Year: 2023, Value: 10}},
		Evidence:     []tracker.SeenEvidence{{ID: 3, Version: 2}, {ID: 7, Version: 1, Answers: []int{1}}}}
	later := tracker.Sight{Claim: tracker.ClaimAchieved,
		Narrative:    tracker.Narrative{Narrative: "new", Obstacles: "same"},
		Measurements: []tracker.Measurement{{Year: 2022, Value: 5}, {Year: 2023, Value: 20}},
		Evidence: []tracker.SeenEvidence{{ID: 7, Version: 2, Answers: []int{1}},
			{ID: 9, Version: 1, Answers: []int{2}, Withdrawn: true}}}
	for version, want := range map[int]tracker.Sight{0: {}, 1: {Claim: tracker.ClaimNotStarted}, 8: accepted, 16: later, 99: later} {
		if got := r.SightAt(version); !reflect.DeepEqual(got, want) {
			t.Errorf("at version %d\n%+v, want\n%+v", version, got, want)
		}
	}
	figure := func(year int, value tracker.Decimal) *tracker.Measurement {
		return &tracker.Measurement{Year: year, Value: value}
	}
	want := tracker.Difference{
		Texts:   []tracker.TextDifference{{Field: "narrative", Before: "old", After: "new"}, {Field: "solution", Before: "gone"}},
		Figures: []tracker.FigureDifference{{Year: 2022, After: figure(2022, 5)}, {Year: 2023, Before: figure(2023, 10), After: figure(2023, 20)}},
		Evidence: []tracker.EvidenceDifference{{Before: &accepted.Evidence[0]}, {Before: &accepted.Evidence[1], After: &later.Evidence[0]},
			{After: &later.Evidence[1]}},
	}
	if got := accepted.DifferenceTo(later); !reflect.DeepEqual(got, want) || got.None() {
		t.Errorf("the difference is\n%+v, want\n%+v", got, want)
	}
	lowered := accepted
	lowered.Claim = tracker.ClaimInProgress
	if got := accepted.DifferenceTo(lowered); !reflect.DeepEqual(got, tracker.Difference{Claim: &tracker.ClaimDifference{Before: "achieved", After: "in_progress"}}) || got.None() {
		t.Errorf("lowered: %+v", got)
	}
	if got := accepted.DifferenceTo(r.SightAt(8)); !got.None() {
		t.Errorf("to itself: %+v", got)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	var versions []int
	for _, c := range historied().Decisions() {
		versions = append(versions, c.EntryVersion)
	}
	if !slices.Equal(versions, []int{8, 15}) {
		t.Errorf("decided at versions %v", versions)
	}
}

// TestSightNeverChanges: whatever happens later, and in whatever order rows are
// read, what a reviewer saw at a version stays what it was; and no difference is
// found where nothing was edited.
func TestSightNeverChanges(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(50) {
		random := rand.New(rand.NewPCG(seed, 3))
		r := &tracker.EntryRecord{}
		seen := []tracker.Sight{{}}
		for version := 1; version <= 40; version++ {
			edited := addSomething(r, random, version)
			now := r.SightAt(version)
			if !edited && !seen[version-1].DifferenceTo(now).None() {
				t.Fatalf("-seed=%d: a verdict made a difference at version %d", seed, version)
			}
			seen = append(seen, now)
		}
		random.Shuffle(len(r.Changes), func(i, j int) { r.Changes[i], r.Changes[j] = r.Changes[j], r.Changes[i] })
		random.Shuffle(len(r.Revisions), func(i, j int) { r.Revisions[i], r.Revisions[j] = r.Revisions[j], r.Revisions[i] })
		for version, want := range seen {
			if got := r.SightAt(version); !reflect.DeepEqual(got, want) {
				t.Fatalf("-seed=%d: version %d was\n%+v and is\n%+v", seed, version, want, got)
			}
		}
	}
}

// addSomething adds a row at the version, dated some day, and reports whether it
// is an edit.
func addSomething(r *tracker.EntryRecord, random *rand.Rand, version int) bool {
	row := tracker.Revision{EntryVersion: version, EffectiveOn: opened + tracker.Date(random.IntN(100))}
	switch random.IntN(4) {
	case 0:
		r.Changes = append(r.Changes, tracker.StatusChange{EntryVersion: version, Act: tracker.Accept, To: stateOf("achieved/accepted"), EffectiveOn: row.EffectiveOn})
		return version == 1 || len(r.Changes) == 1
	case 1:
		row.Narrative = &tracker.Narrative{Narrative: fmt.Sprint(random.IntN(3))}
	case 2:
		row.Measurement = &tracker.Measurement{Year: 2020 + random.IntN(3), Value: tracker.Decimal(random.IntN(3))}
	case 3:
		acts := []tracker.Action{tracker.LinkToEntry, tracker.LinkToEntry, tracker.UnlinkFromEntry, tracker.NewEvidenceVersion, tracker.WithdrawEvidence}
		row.Evidence = &tracker.EvidenceEvent{Act: acts[random.IntN(len(acts))], EvidenceID: int64(random.IntN(4)), Version: random.IntN(3)}
	}
	r.Revisions = append(r.Revisions, row)
	return true
}

// TestPassportAt: a passport is what it was at the moment, up to its last change.
func TestPassportAt(t *testing.T) {
	t.Parallel()
	l := tracker.LinkedEvidence{Former: []tracker.FormerPassport{
		{Passport: tracker.Passport{Title: "first"}, Until: now}, {Passport: tracker.Passport{Title: "second"}, Until: now.Add(time.Hour)}}}
	l.Passport = tracker.Passport{Title: "third", Number: "3", Access: tracker.AccessRestricted, Language: "vi", Department: "CUL"}
	for _, tt := range []struct {
		at   time.Time
		want tracker.Passport
	}{
		{now.Add(-time.Second), tracker.Passport{Title: "first"}}, {now, tracker.Passport{Title: "second"}},
		{now.Add(time.Hour), tracker.Passport{Title: "third", Number: "3"}},
	} {
		if got := l.PassportAt(tt.at); got != tt.want {
			t.Errorf("at %v it says %+v, want %+v", tt.at, got, tt.want)
		}
	}
}

// TestPassportThatWasSeen: a passport that changes after the verdict makes a
// difference, though no version of the entry does; who may not read the evidence
// is shown nothing of either.
func TestPassportThatWasSeen(t *testing.T) {
	t.Parallel()
	for role, visible := range map[tracker.Role]bool{tracker.Reviewer: true, tracker.Leader: false} {
		r := historied()
		r.City, r.Today, r.On, r.Entry.Version = haLong, today, today, 8
		r.Place.Indicator = &tracker.Indicator{Evidence: make([]tracker.Text, 2)}
		r.Revisions = slices.DeleteFunc(r.Revisions, func(v tracker.Revision) bool { return v.EntryVersion > 8 })
		r.Changes = r.Changes[:4]
		for i := range r.Changes {
			r.Changes[i].RecordedAt = now
		}
		document := tracker.LinkedEvidence{Former: []tracker.FormerPassport{{Passport: tracker.Passport{Title: "then"}, Until: now.Add(time.Minute)}}}
		document.ID, document.Passport = 7, tracker.Passport{Title: "now", Access: tracker.AccessRestricted}
		r.ArrangeEvidence(in(1, role), []tracker.LinkedEvidence{document})
		d := r.SightAt(8).DifferenceTo(r.SightNow())
		switch {
		case !visible && !d.None():
			t.Errorf("%s is shown %+v", role, d)
		case visible && (len(d.Evidence) != 1 || d.Evidence[0].Before.Passport.Title != "then" || d.Evidence[0].After.Passport.Title != "now"):
			t.Errorf("%s is shown %+v", role, d)
		}
	}
}
