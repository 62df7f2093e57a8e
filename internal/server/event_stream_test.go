package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
)

// TestStreamIsNotAPage: it is not compressed or kept, outlives the time that a
// page may take, and a word comes now and then.
func TestStreamIsNotAPage(t *testing.T) {
	t.Parallel()
	b := newSite(t).broadcasting(brief)
	v := b.as(leader)
	e := b.listen(v)
	h := e.answer.Header
	equal(t, "status", e.answer.StatusCode, http.StatusOK)
	equal(t, "Content-Type", h.Get("Content-Type"), "text/event-stream")
	equal(t, "Content-Encoding", h.Get("Content-Encoding"), "")
	equal(t, "Cache-Control", h.Get("Cache-Control"), "private, no-store")
	equal(t, "X-Accel-Buffering", h.Get("X-Accel-Buffering"), "no")
	began := time.Now()
	for time.Since(began) < time.Second { // three times what the web server gives a page
		select {
		case <-e.comment:
		case line := <-e.heard:
			t.Fatalf("after %v: %q", time.Since(began), line)
		case <-time.After(20 * time.Second):
			t.Fatal("not a word")
		}
	}
	equal(t, "streams", b.server.Streams(), 1)
	b.asksForTheHead(v)
	_ = e.answer.Body.Close()
	b.await("left", func() bool { return b.server.Streams() == 0 })
	lines := b.journal.of(t, h.Get("X-Request-Id"))
	b.await("logged", func() bool { lines = b.journal.of(t, h.Get("X-Request-Id")); return len(lines) == 1 })
	equal(t, "log", fmt.Sprint(lines[0].Path, lines[0].Status, lines[0].Error), "/events200")
}

// asksForTheHead of a stream is answered, and keeps the line without a stream.
func (b *broadcast) asksForTheHead(v *visitor) {
	b.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.base, "http://"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	before := strings.Count(b.journal.all(), `"method":"HEAD"`)
	if _, err := fmt.Fprintf(conn, "HEAD /events HTTP/1.1\r\nHost: city.test\r\nCookie: session=%s\r\n\r\n", v.cookie("session")); err != nil {
		b.t.Fatal(err)
	}
	b.await("answered", func() bool { return strings.Count(b.journal.all(), `"method":"HEAD"`) == before+1 })
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodHead})
	if err != nil {
		b.t.Fatal(err)
	}
	_ = answer.Body.Close()
	equal(b.t, "HEAD", answer.StatusCode, http.StatusOK)
}

// TestStreamsEnd when the one who listens may not any more, and when they have
// gone on for long enough.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	// Only what is told makes it ask who people are.
	patient := brief
	patient.Check = time.Hour
	short := brief
	short.Life = 300 * time.Millisecond
	for name, tt := range map[string]struct {
		times server.EventTimes
		end   func(b *broadcast, v *visitor, now *clock)
	}{
		"sign-out": {patient, func(_ *broadcast, v *visitor, _ *clock) { v.post("/sign-out") }},
		"role disabled": {patient, func(b *broadcast, _ *visitor, _ *clock) {
			b.as(coordinator).post(fmt.Sprintf("/cities/ha-long/people/%d/disable", b.postOf(leader)), "version", "1").expect(http.StatusSeeOther)
		}},
		"account disabled": {patient, func(b *broadcast, _ *visitor, _ *clock) {
			b.as(admin).post(fmt.Sprintf("/accounts/%d/disable", b.member(leader).AccountID)).expect(http.StatusSeeOther)
		}},
		"told by nobody": {brief, func(b *broadcast, _ *visitor, _ *clock) {
			b.owner(`UPDATE membership SET role = 'expert' WHERE id = $1`, b.postOf(leader))
		}},
		"session over": {brief, func(_ *broadcast, _ *visitor, now *clock) { now.set(pgtest.Now.Add(8 * 24 * time.Hour)) }},
		"shutdown":     {patient, func(b *broadcast, _ *visitor, _ *clock) { b.stop() }},
		"long enough":  {short, func(*broadcast, *visitor, *clock) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := &clock{now: pgtest.Now}
			b := newSiteOn(t, pgtest.Options{Demo: true, Now: now.Now}).invite().broadcasting(tt.times)
			v := b.as(leader)
			e := b.listen(v)
			<-e.comment
			equal(t, "streams", b.server.Streams(), 1)
			tt.end(b, v, now)
			equal(t, "the stream", e.next(), "over")
			b.await("left", func() bool { return b.server.Streams() == 0 })
		})
	}
}

// postOf is the id of the person's role.
func (s *site) postOf(email string) int64 {
	s.t.Helper()
	return ask[int64](s, `SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1`, email)
}

// TestNoStreamAfterTheEnd: whoever asks while the program stops is sent away, to
// come again to the next one.
func TestNoStreamAfterTheEnd(t *testing.T) {
	t.Parallel()
	b := newSite(t).broadcasting(brief)
	v := b.as(leader)
	b.stop()
	v.get("/events").expect(http.StatusTooManyRequests)
}

// TestStreamsOfOne: nobody takes all the places, and a place that was left is
// somebody else's.
func TestStreamsOfOne(t *testing.T) {
	t.Parallel()
	patient := brief
	patient.Check = time.Hour // what fills the places has no session
	b := newSite(t).broadcasting(patient)
	v := b.as(leader)
	var ears []*ear
	for range server.MaxStreamsOfOne {
		e := b.listen(v)
		equal(t, "status", e.answer.StatusCode, http.StatusOK)
		ears = append(ears, e)
	}
	equal(t, "one more", b.listen(v).answer.StatusCode, http.StatusTooManyRequests)
	equal(t, "somebody else's", b.listen(b.as(staff)).answer.StatusCode, http.StatusOK)
	_ = ears[0].answer.Body.Close()
	b.await("left", func() bool { return b.server.Streams() == server.MaxStreamsOfOne })
	equal(t, "in place of one that left", b.listen(v).answer.StatusCode, http.StatusOK)
	b.server.FillStreams()
	equal(t, "when all places are taken", b.listen(b.as(coordinator)).answer.StatusCode, http.StatusTooManyRequests)
}

// TestStreamOfWhoDoesNotRead is cut when a write takes too long.
func TestStreamOfWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	b := newSite(t).broadcasting(brief)
	v := b.as(leader)
	// A pipe keeps nothing: a write waits for its reader.
	near, far := net.Pipe()
	defer near.Close()
	web := &http.Server{Handler: b.server, WriteTimeout: time.Minute, ReadHeaderTimeout: time.Minute}
	go func() { _ = web.Serve(&oneConn{conn: far, over: make(chan struct{})}) }()
	t.Cleanup(func() { _ = web.Close() })
	if _, err := fmt.Fprintf(near, "GET /events HTTP/1.1\r\nHost: city.test\r\nCookie: session=%s\r\n\r\n", v.cookie("session")); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(near, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	equal(t, "status", answer.StatusCode, http.StatusOK)
	equal(t, "streams", b.server.Streams(), 1)
	b.await("cut", func() bool { return b.server.Streams() == 0 })
	b.await("logged", func() bool { return len(b.journal.of(t, answer.Header.Get("X-Request-Id"))) == 1 })
	if why := b.journal.of(t, answer.Header.Get("X-Request-Id"))[0].Error; !strings.Contains(why, "timeout") {
		t.Errorf("the log says %q", why)
	}
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn net.Conn
	over chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.over
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { close(l.over); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// TestStreamsLeaveNothing: what ran for streams has ended with them. It is alone,
// for it counts everything that runs.
func TestStreamsLeaveNothing(t *testing.T) { //nolint:paralleltest // it counts what runs
	silent := brief
	silent.Beat = time.Hour // that a reader has gone shows before anything is written
	b := newSite(t).broadcasting(silent)
	people := []*visitor{b.as(leader), b.as(staff), b.as(coordinator), b.as(reviewer)}
	_ = b.listen(people[0]).answer.Body.Close()
	b.await("left", func() bool { return b.server.Streams() == 0 })
	before := runtime.NumGoroutine()
	var ears []*ear
	for i := range 4 * server.MaxStreamsOfOne {
		ears = append(ears, b.listen(people[i%len(people)]))
	}
	people[1].claim("7.2.2", "claim", "achieved", "note", "x")
	ears[0].hears("leader", b.told("ha-long", "7.2.2"))
	for _, e := range ears {
		_ = e.answer.Body.Close()
	}
	b.await("left", func() bool { return b.server.Streams() == 0 })
	b.await("as few goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
}
