package server

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

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
