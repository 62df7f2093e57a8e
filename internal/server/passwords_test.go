package server_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"learningcity/internal/server"
)

// TestTwoHashesAtOnce: of many who sign in or choose a password two are served
// at a time; the others wait, and not longer than their requests may take.
func TestTwoHashesAtOnce(t *testing.T) {
	t.Parallel()
	const many = 12
	var inside, most atomic.Int64
	entered, release, left := make(chan struct{}, many), make(chan struct{}), make(chan error, many)
	p := server.NewPasswords(func() {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		entered <- struct{}{}
		select {
		case <-release:
		case <-time.After(5 * time.Second): // a third one inside would wait for ever
		}
	})
	for i := range many {
		go func() {
			var err error
			if i%2 == 0 {
				_, err = p.Match(context.Background(), "secret", "")
			} else {
				_, err = p.Make(context.Background(), "secret")
			}
			left <- err
		}()
	}
	<-entered
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	matches, err := p.Match(ctx, "secret", "hash")
	equal(t, "matches", matches, false)
	equal(t, "the error is the deadline's", errors.Is(err, context.DeadlineExceeded), true)
	hash, err := p.Make(ctx, "secret")
	equal(t, "hash", hash, "")
	equal(t, "making, the error is the deadline's", errors.Is(err, context.DeadlineExceeded), true)
	equal(t, "a third is inside", len(entered), 0)
	close(release)
	for range many {
		equal(t, "in the end", <-left, nil)
	}
	equal(t, "most at once", most.Load(), 2)
}

// TestOneGate: what signs in, sets up and runs at the shell shares it.
func TestOneGate(t *testing.T) {
	t.Parallel()
	equal(t, "places", server.Places(), 2)
	release := server.HoldGate()
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := server.HashPassword(ctx, "secret")
	equal(t, "the error is the deadline's", errors.Is(err, context.DeadlineExceeded), true)
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	hash, err := server.HashPassword(t.Context(), "đúng là nó")
	if err != nil {
		t.Fatal(err)
	}
	p := server.NewPasswords(nil)
	for _, tt := range []struct {
		password, hash string
		want           bool
	}{
		{"đúng là nó", hash, true}, {norm.NFD.String("đúng là nó"), hash, true}, {"sai", hash, false}, {"", hash, false}, {"decoy", "", false}, {"", "", false},
	} {
		matches, err := p.Match(t.Context(), tt.password, tt.hash)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, tt.password, matches, tt.want)
	}
	_, err = p.Match(t.Context(), "x", "not a hash")
	equal(t, "a broken hash is an error", err != nil, true)
}

// TestDecoy: to compare with it is the same work as with a hash of somebody's.
func TestDecoy(t *testing.T) {
	t.Parallel()
	hash, err := server.HashPassword(t.Context(), "somebody's")
	if err != nil {
		t.Fatal(err)
	}
	decoy := server.NewPasswords(nil).Decoy()
	params, salt, key, err := argon2id.DecodeHash(decoy)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "parameters", *params, *server.PasswordParams)
	equal(t, "salt", len(salt), int(params.SaltLength))
	equal(t, "key", len(key), int(params.KeyLength))
	equal(t, "length", len(decoy), len(hash))
	equal(t, "parameters as written", decoy[:strings.LastIndex(decoy, "p=")], hash[:strings.LastIndex(hash, "p=")])
	equal(t, "the same every time", decoy == server.NewPasswords(nil).Decoy(), false)
}
