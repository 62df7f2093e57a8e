package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/backup"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
)

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
	old, _ := pgtest.Empty(t)
	for version := uint(2); version <= newest; version++ {
		must(t, postgres.MigrateTo(old, version))
		if version == 2 {
			execute(t, old, `
				INSERT INTO region (name_vi, name_en) VALUES ('Tỉnh', 'Province');
				INSERT INTO city (region_id, slug, name_vi, name_en, time_zone, language) SELECT id, 'old', 'Cũ', 'Old', 'Asia/Ho_Chi_Minh', 'vi' FROM region`)
		}
		file := backedUp(t, old, nil)
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			h, _, err := backup.Check(t.Context(), bytes.NewReader(file), int64(len(file)))
			if err != nil || h.Migration != version {
				t.Fatalf("version %d, %v", h.Migration, err)
			}
			to, _ := pgtest.Empty(t)
			_, err = restored(t.Context(), to, file)
			must(t, err)
			if got := dumpSchema(t, to); got != want {
				t.Errorf("the schema is another one:\n%s", firstDifference(got, want))
			}
			if cities := lines(t, to, `SELECT concat_ws(' ', c.slug, r.name_vi) FROM city c JOIN region r ON r.id = c.region_id`); !slices.Equal(cities, []string{"old Tỉnh"}) {
				t.Errorf("cities are %q", cities)
			}
		})
	}
}
