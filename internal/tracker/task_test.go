package tracker_test

import (
	"slices"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// work is a task of the culture department.
func work(state tracker.TaskState) tracker.Task {
	return tracker.Task{ID: 9, Work: tracker.TaskWork{Title: "x", Department: "CUL", DueOn: today}, Department: tracker.Department{ID: culture, Code: "CUL"},
		State: state, Version: 2}
}

// TestMoveTask: every act, from every state, by every role.
func TestMoveTask(t *testing.T) {
	t.Parallel()
	ways := map[string]tracker.TaskState{
		"change_task open": "open", "complete_task open": "done", "drop_task open": "dropped", "reopen_task done": "open", "reopen_task dropped": "open",
	}
	for _, act := range tracker.TaskActs {
		for _, state := range tracker.TaskStates {
			for _, role := range tracker.Roles {
				to, leads := ways[string(act)+" "+string(state)]
				want := error(nil)
				switch {
				case role != tracker.Coordinator && (role != tracker.Staff || act != tracker.CompleteTask):
					want = tracker.ErrForbidden
				case !leads:
					want = atFields("", "task.error.state")
				}
				got, err := advising(in(1, role)).MoveTask(work(state), act, "vì", 0)
				if !sameError(err, want) || want == nil && got != to {
					t.Errorf("%s of what is %s by %s: %s, %v, want %s, %v", act, state, role, got, err, to, want)
				}
			}
		}
	}
	elsewhere := work("open")
	elsewhere.Department.ID = education
	if _, err := advising(in(1, tracker.Staff)).MoveTask(elsewhere, tracker.CompleteTask, "x", 0); !sameError(err, tracker.ErrForbidden) {
		t.Errorf("another department's: %v", err)
	}
	staff := advising(in(1, tracker.Staff))
	for note, want := range map[string]error{" ": atFields("note", "task.error.no_result"), "x": nil} {
		if _, err := staff.MoveTask(work("open"), tracker.CompleteTask, note, 0); !sameError(err, want) {
			t.Errorf("done with %q: %v", note, err)
		}
	}
	if _, err := staff.MoveTask(work("open"), tracker.CompleteTask, "", 2); err != nil {
		t.Errorf("done with evidence: %v", err)
	}
	if _, err := advising(in(1, tracker.Coordinator)).MoveTask(work("open"), tracker.DropTask, " ", 0); !sameError(err, atFields("note", "task.error.no_reason")) {
		t.Errorf("dropped without a reason: %v", err)
	}
	if got := staff.PossibleOn(work("open")); !slices.Equal(got, []tracker.Action{tracker.CompleteTask}) {
		t.Errorf("staff may %q", got)
	}
}

func TestTaskWork(t *testing.T) {
	t.Parallel()
	good := tracker.TaskWork{Title: strings.Repeat("ạ", tracker.MaxTaskTitle), Detail: strings.Repeat("ạ", tracker.MaxTaskDetail), Department: "CUL", DueOn: today}
	coordinator := advising(in(1, tracker.Coordinator))
	for _, tt := range []struct {
		change func(*tracker.TaskWork)
		want   error
	}{
		{func(*tracker.TaskWork) {}, nil},
		{func(w *tracker.TaskWork) { w.Title += "x" }, atFields("title", "task.error.title_long")},
		{func(w *tracker.TaskWork) { w.Title = "\t" }, atFields("title", "task_title_is_text")},
		{func(w *tracker.TaskWork) { w.Detail += "x" }, atFields("detail", "narrative.error.long")},
		{func(w *tracker.TaskWork) { w.Department = "" }, atFields("department", "task.error.no_department")},
		{func(w *tracker.TaskWork) { w.DueOn = 0 }, atFields("due_on", "task.error.no_day")},
		{func(w *tracker.TaskWork) { w.DueOn = today - 1 }, atFields("due_on", "task.error.past")},
	} {
		w := good
		tt.change(&w)
		if err := coordinator.GiveTask(w, tracker.FromHand); !sameError(err, tt.want) {
			t.Errorf("%v, want %v", err, tt.want)
		}
	}
	if err := advising(in(1, tracker.Staff)).GiveTask(good, tracker.FromHand); !sameError(err, tracker.ErrForbidden) {
		t.Errorf("given by staff: %v", err)
	}
}

// TestChangeTask: a day that has passed may stay as it is, and no other be set.
func TestChangeTask(t *testing.T) {
	t.Parallel()
	coordinator, task := advising(in(1, tracker.Coordinator)), work("open")
	task.Work.DueOn = today - 5
	for _, tt := range []struct {
		change func(*tracker.TaskWork)
		want   error
	}{
		{func(*tracker.TaskWork) {}, atFields("", "task.error.same")},
		{func(w *tracker.TaskWork) { w.Title = "y" }, nil},
		{func(w *tracker.TaskWork) { w.DueOn = today }, nil},
		{func(w *tracker.TaskWork) { w.DueOn = today - 4 }, atFields("due_on", "task.error.past")},
		{func(w *tracker.TaskWork) { w.Title, w.Department = "", "" }, atFields("title", "task_title_is_text", "department", "task.error.no_department")},
	} {
		to := task.Work
		tt.change(&to)
		if err := coordinator.ChangeTask(task, to); !sameError(err, tt.want) {
			t.Errorf("to %+v: %v, want %v", to, err, tt.want)
		}
	}
	if err := coordinator.ChangeTask(work("done"), tracker.TaskWork{}); !sameError(err, atFields("", "task.error.state")) {
		t.Errorf("one that is done: %v", err)
	}
}

func TestOverdueTask(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		state tracker.TaskState
		on    tracker.Date
		want  bool
	}{{"open", today, false}, {"open", today - 1, true}, {"done", today - 1, false}, {"dropped", today - 1, false}} {
		task := work(tt.state)
		task.Work.DueOn = tt.on
		if got := task.Overdue(today); got != tt.want {
			t.Errorf("%s, due %s: %v", tt.state, tt.on, got)
		}
	}
}
