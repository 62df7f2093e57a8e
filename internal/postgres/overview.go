package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Overview returns all that the figures of one assessment are counted from, as
// one state of the database. Number 0 means the current assessment. It answers
// ErrNotFound for an unknown city or assessment, or one that the actor may not
// know of, and an Overview without assessment where the city has opened none.
func (s *Store) Overview(ctx context.Context, actor tracker.Actor, slug string, number int) (*tracker.Overview, error) {
	var o *tracker.Overview
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queueWithMilestones, func(tx *cityTx) error {
		chosen, err := choose(of.all, number)
		if err != nil {
			return err
		}
		o = &tracker.Overview{City: tx.city, Assessments: of.all, Assessment: chosen,
			Milestones: of.milestones[chosen.ID], Today: tx.today}
		if chosen.ID == 0 {
			return nil
		}
		return s.fill(ctx, tx, o)
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// fill reads the rows of the assessment in one round trip.
func (s *Store) fill(ctx context.Context, tx *cityTx, o *tracker.Overview) error {
	var err error
	if o.Framework, err = s.framework(ctx, tx, o.Assessment.FrameworkID); err != nil {
		return err
	}
	zone, err := ZoneOf(tx.city)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	queueDepartments(batch, o)
	queueEntries(batch, o)
	queueHistory(batch, o, zone)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read assessment %d: %w", o.Assessment.Number, err)
	}
	return nil
}

// queueDepartments reads the city's departments as Vietnamese sorts them, with
// the names that each had before.
func queueDepartments(batch *pgx.Batch, o *tracker.Overview) {
	batch.Queue(`
		SELECT d.id, d.code, d.name_vi, d.name_en, d.version, d.retired_on,
		       coalesce(f.name_vi, ''), coalesce(f.name_en, ''), f.until_on
		FROM department d LEFT JOIN former_name f ON f.department_id = d.id
		WHERE d.city_id = $1
		ORDER BY d.name_vi COLLATE "vi-x-icu", d.id, f.version`, o.City.ID).Query(func(rows pgx.Rows) error {
		var d tracker.Department
		var f tracker.FormerName
		_, err := pgx.ForEachRow(rows, []any{&d.ID, &d.Code, &d.Name.VI, &d.Name.EN, &d.Version, &d.RetiredOn,
			&f.Name.VI, &f.Name.EN, &f.Until}, func() error {
			last := lastOrNew(&o.Departments, func(l tracker.Department) bool { return l.ID == d.ID }, d)
			if !f.Until.IsZero() {
				last.Former = append(last.Former, f)
			}
			return nil
		})
		return err
	})
}

// queueEntries reads of all entries of the assessment what is not in the
// history of their states, and who led them before.
func queueEntries(batch *pgx.Batch, o *tracker.Overview) {
	batch.Queue(`
		SELECT e.id, e.indicator_id, coalesce(e.department_id, 0), e.due_on,
		       coalesce(f.department_id, 0), f.due_on, f.until_on
		FROM entry e LEFT JOIN former_assignment f ON f.entry_id = e.id
		WHERE e.city_id = $1 AND e.assessment_id = $2
		ORDER BY e.id, f.entry_version`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		o.Entries = make([]tracker.Entry, 0, 64)
		var e tracker.Entry
		var f tracker.FormerAssignment
		_, err := pgx.ForEachRow(rows, []any{&e.ID, &e.IndicatorID, &e.DepartmentID, &e.DueOn,
			&f.DepartmentID, &f.DueOn, &f.Until}, func() error {
			last := lastOrNew(&o.Entries, func(l tracker.Entry) bool { return l.ID == e.ID }, e)
			if !f.Until.IsZero() {
				last.Former = append(last.Former, f)
			}
			return nil
		})
		return err
	})
}

// queueHistory reads what figures need of all status changes and edits. The
// entries must have been queued before.
func queueHistory(batch *pgx.Batch, o *tracker.Overview, zone *time.Location) {
	batch.Queue(`
		SELECT entry_id, entry_version, effective_on, recorded_at, claim_to, verdict_to
		FROM status_change WHERE city_id = $1 AND assessment_id = $2
		UNION ALL
		SELECT entry_id, entry_version, effective_on, recorded_at, '', ''
		FROM entry_revision WHERE city_id = $1 AND assessment_id = $2`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		places := o.Places()
		events := make([]tracker.Event, 0, 8*len(o.Entries)) // an opening, a claim, a verdict, some edits
		var entry int64
		var recorded time.Time
		var e tracker.Event
		_, err := pgx.ForEachRow(rows, []any{&entry, &e.Version, &e.EffectiveOn, &recorded, &e.State.Claim, &e.State.Verdict}, func() error {
			e.Entry, e.RecordedOn, e.Edit = places[entry], tracker.DateOf(recorded.In(zone)), e.State.Claim == ""
			events = append(events, e)
			return nil
		})
		o.History = tracker.SortHistory(events, len(o.Entries))
		return err
	})
}
