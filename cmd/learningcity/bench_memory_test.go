//go:build bench

package main_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	manyConnections = 64
	settling        = 5 * time.Second // until an idle program counts as idle
	crowdTime       = 15 * time.Second
	signInEvery     = 20 // requests of one who does it at all
	manyStreams     = 200
	streamsOfOne    = 8                // as many as an account may have
	streamTime      = 25 * time.Second // longer than a page may take, and than a stream is silent
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

// usePages is one person with one connection. Every sixteenth signs in again at
// times: a password takes as long to check as dozens of pages to show. They are as
// many as may try one account at once; on a slow machine they all do.
func (v *visitor) usePages(person int, until time.Time) error {
	paths := []string{"", "/indicators", "/indicators/" + shownIndicator}
	for n := 1; time.Now().Before(until); n++ {
		var err error
		if person%16 == 0 && n%signInEvery == 0 {
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

// somethingChanged tells of an indicator in each of the first cities, as a
// program would where somebody else saved.
const somethingChanged = `
	SELECT pg_notify('learningcity_event', json_build_object('kind', 'entry', 'by', 0, 'city_id', id, 'city', slug,
		'time_zone', time_zone, 'assessment', 1, 'indicator', '7.2.2', 'version', 9)::text)
	FROM city WHERE slug = ANY (SELECT 'bench-' || n FROM generate_series(1, $1) n)`

// streams looks at what open streams of events cost the program, each with a
// connection of its own, until all of them have been told something.
func (b *bench) streams(t *testing.T) {
	w := b.newWorld(t, "streaming-world")
	p := b.serve(t, "streams", w.environment()...)
	owner, err := pgx.Connect(t.Context(), w.ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	ask(t, p, get(0, "/indicators/"+shownIndicator))
	time.Sleep(settling)
	idle := p.rss(t)
	lines := make([]*bufio.Reader, manyStreams)
	for i := range lines {
		lines[i] = openStream(t, p, i/streamsOfOne)
	}
	tellAll := func() {
		if _, err := owner.Exec(t.Context(), somethingChanged, manyStreams/streamsOfOne); err != nil {
			t.Fatal(err)
		}
		for i, line := range lines {
			if err := hearOf(line, shownIndicator); err != nil {
				t.Fatalf("stream %d: %v\n%s", i, err, p.said())
			}
		}
	}
	tellAll()
	most := p.rss(t)
	for until := time.Now().Add(streamTime); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		most = max(most, p.rss(t))
	}
	tellAll() // they are all still there
	check(t, fmt.Sprintf("Memory of %d open streams of events (RSS)", manyStreams), []bound{
		{what: "more than without them", value: most - idle, limit: 32, format: "%.1f MiB", extra: fmt.Sprintf("%.0f MiB before", idle)},
	})
}

// openStream is one of the city's coordinator.
func openStream(t *testing.T, p *process, city int) *bufio.Reader {
	t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET /events HTTP/1.1\r\nHost: bench\r\nCookie: session=%s\r\n\r\n", session(city))
	if err == nil {
		err = conn.SetReadDeadline(time.Now().Add(time.Minute))
	}
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("a stream of %s: %v, error %v\n%s", slug(city), answer, err, p.said())
	}
	return bufio.NewReaderSize(answer.Body, 512)
}

// hearOf reads until the stream tells of the indicator.
func hearOf(line *bufio.Reader, code string) error {
	for {
		text, err := line.ReadString('\n')
		if err != nil || strings.Contains(text, `"code":"`+code+`"`) {
			return err
		}
	}
}
