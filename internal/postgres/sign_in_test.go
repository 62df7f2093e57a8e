package postgres_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// A door is where people sign in, at a time that the test sets.
type door struct {
	*town
	t   testing.TB
	now time.Time
}

func newDoor(t testing.TB) *door {
	t.Helper()
	d := &door{t: t, now: pgtest.Now}
	d.town = emptyTown(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return d.now }}), "ha-long")
	d.db.Exec(t, `DELETE FROM sign_in_counter`)
	return d
}

const (
	staffEmail = "staff@ha-long.example"
	office     = "203.0.113.7"
	stranger   = "198.51.100.1"
)

// wrong tries and fails; it returns how long it had to wait.
func (d *door) wrong(email, address string, browser []byte) time.Duration {
	d.t.Helper()
	_, _, err := d.store.TrySignIn(d.t.Context(), postgres.SignInTry{Email: email, Address: address, Browser: browser})
	var wait *tracker.WaitError
	if errors.As(err, &wait) {
		return wait.For
	}
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		d.t.Fatal(err)
	}
	return 0
}

// right signs the staff in, and returns how long it had to wait.
func (d *door) right(address string, browser []byte) time.Duration {
	d.t.Helper()
	if wait := d.wrong(staffEmail, address, browser); wait > 0 {
		return wait
	}
	must(d.t, d.store.StartSession(d.t.Context(), tracker.Actor{AccountID: d.staff.AccountID, Address: address},
		postgres.NewSession{TokenHash: hashOf(fmt.Sprint(rand.Uint64())), Lifetime: time.Hour, Browser: browser}))
	return 0
}

func (d *door) expect(what string, got, want time.Duration) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%s: the wait is %s, want %s", what, got, want)
	}
}

func TestTrySignIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, d.other.AccountID)
	for _, tt := range []struct {
		email, hash string
		id          int64
		err         error
	}{
		{staffEmail, "$argon2id$staff", d.staff.AccountID, nil},
		{"other@ha-long.example", "", 0, tracker.ErrNotFound}, // disabled
		{"nobody@ha-long.example", "", 0, tracker.ErrNotFound},
		{"", "", 0, tracker.ErrNotFound},
		{"' OR true --", "", 0, tracker.ErrNotFound},
	} {
		id, hash, err := d.store.TrySignIn(t.Context(), postgres.SignInTry{Email: tt.email, Address: office})
		if id != tt.id || hash != tt.hash || !same(err, tt.err) {
			t.Errorf("%q: %d, %q, %v", tt.email, id, hash, err)
		}
	}
	if n := d.db.Count(t, `SELECT count(*) FROM sign_in_counter WHERE failures = 5 AND kind = 'network'`); n != 1 {
		t.Errorf("%d networks with five failures", n)
	}
}

// TestDelaysGrow after five wrong passwords, up to a quarter of an hour, and
// alike for an address that nobody has. Who waits is not counted on.
func TestDelaysGrow(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, email := range []string{staffEmail, "nobody@ha-long.example"} {
		for n := range 5 {
			d.expect(fmt.Sprint(email, ", try ", n+1), d.wrong(email, office, nil), 0)
		}
		for _, delay := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
			for range 20 {
				d.expect(email+", at once", d.wrong(email, office, nil), delay)
			}
			d.now = d.now.Add(delay - time.Second)
			d.expect(email+", a second early", d.wrong(email, office, nil), time.Second)
			d.now = d.now.Add(time.Second)
			d.expect(email+", in time", d.wrong(email, office, nil), 0)
		}
	}
	// After a day nothing is left of it.
	d.now = d.now.Add(24 * time.Hour)
	for range 5 {
		d.expect("the next day", d.wrong(staffEmail, office, nil), 0)
	}
}

// TestRightPasswordBeginsAnew: the failures of the account at this place are
// over; the network gets back one.
func TestRightPasswordBeginsAnew(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for range 3 {
		for range 4 {
			d.expect("a wrong one", d.wrong(staffEmail, office, nil), 0)
		}
		d.expect("the right one", d.right(office, nil), 0)
	}
	got := d.db.Lines(t, `SELECT kind || ' ' || failures FROM sign_in_counter ORDER BY 1`)
	if !slices.Equal(got, []string{"network 12"}) {
		t.Errorf("counters %q", got)
	}
}

// TestStorm: who works at a browser that is known signs in while strangers try
// the account, from their own network, from many, and from the same one.
func TestStorm(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	mine, new := hashOf("mine"), hashOf("new")
	d.expect("the first time", d.right(office, mine), 0)
	for n := range 400 {
		d.wrong(staffEmail, fmt.Sprint("198.51.100.", n%200), hashOf(fmt.Sprint(n)))
		d.wrong(staffEmail, office, nil)
	}
	d.expect("a stranger, from another place", d.wrong(staffEmail, "192.0.2.99", nil), 5*time.Second)
	d.expect("a stranger, in the office", d.wrong(staffEmail, office, hashOf("theirs")), 30*time.Second)
	d.expect("at a new browser", d.right("192.0.2.99", new), 5*time.Second)
	for range 50 {
		d.expect("the person", d.right(office, mine), 0)
		d.expect("the person, on the way", d.right("192.0.2.1", mine), 0)
	}
	// Whose browser is known may not guess without end either.
	for range 5 {
		d.expect("wrong", d.wrong(staffEmail, office, mine), 0)
	}
	d.expect("wrong, too often", d.wrong(staffEmail, office, mine), 30*time.Second)
	// The browser is known for this account and no other.
	for range 5 {
		d.wrong("leader@ha-long.example", office, mine)
	}
	d.expect("another account", d.wrong("leader@ha-long.example", office, mine), 30*time.Second)
}

// TestOneStrangerKeepsNobodyOut: one network's storm does not use up what an
// account allows to all others.
func TestOneStrangerKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for range 1000 {
		d.wrong(staffEmail, stranger, nil)
	}
	d.expect("the person, at a new browser", d.right(office, nil), 0)
}

// TestOffice: two hundred people behind one address, each wrong once, then
// right, and later all at the same moment; the address is not used up.
func TestOffice(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for person := range 200 {
		d.expect("wrong", d.wrong(fmt.Sprint(person, "@ha-long.example"), office, nil), 0)
	}
	for range 1000 {
		d.expect("right", d.right(office, nil), 0)
	}
	// Somebody among them tries the accounts of all.
	for n := range 100 {
		d.expect("a guess", d.wrong(fmt.Sprint("guess-", n, "@ha-long.example"), office, nil), 0)
	}
	d.expect("one too many", d.wrong("guess@ha-long.example", office, nil), time.Second)
	d.expect("elsewhere", d.wrong("guess@ha-long.example", stranger, nil), 0)
	for n := range 20 { // who goes on as fast as it is allowed comes to one in a minute
		d.now = d.now.Add(d.wrong("guess@ha-long.example", office, nil))
		d.expect("a guess in time", d.wrong(fmt.Sprint("later-", n), office, nil), 0)
	}
	d.expect("at once", d.wrong("guess@ha-long.example", office, nil), time.Minute)
}

// TestNetworks: machines of one /64 are one network, whatever their address.
func TestNetworks(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for n := range 5 {
		d.expect("a try", d.wrong(staffEmail, fmt.Sprintf("2001:db8:1:2::%x", n), nil), 0)
	}
	d.expect("the sixth", d.wrong(staffEmail, "2001:db8:1:2:ffff::1", nil), 30*time.Second)
	d.expect("the next network", d.wrong(staffEmail, "2001:db8:1:3::1", nil), 0)
}

// TestFiftyAtOnce: exactly as many get through as if they had come in turn.
func TestFiftyAtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const tries = 50
	waits := make([]time.Duration, tries)
	errs := atOnce(t, d.db, tries, func(i int, s *postgres.Store) error {
		_, _, err := s.TrySignIn(t.Context(), postgres.SignInTry{Email: staffEmail, Address: office})
		var wait *tracker.WaitError
		if errors.As(err, &wait) {
			waits[i] = wait.For
			return nil
		}
		return err
	})
	slices.Sort(waits)
	if count(errs, nil) != tries || waits[4] != 0 || waits[5] != 30*time.Second || waits[tries-1] != 30*time.Second {
		t.Errorf("answers %v, waits %v", errs, waits)
	}
	got := d.db.Lines(t, `SELECT kind || ' ' || failures FROM sign_in_counter ORDER BY 1`)
	if !slices.Equal(got, []string{"account 5", "network 5", "place 5"}) {
		t.Errorf("counters %q", got)
	}
}

// TestTriesAndSuccessesAtOnce: neither waits for the other in a circle.
func TestTriesAndSuccessesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	accounts := []tracker.Actor{d.staff, d.leader, d.reviewer, d.second}
	errs := atOnce(t, d.db, 16, func(i int, s *postgres.Store) error {
		who := accounts[i%len(accounts)]
		for n := range 20 {
			_, _, err := s.TrySignIn(t.Context(), postgres.SignInTry{Email: who.Email, Address: office})
			var wait *tracker.WaitError
			if err != nil && !errors.As(err, &wait) {
				return err
			}
			who.Address = office
			err = s.StartSession(t.Context(), who, postgres.NewSession{
				TokenHash: hashOf(fmt.Sprint(i, n)), Lifetime: time.Hour, Browser: hashOf(fmt.Sprint(i % 8))})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if count(errs, nil) != 16 {
		t.Errorf("answers are %v", errs)
	}
}

// TestClockJumps: whatever the clock did between, nobody waits longer than
// after the same failures with a good one.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{-time.Second, -time.Hour, -1000 * 24 * time.Hour, time.Hour, 1000 * 24 * time.Hour} {
		d := newDoor(t)
		for range 5 {
			d.wrong(staffEmail, office, nil)
		}
		d.now = d.now.Add(jump)
		wait := d.wrong(staffEmail, office, nil)
		if wait > 30*time.Second || jump < 0 && wait != 30*time.Second {
			t.Errorf("after a jump of %s the wait is %s", jump, wait)
		}
		d.now = d.now.Add(30 * time.Second)
		d.expect(fmt.Sprint("half a minute after a jump of ", jump), d.wrong(staffEmail, office, nil), 0)
		// And back to where it was.
		d.now = d.now.Add(-jump)
		if wait := d.wrong(staffEmail, office, nil); wait > time.Minute {
			t.Errorf("after a jump of %s and back the wait is %s", jump, wait)
		}
	}
}

// TestWaitsAgainstAModel: any sequence of tries, successes and pauses waits as
// a simple model of one place says, and never longer than a quarter of an hour.
func TestWaitsAgainstAModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		d, r := newDoor(t), rand.New(rand.NewPCG(seed, 8))
		failures, last := 0.0, d.now
		for step := range 120 {
			d.now = d.now.Add(time.Duration(r.IntN(400)) * time.Duration(r.IntN(400)) * 10 * time.Millisecond)
			delay := time.Duration(0)
			if over := math.Ceil(failures) - 5; over >= 0 {
				delay = min(30*time.Second<<int(over), 15*time.Minute)
			}
			want := max(0, delay-d.now.Sub(last))
			succeed := r.IntN(8) == 0
			try := func() time.Duration { return d.wrong(staffEmail, office, nil) }
			if succeed {
				try = func() time.Duration { return d.right(office, nil) }
			}
			if got := try(); got.Round(time.Millisecond) != want.Round(time.Millisecond) {
				t.Fatalf("seed %d, step %d: the wait is %s, want %s after %.3f failures", seed, step, got, want, failures)
			}
			if want == 0 {
				failures, last = min(15, max(0, failures-d.now.Sub(last).Minutes()/30)+1), d.now
				if succeed {
					failures = 0
				}
			}
		}
	}
}

// TestOldCountersAreSwept: what is forgotten goes, a few with each try, and what
// a clock far ahead has written too.
func TestOldCountersAreSwept(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for n := range 30 {
		d.wrong(fmt.Sprint(n), fmt.Sprint("198.51.100.", n), nil)
	}
	d.now = d.now.Add(1000 * 24 * time.Hour)
	d.wrong("future", office, nil)
	d.now = d.now.Add(-998 * 24 * time.Hour)
	for range 20 {
		d.right(office, nil)
	}
	if n := d.db.Count(t, `SELECT count(*) FROM sign_in_counter`); n != 1 { // the office's
		t.Errorf("%d counters are left", n)
	}
}

// TestKnownBrowsers: the last twenty of each account.
func TestKnownBrowsers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for n := range 25 {
		d.now = d.now.Add(time.Second)
		d.expect("right", d.right(office, hashOf(fmt.Sprint(n))), 0)
	}
	d.expect("again", d.right(office, hashOf("24")), 0)
	got := d.db.Lines(t, `SELECT account_id || ' ' || encode(browser_hash, 'hex') FROM known_browser ORDER BY last_at`)
	if len(got) != 20 || got[0] != fmt.Sprintf("%d %x", d.staff.AccountID, hashOf("5")) {
		t.Errorf("browsers %q", got)
	}
}

// TestStartSessionEndsAnother: the session that the browser held, whoever it
// belonged to, in the same queries.
func TestStartSessionEndsAnother(t *testing.T) {
	t.Parallel()
	seen := &queries{}
	d := newDoor(t)
	store := d.db.Open(t, pgtest.Options{Tracer: seen})
	d.db.Exec(t, `DELETE FROM audit`)
	leaders := hashOf("leader@ha-long.example")
	sent := seen.of(t, func() error {
		return store.StartSession(t.Context(), tracker.Actor{AccountID: d.staff.AccountID, RequestID: "R", Address: office},
			postgres.NewSession{TokenHash: hashOf("new"), Lifetime: time.Hour, Before: [][]byte{leaders, hashOf("nobody's")}})
	})
	if sent != 2 {
		t.Errorf("%d queries", sent)
	}
	if _, err := store.SessionActor(t.Context(), leaders); !same(err, tracker.ErrNotFound) {
		t.Errorf("the session from before: %v", err)
	}
	audit := d.db.Lines(t, `SELECT concat_ws(' ', act, subject, account_id, city_id, request_id, address) FROM audit ORDER BY act`)
	want := []string{fmt.Sprintf("sign_in session %d R %s", d.staff.AccountID, office), fmt.Sprintf("sign_out session %d R %s", d.leader.AccountID, office)}
	if !slices.Equal(audit, want) {
		t.Errorf("audit %q, want %q", audit, want)
	}
}
