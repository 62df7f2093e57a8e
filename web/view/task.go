package view

import (
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// TaskRow is a task in a list.
type TaskRow struct {
	Title, Href string
	State       string // message key task.state.<State>
	DueOn       tracker.Date
	Overdue     bool
	Department  string
	Assignee    string
	Indicators  []ui.Link // none: the assessment as a whole
}

// TaskList is the page of an assessment's tasks.
type TaskList struct {
	Page
	Address
	TextLanguage          string
	Assessments           []AssessmentChoice
	Problem               string // of the filter
	NewHref               string // empty for who may not give any
	Closed                string // why none is given any more; empty where that needs no word
	Chosen                bool   // there is a filter besides the state
	Rows                  []TaskRow
	States, Departments   []FilterOption
	OlderHref, NewestHref string // later and earliest
}

// TaskShow is the page of one task.
type TaskShow struct {
	Page
	Address
	Row            TaskRow
	DepartmentHref string
	Detail         string
	TextLanguage   string
	Assessment     string
	Source         string  // message key task.source.<Source>
	SourceLink     ui.Link // where it is; empty for by hand
	Acts           []ui.Link
	Moves          []MoveRow
}

// TaskForm is what stands in the form of a task.
type TaskForm struct {
	Title, Detail, Department, Assignee, DueOn string
	Source, SourceEntry                        string // go along
	Recommendation, Direction                  string // so do these
}

// TaskEdit is the form of a new task, or for a change.
type TaskEdit struct {
	Page
	Address
	New          bool
	Action, Back string
	Version      int // of the task that is changed
	TextLanguage string
	From         string // what it is made from, in words; empty for by hand
	Form         TaskForm
	Departments  []ui.Option
	Assignees    []ui.Option
	Areas        []PickArea // of a new one
	Changed      bool
	Errors       Errors
}

func noTasks(v TaskList) ui.Blank {
	if v.Chosen {
		return ui.Blank{Title: v.P.T("task.none.title"), Text: v.P.T("task.none.text"),
			Action: ui.Link{Text: v.P.T("entry_list.clear"), Href: v.Tasks(tracker.TaskFilter{})}}
	}
	b := ui.Blank{Title: v.P.T("task.empty.title"), Text: v.P.T("task.empty.text")}
	if v.NewHref != "" {
		b.Action = ui.Link{Text: v.P.T("task.new"), Href: v.NewHref}
	}
	return b
}

func taskCrumbs(p Page, a Address, here string) []ui.Link {
	return []ui.Link{{Text: p.P.T("task.title"), Href: a.Tasks(openTasks)}, {Text: here}}
}
