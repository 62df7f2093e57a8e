package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// EntryRef names an entry as addresses do, and the version that a form carried.
type EntryRef struct {
	City       string // slug
	Assessment int    // number; 0: the current one
	Indicator  string // code
	Version    int
}

// ChangeClaim writes a new claim, and submits the entry in the same transaction
// when submit is set. A zero effectiveOn means today. It answers ErrConflict
// when the entry is no longer at the version that the form carried.
func (s *Store) ChangeClaim(ctx context.Context, actor tracker.Actor, ref EntryRef,
	to tracker.Claim, note string, effectiveOn tracker.Date, submit bool) error {
	return s.act(ctx, actor, ref, tracker.ChangeClaim, func(a tracker.Act, e tracker.Entry) ([]tracker.StatusChange, error) {
		change, err := a.ChangeClaim(e, to, note, effectiveOn)
		if err != nil || !submit {
			return []tracker.StatusChange{change}, err
		}
		submission, err := a.Submit(after(e, change), "")
		return []tracker.StatusChange{change, submission}, err
	})
}

// after is the entry as the change leaves it.
func after(e tracker.Entry, change tracker.StatusChange) tracker.Entry {
	e.Version, e.State, e.ChangedOn = change.EntryVersion, change.To, change.EffectiveOn
	return e
}

// Submit hands the entry to the reviewers; errors as for ChangeClaim.
func (s *Store) Submit(ctx context.Context, actor tracker.Actor, ref EntryRef, note string) error {
	return s.act(ctx, actor, ref, tracker.Submit, one(tracker.Act.Submit, note))
}

// Withdraw takes a submitted entry back; errors as for ChangeClaim.
func (s *Store) Withdraw(ctx context.Context, actor tracker.Actor, ref EntryRef, note string) error {
	return s.act(ctx, actor, ref, tracker.Withdraw, one(tracker.Act.Withdraw, note))
}

// Accept writes the reviewer's agreement; errors as for ChangeClaim.
func (s *Store) Accept(ctx context.Context, actor tracker.Actor, ref EntryRef, note string) error {
	return s.act(ctx, actor, ref, tracker.Accept, one(tracker.Act.Accept, note))
}

// Return sends the entry back with a reason; errors as for ChangeClaim.
func (s *Store) Return(ctx context.Context, actor tracker.Actor, ref EntryRef, reason string) error {
	return s.act(ctx, actor, ref, tracker.Return, one(tracker.Act.Return, reason))
}

// Reopen puts an accepted entry back in the queue; errors as for ChangeClaim.
func (s *Store) Reopen(ctx context.Context, actor tracker.Actor, ref EntryRef, reason string) error {
	return s.act(ctx, actor, ref, tracker.Reopen, one(tracker.Act.Reopen, reason))
}

// decision is what package tracker makes of an act: the changes to write, in order.
type decision func(tracker.Act, tracker.Entry) ([]tracker.StatusChange, error)

func one(decide func(tracker.Act, tracker.Entry, string) (tracker.StatusChange, error), note string) decision {
	return func(a tracker.Act, e tracker.Entry) ([]tracker.StatusChange, error) {
		change, err := decide(a, e, note)
		return []tracker.StatusChange{change}, err
	}
}

// act is how every change of an entry's state is made: lock the row, ask the
// rule, compare the version, write row, history and audit.
func (s *Store) act(ctx context.Context, actor tracker.Actor, ref EntryRef, action tracker.Action, decide decision) error {
	return s.onEntry(ctx, actor, ref, action, func(tx *cityTx, locked lockedEntry) error {
		changes, err := decide(tx.act(locked), locked.entry)
		if err := firstOf(err, ref.Version, locked.entry.Version); err != nil {
			return err
		}
		return tx.writeChanges(ctx, locked, changes)
	})
}

// firstOf decides which refusal a person hears: that they may not, or may not
// know of it, then that somebody was faster, then what is wrong with the input,
// which may be wrong only because somebody was faster.
func firstOf(err error, carried, current int) error {
	if errors.Is(err, tracker.ErrForbidden) || errors.Is(err, tracker.ErrNotFound) {
		return err
	}
	if carried != current {
		return tracker.ErrConflict
	}
	return err
}

// lockedEntry is an entry that no other transaction can change meanwhile.
type lockedEntry struct {
	entry      tracker.Entry
	assessment tracker.Assessment
	indicator  tracker.Indicator // code, kind, unit
}

func (tx *cityTx) act(l lockedEntry) tracker.Act {
	return tracker.Act{Actor: tx.actor, City: tx.city, Assessment: l.assessment, Now: tx.now, Today: tx.today}
}

// The columns of a locked entry, for its targets.
const lockedColumns = `e.id, e.indicator_id, coalesce(e.department_id, 0), coalesce(e.assignee_id, 0), e.due_on, e.version, e.claim, e.verdict, e.changed, e.to_confirm,
	coalesce(e.submitted_by, 0), coalesce(e.edited_by, 0), e.changed_on, e.narrative, e.obstacles, e.solution,
	a.id, a.number, a.framework_id, a.opened_on, a.closed_on, a.needs_review,
	i.code, i.kind, coalesce(i.unit, '')`

func (l *lockedEntry) targets() []any {
	e, a, i := &l.entry, &l.assessment, &l.indicator
	return []any{&e.ID, &e.IndicatorID, &e.DepartmentID, &e.Assignee.ID, &e.DueOn, &e.Version, &e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.State.ToConfirm,
		&e.SubmittedBy, &e.EditedBy, &e.ChangedOn, &e.Narrative.Narrative, &e.Narrative.Obstacles, &e.Narrative.Solution,
		&a.ID, &a.Number, &a.FrameworkID, &a.OpenedOn, &a.ClosedOn, &a.NeedsReview,
		&i.Code, &i.Kind, &i.Unit}
}

// entryOf joins the entry of the assessment with the number and the indicator
// with the code, in the city that the transaction has named.
const entryOf = `CROSS JOIN LATERAL (SELECT * FROM assessment
		      WHERE city_id = current_city() AND (number = %[1]s OR %[1]s = 0)
		      -- with no number, the current one: open, opened last (tracker.CurrentAssessment)
		      ORDER BY closed_on IS NOT NULL, opened_on DESC, number DESC LIMIT 1
		      FOR SHARE) a -- nobody closes it until the act is written
		-- OFFSET 0: find the indicator first; to PostgreSQL an assessment looks as if it had one entry
		CROSS JOIN LATERAL (SELECT * FROM indicator WHERE framework_id = a.framework_id AND code = %[2]s OFFSET 0) i
		JOIN entry e ON e.city_id = current_city() AND e.assessment_id = a.id AND e.indicator_id = i.id`

var lockOneEntry = `SELECT ` + lockedColumns + ` FROM (SELECT) one ` + fmt.Sprintf(entryOf, "$1", "$2") + ` FOR UPDATE OF e`

// onEntry is inCity on one entry, which is locked in the round trip that finds the
// city, if it is likely that the actor may act there: a stranger holds nobody up.
func (s *Store) onEntry(ctx context.Context, actor tracker.Actor, ref EntryRef, action tracker.Action,
	fn func(*cityTx, lockedEntry) error) error {
	if !actor.MightAt(action, ref.City) {
		return s.inCity(ctx, actor, ref.City, action, func(tx *cityTx) error {
			l, err := tx.lockEntry(ctx, ref)
			if err != nil {
				return err
			}
			return fn(tx, l)
		})
	}
	var l lockedEntry
	return s.inCity(ctx, actor, ref.City, action, func(tx *cityTx) error {
		if l.entry.ID == 0 {
			return tracker.ErrNotFound
		}
		return fn(tx, l)
	}, func(batch *pgx.Batch) { queueLock(batch, ref, &l) })
}

// lockEntry reads the entry FOR UPDATE.
func (tx *cityTx) lockEntry(ctx context.Context, ref EntryRef) (lockedEntry, error) {
	var l lockedEntry
	batch := &pgx.Batch{}
	queueLock(batch, ref, &l)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return l, fmt.Errorf("lock the entry of %s: %w", ref.Indicator, err)
	}
	if l.entry.ID == 0 {
		return l, tracker.ErrNotFound
	}
	return l, nil
}

// queueLock reads the entry FOR UPDATE; where there is none it stays zero.
func queueLock(batch *pgx.Batch, ref EntryRef, into *lockedEntry) {
	batch.Queue(lockOneEntry, ref.Assessment, ref.Indicator).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, into.targets(), func() error { return nil })
		return err
	})
}

// writeChanges writes the row as the last change leaves it, and each change's
// history and audit, and commits, in one round trip.
func (tx *cityTx) writeChanges(ctx context.Context, l lockedEntry, changes []tracker.StatusChange) error {
	batch := &pgx.Batch{}
	submitter := l.entry.SubmittedBy
	for _, c := range changes {
		if c.Act == tracker.Submit {
			submitter = tx.actor.AccountID
		}
		batch.Queue(`
			UPDATE entry SET version = $2, claim = $3, verdict = $4, changed = $5, changed_on = $6, updated_at = $7,
			       submitted_by = $8, to_confirm = $11,
			       edited_by = CASE WHEN $9 IN ('change_claim', 'confirm_claim') THEN $10 ELSE edited_by END,
			       reviewed_by = CASE WHEN $4 = 'none' OR $9 = 'submit' THEN NULL
			                          WHEN $9 IN ('accept', 'return') THEN $10
			                          ELSE reviewed_by END
			WHERE id = $1`,
			l.entry.ID, c.EntryVersion, c.To.Claim, c.To.Verdict, c.To.Changed, c.EffectiveOn, tx.now,
			submittedBy(c.To, submitter), c.Act, tx.actor.AccountID, c.To.ToConfirm)
		batch.Queue(`
			INSERT INTO status_change (entry_id, entry_version, city_id, assessment_id, act, claim_from, claim_to,
			                           verdict_from, verdict_to, note, effective_on, recorded_at, recorded_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			l.entry.ID, c.EntryVersion, tx.city.ID, l.assessment.ID, c.Act, c.From.Claim, c.To.Claim,
			c.From.Verdict, c.To.Verdict, c.Note, c.EffectiveOn, c.RecordedAt, tx.actor.AccountID)
		args, err := tx.changeRecord(l, c).args(tx.actor, tx.now)
		if err != nil {
			return err
		}
		batch.Queue(insertAudit, args...)
	}
	if n, told := tracker.NoticeOf(changes[len(changes)-1].Act); told {
		tx.queueNotice(batch, n, l)
	}
	tx.announce(l.assessment.Number, l.indicator.Code, changes[len(changes)-1].EntryVersion)
	if err := tx.last(ctx, batch); err != nil {
		return fmt.Errorf("write the change of %s: %w", l.indicator.Code, err)
	}
	return nil
}

// submittedBy is empty while nothing is before the reviewers.
func submittedBy(to tracker.State, submitter int64) *int64 {
	if to.Verdict == tracker.VerdictNone {
		return nil
	}
	return nullID(submitter)
}

func (tx *cityTx) changeRecord(l lockedEntry, c tracker.StatusChange) record {
	return record{
		cityID: tx.city.ID, act: string(c.Act), subject: entrySubject(l.assessment.Number, l.indicator.Code),
		before: stateJSON{c.From.Claim, c.From.Verdict, c.From.Changed, c.From.ToConfirm, ""},
		after:  stateJSON{c.To.Claim, c.To.Verdict, c.To.Changed, c.To.ToConfirm, c.EffectiveOn.String()},
	}
}

type stateJSON struct {
	Claim       tracker.Claim   `json:"claim"`
	Verdict     tracker.Verdict `json:"verdict"`
	Changed     bool            `json:"changed,omitempty"`
	ToConfirm   bool            `json:"to_confirm,omitempty"`
	EffectiveOn string          `json:"effective_on,omitempty"`
}

// entrySubject names an entry in the audit: "entry 1/7.2.2".
func entrySubject(assessment int, code string) string {
	return "entry " + strconv.Itoa(assessment) + "/" + code
}
