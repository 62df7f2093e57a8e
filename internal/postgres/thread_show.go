package postgres

import (
	"context"
	"fmt"
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

// threadColumns are the columns of a thread t. Each name is looked up by its key, by a
// function where there is mostly none: it costs nothing until it is called.
var threadColumns = threadColumnsWith(`(SELECT name FROM account WHERE id = t.opened_by)`)

func threadColumnsWith(opener string) string {
	return `t.id, t.kind, t.audience, t.version, t.due_on, t.comments, t.opened_at, t.opened_by,
	` + opener + `,
	t.answered_at, coalesce(account_name(t.answered_by), ''),
	t.resolved_at, coalesce(account_name(t.resolved_by), '')`
}

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
	ARRAY(SELECT account_name(m.account_id) FROM comment_mention m
	      WHERE m.city_id = c.city_id AND m.thread_id = c.thread_id AND m.number = c.number ORDER BY m.account_id)`

func commentTargets(c *tracker.Comment) []any {
	return []any{&c.Number, &c.Version, &c.Text, &c.Author.ID, &c.Author.Name, &c.As, &c.At, orZero{&c.EditedAt}, orZero{&c.DeletedAt},
		&c.Answers, &c.Mentioned}
}

// What a thread t is on.
const (
	onEntry    = `t.entry_id = $4`
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
	query  string // made by threadsQuery
	most   int
	before int64 // an id that none of them reaches; 0: all
	on     int64 // the entry or the piece of evidence
}

// What pages read of threads.
var (
	threadsOnEntry           = threadsQuery(onEntry, newestFirst)
	threadsOnEntryWaiting    = threadsQuery(onEntry, waitingFirst)
	threadsOnEvidence        = threadsQuery(onEvidence, newestFirst)
	threadsOnEvidenceWaiting = threadsQuery(onEvidence, waitingFirst)
)

// threadsQuery reads threads with their first comment and their last few: of the
// audiences $1, at most $2 of them, before the id $3, on $4. Who opened one wrote its
// first comment, so that name is not looked up twice.
func threadsQuery(on, order string) string {
	return fmt.Sprintf(`
		SELECT t.total, t.settled, %s, %s
		FROM (SELECT t.*, count(*) OVER () AS total, count(t.resolved_at) OVER () AS settled FROM thread t
		      WHERE t.city_id = current_city() AND t.audience = ANY ($1) AND ($3 = 0 OR t.id < $3) AND %s
		      ORDER BY %s LIMIT $2) t
		CROSS JOIN LATERAL (SELECT * FROM comment WHERE city_id = t.city_id AND thread_id = t.id
		                    AND (number = 1 OR number > t.comments - %d) OFFSET 0) c
		ORDER BY %[4]s, c.number`, threadColumnsWith(`''`), commentColumns, on, order, commentsBeside)
}

func queueThreads(batch *pgx.Batch, at visit, ask threadAsk, into *tracker.Threads) {
	batch.Queue(ask.query, at.audiences(), ask.most, ask.before, ask.on).
		Query(func(rows pgx.Rows) error { return collectThreads(rows, into) })
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
			t.OpenedBy.Name = c.Author.Name
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
		ask := threadAsk{query: threadsOnEvidence, most: most + 1, before: before, on: place.EvidenceID}
		batch := &pgx.Batch{}
		if place.EvidenceID == 0 {
			entry, err := s.entryOf(ctx, at, of.all, place.EntryRef)
			if err != nil {
				return err
			}
			ask.query, ask.on = threadsOnEntry, entry
			queuePlace(batch, `(SELECT $1::bigint AS entry_id, NULL::bigint AS evidence_id)`, &l.On, entry)
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

// entryOf is the id of the entry in one of the assessments; 0: there is none.
func (s *Store) entryOf(ctx context.Context, at *snapshot, all []tracker.Assessment, ref EntryRef) (int64, error) {
	chosen, err := choose(all, ref.Assessment)
	if err != nil {
		return 0, err
	}
	if chosen.ID == 0 {
		return 0, tracker.ErrNotFound
	}
	framework, err := s.framework(ctx, at, chosen.FrameworkID)
	if err != nil {
		return 0, err
	}
	ids, err := s.entriesOf(ctx, at, chosen)
	return ids[indicatorOf(framework, ref.Indicator).ID], err
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
