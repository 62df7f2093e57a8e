package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// expert joins an expert to the town.
func (w *town) expert(t testing.TB, name string) tracker.Actor {
	t.Helper()
	return w.join(t, w.coordinator, name, postgres.NewMember{Role: tracker.Expert, EndsOn: today + 30})
}

// recommend lets the expert recommend something on the indicators.
func (w *town) recommend(t testing.TB, by tracker.Actor, required bool, codes ...string) int64 {
	t.Helper()
	id, err := w.store.GiveRecommendation(t.Context(), by, w.slug, 0, tracker.Recommendation{
		GivenOn: today, Text: "Xây dựng thư viện số", Source: "Hội nghị tham vấn", Required: required, Indicators: codes})
	must(t, err)
	return id
}

// recommendationRef names the recommendation at the version that it has now.
func (w *town) recommendationRef(t testing.TB, id int64) postgres.RecommendationRef {
	t.Helper()
	return postgres.RecommendationRef{City: w.slug, ID: id, Version: w.db.Count(t, `SELECT version FROM recommendation WHERE id = $1`, id)}
}

func (w *town) advance(t testing.TB, by tracker.Actor, id int64, act tracker.Action, note string, evidence ...int64) {
	t.Helper()
	must(t, w.store.MoveRecommendation(t.Context(), by, w.recommendationRef(t, id), act, note, evidence))
}

// tasking makes a task of a recommendation for the department.
func (w *town) tasking(t testing.TB, recommendation int64, department string, assignee int64) int64 {
	t.Helper()
	n := postgres.NewTask{Work: tracker.TaskWork{Title: "Kết nối thư viện", Detail: "Theo khuyến nghị", Department: department, Assignee: assignee, DueOn: dueOn},
		Source: tracker.FromHand, Indicators: []string{measured}}
	if recommendation != 0 {
		n.Source, n.Recommendation = tracker.FromRecommendation, recommendation
	}
	id, err := w.store.GiveTask(t.Context(), w.coordinator, w.slug, 0, n)
	must(t, err)
	return id
}

func (w *town) taskRef(t testing.TB, id int64) postgres.TaskRef {
	t.Helper()
	return postgres.TaskRef{City: w.slug, ID: id, Version: w.db.Count(t, `SELECT version FROM task WHERE id = $1`, id)}
}

// advise fills the tables of recommendations and tasks.
func (w *town) advise(t testing.TB) {
	t.Helper()
	giver := w.expert(t, "giver")
	w.recommend(t, giver, true)
	id := w.recommend(t, giver, true, measured)
	w.advance(t, w.coordinator, id, tracker.TakeOnRecommendation, "")
	evidence := int64(w.db.Count(t, `SELECT min(id) FROM evidence WHERE city_id = $1`, w.id))
	task := w.tasking(t, id, "CUL", 0)
	must(t, w.store.MoveTask(t.Context(), w.staff, w.taskRef(t, task), tracker.CompleteTask, "", []int64{evidence}))
	w.advance(t, w.staff, id, tracker.AnswerRecommendation, "", evidence)
}

// moves is the history as the reader sees it, the newest line first.
func moves[S ~string](all []tracker.Move[S]) []string {
	var lines []string
	for _, m := range all {
		who, _, _ := strings.Cut(m.RecordedBy, " ")
		line := fmt.Sprintf("%d %s %s>%s [%s] %s %s", m.Version, m.Act, m.From, m.To, m.Note, m.On, who)
		for _, e := range m.Evidence {
			line += fmt.Sprintf(" #%d %s %v", e.ID, e.Title, e.Hidden)
		}
		lines = append(lines, line)
	}
	return lines
}

// acts are what the city's record holds since the first so many lines.
func (w *town) acts(t testing.TB, since int) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT format('%s %s %s %s > %s', u.act, u.subject, split_part(a.name, ' ', 1), u.before, u.after)
		FROM audit u JOIN account a ON a.id = u.account_id WHERE u.city_id = $1 ORDER BY u.id OFFSET $2`, w.id, since)
}

// TestAdviceAfterClosing: an expert reads what was submitted and recommends; it is
// taken on, done, answered and closed. Nothing of the entries changes, and out of
// them come no tasks any more.
func TestAdviceAfterClosing(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx, giver := t.Context(), w.expert(t, "giver")
	before := w.tasking(t, 0, "CUL", 0)
	w.closeRound(t, 1)
	entries := w.db.Lines(t, `SELECT e::text FROM entry e WHERE assessment_id = (SELECT min(id) FROM assessment) ORDER BY id`)
	id := w.recommend(t, giver, true, measured)
	w.advance(t, w.coordinator, id, tracker.TakeOnRecommendation, "")
	after := w.tasking(t, id, "CUL", 0)
	_, err := w.store.OpenAssessment(ctx, w.coordinator, w.slug, "learning-city-57", round, tracker.CarryOver{})
	must(t, err)
	for number, want := range map[int]int{0: 2, 1: 2} {
		r, err := w.store.DepartmentRecord(ctx, w.staff, w.slug, "CUL", number)
		must(t, err)
		if len(r.Tasks) != want {
			t.Errorf("on the department's page of %d stand %d tasks, want %d", number, len(r.Tasks), want)
		}
	}
	for _, task := range []int64{before, after} {
		must(t, w.store.MoveTask(ctx, w.staff, w.taskRef(t, task), tracker.CompleteTask, "xong", nil))
	}
	w.advance(t, w.staff, id, tracker.AnswerRecommendation, "xong")
	w.advance(t, giver, id, tracker.CloseRecommendation, "")
	work := tracker.TaskWork{Title: "x", Department: "CUL", DueOn: today}
	for source, entry := range map[tracker.TaskSource]string{tracker.FromHand: "", tracker.FromSolution: measured} {
		_, err := w.store.GiveTask(ctx, w.coordinator, w.slug, 1, postgres.NewTask{Work: work, Source: source, SourceEntry: entry})
		if !same(err, tracker.Invalid("", "task.error.closed")) {
			t.Errorf("out of %s: %v", source, err)
		}
	}
	if now := w.db.Lines(t, `SELECT e::text FROM entry e WHERE assessment_id = (SELECT min(id) FROM assessment) ORDER BY id`); !slices.Equal(now, entries) {
		t.Error("an entry has changed")
	}
	if n := len(w.submission(t, 1).Blockers()); n == 0 {
		t.Error("the whole assessment is settled")
	}
}

func (w *town) giveEmpty(t testing.TB, by tracker.Actor) error {
	t.Helper()
	_, err := w.store.GiveRecommendation(t.Context(), by, w.slug, 0, tracker.Recommendation{GivenOn: today, Text: " "})
	return err
}

// TestAdviceOnTheIndicatorsPage: as it stood on the day.
func TestAdviceOnTheIndicatorsPage(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	giver := w.expert(t, "giver")
	first := w.recommend(t, giver, true, measured)
	w.recommend(t, giver, false)            // on the whole
	w.recommend(t, giver, false, described) // on another
	clock = clock.AddDate(0, 0, 1)
	w.advance(t, w.coordinator, first, tracker.TakeOnRecommendation, "")
	task := w.tasking(t, first, "EDU", 0)
	clock = clock.AddDate(0, 0, 1)
	must(t, w.store.MoveTask(t.Context(), w.other, w.taskRef(t, task), tracker.CompleteTask, "xong", nil))
	for on, want := range map[tracker.Date]string{
		today - 1: "[] []", today: "[1 given true 2025-03-10] []",
		today + 1: "[1 taken_on true 2025-03-10] [1 open EDU 2025-06-30]", 0: "[1 taken_on true 2025-03-10] [1 done EDU 2025-06-30]",
	} {
		r, err := w.store.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, on)
		must(t, err)
		recommendations, tasks := []string{}, []string{}
		for _, one := range r.Recommendations {
			recommendations = append(recommendations, fmt.Sprint(one.ID, " ", one.State, " ", one.Required, " ", one.GivenOn))
		}
		for _, one := range r.Tasks {
			tasks = append(tasks, fmt.Sprint(one.ID, " ", one.State, " ", one.Department.Code, " ", one.Work.DueOn))
		}
		if got := fmt.Sprint(recommendations, " ", tasks); got != want {
			t.Errorf("on %s: %s, want %s", on, got, want)
		}
	}
}

// TestRandomAdvice: whoever tries what, a recommendation stands where the last
// line of its history left it, each line begins where the one before ended, and
// no line is ever lost or changed; the same for tasks.
func TestRandomAdvice(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	experts := []tracker.Actor{w.expert(t, "giver"), w.expert(t, "another")}
	people := append([]tracker.Actor{w.coordinator, w.coordinator, w.coordinator, w.staff, w.other, w.reviewer, w.leader, w.end}, experts...)
	evidence := w.add(t, decree("a"))
	random := rand.New(rand.NewPCG(5, 18))
	var recommendations, tasks []int64
	var history []string
	done := 0
	for range 800 {
		by := people[random.IntN(len(people))]
		err := w.randomAct(t, random, by, evidence, &recommendations, &tasks)
		if err == nil {
			done++
		}
		now := db.Lines(t, `SELECT m::text FROM recommendation_move m UNION ALL SELECT m::text FROM task_move m`)
		for _, line := range history {
			if !slices.Contains(now, line) {
				t.Fatalf("lost is %s", line)
			}
		}
		if err != nil && len(now) != len(history) {
			t.Fatalf("refused with %v, and written", err)
		}
		history = now
		for _, table := range []string{"recommendation", "task"} {
			wrong := db.Lines(t, fmt.Sprintf(`
				SELECT x.id || ' is ' || x.state || ' at ' || x.version FROM %[1]s x WHERE NOT EXISTS (
					SELECT FROM %[1]s_move m WHERE m.%[1]s_id = x.id AND m.version = x.version AND m.state_to = x.state
					AND m.version = (SELECT max(version) FROM %[1]s_move WHERE %[1]s_id = x.id)
					AND m.version = (SELECT count(*) FROM %[1]s_move WHERE %[1]s_id = x.id))
				UNION ALL
				SELECT m::text FROM %[1]s_move m JOIN %[1]s_move b ON b.%[1]s_id = m.%[1]s_id AND b.version = m.version - 1
				WHERE m.state_from <> b.state_to`, table))
			if len(wrong) > 0 {
				t.Fatalf("%s %q", table, wrong)
			}
		}
	}
	if done < 60 || len(recommendations) < 5 || len(tasks) < 5 {
		t.Errorf("only %d acts were done, on %d recommendations and %d tasks", done, len(recommendations), len(tasks))
	}
}

func (w *town) randomAct(t *testing.T, random *rand.Rand, by tracker.Actor, evidence int64, recommendations, tasks *[]int64) error {
	t.Helper()
	note := []string{"", " ", "vì"}[random.IntN(3)]
	var named []int64
	if random.IntN(3) == 0 {
		named = []int64{evidence}
	}
	stale := random.IntN(10) / 9
	switch n := random.IntN(10); {
	case n == 0 || len(*recommendations) == 0:
		id, err := w.store.GiveRecommendation(t.Context(), by, w.slug, 0, tracker.Recommendation{GivenOn: today, Text: "x", Required: n%2 == 0})
		if err == nil {
			*recommendations = append(*recommendations, id)
		}
		return err
	case n == 1 || len(*tasks) == 0:
		id, err := w.store.GiveTask(t.Context(), by, w.slug, 0, postgres.NewTask{Source: tracker.FromRecommendation,
			Recommendation: (*recommendations)[random.IntN(len(*recommendations))],
			Work:           tracker.TaskWork{Title: "x", Department: []string{"CUL", "EDU"}[random.IntN(2)], DueOn: dueOn}})
		if err == nil {
			*tasks = append(*tasks, id)
		}
		return err
	case n < 7:
		ref := w.recommendationRef(t, (*recommendations)[random.IntN(len(*recommendations))])
		ref.Version -= stale
		return w.store.MoveRecommendation(t.Context(), by, ref, tracker.RecommendationActs[random.IntN(len(tracker.RecommendationActs))], note, named)
	default:
		ref := w.taskRef(t, (*tasks)[random.IntN(len(*tasks))])
		ref.Version -= stale
		act := tracker.TaskActs[random.IntN(len(tracker.TaskActs))]
		if act == tracker.ChangeTask {
			return w.store.ChangeTask(t.Context(), by, ref, tracker.TaskWork{Title: note, Department: "CUL", DueOn: dueOn + tracker.Date(random.IntN(9))})
		}
		return w.store.MoveTask(t.Context(), by, ref, act, note, named)
	}
}

// TestAdviceInOrder: on an entry's page the oldest recommendation and the task that
// is due first stand on top, of one day as they were given.
func TestAdviceInOrder(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	giver := w.expert(t, "giver")
	for _, day := range []tracker.Date{today, today - 5, today} {
		_, err := w.store.GiveRecommendation(t.Context(), giver, w.slug, 0, tracker.Recommendation{
			GivenOn: day, Text: "Xây dựng thư viện số", Source: "Hội nghị tham vấn", Indicators: []string{measured}})
		must(t, err)
	}
	for _, day := range []tracker.Date{dueOn, dueOn - 5, dueOn} {
		_, err := w.store.GiveTask(t.Context(), w.coordinator, w.slug, 0, postgres.NewTask{Work: tracker.TaskWork{
			Title: "Kết nối thư viện", Department: "CUL", DueOn: day}, Source: tracker.FromHand, Indicators: []string{measured}})
		must(t, err)
	}
	r, err := w.store.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, 0)
	must(t, err)
	var got [2][]int64
	for _, one := range r.Recommendations {
		got[0] = append(got[0], one.ID)
	}
	for _, one := range r.Tasks {
		got[1] = append(got[1], one.ID)
	}
	if want := [2][]int64{{2, 1, 3}, {2, 1, 3}}; !reflect.DeepEqual(got, want) {
		t.Errorf("recommendations and tasks stand as %v, want %v", got, want)
	}
}
