package tracker

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Claim is what the city says of an indicator.
type Claim string

// The claims.
const (
	ClaimNotStarted Claim = "not_started"
	ClaimInProgress Claim = "in_progress"
	ClaimAchieved   Claim = "achieved"
)

// Claims lists the claims in their order.
var Claims = []Claim{ClaimNotStarted, ClaimInProgress, ClaimAchieved}

// Known reports whether the claim is one of Claims.
func (c Claim) Known() bool {
	return c == ClaimNotStarted || c == ClaimInProgress || c == ClaimAchieved
}

// Verdict is what the reviewer says of a claim.
type Verdict string

// The verdicts.
const (
	VerdictNone     Verdict = "none"
	VerdictAwaiting Verdict = "awaiting"
	VerdictReturned Verdict = "returned"
	VerdictAccepted Verdict = "accepted"
)

// Verdicts lists the verdicts in the order that an entry meets them.
var Verdicts = []Verdict{VerdictNone, VerdictAwaiting, VerdictReturned, VerdictAccepted}

// Known reports whether the verdict is one of Verdicts.
func (v Verdict) Known() bool {
	return v == VerdictNone || v == VerdictAwaiting || v == VerdictReturned || v == VerdictAccepted
}

// State is where an entry stands.
type State struct {
	Claim   Claim
	Verdict Verdict
	// Changed: claim, value, narrative or evidence was edited after the
	// verdict. The entry stays accepted and counted, and is back in the queue.
	Changed bool
	// ToConfirm: the claim is that of an earlier assessment, and nobody has
	// looked at it in this one yet.
	ToConfirm bool
}

// Entry is the city's record for one indicator in one assessment.
type Entry struct {
	ID           int64
	IndicatorID  int64
	DepartmentID int64
	Assignee     Assignee
	DueOn        Date
	Version      int // counts every act on the entry; forms carry it
	State        State
	SubmittedBy  int64 // account; 0 while the verdict is none
	EditedBy     int64 // account that changed the claim, a text, a figure or the evidence last; 0: nobody yet
	ChangedOn    Date  // effective date of the last status change
	Narrative    Narrative
	Former       []FormerAssignment // oldest first, where a past day asked for it
}

// Narrative is what the city tells about an entry, in its own language.
type Narrative struct{ Narrative, Obstacles, Solution string }

// Measurement is the figure of one year, in the indicator's unit of measure.
type Measurement struct {
	Year      int
	Value     Decimal
	HasTarget bool
	Target    Decimal
	Source    string
}

// Limits on what people type, counted in characters.
const (
	MaxNote      = 2000
	MaxNarrative = 10000
	MaxSource    = 300
)

// StatusChange is one row of an entry's history: an act and what it did.
type StatusChange struct {
	EntryVersion int
	Act          Action
	From, To     State
	Note         string
	EffectiveOn  Date
	RecordedAt   time.Time
	RecordedBy   string // the person's name, when read
}

// The acts that begin an entry's history, and the one that keeps a claim which
// was carried over.
const (
	Opened       Action = "open"
	CarriedOver  Action = "carry_over"
	ConfirmClaim Action = "confirm_claim"
)

// Act is somebody acting on the entries of an assessment at a moment. Its
// methods decide an act and return what is to be written; they write nothing.
// They answer ErrForbidden, or *InvalidError naming the field.
type Act struct {
	Actor      Actor
	City       City
	Assessment Assessment
	Now        time.Time // when it is recorded
	Today      Date      // the city's day
}

// ChangeClaim decides a new claim. A zero effectiveOn means today; only a
// coordinator may date it earlier, never before the entry's previous change or
// the opening. Lowering the claim from achieved sets the verdict to none. The
// same claim confirms one that was carried over.
func (a Act) ChangeClaim(e Entry, to Claim, note string, effectiveOn Date) (StatusChange, error) {
	if err := a.allowed(ChangeClaim, e, note); err != nil {
		return StatusChange{}, err
	}
	if !to.Known() {
		return StatusChange{}, Invalid("claim", "claim.error.unknown")
	}
	action := ChangeClaim
	if to == e.State.Claim {
		if action = ConfirmClaim; !e.State.ToConfirm {
			return StatusChange{}, Invalid("claim", "claim.error.same")
		}
	}
	day, err := a.effectiveOn(e, effectiveOn)
	if err != nil {
		return StatusChange{}, err
	}
	change := a.change(action, e, State{Claim: to, Verdict: VerdictNone}, note)
	change.EffectiveOn = day
	return change, nil
}

func (a Act) effectiveOn(e Entry, day Date) (Date, error) {
	switch {
	case day.IsZero() || day == a.Today:
		return a.Today, nil
	case day > a.Today:
		return 0, Invalid("effective_on", "effective_on.error.future")
	case !a.Actor.May(BackdateClaim, a.City, e.DepartmentID, a.Today):
		return 0, Invalid("effective_on", "effective_on.error.coordinator_only")
	case day < a.Assessment.OpenedOn:
		return 0, Invalid("effective_on", "effective_on.error.before_opening")
	case day < e.ChangedOn:
		return 0, Invalid("effective_on", "effective_on.error.before_previous")
	}
	return day, nil
}

// Submit hands an achieved claim to the reviewers.
func (a Act) Submit(e Entry, note string) (StatusChange, error) {
	submittable := e.State.Claim == ClaimAchieved &&
		(e.State.Verdict == VerdictNone || e.State.Verdict == VerdictReturned)
	if err := a.decide(Submit, e, note, submittable, "submit.error.not_submittable"); err != nil {
		return StatusChange{}, err
	}
	if !a.Assessment.NeedsReview {
		return StatusChange{}, Invalid("", "submit.error.no_review")
	}
	return a.change(Submit, e, State{Claim: e.State.Claim, Verdict: VerdictAwaiting}, note), nil
}

// Withdraw takes a submitted entry back.
func (a Act) Withdraw(e Entry, note string) (StatusChange, error) {
	awaiting := e.State.Verdict == VerdictAwaiting
	if err := a.decide(Withdraw, e, note, awaiting, "withdraw.error.not_awaiting"); err != nil {
		return StatusChange{}, err
	}
	return a.change(Withdraw, e, State{Claim: e.State.Claim, Verdict: VerdictNone}, note), nil
}

// OwnOf is why the account decides nothing on the entry, as a message key: it
// submitted it, or edited last what is to be decided on. Empty for others.
func (e Entry) OwnOf(account int64) string {
	switch account {
	case e.SubmittedBy:
		return "entry_reviewer_is_not_submitter"
	case e.EditedBy:
		return "entry_reviewer_is_not_editor"
	}
	return ""
}

// Accept agrees with the claim. Nobody accepts their own work. An accepted entry
// that changed since may be accepted again.
func (a Act) Accept(e Entry, note string) (StatusChange, error) {
	if err := a.decide(Accept, e, note, e.State.InQueue(), "accept.error.not_in_queue"); err != nil {
		return StatusChange{}, err
	}
	if own := e.OwnOf(a.Actor.AccountID); own != "" {
		return StatusChange{}, Invalid("", own)
	}
	return a.change(Accept, e, State{Claim: e.State.Claim, Verdict: VerdictAccepted}, note), nil
}

// Return sends an entry back to the city, with the reason.
func (a Act) Return(e Entry, reason string) (StatusChange, error) {
	if err := a.decide(Return, e, reason, e.State.InQueue(), "return.error.not_in_queue"); err != nil {
		return StatusChange{}, err
	}
	if strings.TrimSpace(reason) == "" {
		return StatusChange{}, Invalid("note", "return.error.no_reason")
	}
	if own := e.OwnOf(a.Actor.AccountID); own != "" {
		return StatusChange{}, Invalid("", own)
	}
	return a.change(Return, e, State{Claim: e.State.Claim, Verdict: VerdictReturned}, reason), nil
}

// Reopen puts an accepted entry back in the queue, with the reason.
func (a Act) Reopen(e Entry, reason string) (StatusChange, error) {
	accepted := e.State.Verdict == VerdictAccepted
	if err := a.decide(Reopen, e, reason, accepted, "reopen.error.not_accepted"); err != nil {
		return StatusChange{}, err
	}
	if strings.TrimSpace(reason) == "" {
		return StatusChange{}, Invalid("note", "reopen.error.no_reason")
	}
	return a.change(Reopen, e, State{Claim: e.State.Claim, Verdict: VerdictAwaiting}, reason), nil
}

// EditNarrative decides whether the texts may be replaced, and returns the
// entry's state afterwards.
func (a Act) EditNarrative(e Entry, n Narrative) (State, error) {
	if err := a.allowed(EditNarrative, e, ""); err != nil {
		return State{}, err
	}
	fields := map[string]string{}
	for field, text := range map[string]string{
		"narrative": n.Narrative, "obstacles": n.Obstacles, "solution": n.Solution,
	} {
		if utf8.RuneCountInString(text) > MaxNarrative {
			fields[field] = "narrative.error.long"
		}
	}
	if len(fields) > 0 {
		return State{}, &InvalidError{Fields: fields}
	}
	if n == e.Narrative {
		return State{}, Invalid("", "narrative.error.same")
	}
	return e.State.edited(), nil
}

// RecordMeasurement decides whether a year's figure may be recorded, and
// returns the entry's state afterwards.
func (a Act) RecordMeasurement(e Entry, i Indicator, m Measurement) (State, error) {
	if err := a.allowed(RecordMeasurement, e, ""); err != nil {
		return State{}, err
	}
	if i.Kind != Quantitative {
		return State{}, Invalid("", "measurement.error.qualitative")
	}
	if fields := m.problems(i.Unit, a.Today); len(fields) > 0 {
		return State{}, &InvalidError{Fields: fields}
	}
	return e.State.edited(), nil
}

// FirstYear is the earliest year that a measurement may be of.
const FirstYear = 2000

func (m Measurement) problems(unit Unit, today Date) map[string]string {
	fields := map[string]string{}
	if m.Year < FirstYear || m.Year > today.Year() {
		fields["year"] = "measurement.error.year"
	}
	for field, figure := range map[string]Decimal{"value": m.Value, "target": m.Target} {
		switch {
		case unit.Whole() && !figure.Whole():
			fields[field] = "measurement.error.whole"
		case unit == Percent && figure > 1000:
			fields[field] = "measurement.error.percent"
		}
	}
	if utf8.RuneCountInString(m.Source) > MaxSource {
		fields["source"] = "measurement.error.source_long"
	}
	return fields
}

// Meets reports whether the figure reaches its target in the direction that
// is better; never without a target.
func (m Measurement) Meets(better Better) bool {
	if !m.HasTarget {
		return false
	}
	if better == Lower {
		return m.Value <= m.Target
	}
	return m.Value >= m.Target
}

// allowed asks the policy, the assessment and the length of the note.
func (a Act) allowed(action Action, e Entry, note string) error {
	switch {
	case !a.Actor.May(action, a.City, e.DepartmentID, a.Today):
		return ErrForbidden
	case !a.Assessment.ClosedOn.IsZero():
		return Invalid("", "assessment.error.closed")
	case a.Today < a.Assessment.OpenedOn:
		return Invalid("", "assessment.error.not_open_yet")
	case utf8.RuneCountInString(note) > MaxNote:
		return Invalid("note", "note.error.long")
	}
	return nil
}

// decide is allowed, and then whether the entry's state admits the act.
func (a Act) decide(action Action, e Entry, note string, admits bool, key string) error {
	if err := a.allowed(action, e, note); err != nil {
		return err
	}
	if !admits {
		return Invalid("", key)
	}
	return nil
}

func (a Act) change(action Action, e Entry, to State, note string) StatusChange {
	return StatusChange{
		EntryVersion: e.Version + 1, Act: action, From: e.State, To: to, Note: note,
		EffectiveOn: a.Today, RecordedAt: a.Now,
	}
}

// InQueue reports whether reviewers have something to decide.
func (s State) InQueue() bool {
	return s.Verdict == VerdictAwaiting || s.Verdict == VerdictAccepted && s.Changed
}

func (s State) edited() State {
	s.Changed = s.Verdict == VerdictAccepted
	return s
}
