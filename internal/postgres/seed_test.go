package postgres_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres/pgtest"
)

// seedCities copies cities with an assessment, 57 entries and their openings
// into the database, as its owner.
func seedCities(t testing.TB, db *pgtest.Database, n int) {
	t.Helper()
	db.Exec(t, `INSERT INTO region (name_vi, name_en) VALUES ('Tỉnh khác', 'Another province')`)
	region := db.Count(t, `SELECT max(id) FROM region`)
	framework := db.Count(t, `SELECT max(id) FROM framework`)
	author := db.Count(t, `SELECT min(id) FROM account`)
	indicators := ids(t, db, `SELECT id FROM indicator WHERE framework_id = $1 ORDER BY position`, framework)
	copyRows(t, db, "city", []string{"region_id", "slug", "name_vi", "name_en", "time_zone", "language"}, n, func(i int) []any {
		return []any{region, fmt.Sprint("seeded-", i), fmt.Sprint("Thành phố ", i), fmt.Sprint("City ", i), "Asia/Ho_Chi_Minh", "vi"}
	})
	first := db.Count(t, `SELECT min(id) FROM city WHERE slug LIKE 'seeded-%'`)
	copyRows(t, db, "assessment", []string{"city_id", "number", "framework_id", "name_vi", "name_en", "opened_on", "submission_due_on", "needs_review"},
		n, func(i int) []any {
			return []any{first + i, 1, framework, "Đợt", "Round", openedOn.Time(), dueOn.Time(), true}
		})
	assessment := db.Count(t, `SELECT min(id) FROM assessment WHERE city_id = $1`, first)
	copyRows(t, db, "entry", []string{"city_id", "assessment_id", "framework_id", "indicator_id", "version", "claim", "verdict", "changed",
		"changed_on", "updated_at"}, n*len(indicators), func(i int) []any {
		city := i / len(indicators)
		return []any{first + city, assessment + city, framework, indicators[i%len(indicators)], 1, "not_started", "none", false,
			openedOn.Time(), pgtest.Now}
	})
	db.Exec(t, `INSERT INTO status_change SELECT id, 1, city_id, assessment_id, 'open', claim, claim, verdict, verdict, '', changed_on, updated_at, $1
		FROM entry WHERE city_id >= $2`, author, first)
	db.Exec(t, `ANALYZE`)
}

func copyRows(t testing.TB, db *pgtest.Database, table string, columns []string, n int, row func(i int) []any) {
	t.Helper()
	copied, err := db.Owner.CopyFrom(t.Context(), pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
	if err != nil || int(copied) != n {
		t.Fatalf("copy into %s: %d rows, %v", table, copied, err)
	}
}

func ids(t testing.TB, db *pgtest.Database, sql string, args ...any) []int64 {
	t.Helper()
	rows, err := db.Owner.Query(t.Context(), sql, args...)
	must(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	must(t, err)
	return all
}
