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
	signInEvery     = 40 // requests of one person
)

// memory looks at the program alone, without its PostgreSQL: after the first
// start, which loads the demonstration, and while many people use it, signing
// in among the other requests.
func (b *bench) memory(t *testing.T) {
	p := b.serve(t, "memory", "LEARNINGCITY_DATA_DIR="+filepath.Join(b.dir, "demonstration"))
	defer func() { _ = p.stop() }()
	time.Sleep(settling)
	idle := p.rss(t)
	until := time.Now().Add(crowdTime)
	var crowd errgroup.Group
	for range manyConnections {
		crowd.Go(func() error { return usePages(p.addr, until) })
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

// usePages is one person with one connection.
func usePages(addr string, until time.Time) error {
	v := newVisitor(addr)
	defer v.leave()
	paths := []string{"", "/indicators", "/indicators/" + shownIndicator}
	for n := 0; time.Now().Before(until); n++ {
		var err error
		if n%signInEvery == 0 {
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
