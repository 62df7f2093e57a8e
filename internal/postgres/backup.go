package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/backup"
)

// sweepLock is the advisory lock between backups and the sweep of contents
// that no row points at: backups share it, so that the contents of their rows
// stay until they are copied; the sweep takes it alone and comes back later
// where it cannot.
const sweepLock = `hashtext('learningcity sweep')`

// migrateLock is held by who migrates or restores.
const migrateLock = `hashtext('learningcity migrate')`

// A Snapshot is one state of the database, as its owner sees it.
type Snapshot struct {
	// Header names the schema's version, every table with its columns, and
	// where the sequences stand.
	Header backup.Header
	tx     pgx.Tx
	tables map[string]dumped
}

// Backup lets use read one state of the whole database while others work, as
// its owner. Until it returns no content is swept and no table is altered.
func Backup(ctx context.Context, ownerURL string, use func(*Snapshot) error) error {
	conn, err := connectToDump(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Both locks are let go of with the connection at the latest. The second
	// keeps migrations from coming between the state and the tables' locks.
	_, err = conn.Exec(ctx, `SELECT pg_advisory_lock_shared(`+sweepLock+`), pg_advisory_lock_shared(`+migrateLock+`)`)
	if err != nil {
		return fmt.Errorf("wait for a sweep or a migration: %w", err)
	}
	return meaning(pgx.BeginTxFunc(ctx, conn, reading, func(tx pgx.Tx) error {
		s := &Snapshot{tx: tx}
		if err := s.look(ctx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_unlock_shared(`+migrateLock+`)`); err != nil {
			return fmt.Errorf("let migrations go on: %w", err)
		}
		return use(s)
	}))
}

// connectToDump makes a connection on which every value is written as text
// that any PostgreSQL reads back as the same, whatever its settings, and on
// which row-level security hides nothing without an error.
func connectToDump(ctx context.Context, ownerURL string) (*pgx.Conn, error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, `
		SET row_security = off; SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';
		SET TimeZone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET statement_timeout = 0;
		SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '30s'; SET synchronous_commit = on`)
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("prepare the owner's connection: %w", err)
	}
	return conn, nil
}

// look reads what there is, and keeps it from being altered.
func (s *Snapshot) look(ctx context.Context) error {
	version, err := versionToDump(ctx, s.tx)
	if err != nil {
		return err
	}
	all, err := dumpedTables(ctx, s.tx)
	if err != nil {
		return err
	}
	s.Header.Migration = version
	s.tables = map[string]dumped{}
	for _, t := range all {
		s.Header.Tables = append(s.Header.Tables, t.Table)
		s.tables[t.String()] = t
	}
	if err := lockTables(ctx, s.tx, all, "ACCESS SHARE"); err != nil {
		return err
	}
	// Sequences know no snapshots: read after it, they have given out every
	// number that a row of it has.
	s.Header.Sequences, err = sequences(ctx, s.tx)
	return err
}

// versionToDump is the version of a schema that is in order, and the login's own.
func versionToDump(ctx context.Context, tx pgx.Tx) (uint, error) {
	var owns bool
	err := tx.QueryRow(ctx, `
		SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('public.schema_migrations')`).Scan(&owns)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("%w: there is nothing to back up", ErrNotMigrated)
	}
	if err == nil && !owns {
		return 0, errors.New("this login does not own the tables: set LEARNINGCITY_OWNER_URL to the one that migrates")
	}
	var version uint
	var dirty bool
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT version, dirty FROM public.schema_migrations`).Scan(&version, &dirty)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, fmt.Errorf("%w: there is nothing to back up", ErrNotMigrated)
	case err != nil:
		return 0, fmt.Errorf("read the schema version: %w", err)
	case dirty:
		return 0, fmt.Errorf("%w: migration %06d failed half-way; learningcity doctor says what to do", ErrNotMigrated, version)
	}
	return version, nil
}

// Copy is that of backup.Source.
func (s *Snapshot) Copy(ctx context.Context, t backup.Table, w io.Writer) (int64, error) {
	return copyOut(ctx, s.tx, s.tables[t.String()], w)
}

// dumped is a table with the order in which its rows are written.
type dumped struct {
	backup.Table
	order []string
}

// dumpedTables are all tables whose rows outlive a crash, but for the version
// of the schema and what extensions bring. Generated columns are left out: they
// follow from the others. Rows come in the order of the primary key, or else of
// all columns, by bytes and not by a language that another machine may not know.
func dumpedTables(ctx context.Context, tx pgx.Tx) ([]dumped, error) {
	rows, err := tx.Query(ctx, `
		SELECT n.nspname::text, c.relname::text, array_agg(a.attname::text ORDER BY a.attnum),
		       array_agg(CASE WHEN i.indexrelid IS NULL THEN format('%I::text COLLATE "C"', a.attname)
		                      WHEN a.attcollation = 0 THEN format('%I', a.attname)
		                      ELSE format('%I COLLATE "C"', a.attname) END
		                 ORDER BY array_position(i.indkey::int2[], a.attnum), a.attnum)
		           FILTER (WHERE i.indexrelid IS NULL OR a.attnum = ANY (i.indkey::int2[]))
		FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		  AND (n.nspname, c.relname) <> ('public', 'schema_migrations')
		  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		GROUP BY n.nspname, c.relname ORDER BY n.nspname, c.relname`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t dumped, err error) {
		return t, row.Scan(&t.Schema, &t.Name, &t.Columns, &t.order)
	})
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	return all, nil
}

func (t dumped) quoted() string { return pgx.Identifier{t.Schema, t.Name}.Sanitize() }

func quotedColumns(columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

func copyOut(ctx context.Context, tx pgx.Tx, t dumped, w io.Writer) (int64, error) {
	tag, err := tx.Conn().PgConn().CopyTo(ctx, w, fmt.Sprintf(`COPY (SELECT %s FROM %s ORDER BY %s) TO STDOUT`,
		quotedColumns(t.Columns), t.quoted(), strings.Join(t.order, ", ")))
	return tag.RowsAffected(), err
}

// lockTables keeps them as they are until the transaction ends.
func lockTables(ctx context.Context, tx pgx.Tx, all []dumped, mode string) error {
	if len(all) == 0 {
		return nil
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.quoted()
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE `+strings.Join(names, ", ")+` IN `+mode+` MODE`); err != nil {
		return fmt.Errorf("lock the tables: %w", err)
	}
	return nil
}

// sequences are all, but for those of extensions and of tables that are not
// dumped.
func sequences(ctx context.Context, tx pgx.Tx) ([]backup.Sequence, error) {
	rows, err := tx.Query(ctx, `
		SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s backup.Sequence, err error) {
		return s, row.Scan(&s.Schema, &s.Name)
	})
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	for i, s := range all {
		row := tx.QueryRow(ctx, `SELECT last_value, is_called FROM `+pgx.Identifier{s.Schema, s.Name}.Sanitize())
		if err := row.Scan(&all[i].Last, &all[i].Called); err != nil {
			return nil, fmt.Errorf("read the sequence %s: %w", s.Name, err)
		}
	}
	return all, nil
}
