package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// tell puts an item into somebody's inbox, in the transaction of the act that
// it tells of. Nobody is told of what they did themselves.
func (tx *cityTx) tell(ctx context.Context, account int64, kind tracker.InboxKind) error {
	return tx.tellOf(ctx, account, kind, tracker.Thread{})
}

// tellOf is tell with the thread that the item leads to; the zero one is none.
func (tx *cityTx) tellOf(ctx context.Context, account int64, kind tracker.InboxKind, about tracker.Thread) error {
	if account == tx.actor.AccountID {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO inbox_item (account_id, city_id, kind, by_account_id, created_at, thread_id, thread_code, thread_title)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		account, nullID(tx.city.ID), kind, nullID(tx.actor.AccountID), tx.now, nullID(about.ID), nullText(about.On.Indicator), nullText(about.On.Title))
	if err != nil {
		return fmt.Errorf("tell of %s: %w", kind, err)
	}
	return nil
}

// aboutAdvice is what an item tells of: a recommendation or a task, and how it
// begins.
type aboutAdvice struct {
	recommendation, task int64
	text                 string
}

// told are the city's people with the role and, where one is named, of the
// department; of them the account alone, if it is among them.
type told struct {
	role                tracker.Role
	department, account int64
}

// queueTell puts an item into the inboxes of those who are told, but for who
// acts; see tell.
func (tx *cityTx) queueTell(batch *pgx.Batch, kind tracker.InboxKind, about aboutAdvice, to told) {
	batch.Queue(`
		WITH there AS (
			SELECT account_id FROM membership
			WHERE city_id = $1 AND role = $8 AND ($9::bigint IS NULL OR department_id = $9)
			  AND disabled_at IS NULL AND (ends_on IS NULL OR ends_on >= $10))
		INSERT INTO inbox_item (account_id, city_id, kind, by_account_id, created_at, recommendation_id, task_id, about)
		SELECT account_id, $1, $2, $3, $4, $5, $6, $7 FROM there
		WHERE account_id IS DISTINCT FROM $3
		  AND ($11::bigint IS NULL OR account_id = $11 OR NOT EXISTS (SELECT FROM there WHERE account_id = $11))
		ORDER BY account_id`,
		tx.city.ID, string(kind), nullID(tx.actor.AccountID), tx.now, nullID(about.recommendation), nullID(about.task),
		tracker.Excerpt(about.text), string(to.role), nullID(to.department), tx.today, nullID(to.account))
}

// Inbox reads the actor's inbox: the newest items, or where an id is given
// those before it. It needs no permission: nobody else's can be named.
func (s *Store) Inbox(ctx context.Context, actor tracker.Actor, before int64, most int) (tracker.InboxPage, error) {
	var page tracker.InboxPage
	err := s.asAccount(ctx, actor, reading, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT i.id, i.created_at, i.kind, coalesce(c.slug, ''), coalesce(c.name_vi, ''), coalesce(c.name_en, ''),
			       coalesce(b.name, ''), i.read_at IS NOT NULL, coalesce(i.evidence_id, 0), coalesce(i.evidence_title, i.thread_title, ''), i.valid_until,
			       coalesce(i.thread_id, 0), coalesce(i.thread_code, ''), coalesce(i.recommendation_id, 0), coalesce(i.task_id, 0), coalesce(i.about, '')
			FROM inbox_item i
			LEFT JOIN city c ON c.id = i.city_id
			LEFT JOIN account b ON b.id = i.by_account_id
			WHERE i.account_id = $1 AND ($2::bigint IS NULL OR i.id < $2)
			ORDER BY i.id DESC LIMIT $3`, actor.AccountID, nullID(before), most+1)
		if err != nil {
			return fmt.Errorf("read the inbox: %w", err)
		}
		page.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.InboxItem, error) {
			var i tracker.InboxItem
			return i, row.Scan(&i.ID, &i.At, &i.Kind, &i.City.Slug, &i.City.Name.VI, &i.City.Name.EN, &i.By, &i.Read,
				&i.EvidenceID, &i.Title, &i.ValidUntil, &i.ThreadID, &i.Indicator, &i.RecommendationID, &i.TaskID, &i.About)
		})
		return err
	})
	if page.More = len(page.Items) > most; page.More {
		page.Items = page.Items[:most]
	}
	return page, err
}

// MarkInboxRead marks the actor's items with these ids, both included, as read.
// It is no act: only the reader ever sees it.
func (s *Store) MarkInboxRead(ctx context.Context, actor tracker.Actor, from, upto int64) error {
	return s.asAccount(ctx, actor, pgx.TxOptions{}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE inbox_item SET read_at = $4
			WHERE account_id = $1 AND read_at IS NULL AND id BETWEEN $2 AND $3`, actor.AccountID, from, upto, s.now())
		if err != nil {
			return fmt.Errorf("mark as read: %w", err)
		}
		return nil
	})
}

// asAccount runs fn in a transaction that has named the actor's account, for what
// is theirs whatever the city.
func (s *Store) asAccount(ctx context.Context, actor tracker.Actor, o pgx.TxOptions, fn func(pgx.Tx) error) error {
	if actor.AccountID == 0 {
		return tracker.ErrForbidden
	}
	return s.inTx(ctx, o, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT set_config('learningcity.account', $1, true)`, strconv.FormatInt(actor.AccountID, 10))
		if err != nil {
			return fmt.Errorf("name the account: %w", err)
		}
		return fn(tx)
	})
}
