package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Invite keeps the invitation and returns it as it stands, with the moment at
// which its link expires. tokenHash is the SHA-256 of the token in the link.
// *InvalidError says what tracker refuses.
func (s *Store) Invite(ctx context.Context, actor tracker.Actor, slug string, i tracker.Invitation,
	tokenHash []byte) (tracker.Invitation, error) {
	err := s.inCity(ctx, actor, slug, tracker.ManagePeople, func(tx *cityTx) error {
		people, err := tx.lockPeople(ctx, tracker.ManagePeople)
		if err != nil {
			return err
		}
		if err := people.Invite(tx.actor, i); err != nil {
			return err
		}
		if i.Department.ID, err = tx.department(ctx, i.Post.Department); err != nil {
			return err
		}
		i.ExpiresAt = tx.now.Add(tracker.InvitationLifetime)
		err = tx.QueryRow(ctx, `
			INSERT INTO invitation (city_id, token_hash, email, role, department_id, ends_on, language,
			                        invited_by, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
			tx.city.ID, tokenHash, i.Email, i.Post.Role, nullID(i.Department.ID), i.Post.EndsOn, i.Language,
			nullID(actor.AccountID), tx.now, i.ExpiresAt).Scan(&i.ID)
		if err != nil {
			return fmt.Errorf("insert invitation: %w", err)
		}
		if err := s.enqueue(ctx, tx, InvitationMail{City: slug, ID: i.ID, ExpiresAt: i.ExpiresAt}); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "invite", subject: accountSubject(i.Email), after: postRecord(i.Post)})
	})
	return i, err
}

// RenewInvitation gives a waiting invitation a new link in place of the old
// one, and returns it. ErrNotFound: it does not wait any more.
func (s *Store) RenewInvitation(ctx context.Context, actor tracker.Actor, slug string, id int64,
	tokenHash []byte) (tracker.Invitation, error) {
	var i tracker.Invitation
	err := s.onInvitation(ctx, actor, slug, id, func(tx *cityTx, people *tracker.People, found tracker.Invitation) error {
		if err := people.Renew(tx.actor, found); err != nil {
			return err
		}
		i = found
		i.ExpiresAt = tx.now.Add(tracker.InvitationLifetime)
		err := waiting(ctx, tx, `
			UPDATE invitation SET token_hash = $2, expires_at = $3, invited_by = $4, mailed_token_hash = NULL
			WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`,
			id, tokenHash, i.ExpiresAt, nullID(actor.AccountID))
		if err != nil {
			return fmt.Errorf("renew the invitation: %w", err)
		}
		if err := s.enqueue(ctx, tx, InvitationMail{City: slug, ID: id, ExpiresAt: i.ExpiresAt}); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "renew_invitation", subject: accountSubject(i.Email)})
	})
	return i, err
}

// WithdrawInvitation ends a waiting invitation. ErrNotFound: it does not wait
// any more.
func (s *Store) WithdrawInvitation(ctx context.Context, actor tracker.Actor, slug string, id int64) error {
	return s.onInvitation(ctx, actor, slug, id, func(tx *cityTx, people *tracker.People, i tracker.Invitation) error {
		if !tx.actor.MayInvite(i.Post.Role, people.City, people.Today) {
			return tracker.ErrForbidden
		}
		err := waiting(ctx, tx, `
			UPDATE invitation SET withdrawn_at = $2 WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`, id, tx.now)
		if err != nil {
			return fmt.Errorf("withdraw the invitation: %w", err)
		}
		return tx.audit(ctx, record{act: "withdraw_invitation", subject: accountSubject(i.Email)})
	})
}

// waiting changes an invitation that waits; ErrNotFound where somebody has
// accepted it since it was looked for.
func waiting(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	changed, err := tx.Exec(ctx, sql, args...)
	if err == nil && changed.RowsAffected() == 0 {
		err = tracker.ErrNotFound
	}
	return err
}

func (s *Store) onInvitation(ctx context.Context, actor tracker.Actor, slug string, id int64,
	fn func(*cityTx, *tracker.People, tracker.Invitation) error) error {
	return s.inCity(ctx, actor, slug, tracker.ManagePeople, func(tx *cityTx) error {
		people, err := tx.lockPeople(ctx, tracker.ManagePeople)
		if err != nil {
			return err
		}
		i, err := people.FindInvitation(id)
		if err != nil {
			return err
		}
		return fn(tx, people, i)
	})
}

// Invitation returns what the link invites to, and the city, which is zero where
// it is to a region. ErrLinkOver: there is no such link, or it does not work any
// more. ErrArchived: nobody can join the city any more.
func (s *Store) Invitation(ctx context.Context, tokenHash []byte) (tracker.City, tracker.Invitation, error) {
	var city tracker.City
	var i tracker.Invitation
	err := s.byInvitation(ctx, tracker.Actor{}, tokenHash, func(tx *cityTx, found tracker.Invitation) error {
		city, i = tx.city, found
		return nil
	})
	return city, i, err
}

// AcceptInvitationAsNew makes the account of somebody who had none and gives it what the
// link invites to. It returns the account and the city's slug, empty for a region. Name must have
// been checked by tracker. Errors as for Invitation, or *InvalidError where the
// address has an account in the meantime.
func (s *Store) AcceptInvitationAsNew(ctx context.Context, by tracker.Actor, tokenHash []byte, name, passwordHash string) (account int64, slug string, err error) {
	by.AccountID = 0
	err = s.byInvitation(ctx, by, tokenHash, func(tx *cityTx, i tracker.Invitation) error {
		if err := i.AcceptAs(by); err != nil {
			return err
		}
		var err error
		account, err = insertAccount(ctx, tx, tx.now,
			newAccount{email: i.Email, name: name, language: i.Language, passwordHash: passwordHash})
		if err != nil {
			return err
		}
		slug = tx.city.Slug
		return tx.accept(ctx, i, account, name)
	})
	return account, slug, err
}

// AcceptInvitation gives the actor what the link invites to and returns the city's slug, empty for a region.
// Errors as for Invitation, or *InvalidError where it is for somebody else.
func (s *Store) AcceptInvitation(ctx context.Context, actor tracker.Actor, tokenHash []byte) (slug string, err error) {
	err = s.byInvitation(ctx, actor, tokenHash, func(tx *cityTx, i tracker.Invitation) error {
		if err := i.AcceptAs(actor); err != nil {
			return err
		}
		slug = tx.city.Slug
		return tx.accept(ctx, i, actor.AccountID, actor.Name)
	})
	return slug, err
}

// accept writes the membership and uses the invitation up. The record ties the
// account to its address and to the name that it has then.
func (tx *cityTx) accept(ctx context.Context, i tracker.Invitation, account int64, name string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO membership (account_id, role, city_id, department_id, region_id, ends_on) VALUES ($1, $2, $3, $4, $5, $6)`,
		account, i.Post.Role, nullID(tx.city.ID), nullID(i.Department.ID), nullID(i.Region.ID), i.Post.EndsOn)
	if err != nil {
		return fmt.Errorf("insert membership: %w", err)
	}
	var invitedBy *int64
	err = tx.QueryRow(ctx, `
		UPDATE invitation SET accepted_at = $2, accepted_by = $3 WHERE id = $1 RETURNING invited_by`, i.ID, tx.now, account).Scan(&invitedBy)
	if err != nil {
		return fmt.Errorf("use the invitation up: %w", err)
	}
	tx.actor.AccountID = account
	if invitedBy != nil {
		if err := tx.tell(ctx, *invitedBy, tracker.InvitationAccepted); err != nil {
			return err
		}
	}
	after := postRecord(i.Post)
	after["name"] = name
	return tx.audit(ctx, record{act: "accept_invitation", subject: accountSubject(i.Email), after: after})
}

// byInvitation runs fn in the city of the link's invitation, or in none where it
// is to a region. Nobody else can accept or change it meanwhile. The link is the
// permission. ErrArchived: nobody can join the city any more.
func (s *Store) byInvitation(ctx context.Context, actor tracker.Actor, tokenHash []byte,
	fn func(*cityTx, tracker.Invitation) error) error {
	return s.transact(ctx, pgx.TxOptions{}, func(db pgx.Tx) error {
		var id int64
		var slug string
		var account *int64
		err := db.QueryRow(ctx, `SELECT invitation_id, coalesce(city_slug, ''), account_id FROM invitation_of_link($1)`, tokenHash).
			Scan(&id, &slug, &account)
		if errors.Is(err, pgx.ErrNoRows) {
			return tracker.ErrLinkOver
		}
		if err != nil {
			return fmt.Errorf("look for the invitation: %w", err)
		}
		tx, err := s.enterPlace(ctx, db, actor, slug)
		if err != nil {
			return err
		}
		if tx.city.Archived() {
			return tracker.ErrArchived
		}
		found, err := invitations(ctx, tx, `i.id = $1`, id)
		if err != nil {
			return err
		}
		if account != nil {
			found[0].AccountID = *account
		}
		if err := found[0].Open(tx.now, tx.today); err != nil {
			return err
		}
		return fn(tx, found[0])
	})
}

// enterPlace names the city, or without a slug the installation, which regions
// belong to.
func (s *Store) enterPlace(ctx context.Context, db pgx.Tx, actor tracker.Actor, slug string) (*cityTx, error) {
	if slug == "" {
		now := s.now()
		tx := &cityTx{Tx: db, visit: visit{actor: actor, now: now, today: tracker.DateOf(now), quiet: s.quiet}}
		return tx, nameInstallation(ctx, db)
	}
	return s.enterUnasked(ctx, db, actor, slug)
}

// invitations reads those that fulfil the condition, of what the transaction has
// named.
func invitations(ctx context.Context, tx pgx.Tx, condition string, args ...any) ([]tracker.Invitation, error) {
	rows, err := tx.Query(ctx, `
		SELECT i.id, i.email, i.role, coalesce(d.code, ''), i.ends_on, coalesce(d.id, 0), coalesce(d.name_vi, ''),
		       coalesce(d.name_en, ''), i.language, coalesce(a.name, ''), i.expires_at,
		       num_nonnulls(i.accepted_at, i.withdrawn_at) > 0,
		       coalesce(r.id, 0), coalesce(r.name_vi, ''), coalesce(r.name_en, '')
		FROM invitation i
		LEFT JOIN department d ON d.id = i.department_id
		LEFT JOIN region r ON r.id = i.region_id
		LEFT JOIN account a ON a.id = i.invited_by
		WHERE `+condition+` ORDER BY i.email, i.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list the invitations: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Invitation, error) {
		var i tracker.Invitation
		p, d := &i.Post, &i.Department
		err := row.Scan(&i.ID, &i.Email, &p.Role, &p.Department, &p.EndsOn, &d.ID, &d.Name.VI, &d.Name.EN,
			&i.Language, &i.InvitedBy, &i.ExpiresAt, &i.Over, &i.Region.ID, &i.Region.Name.VI, &i.Region.Name.EN)
		d.Code = p.Department
		return i, err
	})
}
