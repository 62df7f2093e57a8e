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

// TestRecommendationLoop: from given to closed through a task and evidence, with
// everybody told and everything recorded.
func TestRecommendationLoop(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx, since := t.Context(), 0
	giver, second := w.expert(t, "giver"), w.expert(t, "another")
	since = len(w.acts(t, 0))
	id := w.recommend(t, giver, true, measured, described)
	w.advance(t, w.coordinator, id, tracker.TakeOnRecommendation, "")
	task := w.tasking(t, id, "CUL", w.staff.AccountID)
	open, secret := w.add(t, decree("open")), w.add(t, restricted(decree("secret")))
	must(t, w.store.MoveTask(ctx, w.staff, w.taskRef(t, task), tracker.CompleteTask, "Đã kết nối", []int64{secret}))
	w.advance(t, w.staff, id, tracker.AnswerRecommendation, "Đã thực hiện", open, secret)
	w.advance(t, giver, id, tracker.CloseRecommendation, "")

	got, err := w.store.Recommendation(ctx, w.leader, w.slug, id)
	must(t, err)
	r := got.Recommendation
	if r.Text != "Xây dựng thư viện số" || r.Source != "Hội nghị tham vấn" || !r.Required || r.State != tracker.RecommendationClosed || r.Version != 4 ||
		r.GivenOn != today || r.GivenBy != giver.AccountID || r.GivenByName != "giver of ha-long" || !r.GiverHere ||
		!slices.Equal(r.Indicators, []string{measured, described}) || !slices.Equal(r.Departments, []int64{1}) {
		t.Errorf("it is %+v", r)
	}
	if got.City.Slug != w.slug || got.Today != today || got.Assessment.Number != 1 || got.Framework == nil || len(got.Tasks) != 1 || got.Tasks[0].ID != task {
		t.Errorf("around it is %+v", got)
	}
	want := []string{"4 close_recommendation answered>closed [] 2025-03-10 giver",
		"3 answer_recommendation taken_on>answered [Đã thực hiện] 2025-03-10 staff #1 Quyết định open false #0  true",
		"2 take_on_recommendation given>taken_on [] 2025-03-10 coordinator", "1 give_recommendation >given [] 2025-03-10 giver"}
	if lines := moves(got.Moves); !slices.Equal(lines, want) {
		t.Errorf("the leader reads\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	got, err = w.store.Recommendation(ctx, w.reviewer, w.slug, id)
	must(t, err)
	if line := moves(got.Moves)[1]; !strings.HasSuffix(line, " #1 Quyết định open false #2 Quyết định secret false") {
		t.Errorf("a reviewer reads %s", line)
	}
	var acts []string
	for _, line := range w.acts(t, since) {
		if !strings.HasPrefix(line, "add_evidence") {
			acts = append(acts, line)
		}
	}
	wantActs := []string{
		`give_recommendation recommendation 1 giver  > {"text": "Xây dựng thư viện số", "source": "Hội nghị tham vấn", "given_on": "2025-03-10", "required": true, "indicators": "1.1.1, 4.5.2"}`,
		`take_on_recommendation recommendation 1 coordinator {"note": "", "state": "given", "evidence": ""} > {"note": "", "state": "taken_on", "evidence": ""}`,
		`give_task task 1 coordinator  > {"title": "Kết nối thư viện", "detail": "Theo khuyến nghị", "due_on": "2025-06-30", "source": "recommendation", "assignee": "` +
			fmt.Sprint(w.staff.AccountID) + `", "department": "CUL", "indicators": "1.1.1"}`,
		`complete_task task 1 staff {"note": "", "state": "open", "evidence": ""} > {"note": "Đã kết nối", "state": "done", "evidence": "Quyết định secret"}`,
		`answer_recommendation recommendation 1 staff {"note": "", "state": "taken_on", "evidence": ""} > {"note": "Đã thực hiện", "state": "answered", "evidence": "Quyết định open; Quyết định secret"}`,
		`close_recommendation recommendation 1 giver {"note": "", "state": "answered", "evidence": ""} > {"note": "", "state": "closed", "evidence": ""}`,
	}
	if !slices.Equal(acts, wantActs) {
		t.Errorf("recorded is\n%s\nwant\n%s", strings.Join(acts, "\n"), strings.Join(wantActs, "\n"))
	}
	for _, tt := range []struct {
		who  tracker.Actor
		want []string
	}{
		{w.coordinator, []string{"recommendation_closed ha-long giver of ha-long false", "task_done ha-long staff of ha-long false",
			"recommendation_given ha-long giver of ha-long false"}},
		{giver, []string{"recommendation_answered ha-long staff of ha-long false", "recommendation_taken_on ha-long coordinator of ha-long false"}},
		{w.staff, []string{"task_given ha-long coordinator of ha-long false"}},
		{second, nil}, {w.other, nil}, {w.end, nil}, // whose role has ended
	} {
		if told := w.told(t, tt.who); !slices.Equal(told, tt.want) {
			t.Errorf("%s was told %q, want %q", tt.who.Name, told, tt.want)
		}
	}
	page, err := w.store.Inbox(ctx, w.staff, tracker.InboxFilter{}, 1)
	must(t, err)
	if i := page.Items[0]; i.TaskID != task || i.RecommendationID != 0 || i.About != "Kết nối thư viện" {
		t.Errorf("the item is %+v", i)
	}
}

// TestRecommendationRefused: nothing is written by who may not, on a stale
// version, with evidence that they may not see.
func TestRecommendationRefused(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	giver, second := w.expert(t, "giver"), w.expert(t, "another")
	id := w.recommend(t, giver, true)
	w.advance(t, w.coordinator, id, tracker.TakeOnRecommendation, "")
	w.tasking(t, id, "CUL", 0)
	withdrawn := w.add(t, decree("gone"))
	must(t, w.store.WithdrawEvidence(ctx, w.coordinator, w.evidenceRef(t, withdrawn), "x"))
	n := restricted(decree("theirs"))
	n.Passport.Department = "EDU"
	secret, open := w.add(t, n), w.add(t, decree("open"))
	ref := w.recommendationRef(t, id)
	stale := ref
	stale.Version--
	before := fingerprint(t, w.db)
	move := func(by tracker.Actor, ref postgres.RecommendationRef, act tracker.Action, note string, evidence ...int64) error {
		return w.store.MoveRecommendation(ctx, by, ref, act, note, evidence)
	}
	give := func(by tracker.Actor, codes ...string) error {
		_, err := w.store.GiveRecommendation(ctx, by, w.slug, 0, tracker.Recommendation{GivenOn: today, Text: "x", Indicators: codes})
		return err
	}
	unknown := tracker.Invalid("evidence", "recommendation.error.evidence")
	for what, tt := range map[string]struct{ got, want error }{
		"given by the coordinator":    {give(w.coordinator), tracker.ErrForbidden},
		"on an unknown indicator":     {give(giver, "99.1.1"), tracker.Invalid("indicators", "recommendation.error.indicators")},
		"on one indicator twice":      {give(giver, measured, measured), tracker.Invalid("indicators", "recommendation.error.indicators")},
		"without text":                {w.giveEmpty(t, giver), tracker.Invalid("text", "recommendation_text_is_text")},
		"answered by others":          {move(w.other, ref, tracker.AnswerRecommendation, "x"), tracker.ErrForbidden},
		"answered by the leader":      {move(w.leader, ref, tracker.AnswerRecommendation, "x"), tracker.ErrForbidden},
		"on a version that is over":   {move(w.staff, stale, tracker.AnswerRecommendation, ""), tracker.ErrConflict},
		"with nothing said":           {move(w.staff, ref, tracker.AnswerRecommendation, " "), tracker.Invalid("note", "recommendation.error.no_result")},
		"with withdrawn evidence":     {move(w.staff, ref, tracker.AnswerRecommendation, "x", withdrawn), unknown},
		"with evidence not seen":      {move(w.staff, ref, tracker.AnswerRecommendation, "x", secret), unknown},
		"with evidence twice":         {move(w.staff, ref, tracker.AnswerRecommendation, "x", open, open), unknown},
		"with no evidence at all":     {move(w.staff, ref, tracker.AnswerRecommendation, "x", 99), unknown},
		"closed before it's answered": {move(giver, ref, tracker.CloseRecommendation, ""), tracker.Invalid("", "recommendation.error.state")},
		"closed by another":           {move(second, ref, tracker.CloseRecommendation, ""), tracker.Invalid("", "recommendation.error.giver")},
		"an act that nobody knows":    {move(w.coordinator, ref, tracker.Accept, ""), tracker.ErrForbidden},
		"one that is not there":       {move(w.coordinator, postgres.RecommendationRef{City: w.slug, ID: 99, Version: 1}, tracker.DeclineRecommendation, "x"), tracker.ErrNotFound},
	} {
		if !same(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", what, tt.got, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	if _, err := w.store.Recommendation(ctx, w.leader, w.slug, 99); !same(err, tracker.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	// Evidence is named with an answer, and with nothing else.
	must(t, w.store.MoveRecommendation(ctx, w.staff, ref, tracker.AnswerRecommendation, "", []int64{open}))
	if err := move(giver, w.recommendationRef(t, id), tracker.CloseRecommendation, "", open); !same(err, unknown) {
		t.Errorf("closed with evidence: %v", err)
	}
	must(t, w.store.CloseAssessment(ctx, w.coordinator, w.round(t, 1), "hết hạn"))
	if err := move(giver, w.recommendationRef(t, id), tracker.CloseRecommendation, ""); err != nil {
		t.Errorf("in an assessment that is over: %v", err)
	}
}

// TestGiverIsGone: once who gave it is no longer an expert of the city, another
// expert is told of the answer and closes it.
func TestGiverIsGone(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]string{
		"role over":      `UPDATE membership SET ends_on = '2025-03-09' WHERE account_id = $1`,
		"shut out":       `UPDATE membership SET disabled_at = now() WHERE account_id = $1`,
		"another role":   `UPDATE membership SET role = 'leader', ends_on = NULL WHERE account_id = $1`,
		"account locked": `UPDATE account SET disabled_at = now() WHERE id = $1`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t, pgtest.Options{})
			w := found(t, db, "ha-long")
			giver, second := w.expert(t, "giver"), w.expert(t, "another")
			id := w.recommend(t, giver, true)
			w.advance(t, w.coordinator, id, tracker.TakeOnRecommendation, "")
			db.Exec(t, leave, giver.AccountID)
			w.advance(t, w.coordinator, id, tracker.AnswerRecommendation, "x")
			if told := w.told(t, second); what != "account locked" && !slices.Equal(told, []string{"recommendation_answered ha-long coordinator of ha-long false"}) {
				t.Errorf("the other expert was told %q", told)
			}
			w.advance(t, second, id, tracker.CloseRecommendation, "")
		})
	}
}

// TestRecommendations: the list, its filters, its pages.
func TestRecommendations(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx := t.Context()
	giver := w.expert(t, "giver")
	list := func(f tracker.RecommendationFilter) (ids []int64, page *tracker.RecommendationPage) {
		page, err := w.store.Recommendations(ctx, w.leader, w.slug, 0, f)
		must(t, err)
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		return ids, page
	}
	if ids, page := list(tracker.RecommendationFilter{}); len(ids) != 0 || page.Assessment.Number != 1 || page.Blocking != 0 {
		t.Errorf("at first there are %v, %+v", ids, page)
	}
	a, b := w.recommend(t, giver, true, measured), w.recommend(t, giver, false)
	c, err := w.store.GiveRecommendation(ctx, giver, w.slug, 1, tracker.Recommendation{GivenOn: today - 9, Text: "x", Required: true})
	must(t, err)
	w.advance(t, w.coordinator, a, tracker.DeclineRecommendation, "không phù hợp")
	for _, tt := range []struct {
		f    tracker.RecommendationFilter
		want []int64
	}{
		{tracker.RecommendationFilter{}, []int64{b, a, c}},
		{tracker.RecommendationFilter{State: tracker.RecommendationDeclined}, []int64{a}},
		{tracker.RecommendationFilter{State: tracker.RecommendationGiven, Required: "yes"}, []int64{c}},
		{tracker.RecommendationFilter{Required: "no"}, []int64{b}},
		{tracker.RecommendationFilter{Before: tracker.DayKey{On: today, ID: b}}, []int64{a, c}},
	} {
		if ids, page := list(tt.f); !slices.Equal(ids, tt.want) || page.Blocking != 2 || page.Next != (tracker.DayKey{}) {
			t.Errorf("%+v chooses %v, want %v; %d block", tt.f, ids, tt.want, page.Blocking)
		}
	}
	db.Exec(t, `INSERT INTO recommendation (city_id, assessment_id, given_on, given_by, text, source, required, state, version)
		SELECT city_id, assessment_id, given_on, given_by, text || n, source, required, state, version
		FROM recommendation, generate_series(1, 60) n WHERE id = $1`, b)
	first, page := list(tracker.RecommendationFilter{})
	rest, last := list(tracker.RecommendationFilter{Before: page.Next})
	if all := slices.Concat(first, rest); len(first) != 50 || len(all) != 63 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 63 || last.Next != (tracker.DayKey{}) {
		t.Errorf("pages of %d and %d", len(first), len(rest))
	}
	if _, err := w.store.Recommendations(ctx, w.leader, w.slug, 9, tracker.RecommendationFilter{}); !same(err, tracker.ErrNotFound) {
		t.Errorf("of no assessment: %v", err)
	}
	empty := emptyTown(t, db, "hue")
	got, err := empty.store.Recommendations(ctx, empty.leader, empty.slug, 0, tracker.RecommendationFilter{})
	must(t, err)
	if got.Assessment.ID != 0 || len(got.Rows) != 0 || got.City.Slug != "hue" {
		t.Errorf("without an assessment: %+v", got)
	}
	if _, err := w.store.Recommendation(ctx, empty.leader, w.slug, a); !same(err, tracker.ErrNotFound) {
		t.Errorf("read by another city's: %v", err)
	}
}

// TestEvidenceToName: that of the indicators, and what was added last, as far as
// the actor sees it.
func TestEvidenceToName(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	n := decree("linked")
	n.Links = to(nil, measured)
	linked, secret := w.add(t, n), w.add(t, restricted(decree("secret")))
	gone := w.add(t, decree("gone"))
	must(t, w.store.WithdrawEvidence(t.Context(), w.coordinator, w.evidenceRef(t, gone), "x"))
	var newest []int64
	for i := range 20 {
		newest = append(newest, w.add(t, decree(fmt.Sprint(i))))
	}
	slices.Reverse(newest)
	assessment := int64(w.db.Count(t, `SELECT id FROM assessment`))
	for _, tt := range []struct {
		by    tracker.Actor
		codes []string
		want  []int64
	}{
		{w.staff, []string{measured}, append(slices.Clone(newest), linked)},
		{w.staff, nil, newest},
		{w.leader, []string{described}, newest},
	} {
		all, err := w.store.EvidenceToName(t.Context(), tt.by, w.slug, assessment, tt.codes)
		must(t, err)
		var ids []int64
		for _, e := range all {
			ids = append(ids, e.ID)
		}
		if !slices.Equal(ids, tt.want) {
			t.Errorf("%s may name %v, want %v", tt.by.Name, ids, tt.want)
		}
	}
	must(t, w.store.Link(t.Context(), w.staff, w.slug, secret, to(nil, described)))
	all, err := w.store.EvidenceToName(t.Context(), w.leader, w.slug, assessment, []string{described})
	must(t, err)
	if len(all) != 20 {
		t.Errorf("the leader may name %d", len(all))
	}
}

// TestRecommendationAtOnce: of two who decide on the same version one is told
// that the other was faster.
func TestRecommendationAtOnce(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{MaxConns: 4}), "ha-long")
	id := w.recommend(t, w.expert(t, "giver"), true)
	ref := w.recommendationRef(t, id)
	errs := make(chan error)
	for _, act := range []tracker.Action{tracker.TakeOnRecommendation, tracker.DeclineRecommendation} {
		go func() { errs <- w.store.MoveRecommendation(t.Context(), w.coordinator, ref, act, "vì", nil) }()
	}
	first, second := <-errs, <-errs
	if (first == nil) == (second == nil) || !same(first, tracker.ErrConflict) && !same(second, tracker.ErrConflict) {
		t.Errorf("both: %v, %v", first, second)
	}
	if n := w.db.Count(t, `SELECT count(*) FROM recommendation_move`); n != 2 {
		t.Errorf("%d lines of history", n)
	}
}
