package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// EntryRecord returns one entry with all its history and the entries of its
// area, as they stood on the day; a zero day means today. ref.Version is not
// looked at. It answers ErrNotFound like Overview, and for an unknown code.
func (s *Store) EntryRecord(ctx context.Context, actor tracker.Actor, ref EntryRef, on tracker.Date) (*tracker.EntryRecord, error) {
	var r *tracker.EntryRecord
	var of assessments
	err := s.readCity(ctx, actor, ref.City, of.queue, func(tx *cityTx) error {
		chosen, err := choose(of.all, ref.Assessment)
		if err != nil {
			return err
		}
		if chosen.ID == 0 {
			return tracker.ErrNotFound
		}
		if on.IsZero() {
			on = tx.today
		}
		r = &tracker.EntryRecord{City: tx.city, Assessments: of.all, Assessment: chosen, Today: tx.today, On: on}
		return s.fillRecord(ctx, tx, r, ref.Indicator)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (s *Store) fillRecord(ctx context.Context, tx *cityTx, r *tracker.EntryRecord, code string) error {
	var err error
	if r.Framework, err = s.framework(ctx, tx, r.Assessment.FrameworkID); err != nil {
		return err
	}
	places, ok := r.Framework.AreaOf(code)
	if !ok {
		return tracker.ErrNotFound
	}
	area := areaRows{changes: map[int64][]tracker.StatusChange{}, revisions: map[int64][]tracker.Revision{}}
	batch := &pgx.Batch{}
	area.queueEntries(batch, r, indicatorIDs(places))
	area.queueHistory(batch, r, indicatorIDs(r.Replayed(code, places)))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("read the record of %s: %w", code, err)
	}
	r.Arrange(code, places, area.entries, area.departments, area.changes, area.revisions)
	return nil
}

func indicatorIDs(places []tracker.Place) []int64 {
	ids := make([]int64, len(places))
	for i, p := range places {
		ids[i] = p.Indicator.ID
	}
	return ids
}

// areaRows is what is read of an area's entries: departments stand in the order
// of entries, history by the id of its entry.
type areaRows struct {
	entries     []tracker.Entry
	departments []tracker.Department
	changes     map[int64][]tracker.StatusChange
	revisions   map[int64][]tracker.Revision
}

// queueEntries reads the entries of the indicators with their texts. A
// department is the one that led the entry on the day, with its name of then.
func (area *areaRows) queueEntries(batch *pgx.Batch, r *tracker.EntryRecord, indicators []int64) {
	batch.Queue(`
		SELECT e.id, e.indicator_id, coalesce(e.department_id, 0), e.due_on, e.version,
		       e.claim, e.verdict, e.changed, coalesce(e.submitted_by, 0), e.changed_on, e.updated_at,
		       e.narrative, e.obstacles, e.solution,
		       coalesce(f.department_id, 0), f.due_on, f.until_on,
		       coalesce(d.id, 0), coalesce(d.code, ''),
		       coalesce(n.name_vi, d.name_vi, ''), coalesce(n.name_en, d.name_en, '')
		FROM entry e
		LEFT JOIN LATERAL (
			SELECT department_id, due_on, until_on FROM former_assignment
			WHERE entry_id = e.id AND until_on > $4 ORDER BY entry_version LIMIT 1) f ON true
		LEFT JOIN department d
			ON d.id = CASE WHEN f.until_on IS NULL THEN e.department_id ELSE f.department_id END
		LEFT JOIN LATERAL (
			SELECT name_vi, name_en FROM former_name
			WHERE department_id = d.id AND until_on > $4 ORDER BY version LIMIT 1) n ON true
		WHERE e.city_id = $1 AND e.assessment_id = $2 AND e.indicator_id = ANY ($3)`,
		r.City.ID, r.Assessment.ID, indicators, r.On).Query(area.collectEntries)
}

func (area *areaRows) collectEntries(rows pgx.Rows) error {
	var e tracker.Entry
	var f tracker.FormerAssignment
	var d tracker.Department
	_, err := pgx.ForEachRow(rows, []any{
		&e.ID, &e.IndicatorID, &e.DepartmentID, &e.DueOn, &e.Version,
		&e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.SubmittedBy, &e.ChangedOn, &e.UpdatedAt,
		&e.Narrative.Narrative, &e.Narrative.Obstacles, &e.Narrative.Solution,
		&f.DepartmentID, &f.DueOn, &f.Until,
		&d.ID, &d.Code, &d.Name.VI, &d.Name.EN,
	}, func() error {
		e.Former = nil
		if !f.Until.IsZero() {
			e.Former = []tracker.FormerAssignment{f}
		}
		area.entries = append(area.entries, e)
		area.departments = append(area.departments, d)
		return nil
	})
	return err
}

// entriesOf are the ids of the entries of indicators $3.
const entriesOf = `ARRAY(SELECT id FROM entry WHERE city_id = $1 AND assessment_id = $2 AND indicator_id = ANY ($3))`

// queueHistory reads the status changes and the edits of the entries of the
// indicators, with who made them.
func (area *areaRows) queueHistory(batch *pgx.Batch, r *tracker.EntryRecord, indicators []int64) {
	batch.Queue(`
		SELECT c.entry_id, c.entry_version, c.act, c.claim_from, c.claim_to, c.verdict_from, c.verdict_to,
		       c.note, c.effective_on, c.recorded_at, a.name
		FROM status_change c JOIN account a ON a.id = c.recorded_by
		WHERE c.city_id = $1 AND c.entry_id = ANY (`+entriesOf+`)
		ORDER BY c.effective_on, c.entry_version`, r.City.ID, r.Assessment.ID, indicators).
		Query(func(rows pgx.Rows) error { return collectChanges(rows, area.changes) })
	batch.Queue(`
		SELECT r.entry_id, r.entry_version, r.narrative, r.obstacles, r.solution,
		       r.year, (r.value * 10)::bigint, (r.target * 10)::bigint, r.source,
		       r.effective_on, r.recorded_at, a.name
		FROM entry_revision r JOIN account a ON a.id = r.recorded_by
		WHERE r.city_id = $1 AND r.entry_id = ANY (`+entriesOf+`)
		ORDER BY r.effective_on, r.entry_version`, r.City.ID, r.Assessment.ID, indicators).
		Query(func(rows pgx.Rows) error { return collectRevisions(rows, area.revisions) })
}

// collectChanges sorts status changes by entry.
func collectChanges(rows pgx.Rows, into map[int64][]tracker.StatusChange) error {
	var id int64
	var c tracker.StatusChange
	_, err := pgx.ForEachRow(rows, []any{
		&id, &c.EntryVersion, &c.Act, &c.From.Claim, &c.To.Claim, &c.From.Verdict, &c.To.Verdict,
		&c.Note, &c.EffectiveOn, &c.RecordedAt, &c.RecordedBy,
	}, func() error {
		into[id] = append(into[id], c)
		return nil
	})
	return err
}

// collectRevisions sorts edits by entry.
func collectRevisions(rows pgx.Rows, into map[int64][]tracker.Revision) error {
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		id, revision, err := scanRevision(row)
		into[id] = append(into[id], revision)
		return struct{}{}, err
	})
	return err
}

func scanRevision(row pgx.CollectableRow) (id int64, r tracker.Revision, err error) {
	var narrative, obstacles, solution, source *string
	var year *int
	var value, target *int64
	err = row.Scan(&id, &r.EntryVersion, &narrative, &obstacles, &solution,
		&year, &value, &target, &source, &r.EffectiveOn, &r.RecordedAt, &r.RecordedBy)
	if err != nil {
		return id, r, err
	}
	if narrative != nil {
		r.Narrative = &tracker.Narrative{Narrative: *narrative, Obstacles: *obstacles, Solution: *solution}
	}
	if year != nil {
		r.Measurement = &tracker.Measurement{Year: *year, Value: tracker.Decimal(*value), Source: *source}
		if target != nil {
			r.Measurement.HasTarget, r.Measurement.Target = true, tracker.Decimal(*target)
		}
	}
	return id, r, nil
}
