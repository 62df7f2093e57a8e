package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// CommentRef names a comment and the version that a form carried.
type CommentRef struct {
	City    string // slug
	Thread  int64
	Number  int
	Version int
}

// Reply adds a comment to the thread and returns its number; with Answers it
// answers the direction. Those who are mentioned are told, and who takes part in
// the thread, a leader of the answer. The version of ref is not looked at:
// nothing that others write makes a comment wrong. Errors are those of
// tracker.ThreadAct.
func (s *Store) Reply(ctx context.Context, actor tracker.Actor, ref ThreadRef, n tracker.NewComment) (int, error) {
	number := 0
	err := s.onThread(ctx, actor, ref.City, ref.ID, func(tx *cityTx, t tracker.Thread) error {
		people, err := tx.members(ctx)
		if err != nil {
			return err
		}
		act := tx.threadAct(t.On)
		if err := act.Reply(t, n, people); err != nil {
			return err
		}
		r := record{act: "write_comment"}
		if n.Answers {
			r = record{act: "answer_direction"}
		}
		number = t.Total + 1
		r.after = commentRecord(t.ID, number)
		if err := tx.writeComment(ctx, t, n, r); err != nil {
			return err
		}
		return tx.tellOfReply(ctx, act, t, n, people)
	})
	return number, err
}

// commentRecord is what the audit keeps of a comment: which, not what it says,
// so that a page shows nothing that was deleted.
func commentRecord(thread int64, number int) map[string]string {
	return map[string]string{"thread": idText(thread), "comment": fmt.Sprint(number)}
}

// writeComment adds the comment at the end of the thread, with its history and
// the record of the act.
func (tx *cityTx) writeComment(ctx context.Context, t tracker.Thread, n tracker.NewComment, r record) error {
	batch := &pgx.Batch{}
	number := t.Total + 1
	if t.Total > 0 {
		batch.Queue(`
			UPDATE thread SET comments = comments + 1, version = version + $3,
			       answered_at = CASE $3 WHEN 1 THEN $4 ELSE answered_at END, answered_by = CASE $3 WHEN 1 THEN $5 ELSE answered_by END
			WHERE city_id = $1 AND id = $2`, tx.city.ID, t.ID, oneIf(n.Answers), tx.now, tx.actor.AccountID)
	}
	batch.Queue(`
		INSERT INTO comment (thread_id, number, city_id, audience, version, text, answers, written_at, written_by, written_as)
		VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9)`,
		t.ID, number, tx.city.ID, t.Audience, n.Text, n.Answers, tx.now, tx.actor.AccountID, tx.actor.RoleIn(tx.city))
	tx.queueText(batch, t, number, 1, &n.Text)
	for _, account := range n.Mentioned {
		batch.Queue(`
			INSERT INTO comment_mention (thread_id, number, account_id, city_id, audience) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`, t.ID, number, account, tx.city.ID, t.Audience)
	}
	return tx.sendThread(ctx, batch, t, r)
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// queueText keeps what a comment says from now on; nil for nothing.
func (tx *cityTx) queueText(batch *pgx.Batch, t tracker.Thread, number, version int, text *string) {
	batch.Queue(`
		INSERT INTO comment_revision (thread_id, number, version, city_id, audience, text, recorded_at, recorded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, number, version, tx.city.ID, t.Audience, text, tx.now, tx.actor.AccountID)
}

// tellOfReply tells who is mentioned, then the leader of an answer, then all who
// wrote in the thread or began it, as far as they may still read it.
func (tx *cityTx) tellOfReply(ctx context.Context, act tracker.ThreadAct, t tracker.Thread, n tracker.NewComment, people []tracker.Person) error {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT written_by FROM comment WHERE city_id = $1 AND thread_id = $2 AND deleted_at IS NULL ORDER BY 1`, tx.city.ID, t.ID)
	if err != nil {
		return fmt.Errorf("list who takes part in thread %d: %w", t.ID, err)
	}
	writers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("list who takes part in thread %d: %w", t.ID, err)
	}
	return tx.tellAll(ctx, act.ToldOfReply(t, n, people, writers), t)
}

// EditComment lets the comment say something else. It answers ErrConflict when
// the comment is no longer at the version that the form carried.
func (s *Store) EditComment(ctx context.Context, actor tracker.Actor, ref CommentRef, text string) error {
	return s.onComment(ctx, actor, ref, func(tx *cityTx, t tracker.Thread, c tracker.Comment) error {
		if err := firstOf(tx.threadAct(t.On).Edit(t, c, text), ref.Version, c.Version); err != nil {
			return err
		}
		return tx.rewrite(ctx, t, c, &text, "edit_comment")
	})
}

// DeleteComment takes the comment back. Its place and, on record only, its texts
// stay. Errors as for EditComment.
func (s *Store) DeleteComment(ctx context.Context, actor tracker.Actor, ref CommentRef) error {
	return s.onComment(ctx, actor, ref, func(tx *cityTx, t tracker.Thread, c tracker.Comment) error {
		if err := firstOf(tx.threadAct(t.On).Delete(t, c), ref.Version, c.Version); err != nil {
			return err
		}
		return tx.rewrite(ctx, t, c, nil, "delete_comment")
	})
}

// rewrite gives the comment another text, or none.
func (tx *cityTx) rewrite(ctx context.Context, t tracker.Thread, c tracker.Comment, text *string, act string) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE comment SET version = version + 1, text = $4::text, edited_at = CASE WHEN $4 IS NULL THEN edited_at ELSE $5 END,
		       deleted_at = CASE WHEN $4 IS NULL THEN $5::timestamptz END
		WHERE city_id = $1 AND thread_id = $2 AND number = $3`, tx.city.ID, t.ID, c.Number, text, tx.now)
	tx.queueText(batch, t, c.Number, c.Version+1, text)
	return tx.sendThread(ctx, batch, t, record{act: act, after: commentRecord(t.ID, c.Number)})
}

// onComment runs fn on a comment that the actor may read; its thread is locked,
// and so nobody else writes it.
func (s *Store) onComment(ctx context.Context, actor tracker.Actor, ref CommentRef,
	fn func(*cityTx, tracker.Thread, tracker.Comment) error) error {
	return s.onThread(ctx, actor, ref.City, ref.Thread, func(tx *cityTx, t tracker.Thread) error {
		var c tracker.Comment
		err := orNothing(tx.QueryRow(ctx, `SELECT `+commentColumns+` FROM comment c WHERE c.city_id = $1 AND c.thread_id = $2 AND c.number = $3`,
			tx.city.ID, t.ID, ref.Number).Scan(commentTargets(&c)...))
		if err != nil {
			return fmt.Errorf("read comment %d of thread %d: %w", ref.Number, t.ID, err)
		}
		if c.Number == 0 {
			return tracker.ErrNotFound
		}
		return fn(tx, t, c)
	})
}
