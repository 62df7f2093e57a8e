package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// CreateDepartment adds a department to the city. A code that is taken answers
// as *InvalidError department_code_once.
func (s *Store) CreateDepartment(ctx context.Context, actor tracker.Actor, slug string, d tracker.Department) error {
	return s.inCity(ctx, actor, slug, tracker.ManageCity, func(tx *cityTx) error {
		_, err := tx.Exec(ctx, `INSERT INTO department (city_id, code, name_vi, name_en) VALUES ($1, $2, $3, $4)`,
			tx.city.ID, d.Code, d.Name.VI, d.Name.EN)
		if err != nil {
			return fmt.Errorf("insert department %q: %w", d.Code, err)
		}
		return audit(ctx, tx, actor, tx.now, record{
			cityID: tx.city.ID, act: "create_department", subject: "department " + d.Code, after: d})
	})
}

// queueDepartments reads the city's departments as Vietnamese sorts them.
func queueDepartments(batch *pgx.Batch, city int64, into *[]tracker.Department) {
	batch.Queue(`
		SELECT id, code, name_vi, name_en FROM department
		WHERE city_id = $1 ORDER BY name_vi COLLATE "vi-x-icu", id`, city).Query(func(rows pgx.Rows) error {
		var d tracker.Department
		_, err := pgx.ForEachRow(rows, []any{&d.ID, &d.Code, &d.Name.VI, &d.Name.EN}, func() error {
			*into = append(*into, d)
			return nil
		})
		return err
	})
}
