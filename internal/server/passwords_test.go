package server_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/server"
)

// TestTwoHashesAtOnce: who signs in third waits, and not longer than the
// request may take.
func TestTwoHashesAtOnce(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 10), make(chan struct{})
	p := server.NewPasswords(func() (string, error) {
		entered <- struct{}{}
		select {
		case <-release:
		case <-time.After(5 * time.Second): // a third one inside would wait for ever
		}
		return server.HashPassword("decoy")
	})
	results := make(chan bool, 3)
	for range 3 {
		go func() {
			matches, err := p.Match(context.Background(), "secret", "")
			results <- err == nil && !matches
		}()
	}
	<-entered
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	matches, err := p.Match(ctx, "secret", "")
	equal(t, "matches", matches, false)
	equal(t, "error is the deadline's", errors.Is(err, context.DeadlineExceeded), true)
	equal(t, "a third is inside", len(entered), 0)
	close(release)
	equal(t, "first", <-results, true)
	equal(t, "second", <-results, true)
	equal(t, "third, after them", <-results, true)
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	hash, err := server.HashPassword("đúng là nó")
	if err != nil {
		t.Fatal(err)
	}
	p := server.NewPasswords(func() (string, error) { return server.HashPassword("decoy") })
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
