package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Recipient is whom a mail goes to.
type Recipient struct {
	Name, Email string
	Language    string // empty: the installation's
}

// MailInvitation gives the waiting invitation a token for its mail, in place of
// that of an earlier try, and returns what the mail tells. ErrLinkOver: there
// is nothing to mail any more.
func (s *Store) MailInvitation(ctx context.Context, m InvitationMail, tokenHash []byte) (tracker.City, tracker.Invitation, error) {
	var city tracker.City
	var i tracker.Invitation
	err := s.asSystem(ctx, m.City, func(tx *cityTx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE invitation SET mailed_token_hash = $2
			WHERE id = $1 AND expires_at = $3 AND accepted_at IS NULL AND withdrawn_at IS NULL`, m.ID, tokenHash, m.ExpiresAt)
		if err != nil {
			return fmt.Errorf("keep the mail's token: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return tracker.ErrLinkOver
		}
		found, err := tx.invitations(ctx, `i.id = $2`, m.ID)
		if err != nil {
			return err
		}
		city, i = tx.city, found[0]
		return i.Open(tx.now, tx.today)
	})
	return city, i, err
}

// PasswordLetter is what a mail with a link for a forgotten password tells.
type PasswordLetter struct {
	City  tracker.City // zero: the person asked for it
	To    Recipient
	By    string // who made the link; empty: the person asked for it
	Until time.Time
}

// MailPasswordLink gives a link that a coordinator made a token for its mail.
// ErrLinkOver: there is nothing to mail any more.
func (s *Store) MailPasswordLink(ctx context.Context, m PasswordLinkMail, tokenHash []byte) (PasswordLetter, error) {
	var letter PasswordLetter
	err := s.asSystem(ctx, m.City, func(tx *cityTx) error {
		letter.City = tx.city
		err := tx.QueryRow(ctx, `
			WITH link AS (
				UPDATE password_link SET mailed_token_hash = $2
				WHERE id = $1 AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > $3
				RETURNING account_id, made_by, expires_at)
			SELECT r.name, r.email, r.language, b.name, l.expires_at
			FROM link l JOIN city_recipient(l.account_id) r ON true JOIN account b ON b.id = l.made_by`, m.ID, tokenHash, tx.now).
			Scan(&letter.To.Name, &letter.To.Email, &letter.To.Language, &letter.By, &letter.Until)
		return orLinkOver(err, "keep the mail's token")
	})
	return letter, err
}

// AskPasswordLink puts the job to mail a link to the address into the queue.
// It does the same for an address that nobody has, so neither its answer nor
// the time that it takes tells.
func (s *Store) AskPasswordLink(ctx context.Context, email string) error {
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		return s.enqueue(ctx, tx, OwnPasswordLinkMail{Email: email})
	})
}

// MailOwnPasswordLink makes the link that the job asks for. ErrLinkOver: the
// address is nobody's, was mailed enough links already, or the link was used.
func (s *Store) MailOwnPasswordLink(ctx context.Context, m OwnPasswordLinkMail, tokenHash []byte) (PasswordLetter, error) {
	now := s.now()
	letter := PasswordLetter{To: Recipient{Email: m.Email}, Until: now.Add(tracker.OwnPasswordLinkLifetime)}
	err := s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT name, language FROM ask_password_link($1, $2, $3, $4, $5, $6, $7)`,
			m.Email, m.Job, tokenHash, now, letter.Until, now.Add(-tracker.OwnPasswordLinkPause), tracker.MaxOwnPasswordLinks).
			Scan(&letter.To.Name, &letter.To.Language)
		return orLinkOver(err, "make the link")
	})
	return letter, err
}

func orLinkOver(err error, doing string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return tracker.ErrLinkOver
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// asSystem runs fn in the city for the program itself.
func (s *Store) asSystem(ctx context.Context, slug string, fn func(*cityTx) error) error {
	return s.transact(ctx, pgx.TxOptions{}, func(db pgx.Tx) error {
		tx, err := s.enterUnasked(ctx, db, tracker.System(), slug)
		if err != nil {
			return err
		}
		return fn(tx)
	})
}
