package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func (w *town) taskNow(t testing.TB, id int64) *tracker.TaskRecord {
	t.Helper()
	record, err := w.store.Task(t.Context(), w.leader, w.slug, id)
	must(t, err)
	return record
}

func TestGiveTask(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	recommendation := w.recommend(t, w.expert(t, "giver"), true)
	direction := w.begin(t, w.leader, w.onEntry(measured), directed(today+7, "Hoàn thành trước ngày khảo sát")).ID
	work := tracker.TaskWork{Title: "Lập kế hoạch", Detail: "Theo ý kiến\nthẩm định", Department: "CUL", DueOn: today}
	for n, tt := range []struct {
		n    postgres.NewTask
		want string
	}{
		{postgres.NewTask{Work: work, Source: tracker.FromHand}, "hand  0 []"},
		{postgres.NewTask{Work: work, Source: tracker.FromReturn, SourceEntry: measured, Indicators: []string{described, measured}}, "return 1.1.1 0 [1.1.1 4.5.2]"},
		{postgres.NewTask{Work: work, Source: tracker.FromObstacle, SourceEntry: described}, "obstacle 4.5.2 0 []"},
		{postgres.NewTask{Work: work, Source: tracker.FromSolution, SourceEntry: described}, "solution 4.5.2 0 []"},
		{postgres.NewTask{Work: work, Source: tracker.FromRecommendation, Recommendation: recommendation}, "recommendation  1 []"},
		{postgres.NewTask{Work: work, Source: tracker.FromDirection, Direction: direction, Indicators: []string{measured}}, "direction  0 [1.1.1]"},
	} {
		tt.n.Work.Assignee = []int64{0, w.staff.AccountID}[n%2]
		id, err := w.store.GiveTask(ctx, w.coordinator, w.slug, 1, tt.n)
		must(t, err)
		r := w.taskNow(t, id)
		task := r.Task
		if got := fmt.Sprint(task.Source, " ", task.SourceEntry, " ", task.Recommendation, " ", task.Indicators); got != tt.want {
			t.Errorf("it is of %s, want %s", got, tt.want)
		}
		if task.Work != tt.n.Work || task.State != tracker.TaskOpen || task.Version != 1 || task.CreatedBy != w.coordinator.AccountID ||
			task.Department.ID != 1 || task.Department.Code != "CUL" || task.Department.Name != (tracker.Text{VI: "Sở CUL", EN: "Department CUL"}) ||
			task.AssigneeName != []string{"", "staff of ha-long"}[n%2] || r.Assessment.Number != 1 || r.Framework == nil || r.Today != today || r.City.Slug != w.slug {
			t.Errorf("it is %+v", r)
		}
		if r.Recommendation.ID != task.Recommendation || (r.Recommendation.Text == "") != (task.Recommendation == 0) {
			t.Errorf("made from %+v", r.Recommendation)
		}
		if from := task.Source == tracker.FromDirection; from != (task.Direction == direction) || from != (r.Direction == "Hoàn thành trước ngày khảo sát") {
			t.Errorf("made from the direction %d %q", task.Direction, r.Direction)
		}
		if got, want := moves(r.Moves), []string{"1 give_task >open [] 2025-03-10 coordinator"}; !slices.Equal(got, want) {
			t.Errorf("history %q", got)
		}
	}
	if told := w.told(t, w.staff); len(told) != 7 { // of the direction, too
		t.Errorf("staff were told %q", told)
	}
}

func TestGiveTaskRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	ctx := t.Context()
	theirs := hue.recommend(t, hue.expert(t, "giver"), true)
	elsewhere := hue.begin(t, hue.leader, hue.onEntry(measured), directed(today, "x")).ID
	question := w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x")).ID
	direction := w.begin(t, w.leader, w.onEntry(measured), directed(today, "x")).ID
	must(t, w.store.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "OLD", Name: tracker.Text{VI: "x", EN: "x"}}))
	must(t, w.store.RetireDepartment(ctx, w.coordinator, w.slug, "OLD", 1, tracker.Retirement{}))
	before := fingerprint(t, db)
	good := postgres.NewTask{Work: tracker.TaskWork{Title: "x", Department: "CUL", DueOn: today}, Source: tracker.FromHand}
	with := func(change func(*postgres.NewTask)) postgres.NewTask {
		n := good
		change(&n)
		return n
	}
	for what, tt := range map[string]struct {
		by   tracker.Actor
		n    postgres.NewTask
		want error
	}{
		"by staff":                     {w.staff, good, tracker.ErrForbidden},
		"by an expert's city's leader": {hue.coordinator, good, tracker.ErrNotFound},
		"no title":                     {w.coordinator, with(func(n *postgres.NewTask) { n.Work.Title = " " }), tracker.Invalid("title", "task_title_is_text")},
		"an unknown department":        {w.coordinator, with(func(n *postgres.NewTask) { n.Work.Department = "XYZ" }), tracker.Invalid("department", "department.error.unknown")},
		"a retired department":         {w.coordinator, with(func(n *postgres.NewTask) { n.Work.Department = "OLD" }), tracker.Invalid("department", "department.error.unknown")},
		"somebody elsewhere":           {w.coordinator, with(func(n *postgres.NewTask) { n.Work.Assignee = w.other.AccountID }), tracker.Invalid("assignee", "task.error.assignee")},
		"nobody's staff":               {w.coordinator, with(func(n *postgres.NewTask) { n.Work.Assignee = w.leader.AccountID }), tracker.Invalid("assignee", "task.error.assignee")},
		"an unknown indicator":         {w.coordinator, with(func(n *postgres.NewTask) { n.Indicators = []string{"9"} }), tracker.Invalid("indicators", "recommendation.error.indicators")},
		"an unknown source":            {w.coordinator, with(func(n *postgres.NewTask) { n.Source = "dream" }), tracker.ErrNotFound},
		"a direction without a thread": {w.coordinator, with(func(n *postgres.NewTask) { n.Source = tracker.FromDirection }), tracker.ErrNotFound},
		"a question as a direction": {w.coordinator, with(func(n *postgres.NewTask) {
			n.Source, n.Direction = tracker.FromDirection, question
		}), tracker.ErrNotFound},
		"another city's direction": {w.coordinator, with(func(n *postgres.NewTask) {
			n.Source, n.Direction = tracker.FromDirection, elsewhere
		}), tracker.ErrNotFound},
		"by hand from a direction":   {w.coordinator, with(func(n *postgres.NewTask) { n.Direction = direction }), tracker.ErrNotFound},
		"a source without its entry": {w.coordinator, with(func(n *postgres.NewTask) { n.Source = tracker.FromReturn }), tracker.ErrNotFound},
		"by hand from a recommendation": {w.coordinator, with(func(n *postgres.NewTask) {
			n.Recommendation = theirs
		}), tracker.ErrNotFound},
		"another city's recommendation": {w.coordinator, with(func(n *postgres.NewTask) {
			n.Source, n.Recommendation = tracker.FromRecommendation, theirs
		}), tracker.ErrNotFound},
	} {
		if _, err := w.store.GiveTask(ctx, tt.by, w.slug, 0, tt.n); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	if _, err := w.store.GiveTask(ctx, w.coordinator, w.slug, 9, good); !same(err, tracker.ErrNotFound) {
		t.Errorf("in no assessment: %v", err)
	}
	if _, err := w.store.Task(ctx, w.leader, w.slug, 99); !same(err, tracker.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestTaskMoves: done, reopened, changed and dropped, with who is told.
func TestTaskMoves(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	id, evidence := w.tasking(t, 0, "CUL", 0), w.add(t, decree("a"))
	ref := w.taskRef(t, id)
	stale := ref
	stale.Version = 9
	if err := w.store.MoveTask(ctx, w.staff, stale, tracker.CompleteTask, "", nil); !same(err, tracker.ErrConflict) {
		t.Errorf("on another version: %v", err)
	}
	if err := w.store.MoveTask(ctx, w.other, ref, tracker.CompleteTask, "x", nil); !same(err, tracker.ErrForbidden) {
		t.Errorf("by another department: %v", err)
	}
	must(t, w.store.MoveTask(ctx, w.staff, ref, tracker.CompleteTask, "", []int64{evidence}))
	must(t, w.store.MoveTask(ctx, w.coordinator, w.taskRef(t, id), tracker.ReopenTask, "Thiếu phụ lục", nil))
	to := tracker.TaskWork{Title: "Việc khác", Department: "EDU", Assignee: w.other.AccountID, DueOn: dueOn + 1}
	since := len(w.acts(t, 0))
	if err := w.store.ChangeTask(ctx, w.coordinator, stale, to); !same(err, tracker.ErrConflict) {
		t.Errorf("changed on another version: %v", err)
	}
	wrong := to
	wrong.Assignee = w.staff.AccountID
	if err := w.store.ChangeTask(ctx, w.coordinator, w.taskRef(t, id), wrong); !same(err, tracker.Invalid("assignee", "task.error.assignee")) {
		t.Errorf("to somebody elsewhere: %v", err)
	}
	must(t, w.store.ChangeTask(ctx, w.coordinator, w.taskRef(t, id), to))
	must(t, w.store.MoveTask(ctx, w.coordinator, w.taskRef(t, id), tracker.DropTask, "Không còn cần", nil))
	r := w.taskNow(t, id)
	if r.Task.Work != to || r.Task.State != tracker.TaskDropped || r.Task.Version != 5 {
		t.Errorf("it is %+v", r.Task)
	}
	want := []string{"5 drop_task open>dropped [Không còn cần] 2025-03-10 coordinator", "4 change_task open>open [] 2025-03-10 coordinator",
		"3 reopen_task done>open [Thiếu phụ lục] 2025-03-10 coordinator", "2 complete_task open>done [] 2025-03-10 staff #1 Quyết định a false",
		"1 give_task >open [] 2025-03-10 coordinator"}
	if got := moves(r.Moves); !slices.Equal(got, want) {
		t.Errorf("history\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := w.acts(t, since); len(got) != 2 || !strings.HasPrefix(got[0], `change_task task 1 coordinator {"title": "Kết nối thư viện"`) ||
		!strings.Contains(got[0], `> {"title": "Việc khác", "detail": "", "due_on": "2025-07-01"`) {
		t.Errorf("recorded is %q", got)
	}
	for _, tt := range []struct {
		who  tracker.Actor
		want []string
	}{
		{w.staff, []string{"task_given ha-long coordinator of ha-long false", "task_given ha-long coordinator of ha-long false"}},
		{w.other, []string{"task_given ha-long coordinator of ha-long false"}},
		{w.coordinator, []string{"task_done ha-long staff of ha-long false"}},
	} {
		if got := w.told(t, tt.who); !slices.Equal(got, tt.want) {
			t.Errorf("%s was told %q, want %q", tt.who.Name, got, tt.want)
		}
	}
}

func TestTasks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx := t.Context()
	list := func(f tracker.TaskFilter) (ids []int64, page *tracker.TaskPage) {
		page, err := w.store.Tasks(ctx, w.leader, w.slug, 0, f)
		must(t, err)
		for _, one := range page.Rows {
			ids = append(ids, one.ID)
		}
		return ids, page
	}
	a, b, c := w.tasking(t, 0, "CUL", 0), w.tasking(t, 0, "EDU", 0), w.tasking(t, 0, "CUL", 0)
	must(t, w.store.MoveTask(ctx, w.staff, w.taskRef(t, c), tracker.CompleteTask, "x", nil))
	db.Exec(t, `UPDATE task SET due_on = $2 WHERE id = ANY ($1)`, []int64{b, c}, (today - 1).Time())
	for _, tt := range []struct {
		f    tracker.TaskFilter
		want []int64
	}{
		{tracker.TaskFilter{}, []int64{b, c, a}},
		{tracker.TaskFilter{State: tracker.TaskOpen}, []int64{b, a}},
		{tracker.TaskFilter{Overdue: true}, []int64{b}},
		{tracker.TaskFilter{Department: "CUL"}, []int64{c, a}},
		{tracker.TaskFilter{Department: "CUL", State: tracker.TaskDropped}, nil},
		{tracker.TaskFilter{After: tracker.DayKey{On: today - 1, ID: b}}, []int64{c, a}},
	} {
		if ids, page := list(tt.f); !slices.Equal(ids, tt.want) || len(page.Departments) != 2 || page.Next != (tracker.DayKey{}) {
			t.Errorf("%+v chooses %v, want %v", tt.f, ids, tt.want)
		}
	}
	if _, err := w.store.Tasks(ctx, w.leader, w.slug, 0, tracker.TaskFilter{Department: "XYZ"}); !same(err, tracker.Invalid("department", "department.error.unknown")) {
		t.Errorf("an unknown department: %v", err)
	}
	db.Exec(t, `INSERT INTO task (city_id, assessment_id, department_id, title, detail, due_on, source, state, version, created_by)
		SELECT city_id, assessment_id, department_id, title, detail, due_on + n / 7, source, state, version, created_by
		FROM task, generate_series(1, 60) n WHERE id = $1`, a)
	first, page := list(tracker.TaskFilter{})
	rest, last := list(tracker.TaskFilter{After: page.Next})
	if all := slices.Concat(first, rest); len(first) != 50 || len(all) != 63 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 63 || last.Next != (tracker.DayKey{}) {
		t.Errorf("pages of %d and %d", len(first), len(rest))
	}
	empty := emptyTown(t, db, "hue")
	got, err := empty.store.Tasks(ctx, empty.leader, empty.slug, 0, tracker.TaskFilter{})
	must(t, err)
	if got.Assessment.ID != 0 || len(got.Rows) != 0 {
		t.Errorf("without an assessment: %+v", got)
	}
	if _, err := w.store.Tasks(ctx, empty.leader, w.slug, 0, tracker.TaskFilter{}); !same(err, tracker.ErrNotFound) {
		t.Errorf("read by another city's: %v", err)
	}
}

// TestTasksOfARetiredDepartment go to its common successor, those that are open.
func TestTasksOfARetiredDepartment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	open, done := w.tasking(t, 0, "CUL", w.staff.AccountID), w.tasking(t, 0, "CUL", 0)
	must(t, w.store.MoveTask(ctx, w.staff, w.taskRef(t, done), tracker.CompleteTask, "x", nil))
	c, err := w.store.Departments(ctx, w.coordinator, w.slug)
	must(t, err)
	if c.All[0].Code != "CUL" || c.All[0].Tasks != 1 || c.All[1].Tasks != 0 {
		t.Errorf("departments %+v", c.All)
	}
	entries := map[tracker.EntryKey]string{{Assessment: 1, Indicator: measured}: "EDU", {Assessment: 1, Indicator: described}: "EDU"}
	err = w.store.RetireDepartment(ctx, w.coordinator, w.slug, "CUL", 1, tracker.Retirement{Entries: entries, People: "EDU"})
	if !same(err, tracker.Invalid("successor", "department.error.no_successor")) {
		t.Errorf("nobody takes the tasks over: %v", err)
	}
	must(t, w.store.RetireDepartment(ctx, w.coordinator, w.slug, "CUL", 1, tracker.Retirement{Successor: "EDU"}))
	if r := w.taskNow(t, open); r.Task.Department.Code != "EDU" || r.Task.Work.Assignee != 0 || r.Task.Version != 2 || moves(r.Moves)[0] != "2 change_task open>open [] 2025-03-10 coordinator" {
		t.Errorf("the open one is %+v", r)
	}
	if r := w.taskNow(t, done); r.Task.Department.Code != "CUL" || r.Task.Version != 2 {
		t.Errorf("the one that was done is %+v", r.Task)
	}
}
