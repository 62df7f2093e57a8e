package postgres_test

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// freezer stops the database's process on the other end when a rollback is sent.
type freezer struct {
	mu     sync.Mutex
	frozen []int
}

func (f *freezer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.EqualFold(data.SQL, "rollback") {
		f.mu.Lock()
		defer f.mu.Unlock()
		pid := int(conn.PgConn().PID())
		if syscall.Kill(pid, syscall.SIGSTOP) == nil {
			f.frozen = append(f.frozen, pid)
		}
	}
	return ctx
}

func (f *freezer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// thaw lets them go on, and counts them.
func (f *freezer) thaw() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, pid := range f.frozen {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	return len(f.frozen)
}

// TestRollbackEnds: where the database does not answer any more, a rollback is
// given up, and the next request has a new connection.
func TestRollbackEnds(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]func(*town, *postgres.Store) error{
		"an act": func(w *town, s *postgres.Store) error {
			return s.ChangeClaim(t.Context(), w.leader, w.ref(t, measured), tracker.ClaimAchieved, "", 0, false)
		},
		"a page": func(w *town, s *postgres.Store) error {
			_, err := s.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: "9.9.9"}, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t, pgtest.Options{})
			w := found(t, db, "ha-long")
			f := &freezer{}
			s := db.Open(t, pgtest.Options{Tracer: f})
			t.Cleanup(func() { f.thaw() })
			begun, done := time.Now(), make(chan error, 1)
			go func() { done <- refused(w, s) }()
			select {
			case err := <-done:
				if took := time.Since(begun); err == nil || took < 4*time.Second {
					t.Errorf("after %s: %v", took, err)
				}
			case <-time.After(10 * time.Second):
				t.Error("it waits for ever")
				f.thaw()
				<-done
			}
			_, err := s.Overview(t.Context(), w.leader, w.slug, 0, 0)
			must(t, err)
			if n := f.thaw(); n != 1 {
				t.Errorf("%d were frozen: the test shows nothing", n)
			}
		})
	}
}

// TestCancelledRequestRollsBack: nothing of it stays open, and the connection
// serves the next.
func TestCancelledRequestRollsBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	connection := func() int {
		return db.Count(t, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`, postgres.AppRole)
	}
	ctx, cancel := context.WithCancel(t.Context())
	before := connection()
	err := w.store.Atomically(ctx, func(inside *postgres.Store) error {
		must(t, inside.ChangeClaim(ctx, w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
		cancel()
		return ctx.Err()
	})
	if err == nil {
		t.Error("it was written")
	}
	if n := db.Count(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
		t.Errorf("%d transactions are left open", n)
	}
	must(t, w.store.Ready(t.Context()))
	if connection() != before {
		t.Error("the connection was given up")
	}
}
