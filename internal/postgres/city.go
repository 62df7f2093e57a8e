package postgres

import (
	"context"
	"encoding/json"
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
		return audit(ctx, tx, actor, now, record{act: "create_city", subject: citySubject(c.Slug), after: c})
	})
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

// regionNamed finds the region, the highest where several have the name, or
// makes it at the top; two at once make one.
func regionNamed(ctx context.Context, tx pgx.Tx, name tracker.Text) (int64, error) {
	_, err := tx.Exec(ctx, `
		INSERT INTO region (name_vi, name_en) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM region WHERE name_vi = $1)
		ON CONFLICT ON CONSTRAINT region_name_once DO NOTHING`, name.VI, name.EN)
	if err != nil {
		return 0, fmt.Errorf("make region %q: %w", name.VI, err)
	}
	var id int64
	err = tx.QueryRow(ctx, `SELECT id FROM region WHERE name_vi = $1 ORDER BY cardinality(path), id LIMIT 1`, name.VI).Scan(&id)
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

// AllCities lists every city by name, with its slug, its regions and whether it
// is archived and nothing else of it, for an actor who manages cities. Others are answered
// ErrForbidden.
func (s *Store) AllCities(ctx context.Context, actor tracker.Actor) ([]tracker.City, error) {
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(s.now())) {
		return nil, tracker.ErrForbidden
	}
	rows, err := s.query.Query(ctx, `
		SELECT c.id, c.slug, c.name_vi, c.name_en, r.name_vi, r.name_en, r.path, c.archived_on
		FROM city c JOIN region r ON r.id = c.region_id
		ORDER BY c.name_vi COLLATE "vi-x-icu", c.slug`)
	if err != nil {
		return nil, meaning(fmt.Errorf("list all cities: %w", err))
	}
	cities, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.City, error) {
		var c tracker.City
		return c, row.Scan(&c.ID, &c.Slug, &c.Name.VI, &c.Name.EN, &c.Province.VI, &c.Province.EN, &c.Regions, &c.ArchivedOn)
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
		SELECT c.id, c.slug, c.name_vi, c.name_en, r.name_vi, r.name_en, c.time_zone, r.path, c.archived_on,
		       CASE WHEN r.path && $2 THEN (
			SELECT jsonb_agg(jsonb_build_object('id', o.id, 'vi', o.name_vi, 'en', o.name_en) ORDER BY cardinality(o.path))
			FROM region o WHERE o.id = ANY (r.path) AND o.id = ANY ($2)) END
		FROM city c JOIN region r ON r.id = c.region_id
		WHERE c.id = ANY ($1) OR r.path && $2
		ORDER BY c.name_vi COLLATE "vi-x-icu", c.slug`, ids, regions)
	if err != nil {
		return nil, fmt.Errorf("list the cities: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.City, error) {
		var c tracker.City
		var overseen []struct {
			ID     int64
			VI, EN string
		}
		err := row.Scan(&c.ID, &c.Slug, &c.Name.VI, &c.Name.EN, &c.Province.VI, &c.Province.EN, &c.TimeZone, &c.Regions, &c.ArchivedOn, &overseen)
		for _, r := range overseen {
			c.Overseen = append(c.Overseen, tracker.Region{ID: r.ID, Name: tracker.Text{VI: r.VI, EN: r.EN}})
		}
		return c, err
	})
}

// City returns the city for an actor who manages cities.
func (s *Store) City(ctx context.Context, actor tracker.Actor, slug string) (tracker.City, error) {
	var city tracker.City
	err := s.inCity(ctx, actor, slug, tracker.ManageCities, func(tx *cityTx) error {
		city = tx.city
		return nil
	})
	return city, err
}

// FormerCity returns the slug that the city has now whose address the slug was,
// for an actor who may read or manage that city; ErrNotFound for others.
func (s *Store) FormerCity(ctx context.Context, actor tracker.Actor, slug string) (string, error) {
	now, err := slugNow(ctx, s.query, slug)
	if err != nil {
		return "", meaning(err)
	}
	if now == slug {
		return "", tracker.ErrNotFound
	}
	err = s.inCity(ctx, actor, now, tracker.ReadCity, func(*cityTx) error { return nil })
	if errors.Is(err, tracker.ErrForbidden) || errors.Is(err, tracker.ErrEnded) {
		err = nil // they know that it exists, and hear there what they may not
	}
	return now, err
}

// slugNow is the slug that the city has now whose address the slug is or was.
func slugNow(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, slug string) (string, error) {
	var now string
	err := db.QueryRow(ctx, `
		SELECT coalesce((SELECT c.slug FROM former_city f JOIN city c ON c.id = f.city_id WHERE f.slug = $1 LIMIT 1), $1)`, slug).Scan(&now)
	if err != nil {
		return "", fmt.Errorf("look for the former address %q: %w", slug, err)
	}
	return now, nil
}

// CityRef names a city at the version that the form showed.
type CityRef struct {
	Slug    string
	Version int
}

// RenameCity gives the city another name or address from today on. Pages of past
// days keep the name of then, and the old address leads to the new one. Errors
// as for ChangePerson.
func (s *Store) RenameCity(ctx context.Context, actor tracker.Actor, ref CityRef, to tracker.Text, slug string) error {
	return s.onCity(ctx, actor, ref, func(tx *cityTx) error {
		c := tx.city
		if err := c.Rename(to, slug); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO former_city (city_id, version, slug, name_vi, name_en, until_on) VALUES ($1, $2, $3, $4, $5, $6)`,
			c.ID, c.Version, c.Slug, c.Name.VI, c.Name.EN, tx.today)
		if err != nil {
			return fmt.Errorf("keep the name of city %q: %w", c.Slug, err)
		}
		_, err = tx.Exec(ctx, `UPDATE city SET name_vi = $2, name_en = $3, slug = $4, version = version + 1 WHERE id = $1`,
			c.ID, to.VI, to.EN, slug)
		if err != nil {
			return atField("slug", "city_slug_once", fmt.Errorf("rename city %q: %w", c.Slug, err))
		}
		return tx.audit(ctx, record{act: "rename_city", subject: citySubject(c.Slug),
			before: map[string]any{"name": c.Name, "slug": c.Slug}, after: map[string]any{"name": to, "slug": slug}})
	})
}

// MoveCity puts the city into another region, whose overseers read it from then
// on. Errors as for ChangePerson.
func (s *Store) MoveCity(ctx context.Context, actor tracker.Actor, ref CityRef, region int64) error {
	return s.onCity(ctx, actor, ref, func(tx *cityTx) error {
		regions, err := readRegions(ctx, tx)
		if err != nil {
			return err
		}
		to, err := regions.Find(region)
		switch {
		case err != nil:
			return tracker.Invalid("region", "region.error.unknown")
		case region == tx.city.RegionID():
			return tracker.Invalid("region", "city.error.same_region")
		}
		if _, err := tx.Exec(ctx, `UPDATE city SET region_id = $2, version = version + 1 WHERE id = $1`, tx.city.ID, region); err != nil {
			return fmt.Errorf("move city %q: %w", tx.city.Slug, err)
		}
		return tx.audit(ctx, record{act: "move_city", subject: citySubject(tx.city.Slug),
			before: map[string]any{"region": tx.city.Province}, after: map[string]any{"region": to.Name}})
	})
}

// ArchiveCity closes the city to all writing from today on. Who had a role there
// goes on reading. Errors as for ChangePerson.
func (s *Store) ArchiveCity(ctx context.Context, actor tracker.Actor, ref CityRef) error {
	return s.onCity(ctx, actor, ref, func(tx *cityTx) error {
		if err := tx.city.Archive(); err != nil {
			return err
		}
		if err := tx.archive(ctx); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "archive_city", subject: citySubject(tx.city.Slug)})
	})
}

func (tx *cityTx) archive(ctx context.Context) error {
	_, err := tx.Exec(ctx, `UPDATE city SET archived_on = $2, version = version + 1 WHERE id = $1`, tx.city.ID, tx.today)
	if err != nil {
		return fmt.Errorf("archive city %q: %w", tx.city.Slug, err)
	}
	return nil
}

// RestoreCity undoes ArchiveCity. Of a city that was merged or split nobody is
// the successor any more; who went along has both roles. Errors as for
// ChangePerson.
func (s *Store) RestoreCity(ctx context.Context, actor tracker.Actor, ref CityRef) error {
	return s.onCity(ctx, actor, ref, func(tx *cityTx) error {
		if err := tx.city.Restore(); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE city SET archived_on = NULL, version = version + 1 WHERE id = $1`, tx.city.ID)
		if err != nil {
			return fmt.Errorf("restore city %q: %w", tx.city.Slug, err)
		}
		_, err = tx.Exec(ctx, `UPDATE handover SET ended_on = $2 WHERE city_id = $1 AND ended_on IS NULL`, tx.city.ID, tx.today)
		if err != nil {
			return fmt.Errorf("end the handover of city %q: %w", tx.city.Slug, err)
		}
		return tx.audit(ctx, record{act: "restore_city", subject: citySubject(tx.city.Slug)})
	})
}

// onCity runs fn on the city, which no other act on it as a whole changes
// meanwhile.
func (s *Store) onCity(ctx context.Context, actor tracker.Actor, ref CityRef, fn func(*cityTx) error) error {
	return s.inCity(ctx, actor, ref.Slug, tracker.ManageCities, func(tx *cityTx) error {
		var err error
		if tx.city, err = s.lockCity(ctx, tx, ref.Slug); err != nil {
			return err
		}
		if err := tx.knowActorAgain(ctx); err != nil {
			return err
		}
		if err := mayEnter(tx.actor, tx.city, tracker.ManageCities, tx.today); err != nil {
			return err
		}
		if tx.city.Version != ref.Version {
			return tracker.ErrConflict
		}
		return fn(tx)
	})
}

// citySubject names a city in the audit.
func citySubject(slug string) string { return "city " + slug }

// readPast reads what the function city_past wrote.
func readPast(raw []byte) (tracker.CityPast, error) {
	type mark struct {
		Slug, VI, EN string
		On, Until    tracker.Date
	}
	var all struct{ Former, Successors, Predecessors []mark }
	if err := json.Unmarshal(raw, &all); err != nil {
		return tracker.CityPast{}, fmt.Errorf("read the past of a city: %w", err)
	}
	var past tracker.CityPast
	for _, m := range all.Former {
		past.Former = append(past.Former, tracker.FormerName{Name: tracker.Text{VI: m.VI, EN: m.EN}, Until: m.Until})
	}
	marks := func(read []mark) (marks []tracker.CityMark) {
		for _, m := range read {
			marks = append(marks, tracker.CityMark{Slug: m.Slug, Name: tracker.Text{VI: m.VI, EN: m.EN}, On: m.On})
		}
		return marks
	}
	past.Successors, past.Predecessors = marks(all.Successors), marks(all.Predecessors)
	return past, nil
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
