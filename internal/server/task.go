package server

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// listTasks lists the tasks of an assessment.
func (s *Server) listTasks(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	f, status, err := taskFilter(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Tasks(r.Context(), actor, a.City, a.Assessment, f)
	var invalid *tracker.InvalidError
	if errors.As(err, &invalid) { // a department that the city does not have
		f.Department, status = "", http.StatusUnprocessableEntity
		found, err = s.Store.Tasks(r.Context(), actor, a.City, a.Assessment, f)
	}
	if err != nil {
		return err
	}
	v := view.TaskList{Page: s.cityPage(w, r, "task.title", found.City, a, "tasks"), Address: a, TextLanguage: found.City.Language,
		Chosen: f != (tracker.TaskFilter{}) && f != (tracker.TaskFilter{State: tracker.TaskOpen})}
	if status != http.StatusOK {
		v.Problem = v.P.T("task.error.filter")
	}
	v.Assessments = assessmentChoices(found.Assessments, found.Assessment, a, func(there view.Address) string {
		return there.Tasks(tracker.TaskFilter{})
	}, v.P)
	act := tracker.AdviceAct{Actor: actor, City: found.City, Assessment: found.Assessment, Today: found.Today}
	switch {
	case act.MayGiveTask(tracker.FromHand):
		v.NewHref = a.NewTask(tracker.FromHand, "", 0)
	case act.MayGiveTask(tracker.FromRecommendation):
		v.Closed = v.P.T("task.error.closed")
	}
	for _, task := range found.Rows {
		v.Rows = append(v.Rows, taskRow(task, a, found.Today, v.P))
	}
	taskFilters(&v, f, found.Departments)
	v.OlderHref, v.NewestHref = taskPages(found, f, a)
	return render(w, r, status, view.TaskListPage(v))
}

// taskFilter reads the filter like recommendationFilter.
func taskFilter(r *http.Request) (f tracker.TaskFilter, status int, err error) {
	q, status := r.URL.Query(), http.StatusOK
	if after := q.Get("after"); after != "" {
		if f.After, err = tracker.ParseDayKey(after); err != nil {
			return f, status, tracker.ErrNotFound
		}
	}
	if state := tracker.TaskState(q.Get("state")); state.Known() {
		f.State = state
	} else if state != "" {
		status = http.StatusUnprocessableEntity
	}
	switch q.Get("overdue") {
	case "yes":
		f.Overdue = true
	case "":
	default:
		status = http.StatusUnprocessableEntity
	}
	f.Department, _ = cleanText(q.Get("department"))
	return f, status, nil
}

func taskFilters(v *view.TaskList, f tracker.TaskFilter, departments []tracker.Department) {
	option := func(text string, set func(*tracker.TaskFilter)) view.FilterOption {
		to := f
		set(&to)
		current := to == f
		to.After = tracker.DayKey{}
		return view.FilterOption{Text: text, Href: v.Tasks(to), Current: current}
	}
	state := func(text string, state tracker.TaskState, overdue bool) view.FilterOption {
		return option(text, func(f *tracker.TaskFilter) { f.State, f.Overdue = state, overdue })
	}
	v.States = []view.FilterOption{
		state(v.P.T("task.state.open"), tracker.TaskOpen, false), state(v.P.T("task.overdue"), "", true),
		state(v.P.T("task.state.done"), tracker.TaskDone, false), state(v.P.T("task.state.dropped"), tracker.TaskDropped, false),
		state(v.P.T("task.state.all"), "", false),
	}
	v.Departments = []view.FilterOption{option(v.P.T("entry_list.filter.all"), func(f *tracker.TaskFilter) { f.Department = "" })}
	for _, d := range departments {
		v.Departments = append(v.Departments, option(v.P.Text(d.Name), func(f *tracker.TaskFilter) { f.Department = d.Code }))
	}
}

func taskPages(found *tracker.TaskPage, f tracker.TaskFilter, a view.Address) (later, earliest string) {
	at := f.After
	if found.Next != (tracker.DayKey{}) {
		f.After = found.Next
		later = a.Tasks(f)
	}
	if f.After = (tracker.DayKey{}); at != f.After {
		earliest = a.Tasks(f)
	}
	return later, earliest
}

func taskRow(t tracker.Task, a view.Address, today tracker.Date, p *locale.Printer) view.TaskRow {
	return view.TaskRow{Title: t.Work.Title, Href: a.Task(t.ID), State: string(t.State), DueOn: t.Work.DueOn, Overdue: t.Overdue(today),
		Department: p.Text(t.Department.Name), Assignee: t.AssigneeName, Indicators: codeLinks(t.Indicators, a)}
}

// taskRecord reads the task of the address.
func (s *Server) taskRecord(r *http.Request, actor tracker.Actor) (*tracker.TaskRecord, view.Address, error) {
	a, err := address(r)
	if err != nil {
		return nil, a, err
	}
	id, err := tracker.ParseLibraryKey(chi.URLParam(r, "task"))
	if err != nil {
		return nil, a, tracker.ErrNotFound
	}
	record, err := s.Store.Task(r.Context(), actor, a.City, id)
	if err != nil {
		return nil, a, err
	}
	return record, inAssessment(view.Address{City: a.City}, record.Assessment), nil
}

func taskActor(record *tracker.TaskRecord, actor tracker.Actor) tracker.AdviceAct {
	return tracker.AdviceAct{Actor: actor, City: record.City, Assessment: record.Assessment, Today: record.Today}
}

// showTask is the page of one task.
func (s *Server) showTask(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	record, a, err := s.taskRecord(r, actor)
	if err != nil {
		return err
	}
	t := record.Task
	v := view.TaskShow{Page: s.cityPage(w, r, "task.title", record.City, a, "tasks"), Address: a, DepartmentHref: a.Department(t.Department.Code),
		Detail: t.Work.Detail, TextLanguage: record.City.Language, Source: string(t.Source)}
	v.Title, v.Assessment, v.Row = t.Work.Title, v.P.Text(record.Assessment.Name), taskRow(t, a, record.Today, v.P)
	switch {
	case t.SourceEntry != "":
		v.SourceLink = ui.Link{Text: t.SourceEntry, Href: a.Entry(t.SourceEntry)}
	case record.Direction != "":
		v.SourceLink = ui.Link{Text: tracker.Excerpt(record.Direction), Href: a.ThreadOf(t.Direction)}
	case t.Recommendation != 0:
		v.SourceLink = ui.Link{Text: tracker.Excerpt(record.Recommendation.Text), Href: a.Recommendation(t.Recommendation)}
	}
	for _, act := range taskActor(record, actor).PossibleOn(t) {
		v.Acts = append(v.Acts, ui.Link{Text: v.P.T("task.act." + string(act)), Href: a.TaskAct(t.ID, actSegment(act))})
	}
	v.Moves = moveRows(record.Moves, record.City, a, v.P)
	return render(w, r, http.StatusOK, view.TaskShowPage(v))
}

// askToMoveTask shows the form of the act; see askToMoveRecommendation.
func (s *Server) askToMoveTask(act tracker.Action) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		record, a, err := s.taskRecord(r, actor)
		if err != nil {
			return err
		}
		if _, problem := taskActor(record, actor).MoveTask(record.Task, act, "x", 0); problem != nil {
			return redirect(w, r, a.Task(record.Task.ID), "")
		}
		v, err := s.moveTaskPage(w, r, actor, act, saidForm{})
		if err != nil {
			return err
		}
		return render(w, r, http.StatusOK, view.AdviceActPage(v))
	}
}

func (s *Server) moveTaskPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, act tracker.Action, said saidForm) (view.AdviceAct, error) {
	record, a, err := s.taskRecord(r, actor)
	if err != nil {
		return view.AdviceAct{}, err
	}
	t := record.Task
	v := view.AdviceAct{Page: s.cityPage(w, r, "task.title", record.City, a, "tasks"), Address: a, Version: t.Version,
		Text: t.Work.Title, TextLanguage: record.City.Language, Action: a.TaskAct(t.ID, actSegment(act)), Note: said.note}
	v = adviceActForm(v, act, "task")
	v.List = ui.Link{Text: v.P.T("task.title"), Href: a.Tasks(tracker.TaskFilter{State: tracker.TaskOpen})}
	v.Back = ui.Link{Text: v.P.T("task.one"), Href: a.Task(t.ID)}
	return v, s.candidates(r, actor, &v, record.Assessment.ID, t.Indicators, said.evidence, record.Today)
}

// moveTask does the act.
func (s *Server) moveTask(act tracker.Action) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		f, err := readForm(r)
		if err != nil {
			return err
		}
		ref, err := taskRef(r, f.version())
		if err != nil {
			return err
		}
		said := readSaid(f)
		if !infoOf(r).resumed {
			if err = f.refused(); err == nil {
				err = s.Store.MoveTask(r.Context(), actor, ref, act, said.note, said.evidence)
			}
			if err == nil {
				return redirect(w, r, view.Address{City: ref.City}.Task(ref.ID), "notice.task_moved")
			}
		}
		v, failed := s.moveTaskPage(w, r, actor, act, said)
		if failed != nil {
			return failed
		}
		return showActAgain(w, r, v, said.version, err)
	}
}

// taskRef names the task of a request, at the version that its form carried.
func taskRef(r *http.Request, version int) (postgres.TaskRef, error) {
	a, err := address(r)
	if err != nil {
		return postgres.TaskRef{}, err
	}
	id, err := tracker.ParseLibraryKey(chi.URLParam(r, "task"))
	if err != nil {
		return postgres.TaskRef{}, tracker.ErrNotFound
	}
	return postgres.TaskRef{City: a.City, ID: id, Version: version}, nil
}
