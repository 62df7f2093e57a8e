package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// SignInAccount returns the account that signs in with the address and its
// password hash. It answers ErrNotFound for an unknown or disabled account.
func (s *Store) SignInAccount(ctx context.Context, email string) (id int64, passwordHash string, err error) {
	err = s.query.QueryRow(ctx, `SELECT account_id, password_hash FROM sign_in_account($1)`, email).
		Scan(&id, &passwordHash)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", tracker.ErrNotFound
	}
	if err != nil {
		return 0, "", meaning(fmt.Errorf("look for the account that signs in: %w", err))
	}
	return id, passwordHash, nil
}

// StartSession records that the account signed in. tokenHash is the SHA-256 of
// the token that only the browser keeps; the session ends after lifetime.
// Sessions of anybody that are over are swept away meanwhile.
func (s *Store) StartSession(ctx context.Context, actor tracker.Actor, tokenHash []byte, lifetime time.Duration) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := insertSession(ctx, tx, actor, tokenHash, now, lifetime); err != nil {
			return err
		}
		return audit(ctx, tx, actor, now, record{act: "sign_in", subject: "session"})
	})
}

// insertSession signs the actor in, and sweeps out what nobody can use any more.
func insertSession(ctx context.Context, tx pgx.Tx, actor tracker.Actor, tokenHash []byte, now time.Time, lifetime time.Duration) error {
	if _, err := tx.Exec(ctx, `SELECT sweep_sessions($1)`, now); err != nil {
		return fmt.Errorf("sweep old sessions: %w", err)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO session (token_hash, account_id, created_at, expires_at, address) VALUES ($1, $2, $3, $4, $5)`,
		tokenHash, actor.AccountID, now, now.Add(lifetime), actor.Address)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
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
		       coalesce(department_id, 0), coalesce(region_id, 0), ends_on, unread
		FROM session_actor($1, $2)`, tokenHash, s.now())
	if err != nil {
		return actor, meaning(fmt.Errorf("look for the session: %w", err))
	}
	var m tracker.Membership
	_, err = pgx.ForEachRow(rows, []any{
		&actor.AccountID, &actor.Name, &actor.Email, &actor.Language, &m.Role, &m.CityID,
		&m.CitySlug, &m.CityName.VI, &m.CityName.EN, &m.DepartmentID, &m.RegionID, &m.EndsOn, &actor.Unread,
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
