package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// MakePasswordLink keeps a link with which the person can choose a new password
// once, in place of an earlier one, and returns until when it works. tokenHash
// is the SHA-256 of the token in the link. *InvalidError: the person has or had a
// role elsewhere, so this city's coordinator cannot.
func (s *Store) MakePasswordLink(ctx context.Context, actor tracker.Actor, ref PersonRef, tokenHash []byte) (until time.Time, err error) {
	err = s.onPerson(ctx, actor, ref, func(tx *cityTx, _ *tracker.People, one tracker.Person) error {
		elsewhere, err := tx.hasRoleElsewhere(ctx, one.AccountID)
		if err != nil {
			return err
		}
		if err := one.MayGetPasswordLink(elsewhere); err != nil {
			return err
		}
		until = tx.now.Add(tracker.PasswordLinkLifetime)
		_, err = tx.Exec(ctx, `
			UPDATE password_link SET withdrawn_at = $2
			WHERE account_id = $1 AND used_at IS NULL AND withdrawn_at IS NULL`, one.AccountID, tx.now)
		if err != nil {
			return fmt.Errorf("withdraw earlier links: %w", err)
		}
		mail := PasswordLinkMail{City: ref.City}
		err = tx.QueryRow(ctx, `
			INSERT INTO password_link (city_id, account_id, token_hash, made_by, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`, tx.city.ID, one.AccountID, tokenHash, actor.AccountID, tx.now, until).Scan(&mail.ID)
		if err != nil {
			return fmt.Errorf("insert the link: %w", err)
		}
		if err := s.enqueue(ctx, tx, mail); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "make_password_link", subject: accountSubject(one.Email), after: map[string]any{"link": mail.ID}})
	})
	return until, err
}

func (tx *cityTx) hasRoleElsewhere(ctx context.Context, account int64) (elsewhere bool, err error) {
	err = tx.QueryRow(ctx, `SELECT has_role_elsewhere($1)`, account).Scan(&elsewhere)
	if err != nil {
		return false, fmt.Errorf("look for roles elsewhere: %w", err)
	}
	return elsewhere, nil
}

// PasswordLinkOwner returns name and address of whom the link gives a new
// password. ErrLinkOver: there is no such link, or it does not work any more.
func (s *Store) PasswordLinkOwner(ctx context.Context, tokenHash []byte) (name, email string, err error) {
	err = s.byPasswordLink(ctx, tokenHash, func(_ *cityTx, owner passwordLinkOwner) error {
		name, email = owner.name, owner.email
		return nil
	})
	return name, email, err
}

// ResetPassword uses the link up: its account has the new password and no
// session any more. It returns the account. Errors as for PasswordLinkOwner.
func (s *Store) ResetPassword(ctx context.Context, by tracker.Actor, tokenHash []byte, passwordHash string) (account int64, err error) {
	err = s.byPasswordLink(ctx, tokenHash, func(tx *cityTx, owner passwordLinkOwner) error {
		var whose *int64
		err := tx.QueryRow(ctx, `SELECT reset_password($1, $2, $3)`, tokenHash, tx.now, passwordHash).Scan(&whose)
		if err != nil {
			return fmt.Errorf("reset the password: %w", err)
		}
		if whose == nil { // somebody was faster
			return tracker.ErrLinkOver
		}
		account = *whose
		tx.actor = by
		if err := tx.tell(ctx, account, tracker.PasswordWasReset); err != nil {
			return err
		}
		tx.actor.AccountID = account
		return tx.audit(ctx, record{act: "reset_password", subject: accountSubject(owner.email),
			after: map[string]any{"link": owner.link, "made_by": owner.madeBy}})
	})
	return account, s.endsAccess(err)
}

type passwordLinkOwner struct {
	account     int64
	name, email string
	link        int64
	madeBy      *string // address; nil where the person asked for it
}

// byPasswordLink runs fn in the city whose coordinator made the link, while
// the link works. Somebody who came to a role elsewhere since it was made is
// kept from it. A link that people had mailed to themselves is of no city, and
// works wherever their roles are: the mailbox is theirs.
func (s *Store) byPasswordLink(ctx context.Context, tokenHash []byte, fn func(*cityTx, passwordLinkOwner) error) error {
	return s.transact(ctx, pgx.TxOptions{}, func(db pgx.Tx) error {
		var slug *string
		var owner passwordLinkOwner
		err := db.QueryRow(ctx, `
			SELECT city_slug, account_id, name, email, link_id, made_by FROM account_of_password_link($1, $2)`, tokenHash, s.now()).
			Scan(&slug, &owner.account, &owner.name, &owner.email, &owner.link, &owner.madeBy)
		if errors.Is(err, pgx.ErrNoRows) {
			return tracker.ErrLinkOver
		}
		if err != nil {
			return fmt.Errorf("look for the link: %w", err)
		}
		if slug == nil {
			return fn(&cityTx{Tx: db, visit: visit{now: s.now()}}, owner)
		}
		tx, err := s.enterUnasked(ctx, db, tracker.Actor{}, *slug)
		if err != nil {
			return err
		}
		elsewhere, err := tx.hasRoleElsewhere(ctx, owner.account)
		if err != nil {
			return err
		}
		if elsewhere {
			return tracker.ErrLinkOver
		}
		return fn(tx, owner)
	})
}
