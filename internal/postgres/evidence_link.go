package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// Link lets the evidence support entries, or answer other expected documents of
// those that it supports already: all of them or none. Each entry gets a line of
// history and a new version; errors as for ChangeClaim. ErrNotFound is the
// answer for evidence that the actor may not see.
func (s *Store) Link(ctx context.Context, actor tracker.Actor, slug string, evidence int64, to []LinkTo) error {
	return s.inCity(ctx, actor, slug, tracker.LinkToEntry, func(tx *cityTx) error {
		e, err := tx.lockEvidence(ctx, evidence)
		if err != nil {
			return err
		}
		return s.linkAll(ctx, tx, e, to)
	})
}

// Unlink takes the evidence from the entry; errors as for Link.
func (s *Store) Unlink(ctx context.Context, actor tracker.Actor, ref EntryRef, evidence int64) error {
	return s.inCity(ctx, actor, ref.City, tracker.LinkToEntry, func(tx *cityTx) error {
		e, err := tx.lockEvidence(ctx, evidence)
		if err != nil {
			return err
		}
		entries, err := tx.lockEntries(ctx, e.ID, []LinkTo{{EntryRef: ref}})
		if err != nil {
			return err
		}
		l := entries[0]
		state, err := tx.act(l.lockedEntry).UnlinkEvidence(l.entry, e, l.linked)
		if err := firstOf(err, l.carried(), l.entry.Version); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE evidence_link SET linked = false, answers = '{}' WHERE entry_id = $1 AND evidence_id = $2`, l.entry.ID, e.ID)
		event := tracker.EvidenceEvent{Act: tracker.UnlinkFromEntry, EvidenceID: e.ID, Version: e.Latest.Number, Answers: []int{}}
		tx.queueEvent(batch, l.lockedEntry, state, event)
		if err := tx.queueLinkRecord(batch, l, record{act: "unlink_evidence", before: linkRecord(e, l.before)}); err != nil {
			return err
		}
		return tx.sendLinks(ctx, batch, e)
	})
}

// linkAll writes the links of the locked evidence.
func (s *Store) linkAll(ctx context.Context, tx *cityTx, e tracker.Evidence, to []LinkTo) error {
	if len(to) == 0 {
		return nil
	}
	entries, err := tx.lockEntries(ctx, e.ID, to)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, l := range entries {
		framework, err := s.framework(ctx, tx, l.assessment.FrameworkID)
		if err != nil {
			return err
		}
		state, err := tx.act(l.lockedEntry).LinkEvidence(l.entry, indicatorOf(framework, l.indicator.Code), e, l.Answers, l.linked, l.before)
		if err := firstOf(err, l.carried(), l.entry.Version); err != nil {
			return err
		}
		if err := tx.queueLink(batch, l, e, state); err != nil {
			return err
		}
	}
	return tx.sendLinks(ctx, batch, e)
}

// indicatorOf is the framework's indicator with the code, with all its texts.
func indicatorOf(framework *tracker.Framework, code string) tracker.Indicator {
	for place := range framework.All() {
		if place.Indicator.Code == code {
			return *place.Indicator
		}
	}
	return tracker.Indicator{}
}

func (tx *cityTx) queueLink(batch *pgx.Batch, l linkable, e tracker.Evidence, state tracker.State) error {
	answers := append([]int{}, l.Answers...) // never NULL
	batch.Queue(`
		INSERT INTO evidence_link (entry_id, evidence_id, city_id, assessment_id, answers, linked)
		VALUES ($1, $2, $3, $4, $5, true)
		ON CONFLICT (entry_id, evidence_id) DO UPDATE SET answers = excluded.answers, linked = true`,
		l.entry.ID, e.ID, tx.city.ID, l.assessment.ID, answers)
	event := tracker.EvidenceEvent{Act: tracker.LinkToEntry, EvidenceID: e.ID, Version: e.Latest.Number, Answers: answers}
	tx.queueEvent(batch, l.lockedEntry, state, event)
	var before any
	if l.linked {
		before = linkRecord(e, l.before)
	}
	return tx.queueLinkRecord(batch, l, record{act: "link_evidence", before: before, after: linkRecord(e, answers)})
}

// queueEvent writes what happened to the entry's evidence into its history.
func (tx *cityTx) queueEvent(batch *pgx.Batch, l lockedEntry, state tracker.State, event tracker.EvidenceEvent) {
	tx.announce(l.assessment.Number, l.indicator.Code, l.entry.Version+1)
	batch.Queue(`UPDATE entry SET version = version + 1, changed = $2, updated_at = $3, edited_by = $4 WHERE id = $1`,
		l.entry.ID, state.Changed, tx.now, tx.actor.AccountID)
	batch.Queue(`
		INSERT INTO entry_revision (entry_id, entry_version, city_id, assessment_id, evidence_act, evidence_id, evidence_version,
		                            answers, effective_on, recorded_at, recorded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		l.entry.ID, l.entry.Version+1, tx.city.ID, l.assessment.ID, event.Act, event.EvidenceID, event.Version,
		event.Answers, tx.today, tx.now, tx.actor.AccountID)
	tx.queueChanged(batch, l, state)
}

func (tx *cityTx) queueLinkRecord(batch *pgx.Batch, l linkable, r record) error {
	r.cityID, r.subject = tx.city.ID, entrySubject(l.assessment.Number, l.indicator.Code)
	args, err := r.args(tx.actor, tx.now)
	if err != nil {
		return err
	}
	batch.Queue(insertAudit, args...)
	return nil
}

// linkRecord is what the audit keeps of a link.
func linkRecord(e tracker.Evidence, answers []int) map[string]string {
	numbers := make([]string, len(answers))
	for i, n := range answers {
		numbers[i] = strconv.Itoa(n)
	}
	return map[string]string{"evidence": strconv.FormatInt(e.ID, 10), "title": e.Passport.Title, "answers": strings.Join(numbers, ", ")}
}

// sendLinks writes what was queued, and counts the uses anew.
func (tx *cityTx) sendLinks(ctx context.Context, batch *pgx.Batch, e tracker.Evidence) error {
	batch.Queue(`
		UPDATE evidence SET (uses, answering) = (
			SELECT count(*), count(*) FILTER (WHERE cardinality(answers) > 0) FROM evidence_link
			WHERE city_id = $1 AND evidence_id = $2 AND linked)
		WHERE id = $2`, tx.city.ID, e.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the links of evidence %d: %w", e.ID, err)
	}
	return nil
}

// changeUses writes into the history of the entries that the evidence supports
// what happened to it.
func (tx *cityTx) changeUses(ctx context.Context, e tracker.Evidence, act tracker.Action) error {
	rows, err := tx.Query(ctx, `
		SELECT `+lockedColumns+`, l.linked, l.answers, 0::bigint
		FROM evidence_link l JOIN entry e ON e.id = l.entry_id
		JOIN assessment a ON a.id = e.assessment_id JOIN indicator i ON i.id = e.indicator_id
		WHERE l.city_id = $1 AND l.evidence_id = $2 AND l.linked
		ORDER BY e.id FOR SHARE OF a FOR UPDATE OF e`, tx.city.ID, e.ID)
	if err != nil {
		return fmt.Errorf("lock the entries of evidence %d: %w", e.ID, err)
	}
	entries, err := pgx.CollectRows(rows, scanLinkable(nil))
	if err != nil {
		return fmt.Errorf("lock the entries of evidence %d: %w", e.ID, err)
	}
	batch := &pgx.Batch{}
	for _, l := range entries {
		if state, open := tx.act(l.lockedEntry).EvidenceChanged(l.entry); open {
			tx.queueEvent(batch, l.lockedEntry, state, tracker.EvidenceEvent{
				Act: act, EvidenceID: e.ID, Version: e.Latest.Number, Answers: l.before})
		}
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("change the entries of evidence %d: %w", e.ID, err)
	}
	return nil
}

// linkable is a locked entry, what it is asked to be linked for, and whether the
// evidence is linked to it so far.
type linkable struct {
	lockedEntry
	LinkTo
	linked bool
	before []int
}

// carried is the version that the form carried; without one, any is right.
func (l linkable) carried() int {
	if l.Version == 0 {
		return l.entry.Version
	}
	return l.Version
}

// lockEntries reads the entries FOR UPDATE, in the order of their ids.
func (tx *cityTx) lockEntries(ctx context.Context, evidence int64, to []LinkTo) ([]linkable, error) {
	numbers, codes := make([]int, len(to)), make([]string, len(to))
	for i, l := range to {
		numbers[i], codes[i] = l.Assessment, l.Indicator
	}
	rows, err := tx.Query(ctx, `
		SELECT `+lockedColumns+`, coalesce(l.linked, false), coalesce(l.answers, '{}'), r.position
		FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY r (number, code, position)
		`+fmt.Sprintf(entryOf, "(r.number)", "(r.code)")+`
		LEFT JOIN evidence_link l ON l.entry_id = e.id AND l.evidence_id = $3
		ORDER BY e.id FOR UPDATE OF e`, numbers, codes, evidence)
	if err != nil {
		return nil, fmt.Errorf("lock entries: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanLinkable(to))
	if err != nil {
		return nil, fmt.Errorf("lock entries: %w", err)
	}
	if len(all) != len(to) {
		return nil, tracker.ErrNotFound
	}
	for i := 1; i < len(all); i++ {
		if all[i].entry.ID == all[i-1].entry.ID {
			return nil, tracker.Invalid("", "evidence.error.linked")
		}
	}
	return all, nil
}

// scanLinkable reads lockedColumns, the link, and which of to it is, from 1.
func scanLinkable(to []LinkTo) pgx.RowToFunc[linkable] {
	return func(row pgx.CollectableRow) (linkable, error) {
		var l linkable
		var position int64
		err := row.Scan(append(l.targets(), &l.linked, &l.before, &position)...)
		if position > 0 {
			l.LinkTo = to[position-1]
		}
		return l, err
	}
}
