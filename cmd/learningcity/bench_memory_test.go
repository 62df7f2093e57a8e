//go:build bench

package main_test

import (
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	manyConnections = 64
	settling        = 5 * time.Second // until an idle program counts as idle
	crowdTime       = 15 * time.Second
	signInEvery     = 20 // requests of one who does it at all
)

// memory looks at the program alone, without its PostgreSQL: after the first
// start, which loads the demonstration, and while many people use it, signing
// in among the other requests.
func (b *bench) memory(t *testing.T) {
	p := b.serve(t, "memory", "LEARNINGCITY_DATA_DIR="+filepath.Join(b.dir, "demonstration"))
	defer func() { _ = p.stop() }()
	time.Sleep(settling)
	idle := p.rss(t)
	people := signInAll(t, p)
	until := time.Now().Add(crowdTime)
	var crowd errgroup.Group
	for i, v := range people {
		crowd.Go(func() error { return v.usePages(i, until) })
	}
	crowded := 0.0
	for time.Now().Before(until) {
		crowded = max(crowded, p.rss(t))
		time.Sleep(50 * time.Millisecond)
	}
	if err := crowd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.said())
	}
	check(t, "Memory of the program (RSS)", []bound{
		{what: "idle", value: idle, limit: 64, format: "%.0f MiB", extra: "after loading the demonstration"},
		{what: "64 connections", value: crowded, limit: 128, format: "%.0f MiB", extra: "the most seen, sign-ins among the requests"},
	})
}

// signInAll brings people in two at a time, as fast as the program takes them.
func signInAll(t *testing.T, p *process) []*visitor {
	t.Helper()
	people := make([]*visitor, manyConnections)
	var entrance errgroup.Group
	entrance.SetLimit(2)
	for i := range people {
		people[i] = newVisitor(p.addr)
		t.Cleanup(people[i].leave)
		entrance.Go(func() error {
			_, err := people[i].signIn()
			return err
		})
	}
	if err := entrance.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.said())
	}
	return people
}

// usePages is one person with one connection. Every eighth signs in again at
// times: a password takes as long to check as dozens of pages to show.
func (v *visitor) usePages(person int, until time.Time) error {
	paths := []string{"", "/indicators", "/indicators/" + shownIndicator}
	for n := 1; time.Now().Before(until); n++ {
		var err error
		if person%8 == 0 && n%signInEvery == 0 {
			_, err = v.signIn()
		} else {
			_, err = v.get("/cities/ha-long" + paths[n%len(paths)])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
