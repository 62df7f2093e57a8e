package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// record is one row of the audit: who did what to which subject. It is written
// in the act's own transaction.
type record struct {
	cityID  int64 // 0: an act on the installation
	act     string
	subject string
	before  any // nil, or what becomes JSON
	after   any
}

const insertAudit = `
	INSERT INTO audit (city_id, account_id, act, subject, before, after, recorded_at, request_id, address)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

func (r record) args(actor tracker.Actor, now time.Time) ([]any, error) {
	before, err := jsonOrNull(r.before)
	if err != nil {
		return nil, err
	}
	after, err := jsonOrNull(r.after)
	if err != nil {
		return nil, err
	}
	return []any{nullID(r.cityID), nullID(actor.AccountID), r.act, r.subject, before, after,
		now, actor.RequestID, actor.Address}, nil
}

func jsonOrNull(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the audit record: %w", err)
	}
	return b, nil
}

// audit writes the record at once; acts on entries put it into their batch.
func audit(ctx context.Context, tx pgx.Tx, actor tracker.Actor, now time.Time, r record) error {
	args, err := r.args(actor, now)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertAudit, args...); err != nil {
		return fmt.Errorf("write the audit record of %s: %w", r.act, err)
	}
	return nil
}

// queueAudit puts the record of an act in the city into its batch.
func (tx *cityTx) queueAudit(batch *pgx.Batch, r record) error {
	r.cityID = tx.city.ID
	args, err := r.args(tx.actor, tx.now)
	if err != nil {
		return err
	}
	batch.Queue(insertAudit, args...)
	return nil
}
