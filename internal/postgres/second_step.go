package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// SecondStep is what a code is compared with.
type SecondStep struct {
	AccountID int64
	Secret    []byte // enciphered; the key is not in the database
}

// Proof is the code that was right: the half minute since 1970 that it is of, or
// the SHA-256 of a recovery code.
type Proof struct {
	Step     int64
	CodeHash []byte // nil for the code of a half minute
}

// step is the half minute, null for a recovery code.
func (p Proof) step() *int64 {
	if p.CodeHash != nil {
		return nil
	}
	return &p.Step
}

// AnySecondStep reports whether somebody has a second step, so that the key of
// the secrets must be there.
func (s *Store) AnySecondStep(ctx context.Context) (bool, error) {
	var has bool
	err := s.query.QueryRow(ctx, `SELECT EXISTS (SELECT id FROM account WHERE second_step_at IS NOT NULL)`).Scan(&has)
	if err != nil {
		return false, meaning(fmt.Errorf("look for second steps: %w", err))
	}
	return has, nil
}

// HalfSignIn remembers that the account's password was right. The token, of
// which it gets the SHA-256, opens nothing but TrySecondStep and
// PassSecondStep, for a while and while the password stays. What TrySignIn
// counted stays until then.
func (s *Store) HalfSignIn(ctx context.Context, account int64, tokenHash []byte, lifetime time.Duration) error {
	now := s.now()
	err := s.query.QueryRow(ctx, `SELECT begin_half_sign_in($1, $2, $3, $4)`, account, tokenHash, now, now.Add(lifetime)).Scan(nil)
	if err != nil {
		return meaning(fmt.Errorf("begin a half sign-in: %w", err))
	}
	return nil
}

// HalfSignedIn answers ErrNotFound where the half sign-in is over.
func (s *Store) HalfSignedIn(ctx context.Context, tokenHash []byte) error {
	var account *int64
	if err := s.query.QueryRow(ctx, `SELECT half_signed_in($1, $2)`, tokenHash, s.now()).Scan(&account); err != nil {
		return meaning(fmt.Errorf("look for a half sign-in: %w", err))
	}
	if account == nil {
		return tracker.ErrNotFound
	}
	return nil
}

// TrySecondStep counts the try as a wrong one, before anybody has looked at the
// code, and returns what to compare it with; PassSecondStep takes the count
// back. It answers ErrNotFound where the half sign-in is over and *WaitError
// where there were too many wrong tries; then the try is not counted.
func (s *Store) TrySecondStep(ctx context.Context, tokenHash, browser []byte) (SecondStep, error) {
	return s.trySecondStep(ctx, `SELECT wait, account_id, secret FROM try_second_step($1, $2, $3)`, tokenHash, browser)
}

// TryOwnSecondStep is TrySecondStep for who is signed in and has the session.
func (s *Store) TryOwnSecondStep(ctx context.Context, tokenHash, browser []byte) (SecondStep, error) {
	return s.trySecondStep(ctx, `SELECT wait, account_id, secret FROM try_own_second_step($1, $2, $3)`, tokenHash, browser)
}

func (s *Store) trySecondStep(ctx context.Context, sql string, tokenHash, browser []byte) (SecondStep, error) {
	var wait time.Duration
	var account *int64
	var step SecondStep
	err := s.query.QueryRow(ctx, sql, tokenHash, browser, s.now()).Scan(&wait, &account, &step.Secret)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return SecondStep{}, tracker.ErrNotFound
	case err != nil:
		return SecondStep{}, meaning(fmt.Errorf("count a try of a second step: %w", err))
	case wait > 0:
		return SecondStep{}, &tracker.WaitError{For: wait}
	}
	step.AccountID = *account
	return step, nil
}

// PassSecondStep ends the half sign-in with the code that was right and starts
// the session, as StartSession does. It returns how many recovery codes are
// left. ErrNotFound: the half sign-in is over, or the code was used before.
func (s *Store) PassSecondStep(ctx context.Context, actor tracker.Actor, tokenHash []byte, proof Proof, n NewSession) (left int, err error) {
	now := s.now()
	err = s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		var email string
		err := tx.QueryRow(ctx, `SELECT account_id, email, codes_left FROM pass_second_step($1, $2, $3, $4, $5)`,
			tokenHash, n.Browser, now, proof.step(), proof.CodeHash).Scan(&actor.AccountID, &email, &left)
		if errors.Is(err, pgx.ErrNoRows) {
			return tracker.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("pass the second step: %w", err)
		}
		before, _, err := insertSession(ctx, tx, actor, now, n)
		if err != nil {
			return err
		}
		if err := auditRecoveryCode(ctx, tx, actor, now, proof, record{
			subject: accountSubject(email), after: map[string]any{"codes_left": left}}); err != nil {
			return err
		}
		return auditSignIn(ctx, tx, actor, now, before)
	})
	return left, err
}

// auditRecoveryCode records the use of a recovery code; a code of the app is
// part of what it was typed for.
func auditRecoveryCode(ctx context.Context, tx pgx.Tx, actor tracker.Actor, now time.Time, proof Proof, r record) error {
	if proof.CodeHash == nil {
		return nil
	}
	return audit(ctx, tx, actor, now, record{act: "use_recovery_code", subject: r.subject, after: r.after})
}

// RecoveryCodesLeft counts the recovery codes of who has the session. It
// answers ErrNotFound where they have no second step.
func (s *Store) RecoveryCodesLeft(ctx context.Context, tokenHash []byte) (int, error) {
	var left *int
	if err := s.query.QueryRow(ctx, `SELECT own_recovery_codes($1, $2)`, tokenHash, s.now()).Scan(&left); err != nil {
		return 0, meaning(fmt.Errorf("count the recovery codes: %w", err))
	}
	if left == nil {
		return 0, tracker.ErrNotFound
	}
	return *left, nil
}

// NewSecondStep is a second step that begins to count.
type NewSecondStep struct {
	TokenHash []byte // of the session
	Secret    []byte // enciphered
	Step      int64  // of the code that confirmed it, which is used up
	Codes     [][]byte
	Browser   []byte
}

// EnableSecondStep gives the person a second step. Their other sessions end, and
// what TrySignIn counted when the password was asked for is taken back.
// ErrNotFound is the answer where they have one already.
func (s *Store) EnableSecondStep(ctx context.Context, actor tracker.Actor, n NewSecondStep) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		err := ownAct(ctx, tx, `SELECT enable_own_second_step($1, $2, $3, $4, $5)`, n.TokenHash, now, n.Secret, n.Step, n.Codes)
		if err != nil {
			return err
		}
		if err := takeTryBack(ctx, tx, actor, n.Browser, now); err != nil {
			return err
		}
		return audit(ctx, tx, actor, now, record{act: "enable_second_step", subject: accountSubject(actor.Email)})
	})
}

// takeTryBack takes back what TrySignIn counted where a right password was
// asked for again.
func takeTryBack(ctx context.Context, tx pgx.Tx, actor tracker.Actor, browser []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `SELECT settle_sign_in($1, $2, $3, NULL, $4)`, actor.AccountID, tracker.Network(actor.Address), browser, now)
	if err != nil {
		return fmt.Errorf("take the try back: %w", err)
	}
	return nil
}

// OwnProof is a code that was right, of who has the session.
type OwnProof struct {
	TokenHash, Browser []byte
	Proof              Proof
}

// RenewRecoveryCodes puts new recovery codes in place of all that were left.
// ErrNotFound: the person has no second step, or the code was used before.
func (s *Store) RenewRecoveryCodes(ctx context.Context, actor tracker.Actor, own OwnProof, codes [][]byte) error {
	return s.withProof(ctx, actor, own, "new_recovery_codes", func(tx pgx.Tx, now time.Time) error {
		return ownAct(ctx, tx, `SELECT renew_own_recovery_codes($1, $2, $3, $4, $5, $6)`,
			own.TokenHash, own.Browser, now, own.Proof.step(), own.Proof.CodeHash, codes)
	})
}

// DisableSecondStep takes the person's second step away; that they may go
// without is for tracker to decide. Errors as for RenewRecoveryCodes.
func (s *Store) DisableSecondStep(ctx context.Context, actor tracker.Actor, own OwnProof) error {
	if err := actor.DisableSecondStep(); err != nil {
		return err
	}
	return s.withProof(ctx, actor, own, "disable_second_step", func(tx pgx.Tx, now time.Time) error {
		err := ownAct(ctx, tx, `SELECT disable_own_second_step($1, $2, $3, $4, $5)`,
			own.TokenHash, own.Browser, now, own.Proof.step(), own.Proof.CodeHash)
		if err != nil {
			return err
		}
		return takeTryBack(ctx, tx, actor, own.Browser, now)
	})
}

// withProof runs an act that uses a code up, and records it.
func (s *Store) withProof(ctx context.Context, actor tracker.Actor, own OwnProof, act string, fn func(pgx.Tx, time.Time) error) error {
	now := s.now()
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := fn(tx, now); err != nil {
			return err
		}
		subject := accountSubject(actor.Email)
		if err := auditRecoveryCode(ctx, tx, actor, now, own.Proof, record{subject: subject}); err != nil {
			return err
		}
		return audit(ctx, tx, actor, now, record{act: act, subject: subject})
	})
}

// ResetSecondStep takes the second step from a person of the city who has lost
// it, and ends their sessions. *InvalidError: they have or had a role
// elsewhere, or it is the actor's own.
func (s *Store) ResetSecondStep(ctx context.Context, actor tracker.Actor, ref PersonRef) error {
	return s.onPerson(ctx, actor, ref, func(tx *cityTx, _ *tracker.People, one tracker.Person) error {
		elsewhere, err := tx.hasRoleElsewhere(ctx, one.AccountID)
		if err != nil {
			return err
		}
		if err := one.ResetSecondStep(actor, elsewhere); err != nil {
			return err
		}
		if err := ownAct(ctx, tx, `SELECT reset_second_step($1)`, one.Email); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "reset_second_step", subject: accountSubject(one.Email)})
	})
}

// ResetSecondStepOf does the same for anybody, for an actor who manages cities.
// It answers ErrNotFound where nobody with the address has a second step.
func (s *Store) ResetSecondStepOf(ctx context.Context, actor tracker.Actor, email string) error {
	now := s.now()
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(now)) {
		return tracker.ErrForbidden
	}
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := ownAct(ctx, tx, `SELECT reset_second_step($1)`, email); err != nil {
			return err
		}
		return audit(ctx, tx, actor, now, record{act: "reset_second_step", subject: accountSubject(email)})
	})
}

// RequireSecondStep says whether the city requires a second step of its
// coordinators and reviewers. Where it did so before, it is no act.
func (s *Store) RequireSecondStep(ctx context.Context, actor tracker.Actor, slug string, required bool) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		if err := actor.MayRequireSecondStep(required); err != nil {
			return err
		}
		var before bool
		if err := tx.QueryRow(ctx, `SELECT require_second_step($1)`, required).Scan(&before); err != nil {
			return fmt.Errorf("require a second step: %w", err)
		}
		if before == required {
			return nil
		}
		return tx.audit(ctx, record{act: "require_second_step", subject: "city " + tx.city.Slug,
			before: map[string]any{"second_step_required": before}, after: map[string]any{"second_step_required": required}})
	})
}
