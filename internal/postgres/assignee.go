package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// ChargedEntry is an entry that a person is in charge of.
type ChargedEntry struct {
	tracker.EntryKey
	AssessmentName tracker.Text
	Department     tracker.Department
}

// InCharge lists what one of the city's people is in charge of in assessments
// that are not closed, by department, assessment and indicator. The person is
// named as in PersonRef.
func (s *Store) InCharge(ctx context.Context, actor tracker.Actor, slug string, person int64) ([]ChargedEntry, error) {
	var all []ChargedEntry
	err := s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		rows, err := tx.Query(ctx, `
			SELECT s.number, i.code, s.name_vi, s.name_en, d.id, d.code, d.name_vi, d.name_en
			FROM membership m
			JOIN entry e ON e.city_id = m.city_id AND e.assignee_id = m.account_id
			JOIN assessment s ON s.id = e.assessment_id AND s.closed_on IS NULL
			JOIN indicator i ON i.id = e.indicator_id
			JOIN department d ON d.id = e.department_id
			WHERE m.city_id = $1 AND m.id = $2
			ORDER BY d.name_vi COLLATE "vi-x-icu", d.id, s.number, i.position`, tx.city.ID, person)
		if err != nil {
			return fmt.Errorf("list what a person is in charge of: %w", err)
		}
		all, err = pgx.CollectRows(rows, scanCharged)
		return err
	})
	return all, err
}

func scanCharged(row pgx.CollectableRow) (ChargedEntry, error) {
	var c ChargedEntry
	d := &c.Department
	return c, row.Scan(&c.Assessment, &c.Indicator, &c.AssessmentName.VI, &c.AssessmentName.EN, &d.ID, &d.Code, &d.Name.VI, &d.Name.EN)
}

// HandOver puts another of the department's staff, or nobody by name, in charge
// of what the person has in hand there. Each entry gets a new version and a
// record. It answers ErrConflict when the person was changed meanwhile or the
// form showed other entries, and *InvalidError for what tracker refuses.
func (s *Store) HandOver(ctx context.Context, actor tracker.Actor, ref PersonRef, h tracker.HandOver) error {
	return s.onPerson(ctx, actor, ref, func(tx *cityTx, people *tracker.People, one tracker.Person) error {
		held, err := tx.lockHeldBy(ctx, one.AccountID, h.Department)
		if err != nil {
			return err
		}
		if err := people.HandOver(one, h, keysOf(held)); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, e := range held {
			next := e.Assignment
			next.Assignee = h.To
			err := tx.queueAssignment(batch, record{act: "hand_over_entries"}, e, e.as(next, e.departmentID, people.All))
			if err != nil {
				return err
			}
		}
		tx.queueAssigned(batch, held)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("hand %d entries over: %w", len(held), err)
		}
		return nil
	})
}

// lockHeldBy reads what the account is in charge of in the department and in
// open assessments, which nobody can close meanwhile.
func (tx *cityTx) lockHeldBy(ctx context.Context, account int64, department string) ([]lockedAssignment, error) {
	return tx.lockOpen(ctx, `e.assignee_id = $2 AND d.code = $3`, account, department)
}
