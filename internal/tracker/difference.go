package tracker

import (
	"cmp"
	"slices"
	"time"
)

// Sight is what an entry said at one of its versions: what a reviewer saw who
// decided on it. It is replayed from the append-only histories.
type Sight struct {
	Claim        Claim
	Narrative    Narrative
	Measurements []Measurement  // by year
	Evidence     []SeenEvidence // by id
}

// SeenEvidence is evidence as it supported an entry at a version.
type SeenEvidence struct {
	ID        int64
	Passport  Passport // as it was; without a title: the reader may not see it
	Version   int      // number of its newest version then
	Answers   []int
	Withdrawn bool
}

func (s SeenEvidence) same(other SeenEvidence) bool {
	return s.Passport == other.Passport && s.Version == other.Version && s.Withdrawn == other.Withdrawn && slices.Equal(s.Answers, other.Answers)
}

// SightAt is what the entry said at the version. It goes by the order in which
// things were typed in and not by the days that they hold from: nobody has seen
// what was typed in later, whatever day it is dated.
func (r *EntryRecord) SightAt(version int) Sight {
	var s Sight
	claimed := 0
	for _, c := range r.Changes {
		if c.EntryVersion <= version && c.EntryVersion > claimed {
			claimed, s.Claim = c.EntryVersion, c.To.Claim
		}
	}
	revisions := slices.DeleteFunc(slices.Clone(r.Revisions), func(v Revision) bool { return v.EntryVersion > version })
	slices.SortFunc(revisions, func(a, b Revision) int { return cmp.Compare(a.EntryVersion, b.EntryVersion) })
	for _, v := range revisions {
		s.apply(v)
	}
	r.fillPassports(&s, r.recordedAt(version))
	return s
}

// SightNow is what the entry says now.
func (r *EntryRecord) SightNow() Sight {
	s := r.SightAt(r.Entry.Version)
	r.fillPassports(&s, time.Unix(1<<40, 0))
	return s
}

// recordedAt is when the version came to be: what a passport said then is found
// by the moment.
func (r *EntryRecord) recordedAt(version int) time.Time {
	var at time.Time
	for _, c := range r.Changes {
		if c.EntryVersion <= version && c.RecordedAt.After(at) {
			at = c.RecordedAt
		}
	}
	for _, v := range r.Revisions {
		if v.EntryVersion <= version && v.RecordedAt.After(at) {
			at = v.RecordedAt
		}
	}
	return at
}

func (r *EntryRecord) fillPassports(s *Sight, moment time.Time) {
	for i := range s.Evidence {
		for _, document := range r.documents {
			if document.ID == s.Evidence[i].ID {
				s.Evidence[i].Passport = document.PassportAt(moment)
			}
		}
	}
}

func (s *Sight) apply(v Revision) {
	switch {
	case v.Narrative != nil:
		s.Narrative = *v.Narrative
	case v.Measurement != nil:
		s.Measurements = placeYear(s.Measurements, *v.Measurement)
	case v.Evidence != nil:
		s.applyEvidence(*v.Evidence)
	}
}

func (s *Sight) applyEvidence(e EvidenceEvent) {
	at, found := slices.BinarySearchFunc(s.Evidence, e.EvidenceID, func(one SeenEvidence, id int64) int { return cmp.Compare(one.ID, id) })
	if !found && e.Act == LinkToEntry {
		s.Evidence = slices.Insert(s.Evidence, at, SeenEvidence{ID: e.EvidenceID})
		found = true
	}
	if !found {
		return // it had been taken from the entry before
	}
	one := &s.Evidence[at]
	one.Version = e.Version
	switch e.Act {
	case LinkToEntry:
		one.Answers = e.Answers
	case WithdrawEvidence:
		one.Withdrawn = true
	case UnlinkFromEntry:
		s.Evidence = slices.Delete(s.Evidence, at, at+1)
	}
}

// Decisions are the verdicts that reviewers gave, in their order.
func (r *EntryRecord) Decisions() []StatusChange {
	var all []StatusChange
	for _, c := range r.Changes {
		if c.Act == Accept || c.Act == Return {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b StatusChange) int { return cmp.Compare(a.EntryVersion, b.EntryVersion) })
	return all
}

// Difference is what stands otherwise in one sight of an entry than in another;
// what is the same in both is left out.
type Difference struct {
	Claim    *ClaimDifference
	Texts    []TextDifference
	Figures  []FigureDifference
	Evidence []EvidenceDifference
}

// ClaimDifference is the claim in both.
type ClaimDifference struct{ Before, After Claim }

// TextDifference is one of the texts in both, by the name of its field.
type TextDifference struct{ Field, Before, After string }

// FigureDifference is a year's figure in both; nil where there was none.
type FigureDifference struct {
	Year          int
	Before, After *Measurement
}

// EvidenceDifference is a piece of evidence in both; nil where it did not support
// the entry.
type EvidenceDifference struct{ Before, After *SeenEvidence }

// None reports whether both say the same.
func (d Difference) None() bool {
	return d.Claim == nil && len(d.Texts)+len(d.Figures)+len(d.Evidence) == 0
}

// DifferenceTo compares the sight with a later one.
func (s Sight) DifferenceTo(later Sight) Difference {
	d := Difference{Figures: figureDifferences(s.Measurements, later.Measurements), Evidence: evidenceDifferences(s.Evidence, later.Evidence)}
	if s.Claim != later.Claim {
		d.Claim = &ClaimDifference{s.Claim, later.Claim}
	}
	for _, t := range []TextDifference{
		{"narrative", s.Narrative.Narrative, later.Narrative.Narrative},
		{"obstacles", s.Narrative.Obstacles, later.Narrative.Obstacles},
		{"solution", s.Narrative.Solution, later.Narrative.Solution},
	} {
		if t.Before != t.After {
			d.Texts = append(d.Texts, t)
		}
	}
	return d
}

func figureDifferences(before, after []Measurement) []FigureDifference {
	var all []FigureDifference
	year := func(m Measurement) int64 { return int64(m.Year) }
	eachPair(before, after, year, func(b, a *Measurement) {
		if b == nil || a == nil || *b != *a {
			all = append(all, FigureDifference{Year: cmp.Or(b, a).Year, Before: b, After: a})
		}
	})
	return all
}

func evidenceDifferences(before, after []SeenEvidence) []EvidenceDifference {
	var all []EvidenceDifference
	id := func(e SeenEvidence) int64 { return e.ID }
	eachPair(before, after, id, func(b, a *SeenEvidence) {
		if b == nil || a == nil || !b.same(*a) {
			all = append(all, EvidenceDifference{b, a})
		}
	})
	return all
}

// eachPair walks two slices in the order of their keys and pairs what has the
// same one; nil stands where a side has none.
func eachPair[T any](before, after []T, key func(T) int64, fn func(before, after *T)) {
	for len(before) > 0 || len(after) > 0 {
		var b, a *T
		if len(after) == 0 || len(before) > 0 && key(before[0]) <= key(after[0]) {
			b = &before[0]
		}
		if len(before) == 0 || len(after) > 0 && key(after[0]) <= key(before[0]) {
			a = &after[0]
		}
		fn(b, a)
		if b != nil {
			before = before[1:]
		}
		if a != nil {
			after = after[1:]
		}
	}
}
