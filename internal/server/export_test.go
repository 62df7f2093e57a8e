package server

import "context"

// What the tests of this package look at from outside.
var (
	CleanText      = cleanText
	SafeReturnPath = safeReturnPath
)

// Passwords is passwords, with another decoy.
type Passwords struct{ p *passwords }

// NewPasswords makes them.
func NewPasswords(decoy func() (string, error)) Passwords {
	p := newPasswords()
	p.decoy = decoy
	return Passwords{p}
}

// Match is passwords.match.
func (p Passwords) Match(ctx context.Context, password, hash string) (bool, error) {
	return p.p.match(ctx, password, hash)
}
