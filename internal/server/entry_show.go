package server

import (
	"slices"
	"strconv"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// entryShower makes the page of one indicator from its record.
type entryShower struct {
	record *tracker.EntryRecord
	a      view.Address
	p      *locale.Printer
	actor  tracker.Actor
}

func (e entryShower) page(base view.Page, day chosenDay) view.EntryShow {
	r, p := e.record, e.p
	i := r.Place.Indicator
	v := view.EntryShow{
		Page: base, Address: e.a, Code: i.Code, Title: p.Text(i.Title),
		Group: p.Text(r.Place.Group.Title), Area: r.Place.Area.Code + ". " + p.Text(r.Place.Area.Title),
		AreaHref: e.a.List(tracker.Filter{Area: r.Place.Area.Code}),
		Feature:  r.Place.Feature.Code + " " + p.Text(r.Place.Feature.Title),
		Question: p.Text(i.Question), Kind: string(i.Kind), Source: string(i.Source),
		On: day.on, Today: day.isToday, OnError: problemText(day.problem, p),
		Standing: string(r.State.Standing(r.Assessment.NeedsReview)), Claim: r.State.Claim, Verdict: r.State.Verdict,
		Department: p.Text(r.Department.Name), DueOn: r.Entry.DueOn,
		Overdue:   r.Overdue(day.on, r.Assessment.NeedsReview),
		Narrative: r.Narrative, TextLanguage: r.City.Language,
		Closed: closedOf(r.Assessment), ToConfirm: r.State.ToConfirm, CarriedFrom: carriedFrom(r.Assessment, r.Assessments, p),
	}
	if who := r.Entry.Assignee; who.ID != 0 {
		v.Assignee = ui.Link{Text: who.Name, Href: e.a.List(tracker.Filter{Assignee: formatID(who.ID)})}
	}
	v.Page.Title = i.Code + " " + v.Title
	if day.isToday {
		v.Watch = &view.Watch{City: r.City.Slug, Assessment: r.Assessment.Number, Code: i.Code, Version: r.Entry.Version}
	}
	for _, document := range i.Evidence {
		v.Evidence = append(v.Evidence, p.Text(document))
	}
	e.around(&v)
	e.permissions(&v)
	e.figures(&v)
	e.evidence(&v)
	e.since(&v)
	if v.Today {
		v.Threads = threadPart(r.Threads, r.ThreadOn(), r.City, r.Today, e.actor, e.a, p)
	}
	e.advice(&v)
	v.History = e.history()
	return v
}

// since fills what changed since the entry was accepted, where that is for
// somebody to look at.
func (e entryShower) since(v *view.EntryShow) {
	if !v.Today || !e.record.State.Changed {
		return
	}
	decisions := e.record.Decisions()
	d := e.differenceSince(decisions[len(decisions)-1])
	v.Since = &d
}

// differenceSince is what changed since a reviewer decided.
func (e entryShower) differenceSince(c tracker.StatusChange) view.Difference {
	r := e.record
	d := e.difference(r.SightAt(c.EntryVersion), r.SightNow())
	d.Title = e.p.T("difference.since." + string(c.Act))
	d.Text = e.p.T("difference.decided", "name", c.RecordedBy, "moment", e.p.Time(wall(c.RecordedAt, r.City)))
	return d
}

// evidence fills what supports the entry, and how far that is what is expected.
func (e entryShower) evidence(v *view.EntryShow) {
	r := e.record
	i := r.Place.Indicator
	v.CanLink = v.Today && r.Assessment.ClosedOn.IsZero() && r.Today >= r.Assessment.OpenedOn &&
		e.actor.May(tracker.LinkToEntry, r.City, r.Entry.DepartmentID, r.Today)
	v.Completeness = completeness(r.Completeness, i, e.p)
	for _, l := range r.Evidence {
		row := view.LinkedRow{Hidden: l.Hidden}
		if !l.Hidden {
			row.EvidenceRow = evidenceRow(l.Evidence, r.On, e.a, e.p)
		}
		for _, n := range l.Answers {
			row.Answers = append(row.Answers, e.p.Text(i.Evidence[n-1]))
		}
		v.Linked = append(v.Linked, row)
	}
}

// around fills the way to other pages.
func (e entryShower) around(v *view.EntryShow) {
	r := e.record
	today := e.a
	today.On = 0
	v.TodayRef = today.Entry(v.Code)
	for _, row := range r.Area {
		c := cell(row, e.a, r.Assessment.NeedsReview, e.p)
		c.Here = c.Code == v.Code
		v.Near = append(v.Near, c)
	}
	v.Previous = e.link(r.Previous)
	v.Next = e.link(r.Next)
	for _, c := range r.Changes {
		if c.EffectiveOn <= v.On {
			v.ChangedOn = c.EffectiveOn
		}
	}
}

func (e entryShower) link(code string) ui.Link {
	if code == "" {
		return ui.Link{}
	}
	return ui.Link{Text: code, Href: e.a.Entry(code)}
}

// permissions asks the policy what the person may do today.
func (e entryShower) permissions(v *view.EntryShow) {
	r := e.record
	open := v.Today && r.Assessment.ClosedOn.IsZero() && r.Today >= r.Assessment.OpenedOn
	may := func(action tracker.Action) bool {
		return open && e.actor.May(action, r.City, r.Entry.DepartmentID, r.Today)
	}
	act := tracker.Act{Actor: e.actor, City: r.City, Assessment: r.Assessment, Today: r.Today}
	_, cannotSubmit := act.Submit(r.Entry, "")
	_, cannotWithdraw := act.Withdraw(r.Entry, "")
	v.CanClaim, v.CanBackdate = may(tracker.ChangeClaim), may(tracker.BackdateClaim)
	v.CanSubmit, v.CanWithdraw = open && cannotSubmit == nil, open && cannotWithdraw == nil
	_, cannotReopen := act.Reopen(r.Entry, "some reason")
	_, cannotAccept := act.Accept(r.Entry, "")
	v.CanReopen = open && cannotReopen == nil
	if open && cannotAccept == nil {
		v.ReviewRef = e.a.Review(v.Code, tracker.ReviewFilter{})
	}
	v.CanEditNarrative = may(tracker.EditNarrative)
	v.CanMeasure = may(tracker.RecordMeasurement) && r.Place.Indicator.Kind == tracker.Quantitative
	v.ClaimForm = view.ClaimForm{
		Version: r.Entry.Version, Claim: string(r.Entry.State.Claim), NeedsReview: r.Assessment.NeedsReview,
		Errors: view.Errors{},
	}
}

// figures fills the values by year and their chart.
func (e entryShower) figures(v *view.EntryShow) {
	i := e.record.Place.Indicator
	v.Quantitative = i.Kind == tracker.Quantitative
	if !v.Quantitative {
		return
	}
	v.Unit, v.Better = e.p.T("unit."+string(i.Unit)), string(i.Better)
	v.Measurements = measurementRows(e.record, e.a, v.CanMeasure, e.p)
	v.Chart = e.chart(v.Unit)
}

func measurementRows(r *tracker.EntryRecord, a view.Address, canEdit bool, p *locale.Printer) []view.MeasurementRow {
	i := r.Place.Indicator
	var rows []view.MeasurementRow
	for _, m := range r.Measurements {
		row := view.MeasurementRow{
			Year: strconv.Itoa(m.Year), Value: figure(m.Value, i.Unit, p), Meets: m.Meets(i.Better), Source: m.Source}
		if m.HasTarget {
			row.Target = figure(m.Target, i.Unit, p)
		}
		if canEdit {
			row.EditHref = a.Measurement(i.Code, m.Year)
		}
		rows = append(rows, row)
	}
	return rows
}

// figure writes a number as people read it: whole where its unit is whole.
func figure(d tracker.Decimal, unit tracker.Unit, p *locale.Printer) string {
	if unit.Whole() {
		return p.Whole(d)
	}
	return p.Number(d)
}

func (e entryShower) chart(unit string) *ui.Series {
	all, i := e.record.Measurements, e.record.Place.Indicator
	if len(all) < 2 {
		return nil
	}
	first, last := all[0], all[len(all)-1]
	series := &ui.Series{
		ID: "values", Title: e.p.T("entry_show.chart.title", "indicator", e.p.Text(i.Title)),
		Desc: e.p.T("entry_show.chart.description", "from", figure(first.Value, i.Unit, e.p), "first", strconv.Itoa(first.Year),
			"to", figure(last.Value, i.Unit, e.p), "last", strconv.Itoa(last.Year), "unit", unit),
	}
	for _, m := range all {
		series.Points = append(series.Points, ui.Value{
			X: m.Year, Y: m.Value.Float(), XText: strconv.Itoa(m.Year), Text: figure(m.Value, i.Unit, e.p)})
	}
	if last.HasTarget {
		series.Target = &ui.Value{Y: last.Target.Float(), Text: e.p.T("entry_show.chart.target", "target", figure(last.Target, i.Unit, e.p))}
	}
	return series
}

// history lists all acts on the entry up to the day, newest first.
func (e entryShower) history() []view.HistoryRow {
	type dated struct {
		version int
		row     view.HistoryRow
	}
	all := make([]dated, 0, len(e.record.Changes)+len(e.record.Revisions))
	for _, c := range e.record.Changes {
		all = append(all, dated{c.EntryVersion, e.changeRow(c)})
	}
	for _, v := range e.record.Revisions {
		all = append(all, dated{v.EntryVersion, e.revisionRow(v)})
	}
	slices.SortFunc(all, func(x, y dated) int {
		if x.row.On != y.row.On {
			return int(y.row.On - x.row.On)
		}
		return y.version - x.version
	})
	rows := make([]view.HistoryRow, 0, len(all))
	for _, d := range all {
		if d.row.On <= e.record.On {
			rows = append(rows, d.row)
		}
	}
	return rows
}

func (e entryShower) changeRow(c tracker.StatusChange) view.HistoryRow {
	recorded := wall(c.RecordedAt, e.record.City)
	row := view.HistoryRow{
		On: c.EffectiveOn, Recorded: recorded, Late: tracker.DateOf(recorded) > c.EffectiveOn,
		Act: string(c.Act), By: c.RecordedBy, Standing: string(c.To.Standing(e.record.Assessment.NeedsReview)), Note: c.Note,
	}
	switch c.Act {
	case tracker.Accept, tracker.Return:
		row.SeenHref = e.a.Decision(e.record.Place.Indicator.Code, c.EntryVersion)
	case tracker.CarriedOver:
		row.Carried = carriedFrom(e.record.Assessment, e.record.Assessments, e.p)
	}
	return row
}

func (e entryShower) revisionRow(v tracker.Revision) view.HistoryRow {
	recorded := wall(v.RecordedAt, e.record.City)
	row := view.HistoryRow{On: v.EffectiveOn, Recorded: recorded, By: v.RecordedBy}
	if v.Carried {
		row.Carried = carriedFrom(e.record.Assessment, e.record.Assessments, e.p)
	}
	if v.Measurement != nil {
		row.Act, row.Figure = string(tracker.RecordMeasurement), e.figureLine(*v.Measurement)
		return row
	}
	if v.Evidence != nil {
		row.Act, row.Note = string(v.Evidence.Act), v.Evidence.Title
		return row
	}
	row.Act = string(tracker.EditNarrative)
	for _, text := range []view.LabelledText{
		{Key: "narrative.narrative", Text: v.Narrative.Narrative},
		{Key: "narrative.obstacles", Text: v.Narrative.Obstacles},
		{Key: "narrative.solution", Text: v.Narrative.Solution},
	} {
		if text.Text != "" {
			row.Texts = append(row.Texts, text)
		}
	}
	return row
}

// figureLine is a year's figure in one line of the history.
func (e entryShower) figureLine(m tracker.Measurement) string {
	unit := e.record.Place.Indicator.Unit
	if !m.HasTarget {
		return e.p.T("entry_show.figure", "year", strconv.Itoa(m.Year), "value", figure(m.Value, unit, e.p))
	}
	return e.p.T("entry_show.figure_with_target", "year", strconv.Itoa(m.Year),
		"value", figure(m.Value, unit, e.p), "target", figure(m.Target, unit, e.p))
}
