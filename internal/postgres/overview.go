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
		all, err := tx.assessments(ctx)
		if err != nil {
			return err
		}
		chosen, err := choose(all, number)
		if err != nil {
			return err
		}
		o = &tracker.Overview{City: tx.city, Assessments: all, Assessment: chosen, Today: tx.today}
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

func (s *Store) fill(ctx context.Context, tx *cityTx, o *tracker.Overview) error {
	var err error
	if o.Framework, err = s.framework(ctx, tx, o.Assessment.FrameworkID); err != nil {
		return err
	}
	if o.Entries, o.Departments, err = tx.entries(ctx, o.Assessment); err != nil {
		return err
	}
	if o.History, err = tx.history(ctx, o.Assessment); err != nil {
		return err
	}
	o.Milestones, err = tx.milestones(ctx, o.Assessment)
	return err
}

// entries reads all entries of the assessment without their texts, and the
// departments that lead them.
func (tx *cityTx) entries(ctx context.Context, a tracker.Assessment) ([]tracker.Entry, []tracker.Department, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.id, e.indicator_id, coalesce(e.department_id, 0), e.due_on, e.version,
		       e.claim, e.verdict, e.changed, coalesce(e.submitted_by, 0), e.changed_on, e.updated_at,
		       coalesce(d.code, ''), coalesce(d.name_vi, ''), coalesce(d.name_en, '')
		FROM entry e
		LEFT JOIN department d ON d.id = e.department_id
		WHERE e.city_id = $1 AND e.assessment_id = $2
		ORDER BY e.id`, tx.city.ID, a.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("list the entries: %w", err)
	}
	var entries []tracker.Entry
	departments := map[int64]tracker.Department{}
	var e tracker.Entry
	var d tracker.Department
	_, err = pgx.ForEachRow(rows, []any{
		&e.ID, &e.IndicatorID, &d.ID, &e.DueOn, &e.Version,
		&e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.SubmittedBy, &e.ChangedOn, &e.UpdatedAt,
		&d.Code, &d.Name.VI, &d.Name.EN,
	}, func() error {
		e.DepartmentID = d.ID
		entries = append(entries, e)
		if d.ID != 0 {
			departments[d.ID] = d
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list the entries: %w", err)
	}
	return entries, byName(departments), nil
}

// history reads what figures need of all status changes and edits.
func (tx *cityTx) history(ctx context.Context, a tracker.Assessment) ([]tracker.Event, error) {
	zone, err := ZoneOf(tx.city)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT entry_id, entry_version, effective_on, recorded_at, false AS edit, claim_to, verdict_to
		FROM status_change WHERE city_id = $1 AND assessment_id = $2
		UNION ALL
		SELECT entry_id, entry_version, effective_on, recorded_at, true, '', ''
		FROM entry_revision WHERE city_id = $1 AND assessment_id = $2
		ORDER BY effective_on, entry_id, entry_version`, tx.city.ID, a.ID)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var history []tracker.Event
	var e tracker.Event
	var recorded time.Time
	_, err = pgx.ForEachRow(rows, []any{
		&e.EntryID, &e.Version, &e.EffectiveOn, &recorded, &e.Edit, &e.State.Claim, &e.State.Verdict,
	}, func() error {
		e.RecordedOn = tracker.DateOf(recorded.In(zone))
		history = append(history, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	return history, nil
}

func (tx *cityTx) milestones(ctx context.Context, a tracker.Assessment) ([]tracker.Milestone, error) {
	rows, err := tx.Query(ctx, `
		SELECT held_on, title_vi, title_en, published FROM milestone
		WHERE city_id = $1 AND assessment_id = $2 ORDER BY held_on, id`, tx.city.ID, a.ID)
	if err != nil {
		return nil, fmt.Errorf("list the milestones: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Milestone, error) {
		var m tracker.Milestone
		return m, row.Scan(&m.HeldOn, &m.Title.VI, &m.Title.EN, &m.Published)
	})
}
