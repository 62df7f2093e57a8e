package postgres_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// everyMethod calls each method that talks to the database once.
func everyMethod(t testing.TB, s *postgres.Store, w *town) map[string]error {
	t.Helper()
	ctx, token := t.Context(), sha256.Sum256([]byte("leader@"+w.slug+".example"))
	ref := postgres.EntryRef{City: w.slug, Indicator: measured, Version: 2}
	errs := map[string]error{
		"Ready":             s.Ready(ctx),
		"StartSession":      s.StartSession(ctx, w.leader, hashKept(w.leader), postgres.NewSession{TokenHash: make([]byte, 32), Lifetime: time.Hour}),
		"EndSession":        s.EndSession(ctx, w.leader, token[:]),
		"CreateDepartment":  s.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "X"}),
		"AddMilestone":      s.AddMilestone(ctx, w.coordinator, w.slug, 1, tracker.Milestone{}),
		"Assign":            s.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured}}),
		"HandOver":          s.HandOver(ctx, w.coordinator, postgres.PersonRef{City: w.slug, ID: 1, Version: 1}, tracker.HandOver{}),
		"ChangeClaim":       s.ChangeClaim(ctx, w.staff, ref, tracker.ClaimAchieved, "", 0, true),
		"Submit":            s.Submit(ctx, w.staff, ref, ""),
		"Withdraw":          s.Withdraw(ctx, w.staff, ref, ""),
		"Accept":            s.Accept(ctx, w.reviewer, ref, ""),
		"Return":            s.Return(ctx, w.reviewer, ref, "reason"),
		"Reopen":            s.Reopen(ctx, w.reviewer, ref, "reason"),
		"EditNarrative":     s.EditNarrative(ctx, w.staff, ref, tracker.Narrative{Narrative: "x"}),
		"RecordMeasurement": s.RecordMeasurement(ctx, w.staff, ref, tracker.Measurement{Year: 2024}),
		"Atomically":        s.Atomically(ctx, func(*postgres.Store) error { return nil }),
	}
	_, errs["AddMember"] = s.AddMember(ctx, w.coordinator, w.slug, postgres.NewMember{})
	_, errs["CreateCity"] = s.CreateCity(ctx, tracker.Operator(), hue)
	_, errs["OpenAssessment"] = s.OpenAssessment(ctx, w.coordinator, w.slug, "learning-city-57", round, tracker.CarryOver{})
	_, errs["Overview"] = s.Overview(ctx, w.leader, w.slug, 0, 0)
	_, errs["OverviewWithPeople"] = s.OverviewWithPeople(ctx, w.leader, w.slug, 0, 0)
	_, errs["InCharge"] = s.InCharge(ctx, w.coordinator, w.slug, 1)
	_, errs["EntryRecord"] = s.EntryRecord(ctx, w.leader, ref, 0)
	_, errs["Cities"] = s.Cities(ctx, w.leader)
	_, errs["Empty"] = s.Empty(ctx)
	_, errs["Demonstration"] = s.Demonstration(ctx)
	_, errs["SessionActor"] = s.SessionActor(ctx, token[:])
	_, _, errs["TrySignIn"] = s.TrySignIn(ctx, postgres.SignInTry{Email: "leader@" + w.slug + ".example"})
	return errs
}

// TestServerGone: every method says so, nothing else, and the same store works
// again when the server is back.
func TestServerGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := pgtest.Server(t, dir)
	address := func(role string) string { return server.URL("postgres", role) }
	must(t, postgres.Migrate(t.Context(), address(pgserver.Owner), ""))
	must(t, postgres.ImportFramework(t.Context(), address(pgserver.Owner), published(t), pgtest.Now))
	db := pgtest.On(t, address(pgserver.Owner), address(postgres.AppRole))
	w := found(t, db, "ha-long")
	must(t, server.Stop(t.Context()))
	for name, err := range everyMethod(t, w.store, w) {
		if !same(err, tracker.ErrUnavailable) {
			t.Errorf("%s without a server: %v", name, err)
		}
	}
	pgtest.Server(t, dir)
	must(t, w.store.Ready(t.Context()))
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	if len(o.Entries) != 57 || o.ScoreAsOf(today).Claimed != 0 {
		t.Errorf("after the pause: %+v", o.ScoreAsOf(today))
	}
}

// TestConnectionLost: whose connection is cut hears that the database was not
// available; the next request has a new connection.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	cut := func() {
		db.Exec(t, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`, postgres.AppRole)
	}
	ref := w.ref(t, measured)
	before := fingerprint(t, db)
	err := w.store.Atomically(t.Context(), func(inside *postgres.Store) error {
		must(t, inside.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimInProgress, "", 0, false))
		cut()
		return inside.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimAchieved, "", 0, false)
	})
	if !same(err, tracker.ErrUnavailable) {
		t.Errorf("cut in the middle: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("half an act was written")
	}
	must(t, w.store.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimInProgress, "", 0, false))
	// While nobody asks: one request at most notices.
	cut()
	if _, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0); err != nil && !same(err, tracker.ErrUnavailable) {
		t.Errorf("the first after a cut: %v", err)
	}
	_, err = w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
}

// TestCutAtCommit: all was sent but the end; nothing is written and the caller
// is not told that it was.
func TestCutAtCommit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	before := fingerprint(t, db)
	err := w.store.Atomically(t.Context(), func(inside *postgres.Store) error {
		must(t, inside.ChangeClaim(t.Context(), w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
		db.Exec(t, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`, postgres.AppRole)
		return nil
	})
	if !same(err, tracker.ErrUnavailable) || fingerprint(t, db) != before {
		t.Errorf("cut at the commit: %v", err)
	}
}

// TestPatienceEnds: who waits for somebody else's lock until the request's time
// is over hears that it may be tried again.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ref := w.ref(t, measured)
	holder, err := db.Owner.Begin(t.Context())
	must(t, err)
	_, err = holder.Exec(t.Context(), `SELECT FROM entry FOR UPDATE`)
	must(t, err)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := w.store.ChangeClaim(short, w.staff, ref, tracker.ClaimInProgress, "", 0, false); !same(err, tracker.ErrUnavailable) {
		t.Errorf("with the row locked: %v", err)
	}
	must(t, holder.Rollback(t.Context()))
	must(t, w.store.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimInProgress, "", 0, false))
}
