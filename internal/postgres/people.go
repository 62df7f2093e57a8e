package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// People returns everybody who has a role in the city or is invited to one.
func (s *Store) People(ctx context.Context, actor tracker.Actor, slug string) (*tracker.People, error) {
	var people *tracker.People
	err := s.inCity(ctx, actor, slug, tracker.ReadPeople, func(tx *cityTx) error {
		var err error
		people, err = tx.people(ctx)
		return err
	})
	return people, err
}

// PersonRef names one of a city's people at the version that the form showed.
type PersonRef struct {
	City    string // slug
	ID      int64
	Version int
}

// ChangePerson gives the person another post. It answers ErrConflict when
// somebody else changed them first, and *InvalidError for what tracker refuses.
func (s *Store) ChangePerson(ctx context.Context, actor tracker.Actor, ref PersonRef, to tracker.Post) error {
	return s.onPerson(ctx, actor, ref, func(tx *cityTx, people *tracker.People, one tracker.Person) error {
		if err := people.Change(one, to); err != nil {
			return err
		}
		department, err := tx.department(ctx, to.Department)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE membership SET role = $2, department_id = $3, ends_on = $4, version = version + 1 WHERE id = $1`,
			one.ID, to.Role, nullID(department), to.EndsOn)
		if err != nil {
			return fmt.Errorf("change the role of %s: %w", one.Email, err)
		}
		if err := tx.tell(ctx, one.AccountID, tracker.RoleChanged); err != nil {
			return err
		}
		err = tx.audit(ctx, record{act: "change_person", subject: accountSubject(one.Email),
			before: postRecord(one.Post()), after: postRecord(to)})
		if err != nil {
			return err
		}
		return tx.endLinks(ctx, one, to.Role)
	})
}

// DisablePerson shuts the person out of the city, and out of no other. What
// they have recorded stays. Errors as for ChangePerson.
func (s *Store) DisablePerson(ctx context.Context, actor tracker.Actor, ref PersonRef) error {
	return s.onPerson(ctx, actor, ref, func(tx *cityTx, people *tracker.People, one tracker.Person) error {
		if err := people.Disable(one); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE membership SET disabled_at = $2, version = version + 1 WHERE id = $1`, one.ID, tx.now)
		if err != nil {
			return fmt.Errorf("disable %s: %w", one.Email, err)
		}
		if err := tx.tell(ctx, one.AccountID, tracker.RoleDisabled); err != nil {
			return err
		}
		if err := tx.audit(ctx, record{act: "disable_person", subject: accountSubject(one.Email)}); err != nil {
			return err
		}
		return tx.endLinks(ctx, one, "")
	})
}

// EnablePerson undoes DisablePerson. Errors as for ChangePerson.
func (s *Store) EnablePerson(ctx context.Context, actor tracker.Actor, ref PersonRef) error {
	return s.onPerson(ctx, actor, ref, func(tx *cityTx, people *tracker.People, one tracker.Person) error {
		if err := people.Enable(one); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE membership SET disabled_at = NULL, version = version + 1 WHERE id = $1`, one.ID)
		if err != nil {
			return fmt.Errorf("enable %s: %w", one.Email, err)
		}
		if err := tx.tell(ctx, one.AccountID, tracker.RoleEnabled); err != nil {
			return err
		}
		return tx.audit(ctx, record{act: "enable_person", subject: accountSubject(one.Email)})
	})
}

// endLinks withdraws what the person made and nobody has used yet, where the
// new role, or none, ends it: who holds such a link would come in by a power
// that is over.
func (tx *cityTx) endLinks(ctx context.Context, one tracker.Person, to tracker.Role) error {
	if !one.LinksEnd(to) {
		return nil
	}
	if err := tx.withdrawEach(ctx, one, "withdraw_invitation", `
		UPDATE invitation SET withdrawn_at = $3
		WHERE city_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL
		RETURNING email`); err != nil {
		return err
	}
	return tx.withdrawEach(ctx, one, "withdraw_password_link", `
		UPDATE password_link l SET withdrawn_at = $3
		FROM city_account() a
		WHERE l.city_id = $1 AND l.made_by = $2 AND l.used_at IS NULL AND l.withdrawn_at IS NULL AND a.account_id = l.account_id
		RETURNING a.email`)
}

// withdrawEach runs the statement, which answers with addresses, and records
// the act for each of them.
func (tx *cityTx) withdrawEach(ctx context.Context, one tracker.Person, act, sql string) error {
	rows, err := tx.Query(ctx, sql, tx.city.ID, one.AccountID, tx.now)
	if err != nil {
		return fmt.Errorf("withdraw what %s made: %w", one.Email, err)
	}
	emails, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("withdraw what %s made: %w", one.Email, err)
	}
	slices.Sort(emails)
	for _, email := range emails {
		err := tx.audit(ctx, record{act: act, subject: accountSubject(email), after: map[string]any{"made_by": one.Email}})
		if err != nil {
			return err
		}
	}
	return nil
}

// onPerson runs fn on one of the city's people, with all of them locked.
func (s *Store) onPerson(ctx context.Context, actor tracker.Actor, ref PersonRef,
	fn func(*cityTx, *tracker.People, tracker.Person) error) error {
	return s.endsAccess(s.inCity(ctx, actor, ref.City, tracker.ManageCity, func(tx *cityTx) error {
		people, err := tx.lockPeople(ctx, tracker.ManageCity)
		if err != nil {
			return err
		}
		one, err := people.Find(ref.ID)
		if err != nil {
			return err
		}
		if one.Version != ref.Version {
			return tracker.ErrConflict
		}
		return fn(tx, people, one)
	}))
}

// lockPeople reads the city's people once nobody else is changing them: rules
// such as the last coordinator's look at all of them.
func (tx *cityTx) lockPeople(ctx context.Context, action tracker.Action) (*tracker.People, error) {
	if err := tx.holdRights(ctx, action); err != nil {
		return nil, err
	}
	return tx.people(ctx)
}

// holdRights waits until nobody else is changing the city's people. Somebody may
// have taken the actor's role away meanwhile, so it is asked again whether they
// may do the action.
func (tx *cityTx) holdRights(ctx context.Context, action tracker.Action) error {
	if err := tx.waitForPeople(ctx); err != nil {
		return err
	}
	if err := tx.knowActorAgain(ctx); err != nil {
		return err
	}
	return mayEnter(tx.actor, tx.city, action, tx.today)
}

func (tx *cityTx) waitForPeople(ctx context.Context) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('people of a city', $1))`, tx.city.ID)
	if err != nil {
		return fmt.Errorf("lock the people: %w", err)
	}
	return nil
}

// knowActorAgain reads the roles that the actor has now. The operator at the
// shell has no account and keeps theirs.
func (tx *cityTx) knowActorAgain(ctx context.Context) error {
	var err error
	tx.actor, err = actorAgain(ctx, tx, tx.actor)
	return err
}

func actorAgain(ctx context.Context, tx pgx.Tx, actor tracker.Actor) (tracker.Actor, error) {
	if actor.AccountID == 0 {
		return actor, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT role, coalesce(city_id, 0), coalesce(department_id, 0), coalesce(region_id, 0), ends_on FROM roles_now($1)`,
		actor.AccountID)
	if err != nil {
		return actor, fmt.Errorf("look at the actor's roles: %w", err)
	}
	actor.Memberships, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tracker.Membership, error) {
		var m tracker.Membership
		return m, row.Scan(&m.Role, &m.CityID, &m.DepartmentID, &m.RegionID, &m.EndsOn)
	})
	if err != nil {
		return actor, fmt.Errorf("look at the actor's roles: %w", err)
	}
	return actor, nil
}

func (tx *cityTx) people(ctx context.Context) (*tracker.People, error) {
	people := &tracker.People{City: tx.city, Now: tx.now, Today: tx.today}
	batch := &pgx.Batch{}
	queueMembers(batch, tx.city.ID, &people.All)
	err := tx.SendBatch(ctx, batch).Close()
	if err != nil {
		return nil, fmt.Errorf("list the people: %w", err)
	}
	if people.Invitations, err = invitations(ctx, tx, `i.city_id = $1 AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL`, tx.city.ID); err != nil {
		return nil, err
	}
	if people.Departments, err = tx.departments(ctx); err != nil {
		return nil, err
	}
	return people, nil
}

// queueMembers reads everybody who has a role in the city, by name.
func queueMembers(batch *pgx.Batch, city int64, into *[]tracker.Person) {
	batch.Queue(`
		SELECT m.id, a.account_id, a.name, a.email, m.role, coalesce(d.id, 0), coalesce(d.code, ''),
		       coalesce(d.name_vi, ''), coalesce(d.name_en, ''), m.ends_on, m.version, m.disabled_at IS NOT NULL, a.locked,
		       o.second_step_at IS NOT NULL
		FROM membership m
		JOIN city_account() a ON a.account_id = m.account_id
		JOIN account o ON o.id = m.account_id
		LEFT JOIN department d ON d.id = m.department_id
		WHERE m.city_id = $1
		ORDER BY a.name COLLATE "vi-x-icu", m.id`, city).Query(func(rows pgx.Rows) error {
		var p tracker.Person
		d := &p.Department
		_, err := pgx.ForEachRow(rows, []any{&p.ID, &p.AccountID, &p.Name, &p.Email, &p.Role, &d.ID, &d.Code, &d.Name.VI, &d.Name.EN,
			&p.EndsOn, &p.Version, &p.Disabled, &p.Locked, &p.SecondStep}, func() error {
			*into = append(*into, p)
			return nil
		})
		return err
	})
}

// departments lists the city's that can be chosen, as Vietnamese sorts them.
func (tx *cityTx) departments(ctx context.Context) ([]tracker.Department, error) {
	batch := &pgx.Batch{}
	var all []tracker.Department
	queueDepartments(batch, tx.city.ID, &all)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("list the departments: %w", err)
	}
	return slices.DeleteFunc(all, func(d tracker.Department) bool { return !d.RetiredOn.IsZero() }), nil
}

// audit writes the record of an act in the city.
func (tx *cityTx) audit(ctx context.Context, r record) error {
	r.cityID = tx.city.ID
	return audit(ctx, tx, tx.actor, tx.now, r)
}

func accountSubject(email string) string { return "account " + email }

func postRecord(p tracker.Post) map[string]any {
	return map[string]any{"role": p.Role, "department": p.Department, "ends_on": p.EndsOn.String()}
}
