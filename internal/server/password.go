package server

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// PasswordParams are those of every hash: 19 MiB and two passes take about 20
// ms, which a sign-in can afford and a guesser cannot.
var PasswordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// gate lets as many hashes be worked on at once as it has places, so that a
// storm of sign-ins takes neither the memory nor the processor from other
// people. Who waits at it waits no longer than their request may take.
type gate chan struct{}

// hashing is the gate of the whole program.
var hashing = make(gate, 2)

func (g gate) through(ctx context.Context, work func() error) error {
	select {
	case g <- struct{}{}:
		defer func() { <-g }()
		return work()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passwords makes and compares hashes, at most two at once.
type passwords struct {
	gate    gate
	create  func(password string, params *argon2id.Params) (string, error)
	compare func(password, hash string) (bool, error)
	decoy   string
}

func newPasswords() *passwords {
	return &passwords{gate: hashing, create: argon2id.CreateHash, compare: argon2id.ComparePasswordAndHash, decoy: decoy()}
}

// HashPassword returns what is stored in place of the password.
func HashPassword(ctx context.Context, password string) (string, error) {
	return newPasswords().make(ctx, password)
}

// make hashes a password that somebody has chosen.
func (p *passwords) make(ctx context.Context, password string) (hash string, err error) {
	err = p.gate.through(ctx, func() (err error) {
		hash, err = p.create(composed(password), PasswordParams)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// match reports whether the password belongs to the hash. An empty hash costs
// the same time and never matches, so that an answer does not tell whether an
// account exists.
func (p *passwords) match(ctx context.Context, password, hash string) (matches bool, err error) {
	known := hash != ""
	if !known {
		hash = p.decoy
	}
	err = p.gate.through(ctx, func() (err error) {
		matches, err = p.compare(composed(password), hash)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return matches && known, nil
}

// composed makes one password of what two keyboards send for it: some send
// Vietnamese letters with the accents behind them.
func composed(password string) string { return norm.NFC.String(password) }

// decoy looks like a hash that was made with PasswordParams, and costs no hash
// to make: comparing with it takes as long as with any other.
func decoy() string {
	bytes := func(n uint32) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rand.Uint32()) //nolint:gosec // nobody has to guess it: it never matches
		}
		return base64.RawStdEncoding.EncodeToString(b)
	}
	p := PasswordParams
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, bytes(p.SaltLength), bytes(p.KeyLength))
}
