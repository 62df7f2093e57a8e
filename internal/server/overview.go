package server

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// showOverview is a city's page of figures, as of any day.
func (s *Server) showOverview(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	o, err := s.Store.Overview(r.Context(), actor, a.City, a.Assessment, askedDay(r))
	if err != nil {
		return err
	}
	day := dayOf(r, o.Today)
	a.On = day.carried()
	page := overviewPage(s.cityPage(w, r, "overview.title", o.City, a, "overview"), o, a, day)
	if day.isToday && o.Assessment.ClosedOn.IsZero() && actor.May(tracker.Accept, o.City, 0, o.Today) {
		leadToDesk(&page)
	}
	return render(w, r, day.status(), view.OverviewShowPage(page))
}

func overviewPage(base view.Page, o *tracker.Overview, a view.Address, day chosenDay) view.OverviewShow {
	p := base.P
	v := view.OverviewShow{
		Page: base, Address: a, Province: p.Text(o.City.Province),
		On: day.on, Today: day.isToday, OnInput: day.input, OnError: problemText(day.problem, p),
	}
	if o.Assessment.ID == 0 {
		return v
	}
	v.Assessment, v.DueOn, v.NeedsReview = p.Text(o.Assessment.Name), o.Assessment.SubmissionDueOn, o.Assessment.NeedsReview
	v.Closed, v.SubmissionHref = closedOf(o.Assessment), a.Submission(o.Assessment.Number)
	v.OpenedOn, v.BeforeOpening = o.Assessment.OpenedOn, day.on < o.Assessment.OpenedOn
	v.Assessments = assessmentChoices(o.Assessments, o.Assessment, a, view.Address.Overview, p)
	v.Watch = watchAll(o, day)
	v.Page.City.DataTo = dataTo(o, day.on, p)
	fillFigures(&v, o, a, day.on)
	rows := o.Rows(day.on)
	points := o.Trend()
	v.Chips, v.Delta = chips(o, points, a, day.on, p), delta(o, a, day.on)
	v.Groups = progress(rows, a, o.Assessment.NeedsReview, p)
	v.Open = openEntries(rows, a, day.on, o.Assessment.NeedsReview, p)
	v.Departments = departmentProgress(rows, o.DepartmentsOn(day.on), a, o.Assessment.NeedsReview, p)
	v.Trend = trend(o, points, day.on, p)
	return v
}

// watchAll is for a page that shows many indicators, as of today.
func watchAll(o *tracker.Overview, day chosenDay) *view.Watch {
	if !day.isToday {
		return nil
	}
	return &view.Watch{City: o.City.Slug, Assessment: o.Assessment.Number}
}

func problemText(key string, p *locale.Printer) string {
	if key == "" {
		return ""
	}
	return p.T(key)
}

func dataTo(o *tracker.Overview, on tracker.Date, p *locale.Printer) string {
	if last := tracker.DataTo(o.History, on); !last.IsZero() {
		return p.Date(last)
	}
	return ""
}

// assessmentChoices lead to the same page of the city's other assessments.
func assessmentChoices(all []tracker.Assessment, current tracker.Assessment, a view.Address, page func(view.Address) string, p *locale.Printer) []view.AssessmentChoice {
	if len(all) < 2 {
		return nil
	}
	var choices []view.AssessmentChoice
	for _, one := range all {
		there := a
		there.Assessment = one.Number
		choices = append(choices, view.AssessmentChoice{
			Name: p.Text(one.Name), Href: page(there), Current: one.ID == current.ID})
	}
	return choices
}

// fillFigures counts the score and what stands beside it.
func fillFigures(v *view.OverviewShow, o *tracker.Overview, a view.Address, on tracker.Date) {
	v.Score = o.ScoreAsOf(on)
	v.ScoreText = scoreText(v.Score)
	v.AchievedRef = a.List(tracker.Filter{State: tracker.ChooseAchieved})
	if known := o.ScoreKnownOn(on); known.Achieved != v.Score.Achieved {
		v.Late, v.KnownThen = true, scoreText(known)
	}
	figure := func(standing tracker.Standing, count int, f tracker.Filter) {
		v.Figures = append(v.Figures, view.Figure{Standing: string(standing), Count: count, Href: a.List(f)})
	}
	figure(tracker.StandingClaimed, v.Score.Claimed, tracker.Filter{Claim: tracker.ClaimAchieved})
	if v.NeedsReview {
		figure(tracker.StandingAwaiting, v.Score.Awaiting, tracker.Filter{Verdict: tracker.VerdictAwaiting})
		figure(tracker.StandingReturned, v.Score.Returned, tracker.Filter{Verdict: tracker.VerdictReturned})
	}
	figure(tracker.StandingInProgress, v.Score.InProgress, tracker.Filter{Claim: tracker.ClaimInProgress})
	figure(tracker.StandingNotStarted, v.Score.NotStarted, tracker.Filter{Claim: tracker.ClaimNotStarted})
	if v.NeedsReview {
		figure(tracker.StandingChanged, v.Score.Changed, tracker.Filter{State: tracker.ChooseChanged})
	}
	if o.Assessment.CarriedFrom != 0 {
		figure(tracker.Standing(tracker.ChooseToConfirm), v.Score.ToConfirm, tracker.Filter{State: tracker.ChooseToConfirm})
	}
}

// leadToDesk: who decides on what awaits starts at the desk, where it stands.
func leadToDesk(v *view.OverviewShow) {
	for i := range v.Figures {
		if v.Figures[i].Standing == string(tracker.StandingAwaiting) {
			v.Figures[i].Href = v.Reviews(tracker.ReviewFilter{})
		}
	}
}

func scoreText(s tracker.Score) string { return fmt.Sprintf("%d/%d", s.Achieved, s.Total) }

// chips are the days of the milestones, each once, with all that happened then.
func chips(o *tracker.Overview, points []tracker.Point, a view.Address, on tracker.Date, p *locale.Printer) []view.Chip {
	var all []view.Chip
	for _, m := range o.Milestones {
		if n := len(all); n > 0 && all[n-1].On == m.HeldOn {
			all[n-1].Title += "; " + p.Text(m.Title)
			continue
		}
		if m.HeldOn > o.Today {
			continue
		}
		score := tracker.Score{Achieved: tracker.AchievedOn(points, m.HeldOn), Total: o.Total()}
		all = append(all, view.Chip{On: m.HeldOn, Title: p.Text(m.Title), Score: scoreText(score),
			Href: a.OverviewOn(m.HeldOn), Current: m.HeldOn == on})
	}
	return all
}

// delta compares the day with the first published milestone: where the city
// stood when it first told the public.
func delta(o *tracker.Overview, a view.Address, on tracker.Date) *view.Delta {
	var since tracker.Date
	for _, m := range o.Milestones {
		if m.Published && m.HeldOn < on && since.IsZero() {
			since = m.HeldOn
		}
	}
	if since.IsZero() {
		return nil
	}
	gained, lost := o.Compare(since, on)
	return &view.Delta{Since: since, Count: len(gained) - len(lost),
		Gained: indicatorLinks(gained, a), Lost: indicatorLinks(lost, a)}
}

func indicatorLinks(indicators []*tracker.Indicator, a view.Address) []ui.Link {
	var links []ui.Link
	for _, i := range indicators {
		links = append(links, ui.Link{Text: i.Code, Href: a.Entry(i.Code)})
	}
	return links
}

// progress counts by group and area, and makes the map of cells.
func progress(rows []tracker.Row, a view.Address, needsReview bool, p *locale.Printer) []view.GroupProgress {
	var groups []view.GroupProgress
	var group, area string
	for _, row := range rows {
		if code := row.Place.Group.Code; code != group || groups == nil {
			group = code
			groups = append(groups, view.GroupProgress{
				Title: p.Text(row.Place.Group.Title), Href: a.List(tracker.Filter{Group: code})})
		}
		g := &groups[len(groups)-1]
		if code := row.Place.Area.Code; code != area || g.Areas == nil {
			area = code
			g.Areas = append(g.Areas, view.AreaProgress{
				Code: code, Title: p.Text(row.Place.Area.Title), Href: a.List(tracker.Filter{Area: code})})
		}
		addToProgress(g, cell(row, a, needsReview, p), row.State.Achieved(needsReview))
	}
	return groups
}

func addToProgress(g *view.GroupProgress, c view.Cell, achieved bool) {
	area := &g.Areas[len(g.Areas)-1]
	area.Cells = append(area.Cells, c)
	g.Total++
	area.Total++
	if achieved {
		g.Achieved++
		area.Achieved++
	}
}

func cell(row tracker.Row, a view.Address, needsReview bool, p *locale.Printer) view.Cell {
	i := row.Place.Indicator
	return view.Cell{Code: i.Code, Title: p.Text(i.Title), Standing: string(row.State.Standing(needsReview)), Href: a.Entry(i.Code)}
}

// openEntries lists what is not achieved, what is due first on top, then what
// has no date.
func openEntries(rows []tracker.Row, a view.Address, on tracker.Date, needsReview bool, p *locale.Printer) []view.OpenEntry {
	var all []view.OpenEntry
	for _, row := range rows {
		if row.State.Achieved(needsReview) {
			continue
		}
		all = append(all, view.OpenEntry{
			Cell: cell(row, a, needsReview, p), Department: p.Text(row.Department.Name),
			DueOn: row.Entry.DueOn, Overdue: row.Overdue(on, needsReview)})
	}
	slices.SortStableFunc(all, func(x, y view.OpenEntry) int {
		if x.DueOn.IsZero() != y.DueOn.IsZero() {
			return cmp.Compare(y.DueOn, x.DueOn)
		}
		return cmp.Compare(x.DueOn, y.DueOn)
	})
	return all
}

func departmentProgress(rows []tracker.Row, departments []tracker.Department, a view.Address, needsReview bool,
	p *locale.Printer) []view.DepartmentProgress {
	all := make([]view.DepartmentProgress, len(departments))
	at := map[int64]int{}
	for i, d := range departments {
		at[d.ID] = i
		all[i] = view.DepartmentProgress{Name: p.Text(d.Name), Href: a.List(tracker.Filter{Department: d.Code})}
	}
	for _, row := range rows {
		i, led := at[row.Department.ID]
		if !led {
			continue
		}
		all[i].Total++
		if row.State.Achieved(needsReview) {
			all[i].Achieved++
		}
	}
	return all
}
