package postgres

import (
	"context"
	"fmt"

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
