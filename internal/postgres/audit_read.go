package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// AuditAsk says which piece of the record to read.
type AuditAsk struct {
	Filter tracker.AuditFilter
	Most   int            // rows
	Zone   *time.Location // of the filter's days; a city's record goes by the city's own
	People bool           // list the people of the city too
}

// CityAudit reads the record of a city. ErrForbidden is the answer to who reads
// the city but not its record, ErrNotFound to who may not know that it exists.
func (s *Store) CityAudit(ctx context.Context, actor tracker.Actor, slug string, ask AuditAsk) (*tracker.AuditPage, error) {
	page := &tracker.AuditPage{}
	err := s.inCity(ctx, actor, slug, tracker.ReadAudit, func(tx *cityTx) error {
		zone, err := ZoneOf(tx.city)
		if err != nil {
			return err
		}
		page.City, ask.Zone = tx.city, zone
		if ask.People {
			if page.People, err = tx.auditPeople(ctx); err != nil {
				return err
			}
		}
		return fillAudit(ctx, tx, page, `a.city_id = $9`, ask, tx.city.ID)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// auditPeople lists who has or had a role in the city, by name.
func (tx *cityTx) auditPeople(ctx context.Context) ([]tracker.AuditPerson, error) {
	rows, err := tx.Query(ctx, `
		SELECT account_id, name, email FROM city_account() ORDER BY name COLLATE "vi-x-icu", account_id`)
	if err != nil {
		return nil, fmt.Errorf("list the people of the city: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.AuditPerson, error) {
		var p tracker.AuditPerson
		return p, row.Scan(&p.ID, &p.Name, &p.Email)
	})
}

// InstallationAudit reads the acts on the installation, and on who belongs to
// its cities. It takes an actor who may read them, or answers ErrForbidden.
func (s *Store) InstallationAudit(ctx context.Context, actor tracker.Actor, ask AuditAsk) (*tracker.AuditPage, error) {
	if !actor.MayAnywhere(tracker.ReadInstallationAudit, tracker.City{}, tracker.DateOf(s.now().In(ask.Zone))) {
		return nil, tracker.ErrForbidden
	}
	return s.auditBeyondACity(ctx, "learningcity.installation", "on",
		`(a.city_id IS NULL OR a.act = ANY ($9))`, ask, tracker.InstallationActs)
}

// OwnAudit reads what the actor did, in whatever city. It needs no permission:
// what people did themselves they may see, also where they have no role any more.
func (s *Store) OwnAudit(ctx context.Context, actor tracker.Actor, ask AuditAsk) (*tracker.AuditPage, error) {
	if actor.AccountID == 0 {
		return nil, tracker.ErrForbidden
	}
	return s.auditBeyondACity(ctx, "learningcity.account", strconv.FormatInt(actor.AccountID, 10),
		`a.account_id = $9`, ask, actor.AccountID)
}

// auditBeyondACity reads in a transaction that has told row-level security who
// reads (policies audit_of_account and audit_of_installation).
func (s *Store) auditBeyondACity(ctx context.Context, setting, name, scope string, ask AuditAsk, of any) (*tracker.AuditPage, error) {
	page := &tracker.AuditPage{}
	err := s.inTx(ctx, reading, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config($1, $2, true)`, setting, name); err != nil {
			return fmt.Errorf("name the reader of the record: %w", err)
		}
		return fillAudit(ctx, tx, page, scope, ask, of)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// fillAudit reads one row more than asked for, which says whether there are more.
func fillAudit(ctx context.Context, tx pgx.Tx, page *tracker.AuditPage, scope string, ask AuditAsk, of any) error {
	f := ask.Filter
	from, before := f.Span(ask.Zone)
	key := f.Before
	if key == (tracker.AuditKey{}) {
		key.Micros = before.UnixMicro()
	}
	rows, err := tx.Query(ctx, `
		SELECT a.id, a.recorded_at, coalesce(a.account_id, 0), coalesce(p.name, ''), coalesce(account_address(a.account_id), ''),
		       coalesce(c.id, 0), coalesce(c.slug, ''), coalesce(c.name_vi, ''), coalesce(c.name_en, ''),
		       a.act, a.subject, a.before, a.after, a.request_id, a.address
		FROM audit a LEFT JOIN account p ON p.id = a.account_id LEFT JOIN city c ON c.id = a.city_id
		WHERE `+scope+`
		  AND ($1 = 0 OR a.account_id = $1 OR $1 = -1 AND a.account_id IS NULL)
		  AND ($2 = '' OR a.act = $2)
		  AND ($3 = '' OR a.subject LIKE 'entry %' AND split_part(a.subject, '/', 2) = $3)
		  AND a.recorded_at >= $4 AND a.recorded_at < $5
		  AND (a.recorded_at, a.id) < ($6::timestamptz, $7::bigint)
		ORDER BY a.recorded_at DESC, a.id DESC LIMIT $8`,
		f.Person, f.Act, f.Indicator, from, before, time.UnixMicro(key.Micros), key.ID, ask.Most+1, of)
	if err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	if page.Rows, err = pgx.CollectRows(rows, scanAudit); err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	if page.More = len(page.Rows) > ask.Most; page.More {
		page.Rows = page.Rows[:ask.Most]
	}
	return nil
}

func scanAudit(row pgx.CollectableRow) (tracker.AuditRow, error) {
	var r tracker.AuditRow
	return r, row.Scan(&r.ID, &r.At, &r.AccountID, &r.Person, &r.Email, &r.City.ID, &r.City.Slug, &r.City.Name.VI, &r.City.Name.EN,
		&r.Act, &r.Subject, &r.Before, &r.After, &r.RequestID, &r.Address)
}
