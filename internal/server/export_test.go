package server

import (
	"context"
	"net/url"

	"learningcity/internal/tracker"
)

// What the tests of this package look at from outside.
var (
	CleanText      = cleanText
	PlainCode      = plainCode
	SafeReturnPath = safeReturnPath
)

// HoldLarge takes all places for large pages until release is called.
func (s *Server) HoldLarge() (release func()) {
	for range cap(s.large) {
		s.large <- struct{}{}
	}
	return func() {
		for range cap(s.large) {
			<-s.large
		}
	}
}

// HoldHashes takes all places at which a hash is worked on until release is called.
func (s *Server) HoldHashes() (release func()) {
	for range cap(s.hashes.slots) {
		s.hashes.slots <- struct{}{}
	}
	return func() {
		for range cap(s.hashes.slots) {
			<-s.hashes.slots
		}
	}
}

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

// Harmless is harmless.
var Harmless = harmless

// ReadAuditFilter is readAuditFilter, without what was typed.
func ReadAuditFilter(q url.Values) (tracker.AuditFilter, map[string]string) {
	asked := readAuditFilter(q)
	return asked.filter, asked.problems
}
