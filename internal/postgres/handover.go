package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// HandoverAsk says which cities are given up in favour of which.
type HandoverAsk struct {
	CityRef                  // the city whose form it is
	With    []string         // slugs of those that are given up together with it
	To      []string         // slugs of the successors
	People  map[int64]string // as in tracker.Handover
}

// HandOverCities merges cities or splits one. Those that are given up are archived with
// today's date, and their successors named; the people who were chosen get in the
// successor the role that they had, unless they have one there. A department of
// staff goes along where the successor has none with its code. It is one act, and
// in the record of each of the cities. Errors as for ChangePerson.
func (s *Store) HandOverCities(ctx context.Context, actor tracker.Actor, ask HandoverAsk) error {
	return s.inCity(ctx, actor, ask.Slug, tracker.ManageCities, func(first *cityTx) error {
		cities, err := s.lockCities(ctx, first, ask)
		if err != nil {
			return err
		}
		h := tracker.Handover{Cities: cities.of(append([]string{ask.Slug}, ask.With...)), Successors: cities.of(ask.To), People: ask.People}
		if err := firstOf(h.Check(), ask.Version, cities[ask.Slug].Version); err != nil {
			return err
		}
		return s.handOver(ctx, first, h)
	})
}

// lockedCities are cities by slug that no other act on them as a whole changes.
type lockedCities map[string]tracker.City

func (l lockedCities) of(slugs []string) []tracker.City {
	var cities []tracker.City
	for _, slug := range slugs {
		cities = append(cities, l[slug])
	}
	return cities
}

// lockCities locks them in the order of their ids, so that two acts on the same
// ones do not wait for each other.
func (s *Store) lockCities(ctx context.Context, first *cityTx, ask HandoverAsk) (lockedCities, error) {
	slugs := slices.Concat([]string{ask.Slug}, ask.With, ask.To)
	rows, err := first.Query(ctx, `SELECT slug FROM city WHERE slug = ANY ($1) ORDER BY id`, slugs)
	if err != nil {
		return nil, fmt.Errorf("look for the cities: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for the cities: %w", err)
	}
	all := lockedCities{}
	for _, slug := range found {
		if all[slug], err = s.lockCity(ctx, first, slug); err != nil {
			return nil, err
		}
	}
	for _, slug := range slugs {
		if _, there := all[slug]; !there {
			return nil, tracker.ErrConflict // its address has changed since the form was shown
		}
	}
	return all, nil
}

// lockCity names the city, which row-level security asks for, locks it and reads
// it as whoever was faster left it.
func (s *Store) lockCity(ctx context.Context, at *cityTx, slug string) (tracker.City, error) {
	tx, err := s.enterUnasked(ctx, at.Tx, at.actor, slug)
	if err != nil {
		return tracker.City{}, err
	}
	if _, err := tx.Exec(ctx, `SELECT FROM city WHERE id = $1 FOR NO KEY UPDATE`, tx.city.ID); err != nil {
		return tracker.City{}, fmt.Errorf("lock city %q: %w", slug, err)
	}
	tx, err = s.enterUnasked(ctx, at.Tx, at.actor, slug)
	if errors.Is(err, tracker.ErrNotFound) {
		return tracker.City{}, tracker.ErrConflict
	}
	if err != nil {
		return tracker.City{}, err
	}
	return tx.city, nil
}

// handOver writes the act, city by city in the order of their ids.
func (s *Store) handOver(ctx context.Context, first *cityTx, h tracker.Handover) error {
	people := map[int64][]tracker.Person{} // by city
	for _, c := range inOrder(h.Cities) {
		tx, err := s.enterUnasked(ctx, first.Tx, first.actor, c.Slug)
		if err != nil {
			return err
		}
		there, err := tx.lockPeople(ctx, tracker.ManageCities)
		if err != nil {
			return err
		}
		people[c.ID] = there.All
		if err := tx.giveUp(ctx, h, first.today); err != nil {
			return err
		}
	}
	for _, c := range inOrder(h.Successors) {
		tx, err := s.enterUnasked(ctx, first.Tx, first.actor, c.Slug)
		if err != nil {
			return err
		}
		if err := tx.succeed(ctx, h, people, first.today); err != nil {
			return err
		}
	}
	return nil
}

func inOrder(cities []tracker.City) []tracker.City {
	return slices.SortedFunc(slices.Values(cities), func(a, b tracker.City) int { return cmp.Compare(a.ID, b.ID) })
}

func (tx *cityTx) giveUp(ctx context.Context, h tracker.Handover, on tracker.Date) error {
	tx.today = on
	for _, to := range h.Successors {
		_, err := tx.Exec(ctx, `INSERT INTO handover (city_id, version, successor_id, held_on) VALUES ($1, $2, $3, $4)`,
			tx.city.ID, tx.city.Version, to.ID, on)
		if err != nil {
			return fmt.Errorf("name the successors of %q: %w", tx.city.Slug, err)
		}
	}
	if err := tx.archive(ctx); err != nil {
		return err
	}
	return tx.audit(ctx, record{act: h.Act(), subject: citySubject(tx.city.Slug),
		after: map[string]any{"cities": slugsOf(h.Cities), "successors": slugsOf(h.Successors)}})
}

// slugsOf is a list for the record.
func slugsOf(cities []tracker.City) string {
	var slugs []string
	for _, c := range cities {
		slugs = append(slugs, c.Slug)
	}
	return strings.Join(slugs, ", ")
}

// succeed takes the chosen people over, and the demand of a second step.
func (tx *cityTx) succeed(ctx context.Context, h tracker.Handover, people map[int64][]tracker.Person, on tracker.Date) error {
	if _, err := tx.lockPeople(ctx, tracker.ManageCities); err != nil {
		return err
	}
	var carried []string
	for _, c := range h.Cities {
		for _, one := range h.Carried(people[c.ID], tx.city.Slug, on) {
			came, err := tx.takeOver(ctx, one)
			if err != nil {
				return err
			}
			if came {
				carried = append(carried, one.Email)
			}
		}
	}
	after := map[string]any{"cities": slugsOf(h.Cities), "successors": slugsOf(h.Successors), "carried": strings.Join(carried, ", ")}
	if h.NeedsSecondStep(tx.city) {
		if _, err := tx.Exec(ctx, `SELECT require_second_step(true)`); err != nil {
			return fmt.Errorf("require a second step in %q: %w", tx.city.Slug, err)
		}
		after["second_step_required"] = true
	}
	if _, err := tx.Exec(ctx, `UPDATE city SET version = version + 1 WHERE id = $1`, tx.city.ID); err != nil {
		return fmt.Errorf("count the act on %q: %w", tx.city.Slug, err)
	}
	return tx.audit(ctx, record{act: h.Act(), subject: citySubject(tx.city.Slug), after: after})
}

// takeOver gives the person the same post here. It reports false where they have
// one already.
func (tx *cityTx) takeOver(ctx context.Context, one tracker.Person) (bool, error) {
	department, err := tx.takeDepartment(ctx, one.Department)
	if err != nil {
		return false, err
	}
	done, err := tx.Exec(ctx, `
		INSERT INTO membership (account_id, role, city_id, department_id, ends_on) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT ON CONSTRAINT membership_once DO NOTHING`,
		one.AccountID, one.Role, tx.city.ID, nullID(department), one.EndsOn)
	if err != nil {
		return false, fmt.Errorf("take %s over: %w", one.Email, err)
	}
	if done.RowsAffected() == 0 {
		return false, nil
	}
	return true, tx.tell(ctx, one.AccountID, tracker.RoleCarried)
}

func (tx *cityTx) takeDepartment(ctx context.Context, d tracker.Department) (int64, error) {
	if d.Code == "" {
		return 0, nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO department (city_id, code, name_vi, name_en) VALUES ($1, $2, $3, $4)
		ON CONFLICT ON CONSTRAINT department_code_once DO NOTHING`, tx.city.ID, d.Code, d.Name.VI, d.Name.EN)
	if err != nil {
		return 0, fmt.Errorf("take department %q over: %w", d.Code, err)
	}
	id, err := tx.department(ctx, d.Code)
	var invalid *tracker.InvalidError
	if errors.As(err, &invalid) { // it is there, but retired
		return 0, tracker.Invalid("people", "handover.error.department")
	}
	return id, err
}
