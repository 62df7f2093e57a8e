// Package postgres is the storage: the only package that knows SQL. An
// exported method is one transaction; it loads, asks package tracker what may
// happen, writes the row, its history and its audit record, and answers with
// the errors of package tracker.
//
// It must not decide anything that tracker can decide, and never uses the pool
// inside a transaction: helpers take the transaction.
package postgres

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"learningcity/internal/tracker"
)

// AppRole is the database role that the program works as: it reads and writes
// rows, and may only add to history and audit.
const AppRole = "learningcity_app"

// Store reads and writes the database as the app role.
type Store struct {
	pool       *pgxpool.Pool
	query      querier // for single statements; inside Atomically its transaction
	begin      func(context.Context, pgx.TxOptions) (pgx.Tx, error)
	nested     bool // inside Atomically
	now        func() time.Time
	frameworks *remembered[int64, *tracker.Framework]
	entryIDs   *remembered[int64, map[int64]int64] // of an assessment, by indicator
	seen       *remembered[string, seenCity]       // by slug
	contents   chan struct{}                       // a place for each content's lock that is held
	jobs       *river.Client[pgx.Tx]               // puts jobs into the queue; WorkJobs takes them out
	mails      bool
	outbox     *outbox
	quiet      bool // nobody is told of its acts
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Options of a store.
type Options struct {
	URL      string
	MaxConns int32            // 0: DefaultConns
	Now      func() time.Time // nil: time.Now
	Mails    bool             // there is a mail server: acts ask for their mails
	// Tracer sees every query; tests count with it.
	Tracer pgx.QueryTracer
}

// DefaultConns is how many connections a store takes: few for each core. Pages
// wait for the processor and not for the disk, and a statement that waits for a
// connection waits less than one that shares the caches with many others.
func DefaultConns() int32 { return 4 * int32(max(2, runtime.NumCPU())) } //nolint:gosec // no machine has that many

// Open prepares a pool. It does not connect yet, so that the program can start
// before its database; Ready tells when it may be used. The login that the URL
// names must be a member of the app role or be it.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	config.MaxConns = DefaultConns()
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	config.ConnConfig.Tracer = o.Tracer
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.PingTimeout = 2 * time.Second
	limits(config.ConnConfig.RuntimeParams)
	config.AfterConnect = becomeApp
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("prepare the database pool: %w", err)
	}
	return newStore(pool, o)
}

func newStore(pool *pgxpool.Pool, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	jobs, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: jobSchema})
	if err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	return &Store{pool: pool, query: pool, begin: pool.BeginTx, now: o.Now, jobs: jobs, mails: o.Mails, outbox: newOutbox(),
		frameworks: remember[int64, *tracker.Framework](), entryIDs: remember[int64, map[int64]int64](), seen: remember[string, seenCity](),
		contents: make(chan struct{}, contentLocks)}, nil
}

// limits keep a stuck statement or a forgotten transaction from holding
// everybody else up.
func limits(params map[string]string) {
	// Our statements look rows up by key, for which one plan is as good as
	// another. Left to itself, PostgreSQL plans some of them anew each time, which
	// takes longer than to run them.
	params["plan_cache_mode"] = "force_generic_plan"
	params["application_name"] = "learningcity"
	params["statement_timeout"] = "15s"
	params["lock_timeout"] = "10s"
	params["idle_in_transaction_session_timeout"] = "30s"
	params["timezone"] = "UTC"
	params["search_path"] = "public, pg_temp" // nothing temporary can stand in for a table
}

func becomeApp(ctx context.Context, conn *pgx.Conn) error {
	registerTypes(conn.TypeMap())
	_, err := conn.Exec(ctx, "SET ROLE "+AppRole)
	return err
}

// Close waits for running transactions and closes the pool.
func (s *Store) Close() { s.pool.Close() }

// Now is what the store's clock shows.
func (s *Store) Now() time.Time { return s.now() }

// WithClock returns the same store with another clock. The demonstration city
// is loaded with the clock set to each act's day, so nothing is backdated.
func (s *Store) WithClock(now func() time.Time) *Store {
	copied := *s
	copied.now = now
	return &copied
}

// Quietly returns the same store, of whose acts nobody is told: history that is
// entered is no news.
func (s *Store) Quietly() *Store {
	copied := *s
	copied.quiet = true
	return &copied
}

// Atomically runs acts in one transaction: all of them are written or none. fn
// gets a store that must not be used after it returns.
func (s *Store) Atomically(ctx context.Context, fn func(*Store) error) error {
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		inside := *s
		inside.query, inside.nested = tx, true
		inside.begin = func(ctx context.Context, _ pgx.TxOptions) (pgx.Tx, error) { return tx.Begin(ctx) }
		return fn(&inside)
	})
}

// remembered holds what was read before, so that pages need not read it again: what
// never changes once it was committed, or what is compared with how it is now.
type remembered[K comparable, T any] struct {
	mu    sync.RWMutex
	known map[K]T
}

func remember[K comparable, T any]() *remembered[K, T] { return &remembered[K, T]{known: map[K]T{}} }

func (r *remembered[K, T]) get(key K) (T, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	known, ok := r.known[key]
	return known, ok
}

func (r *remembered[K, T]) put(key K, it T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[key] = it
}
