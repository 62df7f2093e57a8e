package catalogue

import "learningcity/internal/tracker"

// readRecommendations joins the recommendations with what became of them.
func (s *dataset) readRecommendations() []Recommendation {
	var all []Recommendation
	history := s.itemsByPlace("recommendation_history", "recommendation", len(s.items("recommendations")))
	for n, v := range s.items("recommendations") {
		r := Recommendation{GivenOn: dateOf(v.get("given_on")), By: textOf(v.get("by")), Text: textOf(v.get("text")),
			Source: textOf(v.get("source")), Indicators: codesOf(v)}
		if h, known := history[n+1]; known {
			r.Required, r.Answer = isTrue(h.get("required")), textOf(h.get("answer"))
			days := checkDays(h, r.GivenOn, "taken_on", "answered_on", "closed_on")
			r.TakenOn, r.AnsweredOn, r.ClosedOn = days[0], days[1], days[2]
			checkTogether(h, "answered_on", "answer")
		}
		all = append(all, r)
	}
	return all
}

// readTasks joins the tasks with how they came about and ended.
func (s *dataset) readTasks(recommendations []Recommendation) []Task {
	var all []Task
	history := s.itemsByPlace("task_history", "task", len(s.items("tasks")))
	for n, v := range s.items("tasks") {
		t := Task{Title: textOf(v.get("title")), Indicators: codesOf(v), Department: v.get("department").str(), DueOn: dateOf(v.get("due_on"))}
		if h, known := history[n+1]; known {
			s.fillTask(&t, h, v.get("state").str() == "done", recommendations)
		}
		all = append(all, t)
	}
	return all
}

func (s *dataset) fillTask(t *Task, h value, done bool, recommendations []Recommendation) {
	days := checkDays(h, firstDay, "given_on", "done_on")
	t.GivenOn, t.DoneOn = days[0], days[1]
	t.Recommendation, t.Solution, t.Result = intOf(h.get("recommendation")), h.get("solution").str(), textOf(h.get("result"))
	checkTogether(h, "done_on", "result")
	if t.GivenOn > t.DueOn {
		h.get("given_on").problem("given on %s, due on %s", t.GivenOn, t.DueOn)
	}
	if done != !t.DoneOn.IsZero() {
		h.problem("the task's state and its last day differ")
	}
	if t.Solution != "" && !s.codes[t.Solution] {
		h.get("solution").problem("unknown indicator %s", t.Solution)
	}
	switch at := h.get("recommendation"); {
	case !h.has("recommendation"):
	case t.Recommendation < 1 || t.Recommendation > len(recommendations):
		at.problem("there is no recommendation %d", t.Recommendation)
	case recommendations[t.Recommendation-1].TakenOn.IsZero() || recommendations[t.Recommendation-1].TakenOn > t.GivenOn:
		at.problem("recommendation %d was not taken on by %s", t.Recommendation, t.GivenOn)
	}
}

// itemsByPlace are the items of a history by the place of what they are about,
// from 1 to count, each of which needs one.
func (s *dataset) itemsByPlace(list, key string, count int) map[int]value {
	found := map[int]value{}
	if told := len(s.items(list)); told != count {
		s.root.get(list).problem("tells of %d of %d", told, count)
		return found
	}
	for _, v := range s.items(list) {
		n := intOf(v.get(key))
		if _, twice := found[n]; twice || n < 1 || n > count {
			v.get(key).problem("there is no %s %d, or it stands here twice", key, n)
		}
		found[n] = v
	}
	return found
}

// checkDays are the days under the keys: working days, one after the other, and
// none after one that is missing.
func checkDays(v value, from tracker.Date, keys ...string) []tracker.Date {
	days := make([]tracker.Date, len(keys))
	before, missing := from, false
	for n, key := range keys {
		at := v.get(key)
		if !v.has(key) {
			missing = true
			continue
		}
		days[n] = dateOf(at)
		checkWorkday(at, days[n])
		if missing || days[n] < before {
			at.problem("%s comes too early", days[n])
		}
		before = days[n]
	}
	return days
}

func checkTogether(v value, one, other string) {
	if v.has(one) != v.has(other) {
		v.problem("needs both %s and %s, or neither", one, other)
	}
}

func codesOf(v value) []string {
	var codes []string
	for _, at := range v.get("indicators").items() {
		codes = append(codes, at.str())
	}
	return codes
}
