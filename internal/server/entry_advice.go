package server

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// advice fills what is recommended on the indicator, its tasks, and what the
// person may make tasks from.
func (e entryShower) advice(v *view.EntryShow) {
	r := e.record
	for _, one := range r.Recommendations {
		row := recommendationRow(one, e.a, e.p)
		row.Text = tracker.Excerpt(one.Text)
		v.Recommendations = append(v.Recommendations, row)
	}
	for _, task := range r.Tasks {
		v.Tasks = append(v.Tasks, taskRow(task, e.a, r.On, e.p))
	}
	act := tracker.AdviceAct{Actor: e.actor, City: r.City, Assessment: r.Assessment, Today: r.Today}
	if v.Today && act.MayRecommend() {
		v.RecommendHref = e.a.NewRecommendation(v.Code)
	}
	for _, source := range []tracker.TaskSource{tracker.FromHand, tracker.FromObstacle, tracker.FromSolution, tracker.FromReturn} {
		if v.Today && act.MayGiveTask(source) && (source == tracker.FromHand || sourceText(r, source) != "") {
			v.TaskSources = append(v.TaskSources, ui.Link{Text: e.p.T("entry_advice.from." + string(source)), Href: e.a.NewTask(source, v.Code, 0)})
		}
	}
}
