//go:build bench

package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"learningcity/internal/demonstration"
)

const (
	readers  = 2  // connections of people who look at dashboards meanwhile
	stormers = 32 // connections that try passwords on one account
)

// storm measures other people's dashboards while nobody signs in and while
// strangers try one password after another on one account, in turn in one run.
func (b *bench) storm(t *testing.T) {
	w := b.newWorld(t, "stormy-world")
	program := b.serve(t, "storm", w.environment()...)
	reading := pageLoad("")
	reading.scripts = reading.scripts[:readers]
	var idle, stormy side
	idle.load, stormy.load = reading, reading
	idle.run(t, "warming up", program, warmUp)
	idle.results = nil
	tries := 0
	for range rounds {
		idle.run(t, "idle", program, stretch)
		end := startStorm(program)
		stormy.run(t, "storm", program, stretch)
		n, err := end()
		if err != nil {
			t.Fatalf("the storm: %v\n%s", err, program.said())
		}
		tries += n
	}
	var ratios []float64
	for i := range idle.results {
		ratios = append(ratios, p99(stormy.results[i])/p99(idle.results[i]))
	}
	check(t, fmt.Sprintf("Other people's dashboards under a storm of wrong passwords (%d connections, %d tries)", stormers, tries), []bound{
		{what: "dashboard, p99", value: median(ratios), limit: 2, format: "%.2f",
			extra: fmt.Sprintf("p99 %.1f ms; idle %.1f ms", stormy.middle(p99), idle.middle(p99))},
		{what: "tries that were answered", value: float64(tries), limit: rounds * stormers, atLeast: true, format: "%.0f"},
	})
}

// startStorm keeps all connections busy with wrong passwords until end is
// called, which returns how many were answered.
func startStorm(p *process) (end func() (int, error)) {
	var mu sync.Mutex
	var failed []error
	tries := 0
	stop := make(chan struct{})
	var storm sync.WaitGroup
	for i := range stormers {
		storm.Go(func() {
			n, err := tryPasswords(p.addr, i, stop)
			mu.Lock()
			defer mu.Unlock()
			tries += n
			if err != nil {
				failed = append(failed, err)
			}
		})
	}
	return func() (int, error) {
		close(stop)
		storm.Wait()
		return tries, errors.Join(failed...)
	}
}

func tryPasswords(addr string, seed int, stop <-chan struct{}) (tries int, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, err
	}
	answers := bufio.NewReader(conn)
	for ; ; tries++ {
		select {
		case <-stop:
			return tries, nil
		default:
		}
		if err := tryPassword(conn, answers, fmt.Sprintf("wrong password %d.%d", seed, tries)); err != nil {
			return tries, err
		}
	}
}

// stormedAccount is one of the demonstration's, whose city nobody looks at.
var stormedAccount = demonstration.Accounts()[0].Email

// tryPassword expects to be refused, for the password or for too many tries.
func tryPassword(conn io.Writer, answers *bufio.Reader, password string) error {
	form := url.Values{"email": {stormedAccount}, "password": {password}}.Encode()
	_, err := fmt.Fprintf(conn, "POST /sign-in HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\n\r\n%s", len(form), form)
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if !slices.Contains([]int{http.StatusUnprocessableEntity, http.StatusTooManyRequests}, answer.StatusCode) {
		return fmt.Errorf("a wrong password is answered %d", answer.StatusCode)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
