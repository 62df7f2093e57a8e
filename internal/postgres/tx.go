package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// inTx runs fn in a transaction that has named no city, and commits when it
// returns nil.
func (s *Store) inTx(ctx context.Context, o pgx.TxOptions, fn func(tx pgx.Tx) error) error {
	return s.transact(ctx, o, func(tx pgx.Tx) error {
		if s.nested { // an act before it may have named one
			if _, err := tx.Exec(ctx, `SELECT set_config('learningcity.city', '', true)`); err != nil {
				return fmt.Errorf("leave the city: %w", err)
			}
		}
		return fn(tx)
	})
}

// transact is inTx but for the city, which fn must name.
func (s *Store) transact(ctx context.Context, o pgx.TxOptions, fn func(tx pgx.Tx) error) error {
	tx, err := s.begin(ctx, o)
	if err != nil {
		return meaning(fmt.Errorf("begin: %w", err))
	}
	// After a commit this does nothing; a broken connection has rolled back by itself.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(tx); err != nil {
		return meaning(err)
	}
	return meaning(tx.Commit(ctx))
}

// reading gives a page's queries one state of the database to look at.
var reading = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// cityTx is a transaction that has named one city. Row-level security shows it
// that city's rows and no others.
type cityTx struct {
	pgx.Tx
	actor tracker.Actor
	city  tracker.City
	now   time.Time
	today tracker.Date
}

// inCity runs fn in a transaction on the city with the slug, once the actor is
// known to be allowed to do the action to some of it. fn must still ask about
// the entry that it acts on. ErrNotFound is the answer to who may not know that
// the city exists.
func (s *Store) inCity(ctx context.Context, actor tracker.Actor, slug string, action tracker.Action,
	fn func(tx *cityTx) error) error {
	options := pgx.TxOptions{}
	if action == tracker.ReadCity || action == tracker.ReadAudit {
		options = reading
	}
	return s.transact(ctx, options, func(tx pgx.Tx) error {
		city, err := enterCity(ctx, tx, slug)
		if err != nil {
			return err
		}
		now := s.now()
		today, err := todayIn(city, now)
		if err != nil {
			return err
		}
		if err := mayEnter(actor, city, action, today); err != nil {
			return err
		}
		return fn(&cityTx{Tx: tx, actor: actor, city: city, now: now, today: today})
	})
}

func mayEnter(actor tracker.Actor, city tracker.City, action tracker.Action, today tracker.Date) error {
	switch {
	case actor.MayAnywhere(action, city, today):
		return nil
	case actor.MayAnywhere(tracker.ReadCity, city, today), actor.MayAnywhere(tracker.ManageCities, city, today):
		return tracker.ErrForbidden // they know that it exists
	}
	return tracker.ErrNotFound
}

// regionsAbove are the region r and all above it.
const regionsAbove = `
	ARRAY(WITH RECURSIVE above AS (
	        SELECT r.id, r.parent_id
	        UNION -- not ALL: a circle ends
	        SELECT p.id, p.parent_id FROM region p JOIN above ON p.id = above.parent_id)
	      SELECT id FROM above)`

// enterCity reads the city and names it for row-level security, in one query.
func enterCity(ctx context.Context, tx pgx.Tx, slug string) (tracker.City, error) {
	var c tracker.City
	err := tx.QueryRow(ctx, `
		SELECT c.id, c.slug, c.name_vi, c.name_en, c.time_zone, c.language,
		       coalesce(c.demonstration_vi, ''), coalesce(c.demonstration_en, ''),
		       r.name_vi, r.name_en,
		       `+regionsAbove+`,
		       set_config('learningcity.city', c.id::text, true)
		FROM city c JOIN region r ON r.id = c.region_id
		WHERE c.slug = $1`, slug).Scan(
		&c.ID, &c.Slug, &c.Name.VI, &c.Name.EN, &c.TimeZone, &c.Language,
		&c.Demonstration.VI, &c.Demonstration.EN, &c.Province.VI, &c.Province.EN, &c.Regions, nil)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, tracker.ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("read city %q: %w", slug, err)
	}
	return c, nil
}

// zones remembers time zones by name: to load one reads a file.
var zones sync.Map

// ZoneOf returns the city's time zone.
func ZoneOf(city tracker.City) (*time.Location, error) {
	if zone, known := zones.Load(city.TimeZone); known {
		return zone.(*time.Location), nil //nolint:errcheck // the map holds nothing else
	}
	zone, err := time.LoadLocation(city.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone of city %q: %w", city.Slug, err)
	}
	zones.Store(city.TimeZone, zone)
	return zone, nil
}

func todayIn(city tracker.City, now time.Time) (tracker.Date, error) {
	zone, err := ZoneOf(city)
	if err != nil {
		return 0, err
	}
	return tracker.DateOf(now.In(zone)), nil
}
