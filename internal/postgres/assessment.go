package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// OpenAssessment opens the city's next assessment on the framework, named by
// its code, whose newest import is taken, or by code and version with a slash
// between. Every indicator gets an entry, not started or with what the carry-over
// says, whose history begins on the opening day. It returns the assessment's number.
func (s *Store) OpenAssessment(ctx context.Context, actor tracker.Actor, slug, framework string,
	a tracker.Assessment, c tracker.CarryOver) (int, error) {
	var number int
	err := s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		if err := a.Check(); err != nil {
			return err
		}
		if err := tx.holdForOpening(ctx, c); err != nil {
			return err
		}
		from, err := tx.carriedFrom(ctx, a, c)
		if err != nil {
			return err
		}
		if a.FrameworkID, err = newestFramework(ctx, tx, framework); err != nil {
			return err
		}
		a.CarriedFrom = from.ID
		if err := tx.insertAssessment(ctx, &a, c); err != nil {
			return err
		}
		number = a.Number
		return tx.openEntries(ctx, a, c)
	})
	if err != nil {
		return 0, err
	}
	return number, nil
}

// holdForOpening waits for another opening, since two at once would take the same
// number, and where departments and people are carried over keeps others from
// changing them.
func (tx *cityTx) holdForOpening(ctx context.Context, c tracker.CarryOver) error {
	if c.From != 0 && c.Departments {
		if err := tx.holdPeople(ctx); err != nil {
			return err
		}
		if _, err := tx.lockDepartments(ctx); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('assessment'), $1::int)`, tx.city.ID); err != nil {
		return fmt.Errorf("wait for another opening: %w", err)
	}
	return nil
}

func newestFramework(ctx context.Context, tx pgx.Tx, name string) (int64, error) {
	code, version, _ := strings.Cut(name, "/")
	rows, err := tx.Query(ctx, `
		SELECT id FROM framework WHERE code = $1 AND ($2 = '' OR version = $2)
		ORDER BY imported_at DESC, id DESC LIMIT 1`, code, version)
	if err != nil {
		return 0, fmt.Errorf("look for framework %q: %w", name, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("look for framework %q: %w", name, err)
	}
	if len(ids) == 0 {
		return 0, tracker.Invalid("framework", "framework.error.unknown")
	}
	return ids[0], nil
}

// CityAssessments is what there is to know of a city's assessments, and of the
// frameworks that the next one may be of.
type CityAssessments struct {
	City       tracker.City
	Today      tracker.Date
	All        []tracker.Assessment // by number
	Frameworks []tracker.Framework  // without their groups; the newest import first
}

// Assessments lists the city's assessments, and all frameworks.
func (s *Store) Assessments(ctx context.Context, actor tracker.Actor, slug string) (*CityAssessments, error) {
	var of assessments
	c := &CityAssessments{}
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		c.City, c.Today, c.All = at.city, at.today, of.all
		batch := &pgx.Batch{}
		batch.Queue(`
			SELECT id, code, version, title_vi, title_en FROM framework
			ORDER BY imported_at DESC, id DESC`).Query(c.collectFrameworks)
		return at.last(ctx, batch)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *CityAssessments) collectFrameworks(rows pgx.Rows) error {
	var f tracker.Framework
	_, err := pgx.ForEachRow(rows, []any{&f.ID, &f.Code, &f.Version, &f.Title.VI, &f.Title.EN}, func() error {
		c.Frameworks = append(c.Frameworks, f)
		return nil
	})
	return err
}

func (tx *cityTx) insertAssessment(ctx context.Context, a *tracker.Assessment, c tracker.CarryOver) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO assessment (city_id, number, framework_id, name_vi, name_en, opened_on, submission_due_on, needs_review, carried_from)
		SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM assessment WHERE city_id = $1
		RETURNING id, number`,
		tx.city.ID, a.FrameworkID, a.Name.VI, a.Name.EN, a.OpenedOn, a.SubmissionDueOn, a.NeedsReview, nullID(a.CarriedFrom)).
		Scan(&a.ID, &a.Number)
	if err != nil {
		return fmt.Errorf("insert assessment: %w", err)
	}
	return tx.audit(ctx, record{act: "open_assessment", subject: assessmentSubject(a.Number), after: openingJSON{*a, c.From}})
}

// openingJSON is what the record keeps of a new assessment.
type openingJSON struct {
	tracker.Assessment
	CarriedFrom int `json:"carried_from,omitempty"` // number
}

// assessmentSubject names an assessment in the audit: "assessment 1".
func assessmentSubject(number int) string { return fmt.Sprintf("assessment %d", number) }

// AddMilestone notes a day of the city's assessment that leaders ask about.
func (s *Store) AddMilestone(ctx context.Context, actor tracker.Actor, slug string, assessment int, m tracker.Milestone) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO milestone (city_id, assessment_id, held_on, title_vi, title_en, published)
			SELECT city_id, id, $3, $4, $5, $6 FROM assessment WHERE city_id = $1 AND number = $2`,
			tx.city.ID, assessment, m.HeldOn, m.Title.VI, m.Title.EN, m.Published)
		if err != nil {
			return fmt.Errorf("insert milestone: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return tracker.ErrNotFound
		}
		return tx.audit(ctx, record{act: "add_milestone", subject: assessmentSubject(assessment), after: m})
	})
}

// choose picks the assessment with the number, or for 0 the current one; none
// where the city has opened none and none was asked for.
func choose(all []tracker.Assessment, number int) (tracker.Assessment, error) {
	if number == 0 {
		current, _ := tracker.CurrentAssessment(all)
		return current, nil
	}
	for _, a := range all {
		if a.Number == number {
			return a, nil
		}
	}
	return tracker.Assessment{}, tracker.ErrNotFound
}

// assessments are a city's, by number, with the milestones of each, by day.
type assessments struct {
	all        []tracker.Assessment
	milestones map[int64][]tracker.Milestone
}

// queue reads them of the city that the batch has named before.
func (of *assessments) queue(batch *pgx.Batch) {
	batch.Queue(`
		SELECT id, number, framework_id, name_vi, name_en, opened_on, submission_due_on, closed_on, needs_review,
		       version, submitted, coalesce(carried_from, 0)
		FROM assessment WHERE city_id = current_city() ORDER BY number`).Query(func(rows pgx.Rows) error {
		var a tracker.Assessment
		_, err := pgx.ForEachRow(rows, []any{&a.ID, &a.Number, &a.FrameworkID, &a.Name.VI, &a.Name.EN,
			&a.OpenedOn, &a.SubmissionDueOn, &a.ClosedOn, &a.NeedsReview, &a.Version, &a.Submitted, &a.CarriedFrom}, func() error {
			of.all = append(of.all, a)
			return nil
		})
		return err
	})
}

// queueWithMilestones reads them of the city that the batch has named before.
func (of *assessments) queueWithMilestones(batch *pgx.Batch) {
	batch.Queue(`
		SELECT a.id, a.number, a.framework_id, a.name_vi, a.name_en,
		       a.opened_on, a.submission_due_on, a.closed_on, a.needs_review,
		       a.version, a.submitted, coalesce(a.carried_from, 0),
		       m.held_on, coalesce(m.title_vi, ''), coalesce(m.title_en, ''), coalesce(m.published, false)
		FROM assessment a
		LEFT JOIN milestone m ON m.city_id = a.city_id AND m.assessment_id = a.id
		WHERE a.city_id = current_city()
		ORDER BY a.number, m.held_on, m.id`).Query(of.collect)
}

func (of *assessments) collect(rows pgx.Rows) error {
	of.milestones = map[int64][]tracker.Milestone{}
	var a tracker.Assessment
	var m tracker.Milestone
	_, err := pgx.ForEachRow(rows, []any{
		&a.ID, &a.Number, &a.FrameworkID, &a.Name.VI, &a.Name.EN,
		&a.OpenedOn, &a.SubmissionDueOn, &a.ClosedOn, &a.NeedsReview,
		&a.Version, &a.Submitted, &a.CarriedFrom,
		&m.HeldOn, &m.Title.VI, &m.Title.EN, &m.Published,
	}, func() error {
		if n := len(of.all); n == 0 || of.all[n-1].ID != a.ID {
			of.all = append(of.all, a)
		}
		if !m.HeldOn.IsZero() {
			of.milestones[a.ID] = append(of.milestones[a.ID], m)
		}
		return nil
	})
	return err
}
