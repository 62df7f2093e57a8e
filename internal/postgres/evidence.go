package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// NewEvidence is what somebody adds to a city's evidence.
type NewEvidence struct {
	Passport tracker.Passport
	Content  tracker.EvidenceContent
	// Again: that the city has evidence with the same content is known and meant.
	Again bool
	Quota int64 // bytes that the city may hold; 0: any number
	Links []LinkTo
}

// LinkTo names an entry for evidence to support; its City is not looked at, and
// a Version of 0 takes the entry as it is. Answers are the indicator's expected
// documents that the evidence answers, from 1 and ascending.
type LinkTo struct {
	EntryRef
	Answers []int
}

// EvidenceRef names a piece of evidence and the version that a form carried.
type EvidenceRef struct {
	City    string // slug
	ID      int64
	Version int
}

// AddEvidence adds evidence with its first version and links it to entries: all
// of it or nothing. A file's content must be stored before, under LockContent.
// It returns the evidence's id, *InvalidError evidence.error.known_content where
// the city has evidence with the same content that the actor may see (unless
// Again is set), and errors as for ChangeClaim.
func (s *Store) AddEvidence(ctx context.Context, actor tracker.Actor, slug string, n NewEvidence) (int64, error) {
	var id int64
	err := s.inCity(ctx, actor, slug, tracker.EditEvidence, func(tx *cityTx) error {
		department, err := tx.department(ctx, n.Passport.Department)
		if err != nil {
			return err
		}
		if err := tx.evidenceAct().Add(department, n.Passport, n.Content); err != nil {
			return err
		}
		if err := tx.takeContent(ctx, n.Content.File, n.Quota, n.Again); err != nil {
			return err
		}
		if id, err = tx.insertEvidence(ctx, department, n); err != nil {
			return err
		}
		if err := s.enqueueTexts(ctx, tx, n.Content); err != nil {
			return err
		}
		e, err := tx.lockEvidence(ctx, id)
		if err != nil {
			return err
		}
		return s.linkAll(ctx, tx, e, n.Links)
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func (tx *cityTx) evidenceAct() tracker.EvidenceAct {
	return tracker.EvidenceAct{Actor: tx.actor, City: tx.city, Today: tx.today}
}

func (tx *cityTx) insertEvidence(ctx context.Context, department int64, n NewEvidence) (int64, error) {
	var id int64
	p := n.Passport
	err := tx.QueryRow(ctx, `
		INSERT INTO evidence (city_id, department_id, kind, title, document_number, issuer, issued_on, period_from, period_to,
		                      valid_until, access, language, note, version, latest, created_at, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, 1, $14, $15) RETURNING id`,
		tx.city.ID, nullID(department), n.Content.Kind(), p.Title, p.Number, p.Issuer, p.IssuedOn, p.PeriodFrom, p.PeriodTo,
		p.ValidUntil, p.Access, p.Language, p.Note, tx.now, tx.actor.AccountID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert evidence: %w", err)
	}
	batch := &pgx.Batch{}
	tx.queueVersion(batch, id, 1, n.Content)
	batch.Queue(`INSERT INTO evidence_search (evidence_id, city_id, words) VALUES ($1, $2, city_words($3))`,
		id, tx.city.ID, passportWords(p))
	err = tx.sendEvidence(ctx, batch, id, record{act: "add_evidence", after: passportRecord(p, n.Content)})
	return id, err
}

func (tx *cityTx) queueVersion(batch *pgx.Batch, evidence int64, number int, c tracker.EvidenceContent) {
	var hash []byte
	if c.Kind() == tracker.FileEvidence {
		hash = c.File.Hash[:]
	}
	batch.Queue(`
		INSERT INTO evidence_version (evidence_id, number, city_id, kind, sha256, file_name, media_type, url, note,
		                              recorded_at, recorded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		evidence, number, tx.city.ID, c.Kind(), hash, nullText(c.File.Name), nullText(c.File.MediaType), nullText(c.URL),
		c.Note, tx.now, tx.actor.AccountID)
}

// passportWords are the words to find evidence by, apart from its text.
func passportWords(p tracker.Passport) []string {
	return tracker.SearchWords(p.Title + " " + p.Number + " " + p.Issuer)
}

// sendEvidence writes what was queued, and the record of it.
func (tx *cityTx) sendEvidence(ctx context.Context, batch *pgx.Batch, id int64, r record) error {
	r.cityID, r.subject = tx.city.ID, "evidence "+strconv.FormatInt(id, 10)
	args, err := r.args(tx.actor, tx.now)
	if err != nil {
		return err
	}
	batch.Queue(insertAudit, args...)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write evidence %d: %w", id, err)
	}
	return nil
}

// passportRecord is what the audit keeps of a passport and a first version.
func passportRecord(p tracker.Passport, c tracker.EvidenceContent) map[string]string {
	all := map[string]string{
		"title": p.Title, "document_number": p.Number, "issuer": p.Issuer, "issued_on": p.IssuedOn.String(),
		"period_from": p.PeriodFrom.String(), "period_to": p.PeriodTo.String(), "valid_until": p.ValidUntil.String(),
		"access": string(p.Access), "department": p.Department, "language": p.Language, "note": p.Note,
	}
	for name, text := range contentRecord(c) {
		all[name] = text
	}
	return all
}

func contentRecord(c tracker.EvidenceContent) map[string]string {
	switch {
	case c == tracker.EvidenceContent{}:
		return nil
	case c.Kind() == tracker.LinkEvidence:
		return map[string]string{"url": c.URL, "version_note": c.Note}
	}
	return map[string]string{"file_name": c.File.Name, "sha256": fmt.Sprintf("%x", c.File.Hash), "version_note": c.Note}
}

// ChangePassport replaces what is known of the evidence; the entries that it is
// linked to have changed by that, where reviewers see it. It answers ErrConflict
// when it is no longer at the version that the form carried.
func (s *Store) ChangePassport(ctx context.Context, actor tracker.Actor, ref EvidenceRef, p tracker.Passport) error {
	return s.onEvidence(ctx, actor, ref, func(tx *cityTx, e tracker.Evidence) error {
		department, err := tx.department(ctx, p.Department)
		if err == nil {
			err = tx.evidenceAct().ChangePassport(e, department, p)
		}
		if err := firstOf(err, ref.Version, e.Version); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`
			INSERT INTO former_passport (evidence_id, version, city_id, title, document_number, issuer,
			                             issued_on, period_from, period_to, valid_until, note, until_at)
			SELECT id, version + 1, city_id, title, document_number, issuer, issued_on, period_from, period_to, valid_until, note, $2
			FROM evidence WHERE id = $1`, e.ID, tx.now)
		batch.Queue(`
			UPDATE evidence SET version = version + 1, department_id = $2, title = $3, document_number = $4, issuer = $5,
			       issued_on = $6, period_from = $7, period_to = $8, valid_until = $9, access = $10, language = $11, note = $12
			WHERE id = $1`, e.ID, nullID(department), p.Title, p.Number, p.Issuer,
			p.IssuedOn, p.PeriodFrom, p.PeriodTo, p.ValidUntil, p.Access, p.Language, p.Note)
		queueWords(batch, e.ID, p)
		none := tracker.EvidenceContent{}
		err = tx.sendEvidence(ctx, batch, e.ID, record{act: string(tracker.ChangePassport),
			before: passportRecord(e.Passport, none), after: passportRecord(p, none)})
		if err != nil || p.Seen() == e.Passport.Seen() {
			return err
		}
		return tx.changeUses(ctx, e, tracker.ChangePassport)
	})
}

// queueWords writes anew the words to find the evidence by.
func queueWords(batch *pgx.Batch, id int64, p tracker.Passport) {
	batch.Queue(`
		UPDATE evidence_search s SET words = city_words($2) || coalesce((
			SELECT x.words FROM evidence e JOIN evidence_text x ON x.evidence_id = e.id AND x.number = e.latest
			WHERE e.id = $1), '')
		WHERE s.evidence_id = $1`, id, passportWords(p))
}

// NewVersion lets another content supersede the newest; the entries that the
// evidence is linked to have changed by that. Errors as for ChangePassport, and
// of contents as for AddEvidence.
func (s *Store) NewVersion(ctx context.Context, actor tracker.Actor, ref EvidenceRef, c tracker.EvidenceContent, quota int64) error {
	return s.onEvidence(ctx, actor, ref, func(tx *cityTx, e tracker.Evidence) error {
		err := tx.evidenceAct().NewVersion(e, c)
		if err := firstOf(err, ref.Version, e.Version); err != nil {
			return err
		}
		if err := tx.takeContent(ctx, c.File, quota, true); err != nil {
			return err
		}
		before := e.Latest.Content
		e.Latest.Number++
		batch := &pgx.Batch{}
		tx.queueVersion(batch, e.ID, e.Latest.Number, c)
		batch.Queue(`UPDATE evidence SET version = version + 1, latest = $2 WHERE id = $1`, e.ID, e.Latest.Number)
		queueWords(batch, e.ID, e.Passport)
		err = tx.sendEvidence(ctx, batch, e.ID, record{act: "new_version", before: contentRecord(before), after: contentRecord(c)})
		if err != nil {
			return err
		}
		if err := s.enqueueTexts(ctx, tx, c); err != nil {
			return err
		}
		return tx.changeUses(ctx, e, tracker.NewEvidenceVersion)
	})
}

// WithdrawEvidence takes the evidence back, with the reason; it stays readable,
// and the entries that it is linked to have changed by that. Errors as for
// ChangePassport.
func (s *Store) WithdrawEvidence(ctx context.Context, actor tracker.Actor, ref EvidenceRef, reason string) error {
	return s.onEvidence(ctx, actor, ref, func(tx *cityTx, e tracker.Evidence) error {
		err := tx.evidenceAct().Withdraw(e, reason)
		if err := firstOf(err, ref.Version, e.Version); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`
			UPDATE evidence SET version = version + 1, withdrawn_at = $2, withdrawn_on = $3, withdrawn_by = $4, withdrawn_reason = $5
			WHERE id = $1`, e.ID, tx.now, tx.today, tx.actor.AccountID, reason)
		err = tx.sendEvidence(ctx, batch, e.ID, record{act: "withdraw_evidence", after: map[string]string{
			"title": e.Passport.Title, "reason": reason}})
		if err != nil {
			return err
		}
		return tx.changeUses(ctx, e, tracker.WithdrawEvidence)
	})
}

// onEvidence runs fn on one piece of evidence, locked.
func (s *Store) onEvidence(ctx context.Context, actor tracker.Actor, ref EvidenceRef,
	fn func(*cityTx, tracker.Evidence) error) error {
	return s.inCity(ctx, actor, ref.City, tracker.EditEvidence, func(tx *cityTx) error {
		e, err := tx.lockEvidence(ctx, ref.ID)
		if err != nil {
			return err
		}
		return fn(tx, e)
	})
}

// lockEvidence reads the evidence FOR UPDATE. Acts lock evidence before entries,
// and entries in the order of their ids.
func (tx *cityTx) lockEvidence(ctx context.Context, id int64) (tracker.Evidence, error) {
	// The row first: what is joined to it must be as it is once nobody changes it.
	tag, err := tx.Exec(ctx, `SELECT FROM evidence WHERE city_id = $1 AND id = $2 FOR UPDATE`, tx.city.ID, id)
	if err != nil {
		return tracker.Evidence{}, fmt.Errorf("lock evidence %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return tracker.Evidence{}, tracker.ErrNotFound
	}
	rows, err := tx.Query(ctx, `SELECT `+evidenceColumns+` FROM evidence e `+evidenceJoins+` WHERE e.city_id = $1 AND e.id = $2`,
		tx.city.ID, id)
	if err != nil {
		return tracker.Evidence{}, fmt.Errorf("read evidence %d: %w", id, err)
	}
	return pgx.CollectExactlyOneRow(rows, scanEvidence)
}

// The columns of a piece of evidence e with its newest version, for
// scanEvidence. Each name is looked up by its key.
const (
	evidenceColumns = `e.id, e.kind, e.title, e.document_number, e.issuer, e.issued_on, e.period_from, e.period_to,
		e.valid_until, e.access, e.language, e.note, coalesce(d.id, 0), coalesce(d.code, ''), coalesce(d.name_vi, ''),
		coalesce(d.name_en, ''), e.version, e.uses, e.answering, e.withdrawn_on, coalesce(e.withdrawn_reason, ''), e.created_at,
		(SELECT name FROM account WHERE id = e.created_by), ` + versionColumns
	evidenceJoins = `
		LEFT JOIN LATERAL (SELECT * FROM department WHERE id = e.department_id OFFSET 0) d ON true
		CROSS JOIN LATERAL (SELECT * FROM evidence_version WHERE evidence_id = e.id AND number = e.latest OFFSET 0) v `
	versionColumns = `v.number, coalesce(v.sha256, ''),
		coalesce((SELECT size FROM content WHERE city_id = v.city_id AND sha256 = v.sha256), 0),
		coalesce(v.file_name, ''), coalesce(v.media_type, ''), coalesce(v.url, ''), v.note, v.recorded_at,
		(SELECT name FROM account WHERE id = v.recorded_by),
		coalesce((SELECT CASE text WHEN '' THEN 'none' ELSE 'found' END FROM evidence_text
		          WHERE evidence_id = v.evidence_id AND number = v.number), '')`
)

func scanEvidence(row pgx.CollectableRow) (tracker.Evidence, error) {
	var e tracker.Evidence
	var hash []byte
	err := row.Scan(evidenceTargets(&e, &hash)...)
	copy(e.Latest.Content.File.Hash[:], hash)
	return finished(e), err
}

// finished fills what is there twice.
func finished(e tracker.Evidence) tracker.Evidence {
	e.Department.ID, e.Passport.Department = e.DepartmentID, e.Department.Code
	return e
}

func evidenceTargets(e *tracker.Evidence, hash *[]byte) []any {
	p, d := &e.Passport, &e.Department
	return append([]any{&e.ID, &e.Kind, &p.Title, &p.Number, &p.Issuer, &p.IssuedOn, &p.PeriodFrom, &p.PeriodTo,
		&p.ValidUntil, &p.Access, &p.Language, &p.Note, &e.DepartmentID, &d.Code, &d.Name.VI,
		&d.Name.EN, &e.Version, &e.Uses, &e.Answering, &e.WithdrawnOn, &e.Withdrawn, &e.CreatedAt,
		&e.CreatedBy}, versionTargets(&e.Latest, hash)...)
}

func versionTargets(v *tracker.EvidenceVersion, hash *[]byte) []any {
	c := &v.Content
	return []any{&v.Number, hash, &c.File.Size, &c.File.Name, &c.File.MediaType, &c.URL, &c.Note, &v.RecordedAt,
		&v.RecordedBy, &v.Text}
}

// Evidence returns one piece of evidence with all its versions and the entries
// that it is linked to. ErrNotFound is the answer to who may not see it.
func (s *Store) Evidence(ctx context.Context, actor tracker.Actor, slug string, id int64) (*tracker.EvidenceRecord, error) {
	r := &tracker.EvidenceRecord{}
	read := func(batch *pgx.Batch) {
		queueEvidence(batch, id, &r.Evidence)
		queueVersions(batch, id, &r.Versions)
		queueUses(batch, id, &r.Uses)
	}
	err := s.readCity(ctx, actor, slug, read, func(at *snapshot) error {
		r.City, r.Today = at.city, at.today
		if r.Evidence.ID == 0 || !actor.MayRead(r.Evidence.Passport.Access, r.Evidence.DepartmentID, at.city, at.today) {
			return tracker.ErrNotFound
		}
		batch := &pgx.Batch{}
		queueThreads(batch, at.visit, threadAsk{query: threadsOnEvidenceWaiting, most: threadsBeside, on: id}, &r.Threads)
		return at.last(ctx, batch)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func queueEvidence(batch *pgx.Batch, id int64, into *tracker.Evidence) {
	batch.Queue(`SELECT `+evidenceColumns+` FROM evidence e `+evidenceJoins+` WHERE e.city_id = current_city() AND e.id = $1`, id).
		Query(func(rows pgx.Rows) error {
			e, err := pgx.CollectExactlyOneRow(rows, scanEvidence)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil // the id stays 0
			}
			*into = e
			return err
		})
}

func queueVersions(batch *pgx.Batch, id int64, into *[]tracker.EvidenceVersion) {
	batch.Queue(`SELECT `+versionColumns+` FROM evidence_version v
		WHERE v.city_id = current_city() AND v.evidence_id = $1 ORDER BY v.number DESC`, id).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.EvidenceVersion, error) {
			var v tracker.EvidenceVersion
			var hash []byte
			err := row.Scan(versionTargets(&v, &hash)...)
			copy(v.Content.File.Hash[:], hash)
			return v, err
		})
		return err
	})
}

func queueUses(batch *pgx.Batch, id int64, into *[]tracker.EvidenceUse) {
	batch.Queue(`
		SELECT a.id, a.number, a.framework_id, a.name_vi, a.name_en, a.opened_on, a.submission_due_on, a.closed_on, a.needs_review,
		       i.id, i.code, i.title_vi, i.title_en, i.evidence_vi, i.evidence_en,
		       coalesce(d.id, 0), coalesce(d.code, ''), coalesce(d.name_vi, ''), coalesce(d.name_en, ''),
		       e.claim, e.verdict, e.changed, l.answers
		FROM evidence_link l JOIN entry e ON e.id = l.entry_id JOIN assessment a ON a.id = e.assessment_id
		JOIN indicator i ON i.id = e.indicator_id LEFT JOIN department d ON d.id = e.department_id
		WHERE l.city_id = current_city() AND l.evidence_id = $1 AND l.linked
		ORDER BY a.number DESC, i.position`, id).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, scanUse)
		return err
	})
}

func scanUse(row pgx.CollectableRow) (tracker.EvidenceUse, error) {
	var u tracker.EvidenceUse
	var vi, en []string
	a, i, d := &u.Assessment, &u.Indicator, &u.Department
	err := row.Scan(&a.ID, &a.Number, &a.FrameworkID, &a.Name.VI, &a.Name.EN, &a.OpenedOn, &a.SubmissionDueOn, &a.ClosedOn, &a.NeedsReview,
		&i.ID, &i.Code, &i.Title.VI, &i.Title.EN, &vi, &en, &d.ID, &d.Code, &d.Name.VI, &d.Name.EN,
		&u.State.Claim, &u.State.Verdict, &u.State.Changed, &u.Answers)
	for n := range vi {
		i.Evidence = append(i.Evidence, tracker.Text{VI: vi[n], EN: en[n]})
	}
	return u, err
}
