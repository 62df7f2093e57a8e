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
// overtake any more, and returns the newest seal and how many it made. It waits
// for the transactions that could, holding nothing meanwhile, until ctx ends.
// Where another program seals at the moment it leaves the rest to that one and
// returns kept, which is the newest seal that the caller knows of; zero for
// none. The error wraps tracker.ErrSealBroken where the newest seal is not one
// that the key made, and tracker.ErrHeadLost where kept is not in the record;
// the head is right with an error too.
func (s *Store) SealAudit(ctx context.Context, key tracker.SealKey, kept tracker.Seal) (head tracker.Seal, sealed int, err error) {
	newest, err := s.settledAudit(ctx)
	if err != nil {
		return kept, 0, err
	}
	for head = kept; ; {
		reached, made, err := s.sealUpTo(ctx, key, head, newest)
		if err != nil {
			return head, sealed, err
		}
		head, sealed = reached, sealed+made
		if made < sealBatch {
			return head, sealed, nil
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

func (s *Store) sealUpTo(ctx context.Context, key tracker.SealKey, kept tracker.Seal, newest int64) (head tracker.Seal, sealed int, err error) {
	head = kept
	err = s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		mine := false
		err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('learningcity seal'))`).Scan(&mine)
		if err != nil || !mine {
			return err
		}
		if err := checkHead(ctx, tx, kept); err != nil {
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
		if head, sealed = last, len(seals); sealed > 0 {
			head = seals[sealed-1]
		}
		return insertSeals(ctx, tx, seals)
	})
	if err != nil {
		return kept, 0, err
	}
	return head, sealed, nil
}

// checkHead looks whether the head that was kept is in its place.
func checkHead(ctx context.Context, db querier, kept tracker.Seal) error {
	if kept.Position == 0 {
		return nil
	}
	rows, err := db.Query(ctx, `SELECT position, audit_id, seal FROM audit_seal WHERE position = $1`, kept.Position)
	if err != nil {
		return fmt.Errorf("read the seal at the head: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanSeal)
	if err != nil {
		return fmt.Errorf("read the seal at the head: %w", err)
	}
	return kept.Stands(append(found, tracker.Seal{})[0])
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

// CheckAuditHead returns tracker.ErrHeadLost where the head that was kept is not
// in its place.
func (s *Store) CheckAuditHead(ctx context.Context, kept tracker.Seal) error {
	return meaning(checkHead(ctx, s.query, kept))
}

// AcceptAuditHead records that the operator takes the newest seal there is for
// the head, in place of the one that was kept and is lost, and returns it; zero
// where nothing is sealed.
func (s *Store) AcceptAuditHead(ctx context.Context, actor tracker.Actor, kept tracker.Seal) (head tracker.Seal, err error) {
	err = s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, head, err = lastSeals(ctx, tx); err != nil {
			return err
		}
		return audit(ctx, tx, actor, s.now(), record{act: "accept_audit_head", subject: "audit", before: kept, after: head})
	})
	return head, err
}
