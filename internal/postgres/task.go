package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// NewTask is what a coordinator asks a department to do.
type NewTask struct {
	Work           tracker.TaskWork
	Source         tracker.TaskSource
	SourceEntry    string // code of the indicator, where the source is an entry
	Recommendation int64  // where it is the source
	Direction      int64  // id of the thread, where it is the source
	Indicators     []string
}

// TaskRef names a task and the version that a form carried.
type TaskRef struct {
	City    string // slug
	ID      int64
	Version int
}

// GiveTask gives a task in the assessment (0: the current one) and returns its
// id. What it was made from must be of the same assessment. A department, an
// indicator or a person that cannot be chosen answers as *InvalidError.
func (s *Store) GiveTask(ctx context.Context, actor tracker.Actor, slug string, assessment int, n NewTask) (int64, error) {
	var id int64
	err := s.inCity(ctx, actor, slug, tracker.GiveTask, func(tx *cityTx) error {
		a, err := tx.holdAssessment(ctx, assessment)
		if err != nil {
			return err
		}
		if err := tx.adviceAct(a).GiveTask(n.Work, n.Source); err != nil {
			return err
		}
		department, err := tx.takers(ctx, n.Work)
		if err != nil {
			return err
		}
		id, err = tx.insertTask(ctx, a, n, department)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// takers is the department's id, once it may have the task and the person may
// be in charge.
func (tx *cityTx) takers(ctx context.Context, w tracker.TaskWork) (int64, error) {
	department, err := tx.department(ctx, w.Department)
	if err != nil || w.Assignee == 0 {
		return department, err
	}
	people, err := tx.people(ctx)
	if err != nil {
		return 0, err
	}
	return department, people.MayDo(w.Assignee, w.Department)
}

func (tx *cityTx) insertTask(ctx context.Context, a tracker.Assessment, n NewTask, department int64) (int64, error) {
	entries, err := tx.entriesOf(ctx, a, n.Indicators)
	if err != nil {
		return 0, err
	}
	source, err := tx.sourceEntry(ctx, a, n)
	if err != nil {
		return 0, err
	}
	var id int64
	w := n.Work
	err = tx.QueryRow(ctx, `
		INSERT INTO task (city_id, assessment_id, department_id, assignee_id, title, detail, due_on, source, source_entry_id,
		                  recommendation_id, direction_id, state, version, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', 1, $12) RETURNING id`,
		tx.city.ID, a.ID, department, nullID(w.Assignee), w.Title, w.Detail, w.DueOn, string(n.Source), nullID(source),
		nullID(n.Recommendation), nullID(n.Direction), tx.actor.AccountID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert task: %w", err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO task_entry (task_id, entry_id, city_id, assessment_id) SELECT $1, unnest($2::bigint[]), $3, $4`,
		id, entries, tx.city.ID, a.ID)
	queueMove(tx, batch, taskMoves, id, tracker.Move[tracker.TaskState]{Version: 1, Act: tracker.GiveTask, To: tracker.TaskOpen})
	tx.queueAdviceNotice(batch, tracker.TaskWasGiven, aboutAdvice{task: id, text: w.Title},
		told{role: tracker.Staff, department: department, account: w.Assignee})
	after := workRecord(w)
	after["source"], after["indicators"] = string(n.Source), strings.Join(n.Indicators, ", ")
	return id, tx.sendAdvice(ctx, batch, record{act: string(tracker.GiveTask), subject: taskSubject(id), after: after})
}

// sourceEntry is the id of the entry that the task is made from; a recommendation
// or a direction is found by its key.
func (tx *cityTx) sourceEntry(ctx context.Context, a tracker.Assessment, n NewTask) (int64, error) {
	switch {
	case !slices.Contains(tracker.TaskSources, n.Source), n.Source.OfEntry() != (n.SourceEntry != ""),
		(n.Source == tracker.FromRecommendation) != (n.Recommendation != 0), (n.Source == tracker.FromDirection) != (n.Direction != 0):
		return 0, tracker.ErrNotFound
	case n.Source.OfEntry():
		ids, err := tx.entriesOf(ctx, a, []string{n.SourceEntry})
		if err != nil {
			return 0, err
		}
		return ids[0], nil
	case n.Source == tracker.FromRecommendation:
		return 0, tx.sourceThere(ctx, `recommendation WHERE`, a, n.Recommendation)
	case n.Source == tracker.FromDirection:
		return 0, tx.sourceThere(ctx, `thread WHERE kind = 'direction' AND`, a, n.Direction)
	}
	return 0, nil
}

// sourceThere is nil where the assessment has a row with the id among those.
func (tx *cityTx) sourceThere(ctx context.Context, among string, a tracker.Assessment, id int64) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+among+` city_id = $1 AND assessment_id = $2 AND id = $3)`, tx.city.ID, a.ID, id).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for what a task is made from: %w", err)
	}
	if !there {
		return tracker.ErrNotFound
	}
	return nil
}

func taskSubject(id int64) string { return "task " + strconv.FormatInt(id, 10) }

// workRecord is what the audit keeps of what a task asks for.
func workRecord(w tracker.TaskWork) map[string]string {
	return map[string]string{"title": w.Title, "detail": w.Detail, "department": w.Department, "due_on": w.DueOn.String(),
		"assignee": assigneeText(w.Assignee)}
}

func assigneeText(account int64) string {
	if account == 0 {
		return ""
	}
	return strconv.FormatInt(account, 10)
}

// ChangeTask replaces what the task asks for, and tells who has it now. It
// answers ErrConflict when the task is no longer at the version that the form
// carried, else like GiveTask.
func (s *Store) ChangeTask(ctx context.Context, actor tracker.Actor, ref TaskRef, to tracker.TaskWork) error {
	return s.inCity(ctx, actor, ref.City, tracker.ChangeTask, func(tx *cityTx) error {
		t, a, err := tx.lockTask(ctx, ref.ID)
		if err != nil {
			return err
		}
		err = tx.adviceAct(a).ChangeTask(t, to)
		if err := firstOf(err, ref.Version, t.Version); err != nil {
			return err
		}
		department, err := tx.takers(ctx, to)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`
			UPDATE task SET version = version + 1, title = $3, detail = $4, department_id = $5, assignee_id = $6, due_on = $7
			WHERE city_id = $1 AND id = $2`, tx.city.ID, t.ID, to.Title, to.Detail, department, nullID(to.Assignee), to.DueOn)
		tx.queueTaskMove(batch, t, tracker.ChangeTask, tracker.TaskOpen, "", nil)
		if to.Department != t.Work.Department || to.Assignee != t.Work.Assignee {
			tx.queueAdviceNotice(batch, tracker.TaskWasGiven, aboutAdvice{task: t.ID, text: to.Title},
				told{role: tracker.Staff, department: department, account: to.Assignee})
		}
		return tx.sendAdvice(ctx, batch, record{act: string(tracker.ChangeTask), subject: taskSubject(t.ID),
			before: workRecord(t.Work), after: workRecord(to)})
	})
}

func (tx *cityTx) queueTaskMove(batch *pgx.Batch, t tracker.Task, act tracker.Action, to tracker.TaskState, note string, named []tracker.MentionedEvidence) {
	queueMove(tx, batch, taskMoves, t.ID, tracker.Move[tracker.TaskState]{
		Version: t.Version + 1, Act: act, From: t.State, To: to, Note: note, Evidence: named})
}

// MoveTask does one of tracker.TaskActs but ChangeTask, with the evidence that a
// result names. Errors as for ChangeTask.
func (s *Store) MoveTask(ctx context.Context, actor tracker.Actor, ref TaskRef, act tracker.Action, note string, evidence []int64) error {
	return s.inCity(ctx, actor, ref.City, act, func(tx *cityTx) error {
		t, a, err := tx.lockTask(ctx, ref.ID)
		if err != nil {
			return err
		}
		to, err := tx.adviceAct(a).MoveTask(t, act, note, len(evidence))
		if err := firstOf(err, ref.Version, t.Version); err != nil {
			return err
		}
		named, err := tx.nameEvidence(ctx, act == tracker.CompleteTask, evidence)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE task SET version = version + 1, state = $3 WHERE city_id = $1 AND id = $2`, tx.city.ID, t.ID, string(to))
		tx.queueTaskMove(batch, t, act, to, note, named)
		about := aboutAdvice{task: t.ID, text: t.Work.Title}
		switch to {
		case tracker.TaskDone:
			tx.queueAdviceNotice(batch, tracker.TaskWasDone, about, told{role: tracker.Coordinator, account: t.CreatedBy})
		case tracker.TaskOpen:
			tx.queueAdviceNotice(batch, tracker.TaskWasGiven, about, told{role: tracker.Staff, department: t.Department.ID, account: t.Work.Assignee})
		}
		return tx.sendAdvice(ctx, batch, record{act: string(act), subject: taskSubject(t.ID),
			before: stateRecord(string(t.State), "", nil), after: stateRecord(string(to), note, named)})
	})
}

// lockTask reads the task FOR UPDATE, and its assessment, which nobody closes
// until the act is written.
func (tx *cityTx) lockTask(ctx context.Context, id int64) (tracker.Task, tracker.Assessment, error) {
	var number int
	var a tracker.Assessment
	err := tx.QueryRow(ctx, `
		SELECT a.number FROM task t JOIN assessment a ON a.id = t.assessment_id
		WHERE t.city_id = $1 AND t.id = $2 FOR UPDATE OF t`, tx.city.ID, id).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return tracker.Task{}, a, tracker.ErrNotFound
	}
	if err == nil {
		a, err = tx.holdAssessment(ctx, number)
	}
	if err != nil {
		return tracker.Task{}, a, fmt.Errorf("lock task %d: %w", id, err)
	}
	rows, err := tx.Query(ctx, taskQuery+`t.id = $2`, tx.city.ID, id)
	if err != nil {
		return tracker.Task{}, a, fmt.Errorf("read task %d: %w", id, err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanTask)
	return t, a, err
}

// lockTasksOf reads the department's open tasks, for no other transaction to
// change.
func (tx *cityTx) lockTasksOf(ctx context.Context, department int64) ([]tracker.Task, error) {
	rows, err := tx.Query(ctx, taskQuery+`t.department_id = $2 AND t.state = 'open'
		ORDER BY t.id FOR UPDATE OF t`, tx.city.ID, department)
	if err != nil {
		return nil, fmt.Errorf("lock the tasks of a department: %w", err)
	}
	return pgx.CollectRows(rows, scanTask)
}

// queueTakeOver gives the task to another department. Who was in charge belongs
// to the one that had it.
func (tx *cityTx) queueTakeOver(batch *pgx.Batch, t tracker.Task, to tracker.Department) error {
	work := t.Work
	work.Department, work.Assignee = to.Code, 0
	batch.Queue(`UPDATE task SET version = version + 1, department_id = $3, assignee_id = NULL WHERE city_id = $1 AND id = $2`,
		tx.city.ID, t.ID, to.ID)
	tx.queueTaskMove(batch, t, tracker.ChangeTask, tracker.TaskOpen, "", nil)
	return tx.queueAudit(batch, record{act: string(tracker.ChangeTask), subject: taskSubject(t.ID),
		before: workRecord(t.Work), after: workRecord(work)})
}

// taskQuery reads tasks of the city $1, for scanTask. The condition follows.
const taskQuery = `
	SELECT t.id, t.title, t.detail, d.id, d.code, d.name_vi, d.name_en, coalesce(t.assignee_id, 0), coalesce(account_name(t.assignee_id), ''),
	       t.due_on, t.source, coalesce(t.recommendation_id, 0), coalesce(t.direction_id, 0), t.state, t.version, t.created_by, coalesce(s.code, ''),
	       ARRAY(SELECT i.code FROM task_entry x JOIN entry e ON e.id = x.entry_id JOIN indicator i ON i.id = e.indicator_id
	             WHERE x.city_id = t.city_id AND x.task_id = t.id ORDER BY i.position)
	FROM task t
	CROSS JOIN LATERAL (SELECT * FROM department WHERE id = t.department_id OFFSET 0) d
	LEFT JOIN LATERAL (SELECT i.code FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE e.id = t.source_entry_id OFFSET 0) s ON true
	WHERE t.city_id = $1 AND `

func scanTask(row pgx.CollectableRow) (tracker.Task, error) {
	var t tracker.Task
	w, d := &t.Work, &t.Department
	err := row.Scan(&t.ID, &w.Title, &w.Detail, &d.ID, &d.Code, &d.Name.VI, &d.Name.EN, &w.Assignee, &t.AssigneeName,
		&w.DueOn, &t.Source, &t.Recommendation, &t.Direction, &t.State, &t.Version, &t.CreatedBy, &t.SourceEntry, &t.Indicators)
	w.Department = d.Code
	return t, err
}

// queueTasks reads the tasks that fulfil the condition. The first argument is
// the city.
func queueTasks(batch *pgx.Batch, condition string, into *[]tracker.Task, args ...any) {
	batch.Queue(taskQuery+condition, args...).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, scanTask)
		return err
	})
}

// Tasks returns a page of the assessment's tasks that the filter chooses, what is
// due first on top. It answers like EntryRecord, and *InvalidError for a
// department that the city does not have.
func (s *Store) Tasks(ctx context.Context, actor tracker.Actor, slug string, number int, f tracker.TaskFilter) (*tracker.TaskPage, error) {
	page := &tracker.TaskPage{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		var err error
		page.City, page.Today, page.Assessments = at.city, at.today, of.all
		if page.Assessment, err = choose(of.all, number); err != nil || page.Assessment.ID == 0 {
			return err
		}
		if page.Framework, err = s.framework(ctx, at, page.Assessment.FrameworkID); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueDepartments(batch, at.city.ID, &page.Departments)
		queueTasks(batch, `t.assessment_id = $2 AND ($3 = '' OR t.state = $3) AND (NOT $4 OR t.state = 'open' AND t.due_on < $5)
			  AND ($6 = '' OR d.code = $6) AND ($7::date IS NULL OR (t.due_on, t.id) > ($7, $8))
			ORDER BY t.due_on, t.id LIMIT $9`, &page.Rows, at.city.ID, page.Assessment.ID, string(f.State), f.Overdue, at.today,
			f.Department, f.After.On, f.After.ID, adviceRows+1)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read tasks: %w", err)
		}
		return finish(page, f)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// finish cuts off what is on the next page.
func finish(page *tracker.TaskPage, f tracker.TaskFilter) error {
	if f.Department != "" && !slices.ContainsFunc(page.Departments, func(d tracker.Department) bool { return d.Code == f.Department }) {
		return tracker.Invalid("department", "department.error.unknown")
	}
	if len(page.Rows) > adviceRows {
		page.Rows = page.Rows[:adviceRows]
		last := page.Rows[adviceRows-1]
		page.Next = tracker.DayKey{On: last.Work.DueOn, ID: last.ID}
	}
	return nil
}

// Task returns one task with its history. ErrNotFound is the answer where there
// is none.
func (s *Store) Task(ctx context.Context, actor tracker.Actor, slug string, id int64) (*tracker.TaskRecord, error) {
	record := &tracker.TaskRecord{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		record.City, record.Today = at.city, at.today
		var tasks []tracker.Task
		var assessment int64
		batch := &pgx.Batch{}
		queueTasks(batch, `t.id = $2`, &tasks, at.city.ID, id)
		queueMoves(batch, at.visit, taskMoves, id, &record.Moves)
		batch.Queue(`
			SELECT t.assessment_id, coalesce(r.id, 0), coalesce(r.text, ''), coalesce(c.text, '') FROM task t
			LEFT JOIN recommendation r ON r.city_id = t.city_id AND r.id = t.recommendation_id
			LEFT JOIN comment c ON c.city_id = t.city_id AND c.thread_id = t.direction_id AND c.number = 1
			WHERE t.city_id = $1 AND t.id = $2`, at.city.ID, id).Query(func(rows pgx.Rows) error {
			r := &record.Recommendation
			_, err := pgx.ForEachRow(rows, []any{&assessment, &r.ID, &r.Text, &record.Direction}, func() error { return nil })
			return err
		})
		if err := at.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("read task %d: %w", id, err)
		}
		if len(tasks) == 1 {
			record.Task = tasks[0]
		}
		var err error
		record.Assessment, record.Framework, err = s.place(ctx, at, of.all, assessment)
		return err
	})
	if err != nil {
		return nil, err
	}
	return record, nil
}
