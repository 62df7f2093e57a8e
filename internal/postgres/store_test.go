package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestOpen does not need the database yet, but an address that can be read.
func TestOpen(t *testing.T) {
	t.Parallel()
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://host:notaport/"}); err == nil {
		t.Error("a bad address was taken")
	}
	store, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres:///nothing?host=/nowhere"})
	must(t, err)
	defer store.Close()
	if err := store.Ready(t.Context()); !same(err, tracker.ErrUnavailable) {
		t.Errorf("without a database: %v", err)
	}
}

// TestStoreIsTheAppRole: also where the login is another one, and on every
// connection.
func TestStoreIsTheAppRole(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	seen := &queries{}
	store, err := postgres.Open(t.Context(), postgres.Options{URL: db.OwnerURL, MaxConns: 1, Tracer: seen})
	must(t, err)
	defer store.Close()
	must(t, store.Ready(t.Context()))
	want := []string{"SET ROLE learningcity_app", "SELECT version, dirty FROM schema_migrations"}
	if got := seen.all(); len(got) < 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("queries begin with %q, want %q", got, want)
	}
	// So the owner's own reading is closed to it.
	w := emptyTown(t, db, "ha-long")
	_, _, err = store.TrySignIn(t.Context(), postgres.SignInTry{Email: "staff@ha-long.example"})
	must(t, err)
	if n := db.Count(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'learningcity'`); n != 2 {
		t.Errorf("%d connections of stores, want one each", n)
	}
	_ = w
}

// TestAtomically: all acts are written or none, also those that succeeded.
func TestAtomically(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	before, boom := fingerprint(t, w.db), errors.New("boom")
	ref := w.ref(t, measured)
	claim := func(s *postgres.Store) error {
		return s.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimAchieved, "", 0, true)
	}
	err := w.store.Atomically(t.Context(), func(inside *postgres.Store) error {
		must(t, claim(inside))
		o, err := inside.Overview(t.Context(), w.leader, w.slug, 0, 0)
		must(t, err)
		if got := o.ScoreAsOf(today).Awaiting; got != 1 {
			t.Errorf("inside, %d are awaiting", got)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("the error is %v", err)
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	// A refusal inside undoes that act alone.
	must(t, w.store.Atomically(t.Context(), func(inside *postgres.Store) error {
		must(t, claim(inside))
		if err := claim(inside); !same(err, tracker.ErrConflict) {
			t.Errorf("the same version again: %v", err)
		}
		if err := inside.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: "CUL",
			Name: tracker.Text{VI: "x", EN: "x"}}); !same(err, tracker.Invalid("code", "department_code_once")) {
			t.Errorf("a code twice: %v", err)
		}
		return nil
	}))
	if got := w.ref(t, measured).Version; got != ref.Version+2 {
		t.Errorf("version %d after %d", got, ref.Version)
	}
}

// TestEveryMethodInsideAtomically: with one connection, a method that went
// past the transaction to the pool would wait for ever, and one that was left
// in another city would be refused.
func TestEveryMethodInsideAtomically(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	token := sha256.Sum256([]byte("staff@ha-long.example"))
	fresh := sha256.Sum256([]byte("fresh"))
	giver := w.expert(t, "giver")
	must(t, w.store.Atomically(ctx, func(s *postgres.Store) error {
		must(t, s.ChangeClaim(ctx, w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
		_, _, err := s.TrySignIn(ctx, postgres.SignInTry{Email: "staff@ha-long.example"})
		must(t, err)
		_, err = s.SessionActor(ctx, token[:])
		must(t, err)
		_, err = s.Empty(ctx)
		must(t, err)
		_, err = s.Demonstration(ctx)
		must(t, err)
		_, err = s.Cities(ctx, w.leader)
		must(t, err)
		must(t, s.Ready(ctx))
		must(t, s.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "POL", Name: tracker.Text{VI: "x", EN: "x"}}))
		must(t, s.StartSession(ctx, w.staff, hashKept(w.staff), postgres.NewSession{TokenHash: fresh[:], Lifetime: time.Hour}))
		must(t, s.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "ENV", Name: tracker.Text{VI: "x", EN: "x"}}))
		_, err = s.CreateCity(ctx, tracker.Operator(), hue)
		must(t, err)
		must(t, s.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "HEA", Name: tracker.Text{VI: "x", EN: "x"}}))
		_, err = s.AllCities(ctx, tracker.Operator())
		must(t, err)
		_, err = s.HasAccounts(ctx)
		must(t, err)
		_, err = s.CreateAdmin(ctx, tracker.Operator(), postgres.NewAdmin{Email: "second@learningcity.example", Name: "x", PasswordHash: "x"})
		must(t, err)
		if err := s.SetUp(ctx, tracker.Actor{}, postgres.NewAdmin{}, postgres.NewSession{}); !same(err, tracker.ErrNotFound) {
			t.Errorf("setting up again: %v", err)
		}
		must(t, s.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "LAB", Name: tracker.Text{VI: "x", EN: "x"}}))
		id, err := s.AddEvidence(ctx, w.staff, w.slug, decree("inside"))
		must(t, err)
		must(t, s.SaveText(ctx, w.slug, id, 1, "x"))
		_, err = s.Evidence(ctx, w.staff, w.slug, id)
		must(t, err)
		_, err = s.Library(ctx, w.staff, w.slug, tracker.LibraryFilter{})
		must(t, err)
		_, err = s.Checklist(ctx, w.staff, w.slug, 1)
		must(t, err)
		_, err = s.TakeEvidenceNotices(ctx, w.slug)
		must(t, err)
		_, err = s.Reviews(ctx, w.reviewer, w.slug, 0)
		must(t, err)
		_, err = s.Review(ctx, w.reviewer, w.ref(t, measured))
		must(t, err)
		_, err = s.CityReviews(ctx, w.reviewer)
		must(t, err)
		must(t, adviseInside(ctx, s, w, giver, id))
		return s.EndSession(ctx, w.staff, fresh[:])
	}))
	if n := db.Count(t, `SELECT count(*) FROM audit WHERE act IN ('create_department', 'create_city', 'sign_out') `); n != 9 {
		t.Errorf("%d records", n)
	}
}

// adviseInside runs every method on recommendations and tasks.
func adviseInside(ctx context.Context, s *postgres.Store, w *town, giver tracker.Actor, evidence int64) error {
	id, err := s.GiveRecommendation(ctx, giver, w.slug, 0, tracker.Recommendation{GivenOn: today, Text: "x"})
	if err != nil {
		return err
	}
	work := tracker.TaskWork{Title: "x", Department: "CUL", DueOn: today}
	task, err := s.GiveTask(ctx, w.coordinator, w.slug, 0, postgres.NewTask{Work: work, Source: tracker.FromRecommendation, Recommendation: id})
	if err != nil {
		return err
	}
	work.Title = "y"
	_, read := s.Recommendation(ctx, w.staff, w.slug, id)
	_, listed := s.Recommendations(ctx, w.staff, w.slug, 0, tracker.RecommendationFilter{})
	_, readTask := s.Task(ctx, w.staff, w.slug, task)
	_, listedTasks := s.Tasks(ctx, w.staff, w.slug, 0, tracker.TaskFilter{})
	_, named := s.EvidenceToName(ctx, w.staff, w.slug, 1, nil)
	_, department := s.DepartmentRecord(ctx, w.staff, w.slug, "CUL", 0)
	_, code := s.DepartmentCode(ctx, w.staff, w.slug, 1)
	return errors.Join(read, listed, readTask, listedTasks, named, department, code,
		s.MoveRecommendation(ctx, w.coordinator, postgres.RecommendationRef{City: w.slug, ID: id, Version: 1}, tracker.TakeOnRecommendation, "", nil),
		s.ChangeTask(ctx, w.coordinator, postgres.TaskRef{City: w.slug, ID: task, Version: 1}, work),
		s.MoveTask(ctx, w.staff, postgres.TaskRef{City: w.slug, ID: task, Version: 2}, tracker.CompleteTask, "", []int64{evidence}))
}

// TestWithClock leaves the store's own clock alone.
func TestWithClock(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	early := time.Date(2024, time.March, 1, 9, 0, 0, 0, pgtest.Zone)
	past := w.store.WithClock(func() time.Time { return early })
	must(t, past.ChangeClaim(t.Context(), w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
	must(t, w.store.ChangeClaim(t.Context(), w.staff, w.ref(t, measured), tracker.ClaimAchieved, "", 0, false))
	got := w.db.Lines(t, `SELECT effective_on || ' ' || (recorded_at AT TIME ZONE 'UTC') FROM status_change WHERE act <> 'open' ORDER BY entry_version`)
	if len(got) != 2 || got[0] != "2024-03-01 2024-03-01 02:00:00" || got[1] != "2025-03-10 2025-03-10 05:00:00" {
		t.Errorf("recorded %q", got)
	}
}
