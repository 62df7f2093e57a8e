package tracker_test

import (
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

// A move is one act with what the product's table says of it, written down
// here once more: who may make it, and from which state to which.
type move struct {
	name    string
	act     tracker.Action
	who     []tracker.Role // staff only for entries of their own department
	paths   map[string]string
	refused string // message key for all other states
	field   string // that the refusal is about
	do      func(tracker.Act, tracker.Entry) (tracker.StatusChange, error)
}

var city = []tracker.Role{tracker.Staff, tracker.Coordinator}
var reviewer = []tracker.Role{tracker.Reviewer}

var product = []move{
	claimMove("not_started"), claimMove("in_progress"), claimMove("achieved"),
	{"submit", tracker.Submit, city, map[string]string{
		"achieved/none":     "achieved/awaiting",
		"achieved/returned": "achieved/awaiting",
	}, "submit.error.not_submittable", "", with(tracker.Act.Submit)},
	{"withdraw", tracker.Withdraw, city, map[string]string{
		"achieved/awaiting": "achieved/none",
	}, "withdraw.error.not_awaiting", "", with(tracker.Act.Withdraw)},
	{"accept", tracker.Accept, reviewer, map[string]string{
		"achieved/awaiting":  "achieved/accepted",
		"achieved/accepted*": "achieved/accepted",
	}, "accept.error.not_in_queue", "", with(tracker.Act.Accept)},
	{"return", tracker.Return, reviewer, map[string]string{
		"achieved/awaiting":  "achieved/returned",
		"achieved/accepted*": "achieved/returned",
	}, "return.error.not_in_queue", "", with(tracker.Act.Return)},
	{"reopen", tracker.Reopen, []tracker.Role{tracker.Reviewer, tracker.Coordinator}, map[string]string{
		"achieved/accepted":  "achieved/awaiting",
		"achieved/accepted*": "achieved/awaiting",
	}, "reopen.error.not_accepted", "", with(tracker.Act.Reopen)},
	editMove("edit_narrative", tracker.EditNarrative, func(a tracker.Act, e tracker.Entry) (tracker.State, error) {
		return a.EditNarrative(e, tracker.Narrative{Narrative: "new"})
	}),
	editMove("record_measurement", tracker.RecordMeasurement, func(a tracker.Act, e tracker.Entry) (tracker.State, error) {
		return a.RecordMeasurement(e, tracker.Indicator{Kind: tracker.Quantitative, Unit: tracker.Percent},
			tracker.Measurement{Year: 2023, Value: 984})
	}),
}

const note = "as the table says"

func with(act func(tracker.Act, tracker.Entry, string) (tracker.StatusChange, error)) func(tracker.Act, tracker.Entry) (tracker.StatusChange, error) {
	return func(a tracker.Act, e tracker.Entry) (tracker.StatusChange, error) { return act(a, e, note) }
}

// claimMove: any claim to any other, and no verdict survives it.
func claimMove(to string) move {
	m := move{name: "claim " + to, act: tracker.ChangeClaim, who: city, paths: map[string]string{},
		refused: "claim.error.same", field: "claim"}
	for _, from := range allStates {
		if string(stateOf(from).Claim) != to {
			m.paths[from] = to + "/none"
		}
	}
	m.do = func(a tracker.Act, e tracker.Entry) (tracker.StatusChange, error) {
		return a.ChangeClaim(e, tracker.Claim(to), note, 0)
	}
	return m
}

// editMove: what says something else than was accepted is flagged, and stays accepted.
func editMove(name string, act tracker.Action, do func(tracker.Act, tracker.Entry) (tracker.State, error)) move {
	m := move{name: name, act: act, who: city, paths: map[string]string{}}
	for _, from := range allStates {
		m.paths[from] = from
	}
	m.paths["achieved/accepted"] = "achieved/accepted*"
	m.do = func(a tracker.Act, e tracker.Entry) (tracker.StatusChange, error) {
		to, err := do(a, e)
		if err != nil {
			return tracker.StatusChange{}, err
		}
		return wanted(e, act, to), nil // edits answer with the state only
	}
	return m
}

// wanted is the row of history that the act should write.
func wanted(e tracker.Entry, act tracker.Action, to tracker.State) tracker.StatusChange {
	return tracker.StatusChange{EntryVersion: e.Version + 1, Act: act, From: e.State, To: to, Note: note,
		EffectiveOn: today, RecordedAt: now}
}

// places are where somebody's membership is, seen from the entry.
var places = []struct {
	name    string
	inCity  bool // a membership in the entry's city that still runs
	ownDept bool
	arrange func(tracker.Role, *tracker.Entry) tracker.Actor
}{
	{"own department", true, true, func(r tracker.Role, _ *tracker.Entry) tracker.Actor { return in(1, r) }},
	{"other department", true, false, func(r tracker.Role, e *tracker.Entry) tracker.Actor {
		e.DepartmentID = education
		return in(1, r)
	}},
	{"no department", true, false, func(r tracker.Role, e *tracker.Entry) tracker.Actor {
		e.DepartmentID = 0
		return in(1, r)
	}},
	{"last day", true, true, func(r tracker.Role, _ *tracker.Entry) tracker.Actor {
		actor := in(1, r)
		actor.Memberships[0].EndsOn = today
		return actor
	}},
	{"expired", false, true, func(r tracker.Role, _ *tracker.Entry) tracker.Actor {
		actor := in(1, r)
		actor.Memberships[0].EndsOn = today - 1
		return actor
	}},
	{"other city", false, true, func(r tracker.Role, _ *tracker.Entry) tracker.Actor { return in(9, r) }},
}

// TestActs goes through every act × role × place × state.
func TestActs(t *testing.T) {
	t.Parallel()
	cases := 0
	for _, m := range product {
		for _, role := range tracker.Roles {
			for _, place := range places {
				for _, state := range allStates {
					cases++
					e := entryIn(state)
					actor := place.arrange(role, &e)
					may := place.inCity && slices.Contains(m.who, role) && (role != tracker.Staff || place.ownDept)
					want, wantErr := m.expect(e, state, may)
					got, err := m.do(acting(actor), e)
					if !sameError(err, wantErr) {
						t.Errorf("%s by %s (%s) from %s: error %v, want %v", m.name, role, place.name, state, err, wantErr)
					}
					if got != want {
						t.Errorf("%s by %s (%s) from %s:\n got %+v\nwant %+v", m.name, role, place.name, state, got, want)
					}
				}
			}
		}
	}
	if want := 10 * 7 * 6 * 7; cases != want {
		t.Errorf("%d cases, want %d", cases, want)
	}
}

func (m move) expect(e tracker.Entry, state string, may bool) (tracker.StatusChange, error) {
	if !may {
		return tracker.StatusChange{}, tracker.ErrForbidden
	}
	to, ok := m.paths[state]
	if !ok {
		return tracker.StatusChange{}, tracker.Invalid(m.field, m.refused)
	}
	return wanted(e, m.act, stateOf(to)), nil
}

// TestZeroActorMayNothing: no account and no membership is nobody.
func TestZeroActorMayNothing(t *testing.T) {
	t.Parallel()
	for _, m := range product {
		for _, state := range allStates {
			_, err := m.do(acting(tracker.Actor{}), entryIn(state))
			if !sameError(err, tracker.ErrForbidden) {
				t.Errorf("%s from %s: %v", m.name, state, err)
			}
		}
	}
}

// TestOwnWork: who submitted an entry, or edited it last, decides nothing on it,
// with whatever role, also after it was accepted and changed.
func TestOwnWork(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"achieved/awaiting", "achieved/accepted*"} {
		for key, own := range map[string]func(*tracker.Entry){
			"entry_reviewer_is_not_submitter": func(e *tracker.Entry) { e.SubmittedBy = self },
			"entry_reviewer_is_not_editor":    func(e *tracker.Entry) { e.EditedBy = self },
		} {
			e := entryIn(state)
			own(&e)
			_, err := acting(in(1, tracker.Reviewer)).Accept(e, "")
			if !sameError(err, tracker.Invalid("", key)) {
				t.Errorf("accept from %s: %v, want %s", state, err, key)
			}
			_, err = acting(in(1, tracker.Reviewer)).Return(e, "a reason")
			if !sameError(err, tracker.Invalid("", key)) {
				t.Errorf("return from %s: %v, want %s", state, err, key)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	act := acting(in(1, tracker.Reviewer))
	for _, reason := range []string{"", " ", "\n\t\u00a0"} {
		_, err := act.Return(entryIn("achieved/awaiting"), reason)
		if !sameError(err, tracker.Invalid("note", "return.error.no_reason")) {
			t.Errorf("return with reason %q: %v", reason, err)
		}
		_, err = act.Reopen(entryIn("achieved/accepted"), reason)
		if !sameError(err, tracker.Invalid("note", "reopen.error.no_reason")) {
			t.Errorf("reopen with reason %q: %v", reason, err)
		}
	}
	// An accept needs none.
	_, err := act.Accept(entryIn("achieved/awaiting"), "")
	if err != nil {
		t.Errorf("accept without a note: %v", err)
	}
}
