package demonstration_test

import (
	"slices"
	"testing"
)

// TestTalk: reviewers' questions, two of them settled, one that waits on an
// indicator that is still open, and a leader's direction with its answer; each on
// its day, by whom it is to be.
func TestTalk(t *testing.T) {
	t.Parallel()
	db, _, _ := loaded(t)
	got := db.Lines(t, `SELECT format('%s %s by %s on %s due=%s answered=%s resolved=%s v%s: %s', i.code, t.kind, split_part(a.email, '@', 1),
			(t.opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, t.due_on, (t.answered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
			(t.resolved_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, t.version,
			(SELECT string_agg(split_part(b.email, '@', 1) || ' ' || c.written_as || CASE WHEN c.answers THEN ' answers' ELSE '' END, ', ' ORDER BY c.number)
			 FROM comment c JOIN account b ON b.id = c.written_by WHERE c.thread_id = t.id))
		FROM thread t JOIN entry e ON e.id = t.entry_id JOIN indicator i ON i.id = e.indicator_id JOIN account a ON a.id = t.opened_by ORDER BY t.id`)
	want := []string{
		"5.3.1 comment by reviewer on 2024-11-15 due= answered= resolved=2024-11-20 v2: reviewer reviewer, coordinator coordinator",
		"4.5.2 comment by reviewer on 2024-12-10 due= answered= resolved=2024-12-16 v2: reviewer reviewer, coordinator coordinator",
		"12.1.2 comment by reviewer on 2025-02-24 due= answered= resolved= v1: reviewer reviewer",
		"12.3.1 direction by leader on 2025-02-25 due=2025-06-30 answered=2025-02-28 resolved= v2: leader leader, coordinator coordinator answers",
		"12.3.1 comment by reviewer on 2025-02-26 due= answered= resolved= v1: reviewer reviewer, coordinator coordinator",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the conversations are\n%q, want\n%q", got, want)
	}
	if n := db.Count(t, `SELECT count(*) FROM entry e JOIN indicator i ON i.id = e.indicator_id
		WHERE i.code IN ('12.1.2', '12.3.1') AND e.verdict <> 'accepted'`); n != 2 {
		t.Errorf("%d of the two that wait are still open", n)
	}
	if n := db.Count(t, `SELECT count(*) FROM inbox_item WHERE thread_id IS NOT NULL`); n != 0 {
		t.Errorf("people are told %d times of what is history", n)
	}
}
