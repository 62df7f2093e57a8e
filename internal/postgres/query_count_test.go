package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// queries remembers what was sent, begin and commit aside.
type queries struct {
	mu   sync.Mutex
	sent []string
}

func (q *queries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	q.count(data.SQL)
	return ctx
}

func (q *queries) count(sql string) {
	for _, frame := range []string{"begin", "commit", "rollback", "savepoint", "release", "select set_config("} {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(sql)), frame) {
			return
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent = append(q.sent, sql)
}

func (q *queries) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (q *queries) all() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]string(nil), q.sent...)
}

// What goes in one round trip is counted one by one all the same: a batch is
// no way around the limit.
func (q *queries) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	q.count(data.SQL)
}

func (q *queries) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (q *queries) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// of counts what fn sends.
func (q *queries) of(t testing.TB, fn func() error) int {
	t.Helper()
	before := len(q.all())
	must(t, fn())
	return len(q.all()) - before
}

// TestQueryCounts: a page costs a fixed number of queries, with one city and
// with a thousand. SessionActor's one comes before each of them.
func TestQueryCounts(t *testing.T) {
	t.Parallel()
	seen := &queries{}
	db := pgtest.New(t, pgtest.Options{Tracer: seen})
	w := found(t, db, "ha-long")
	n := decree("a")
	n.Links = to(nil, "7.2.2")
	w.add(t, n)
	w.begin(t, w.staff, w.onEntry("7.2.2"), asked(tracker.AudienceCity, "x", w.leader.AccountID))
	w.advise(t)
	_, err := w.store.EntryRecord(t.Context(), w.leader, w.ref(t, "7.2.2"), 0) // a program reads once what never changes
	must(t, err)
	w.countQueries(t, seen, "with one city")
	seedCities(t, db, 1000)
	w.countQueries(t, seen, "with a thousand cities")
}

func (w *town) countQueries(t *testing.T, seen *queries, when string) {
	t.Helper()
	ctx := t.Context()
	token := sha256.Sum256([]byte("leader@" + w.slug + ".example"))
	w.db.Exec(t, `UPDATE entry e SET claim = 'achieved', verdict = 'none', changed = false, submitted_by = NULL, reviewed_by = NULL, version = version + 9
		FROM indicator i WHERE i.id = e.indicator_id AND i.code = '7.1.1' AND e.city_id = $1`, w.id)
	entry, evidence := postgres.EntryRef{City: w.slug, Indicator: "7.2.2"}, int64(1)
	for _, tt := range []struct {
		name string
		want int
		fn   func() error
	}{
		{"SessionActor", 1, func() error { _, err := w.store.SessionActor(ctx, token[:]); return err }},
		{"SessionActors", 1, func() error { _, err := w.store.SessionActors(ctx, [][]byte{token[:], token[:]}); return err }},
		{"TrySignIn", 1, func() error {
			_, _, err := w.store.TrySignIn(ctx, postgres.SignInTry{Email: "leader@" + w.slug + ".example", Address: when})
			return err
		}},
		{"Cities", 1, func() error { _, err := w.store.Cities(ctx, w.leader); return err }},
		{"People", 4, func() error { _, err := w.store.People(ctx, w.coordinator, w.slug); return err }},
		{"Sessions", 1, func() error { _, err := w.store.Sessions(ctx, token[:]); return err }},
		{"Demonstration", 1, func() error { _, err := w.store.Demonstration(ctx); return err }},
		{"Empty", 1, func() error { _, err := w.store.Empty(ctx); return err }},
		{"Ready", 2, func() error { return w.store.Ready(ctx) }},
		{"Overview", 5, func() error { _, err := w.store.Overview(ctx, w.leader, w.slug, 0, 0); return err }},
		{"OverviewWithPeople", 6, func() error { _, err := w.store.OverviewWithPeople(ctx, w.leader, w.slug, 0, 0); return err }},
		{"InCharge", 2, func() error { _, err := w.store.InCharge(ctx, w.coordinator, w.slug, 1); return err }},
		{"EntryRecord", 8, func() error { _, err := w.store.EntryRecord(ctx, w.leader, entry, 0); return err }},
		{"Overview of a past day", 7, func() error { _, err := w.store.Overview(ctx, w.leader, w.slug, 0, openedOn); return err }},
		{"EntryRecord of a past day", 10, func() error { _, err := w.store.EntryRecord(ctx, w.leader, entry, openedOn); return err }},
		{"Reviews", 4, func() error { _, err := w.store.Reviews(ctx, w.reviewer, w.slug, 0); return err }},
		{"Review", 8, func() error { _, err := w.store.Review(ctx, w.reviewer, entry); return err }},
		{"CityReviews", 1, func() error { _, err := w.store.CityReviews(ctx, w.reviewer); return err }},
		{"Departments", 3, func() error { _, err := w.store.Departments(ctx, w.leader, w.slug); return err }},
		{"Assessments", 3, func() error { _, err := w.store.Assessments(ctx, w.leader, w.slug); return err }},
		{"Submission", 8, func() error { _, err := w.store.Submission(ctx, w.leader, w.slug, 0); return err }},
		{"Evidence", 5, func() error { _, err := w.store.Evidence(ctx, w.leader, w.slug, evidence); return err }},
		// The city, the assessments, the entry, its threads, who may be mentioned.
		{"Threads", 5, func() error { _, err := w.store.Threads(ctx, w.leader, w.onEntry("7.2.2"), 0, 20); return err }},
		{"Thread", 4, func() error { _, err := w.store.Thread(ctx, w.leader, w.slug, 1); return err }},
		{"Directions", 3, func() error {
			_, err := w.store.Directions(ctx, w.leader, w.slug, postgres.DirectionAsk{Most: 20})
			return err
		}},
		{"Library", 3, func() error {
			_, err := w.store.Library(ctx, w.leader, w.slug, tracker.LibraryFilter{Query: "quyet"})
			return err
		}},
		{"Recommendations", 4, func() error {
			_, err := w.store.Recommendations(ctx, w.leader, w.slug, 0, tracker.RecommendationFilter{})
			return err
		}},
		{"Recommendation", 5, func() error { _, err := w.store.Recommendation(ctx, w.leader, w.slug, 2); return err }},
		{"Tasks", 4, func() error { _, err := w.store.Tasks(ctx, w.leader, w.slug, 0, tracker.TaskFilter{}); return err }},
		{"Task", 5, func() error { _, err := w.store.Task(ctx, w.leader, w.slug, 1); return err }},
		{"DepartmentRecord", 7, func() error { _, err := w.store.DepartmentRecord(ctx, w.leader, w.slug, "CUL", 0); return err }},
		{"Checklist", 4, func() error { _, err := w.store.Checklist(ctx, w.leader, w.slug, 0); return err }},
		{"ContentInCity", 2, func() error {
			_, err := w.store.ContentInCity(ctx, w.leader, w.slug, hashed("a"))
			return err
		}},
		{"CityAudit", 3, func() error {
			_, err := w.store.CityAudit(ctx, w.coordinator, w.slug, postgres.AuditAsk{Most: 50, People: true})
			return err
		}},
		{"InstallationAudit", 1, func() error {
			_, err := w.store.InstallationAudit(ctx, tracker.Operator(), ask(tracker.AuditFilter{}))
			return err
		}},
		{"OwnAudit", 1, func() error { _, err := w.store.OwnAudit(ctx, w.leader, ask(tracker.AuditFilter{})); return err }},
		// How far the record reaches, then in a transaction: the lock, the newest
		// seals, the rows, their seals.
		{"SealAudit", 5, func() error { w.db.Exec(t, insertRow); _, err := sealAll(ctx, w.store, sealKey); return err }},
		{"AuditHead", 1, func() error { _, err := w.store.AuditHead(ctx); return err }},
		// The city, the entry, the row, its history and its audit record.
		{"ChangeClaim", 5, func() error {
			return w.store.ChangeClaim(ctx, w.coordinator, w.ref(t, "7.2.2"), w.otherClaim(t, "7.2.2"), "", 0, false)
		}},
		// The same as for a claim, which puts it before the reviewers first, and who is told.
		{"ChangeClaim with Submit, Accept, ChangeClaim", 5 + 4 + 6 + 5, func() error {
			claim := w.store.ChangeClaim(ctx, w.coordinator, w.ref(t, described), tracker.ClaimAchieved, "", 0, true)
			accept := w.store.Accept(ctx, w.reviewer, w.ref(t, described), "")
			return errors.Join(claim, accept, w.store.ChangeClaim(ctx, w.coordinator, w.ref(t, described), tracker.ClaimInProgress, "", 0, false))
		}},
		{"Inbox", 1, func() error { _, err := w.store.Inbox(ctx, w.staff, tracker.InboxFilter{}, 50); return err }},
		{"MailChoice", 1, func() error { _, err := w.store.MailChoice(ctx, w.staff); return err }},
		{"PlanMails of nothing", 1, func() error {
			w.db.Exec(t, `UPDATE inbox_item SET read_at = now() WHERE read_at IS NULL`)
			return w.store.PlanMails(ctx, today, pgtest.Now)
		}},
		// And who is told, in one statement.
		{"Submit", 6, func() error { return w.store.Submit(ctx, w.coordinator, w.ref(t, "7.1.1"), "") }},
		{"Accept", 6, func() error { return w.store.Accept(ctx, w.reviewer, w.ref(t, "7.1.1"), "") }},
		{"EditNarrative of what was accepted", 6, func() error {
			return w.store.EditNarrative(ctx, w.coordinator, w.ref(t, "7.1.1"), tracker.Narrative{Narrative: when})
		}},
		{"EditNarrative", 5, func() error {
			ref := w.ref(t, "7.2.2")
			return w.store.EditNarrative(ctx, w.coordinator, ref, tracker.Narrative{Narrative: when})
		}},
		// The city, the thread, its assessment, what it is on, the people, the thread
		// again, the comment, its history and record, who takes part, what one is told.
		{"Reply", 11, func() error {
			_, err := w.store.Reply(ctx, w.coordinator, postgres.ThreadRef{City: w.slug, ID: 1}, tracker.NewComment{Text: "x"})
			return err
		}},
		// And the figure that the year had.
		{"RecordMeasurement", 7, func() error {
			return w.store.RecordMeasurement(ctx, w.staff, w.ref(t, measured), tracker.Measurement{Year: 2024, Value: 984})
		}},
	} {
		if got := seen.of(t, tt.fn); got != tt.want {
			t.Errorf("%s %s: %d queries, want %d: %q", tt.name, when, got, tt.want, seen.all()[len(seen.all())-got:])
		}
	}
}

// otherClaim is one that the entry does not have.
func (w *town) otherClaim(t testing.TB, indicator string) tracker.Claim {
	t.Helper()
	claim := w.db.Lines(t, `SELECT claim FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = $1 AND e.city_id = $2`, indicator, w.id)[0]
	if claim == "achieved" {
		return tracker.ClaimInProgress
	}
	return tracker.ClaimAchieved
}
