package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// closeRound closes one of the city's assessments without submitting it.
func (w *town) closeRound(t testing.TB, number int) {
	t.Helper()
	must(t, w.store.CloseAssessment(t.Context(), w.coordinator, w.round(t, number), "Sáp nhập"))
}

// round names an assessment at the version that it has now.
func (w *town) round(t testing.TB, number int) postgres.AssessmentRef {
	t.Helper()
	return postgres.AssessmentRef{City: w.slug, Number: number,
		Version: w.db.Count(t, `SELECT version FROM assessment WHERE city_id = $1 AND number = $2`, w.id, number)}
}

// settleAll brings every entry to a state that stands in nobody's way, as the
// owner, for there are 57.
func (w *town) settleAll(t testing.TB) {
	t.Helper()
	w.db.Exec(t, `
		WITH e AS (UPDATE entry SET claim = 'in_progress', version = version + 1 WHERE city_id = $1 AND claim = 'not_started' RETURNING *)
		INSERT INTO status_change (entry_id, entry_version, city_id, assessment_id, act, claim_from, claim_to, verdict_from, verdict_to, note,
			effective_on, recorded_at, recorded_by)
		SELECT id, version, city_id, assessment_id, 'change_claim', 'not_started', claim, 'none', 'none', '', $2, $3, $4 FROM e`,
		w.id, today.Time(), pgtest.Now, w.coordinator.AccountID)
}

// submission reads it as its coordinator.
func (w *town) submission(t testing.TB, number int) *tracker.Submission {
	t.Helper()
	sub, err := w.store.Submission(t.Context(), w.coordinator, w.slug, number)
	must(t, err)
	return sub
}

// kinds counts what stands in the way, a line for each kind.
func kinds(sub *tracker.Submission) []string {
	counts := map[tracker.BlockerKind]int{}
	for _, b := range sub.Blockers() {
		counts[b.Kind]++
	}
	var all []string
	for _, kind := range tracker.BlockerKinds() {
		if counts[kind] > 0 {
			all = append(all, fmt.Sprint(kind, " ", counts[kind]))
		}
	}
	return all
}

// TestSubmission: every kind of what stands in the way, read from rows, and what
// a reader may not see of it.
func TestSubmission(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "achieved/accepted")
	w.bring(t, described, "achieved/awaiting")
	w.bring(t, "1.3.2", "achieved/returned")
	w.bring(t, "7.2.2", "achieved/none")
	n := restricted(decree("a"))
	n.Links = to([]int{1}, measured)
	n.Passport.ValidUntil = today - 1
	id := w.add(t, n)
	sub := w.submission(t, 1)
	missing := 0
	for place := range sub.Framework.All() {
		switch place.Indicator.Code {
		case measured:
			missing += len(place.Indicator.Evidence) - 1
		case described, "1.3.2", "7.2.2":
			missing += len(place.Indicator.Evidence)
		}
	}
	want := []string{"not_claimed 53", "not_submitted 1", "awaiting 1", "returned 1", "changed 1", fmt.Sprint("missing ", missing), "expired 1"}
	if got := kinds(sub); !slices.Equal(got, want) || sub.Today != today || sub.Score().Achieved != 1 || sub.Score().Total != 57 {
		t.Errorf("%q, want %q", got, want)
	}
	if sum := w.db.Count(t, `SELECT sum(version) + 1 FROM entry`); sub.Version != sum {
		t.Errorf("version %d, want %d", sub.Version, sum)
	}
	last := sub.Blockers()[len(sub.Blockers())-1]
	if last.Evidence.ID != id || last.Evidence.Passport.Title != "Quyết định a" || last.Department.Code != "CUL" {
		t.Errorf("to the coordinator %+v", last)
	}
	seen, err := w.store.Submission(t.Context(), w.leader, w.slug, 0)
	must(t, err)
	if hidden := seen.Blockers()[len(want)-1:]; len(seen.Blockers()) != len(sub.Blockers()) || !hidden[len(hidden)-1].Evidence.Hidden {
		t.Errorf("to a leader %+v", hidden[len(hidden)-1])
	}
	for _, tt := range []struct {
		by     tracker.Actor
		number int
		want   error
	}{{w.leader, 2, tracker.ErrNotFound}, {w.end, 1, tracker.ErrEnded}, {tracker.Actor{}, 1, tracker.ErrNotFound}} {
		if _, err := w.store.Submission(t.Context(), tt.by, w.slug, tt.number); !same(err, tt.want) {
			t.Errorf("assessment %d: %v, want %v", tt.number, err, tt.want)
		}
	}
}

// TestSubmitAssessment: not while anything stands in the way, nor by a form that
// is over; then it is closed, once, with one line of history and one record.
func TestSubmitAssessment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	submit := func(by tracker.Actor, number, version int) error {
		return w.store.SubmitAssessment(t.Context(), by, postgres.AssessmentRef{City: w.slug, Number: number, Version: version})
	}
	now := func() int { return w.submission(t, 1).Version }
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		what            string
		by              tracker.Actor
		number, version int
		want            error
	}{
		{"by a leader", w.leader, 1, now(), tracker.ErrForbidden},
		{"by staff", w.staff, 1, now(), tracker.ErrForbidden},
		{"by nobody", tracker.Actor{}, 1, now(), tracker.ErrNotFound},
		{"one that is not there", w.coordinator, 2, now(), tracker.ErrNotFound},
		{"an old form", w.coordinator, 1, now() - 1, tracker.ErrConflict},
		{"blocked", w.coordinator, 1, now(), tracker.Invalid("", "submission.error.blocked")},
	} {
		if err := submit(tt.by, tt.number, tt.version); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	w.settleAll(t)
	shown := now()
	must(t, w.store.EditNarrative(t.Context(), w.coordinator, w.ref(t, measured), tracker.Narrative{Narrative: "mới"}))
	if err := submit(w.coordinator, 1, shown); !same(err, tracker.ErrConflict) {
		t.Errorf("an entry changed since the form was shown: %v", err)
	}
	audit := len(w.audit(t))
	must(t, submit(w.coordinator, 1, now()))
	if got := w.audit(t)[audit:]; !slices.Equal(got, []string{
		`submit_assessment assessment 1 coordinator {} > {"closed_on": "2025-03-10"} at 2025-03-10 05:00:00  `}) {
		t.Errorf("audit %q", got)
	}
	sub := w.submission(t, 1)
	if a := sub.Assessment; a.ClosedOn != today || !a.Submitted || a.Version != 2 {
		t.Errorf("assessment %+v", a)
	}
	if want := (tracker.AssessmentMove{Act: tracker.SubmitAssessment, On: today, By: "Coordinator of ha-long", Number: 2}); len(sub.Moves) != 1 || !strings.EqualFold(fmt.Sprint(sub.Moves[0]), fmt.Sprint(want)) {
		t.Errorf("moves %+v", sub.Moves)
	}
	if err := submit(w.coordinator, 1, now()); !same(err, tracker.Invalid("", "assessment.error.closed_already")) {
		t.Errorf("once more: %v", err)
	}
	w.checkFrozenScore(t)
}

// checkFrozenScore: the figures of the closing day are what the dashboard says,
// then and for ever.
func (w *town) checkFrozenScore(t *testing.T) {
	t.Helper()
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 1, 0)
	must(t, err)
	sub := w.submission(t, 1)
	for _, day := range []tracker.Date{today, today + 400} {
		if got := o.ScoreAsOf(day); got != sub.Score() {
			t.Errorf("on %v %+v, submitted with %+v", day, got, sub.Score())
		}
	}
}

// TestSubmitAtTheSameMoment: it waits for acts that have begun and is refused for
// what they did; of two who submit one succeeds.
func TestSubmitAtTheSameMoment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{MaxConns: 4}), "ha-long")
	w.settleAll(t)
	shown := w.submission(t, 1).Version
	ref := postgres.AssessmentRef{City: w.slug, Number: 1, Version: shown}
	acting, err := w.db.Owner.Begin(t.Context())
	must(t, err)
	defer func() { _ = acting.Rollback(context.Background()) }()
	_, err = acting.Exec(t.Context(), `SELECT FROM assessment FOR SHARE`)
	must(t, err)
	_, err = acting.Exec(t.Context(), `UPDATE entry SET version = version + 1`)
	must(t, err)
	answer := make(chan error)
	go func() { answer <- w.store.SubmitAssessment(t.Context(), w.coordinator, ref) }()
	select {
	case err := <-answer:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	must(t, acting.Commit(t.Context()))
	if err := <-answer; !same(err, tracker.ErrConflict) {
		t.Errorf("after the act: %v", err)
	}
	ref.Version = w.submission(t, 1).Version
	for range 2 {
		go func() { answer <- w.store.SubmitAssessment(t.Context(), w.coordinator, ref) }()
	}
	first, second := <-answer, <-answer
	if (first == nil) == (second == nil) {
		t.Errorf("two at once: %v and %v", first, second)
	}
}

// TestReopenAssessment: with a reason, on record; not once another has carried it
// over. Entries change again.
func TestReopenAssessment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	reopen := func(by tracker.Actor, ref postgres.AssessmentRef, reason string) error {
		return w.store.ReopenAssessment(t.Context(), by, ref, reason)
	}
	w.closeRound(t, 1)
	ref := w.round(t, 1)
	stale := ref
	stale.Version--
	before := fingerprint(t, w.db)
	for what, tt := range map[string]struct {
		by     tracker.Actor
		ref    postgres.AssessmentRef
		reason string
		want   error
	}{
		"by a reviewer":             {w.reviewer, ref, "x", tracker.ErrForbidden},
		"one that is not there":     {w.coordinator, postgres.AssessmentRef{City: w.slug, Number: 9}, "x", tracker.ErrNotFound},
		"without a reason":          {w.coordinator, ref, " ", tracker.Invalid("note", "assessment_reopen.error.no_reason")},
		"an old form":               {w.coordinator, stale, "x", tracker.ErrConflict},
		"in a city of other people": {w.coordinator, postgres.AssessmentRef{City: "hue", Number: 1}, "x", tracker.ErrNotFound},
	} {
		if err := reopen(tt.by, tt.ref, tt.reason); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	must(t, reopen(w.coordinator, ref, "Còn thiếu số liệu"))
	got := w.db.Lines(t, `SELECT concat_ws(' ', a.version, a.submitted, a.closed_on, m.version, m.act, m.note, m.moved_on, m.recorded_at AT TIME ZONE 'UTC',
		m.recorded_by = $1, m.city_id = $2) FROM assessment a JOIN assessment_move m ON m.assessment_id = a.id ORDER BY m.version`, w.coordinator.AccountID, w.id)
	if want := []string{"3 f 2 close_assessment Sáp nhập 2025-03-10 2025-03-10 05:00:00 t t",
		"3 f 3 reopen_assessment Còn thiếu số liệu 2025-03-10 2025-03-10 05:00:00 t t"}; !slices.Equal(got, want) {
		t.Errorf("moves %q, want %q", got, want)
	}
	if got := w.audit(t); got[len(got)-1] != `reopen_assessment assessment 1 coordinator {"closed_on": "2025-03-10"} > {"note": "Còn thiếu số liệu"} at 2025-03-10 05:00:00  ` {
		t.Errorf("audit %q", got[len(got)-1])
	}
	must(t, w.store.ChangeClaim(t.Context(), w.coordinator, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
	if err := reopen(w.coordinator, w.round(t, 1), "x"); !same(err, tracker.Invalid("", "assessment_reopen.error.open")) {
		t.Errorf("once more: %v", err)
	}
	w.closeRound(t, 1)
	w.carryOn(t, tracker.CarryOver{From: 1})
	if err := reopen(w.coordinator, w.round(t, 1), "x"); !same(err, tracker.Invalid("", "assessment_reopen.error.carried_on")) {
		t.Errorf("once carried over: %v", err)
	}
}

// TestClosedIsFrozenInTheDatabase: SQL as the app role changes nothing of a closed
// assessment either, and everything of an open one.
func TestClosedIsFrozenInTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", round, tracker.CarryOver{})
	must(t, err)
	statements := []string{
		`UPDATE entry SET narrative = 'x' WHERE assessment_id = $1`,
		`UPDATE entry SET claim = 'in_progress' WHERE assessment_id = $1 AND claim = 'not_started'`,
		`UPDATE entry SET department_id = NULL, assignee_id = NULL WHERE assessment_id = $1`,
		`UPDATE measurement SET value = 1 WHERE assessment_id = $1`,
		`UPDATE evidence_link SET linked = false WHERE assessment_id = $1`,
		`INSERT INTO measurement SELECT entry_id, 2001, city_id, assessment_id, 1, NULL, '' FROM measurement WHERE assessment_id = $1 LIMIT 1`,
		`INSERT INTO evidence_link SELECT e.id, v.id, e.city_id, e.assessment_id, '{}', true FROM entry e, evidence v
			WHERE e.assessment_id = $1 AND NOT EXISTS (SELECT FROM evidence_link l WHERE l.entry_id = e.id) LIMIT 1`,
		`INSERT INTO status_change SELECT entry_id, 99, city_id, assessment_id, 'change_claim', 'not_started', 'achieved', 'none', 'none', '',
			effective_on, recorded_at, recorded_by FROM status_change WHERE assessment_id = $1 LIMIT 1`,
		`INSERT INTO entry_revision (entry_id, entry_version, city_id, assessment_id, narrative, obstacles, solution, effective_on, recorded_at, recorded_by)
			SELECT entry_id, 99, city_id, assessment_id, 'x', '', '', effective_on, recorded_at, recorded_by FROM status_change WHERE assessment_id = $1 LIMIT 1`,
		`INSERT INTO former_assignment (entry_id, entry_version, city_id, assessment_id, until_on)
			SELECT id, 99, city_id, assessment_id, changed_on FROM entry WHERE assessment_id = $1 LIMIT 1`,
		`UPDATE thread SET version = version + 1 WHERE assessment_id = $1`,
		`INSERT INTO thread (city_id, kind, audience, assessment_id, entry_id, version, comments, opened_at, opened_by)
			SELECT city_id, kind, audience, assessment_id, entry_id, 1, 1, opened_at, opened_by FROM thread WHERE assessment_id = $1`,
		`UPDATE comment c SET version = c.version + 1 FROM thread t WHERE t.id = c.thread_id AND t.assessment_id = $1`,
		`INSERT INTO comment SELECT c.thread_id, 99, c.city_id, c.audience, 1, 'x', false, c.written_at, c.written_by, c.written_as
			FROM comment c JOIN thread t ON t.id = c.thread_id WHERE t.assessment_id = $1`,
		`INSERT INTO comment_revision SELECT c.thread_id, c.number, 99, c.city_id, c.audience, 'x', c.written_at, c.written_by
			FROM comment c JOIN thread t ON t.id = c.thread_id WHERE t.assessment_id = $1`,
		`INSERT INTO comment_mention SELECT c.thread_id, c.number, c.written_by, c.city_id, c.audience
			FROM comment c JOIN thread t ON t.id = c.thread_id WHERE t.assessment_id = $1`,
		`INSERT INTO task (city_id, assessment_id, department_id, title, detail, due_on, source, state, version, created_by)
			SELECT city_id, assessment_id, department_id, 'x', '', due_on, 'hand', 'open', 1, created_by FROM task WHERE assessment_id = $1`,
	}
	first := int64(db.Count(t, `SELECT id FROM assessment WHERE city_id = $1 AND number = 1`, w.id))
	try := func(sql string) (string, int64) {
		var code string
		var rows int64
		asApp(t, db, w.id, func(tx pgx.Tx) {
			tag, err := tx.Exec(t.Context(), sql, first)
			code, rows = codeOf(err), tag.RowsAffected()
		})
		return code, rows
	}
	for _, sql := range statements {
		if code, rows := try(sql); code != "" || rows == 0 {
			t.Errorf("open: %s: %q, %d rows", sql, code, rows)
		}
	}
	w.closeRound(t, 1)
	for _, sql := range statements {
		if code, _ := try(sql); code != "42501" {
			t.Errorf("closed: %s: %q", sql, code)
		}
	}
	// What experts recommended goes on, and so do conversations elsewhere.
	for _, sql := range []string{`UPDATE recommendation SET version = version + 1 WHERE assessment_id = $1`, `UPDATE task SET version = version + 1 WHERE assessment_id = $1`,
		`INSERT INTO task (city_id, assessment_id, department_id, title, detail, due_on, source, recommendation_id, state, version, created_by)
			SELECT city_id, assessment_id, department_id, 'x', '', due_on, source, recommendation_id, 'open', 1, created_by FROM task WHERE assessment_id = $1`,
		`INSERT INTO thread (city_id, kind, audience, evidence_id, version, comments, opened_at, opened_by)
			SELECT v.city_id, 'comment', 'city', v.id, 1, 1, v.created_at, v.created_by FROM evidence v, assessment a WHERE a.id = $1 AND a.city_id = v.city_id`} {
		if code, rows := try(sql); code != "" || rows == 0 {
			t.Errorf("goes on: %s: %q, %d rows", sql, code, rows)
		}
	}
	// Nor can a row be carried out of it.
	for _, sql := range []string{
		`UPDATE entry e SET assessment_id = a.id FROM assessment a WHERE a.number = 2 AND e.assessment_id = $1`,
		`UPDATE measurement SET assessment_id = 2 WHERE assessment_id = $1`, `UPDATE evidence_link SET entry_id = 1 WHERE assessment_id = $1`,
	} {
		if code, _ := try(sql); code != "42501" && code != "23503" && code != "23505" {
			t.Errorf("carried out: %s: %q", sql, code)
		}
	}
}

// TestEvidenceOfAClosedAssessment: a new version or a withdrawal tells nothing to
// what is closed, and does not fail because of it.
func TestEvidenceOfAClosedAssessment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	n := decree("a")
	n.Links = to(nil, measured)
	id := w.add(t, n)
	w.closeRound(t, 1)
	version := w.ref(t, measured).Version
	must(t, w.store.WithdrawEvidence(t.Context(), w.coordinator, w.evidenceRef(t, id), "Hết hiệu lực"))
	if now := w.ref(t, measured).Version; now != version {
		t.Errorf("the entry went from version %d to %d", version, now)
	}
}

// TestOpenedBetweenPageAndSubmit: the form carries the versions of entries, which
// conversations and recommendations leave as they are; the gate looks at those
// itself when it is asked, so what was begun meanwhile still stands in the way.
func TestOpenedBetweenPageAndSubmit(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx, giver := t.Context(), w.expert(t, "giver")
	w.settleAll(t)
	page := w.submission(t, 1)
	if got := kinds(page); len(got) != 0 {
		t.Fatalf("in the way stands %q", got)
	}
	submit := func() error {
		return w.store.SubmitAssessment(ctx, w.coordinator, postgres.AssessmentRef{City: w.slug, Number: 1, Version: page.Version})
	}
	blocked := tracker.Invalid("", "submission.error.blocked")
	question := w.begin(t, w.reviewer, w.onEntry(measured), asked(tracker.AudienceCity, "Số liệu năm 2024?"))
	if err := submit(); !same(err, blocked) {
		t.Errorf("with a question: %v", err)
	}
	must(t, w.store.ResolveThread(ctx, w.reviewer, question))
	direction := w.begin(t, w.leader, w.onEntry(measured), directed(today, "Kiểm tra lại"))
	if err := submit(); !same(err, blocked) {
		t.Errorf("with a direction: %v", err)
	}
	must(t, w.store.ResolveThread(ctx, w.leader, direction))
	id := w.recommend(t, giver, true)
	if err := submit(); !same(err, blocked) {
		t.Errorf("with a recommendation: %v", err)
	}
	w.advance(t, w.coordinator, id, tracker.DeclineRecommendation, "Ngoài phạm vi")
	w.advance(t, giver, id, tracker.CloseRecommendation, "")
	must(t, w.store.ReopenThread(ctx, w.reviewer, w.threadRef(t, question.ID)))
	if err := submit(); !same(err, blocked) {
		t.Errorf("with a question taken up again: %v", err)
	}
	must(t, w.store.ResolveThread(ctx, w.reviewer, w.threadRef(t, question.ID)))
	w.begin(t, w.reviewer, w.onEntry(measured), asked(tracker.AudienceInternal, "x"))
	w.recommend(t, giver, false)
	must(t, submit())
}

// TestAdviceStandsInTheWay: what an expert requires and what the city is asked;
// neither what is only advised, nor what reviewers say among themselves.
func TestAdviceStandsInTheWay(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	w.settleAll(t)
	giver := w.expert(t, "giver")
	w.recommend(t, giver, false, measured)
	required := w.recommend(t, giver, true, measured)
	w.begin(t, w.reviewer, w.onEntry(measured), asked(tracker.AudienceInternal, "x"))
	question := w.begin(t, w.leader, w.onEntry(measured), asked(tracker.AudienceCity, "x"))
	sub := w.submission(t, 1)
	if got := kinds(sub); !slices.Equal(got, []string{"recommendation 1", "thread 1"}) {
		t.Fatalf("in the way are %q", got)
	}
	if all := sub.Blockers(); all[0].Recommendation.ID != required || all[1].Thread != question.ID || all[1].Place.Indicator.Code != measured {
		t.Errorf("they are %+v", all)
	}
	submit := func() error {
		return w.store.SubmitAssessment(ctx, w.coordinator, postgres.AssessmentRef{City: w.slug, Number: 1, Version: w.submission(t, 1).Version})
	}
	if err := submit(); !same(err, tracker.Invalid("", "submission.error.blocked")) {
		t.Errorf("submitted: %v", err)
	}
	must(t, w.store.ResolveThread(ctx, w.leader, question))
	w.db.Exec(t, `UPDATE recommendation SET state = 'closed' WHERE id = $1`, required)
	must(t, submit())
}
