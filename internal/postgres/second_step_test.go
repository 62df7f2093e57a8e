package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

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
	must(d.t, d.store.HalfSignIn(d.t.Context(), d.staff.AccountID, hashOf(token), 5*time.Minute))
}

func (d *door) pass(token string, proof postgres.Proof) (int, error) {
	d.t.Helper()
	return d.store.PassSecondStep(d.t.Context(), tracker.Actor{Address: office}, hashOf(token), proof,
		postgres.NewSession{TokenHash: hashOf("session " + token), Lifetime: time.Hour})
}

func TestEnableSecondStep(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.signInAgain(t, d.staff, "elsewhere")
	has, err := d.store.AnySecondStep(t.Context())
	if err != nil || has {
		t.Errorf("somebody has one: %v, %v", has, err)
	}
	if _, err := d.store.RecoveryCodesLeft(t.Context(), hashOf(staffEmail)); !same(err, tracker.ErrNotFound) {
		t.Errorf("codes without a second step: %v", err)
	}
	d.equip(t, "staff", d.staff)
	if has, err = d.store.AnySecondStep(t.Context()); err != nil || !has {
		t.Errorf("somebody has one: %v, %v", has, err)
	}
	if got := d.alive(t, staffEmail, "elsewhere", "leader@ha-long.example"); !slices.Equal(got, []string{staffEmail, "leader@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
	actor, err := d.again(t, "staff")
	if err != nil || !actor.SecondStep {
		t.Errorf("their session says %+v, %v", actor, err)
	}
	left, err := d.store.RecoveryCodesLeft(t.Context(), hashOf(staffEmail))
	if err != nil || left != 2 {
		t.Errorf("%d codes are left, %v", left, err)
	}
	before := fingerprint(t, d.db)
	for _, token := range []string{staffEmail, "nobody's"} {
		err := d.store.EnableSecondStep(t.Context(), d.staff, postgres.NewSecondStep{TokenHash: hashOf(token), Secret: []byte("x"), Step: 1})
		if !same(err, tracker.ErrNotFound) {
			t.Errorf("with the session %q: %v", token, err)
		}
	}
	if fingerprint(t, d.db) != before {
		t.Error("something was written")
	}
	if got := d.store.Now(); !got.Equal(d.now) {
		t.Errorf("the clock shows %v", got)
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
	err := d.store.StartSession(t.Context(), tracker.Actor{AccountID: d.staff.AccountID, Address: office},
		postgres.NewSession{TokenHash: hashOf("new"), Lifetime: time.Hour, Before: [][]byte{hashOf(staffEmail)}, Browser: hashOf("browser")})
	if !same(err, tracker.ErrSecondStep) {
		t.Errorf("the answer is %v", err)
	}
	if fingerprint(t, d.db) != before {
		t.Error("something was written")
	}
}

func TestPassSecondStep(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.equip(t, "staff", d.staff)
	if err := d.store.HalfSignedIn(t.Context(), hashOf("half")); !same(err, tracker.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	must(t, d.store.HalfSignIn(t.Context(), d.leader.AccountID, hashOf("leader's"), time.Minute)) // who has none
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
		d.db.Exec(t, `SELECT reset_second_step($1)`, staffEmail)
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

func TestRenewRecoveryCodes(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.equip(t, "staff", w.staff)
	own := func(token string, proof postgres.Proof) postgres.OwnProof {
		return postgres.OwnProof{TokenHash: hashOf(token), Proof: proof}
	}
	codes := [][]byte{hashOf("c"), hashOf("d"), hashOf("e")}
	before := fingerprint(t, w.db)
	for _, wrong := range []postgres.OwnProof{
		own(staffEmail, postgres.Proof{Step: noonStep}), own(staffEmail, postgres.Proof{CodeHash: hashOf("z")}),
		own("nobody's", postgres.Proof{Step: noonStep + 1}), own("leader@ha-long.example", postgres.Proof{CodeHash: hashOf("a")})} {
		if err := w.store.RenewRecoveryCodes(t.Context(), w.staff, wrong, codes); !same(err, tracker.ErrNotFound) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	must(t, w.store.RenewRecoveryCodes(t.Context(), w.staff, own(staffEmail, postgres.Proof{CodeHash: hashOf("a")}), codes))
	if left, err := w.store.RecoveryCodesLeft(t.Context(), hashOf(staffEmail)); err != nil || left != 3 {
		t.Errorf("%d are left, %v", left, err)
	}
	if acts := w.db.Lines(t, `SELECT act FROM audit ORDER BY id DESC LIMIT 2`); !slices.Equal(acts, []string{"new_recovery_codes", "use_recovery_code"}) {
		t.Errorf("acts %q", acts)
	}
}

func TestDisableSecondStep(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.equip(t, "reviewer", w.reviewer)
	token := hashOf("reviewer@ha-long.example")
	actor, err := w.again(t, "reviewer")
	must(t, err)
	right := postgres.OwnProof{TokenHash: token, Proof: postgres.Proof{Step: noonStep + 1}}
	w.db.Exec(t, `UPDATE city SET second_step_required = true`)
	kept, err := w.again(t, "reviewer")
	must(t, err)
	before := fingerprint(t, w.db)
	if err := w.store.DisableSecondStep(t.Context(), kept, right); !same(err, tracker.Invalid("", "second_step.error.required")) {
		t.Errorf("where it is required: %v", err)
	}
	if err := w.store.DisableSecondStep(t.Context(), actor, postgres.OwnProof{TokenHash: token, Proof: postgres.Proof{Step: noonStep}}); !same(err, tracker.ErrNotFound) {
		t.Errorf("with a used code: %v", err)
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	must(t, w.store.DisableSecondStep(t.Context(), actor, right))
	if n := w.db.Count(t, `SELECT (SELECT count(*) FROM second_step) + (SELECT count(*) FROM recovery_code) + (SELECT count(*) FROM account WHERE second_step_at IS NOT NULL)`); n != 0 {
		t.Errorf("%d things are left", n)
	}
	if acts := w.db.Lines(t, `SELECT act || ' ' || subject FROM audit ORDER BY id DESC LIMIT 1`); !slices.Equal(acts, []string{"disable_second_step account reviewer@ha-long.example"}) {
		t.Errorf("acts %q", acts)
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
	if err := w.store.ResetSecondStepOf(t.Context(), w.coordinator, staffEmail); !same(err, tracker.ErrForbidden) {
		t.Errorf("by a coordinator: %v", err)
	}
	for _, email := range []string{"leader@ha-long.example", "nobody@ha-long.example"} {
		if err := w.store.ResetSecondStepOf(t.Context(), tracker.Operator(), email); !same(err, tracker.ErrNotFound) {
			t.Errorf("%s: %v", email, err)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	must(t, w.store.ResetSecondStepOf(t.Context(), tracker.Operator(), staffEmail))
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
