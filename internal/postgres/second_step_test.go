package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

const noonStep = 58053240 // a half minute

// equip gives the person a second step with the recovery codes "a" and "b".
func (w *town) equip(t testing.TB, name string, actor tracker.Actor) {
	t.Helper()
	must(t, w.store.EnableSecondStep(t.Context(), actor, postgres.NewSecondStep{
		TokenHash: hashOf(name + "@" + w.slug + ".example"), Secret: []byte("sealed " + name), Step: noonStep,
		Codes: [][]byte{hashOf("a"), hashOf("b")}}))
}

// half begins a half sign-in of the staff.
func (d *door) half(token string) {
	d.t.Helper()
	must(d.t, d.store.HalfSignIn(d.t.Context(), d.staff.AccountID, hashKept(d.staff), hashOf(token), 5*time.Minute))
}

func (d *door) pass(token string, proof postgres.Proof) (int, error) {
	d.t.Helper()
	return d.store.PassSecondStep(d.t.Context(), tracker.Actor{Address: office}, hashOf(token), proof,
		postgres.NewSession{TokenHash: hashOf("session " + token), Lifetime: time.Hour})
}

func TestPassSecondStep(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	if err := d.store.HalfSignedIn(t.Context(), hashOf("half")); !same(err, tracker.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	must(t, d.store.HalfSignIn(t.Context(), d.leader.AccountID, hashKept(d.leader), hashOf("leader's"), time.Minute)) // who has none
	if err := d.store.HalfSignedIn(t.Context(), hashOf("leader's")); !same(err, tracker.ErrNotFound) {
		t.Errorf("without a second step: %v", err)
	}
	d.half("half")
	d.half("another")
	must(t, d.store.HalfSignedIn(t.Context(), hashOf("half")))
	kept, err := d.store.TrySecondStep(t.Context(), hashOf("half"), nil)
	if err != nil || kept.AccountID != d.staff.AccountID || !bytes.Equal(kept.Secret, []byte("sealed staff")) {
		t.Errorf("to compare with: %+v, %v", kept, err)
	}
	for name, proof := range map[string]postgres.Proof{
		"the same half minute": {Step: noonStep}, "an older one": {Step: noonStep - 1}, "no recovery code of theirs": {CodeHash: hashOf("c")}} {
		before := fingerprint(t, d.db)
		if _, err := d.pass("half", proof); !same(err, tracker.ErrNotFound) || fingerprint(t, d.db) != before {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := d.pass("half", postgres.Proof{Step: noonStep + 1})
	if err != nil || left != 2 || len(d.alive(t, "session half")) != 1 {
		t.Errorf("the next one: %d left, %v", left, err)
	}
	if n := d.db.Count(t, `SELECT count(*) FROM half_sign_in`) + d.db.Count(t, `SELECT count(*) FROM sign_in_counter`); n != 0 {
		t.Errorf("%d half sign-ins and counters are left", n)
	}
	d.half("third")
	if left, err = d.pass("third", postgres.Proof{CodeHash: hashOf("a")}); err != nil || left != 1 {
		t.Errorf("a recovery code: %d left, %v", left, err)
	}
	d.half("fourth")
	if _, err = d.pass("fourth", postgres.Proof{CodeHash: hashOf("a")}); !same(err, tracker.ErrNotFound) {
		t.Errorf("used twice: %v", err)
	}
	// A clock that ran far ahead has been put back.
	d.db.Exec(t, `UPDATE second_step SET last_step = last_step + 100`)
	if _, err = d.pass("fourth", postgres.Proof{Step: noonStep + 2}); err != nil {
		t.Errorf("after the clock was put back: %v", err)
	}
	acts := d.db.Lines(t, `SELECT act FROM audit WHERE account_id = $1 AND address = $2 ORDER BY id`, d.staff.AccountID, office)
	if got := strings.Join(acts, " "); got != "sign_in use_recovery_code sign_in sign_in" {
		t.Errorf("audit: %s", got)
	}
}

// TestCodeUsedTwiceAtOnce: one wins, of a code and of a recovery code.
func TestCodeUsedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, proof := range []postgres.Proof{{Step: noonStep + 1}, {CodeHash: hashOf("a")}} {
		d.db.Exec(t, `SELECT take_second_step(id) FROM account WHERE email = $1`, staffEmail)
		d.db.Exec(t, `DELETE FROM session WHERE account_id = $1`, d.staff.AccountID)
		d.signInAgain(t, d.staff, staffEmail)
		d.equip(t, "staff", d.staff)
		for _, token := range []string{"0", "1", "2", "3"} {
			d.half(token)
		}
		errs := atOnce(t, d.db, 4, func(i int, s *postgres.Store) error {
			token := string(rune('0' + i))
			_, err := s.PassSecondStep(context.Background(), tracker.Actor{Address: office}, hashOf(token), proof,
				postgres.NewSession{TokenHash: hashOf("session " + token), Lifetime: time.Hour})
			return err
		})
		if count(errs, nil) != 1 || count(errs, tracker.ErrNotFound) != 3 {
			t.Errorf("%+v: answers are %v", proof, errs)
		}
	}
}

// TestTrySecondStep: each try counts before it is looked at; a browser that the
// account knows is counted apart; a wait is not counted, and ends.
func TestTrySecondStep(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	d.db.Exec(t, `INSERT INTO known_browser VALUES ($1, $2, $3)`, d.staff.AccountID, hashOf("known"), d.now)
	d.half("half")
	try := func(browser []byte) time.Duration {
		t.Helper()
		_, err := d.store.TrySecondStep(t.Context(), hashOf("half"), browser)
		var wait *tracker.WaitError
		if errors.As(err, &wait) {
			return wait.For
		}
		must(t, err)
		return 0
	}
	for i := range 5 {
		d.expect("a free try", try(hashOf(string(rune('a'+i)))), 0) // unknown browsers share one counter
	}
	d.expect("the sixth", try(nil), 30*time.Second)
	d.expect("not counted", try(nil), 30*time.Second)
	d.expect("a known browser", try(hashOf("known")), 0)
	d.expect("signing in with the password", d.wrong(staffEmail, stranger, nil), 0)
	d.now = d.now.Add(30 * time.Second)
	d.expect("after the wait", try(nil), 0)
	d.expect("twice as long", try(nil), time.Minute)
	d.now = d.now.Add(-time.Hour) // the clock is put back
	d.expect("not for the time between", try(nil), time.Minute)
	_, err := d.store.TrySecondStep(t.Context(), hashOf("nobody's"), nil)
	if !same(err, tracker.ErrNotFound) {
		t.Errorf("without a half sign-in: %v", err)
	}
	own := func(token string) error {
		_, err := d.store.TryOwnSecondStep(t.Context(), hashOf(token), hashOf("known"))
		return err
	}
	if err := own(staffEmail); err != nil {
		t.Errorf("signed in: %v", err)
	}
	if err := own("half"); !same(err, tracker.ErrNotFound) {
		t.Errorf("half signed in is not signed in: %v", err)
	}
	if err := own("leader@ha-long.example"); !same(err, tracker.ErrNotFound) {
		t.Errorf("who has none: %v", err)
	}
	if _, err := d.store.TrySecondStep(t.Context(), hashOf(staffEmail), nil); !same(err, tracker.ErrNotFound) {
		t.Errorf("a session is no half sign-in: %v", err)
	}
}

// TestHalfSignInIsOver: after its time, for a disabled account, when the
// password changes; the next one sweeps it away.
func TestHalfSignInIsOver(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	for _, sql := range []string{
		`UPDATE account SET disabled_at = now() WHERE id = $1`, `UPDATE account SET password_hash = 'new' WHERE id = $1`, `UPDATE half_sign_in SET expires_at = created FROM (SELECT timestamptz '2025-03-10 05:00Z' AS created) c WHERE account_id = $1`} {
		d.half("half")
		d.db.Exec(t, sql, d.staff.AccountID)
		if err := d.store.HalfSignedIn(t.Context(), hashOf("half")); !same(err, tracker.ErrNotFound) {
			t.Errorf("%s: %v", sql, err)
		}
		if _, err := d.store.TrySecondStep(t.Context(), hashOf("half"), nil); !same(err, tracker.ErrNotFound) {
			t.Errorf("%s, tried: %v", sql, err)
		}
		if _, err := d.pass("half", postgres.Proof{CodeHash: hashOf("a")}); !same(err, tracker.ErrNotFound) {
			t.Errorf("%s, passed: %v", sql, err)
		}
		d.db.Exec(t, `UPDATE account SET disabled_at = NULL, password_hash = '$argon2id$staff' WHERE id = $1`, d.staff.AccountID)
		d.db.Exec(t, `UPDATE half_sign_in SET token_hash = sha256(random()::text::bytea), expires_at = $1`, d.now.Add(time.Minute))
		d.now = d.now.Add(time.Minute)
	}
	d.half("last")
	if n := d.db.Count(t, `SELECT count(*) FROM half_sign_in`); n != 1 {
		t.Errorf("%d are kept", n)
	}
}

// TestResetSecondStepRefuses: what a coordinator may not, as with links for a
// new password.
func TestResetSecondStepRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	for name, actor := range map[string]tracker.Actor{
		"staff": w.staff, "second": w.second, "leader": w.leader, "reviewer": w.reviewer, "coordinator": w.coordinator, "end": w.end} {
		w.equip(t, name, actor)
	}
	for name, sql := range map[string]string{
		"second":   `INSERT INTO membership (account_id, role) VALUES ($1, 'admin')`,
		"leader":   `INSERT INTO membership (account_id, role, region_id) SELECT $1, 'overseer', id FROM region`,
		"reviewer": `INSERT INTO membership (account_id, role, city_id, ends_on) SELECT $1, 'expert', id, '2020-03-09' FROM city WHERE slug = 'hue'`,
		"end":      `UPDATE account SET disabled_at = now() WHERE id = $1`,
	} {
		db.Exec(t, sql, db.Count(t, `SELECT id FROM account WHERE email = $1`, name+"@ha-long.example"))
	}
	elsewhere := tracker.Invalid("", "people.error.second_step_elsewhere")
	for _, tt := range []struct {
		name    string
		by, who tracker.Actor
		want    error
	}{
		{"an admin", w.coordinator, w.second, elsewhere},
		{"an overseer", w.coordinator, w.leader, elsewhere},
		{"who was an expert of another city", w.coordinator, w.reviewer, elsewhere},
		{"a locked account", w.coordinator, w.end, tracker.Invalid("", "people.error.second_step_locked")},
		{"who has none", w.coordinator, w.other, tracker.Invalid("", "people.error.no_second_step")},
		{"oneself", w.coordinator, w.coordinator, tracker.Invalid("", "people.error.own_second_step")},
		{"by staff", w.staff, w.staff, tracker.ErrForbidden},
		{"by who manages cities", tracker.Operator(), w.staff, tracker.ErrForbidden},
		{"by another city's coordinator", hue.coordinator, w.staff, tracker.ErrNotFound},
		{"who has nothing elsewhere", w.coordinator, w.staff, nil},
	} {
		before := fingerprint(t, db)
		err := w.store.ResetSecondStep(t.Context(), tt.by, w.person(t, tt.who))
		if !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if written := fingerprint(t, db) != before; written != (tt.want == nil) {
			t.Errorf("%s: something was written: %v", tt.name, written)
		}
	}
	if got := w.alive(t, staffEmail, "coordinator@ha-long.example"); !slices.Equal(got, []string{"coordinator@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
}

func TestResetSecondStepOf(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.equip(t, "staff", w.staff)
	before := fingerprint(t, w.db)
	for _, email := range []string{"leader@ha-long.example", "nobody@ha-long.example"} {
		if err := postgres.ResetSecondStepOf(t.Context(), w.db.OwnerURL, email, pgtest.Now); !same(err, tracker.ErrNotFound) {
			t.Errorf("%s: %v", email, err)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	must(t, postgres.ResetSecondStepOf(t.Context(), w.db.OwnerURL, staffEmail, pgtest.Now))
	if got := w.alive(t, staffEmail, "leader@ha-long.example"); !slices.Equal(got, []string{"leader@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
	if acts := w.db.Lines(t, `SELECT concat_ws(' ', act, subject, account_id, city_id) FROM audit ORDER BY id DESC LIMIT 1`); !slices.Equal(acts, []string{"reset_second_step account staff@ha-long.example"}) {
		t.Errorf("acts %q", acts)
	}
}

// TestRequireSecondStep: in the transaction, whoever asked before: what the
// session knew when the request began does not count.
func TestRequireSecondStep(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	w.equip(t, "coordinator", w.coordinator)
	coordinator, err := w.again(t, "coordinator")
	must(t, err)
	before := fingerprint(t, db)
	for name, tt := range map[string]struct {
		by   tracker.Actor
		want error
	}{
		"without one": {w.coordinator, tracker.Invalid("", "second_step.error.own_first")}, "a reviewer": {w.reviewer, tracker.ErrForbidden},
		"who manages cities": {tracker.Operator(), tracker.ErrForbidden}, "another city's": {hue.coordinator, tracker.ErrNotFound}} {
		if err := w.store.RequireSecondStep(t.Context(), tt.by, w.slug, true); !same(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, w.store.RequireSecondStep(t.Context(), coordinator, w.slug, false)) // as it is
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	must(t, w.store.RequireSecondStep(t.Context(), coordinator, w.slug, true))
	if got := db.Lines(t, `SELECT slug FROM city WHERE second_step_required`); !slices.Equal(got, []string{"ha-long"}) {
		t.Errorf("it is required by %q", got)
	}
	before = fingerprint(t, db)
	for name, err := range map[string]error{
		"a claim":   w.store.ChangeClaim(t.Context(), w.end, w.ref(t, measured), tracker.ClaimAchieved, "", 0, false),
		"a verdict": w.store.Accept(t.Context(), w.reviewer, w.ref(t, measured), ""),
		"a page":    second(w.store.Overview(t.Context(), w.reviewer, w.slug, 0, 0)),
		"people":    second(w.store.People(t.Context(), w.coordinator, w.slug)),
	} {
		want := tracker.ErrSecondStepMissing
		if name == "a claim" { // whose role is over anyway
			want = tracker.ErrEnded
		}
		if !same(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	for name, err := range map[string]error{
		"the coordinator with one": second(w.store.People(t.Context(), coordinator, w.slug)),
		"a leader":                 second(w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)),
		"the other city's":         second(hue.store.Overview(t.Context(), hue.reviewer, hue.slug, 0, 0)),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	people, err := w.store.People(t.Context(), coordinator, w.slug)
	must(t, err)
	for _, one := range people.All {
		if one.SecondStep != (one.AccountID == coordinator.AccountID) {
			t.Errorf("%s: second step is %v", one.Email, one.SecondStep)
		}
	}
	must(t, w.store.RequireSecondStep(t.Context(), coordinator, w.slug, false))
	must(t, second(w.store.Overview(t.Context(), w.reviewer, w.slug, 0, 0)))
}

func second[T any](_ T, err error) error { return err }

// TestPasswordChangesBeforeTheCode: who passes the second step while the
// password changes waits, and gets no session.
func TestPasswordChangesBeforeTheCode(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	d.half("half")
	change := d.begin(t)
	_, err := change.Exec(t.Context(), `UPDATE account SET password_hash = 'another' WHERE id = $1`, d.staff.AccountID)
	must(t, err)
	ended := make(chan error, 1)
	go func() {
		_, err := d.store.PassSecondStep(context.Background(), tracker.Actor{}, hashOf("half"), postgres.Proof{Step: noonStep + 1},
			postgres.NewSession{TokenHash: hashOf("late"), Lifetime: time.Hour})
		ended <- err
	}()
	until(t, "the sign-in", someoneWaits(t, d.db))
	must(t, change.Commit(t.Context()))
	if err := <-ended; !same(err, tracker.ErrNotFound) || len(d.alive(t, "late")) != 0 {
		t.Errorf("the code is answered %v", err)
	}
}

// TestSecondStepsAtOnce: all that is done with a second step, and signing in,
// wait for one another in one order only.
func TestSecondStepsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	for range 5 {
		d.half("half")
		codes := [][]byte{hashOf("a"), hashOf("b")}
		own := postgres.OwnProof{TokenHash: hashOf(staffEmail), Proof: postgres.Proof{CodeHash: hashOf("a")}}
		errs := atOnce(t, d.db, 6, func(i int, s *postgres.Store) error {
			switch i {
			case 0:
				_, err := s.PassSecondStep(context.Background(), tracker.Actor{Address: office}, hashOf("half"), postgres.Proof{CodeHash: hashOf("b")},
					postgres.NewSession{TokenHash: hashOf("new"), Lifetime: time.Hour})
				return err
			case 1:
				return s.RenewRecoveryCodes(context.Background(), d.staff, own, codes)
			case 2:
				actor := d.staff
				actor.SecondStep = true
				return s.DisableSecondStep(context.Background(), actor, own)
			case 3:
				_, err := s.TrySecondStep(context.Background(), hashOf("half"), nil)
				return err
			case 4:
				_, _, err := s.TrySignIn(context.Background(), postgres.SignInTry{Email: staffEmail, Address: office})
				return err
			}
			return s.EnableSecondStep(context.Background(), d.staff, postgres.NewSecondStep{
				TokenHash: hashOf(staffEmail), Secret: []byte("x"), Step: noonStep, Codes: codes})
		})
		for i, err := range errs {
			if err != nil && !same(err, tracker.ErrNotFound) {
				t.Errorf("act %d: %v", i, err)
			}
		}
		d.db.Exec(t, `SELECT take_second_step(id) FROM account WHERE id = $1`, d.staff.AccountID)
		d.db.Exec(t, `DELETE FROM sign_in_counter`)
		d.signInAgain(t, d.staff, staffEmail)
		d.equip(t, "staff", d.staff)
	}
}

// TestResetSecondStepFunction: in the database too, only in the city that is
// named, of its people, who have and had no role elsewhere.
func TestResetSecondStepFunction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	w.equip(t, "staff", w.staff)
	w.equip(t, "leader", w.leader)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id, ends_on, disabled_at) VALUES ($1, 'expert', $2, '2020-03-09', now())`, w.leader.AccountID, hue.id)
	for _, tt := range []struct {
		name, email string
		city        int64
		resets      int
	}{
		{"no city", staffEmail, 0, 0}, {"another city", staffEmail, hue.id, 0}, {"nobody", "nobody@ha-long.example", w.id, 0},
		{"who was elsewhere", "leader@ha-long.example", w.id, 0}, {"who was elsewhere, there", "leader@ha-long.example", hue.id, 0},
		{"who has none", "other@ha-long.example", w.id, 0}, {"one of its people", staffEmail, w.id, 1},
	} {
		asApp(t, db, tt.city, func(tx pgx.Tx) {
			if n := seen(t, tx, `SELECT count(reset_second_step($1))`, tt.email); n != tt.resets {
				t.Errorf("%s: %d were reset", tt.name, n)
			}
		})
	}
}
