package postgres_test

import (
	"slices"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

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
