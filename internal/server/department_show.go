package server

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// showDepartment is the page of all that a department has in hand.
func (s *Server) showDepartment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	record, err := s.Store.DepartmentRecord(r.Context(), actor, a.City, chi.URLParam(r, "code"), a.Assessment)
	if err != nil {
		return err
	}
	d := record.Department
	v := view.DepartmentShow{Page: s.cityPage(w, r, "department_list.title", record.City, a, "tasks"), Address: a, Code: d.Code,
		RetiredOn: d.RetiredOn, TextLanguage: record.City.Language, EntriesHref: a.List(tracker.Filter{Department: d.Code}),
		TasksHref: a.Tasks(tracker.TaskFilter{Department: d.Code})}
	v.Name = v.P.Text(d.Name)
	v.Title, v.Assessment = v.Name, v.P.Text(record.Assessment.Name)
	v.Assessments = assessmentChoices(record.Assessments, record.Assessment, a, func(there view.Address) string { return there.Department(d.Code) }, v.P)
	act := tracker.AdviceAct{Actor: actor, City: record.City, Assessment: record.Assessment, Today: record.Today}
	fillDepartment(&v, record, act.MayGiveTask(tracker.FromReturn))
	return render(w, r, http.StatusOK, view.DepartmentShowPage(v))
}

func fillDepartment(v *view.DepartmentShow, record *tracker.DepartmentRecord, givesTasks bool) {
	a, needsReview := v.Address, record.Assessment.NeedsReview
	for _, e := range record.Returned() {
		i := e.Place.Indicator
		row := view.ReturnedRow{Code: i.Code, Title: v.P.Text(i.Title), Href: a.Entry(i.Code), Reason: e.Returned.Note, By: e.Returned.RecordedBy, On: e.Returned.EffectiveOn}
		if givesTasks {
			row.TaskHref = a.NewTask(tracker.FromReturn, i.Code, 0)
		}
		v.Returned = append(v.Returned, row)
	}
	for _, t := range record.Tasks {
		v.Tasks = append(v.Tasks, taskRow(t, a, record.Today, v.P))
	}
	for _, e := range record.Entries {
		v.Entries = append(v.Entries, view.ListRow{Cell: cell(e.Row, a, needsReview, v.P), Assignee: e.Entry.Assignee.Name, DueOn: e.Entry.DueOn,
			Overdue: e.Overdue(record.Today, needsReview)})
	}
	for _, item := range record.Missing {
		v.Missing = append(v.Missing, missingRow(item, a, v.P))
	}
	for _, e := range record.Expiring {
		v.Expiring = append(v.Expiring, evidenceRow(e, record.Today, a, v.P))
	}
}
