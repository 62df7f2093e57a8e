package view

import (
	"net/url"

	"learningcity/internal/tracker"
)

// Recommendations are those of the assessment that the filter chooses; the day is
// left out.
func (a Address) Recommendations(f tracker.RecommendationFilter) string {
	a.On = 0
	q := url.Values{}
	set(q, "state", string(f.State))
	set(q, "required", f.Required)
	set(q, "before", f.Before.String())
	return a.build("/cities/"+a.City+"/recommendations", q)
}

// NewRecommendation is the form to give one; a code chooses the indicator that it
// is about.
func (a Address) NewRecommendation(code string) string {
	a.On = 0
	q := url.Values{}
	set(q, "indicator", code)
	return a.build("/cities/"+a.City+"/recommendations/new", q)
}

// Recommendation is the page of one of them, whatever assessment it belongs to.
func (a Address) Recommendation(id int64) string {
	return "/cities/" + a.City + "/recommendations/" + IDText(id)
}

// RecommendationAct is where its forms are: "take-on", "decline", "answer",
// "close", "reopen".
func (a Address) RecommendationAct(id int64, act string) string {
	return a.Recommendation(id) + "/" + act
}

// Tasks are those of the assessment that the filter chooses; the day is left out.
func (a Address) Tasks(f tracker.TaskFilter) string {
	a.On = 0
	q := url.Values{}
	set(q, "state", string(f.State))
	set(q, "department", f.Department)
	if f.Overdue {
		q.Set("overdue", "yes")
	}
	set(q, "after", f.After.String())
	return a.build("/cities/"+a.City+"/tasks", q)
}

// NewTask is the form to give one, filled in from the source: of an entry, with
// the indicator's code, or of a recommendation or a direction, with its id.
func (a Address) NewTask(source tracker.TaskSource, code string, id int64) string {
	a.On = 0
	q := url.Values{}
	if source != tracker.FromHand {
		q.Set("source", string(source))
	}
	set(q, "indicator", code)
	if id != 0 {
		q.Set(string(source), IDText(id))
	}
	return a.build("/cities/"+a.City+"/tasks/new", q)
}

// Task is the page of one of them, whatever assessment it belongs to.
func (a Address) Task(id int64) string { return "/cities/" + a.City + "/tasks/" + IDText(id) }

// TaskAct is where its forms are: "complete", "change", "drop", "reopen".
func (a Address) TaskAct(id int64, act string) string { return a.Task(id) + "/" + act }
