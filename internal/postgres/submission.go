package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Submission returns what stands in the way of submitting the assessment, and how
// it was closed and reopened so far. It answers like EntryRecord.
func (s *Store) Submission(ctx context.Context, actor tracker.Actor, slug string, number int) (*tracker.Submission, error) {
	sub := &tracker.Submission{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		var err error
		if sub.Assessment, err = choose(of.all, number); err != nil {
			return err
		}
		sub.City, sub.Today = at.city, at.today
		if err := s.fillFrameworks(ctx, at, sub, of.all); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueSubmission(batch, sub)
		queueAssessmentMoves(batch, sub)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read the submission of assessment %d: %w", number, err)
		}
		sub.Hide(actor)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// fillFrameworks reads what is asked for, and what of an earlier assessment's
// found no place in it.
func (s *Store) fillFrameworks(ctx context.Context, q querier, sub *tracker.Submission, all []tracker.Assessment) error {
	var err error
	if sub.Framework, err = s.framework(ctx, q, sub.Assessment.FrameworkID); err != nil {
		return err
	}
	for _, one := range all {
		sub.CarriedOn = sub.CarriedOn || one.CarriedFrom == sub.Assessment.ID
		if one.ID != sub.Assessment.CarriedFrom {
			continue
		}
		earlier, err := s.framework(ctx, q, one.FrameworkID)
		if err != nil {
			return err
		}
		sub.Source, sub.LeftOut = one, tracker.LeftOut(earlier, sub.Framework)
	}
	return nil
}

// queueSubmission reads what decides whether the assessment may be submitted. A
// kind of blocker that stands at no entry needs its own query here.
func queueSubmission(batch *pgx.Batch, sub *tracker.Submission) {
	var departments []tracker.Department
	found := map[int64]*tracker.SubmissionEntry{} // by indicator
	queueDepartments(batch, sub.City.ID, &departments)
	batch.Queue(`
		SELECT indicator_id, coalesce(department_id, 0), claim, verdict, changed, to_confirm, version FROM entry
		WHERE city_id = $1 AND assessment_id = $2`, sub.City.ID, sub.Assessment.ID).Query(func(rows pgx.Rows) error {
		byID := map[int64]tracker.Department{}
		for _, d := range departments {
			byID[d.ID] = d
		}
		sub.Version = sub.Assessment.Version
		var indicator, department int64
		var state tracker.State
		var version int
		_, err := pgx.ForEachRow(rows, []any{&indicator, &department, &state.Claim, &state.Verdict, &state.Changed, &state.ToConfirm, &version}, func() error {
			found[indicator] = &tracker.SubmissionEntry{Department: byID[department], State: state}
			sub.Version += version
			return nil
		})
		return err
	})
	queueSubmissionAdvice(batch, sub, found)
	queueSubmissionEvidence(batch, sub, found)
}

// queueSubmissionAdvice reads the assessment's recommendations, and the
// conversations for the city that are not settled, of the entries found.
func queueSubmissionAdvice(batch *pgx.Batch, sub *tracker.Submission, found map[int64]*tracker.SubmissionEntry) {
	batch.Queue(`
		SELECT id, text, required, state FROM recommendation
		WHERE city_id = $1 AND assessment_id = $2 ORDER BY given_on, id`, sub.City.ID, sub.Assessment.ID).Query(func(rows pgx.Rows) error {
		var r tracker.Recommendation
		_, err := pgx.ForEachRow(rows, []any{&r.ID, &r.Text, &r.Required, &r.State}, func() error {
			sub.Recommendations = append(sub.Recommendations, r)
			return nil
		})
		return err
	})
	batch.Queue(`
		SELECT e.indicator_id, t.id FROM thread t JOIN entry e ON e.city_id = t.city_id AND e.id = t.entry_id
		WHERE t.city_id = $1 AND t.assessment_id = $2 AND t.audience = 'city' AND t.resolved_at IS NULL
		ORDER BY t.id`, sub.City.ID, sub.Assessment.ID).Query(func(rows pgx.Rows) error {
		var indicator, id int64
		_, err := pgx.ForEachRow(rows, []any{&indicator, &id}, func() error {
			found[indicator].Threads = append(found[indicator].Threads, id)
			return nil
		})
		return err
	})
}

// queueSubmissionEvidence reads the evidence of the entries found, and puts them
// in order.
func queueSubmissionEvidence(batch *pgx.Batch, sub *tracker.Submission, found map[int64]*tracker.SubmissionEntry) {
	batch.Queue(`
		SELECT n.indicator_id, v.id, v.title, v.access, coalesce(v.department_id, 0), v.issued_on, v.period_from, v.period_to,
		       v.valid_until, v.withdrawn_on, l.answers
		FROM evidence_link l JOIN entry n ON n.id = l.entry_id JOIN evidence v ON v.id = l.evidence_id
		WHERE l.city_id = $1 AND l.assessment_id = $2 AND l.linked
		ORDER BY v.id`, sub.City.ID, sub.Assessment.ID).Query(func(rows pgx.Rows) error {
		var indicator int64
		var l tracker.LinkedEvidence
		p := &l.Passport
		_, err := pgx.ForEachRow(rows, []any{&indicator, &l.ID, &p.Title, &p.Access, &l.DepartmentID, &p.IssuedOn, &p.PeriodFrom, &p.PeriodTo,
			&p.ValidUntil, &l.WithdrawnOn, &l.Answers}, func() error {
			found[indicator].Linked = append(found[indicator].Linked, l)
			return nil
		})
		for place := range sub.Framework.All() {
			if e := found[place.Indicator.ID]; e != nil {
				e.Place = place
				sub.Entries = append(sub.Entries, *e)
			}
		}
		return err
	})
}

func queueAssessmentMoves(batch *pgx.Batch, sub *tracker.Submission) {
	batch.Queue(`
		SELECT m.version, m.act, m.note, m.moved_on, a.name
		FROM assessment_move m JOIN account a ON a.id = m.recorded_by
		WHERE m.city_id = $1 AND m.assessment_id = $2 ORDER BY m.version DESC`, sub.City.ID, sub.Assessment.ID).Query(func(rows pgx.Rows) error {
		var m tracker.AssessmentMove
		_, err := pgx.ForEachRow(rows, []any{&m.Number, &m.Act, &m.Note, &m.On, &m.By}, func() error {
			sub.Moves = append(sub.Moves, m)
			return nil
		})
		return err
	})
}

// AssessmentRef names an assessment, and the version that a form carried: for
// SubmitAssessment that of tracker.Submission, else the assessment's own.
type AssessmentRef struct {
	City    string // slug
	Number  int
	Version int
}

// SubmitAssessment submits the assessment and closes it today: nobody can change
// its entries any more. Acts that have begun are finished first. It answers
// ErrConflict when something was changed since the form was shown, and
// *InvalidError while anything stands in the way.
func (s *Store) SubmitAssessment(ctx context.Context, actor tracker.Actor, ref AssessmentRef) error {
	return s.moveAssessment(ctx, actor, ref, func(tx *cityTx, a tracker.Assessment) (tracker.AssessmentMove, error) {
		move := tracker.AssessmentMove{Act: tracker.SubmitAssessment}
		framework, err := s.framework(ctx, tx, a.FrameworkID)
		if err != nil {
			return move, err
		}
		sub := &tracker.Submission{City: tx.city, Assessment: a, Framework: framework, Today: tx.today}
		batch := &pgx.Batch{}
		queueSubmission(batch, sub)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return move, fmt.Errorf("look for what stands in the way: %w", err)
		}
		return move, firstOf(a.Submit(tx.today, sub.Blockers()), ref.Version, sub.Version)
	})
}

// CloseAssessment closes the assessment today without submitting it, for a
// reason. It answers ErrConflict when it was closed or reopened since the form
// was shown.
func (s *Store) CloseAssessment(ctx context.Context, actor tracker.Actor, ref AssessmentRef, reason string) error {
	return s.moveAssessment(ctx, actor, ref, func(tx *cityTx, a tracker.Assessment) (tracker.AssessmentMove, error) {
		return tracker.AssessmentMove{Act: tracker.CloseAssessment, Note: reason}, firstOf(a.Close(tx.today, reason), ref.Version, a.Version)
	})
}

// ReopenAssessment opens a closed assessment again, for a reason; not once a
// later one has carried it over. Conflicts as for CloseAssessment.
func (s *Store) ReopenAssessment(ctx context.Context, actor tracker.Actor, ref AssessmentRef, reason string) error {
	return s.moveAssessment(ctx, actor, ref, func(tx *cityTx, a tracker.Assessment) (tracker.AssessmentMove, error) {
		move := tracker.AssessmentMove{Act: tracker.ReopenAssessment, Note: reason}
		var carriedOn bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM assessment WHERE city_id = $1 AND carried_from = $2)`, tx.city.ID, a.ID).Scan(&carriedOn)
		if err != nil {
			return move, fmt.Errorf("look for who carried assessment %d over: %w", a.Number, err)
		}
		return move, firstOf(a.Reopen(carriedOn, reason), ref.Version, a.Version)
	})
}

// moveAssessment is how an assessment is closed or reopened: lock the row, which
// waits for acts that have begun, ask the rule, write row, history and audit.
func (s *Store) moveAssessment(ctx context.Context, actor tracker.Actor, ref AssessmentRef,
	decide func(*cityTx, tracker.Assessment) (tracker.AssessmentMove, error)) error {
	return s.inCity(ctx, actor, ref.City, tracker.ManageCity, func(tx *cityTx) error {
		a, err := tx.readAssessment(ctx, ref.Number, `FOR UPDATE`)
		if err != nil {
			return err
		}
		move, err := decide(tx, a)
		if err != nil {
			return err
		}
		return tx.writeMove(ctx, a, move)
	})
}

func (tx *cityTx) writeMove(ctx context.Context, a tracker.Assessment, m tracker.AssessmentMove) error {
	closed := tx.today
	if m.Act == tracker.ReopenAssessment {
		closed = 0
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE assessment SET closed_on = $2, submitted = $3, version = version + 1 WHERE id = $1`,
		a.ID, closed, m.Act == tracker.SubmitAssessment)
	batch.Queue(`
		INSERT INTO assessment_move (assessment_id, version, city_id, act, note, moved_on, recorded_at, recorded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.Version+1, tx.city.ID, m.Act, m.Note, tx.today, tx.now, tx.actor.AccountID)
	if err := tx.queueAudit(batch, record{act: string(m.Act), subject: assessmentSubject(a.Number),
		before: moveJSON{a.ClosedOn, ""}, after: moveJSON{closed, m.Note}}); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("%s %d: %w", m.Act, a.Number, err)
	}
	return nil
}

// moveJSON is what the record keeps of a move.
type moveJSON struct {
	ClosedOn tracker.Date `json:"closed_on,omitzero"`
	Note     string       `json:"note,omitempty"`
}
