package tracker_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// TestAssessmentEnds: submitting, closing and reopening, by how it stands.
func TestAssessmentEnds(t *testing.T) {
	t.Parallel()
	open, later := tracker.Assessment{OpenedOn: today}, tracker.Assessment{OpenedOn: today + 1}
	closed := tracker.Assessment{OpenedOn: opened, ClosedOn: today}
	in := []tracker.Blocker{{Kind: tracker.BlockedReturned}}
	long := strings.Repeat("ệ", tracker.MaxNote+1)
	for name, tt := range map[string]struct{ got, want error }{
		"submit":                   {open.Submit(today, nil), nil},
		"submit, blocked":          {open.Submit(today, in), atFields("", "submission.error.blocked")},
		"submit before it opens":   {later.Submit(today, nil), atFields("", "assessment.error.not_open_yet")},
		"submit what is closed":    {closed.Submit(today, nil), atFields("", "assessment.error.closed_already")},
		"close":                    {open.Close(today, "x"), nil},
		"close before it opens":    {later.Close(today, "x"), atFields("", "assessment.error.not_open_yet")},
		"close once more":          {closed.Close(today, "x"), atFields("", "assessment.error.closed_already")},
		"close, no reason":         {open.Close(today, " \n"), atFields("note", "assessment_close.error.no_reason")},
		"close, long":              {open.Close(today, long), atFields("note", "note.error.long")},
		"reopen":                   {closed.Reopen(false, "x"), nil},
		"reopen what is open":      {open.Reopen(false, "x"), atFields("", "assessment_reopen.error.open")},
		"reopen what is carried":   {closed.Reopen(true, "x"), atFields("", "assessment_reopen.error.carried_on")},
		"reopen, no reason":        {closed.Reopen(false, ""), atFields("note", "assessment_reopen.error.no_reason")},
		"reopen, the longest":      {closed.Reopen(false, long[:len(long)-len("ệ")]), nil},
		"reopen, one letter more":  {closed.Reopen(false, long), atFields("note", "note.error.long")},
		"submit on its last day":   {open.Submit(today+900, nil), nil},
		"close what was submitted": {tracker.Assessment{OpenedOn: opened, ClosedOn: today, Submitted: true}.Close(today, "x"), atFields("", "assessment.error.closed_already")},
	} {
		if !sameError(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
}

func TestCarryOverCheck(t *testing.T) {
	t.Parallel()
	from := tracker.Assessment{OpenedOn: opened, ClosedOn: today - 3}
	for name, tt := range map[string]struct {
		opened tracker.Date
		from   tracker.Assessment
		dueOn  tracker.Date
		want   error
	}{
		"today":                 {today, from, 0, nil},
		"on the day it closed":  {today - 3, from, today - 3, nil},
		"the day before":        {today - 4, from, 0, atFields("opened_on", "carry_over.error.before_closing")},
		"tomorrow":              {today + 1, from, 0, atFields("opened_on", "carry_over.error.later")},
		"from one that is open": {today, assessment, 0, atFields("carry_from", "carry_over.error.open")},
		"due before it opens":   {today, from, today - 1, atFields("due_on", "assignment.error.due_before_opening")},
		"both":                  {today, assessment, opened, atFields("carry_from", "carry_over.error.open", "due_on", "assignment.error.due_before_opening")},
	} {
		got := tracker.CarryOver{From: 1, DueOn: tt.dueOn}.Check(tracker.Assessment{OpenedOn: tt.opened}, tt.from, today)
		if !sameError(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// small is a framework of indicators with these codes, of which each expects as
// many documents as its place says.
func small(codes ...string) *tracker.Framework {
	f := &tracker.Framework{Groups: []tracker.Group{{Areas: []tracker.Area{{Features: []tracker.Feature{{}}}}}}}
	feature := &f.Groups[0].Areas[0].Features[0]
	for n, code := range codes {
		feature.Indicators = append(feature.Indicators, tracker.Indicator{ID: int64(n + 1), Code: code, Evidence: make([]tracker.Text, n%3)})
	}
	return f
}

func TestLeftOut(t *testing.T) {
	t.Parallel()
	earlier, next := small("1.1.1", "1.1.2", "9.9.9", "1.2.1"), small("1.2.1", "1.1.1", "1.3.1")
	var got []string
	for _, i := range tracker.LeftOut(earlier, next) {
		got = append(got, i.Code)
	}
	if !slices.Equal(got, []string{"1.1.2", "9.9.9"}) {
		t.Errorf("left out are %q", got)
	}
	if all := tracker.LeftOut(earlier, earlier); len(all) != 0 {
		t.Errorf("of the same framework %v", all)
	}
}

// TestConfirmClaim: the same claim confirms what was carried over, and nothing
// else; every act on the claim ends the flag, an edit does not.
func TestConfirmClaim(t *testing.T) {
	t.Parallel()
	act := acting(in(1, tracker.Coordinator))
	for _, claim := range []string{"in_progress", "achieved"} {
		e := entryIn(claim + "/none")
		if _, err := act.ChangeClaim(e, e.State.Claim, "", 0); !sameError(err, atFields("claim", "claim.error.same")) {
			t.Errorf("nothing to confirm: %v", err)
		}
		e.State.ToConfirm = true
		got, err := act.ChangeClaim(e, e.State.Claim, "vẫn đúng", 0)
		if want := (tracker.StatusChange{EntryVersion: 8, Act: tracker.ConfirmClaim, From: e.State, To: stateOf(claim + "/none"),
			Note: "vẫn đúng", EffectiveOn: today, RecordedAt: now}); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		lowered, err := act.ChangeClaim(e, tracker.ClaimNotStarted, "", 0)
		if err != nil || lowered.Act != tracker.ChangeClaim || lowered.To.ToConfirm {
			t.Errorf("changed: %+v, %v", lowered, err)
		}
		if state, err := act.EditNarrative(e, tracker.Narrative{Narrative: "x"}); err != nil || state != e.State {
			t.Errorf("edited: %+v, %v", state, err)
		}
		if _, err := acting(in(1, tracker.Leader)).ChangeClaim(e, e.State.Claim, "", 0); !sameError(err, tracker.ErrForbidden) {
			t.Errorf("by a leader: %v", err)
		}
	}
	e := entryIn("achieved/none")
	e.State.ToConfirm = true
	if submitted, err := act.Submit(e, ""); err != nil || submitted.To != stateOf("achieved/awaiting") {
		t.Errorf("submitted: %+v, %v", submitted, err)
	}
}

// submissionOf has one entry in each of the states.
func submissionOf(needsReview bool, states ...string) *tracker.Submission {
	s := &tracker.Submission{City: haLong, Assessment: assessment, Today: today}
	s.Assessment.NeedsReview = needsReview
	codes := make([]string, len(states))
	for i := range states {
		codes[i] = fmt.Sprintf("1.1.%d", i+1)
	}
	s.Framework = small(codes...)
	i := 0
	for place := range s.Framework.All() {
		plain, confirm := strings.CutSuffix(states[i], "?")
		state := stateOf(plain)
		state.ToConfirm = confirm
		place.Indicator.Evidence = nil
		s.Entries = append(s.Entries, tracker.SubmissionEntry{Place: place, State: state})
		i++
	}
	return s
}

// line is a blocker in one line.
func line(b tracker.Blocker) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %d %s", b.Kind, b.Place.Indicator.Code, b.Document, b.Evidence.Passport.Title))
}

func lines(s *tracker.Submission) []string {
	var all []string
	for _, b := range s.Blockers() {
		all = append(all, line(b))
	}
	return all
}

// TestBlockersOfStates: which states stand in the way, each in one kind.
func TestBlockersOfStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]struct{ reviewed, alone string }{
		"not_started/none":   {"not_claimed", "not_claimed"},
		"in_progress/none":   {"", ""},
		"in_progress/none?":  {"to_confirm", "to_confirm"},
		"achieved/none":      {"not_submitted", ""},
		"achieved/none?":     {"to_confirm", "to_confirm"},
		"achieved/awaiting":  {"awaiting", "awaiting"},
		"achieved/returned":  {"returned", "returned"},
		"achieved/accepted":  {"", ""},
		"achieved/accepted*": {"changed", "changed"},
	} {
		for needsReview, want := range map[bool]string{true: want.reviewed, false: want.alone} {
			var expected []string
			if want != "" {
				expected = []string{want + " 1.1.1 0"}
			}
			if got := lines(submissionOf(needsReview, state)); !slices.Equal(got, expected) {
				t.Errorf("%s (review %v): %q, want %q", state, needsReview, got, expected)
			}
		}
	}
}

// TestBlockersOfEvidence: of what is claimed as achieved, each document that
// nothing answers and each piece that is no longer valid.
func TestBlockersOfEvidence(t *testing.T) {
	t.Parallel()
	s := submissionOf(true, "achieved/accepted", "in_progress/none")
	linked := func(title string, until tracker.Date, withdrawn tracker.Date, answers ...int) tracker.LinkedEvidence {
		return tracker.LinkedEvidence{Answers: answers, Evidence: tracker.Evidence{ID: 1, WithdrawnOn: withdrawn,
			Passport: tracker.Passport{Title: title, ValidUntil: until, Access: tracker.AccessRestricted}, DepartmentID: culture}}
	}
	for i := range s.Entries {
		s.Entries[i].Place.Indicator.Evidence = make([]tracker.Text, 3)
		s.Entries[i].Linked = []tracker.LinkedEvidence{
			linked("valid to its last day", today, 0, 1), linked("expired", today-1, 0, 2), linked("withdrawn", today-1, today, 3)}
	}
	want := []string{"missing 1.1.1 3", "expired 1.1.1 0 expired"}
	if got := lines(s); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	s.Hide(in(1, tracker.Reviewer))
	if got := lines(s); !slices.Equal(got, want) {
		t.Errorf("to a reviewer %q, want %q", got, want)
	}
	s.Hide(in(1, tracker.Leader))
	got := s.Blockers()
	if len(got) != 2 || got[0].Document != 3 || !got[1].Evidence.Hidden || got[1].Evidence.ID != 0 || got[1].Evidence.Passport.Title != "" {
		t.Errorf("to a leader %+v", got)
	}
}

// TestBlockersRecounted: however a city stands, what stands in the way equals a
// recount of its entries one by one, and each is named once.
func TestBlockersRecounted(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(60) {
		random := rand.New(rand.NewPCG(seed, 2))
		states := make([]string, 1+random.IntN(12))
		for i := range states {
			states[i] = allStates[random.IntN(len(allStates))]
			if random.IntN(2) == 0 && (states[i] == "achieved/none" || states[i] == "in_progress/none") {
				states[i] += "?"
			}
		}
		s := submissionOf(random.IntN(2) == 0, states...)
		for i := range s.Entries {
			s.Entries[i].Place.Indicator.Evidence = make([]tracker.Text, random.IntN(4))
			for range random.IntN(3) {
				l := tracker.LinkedEvidence{}
				l.Passport.ValidUntil = today + tracker.Date(random.IntN(3)) - 1
				for n := range s.Entries[i].Place.Indicator.Evidence {
					if random.IntN(2) == 0 {
						l.Answers = append(l.Answers, n+1)
					}
				}
				s.Entries[i].Linked = append(s.Entries[i].Linked, l)
			}
		}
		for id := range random.Int64N(4) {
			i := random.IntN(len(s.Entries))
			s.Entries[i].Threads = append(s.Entries[i].Threads, id+1)
			s.Recommendations = append(s.Recommendations, tracker.Recommendation{ID: id + 1, Required: random.IntN(2) == 0,
				State: tracker.RecommendationStates[random.IntN(len(tracker.RecommendationStates))]})
		}
		got := map[tracker.BlockerKind]int{}
		for _, b := range s.Blockers() {
			got[b.Kind]++
		}
		for kind, want := range recountBlockers(s, states) {
			if got[kind] != want {
				t.Errorf("-seed=%d: %d %s, recounted %d in %q", seed, got[kind], kind, want, states)
			}
		}
		if free := s.Assessment.Submit(today, s.Blockers()) == nil; free != (len(got) == 0) {
			t.Errorf("-seed=%d: may be submitted %v with %v in the way", seed, free, got)
		}
	}
}

// recountBlockers counts by the words of the states and by hand.
func recountBlockers(s *tracker.Submission, states []string) map[tracker.BlockerKind]int {
	n := map[tracker.BlockerKind]int{}
	for _, kind := range tracker.BlockerKinds() {
		n[kind] = 0
	}
	for _, r := range s.Recommendations {
		if r.Required && r.State != "closed" {
			n["recommendation"]++
		}
	}
	for i, state := range states {
		n["thread"] += len(s.Entries[i].Threads)
		switch {
		case state == "not_started/none":
			n["not_claimed"]++
		case strings.HasSuffix(state, "?"):
			n["to_confirm"]++
		case state == "achieved/none" && s.Assessment.NeedsReview:
			n["not_submitted"]++
		case state == "achieved/awaiting":
			n["awaiting"]++
		case state == "achieved/returned":
			n["returned"]++
		case state == "achieved/accepted*":
			n["changed"]++
		}
		if !strings.HasPrefix(state, "achieved") {
			continue
		}
		e := s.Entries[i]
		for document := range e.Place.Indicator.Evidence {
			if !slices.ContainsFunc(e.Linked, func(l tracker.LinkedEvidence) bool { return slices.Contains(l.Answers, document+1) }) {
				n["missing"]++
			}
		}
		for _, l := range e.Linked {
			if l.Passport.ValidUntil == today-1 {
				n["expired"]++
			}
		}
	}
	return n
}
