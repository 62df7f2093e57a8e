package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// NewAdmin is who will look after the installation. Email is in lower case.
type NewAdmin struct{ Email, Name, PasswordHash string }

// HasAccounts reports whether anybody has an account. Accounts are never
// deleted, so true stays true.
func (s *Store) HasAccounts(ctx context.Context) (bool, error) {
	var has bool
	if err := s.query.QueryRow(ctx, `SELECT EXISTS (SELECT id FROM account)`).Scan(&has); err != nil {
		return false, meaning(fmt.Errorf("look whether there is an account: %w", err))
	}
	return has, nil
}

// SetUp makes the first account of the installation, an admin, and signs them
// in as StartSession does. Of two at once one is made; the other is answered
// ErrNotFound, as is whoever comes when there is an account. The caller has
// checked that they may. Where they came from is all that is read of actor.
func (s *Store) SetUp(ctx context.Context, actor tracker.Actor, a NewAdmin, session NewSession) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := beFirst(ctx, tx); err != nil {
			return err
		}
		var err error
		if actor.AccountID, err = insertAdmin(ctx, tx, a, now); err != nil {
			return err
		}
		if _, _, err := insertSession(ctx, tx, actor, now, session); err != nil {
			return err
		}
		return audit(ctx, tx, actor, now, record{act: "set_up", subject: "account " + a.Email})
	})
}

// beFirst waits for others who set the installation up at the same moment, and
// refuses when they have.
func beFirst(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('learningcity set-up'))`); err != nil {
		return fmt.Errorf("wait for another set-up: %w", err)
	}
	var taken bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT id FROM account)`).Scan(&taken); err != nil {
		return fmt.Errorf("look whether there is an account: %w", err)
	}
	if taken {
		return tracker.ErrNotFound
	}
	return nil
}

// CreateAdmin makes one more admin and returns the account's id. It takes an
// actor who manages cities, and answers *InvalidError email where the address
// has an account.
func (s *Store) CreateAdmin(ctx context.Context, actor tracker.Actor, a NewAdmin) (int64, error) {
	now := s.now()
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(now)) {
		return 0, tracker.ErrForbidden
	}
	var id int64
	err := s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) (err error) {
		if id, err = insertAdmin(ctx, tx, a, now); err != nil {
			return atField("email", "account_email_once", err)
		}
		return audit(ctx, tx, actor, now, record{act: "create_admin", subject: "account " + a.Email})
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func insertAdmin(ctx context.Context, tx pgx.Tx, a NewAdmin, now time.Time) (int64, error) {
	id, err := insertAccount(ctx, tx, now, newAccount{email: a.Email, name: a.Name, passwordHash: a.PasswordHash})
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO membership (account_id, role) VALUES ($1, $2)`, id, tracker.Admin)
	if err != nil {
		return 0, fmt.Errorf("make account %d an admin: %w", id, err)
	}
	return id, nil
}
