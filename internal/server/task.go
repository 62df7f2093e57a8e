package server

import (
	"errors"
	"net/http"
	"slices"
	"strings"

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

// taskSource is what a new task is made from, as the address or the form names
// it.
type taskSource struct {
	source         tracker.TaskSource
	entry          string // code of the indicator
	recommendation int64
	direction      int64 // id of the thread
}

func readSource(get func(string) string) (taskSource, error) {
	from := taskSource{source: tracker.TaskSource(get("source"))}
	if from.source == "" {
		from.source = tracker.FromHand
	}
	if !slices.Contains(tracker.TaskSources, from.source) {
		return from, tracker.ErrNotFound
	}
	if from.source.OfEntry() {
		from.entry, _ = cleanText(get("indicator"))
	}
	var err error
	switch from.source {
	case tracker.FromRecommendation:
		from.recommendation, err = tracker.ParseLibraryKey(get("recommendation"))
	case tracker.FromDirection:
		from.direction, err = tracker.ParseLibraryKey(get("direction"))
	}
	if err != nil {
		return from, tracker.ErrNotFound
	}
	return from, nil
}

// newTask shows the form, filled in from what the task is made from.
func (s *Server) newTask(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	from, err := readSource(r.URL.Query().Get)
	if err != nil {
		return err
	}
	filled, codes, err := s.fillTask(r, actor, from)
	if err != nil {
		return err
	}
	v, now, err := s.taskPage(w, r, actor, from, codes)
	if err != nil {
		return err
	}
	if !now { // the page that leads here says why
		return redirect(w, r, v.Back, "")
	}
	v.Form = filled
	return render(w, r, http.StatusOK, view.TaskEditPage(v))
}

// fillTask is what the form says before anybody types: the source's own words,
// and of an entry the department and the due date.
func (s *Server) fillTask(r *http.Request, actor tracker.Actor, from taskSource) (view.TaskForm, []string, error) {
	filled := view.TaskForm{Source: string(from.source), SourceEntry: from.entry, Recommendation: formatID(from.recommendation), Direction: formatID(from.direction)}
	a, err := address(r)
	if err != nil {
		return filled, nil, err
	}
	code, _ := cleanText(r.URL.Query().Get("indicator"))
	switch {
	case from.direction != 0:
		return s.fillFromDirection(r, actor, a, filled, from.direction)
	case from.recommendation != 0:
		record, err := s.Store.Recommendation(r.Context(), actor, a.City, from.recommendation)
		if err != nil {
			return filled, nil, err
		}
		filled.Title, filled.Detail = tracker.Excerpt(record.Recommendation.Text), record.Recommendation.Text
		return filled, record.Recommendation.Indicators, nil
	case code != "":
		record, err := s.Store.EntryRecord(r.Context(), actor, postgres.EntryRef{City: a.City, Assessment: a.Assessment, Indicator: code}, 0)
		if err != nil {
			return filled, nil, err
		}
		filled.Detail = sourceText(record, from.source)
		firstLine, _, _ := strings.Cut(filled.Detail, "\n")
		filled.Title, filled.Department = tracker.Excerpt(firstLine), record.Department.Code
		if record.Entry.DueOn >= record.Today {
			filled.DueOn = record.Entry.DueOn.String()
		}
		return filled, []string{code}, nil
	}
	return filled, nil, nil
}

// fillFromDirection: what a leader asks for is to be done by the entry's
// department until the day that the direction names.
func (s *Server) fillFromDirection(r *http.Request, actor tracker.Actor, a view.Address, filled view.TaskForm, id int64) (view.TaskForm, []string, error) {
	record, err := s.Store.Thread(r.Context(), actor, a.City, id)
	if err != nil {
		return filled, nil, err
	}
	t := record.Thread
	if t.Kind != tracker.DirectionThread {
		return filled, nil, tracker.ErrNotFound
	}
	filled.Title, filled.Detail, filled.Department = tracker.Excerpt(t.Comments[0].Text), t.Comments[0].Text, t.On.Department.Code
	if t.DueOn >= record.Today {
		filled.DueOn = t.DueOn.String()
	}
	return filled, []string{t.On.Indicator}, nil
}

// sourceText is what the entry says where a task is made from it.
func sourceText(record *tracker.EntryRecord, source tracker.TaskSource) string {
	switch source {
	case tracker.FromObstacle:
		return record.Narrative.Obstacles
	case tracker.FromSolution:
		return record.Narrative.Solution
	case tracker.FromReturn:
		return lastReturn(record)
	}
	return ""
}

// lastReturn is why the entry was returned last; empty for never.
func lastReturn(record *tracker.EntryRecord) string {
	for _, change := range slices.Backward(record.Changes) {
		if change.Act == tracker.Return {
			return change.Note
		}
	}
	return ""
}

// taskPage is the form of a new task, empty, and whether one may be given now.
func (s *Server) taskPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, from taskSource, codes []string) (view.TaskEdit, bool, error) {
	var v view.TaskEdit
	a, err := address(r)
	if err != nil {
		return v, false, err
	}
	o, err := s.Store.OverviewWithPeople(r.Context(), actor, a.City, a.Assessment, 0)
	if err != nil {
		return v, false, err
	}
	if err := actor.Allowed(tracker.GiveTask, o.City, 0, o.Today); err != nil {
		return v, false, err
	}
	if o.Assessment.ID == 0 {
		return v, false, tracker.ErrNotFound // there is nothing to do yet
	}
	v = s.taskForm(w, r, o, a, "task.new")
	v.New, v.Action, v.Back = true, inAssessment(a, o.Assessment).NewTask(tracker.FromHand, "", 0), a.Tasks(tracker.TaskFilter{State: tracker.TaskOpen})
	v.Areas = pickAreas(o.Framework, codes, v.P)
	if from.source.OfEntry() {
		v.From, v.Back = v.P.T("task.source."+string(from.source))+" "+from.entry, a.Entry(from.entry)
	}
	if from.recommendation != 0 {
		v.From, v.Back = v.P.T("task.source.recommendation"), a.Recommendation(from.recommendation)
	}
	if from.direction != 0 {
		v.From, v.Back = v.P.T("task.source.direction"), a.ThreadOf(from.direction)
	}
	act := tracker.AdviceAct{Actor: actor, City: o.City, Assessment: o.Assessment, Today: o.Today}
	return v, act.MayGiveTask(from.source), nil
}

// taskForm begins the form of a task.
func (s *Server) taskForm(w http.ResponseWriter, r *http.Request, o *tracker.Overview, a view.Address, title string) view.TaskEdit {
	v := view.TaskEdit{Page: s.cityPage(w, r, title, o.City, a, "tasks"), Address: a, TextLanguage: o.City.Language, Errors: view.Errors{}}
	v.Departments = []ui.Option{{Value: "", Label: v.P.T("task.department.choose")}}
	for _, d := range o.Departments {
		if d.RetiredOn.IsZero() {
			v.Departments = append(v.Departments, ui.Option{Value: d.Code, Label: v.P.Text(d.Name)})
		}
	}
	v.Assignees = append([]ui.Option{{Value: "", Label: v.P.T("task.assignee.none")}}, staffChoices(o, v.P)...)
	return v
}

func readTask(f *form) (view.TaskForm, tracker.TaskWork, error) {
	t := view.TaskForm{Title: f.text("title"), Detail: f.text("detail"), Department: f.text("department"), Assignee: f.text("assignee"),
		DueOn: f.text("due_on"), Source: f.text("source"), SourceEntry: f.text("indicator"), Recommendation: f.text("recommendation"), Direction: f.text("direction")}
	day, err := readDay("due_on", t.DueOn)
	work := tracker.TaskWork{Title: t.Title, Detail: t.Detail, Department: t.Department, DueOn: day}
	if t.Assignee != "" {
		id, ok := parseID(t.Assignee)
		if work.Assignee = id; !ok {
			err = tracker.Together(err, tracker.Invalid("assignee", "task.error.assignee"))
		}
	}
	return t, work, tracker.Together(err, f.refused())
}

// giveTask gives the task to a department.
func (s *Server) giveTask(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	from, err := readSource(f.r.PostForm.Get)
	if err != nil {
		return err
	}
	codes := readCodes(f)
	typed, work, err := readTask(f)
	if !infoOf(r).resumed {
		var id int64
		if err == nil {
			id, err = s.Store.GiveTask(r.Context(), actor, a.City, a.Assessment, postgres.NewTask{Work: work, Source: from.source,
				SourceEntry: from.entry, Recommendation: from.recommendation, Direction: from.direction, Indicators: codes})
		}
		if err == nil {
			return redirect(w, r, a.Task(id), "notice.task_given")
		}
	} else {
		err = nil
	}
	v, _, failed := s.taskPage(w, r, actor, from, codes)
	if failed != nil {
		return failed
	}
	return showTaskAgain(w, r, v, typed, 0, err)
}

// showTaskAgain shows the form as it was typed, like showActAgain.
func showTaskAgain(w http.ResponseWriter, r *http.Request, v view.TaskEdit, typed view.TaskForm, version int, cause error) error {
	v.Form = typed
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.TaskEditPage(v))
	}
	v.Version = version
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.TaskEditPage(v))
}

// editTask shows the form of a task as it is; see askToMoveTask.
func (s *Server) editTask(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	record, a, err := s.taskRecord(r, actor)
	if err != nil {
		return err
	}
	if _, problem := taskActor(record, actor).MoveTask(record.Task, tracker.ChangeTask, "", 0); problem != nil {
		return redirect(w, r, a.Task(record.Task.ID), "")
	}
	v, err := s.changeTaskPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.TaskEditPage(v))
}

func (s *Server) changeTaskPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.TaskEdit, error) {
	record, a, err := s.taskRecord(r, actor)
	if err != nil {
		return view.TaskEdit{}, err
	}
	o, err := s.Store.OverviewWithPeople(r.Context(), actor, a.City, a.Assessment, 0)
	if err != nil {
		return view.TaskEdit{}, err
	}
	t := record.Task
	v := s.taskForm(w, r, o, a, "task.act.change_task")
	v.Action, v.Back, v.Version = a.TaskAct(t.ID, "change"), a.Task(t.ID), t.Version
	v.Form = view.TaskForm{Title: t.Work.Title, Detail: t.Work.Detail, Department: t.Work.Department, Assignee: formatID(t.Work.Assignee), DueOn: t.Work.DueOn.String()}
	return v, nil
}

// changeTask replaces what the task asks for.
func (s *Server) changeTask(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ref, err := taskRef(r, f.version())
	if err != nil {
		return err
	}
	typed, work, err := readTask(f)
	if !infoOf(r).resumed {
		if err == nil {
			err = s.Store.ChangeTask(r.Context(), actor, ref, work)
		}
		if err == nil {
			return redirect(w, r, view.Address{City: ref.City}.Task(ref.ID), "notice.task_changed")
		}
	} else {
		err = nil
	}
	v, failed := s.changeTaskPage(w, r, actor)
	if failed != nil {
		return failed
	}
	return showTaskAgain(w, r, v, typed, ref.Version, err)
}
