package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotMigrated means that the database's schema is not the one of this program.
var ErrNotMigrated = errors.New("the database is not migrated")

// Ready returns nil when the database answers, has the schema of this program,
// and holds a framework; the first time it also reads the frameworks in.
func (s *Store) Ready(ctx context.Context) error {
	err := s.inTx(ctx, reading, func(tx pgx.Tx) error {
		if err := migrated(ctx, tx); err != nil {
			return err
		}
		return s.rememberFrameworks(ctx, tx)
	})
	if notMigrated(err) {
		return fmt.Errorf("%w: %w", ErrNotMigrated, err)
	}
	return err
}

// notMigrated: no role, no table, no right to read it or no row in it yet, as a
// first migration goes on.
func notMigrated(err error) bool {
	if errors.Is(err, pgx.ErrNoRows) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "22023", "28000", // no such role to become, to log in as
		"42P01", "42501":
		return true
	}
	return false
}

// rowQuerier is a connection or a transaction.
type rowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func migrated(ctx context.Context, db rowQuerier) error {
	newest, err := newestMigration()
	if err != nil {
		return err
	}
	var version uint
	var dirty bool
	if err := db.QueryRow(ctx, `SELECT version, dirty FROM schema_migrations`).Scan(&version, &dirty); err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if dirty || version != newest {
		return fmt.Errorf("%w: it is at version %d, the program needs %d", ErrNotMigrated, version, newest)
	}
	return nil
}

func (s *Store) rememberFrameworks(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT id FROM framework`)
	if err != nil {
		return fmt.Errorf("list the frameworks: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("list the frameworks: %w", err)
	}
	if len(ids) == 0 {
		return fmt.Errorf("%w: it holds no framework", ErrNotMigrated)
	}
	for _, id := range ids {
		if _, err := s.framework(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}
