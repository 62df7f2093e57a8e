package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// libraryRows is how many pieces of evidence a page of the library holds. One
// more is read, which says whether there is another page; it stands in the SQL
// itself, so that PostgreSQL plans for few.
const (
	libraryRows = 50
	rowsRead    = `51`
)

// Library returns a page of the city's evidence that the filter chooses and the
// actor may see, the newest first. It answers ErrNotFound like Overview, and
// *InvalidError for a department that the city does not have.
func (s *Store) Library(ctx context.Context, actor tracker.Actor, slug string, f tracker.LibraryFilter) (*tracker.LibraryPage, error) {
	page := &tracker.LibraryPage{}
	err := s.readCity(ctx, actor, slug, func(*pgx.Batch) {}, func(at *snapshot) error {
		page.City, page.Today = at.city, at.today
		batch := &pgx.Batch{}
		queueDepartments(batch, at.city.ID, &page.Departments)
		queueLibrary(batch, at.visit, f, &page.Rows)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read the library: %w", err)
		}
		if f.Department != "" && !slices.ContainsFunc(page.Departments, func(d tracker.Department) bool { return d.Code == f.Department }) {
			return tracker.Invalid("department", "department.error.unknown")
		}
		if len(page.Rows) > libraryRows {
			page.Rows = page.Rows[:libraryRows]
			page.Next = page.Rows[libraryRows-1].ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// departmentWith is the id of the department with the code $3: 0 for no code, -1
// for one that the city does not have. It is a query of its own, so that
// row-level security lets it into an index.
const departmentWith = `(SELECT CASE $3::text WHEN '' THEN 0
	ELSE coalesce((SELECT id FROM department WHERE city_id = current_city() AND code = $3), -1) END)`

// libraryIndex leads each list to the index of its few; evidence_shown decides.
var libraryIndex = map[tracker.LibraryChoice]string{
	tracker.ChooseExpiring:   `AND e.withdrawn_at IS NULL AND e.valid_until BETWEEN $5 AND $6`,
	tracker.ChooseExpired:    `AND e.withdrawn_at IS NULL AND e.valid_until < $5`,
	tracker.ChooseUnused:     `AND e.withdrawn_at IS NULL AND e.uses = 0`,
	tracker.ChooseUnanswered: `AND e.withdrawn_at IS NULL AND e.uses > 0 AND e.answering = 0`,
}

func queueLibrary(batch *pgx.Batch, v visit, f tracker.LibraryFilter, into *[]tracker.Evidence) {
	before := f.Before
	if before == 0 {
		before = math.MaxInt64
	}
	all, departments := v.actor.SeesRestricted(v.city, v.today)
	chosen, words := searched, tracker.QueryWords(f.Query)
	args := []any{words, before, f.Department, string(f.Show), v.today, tracker.Soon(v.today), all, departments}
	if f.Query == "" {
		chosen, args[0] = listed(f.Show, f.Department), v.city.ID
	}
	batch.Queue(`
		SELECT `+evidenceColumns+`
		FROM (`+chosen+`) chosen
		CROSS JOIN LATERAL (SELECT * FROM evidence WHERE id = chosen.id OFFSET 0) e `+evidenceJoins+`
		ORDER BY e.id DESC`, args...).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, scanEvidence)
		return err
	})
}

const searched = `SELECT search_evidence($1, $2, ` + rowsRead + `, ` + departmentWith + `, $4, $5, $6, $7, $8) AS id`

func listed(show tracker.LibraryChoice, department string) string {
	index, order := libraryIndex[show], `e.id DESC`
	if department != "" {
		// A range, in this order: no other index gives it. For an equation
		// PostgreSQL may walk through all of the city's for the department's few.
		index += ` AND e.department_id BETWEEN ` + departmentWith + ` AND ` + departmentWith
		order = `e.department_id DESC, e.id DESC`
	}
	return `
		SELECT e.id FROM evidence e
		WHERE e.city_id = $1 AND e.id < $2 ` + index + ` AND evidence_shown(e, ` + departmentWith + `, $4, $5, $6, $7, $8)
		ORDER BY ` + order + ` LIMIT ` + rowsRead
}

// Checklist lists, by department, which entries of the assessment (0: the
// current one) still miss evidence. It answers like EntryRecord.
func (s *Store) Checklist(ctx context.Context, actor tracker.Actor, slug string, number int) (*tracker.Checklist, error) {
	c := &tracker.Checklist{}
	var of assessments
	err := s.readCity(ctx, actor, slug, of.queue, func(at *snapshot) error {
		chosen, err := choose(of.all, number)
		if err != nil {
			return err
		}
		if chosen.ID == 0 {
			return tracker.ErrNotFound
		}
		c.City, c.Assessment, c.Today = at.city, chosen, at.today
		if c.Framework, err = s.framework(ctx, at, chosen.FrameworkID); err != nil {
			return err
		}
		var departments []tracker.Department
		entries := map[int64]*tracker.ChecklistEntry{}
		batch := &pgx.Batch{}
		queueDepartments(batch, c.City.ID, &departments)
		queueChecklist(batch, c, entries)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read the checklist of assessment %d: %w", chosen.Number, err)
		}
		c.Fill(departments, entries)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// queueChecklist reads of the evidence what completeness is counted from. Whether
// a reader may see it makes no difference to what is missing.
func queueChecklist(batch *pgx.Batch, c *tracker.Checklist, entries map[int64]*tracker.ChecklistEntry) {
	batch.Queue(`
		SELECT n.indicator_id, coalesce(n.department_id, 0), coalesce(e.id, 0), e.issued_on, e.period_from, e.period_to,
		       e.valid_until, e.withdrawn_on, l.answers
		FROM entry n
		LEFT JOIN evidence_link l ON l.city_id = n.city_id AND l.assessment_id = n.assessment_id AND l.entry_id = n.id AND l.linked
		LEFT JOIN evidence e ON e.id = l.evidence_id
		WHERE n.city_id = $1 AND n.assessment_id = $2`, c.City.ID, c.Assessment.ID).Query(func(rows pgx.Rows) error {
		var indicator, department int64
		var l tracker.LinkedEvidence
		p := &l.Passport
		_, err := pgx.ForEachRow(rows, []any{&indicator, &department, &l.ID, &p.IssuedOn, &p.PeriodFrom, &p.PeriodTo,
			&p.ValidUntil, &l.WithdrawnOn, &l.Answers}, func() error {
			if entries[indicator] == nil {
				entries[indicator] = &tracker.ChecklistEntry{DepartmentID: department}
			}
			if l.ID != 0 {
				entries[indicator].Linked = append(entries[indicator].Linked, l)
			}
			return nil
		})
		return err
	})
}

// TakeEvidenceNotices lists the city's evidence that has come to 60, 30 or 7
// days before its last day, and tells those who look after it in their inbox:
// each is listed and told once, for each of its last days.
func (s *Store) TakeEvidenceNotices(ctx context.Context, slug string) ([]tracker.EvidenceNotice, error) {
	var due []tracker.EvidenceNotice
	err := s.asSystem(ctx, slug, func(tx *cityTx) error {
		rows, err := tx.Query(ctx, `
			WITH due AS (
				SELECT e.id, e.title, e.department_id, e.valid_until,
				       (SELECT min(d) FROM unnest($4::integer[]) d WHERE e.valid_until - $2::date <= d) AS days
				FROM evidence e
				WHERE e.city_id = $1 AND e.withdrawn_at IS NULL AND e.valid_until BETWEEN $2 AND $3
			), noticed AS (
				INSERT INTO evidence_notice (evidence_id, valid_until, days, city_id, noticed_at)
				SELECT id, valid_until, days, $1, $5 FROM due ORDER BY id
				ON CONFLICT DO NOTHING RETURNING evidence_id)
			SELECT d.id, d.title, coalesce(d.department_id, 0), d.valid_until, d.days
			FROM noticed n JOIN due d ON d.id = n.evidence_id ORDER BY d.valid_until, d.id`,
			tx.city.ID, tx.today, tracker.Soon(tx.today), tracker.NoticeDays, tx.now)
		if err != nil {
			return fmt.Errorf("take the notices of %s: %w", slug, err)
		}
		due, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.EvidenceNotice, error) {
			var n tracker.EvidenceNotice
			return n, row.Scan(&n.EvidenceID, &n.Title, &n.DepartmentID, &n.ValidUntil, &n.Days)
		})
		if err != nil {
			return fmt.Errorf("take the notices of %s: %w", slug, err)
		}
		return tx.tellOwners(ctx, due)
	})
	return due, err
}

// tellOwners tells the staff of the evidence's department; where it has none, or
// nobody is in it, the coordinators.
func (tx *cityTx) tellOwners(ctx context.Context, due []tracker.EvidenceNotice) error {
	batch := &pgx.Batch{}
	for _, n := range due {
		batch.Queue(`
			WITH there AS (
				SELECT account_id, role, department_id FROM membership
				WHERE city_id = $1 AND disabled_at IS NULL AND (ends_on IS NULL OR ends_on >= $2)
			), staff AS (SELECT account_id FROM there WHERE role = 'staff' AND department_id = $3)
			INSERT INTO inbox_item (account_id, city_id, kind, evidence_id, evidence_title, valid_until, created_at)
			SELECT DISTINCT account_id, $1::bigint, $4, $5::bigint, $6, $7::date, $8::timestamptz
			FROM (SELECT account_id FROM staff
			      UNION SELECT account_id FROM there WHERE role = 'coordinator' AND NOT EXISTS (SELECT FROM staff)) owners
			ORDER BY account_id`,
			tx.city.ID, tx.today, nullID(n.DepartmentID), string(tracker.EvidenceExpires), n.EvidenceID, n.Title, n.ValidUntil, tx.now)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("tell of evidence that expires: %w", err)
	}
	return nil
}

// CitySlugs lists the cities that people work in, for jobs that look after each
// in turn.
func (s *Store) CitySlugs(ctx context.Context) ([]string, error) {
	rows, err := s.query.Query(ctx, `SELECT slug FROM city WHERE archived_on IS NULL ORDER BY id`)
	if err != nil {
		return nil, meaning(fmt.Errorf("list cities: %w", err))
	}
	slugs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return slugs, meaning(err)
}

// PendingTexts lists versions of the city's evidence in whose files nobody has
// looked for text yet, the oldest first.
func (s *Store) PendingTexts(ctx context.Context, slug string, most int) ([]tracker.PendingText, error) {
	var pending []tracker.PendingText
	err := s.asSystem(ctx, slug, func(tx *cityTx) error {
		rows, err := tx.Query(ctx, `
			SELECT v.evidence_id, v.number, v.sha256, f.size, v.file_name, v.media_type
			FROM evidence_version v JOIN content f ON f.city_id = v.city_id AND f.sha256 = v.sha256
			LEFT JOIN evidence_text x ON x.evidence_id = v.evidence_id AND x.number = v.number
			WHERE v.city_id = $1 AND x.evidence_id IS NULL
			ORDER BY v.evidence_id, v.number LIMIT $2`, tx.city.ID, most)
		if err != nil {
			return fmt.Errorf("list files without text: %w", err)
		}
		pending, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.PendingText, error) {
			var p tracker.PendingText
			var hash []byte
			err := row.Scan(&p.EvidenceID, &p.Number, &hash, &p.File.Size, &p.File.Name, &p.File.MediaType)
			copy(p.File.Hash[:], hash)
			return p, err
		})
		return err
	})
	return pending, err
}

// SaveText keeps what was read out of a version's file, empty where there was no
// text, and lets the evidence be found by it. It is kept once: a second text of
// the same version is dropped. ErrNotFound is the answer where there is no such
// version.
func (s *Store) SaveText(ctx context.Context, slug string, evidence int64, number int, text string) error {
	text = tracker.CleanText(text)
	return s.asSystem(ctx, slug, func(tx *cityTx) error {
		e, err := tx.lockEvidence(ctx, evidence)
		if err != nil {
			return err
		}
		if e.Kind != tracker.FileEvidence || number < 1 || number > e.Latest.Number {
			return tracker.ErrNotFound
		}
		batch := &pgx.Batch{}
		batch.Queue(`
			INSERT INTO evidence_text (evidence_id, number, city_id, text, words, extracted_at)
			VALUES ($1, $2, $3, $4, city_words($5), $6) ON CONFLICT DO NOTHING`,
			evidence, number, tx.city.ID, text, tracker.SearchWords(text), tx.now)
		queueWords(batch, evidence, e.Passport)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("save the text of evidence %d: %w", evidence, err)
		}
		return nil
	})
}
