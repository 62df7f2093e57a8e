package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Regions lists all regions in the order of the tree, with the cities that lie
// directly in each, for an actor who manages cities; others are answered
// ErrForbidden.
func (s *Store) Regions(ctx context.Context, actor tracker.Actor) (tracker.Regions, error) {
	var all tracker.Regions
	err := s.inInstallation(ctx, actor, func(tx *installationTx) (err error) {
		all, err = readRegions(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	cities, err := s.AllCities(ctx, actor)
	for _, c := range cities {
		for i := range all {
			if all[i].ID == c.RegionID() {
				all[i].Cities = append(all[i].Cities, c)
			}
		}
	}
	return all, err
}

func readRegions(ctx context.Context, tx pgx.Tx) (tracker.Regions, error) {
	rows, err := tx.Query(ctx, `
		SELECT id, coalesce(parent_id, 0), name_vi, name_en, path, version FROM region
		ORDER BY name_vi COLLATE "vi-x-icu", id`)
	if err != nil {
		return nil, fmt.Errorf("list the regions: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Region, error) {
		var r tracker.Region
		return r, row.Scan(&r.ID, &r.Parent, &r.Name.VI, &r.Name.EN, &r.Path, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("list the regions: %w", err)
	}
	return tracker.ArrangeRegions(all), nil
}

// regionTree names the lock of acts that look at all regions; the trigger
// region_paths takes it too.
const regionTree = "tree of regions"

// CreateRegion makes a region and returns its id. *InvalidError says what tracker
// refuses.
func (s *Store) CreateRegion(ctx context.Context, actor tracker.Actor, r tracker.Region) (int64, error) {
	err := s.inRegions(ctx, actor, func(tx *installationTx, all tracker.Regions) error {
		if err := all.Create(r); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `INSERT INTO region (parent_id, name_vi, name_en) VALUES ($1, $2, $3) RETURNING id`,
			nullID(r.Parent), r.Name.VI, r.Name.EN).Scan(&r.ID)
		if err != nil {
			return fmt.Errorf("insert region %q: %w", r.Name.VI, err)
		}
		return tx.audit(ctx, record{act: "create_region", subject: regionSubject(r), after: regionRecord(r, all)})
	})
	if err != nil {
		return 0, err
	}
	return r.ID, nil
}

// ChangeRegion gives the region to.ID another name or another place in the tree.
// It answers ErrConflict when it is no longer at to.Version.
func (s *Store) ChangeRegion(ctx context.Context, actor tracker.Actor, to tracker.Region) error {
	return s.inRegions(ctx, actor, func(tx *installationTx, all tracker.Regions) error {
		from, err := all.Find(to.ID)
		if err != nil {
			return err
		}
		if err := firstOf(all.Change(from, to), to.Version, from.Version); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE region SET parent_id = $2, name_vi = $3, name_en = $4, version = version + 1 WHERE id = $1`,
			to.ID, nullID(to.Parent), to.Name.VI, to.Name.EN)
		if err != nil {
			return fmt.Errorf("change region %q: %w", from.Name.VI, err)
		}
		return tx.audit(ctx, record{act: "change_region", subject: regionSubject(from),
			before: regionRecord(from, all), after: regionRecord(to, all)})
	})
}

func (s *Store) inRegions(ctx context.Context, actor tracker.Actor, fn func(*installationTx, tracker.Regions) error) error {
	return s.inInstallation(ctx, actor, func(tx *installationTx) error {
		if err := tx.lock(ctx, regionTree); err != nil {
			return err
		}
		all, err := readRegions(ctx, tx)
		if err != nil {
			return err
		}
		return fn(tx, all)
	})
}

// regionSubject names a region in the audit.
func regionSubject(r tracker.Region) string { return "region " + r.Name.VI }

func regionRecord(r tracker.Region, all tracker.Regions) map[string]any {
	parent, _ := all.Find(r.Parent) //nolint:errcheck // at the top there is none
	return map[string]any{"name": r.Name, "parent": parent.Name}
}
