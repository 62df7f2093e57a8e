package postgres

import (
	"context"
	"errors"
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

// StartSession records that the account signed in, from actor.Address, with a
// password that matched the hash. What TrySignIn counted for it there is taken
// back. Sessions of anybody that are over are swept away meanwhile. It answers
// ErrNotFound where the hash is not the account's any more, and ErrSecondStep
// where the account has a second step: PassSecondStep starts that session, and
// no other way leads to one. Then nothing has happened.
func (s *Store) StartSession(ctx context.Context, actor tracker.Actor, passwordHash string, n NewSession) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		before, err := startSession(ctx, tx, actor, passwordHash, now, n)
		if err != nil {
			return err
		}
		return auditSignIn(ctx, tx, actor, now, before)
	})
}

// startSession signs the actor in and returns whose sessions ended by it.
func startSession(ctx context.Context, tx pgx.Tx, actor tracker.Actor, passwordHash string, now time.Time, n NewSession) ([]int64, error) {
	var secondStep bool
	var before []int64
	err := tx.QueryRow(ctx, `SELECT second_step, before FROM start_session($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		append([]any{actor.AccountID, passwordHash}, n.args(actor, now)...)...).Scan(&secondStep, &before)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, tracker.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("start a session: %w", err)
	case secondStep:
		return nil, tracker.ErrSecondStep
	}
	return before, nil
}

// args are what the functions that begin a session are told of it.
func (n NewSession) args(actor tracker.Actor, now time.Time) []any {
	return []any{n.TokenHash, now, now.Add(n.Lifetime), actor.Address, tracker.Network(actor.Address), n.Browser, n.Before}
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

const sessionColumns = `
	account_id, name, email, coalesce(language, ''), coalesce(role, ''), coalesce(city_id, 0),
	coalesce(city_slug, ''), coalesce(city_name_vi, ''), coalesce(city_name_en, ''),
	coalesce(department_id, 0), coalesce(region_id, 0), ends_on, second_step, coalesce(second_step_required, false), unread`

// sessionRow is one of them: the actor and one role.
type sessionRow struct {
	tracker.Actor
	tracker.Membership
}

func (r *sessionRow) columns() []any {
	a, m := &r.Actor, &r.Membership
	return []any{
		&a.AccountID, &a.Name, &a.Email, &a.Language, &m.Role, &m.CityID,
		&m.CitySlug, &m.CityName.VI, &m.CityName.EN, &m.DepartmentID, &m.RegionID, &m.EndsOn,
		&a.SecondStep, &m.SecondStepRequired, &a.Unread,
	}
}

// of is the row's actor, with its role added to those of the rows before.
func (r *sessionRow) of(before tracker.Actor) tracker.Actor {
	roles := before.Memberships
	if r.Role != "" {
		roles = append(roles, r.Membership)
	}
	actor := r.Actor
	actor.Memberships = roles
	return actor
}

// SessionActor returns who the session belongs to, with all roles, in one
// query. It answers ErrNotFound where the session is unknown or over.
func (s *Store) SessionActor(ctx context.Context, tokenHash []byte) (tracker.Actor, error) {
	var actor tracker.Actor
	rows, err := s.query.Query(ctx, `SELECT `+sessionColumns+` FROM session_actor($1, $2)`, tokenHash, s.now())
	if err != nil {
		return actor, meaning(fmt.Errorf("look for the session: %w", err))
	}
	var r sessionRow
	_, err = pgx.ForEachRow(rows, r.columns(), func() error {
		actor = r.of(actor)
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

// SessionActors is SessionActor for many sessions in one query. Those that are
// unknown or over are not in the answer, whose keys are the tokens' hashes.
func (s *Store) SessionActors(ctx context.Context, tokenHashes [][]byte) (map[string]tracker.Actor, error) {
	rows, err := s.query.Query(ctx, `SELECT token_hash, `+sessionColumns+`
		FROM (SELECT DISTINCT unnest($1::bytea[])) AS asked (token_hash) CROSS JOIN LATERAL session_actor(token_hash, $2)`, tokenHashes, s.now())
	if err != nil {
		return nil, meaning(fmt.Errorf("look for sessions: %w", err))
	}
	all := map[string]tracker.Actor{}
	var hash []byte
	var r sessionRow
	_, err = pgx.ForEachRow(rows, append([]any{&hash}, r.columns()...), func() error {
		all[string(hash)] = r.of(all[string(hash)])
		return nil
	})
	if err != nil {
		return nil, meaning(fmt.Errorf("look for sessions: %w", err))
	}
	return all, nil
}

// EndSession signs the session out, whoever it belongs to; that account is who
// the audit names. Ending one that is over already is no error and no act.
func (s *Store) EndSession(ctx context.Context, actor tracker.Actor, tokenHash []byte) error {
	return s.endsAccess(s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		var account *int64
		if err := tx.QueryRow(ctx, `SELECT sign_out($1)`, tokenHash).Scan(&account); err != nil {
			return fmt.Errorf("end the session: %w", err)
		}
		if account == nil {
			return nil
		}
		actor.AccountID = *account
		return audit(ctx, tx, actor, s.now(), record{act: "sign_out", subject: "session"})
	}))
}
