package tracker

// Overview is all that figures of one assessment are counted from.
type Overview struct {
	City        City
	Assessments []Assessment // of the city, for choosing another
	Assessment  Assessment   // zero where the city has opened none yet
	Framework   *Framework
	Entries     []Entry
	Departments []Department // those that lead an entry
	History     []Event      // ordered by (EffectiveOn, EntryID, Version)
	Milestones  []Milestone
	Today       Date // in the city's time zone

	states map[Date]map[int64]State // that statesAsOf has found before
}

// statesAsOf is StatesAsOf of the history; a page asks for one day repeatedly.
func (o *Overview) statesAsOf(on Date) map[int64]State {
	if o.states == nil {
		o.states = map[Date]map[int64]State{}
	}
	if o.states[on] == nil {
		o.states[on] = StatesAsOf(o.History, on)
	}
	return o.states[on]
}

// Total is the number of indicators of the framework.
func (o *Overview) Total() int { return len(o.Entries) }

// ScoreAsOf counts the entries as they stood on the day.
func (o *Overview) ScoreAsOf(on Date) Score {
	return scoreStates(o.statesAsOf(on), o.Total(), o.Assessment.NeedsReview)
}

// ScoreKnownOn counts from what had been typed in by the day.
func (o *Overview) ScoreKnownOn(on Date) Score {
	return ScoreKnownOn(o.History, o.Total(), on, o.Assessment.NeedsReview)
}

// Rows returns one row for each indicator, in the framework's order, with its
// state on the day.
func (o *Overview) Rows(on Date) []Row {
	entries := make(map[int64]*Entry, len(o.Entries))
	for i := range o.Entries {
		entries[o.Entries[i].IndicatorID] = &o.Entries[i]
	}
	departments := make(map[int64]Department, len(o.Departments))
	for _, d := range o.Departments {
		departments[d.ID] = d
	}
	states := o.statesAsOf(on)
	rows := make([]Row, 0, len(o.Entries))
	for _, place := range o.Framework.Places() {
		if e, ok := entries[place.Indicator.ID]; ok {
			rows = append(rows, newRow(place, *e, states, departments))
		}
	}
	return rows
}

func newRow(place Place, e Entry, states map[int64]State, departments map[int64]Department) Row {
	state, ok := states[e.ID]
	if !ok {
		state = State{Claim: ClaimNotStarted, Verdict: VerdictNone}
	}
	return Row{Place: place, Entry: e, State: state, Department: departments[e.DepartmentID]}
}

// Haystack is the folded text that a search looks in: code, titles, question
// and department, in both languages.
func (r Row) Haystack() string {
	i := r.Place.Indicator
	return Fold(i.Code + " " + i.Title.VI + " " + i.Title.EN + " " + i.Question.VI + " " + i.Question.EN +
		" " + r.Department.Name.VI + " " + r.Department.Name.EN)
}
