package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// What the tests of this package look at from outside.
var (
	CleanText      = cleanText
	PlainCode      = plainCode
	ReadSeen       = readSeen
	SeenText       = seenText
	SafeReturnPath = safeReturnPath

	ReadHandoverPeople = readHandoverPeople
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

// HoldHashes takes all places at which this server works on a hash until
// release is called.
func (s *Server) HoldHashes() (release func()) {
	s.hashes.gate = make(gate, cap(hashing))
	return hold(s.hashes.gate)
}

func hold(g gate) (release func()) {
	for range cap(g) {
		g <- struct{}{}
	}
	return func() {
		for range cap(g) {
			<-g
		}
	}
}

// SetPause is how long who has tried too often waits for the answer.
func (s *Server) SetPause(pause time.Duration) { s.pause = pause }

// CountHashes counts the hashes that are worked on from now on.
func (s *Server) CountHashes() *atomic.Int64 {
	count := &atomic.Int64{}
	create, compare := s.hashes.create, s.hashes.compare
	s.hashes.create = func(password string, params *argon2id.Params) (string, error) {
		count.Add(1)
		return create(password, params)
	}
	s.hashes.compare = func(password, hash string) (bool, error) {
		count.Add(1)
		return compare(password, hash)
	}
	return count
}

// AfterComparing calls fn when a password was compared, before anything follows
// from it.
func (s *Server) AfterComparing(fn func()) {
	compare := s.hashes.compare
	s.hashes.compare = func(password, hash string) (bool, error) {
		defer fn()
		return compare(password, hash)
	}
}

// Passwords is passwords, with a gate of its own.
type Passwords struct{ p *passwords }

// NewPasswords makes them. The hook is called in the place of work on a hash,
// unless it is nil.
func NewPasswords(hook func()) Passwords {
	p := newPasswords()
	p.gate = make(gate, cap(hashing))
	if hook != nil {
		p.create = func(string, *argon2id.Params) (string, error) { hook(); return "", nil }
		p.compare = func(string, string) (bool, error) { hook(); return true, nil }
	}
	return Passwords{p}
}

// Make is passwords.make.
func (p Passwords) Make(ctx context.Context, password string) (string, error) {
	return p.p.make(ctx, password)
}

// Places is how many hashes the program works on at once.
func Places() int { return cap(hashing) }

// HoldGate takes all places until release is called.
func HoldGate() (release func()) { return hold(hashing) }

// Decoy is what an unknown account's password is compared with.
func (p Passwords) Decoy() string { return p.p.decoy }

// Match is passwords.match.
func (p Passwords) Match(ctx context.Context, password, hash string) (bool, error) {
	return p.p.match(ctx, password, hash)
}

// ReadCode is readCode: what would be compared, and whether with recovery codes.
func ReadCode(fields url.Values) (text string, recovery bool, err error) {
	code, err := readCode(&form{r: &http.Request{PostForm: fields}, broken: map[string]bool{}}, "")
	return code.text, code.recovery, err
}

// Harmless is harmless.
var Harmless = harmless

// ReadAuditFilter is readAuditFilter, without what was typed.
func ReadAuditFilter(q url.Values) (tracker.AuditFilter, map[string]string) {
	asked := readAuditFilter(q)
	return asked.filter, asked.problems
}

// SetSilence changes how long the sender or the reader of a file may be silent.
func SetSilence(s *Server, d time.Duration) { s.silence = d }

// EventTimes are the server's eventTimes.
type EventTimes struct{ Beat, Write, Pause, Check, Life time.Duration }

// SetEventTimes makes the server as patient with streams as tests are.
func (s *Server) SetEventTimes(t EventTimes) {
	s.times = eventTimes{beat: t.Beat, write: t.Write, pause: t.Pause, check: t.Check, life: t.Life}
}

// Limits of streams.
const (
	MaxStreamsOfOne = maxStreamsOfOne
	MaxRecent       = maxRecent
)

// Streams counts the streams that are open.
func (s *Server) Streams() int {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	return len(s.events.streams)
}

// FillStreams takes all places that are left.
func (s *Server) FillStreams() {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	for len(s.events.streams) < maxStreams {
		s.events.streams[&stream{over: make(chan struct{})}] = true
	}
}

// OpenStream opens one without a browser. What it returns takes what is to be
// told: code and version.
func (s *Server) OpenStream(actor tracker.Actor) (take func() []string, err error) {
	one, err := s.events.open(nil, actor, s.Store.Now())
	return func() []string {
		var all []string
		for _, c := range s.events.take(one) {
			all = append(all, fmt.Sprintf("%s %d", c.Code, c.Version))
		}
		return all
	}, err
}

// Hear takes in an event as if a program had told it.
func (s *Server) Hear(e postgres.Event) { s.events.hear(e, s.Store.Now()) }
