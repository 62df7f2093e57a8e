package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// How much is shown of threads where they stand among other things: so many of
// them, and of each the first comment and the last few.
const (
	threadsBeside  = 10
	commentsBeside = 3
)

// ThreadPlace names what a thread is on, as addresses do: an entry or, where
// EvidenceID is not 0, a piece of evidence.
type ThreadPlace struct {
	EntryRef   // its version is not looked at
	EvidenceID int64
}

// ThreadRef names a thread and the version that a form carried.
type ThreadRef struct {
	City    string // slug
	ID      int64
	Version int
}

// OpenThread begins a thread with its first comment, and returns its id. Those
// who are mentioned are told and, of a direction, those who are to answer, else
// who is in charge. Errors are those of tracker.ThreadAct.
func (s *Store) OpenThread(ctx context.Context, actor tracker.Actor, at ThreadPlace, n tracker.NewThread) (int64, error) {
	var id int64
	action := tracker.WriteComment
	if n.Kind == tracker.DirectionThread {
		action = tracker.GiveDirection
	}
	err := s.inCity(ctx, actor, at.City, action, func(tx *cityTx) error {
		on, err := tx.holdPlace(ctx, at)
		if err != nil {
			return err
		}
		people, err := tx.members(ctx)
		if err != nil {
			return err
		}
		act := tx.threadAct(on)
		if err := act.Open(n, people); err != nil {
			return err
		}
		t := tracker.Thread{Kind: n.Kind, Audience: n.Audience, On: on}
		if t.ID, err = tx.insertThread(ctx, t, n.DueOn); err != nil {
			return err
		}
		id = t.ID
		if err := tx.writeComment(ctx, t, tracker.NewComment{Text: n.Text, Mentioned: n.Mentioned}, openingRecord(id, n)); err != nil {
			return err
		}
		return tx.tellAll(ctx, act.ToldOfOpening(n, people), t)
	})
	return id, err
}

func openingRecord(id int64, n tracker.NewThread) record {
	if n.Kind == tracker.DirectionThread {
		return record{act: "give_direction", after: map[string]string{"thread": idText(id), "due_on": n.DueOn.String()}}
	}
	return record{act: "open_thread", after: map[string]string{"thread": idText(id)}}
}

func (v visit) threadAct(on tracker.ThreadOn) tracker.ThreadAct {
	return tracker.ThreadAct{Actor: v.actor, City: v.city, Today: v.today, On: on}
}

func (tx *cityTx) insertThread(ctx context.Context, t tracker.Thread, due tracker.Date) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO thread (city_id, kind, audience, assessment_id, entry_id, evidence_id, due_on, version, comments, opened_at, opened_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 1, $8, $9) RETURNING id`,
		tx.city.ID, t.Kind, t.Audience, nullID(t.On.Assessment.ID), nullID(t.On.EntryID), nullID(t.On.EvidenceID), due,
		tx.now, tx.actor.AccountID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert a thread: %w", err)
	}
	return id, nil
}

// tellAll tells each of them of the thread.
func (tx *cityTx) tellAll(ctx context.Context, all []tracker.Told, about tracker.Thread) error {
	for _, one := range all {
		if err := tx.tellOf(ctx, one.AccountID, one.Kind, about); err != nil {
			return err
		}
	}
	return nil
}

// ResolveThread puts the thread down as settled. It answers ErrConflict when the
// thread is no longer at the version that the form carried.
func (s *Store) ResolveThread(ctx context.Context, actor tracker.Actor, ref ThreadRef) error {
	return s.settle(ctx, actor, ref, tracker.ThreadAct.Resolve, "resolve_thread", func(tx *cityTx, batch *pgx.Batch) {
		batch.Queue(`UPDATE thread SET version = version + 1, resolved_at = $3, resolved_by = $4 WHERE city_id = $1 AND id = $2`,
			tx.city.ID, ref.ID, tx.now, tx.actor.AccountID)
	})
}

// ReopenThread takes the thread up again; errors as for ResolveThread.
func (s *Store) ReopenThread(ctx context.Context, actor tracker.Actor, ref ThreadRef) error {
	return s.settle(ctx, actor, ref, tracker.ThreadAct.Reopen, "reopen_thread", func(tx *cityTx, batch *pgx.Batch) {
		batch.Queue(`
			UPDATE thread SET version = version + 1, resolved_at = NULL, resolved_by = NULL, answered_at = NULL, answered_by = NULL
			WHERE city_id = $1 AND id = $2`, tx.city.ID, ref.ID)
	})
}

func (s *Store) settle(ctx context.Context, actor tracker.Actor, ref ThreadRef, decide func(tracker.ThreadAct, tracker.Thread) error,
	act string, queue func(*cityTx, *pgx.Batch)) error {
	return s.onThread(ctx, actor, ref.City, ref.ID, func(tx *cityTx, t tracker.Thread) error {
		if err := firstOf(decide(tx.threadAct(t.On), t), ref.Version, t.Version); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queue(tx, batch)
		return tx.sendThread(ctx, batch, t, record{act: act, after: map[string]string{"thread": idText(t.ID)}})
	})
}

// onThread runs fn on a thread that the actor may read, locked.
func (s *Store) onThread(ctx context.Context, actor tracker.Actor, slug string, id int64, fn func(*cityTx, tracker.Thread) error) error {
	return s.inCity(ctx, actor, slug, tracker.WriteComment, func(tx *cityTx) error {
		t, err := tx.lockThread(ctx, id)
		if err != nil {
			return err
		}
		if !tx.threadAct(t.On).Reads(t.Audience) {
			return tracker.ErrNotFound
		}
		return fn(tx, t)
	})
}

// lockThread reads the thread FOR UPDATE, without its comments, and what it is
// on. Nobody closes its assessment until the act is written.
func (tx *cityTx) lockThread(ctx context.Context, id int64) (tracker.Thread, error) {
	var t tracker.Thread
	batch := &pgx.Batch{}
	// The row first: what is joined to it must be as it is once nobody changes it.
	batch.Queue(`SELECT FROM thread WHERE city_id = $1 AND id = $2 FOR UPDATE`, tx.city.ID, id)
	batch.Queue(`
		SELECT FROM assessment WHERE city_id = $1 AND id = (SELECT assessment_id FROM thread WHERE city_id = $1 AND id = $2)
		FOR SHARE`, tx.city.ID, id)
	queueThread(batch, id, &t)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return t, fmt.Errorf("lock thread %d: %w", id, err)
	}
	if t.ID == 0 {
		return t, tracker.ErrNotFound
	}
	return t, nil
}

// sendThread writes what was queued, and the record of it, and announces it. Of an entry's threads
// the record is the entry's; of those that reviewers keep to themselves it is
// theirs (policy audit_of_city). What was said stands in comment_revision.
func (tx *cityTx) sendThread(ctx context.Context, batch *pgx.Batch, t tracker.Thread, r record) error {
	switch {
	case t.Audience == tracker.AudienceInternal:
		r.subject = "internal_thread " + idText(t.ID)
	case t.On.EvidenceID != 0:
		r.subject = "evidence " + idText(t.On.EvidenceID)
	default:
		r.subject = entrySubject(t.On.Assessment.Number, t.On.Indicator)
	}
	if err := tx.queueAudit(batch, r); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write %s of thread %d: %w", r.act, t.ID, err)
	}
	tx.announceThread(t)
	return nil
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// holdPlace reads what a thread is to be on, and keeps it as it is.
func (tx *cityTx) holdPlace(ctx context.Context, at ThreadPlace) (tracker.ThreadOn, error) {
	var on tracker.ThreadOn
	entry, evidence := int64(0), at.EvidenceID
	if evidence == 0 {
		locked, err := tx.lockEntry(ctx, at.EntryRef)
		if err != nil {
			return on, err
		}
		entry = locked.entry.ID
	}
	batch := &pgx.Batch{}
	queuePlace(batch, `(SELECT $1::bigint AS entry_id, $2::bigint AS evidence_id)`, &on, nullID(entry), nullID(evidence))
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return on, fmt.Errorf("read what a thread is on: %w", err)
	}
	if on.EntryID == 0 && on.EvidenceID == 0 {
		return on, tracker.ErrNotFound
	}
	return on, nil
}

// members are all who have a role in the city.
func (tx *cityTx) members(ctx context.Context) ([]tracker.Person, error) {
	var all []tracker.Person
	batch := &pgx.Batch{}
	queueMembers(batch, tx.city.ID, &all)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("list the people: %w", err)
	}
	return all, nil
}

// The columns of what a row t (entry_id, evidence_id) is on.
const (
	placeColumns = `coalesce(e.id, 0), coalesce(i.code, ''), coalesce(i.title_vi, ''), coalesce(i.title_en, ''),
		coalesce(a.id, 0), coalesce(a.number, 0), coalesce(a.name_vi, ''), coalesce(a.name_en, ''), a.opened_on, a.closed_on,
		coalesce(v.id, 0), coalesce(v.title, ''), coalesce(v.access, ''),
		coalesce(d.id, 0), coalesce(d.code, ''), coalesce(d.name_vi, ''), coalesce(d.name_en, ''), coalesce(e.assignee_id, 0)`
	placeJoins = `
		LEFT JOIN entry e ON e.city_id = current_city() AND e.id = t.entry_id
		LEFT JOIN indicator i ON i.id = e.indicator_id
		LEFT JOIN assessment a ON a.id = e.assessment_id
		LEFT JOIN evidence v ON v.city_id = current_city() AND v.id = t.evidence_id
		LEFT JOIN department d ON d.id = coalesce(e.department_id, v.department_id)`
)

func placeTargets(on *tracker.ThreadOn) []any {
	a, d := &on.Assessment, &on.Department
	return []any{&on.EntryID, &on.Indicator, &on.IndicatorTitle.VI, &on.IndicatorTitle.EN,
		&a.ID, &a.Number, &a.Name.VI, &a.Name.EN, &a.OpenedOn, &a.ClosedOn,
		&on.EvidenceID, &on.Title, &on.Access, &d.ID, &d.Code, &d.Name.VI, &d.Name.EN, &on.AssigneeID}
}

// queuePlace reads what one thing t is that threads may be on.
func queuePlace(batch *pgx.Batch, t string, into *tracker.ThreadOn, args ...any) {
	batch.Queue(`SELECT `+placeColumns+` FROM `+t+` t `+placeJoins, args...).QueryRow(func(row pgx.Row) error {
		return orNothing(row.Scan(placeTargets(into)...))
	})
}

// orNothing: no row leaves what it would fill as it was.
func orNothing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// The columns of a thread t. Each name is looked up by its key.
const threadColumns = `t.id, t.kind, t.audience, t.version, t.due_on, t.comments, t.opened_at, t.opened_by,
	(SELECT name FROM account WHERE id = t.opened_by),
	t.answered_at, coalesce((SELECT name FROM account WHERE id = t.answered_by), ''),
	t.resolved_at, coalesce((SELECT name FROM account WHERE id = t.resolved_by), '')`

func threadTargets(t *tracker.Thread) []any {
	return []any{&t.ID, &t.Kind, &t.Audience, &t.Version, &t.DueOn, &t.Total, &t.OpenedAt, &t.OpenedBy.ID, &t.OpenedBy.Name,
		orZero{&t.AnsweredAt}, &t.AnsweredBy, orZero{&t.ResolvedAt}, &t.ResolvedBy}
}

// queueThread reads the thread with the id and what it is on; the id stays 0
// where there is none.
func queueThread(batch *pgx.Batch, id int64, into *tracker.Thread) {
	batch.Queue(`SELECT `+threadColumns+`, `+placeColumns+` FROM thread t `+placeJoins+` WHERE t.city_id = current_city() AND t.id = $1`, id).
		QueryRow(func(row pgx.Row) error {
			return orNothing(row.Scan(append(threadTargets(into), placeTargets(&into.On)...)...))
		})
}

// commentColumns are those of a comment c, for commentTargets.
const commentColumns = `c.number, c.version, coalesce(c.text, ''), c.written_by, (SELECT name FROM account WHERE id = c.written_by),
	c.written_as, c.written_at, c.edited_at, c.deleted_at, c.answers,
	ARRAY(SELECT (SELECT name FROM account WHERE id = m.account_id) FROM comment_mention m
	      WHERE m.city_id = c.city_id AND m.thread_id = c.thread_id AND m.number = c.number ORDER BY m.account_id)`

func commentTargets(c *tracker.Comment) []any {
	return []any{&c.Number, &c.Version, &c.Text, &c.Author.ID, &c.Author.Name, &c.As, &c.At, orZero{&c.EditedAt}, orZero{&c.DeletedAt},
		&c.Answers, &c.Mentioned}
}

// What a thread t is on, with the arguments from $4.
const (
	onEntry    = `t.entry_id = (SELECT id FROM entry WHERE city_id = current_city() AND assessment_id = $4 AND indicator_id = $5)`
	onEvidence = `t.evidence_id = $4`
)

// The orders that threads come in: those that wait before those that are
// settled, directions first; or as they were begun, the newest first.
const (
	waitingFirst = `t.resolved_at IS NOT NULL, t.kind = 'comment', t.id DESC`
	newestFirst  = `t.id DESC`
)

// threadAsk says which of a thing's threads to read.
type threadAsk struct {
	order  string
	most   int
	before int64 // an id that none of them reaches; 0: all
	on     string
	args   []any // of on
}

// queueThreads reads threads with their first comment and their last few.
func queueThreads(batch *pgx.Batch, at visit, ask threadAsk, into *tracker.Threads) {
	batch.Queue(fmt.Sprintf(`
		SELECT t.total, t.settled, %s, %s
		FROM (SELECT t.*, count(*) OVER () AS total, count(t.resolved_at) OVER () AS settled FROM thread t
		      WHERE t.city_id = current_city() AND t.audience = ANY ($1) AND ($3 = 0 OR t.id < $3) AND %s
		      ORDER BY %s LIMIT $2) t
		CROSS JOIN LATERAL (SELECT * FROM comment WHERE city_id = t.city_id AND thread_id = t.id
		                    AND (number = 1 OR number > t.comments - %d) OFFSET 0) c
		ORDER BY %[4]s, c.number`, threadColumns, commentColumns, ask.on, ask.order, commentsBeside),
		append([]any{at.audiences(), ask.most, ask.before}, ask.args...)...).Query(func(rows pgx.Rows) error {
		return collectThreads(rows, into)
	})
}

// audiences are those that the actor belongs to.
func (v visit) audiences() []string {
	return strings.FieldsFunc(audiencesText(v.actor.AudiencesOf(v.city, v.today)), func(r rune) bool { return r == ',' })
}

// collectThreads puts the comments to their threads, which come one after another.
func collectThreads(rows pgx.Rows, into *tracker.Threads) error {
	var total, settled int64
	defer rows.Close()
	for rows.Next() {
		var t tracker.Thread
		var c tracker.Comment
		targets := append([]any{&total, &settled}, threadTargets(&t)...)
		if err := rows.Scan(append(targets, commentTargets(&c)...)...); err != nil {
			return err
		}
		if n := len(into.Shown); n == 0 || into.Shown[n-1].ID != t.ID {
			into.Shown = append(into.Shown, t)
		}
		last := &into.Shown[len(into.Shown)-1]
		last.Comments = append(last.Comments, c)
	}
	into.Total, into.Resolved = int(total), int(settled)
	return rows.Err()
}

// Threads lists what is said on one thing, at most so many threads, the newest
// first, older than the one with the id where that is not 0. ErrNotFound is the
// answer to who may not read any.
func (s *Store) Threads(ctx context.Context, actor tracker.Actor, place ThreadPlace, before int64, most int) (*tracker.ThreadList, error) {
	var l *tracker.ThreadList
	var of assessments
	err := s.readCity(ctx, actor, place.City, of.queue, func(at *snapshot) error {
		l = &tracker.ThreadList{City: at.city, Today: at.today}
		ask := threadAsk{order: newestFirst, most: most + 1, before: before, on: onEvidence, args: []any{place.EvidenceID}}
		batch := &pgx.Batch{}
		if place.EvidenceID == 0 {
			assessment, indicator, err := s.entryKeys(ctx, at, of.all, place.EntryRef)
			if err != nil {
				return err
			}
			ask.on, ask.args = onEntry, []any{assessment, indicator}
			queuePlace(batch, `(SELECT id AS entry_id, NULL::bigint AS evidence_id FROM entry
				WHERE city_id = current_city() AND assessment_id = $1 AND indicator_id = $2)`, &l.On, assessment, indicator)
		} else {
			queuePlace(batch, `(SELECT NULL::bigint AS entry_id, $1::bigint AS evidence_id)`, &l.On, place.EvidenceID)
		}
		queueThreads(batch, at.visit, ask, &l.Threads)
		queueMembers(batch, at.city.ID, &l.People)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read threads: %w", err)
		}
		if (l.On.EntryID == 0 && l.On.EvidenceID == 0) || !at.threadAct(l.On).Reads(tracker.AudienceCity) {
			return tracker.ErrNotFound
		}
		if l.More = len(l.Shown) > most; l.More {
			l.Shown = l.Shown[:most]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// entryKeys are the ids of the assessment and the indicator that an entry is of.
func (s *Store) entryKeys(ctx context.Context, at *snapshot, all []tracker.Assessment, ref EntryRef) (assessment, indicator int64, err error) {
	chosen, err := choose(all, ref.Assessment)
	if err != nil {
		return 0, 0, err
	}
	if chosen.ID == 0 {
		return 0, 0, tracker.ErrNotFound
	}
	framework, err := s.framework(ctx, at, chosen.FrameworkID)
	if err != nil {
		return 0, 0, err
	}
	return chosen.ID, indicatorOf(framework, ref.Indicator).ID, nil
}

// Thread returns a thread with all its comments, what they said before, and who
// may be mentioned in it.
func (s *Store) Thread(ctx context.Context, actor tracker.Actor, slug string, id int64) (*tracker.ThreadRecord, error) {
	r := &tracker.ThreadRecord{}
	queued := func(batch *pgx.Batch) { queueThread(batch, id, &r.Thread) }
	err := s.readCity(ctx, actor, slug, queued, func(at *snapshot) error {
		r.City, r.Today = at.city, at.today
		act := at.threadAct(r.Thread.On)
		if r.Thread.ID == 0 || !act.Reads(r.Thread.Audience) {
			return tracker.ErrNotFound
		}
		var people []tracker.Person
		batch := &pgx.Batch{}
		queueComments(batch, id, &r.Thread.Comments)
		queueMembers(batch, at.city.ID, &people)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read thread %d: %w", id, err)
		}
		r.Readers = act.Readers(people, r.Thread.Audience)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// queueComments reads all comments of a thread with their earlier texts. Of one
// that was deleted nobody reads those.
func queueComments(batch *pgx.Batch, thread int64, into *[]tracker.Comment) {
	batch.Queue(`
		SELECT `+commentColumns+`,
		       coalesce(array_agg(r.text ORDER BY r.version) FILTER (WHERE r.text IS NOT NULL), '{}'),
		       coalesce(array_agg(r.recorded_at ORDER BY r.version) FILTER (WHERE r.text IS NOT NULL), '{}')
		FROM comment c
		LEFT JOIN comment_revision r ON r.city_id = c.city_id AND r.thread_id = c.thread_id AND r.number = c.number
		     AND r.version < c.version AND c.deleted_at IS NULL
		WHERE c.city_id = current_city() AND c.thread_id = $1
		GROUP BY c.city_id, c.thread_id, c.number ORDER BY c.number`, thread).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Comment, error) {
			var c tracker.Comment
			var texts []string
			var times []time.Time
			err := row.Scan(append(commentTargets(&c), &texts, &times)...)
			for i := range texts {
				c.Earlier = append(c.Earlier, tracker.EarlierText{Text: texts[i], At: times[i]})
			}
			return c, err
		})
		return err
	})
}
