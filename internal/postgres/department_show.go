package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// DepartmentRecord returns what the department with the code has in hand in the
// assessment (0: the current one). It answers like Overview, and ErrNotFound for a
// code that the city does not have.
func (s *Store) DepartmentRecord(ctx context.Context, actor tracker.Actor, slug, code string, number int) (*tracker.DepartmentRecord, error) {
	r := &tracker.DepartmentRecord{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		r.City, r.Today, r.Assessments = at.city, at.today, of.all
		var err error
		if r.Assessment, err = choose(of.all, number); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueDepartment(batch, at.city.ID, code, &r.Department)
		queueExpiring(batch, at.visit, code, &r.Expiring)
		if r.Assessment.ID != 0 {
			return s.fillDepartment(ctx, at, batch, r, code)
		}
		return departmentFound(at.last(ctx, batch), r.Department)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// departmentFound is err, or ErrNotFound where no department was read.
func departmentFound(err error, d tracker.Department) error {
	switch {
	case err != nil:
		return fmt.Errorf("read a department: %w", err)
	case d.ID == 0:
		return tracker.ErrNotFound
	}
	return nil
}

func (s *Store) fillDepartment(ctx context.Context, at *snapshot, batch *pgx.Batch, r *tracker.DepartmentRecord, code string) error {
	var err error
	if r.Framework, err = s.framework(ctx, at, r.Assessment.FrameworkID); err != nil {
		return err
	}
	entries, linked := map[int64]tracker.DepartmentEntry{}, map[int64]*tracker.ChecklistEntry{}
	queueLed(batch, r, code, entries)
	queueChecklist(batch, &tracker.Checklist{City: r.City, Assessment: r.Assessment}, linked)
	// What was not done in an earlier assessment is still to be done.
	queueTasks(batch, `t.assessment_id IN (SELECT id FROM assessment WHERE city_id = $1 AND opened_on <= $2)
		AND d.code = $3 AND t.state = 'open' ORDER BY t.due_on, t.id`, &r.Tasks, r.City.ID, r.Assessment.OpenedOn, code)
	if err := departmentFound(at.last(ctx, batch), r.Department); err != nil {
		return err
	}
	r.Fill(entries, linked)
	return nil
}

func queueDepartment(batch *pgx.Batch, city int64, code string, into *tracker.Department) {
	batch.Queue(`SELECT id, code, name_vi, name_en, retired_on FROM department WHERE city_id = $1 AND code = $2`, city, code).
		Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&into.ID, &into.Code, &into.Name.VI, &into.Name.EN, &into.RetiredOn}, func() error { return nil })
			return err
		})
}

// queueLed reads the department's entries, of those that are returned with the
// reason.
func queueLed(batch *pgx.Batch, r *tracker.DepartmentRecord, code string, into map[int64]tracker.DepartmentEntry) {
	batch.Queue(`
		SELECT e.id, e.indicator_id, e.due_on, e.claim, e.verdict, e.changed, e.changed_on,
		       coalesce(e.assignee_id, 0), coalesce(account_name(e.assignee_id), ''),
		       coalesce(c.note, ''), c.effective_on, coalesce(account_name(c.recorded_by), '')
		FROM entry e
		JOIN department d ON d.id = e.department_id AND d.city_id = $1 AND d.code = $3
		LEFT JOIN LATERAL (
			SELECT note, effective_on, recorded_by FROM status_change
			WHERE entry_id = e.id AND act = 'return' ORDER BY entry_version DESC LIMIT 1) c ON e.verdict = 'returned'
		WHERE e.city_id = $1 AND e.assessment_id = $2`, r.City.ID, r.Assessment.ID, code).Query(func(rows pgx.Rows) error {
		var l tracker.DepartmentEntry
		e, c := &l.Entry, &l.Returned
		_, err := pgx.ForEachRow(rows, []any{&e.ID, &e.IndicatorID, &e.DueOn, &e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.ChangedOn,
			&e.Assignee.ID, &e.Assignee.Name, &c.Note, &c.EffectiveOn, &c.RecordedBy}, func() error {
			l.State, l.ChangedOn = e.State, e.ChangedOn
			into[e.IndicatorID] = l
			return nil
		})
		return err
	})
}

// queueExpiring reads the department's evidence that expires soon or has
// expired, as far as the reader may see it.
func queueExpiring(batch *pgx.Batch, v visit, code string, into *[]tracker.Evidence) {
	all, departments := v.actor.SeesRestricted(v.city, v.today)
	batch.Queue(`
		SELECT `+evidenceColumns+` FROM evidence e `+evidenceJoins+`
		WHERE e.city_id = $1 AND e.withdrawn_at IS NULL AND e.valid_until <= $2
		  AND e.department_id = (SELECT id FROM department WHERE city_id = $1 AND code = $3)
		  AND (e.access = 'open' OR $4 OR e.department_id = ANY ($5))
		ORDER BY e.valid_until, e.id LIMIT `+rowsRead, v.city.ID, tracker.Soon(v.today), code, all, departments).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, scanEvidence)
		return err
	})
}

// DepartmentCode is the code of a department of the city, of which only the id
// is known.
func (s *Store) DepartmentCode(ctx context.Context, actor tracker.Actor, slug string, id int64) (string, error) {
	var code string
	err := s.readCity(ctx, actor, slug, func(batch *pgx.Batch) {
		batch.Queue(`SELECT code FROM department WHERE city_id = current_city() AND id = $1`, id).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&code}, func() error { return nil })
			return err
		})
	}, func(at *snapshot) error {
		if code == "" {
			return tracker.ErrNotFound
		}
		return at.last(ctx, &pgx.Batch{})
	})
	return code, err
}
