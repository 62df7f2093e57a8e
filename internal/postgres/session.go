package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// NewSession is a session that begins.
type NewSession struct {
	TokenHash []byte // SHA-256 of the token that only the browser keeps
	Lifetime  time.Duration
	Before    [][]byte // hashes of sessions that the browser held, which end
	Browser   []byte   // SHA-256 of the token by which the browser is known from now on; nil for none
}

// StartSession records that the account signed in, from actor.Address. What
// TrySignIn counted for it there is taken back. Sessions of anybody that are
// over are swept away meanwhile. It answers ErrSecondStep, and nothing has
// happened, where the account has a second step: PassSecondStep starts that
// session, and no other way leads to one.
func (s *Store) StartSession(ctx context.Context, actor tracker.Actor, n NewSession) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		before, secondStep, err := insertSession(ctx, tx, actor, now, n)
		if err != nil {
			return err
		}
		if secondStep {
			return tracker.ErrSecondStep
		}
		return auditSignIn(ctx, tx, actor, now, before)
	})
}

// insertSession signs the actor in and returns whose sessions ended by it, and
// whether the account has a second step, which the caller must have asked for.
func insertSession(ctx context.Context, tx pgx.Tx, actor tracker.Actor, now time.Time, n NewSession) (before []int64, secondStep bool, err error) {
	err = tx.QueryRow(ctx, `
		WITH started AS (
			INSERT INTO session (token_hash, account_id, created_at, expires_at, address) VALUES ($1, $2, $3, $4, $5))
		SELECT settle_sign_in($2, $6, $7, $8, $3), a.second_step_at IS NOT NULL FROM account a WHERE a.id = $2`,
		n.TokenHash, actor.AccountID, now, now.Add(n.Lifetime), actor.Address,
		tracker.Network(actor.Address), n.Browser, n.Before).Scan(&before, &secondStep)
	if err != nil {
		return nil, false, fmt.Errorf("start a session: %w", err)
	}
	return before, secondStep, nil
}

// auditSignIn records the act and, where somebody's session ended by it, that
// too, in one query.
func auditSignIn(ctx context.Context, tx pgx.Tx, actor tracker.Actor, now time.Time, before []int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO audit (account_id, act, subject, recorded_at, request_id, address)
		SELECT account, act, 'session', $3, $4, $5
		FROM (SELECT $1::bigint, 'sign_in' UNION ALL SELECT unnest($2::bigint[]), 'sign_out') AS acts (account, act)`,
		actor.AccountID, before, now, actor.RequestID, actor.Address)
	if err != nil {
		return fmt.Errorf("write the audit record of sign_in: %w", err)
	}
	return nil
}

// SessionActor returns who the session belongs to, with all roles, in one
// query. It answers ErrNotFound where the session is unknown or over.
func (s *Store) SessionActor(ctx context.Context, tokenHash []byte) (tracker.Actor, error) {
	var actor tracker.Actor
	rows, err := s.query.Query(ctx, `
		SELECT account_id, name, email, coalesce(language, ''), coalesce(role, ''), coalesce(city_id, 0),
		       coalesce(city_slug, ''), coalesce(city_name_vi, ''), coalesce(city_name_en, ''),
		       coalesce(department_id, 0), coalesce(region_id, 0), ends_on, second_step, coalesce(second_step_required, false), unread
		FROM session_actor($1, $2)`, tokenHash, s.now())
	if err != nil {
		return actor, meaning(fmt.Errorf("look for the session: %w", err))
	}
	var m tracker.Membership
	_, err = pgx.ForEachRow(rows, []any{
		&actor.AccountID, &actor.Name, &actor.Email, &actor.Language, &m.Role, &m.CityID,
		&m.CitySlug, &m.CityName.VI, &m.CityName.EN, &m.DepartmentID, &m.RegionID, &m.EndsOn,
		&actor.SecondStep, &m.SecondStepRequired, &actor.Unread,
	}, func() error {
		if m.Role != "" {
			actor.Memberships = append(actor.Memberships, m)
		}
		return nil
	})
	if err != nil {
		return actor, meaning(fmt.Errorf("look for the session: %w", err))
	}
	if actor.AccountID == 0 {
		return actor, tracker.ErrNotFound
	}
	return actor, nil
}

// EndSession signs the session out, whoever it belongs to; that account is who
// the audit names. Ending one that is over already is no error and no act.
func (s *Store) EndSession(ctx context.Context, actor tracker.Actor, tokenHash []byte) error {
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		var account *int64
		if err := tx.QueryRow(ctx, `SELECT sign_out($1)`, tokenHash).Scan(&account); err != nil {
			return fmt.Errorf("end the session: %w", err)
		}
		if account == nil {
			return nil
		}
		actor.AccountID = *account
		return audit(ctx, tx, actor, s.now(), record{act: "sign_out", subject: "session"})
	})
}
