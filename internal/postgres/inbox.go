package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Inbox reads a page of the actor's inbox: the newest of the items that the
// filter chooses. It needs no permission: nobody else's can be named.
func (s *Store) Inbox(ctx context.Context, actor tracker.Actor, f tracker.InboxFilter, most int) (tracker.InboxPage, error) {
	var page tracker.InboxPage
	err := s.asAccount(ctx, actor, reading, func(tx pgx.Tx) error {
		var err error
		page.Items, err = inboxItems(ctx, tx, inboxPart(f)+` ORDER BY i.created_at DESC, i.id DESC LIMIT @most`, pgx.NamedArgs{
			"account": actor.AccountID, "now": s.now(), "city": f.City, "before": f.Before, "most": most + 1})
		return err
	})
	if page.More = len(page.Items) > most; page.More {
		page.Items = page.Items[:most]
	}
	return page, err
}

// inboxPart chooses the account's items that the filter asks for. What it does not
// ask for does not stand in the SQL, so that each begins in its own index.
func inboxPart(f tracker.InboxFilter) string {
	part := `i.account_id = @account AND i.created_at <= @now`
	if f.Unread {
		part += ` AND i.read_at IS NULL`
	}
	if f.City != 0 {
		part += ` AND i.city_id = @city`
	}
	if f.Before != 0 {
		part += ` AND (i.created_at, i.id) < ((SELECT b.created_at FROM inbox_item b WHERE b.account_id = @account AND b.id = @before), @before)`
	}
	return part
}

// inboxItems reads the items of the condition, newest first. What they name is
// looked up once for the page, not once for each item.
func inboxItems(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]tracker.InboxItem, error) {
	rows, err := tx.Query(ctx, `
		WITH page AS MATERIALIZED (SELECT i.* FROM inbox_item i WHERE `+condition+`),
		cities AS MATERIALIZED (SELECT id, slug, name_vi, name_en FROM city WHERE id = ANY (ARRAY(SELECT DISTINCT city_id FROM page))),
		people AS MATERIALIZED (SELECT id, name FROM account WHERE id = ANY (ARRAY(SELECT DISTINCT by_account_id FROM page))),
		titles AS MATERIALIZED (SELECT id, code, title_vi, title_en FROM indicator WHERE id = ANY (ARRAY(SELECT DISTINCT indicator_id FROM page)))
		SELECT i.id, i.created_at, i.kind, coalesce(i.city_id, 0), coalesce(c.slug, ''), coalesce(c.name_vi, ''), coalesce(c.name_en, ''),
		       coalesce(b.name, ''), i.read_at IS NOT NULL, coalesce(i.evidence_id, 0), coalesce(i.evidence_title, i.thread_title, ''), i.valid_until,
		       coalesce(i.assessment_number, 0), coalesce(t.code, ''), coalesce(t.title_vi, ''), coalesce(t.title_en, ''), i.due_on,
		       coalesce(i.thread_id, 0), coalesce(i.thread_code, ''), coalesce(i.recommendation_id, 0), coalesce(i.task_id, 0), coalesce(i.about, '')
		FROM page i
		LEFT JOIN cities c ON c.id = i.city_id
		LEFT JOIN people b ON b.id = i.by_account_id
		LEFT JOIN titles t ON t.id = i.indicator_id
		ORDER BY i.created_at DESC, i.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	items, err := pgx.CollectRows(rows, scanInboxItem)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return items, nil
}

func scanInboxItem(row pgx.CollectableRow) (tracker.InboxItem, error) {
	var i tracker.InboxItem
	return i, row.Scan(&i.ID, &i.At, &i.Kind, &i.City.ID, &i.City.Slug, &i.City.Name.VI, &i.City.Name.EN, &i.By, &i.Read,
		&i.EvidenceID, &i.Title, &i.ValidUntil, &i.Entry.Assessment, &i.Entry.Indicator, &i.Indicator.VI, &i.Indicator.EN, &i.DueOn,
		&i.ThreadID, &i.ThreadCode, &i.RecommendationID, &i.TaskID, &i.About)
}

// OpenInboxItem returns one of the actor's items, which is read by that.
// ErrNotFound is the answer for any other.
func (s *Store) OpenInboxItem(ctx context.Context, actor tracker.Actor, id int64) (tracker.InboxItem, error) {
	var item tracker.InboxItem
	err := s.asAccount(ctx, actor, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := markRead(ctx, tx, ` AND id = $3`, actor.AccountID, s.now(), id); err != nil {
			return err
		}
		items, err := inboxItems(ctx, tx, `i.account_id = $1 AND i.created_at <= $2 AND i.id = $3`, actor.AccountID, s.now(), id)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return tracker.ErrNotFound
		}
		item = items[0]
		return nil
	})
	return item, err
}

// MarkInboxRead marks the actor's item with the id as read; with none, all that
// the filter chooses up to the item f.Before, this included. It is no act: only
// the reader ever sees it.
func (s *Store) MarkInboxRead(ctx context.Context, actor tracker.Actor, item int64, f tracker.InboxFilter) error {
	return s.asAccount(ctx, actor, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if item != 0 {
			return markRead(ctx, tx, ` AND id = $3`, actor.AccountID, s.now(), item)
		}
		return markRead(ctx, tx, `
			AND ($3::bigint = 0 OR city_id = $3)
			AND (created_at, id) <= ((SELECT b.created_at FROM inbox_item b WHERE b.account_id = $1 AND b.id = $4), $4)`,
			actor.AccountID, s.now(), f.City, f.Before)
	})
}

// markRead marks of the items of the account $1 that it has been told by the
// moment $2 those that the condition chooses.
func markRead(ctx context.Context, tx pgx.Tx, condition string, args ...any) error {
	_, err := tx.Exec(ctx, `
		UPDATE inbox_item SET read_at = $2 WHERE account_id = $1 AND read_at IS NULL AND created_at <= $2`+condition, args...)
	if err != nil {
		return fmt.Errorf("mark as read: %w", err)
	}
	return nil
}

// asAccount runs fn in a transaction that has named the actor's account, for what
// is theirs whatever the city.
func (s *Store) asAccount(ctx context.Context, actor tracker.Actor, o pgx.TxOptions, fn func(pgx.Tx) error) error {
	if actor.AccountID == 0 {
		return tracker.ErrForbidden
	}
	return s.inTx(ctx, o, func(tx pgx.Tx) error {
		if err := nameAccount(ctx, tx, actor.AccountID); err != nil {
			return err
		}
		return fn(tx)
	})
}

// nameAccount tells row-level security whose rows of a person the transaction is about.
func nameAccount(ctx context.Context, tx pgx.Tx, account int64) error {
	_, err := tx.Exec(ctx, `SELECT set_config('learningcity.account', $1, true)`, strconv.FormatInt(account, 10))
	if err != nil {
		return fmt.Errorf("name the account: %w", err)
	}
	return nil
}
