package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Accounts lists all accounts, by name as Vietnamese sorts them, for an actor who
// manages cities; others are answered ErrForbidden.
func (s *Store) Accounts(ctx context.Context, actor tracker.Actor) ([]tracker.Account, error) {
	var all []tracker.Account
	err := s.inInstallation(ctx, actor, func(tx *installationTx) (err error) {
		all, err = tx.accounts(ctx)
		return err
	})
	return all, err
}

// DisableAccount shuts the account out everywhere; its sessions end at once. It
// answers ErrNotFound for nobody's and *InvalidError for what tracker refuses.
func (s *Store) DisableAccount(ctx context.Context, actor tracker.Actor, id int64) error {
	return s.onAccount(ctx, actor, id, func(tx *installationTx, one tracker.Account, all []tracker.Account) error {
		if err := tracker.LockAccount(actor, one, all); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT lock_account($1, $2, $2)`, id, tx.now); err != nil {
			return fmt.Errorf("disable account %s: %w", one.Email, err)
		}
		return tx.audit(ctx, record{act: "disable_account", subject: accountSubject(one.Email)})
	})
}

// EnableAccount undoes DisableAccount. Errors as for it.
func (s *Store) EnableAccount(ctx context.Context, actor tracker.Actor, id int64) error {
	return s.onAccount(ctx, actor, id, func(tx *installationTx, one tracker.Account, _ []tracker.Account) error {
		if err := tracker.UnlockAccount(one); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT lock_account($1, NULL, $2)`, id, tx.now); err != nil {
			return fmt.Errorf("enable account %s: %w", one.Email, err)
		}
		return tx.audit(ctx, record{act: "enable_account", subject: accountSubject(one.Email)})
	})
}

// onAccount runs fn on the account while nobody else shuts one out: the rule of
// the last admin looks at all of them.
func (s *Store) onAccount(ctx context.Context, actor tracker.Actor, id int64,
	fn func(*installationTx, tracker.Account, []tracker.Account) error) error {
	return s.endsAccess(s.inInstallation(ctx, actor, func(tx *installationTx) error {
		if err := tx.lock(ctx, "accounts"); err != nil {
			return err
		}
		all, err := tx.accounts(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(a tracker.Account) bool { return a.ID == id })
		if at < 0 {
			return tracker.ErrNotFound
		}
		return fn(tx, all[at], all)
	}))
}

func (tx *installationTx) accounts(ctx context.Context) ([]tracker.Account, error) {
	rows, err := tx.Query(ctx, `
		SELECT account_id, name, email, created_at::date, disabled_at::date, posts FROM installation_account()
		ORDER BY name COLLATE "vi-x-icu", account_id`)
	if err != nil {
		return nil, fmt.Errorf("list the accounts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Account, error) {
		var a tracker.Account
		var posts []byte
		if err := row.Scan(&a.ID, &a.Name, &a.Email, &a.Since, &a.LockedOn, &posts); err != nil {
			return a, err
		}
		var err error
		a.Posts, err = readPosts(posts)
		return a, err
	})
}

// readPosts reads what the function installation_account wrote; nil for none.
func readPosts(raw []byte) ([]tracker.AccountPost, error) {
	var read []struct {
		Role   tracker.Role
		VI, EN string
	}
	if raw == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, fmt.Errorf("read the posts of an account: %w", err)
	}
	var posts []tracker.AccountPost
	for _, p := range read {
		posts = append(posts, tracker.AccountPost{Role: p.Role, Place: tracker.Text{VI: p.VI, EN: p.EN}})
	}
	return posts, nil
}
