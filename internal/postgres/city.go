package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// CreateCity makes a city in the region that its Province names, and the
// region where it is missing, and returns its id. It takes an actor who manages
// cities and a city that passes its Check, and answers *InvalidError slug where
// the address is taken.
func (s *Store) CreateCity(ctx context.Context, actor tracker.Actor, c tracker.City) (int64, error) {
	now := s.now()
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(now)) {
		return 0, tracker.ErrForbidden
	}
	// Two names mean something to Go and nothing to PostgreSQL.
	_, zoneErr := ZoneOf(c)
	if err := c.Check(zoneErr == nil && c.TimeZone != "" && c.TimeZone != "Local"); err != nil {
		return 0, err
	}
	err := s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		region, err := regionNamed(ctx, tx, c.Province)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO city (region_id, slug, name_vi, name_en, time_zone, language, demonstration_vi, demonstration_en)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			region, c.Slug, c.Name.VI, c.Name.EN, c.TimeZone, c.Language,
			nullText(c.Demonstration.VI), nullText(c.Demonstration.EN)).Scan(&c.ID)
		if err != nil {
			return atField("slug", "city_slug_once", fmt.Errorf("insert city %q: %w", c.Slug, err))
		}
		return audit(ctx, tx, actor, now, record{act: "create_city", subject: "city " + c.Slug, after: c})
	})
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

// regionNamed finds the region or makes it; two at once make one.
func regionNamed(ctx context.Context, tx pgx.Tx, name tracker.Text) (int64, error) {
	_, err := tx.Exec(ctx, `
		INSERT INTO region (name_vi, name_en) VALUES ($1, $2)
		ON CONFLICT ON CONSTRAINT region_name_once DO NOTHING`, name.VI, name.EN)
	if err != nil {
		return 0, fmt.Errorf("make region %q: %w", name.VI, err)
	}
	var id int64
	err = tx.QueryRow(ctx, `SELECT id FROM region WHERE parent_id IS NULL AND name_vi = $1`, name.VI).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("find region %q: %w", name.VI, err)
	}
	return id, nil
}

// Cities lists the cities that the actor may read today, by name; nothing else
// of them than what stands in the list.
func (s *Store) Cities(ctx context.Context, actor tracker.Actor) ([]tracker.City, error) {
	var cities []tracker.City
	err := s.inTx(ctx, reading, func(tx pgx.Tx) error {
		mentioned, err := mentionedCities(ctx, tx, actor)
		if err != nil {
			return err
		}
		now := s.now()
		for _, city := range mentioned {
			today, err := todayIn(city, now)
			if err != nil {
				return err
			}
			if actor.MayAnywhere(tracker.ReadCity, city, today) {
				cities = append(cities, city)
			}
		}
		return nil
	})
	return cities, err
}

// AllCities lists every city by name, with its slug and its province and
// nothing else of it, for an actor who manages cities. Others are answered
// ErrForbidden.
func (s *Store) AllCities(ctx context.Context, actor tracker.Actor) ([]tracker.City, error) {
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(s.now())) {
		return nil, tracker.ErrForbidden
	}
	rows, err := s.query.Query(ctx, `
		SELECT c.slug, c.name_vi, c.name_en, r.name_vi, r.name_en
		FROM city c JOIN region r ON r.id = c.region_id
		ORDER BY c.name_vi COLLATE "vi-x-icu", c.slug`)
	if err != nil {
		return nil, meaning(fmt.Errorf("list all cities: %w", err))
	}
	cities, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.City, error) {
		var c tracker.City
		return c, row.Scan(&c.Slug, &c.Name.VI, &c.Name.EN, &c.Province.VI, &c.Province.EN)
	})
	if err != nil {
		return nil, meaning(fmt.Errorf("list all cities: %w", err))
	}
	return cities, nil
}

// mentionedCities are those of the actor's memberships, whatever those allow.
// Whether one requires a second step is left out: it stays in the list, and its
// page says what to do.
func mentionedCities(ctx context.Context, tx pgx.Tx, actor tracker.Actor) ([]tracker.City, error) {
	ids, regions := []int64{}, []int64{}
	for _, m := range actor.Memberships {
		ids, regions = append(ids, m.CityID), append(regions, m.RegionID)
	}
	rows, err := tx.Query(ctx, `
		SELECT c.id, c.slug, c.name_vi, c.name_en, r.name_vi, r.name_en, c.time_zone, r.path
		FROM city c JOIN region r ON r.id = c.region_id
		WHERE c.id = ANY ($1) OR r.path && $2
		ORDER BY c.name_vi COLLATE "vi-x-icu", c.slug`, ids, regions)
	if err != nil {
		return nil, fmt.Errorf("list the cities: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.City, error) {
		var c tracker.City
		return c, row.Scan(&c.ID, &c.Slug, &c.Name.VI, &c.Name.EN, &c.Province.VI, &c.Province.EN, &c.TimeZone, &c.Regions)
	})
}

// Empty reports whether the database holds no city and no account yet.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var empty bool
	err := s.query.QueryRow(ctx, `
		SELECT NOT EXISTS (SELECT FROM city) AND NOT EXISTS (SELECT id FROM account)`).Scan(&empty)
	if err != nil {
		return false, meaning(fmt.Errorf("look whether the database is empty: %w", err))
	}
	return empty, nil
}

// Demonstration returns the provenance note of the installation's
// demonstration city; empty where there is none.
func (s *Store) Demonstration(ctx context.Context) (tracker.Text, error) {
	var t tracker.Text
	err := s.query.QueryRow(ctx, `
		SELECT demonstration_vi, demonstration_en FROM city
		WHERE demonstration_vi IS NOT NULL ORDER BY id LIMIT 1`).Scan(&t.VI, &t.EN)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, nil
	}
	if err != nil {
		return t, meaning(fmt.Errorf("read the provenance of the demonstration: %w", err))
	}
	return t, nil
}
