package tracker_test

import (
	"strings"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// TestEffectiveOn is the rule of dates. The entry changed last on 20 May 2024,
// today is 10 June.
func TestEffectiveOn(t *testing.T) {
	t.Parallel()
	day := func(month time.Month, day int) tracker.Date { return tracker.NewDate(2024, month, day) }
	refused := func(key string) error { return tracker.Invalid("effective_on", "effective_on.error."+key) }
	early := entryIn("in_progress/none")
	fresh := early
	fresh.ChangedOn = opened
	for _, tt := range []struct {
		name  string
		role  tracker.Role
		entry tracker.Entry
		asked tracker.Date
		want  tracker.Date
		err   error
	}{
		{"blank is today", tracker.Staff, early, 0, today, nil},
		{"blank is today for a coordinator", tracker.Coordinator, early, 0, today, nil},
		{"today", tracker.Staff, early, today, today, nil},
		{"tomorrow", tracker.Coordinator, early, today + 1, 0, refused("future")},
		{"tomorrow by staff", tracker.Staff, early, today + 1, 0, refused("future")},
		{"yesterday by staff", tracker.Staff, early, today - 1, 0, refused("coordinator_only")},
		{"yesterday", tracker.Coordinator, early, today - 1, today - 1, nil},
		{"the day of the previous change", tracker.Coordinator, early, day(time.May, 20), day(time.May, 20), nil},
		{"before the previous change", tracker.Coordinator, early, day(time.May, 19), 0, refused("before_previous")},
		{"the opening", tracker.Coordinator, fresh, opened, opened, nil},
		{"before the opening", tracker.Coordinator, fresh, opened - 1, 0, refused("before_opening")},
		{"before both", tracker.Coordinator, early, opened - 1, 0, refused("before_opening")},
		{"before the opening by staff", tracker.Staff, fresh, opened - 1, 0, refused("coordinator_only")},
	} {
		want := tracker.StatusChange{}
		if tt.err == nil {
			want = wanted(tt.entry, tracker.ChangeClaim, stateOf("achieved/none"))
			want.EffectiveOn = tt.want
		}
		got, err := acting(in(1, tt.role)).ChangeClaim(tt.entry, tracker.ClaimAchieved, note, tt.asked)
		if !sameError(err, tt.err) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		if got != want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, want)
		}
	}
}

// TestAssessmentAdmitsActs: nothing moves before the opening or after the closing.
func TestAssessmentAdmitsActs(t *testing.T) {
	t.Parallel()
	closed, future, started := assessment, assessment, assessment
	closed.ClosedOn = today - 1
	future.OpenedOn = today + 1
	started.OpenedOn = today
	for _, m := range product {
		for from := range m.paths {
			for _, tt := range []struct {
				assessment tracker.Assessment
				want       error
			}{
				{closed, tracker.Invalid("", "assessment.error.closed")},
				{future, tracker.Invalid("", "assessment.error.not_open_yet")},
				{started, nil},
			} {
				act := acting(in(1, m.who[len(m.who)-1]))
				act.Assessment = tt.assessment
				_, err := m.do(act, entryIn(from))
				if !sameError(err, tt.want) {
					t.Errorf("%s from %s: %v, want %v", m.name, from, err, tt.want)
				}
			}
		}
	}
}

// TestNoReview: where the claim alone decides, nothing is submitted.
func TestNoReview(t *testing.T) {
	t.Parallel()
	act := acting(in(1, tracker.Coordinator))
	act.Assessment.NeedsReview = false
	got, err := act.Submit(entryIn("achieved/none"), "")
	if !sameError(err, tracker.Invalid("", "submit.error.no_review")) || got != (tracker.StatusChange{}) {
		t.Errorf("submitted: %+v, %v", got, err)
	}
}

func TestUnknownClaim(t *testing.T) {
	t.Parallel()
	for _, claim := range []tracker.Claim{"", "done", "ACHIEVED", "achieved "} {
		got, err := acting(in(1, tracker.Coordinator)).ChangeClaim(entryIn("in_progress/none"), claim, "", 0)
		if !sameError(err, tracker.Invalid("claim", "claim.error.unknown")) || got != (tracker.StatusChange{}) {
			t.Errorf("claim %q: %+v, %v", claim, got, err)
		}
	}
}

// TestNoteLength: lengths are counted in characters; "é" takes two bytes and
// "ệ" three.
func TestNoteLength(t *testing.T) {
	t.Parallel()
	tooLong := tracker.Invalid("note", "note.error.long")
	acts := map[string]func(text string) error{
		"claim": func(text string) error {
			_, err := acting(in(1, tracker.Staff)).ChangeClaim(entryIn("in_progress/none"), tracker.ClaimAchieved, text, 0)
			return err
		},
		"submit": func(text string) error {
			_, err := acting(in(1, tracker.Staff)).Submit(entryIn("achieved/none"), text)
			return err
		},
		"withdraw": func(text string) error {
			_, err := acting(in(1, tracker.Staff)).Withdraw(entryIn("achieved/awaiting"), text)
			return err
		},
		"accept": func(text string) error {
			_, err := acting(in(1, tracker.Reviewer)).Accept(entryIn("achieved/awaiting"), text)
			return err
		},
		"return": func(text string) error {
			_, err := acting(in(1, tracker.Reviewer)).Return(entryIn("achieved/awaiting"), text)
			return err
		},
		"reopen": func(text string) error {
			_, err := acting(in(1, tracker.Reviewer)).Reopen(entryIn("achieved/accepted"), text)
			return err
		},
	}
	for name, act := range acts {
		for _, letter := range []string{"a", "é", "ệ"} {
			if err := act(strings.Repeat(letter, 2000)); err != nil {
				t.Errorf("%s with 2000 times %s: %v", name, letter, err)
			}
			if err := act(strings.Repeat(letter, 2001)); !sameError(err, tooLong) {
				t.Errorf("%s with 2001 times %s: %v", name, letter, err)
			}
		}
	}
}
