package postgres

import (
	"context"
	"fmt"
	"time"

	"learningcity/internal/tracker"
)

// SignInTry is what is known of somebody who wants to sign in before their
// password is looked at.
type SignInTry struct {
	Email   string // in lower case
	Address string // where they come from
	Browser []byte // SHA-256 of the token by which the browser is known; nil for none
}

// TrySignIn counts the try as a wrong one and returns the account that signs in
// with the address, with its password hash; StartSession takes the count back.
// It answers ErrNotFound for an unknown or disabled account, and *WaitError
// where there were too many wrong tries, before or at the same moment. Then the
// try is not counted, so that nobody can make others wait for ever.
func (s *Store) TrySignIn(ctx context.Context, try SignInTry) (account int64, passwordHash string, err error) {
	var wait time.Duration
	var id *int64
	var hash *string
	err = s.query.QueryRow(ctx, `SELECT wait, account_id, password_hash FROM try_sign_in($1, $2, $3, $4)`,
		try.Email, tracker.Network(try.Address), try.Browser, s.now()).Scan(&wait, &id, &hash)
	switch {
	case err != nil:
		return 0, "", meaning(fmt.Errorf("count a try to sign in: %w", err))
	case wait > 0:
		return 0, "", &tracker.WaitError{For: wait}
	case id == nil || hash == nil:
		return 0, "", tracker.ErrNotFound
	}
	return *id, *hash, nil
}
