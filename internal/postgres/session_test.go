package postgres_test

import (
	"context"
	"crypto/sha256"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestSession(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	token := sha256.Sum256([]byte("a token"))
	db.Exec(t, `DELETE FROM audit`)
	by := tracker.Actor{AccountID: w.staff.AccountID, RequestID: "request-1", Address: "192.0.2.7"}
	must(t, w.store.StartSession(t.Context(), by, hashKept(w.staff), postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour}))
	want := tracker.Actor{AccountID: w.staff.AccountID, Name: "staff of ha-long", Email: "staff@ha-long.example",
		Memberships: []tracker.Membership{{Role: tracker.Staff, CityID: w.id, CitySlug: "ha-long",
			CityName:     tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"},
			DepartmentID: int64(db.Count(t, `SELECT id FROM department WHERE code = 'CUL'`))}}}
	got, err := w.store.SessionActor(t.Context(), token[:])
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the session is of\n%+v, %v, want\n%+v", got, err, want)
	}
	clock = clock.Add(time.Hour) // its last moment is over
	if _, err := w.store.SessionActor(t.Context(), token[:]); !same(err, tracker.ErrNotFound) {
		t.Errorf("an old session: %v", err)
	}
	clock = clock.Add(-time.Second)
	// Whoever brings the token ends the session; the audit names whose it was.
	bearer := tracker.Actor{RequestID: "request-2", Address: "192.0.2.8"}
	must(t, w.store.EndSession(t.Context(), bearer, token[:]))
	if _, err := w.store.SessionActor(t.Context(), token[:]); !same(err, tracker.ErrNotFound) {
		t.Errorf("a session that was ended: %v", err)
	}
	must(t, w.store.EndSession(t.Context(), bearer, token[:])) // is no act any more
	lines := db.Lines(t, `SELECT concat_ws(' ', act, subject, city_id, account_id = $1, before, after, request_id, address,
		recorded_at AT TIME ZONE 'UTC') FROM audit ORDER BY id`, w.staff.AccountID)
	if !slices.Equal(lines, []string{"sign_in session t request-1 192.0.2.7 2025-03-10 05:00:00",
		"sign_out session t request-2 192.0.2.8 2025-03-10 05:59:59"}) {
		t.Errorf("audit %q", lines)
	}
}

// TestSessionOfDisabled: an account that is disabled is out at once.
func TestSessionOfDisabled(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	token := sha256.Sum256([]byte("staff@ha-long.example"))
	_, err := w.store.SessionActor(t.Context(), token[:])
	must(t, err)
	w.db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, w.staff.AccountID)
	got, err := w.store.SessionActor(t.Context(), token[:])
	if !same(err, tracker.ErrNotFound) || got.AccountID != 0 || got.Memberships != nil {
		t.Errorf("a disabled account is %+v, %v", got, err)
	}
}

// TestSessionKnowsAllRoles: of cities, of regions, of the installation, and none.
func TestSessionKnowsAllRoles(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	region := int64(db.Count(t, `SELECT id FROM region`))
	db.Exec(t, `UPDATE account SET language = 'en' WHERE id = $1`, w.leader.AccountID)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id, region_id, ends_on) VALUES
		($1, 'expert', $2, NULL, '2025-12-31'), ($1, 'overseer', NULL, $3, NULL), ($1, 'admin', NULL, NULL, NULL)`,
		w.leader.AccountID, hue.id, region)
	token := sha256.Sum256([]byte("leader@ha-long.example"))
	got, err := w.store.SessionActor(t.Context(), token[:])
	must(t, err)
	name := func(slug string) tracker.Text { return tracker.Text{VI: "Thành phố " + slug, EN: "City of " + slug} }
	want := tracker.Actor{AccountID: w.leader.AccountID, Name: "leader of ha-long", Email: "leader@ha-long.example", Language: "en",
		Memberships: []tracker.Membership{
			{Role: tracker.Leader, CityID: w.id, CitySlug: "ha-long", CityName: name("ha-long")},
			{Role: tracker.Expert, CityID: hue.id, CitySlug: "hue", CityName: name("hue"), EndsOn: tracker.NewDate(2025, 12, 31)},
			{Role: tracker.Overseer, RegionID: region},
			{Role: tracker.Admin},
		}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the session is of\n%+v, want\n%+v", got, want)
	}
	db.Exec(t, `DELETE FROM membership WHERE account_id = $1`, w.leader.AccountID)
	got, err = w.store.SessionActor(t.Context(), token[:])
	want.Memberships = nil
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("without any role: %+v, %v", got, err)
	}
}

func TestStartSessionRefuses(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	token := sha256.Sum256([]byte("staff@ha-long.example"))
	other, staffs := sha256.Sum256([]byte("other")), hashKept(w.staff)
	w.db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, w.second.AccountID)
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		name    string
		account int64
		hash    string
		token   []byte
		want    error
	}{
		{"the token itself", w.staff.AccountID, staffs, []byte("a token"), tracker.Invalid("", "session_token_is_hashed")},
		{"a token twice", w.staff.AccountID, staffs, token[:], tracker.Invalid("", "session_pkey")},
		{"no account", 0, staffs, other[:], tracker.ErrNotFound},
		{"a password that is not the account's", w.leader.AccountID, staffs, other[:], tracker.ErrNotFound},
		{"no password", w.staff.AccountID, "", other[:], tracker.ErrNotFound},
		{"a disabled account", w.second.AccountID, hashKept(w.second), other[:], tracker.ErrNotFound},
	} {
		err := w.store.StartSession(t.Context(), tracker.Actor{AccountID: tt.account}, tt.hash,
			postgres.NewSession{TokenHash: tt.token, Lifetime: time.Hour})
		if !same(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// TestNoSessionPastTheSecondStep: whoever asks for a session without a code
// gets none, and the try stays counted.
func TestNoSessionPastTheSecondStep(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	d.wrong(staffEmail, office, nil)
	before := fingerprint(t, d.db)
	err := d.store.StartSession(t.Context(), tracker.Actor{AccountID: d.staff.AccountID, Address: office}, hashKept(d.staff),
		postgres.NewSession{TokenHash: hashOf("new"), Lifetime: time.Hour, Before: [][]byte{hashOf(staffEmail)}, Browser: hashOf("browser")})
	if !same(err, tracker.ErrSecondStep) {
		t.Errorf("the answer is %v", err)
	}
	if fingerprint(t, d.db) != before {
		t.Error("something was written")
	}
}

// passwordChanges are the ways to another password. The store that they get is
// not the test's own, so that one of them can wait.
func (d *door) passwordChanges(t testing.TB) map[string]func(*postgres.Store) error {
	t.Helper()
	_, err := d.store.MakePasswordLink(t.Context(), d.coordinator, d.person(t, d.staff), hashOf("link"))
	must(t, err)
	return map[string]func(*postgres.Store) error{
		"a change": func(s *postgres.Store) error {
			return s.ChangePassword(context.Background(), d.staff, postgres.NewPassword{
				TokenHash: hashOf(staffEmail), OldHash: hashKept(d.staff), NewHash: "another"})
		},
		"a reset": func(s *postgres.Store) error {
			_, err := s.ResetPassword(context.Background(), tracker.Actor{}, hashOf("link"), "another")
			return err
		},
	}
}

// TestOldPasswordSignsNobodyIn: whoever typed the old password before it was
// changed gets no session afterwards, whole or half.
func TestOldPasswordSignsNobodyIn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a change", "a reset"} {
		d := newDoor(t)
		change := d.passwordChanges(t)[name]
		d.half("too early")
		_, typed, err := d.store.TrySignIn(t.Context(), postgres.SignInTry{Email: staffEmail, Address: office})
		must(t, err)
		must(t, change(d.store))
		before := fingerprint(t, d.db)
		by := tracker.Actor{AccountID: d.staff.AccountID, Address: office}
		err = d.store.StartSession(t.Context(), by, typed, postgres.NewSession{TokenHash: hashOf("thief"), Lifetime: time.Hour, Browser: hashOf("thief's")})
		if !same(err, tracker.ErrNotFound) || fingerprint(t, d.db) != before {
			t.Errorf("%s: the old password is answered %v", name, err)
		}
		d.db.Exec(t, `UPDATE account SET second_step_at = now() WHERE id = $1`, d.staff.AccountID)
		must(t, d.store.HalfSignIn(t.Context(), d.staff.AccountID, typed, hashOf("half"), time.Minute))
		for _, token := range []string{"half", "too early"} {
			if err := d.store.HalfSignedIn(t.Context(), hashOf(token)); !same(err, tracker.ErrNotFound) {
				t.Errorf("%s: half signed in %s: %v", name, token, err)
			}
		}
	}
}

// begin begins a transaction as the owner, which ends with the test.
func (d *door) begin(t testing.TB) pgx.Tx {
	t.Helper()
	tx, err := d.db.Owner.Begin(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// someoneWaits reports whether a statement waits for a lock of another one.
func someoneWaits(t testing.TB, db *pgtest.Database) func() bool {
	return func() bool {
		return db.Count(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}
}

// TestSignInBesideAnAct: a session that has begun and is not committed yet does
// not outlive what ends the account's sessions, and one that begins meanwhile
// waits and sees what has changed.
func TestSignInBesideAnAct(t *testing.T) {
	t.Parallel()
	start := `SELECT * FROM start_session($1, $2, $3, $4, $4::timestamptz + interval '1 hour', '', '', NULL, NULL)`
	acts := map[string]func(d *door) func(*postgres.Store) error{
		"a change": func(d *door) func(*postgres.Store) error { return d.passwordChanges(d.t)["a change"] },
		"a reset":  func(d *door) func(*postgres.Store) error { return d.passwordChanges(d.t)["a reset"] },
		"a second step": func(d *door) func(*postgres.Store) error {
			return func(s *postgres.Store) error {
				return s.EnableSecondStep(context.Background(), d.staff, postgres.NewSecondStep{TokenHash: hashOf(staffEmail), Secret: []byte("x"), Step: 1})
			}
		},
	}
	for name, prepare := range acts {
		d := newDoor(t)
		act, other, ended := prepare(d), d.db.Open(t, pgtest.Options{}), make(chan error, 1)
		signIn := d.begin(t)
		_, err := signIn.Exec(t.Context(), start, d.staff.AccountID, hashKept(d.staff), hashOf("first"), d.now)
		must(t, err)
		go func() { ended <- act(other) }()
		until(t, name+" that waits", someoneWaits(t, d.db))
		must(t, signIn.Commit(t.Context()))
		must(t, <-ended)
		if got := d.alive(t, "first"); len(got) != 0 {
			t.Errorf("%s: the session lives on", name)
		}
	}
	for name, sql := range map[string]string{
		"a password": `UPDATE account SET password_hash = 'another' WHERE id = $1`, "a second step": `UPDATE account SET second_step_at = now() WHERE id = $1`} {
		d := newDoor(t)
		act := d.begin(t)
		_, err := act.Exec(t.Context(), sql, d.staff.AccountID)
		must(t, err)
		ended := make(chan error, 1)
		go func() {
			ended <- d.store.StartSession(context.Background(), tracker.Actor{AccountID: d.staff.AccountID}, hashKept(d.staff),
				postgres.NewSession{TokenHash: hashOf("late"), Lifetime: time.Hour})
		}()
		until(t, "the sign-in", someoneWaits(t, d.db))
		must(t, act.Commit(t.Context()))
		want := map[string]error{"a password": tracker.ErrNotFound, "a second step": tracker.ErrSecondStep}[name]
		if err := <-ended; !same(err, want) {
			t.Errorf("%s that changes meanwhile: %v", name, err)
		}
	}
}

// TestSweepWaitsForNobody: who signs in does not wait for somebody whose session
// that is over is just being ended.
func TestSweepWaitsForNobody(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.db.Exec(t, `UPDATE session SET expires_at = created_at WHERE account_id = $1`, d.leader.AccountID)
	other := d.begin(t)
	_, err := other.Exec(t.Context(), `DELETE FROM session WHERE account_id = $1`, d.leader.AccountID)
	must(t, err)
	d.signInAgain(t, d.staff, "fresh") // waits for ten seconds at most, and fails
	must(t, other.Rollback(t.Context()))
}
