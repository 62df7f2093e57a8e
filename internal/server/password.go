package server

import (
	"context"
	"fmt"
	"sync"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// PasswordParams are those of every hash: 19 MiB and two passes take about 20
// ms, which a sign-in can afford and a guesser cannot.
var PasswordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword returns what is stored in place of the password.
func HashPassword(password string) (string, error) {
	hash, err := argon2id.CreateHash(composed(password), PasswordParams)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// composed makes one password of what two keyboards send for it: some send
// Vietnamese letters with the accents behind them.
func composed(password string) string { return norm.NFC.String(password) }

// passwords works on at most two hashes at once, so that a storm of
// sign-ins takes neither the memory nor the processor from other people.
type passwords struct {
	slots chan struct{}
	decoy func() (string, error)
}

func newPasswords() *passwords {
	return &passwords{
		slots: make(chan struct{}, 2),
		decoy: sync.OnceValues(func() (string, error) { return HashPassword("no account has this password") }),
	}
}

// enter waits for one of the places at which a hash may be worked on.
func (p *passwords) enter(ctx context.Context) (leave func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// make hashes a password that somebody has chosen.
func (p *passwords) make(ctx context.Context, password string) (string, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return HashPassword(password)
}

// match reports whether the password belongs to the hash. An empty hash costs
// the same time and never matches, so that an answer does not tell whether an
// account exists.
func (p *passwords) match(ctx context.Context, password, hash string) (bool, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	known := hash != ""
	if !known {
		if hash, err = p.decoy(); err != nil {
			return false, err
		}
	}
	matches, err := argon2id.ComparePasswordAndHash(composed(password), hash)
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return matches && known, nil
}
