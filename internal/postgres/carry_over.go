package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// carriedFrom is the assessment that the new one begins with, which nobody can
// reopen until the transaction ends; zero where it begins with nothing.
func (tx *cityTx) carriedFrom(ctx context.Context, a tracker.Assessment, c tracker.CarryOver) (tracker.Assessment, error) {
	if c.From == 0 {
		return tracker.Assessment{}, nil
	}
	from, err := tx.lockAssessment(ctx, c.From)
	if errors.Is(err, tracker.ErrNotFound) {
		return from, tracker.Invalid("carry_from", "carry_over.error.unknown")
	}
	if err != nil {
		return from, err
	}
	return from, c.Check(a, from, tx.today)
}

// openEntries makes the entries of a new assessment, and the beginning of their
// histories. An indicator that the earlier assessment had too, by its code,
// begins with its claim.
func (tx *cityTx) openEntries(ctx context.Context, a tracker.Assessment, c tracker.CarryOver) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		WITH opened AS (
			INSERT INTO entry (city_id, assessment_id, framework_id, indicator_id, version, claim, verdict, changed, to_confirm,
			                   changed_on, updated_at, department_id, assignee_id, due_on, narrative, obstacles, solution)
			SELECT $1, $2, i.framework_id, i.id, 1, coalesce(e.claim, 'not_started'), 'none', false,
			       coalesce(e.claim <> 'not_started', false), $4, $5, d.id, p.account_id, $9,
			       coalesce(e.narrative, ''), coalesce(e.obstacles, ''), coalesce(e.solution, '')
			FROM indicator i
			LEFT JOIN (entry e JOIN indicator was ON was.id = e.indicator_id)
			       ON e.city_id = $1 AND e.assessment_id = $7 AND was.code = i.code
			LEFT JOIN department d ON $8 AND d.city_id = $1 AND d.id = e.department_id AND d.retired_on IS NULL
			-- in charge is who may be put in charge today (tracker.People.MayTakeCharge)
			LEFT JOIN membership p ON p.city_id = $1 AND p.account_id = e.assignee_id AND p.role = 'staff'
			      AND p.department_id = d.id AND p.disabled_at IS NULL AND (p.ends_on IS NULL OR p.ends_on >= $10)
			WHERE i.framework_id = $3
			ORDER BY i.position
			RETURNING id, claim)
		INSERT INTO status_change (entry_id, entry_version, city_id, assessment_id, act, claim_from, claim_to,
		                           verdict_from, verdict_to, note, effective_on, recorded_at, recorded_by)
		SELECT id, 1, $1, $2, CASE claim WHEN 'not_started' THEN 'open' ELSE 'carry_over' END, 'not_started', claim,
		       'none', 'none', '', $4, $5, $6 FROM opened`,
		tx.city.ID, a.ID, a.FrameworkID, a.OpenedOn, tx.now, tx.actor.AccountID, a.CarriedFrom, c.Departments, c.DueOn, tx.today)
	if a.CarriedFrom != 0 {
		tx.queueCarried(batch, a)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("open the entries: %w", err)
	}
	if !c.Departments {
		return nil
	}
	return tx.tellCarried(ctx, a)
}

// tellCarried tells of the assignments that were carried over, as of others.
func (tx *cityTx) tellCarried(ctx context.Context, a tracker.Assessment) error {
	rows, err := tx.Query(ctx, `
		SELECT id FROM entry WHERE city_id = $1 AND assessment_id = $2 AND num_nonnulls(department_id, assignee_id) > 0`, tx.city.ID, a.ID)
	if err != nil {
		return fmt.Errorf("list the entries that have a department: %w", err)
	}
	before, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (lockedAssignment, error) {
		var nobodys lockedAssignment // until the assessment was opened
		return nobodys, row.Scan(&nobodys.entryID)
	})
	if err != nil {
		return fmt.Errorf("list the entries that have a department: %w", err)
	}
	batch := &pgx.Batch{}
	tx.queueAssigned(batch, before)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("tell of the assignments carried over: %w", err)
	}
	return nil
}

// carriedPairs are entries of the new assessment $2 and of the earlier one $3,
// with their indicators, in the city $1.
const carriedPairs = `entry n JOIN indicator i ON i.id = n.indicator_id
	JOIN indicator was ON was.code = i.code
	JOIN entry e ON e.city_id = $1 AND e.assessment_id = $3 AND e.indicator_id = was.id`

// queueCarried carries over what an entry's own row does not hold: the figures,
// where they are measured as before, and links to the same evidence, unless it is
// withdrawn. What they answer goes along where the same documents are expected.
// Each is a line of history, on the opening day and marked as carried over.
func (tx *cityTx) queueCarried(batch *pgx.Batch, a tracker.Assessment) {
	batch.Queue(`
		INSERT INTO measurement (entry_id, year, city_id, assessment_id, value, target, source)
		SELECT n.id, m.year, $1, $2, m.value, m.target, m.source
		FROM `+carriedPairs+` JOIN measurement m ON m.entry_id = e.id
		WHERE n.city_id = $1 AND n.assessment_id = $2 AND i.unit = was.unit`, tx.city.ID, a.ID, a.CarriedFrom)
	batch.Queue(`
		INSERT INTO evidence_link (entry_id, evidence_id, city_id, assessment_id, answers, linked)
		SELECT n.id, l.evidence_id, $1, $2,
		       CASE WHEN i.evidence_vi = was.evidence_vi AND i.evidence_en = was.evidence_en THEN l.answers ELSE '{}' END, true
		FROM `+carriedPairs+` JOIN evidence_link l ON l.entry_id = e.id AND l.linked
		JOIN evidence v ON v.id = l.evidence_id AND v.withdrawn_at IS NULL
		WHERE n.city_id = $1 AND n.assessment_id = $2`, tx.city.ID, a.ID, a.CarriedFrom)
	batch.Queue(`
		INSERT INTO entry_revision (entry_id, entry_version, city_id, assessment_id, narrative, obstacles, solution,
		                            year, value, target, source, evidence_act, evidence_id, evidence_version, answers,
		                            effective_on, recorded_at, recorded_by, carried)
		SELECT entry_id, 1 + row_number() OVER (PARTITION BY entry_id ORDER BY year NULLS LAST, evidence_id NULLS FIRST), $1, $2,
		       narrative, obstacles, solution, year, value, target, source, evidence_act, evidence_id, latest, answers, $3, $4, $5, true
		FROM (
			SELECT id AS entry_id, narrative, obstacles, solution, NULL::integer AS year, NULL::numeric AS value, NULL::numeric AS target,
			       NULL AS source, NULL AS evidence_act, NULL::bigint AS evidence_id, NULL::integer AS latest, NULL::integer[] AS answers
			FROM entry WHERE city_id = $1 AND assessment_id = $2 AND narrative || obstacles || solution <> ''
			UNION ALL
			SELECT entry_id, NULL, NULL, NULL, year, value, target, source, NULL, NULL, NULL, NULL
			FROM measurement WHERE city_id = $1 AND assessment_id = $2
			UNION ALL
			SELECT l.entry_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'link_evidence', l.evidence_id, v.latest, l.answers
			FROM evidence_link l JOIN evidence v ON v.id = l.evidence_id WHERE l.city_id = $1 AND l.assessment_id = $2) carried`,
		tx.city.ID, a.ID, a.OpenedOn, tx.now, tx.actor.AccountID)
	batch.Queue(`
		UPDATE entry e SET version = r.last FROM (
			SELECT entry_id, max(entry_version) AS last FROM entry_revision WHERE city_id = $1 AND assessment_id = $2 GROUP BY entry_id) r
		WHERE e.id = r.entry_id`, tx.city.ID, a.ID)
	batch.Queue(`
		UPDATE evidence v SET uses = l.uses, answering = l.answering FROM (
			SELECT evidence_id, count(*) AS uses, count(*) FILTER (WHERE cardinality(answers) > 0) AS answering
			FROM evidence_link WHERE city_id = $1 AND linked GROUP BY evidence_id) l
		WHERE v.id = l.evidence_id
		  AND v.id IN (SELECT evidence_id FROM evidence_link WHERE city_id = $1 AND assessment_id = $2)`, tx.city.ID, a.ID)
}
