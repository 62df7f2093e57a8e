package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// ThreadPlace names what a thread is on, as addresses do: an entry or, where
// EvidenceID is not 0, a piece of evidence.
type ThreadPlace struct {
	EntryRef   // its version is not looked at
	EvidenceID int64
}

// ThreadRef names a thread and the version that a form carried.
type ThreadRef struct {
	City    string // slug
	ID      int64
	Version int
}

// OpenThread begins a thread with its first comment, and returns its id. Those
// who are mentioned are told and, of a direction, those who are to answer, else
// who is in charge. Errors are those of tracker.ThreadAct.
func (s *Store) OpenThread(ctx context.Context, actor tracker.Actor, at ThreadPlace, n tracker.NewThread) (int64, error) {
	var id int64
	action := tracker.WriteComment
	if n.Kind == tracker.DirectionThread {
		action = tracker.GiveDirection
	}
	err := s.inCity(ctx, actor, at.City, action, func(tx *cityTx) error {
		on, err := tx.holdPlace(ctx, at)
		if err != nil {
			return err
		}
		people, err := tx.members(ctx)
		if err != nil {
			return err
		}
		act := tx.threadAct(on)
		if err := act.Open(n, people); err != nil {
			return err
		}
		t := tracker.Thread{Kind: n.Kind, Audience: n.Audience, On: on}
		if t.ID, err = tx.insertThread(ctx, t, n.DueOn); err != nil {
			return err
		}
		id = t.ID
		if err := tx.writeComment(ctx, t, tracker.NewComment{Text: n.Text, Mentioned: n.Mentioned}, openingRecord(id, n)); err != nil {
			return err
		}
		return tx.tellAll(ctx, act.ToldOfOpening(n, people), t)
	})
	return id, err
}

func openingRecord(id int64, n tracker.NewThread) record {
	if n.Kind == tracker.DirectionThread {
		return record{act: "give_direction", after: map[string]string{"thread": idText(id), "due_on": n.DueOn.String()}}
	}
	return record{act: "open_thread", after: map[string]string{"thread": idText(id)}}
}

func (v visit) threadAct(on tracker.ThreadOn) tracker.ThreadAct {
	return tracker.ThreadAct{Actor: v.actor, City: v.city, Today: v.today, On: on}
}

func (tx *cityTx) insertThread(ctx context.Context, t tracker.Thread, due tracker.Date) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO thread (city_id, kind, audience, assessment_id, entry_id, evidence_id, due_on, version, comments, opened_at, opened_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 1, $8, $9) RETURNING id`,
		tx.city.ID, t.Kind, t.Audience, nullID(t.On.Assessment.ID), nullID(t.On.EntryID), nullID(t.On.EvidenceID), due,
		tx.now, tx.actor.AccountID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert a thread: %w", err)
	}
	return id, nil
}

// tellAll tells each of them of the thread.
func (tx *cityTx) tellAll(ctx context.Context, all []tracker.Told, about tracker.Thread) error {
	for _, one := range all {
		if err := tx.tellOf(ctx, one.AccountID, one.Kind, about); err != nil {
			return err
		}
	}
	return nil
}

// ResolveThread puts the thread down as settled. It answers ErrConflict when the
// thread is no longer at the version that the form carried.
func (s *Store) ResolveThread(ctx context.Context, actor tracker.Actor, ref ThreadRef) error {
	return s.settle(ctx, actor, ref, tracker.ThreadAct.Resolve, "resolve_thread", func(tx *cityTx, batch *pgx.Batch) {
		batch.Queue(`UPDATE thread SET version = version + 1, resolved_at = $3, resolved_by = $4 WHERE city_id = $1 AND id = $2`,
			tx.city.ID, ref.ID, tx.now, tx.actor.AccountID)
	})
}

// ReopenThread takes the thread up again; errors as for ResolveThread.
func (s *Store) ReopenThread(ctx context.Context, actor tracker.Actor, ref ThreadRef) error {
	return s.settle(ctx, actor, ref, tracker.ThreadAct.Reopen, "reopen_thread", func(tx *cityTx, batch *pgx.Batch) {
		batch.Queue(`
			UPDATE thread SET version = version + 1, resolved_at = NULL, resolved_by = NULL, answered_at = NULL, answered_by = NULL
			WHERE city_id = $1 AND id = $2`, tx.city.ID, ref.ID)
	})
}

func (s *Store) settle(ctx context.Context, actor tracker.Actor, ref ThreadRef, decide func(tracker.ThreadAct, tracker.Thread) error,
	act string, queue func(*cityTx, *pgx.Batch)) error {
	return s.onThread(ctx, actor, ref.City, ref.ID, func(tx *cityTx, t tracker.Thread) error {
		if err := firstOf(decide(tx.threadAct(t.On), t), ref.Version, t.Version); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queue(tx, batch)
		return tx.sendThread(ctx, batch, t, record{act: act, after: map[string]string{"thread": idText(t.ID)}})
	})
}

// onThread runs fn on a thread that the actor may read, locked.
func (s *Store) onThread(ctx context.Context, actor tracker.Actor, slug string, id int64, fn func(*cityTx, tracker.Thread) error) error {
	return s.inCity(ctx, actor, slug, tracker.WriteComment, func(tx *cityTx) error {
		t, err := tx.lockThread(ctx, id)
		if err != nil {
			return err
		}
		if !tx.threadAct(t.On).Reads(t.Audience) {
			return tracker.ErrNotFound
		}
		return fn(tx, t)
	})
}

// lockThread reads the thread FOR UPDATE, without its comments, and what it is
// on. Nobody closes its assessment until the act is written.
func (tx *cityTx) lockThread(ctx context.Context, id int64) (tracker.Thread, error) {
	var t tracker.Thread
	batch := &pgx.Batch{}
	// The row first: what is joined to it must be as it is once nobody changes it.
	batch.Queue(`SELECT FROM thread WHERE city_id = $1 AND id = $2 FOR UPDATE`, tx.city.ID, id)
	batch.Queue(`
		SELECT FROM assessment WHERE city_id = $1 AND id = (SELECT assessment_id FROM thread WHERE city_id = $1 AND id = $2)
		FOR SHARE`, tx.city.ID, id)
	queueThread(batch, id, &t)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return t, fmt.Errorf("lock thread %d: %w", id, err)
	}
	if t.ID == 0 {
		return t, tracker.ErrNotFound
	}
	return t, nil
}

// sendThread writes what was queued, and the record of it, and announces it. Of an entry's threads
// the record is the entry's; of those that reviewers keep to themselves it is
// theirs (policy audit_of_city). What was said stands in comment_revision.
func (tx *cityTx) sendThread(ctx context.Context, batch *pgx.Batch, t tracker.Thread, r record) error {
	switch {
	case t.Audience == tracker.AudienceInternal:
		r.subject = "internal_thread " + idText(t.ID)
	case t.On.EvidenceID != 0:
		r.subject = "evidence " + idText(t.On.EvidenceID)
	default:
		r.subject = entrySubject(t.On.Assessment.Number, t.On.Indicator)
	}
	if err := tx.queueAudit(batch, r); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write %s of thread %d: %w", r.act, t.ID, err)
	}
	tx.announceThread(t)
	return nil
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// holdPlace reads what a thread is to be on, and keeps it as it is.
func (tx *cityTx) holdPlace(ctx context.Context, at ThreadPlace) (tracker.ThreadOn, error) {
	var on tracker.ThreadOn
	entry, evidence := int64(0), at.EvidenceID
	if evidence == 0 {
		locked, err := tx.lockEntry(ctx, at.EntryRef)
		if err != nil {
			return on, err
		}
		entry = locked.entry.ID
	}
	batch := &pgx.Batch{}
	queuePlace(batch, `(SELECT $1::bigint AS entry_id, $2::bigint AS evidence_id)`, &on, nullID(entry), nullID(evidence))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return on, fmt.Errorf("read what a thread is on: %w", err)
	}
	if on.EntryID == 0 && on.EvidenceID == 0 {
		return on, tracker.ErrNotFound
	}
	return on, nil
}

// members are all who have a role in the city.
func (tx *cityTx) members(ctx context.Context) ([]tracker.Person, error) {
	var all []tracker.Person
	batch := &pgx.Batch{}
	queueMembers(batch, tx.city.ID, &all)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("list the people: %w", err)
	}
	return all, nil
}

// orNothing: no row leaves what it would fill as it was.
func orNothing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
