package tracker

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// TaskState is where a task stands.
type TaskState string

// The states.
const (
	TaskOpen    TaskState = "open"
	TaskDone    TaskState = "done"
	TaskDropped TaskState = "dropped"
)

// TaskStates lists them.
var TaskStates = []TaskState{TaskOpen, TaskDone, TaskDropped}

// Known reports whether it is one of them.
func (s TaskState) Known() bool { return slices.Contains(TaskStates, s) }

// TaskSource says what a task was made from.
type TaskSource string

// The sources. Of the entry's: its obstacles, its proposed solution, the reason
// for which it was returned.
const (
	FromHand           TaskSource = "hand"
	FromObstacle       TaskSource = "obstacle"
	FromSolution       TaskSource = "solution"
	FromReturn         TaskSource = "return"
	FromRecommendation TaskSource = "recommendation"
	FromDirection      TaskSource = "direction" // a leader's
)

// TaskSources lists them.
var TaskSources = []TaskSource{FromHand, FromObstacle, FromSolution, FromReturn, FromRecommendation, FromDirection}

// OfEntry reports whether the source is an entry.
func (s TaskSource) OfEntry() bool { return s == FromObstacle || s == FromSolution || s == FromReturn }

// Limits on a task's texts, in characters. The detail may be all of an entry's
// obstacles.
const (
	MaxTaskTitle  = 300
	MaxTaskDetail = MaxNarrative
)

// TaskWork is what somebody is asked to do, and until when.
type TaskWork struct {
	Title, Detail string
	Department    string // code
	Assignee      int64  // account; 0: nobody by name
	DueOn         Date
}

// Task is work that a department has.
type Task struct {
	ID             int64
	Work           TaskWork
	Department     Department
	AssigneeName   string
	Source         TaskSource
	SourceEntry    string // code of the indicator, where the source is an entry
	Recommendation int64  // where it is the source
	Direction      int64  // id of the thread, where it is the source
	State          TaskState
	Version        int      // counts every act on it; forms carry it
	Indicators     []string // codes; none: the assessment as a whole
	CreatedBy      int64
}

// Overdue reports whether its day has passed and it is still open.
func (t Task) Overdue(today Date) bool { return t.State == TaskOpen && t.Work.DueOn < today }

var taskSteps = map[Action]way[TaskState]{
	ChangeTask:   {from: []TaskState{TaskOpen}, to: TaskOpen},
	CompleteTask: {from: []TaskState{TaskOpen}, to: TaskDone, result: true},
	DropTask:     {from: []TaskState{TaskOpen}, to: TaskDropped, reason: true},
	ReopenTask:   {from: []TaskState{TaskDone, TaskDropped}, to: TaskOpen, reason: true},
}

// TaskActs are the acts on a task that is given, in the order of buttons.
var TaskActs = []Action{CompleteTask, ChangeTask, DropTask, ReopenTask}

// Check refuses, each at its field, what no task may ask for. Who may be in
// charge is People.MayDo's to say.
func (w TaskWork) Check() error {
	fields := map[string]string{}
	switch {
	case strings.TrimSpace(w.Title) == "":
		fields["title"] = "task_title_is_text"
	case utf8.RuneCountInString(w.Title) > MaxTaskTitle:
		fields["title"] = "task.error.title_long"
	}
	if utf8.RuneCountInString(w.Detail) > MaxTaskDetail {
		fields["detail"] = "narrative.error.long"
	}
	if w.Department == "" {
		fields["department"] = "task.error.no_department"
	}
	if w.DueOn.IsZero() {
		fields["due_on"] = "task.error.no_day"
	}
	return invalidOrNil(fields)
}

// MayDo decides whether the account may be in charge of a task of the department
// with the code. Nobody, account 0, always may.
func (p *People) MayDo(account int64, department string) error {
	if p.MayTakeCharge(account, department) != nil {
		return Invalid("assignee", "task.error.assignee")
	}
	return nil
}

// GiveTask decides whether a task may be given out of the source.
func (a AdviceAct) GiveTask(w TaskWork, source TaskSource) error {
	if !a.Actor.May(GiveTask, a.City, 0, a.Today) {
		return ErrForbidden
	}
	return Together(a.takesTasks(source), w.Check(), a.dueLater(w.DueOn))
}

// MayGiveTask reports whether the actor may give tasks out of the source now.
func (a AdviceAct) MayGiveTask(source TaskSource) bool {
	return a.Actor.May(GiveTask, a.City, 0, a.Today) && a.takesTasks(source) == nil
}

// takesTasks: out of the entries of an assessment that is closed come no new
// tasks; out of what experts recommend on it they do.
func (a AdviceAct) takesTasks(source TaskSource) error {
	if source != FromRecommendation && !a.Assessment.ClosedOn.IsZero() {
		return Invalid("", "task.error.closed")
	}
	return a.begun()
}

// dueLater: a task that is overdue from the beginning was mistyped.
func (a AdviceAct) dueLater(on Date) error {
	if !on.IsZero() && on < a.Today {
		return Invalid("due_on", "task.error.past")
	}
	return nil
}

// ChangeTask decides whether what the task asks for may be replaced.
func (a AdviceAct) ChangeTask(t Task, to TaskWork) error {
	if _, err := a.MoveTask(t, ChangeTask, "", 0); err != nil {
		return err
	}
	if to == t.Work {
		return Invalid("", "task.error.same")
	}
	problem := to.Check()
	if to.DueOn != t.Work.DueOn {
		problem = Together(problem, a.dueLater(to.DueOn))
	}
	return problem
}

// MoveTask decides one of TaskActs and returns where it leads.
func (a AdviceAct) MoveTask(t Task, act Action, note string, evidence int) (TaskState, error) {
	if !a.Actor.May(act, a.City, t.Department.ID, a.Today) {
		return t.State, ErrForbidden
	}
	to, err := taskSteps[act].take(t.State, note, evidence, "task")
	return to, Together(a.begun(), err)
}

// PossibleOn are the acts on the task that are open to the actor now, given what
// must be said with them.
func (a AdviceAct) PossibleOn(t Task) []Action {
	return slices.DeleteFunc(slices.Clone(TaskActs), func(act Action) bool {
		_, err := a.MoveTask(t, act, "x", 0)
		return err != nil
	})
}

// TaskFilter chooses tasks. A zero field does not restrict.
type TaskFilter struct {
	State      TaskState
	Overdue    bool
	Department string // code
	After      DayKey // only what comes after that in the list
}

// TaskPage is a piece of an assessment's tasks, what is due first on top.
type TaskPage struct {
	City        City
	Assessments []Assessment
	Assessment  Assessment
	Framework   *Framework
	Departments []Department
	Rows        []Task
	Next        DayKey // for After on the next page; zero: there is none
	Today       Date
}

// TaskRecord is one task with its history.
type TaskRecord struct {
	City           City
	Assessment     Assessment
	Framework      *Framework
	Task           Task
	Recommendation Recommendation    // that it was made from; zero: from none
	Direction      string            // what the direction asks that it was made from; empty: the reader may not see it
	Moves          []Move[TaskState] // the newest first
	Today          Date
}
