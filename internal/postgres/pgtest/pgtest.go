// Package pgtest gives each test a database of its own on a real PostgreSQL: a
// clone of a template that holds the schema and the framework, or of one that
// also holds the demonstration city. Only tests may import it. It never uses
// DATABASE_URL, and a missing server fails.
package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"learningcity/internal/catalogue"
	"learningcity/internal/config"
	"learningcity/internal/demonstration"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/migrations"
)

// Zone is where the tests' cities are.
var Zone = mustZone("Asia/Ho_Chi_Minh")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// Now is the clock of test stores: noon on a day after all that the
// demonstration city did.
var Now = time.Date(2025, 3, 10, 12, 0, 0, 0, Zone)

var (
	running *pgserver.Server
	counter atomic.Int64
)

// Main runs a package's tests, a *testing.M, with a PostgreSQL beside them. Call it
// from TestMain.
func Main(m interface{ Run() int }) {
	os.Exit(run(m))
}

func run(m interface{ Run() int }) int {
	defer func() { _ = os.RemoveAll(emptyDir) }() // what stays is for whoever tidies the machine
	ctx := context.Background()
	var err error
	if running, err = open(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "the tests need a PostgreSQL:", err)
		return 1
	}
	defer func() {
		if err := running.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "stop the tests' PostgreSQL:", err)
		}
	}()
	return m.Run()
}

func open(ctx context.Context) (*pgserver.Server, error) {
	c, err := config.FromEnvironment()
	if err != nil {
		return nil, err
	}
	key, err := templateKey()
	if err != nil {
		return nil, err
	}
	return pgserver.OpenTemplate(ctx, pgserver.TemplateOptions{
		CacheDir: c.CacheDir, Key: key,
		Options: pgserver.Options{BinDir: c.PostgresBin, CacheDir: c.CacheDir},
		Prepare: prepare,
	})
}

// templateKey changes with the migrations, the framework, and what is done to them.
func templateKey() (string, error) {
	sum := sha256.New()
	framework, err := catalogue.Framework()
	if err != nil {
		return "", err
	}
	_, _ = fmt.Fprintf(sum, "%+v %s", framework, stopClock) // a hash takes everything
	err = fs.WalkDir(migrations.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := migrations.Files.ReadFile(path)
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:24], err
}

func prepare(ctx context.Context, ownerURL string) error {
	if err := postgres.Migrate(ctx, ownerURL, ""); err != nil {
		return err
	}
	framework, err := catalogue.Framework()
	if err != nil {
		return err
	}
	if err := postgres.ImportFramework(ctx, ownerURL, framework, Now); err != nil {
		return err
	}
	return execute(ctx, ownerURL, stopClock)
}

// Database is one test's own.
type Database struct {
	OwnerURL string
	URL      string // as the app role
	Store    *postgres.Store
	// Owner reads and writes what the app role may not.
	Owner *pgxpool.Pool
}

// Options of a test's database.
type Options struct {
	Demo     bool             // with the demonstration city, but for its evidence
	MaxConns int32            // 0: one, so that using the pool inside a transaction fails
	Now      func() time.Time // nil: always Now
	Mails    bool             // acts ask for their mails
	Tracer   pgx.QueryTracer
}

// New makes a database for the test, with the schema and the framework in it.
// The database of a test that failed is kept while the test's process lives,
// and the log says how to look at it.
func New(t testing.TB, o Options) *Database {
	t.Helper()
	name := fmt.Sprintf("test_%d", counter.Add(1))
	if err := clone(t, name, o.Demo); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	d := &Database{OwnerURL: running.URL(name, pgserver.Owner), URL: running.URL(name, postgres.AppRole)}
	d.Store = d.Open(t, o)
	var err error
	if d.Owner, err = pgxpool.New(t.Context(), d.OwnerURL); err != nil {
		t.Fatalf("connect as owner: %v", err)
	}
	t.Cleanup(func() { d.drop(t, name) })
	return d
}

// Open gives another store on the same database.
func (d *Database) Open(t testing.TB, o Options) *postgres.Store {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return Now }
	}
	if o.MaxConns == 0 {
		o.MaxConns = 1
	}
	store, err := postgres.Open(context.WithoutCancel(t.Context()), postgres.Options{
		URL: d.URL, MaxConns: o.MaxConns, Now: o.Now, Mails: o.Mails, Tracer: o.Tracer})
	if err != nil {
		t.Fatalf("open a store: %v", err)
	}
	if err := store.Ready(t.Context()); err != nil {
		t.Fatalf("the store is not ready: %v", err)
	}
	t.Cleanup(store.Close)
	return store
}

func (d *Database) drop(t testing.TB, name string) {
	d.Owner.Close()
	d.Store.Close()
	if t.Failed() {
		t.Logf("while the tests run: psql '%s'", d.OwnerURL)
		return
	}
	if err := running.Drop(context.WithoutCancel(t.Context()), name); err != nil {
		t.Logf("drop the database: %v", err)
	}
}

func clone(t testing.TB, name string, demo bool) error {
	if !demo {
		return running.Clone(t.Context(), name)
	}
	if err := demoTemplate(); err != nil {
		return err
	}
	return execute(t.Context(), ServerURL("postgres"), fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY`, name, demoName))
}

const demoName = "template_demo"

// demoTemplate loads the demonstration once for each package.
var demoTemplate = sync.OnceValue(func() error {
	ctx := context.Background()
	if err := running.Clone(ctx, demoName); err != nil {
		return err
	}
	store, err := postgres.Open(ctx, postgres.Options{URL: running.URL(demoName, postgres.AppRole), MaxConns: 1})
	if err != nil {
		return err
	}
	defer store.Close()
	return demonstration.Load(ctx, store, demonstration.Options{Zone: Zone, Hash: CheapHash})
})

// CheapHash hashes a password in less than a millisecond, for tests only.
func CheapHash(password string) (string, error) {
	return argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16})
}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// ServerURL is the address of another database on the tests' server.
func ServerURL(database string) string { return running.URL(database, pgserver.Owner) }

// Server starts a PostgreSQL for one test alone, which may stop it and start
// it again on the same dir. It is empty: no role, no schema.
func Server(t testing.TB, dir string) *pgserver.Server {
	t.Helper()
	if there, err := os.ReadDir(dir); err != nil || len(there) == 0 { // the first time
		if err := layOut(dir); err != nil {
			t.Fatalf("make an empty PostgreSQL: %v", err)
		}
	}
	o, err := options(dir)
	if err != nil {
		t.Fatal(err)
	}
	server, err := pgserver.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("start a PostgreSQL: %v", err)
	}
	t.Cleanup(func() { _ = server.Stop(context.WithoutCancel(t.Context())) })
	return server
}

func options(dir string) (pgserver.Options, error) {
	c, err := config.FromEnvironment()
	return pgserver.Options{Dir: dir, BinDir: c.PostgresBin, CacheDir: c.CacheDir,
		Settings: map[string]string{"fsync": "off", "autovacuum": "off"}}, err
}

// layOut puts the data of an empty server into the directory.
func layOut(dir string) error {
	if err := makeEmpty(); err != nil {
		return err
	}
	return pgserver.CopyTree(emptyDir, dir)
}

var emptyDir string // of a server that was never used

// makeEmpty has a server make its data, once for each package: copies take a
// twentieth of the time.
var makeEmpty = sync.OnceValue(func() (err error) {
	if emptyDir, err = pgserver.NewScratch(); err != nil {
		return err
	}
	o, err := options(emptyDir)
	if err != nil {
		return err
	}
	server, err := pgserver.Start(context.Background(), o)
	if err != nil {
		return err
	}
	return server.Stop(context.Background())
})

// On is a database on a server of the test's own, migrated and with the framework.
func On(t testing.TB, ownerURL, url string) *Database {
	t.Helper()
	d := &Database{OwnerURL: ownerURL, URL: url}
	d.Store = d.Open(t, Options{})
	var err error
	if d.Owner, err = pgxpool.New(t.Context(), ownerURL); err != nil {
		t.Fatalf("connect as owner: %v", err)
	}
	t.Cleanup(d.Owner.Close)
	d.Exec(t, stopClock)
	return d
}

// stopClock takes the store's clock for the database's own: tests live on days
// of theirs, when what they made has not ended yet. The function's comment keeps
// the one that RunClock puts back.
const stopClock = `
	DO $$ BEGIN
		EXECUTE format('COMMENT ON FUNCTION not_before_now IS %L', pg_get_functiondef('not_before_now(timestamptz)'::regprocedure));
		CREATE OR REPLACE FUNCTION not_before_now(p_now timestamptz) RETURNS timestamptz
		LANGUAGE sql STABLE PARALLEL SAFE RETURN p_now;
	END $$`

// RunClock lets the database's own clock run, as in a real installation.
func (d *Database) RunClock(t testing.TB) {
	t.Helper()
	d.Exec(t, d.Lines(t, `SELECT obj_description('not_before_now(timestamptz)'::regprocedure, 'pg_proc')`)[0])
}

// Count counts rows as the owner; the query is SELECT count(*) or alike.
func (d *Database) Count(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := d.Owner.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", strings.Join(strings.Fields(sql), " "), err)
	}
	return n
}

// Exec writes as the owner.
func (d *Database) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := d.Owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", strings.Join(strings.Fields(sql), " "), err)
	}
}

// Lines reads rows of one column, each a line of text, as the owner.
func (d *Database) Lines(t testing.TB, sql string, args ...any) []string {
	t.Helper()
	rows, err := d.Owner.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(strings.Fields(sql), " "), err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(strings.Fields(sql), " "), err)
	}
	return lines
}

// RetryJobs has the jobs that failed tried again at once: it says so to the programs
// that work them, which otherwise look every few seconds.
func (d *Database) RetryJobs(t testing.TB) {
	t.Helper()
	d.Exec(t, `
		WITH again AS (
			UPDATE river.river_job SET state = 'available', scheduled_at = now()
			WHERE attempt > 0 AND state IN ('retryable', 'available') RETURNING queue)
		SELECT pg_notify('river.river_insert', json_build_object('queue', queue)::text) FROM again`)
}

// Empty makes a database for the test that holds nothing at all, and returns
// its addresses for the owner and for the app role.
func Empty(t testing.TB) (ownerURL, url string) {
	t.Helper()
	name := fmt.Sprintf("test_%d", counter.Add(1))
	if err := running.EnsureDatabase(t.Context(), name); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := running.Drop(context.WithoutCancel(t.Context()), name); err != nil {
			t.Logf("drop the database: %v", err)
		}
	})
	return running.URL(name, pgserver.Owner), running.URL(name, postgres.AppRole)
}
