//go:build bench

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// script makes the requests of one connection, each as it goes over the wire.
type script interface{ next() []byte }

// load is what a server is asked for: a script for each connection.
type load struct {
	scripts []script
	status  int // that every answer must have
}

// result is what one stretch of a load came to.
type result struct {
	perSecond float64
	p50, p99  time.Duration
}

// run keeps every connection busy for the time: the next request goes out when
// the answer to the last has come.
func (l load) run(addr string, length time.Duration) (result, error) {
	began := time.Now()
	until := began.Add(length)
	took := make([][]time.Duration, len(l.scripts))
	failed := make([]error, len(l.scripts))
	var connections sync.WaitGroup
	for i, s := range l.scripts {
		connections.Go(func() { took[i], failed[i] = l.connection(addr, s, until) })
	}
	connections.Wait()
	elapsed := time.Since(began)
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	if err := errors.Join(failed...); err != nil || len(all) == 0 {
		return result{}, fmt.Errorf("after %d answers: %w", len(all), err)
	}
	return result{
		perSecond: float64(len(all)) / elapsed.Seconds(),
		p50:       all[len(all)/2], p99: all[len(all)*99/100],
	}, nil
}

func (l load) connection(addr string, s script, until time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(until.Add(30 * time.Second)); err != nil {
		return nil, err
	}
	answers := bufio.NewReaderSize(conn, 64<<10)
	var took []time.Duration
	for began := time.Now(); began.Before(until); began = time.Now() {
		if _, err := conn.Write(s.next()); err != nil {
			return took, err
		}
		if err := readAnswer(answers, l.status); err != nil {
			return took, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

func readAnswer(from *bufio.Reader, status int) error {
	answer, err := http.ReadResponse(from, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != status {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4<<10)) // only to tell
		return fmt.Errorf("status %d, not %d: %s", answer.StatusCode, status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// get is a request for a page without compression, by the city's coordinator.
func get(city int, path string) []byte {
	return fmt.Appendf(nil, "GET /cities/%s%s HTTP/1.1\r\nHost: bench\r\nCookie: session=%s\r\nAccept-Encoding: identity\r\n\r\n",
		slug(city), path, session(city))
}

func post(city int, path, form string) []byte { return postAs(session(city), city, path, form) }

func postAs(token string, city int, path, form string) []byte {
	return fmt.Appendf(nil, "POST /cities/%s%s HTTP/1.1\r\nHost: bench\r\nCookie: session=%s\r\nAccept-Encoding: identity\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		slug(city), path, token, len(form), form)
}

// turns asks for the same requests over and over.
type turns struct {
	requests [][]byte
	at       int
}

func (s *turns) next() []byte {
	s.at++
	return s.requests[s.at%len(s.requests)]
}

// claims saves claims of one connection's own entries in turn, each the
// opposite of what it was, with the version that it must have by then.
type claims struct {
	entries []claimedEntry
	at      int
}

type claimedEntry struct {
	city    int
	code    string
	version int
	claim   string
}

func (s *claims) next() []byte {
	e := &s.entries[s.at%len(s.entries)]
	s.at++
	to := "in_progress"
	if e.claim == to {
		to = "not_started"
	}
	request := post(e.city, "/indicators/"+e.code+"/claim", fmt.Sprintf("version=%d&claim=%s&note=&effective_on=", e.version, to))
	e.claim = to
	e.version++
	return request
}
