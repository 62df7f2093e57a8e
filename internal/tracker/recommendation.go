package tracker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// RecommendationState is where a recommendation stands.
type RecommendationState string

// The states.
const (
	RecommendationGiven    RecommendationState = "given"
	RecommendationTakenOn  RecommendationState = "taken_on"
	RecommendationDeclined RecommendationState = "declined"
	RecommendationAnswered RecommendationState = "answered"
	RecommendationClosed   RecommendationState = "closed"
)

// RecommendationStates lists them in the order that a recommendation meets them.
var RecommendationStates = []RecommendationState{
	RecommendationGiven, RecommendationTakenOn, RecommendationDeclined, RecommendationAnswered, RecommendationClosed,
}

// Known reports whether it is one of them.
func (s RecommendationState) Known() bool { return slices.Contains(RecommendationStates, s) }

// MaxRecommendation is how long a recommendation may be, in characters.
const MaxRecommendation = 2000

// Recommendation is what an expert advises the city in an assessment.
type Recommendation struct {
	ID          int64
	GivenOn     Date
	GivenBy     int64 // account
	GivenByName string
	GiverHere   bool // who gave it is still one of the city's experts
	Text        string
	Source      string // the conference or the document; may be empty
	Required    bool
	State       RecommendationState
	Version     int      // counts every act on it; forms carry it
	Indicators  []string // codes; none: the assessment as a whole
	Departments []int64  // that have a task of it
}

// Blocks reports whether the recommendation stands in the way of submitting the
// assessment: the expert requires it and has not closed it.
func (r Recommendation) Blocks() bool { return r.Required && r.State != RecommendationClosed }

// RequiredOpen are those that stand in the way of submitting the assessment.
func RequiredOpen(all []Recommendation) []Recommendation {
	return slices.DeleteFunc(slices.Clone(all), func(r Recommendation) bool { return !r.Blocks() })
}

// Move is one line of the history of a recommendation or a task.
type Move[S ~string] struct {
	Version    int
	Act        Action
	From, To   S // From is empty for the first
	Note       string
	On         Date
	RecordedAt time.Time
	RecordedBy string // the person's name, when read
	Evidence   []MentionedEvidence
}

// MentionedEvidence is evidence that an answer names.
type MentionedEvidence struct {
	ID     int64
	Title  string
	Hidden bool // the reader may not see it, and nothing else is filled
}

// way says from where an act leads to where, and what must be said with it.
type way[S ~string] struct {
	from   []S
	to     S
	reason bool // why
	result bool // a note or evidence
}

var recommendationSteps = map[Action]way[RecommendationState]{
	TakeOnRecommendation:  {from: []RecommendationState{RecommendationGiven, RecommendationDeclined}, to: RecommendationTakenOn},
	DeclineRecommendation: {from: []RecommendationState{RecommendationGiven}, to: RecommendationDeclined, reason: true},
	AnswerRecommendation:  {from: []RecommendationState{RecommendationTakenOn}, to: RecommendationAnswered, result: true},
	CloseRecommendation:   {from: []RecommendationState{RecommendationAnswered, RecommendationDeclined}, to: RecommendationClosed},
	ReopenRecommendation: {from: []RecommendationState{RecommendationAnswered, RecommendationDeclined, RecommendationClosed},
		to: RecommendationGiven, reason: true},
}

// RecommendationActs are the acts on a recommendation that is given, in the
// order of buttons.
var RecommendationActs = []Action{
	TakeOnRecommendation, DeclineRecommendation, AnswerRecommendation, CloseRecommendation, ReopenRecommendation,
}

// take decides the act from the state, with what is said.
func (s way[S]) take(from S, note string, evidence int, prefix string) (S, error) {
	switch {
	case !slices.Contains(s.from, from):
		return from, Invalid("", prefix+".error.state")
	case utf8.RuneCountInString(note) > MaxNote:
		return from, Invalid("note", "note.error.long")
	case s.reason && strings.TrimSpace(note) == "":
		return from, Invalid("note", prefix+".error.no_reason")
	case s.result && strings.TrimSpace(note) == "" && evidence == 0:
		return from, Invalid("note", prefix+".error.no_result")
	}
	return s.to, nil
}

// AdviceAct is somebody acting on the recommendations and tasks of an
// assessment on a day. Its methods decide and write nothing.
type AdviceAct struct {
	Actor      Actor
	City       City
	Assessment Assessment
	Today      Date
}

// begun refuses what is said before the assessment opens. Advice goes on when it
// is closed: experts read what was submitted, and what they recommend then, or
// asked for before, is still worked on. It changes nothing of what is frozen.
func (a AdviceAct) begun() error {
	if a.Assessment.OpenedOn.IsZero() || a.Today < a.Assessment.OpenedOn {
		return Invalid("", "assessment.error.not_open_yet")
	}
	return nil
}

// MayRecommend reports whether the actor may give recommendations now.
func (a AdviceAct) MayRecommend() bool {
	return a.Actor.May(GiveRecommendation, a.City, 0, a.Today) && a.begun() == nil
}

// GiveRecommendation decides whether the recommendation may be given.
func (a AdviceAct) GiveRecommendation(r Recommendation) error {
	if !a.Actor.May(GiveRecommendation, a.City, 0, a.Today) {
		return ErrForbidden
	}
	fields := map[string]string{}
	switch {
	case strings.TrimSpace(r.Text) == "":
		fields["text"] = "recommendation_text_is_text"
	case utf8.RuneCountInString(r.Text) > MaxRecommendation:
		fields["text"] = "recommendation.error.long"
	}
	if utf8.RuneCountInString(r.Source) > MaxSource {
		fields["source"] = "recommendation_source_composed"
	}
	switch {
	case r.GivenOn.IsZero():
		fields["given_on"] = "recommendation.error.no_day"
	case r.GivenOn > a.Today:
		fields["given_on"] = "effective_on.error.future"
	case r.GivenOn < a.Assessment.OpenedOn:
		fields["given_on"] = "effective_on.error.before_opening"
	}
	return Together(a.begun(), invalidOrNil(fields))
}

// MoveRecommendation decides one of RecommendationActs and returns where it leads.
// The city takes on and declines; a department answers what it has a task of. Who
// gave it closes it or opens it again; once they are no longer an expert of the
// city, any other is.
func (a AdviceAct) MoveRecommendation(r Recommendation, act Action, note string, evidence int) (RecommendationState, error) {
	switch {
	case !a.mayMove(r, act):
		return r.State, ErrForbidden
	case a.isOthers(r, act):
		return r.State, Invalid("", "recommendation.error.giver")
	}
	to, err := recommendationSteps[act].take(r.State, note, evidence, "recommendation")
	return to, Together(a.begun(), err)
}

// mayMove asks for the city as a whole, or a department that has a task of it.
func (a AdviceAct) mayMove(r Recommendation, act Action) bool {
	return a.Actor.May(act, a.City, 0, a.Today) || slices.ContainsFunc(r.Departments, func(department int64) bool {
		return a.Actor.May(act, a.City, department, a.Today)
	})
}

func (a AdviceAct) isOthers(r Recommendation, act Action) bool {
	return (act == CloseRecommendation || act == ReopenRecommendation) && r.GiverHere && r.GivenBy != a.Actor.AccountID
}

// Possible are the acts that are open to the actor now, given what must be said
// with them.
func (a AdviceAct) Possible(r Recommendation) []Action {
	return slices.DeleteFunc(slices.Clone(RecommendationActs), func(act Action) bool {
		_, err := a.MoveRecommendation(r, act, "x", 0)
		return err != nil
	})
}

// RecommendationFilter chooses recommendations. A zero field does not restrict.
type RecommendationFilter struct {
	State    RecommendationState
	Required string // "yes" or "no"
	Before   DayKey // only what comes after that in the list
}

// DayKey is the place of something in a list by days.
type DayKey struct {
	On Date
	ID int64
}

// String is the key as it stands in addresses; empty for the zero key.
func (k DayKey) String() string {
	if k == (DayKey{}) {
		return ""
	}
	return k.On.String() + "." + strconv.FormatInt(k.ID, 10)
}

// ParseDayKey reads what String wrote.
func ParseDayKey(s string) (DayKey, error) {
	day, id, _ := strings.Cut(s, ".")
	var k DayKey
	var err error
	if k.On, err = ParseDate(day); err == nil {
		k.ID, err = strconv.ParseInt(id, 10, 64)
	}
	if err != nil || k.ID < 1 || k.String() != s {
		return DayKey{}, fmt.Errorf("%q is no place in a list", s)
	}
	return k, nil
}

// RecommendationPage is a piece of an assessment's recommendations, the newest
// first.
type RecommendationPage struct {
	City        City
	Assessments []Assessment
	Assessment  Assessment
	Framework   *Framework
	Rows        []Recommendation
	Blocking    int    // in the whole assessment, whatever is chosen
	Next        DayKey // for Before on the next page; zero: there is none
	Today       Date
}

// RecommendationRecord is one recommendation with its history and its tasks.
type RecommendationRecord struct {
	City           City
	Assessment     Assessment
	Framework      *Framework
	Recommendation Recommendation
	Moves          []Move[RecommendationState] // the newest first
	Tasks          []Task
	Today          Date
}

// Excerpt is how a text begins, for where there is no room for all of it.
func Excerpt(text string) string {
	const most = 160
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return text
}
