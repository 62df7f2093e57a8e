package view_test

import (
	"fmt"

	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// overviewNow is 28 February 2025: 53 of 57, some of it typed in later.
func overviewNow(r reader) templ.Component {
	v := r.overview(february)
	v.Late, v.KnownThen = true, "49/57"
	a := v.Address
	v.Delta = &view.Delta{Since: august, Count: 3}
	for _, code := range []string{"4.5.2", "5.3.1", "12.2.1"} {
		v.Delta.Gained = append(v.Delta.Gained, ui.Link{Text: code, Href: a.Entry(code)})
	}
	return view.OverviewShowPage(v)
}

// overviewPast is 13 August 2024: 50 of 57, chosen among two assessments.
func overviewPast(r reader) templ.Component {
	v := r.overview(august)
	v.Assessments = []view.AssessmentChoice{
		{Name: r.t("Tự đánh giá đăng ký Mạng lưới, 2024–2025", "Self-assessment for membership, 2024–2025"), Href: "/cities/ha-long?assessment=1", Current: true},
		{Name: r.t("Báo cáo hai năm, 2026–2027", "Biennial report, 2026–2027"), Href: "/cities/ha-long?assessment=2"},
	}
	return view.OverviewShowPage(v)
}

// overviewStart is a day before the opening, asked for in words that are no
// day: nothing is achieved and 57 indicators are open.
func overviewStart(r reader) templ.Component {
	v := r.overview(tracker.NewDate(2024, 1, 1))
	v.BeforeOpening = true
	v.OnInput, v.OnError = "hôm qua", r.T("on.error.malformed")
	v.Trend.Points = nil
	v.Page.City.DataTo = ""
	return view.OverviewShowPage(v)
}

func overviewEmpty(r reader) templ.Component {
	return view.OverviewShowPage(view.OverviewShow{
		Page:    r.cityPage(r.T("overview.title"), "/cities/ha-long", "overview", address()),
		Address: address(), Province: r.Text(r.city.City.Province), On: today, Today: true, OnInput: today.String(),
	})
}

func (r reader) overview(on tracker.Date) view.OverviewShow {
	a := addressOn(on)
	v := view.OverviewShow{
		Page:    r.cityPage(r.T("overview.title"), a.Overview(), "overview", a),
		Address: a, Province: r.Text(r.city.City.Province), Assessment: r.Text(r.city.Assessment.Name), SubmissionHref: a.Submission(1),
		DueOn: r.city.Assessment.SubmissionDueOn, OpenedOn: r.city.Assessment.OpenedOn,
		On: on, OnInput: on.String(), NeedsReview: true, AchievedRef: a.List(tracker.Filter{State: tracker.ChooseAchieved}),
	}
	r.fillMap(&v, on)
	v.ScoreText = fmt.Sprintf("%d/%d", v.Score.Achieved, v.Score.Total)
	v.Figures = []view.Figure{
		{Standing: "claimed", Count: v.Score.Claimed, Href: a.List(tracker.Filter{Claim: tracker.ClaimAchieved})},
		{Standing: "awaiting", Count: v.Score.Awaiting, Href: a.List(tracker.Filter{Verdict: tracker.VerdictAwaiting})},
		{Standing: "returned", Count: v.Score.Returned, Href: a.List(tracker.Filter{Verdict: tracker.VerdictReturned})},
		{Standing: "in_progress", Count: v.Score.InProgress, Href: a.List(tracker.Filter{Claim: tracker.ClaimInProgress})},
		{Standing: "not_started", Count: v.Score.NotStarted, Href: a.List(tracker.Filter{Claim: tracker.ClaimNotStarted})},
		{Standing: "changed", Count: v.Score.Changed, Href: a.List(tracker.Filter{State: tracker.ChooseChanged})},
	}
	scores := map[tracker.Date]string{august: "50/57", november: "51/57", february: "53/57"}
	for _, day := range []tracker.Date{august, november, february} {
		v.Chips = append(v.Chips, view.Chip{On: day, Title: r.milestone(day), Score: scores[day], Href: a.OverviewOn(day), Current: day == on})
	}
	v.Trend = r.trend(on)
	v.Departments = r.departments(on)
	return v
}

func (r reader) milestone(day tracker.Date) string {
	var title string
	for _, m := range r.city.Milestones {
		if m.HeldOn == day && title != "" {
			title += "; "
		}
		if m.HeldOn == day {
			title += r.Text(m.Title)
		}
	}
	return title
}

// fillMap fills the groups, the open indicators and the score.
func (r reader) fillMap(v *view.OverviewShow, on tracker.Date) {
	for _, g := range r.framework.Groups {
		group := view.GroupProgress{Title: r.Text(g.Title), Href: v.List(tracker.Filter{Group: g.Code})}
		for _, ar := range g.Areas {
			area := view.AreaProgress{Code: ar.Code, Title: r.Text(ar.Title), Href: v.List(tracker.Filter{Area: ar.Code})}
			for _, f := range ar.Features {
				for i := range f.Indicators {
					r.addCell(v, &area, r.cell(&f.Indicators[i], v.Address, on))
				}
			}
			group.Areas = append(group.Areas, area)
			group.Achieved += area.Achieved
			group.Total += area.Total
		}
		v.Groups = append(v.Groups, group)
	}
}

func (r reader) addCell(v *view.OverviewShow, area *view.AreaProgress, cell view.Cell) {
	area.Cells = append(area.Cells, cell)
	area.Total++
	v.Score.Add(stateOf(cell.Standing), true)
	if achieved(cell.Standing) {
		area.Achieved++
		return
	}
	department, due := r.assigned(cell.Code)
	v.Open = append(v.Open, view.OpenEntry{Cell: cell, Department: department, DueOn: due, Overdue: cell.Code == "12.1.2"})
}

func stateOf(standing string) tracker.State {
	switch standing {
	case "achieved", "changed":
		return tracker.State{Claim: tracker.ClaimAchieved, Verdict: tracker.VerdictAccepted, Changed: standing == "changed"}
	case "awaiting", "returned":
		return tracker.State{Claim: tracker.ClaimAchieved, Verdict: tracker.Verdict(standing)}
	default:
		return tracker.State{Claim: tracker.Claim(standing), Verdict: tracker.VerdictNone}
	}
}

func (r reader) departments(on tracker.Date) []view.DepartmentProgress {
	var all []view.DepartmentProgress
	for _, d := range r.city.Departments {
		one := view.DepartmentProgress{Name: r.Text(d.Name), Href: addressOn(on).List(tracker.Filter{Department: d.Code})}
		for _, a := range r.city.Assignments {
			if a.Department != d.Code {
				continue
			}
			one.Total++
			if achieved(r.standing(a.Indicator, on)) {
				one.Achieved++
			}
		}
		all = append(all, one)
	}
	return all
}

func (r reader) trend(on tracker.Date) ui.Steps {
	opened := r.city.Assessment.OpenedOn
	steps := ui.Steps{
		ID: "trend", Title: r.T("overview.trend.title"), From: int(opened), To: int(on), Total: 57,
		Desc:  r.T("overview.trend.description", "first", r.Date(opened), "last", r.Date(on), "achieved", 53, "total", 57),
		Ticks: ui.MonthTicks(int(opened), int(on), r.Month),
		Table: ui.Table{
			Summary: r.T("overview.trend.table"), Caption: r.T("overview.trend.title"),
			Head: []string{r.T("overview.trend.day"), r.T("overview.trend.achieved")},
		},
	}
	for _, p := range []struct {
		day   tracker.Date
		value int
		mark  string
	}{
		{opened, 0, ""}, {tracker.NewDate(2024, 3, 1), 5, ""}, {tracker.NewDate(2024, 4, 1), 13, ""},
		{tracker.NewDate(2024, 5, 2), 21, ""}, {tracker.NewDate(2024, 6, 3), 30, ""}, {tracker.NewDate(2024, 7, 1), 39, ""},
		{august, 50, "50/57"}, {tracker.NewDate(2024, 11, 25), 51, ""}, {tracker.NewDate(2024, 12, 18), 52, ""},
		{february, 53, "53/57"},
	} {
		if p.day <= on {
			steps.Points = append(steps.Points, ui.Step{Day: int(p.day), Value: p.value, Mark: p.mark})
			steps.Table.Rows = append(steps.Table.Rows, []string{r.Date(p.day), fmt.Sprintf("%d/57", p.value)})
		}
	}
	return steps
}
