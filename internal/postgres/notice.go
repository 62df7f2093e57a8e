package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// tell puts an item into somebody's inbox, in the transaction of the act that
// it tells of. Nobody is told of what they did themselves.
func (tx *cityTx) tell(ctx context.Context, account int64, kind tracker.InboxKind) error {
	return tx.tellOf(ctx, account, kind, tracker.Thread{})
}

// tellOf is tell with the thread that the item leads to; the zero one is none.
func (tx *cityTx) tellOf(ctx context.Context, account int64, kind tracker.InboxKind, about tracker.Thread) error {
	if account == tx.actor.AccountID || tx.quiet {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO inbox_item (account_id, city_id, kind, by_account_id, created_at, thread_id, thread_code, thread_title)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		account, nullID(tx.city.ID), kind, nullID(tx.actor.AccountID), tx.now, nullID(about.ID), nullText(about.On.Indicator), nullText(about.On.Title))
	if err != nil {
		return fmt.Errorf("tell of %s: %w", kind, err)
	}
	return nil
}

// Who may be told in the city $1 on the day $2: a role that was disabled or has
// ended is none.
const there = `there AS (
	SELECT account_id, role, department_id FROM membership
	WHERE city_id = $1 AND disabled_at IS NULL AND (ends_on IS NULL OR ends_on >= $2))`

// The people of each kind of listeners, out of there and of the entry e. Where nobody of
// those that an entry concerns is there any more, its department's staff are told;
// of what nobody there answers for, the coordinators.
var listeners = map[tracker.Listeners]string{
	tracker.Reviewers:   `t.role = 'reviewer'`,
	tracker.Concerned:   concerned,
	tracker.Everybody:   `(t.role = 'reviewer' OR ` + concerned + `)`,
	tracker.Responsible: responsible,
}

const (
	concerned = `(t.account_id IN (e.submitted_by, e.assignee_id)
		OR t.role = 'staff' AND t.department_id = e.department_id
		   AND NOT EXISTS (SELECT FROM there n WHERE n.account_id IN (e.submitted_by, e.assignee_id)))`
	responsible = `CASE
		WHEN EXISTS (SELECT FROM there n WHERE n.account_id = e.assignee_id) THEN t.account_id = e.assignee_id
		WHEN EXISTS (SELECT FROM there n WHERE n.role = 'staff' AND n.department_id = e.department_id)
		THEN t.role = 'staff' AND t.department_id = e.department_id
		ELSE t.role = 'coordinator' END`
)

// queueNotice tells the notice's listeners of the entry, of which the act that
// locked it has changed no more than its state.
func (tx *cityTx) queueNotice(batch *pgx.Batch, n tracker.Notice, l lockedEntry) {
	if tx.quiet {
		return
	}
	e := l.entry
	batch.Queue(`
		WITH `+there+`
		INSERT INTO inbox_item (account_id, city_id, kind, assessment_id, entry_id, indicator_id, assessment_number, by_account_id, created_at)
		SELECT t.account_id, $1, $3, $4, $5, $6, $7, $8, $9
		FROM there t CROSS JOIN (SELECT $10::bigint AS submitted_by, $11::bigint AS assignee_id, $12::bigint AS department_id) e
		WHERE t.account_id IS DISTINCT FROM $8 AND `+listeners[n.To],
		tx.city.ID, tx.today, n.Kind, l.assessment.ID, e.ID, e.IndicatorID, l.assessment.Number, nullID(tx.actor.AccountID), tx.now,
		nullID(e.SubmittedBy), nullID(e.Assignee.ID), nullID(e.DepartmentID))
}

// aboutAdvice is what an item tells of: a recommendation or a task, and how it
// begins.
type aboutAdvice struct {
	recommendation, task int64
	text                 string
}

// told are the city's people with the role and, where one is named, of the
// department; of them the account alone, if it is among them.
type told struct {
	role                tracker.Role
	department, account int64
}

// queueAdviceNotice puts an item into the inboxes of those who are told, but for
// who acts; see tell.
func (tx *cityTx) queueAdviceNotice(batch *pgx.Batch, kind tracker.InboxKind, about aboutAdvice, to told) {
	if tx.quiet {
		return
	}
	batch.Queue(`
		WITH `+there+`, asked AS (SELECT account_id FROM there WHERE role = $9 AND ($10::bigint IS NULL OR department_id = $10))
		INSERT INTO inbox_item (account_id, city_id, kind, by_account_id, created_at, recommendation_id, task_id, about)
		SELECT account_id, $1, $3, $4, $5, $6, $7, $8 FROM asked
		WHERE account_id IS DISTINCT FROM $4
		  AND ($11::bigint IS NULL OR account_id = $11 OR NOT EXISTS (SELECT FROM asked WHERE account_id = $11))
		ORDER BY account_id`,
		tx.city.ID, tx.today, string(kind), nullID(tx.actor.AccountID), tx.now, nullID(about.recommendation), nullID(about.task),
		tracker.Excerpt(about.text), string(to.role), nullID(to.department), nullID(to.account))
}

// queueChanged tells the reviewers when an edit is the first since they accepted.
func (tx *cityTx) queueChanged(batch *pgx.Batch, l lockedEntry, to tracker.State) {
	if to.Changed && !l.entry.State.Changed {
		tx.queueNotice(batch, tracker.Notice{Kind: tracker.EntryChanged, To: tracker.Reviewers}, l)
	}
}

// queueAssigned tells of the assignments that the statements before it in the
// batch wrote; before is how the entries were assigned until then. What is changed
// again within tracker.AssignmentPause is taken back, and who has then what was
// theirs before is told of nothing.
func (tx *cityTx) queueAssigned(batch *pgx.Batch, before []lockedAssignment) {
	entries, departments, assignees := []int64{}, []int64{}, []int64{}
	for _, l := range before {
		if !slices.Contains(entries, l.entryID) {
			entries, departments, assignees = append(entries, l.entryID), append(departments, l.departmentID), append(assignees, l.Assignee)
		}
	}
	if tx.quiet || len(entries) == 0 {
		return
	}
	batch.Queue(`SELECT take_back_assignments($1, $2)`, entries, tx.now)
	batch.Queue(`
		WITH `+there+`, known AS (
			INSERT INTO assignment_notice AS k (entry_id, city_id, assessment_id, department_id, assignee_id, told_at)
			SELECT e.id, $1, e.assessment_id, nullif(c.department_id, 0), nullif(c.assignee_id, 0), $8
			FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) c (entry_id, department_id, assignee_id)
			JOIN entry e ON e.id = c.entry_id
			WHERE (e.department_id, e.assignee_id) IS DISTINCT FROM (nullif(c.department_id, 0), nullif(c.assignee_id, 0))
			ORDER BY e.id
			ON CONFLICT (entry_id) DO UPDATE SET
				department_id = CASE WHEN k.told_at > $7 THEN k.department_id ELSE excluded.department_id END,
				assignee_id = CASE WHEN k.told_at > $7 THEN k.assignee_id ELSE excluded.assignee_id END,
				told_at = excluded.told_at
			RETURNING entry_id, department_id, assignee_id)
		INSERT INTO inbox_item (account_id, city_id, kind, assessment_id, entry_id, indicator_id, assessment_number, by_account_id, created_at)
		SELECT t.account_id, $1, $6, e.assessment_id, e.id, e.indicator_id, s.number, $9, $8
		FROM known k
		JOIN entry e ON e.id = k.entry_id
		JOIN assessment s ON s.id = e.assessment_id
		JOIN indicator i ON i.id = e.indicator_id
		JOIN there t ON CASE WHEN e.assignee_id IS NOT NULL
			THEN t.account_id = e.assignee_id AND e.assignee_id IS DISTINCT FROM k.assignee_id
			ELSE t.role = 'staff' AND t.department_id = e.department_id AND e.department_id IS DISTINCT FROM k.department_id END
		WHERE t.account_id IS DISTINCT FROM $9
		ORDER BY i.position DESC, t.account_id`,
		tx.city.ID, tx.today, entries, departments, assignees, tracker.EntryAssigned, tx.now, tx.now.Add(tracker.AssignmentPause),
		nullID(tx.actor.AccountID))
}

// TakeDueNotices tells who is responsible for an entry of the city that it is due
// in seven days or one, or that its due date has passed: each once, for each of
// its due dates. It returns how many items were written.
func (s *Store) TakeDueNotices(ctx context.Context, slug string) (int, error) {
	var told int
	err := s.asSystem(ctx, slug, func(tx *cityTx) error {
		if tx.city.Archived() {
			return nil
		}
		tag, err := tx.Exec(ctx, `
			WITH `+there+`, due AS (
				SELECT e.*, s.number, coalesce((SELECT min(d) FROM unnest($3::integer[]) d WHERE e.due_on - $2::date BETWEEN 0 AND d), -1) AS days
				FROM assessment s JOIN entry e ON e.city_id = s.city_id AND e.assessment_id = s.id
				WHERE s.city_id = $1 AND s.closed_on IS NULL AND e.due_on BETWEEN $2::date - $4::integer AND $2::date + (SELECT max(d) FROM unnest($3) d)
				  AND e.verdict NOT IN ('awaiting', 'accepted') AND (s.needs_review OR e.claim <> 'achieved')
			), noticed AS (
				INSERT INTO entry_notice (entry_id, due_on, days, city_id, assessment_id, noticed_at)
				SELECT id, due_on, days, $1, assessment_id, $5 FROM due ORDER BY id
				ON CONFLICT DO NOTHING RETURNING entry_id)
			INSERT INTO inbox_item (account_id, city_id, kind, assessment_id, entry_id, indicator_id, assessment_number, due_on, created_at)
			SELECT t.account_id, $1, CASE WHEN e.days < 0 THEN $6 ELSE $7 END, e.assessment_id, e.id, e.indicator_id, e.number, e.due_on, $5
			FROM noticed n JOIN due e ON e.id = n.entry_id CROSS JOIN there t
			WHERE `+listeners[tracker.Responsible]+`
			ORDER BY e.id, t.account_id`,
			tx.city.ID, tx.today, tracker.DueDays, tracker.LateDays, tx.now, string(tracker.EntryOverdue), string(tracker.EntryDue))
		if err != nil {
			return fmt.Errorf("take the notices of due dates of %s: %w", slug, err)
		}
		told = int(tag.RowsAffected())
		return nil
	})
	return told, err
}
