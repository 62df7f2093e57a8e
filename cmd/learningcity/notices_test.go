package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"learningcity/internal/mail/mailtest"
	"learningcity/internal/postgres/pgtest"
)

// parked holds the sessions of a mail server at a moment of their choosing.
type parked struct {
	mu     sync.Mutex
	taken  int
	stop   bool
	atRcpt chan struct{} // somebody waits before the mail
	atEnd  chan struct{} // the mail is there, and the answer waits
	let    chan struct{}
}

// rcpt keeps every session waiting once one waits with its mail.
func (p *parked) rcpt(string) error {
	p.mu.Lock()
	wait := p.stop
	p.mu.Unlock()
	if wait {
		close(p.atRcpt)
		<-p.let
	}
	return nil
}

func (p *parked) data() error {
	p.mu.Lock()
	p.taken++
	last := p.taken == digests/2
	p.stop = p.stop || last
	p.mu.Unlock()
	if last {
		close(p.atEnd)
		<-p.let
	}
	return nil
}

const digests = 1000

var messageIDs = regexp.MustCompile(`(?m)^Message-ID: (.*)\r$`)

// TestKillRepeatsNoDigest: a thousand people get their digest once each, though the
// program is killed in the middle: while the server has one mail that it has not
// answered for, and another is about to be sent.
func TestKillRepeatsNoDigest(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.RunClock(t)
	db.Exec(t, `INSERT INTO account (email, name, password_hash, created_at) SELECT n || '@ha-long.example', 'Người ' || n, 'x', now() FROM generate_series(1, $1) n`, digests)
	db.Exec(t, `INSERT INTO inbox_item (account_id, kind, created_at) SELECT id, 'password_reset', now() - interval '1 day' FROM account`)
	p := &parked{atRcpt: make(chan struct{}), atEnd: make(chan struct{}), let: make(chan struct{})}
	// The mail is kept before its answer, as the servers do that lose mails least.
	sink := mailtest.New(t, mailtest.Options{OnRcpt: p.rcpt, OnKept: p.data})
	settings := append(mailSettings(sink.Addr, t.TempDir()), "DATABASE_URL="+db.OwnerURL, "LEARNINGCITY_DEMO=0",
		"LEARNINGCITY_TIME_ZONE="+zoneAtNoon(time.Now()))
	first := launch(t, t.TempDir(), settings...)
	for _, moment := range []chan struct{}{p.atEnd, p.atRcpt} {
		select {
		case <-moment:
		case <-time.After(90 * time.Second):
			t.Fatalf("%d mails are taken; the program says:\n%s", len(sink.All()), first.log(t))
		}
	}
	first.kill(t)
	p.mu.Lock()
	p.stop = false
	p.mu.Unlock()
	close(p.let)
	// What the queue does five minutes later.
	db.Exec(t, `UPDATE river.river_job SET state = 'available' WHERE state = 'running'`)

	second := launch(t, t.TempDir(), settings...)
	if !second.await(t, "/readyz", http.StatusOK, 90*time.Second) {
		t.Fatalf("not ready; the program says:\n%s", second.log(t))
	}
	open := func() int { return db.Count(t, `SELECT count(*) FROM notice_mail WHERE closed_at IS NULL`) }
	for end := time.Now().Add(90 * time.Second); open() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d mails are still open; the program says:\n%s", open(), second.log(t))
		}
	}
	got := map[string]int{}
	ids := map[string]bool{}
	for _, m := range sink.All() {
		got[m.To]++
		ids[messageIDs.FindStringSubmatch(m.Raw)[1]] = true
	}
	for n := range digests {
		if to := fmt.Sprint(n+1, "@ha-long.example"); got[to] != 1 {
			t.Errorf("%s has %d mails", to, got[to])
		}
	}
	if len(ids) != digests {
		t.Errorf("%d different mails", len(ids))
	}
	outcomes := db.Lines(t, `SELECT concat_ws(' ', outcome, count(*)) FROM notice_mail GROUP BY outcome ORDER BY 1`)
	if want := []string{fmt.Sprint("sent ", digests-1), "unheard 1"}; !slices.Equal(outcomes, want) {
		t.Errorf("mails are %q, want %q", outcomes, want)
	}
	if left := db.Lines(t, `SELECT state::text FROM river.river_job WHERE kind = 'mail_notices' AND state <> 'completed'`); len(left) != 0 {
		t.Errorf("jobs are left: %q", left)
	}
	// Of the one whose answer nobody heard the next digest tells again.
	if n := db.Count(t, `SELECT count(*) FROM inbox_item WHERE mail_id IS NULL`); n != 1 {
		t.Errorf("%d items are to be mailed", n)
	}
	if log := second.log(t); strings.Contains(log, "stop-mails") || strings.Contains(log, "panic") {
		t.Errorf("the log says\n%s", log)
	}
}

// zoneAtNoon is a time zone where it is past the hour of digests and far from
// midnight.
func zoneAtNoon(now time.Time) string {
	east := 12 - now.UTC().Hour() // -11 to 12
	if east < 0 {
		return fmt.Sprintf("Etc/GMT+%d", -east) // west, in these names
	}
	return fmt.Sprintf("Etc/GMT-%d", east)
}
