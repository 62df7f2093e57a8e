package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"learningcity/internal/server"
)

// overWire serves the site like the program, with times that are over sooner.
func overWire(t *testing.T, s *site) *httptest.Server {
	t.Helper()
	web := httptest.NewUnstartedServer(s.server)
	web.Config.ReadTimeout, web.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	web.Start()
	t.Cleanup(web.Close)
	return web
}

// sendSlowly sends an upload in pieces with pauses; the last ones never come
// where cut is set. It returns what the server says.
func sendSlowly(t *testing.T, s *site, address string, size int, pause time.Duration, cut bool) (string, error) {
	t.Helper()
	v := s.as(staff)
	kind, body := multipartForm(t, passport("CUL"), doc{"slow.txt", strings.Repeat("x", size)})
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: city.test\r\nContent-Type: %s\r\nContent-Length: %d\r\nCookie: session=%s\r\nConnection: close\r\n\r\n",
		libraryPath, kind, len(body), v.cookie("session"))
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	const pieces = 10
	for n := range pieces {
		if cut && n == pieces/2 {
			break
		}
		time.Sleep(pause)
		if _, err := io.WriteString(conn, body[n*len(body)/pieces:(n+1)*len(body)/pieces]); err != nil {
			return "", err
		}
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = got.Body.Close() }()
	return got.Status, nil
}

// TestSlowUpload: a file takes the time that it takes, far beyond a page's, as
// long as it moves.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	s, store := keeping(t)
	web := overWire(t, s)
	status, err := sendSlowly(t, s, web.URL, 100_000, 100*time.Millisecond, false)
	if err != nil || !strings.HasPrefix(status, "303") {
		t.Errorf("%s, %v", status, err)
	}
	equal(t, "contents", s.contents(store), 1)
}

// TestSilentUpload: one that does not move any more loses its connection, and
// leaves nothing.
func TestSilentUpload(t *testing.T) {
	t.Parallel()
	s, store := keeping(t)
	server.SetSilence(s.server, 300*time.Millisecond)
	web := overWire(t, s)
	start := time.Now()
	status, err := sendSlowly(t, s, web.URL, 100_000, time.Millisecond, true)
	if err == nil && !strings.HasPrefix(status, "4") || time.Since(start) > 10*time.Second {
		t.Errorf("%q after %s, %v", status, time.Since(start), err)
	}
	equal(t, "contents", s.contents(store), 0)
	equal(t, "evidence", ask[int](s, `SELECT count(*) FROM evidence`), 0)
}

// TestSlowDownload: the same on the way back.
func TestSlowDownload(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t, func(o *server.Options) { o.MaxFile = 64 << 20 })
	v := s.as(staff)
	const size = 32 << 20 // more than the buffers of a connection hold
	v.upload(libraryPath, passport("CUL"), doc{"large.txt", strings.Repeat("x", size)})
	web := overWire(t, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+libraryPath+"/1/versions/1/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "city.test"
	r.AddCookie(&http.Cookie{Name: "session", Value: v.cookie("session")})
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	time.Sleep(700 * time.Millisecond)
	n, err := io.Copy(io.Discard, got.Body)
	if err != nil || n != size {
		t.Errorf("%d bytes, %v", n, err)
	}
}
