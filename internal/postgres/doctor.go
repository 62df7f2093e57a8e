package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Condition is what there is to know about a database before rows are worked
// on, as the login of its address finds it.
type Condition struct {
	Login  string
	Server string // PostgreSQL's version
	// Bypasses: the login is a superuser or is exempt from row-level security.
	Bypasses bool
	// Owns: the login owns the tables, or may become who does.
	Owns bool
	// AppRole tells whether it exists, AppBypasses whether it is itself exempt
	// from row-level security, BecomesApp whether the login may become it.
	AppRole, AppBypasses, BecomesApp bool
	// Schema is the version of the schema, 0 for none; Needed is this program's.
	Schema, Needed uint
	Dirty          bool // a migration failed half-way
	Frameworks     int
	Accounts       bool // somebody has one
	// JobSchema is the version of the job queue's schema, 0 for none.
	JobSchema, JobSchemaNeeded int
	OldestJob                  time.Duration // how long the job waits that should have been done first
	JobsGivenUp                int           // in the last days
	// Ahead is how far the program's clock is ahead of the database's.
	Ahead time.Duration
}

// Examine looks at a database and changes nothing. Its error is why there was
// no looking at it; now is the program's clock.
func Examine(ctx context.Context, address string, now func() time.Time) (Condition, error) {
	c := Condition{JobSchemaNeeded: jobSchemaVersion}
	var err error
	if c.Needed, err = newestMigration(); err != nil {
		return c, err
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return c, fmt.Errorf("read the database address: %w", err)
	}
	config.ConnectTimeout = 5 * time.Second
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return c, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, look := range []func(context.Context, *pgx.Conn) error{c.examineRoles, c.examineSchema, c.examineJobs} {
		if err := look(ctx, conn); err != nil {
			return c, err
		}
	}
	return c, c.examineClock(ctx, conn, now)
}

func (c *Condition) examineRoles(ctx context.Context, conn *pgx.Conn) error {
	err := conn.QueryRow(ctx, `
		SELECT rolname, current_setting('server_version'), rolsuper OR rolbypassrls, EXISTS (
			SELECT FROM pg_class WHERE oid = to_regclass('public.city') AND pg_has_role(relowner, 'MEMBER'))
		FROM pg_roles WHERE rolname = current_user`).Scan(&c.Login, &c.Server, &c.Bypasses, &c.Owns)
	if err != nil {
		return fmt.Errorf("look at the login: %w", err)
	}
	err = conn.QueryRow(ctx, `
		SELECT true, rolsuper OR rolbypassrls, pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = $1`, AppRole).
		Scan(&c.AppRole, &c.AppBypasses, &c.BecomesApp)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look at the app role: %w", err)
	}
	return nil
}

// examineSchema reads what only a migrated database lets the login read; what
// it may not read is as good as not there.
func (c *Condition) examineSchema(ctx context.Context, conn *pgx.Conn) error {
	err := conn.QueryRow(ctx, `SELECT version, dirty FROM public.schema_migrations`).Scan(&c.Schema, &c.Dirty)
	if err == nil && c.Schema > 0 {
		err = conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM public.framework), EXISTS (SELECT id FROM public.account)`).
			Scan(&c.Frameworks, &c.Accounts)
	}
	if err != nil && !notMigrated(err) {
		return fmt.Errorf("look at the schema: %w", err)
	}
	return nil
}

func (c *Condition) examineJobs(ctx context.Context, conn *pgx.Conn) error {
	var waits float64
	err := conn.QueryRow(ctx, `
		SELECT (SELECT coalesce(max(version), 0) FROM river.river_migration WHERE line = 'main'),
		       (SELECT coalesce(extract(epoch FROM now() - min(scheduled_at)), 0)::float8 FROM river.river_job
		        WHERE state IN ('available', 'retryable', 'scheduled') AND scheduled_at < now()),
		       (SELECT count(*) FROM river.river_job WHERE state = 'discarded')`).Scan(&c.JobSchema, &waits, &c.JobsGivenUp)
	if err != nil && !notMigrated(err) {
		return fmt.Errorf("look at the job queue: %w", err)
	}
	c.OldestJob = time.Duration(waits * float64(time.Second))
	return nil
}

// examineClock takes the middle of the question and the answer for the moment
// that the database tells.
func (c *Condition) examineClock(ctx context.Context, conn *pgx.Conn, now func() time.Time) error {
	var there time.Time
	asked := now()
	if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		return fmt.Errorf("look at the clock: %w", err)
	}
	answered := now()
	c.Ahead = asked.Add(answered.Sub(asked) / 2).Sub(there)
	return nil
}
