package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// sealBatch is how many rows one transaction seals.
const sealBatch = 1000

// writerPause is how long the sealer waits before it asks again whether the
// transactions that may still add an older row have ended.
const writerPause = 100 * time.Millisecond

// SealAudit links the rows of the record that no transaction under way can
// overtake any more, and returns how many. It waits for the transactions that
// could, holding nothing meanwhile, until ctx ends. Where another program seals
// at the moment it leaves the rest to that one. The error wraps
// tracker.ErrSealBroken where the newest seal is not one that the key made.
func (s *Store) SealAudit(ctx context.Context, key tracker.SealKey) (int, error) {
	newest, err := s.settledAudit(ctx)
	if err != nil {
		return 0, err
	}
	for total := 0; ; {
		sealed, err := s.sealUpTo(ctx, key, newest)
		total += sealed
		if err != nil || sealed < sealBatch {
			return total, err
		}
	}
}

// settledAudit returns an id up to which the record is complete: all ids up to
// it belong to rows that can be seen, or to none. Ids are given out in order
// but rows appear when their transactions commit. So it notes the newest row
// and who is writing then, and waits until those have ended; transactions that
// begin later get later ids.
func (s *Store) settledAudit(ctx context.Context) (newest int64, err error) {
	var writers []string
	err = s.query.QueryRow(ctx, `SELECT newest, writers FROM audit_edge()`).Scan(&newest, &writers)
	for err == nil && len(writers) > 0 {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(writerPause):
		}
		writers, err = s.stillRunning(ctx, writers)
	}
	if err != nil {
		return 0, meaning(fmt.Errorf("look how far the record is complete: %w", err))
	}
	return newest, nil
}

// stillRunning keeps those transactions that have not ended. One that has, has
// let go of its locks, and of its rows before that.
func (s *Store) stillRunning(ctx context.Context, writers []string) ([]string, error) {
	rows, err := s.query.Query(ctx, `SELECT DISTINCT virtualtransaction FROM pg_locks WHERE virtualtransaction = ANY ($1)`, writers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (s *Store) sealUpTo(ctx context.Context, key tracker.SealKey, newest int64) (sealed int, err error) {
	err = s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		mine := false
		err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('learningcity seal'))`).Scan(&mine)
		if err != nil || !mine {
			return err
		}
		before, last, err := lastSeals(ctx, tx)
		if err != nil {
			return err
		}
		// One more than the new ones: the row of the newest seal is looked at again.
		rows, err := auditHashes(ctx, tx, last.RowID-1, max(newest, last.RowID), sealBatch+1)
		if err != nil {
			return err
		}
		seals, err := key.Extend(before, last, rows)
		if err != nil {
			return err
		}
		sealed = len(seals)
		return insertSeals(ctx, tx, seals)
	})
	return sealed, err
}

// lastSeals are the newest seal and the one before it, zero where there is none.
func lastSeals(ctx context.Context, db querier) (before, last tracker.Seal, err error) {
	rows, err := db.Query(ctx, `SELECT position, audit_id, seal FROM audit_seal ORDER BY position DESC LIMIT 2`)
	if err != nil {
		return before, last, fmt.Errorf("read the newest seals: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanSeal)
	if err != nil {
		return before, last, fmt.Errorf("read the newest seals: %w", err)
	}
	if len(found) > 0 {
		last = found[0]
	}
	if len(found) > 1 {
		before = found[1]
	}
	return before, last, nil
}

func scanSeal(row pgx.CollectableRow) (tracker.Seal, error) {
	var s tracker.Seal
	hash := s.Seal[:]
	err := row.Scan(&s.Position, &s.RowID, &hash)
	copy(s.Seal[:], hash)
	return s, err
}

func auditHashes(ctx context.Context, tx pgx.Tx, after, upTo int64, most int) ([]tracker.HashedRow, error) {
	rows, err := tx.Query(ctx, `SELECT id, hash FROM audit_hashes($1, $2, $3)`, after, upTo, most)
	if err != nil {
		return nil, fmt.Errorf("read the rows to seal: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.HashedRow, error) {
		var r tracker.HashedRow
		var hash []byte
		err := row.Scan(&r.ID, &hash)
		copy(r.Hash[:], hash)
		return r, err
	})
}

func insertSeals(ctx context.Context, tx pgx.Tx, seals []tracker.Seal) error {
	if len(seals) == 0 {
		return nil
	}
	var positions, ids []int64
	var hashes [][]byte
	for i := range seals {
		positions, ids = append(positions, seals[i].Position), append(ids, seals[i].RowID)
		hashes = append(hashes, seals[i].Seal[:])
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_seal (position, audit_id, seal)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])`, positions, ids, hashes)
	if err != nil {
		return fmt.Errorf("write the seals: %w", err)
	}
	return nil
}

// AuditHead returns the newest seal; ErrNotFound where nothing is sealed yet.
func (s *Store) AuditHead(ctx context.Context) (tracker.Seal, error) {
	_, last, err := lastSeals(ctx, s.query)
	if err == nil && last.Position == 0 {
		err = tracker.ErrNotFound
	}
	return last, meaning(err)
}
