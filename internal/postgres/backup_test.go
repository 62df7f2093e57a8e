package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/backup"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// backedUp is the database in a file; before is called between the look at it
// and the reading.
func backedUp(t testing.TB, ownerURL string, before func(*postgres.Snapshot)) []byte {
	t.Helper()
	var file bytes.Buffer
	must(t, postgres.Backup(t.Context(), ownerURL, func(s *postgres.Snapshot) error {
		if before != nil {
			before(s)
		}
		_, err := backup.Save(t.Context(), &file, s.Header, s, nil)
		return err
	}))
	return file.Bytes()
}

// everything is the content of all tables and sequences, of whatever schema.
func everything(t testing.TB, ownerURL string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), ownerURL)
	must(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `
		SELECT format('%I.%I %s', n.nspname, c.relname, query_to_xml(CASE c.relkind
			WHEN 'S' THEN format('SELECT last_value, is_called FROM %I.%I', n.nspname, c.relname)
			ELSE format('SELECT count(*), md5(string_agg(x::text, chr(10) ORDER BY x::text)) FROM %I.%I x', n.nspname, c.relname) END, true, true, ''))
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1`)
	must(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	return strings.Join(lines, "\n")
}

// lively is the demonstration city, and a second one with acts of every kind,
// sealed, and a region that stands above an older one.
func lively(t testing.TB) (*pgtest.Database, *town) {
	t.Helper()
	db := pgtest.New(t, pgtest.Options{Demo: true})
	w := found(t, db, "quiet")
	w.bring(t, measured, "achieved/accepted*")
	w.bring(t, described, "achieved/none")
	decided := decree("a")
	decided.Links = to([]int{1}, described)
	must(t, w.store.SaveText(t.Context(), w.slug, w.add(t, decided), 1, "tab\tlùi\\N 'một'"))
	must(t, w.store.EditNarrative(t.Context(), w.coordinator, w.ref(t, described), tracker.Narrative{
		Narrative: "tab\tback\\slash\nnew line \\N \\. \"quote\" đ", Obstacles: "\\.", Solution: "🎓"}))
	asks := w.begin(t, w.reviewer, w.onEntry(described), asked(tracker.AudienceInternal, "Dòng một\nhai\t\\.", w.second.AccountID))
	must(t, w.store.EditComment(t.Context(), w.reviewer, w.commentRef(t, asks.ID, 1), "Đã sửa"))
	w.begin(t, w.leader, w.onEntry(described), directed(today, "Chỉ đạo"))
	db.Exec(t, `INSERT INTO region (name_vi, name_en) VALUES ('Dưới', 'Below'), ('Trên', 'Above')`)
	db.Exec(t, `UPDATE region SET parent_id = (SELECT id FROM region WHERE name_en = 'Above') WHERE name_en = 'Below'`)
	_, _, err := db.Store.SealAudit(t.Context(), sealKey, tracker.Seal{})
	must(t, err)
	return db, w
}

// TestBackupAndRestore: every row, every sequence and the schema are the same;
// the record verifies, and people can go on.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	db, w := lively(t)
	file := backedUp(t, db.OwnerURL, nil)
	to := restoredInto(t, file)
	if got, want := everything(t, to.OwnerURL), everything(t, db.OwnerURL); got != want {
		t.Errorf("the rows are others:\n%s", firstDifference(got, want))
	}
	if got, want := dumpSchema(t, to.OwnerURL), dumpSchema(t, db.OwnerURL); got != want {
		t.Errorf("the schema is another one:\n%s", firstDifference(got, want))
	}
	check, err := postgres.VerifyAudit(t.Context(), to.OwnerURL, sealKey)
	must(t, err)
	if len(check.Faults) != 0 || check.Sealed < 100 {
		t.Errorf("the record: %d sealed, %v", check.Sealed, check.Faults)
	}
	again := *w
	again.db, again.store = to, to.Store
	must(t, again.store.ChangeClaim(t.Context(), again.coordinator, again.ref(t, described), tracker.ClaimInProgress, "", 0, false))
	found(t, to, "newcomer")
	if second := backedUp(t, db.OwnerURL, nil); !bytes.Equal(second, file) {
		t.Error("the same rows give another file")
	}
}

// TestBackupIsOneState: what is written between the first look and the last
// row is not in it, and what is in it fits together.
func TestBackupIsOneState(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Demo: true, MaxConns: 4})
	w := found(t, db, "busy")
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	acts := func() {
		for n := range 4 {
			group.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					code := fmt.Sprintf("D%dX%d", n, i)
					err := w.store.CreateDepartment(context.WithoutCancel(ctx), w.coordinator, w.slug,
						tracker.Department{Code: code, Name: tracker.Text{VI: code, EN: code}})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	before := db.Count(t, `SELECT count(*) FROM department`)
	acts()
	for db.Count(t, `SELECT count(*) FROM department`) < before+20 {
		time.Sleep(time.Millisecond)
	}
	seen := 0
	file := backedUp(t, db.OwnerURL, func(*postgres.Snapshot) {
		seen = db.Count(t, `SELECT count(*) FROM department`)
		for db.Count(t, `SELECT count(*) FROM department`) < seen+20 {
			time.Sleep(time.Millisecond)
		}
	})
	stop()
	group.Wait()
	to := restoredInto(t, file)
	departments := to.Count(t, `SELECT count(*) FROM department`)
	acted := to.Count(t, `SELECT count(*) FROM audit WHERE act = 'create_department'`)
	fresh := db.Count(t, `SELECT count(*) FROM department`) - db.Count(t, `SELECT count(*) FROM audit WHERE act = 'create_department'`)
	if departments < before+20 || departments > seen || departments-acted != fresh {
		t.Errorf("%d departments and %d acts; %d before, %d seen after the look, %d without an act", departments, acted, before+20, seen, fresh)
	}
	// A state in which nobody writes comes back as it is, although they write
	// between the look and the reading.
	want := everything(t, db.OwnerURL)
	file = backedUp(t, db.OwnerURL, func(*postgres.Snapshot) { w.bring(t, measured, "achieved/accepted*") })
	if want == everything(t, db.OwnerURL) {
		t.Fatal("nothing was written meanwhile")
	}
	to = restoredInto(t, file)
	if got := everything(t, to.OwnerURL); got != want {
		t.Errorf("not the state of the look:\n%s", firstDifference(got, want))
	}
	found(t, to, "later") // the sequences are beyond every row
}

// TestBackupHoldsTheSweep, and lets go of it; migrations may go on meanwhile.
func TestBackupHoldsTheSweep(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	free := func(key string) bool {
		return db.Lines(t, `SELECT pg_try_advisory_xact_lock(`+key+`)::text`)[0] == "true"
	}
	backedUp(t, db.OwnerURL, func(*postgres.Snapshot) {
		if free(postgres.SweepLock) {
			t.Error("a sweep may begin")
		}
		if !free(postgres.MigrateLock) {
			t.Error("a migration has to wait")
		}
		backedUp(t, db.OwnerURL, nil) // two at once
	})
	for end := time.Now().Add(5 * time.Second); !free(postgres.SweepLock); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the sweep is held for ever")
		}
	}
}

// TestWhatABackupHolds: tables of others are in it and left out when it is
// restored; what a crash would empty, or what follows from other columns, is not.
func TestWhatABackupHolds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `CREATE SCHEMA shop`)
	db.Exec(t, `CREATE TABLE shop."Thing's" (x text, n int GENERATED ALWAYS AS (length(x)) STORED, j json)`)
	db.Exec(t, `INSERT INTO shop."Thing's" VALUES ('b', DEFAULT, '{}'), ('A', DEFAULT, NULL), ('a', DEFAULT, '[]')`)
	db.Exec(t, `CREATE UNLOGGED TABLE shop.passing (x text)`)
	var file bytes.Buffer
	must(t, postgres.Backup(t.Context(), db.OwnerURL, func(s *postgres.Snapshot) error {
		if s.Header.Migration == 0 || len(s.Header.Tables) < 20 || len(s.Header.Sequences) < 10 {
			t.Errorf("it holds %+v", s.Header)
		}
		thing := backup.Table{Schema: "shop", Name: "Thing's", Columns: []string{"x", "j"}}
		for _, one := range s.Header.Tables {
			if one.Schema == "shop" && (one.String() != thing.String() || !slices.Equal(one.Columns, thing.Columns)) {
				t.Errorf("it holds %+v", one)
			}
			if one.Name == "schema_migrations" {
				t.Error("the version of the schema is a table as well")
			}
		}
		var text strings.Builder
		n, err := s.Copy(t.Context(), thing, &text)
		if err != nil || n != 3 || text.String() != "A\t\\N\na\t[]\nb\t{}\n" {
			t.Errorf("%d rows %q, %v", n, text.String(), err)
		}
		_, err = backup.Save(t.Context(), &file, s.Header, s, nil)
		return err
	}))
	ownerURL, _ := pgtest.Empty(t)
	skipped, err := restored(t.Context(), ownerURL, file.Bytes())
	if err != nil || !slices.Equal(skipped, []string{"shop.Thing's"}) {
		t.Errorf("%v, skipped %q", err, skipped)
	}
}

// TestBackupOfAPlainOwner: neither needs more than to own the database.
func TestBackupOfAPlainOwner(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, t.TempDir())
	execute(t, server.URL("postgres", pgserver.Owner), `CREATE ROLE plain LOGIN CREATEROLE`)
	for _, name := range []string{"old", "new"} {
		must(t, server.EnsureDatabase(t.Context(), name))
		execute(t, server.URL("postgres", pgserver.Owner), `ALTER DATABASE `+name+` OWNER TO plain`)
	}
	old, fresh := server.URL("old", "plain"), server.URL("new", "plain")
	must(t, postgres.Migrate(t.Context(), old, ""))
	must(t, postgres.ImportFramework(t.Context(), old, published(t), pgtest.Now))
	w := found(t, pgtest.On(t, server.URL("old", pgserver.Owner), server.URL("old", postgres.AppRole)), "plain")
	w.bring(t, measured, "achieved/accepted*")
	_, err := restored(t.Context(), fresh, backedUp(t, old, nil))
	must(t, err)
	if got, want := everything(t, fresh), everything(t, old); got != want {
		t.Errorf("the rows are others:\n%s", firstDifference(got, want))
	}
	// Whom row-level security hides rows from does not take what is left for all.
	err = postgres.Backup(t.Context(), server.URL("old", postgres.AppRole), func(*postgres.Snapshot) error {
		t.Error("it began as the app role")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "this login does not own the tables") {
		t.Errorf("the app role: %v", err)
	}
	// Nor does an owner whom somebody has bound to the policies as well.
	execute(t, old, `ALTER TABLE entry FORCE ROW LEVEL SECURITY`)
	err = postgres.Backup(t.Context(), old, func(s *postgres.Snapshot) error {
		_, err := backup.Save(t.Context(), io.Discard, s.Header, s, nil)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("an owner who does not see all: %v", err)
	}
}

// TestBackupOfWhatIsNotReady says why there is none.
func TestBackupOfWhatIsNotReady(t *testing.T) {
	t.Parallel()
	none := func(*postgres.Snapshot) error { t.Error("it began"); return nil }
	ownerURL, _ := pgtest.Empty(t)
	if err := postgres.Backup(t.Context(), ownerURL, none); !errors.Is(err, postgres.ErrNotMigrated) {
		t.Errorf("empty: %v", err)
	}
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `UPDATE schema_migrations SET dirty = true`)
	if err := postgres.Backup(t.Context(), db.OwnerURL, none); !errors.Is(err, postgres.ErrNotMigrated) || !strings.Contains(err.Error(), "failed half-way") {
		t.Errorf("dirty: %v", err)
	}
}
