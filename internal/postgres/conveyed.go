package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// conveyed runs fn in a transaction that begins in the round trip of fn's first
// batch, which fn is given to fill, and ends in that of its last, where fn sends
// it by cityTx.last: a round trip takes longer than most of what an act writes.
// Inside Atomically it is transact.
func (s *Store) conveyed(ctx context.Context, fn func(tx pgx.Tx, first *pgx.Batch) error) error {
	if s.nested {
		return s.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error { return fn(tx, &pgx.Batch{}) })
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return meaning(fmt.Errorf("begin: %w", err))
	}
	defer conn.Release()
	defer leave(ctx, conn)
	first := &pgx.Batch{}
	first.Queue("BEGIN")
	tx := &conveyedTx{plainConn: conn.Conn()}
	if err := fn(tx, first); err != nil {
		return meaning(err)
	}
	return meaning(tx.Commit(ctx))
}

type plainConn = pgx.Conn

// conveyedTx is a connection in a transaction that plain statements begin and end.
type conveyedTx struct {
	*plainConn
	over bool
}

// Conn implements pgx.Tx.
func (tx *conveyedTx) Conn() *pgx.Conn { return tx.plainConn }

// Begin implements pgx.Tx. No act has a transaction within its own.
func (tx *conveyedTx) Begin(context.Context) (pgx.Tx, error) {
	return nil, errors.New("a transaction within an act's")
}

// LargeObjects implements pgx.Tx. There are none.
func (tx *conveyedTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Commit implements pgx.Tx, unless last has done it.
func (tx *conveyedTx) Commit(ctx context.Context) error {
	if tx.over {
		return nil
	}
	return tx.last(ctx, &pgx.Batch{})
}

// Rollback implements pgx.Tx.
func (tx *conveyedTx) Rollback(ctx context.Context) error {
	_, err := tx.Exec(ctx, "ROLLBACK")
	return err
}

func (tx *conveyedTx) last(ctx context.Context, batch *pgx.Batch) error {
	batch.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return pgx.ErrTxCommitRollback
		}
		tx.over = true
		return nil
	})
	return tx.SendBatch(ctx, batch).Close()
}

// last sends the batch and commits, in one round trip where the transaction is
// the act's own. Nothing may be asked of the transaction afterwards.
func (tx *cityTx) last(ctx context.Context, batch *pgx.Batch) error {
	if own, ok := tx.Tx.(*conveyedTx); ok {
		return own.last(ctx, batch)
	}
	return tx.SendBatch(ctx, batch).Close()
}
