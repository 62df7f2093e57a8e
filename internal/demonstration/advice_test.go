package demonstration_test

import (
	"slices"
	"testing"
)

// TestAdvice: Ha Long's recommendations of both years, with what became of them,
// and its tasks; everything on its day, and nobody has anything unread.
func TestAdvice(t *testing.T) {
	t.Parallel()
	db, _, _ := loaded(t)
	got := db.Lines(t, `SELECT format('%s %s required=%s v%s %s', r.given_on, r.state, r.required, r.version, (
			SELECT string_agg(i.code, ' ' ORDER BY i.position) FROM recommendation_entry x JOIN entry e ON e.id = x.entry_id
			JOIN indicator i ON i.id = e.indicator_id WHERE x.recommendation_id = r.id)) FROM recommendation r ORDER BY r.id`)
	want := []string{"2024-08-13 taken_on required=t v2 7.2.2 9.3.1", "2024-08-13 answered required=t v3 4.5.2 9.3.1",
		"2024-08-13 taken_on required=f v2 2.3.1 9.3.1", "2024-08-13 closed required=f v4 5.3.1", "2024-08-13 taken_on required=t v2 10.1.1 12.1.2 12.2.1",
		"2024-08-13 taken_on required=f v2 5.3.1 10.2.1", "2025-02-28 taken_on required=t v2 9.2.1 12.3.1", "2025-02-28 given required=f v1 12.1.2 12.2.1"}
	if !slices.Equal(got, want) {
		t.Errorf("recommendations %q, want %q", got, want)
	}
	got = db.Lines(t, `SELECT source || ' ' || state || ' ' || count(*) FROM task GROUP BY source, state ORDER BY 1`)
	if want := []string{"hand open 1", "recommendation done 3", "recommendation open 4", "solution open 1"}; !slices.Equal(got, want) {
		t.Errorf("tasks %q, want %q", got, want)
	}
	if n := db.Count(t, `SELECT count(*) FROM (SELECT moved_on, recorded_at FROM recommendation_move UNION ALL SELECT moved_on, recorded_at FROM task_move) m
		WHERE (recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <> moved_on`); n != 0 {
		t.Errorf("%d moves were recorded on another day", n)
	}
	if n := db.Count(t, `SELECT count(*) FROM inbox_item WHERE read_at IS NULL`); n != 0 {
		t.Errorf("%d items are unread", n)
	}
}
