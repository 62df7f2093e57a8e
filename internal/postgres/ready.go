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
// and holds a framework.
func (s *Store) Ready(ctx context.Context) error {
	err := s.inTx(ctx, reading, func(tx pgx.Tx) error {
		if err := migrated(ctx, tx); err != nil {
			return err
		}
		return holdsFramework(ctx, tx)
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
	var dirty, told bool
	// The app role's right to read it is given last, so a migration that was
	// interrupted before that is none.
	err = db.QueryRow(ctx, `SELECT version, dirty, has_table_privilege($1, 'schema_migrations', 'SELECT') FROM schema_migrations`, AppRole).
		Scan(&version, &dirty, &told)
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if dirty || version != newest || !told {
		return fmt.Errorf("%w: it is at version %d, the program needs %d", ErrNotMigrated, version, newest)
	}
	return nil
}

func holdsFramework(ctx context.Context, tx pgx.Tx) error {
	var holds bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM framework)`).Scan(&holds); err != nil {
		return fmt.Errorf("look for a framework: %w", err)
	}
	if !holds {
		return fmt.Errorf("%w: it holds no framework", ErrNotMigrated)
	}
	return nil
}
