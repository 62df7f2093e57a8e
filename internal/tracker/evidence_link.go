package tracker

import (
	"slices"
	"time"
)

// LinkEvidence decides whether the evidence may support the entry and answer
// these of the indicator's expected documents (counted from 1), and returns the
// entry's state afterwards. before is what it answers so far; linked says
// whether it supports the entry already.
func (a Act) LinkEvidence(e Entry, i Indicator, v Evidence, answers []int, linked bool, before []int) (State, error) {
	if !a.Actor.MayRead(v.Passport.Access, v.DepartmentID, a.City, a.Today) {
		return State{}, ErrNotFound
	}
	if err := a.allowed(LinkToEntry, e, ""); err != nil {
		return State{}, err
	}
	switch {
	case !v.WithdrawnOn.IsZero():
		return State{}, Invalid("", "evidence.error.withdrawn")
	case !slices.IsSorted(answers) || len(slices.Compact(slices.Clone(answers))) != len(answers) ||
		len(answers) > 0 && (answers[0] < 1 || answers[len(answers)-1] > len(i.Evidence)):
		return State{}, Invalid("answers", "evidence_link_answers_count")
	case linked && slices.Equal(answers, before):
		return State{}, Invalid("", "evidence.error.linked")
	}
	return e.State.edited(), nil
}

// UnlinkEvidence decides whether the evidence may be taken from the entry, and
// returns the entry's state afterwards.
func (a Act) UnlinkEvidence(e Entry, v Evidence, linked bool) (State, error) {
	if !a.Actor.MayRead(v.Passport.Access, v.DepartmentID, a.City, a.Today) {
		return State{}, ErrNotFound
	}
	if err := a.allowed(LinkToEntry, e, ""); err != nil {
		return State{}, err
	}
	if !linked {
		return State{}, Invalid("", "evidence.error.not_linked")
	}
	return e.State.edited(), nil
}

// EvidenceChanged is the state of an entry whose evidence got a new version or
// another passport, or was withdrawn. Of an assessment that is not open it tells nothing: what it
// says stays as it was.
func (a Act) EvidenceChanged(e Entry) (State, bool) {
	open := a.Assessment.ClosedOn.IsZero() && a.Today >= a.Assessment.OpenedOn
	return e.State.edited(), open
}

// LinkedEvidence is a piece of evidence that supports an entry.
type LinkedEvidence struct {
	Evidence
	Answers []int            // which of the indicator's expected documents, from 1
	Hidden  bool             // the reader may not see it, and nothing of it is filled
	Former  []FormerPassport // oldest first
}

// FormerPassport is what a passport said until a moment; access, department and
// language are not kept.
type FormerPassport struct {
	Passport Passport
	Until    time.Time
}

// PassportAt is what the passport said at the moment, as far as it is kept.
func (l LinkedEvidence) PassportAt(moment time.Time) Passport {
	for _, f := range l.Former {
		if moment.Before(f.Until) {
			return f.Passport
		}
	}
	return l.Passport.Seen()
}

// Seen is what of a passport a reviewer decides on, and what is kept when it
// changes: not where the evidence belongs and who may see it.
func (p Passport) Seen() Passport {
	p.Access, p.Department, p.Language = "", "", ""
	return p
}

// EvidenceEvent is what happened to an entry's evidence in one revision.
type EvidenceEvent struct {
	Act        Action
	EvidenceID int64
	Version    int // number of its newest version then
	Answers    []int
	Title      string // empty: the reader may not see it
}

// The events of an entry's evidence, beside LinkToEntry.
const (
	UnlinkFromEntry    Action = "unlink_evidence"
	NewEvidenceVersion Action = "new_version"
	ChangePassport     Action = "change_passport"
	WithdrawEvidence   Action = "withdraw_evidence"
)

// EvidenceAsOf tells which evidence was linked on the day, and what it answered.
func EvidenceAsOf(revisions []Revision, on Date) map[int64][]int {
	linked := map[int64][]int{}
	for _, r := range revisions {
		if r.Evidence == nil || r.EffectiveOn > on {
			continue
		}
		switch r.Evidence.Act {
		case LinkToEntry:
			linked[r.Evidence.EvidenceID] = r.Evidence.Answers
		case UnlinkFromEntry:
			delete(linked, r.Evidence.EvidenceID)
		}
	}
	return linked
}

// ArrangeEvidence fills the record from all the evidence that was ever linked to
// its entry, after Arrange. What the actor may not see counts, and is hidden.
func (r *EntryRecord) ArrangeEvidence(actor Actor, all []LinkedEvidence) {
	linked := EvidenceAsOf(r.Revisions, r.On)
	titles := make(map[int64]string, len(all))
	var shown []LinkedEvidence
	for _, l := range all {
		visible := actor.MayRead(l.Passport.Access, l.DepartmentID, r.City, r.Today)
		if visible {
			titles[l.ID] = l.Passport.Title
			r.documents = append(r.documents, l)
		}
		if answers, ok := linked[l.ID]; ok {
			l.Answers, l.Hidden = answers, !visible
			shown = append(shown, l)
		}
	}
	r.Completeness = CompletenessOf(r.Place.Indicator, r.Assessment, shown, r.On)
	for _, l := range shown {
		if l.Hidden {
			l = LinkedEvidence{Hidden: true, Answers: l.Answers}
		}
		r.Evidence = append(r.Evidence, l)
	}
	for i := range r.Revisions {
		if event := r.Revisions[i].Evidence; event != nil {
			event.Title = titles[event.EvidenceID]
		}
	}
}
