package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// adviceRows is how many recommendations or tasks a page of a list holds; one
// more is read, which says whether there is another page.
const adviceRows = 50

// RecommendationRef names a recommendation and the version that a form carried.
type RecommendationRef struct {
	City    string // slug
	ID      int64
	Version int
}

// GiveRecommendation writes what an expert recommends in the assessment (0: the
// current one), on the indicators with the codes or on the whole of it, and
// returns its id. A code that the framework does not have answers as
// *InvalidError.
func (s *Store) GiveRecommendation(ctx context.Context, actor tracker.Actor, slug string, assessment int,
	r tracker.Recommendation) (int64, error) {
	var id int64
	err := s.inCity(ctx, actor, slug, tracker.GiveRecommendation, func(tx *cityTx) error {
		a, err := tx.holdAssessment(ctx, assessment)
		if err != nil {
			return err
		}
		if err := tx.adviceAct(a).GiveRecommendation(r); err != nil {
			return err
		}
		entries, err := tx.entriesOf(ctx, a, r.Indicators)
		if err != nil {
			return err
		}
		id, err = tx.insertRecommendation(ctx, a, r, entries)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func (tx *cityTx) adviceAct(a tracker.Assessment) tracker.AdviceAct {
	return tracker.AdviceAct{Actor: tx.actor, City: tx.city, Assessment: a, Today: tx.today}
}

// holdAssessment reads the assessment with the number, or the current one, which
// nobody closes until the act is written.
func (tx *cityTx) holdAssessment(ctx context.Context, number int) (tracker.Assessment, error) {
	var a tracker.Assessment
	err := tx.QueryRow(ctx, `
		SELECT id, number, framework_id, opened_on, closed_on, needs_review FROM assessment
		WHERE city_id = $1 AND (number = $2 OR $2 = 0)
		ORDER BY closed_on IS NOT NULL, opened_on DESC, number DESC LIMIT 1 FOR SHARE`, tx.city.ID, number).
		Scan(&a.ID, &a.Number, &a.FrameworkID, &a.OpenedOn, &a.ClosedOn, &a.NeedsReview)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, tracker.ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("hold assessment %d: %w", number, err)
	}
	return a, nil
}

// entriesOf finds the ids of the assessment's entries for the codes, each once.
func (tx *cityTx) entriesOf(ctx context.Context, a tracker.Assessment, codes []string) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.id FROM entry e JOIN indicator i ON i.id = e.indicator_id
		WHERE e.city_id = $1 AND e.assessment_id = $2 AND i.code = ANY ($3) ORDER BY e.id`, tx.city.ID, a.ID, codes)
	if err != nil {
		return nil, fmt.Errorf("look for entries: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look for entries: %w", err)
	}
	if len(ids) != len(codes) {
		return nil, tracker.Invalid("indicators", "recommendation.error.indicators")
	}
	return ids, nil
}

func (tx *cityTx) insertRecommendation(ctx context.Context, a tracker.Assessment, r tracker.Recommendation, entries []int64) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO recommendation (city_id, assessment_id, given_on, given_by, text, source, required, state, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'given', 1) RETURNING id`,
		tx.city.ID, a.ID, r.GivenOn, tx.actor.AccountID, r.Text, r.Source, r.Required).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert recommendation: %w", err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO recommendation_entry (recommendation_id, entry_id, city_id, assessment_id)
		SELECT $1, unnest($2::bigint[]), $3, $4`, id, entries, tx.city.ID, a.ID)
	queueMove(tx, batch, recommendationMoves, id, tracker.Move[tracker.RecommendationState]{
		Version: 1, Act: tracker.GiveRecommendation, To: tracker.RecommendationGiven})
	about := aboutAdvice{recommendation: id, text: r.Text}
	tx.queueAdviceNotice(batch, tracker.RecommendationWasGiven, about, told{role: tracker.Coordinator})
	return id, tx.sendAdvice(ctx, batch, record{act: string(tracker.GiveRecommendation), subject: recommendationSubject(id),
		after: map[string]any{"text": r.Text, "source": r.Source, "required": r.Required, "given_on": r.GivenOn.String(),
			"indicators": strings.Join(r.Indicators, ", ")}})
}

func recommendationSubject(id int64) string { return "recommendation " + strconv.FormatInt(id, 10) }

// sendAdvice writes what was queued, and the record of it.
func (tx *cityTx) sendAdvice(ctx context.Context, batch *pgx.Batch, r record) error {
	if err := tx.queueAudit(batch, r); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write %s: %w", r.subject, err)
	}
	return nil
}

// movesOf names the tables of moves: of recommendations, of tasks.
type movesOf struct{ table, evidence, id string }

var (
	recommendationMoves = movesOf{"recommendation_move", "recommendation_evidence", "recommendation_id"}
	taskMoves           = movesOf{"task_move", "task_evidence", "task_id"}
)

// queueMove writes a line of history. The first has come from nowhere.
func queueMove[S ~string](tx *cityTx, batch *pgx.Batch, of movesOf, id int64, m tracker.Move[S]) {
	batch.Queue(`
		INSERT INTO `+of.table+` (`+of.id+`, version, city_id, act, state_from, state_to, note, moved_on, recorded_at, recorded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, m.Version, tx.city.ID, m.Act, nullText(string(m.From)), string(m.To), m.Note, tx.today, tx.now, tx.actor.AccountID)
	for _, e := range m.Evidence {
		batch.Queue(`INSERT INTO `+of.evidence+` (`+of.id+`, version, evidence_id, city_id) VALUES ($1, $2, $3, $4)`,
			id, m.Version, e.ID, tx.city.ID)
	}
}

// MoveRecommendation does one of tracker.RecommendationActs, with the evidence
// that an answer names. It answers ErrConflict when the recommendation is no
// longer at the version that the form carried.
func (s *Store) MoveRecommendation(ctx context.Context, actor tracker.Actor, ref RecommendationRef, act tracker.Action,
	note string, evidence []int64) error {
	return s.inCity(ctx, actor, ref.City, act, func(tx *cityTx) error {
		r, a, err := tx.lockRecommendation(ctx, ref.ID)
		if err != nil {
			return err
		}
		to, err := tx.adviceAct(a).MoveRecommendation(r, act, note, len(evidence))
		if err := firstOf(err, ref.Version, r.Version); err != nil {
			return err
		}
		named, err := tx.nameEvidence(ctx, act == tracker.AnswerRecommendation, evidence)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE recommendation SET version = version + 1, state = $3 WHERE city_id = $1 AND id = $2`, tx.city.ID, r.ID, string(to))
		queueMove(tx, batch, recommendationMoves, r.ID, tracker.Move[tracker.RecommendationState]{
			Version: r.Version + 1, Act: act, From: r.State, To: to, Note: note, Evidence: named})
		tx.queueMovedNotice(batch, r, act)
		return tx.sendAdvice(ctx, batch, record{act: string(act), subject: recommendationSubject(r.ID),
			before: stateRecord(string(r.State), "", nil), after: stateRecord(string(to), note, named)})
	})
}

func (tx *cityTx) queueMovedNotice(batch *pgx.Batch, r tracker.Recommendation, act tracker.Action) {
	giver, city := told{role: tracker.Expert, account: r.GivenBy}, told{role: tracker.Coordinator}
	kinds := map[tracker.Action]struct {
		kind tracker.InboxKind
		to   told
	}{
		tracker.TakeOnRecommendation:  {tracker.RecommendationWasTakenOn, giver},
		tracker.DeclineRecommendation: {tracker.RecommendationWasDeclined, giver},
		tracker.AnswerRecommendation:  {tracker.RecommendationWasAnswered, giver},
		tracker.CloseRecommendation:   {tracker.RecommendationWasClosed, city},
		tracker.ReopenRecommendation:  {tracker.RecommendationWasReopened, city},
	}
	tx.queueAdviceNotice(batch, kinds[act].kind, aboutAdvice{recommendation: r.ID, text: r.Text}, kinds[act].to)
}

// stateRecord is what the audit keeps of a state and what was said with it.
func stateRecord(state, note string, named []tracker.MentionedEvidence) map[string]string {
	titles := make([]string, len(named))
	for i, e := range named {
		titles[i] = e.Title
	}
	return map[string]string{"state": state, "note": note, "evidence": strings.Join(titles, "; ")}
}

// nameEvidence reads the evidence that the actor names, which they must be able
// to see. It may have been withdrawn by nobody.
func (tx *cityTx) nameEvidence(ctx context.Context, allowed bool, ids []int64) ([]tracker.MentionedEvidence, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT id, title, access, coalesce(department_id, 0) FROM evidence
		WHERE city_id = $1 AND id = ANY ($2) AND withdrawn_at IS NULL ORDER BY id FOR SHARE`, tx.city.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("look for evidence: %w", err)
	}
	named := []tracker.MentionedEvidence{}
	var e tracker.MentionedEvidence
	var access tracker.Access
	var department int64
	_, err = pgx.ForEachRow(rows, []any{&e.ID, &e.Title, &access, &department}, func() error {
		if tx.actor.MayRead(access, department, tx.city, tx.today) {
			named = append(named, e)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for evidence: %w", err)
	}
	if len(named) != len(ids) || !allowed {
		return nil, tracker.Invalid("evidence", "recommendation.error.evidence")
	}
	return named, nil
}

// lockRecommendation reads the recommendation FOR UPDATE, and its assessment,
// which nobody closes until the act is written.
func (tx *cityTx) lockRecommendation(ctx context.Context, id int64) (tracker.Recommendation, tracker.Assessment, error) {
	var number int
	var a tracker.Assessment
	// The row first: what is joined to it must be as it is once nobody changes it.
	err := tx.QueryRow(ctx, `
		SELECT a.number FROM recommendation r JOIN assessment a ON a.id = r.assessment_id
		WHERE r.city_id = $1 AND r.id = $2 FOR UPDATE OF r`, tx.city.ID, id).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return tracker.Recommendation{}, a, tracker.ErrNotFound
	}
	if err == nil {
		a, err = tx.holdAssessment(ctx, number)
	}
	if err != nil {
		return tracker.Recommendation{}, a, fmt.Errorf("lock recommendation %d: %w", id, err)
	}
	rows, err := tx.Query(ctx, `SELECT `+recommendationColumns+`, `+giverHere+` FROM recommendation r WHERE r.city_id = $1 AND r.id = $3`,
		tx.city.ID, tx.today, id)
	if err != nil {
		return tracker.Recommendation{}, a, fmt.Errorf("read recommendation %d: %w", id, err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanOneRecommendation)
	return r, a, err
}

// The columns of a recommendation r, for recommendationTargets. $1 is the city, $2
// the day.
const (
	recommendationColumns = `r.id, r.given_on, r.given_by, coalesce(account_name(r.given_by), ''), r.text, r.source, r.required, r.state, r.version,
		ARRAY(SELECT i.code FROM recommendation_entry x JOIN entry e ON e.id = x.entry_id JOIN indicator i ON i.id = e.indicator_id
		      WHERE x.city_id = r.city_id AND x.recommendation_id = r.id ORDER BY i.position),
		ARRAY(SELECT DISTINCT t.department_id FROM task t
		      WHERE t.city_id = r.city_id AND t.recommendation_id = r.id AND t.state <> 'dropped' ORDER BY 1)`
	giverHere = `EXISTS (SELECT FROM membership m JOIN city_account() a ON a.account_id = m.account_id
		WHERE m.city_id = $1 AND m.account_id = r.given_by AND m.role = 'expert' AND m.disabled_at IS NULL
		  AND (m.ends_on IS NULL OR m.ends_on >= $2) AND NOT a.locked)`
)

func recommendationTargets(r *tracker.Recommendation) []any {
	return []any{&r.ID, &r.GivenOn, &r.GivenBy, &r.GivenByName, &r.Text, &r.Source, &r.Required, &r.State, &r.Version,
		&r.Indicators, &r.Departments}
}

func scanOneRecommendation(row pgx.CollectableRow) (tracker.Recommendation, error) {
	var r tracker.Recommendation
	return r, row.Scan(append(recommendationTargets(&r), &r.GiverHere)...)
}

func scanRecommendation(row pgx.CollectableRow) (tracker.Recommendation, error) {
	var r tracker.Recommendation
	return r, row.Scan(recommendationTargets(&r)...)
}

// Recommendations returns a page of the assessment's recommendations that the
// filter chooses, the newest first. It answers like EntryRecord.
func (s *Store) Recommendations(ctx context.Context, actor tracker.Actor, slug string, number int,
	f tracker.RecommendationFilter) (*tracker.RecommendationPage, error) {
	page := &tracker.RecommendationPage{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		var err error
		page.City, page.Today, page.Assessments = at.city, at.today, of.all
		if page.Assessment, err = choose(of.all, number); err != nil || page.Assessment.ID == 0 {
			return err
		}
		if page.Framework, err = s.framework(ctx, at, page.Assessment.FrameworkID); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueRecommendations(batch, page, f)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read recommendations: %w", err)
		}
		if len(page.Rows) > adviceRows {
			page.Rows = page.Rows[:adviceRows]
			last := page.Rows[adviceRows-1]
			page.Next = tracker.DayKey{On: last.GivenOn, ID: last.ID}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

func queueRecommendations(batch *pgx.Batch, page *tracker.RecommendationPage, f tracker.RecommendationFilter) {
	city, assessment := page.City.ID, page.Assessment.ID
	batch.Queue(`SELECT `+recommendationColumns+` FROM recommendation r
		WHERE r.city_id = $1 AND r.assessment_id = $2 AND ($3 = '' OR r.state = $3) AND ($4 = '' OR r.required = ($4 = 'yes'))
		  AND ($5::date IS NULL OR (r.given_on, r.id) < ($5, $6))
		ORDER BY r.given_on DESC, r.id DESC LIMIT $7`,
		city, assessment, string(f.State), f.Required, f.Before.On, f.Before.ID, adviceRows+1).Query(func(rows pgx.Rows) error {
		var err error
		page.Rows, err = pgx.CollectRows(rows, scanRecommendation)
		return err
	})
	batch.Queue(`SELECT required, state FROM recommendation WHERE city_id = $1 AND assessment_id = $2`, city, assessment).
		Query(func(rows pgx.Rows) error {
			all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Recommendation, error) {
				var r tracker.Recommendation
				return r, row.Scan(&r.Required, &r.State)
			})
			page.Blocking = len(tracker.RequiredOpen(all))
			return err
		})
}

// Recommendation returns one recommendation with its history and its tasks.
// ErrNotFound is the answer where there is none.
func (s *Store) Recommendation(ctx context.Context, actor tracker.Actor, slug string, id int64) (*tracker.RecommendationRecord, error) {
	record := &tracker.RecommendationRecord{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		record.City, record.Today = at.city, at.today
		var assessment int64
		batch := &pgx.Batch{}
		queueOneRecommendation(batch, at.visit, id, &record.Recommendation, &assessment)
		queueMoves(batch, at.visit, recommendationMoves, id, &record.Moves)
		queueTasks(batch, `t.recommendation_id = $2 ORDER BY t.due_on, t.id`, &record.Tasks, at.city.ID, id)
		if err := at.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("read recommendation %d: %w", id, err)
		}
		var err error
		record.Assessment, record.Framework, err = s.place(ctx, at, of.all, assessment)
		return err
	})
	if err != nil {
		return nil, err
	}
	return record, nil
}

// place finds the assessment that something was found in and its framework; 0 is
// none, where it was not found. It ends the snapshot.
func (s *Store) place(ctx context.Context, at *snapshot, all []tracker.Assessment, id int64) (tracker.Assessment, *tracker.Framework, error) {
	for _, a := range all {
		if a.ID == id {
			framework, err := s.framework(ctx, at, a.FrameworkID)
			if err == nil {
				err = at.last(ctx, &pgx.Batch{})
			}
			return a, framework, err
		}
	}
	return tracker.Assessment{}, nil, tracker.ErrNotFound
}

func queueOneRecommendation(batch *pgx.Batch, v visit, id int64, into *tracker.Recommendation, assessment *int64) {
	batch.Queue(`SELECT `+recommendationColumns+`, `+giverHere+`, r.assessment_id FROM recommendation r WHERE r.city_id = $1 AND r.id = $3`,
		v.city.ID, v.today, id).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, append(recommendationTargets(into), &into.GiverHere, assessment), func() error { return nil })
		return err
	})
}

// queueMoves reads the history, the newest line first. Evidence that the reader
// may not see is hidden.
func queueMoves[S ~string](batch *pgx.Batch, v visit, of movesOf, id int64, into *[]tracker.Move[S]) {
	batch.Queue(`
		SELECT m.version, m.act, coalesce(m.state_from, ''), m.state_to, m.note, m.moved_on, m.recorded_at,
		       coalesce(account_name(m.recorded_by), ''), coalesce(e.id, 0), coalesce(e.title, ''), coalesce(e.access, ''), coalesce(e.department_id, 0)
		FROM `+of.table+` m
		LEFT JOIN `+of.evidence+` x ON x.city_id = m.city_id AND x.`+of.id+` = m.`+of.id+` AND x.version = m.version
		LEFT JOIN evidence e ON e.city_id = m.city_id AND e.id = x.evidence_id
		WHERE m.city_id = $1 AND m.`+of.id+` = $2 ORDER BY m.version DESC, e.id`, v.city.ID, id).Query(func(rows pgx.Rows) error {
		var m tracker.Move[S]
		var e tracker.MentionedEvidence
		var access tracker.Access
		var department int64
		_, err := pgx.ForEachRow(rows, []any{&m.Version, &m.Act, &m.From, &m.To, &m.Note, &m.On, &m.RecordedAt,
			&m.RecordedBy, &e.ID, &e.Title, &access, &department}, func() error {
			if n := len(*into); n == 0 || (*into)[n-1].Version != m.Version {
				*into = append(*into, m)
			}
			last := &(*into)[len(*into)-1]
			switch {
			case e.ID == 0:
			case v.actor.MayRead(access, department, v.city, v.today):
				last.Evidence = append(last.Evidence, e)
			default:
				last.Evidence = append(last.Evidence, tracker.MentionedEvidence{Hidden: true})
			}
			return nil
		})
		return err
	})
}

// EvidenceToName lists what an answer or a result may name: the evidence of the
// indicators, and what was added to the city last. What the actor may not see is
// left out, and so is what was withdrawn.
func (s *Store) EvidenceToName(ctx context.Context, actor tracker.Actor, slug string, assessment int64, indicators []string) ([]tracker.Evidence, error) {
	var all []tracker.Evidence
	err := s.readCity(ctx, actor, slug, func(*pgx.Batch) {}, func(at *snapshot) error {
		every, departments := actor.SeesRestricted(at.city, at.today)
		batch := &pgx.Batch{}
		batch.Queue(`
			SELECT `+evidenceColumns+` FROM (
				SELECT l.evidence_id AS id FROM entry n JOIN indicator i ON i.id = n.indicator_id JOIN evidence_link l ON l.entry_id = n.id
				WHERE n.city_id = $1 AND n.assessment_id = $2 AND i.code = ANY ($3) AND l.linked
				UNION
				(SELECT e.id FROM evidence e WHERE e.city_id = $1 AND e.withdrawn_at IS NULL
				   AND (e.access = 'open' OR $4 OR e.department_id = ANY ($5)) ORDER BY e.id DESC LIMIT 20)) chosen
			CROSS JOIN LATERAL (SELECT * FROM evidence WHERE city_id = $1 AND id = chosen.id OFFSET 0) e `+evidenceJoins+`
			WHERE e.withdrawn_at IS NULL AND (e.access = 'open' OR $4 OR e.department_id = ANY ($5))
			ORDER BY e.id DESC`, at.city.ID, assessment, indicators, every, departments).Query(func(rows pgx.Rows) error {
			var err error
			all, err = pgx.CollectRows(rows, scanEvidence)
			return err
		})
		return at.last(ctx, batch)
	})
	return all, err
}
