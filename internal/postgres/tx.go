package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	defer undo(ctx, func(ctx context.Context) { _ = tx.Rollback(ctx) })
	if err := fn(tx); err != nil {
		return meaning(err)
	}
	return meaning(tx.Commit(ctx))
}

// undoTime is how long a rollback may take. It does not end with the request,
// which may be over, so it needs an end of its own.
const undoTime = 5 * time.Second

func undo(ctx context.Context, rollback func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	rollback(ctx)
}

// reading gives several queries one state of the database to look at.
var reading = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// A visit is an actor in a city, at a moment.
type visit struct {
	actor tracker.Actor
	city  tracker.City
	now   time.Time
	today tracker.Date
	quiet bool // nobody is told
}

// cityTx is a transaction that has named one city. Row-level security shows it
// that city's rows and no others.
type cityTx struct {
	pgx.Tx
	visit
	announced []Event
}

// inCity runs fn in a transaction on the city with the slug, once the actor is
// known to be allowed to do the action to some of it. fn must still ask about
// the entry that it acts on. ErrNotFound is the answer to who may not know that
// the city exists, ErrArchived to whoever would write where that is over. What is
// queued is read when fn begins; see enter.
func (s *Store) inCity(ctx context.Context, actor tracker.Actor, slug string, action tracker.Action,
	fn func(tx *cityTx) error, queued ...func(*pgx.Batch)) error {
	var there cityTx
	act := func(tx pgx.Tx, begin *pgx.Batch) error {
		v, err := s.enter(ctx, tx, begin, actor, slug, action, queued...)
		if err != nil {
			return err
		}
		there = cityTx{Tx: tx, visit: v}
		return fn(&there)
	}
	err := s.conveyed(ctx, act)
	if err == nil {
		s.publish(there.announced...)
	}
	return err
}

// sender is a transaction or a connection.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// enter sends the batch and with it the question for the city, which names it
// for row-level security too. Then it asks whether the actor may do the action
// there. What is queued comes after that; it must call the city current_city(),
// and must not be looked at when there is an error.
func (s *Store) enter(ctx context.Context, to sender, batch *pgx.Batch, actor tracker.Actor, slug string,
	action tracker.Action, queued ...func(*pgx.Batch)) (visit, error) {
	v := visit{actor: actor, now: s.now(), quiet: s.quiet}
	queueCity(batch, actor, slug, &v.city)
	for _, queue := range queued {
		queue(batch)
	}
	if err := v.arrive(to.SendBatch(ctx, batch).Close(), slug); err != nil {
		return v, err
	}
	return v, mayEnter(actor, v.city, action, v.today)
}

// enterUnasked names the city for the transaction. Whether the actor may be
// there is for the caller to ask.
func (s *Store) enterUnasked(ctx context.Context, tx pgx.Tx, actor tracker.Actor, slug string) (*cityTx, error) {
	v := visit{actor: actor, now: s.now(), quiet: s.quiet}
	batch := &pgx.Batch{}
	queueCity(batch, actor, slug, &v.city)
	err := v.arrive(tx.SendBatch(ctx, batch).Close(), slug)
	return &cityTx{Tx: tx, visit: v}, err
}

// arrive finishes what the question for the city began, which ended with err.
func (v *visit) arrive(err error, slug string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return tracker.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("enter city %q: %w", slug, err)
	}
	v.today, err = todayIn(v.city, v.now)
	return err
}

func mayEnter(actor tracker.Actor, city tracker.City, action tracker.Action, today tracker.Date) error {
	living := city
	living.ArchivedOn = 0
	switch {
	case actor.MayAnywhere(action, city, today):
		return nil
	case actor.LacksSecondStep(city, today):
		return tracker.ErrSecondStepMissing
	case actor.MayAnywhere(action, living, today):
		return tracker.ErrArchived
	case actor.MayAnywhere(tracker.ReadCity, city, today), actor.MayAnywhere(tracker.ManageCities, city, today):
		return tracker.ErrForbidden // they know that it exists
	case actor.EndedIn(city, today):
		return tracker.ErrEnded
	}
	return tracker.ErrNotFound
}

// queueCity reads the city and names it for row-level security, and the
// audiences that the actor belongs to there, in one query.
func queueCity(batch *pgx.Batch, actor tracker.Actor, slug string, c *tracker.City) {
	batch.Queue(`
		SELECT c.id, c.slug, c.name_vi, c.name_en, c.time_zone, c.language, c.second_step_required,
		       coalesce(c.demonstration_vi, ''), coalesce(c.demonstration_en, ''),
		       r.name_vi, r.name_en, r.path, c.version, c.archived_on,
		       CASE WHEN c.version > 1 THEN city_past(c.id) END,
		       set_config('learningcity.city', c.id::text, true), set_config('learningcity.audiences', $2, true)
		FROM city c JOIN region r ON r.id = c.region_id
		WHERE c.slug = $1`, slug, audiencesText(actor.AudiencesAt(slug))).QueryRow(func(row pgx.Row) error {
		var past []byte
		err := row.Scan(&c.ID, &c.Slug, &c.Name.VI, &c.Name.EN, &c.TimeZone, &c.Language, &c.SecondStepRequired,
			&c.Demonstration.VI, &c.Demonstration.EN, &c.Province.VI, &c.Province.EN, &c.Regions, &c.Version, &c.ArchivedOn, &past, nil, nil)
		if err == nil && past != nil {
			c.Past, err = readPast(past)
		}
		return err
	})
}

// audiencesText writes them as current_audiences reads them.
func audiencesText(all []tracker.Audience) string {
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = string(a)
	}
	return strings.Join(words, ",")
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
