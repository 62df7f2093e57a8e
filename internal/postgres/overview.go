package postgres

import (
	"cmp"
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
	var changes, edits []tracker.Event
	batch := &pgx.Batch{}
	queueEntries(batch, o)
	queueChanges(batch, o, zone, &changes)
	queueEdits(batch, o, zone, &edits)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read assessment %d: %w", o.Assessment.Number, err)
	}
	o.History = mergeEvents(changes, edits)
	return nil
}

// queueEntries reads all entries of the assessment without their texts, and the
// departments that lead them.
func queueEntries(batch *pgx.Batch, o *tracker.Overview) {
	batch.Queue(`
		SELECT e.id, e.indicator_id, e.due_on, e.version,
		       e.claim, e.verdict, e.changed, coalesce(e.submitted_by, 0), e.changed_on, e.updated_at,
		       coalesce(d.id, 0), coalesce(d.code, ''), coalesce(d.name_vi, ''), coalesce(d.name_en, '')
		FROM entry e LEFT JOIN department d ON d.id = e.department_id
		WHERE e.city_id = $1 AND e.assessment_id = $2`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		var e tracker.Entry
		var d tracker.Department
		departments := map[int64]tracker.Department{}
		_, err := pgx.ForEachRow(rows, []any{
			&e.ID, &e.IndicatorID, &e.DueOn, &e.Version,
			&e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.SubmittedBy, &e.ChangedOn, &e.UpdatedAt,
			&d.ID, &d.Code, &d.Name.VI, &d.Name.EN,
		}, func() error {
			e.DepartmentID = d.ID
			o.Entries = append(o.Entries, e)
			if d.ID != 0 {
				departments[d.ID] = d
			}
			return nil
		})
		o.Departments = byName(departments)
		return err
	})
}

// queueChanges reads what figures need of all status changes.
func queueChanges(batch *pgx.Batch, o *tracker.Overview, zone *time.Location, into *[]tracker.Event) {
	batch.Queue(`
		SELECT entry_id, entry_version, effective_on, recorded_at, claim_to, verdict_to
		FROM status_change WHERE city_id = $1 AND assessment_id = $2
		ORDER BY effective_on, entry_id, entry_version`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		var e tracker.Event
		return collectEvents(rows, &e, zone, into, &e.State.Claim, &e.State.Verdict)
	})
}

// queueEdits reads what figures need of all edits.
func queueEdits(batch *pgx.Batch, o *tracker.Overview, zone *time.Location, into *[]tracker.Event) {
	batch.Queue(`
		SELECT entry_id, entry_version, effective_on, recorded_at
		FROM entry_revision WHERE city_id = $1 AND assessment_id = $2
		ORDER BY effective_on, entry_id, entry_version`, o.City.ID, o.Assessment.ID).Query(func(rows pgx.Rows) error {
		return collectEvents(rows, &tracker.Event{Edit: true}, zone, into)
	})
}

// collectEvents scans every row into e, and what it has more into the rest.
func collectEvents(rows pgx.Rows, e *tracker.Event, zone *time.Location, into *[]tracker.Event, more ...any) error {
	var recorded time.Time
	columns := append([]any{&e.EntryID, &e.Version, &e.EffectiveOn, &recorded}, more...)
	_, err := pgx.ForEachRow(rows, columns, func() error {
		e.RecordedOn = tracker.DateOf(recorded.In(zone))
		*into = append(*into, *e)
		return nil
	})
	return err
}

// mergeEvents makes one history of two that are in order.
func mergeEvents(x, y []tracker.Event) []tracker.Event {
	all := make([]tracker.Event, 0, len(x)+len(y))
	for len(x) > 0 && len(y) > 0 {
		if compareEvents(x[0], y[0]) < 0 {
			all, x = append(all, x[0]), x[1:]
		} else {
			all, y = append(all, y[0]), y[1:]
		}
	}
	return append(append(all, x...), y...)
}

func compareEvents(x, y tracker.Event) int {
	return cmp.Or(cmp.Compare(x.EffectiveOn, y.EffectiveOn), cmp.Compare(x.EntryID, y.EntryID), cmp.Compare(x.Version, y.Version))
}
