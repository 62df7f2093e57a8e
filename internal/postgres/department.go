package postgres

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

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

// byName sorts departments as Vietnamese does. PostgreSQL would have to compare
// the names of all rows that they come with.
func byName(departments map[int64]tracker.Department) []tracker.Department {
	vietnamese := collate.New(language.Vietnamese)
	var buffer collate.Buffer
	keys := map[int64][]byte{}
	for id, d := range departments {
		keys[id] = vietnamese.KeyFromString(&buffer, d.Name.VI)
	}
	return slices.SortedFunc(maps.Values(departments), func(x, y tracker.Department) int {
		return cmp.Or(bytes.Compare(keys[x.ID], keys[y.ID]), cmp.Compare(x.ID, y.ID))
	})
}
