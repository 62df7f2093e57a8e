package server

import (
	"net/http"
	"net/url"
	"slices"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// listEntries is the page of all indicators, or of those that the filter in
// the address chooses.
func (s *Server) listEntries(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	o, err := s.readList(r, actor, a)
	if err != nil {
		return err
	}
	day := dayOf(r, o.Today)
	a.On = day.carried()
	base := s.cityPage(w, r, "entry_list.title", o.City, a, "indicators")
	l := lister{actor: actor, o: o, on: day.on, a: a, p: base.P, query: r.URL.Query()}
	page := view.EntryList{Page: base, Address: a, On: day.on, Today: day.isToday, OnError: problemText(day.problem, base.P)}
	status := day.status()
	if o.Assessment.ID != 0 {
		l.rows, l.choices = o.Rows(day.on), l.allChoices()
		l.readFilter()
		l.fill(&page, day.on)
		page.Watch = watchAll(o, day)
	}
	if len(page.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return render(w, r, status, view.EntryListPage(page))
}

// readList reads the entries; names of people only where somebody asks for one.
func (s *Server) readList(r *http.Request, actor tracker.Actor, a view.Address) (*tracker.Overview, error) {
	read := s.Store.Overview
	if r.URL.Query().Get("assignee") != "" {
		read = s.Store.OverviewWithPeople
	}
	return read(r.Context(), actor, a.City, a.Assessment, askedDay(r))
}

// lister makes the list's page from the rows and the address.
type lister struct {
	actor    tracker.Actor
	o        *tracker.Overview
	on       tracker.Date
	a        view.Address
	p        *locale.Printer
	query    url.Values
	rows     []tracker.Row
	choices  []choice
	filter   tracker.Filter
	typed    string // the search as it was typed
	problems []string
}

// choice is one filter of the list: what it is called in the address, its
// values with their words, and where it stands in the filter.
type choice struct {
	key    string
	values []value
	field  func(*tracker.Filter) *string
}

type value struct{ code, text string }

func (l *lister) allChoices() []choice {
	p := l.p
	groups, areas := l.groupsAndAreas()
	all := []choice{
		{"state", l.states(), func(f *tracker.Filter) *string { return (*string)(&f.State) }},
		{"claim", enum(p, "claim.", tracker.Claims), func(f *tracker.Filter) *string { return (*string)(&f.Claim) }},
		{"verdict", enum(p, "verdict.", tracker.Verdicts), func(f *tracker.Filter) *string { return (*string)(&f.Verdict) }},
		{"group", groups, func(f *tracker.Filter) *string { return &f.Group }},
		{"area", areas, func(f *tracker.Filter) *string { return &f.Area }},
		{"department", l.departments(), func(f *tracker.Filter) *string { return &f.Department }},
		{"assignee", l.assignees(), func(f *tracker.Filter) *string { return &f.Assignee }},
	}
	if !l.o.Assessment.NeedsReview {
		all = append(all[:2], all[3:]...)
	}
	return all
}

func enum[T ~string](p *locale.Printer, prefix string, codes []T) []value {
	var values []value
	for _, code := range codes {
		values = append(values, value{string(code), p.T(prefix + string(code))})
	}
	return values
}

func (l *lister) states() []value {
	choices := []tracker.Choice{tracker.ChooseAchieved, tracker.ChooseOpen, tracker.ChooseChanged}
	if l.o.Assessment.CarriedFrom != 0 {
		choices = append(choices, tracker.ChooseToConfirm)
	}
	return enum(l.p, "entry_list.state.", choices)
}

func (l *lister) groupsAndAreas() (groups, areas []value) {
	for _, g := range l.o.Framework.Groups {
		groups = append(groups, value{g.Code, g.Code + ". " + l.p.Text(g.Title)})
		for _, a := range g.Areas {
			areas = append(areas, value{a.Code, a.Code + ". " + l.p.Text(a.Title)})
		}
	}
	return groups, areas
}

func (l *lister) departments() []value {
	var values []value
	for _, d := range l.o.DepartmentsOn(l.on) {
		values = append(values, value{d.Code, l.p.Text(d.Name)})
	}
	return values
}

// assignees are those in charge, where they were read; the reader among them
// where entries can be theirs.
func (l *lister) assignees() []value {
	values := []value{
		{tracker.AnyAssignee, l.p.T("entry_list.assignee.any")}, {tracker.NoAssignee, l.p.T("entry_list.assignee.none")},
	}
	for _, one := range l.o.AssigneesOn(l.on) {
		values = append(values, value{formatID(one.AccountID), one.Name})
	}
	if me := l.me(); me != "" && l.o.People != nil && !knownValue(values, me) {
		values = append(values, value{me, l.actor.Name})
	}
	return values
}

// me is the reader as an assignee; empty for who is no staff of the city.
func (l *lister) me() string {
	for _, m := range l.actor.Memberships {
		if m.Role == tracker.Staff && m.CityID == l.o.City.ID {
			return formatID(l.actor.AccountID)
		}
	}
	return ""
}

// mine fills the way to what the reader is in charge of.
func (l *lister) mine(page *view.EntryList) {
	me := l.me()
	if me == "" {
		return
	}
	f := l.filter
	f.Query, f.Assignee = l.typed, me
	page.MineRef, page.Mine = l.a.List(f), l.filter.Assignee == me
	page.NothingMine = page.Mine && !slices.ContainsFunc(l.rows, func(r tracker.Row) bool { return formatID(r.Entry.Assignee.ID) == me })
	if page.Mine {
		f.Assignee = ""
		page.MineRef = l.a.List(f)
	}
}

// readFilter reads the filter from the address. A value that does not exist
// does not restrict; a sentence says so.
func (l *lister) readFilter() {
	for _, c := range l.choices {
		asked := l.query.Get(c.key)
		if asked == "" || knownValue(c.values, asked) {
			*c.field(&l.filter) = asked
			continue
		}
		l.problem(c.key, asked)
	}
	switch asked := l.query.Get("overdue"); asked {
	case "":
	case "yes":
		l.filter.Overdue = true
	default:
		l.problem("overdue", asked)
	}
	typed, _ := cleanText(l.query.Get("q"))
	l.typed = shortenQuery(typed)
	l.filter.Query = tracker.Fold(l.typed)
}

func (l *lister) problem(key, asked string) {
	l.problems = append(l.problems, l.p.T("entry_list.error.filter",
		"filter", l.p.T("entry_list.filter."+key), "value", shorten(asked)))
}

func knownValue(values []value, code string) bool {
	for _, v := range values {
		if v.code == code {
			return true
		}
	}
	return false
}

// maxQuery is longer than any title; more cannot find anything.
const maxQuery = 200

func shortenQuery(s string) string {
	if runes := []rune(s); len(runes) > maxQuery {
		return string(runes[:maxQuery])
	}
	return s
}

func (l *lister) fill(page *view.EntryList, on tracker.Date) {
	page.Closed = closedOf(l.o.Assessment)
	page.Assessments = assessmentChoices(l.o.Assessments, l.o.Assessment, l.a, l.here, l.p)
	page.Page.City.DataTo = dataTo(l.o, on, l.p)
	page.Filter, page.Query, page.Problems = l.filter, l.typed, l.problems
	page.Choices, page.Chosen = l.filterLinks(), l.chosen()
	l.mine(page)
	page.ClearRef = l.a.List(tracker.Filter{})
	page.Total = len(l.rows)
	page.Areas = l.areas(on)
	for _, area := range page.Areas {
		page.Count += len(area.Rows)
	}
}

// here is the list, filtered as it is, at another address.
func (l *lister) here(a view.Address) string {
	f := l.filter
	f.Query = l.typed
	return a.List(f)
}

// with is the list's address when one filter has another value.
func (l *lister) with(c choice, code string) string {
	f := l.filter
	f.Query = l.typed
	*c.field(&f) = code
	return l.a.List(f)
}

func (l *lister) filterLinks() []view.FilterChoices {
	var all []view.FilterChoices
	for _, c := range l.choices {
		current := *c.field(&l.filter)
		links := view.FilterChoices{Key: c.key, Name: l.p.T("entry_list.filter." + c.key)}
		links.Options = append(links.Options, view.FilterOption{
			Text: l.p.T("entry_list.filter.all"), Href: l.with(c, ""), Current: current == ""})
		for _, v := range c.values {
			links.Options = append(links.Options, view.FilterOption{
				Value: v.code, Text: v.text, Href: l.with(c, v.code), Current: current == v.code})
		}
		all = append(all, links)
	}
	return append(all, l.overdueLinks())
}

func (l *lister) overdueLinks() view.FilterChoices {
	without, with := l.filter, l.filter
	without.Query, with.Query = l.typed, l.typed
	without.Overdue, with.Overdue = false, true
	return view.FilterChoices{Key: "overdue", Name: l.p.T("entry_list.filter.overdue"), Options: []view.FilterOption{
		{Text: l.p.T("entry_list.filter.all"), Href: l.a.List(without), Current: !l.filter.Overdue},
		{Value: "yes", Text: l.p.T("entry_list.overdue.yes"), Href: l.a.List(with), Current: l.filter.Overdue},
	}}
}

// chosen are the parts of the filter that restrict, each a link that takes it away.
func (l *lister) chosen() []ui.Link {
	var links []ui.Link
	for _, c := range l.choices {
		current := *c.field(&l.filter)
		for _, v := range c.values {
			if v.code == current {
				links = append(links, ui.Link{Text: l.p.T("entry_list.filter."+c.key) + ": " + v.text, Href: l.with(c, "")})
			}
		}
	}
	if l.filter.Overdue {
		without := l.filter
		without.Query, without.Overdue = l.typed, false
		links = append(links, ui.Link{Text: l.p.T("entry_list.overdue.yes"), Href: l.a.List(without)})
	}
	if l.typed != "" {
		without := l.filter
		without.Query = ""
		links = append(links, ui.Link{Text: "“" + l.typed + "”", Href: l.a.List(without)})
	}
	return links
}

// areas are those in which the filter lets something through.
func (l *lister) areas(on tracker.Date) []view.ListArea {
	needsReview := l.o.Assessment.NeedsReview
	var all []view.ListArea
	var current view.ListArea
	flush := func() {
		if len(current.Rows) > 0 {
			all = append(all, current)
		}
	}
	for _, row := range l.rows {
		if code := row.Place.Area.Code; code != current.Code {
			flush()
			current = view.ListArea{Code: code, Title: l.p.Text(row.Place.Area.Title)}
		}
		current.Total++
		if row.State.Achieved(needsReview) {
			current.Achieved++
		}
		if l.filter.Chooses(row, on, needsReview) {
			current.Rows = append(current.Rows, view.ListRow{
				Cell: cell(row, l.a, needsReview, l.p), Department: l.p.Text(row.Department.Name), Assignee: row.Entry.Assignee.Name,
				DueOn: row.Entry.DueOn, Overdue: row.Overdue(on, needsReview), ToConfirm: row.State.ToConfirm, ChangedOn: row.ChangedOn})
		}
	}
	flush()
	return all
}
