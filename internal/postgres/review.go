package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Reviews returns what waits for a verdict in the assessment with the number; 0 is
// the current one. It answers ErrForbidden to who reads the city and not this, and
// ErrNotFound like Overview.
func (s *Store) Reviews(ctx context.Context, actor tracker.Actor, slug string, number int) (*tracker.Reviews, error) {
	var r *tracker.Reviews
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		if err := mayEnter(actor, at.city, tracker.ReadReviews, at.today); err != nil {
			return err
		}
		chosen, err := choose(of.all, number)
		if err != nil {
			return err
		}
		r = &tracker.Reviews{City: at.city, Assessments: of.all, Assessment: chosen, Today: at.today}
		if chosen.ID == 0 {
			return nil
		}
		if r.Framework, err = s.framework(ctx, at, chosen.FrameworkID); err != nil {
			return err
		}
		var all []tracker.Waiting
		batch := &pgx.Batch{}
		queueWaiting(batch, chosen.ID, &all)
		queueDepartments(batch, at.city.ID, &r.Departments)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read the queue for review: %w", err)
		}
		r.Arrange(all)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// queueWaiting reads the assessment's entries on which reviewers have something to
// decide.
func queueWaiting(batch *pgx.Batch, assessment int64, into *[]tracker.Waiting) {
	batch.Queue(`
		SELECT e.id, e.indicator_id, coalesce(e.department_id, 0), e.due_on, e.version, e.claim, e.verdict, e.changed,
		       e.submitted_by, coalesce(e.edited_by, 0), e.changed_on, coalesce(d.code, ''), coalesce(d.name_vi, ''), coalesce(d.name_en, ''),
		       s.name, waiting_since(e)
		FROM entry e
		JOIN account s ON s.id = e.submitted_by
		LEFT JOIN department d ON d.id = e.department_id
		WHERE e.city_id = current_city() AND e.assessment_id = $1 AND (e.verdict = 'awaiting' OR e.changed)`, assessment).
		Query(func(rows pgx.Rows) error {
			var err error
			*into, err = pgx.CollectRows(rows, scanWaiting)
			return err
		})
}

func scanWaiting(row pgx.CollectableRow) (tracker.Waiting, error) {
	var w tracker.Waiting
	e, d := &w.Entry, &w.Department
	err := row.Scan(&e.ID, &e.IndicatorID, &e.DepartmentID, &e.DueOn, &e.Version, &e.State.Claim, &e.State.Verdict, &e.State.Changed,
		&e.SubmittedBy, &e.EditedBy, &e.ChangedOn, &d.Code, &d.Name.VI, &d.Name.EN, &w.SubmittedBy, &w.Since)
	d.ID = e.DepartmentID
	return w, err
}

// Review returns one entry with its history as of today, what is said on it, and
// the queue around it, from one state of the database. Errors as for Reviews and EntryRecord.
func (s *Store) Review(ctx context.Context, actor tracker.Actor, ref EntryRef) (*tracker.Review, error) {
	var all []tracker.Waiting
	r, err := s.entryRecord(ctx, actor, ref, 0, func(at visit, p *recordParts, batch *pgx.Batch) error {
		queueWaiting(batch, p.Assessment.ID, &all)
		p.queueSaid(batch, at)
		return mayEnter(actor, at.city, tracker.ReadReviews, at.today)
	})
	if err != nil {
		return nil, err
	}
	review := &tracker.Review{EntryRecord: *r, Queue: tracker.Reviews{City: r.City, Assessments: r.Assessments,
		Assessment: r.Assessment, Framework: r.Framework, Today: r.Today}}
	review.Queue.Arrange(all)
	return review, nil
}

// CityReviews tells how much waits in each city that the actor reviews, in its
// current assessment; by name.
func (s *Store) CityReviews(ctx context.Context, actor tracker.Actor) ([]tracker.CityReviews, error) {
	var all []tracker.CityReviews
	now := s.now()
	err := s.asAccount(ctx, actor, reading, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT c.id, c.slug, c.name_vi, c.name_en, c.time_zone, c.second_step_required, c.archived_on, r.waiting, r.oldest
			FROM reviews_of_account() r JOIN city c ON c.id = r.city_id
			ORDER BY c.name_vi COLLATE "vi-x-icu", c.slug`)
		if err != nil {
			return fmt.Errorf("read what waits in cities: %w", err)
		}
		var r tracker.CityReviews
		c := &r.City
		_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.Slug, &c.Name.VI, &c.Name.EN, &c.TimeZone, &c.SecondStepRequired, &c.ArchivedOn,
			&r.Count, &r.Oldest}, func() (err error) {
			if r.Today, err = todayIn(r.City, now); err == nil && actor.MayAnywhere(tracker.Accept, r.City, r.Today) {
				all = append(all, r)
			}
			return err
		})
		return err
	})
	return all, err
}
