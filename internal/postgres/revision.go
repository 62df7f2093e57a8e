package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// EditNarrative replaces the entry's texts and keeps what they were in a
// revision. Errors as for ChangeClaim.
func (s *Store) EditNarrative(ctx context.Context, actor tracker.Actor, ref EntryRef, n tracker.Narrative) error {
	return s.onEntry(ctx, actor, ref, tracker.EditNarrative, func(tx *cityTx, l lockedEntry) error {
		state, err := tx.act(l).EditNarrative(l.entry, n)
		if err := firstOf(err, ref.Version, l.entry.Version); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`
			UPDATE entry SET version = version + 1, changed = $2, updated_at = $3,
			       narrative = $4, obstacles = $5, solution = $6, edited_by = $7 WHERE id = $1`,
			l.entry.ID, state.Changed, tx.now, n.Narrative, n.Obstacles, n.Solution, tx.actor.AccountID)
		batch.Queue(`
			INSERT INTO entry_revision (entry_id, entry_version, city_id, assessment_id,
			                            narrative, obstacles, solution, effective_on, recorded_at, recorded_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			l.entry.ID, l.entry.Version+1, tx.city.ID, l.assessment.ID,
			n.Narrative, n.Obstacles, n.Solution, tx.today, tx.now, tx.actor.AccountID)
		return tx.sendEdit(ctx, batch, l, state, record{act: "edit_narrative", before: l.entry.Narrative, after: n})
	})
}

// RecordMeasurement writes the figure of one year, in place of an earlier one
// for that year, which a revision keeps. Errors as for ChangeClaim.
func (s *Store) RecordMeasurement(ctx context.Context, actor tracker.Actor, ref EntryRef, m tracker.Measurement) error {
	return s.onEntry(ctx, actor, ref, tracker.RecordMeasurement, func(tx *cityTx, l lockedEntry) error {
		state, err := tx.act(l).RecordMeasurement(l.entry, l.indicator, m)
		if err := firstOf(err, ref.Version, l.entry.Version); err != nil {
			return err
		}
		before, err := tx.figureBefore(ctx, l.entry.ID, m.Year)
		if err != nil {
			return err
		}
		value, target := figures(m)
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE entry SET version = version + 1, changed = $2, updated_at = $3, edited_by = $4 WHERE id = $1`,
			l.entry.ID, state.Changed, tx.now, tx.actor.AccountID)
		batch.Queue(`
			INSERT INTO measurement (entry_id, year, city_id, assessment_id, value, target, source)
			VALUES ($1, $2, $3, $4, $5::text::numeric, $6::text::numeric, $7)
			ON CONFLICT (entry_id, year) DO UPDATE
			SET value = excluded.value, target = excluded.target, source = excluded.source`,
			l.entry.ID, m.Year, tx.city.ID, l.assessment.ID, value, target, m.Source)
		batch.Queue(`
			INSERT INTO entry_revision (entry_id, entry_version, city_id, assessment_id,
			                            year, value, target, source, effective_on, recorded_at, recorded_by)
			VALUES ($1, $2, $3, $4, $5, $6::text::numeric, $7::text::numeric, $8, $9, $10, $11)`,
			l.entry.ID, l.entry.Version+1, tx.city.ID, l.assessment.ID,
			m.Year, value, target, m.Source, tx.today, tx.now, tx.actor.AccountID)
		return tx.sendEdit(ctx, batch, l, state, record{act: "record_measurement", before: before, after: figureRecord(m)})
	})
}

// figureBefore is the record of the figure that the year has so far, nil for none.
func (tx *cityTx) figureBefore(ctx context.Context, entry int64, year int) (any, error) {
	var value, target int64
	m := tracker.Measurement{Year: year}
	err := tx.QueryRow(ctx, `
		SELECT (value * 10)::bigint, coalesce((target * 10)::bigint, -1), source
		FROM measurement WHERE entry_id = $1 AND year = $2`, entry, year).Scan(&value, &target, &m.Source)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // nothing before is what most figures have
	}
	if err != nil {
		return nil, fmt.Errorf("read the figure before: %w", err)
	}
	m.Value = tracker.Decimal(value)
	m.HasTarget, m.Target = target >= 0, tracker.Decimal(max(target, 0))
	return figureRecord(m), nil
}

func figureRecord(m tracker.Measurement) map[string]any {
	value, target := figures(m)
	return map[string]any{"year": strconv.Itoa(m.Year), "value": value, "target": target, "source": m.Source}
}

// figures are written as text, which numeric reads exactly.
func figures(m tracker.Measurement) (value string, target *string) {
	if m.HasTarget {
		t := m.Target.String()
		target = &t
	}
	return m.Value.String(), target
}

// sendEdit writes the edit that left the entry in the state.
func (tx *cityTx) sendEdit(ctx context.Context, batch *pgx.Batch, l lockedEntry, state tracker.State, r record) error {
	tx.queueChanged(batch, l, state)
	r.cityID, r.subject = tx.city.ID, entrySubject(l.assessment.Number, l.indicator.Code)
	args, err := r.args(tx.actor, tx.now)
	if err != nil {
		return err
	}
	batch.Queue(insertAudit, args...)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the edit of %s: %w", l.indicator.Code, err)
	}
	tx.announce(l.assessment.Number, l.indicator.Code, l.entry.Version+1)
	return nil
}
