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

// restored fills the database from the file, as the command does.
func restored(ctx context.Context, ownerURL string, file []byte) (skipped []string, err error) {
	err = postgres.Restore(ctx, ownerURL, "", func(r *postgres.Restoration) error {
		m, err := backup.Load(ctx, bytes.NewReader(file), int64(len(file)), r, nil)
		if err != nil {
			return err
		}
		skipped = r.Skipped
		return r.Finish(ctx, m)
	})
	return skipped, err
}

// restoredInto restores into a new database, which must then be ready.
func restoredInto(t testing.TB, file []byte) *pgtest.Database {
	t.Helper()
	ownerURL, url := pgtest.Empty(t)
	skipped, err := restored(t.Context(), ownerURL, file)
	if err != nil || len(skipped) != 0 {
		t.Fatalf("%v, skipped %q", err, skipped)
	}
	return pgtest.On(t, ownerURL, url)
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

// TestRestoreIntoMigrated: migrate, and serve, make what a restoration may replace.
func TestRestoreIntoMigrated(t *testing.T) {
	t.Parallel()
	db, _ := lively(t)
	file := backedUp(t, db.OwnerURL, nil)
	to := pgtest.New(t, pgtest.Options{})
	to.Exec(t, `INSERT INTO sign_in_counter VALUES ('network', '\x00', 1, now())`)
	to.Store.Close()
	to.Owner.Close()
	if _, err := restored(t.Context(), to.OwnerURL, file); err != nil {
		t.Fatal(err)
	}
	if got, want := everything(t, to.OwnerURL), everything(t, db.OwnerURL); got != want {
		t.Errorf("the rows are others:\n%s", firstDifference(got, want))
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

// TestRestoreRefuses, and changes nothing.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	db, _ := lively(t)
	file := backedUp(t, db.OwnerURL, nil)
	newest, err := postgres.NewestMigration()
	must(t, err)
	for _, tt := range []struct {
		name  string
		spoil string
		file  []byte
		want  error
		text  string
	}{
		{"one account", `INSERT INTO account (email, name, password_hash, created_at) VALUES ('a@b.c', 'A', 'x', now())`, file,
			postgres.ErrNotEmpty, "its table public.account holds rows"},
		{"a region", `INSERT INTO region (name_vi, name_en) VALUES ('A', 'A')`, file, postgres.ErrNotEmpty, "its table public.region holds rows"},
		{"not ours", `DROP TABLE schema_migrations`, file, postgres.ErrNotEmpty, "which is not this program's"},
		{"rows of others", `CREATE SCHEMA shop; CREATE TABLE shop.thing (id int); INSERT INTO shop.thing VALUES (1)`, file,
			postgres.ErrNotEmpty, "its table shop.thing holds rows"},
		{"dirty", `UPDATE schema_migrations SET dirty = true`, file, nil, "Dirty database"},
		{"of a later schema", `SELECT 1`, edited(t, db, func(h *backup.Header) { h.Migration = newest + 1 }),
			postgres.ErrNewerSchema, fmt.Sprintf("it is at version %d, this program knows up to %d", newest+1, newest)},
		{"of no schema", `SELECT 1`, edited(t, db, func(h *backup.Header) { h.Migration = 0 }), postgres.ErrNewerSchema, ""},
		{"a table less", `SELECT 1`, edited(t, db, func(h *backup.Header) { h.Tables = h.Tables[1:] }), backup.ErrBroken, "has the table public.account"},
		{"a column less", `SELECT 1`, edited(t, db, func(h *backup.Header) {
			i := slices.IndexFunc(h.Tables, func(t backup.Table) bool { return t.Name == "city" })
			h.Tables[i].Columns = h.Tables[i].Columns[1:]
		}), backup.ErrBroken, "has the table public.city"},
		{"a sequence less", `SELECT 1`, edited(t, db, func(h *backup.Header) { h.Sequences = h.Sequences[1:] }), backup.ErrBroken, "where the sequence"},
		{"rows that lead nowhere", `SELECT 1`, withRows(t, db, "account", ""), nil, "_fkey"},
		{"rows twice", `SELECT 1`, withRows(t, db, "sign_in_counter", "place\t\\\\x00\t1\t2026-11-21\nplace\t\\\\x00\t1\t2026-11-21\n"), nil, "sign_in_counter_pkey"},
		{"rows that are written otherwise", `SELECT 1`, withRows(t, db, "sign_in_counter", "place\t\\\\x00\t1.0\t2026-11-21\n"), nil, "holds other rows than the backup"},
		{"no rows at all", `SELECT 1`, withRows(t, db, "sign_in_counter", "what is this\n"), nil, "sign_in_counter"},
		{"cut off", `SELECT 1`, file[:len(file)/2], backup.ErrBroken, ""},
		{"cut off at the end", `SELECT 1`, file[:len(file)-1], backup.ErrBroken, ""},
		{"foreign", `SELECT 1`, []byte(strings.Repeat("x", 10_000)), backup.ErrForeign, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			to := pgtest.New(t, pgtest.Options{})
			to.Exec(t, tt.spoil)
			to.Store.Close()
			to.Owner.Close()
			rows, schema := everything(t, to.OwnerURL), dumpSchema(t, to.OwnerURL)
			_, err := restored(t.Context(), to.OwnerURL, tt.file)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("it says %v", err)
			}
			if got := everything(t, to.OwnerURL); got != rows {
				t.Errorf("rows were changed:\n%s", firstDifference(got, rows))
			}
			if got := dumpSchema(t, to.OwnerURL); got != schema {
				t.Errorf("the schema was changed:\n%s", firstDifference(got, schema))
			}
		})
	}
}

// edited is a backup whose header somebody wrote anew, with all sums right.
func edited(t testing.TB, db *pgtest.Database, edit func(*backup.Header)) []byte {
	t.Helper()
	var file bytes.Buffer
	must(t, postgres.Backup(t.Context(), db.OwnerURL, func(s *postgres.Snapshot) error {
		h := s.Header
		h.Tables, h.Sequences = slices.Clone(h.Tables), slices.Clone(h.Sequences)
		edit(&h)
		_, err := backup.Save(t.Context(), &file, h, s, nil)
		return err
	}))
	return file.Bytes()
}

// withRows is a backup with other rows in one table, with all sums right.
func withRows(t testing.TB, db *pgtest.Database, table, text string) []byte {
	t.Helper()
	var file bytes.Buffer
	must(t, postgres.Backup(t.Context(), db.OwnerURL, func(s *postgres.Snapshot) error {
		_, err := backup.Save(t.Context(), &file, s.Header, otherRows{s, table, text}, nil)
		return err
	}))
	return file.Bytes()
}

type otherRows struct {
	*postgres.Snapshot
	table, text string
}

func (o otherRows) Copy(ctx context.Context, t backup.Table, w io.Writer) (int64, error) {
	if t.Name != o.table {
		return o.Snapshot.Copy(ctx, t, w)
	}
	_, err := io.WriteString(w, o.text)
	return int64(strings.Count(o.text, "\n")), err
}

// TestRestoreIsAlone: neither beside a program nor beside a migration; one that
// starts meanwhile waits.
func TestRestoreIsAlone(t *testing.T) {
	t.Parallel()
	file := backedUp(t, pgtest.New(t, pgtest.Options{}).OwnerURL, nil)
	ownerURL, _ := pgtest.Empty(t)
	other, err := pgx.Connect(t.Context(), ownerURL)
	must(t, err)
	if _, err := restored(t.Context(), ownerURL, file); !errors.Is(err, postgres.ErrInUse) || !strings.Contains(err.Error(), "1 connections") {
		t.Errorf("beside another: %v", err)
	}
	_, err = other.Exec(t.Context(), `SELECT pg_advisory_lock(`+postgres.MigrateLock+`)`)
	must(t, err)
	if _, err := restored(t.Context(), ownerURL, file); !errors.Is(err, postgres.ErrInUse) || !strings.Contains(err.Error(), "it is being migrated") {
		t.Errorf("beside a migration: %v", err)
	}
	must(t, other.Close(t.Context()))
	migrated := make(chan error, 1)
	must(t, postgres.Restore(t.Context(), ownerURL, "", func(r *postgres.Restoration) error {
		go func() { migrated <- postgres.Migrate(context.WithoutCancel(t.Context()), ownerURL, "") }()
		time.Sleep(200 * time.Millisecond)
		m, err := backup.Load(t.Context(), bytes.NewReader(file), int64(len(file)), r, nil)
		if err != nil {
			return err
		}
		if len(migrated) != 0 {
			t.Error("a migration did not wait")
		}
		return r.Finish(t.Context(), m)
	}))
	must(t, <-migrated)
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

// TestRestoreRunsNoTrigger: rows come back as they were, right or wrong; then
// triggers work again.
func TestRestoreRunsNoTrigger(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `INSERT INTO region (name_vi, name_en) VALUES ('A', 'A')`)
	db.Exec(t, `UPDATE region SET path = '{}'`)
	to := restoredInto(t, backedUp(t, db.OwnerURL, nil))
	if n := to.Count(t, `SELECT count(*) FROM region WHERE path = '{}'`); n != 1 {
		t.Errorf("%d rows with the path that was saved", n)
	}
	to.Exec(t, `INSERT INTO region (name_vi, name_en) VALUES ('B', 'B')`)
	if n := to.Count(t, `SELECT count(*) FROM region WHERE path = ARRAY[id]`); n != 2 {
		t.Errorf("%d rows with a path", n)
	}
}

// TestRestoreOlder: a backup of each version of the schema comes back at its
// version, and is migrated from there with its rows.
func TestRestoreOlder(t *testing.T) {
	t.Parallel()
	newest, err := postgres.NewestMigration()
	must(t, err)
	whole := pgtest.New(t, pgtest.Options{})
	whole.RunClock(t)
	want := dumpSchema(t, whole.OwnerURL)
	for version := uint(2); version <= newest; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			old, _ := pgtest.Empty(t)
			must(t, postgres.MigrateTo(old, version))
			execute(t, old, `
				INSERT INTO region (name_vi, name_en) VALUES ('Tỉnh', 'Province');
				INSERT INTO city (region_id, slug, name_vi, name_en, time_zone, language) SELECT id, 'old', 'Cũ', 'Old', 'Asia/Ho_Chi_Minh', 'vi' FROM region`)
			file := backedUp(t, old, nil)
			h, _, err := backup.Check(t.Context(), bytes.NewReader(file), int64(len(file)))
			if err != nil || h.Migration != version {
				t.Fatalf("version %d, %v", h.Migration, err)
			}
			to, url := pgtest.Empty(t)
			_, err = restored(t.Context(), to, file)
			must(t, err)
			if got := dumpSchema(t, to); got != want {
				t.Errorf("the schema is another one:\n%s", firstDifference(got, want))
			}
			must(t, postgres.ImportFramework(t.Context(), to, published(t), pgtest.Now))
			if db := pgtest.On(t, to, url); db.Count(t, `SELECT count(*) FROM city c JOIN region r ON r.id = c.region_id WHERE c.slug = 'old'`) != 1 {
				t.Error("the city is gone")
			}
		})
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
