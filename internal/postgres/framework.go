package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// ImportFramework makes the database hold this version of the framework, as
// its owner. It does nothing when the version is there with the same content.
// A version with other content is replaced while no assessment uses it, and
// refused as *InvalidError once one does.
func ImportFramework(ctx context.Context, ownerURL string, f tracker.Framework, now time.Time) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	sum, err := frameworkSum(f)
	if err != nil {
		return err
	}
	return meaning(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		there, err := sameFramework(ctx, tx, f, sum)
		if err != nil || there {
			return err
		}
		return insertFramework(ctx, tx, f, sum, now)
	}))
}

func frameworkSum(f tracker.Framework) ([]byte, error) {
	content, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("sum up framework %s: %w", f.Code, err)
	}
	sum := sha256.Sum256(content)
	return sum[:], nil
}

// sameFramework reports whether the version is there; one with other content
// that nothing uses is removed to make room.
func sameFramework(ctx context.Context, tx pgx.Tx, f tracker.Framework, sum []byte) (bool, error) {
	// One import at a time.
	if _, err := tx.Exec(ctx, `LOCK TABLE framework IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return false, fmt.Errorf("wait for another import: %w", err)
	}
	var id int64
	var stored []byte
	var used bool
	err := tx.QueryRow(ctx, `
		SELECT id, content_sha256, EXISTS (SELECT FROM assessment a WHERE a.framework_id = f.id)
		FROM framework f WHERE code = $1 AND version = $2`, f.Code, f.Version).Scan(&id, &stored, &used)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for framework %s %s: %w", f.Code, f.Version, err)
	case bytes.Equal(stored, sum):
		return true, nil
	case used:
		return false, tracker.Invalid("version", "framework.error.in_use")
	}
	if _, err := tx.Exec(ctx, `DELETE FROM framework WHERE id = $1`, id); err != nil {
		return false, fmt.Errorf("replace framework %s %s: %w", f.Code, f.Version, err)
	}
	return false, nil
}

func insertFramework(ctx context.Context, tx pgx.Tx, f tracker.Framework, sum []byte, now time.Time) error {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO framework (code, version, title_vi, title_en, note_vi, note_en, content_sha256, imported_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		f.Code, f.Version, f.Title.VI, f.Title.EN, f.Note.VI, f.Note.EN, sum, now).Scan(&id)
	if err != nil {
		return fmt.Errorf("insert framework %s %s: %w", f.Code, f.Version, err)
	}
	w := frameworkWriter{ctx: ctx, tx: tx, frameworkID: id}
	for _, group := range f.Groups {
		w.group(group)
	}
	return w.err
}

// frameworkWriter inserts a framework's tree and remembers the first error.
type frameworkWriter struct {
	ctx         context.Context
	tx          pgx.Tx
	frameworkID int64
	position    int // counts all nodes: each level's positions ascend
	err         error
}

func (w *frameworkWriter) insert(sql string, args ...any) int64 {
	w.position++
	var id int64
	if w.err == nil {
		args = append([]any{w.frameworkID, w.position}, args...)
		w.err = w.tx.QueryRow(w.ctx, sql, args...).Scan(&id)
	}
	return id
}

func (w *frameworkWriter) group(g tracker.Group) {
	id := w.insert(`INSERT INTO indicator_group (framework_id, position, code, title_vi, title_en)
		VALUES ($1, $2, $3, $4, $5) RETURNING id`, g.Code, g.Title.VI, g.Title.EN)
	for _, area := range g.Areas {
		w.area(id, area)
	}
}

func (w *frameworkWriter) area(groupID int64, a tracker.Area) {
	id := w.insert(`INSERT INTO area (framework_id, position, group_id, code, title_vi, title_en)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`, groupID, a.Code, a.Title.VI, a.Title.EN)
	for _, feature := range a.Features {
		w.feature(id, feature)
	}
}

func (w *frameworkWriter) feature(areaID int64, f tracker.Feature) {
	id := w.insert(`INSERT INTO feature (framework_id, position, area_id, code, title_vi, title_en)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`, areaID, f.Code, f.Title.VI, f.Title.EN)
	for _, indicator := range f.Indicators {
		w.indicator(id, indicator)
	}
}

func (w *frameworkWriter) indicator(featureID int64, i tracker.Indicator) {
	evidenceVI, evidenceEN := []string{}, []string{}
	for _, e := range i.Evidence {
		evidenceVI, evidenceEN = append(evidenceVI, e.VI), append(evidenceEN, e.EN)
	}
	w.insert(`INSERT INTO indicator (framework_id, position, feature_id, code, title_vi, title_en,
			question_vi, question_en, kind, source, unit, better,
			lead_department_vi, lead_department_en, evidence_vi, evidence_en)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id`,
		featureID, i.Code, i.Title.VI, i.Title.EN, i.Question.VI, i.Question.EN,
		i.Kind, i.Source, nullText(string(i.Unit)), nullText(string(i.Better)),
		i.LeadDepartment.VI, i.LeadDepartment.EN, evidenceVI, evidenceEN)
}

// FrameworkUse is a version of a framework and how many assessments of which
// cities are of it.
type FrameworkUse struct {
	tracker.Framework // without its groups
	ImportedAt        time.Time
	Indicators        int
	Cities            []CityUse // by name
}

// CityUse is how many assessments of a city are of a framework.
type CityUse struct {
	City        tracker.Text
	Assessments int
}

// Frameworks lists the versions that were imported, the newest first, for who
// manages cities; others are answered ErrForbidden.
func (s *Store) Frameworks(ctx context.Context, actor tracker.Actor) ([]FrameworkUse, error) {
	if !actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(s.now())) {
		return nil, tracker.ErrForbidden
	}
	rows, err := s.query.Query(ctx, `
		SELECT f.id, f.code, f.version, f.title_vi, f.title_en, f.imported_at,
		       (SELECT count(*) FROM indicator i WHERE i.framework_id = f.id),
		       coalesce(c.name_vi, ''), coalesce(c.name_en, ''), coalesce(u.assessments, 0)
		FROM framework f
		LEFT JOIN framework_uses() u ON u.framework_id = f.id
		LEFT JOIN city c ON c.id = u.city_id
		ORDER BY f.imported_at DESC, f.id DESC, c.name_vi COLLATE "vi-x-icu", c.id`)
	if err != nil {
		return nil, meaning(fmt.Errorf("list the frameworks: %w", err))
	}
	var all []FrameworkUse
	var f FrameworkUse
	var c CityUse
	_, err = pgx.ForEachRow(rows, []any{&f.ID, &f.Code, &f.Version, &f.Title.VI, &f.Title.EN, &f.ImportedAt, &f.Indicators,
		&c.City.VI, &c.City.EN, &c.Assessments}, func() error {
		last := lastOrNew(&all, func(l FrameworkUse) bool { return l.ID == f.ID }, f)
		if c.Assessments > 0 {
			last.Cities = append(last.Cities, c)
		}
		return nil
	})
	if err != nil {
		return nil, meaning(fmt.Errorf("list the frameworks: %w", err))
	}
	return all, nil
}

// framework returns the framework with the id, from memory where it was read before.
func (s *Store) framework(ctx context.Context, q querier, id int64) (*tracker.Framework, error) {
	if f, known := s.frameworks.get(id); known {
		return f, nil
	}
	f, err := readFramework(ctx, q, id)
	if err != nil {
		return nil, fmt.Errorf("read framework %d: %w", id, err)
	}
	s.frameworks.put(id, f)
	return f, nil
}

func readFramework(ctx context.Context, q querier, id int64) (*tracker.Framework, error) {
	f := &tracker.Framework{ID: id}
	err := q.QueryRow(ctx, `
		SELECT code, version, title_vi, title_en, note_vi, note_en FROM framework WHERE id = $1`, id).
		Scan(&f.Code, &f.Version, &f.Title.VI, &f.Title.EN, &f.Note.VI, &f.Note.EN)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `
		SELECT g.id, g.code, g.title_vi, g.title_en, a.id, a.code, a.title_vi, a.title_en,
		       t.id, t.code, t.title_vi, t.title_en,
		       i.id, i.code, i.title_vi, i.title_en, i.question_vi, i.question_en,
		       i.kind, i.source, coalesce(i.unit, ''), coalesce(i.better, ''),
		       i.lead_department_vi, i.lead_department_en, i.evidence_vi, i.evidence_en
		FROM indicator i
		JOIN feature t ON t.id = i.feature_id
		JOIN area a ON a.id = t.area_id
		JOIN indicator_group g ON g.id = a.group_id
		WHERE i.framework_id = $1
		ORDER BY i.position`, id)
	if err != nil {
		return nil, err
	}
	return f, growTree(f, rows)
}

// growTree builds the tree from one row for each indicator, in order.
func growTree(f *tracker.Framework, rows pgx.Rows) error {
	var g tracker.Group
	var a tracker.Area
	var t tracker.Feature
	var i tracker.Indicator
	var evidenceVI, evidenceEN []string
	_, err := pgx.ForEachRow(rows, []any{
		&g.ID, &g.Code, &g.Title.VI, &g.Title.EN, &a.ID, &a.Code, &a.Title.VI, &a.Title.EN,
		&t.ID, &t.Code, &t.Title.VI, &t.Title.EN,
		&i.ID, &i.Code, &i.Title.VI, &i.Title.EN, &i.Question.VI, &i.Question.EN,
		&i.Kind, &i.Source, &i.Unit, &i.Better,
		&i.LeadDepartment.VI, &i.LeadDepartment.EN, &evidenceVI, &evidenceEN,
	}, func() error {
		group := lastOrNew(&f.Groups, func(last tracker.Group) bool { return last.ID == g.ID }, g)
		area := lastOrNew(&group.Areas, func(last tracker.Area) bool { return last.ID == a.ID }, a)
		feature := lastOrNew(&area.Features, func(last tracker.Feature) bool { return last.ID == t.ID }, t)
		i.Evidence = nil
		for n := range evidenceVI {
			i.Evidence = append(i.Evidence, tracker.Text{VI: evidenceVI[n], EN: evidenceEN[n]})
		}
		feature.Indicators = append(feature.Indicators, i)
		return nil
	})
	return err
}

// lastOrNew returns the last element when it is the one, else appends.
func lastOrNew[T any](all *[]T, same func(T) bool, next T) *T {
	if n := len(*all); n == 0 || !same((*all)[n-1]) {
		*all = append(*all, next)
	}
	return &(*all)[len(*all)-1]
}
