package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"learningcity/internal/tracker"
)

// takeContent notes that the city holds the file's content. Who takes one waits
// for others of the city: so the quota holds, and of two uploads of the same
// content the second hears of the first.
func (tx *cityTx) takeContent(ctx context.Context, f tracker.File, quota int64, again bool) error {
	if f == (tracker.File{}) {
		return nil
	}
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('contents of a city', $1))`, tx.city.ID)
	if err != nil {
		return fmt.Errorf("wait for other contents: %w", err)
	}
	if !again {
		known, err := tx.evidenceWith(ctx, f.Hash)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			return tracker.Invalid("file", "evidence.error.known_content")
		}
	}
	return tx.insertContent(ctx, f, quota)
}

func (tx *cityTx) insertContent(ctx context.Context, f tracker.File, quota int64) error {
	var held int64
	var size *int64 // of the content that the city has already
	err := tx.QueryRow(ctx, `
		SELECT coalesce(sum(size), 0)::bigint, max(size) FILTER (WHERE sha256 = $2) FROM content WHERE city_id = $1`,
		tx.city.ID, f.Hash[:]).Scan(&held, &size)
	switch {
	case err != nil:
		return fmt.Errorf("sum the contents up: %w", err)
	case size != nil && *size != f.Size:
		return fmt.Errorf("content %x has %d bytes, not %d", f.Hash, *size, f.Size)
	case size != nil:
		return nil
	case quota > 0 && held+f.Size > quota:
		return tracker.Invalid("file", "evidence.error.quota")
	}
	_, err = tx.Exec(ctx, `INSERT INTO content (city_id, sha256, size, first_at) VALUES ($1, $2, $3, $4)`,
		tx.city.ID, f.Hash[:], f.Size, tx.now)
	if err != nil {
		return fmt.Errorf("insert content %x: %w", f.Hash, err)
	}
	return nil
}

// ContentInCity lists the city's evidence that has or had the content in one of
// its versions, as far as the actor may see it, for somebody who is about to
// upload it once more.
func (s *Store) ContentInCity(ctx context.Context, actor tracker.Actor, slug string, hash tracker.ContentHash) ([]tracker.Evidence, error) {
	var found []tracker.Evidence
	err := s.inCity(ctx, actor, slug, tracker.ReadCity, func(tx *cityTx) (err error) {
		found, err = tx.evidenceWith(ctx, hash)
		return err
	})
	return found, err
}

func (tx *cityTx) evidenceWith(ctx context.Context, hash tracker.ContentHash) ([]tracker.Evidence, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+evidenceColumns+`
		FROM (SELECT DISTINCT evidence_id FROM evidence_version WHERE city_id = $1 AND sha256 = $2) same
		CROSS JOIN LATERAL (SELECT * FROM evidence WHERE id = same.evidence_id OFFSET 0) e `+evidenceJoins+`
		WHERE e.withdrawn_at IS NULL ORDER BY e.id`, tx.city.ID, hash[:])
	if err != nil {
		return nil, fmt.Errorf("look for content %x: %w", hash, err)
	}
	all, err := pgx.CollectRows(rows, scanEvidence)
	if err != nil {
		return nil, fmt.Errorf("look for content %x: %w", hash, err)
	}
	var visible []tracker.Evidence
	for _, e := range all {
		if tx.actor.MayRead(e.Passport.Access, e.DepartmentID, tx.city, tx.today) {
			visible = append(visible, e)
		}
	}
	return visible, nil
}

// A content's lock is held from before its bytes are stored until its row is
// there, and by a sweep that removes them. It holds a connection but no
// transaction, and few may be held at once, so that pages find connections.
const (
	contentLocks = 2
	lockPatience = 50 * time.Millisecond // between two tries
)

// LockContent runs fn while nobody else, in whatever program, holds the lock of
// the content. fn stores the bytes and inserts the row through the store that it
// gets, which must not be used after it returns. To wait holds nothing; the
// context says for how long. It is no act and cannot run inside Atomically.
func (s *Store) LockContent(ctx context.Context, hash tracker.ContentHash, fn func(*Store) error) error {
	for {
		locked, err := s.tryContent(ctx, hash, fn)
		if locked || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return meaning(ctx.Err())
		case <-time.After(lockPatience):
		}
	}
}

// tryContent runs fn where nobody holds the lock, and reports whether it did.
func (s *Store) tryContent(ctx context.Context, hash tracker.ContentHash, fn func(*Store) error) (locked bool, err error) {
	select {
	case s.contents <- struct{}{}:
		defer func() { <-s.contents }()
	case <-ctx.Done():
		return false, meaning(ctx.Err())
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, meaning(fmt.Errorf("lock content %x: %w", hash, err))
	}
	defer conn.Release()
	key := "content " + hex.EncodeToString(hash[:])
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, key).Scan(&locked); err != nil {
		return false, meaning(fmt.Errorf("lock content %x: %w", hash, err))
	}
	if !locked {
		return false, nil
	}
	defer unlock(ctx, conn, key)
	return true, fn(s.on(conn))
}

// unlock lets go of the lock. A connection that cannot is closed, which does.
func unlock(ctx context.Context, conn *pgxpool.Conn, key string) {
	ctx = context.WithoutCancel(ctx)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, key); err != nil {
		_ = conn.Conn().Close(ctx) // it is broken already
	}
}

// on is the same store on one connection.
func (s *Store) on(conn *pgxpool.Conn) *Store {
	inside := *s
	inside.query, inside.nested = conn, true
	inside.begin = func(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) { return conn.BeginTx(ctx, o) }
	return &inside
}

// SweepSpares is the age below which a content stays whether it has a row or not.
const SweepSpares = 24 * time.Hour

// SweepContent runs remove when no row of any city points at the content, its
// bytes were stored long enough ago, and nobody is about to insert a row: under
// the content's lock. While a backup is made it removes nothing. It reports
// whether remove has run. storedAt must be asked under the lock too, so it is a
// function.
func (s *Store) SweepContent(ctx context.Context, hash tracker.ContentHash, storedAt func() (time.Time, error),
	remove func() error) (bool, error) {
	swept := false
	err := s.LockContent(ctx, hash, func(locked *Store) error {
		var used bool
		if err := locked.query.QueryRow(ctx, `SELECT content_is_used($1)`, hash[:]).Scan(&used); err != nil || used {
			return meaning(err)
		}
		at, err := storedAt()
		if err != nil || locked.now().Sub(at) < SweepSpares {
			return err
		}
		var free bool
		if err := locked.query.QueryRow(ctx, `SELECT pg_try_advisory_lock(`+sweepLock+`)`).Scan(&free); err != nil || !free {
			return meaning(err)
		}
		swept = true
		err = remove()
		unlocked := locked.query.QueryRow(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(`+sweepLock+`)`).Scan(&free)
		return errors.Join(err, meaning(unlocked))
	})
	return swept, err
}

// KnownContent is a content that some city holds.
type KnownContent struct {
	Hash tracker.ContentHash
	Size int64
}

// ContentsAfter lists contents that some city holds, in the order of their
// hashes, after the one; for what looks whether all of them are stored.
func (s *Store) ContentsAfter(ctx context.Context, after tracker.ContentHash, most int) ([]KnownContent, error) {
	rows, err := s.query.Query(ctx, `SELECT sha256, size FROM contents_after($1, $2)`, after[:], most)
	if err != nil {
		return nil, meaning(fmt.Errorf("list contents: %w", err))
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (KnownContent, error) {
		var c KnownContent
		var hash []byte
		err := row.Scan(&hash, &c.Size)
		copy(c.Hash[:], hash)
		return c, err
	})
	return all, meaning(err)
}
