package tracker_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// A stage is some entries on which people of every role act at random, and all
// that was written of it.
type stage struct {
	rand    *rand.Rand
	act     tracker.Act
	entries []tracker.Entry
	history []tracker.Event
	// By entry, who submitted it last, and who edited it; kept apart from the entries.
	submitter, editor []int64
	refused           int
}

func newStage(seed uint64) *stage {
	s := &stage{rand: rand.New(rand.NewPCG(seed, 2)), act: tracker.Act{City: haLong, Assessment: assessment, Today: opened}}
	for n := range int64(3) {
		s.entries = append(s.entries, tracker.Entry{ID: n + 1, IndicatorID: n, Version: 1, DepartmentID: []int64{culture, education, 0}[n],
			State: stateOf("not_started/none"), ChangedOn: opened})
		s.history = append(s.history, tracker.Event{Entry: int32(n), Version: 1, EffectiveOn: opened, RecordedOn: opened, State: stateOf("not_started/none")})
	}
	s.submitter, s.editor = make([]int64, len(s.entries)), make([]int64, len(s.entries))
	return s
}

// somebody is one of a dozen people. Who has a role this time may have had another
// before, so that a reviewer meets what they submitted themselves.
func (s *stage) somebody() (tracker.Actor, tracker.Role) {
	roles := append([]tracker.Role{tracker.Staff, tracker.Coordinator, tracker.Reviewer, tracker.Reviewer, tracker.Reviewer}, tracker.Roles...)
	role := roles[s.rand.IntN(len(roles))]
	actor := in(1, role)
	actor.AccountID = 100 + s.rand.Int64N(4)
	if s.rand.IntN(10) == 0 {
		actor.Memberships[0].EndsOn = s.act.Today - 1
	}
	return actor, role
}

// step lets somebody try one of the product's moves and compares the answer with
// what the product's table says.
func (s *stage) step(t *testing.T, seed uint64) {
	t.Helper()
	n, m := s.rand.IntN(len(s.entries)), product[s.rand.IntN(len(product))]
	s.act.Today += tracker.Date(s.rand.IntN(2))
	s.act.Now = s.act.Today.Time().Add(9 * time.Hour)
	e := s.entries[n]
	actor, role := s.somebody()
	s.act.Actor = actor
	may := actor.Memberships[0].EndsOn.IsZero() && slices.Contains(m.who, role) && (role != tracker.Staff || e.DepartmentID == culture)
	want, wantErr := m.expect(e, nameOf(e.State), may)
	if wantErr == nil && (m.act == tracker.Accept || m.act == tracker.Return) {
		switch actor.AccountID {
		case s.submitter[n]:
			wantErr = tracker.Invalid("", "entry_reviewer_is_not_submitter")
		case s.editor[n]:
			wantErr = tracker.Invalid("", "entry_reviewer_is_not_editor")
		}
	}
	got, err := m.do(s.act, e)
	if !sameError(err, wantErr) || err == nil && got.To != want.To {
		t.Fatalf("-seed=%d: %s by %s (account %d) from %s: %+v, %v; want %+v, %v", seed, m.name, role, actor.AccountID, nameOf(e.State), got.To, err, want.To, wantErr)
	}
	if err != nil {
		s.refused++
		return
	}
	s.write(n, m, got.To)
}

// write keeps what the act did, as the store does.
func (s *stage) write(n int, m move, to tracker.State) {
	e := &s.entries[n]
	edit := m.act == tracker.EditNarrative || m.act == tracker.RecordMeasurement
	e.Version++
	e.State = to
	if !edit {
		e.ChangedOn = s.act.Today
	}
	if m.act == tracker.Submit {
		s.submitter[n] = s.act.Actor.AccountID
	}
	if to.Verdict == tracker.VerdictNone {
		s.submitter[n] = 0
	}
	if edit || m.act == tracker.ChangeClaim {
		s.editor[n] = s.act.Actor.AccountID
	}
	e.SubmittedBy, e.EditedBy = s.submitter[n], s.editor[n]
	s.history = append(s.history, tracker.Event{Entry: int32(n), Version: int32(e.Version), EffectiveOn: s.act.Today, RecordedOn: s.act.Today, Edit: edit, State: to})
}

func nameOf(s tracker.State) string {
	star := map[bool]string{true: "*"}[s.Changed]
	return fmt.Sprintf("%s/%s%s", s.Claim, s.Verdict, star)
}

// TestRandomActsOfRandomPeople: whatever people try in whatever order, the rule
// allows what the product's table allows and nothing else, and the score is what a
// recount of the entries gives. TestRandomActsInTheStore asks the same of rows.
func TestRandomActsOfRandomPeople(t *testing.T) {
	t.Parallel()
	allowed, refused := 0, 0
	for _, seed := range seeds(100) {
		s := newStage(seed)
		for range 120 {
			s.step(t, seed)
			var recounted tracker.Score
			for _, e := range s.entries {
				recounted.Add(e.State, true)
			}
			ordered := tracker.SortHistory(s.history, len(s.entries))
			if got := tracker.ScoreAsOf(ordered, len(s.entries), s.act.Today, true); got != recounted {
				t.Fatalf("-seed=%d: the score is %+v, recounted %+v", seed, got, recounted)
			}
		}
		allowed, refused = allowed+len(s.history)-len(s.entries), refused+s.refused
	}
	if *seedFlag == 0 && (allowed < 500 || refused < 500) {
		t.Errorf("%d acts were allowed and %d refused; that proves little", allowed, refused)
	}
}
