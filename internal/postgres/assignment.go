package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Assignment is tracker.Assignment.
type Assignment = tracker.Assignment

// Assign gives entries of the assessment to departments: all of them or none.
// Each that changes hands gets a new version and a record. A department that is
// retired is refused like one that does not exist, and a closed assessment and
// an assignee who is not of the department as *InvalidError.
func (s *Store) Assign(ctx context.Context, actor tracker.Actor, slug string, assessment int, all []Assignment) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		people, err := tx.lockAssignees(ctx, all)
		if err != nil {
			return err
		}
		a, err := tx.lockAssessment(ctx, assessment)
		if err != nil {
			return err
		}
		if !a.ClosedOn.IsZero() {
			return tracker.Invalid("", "assessment.error.closed")
		}
		departments, err := tx.holdDepartments(ctx, all)
		if err != nil {
			return err
		}
		now, err := tx.lockAssignments(ctx, a, codesOf(all))
		if err != nil {
			return err
		}
		return tx.reassign(ctx, now, departments, people, all)
	})
}

// Reassign changes the assignment of the entries in seen, which says how each
// stood when the coordinator chose it: all of them or none. It answers
// ErrConflict when one was given to somebody else meanwhile, otherwise errors
// as Assign, each at its field. An entry that has it already is left as it is.
func (s *Store) Reassign(ctx context.Context, actor tracker.Actor, slug string, assessment int,
	seen []Assignment, change tracker.Reassignment) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		next := make([]Assignment, len(seen))
		for i, one := range seen {
			next[i] = change.Of(one)
		}
		people, err := tx.lockAssignees(ctx, changed(seen, next))
		if err != nil {
			return err
		}
		a, err := tx.lockAssessment(ctx, assessment)
		if err != nil {
			return err
		}
		if err := change.Check(a, len(seen)); err != nil {
			return err
		}
		departments, err := tx.holdDepartments(ctx, changed(seen, next))
		if err != nil {
			return err
		}
		now, err := tx.lockAssignments(ctx, a, codesOf(seen))
		if err != nil {
			return err
		}
		for _, one := range seen {
			if now[one.Indicator].Assignment != one {
				return tracker.ErrConflict
			}
		}
		return tx.reassign(ctx, now, departments, people, changed(seen, next))
	})
}

// changed are those of next that differ from what stands in their place before.
func changed(before, next []Assignment) []Assignment {
	var all []Assignment
	for i := range next {
		if next[i] != before[i] {
			all = append(all, next[i])
		}
	}
	return all
}

// lockAssignees reads the city's people where some are put in charge, before
// anything else is locked: who changes or retires takes the locks in that order.
func (tx *cityTx) lockAssignees(ctx context.Context, all []Assignment) (*tracker.People, error) {
	if !slices.ContainsFunc(all, func(a Assignment) bool { return a.Assignee != 0 }) {
		return &tracker.People{}, nil
	}
	return tx.lockPeople(ctx, tracker.ManageCity)
}

// holdDepartments finds and holds the departments that are named, before any entry
// is locked: who retires one takes the locks in the same order.
func (tx *cityTx) holdDepartments(ctx context.Context, all []Assignment) (map[string]int64, error) {
	ids := map[string]int64{}
	for _, a := range all {
		if _, known := ids[a.Department]; known {
			continue
		}
		id, err := tx.department(ctx, a.Department)
		if err != nil {
			return nil, err
		}
		ids[a.Department] = id
	}
	return ids, nil
}

func codesOf(all []Assignment) []string {
	codes := make([]string, len(all))
	for i, a := range all {
		codes[i] = a.Indicator
	}
	return codes
}

// lockAssessment reads the assessment, which nobody can close until the
// transaction ends. Others can act on its entries meanwhile.
func (tx *cityTx) lockAssessment(ctx context.Context, number int) (tracker.Assessment, error) {
	return tx.readAssessment(ctx, number, `FOR SHARE`)
}

func (tx *cityTx) readAssessment(ctx context.Context, number int, lock string) (tracker.Assessment, error) {
	var a tracker.Assessment
	err := tx.QueryRow(ctx, `
		SELECT id, number, framework_id, opened_on, submission_due_on, closed_on, needs_review,
		       version, submitted, coalesce(carried_from, 0) FROM assessment
		WHERE city_id = $1 AND number = $2 `+lock, tx.city.ID, number).
		Scan(&a.ID, &a.Number, &a.FrameworkID, &a.OpenedOn, &a.SubmissionDueOn, &a.ClosedOn, &a.NeedsReview,
			&a.Version, &a.Submitted, &a.CarriedFrom)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, tracker.ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("lock assessment %d: %w", number, err)
	}
	return a, nil
}

// lockedAssignment is who leads an entry that no other transaction can change.
type lockedAssignment struct {
	Assignment
	entryID, assessmentID int64
	assessment            int // number
	version               int
	departmentID          int64
	email                 string // of the assignee
}

func (l lockedAssignment) key() tracker.EntryKey {
	return tracker.EntryKey{Assessment: l.assessment, Indicator: l.Indicator}
}

// as is the entry as it is assigned next; people has who is put in charge of it.
func (l lockedAssignment) as(next Assignment, department int64, people []tracker.Person) lockedAssignment {
	if next.Assignee != l.Assignee {
		l.email = ""
	}
	for _, one := range people {
		if one.AccountID == next.Assignee {
			l.email = one.Email
		}
	}
	l.Assignment, l.departmentID = next, department
	l.version++
	return l
}

// lockAssignments reads the entries of the indicators FOR UPDATE, always in the
// same order, so that two who assign at once wait and do not block each other.
func (tx *cityTx) lockAssignments(ctx context.Context, a tracker.Assessment, codes []string) (map[string]lockedAssignment, error) {
	rows, err := tx.Query(ctx, lockAssignments+`
		WHERE e.city_id = $1 AND e.assessment_id = $2 AND i.code = ANY ($3)
		ORDER BY e.id FOR UPDATE OF e`, tx.city.ID, a.ID, codes)
	if err != nil {
		return nil, fmt.Errorf("lock the entries of assessment %d: %w", a.Number, err)
	}
	all, err := pgx.CollectRows(rows, scanAssignment)
	if err != nil {
		return nil, fmt.Errorf("lock the entries of assessment %d: %w", a.Number, err)
	}
	locked := map[string]lockedAssignment{}
	for _, one := range all {
		locked[one.Indicator] = one
	}
	for _, code := range codes {
		if locked[code].entryID == 0 {
			return nil, tracker.ErrNotFound
		}
	}
	return locked, nil
}

const lockAssignments = `
	SELECT e.id, e.assessment_id, s.number, e.version, i.code,
	       coalesce(e.department_id, 0), coalesce(d.code, ''), e.due_on,
	       coalesce(e.assignee_id, 0), coalesce(p.email, '')
	FROM entry e
	JOIN assessment s ON s.id = e.assessment_id
	JOIN indicator i ON i.id = e.indicator_id
	LEFT JOIN department d ON d.id = e.department_id
	LEFT JOIN city_account() p ON p.account_id = e.assignee_id`

func scanAssignment(row pgx.CollectableRow) (lockedAssignment, error) {
	var l lockedAssignment
	return l, row.Scan(&l.entryID, &l.assessmentID, &l.assessment, &l.version, &l.Indicator,
		&l.departmentID, &l.Department, &l.DueOn, &l.Assignee, &l.email)
}

// reassign writes the assignments of locked entries, in one round trip: the
// row, what it was before, and the record. Who is newly put in charge must be
// of the department.
func (tx *cityTx) reassign(ctx context.Context, locked map[string]lockedAssignment, departments map[string]int64,
	people *tracker.People, all []Assignment) error {
	batch := &pgx.Batch{}
	var before []lockedAssignment
	for _, next := range all {
		l := locked[next.Indicator]
		if next.Department != l.Department || next.Assignee != l.Assignee {
			if err := people.MayTakeCharge(next.Assignee, next.Department); err != nil {
				return err
			}
			before = append(before, l)
		}
		then := l.as(next, departments[next.Department], people.All)
		if err := tx.queueAssignment(batch, record{act: "assign"}, l, then); err != nil {
			return err
		}
		locked[next.Indicator] = then // an indicator may be named twice
	}
	tx.queueAssigned(batch, before)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("assign %d entries: %w", len(all), err)
	}
	return nil
}

// queueAssignment writes one; of the record only the act is given.
func (tx *cityTx) queueAssignment(batch *pgx.Batch, r record, l, next lockedAssignment) error {
	// The first assignment holds for the days before it too: a city that enters
	// its past does so after it has given the entries to its departments.
	batch.Queue(`
		INSERT INTO former_assignment (entry_id, entry_version, city_id, assessment_id, department_id, due_on, until_on, assignee_id)
		SELECT $1::bigint, $2::integer, $3::bigint, $4::bigint, $5::bigint, $6::date, $7::date, $8::bigint
		WHERE $5::bigint IS NOT NULL OR $6::date IS NOT NULL OR EXISTS (SELECT FROM former_assignment WHERE entry_id = $1)`,
		l.entryID, l.version, tx.city.ID, l.assessmentID, nullID(l.departmentID), l.DueOn, tx.today, nullID(l.Assignee))
	batch.Queue(`
		UPDATE entry SET department_id = $2, due_on = $3, assignee_id = $5, version = version + 1, updated_at = $4
		WHERE id = $1`, l.entryID, nullID(next.departmentID), next.DueOn, tx.now, nullID(next.Assignee))
	tx.announce(l.assessment, l.Indicator, next.version)
	r.subject = entrySubject(l.assessment, l.Indicator)
	r.before, r.after = assignmentJSON{l.Department, l.DueOn, l.email}, assignmentJSON{next.Department, next.DueOn, next.email}
	return tx.queueAudit(batch, r)
}

type assignmentJSON struct {
	Department string       `json:"department"`
	DueOn      tracker.Date `json:"due_on"`
	Assignee   string       `json:"assignee,omitempty"` // address
}
