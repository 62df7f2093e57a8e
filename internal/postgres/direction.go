package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// DirectionAsk says which of a city's directions to read.
type DirectionAsk struct {
	Department string // code; empty: of all
	Closed     bool   // those that leaders have closed, else the others
	Before     int64  // id that none of them reaches; 0: all
	Most       int
}

// Directions lists directions with what they ask, the newest first.
// ErrNotFound is the answer to who may not read any, and for a department that
// the city does not have.
func (s *Store) Directions(ctx context.Context, actor tracker.Actor, slug string, ask DirectionAsk) (*tracker.DirectionList, error) {
	l := &tracker.DirectionList{}
	err := s.readCity(ctx, actor, slug, func(*pgx.Batch) {}, func(at *snapshot) error {
		l.City, l.Today = at.city, at.today
		if !at.threadAct(tracker.ThreadOn{}).Reads(tracker.AudienceCity) {
			return tracker.ErrNotFound
		}
		batch := &pgx.Batch{}
		queueDepartments(batch, at.city.ID, &l.Departments)
		queueDirections(batch, ask, &l.Directions)
		if err := at.last(ctx, batch); err != nil {
			return fmt.Errorf("read directions: %w", err)
		}
		if l.More = len(l.Directions) > ask.Most; l.More {
			l.Directions = l.Directions[:ask.Most]
		}
		known := func(d tracker.Department) bool { return d.Code == ask.Department }
		if ask.Department != "" && !slices.ContainsFunc(l.Departments, known) {
			return tracker.ErrNotFound
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// queueDirections reads one direction more than asked for, which says whether
// there are more.
func queueDirections(batch *pgx.Batch, ask DirectionAsk, into *[]tracker.Thread) {
	batch.Queue(`
		SELECT `+threadColumns+`, `+placeColumns+`, `+commentColumns+`
		FROM thread t `+placeJoins+`
		CROSS JOIN LATERAL (SELECT * FROM comment WHERE city_id = t.city_id AND thread_id = t.id AND number = 1 OFFSET 0) c
		WHERE t.city_id = current_city() AND t.kind = 'direction' AND (t.resolved_at IS NOT NULL) = $1
		  AND ($2 = '' OR d.code = $2) AND ($3 = 0 OR t.id < $3)
		ORDER BY t.id DESC LIMIT $4`, ask.Closed, ask.Department, ask.Before, ask.Most+1).Query(func(rows pgx.Rows) error {
		var err error
		*into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Thread, error) {
			var t tracker.Thread
			var c tracker.Comment
			targets := append(threadTargets(&t), placeTargets(&t.On)...)
			err := row.Scan(append(targets, commentTargets(&c)...)...)
			t.Comments = []tracker.Comment{c}
			return t, err
		})
		return err
	})
}
