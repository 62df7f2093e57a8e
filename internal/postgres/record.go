package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// EntryRecord returns one entry with all its history and the entries of its
// area, as they stood on the day; a zero day means today. ref.Version is not
// looked at. It answers ErrNotFound like Overview, and for an unknown code.
func (s *Store) EntryRecord(ctx context.Context, actor tracker.Actor, ref EntryRef, on tracker.Date) (*tracker.EntryRecord, error) {
	return s.entryRecord(ctx, actor, ref, on, func(at visit, p *recordParts, batch *pgx.Batch) error {
		queueAdvice(batch, p.EntryRecord, p.entry)
		if p.On == p.Today { // what is said is about now
			p.queueSaid(batch, at)
		}
		return nil
	})
}

// beside asks for what a page reads in the same round trip as the record of an
// entry, or refuses it.
type beside func(at visit, p *recordParts, batch *pgx.Batch) error

// entryRecord enters the city and reads the record, in one round trip if it can.
func (s *Store) entryRecord(ctx context.Context, actor tracker.Actor, ref EntryRef, on tracker.Date, more beside) (*tracker.EntryRecord, error) {
	if ref.Assessment == 0 && on.IsZero() && !s.nested {
		if r, err := s.recordAhead(ctx, actor, ref, more); !errors.Is(err, errOtherwise) {
			return r, err
		}
	}
	var r *tracker.EntryRecord
	var of assessments
	err := s.readCity(ctx, actor, ref.City, of.queue, func(at *snapshot) error {
		chosen, err := choose(of.all, ref.Assessment)
		if err != nil {
			return err
		}
		if chosen.ID == 0 {
			return tracker.ErrNotFound
		}
		if on.IsZero() {
			on = at.today
		}
		r = &tracker.EntryRecord{City: at.city, Assessments: of.all, Assessment: chosen, Today: at.today, On: on}
		return s.fillRecord(ctx, at, r, ref.Indicator, more)
	})
	if err != nil {
		return nil, err
	}
	if ref.Assessment == 0 {
		s.seen.put(ref.City, seenCity{r.City, r.Assessment})
	}
	return r, nil
}

func (s *Store) fillRecord(ctx context.Context, at *snapshot, r *tracker.EntryRecord, code string, more beside) error {
	var err error
	if r.Framework, err = s.framework(ctx, at, r.Assessment.FrameworkID); err != nil {
		return err
	}
	ids, err := s.entriesOf(ctx, at, r.Assessment)
	if err != nil {
		return err
	}
	p, err := partsOf(r, code, ids)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	if err := p.queue(batch, at.visit, more); err != nil {
		return err
	}
	if err := at.last(ctx, batch); err != nil {
		return fmt.Errorf("read the record of %s: %w", code, err)
	}
	p.arrange(at.actor)
	return nil
}

// recordParts are what the record of an entry is put together from.
type recordParts struct {
	*tracker.EntryRecord
	code   string
	places []tracker.Place // of its area
	ids    map[int64]int64 // of the assessment's entries, by indicator
	entry  int64
	area   areaRows
	linked []tracker.LinkedEvidence
}

// partsOf prepares the record of the indicator with the code, in an assessment
// with these entries. It answers ErrNotFound for an unknown code.
func partsOf(r *tracker.EntryRecord, code string, ids map[int64]int64) (*recordParts, error) {
	places, ok := r.Framework.AreaOf(code)
	if !ok {
		return nil, tracker.ErrNotFound
	}
	return &recordParts{
		EntryRecord: r, code: code, places: places, ids: ids, entry: ids[indicatorOf(r.Framework, code).ID],
		area: areaRows{changes: map[int64][]tracker.StatusChange{}, revisions: map[int64][]tracker.Revision{}},
	}, nil
}

func (p *recordParts) queue(batch *pgx.Batch, at visit, more beside) error {
	p.area.queueEntries(batch, p.EntryRecord, indicatorIDs(p.places))
	if isPast(p.On, p.Today) {
		queueDepartments(batch, p.City.ID, &p.Departments)
		queueFormer(batch, p.Assessment.ID, p.On, &p.Departments, &p.area.entries)
	}
	p.area.queueHistory(batch, p.City.ID, pick(p.ids, indicatorIDs(p.Replayed(p.code, p.places))))
	queueLinked(batch, p.City.ID, p.entry, &p.linked)
	return more(at, p, batch)
}

// queueSaid reads what is said on the entry.
func (p *recordParts) queueSaid(batch *pgx.Batch, at visit) {
	queueThreads(batch, at, threadAsk{query: threadsOnEntryWaiting, most: threadsBeside, on: p.entry}, &p.Threads)
}

func (p *recordParts) arrange(actor tracker.Actor) {
	p.area.sort()
	p.Arrange(p.code, p.places, p.area.entries, p.area.departments, p.area.changes, p.area.revisions)
	p.ArrangeEvidence(actor, p.linked)
}

// entriesOf returns the ids of the assessment's entries by indicator, from memory
// where they were read before: the act that opens an assessment makes all of them.
func (s *Store) entriesOf(ctx context.Context, q querier, a tracker.Assessment) (map[int64]int64, error) {
	if ids, known := s.entryIDs.get(a.ID); known {
		return ids, nil
	}
	rows, err := q.Query(ctx, `SELECT indicator_id, id FROM entry WHERE city_id = current_city() AND assessment_id = $1`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("read the entries of assessment %d: %w", a.Number, err)
	}
	ids := map[int64]int64{}
	var indicator, id int64
	if _, err = pgx.ForEachRow(rows, []any{&indicator, &id}, func() error { ids[indicator] = id; return nil }); err != nil {
		return nil, fmt.Errorf("read the entries of assessment %d: %w", a.Number, err)
	}
	s.entryIDs.put(a.ID, ids)
	return ids, nil
}

// pick returns what the keys lead to, in their order.
func pick(from map[int64]int64, keys []int64) []int64 {
	picked := make([]int64, len(keys))
	for i, key := range keys {
		picked[i] = from[key]
	}
	return picked
}

// linkedColumns are what the pages of an entry show of a piece of evidence e. What
// its passport said formerly is asked for only where it may have been changed: a
// function costs nothing where it is not called.
const linkedColumns = `e.id, e.kind, e.title, e.document_number, e.issuer, e.issued_on, e.period_from, e.period_to,
	e.valid_until, e.access, e.language, e.note, coalesce(d.id, 0), coalesce(d.code, ''), coalesce(d.name_vi, ''),
	coalesce(d.name_en, ''), e.uses, e.withdrawn_on, v.number, coalesce(v.file_name, ''), coalesce(v.media_type, ''),
	coalesce(v.url, ''), coalesce((SELECT size FROM content WHERE city_id = v.city_id AND sha256 = v.sha256), 0),
	CASE WHEN e.version > 1 THEN former_passports(e.id) END`

// queueLinked reads all evidence that was ever linked to the entry, as far as its
// pages show it.
func queueLinked(batch *pgx.Batch, city, entry int64, into *[]tracker.LinkedEvidence) {
	batch.Queue(`
		SELECT `+linkedColumns+`
		FROM evidence_link l
		JOIN evidence e ON e.city_id = l.city_id AND e.id = l.evidence_id
		JOIN evidence_version v ON v.city_id = e.city_id AND v.evidence_id = e.id AND v.number = e.latest
		LEFT JOIN department d ON d.city_id = e.city_id AND d.id = e.department_id
		WHERE l.city_id = $1 AND l.entry_id = $2`, city, entry).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, scanLinked)
		slices.SortFunc(*into, func(a, b tracker.LinkedEvidence) int { return cmp.Compare(a.ID, b.ID) })
		return err
	})
}

func scanLinked(row pgx.CollectableRow) (tracker.LinkedEvidence, error) {
	var l tracker.LinkedEvidence
	var former []byte
	e, p, d, c := &l.Evidence, &l.Passport, &l.Department, &l.Latest.Content
	err := row.Scan(&e.ID, &e.Kind, &p.Title, &p.Number, &p.Issuer, &p.IssuedOn, &p.PeriodFrom, &p.PeriodTo,
		&p.ValidUntil, &p.Access, &p.Language, &p.Note, &e.DepartmentID, &d.Code, &d.Name.VI,
		&d.Name.EN, &e.Uses, &e.WithdrawnOn, &l.Latest.Number, &c.File.Name, &c.File.MediaType,
		&c.URL, &c.File.Size, &former)
	if err != nil {
		return l, err
	}
	l.Evidence = finished(l.Evidence)
	l.Former, err = readPassports(former)
	return l, err
}

// readPassports reads former passports from how the database writes them out.
func readPassports(text []byte) ([]tracker.FormerPassport, error) {
	if text == nil {
		return nil, nil
	}
	var rows []struct {
		Title      string    `json:"title"`
		Number     string    `json:"document_number"`
		Issuer     string    `json:"issuer"`
		IssuedOn   *string   `json:"issued_on"`
		PeriodFrom *string   `json:"period_from"`
		PeriodTo   *string   `json:"period_to"`
		ValidUntil *string   `json:"valid_until"`
		Note       string    `json:"note"`
		Until      time.Time `json:"until_at"`
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("read former passports: %w", err)
	}
	var all []tracker.FormerPassport
	for _, r := range rows {
		f := tracker.FormerPassport{Until: r.Until, Passport: tracker.Passport{Title: r.Title, Number: r.Number, Issuer: r.Issuer, Note: r.Note}}
		p := &f.Passport
		for day, text := range map[*tracker.Date]*string{&p.IssuedOn: r.IssuedOn, &p.PeriodFrom: r.PeriodFrom, &p.PeriodTo: r.PeriodTo, &p.ValidUntil: r.ValidUntil} {
			if text == nil {
				continue
			}
			var err error
			if *day, err = tracker.ParseDate(*text); err != nil {
				return nil, fmt.Errorf("read a former passport: %w", err)
			}
		}
		all = append(all, f)
	}
	return all, nil
}

// adviceNow reads what is recommended on the entry $2 of the city $1, and its tasks:
// those that are due first, and the oldest, on top. adviceThen reads them as they
// stood on the day $3; a state is empty before they were given.
var (
	adviceNow  = adviceQuery("a.state AS state", "t.state AS state")
	adviceThen = adviceQuery(`coalesce((SELECT state_to FROM recommendation_move
			WHERE city_id = a.city_id AND recommendation_id = a.id AND moved_on <= $3 ORDER BY version DESC LIMIT 1), '')`,
		`coalesce((SELECT state_to FROM task_move
			WHERE city_id = t.city_id AND task_id = t.id AND moved_on <= $3 ORDER BY version DESC LIMIT 1), '')`)
)

// adviceQuery is given how the states of a recommendation a and of a task t are read.
func adviceQuery(recommended, worked string) string {
	return `
		SELECT false AS is_task, a.id, a.text, ` + recommended + `, a.given_on AS day, a.required, '', '', ''
		FROM recommendation_entry x
		JOIN recommendation a ON a.city_id = x.city_id AND a.id = x.recommendation_id
		WHERE x.city_id = $1 AND x.entry_id = $2
		UNION ALL
		SELECT true, t.id, t.title, ` + worked + `, t.due_on, false, d.code, d.name_vi, d.name_en
		FROM task_entry x
		JOIN task t ON t.city_id = x.city_id AND t.id = x.task_id
		CROSS JOIN LATERAL (SELECT * FROM department WHERE id = t.department_id OFFSET 0) d
		WHERE x.city_id = $1 AND x.entry_id = $2`
}

// queueAdvice reads the entry's recommendations and tasks as of the record's day.
func queueAdvice(batch *pgx.Batch, r *tracker.EntryRecord, entry int64) {
	query, args := adviceNow, []any{r.City.ID, entry}
	if isPast(r.On, r.Today) {
		query, args = adviceThen, append(args, r.On)
	}
	batch.Queue(query, args...).Query(func(rows pgx.Rows) error { return collectAdvice(rows, r) })
}

func collectAdvice(rows pgx.Rows, r *tracker.EntryRecord) error {
	var isTask, required bool
	var id int64
	var text, state string
	var day tracker.Date
	var d tracker.Department
	_, err := pgx.ForEachRow(rows, []any{&isTask, &id, &text, &state, &day, &required, &d.Code, &d.Name.VI, &d.Name.EN}, func() error {
		switch {
		case state == "": // not given yet
		case isTask:
			r.Tasks = append(r.Tasks, tracker.Task{ID: id, Work: tracker.TaskWork{Title: text, Department: d.Code, DueOn: day},
				State: tracker.TaskState(state), Department: d})
		default:
			r.Recommendations = append(r.Recommendations, tracker.Recommendation{ID: id, Text: text, GivenOn: day, Required: required,
				State: tracker.RecommendationState(state)})
		}
		return nil
	})
	slices.SortFunc(r.Tasks, func(a, b tracker.Task) int {
		return cmp.Or(cmp.Compare(a.Work.DueOn, b.Work.DueOn), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(r.Recommendations, func(a, b tracker.Recommendation) int {
		return cmp.Or(cmp.Compare(a.GivenOn, b.GivenOn), cmp.Compare(a.ID, b.ID))
	})
	return err
}

func indicatorIDs(places []tracker.Place) []int64 {
	ids := make([]int64, len(places))
	for i, p := range places {
		ids[i] = p.Indicator.ID
	}
	return ids
}

// areaRows is what is read of an area's entries: departments stand in the order
// of entries, history by the id of its entry.
type areaRows struct {
	entries     []tracker.Entry
	departments []tracker.Department
	changes     map[int64][]tracker.StatusChange
	revisions   map[int64][]tracker.Revision
}

// queueEntries reads the entries of the indicators with their texts.
func (area *areaRows) queueEntries(batch *pgx.Batch, r *tracker.EntryRecord, indicators []int64) {
	batch.Queue(`
		SELECT e.id, e.indicator_id, coalesce(e.department_id, 0), e.due_on, e.version,
		       e.claim, e.verdict, e.changed, e.to_confirm, coalesce(e.submitted_by, 0), coalesce(e.edited_by, 0), e.changed_on,
		       e.narrative, e.obstacles, e.solution,
		       coalesce(d.code, ''), coalesce(d.name_vi, ''), coalesce(d.name_en, ''),
		       coalesce(e.assignee_id, 0), coalesce(account_name(e.assignee_id), '')
		FROM entry e
		-- OFFSET 0: look the few up by their keys, rather than read all of the city's
		LEFT JOIN LATERAL (SELECT * FROM department WHERE id = e.department_id OFFSET 0) d ON true
		WHERE e.city_id = $1 AND e.assessment_id = $2 AND e.indicator_id = ANY ($3)`,
		r.City.ID, r.Assessment.ID, indicators).Query(area.collectEntries)
}

func (area *areaRows) collectEntries(rows pgx.Rows) error {
	var e tracker.Entry
	var d tracker.Department
	_, err := pgx.ForEachRow(rows, []any{
		&e.ID, &e.IndicatorID, &d.ID, &e.DueOn, &e.Version,
		&e.State.Claim, &e.State.Verdict, &e.State.Changed, &e.State.ToConfirm, &e.SubmittedBy, &e.EditedBy, &e.ChangedOn,
		&e.Narrative.Narrative, &e.Narrative.Obstacles, &e.Narrative.Solution,
		&d.Code, &d.Name.VI, &d.Name.EN, &e.Assignee.ID, &e.Assignee.Name,
	}, func() error {
		e.DepartmentID = d.ID
		area.entries = append(area.entries, e)
		area.departments = append(area.departments, d)
		return nil
	})
	return err
}

// The status changes of the entries $2 of the city $1, and their edits, each with
// who made it. The name is looked up for each row: to join accounts, PostgreSQL
// would read all of them.
const (
	changesQuery = `
		SELECT r.entry_id, r.entry_version, r.act, r.claim_from, r.claim_to, r.verdict_from, r.verdict_to,
		       r.note, r.effective_on, r.recorded_at, (SELECT name FROM account WHERE id = r.recorded_by)
		FROM status_change r WHERE r.city_id = $1 AND r.entry_id = ANY ($2)`
	revisionsQuery = `
		SELECT r.entry_id, r.entry_version, coalesce(r.narrative, ''), coalesce(r.obstacles, ''), coalesce(r.solution, ''),
		       coalesce(r.year, 0), coalesce((r.value * 10)::bigint, 0), coalesce((r.target * 10)::bigint, -1),
		       coalesce(r.source, ''), r.effective_on, r.recorded_at, (SELECT name FROM account WHERE id = r.recorded_by),
		       coalesce(r.evidence_act, ''), coalesce(r.evidence_id, 0), coalesce(r.evidence_version, 0), r.answers, r.carried
		FROM entry_revision r WHERE r.city_id = $1 AND r.entry_id = ANY ($2)`
)

// queueHistory reads the status changes and the edits of the entries.
func (area *areaRows) queueHistory(batch *pgx.Batch, city int64, entries []int64) {
	batch.Queue(changesQuery, city, entries).Query(func(rows pgx.Rows) error { return collectChanges(rows, area.changes) })
	batch.Queue(revisionsQuery, city, entries).Query(func(rows pgx.Rows) error { return collectRevisions(rows, area.revisions) })
}

// sort puts each entry's history in order; for its few rows that is not worth
// a step in PostgreSQL's plan.
func (area *areaRows) sort() {
	for _, changes := range area.changes {
		slices.SortFunc(changes, func(a, b tracker.StatusChange) int {
			return cmp.Or(cmp.Compare(a.EffectiveOn, b.EffectiveOn), cmp.Compare(a.EntryVersion, b.EntryVersion))
		})
	}
	for _, revisions := range area.revisions {
		slices.SortFunc(revisions, func(a, b tracker.Revision) int {
			return cmp.Or(cmp.Compare(a.EffectiveOn, b.EffectiveOn), cmp.Compare(a.EntryVersion, b.EntryVersion))
		})
	}
}

// collectChanges sorts status changes by entry.
func collectChanges(rows pgx.Rows, into map[int64][]tracker.StatusChange) error {
	var id int64
	var c tracker.StatusChange
	_, err := pgx.ForEachRow(rows, []any{
		&id, &c.EntryVersion, &c.Act, &c.From.Claim, &c.To.Claim, &c.From.Verdict, &c.To.Verdict,
		&c.Note, &c.EffectiveOn, &c.RecordedAt, &c.RecordedBy,
	}, func() error {
		into[id] = append(into[id], c)
		return nil
	})
	return err
}

// collectRevisions sorts edits by entry. A figure's year is 0 where texts were
// or evidence were edited, its target below zero where there is none.
func collectRevisions(rows pgx.Rows, into map[int64][]tracker.Revision) error {
	var id, value, target int64
	var r tracker.Revision
	var texts tracker.Narrative
	var figure tracker.Measurement
	var event tracker.EvidenceEvent
	_, err := pgx.ForEachRow(rows, []any{
		&id, &r.EntryVersion, &texts.Narrative, &texts.Obstacles, &texts.Solution,
		&figure.Year, &value, &target, &figure.Source, &r.EffectiveOn, &r.RecordedAt, &r.RecordedBy,
		&event.Act, &event.EvidenceID, &event.Version, &event.Answers, &r.Carried,
	}, func() error {
		figure.Value = tracker.Decimal(value)
		figure.HasTarget, figure.Target = target >= 0, tracker.Decimal(max(target, 0))
		into[id] = append(into[id], revisionOf(r, texts, figure, event))
		return nil
	})
	return err
}

// revisionOf gives the edit what was edited.
func revisionOf(r tracker.Revision, texts tracker.Narrative, figure tracker.Measurement, event tracker.EvidenceEvent) tracker.Revision {
	switch {
	case event.EvidenceID != 0:
		r.Evidence = &event
	case figure.Year != 0:
		r.Measurement = &figure
	default:
		r.Narrative = &texts
	}
	return r
}
