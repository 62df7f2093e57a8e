package tracker_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"learningcity/internal/tracker"
)

func advising(actor tracker.Actor) tracker.AdviceAct {
	return tracker.AdviceAct{Actor: actor, City: haLong, Assessment: assessment, Today: today}
}

// advice is a recommendation of somebody, of which culture has a task.
func advice(state tracker.RecommendationState) tracker.Recommendation {
	return tracker.Recommendation{ID: 3, GivenBy: somebody, GivenOn: opened, Text: "x", State: state, Version: 4, Departments: []int64{culture}}
}

// TestMoveRecommendation: every act, from every state, by every role.
func TestMoveRecommendation(t *testing.T) {
	t.Parallel()
	ways := map[string]tracker.RecommendationState{
		"take_on_recommendation given": "taken_on", "take_on_recommendation declined": "taken_on",
		"decline_recommendation given":   "declined",
		"answer_recommendation taken_on": "answered",
		"close_recommendation answered":  "closed", "close_recommendation declined": "closed",
		"reopen_recommendation answered": "given", "reopen_recommendation declined": "given", "reopen_recommendation closed": "given",
	}
	who := map[tracker.Action]string{
		tracker.TakeOnRecommendation: "coordinator", tracker.DeclineRecommendation: "coordinator", tracker.AnswerRecommendation: "coordinator staff",
		tracker.CloseRecommendation: "expert", tracker.ReopenRecommendation: "expert",
	}
	for _, act := range tracker.RecommendationActs {
		for _, state := range tracker.RecommendationStates {
			for _, role := range tracker.Roles {
				to, leads := ways[string(act)+" "+string(state)]
				want := error(nil)
				switch {
				case !slices.Contains(strings.Fields(who[act]), string(role)):
					want = tracker.ErrForbidden
				case !leads:
					want = atFields("", "recommendation.error.state")
				}
				got, err := advising(in(1, role)).MoveRecommendation(advice(state), act, "vì", 0)
				if !sameError(err, want) || want == nil && got != to {
					t.Errorf("%s of what is %s by %s: %s, %v, want %s, %v", act, state, role, got, err, to, want)
				}
			}
		}
	}
}

// TestWhoCloses: who gave it, while they are an expert of the city; then any.
func TestWhoCloses(t *testing.T) {
	t.Parallel()
	expert := advising(in(1, tracker.Expert))
	for _, act := range []tracker.Action{tracker.CloseRecommendation, tracker.ReopenRecommendation} {
		for _, tt := range []struct {
			by   int64
			here bool
			want error
		}{
			{self, true, nil}, {self, false, nil}, {somebody, false, nil},
			{somebody, true, atFields("", "recommendation.error.giver")},
		} {
			r := advice(tracker.RecommendationAnswered)
			r.GivenBy, r.GiverHere = tt.by, tt.here
			if _, err := expert.MoveRecommendation(r, act, "vì", 0); !sameError(err, tt.want) {
				t.Errorf("%s, given by %d, here %v: %v, want %v", act, tt.by, tt.here, err, tt.want)
			}
		}
	}
	// Nobody's departments are those of a task.
	r := advice(tracker.RecommendationTakenOn)
	r.Departments = []int64{education}
	if _, err := advising(in(1, tracker.Staff)).MoveRecommendation(r, tracker.AnswerRecommendation, "x", 0); !sameError(err, tracker.ErrForbidden) {
		t.Errorf("staff of a department without a task: %v", err)
	}
}

// TestWhatIsSaid: a reason of nothing but spaces is none.
func TestWhatIsSaid(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ạ", tracker.MaxNote+1)
	coordinator, expert := advising(in(1, tracker.Coordinator)), advising(in(1, tracker.Expert))
	for _, tt := range []struct {
		by       tracker.AdviceAct
		act      tracker.Action
		state    tracker.RecommendationState
		note     string
		evidence int
		want     error
	}{
		{coordinator, tracker.TakeOnRecommendation, "given", "", 0, nil},
		{coordinator, tracker.TakeOnRecommendation, "given", long, 0, atFields("note", "note.error.long")},
		{coordinator, tracker.DeclineRecommendation, "given", " \n ", 0, atFields("note", "recommendation.error.no_reason")},
		{coordinator, tracker.DeclineRecommendation, "given", long[:len("ạ")*tracker.MaxNote], 0, nil},
		{coordinator, tracker.AnswerRecommendation, "taken_on", " ", 0, atFields("note", "recommendation.error.no_result")},
		{coordinator, tracker.AnswerRecommendation, "taken_on", "", 1, nil},
		{expert, tracker.CloseRecommendation, "answered", "", 0, nil},
		{expert, tracker.ReopenRecommendation, "answered", "", 0, atFields("note", "recommendation.error.no_reason")},
	} {
		if _, err := tt.by.MoveRecommendation(advice(tt.state), tt.act, tt.note, tt.evidence); !sameError(err, tt.want) {
			t.Errorf("%s with %.5q and %d: %v, want %v", tt.act, tt.note, tt.evidence, err, tt.want)
		}
	}
}

// TestAdviceInAnAssessmentThatIsOver: what experts recommend is given, worked on
// and closed after it too; out of its entries come no new tasks. Before it opens
// there is nothing to advise on.
func TestAdviceInAnAssessmentThatIsOver(t *testing.T) {
	t.Parallel()
	early, late := atFields("", "assessment.error.not_open_yet"), atFields("", "task.error.closed")
	for name, tt := range map[string]struct {
		change         func(*tracker.Assessment)
		loop, fromHand error
	}{
		"closed":       {func(a *tracker.Assessment) { a.ClosedOn = today }, nil, late},
		"not open yet": {func(a *tracker.Assessment) { a.OpenedOn = today + 1 }, early, early},
		"open":         {func(*tracker.Assessment) {}, nil, nil},
	} {
		expert, coordinator := advising(in(1, tracker.Expert)), advising(in(1, tracker.Coordinator))
		tt.change(&expert.Assessment)
		tt.change(&coordinator.Assessment)
		given, work := advice("given"), work("open")
		given.GivenOn = min(expert.Assessment.OpenedOn, today)
		_, moved := coordinator.MoveRecommendation(given, tracker.TakeOnRecommendation, "", 0)
		_, closed := expert.MoveRecommendation(advice("answered"), tracker.CloseRecommendation, "", 0)
		_, done := coordinator.MoveTask(work, tracker.CompleteTask, "x", 0)
		for what, err := range map[string]error{"taken on": moved, "closed": closed, "a task done": done,
			"a task of it": coordinator.GiveTask(work.Work, tracker.FromRecommendation)} {
			if !sameError(err, tt.loop) {
				t.Errorf("%s: %s: %v, want %v", name, what, err, tt.loop)
			}
		}
		if err := expert.GiveRecommendation(given); (err == nil) != (tt.loop == nil) {
			t.Errorf("%s: given: %v", name, err)
		}
		if got := coordinator.Possible(given); (len(got) != 0) != (tt.loop == nil) {
			t.Errorf("%s: possible are %v", name, got)
		}
		for _, source := range tracker.TaskSources {
			want := tt.fromHand
			if source == tracker.FromRecommendation {
				want = tt.loop
			}
			if err := coordinator.GiveTask(work.Work, source); !sameError(err, want) || coordinator.MayGiveTask(source) != (want == nil) {
				t.Errorf("%s: from %s: %v, want %v", name, source, err, want)
			}
		}
	}
}

func TestGiveRecommendation(t *testing.T) {
	t.Parallel()
	good := tracker.Recommendation{GivenOn: today, Text: strings.Repeat("ạ", tracker.MaxRecommendation), Source: strings.Repeat("ạ", tracker.MaxSource)}
	for _, tt := range []struct {
		change func(*tracker.Recommendation)
		want   error
	}{
		{func(*tracker.Recommendation) {}, nil},
		{func(r *tracker.Recommendation) { r.GivenOn = opened }, nil},
		{func(r *tracker.Recommendation) { r.Text += "x" }, atFields("text", "recommendation.error.long")},
		{func(r *tracker.Recommendation) { r.Text = " \n" }, atFields("text", "recommendation_text_is_text")},
		{func(r *tracker.Recommendation) { r.Source += "x" }, atFields("source", "recommendation_source_composed")},
		{func(r *tracker.Recommendation) { r.GivenOn = 0 }, atFields("given_on", "recommendation.error.no_day")},
		{func(r *tracker.Recommendation) { r.GivenOn = today + 1 }, atFields("given_on", "effective_on.error.future")},
		{func(r *tracker.Recommendation) { r.GivenOn = opened - 1 }, atFields("given_on", "effective_on.error.before_opening")},
	} {
		r := good
		tt.change(&r)
		if err := advising(in(1, tracker.Expert)).GiveRecommendation(r); !sameError(err, tt.want) {
			t.Errorf("%v: want %v", err, tt.want)
		}
	}
	for _, role := range tracker.Roles {
		if err := advising(in(1, role)).GiveRecommendation(good); (err == nil) != (role == tracker.Expert) {
			t.Errorf("by %s: %v", role, err)
		}
	}
}

func TestRequiredOpen(t *testing.T) {
	t.Parallel()
	var all []tracker.Recommendation
	for _, state := range tracker.RecommendationStates {
		r := advice(state)
		all = append(all, r)
		r.Required = true
		all = append(all, r)
	}
	var states []string
	for _, r := range tracker.RequiredOpen(all) {
		states = append(states, string(r.State))
		if !r.Required {
			t.Error("one that is not required blocks")
		}
	}
	if want := []string{"given", "taken_on", "declined", "answered"}; !slices.Equal(states, want) {
		t.Errorf("blocking are %q, want %q", states, want)
	}
}

func TestPossible(t *testing.T) {
	t.Parallel()
	expert := advising(in(1, tracker.Expert))
	if got, want := expert.Possible(advice("answered")), []tracker.Action{tracker.CloseRecommendation, tracker.ReopenRecommendation}; !slices.Equal(got, want) {
		t.Errorf("an expert may %q, want %q", got, want)
	}
	coordinator := advising(in(1, tracker.Coordinator))
	if got, want := coordinator.Possible(advice("given")), []tracker.Action{tracker.TakeOnRecommendation, tracker.DeclineRecommendation}; !slices.Equal(got, want) {
		t.Errorf("a coordinator may %q, want %q", got, want)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"\tmột \n hai":           "một hai",
		strings.Repeat("ạ", 160): strings.Repeat("ạ", 160),
		strings.Repeat("ạ", 161): strings.Repeat("ạ", 159) + "…",
	} {
		if got := tracker.Excerpt(text); got != want {
			t.Errorf("%q begins %q, want %q", text, got, want)
		}
	}
	if got := tracker.Excerpt(strings.Repeat("khuyến nghị ", 100)); utf8.RuneCountInString(got) > 160 || strings.HasSuffix(got, " …") {
		t.Errorf("it begins %q", got)
	}
}

func FuzzParseDayKey(f *testing.F) {
	for _, text := range []string{"2025-03-31.12", "", ".", "2025-03-31.-1", "2025-03-31.012", "31/3/2025.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := tracker.ParseDayKey(text)
		if err == nil && (k.String() != text || k.ID < 1 || k.On.IsZero()) {
			t.Errorf("%q is %+v", text, k)
		}
		if err != nil && k != (tracker.DayKey{}) {
			t.Errorf("%q is refused with %+v", text, k)
		}
	})
}
