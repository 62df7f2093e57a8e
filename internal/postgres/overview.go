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
	err := s.inCity(ctx, actor, slug, tracker.ReadCity, func(tx *cityTx) error {
		all, milestones, err := tx.assessmentsAndMilestones(ctx)
		if err != nil {
			return err
		}
		chosen, err := choose(all, number)
		if err != nil {
			return err
		}
		o = &tracker.Overview{City: tx.city, Assessments: all, Assessment: chosen,
			Milestones: milestones[chosen.ID], Today: tx.today}
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

// assessmentsAndMilestones lists the city's assessments, by number, and the
// milestones of each, by day.
func (tx *cityTx) assessmentsAndMilestones(ctx context.Context) ([]tracker.Assessment, map[int64][]tracker.Milestone, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.id, a.number, a.framework_id, a.name_vi, a.name_en,
		       a.opened_on, a.submission_due_on, a.closed_on, a.needs_review,
		       m.held_on, coalesce(m.title_vi, ''), coalesce(m.title_en, ''), coalesce(m.published, false)
		FROM assessment a
		LEFT JOIN milestone m ON m.city_id = a.city_id AND m.assessment_id = a.id
		WHERE a.city_id = $1
		ORDER BY a.number, m.held_on, m.id`, tx.city.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("list the assessments: %w", err)
	}
	var all []tracker.Assessment
	milestones := map[int64][]tracker.Milestone{}
	var a tracker.Assessment
	var m tracker.Milestone
	_, err = pgx.ForEachRow(rows, []any{
		&a.ID, &a.Number, &a.FrameworkID, &a.Name.VI, &a.Name.EN,
		&a.OpenedOn, &a.SubmissionDueOn, &a.ClosedOn, &a.NeedsReview,
		&m.HeldOn, &m.Title.VI, &m.Title.EN, &m.Published,
	}, func() error {
		if n := len(all); n == 0 || all[n-1].ID != a.ID {
			all = append(all, a)
		}
		if !m.HeldOn.IsZero() {
			milestones[a.ID] = append(milestones[a.ID], m)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list the assessments: %w", err)
	}
	return all, milestones, nil
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
	queueEntries(batch, o)
	queueDepartments(batch, o)
	queueHistory(batch, o, zone)
	return tx.SendBatch(ctx, batch).Close()
}

// queueEntries reads all entries of the assessment without their texts.
func queueEntries(batch *pgx.Batch, o *tracker.Overview) {
	batch.Queue(`
		SELECT id, indicator_id, coalesce(department_id, 0), due_on, version,
		       claim, verdict, changed, coalesce(submitted_by, 0), changed_on, updated_at
		FROM entry WHERE city_id = $1 AND assessment_id = $2
		ORDER BY id`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		var e tracker.Entry
		_, err := pgx.ForEachRow(rows, []any{
			&e.ID, &e.IndicatorID, &e.DepartmentID, &e.DueOn, &e.Version,
			&e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.SubmittedBy, &e.ChangedOn, &e.UpdatedAt,
		}, func() error {
			o.Entries = append(o.Entries, e)
			return nil
		})
		if err != nil {
			return fmt.Errorf("list the entries: %w", err)
		}
		return nil
	})
}

// queueDepartments reads the departments that lead an entry, which have been
// read by then. A join would look one up for each of 57 entries.
func queueDepartments(batch *pgx.Batch, o *tracker.Overview) {
	batch.Queue(`SELECT id, code, name_vi, name_en FROM department WHERE city_id = $1`, o.City.ID).
		Query(func(rows pgx.Rows) error {
			lead := map[int64]bool{}
			for _, e := range o.Entries {
				lead[e.DepartmentID] = true
			}
			var d tracker.Department
			_, err := pgx.ForEachRow(rows, []any{&d.ID, &d.Code, &d.Name.VI, &d.Name.EN}, func() error {
				if lead[d.ID] {
					o.Departments = append(o.Departments, d)
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("list the departments: %w", err)
			}
			sortByName(o.Departments)
			return nil
		})
}

// queueHistory reads what figures need of all status changes and edits.
func queueHistory(batch *pgx.Batch, o *tracker.Overview, zone *time.Location) {
	batch.Queue(`
		SELECT entry_id, entry_version, effective_on, recorded_at, false AS edit, claim_to, verdict_to
		FROM status_change WHERE city_id = $1 AND assessment_id = $2
		UNION ALL
		SELECT entry_id, entry_version, effective_on, recorded_at, true, '', ''
		FROM entry_revision WHERE city_id = $1 AND assessment_id = $2
		ORDER BY effective_on, entry_id, entry_version`,
		o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		var e tracker.Event
		var recorded time.Time
		_, err := pgx.ForEachRow(rows, []any{
			&e.EntryID, &e.Version, &e.EffectiveOn, &recorded, &e.Edit, &e.State.Claim, &e.State.Verdict,
		}, func() error {
			e.RecordedOn = tracker.DateOf(recorded.In(zone))
			o.History = append(o.History, e)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the history: %w", err)
		}
		return nil
	})
}
