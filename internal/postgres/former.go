package postgres

import (
	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// isPast reports whether a page is asked for a day that is over. Only such a
// page pays for what was before; no day asked for means today.
func isPast(on, today tracker.Date) bool { return !on.IsZero() && on < today }

// queueFormer reads what the departments were called and who led the entries,
// from the day on until now. Both must have been queued before.
func queueFormer(batch *pgx.Batch, assessment int64, on tracker.Date, departments *[]tracker.Department, entries *[]tracker.Entry) {
	batch.Queue(`
		SELECT department_id, name_vi, name_en, until_on FROM former_name
		WHERE city_id = current_city() AND until_on > $1
		ORDER BY department_id, version`, on).Query(func(rows pgx.Rows) error {
		var id int64
		var f tracker.FormerName
		_, err := pgx.ForEachRow(rows, []any{&id, &f.Name.VI, &f.Name.EN, &f.Until}, func() error {
			for i := range *departments {
				if d := &(*departments)[i]; d.ID == id {
					d.Former = append(d.Former, f)
				}
			}
			return nil
		})
		return err
	})
	batch.Queue(`
		SELECT entry_id, coalesce(department_id, 0), due_on, until_on FROM former_assignment
		WHERE city_id = current_city() AND assessment_id = $1 AND until_on > $2
		ORDER BY entry_id, entry_version`, assessment, on).Query(func(rows pgx.Rows) error {
		var id int64
		var f tracker.FormerAssignment
		_, err := pgx.ForEachRow(rows, []any{&id, &f.DepartmentID, &f.DueOn, &f.Until}, func() error {
			for i := range *entries {
				if e := &(*entries)[i]; e.ID == id {
					e.Former = append(e.Former, f)
				}
			}
			return nil
		})
		return err
	})
}
