package server

import (
	"fmt"
	"slices"
	"strconv"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// trend draws the achieved indicators from the opening to the day, with the
// published milestones marked. The points may go on after the day.
func trend(o *tracker.Overview, points []tracker.Point, on tracker.Date, p *locale.Printer) ui.Steps {
	last := max(on, o.Assessment.OpenedOn)
	for points[len(points)-1].On > last { // the first is of the opening
		points = points[:len(points)-1]
	}
	// Past the last recorded day the line would only be flat.
	if data := tracker.DataTo(o.History, on); !data.IsZero() && on.Sub(data) > 60 {
		last = data
	}
	total := o.Total()
	steps := ui.Steps{
		ID: "trend", Title: p.T("overview.trend.title"),
		Desc: p.T("overview.trend.description", "first", p.Date(points[0].On), "last", p.Date(last),
			"achieved", points[len(points)-1].Achieved, "total", total),
		From: int(o.Assessment.OpenedOn), To: int(last), Total: total,
		Points: markedSteps(points, o.Milestones, last, total),
		Ticks:  ui.MonthTicks(int(o.Assessment.OpenedOn), int(last), p.Month),
	}
	steps.Table = ui.Table{
		Summary: p.T("overview.trend.table"), Caption: p.T("overview.trend.title"),
		Head: []string{p.T("overview.trend.day"), p.T("overview.trend.achieved")},
	}
	for _, point := range points {
		steps.Table.Rows = append(steps.Table.Rows, []string{p.Date(point.On), fmt.Sprintf("%d/%d", point.Achieved, total)})
	}
	return steps
}

// markedSteps marks the count on the days of the milestones, and at the end.
func markedSteps(points []tracker.Point, milestones []tracker.Milestone, last tracker.Date, total int) []ui.Step {
	marks := map[tracker.Date]bool{last: true}
	for _, m := range milestones {
		if m.Published && m.HeldOn < last {
			marks[m.HeldOn] = true
		}
	}
	var steps []ui.Step
	for _, day := range stepDays(points, marks) {
		step := ui.Step{Day: int(day), Value: tracker.AchievedOn(points, day)}
		if marks[day] {
			step.Mark = strconv.Itoa(step.Value) + "/" + strconv.Itoa(total)
		}
		steps = append(steps, step)
	}
	return steps
}

// stepDays are the days of the points and of the marks after the first, each
// once and in order.
func stepDays(points []tracker.Point, marks map[tracker.Date]bool) []tracker.Date {
	var days []tracker.Date
	for _, p := range points {
		days = append(days, p.On)
	}
	for day := range marks {
		if day >= points[0].On {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}
