package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5"

	"learningcity/internal/backup"
)

var (
	// ErrNotEmpty means that somebody has used this database already.
	ErrNotEmpty = errors.New("the installation is not empty")
	// ErrInUse means that others are connected to the database, or are migrating it.
	ErrInUse = errors.New("another program uses the database")
	// ErrNewerSchema means that the rows are of a schema that this program does not know.
	ErrNewerSchema = errors.New("the schema is of a newer program")
)

// A Restoration fills an empty database. Begin and Table are those of
// backup.Target; Finish ends it.
type Restoration struct {
	// Skipped are the tables of the backup that are none of this program's.
	Skipped []string
	tx      pgx.Tx
	header  backup.Header
	tables  map[string]dumped
	undo    []string // puts back what Begin took away
}

// Restore lets fill give an empty database its rows, as its owner, while
// nobody else is connected. All of it, the schema too, is one transaction: after
// an error the database is as it was. It makes appLogin (may be empty) a member
// of the app role, as Migrate does.
func Restore(ctx context.Context, ownerURL, appLogin string, fill func(*Restoration) error) error {
	conn, err := connectToDump(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := beAlone(ctx, conn); err != nil {
		return err
	}
	return meaning(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := empty(ctx, tx); err != nil {
			return err
		}
		if err := createAppRole(ctx, conn, appLogin); err != nil {
			return err
		}
		// As Migrate finds it.
		if _, err := tx.Exec(ctx, `SET LOCAL search_path = public`); err != nil {
			return fmt.Errorf("prepare to restore: %w", err)
		}
		return fill(&Restoration{tx: tx})
	}))
}

// loneliness is how long Restore waits for connections that are just ending:
// they hold their locks until the server has noticed.
const loneliness = 2 * time.Second

// beAlone takes the lock of migrations, for which a program that starts
// meanwhile waits, and looks for those who are connected already.
func beAlone(ctx context.Context, conn *pgx.Conn) error {
	for end := time.Now().Add(loneliness); ; {
		err := lookAlone(ctx, conn)
		if !errors.Is(err, ErrInUse) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// lookAlone answers ErrInUse beside anybody else. The connection keeps the lock.
func lookAlone(ctx context.Context, conn *pgx.Conn) error {
	var locked bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(`+migrateLock+`)`).Scan(&locked); err != nil {
		return fmt.Errorf("lock the migrations: %w", err)
	}
	if !locked {
		return fmt.Errorf("%w: it is being migrated", ErrInUse)
	}
	var others int
	var who string
	// Who may not see what another's connection is for sees that it is there.
	err := conn.QueryRow(ctx, `
		SELECT count(*), coalesce(min(usename), '') FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
		  AND coalesce(backend_type, 'client backend') = 'client backend'`).Scan(&others, &who)
	if err != nil {
		return fmt.Errorf("look who is connected: %w", err)
	}
	if others != 0 {
		return fmt.Errorf("%w: %d connections, of %q; stop it first", ErrInUse, others, who)
	}
	return nil
}

// fromTheStart are the tables that hold rows before anybody has used the
// program: what migrate and serve put there, and what strangers at the
// sign-in page leave.
func fromTheStart(t dumped) bool {
	return t.Schema == "river" || t.Schema == "public" && slices.Contains([]string{
		"framework", "indicator_group", "area", "feature", "indicator", "sign_in_counter"}, t.Name)
}

// empty locks what there is against everybody, and refuses where it holds what
// a restoration would lose.
func empty(ctx context.Context, tx pgx.Tx) error {
	all, err := dumpedTables(ctx, tx)
	if err != nil {
		return err
	}
	if err := lockTables(ctx, tx, all, "ACCESS EXCLUSIVE"); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS public.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`)
	if err != nil {
		return fmt.Errorf("look for the schema version: %w", err)
	}
	var migrated bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM public.schema_migrations)`).Scan(&migrated); err != nil {
		return fmt.Errorf("look for the schema version: %w", err)
	}
	for _, t := range all {
		if !migrated {
			return fmt.Errorf("%w: its database holds the table %s, which is not this program's", ErrNotEmpty, t)
		}
		var rows bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+t.quoted()+`)`).Scan(&rows); err != nil {
			return fmt.Errorf("look into %s: %w", t, err)
		}
		if rows && !fromTheStart(t) {
			return fmt.Errorf("%w: its table %s holds rows", ErrNotEmpty, t)
		}
	}
	return nil
}

// Begin makes the schema of the backup's version, without what stands in the
// way of its rows: foreign keys, which may point in circles, triggers, and rows
// that migrations insert.
func (r *Restoration) Begin(ctx context.Context, h backup.Header) error {
	r.header = h
	newest, err := newestMigration()
	if err != nil {
		return err
	}
	if h.Migration < 1 || h.Migration > newest {
		return fmt.Errorf("%w: it is at version %d, this program knows up to %d", ErrNewerSchema, h.Migration, newest)
	}
	err = r.migrate(ctx, func(m *migrate.Migrate) error {
		if err := m.Down(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
			return err
		}
		return m.Migrate(h.Migration)
	})
	if err != nil {
		return fmt.Errorf("make the schema of version %d: %w", h.Migration, err)
	}
	all, err := dumpedTables(ctx, r.tx)
	if err != nil {
		return err
	}
	if err := r.match(all); err != nil {
		return err
	}
	return r.clear(ctx, all)
}

// match finds the backup's tables in the schema. Both must know the same ones
// with the same columns, but for tables that were never this program's.
func (r *Restoration) match(all []dumped) error {
	inBackup := map[string]backup.Table{}
	for _, t := range r.header.Tables {
		inBackup[t.String()] = t
	}
	r.tables = map[string]dumped{}
	for _, t := range all {
		saved, there := inBackup[t.String()]
		if !there || !slices.Equal(slices.Sorted(slices.Values(saved.Columns)), slices.Sorted(slices.Values(t.Columns))) {
			return fmt.Errorf("%w: version %d of the schema has the table %s with %d columns, the backup has not",
				backup.ErrBroken, r.header.Migration, t, len(t.Columns))
		}
		t.Columns = saved.Columns
		r.tables[t.String()] = t
	}
	for _, t := range r.header.Tables {
		if _, ours := r.tables[t.String()]; !ours {
			r.Skipped = append(r.Skipped, t.String())
		}
	}
	return nil
}

// clear empties the tables and takes away what the rows would run into, and
// notes how to put it back. The owner may; only a superuser may switch foreign
// keys off.
func (r *Restoration) clear(ctx context.Context, all []dumped) error {
	rows, err := r.tx.Query(ctx, `
		WITH t AS (SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', t.name, k.conname),
		       format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.name, k.conname, pg_get_constraintdef(k.oid))
		FROM pg_constraint k JOIN t ON t.oid = k.conrelid WHERE k.contype = 'f' AND k.conparentid = 0
		UNION ALL
		SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.name, g.tgname), format('ALTER TABLE %s ENABLE TRIGGER %I', t.name, g.tgname)
		FROM pg_trigger g JOIN t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgenabled = 'O'`)
	if err != nil {
		return fmt.Errorf("list foreign keys and triggers: %w", err)
	}
	var do, undo string
	var away []string
	_, err = pgx.ForEachRow(rows, []any{&do, &undo}, func() error {
		away, r.undo = append(away, do), append(r.undo, undo)
		return nil
	})
	if err != nil {
		return fmt.Errorf("list foreign keys and triggers: %w", err)
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.quoted()
	}
	away = append(away, `TRUNCATE `+strings.Join(names, ", "))
	return r.execute(ctx, away)
}

func (r *Restoration) execute(ctx context.Context, statements []string) error {
	for _, sql := range statements {
		if _, err := r.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// Table inserts a table's rows. Identity columns keep their values, as COPY
// always does.
func (r *Restoration) Table(ctx context.Context, t backup.Table, rows io.Reader) error {
	known, ours := r.tables[t.String()]
	if !ours {
		return nil
	}
	_, err := r.tx.Conn().PgConn().CopyFrom(ctx, rows, fmt.Sprintf(`COPY %s (%s) FROM STDIN`, known.quoted(), quotedColumns(t.Columns)))
	if err != nil {
		return fmt.Errorf("restore the table %s: %w", t, err)
	}
	return nil
}

// Copy is that of backup.Source. It gives what has been restored.
func (r *Restoration) Copy(ctx context.Context, t backup.Table, w io.Writer) (int64, error) {
	return copyOut(ctx, r.tx, r.tables[t.String()], w)
}

// Finish compares what the tables now hold with the manifest, puts keys,
// triggers and sequences in place, and migrates to this program's schema.
func (r *Restoration) Finish(ctx context.Context, m backup.Manifest) error {
	for i, t := range r.header.Tables {
		if _, ours := r.tables[t.String()]; !ours {
			continue
		}
		sum, err := backup.SumUp(ctx, r, t)
		if err != nil {
			return fmt.Errorf("read the table %s again: %w", t, err)
		}
		if sum != m.Tables[i] {
			return fmt.Errorf("the restored table %s holds other rows than the backup (%d, should be %d)", t, sum.Count, m.Tables[i].Count)
		}
	}
	if err := r.execute(ctx, r.undo); err != nil {
		return err
	}
	if err := r.setSequences(ctx); err != nil {
		return err
	}
	if err := r.migrate(ctx, (*migrate.Migrate).Up); err != nil {
		return fmt.Errorf("migrate the restored database: %w", err)
	}
	return r.execute(ctx, []string{`GRANT SELECT ON schema_migrations TO ` + AppRole, `ANALYZE`})
}

func (r *Restoration) setSequences(ctx context.Context) error {
	saved := map[string]backup.Sequence{}
	for _, s := range r.header.Sequences {
		saved[s.Schema+"."+s.Name] = s
	}
	all, err := sequences(ctx, r.tx)
	if err != nil {
		return err
	}
	for _, s := range all {
		to, there := saved[s.Schema+"."+s.Name]
		if !there {
			return fmt.Errorf("%w: it does not know where the sequence %s stands", backup.ErrBroken, s.Name)
		}
		_, err := r.tx.Exec(ctx, `SELECT setval($1::regclass, $2, $3)`, pgx.Identifier{s.Schema, s.Name}.Sanitize(), to.Last, to.Called)
		if err != nil {
			return fmt.Errorf("set the sequence %s: %w", s.Name, err)
		}
	}
	return nil
}

// migrate lets use migrate inside the restoration's transaction.
func (r *Restoration) migrate(ctx context.Context, use func(*migrate.Migrate) error) error {
	m, err := migratorOn(&inTransaction{ctx: ctx, tx: r.tx})
	if err != nil {
		return err
	}
	err = use(m)
	if errors.Is(err, migrate.ErrNoChange) {
		err = nil
	}
	sourceErr, databaseErr := m.Close()
	return errors.Join(err, sourceErr, databaseErr)
}

// inTransaction is a database of the migration library that is a transaction.
// Who began it has the lock, and opens and closes it.
type inTransaction struct {
	ctx context.Context
	tx  pgx.Tx
}

func (*inTransaction) Open(string) (database.Driver, error) { return nil, errors.ErrUnsupported }
func (*inTransaction) Drop() error                          { return errors.ErrUnsupported }
func (*inTransaction) Close() error                         { return nil }
func (*inTransaction) Lock() error                          { return nil }
func (*inTransaction) Unlock() error                        { return nil }

// Run runs one file. What waits for the end of a transaction is done before
// the next file, as if each had one of its own.
func (d *inTransaction) Run(file io.Reader) error {
	sql, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if _, err := d.tx.Exec(d.ctx, string(sql)); err != nil {
		return err
	}
	_, err = d.tx.Exec(d.ctx, `SET CONSTRAINTS ALL IMMEDIATE`)
	return err
}

func (d *inTransaction) SetVersion(version int, dirty bool) error {
	if _, err := d.tx.Exec(d.ctx, `DELETE FROM public.schema_migrations`); err != nil {
		return err
	}
	if version < 0 {
		return nil
	}
	_, err := d.tx.Exec(d.ctx, `INSERT INTO public.schema_migrations (version, dirty) VALUES ($1, $2)`, version, dirty)
	return err
}

func (d *inTransaction) Version() (version int, dirty bool, err error) {
	err = d.tx.QueryRow(d.ctx, `SELECT version, dirty FROM public.schema_migrations`).Scan(&version, &dirty)
	if errors.Is(err, pgx.ErrNoRows) {
		return database.NilVersion, false, nil
	}
	return version, dirty, err
}
