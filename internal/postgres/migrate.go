package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"learningcity/migrations"
)

// Migrate brings the database to the newest schema, as its owner. It creates
// the app role where it is missing and makes appLogin (may be empty) a member.
// Two programs that migrate at once wait for each other. A migration that
// failed half-way before stops it with a message that says what to do.
func Migrate(ctx context.Context, ownerURL, appLogin string) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Most starts find nothing to do, and see it at once.
	if appLogin == "" && migrated(ctx, conn) == nil && appMayAsk(ctx, conn) {
		return nil
	}
	// Held until the connection ends. It is of this database only, as all such
	// locks are.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(`+migrateLock+`)`); err != nil {
		return fmt.Errorf("wait for another migration: %w", err)
	}
	if err := createAppRole(ctx, conn, appLogin); err != nil {
		return err
	}
	// The migration library takes long to see that there is nothing to do.
	if migrated(ctx, conn) != nil {
		if err := migrateUp(ownerURL); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, `GRANT SELECT ON schema_migrations TO `+AppRole); err != nil {
		return fmt.Errorf("let the app role read the schema version: %w", err)
	}
	return nil
}

// appMayAsk: a migration that was interrupted at its very end has not given the app
// role the right to read the schema's version.
func appMayAsk(ctx context.Context, conn *pgx.Conn) bool {
	var may bool
	err := conn.QueryRow(ctx, `SELECT has_table_privilege($1, 'schema_migrations', 'SELECT')`, AppRole).Scan(&may)
	return err == nil && may
}

// createAppRole makes the role able to log in but gives it no password: over
// the network it cannot, on the private server's socket it can.
func createAppRole(ctx context.Context, conn *pgx.Conn, appLogin string) error {
	var exists bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, AppRole).Scan(&exists); err != nil {
		return fmt.Errorf("look for the app role: %w", err)
	}
	if !exists {
		if _, err := conn.Exec(ctx, `CREATE ROLE `+AppRole+` LOGIN`); err != nil && !alreadyThere(err) {
			return fmt.Errorf("create the app role: %w", err)
		}
	}
	if appLogin == "" || appLogin == AppRole {
		return nil
	}
	_, err := conn.Exec(ctx, `GRANT `+AppRole+` TO `+pgx.Identifier{appLogin}.Sanitize())
	if err != nil && !alreadyThere(err) {
		return fmt.Errorf("make %q a member of the app role: %w", appLogin, err)
	}
	return nil
}

// alreadyThere: somebody who migrates another database of the cluster, to which
// the roles belong, was faster.
func alreadyThere(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42710" || pg.Code == "23505")
}

func migrateUp(ownerURL string) error {
	return withMigrator(ownerURL, func(m *migrate.Migrate) error {
		err := m.Up()
		var dirty migrate.ErrDirty
		switch {
		case err == nil, errors.Is(err, migrate.ErrNoChange):
			return nil
		case errors.As(err, &dirty):
			return fmt.Errorf("migration %06d failed half-way earlier: restore the backup taken before it, "+
				"or repair the schema by hand and set schema_migrations.dirty to false", dirty.Version)
		}
		return fmt.Errorf("migrate: %w", err)
	})
}

func withMigrator(ownerURL string, use func(*migrate.Migrate) error) error {
	config, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return fmt.Errorf("read the owner's database address: %w", err)
	}
	db := stdlib.OpenDB(*config)
	m, err := newMigrator(db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	sourceErr, databaseErr := error(nil), error(nil)
	err = use(m)
	sourceErr, databaseErr = m.Close()
	return errors.Join(err, sourceErr, databaseErr)
}

func newMigrator(db *sql.DB) (*migrate.Migrate, error) {
	target, err := migratepgx.WithInstance(db, &migratepgx.Config{})
	if err != nil {
		return nil, fmt.Errorf("prepare to migrate: %w", err)
	}
	return migratorOn(target)
}

func migratorOn(target database.Driver) (*migrate.Migrate, error) {
	files, err := iofs.New(migrations.Files, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	m, err := migrate.NewWithInstance("migrations", files, "database", target)
	if err != nil {
		return nil, fmt.Errorf("prepare to migrate: %w", err)
	}
	return m, nil
}

// newestMigration is the version that this program was built for.
func newestMigration() (uint, error) {
	names, err := migrations.Files.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("list the migrations: %w", err)
	}
	var newest uint
	for _, entry := range names {
		var version uint
		digits, _, _ := strings.Cut(entry.Name(), "_")
		if _, err := fmt.Sscanf(digits, "%d", &version); err != nil {
			return 0, fmt.Errorf("migration %q has no number: %w", entry.Name(), err)
		}
		newest = max(newest, version)
	}
	return newest, nil
}
