package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// installationTx is a transaction that has named the installation. Row-level
// security shows it what belongs to no city: regions' invitations and roles.
type installationTx struct {
	pgx.Tx
	actor tracker.Actor
	now   time.Time
	today tracker.Date
}

// inInstallation runs fn for an actor who manages cities; others are answered
// ErrForbidden.
func (s *Store) inInstallation(ctx context.Context, actor tracker.Actor, fn func(*installationTx) error) error {
	now := s.now()
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(now)) {
		return tracker.ErrForbidden
	}
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if err := nameInstallation(ctx, tx); err != nil {
			return err
		}
		return fn(&installationTx{tx, actor, now, tracker.DateOf(now)})
	})
}

func nameInstallation(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT set_config('learningcity.installation', 'on', true)`); err != nil {
		return fmt.Errorf("name the installation: %w", err)
	}
	return nil
}

// lock waits for others who do the same kind of act at the same moment. Somebody
// may have shut the actor out meanwhile, so it is asked again whether they may act.
func (tx *installationTx) lock(ctx context.Context, what string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext($1))`, what); err != nil {
		return fmt.Errorf("lock the %s: %w", what, err)
	}
	var err error
	if tx.actor, err = actorAgain(ctx, tx, tx.actor); err != nil {
		return err
	}
	if !tx.actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tx.today) {
		return tracker.ErrForbidden
	}
	return nil
}

// audit writes the record of an act on the installation.
func (tx *installationTx) audit(ctx context.Context, r record) error {
	return audit(ctx, tx, tx.actor, tx.now, r)
}
