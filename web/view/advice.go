package view

import (
	"time"

	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// Parts of what a city was advised or told and has to do, for the navigation between
// them.
const (
	adviceTasks           = "tasks"
	adviceRecommendations = "recommendations"
	adviceDirections      = "directions"
)

// MoveRow is one line of the history of a recommendation or a task.
type MoveRow struct {
	Act      string // message key act.<Act>
	By       string
	At       time.Time // in the city's time zone
	Note     string
	Evidence []ui.Link // without an address where the reader may not see it
}

// AdviceAct is the form of one act on a recommendation or a task.
type AdviceAct struct {
	Page
	Address
	Back         ui.Link // the recommendation or the task
	List         ui.Link // that it stands in
	Action       string
	About        string // what the act does
	Text         string // of the recommendation, or the task's title
	TextLanguage string
	Version      int
	Label        string // of what is to be said
	Hint         string
	Note         string
	NamesResult  bool // evidence may be named
	Candidates   []EvidenceChoice
	Save         string
	Grave        bool // it ends something
	Changed      bool // by somebody else meanwhile
	Errors       Errors
}

// EvidenceChoice is evidence that may be named.
type EvidenceChoice struct {
	EvidenceRow
	Checked bool
}

// PickArea is an area with indicators to choose from.
type PickArea struct {
	Code, Title string
	Count       int // of those that are chosen
	Rows        []PickRow
}

// PickRow is one of them.
type PickRow struct {
	Code, Title string
	Checked     bool
}

func evidenceID(n int) string {
	if n == 0 {
		return "evidence"
	}
	return "evidence-" + ordinal(n)
}

func indicatorID(code string) string { return "indicators-" + code }

// recommendationMark is the look of a state among those of tags.
func recommendationMark(state string) string {
	switch tracker.RecommendationState(state) {
	case tracker.RecommendationTakenOn:
		return "in_progress"
	case tracker.RecommendationDeclined:
		return "returned"
	case tracker.RecommendationAnswered:
		return "claimed"
	case tracker.RecommendationClosed:
		return "achieved"
	default:
		return "awaiting"
	}
}

func taskMark(state string) string {
	switch tracker.TaskState(state) {
	case tracker.TaskDone:
		return "achieved"
	case tracker.TaskDropped:
		return "not_started"
	default:
		return "in_progress"
	}
}
