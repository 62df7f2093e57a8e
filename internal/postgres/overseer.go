package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Overseers returns all who oversee the region or are invited to, for an actor
// who manages cities; others are answered ErrForbidden.
func (s *Store) Overseers(ctx context.Context, actor tracker.Actor, region int64) (*tracker.Overseers, error) {
	var o *tracker.Overseers
	err := s.inInstallation(ctx, actor, func(tx *installationTx) (err error) {
		o, err = tx.overseers(ctx, region)
		return err
	})
	return o, err
}

// InviteOverseer keeps the invitation to the region and returns it as it stands.
// tokenHash and errors as for Invite.
func (s *Store) InviteOverseer(ctx context.Context, actor tracker.Actor, region int64, i tracker.Invitation,
	tokenHash []byte) (tracker.Invitation, error) {
	i.Post = tracker.Post{Role: tracker.Overseer}
	err := s.onOverseers(ctx, actor, region, func(tx *installationTx, o *tracker.Overseers) error {
		if err := o.Invite(i); err != nil {
			return err
		}
		i.ExpiresAt = tx.now.Add(tracker.InvitationLifetime)
		err := tx.QueryRow(ctx, `
			INSERT INTO invitation (region_id, token_hash, email, role, language, invited_by, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			region, tokenHash, i.Email, i.Post.Role, i.Language, nullID(actor.AccountID), tx.now, i.ExpiresAt).Scan(&i.ID)
		if err != nil {
			return fmt.Errorf("insert invitation: %w", err)
		}
		if err := s.enqueue(ctx, tx, InvitationMail{ID: i.ID, ExpiresAt: i.ExpiresAt}); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "invite", subject: accountSubject(i.Email), after: overseerRecord(o.Region)})
	})
	return i, err
}

// RenewOverseerInvitation gives a waiting invitation a new link; see RenewInvitation.
func (s *Store) RenewOverseerInvitation(ctx context.Context, actor tracker.Actor, region, id int64, tokenHash []byte) (tracker.Invitation, error) {
	var i tracker.Invitation
	err := s.onOverseers(ctx, actor, region, func(tx *installationTx, o *tracker.Overseers) (err error) {
		if i, err = o.FindInvitation(id); err != nil {
			return err
		}
		i.ExpiresAt = tx.now.Add(tracker.InvitationLifetime)
		err = waiting(ctx, tx, `
			UPDATE invitation SET token_hash = $2, expires_at = $3, invited_by = $4, mailed_token_hash = NULL
			WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`,
			id, tokenHash, i.ExpiresAt, nullID(actor.AccountID))
		if err != nil {
			return fmt.Errorf("renew the invitation: %w", err)
		}
		if err := s.enqueue(ctx, tx, InvitationMail{ID: id, ExpiresAt: i.ExpiresAt}); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "renew_invitation", subject: accountSubject(i.Email)})
	})
	return i, err
}

// WithdrawOverseerInvitation ends a waiting invitation; see WithdrawInvitation.
func (s *Store) WithdrawOverseerInvitation(ctx context.Context, actor tracker.Actor, region, id int64) error {
	return s.onOverseers(ctx, actor, region, func(tx *installationTx, o *tracker.Overseers) error {
		i, err := o.FindInvitation(id)
		if err != nil {
			return err
		}
		err = waiting(ctx, tx, `
			UPDATE invitation SET withdrawn_at = $2 WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`, id, tx.now)
		if err != nil {
			return fmt.Errorf("withdraw the invitation: %w", err)
		}
		return tx.audit(ctx, record{act: "withdraw_invitation", subject: accountSubject(i.Email)})
	})
}

// OverseerRef names one of a region's overseers at the version that the page showed.
type OverseerRef struct {
	Region, ID int64
	Version    int
}

// EndOverseer ends the person's role in the region, and no other. Errors as for
// DisablePerson.
func (s *Store) EndOverseer(ctx context.Context, actor tracker.Actor, ref OverseerRef) error {
	return s.onOverseer(ctx, actor, ref, func(tx *installationTx, one tracker.Person) error {
		if one.Disabled {
			return tracker.Invalid("", "people.error.disabled_already")
		}
		_, err := tx.Exec(ctx, `UPDATE membership SET disabled_at = $2, version = version + 1 WHERE id = $1`, one.ID, tx.now)
		if err != nil {
			return fmt.Errorf("end the role of %s: %w", one.Email, err)
		}
		return tx.audit(ctx, record{act: "end_overseer", subject: accountSubject(one.Email)})
	})
}

// RestoreOverseer undoes EndOverseer. Errors as for EnablePerson.
func (s *Store) RestoreOverseer(ctx context.Context, actor tracker.Actor, ref OverseerRef) error {
	return s.onOverseer(ctx, actor, ref, func(tx *installationTx, one tracker.Person) error {
		if !one.Disabled {
			return tracker.Invalid("", "people.error.enabled_already")
		}
		_, err := tx.Exec(ctx, `UPDATE membership SET disabled_at = NULL, version = version + 1 WHERE id = $1`, one.ID)
		if err != nil {
			return fmt.Errorf("restore the role of %s: %w", one.Email, err)
		}
		return tx.audit(ctx, record{act: "restore_overseer", subject: accountSubject(one.Email)})
	})
}

func (s *Store) onOverseer(ctx context.Context, actor tracker.Actor, ref OverseerRef, fn func(*installationTx, tracker.Person) error) error {
	return s.onOverseers(ctx, actor, ref.Region, func(tx *installationTx, o *tracker.Overseers) error {
		one, err := o.Find(ref.ID)
		if err != nil {
			return err
		}
		if one.Version != ref.Version {
			return tracker.ErrConflict
		}
		return fn(tx, one)
	})
}

// onOverseers runs fn while nobody else changes who oversees a region.
func (s *Store) onOverseers(ctx context.Context, actor tracker.Actor, region int64, fn func(*installationTx, *tracker.Overseers) error) error {
	return s.endsAccess(s.inInstallation(ctx, actor, func(tx *installationTx) error {
		if err := tx.lock(ctx, "overseers"); err != nil {
			return err
		}
		o, err := tx.overseers(ctx, region)
		if err != nil {
			return err
		}
		return fn(tx, o)
	}))
}

func (tx *installationTx) overseers(ctx context.Context, id int64) (*tracker.Overseers, error) {
	all, err := readRegions(ctx, tx)
	if err != nil {
		return nil, err
	}
	o := &tracker.Overseers{Now: tx.now, Today: tx.today}
	if o.Region, err = all.Find(id); err != nil {
		return nil, err
	}
	if o.All, err = tx.overseersOf(ctx, id); err != nil {
		return nil, err
	}
	o.Invitations, err = invitations(ctx, tx, `i.region_id = $1 AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL`, id)
	return o, err
}

func (tx *installationTx) overseersOf(ctx context.Context, region int64) ([]tracker.Person, error) {
	rows, err := tx.Query(ctx, `
		SELECT m.id, a.account_id, a.name, a.email, m.role, m.ends_on, m.version, m.disabled_at IS NOT NULL, a.disabled_at IS NOT NULL
		FROM membership m JOIN installation_account() a ON a.account_id = m.account_id
		WHERE m.region_id = $1
		ORDER BY a.name COLLATE "vi-x-icu", m.id`, region)
	if err != nil {
		return nil, fmt.Errorf("list the overseers: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Person, error) {
		var p tracker.Person
		return p, row.Scan(&p.ID, &p.AccountID, &p.Name, &p.Email, &p.Role, &p.EndsOn, &p.Version, &p.Disabled, &p.Locked)
	})
}

func overseerRecord(r tracker.Region) map[string]any {
	return map[string]any{"role": tracker.Overseer, "region": r.Name}
}
