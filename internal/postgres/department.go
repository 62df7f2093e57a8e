package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// CreateDepartment adds a department to the city. A code that is taken answers
// as *InvalidError department_code_once, also where its department is retired.
func (s *Store) CreateDepartment(ctx context.Context, actor tracker.Actor, slug string, d tracker.Department) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		if err := d.Check(); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO department (city_id, code, name_vi, name_en) VALUES ($1, $2, $3, $4)`,
			tx.city.ID, d.Code, d.Name.VI, d.Name.EN)
		if err != nil {
			return atField("code", "department_code_once", fmt.Errorf("insert department %q: %w", d.Code, err))
		}
		return audit(ctx, tx, actor, tx.now, record{
			cityID: tx.city.ID, act: "create_department", subject: departmentSubject(d.Code), after: nameJSON(d.Name)})
	})
}

// RenameDepartment gives the department another name from today on; pages of
// past days keep the name of then. It answers ErrConflict when the department
// is no longer at the version that the form carried.
func (s *Store) RenameDepartment(ctx context.Context, actor tracker.Actor, slug, code string, version int, to tracker.Text) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		d, err := tx.lockDepartment(ctx, code)
		if err != nil {
			return err
		}
		if err := firstOf(d.Rename(to), version, d.Version); err != nil {
			return err
		}
		return tx.rename(ctx, d, to)
	})
}

func (tx *cityTx) rename(ctx context.Context, d tracker.Department, to tracker.Text) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO former_name (department_id, version, city_id, name_vi, name_en, until_on)
		VALUES ($1, $2, $3, $4, $5, $6)`, d.ID, d.Version, tx.city.ID, d.Name.VI, d.Name.EN, tx.today)
	batch.Queue(`UPDATE department SET name_vi = $2, name_en = $3, version = version + 1 WHERE id = $1`, d.ID, to.VI, to.EN)
	err := tx.queueAudit(batch, record{act: "rename_department", subject: departmentSubject(d.Code),
		before: nameJSON(d.Name), after: nameJSON(to)})
	if err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("rename department %q: %w", d.Code, err)
	}
	return nil
}

// RetireDepartment retires the department from today on. Successors take over
// its people, those who are invited to it, and its entries and open tasks in
// assessments that are not closed: each gets a new version and a record. It answers ErrConflict when the department is no
// longer at the version that the form carried, and *InvalidError where somebody
// is missing who takes over. An entry that was given to the department after
// the form was shown goes to the common successor.
func (s *Store) RetireDepartment(ctx context.Context, actor tracker.Actor, slug, code string, version int, r tracker.Retirement) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		if err := tx.holdPeople(ctx); err != nil {
			return err
		}
		// All departments, always in the same order: two who retire two
		// departments in favour of each other must not both succeed.
		all, err := tx.lockDepartments(ctx)
		if err != nil {
			return err
		}
		d, known := all[code]
		if !known {
			return tracker.ErrNotFound
		}
		h, err := tx.inHand(ctx, d)
		if err != nil {
			return err
		}
		plan, err := r.Of(d, keysOf(h.entries), len(h.people)+h.invited, len(h.tasks), choosable(all, code))
		if err := firstOf(err, version, d.Version); err != nil {
			return err
		}
		return tx.retire(ctx, d, h, plan, all)
	})
}

// choosable are the codes of the departments that are there, but for one.
func choosable(all map[string]tracker.Department, but string) map[string]bool {
	others := map[string]bool{}
	for code, d := range all {
		others[code] = d.RetiredOn.IsZero() && code != but
	}
	return others
}

// holdPeople keeps others from changing and inviting people until the transaction
// ends, and asks again whether the actor may manage the city. Who accepts an invitation holds it before the department: so do we.
func (tx *cityTx) holdPeople(ctx context.Context) error {
	if err := tx.holdRights(ctx, tracker.ManageCity); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		SELECT FROM invitation WHERE city_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL
		ORDER BY id FOR UPDATE`, tx.city.ID)
	if err != nil {
		return fmt.Errorf("hold the invitations: %w", err)
	}
	return nil
}

// inHand is what a department has in hand that others take over.
type inHand struct {
	entries []lockedAssignment // in open assessments
	people  []tracker.Person
	invited int
	tasks   []tracker.Task // open, in open assessments
}

func (tx *cityTx) inHand(ctx context.Context, d tracker.Department) (inHand, error) {
	var h inHand
	all, err := tx.people(ctx)
	if err != nil {
		return h, err
	}
	for _, one := range all.All {
		if one.Department.ID == d.ID {
			h.people = append(h.people, one)
		}
	}
	for _, i := range all.Invitations {
		if i.Department.ID == d.ID {
			h.invited++
		}
	}
	if h.entries, err = tx.lockOpen(ctx, `e.department_id = $2`, d.ID); err == nil {
		h.tasks, err = tx.lockTasksOf(ctx, d.ID)
	}
	return h, err
}

// lockOpen reads the entries in open assessments that fulfil the condition, for
// no other transaction to change. Nobody can close the assessments meanwhile.
func (tx *cityTx) lockOpen(ctx context.Context, condition string, args ...any) ([]lockedAssignment, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM assessment WHERE city_id = $1 ORDER BY id FOR SHARE`, tx.city.ID); err != nil {
		return nil, fmt.Errorf("hold the assessments: %w", err)
	}
	rows, err := tx.Query(ctx, lockAssignments+`
		WHERE e.city_id = $1 AND s.closed_on IS NULL AND `+condition+`
		ORDER BY e.id FOR UPDATE OF e`, append([]any{tx.city.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("lock the entries: %w", err)
	}
	entries, err := pgx.CollectRows(rows, scanAssignment)
	if err != nil {
		return nil, fmt.Errorf("lock the entries: %w", err)
	}
	return entries, nil
}

func keysOf(entries []lockedAssignment) []tracker.EntryKey {
	keys := make([]tracker.EntryKey, len(entries))
	for i, e := range entries {
		keys[i] = e.key()
	}
	return keys
}

// retire writes the succession in one round trip.
func (tx *cityTx) retire(ctx context.Context, d tracker.Department, h inHand, plan tracker.Succession,
	all map[string]tracker.Department) error {
	batch := &pgx.Batch{}
	for _, e := range h.entries {
		to := all[plan.Entries[e.key()]]
		if err := tx.queueAssignment(batch, record{act: "assign"}, e, e.as(e.To(to.Code), to.ID, nil)); err != nil {
			return err
		}
	}
	tx.queueAssigned(batch, h.entries) // to who is in the other departments already
	for _, one := range h.people {
		if err := tx.queueMove(batch, one, all[plan.People]); err != nil {
			return err
		}
	}
	for _, t := range h.tasks {
		if err := tx.queueTakeOver(batch, t, all[plan.Tasks]); err != nil {
			return err
		}
	}
	batch.Queue(`
		UPDATE invitation SET department_id = $3
		WHERE city_id = $1 AND department_id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL`,
		tx.city.ID, d.ID, nullID(all[plan.People].ID))
	batch.Queue(`UPDATE department SET retired_on = $2, version = version + 1 WHERE id = $1`, d.ID, tx.today)
	err := tx.queueAudit(batch, record{act: "retire_department", subject: departmentSubject(d.Code), after: map[string]any{
		"retired_on": tx.today, "entries": len(h.entries), "people": len(h.people), "invited": h.invited, "people_to": plan.People, "tasks": len(h.tasks)}})
	if err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("retire department %q: %w", d.Code, err)
	}
	return nil
}

// queueMove gives the person to another department.
func (tx *cityTx) queueMove(batch *pgx.Batch, one tracker.Person, to tracker.Department) error {
	batch.Queue(`UPDATE membership SET department_id = $2, version = version + 1 WHERE id = $1`, one.ID, to.ID)
	post := one.Post()
	post.Department = to.Code
	return tx.queueAudit(batch, record{act: "change_person", subject: accountSubject(one.Email),
		before: postRecord(one.Post()), after: postRecord(post)})
}

func (tx *cityTx) lockDepartment(ctx context.Context, code string) (tracker.Department, error) {
	all, err := tx.lockDepartments(ctx, code)
	if err != nil {
		return tracker.Department{}, err
	}
	d, known := all[code]
	if !known {
		return d, tracker.ErrNotFound
	}
	return d, nil
}

// lockDepartments reads the departments with the codes, or without codes all of
// the city, for no other transaction to change or choose.
func (tx *cityTx) lockDepartments(ctx context.Context, codes ...string) (map[string]tracker.Department, error) {
	rows, err := tx.Query(ctx, `
		SELECT id, code, name_vi, name_en, version, retired_on FROM department
		WHERE city_id = $1 AND ($2::text[] IS NULL OR code = ANY ($2))
		ORDER BY id FOR UPDATE`, tx.city.ID, codes)
	if err != nil {
		return nil, fmt.Errorf("lock the departments: %w", err)
	}
	var d tracker.Department
	all := map[string]tracker.Department{}
	_, err = pgx.ForEachRow(rows, []any{&d.ID, &d.Code, &d.Name.VI, &d.Name.EN, &d.Version, &d.RetiredOn}, func() error {
		all[d.Code] = d
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lock the departments: %w", err)
	}
	return all, nil
}

// CityDepartments is what there is to know of a city's departments.
type CityDepartments struct {
	City  tracker.City
	Today tracker.Date
	All   []DepartmentUse // those that are there first, each part as Vietnamese sorts it
}

// DepartmentUse is a department with what it has in hand.
type DepartmentUse struct {
	tracker.Department
	Entries []LedEntry // in open assessments, by assessment and indicator
	People  int
	Invited int // who have not come yet
	Tasks   int // open, in open assessments
}

// LedEntry is an entry that a department leads.
type LedEntry struct {
	tracker.EntryKey
	Title          tracker.Text // of the indicator
	AssessmentName tracker.Text
}

// Departments lists the departments of the city, retired ones too.
func (s *Store) Departments(ctx context.Context, actor tracker.Actor, slug string) (*CityDepartments, error) {
	c := &CityDepartments{}
	err := s.readCity(ctx, actor, slug, c.queue, func(at *snapshot) error {
		c.City, c.Today = at.city, at.today
		batch := &pgx.Batch{}
		batch.Queue(`
			SELECT e.department_id, s.number, s.name_vi, s.name_en, i.code, i.title_vi, i.title_en
			FROM entry e
			JOIN assessment s ON s.id = e.assessment_id AND s.closed_on IS NULL
			JOIN indicator i ON i.id = e.indicator_id
			WHERE e.city_id = $1 AND e.department_id IS NOT NULL
			ORDER BY s.number, i.position`, at.city.ID).Query(c.collectEntries)
		return at.last(ctx, batch)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// queueDepartments reads the city's departments as Vietnamese sorts them.
func queueDepartments(batch *pgx.Batch, city int64, into *[]tracker.Department) {
	batch.Queue(`
		SELECT id, code, name_vi, name_en, retired_on FROM department
		WHERE city_id = $1 ORDER BY name_vi COLLATE "vi-x-icu", id`, city).Query(func(rows pgx.Rows) error {
		var d tracker.Department
		_, err := pgx.ForEachRow(rows, []any{&d.ID, &d.Code, &d.Name.VI, &d.Name.EN, &d.RetiredOn}, func() error {
			*into = append(*into, d)
			return nil
		})
		return err
	})
}

// queue reads them of the city that the batch has named before.
func (c *CityDepartments) queue(batch *pgx.Batch) {
	batch.Queue(`
		SELECT d.id, d.code, d.name_vi, d.name_en, d.version, d.retired_on,
		       (SELECT count(*) FROM membership m WHERE m.city_id = d.city_id AND m.department_id = d.id),
		       (SELECT count(*) FROM invitation i WHERE i.city_id = d.city_id AND i.department_id = d.id
		        AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL),
		       (SELECT count(*) FROM task t
		        WHERE t.city_id = d.city_id AND t.department_id = d.id AND t.state = 'open')
		FROM department d WHERE d.city_id = current_city()
		ORDER BY d.retired_on IS NOT NULL, d.name_vi COLLATE "vi-x-icu", d.id`).Query(func(rows pgx.Rows) error {
		var d DepartmentUse
		_, err := pgx.ForEachRow(rows, []any{&d.ID, &d.Code, &d.Name.VI, &d.Name.EN, &d.Version, &d.RetiredOn, &d.People, &d.Invited, &d.Tasks}, func() error {
			c.All = append(c.All, d)
			return nil
		})
		return err
	})
}

func (c *CityDepartments) collectEntries(rows pgx.Rows) error {
	at := map[int64]int{}
	for i, d := range c.All {
		at[d.ID] = i
	}
	var department int64
	var e LedEntry
	_, err := pgx.ForEachRow(rows, []any{&department, &e.Assessment, &e.AssessmentName.VI, &e.AssessmentName.EN,
		&e.Indicator, &e.Title.VI, &e.Title.EN}, func() error {
		d := &c.All[at[department]]
		d.Entries = append(d.Entries, e)
		return nil
	})
	return err
}

// departmentSubject names a department in the audit.
func departmentSubject(code string) string { return "department " + code }

func nameJSON(name tracker.Text) map[string]string {
	return map[string]string{"name_vi": name.VI, "name_en": name.EN}
}

// department finds the id of a department that is there by its code, and holds
// it: it cannot be retired until the transaction ends. No code, no department.
func (tx *cityTx) department(ctx context.Context, code string) (int64, error) {
	if code == "" {
		return 0, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT id FROM department WHERE city_id = $1 AND code = $2 AND retired_on IS NULL FOR SHARE`, tx.city.ID, code)
	if err != nil {
		return 0, fmt.Errorf("look for department %q: %w", code, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("look for department %q: %w", code, err)
	}
	if len(ids) == 0 {
		return 0, tracker.Invalid("department", "department.error.unknown")
	}
	return ids[0], nil
}
