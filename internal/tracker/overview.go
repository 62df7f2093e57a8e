package tracker

// Overview is all that figures of one assessment are counted from.
type Overview struct {
	City        City
	Assessments []Assessment // of the city, for choosing another
	Assessment  Assessment   // zero where the city has opened none yet
	Framework   *Framework
	Entries     []Entry
	Departments []Department // of the city, retired ones too
	History     []Event      // in the order of SortHistory
	Milestones  []Milestone
	Today       Date // in the city's time zone

	states map[Date][]State // that StatesAsOf has found before
	lines  []line           // that inOrder has found before
}

// A line is an indicator and the place of its entry in Entries.
type line struct {
	place Place
	entry int
}

// inOrder lists the entries in the framework's order.
func (o *Overview) inOrder() []line {
	if o.lines != nil {
		return o.lines
	}
	byIndicator := make(map[int64]int, len(o.Entries))
	for i := range o.Entries {
		byIndicator[o.Entries[i].IndicatorID] = i
	}
	o.lines = make([]line, 0, len(o.Entries))
	for place := range o.Framework.All() {
		if i, ok := byIndicator[place.Indicator.ID]; ok {
			o.lines = append(o.lines, line{place, i})
		}
	}
	return o.lines
}

// Places tells by id where each entry stands in Entries, and so in a history.
func (o *Overview) Places() map[int64]int32 {
	places := make(map[int64]int32, len(o.Entries))
	for i := range o.Entries {
		places[o.Entries[i].ID] = int32(i) //nolint:gosec // a framework has some dozens
	}
	return places
}

// StatesAsOf is the state of each entry on the day; a page asks for one day
// repeatedly.
func (o *Overview) StatesAsOf(on Date) []State {
	if o.states == nil {
		o.states = map[Date][]State{}
	}
	if o.states[on] == nil {
		o.states[on] = StatesAsOf(o.History, o.Total(), on)
	}
	return o.states[on]
}

// Total is the number of indicators of the framework.
func (o *Overview) Total() int { return len(o.Entries) }

// ScoreAsOf counts the entries as they stood on the day.
func (o *Overview) ScoreAsOf(on Date) Score {
	return ScoreOf(o.StatesAsOf(on), o.Assessment.NeedsReview)
}

// ScoreKnownOn counts from what had been typed in by the day.
func (o *Overview) ScoreKnownOn(on Date) Score {
	return ScoreKnownOn(o.History, o.Total(), on, o.Assessment.NeedsReview)
}

// Trend counts the achieved entries from the opening to today.
func (o *Overview) Trend() []Point {
	a := o.Assessment
	return Trend(o.History, o.Total(), a.OpenedOn, max(o.Today, a.OpenedOn), a.NeedsReview)
}

// Rows returns one row for each indicator, in the framework's order, with its
// state, department and due date on the day.
func (o *Overview) Rows(on Date) []Row {
	departments := make(map[int64]Department, len(o.Departments))
	for _, d := range o.Departments {
		departments[d.ID] = d.On(on)
	}
	states, changed := o.StatesAsOf(on), lastChanges(o.History, o.Total(), on)
	rows := make([]Row, 0, len(o.Entries))
	for _, l := range o.inOrder() {
		e := o.Entries[l.entry]
		e.DepartmentID, e.DueOn = e.assignedOn(on)
		rows = append(rows, Row{Place: l.place, Entry: e, State: states[l.entry], ChangedOn: changed[l.entry],
			Department: departments[e.DepartmentID]})
	}
	return rows
}

// Compare lists the indicators that are achieved on the day and were not before,
// and those that no longer are, in the framework's order.
func (o *Overview) Compare(before, on Date) (gained, lost []*Indicator) {
	then, now := o.StatesAsOf(before), o.StatesAsOf(on)
	for _, l := range o.inOrder() {
		switch n := gain(then[l.entry], now[l.entry], o.Assessment.NeedsReview); {
		case n > 0:
			gained = append(gained, l.place.Indicator)
		case n < 0:
			lost = append(lost, l.place.Indicator)
		}
	}
	return gained, lost
}

// lastChanges is the day of each entry's last event up to the day.
func lastChanges(history []Event, total int, on Date) []Date {
	last := make([]Date, total)
	for i := range history {
		if e := &history[i]; e.EffectiveOn <= on {
			last[e.Entry] = max(last[e.Entry], e.EffectiveOn)
		}
	}
	return last
}

// Haystack is the folded text that a search looks in: code, titles, question
// and department, in both languages.
func (r Row) Haystack() string {
	i := r.Place.Indicator
	return Fold(i.Code + " " + i.Title.VI + " " + i.Title.EN + " " + i.Question.VI + " " + i.Question.EN +
		" " + r.Department.Name.VI + " " + r.Department.Name.EN)
}
