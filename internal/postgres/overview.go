package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Overview returns all that the figures of one assessment are counted from, as
// one state of the database. Number 0 means the current assessment. For the days
// since on it also says who led the entries and what departments were called; a
// zero day means today. It answers ErrNotFound for an unknown city or assessment,
// or one that the actor may not know of, and an Overview without assessment where
// the city has opened none.
func (s *Store) Overview(ctx context.Context, actor tracker.Actor, slug string, number int, on tracker.Date) (*tracker.Overview, error) {
	var o *tracker.Overview
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queueWithMilestones, func(at *snapshot) error {
		chosen, err := choose(of.all, number)
		if err != nil {
			return err
		}
		o = &tracker.Overview{City: at.city, Assessments: of.all, Assessment: chosen,
			Milestones: of.milestones[chosen.ID], Today: at.today}
		if chosen.ID == 0 {
			return nil
		}
		return s.fill(ctx, at, o, on)
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// fill reads the rows of the assessment in one round trip.
func (s *Store) fill(ctx context.Context, at *snapshot, o *tracker.Overview, on tracker.Date) error {
	var err error
	if o.Framework, err = s.framework(ctx, at, o.Assessment.FrameworkID); err != nil {
		return err
	}
	zone, err := ZoneOf(at.city)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	queueDepartments(batch, o.City.ID, &o.Departments)
	queueEntries(batch, o)
	if isPast(on, o.Today) {
		queueFormer(batch, o.Assessment.ID, on, &o.Departments, &o.Entries)
	}
	queueHistory(batch, o, zone)
	if err := at.last(ctx, batch); err != nil {
		return fmt.Errorf("read assessment %d: %w", o.Assessment.Number, err)
	}
	return nil
}

// queueEntries reads of all entries of the assessment what is not in the history
// of their states.
func queueEntries(batch *pgx.Batch, o *tracker.Overview) {
	batch.Queue(`
		SELECT id, indicator_id, coalesce(department_id, 0), due_on FROM entry
		WHERE city_id = $1 AND assessment_id = $2`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		o.Entries = make([]tracker.Entry, 0, 64)
		var e tracker.Entry
		_, err := pgx.ForEachRow(rows, []any{&e.ID, &e.IndicatorID, &e.DepartmentID, &e.DueOn}, func() error {
			o.Entries = append(o.Entries, e)
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
