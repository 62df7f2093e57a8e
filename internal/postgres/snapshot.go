package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"learningcity/internal/tracker"
)

// A snapshot is one state of a city's rows for a page to look at. It is a
// transaction that begins in the round trip which finds the city and ends in
// the one that reads the rest: a round trip takes longer than most of what a
// page asks.
type snapshot struct {
	reader
	visit
	ends bool // with its last batch
}

// reader is a connection, or inside Atomically a transaction.
type reader interface {
	querier
	sender
}

// readCity runs fn on a snapshot of the city with the slug, once the actor is
// known to be allowed to read it; ErrNotFound is the answer to others. What is
// queued is read when fn begins.
func (s *Store) readCity(ctx context.Context, actor tracker.Actor, slug string, queued func(*pgx.Batch),
	fn func(*snapshot) error) error {
	if s.nested {
		return s.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
			v, err := s.enter(ctx, tx, &pgx.Batch{}, actor, slug, tracker.ReadCity, queued)
			if err != nil {
				return err
			}
			return fn(&snapshot{reader: tx, visit: v})
		})
	}
	return s.readAlone(ctx, actor, slug, queued, fn)
}

func (s *Store) readAlone(ctx context.Context, actor tracker.Actor, slug string, queued func(*pgx.Batch),
	fn func(*snapshot) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return meaning(fmt.Errorf("begin: %w", err))
	}
	defer conn.Release()
	defer leave(ctx, conn)
	batch := &pgx.Batch{}
	batch.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	v, err := s.enter(ctx, conn, batch, actor, slug, tracker.ReadCity, queued)
	if err != nil {
		return meaning(err)
	}
	return meaning(fn(&snapshot{reader: conn, visit: v, ends: true}))
}

// last reads what is queued and ends the snapshot.
func (s *snapshot) last(ctx context.Context, batch *pgx.Batch) error {
	if s.ends {
		batch.Queue("COMMIT")
	}
	return s.SendBatch(ctx, batch).Close()
}

// leave ends a snapshot that did not come to its last batch. Where that fails
// too, the pool gives the connection up.
func leave(ctx context.Context, conn *pgxpool.Conn) {
	const idle = 'I'
	if conn.Conn().PgConn().TxStatus() != idle {
		undo(ctx, func(ctx context.Context) { _, _ = conn.Exec(ctx, "ROLLBACK") })
	}
}
