package tracker

// BlockerKind is what stands in the way of submitting an assessment.
type BlockerKind string

// The kinds. An honest application says of each indicator how it stands; what it
// says is achieved is decided and has its documents. That an indicator is not
// achieved yet stands in nobody's way.
const (
	BlockedNotClaimed   BlockerKind = "not_claimed"   // nobody has said anything of it
	BlockedToConfirm    BlockerKind = "to_confirm"    // carried over, and not looked at
	BlockedNotSubmitted BlockerKind = "not_submitted" // claimed, and not before the reviewers
	BlockedAwaiting     BlockerKind = "awaiting"
	BlockedReturned     BlockerKind = "returned"
	BlockedChanged      BlockerKind = "changed" // since it was accepted
	BlockedMissing      BlockerKind = "missing" // a document that is expected
	BlockedExpired      BlockerKind = "expired" // evidence that it rests on

	BlockedRecommendation BlockerKind = "recommendation" // required, and not closed
	BlockedThread         BlockerKind = "thread"         // a conversation for the city, not settled
)

// Blocker is one thing that stands in the way.
type Blocker struct {
	Kind       BlockerKind
	Place      Place
	Department Department // zero: nobody's
	Document   int        // of the indicator's expected ones, from 1; BlockedMissing
	Evidence   LinkedEvidence

	Recommendation Recommendation // BlockedRecommendation, which stands at no entry
	Thread         int64          // id; BlockedThread
}

// blockers is one line for each kind, in the order of the page: what of the
// submission stands in the way. A kind that does not stand at an entry reads what
// the store has filled in for it.
var blockers = []struct {
	Kind BlockerKind
	find func(*Submission) []Blocker
}{
	{BlockedNotClaimed, atEntries(func(s State, _ bool) bool { return s.Claim == ClaimNotStarted })},
	{BlockedToConfirm, atEntries(func(s State, _ bool) bool { return s.ToConfirm })},
	{BlockedNotSubmitted, atEntries(func(s State, review bool) bool {
		return review && s.Claim == ClaimAchieved && s.Verdict == VerdictNone && !s.ToConfirm
	})},
	{BlockedAwaiting, atEntries(func(s State, _ bool) bool { return s.Verdict == VerdictAwaiting })},
	{BlockedReturned, atEntries(func(s State, _ bool) bool { return s.Verdict == VerdictReturned })},
	{BlockedChanged, atEntries(func(s State, _ bool) bool { return s.Changed })},
	{BlockedMissing, missingDocuments},
	{BlockedExpired, expiredEvidence},
	{BlockedRecommendation, requiredRecommendations},
	{BlockedThread, openThreads},
}

// BlockerKinds lists the kinds in the order of the page.
func BlockerKinds() []BlockerKind {
	kinds := make([]BlockerKind, len(blockers))
	for i, b := range blockers {
		kinds[i] = b.Kind
	}
	return kinds
}

// Submission is what decides whether an assessment may be submitted, and how it
// was closed and reopened so far.
type Submission struct {
	City       City
	Assessment Assessment
	Framework  *Framework
	Today      Date
	// Version counts every act on the assessment and on its entries; forms carry
	// it, so that what is submitted is what was looked at.
	Version int
	Entries []SubmissionEntry // in the framework's order
	Moves   []AssessmentMove  // the latest first
	// Recommendations are the assessment's, with what Blocks asks for.
	Recommendations []Recommendation
	// CarriedOn: a later assessment began with this one.
	CarriedOn bool
	Source    Assessment  // that it carried over from; zero: none
	LeftOut   []Indicator // of the source's, that this framework has not
}

// SubmissionEntry is an entry with its evidence.
type SubmissionEntry struct {
	Place      Place
	Department Department
	State      State
	Linked     []LinkedEvidence
	Threads    []int64 // ids of the conversations for the city that are not settled
}

// Blockers lists all that stands in the way today, by kind and then in the
// framework's order.
func (s *Submission) Blockers() []Blocker {
	var all []Blocker
	for _, one := range blockers {
		for _, b := range one.find(s) {
			b.Kind = one.Kind
			all = append(all, b)
		}
	}
	return all
}

// Score counts the entries as they stand now.
func (s *Submission) Score() Score {
	var score Score
	for _, e := range s.Entries {
		score.Add(e.State, s.Assessment.NeedsReview)
	}
	return score
}

// Hide takes out what the actor may not see of evidence; it counts all the same.
func (s *Submission) Hide(actor Actor) {
	for _, e := range s.Entries {
		for i, l := range e.Linked {
			if !actor.MayRead(l.Passport.Access, l.DepartmentID, s.City, s.Today) {
				e.Linked[i] = LinkedEvidence{Hidden: true, Answers: l.Answers, Evidence: Evidence{
					WithdrawnOn: l.WithdrawnOn, Passport: Passport{ValidUntil: l.Passport.ValidUntil}}}
			}
		}
	}
}

func (e SubmissionEntry) blocker() Blocker { return Blocker{Place: e.Place, Department: e.Department} }

// atEntries is one for each entry in such a state.
func atEntries(blocks func(s State, needsReview bool) bool) func(*Submission) []Blocker {
	return func(s *Submission) []Blocker {
		var all []Blocker
		for _, e := range s.Entries {
			if blocks(e.State, s.Assessment.NeedsReview) {
				all = append(all, e.blocker())
			}
		}
		return all
	}
}

// missingDocuments is one for each document that is expected of what the city
// says is achieved, and that nothing answers.
func missingDocuments(s *Submission) []Blocker {
	var all []Blocker
	for _, e := range s.Entries {
		if e.State.Claim != ClaimAchieved {
			continue
		}
		for _, n := range CompletenessOf(e.Place.Indicator, s.Assessment, e.Linked, s.Today).Missing {
			b := e.blocker()
			b.Document = n
			all = append(all, b)
		}
	}
	return all
}

// expiredEvidence is one for each piece of evidence that is no longer valid and
// supports what the city says is achieved.
func expiredEvidence(s *Submission) []Blocker {
	var all []Blocker
	for _, e := range s.Entries {
		for _, l := range e.Linked {
			if standing, _ := l.StandingOn(s.Today); e.State.Claim == ClaimAchieved && standing == EvidenceExpired {
				b := e.blocker()
				b.Evidence = l
				all = append(all, b)
			}
		}
	}
	return all
}

func requiredRecommendations(s *Submission) []Blocker {
	var all []Blocker
	for _, r := range RequiredOpen(s.Recommendations) {
		all = append(all, Blocker{Recommendation: r})
	}
	return all
}

func openThreads(s *Submission) []Blocker {
	var all []Blocker
	for _, e := range s.Entries {
		for _, id := range e.Threads {
			b := e.blocker()
			b.Thread = id
			all = append(all, b)
		}
	}
	return all
}
