package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// What people do to their own account. They are known by the SHA-256 of their
// session's token; ErrNotFound is the answer where that session is over.

// ChangeProfile gives the account another name and language; tracker must have
// checked them.
func (s *Store) ChangeProfile(ctx context.Context, actor tracker.Actor, tokenHash []byte, name, language string) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		var account *int64
		var oldName, oldLanguage *string
		err := tx.QueryRow(ctx, `SELECT account_id, old_name, old_language FROM change_own_profile($1, $2, $3, $4)`,
			tokenHash, now, name, nullText(language)).Scan(&account, &oldName, &oldLanguage)
		if err != nil {
			return fmt.Errorf("change the profile: %w", err)
		}
		if account == nil {
			return tracker.ErrNotFound
		}
		return audit(ctx, tx, actor, now, record{act: "change_profile", subject: accountSubject(actor.Email),
			before: map[string]any{"name": oldName, "language": oldLanguage},
			after:  map[string]any{"name": name, "language": nullText(language)}})
	})
}

// NewPassword is a password that takes another one's place.
type NewPassword struct {
	TokenHash        []byte // of the session
	OldHash, NewHash string
	Browser          []byte // SHA-256 of the token by which the browser is known; nil for none
}

// ChangePassword puts a new password in place of the one with the old hash, and
// ends the account's other sessions and its links for a forgotten password; no
// other browser is known as one that the account is used from. What
// TrySignIn counted when the old one was asked for is taken back. ErrNotFound is
// also the answer where the hash is not the account's any more.
func (s *Store) ChangePassword(ctx context.Context, actor tracker.Actor, p NewPassword) error {
	now := s.now()
	return s.endsAccess(s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		err := ownAct(ctx, tx, `SELECT change_own_password($1, $2, $3, $4, $5)`, p.TokenHash, now, p.OldHash, p.NewHash, p.Browser)
		if err != nil {
			return err
		}
		if err := takeTryBack(ctx, tx, actor, p.Browser, now); err != nil {
			return err
		}
		return audit(ctx, tx, actor, now, record{act: "change_password", subject: accountSubject(actor.Email)})
	}))
}

// ownAct runs a function that answers with the account, or null for nobody.
func ownAct(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	var account *int64
	if err := tx.QueryRow(ctx, sql, args...).Scan(&account); err != nil {
		return fmt.Errorf("change one's own account: %w", err)
	}
	if account == nil {
		return tracker.ErrNotFound
	}
	return nil
}

// Sessions lists the person's sessions, the one of the token first.
func (s *Store) Sessions(ctx context.Context, tokenHash []byte) ([]tracker.Session, error) {
	rows, err := s.query.Query(ctx, `
		SELECT session_id, created_at, expires_at, address, here FROM own_sessions($1, $2)`, tokenHash, s.now())
	if err != nil {
		return nil, meaning(fmt.Errorf("list the sessions: %w", err))
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Session, error) {
		var one tracker.Session
		return one, row.Scan(&one.ID, &one.Since, &one.Until, &one.Address, &one.Here)
	})
	return all, meaning(err)
}

// EndOtherSessions ends one of the person's other sessions, or all of them
// where id is 0. Where there is none to end, it is no act.
func (s *Store) EndOtherSessions(ctx context.Context, actor tracker.Actor, tokenHash []byte, id int64) error {
	return s.endsAccess(s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		var ended int
		err := tx.QueryRow(ctx, `SELECT end_own_sessions($1, $2, $3)`, tokenHash, s.now(), nullID(id)).Scan(&ended)
		if err != nil {
			return fmt.Errorf("end the sessions: %w", err)
		}
		if ended == 0 {
			return nil
		}
		return audit(ctx, tx, actor, s.now(), record{
			act: "end_sessions", subject: "session", after: map[string]any{"ended": ended}})
	}))
}
