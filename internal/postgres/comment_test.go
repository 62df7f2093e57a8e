package postgres_test

import (
	"slices"
	"sync"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// commentRef names the comment at the version that it has now.
func (w *town) commentRef(t testing.TB, thread int64, number int) postgres.CommentRef {
	t.Helper()
	return postgres.CommentRef{City: w.slug, Thread: thread, Number: number,
		Version: w.db.Count(t, `SELECT version FROM comment WHERE thread_id = $1 AND number = $2`, thread, number)}
}

// TestEditAndDelete: what a comment said stays on record; readers find its
// earlier texts until it is deleted, then only that it was there.
func TestEditAndDelete(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx := t.Context()
	ref := w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "một"))
	w.say(t, w.leader, ref, "khác")
	before := len(w.audit(t))
	first := w.commentRef(t, ref.ID, 1)
	must(t, w.store.EditComment(ctx, w.staff, first, "hai"))
	if err := w.store.EditComment(ctx, w.staff, first, "ba"); !same(err, tracker.ErrConflict) {
		t.Errorf("edited at another version: %v", err)
	}
	if err := w.store.EditComment(ctx, w.staff, w.commentRef(t, ref.ID, 1), "hai"); !same(err, tracker.Invalid("text", "comment.error.same")) {
		t.Errorf("edited without a change: %v", err)
	}
	if err := w.store.EditComment(ctx, w.staff, w.commentRef(t, ref.ID, 1), " "); !same(err, tracker.Invalid("text", "comment_text_is_text")) {
		t.Errorf("edited away: %v", err)
	}
	must(t, w.store.EditComment(ctx, w.staff, w.commentRef(t, ref.ID, 1), "ba"))
	if got, want := w.threadLine(t, w.leader, ref.ID), "#1 comment city open v1/2   | 1 staff (staff): ba edited <một> <hai> | 2 leader (leader): khác"; got != want {
		t.Errorf("edited it is\n%s", got)
	}
	must(t, w.store.DeleteComment(ctx, w.staff, w.commentRef(t, ref.ID, 1)))
	if got, want := w.threadLine(t, w.leader, ref.ID), "#1 comment city open v1/2   | 1 staff (staff): deleted edited | 2 leader (leader): khác"; got != want {
		t.Errorf("deleted it is\n%s", got)
	}
	for name, err := range map[string]error{
		"edited":  w.store.EditComment(ctx, w.staff, w.commentRef(t, ref.ID, 1), "bốn"),
		"deleted": w.store.DeleteComment(ctx, w.staff, w.commentRef(t, ref.ID, 1)),
	} {
		if !same(err, tracker.Invalid("", "comment.error.deleted")) {
			t.Errorf("%s what is deleted: %v", name, err)
		}
	}
	if got, want := db.Lines(t, `SELECT concat_ws(' ', number, version, coalesce(text, 'NULL')) FROM comment_revision ORDER BY number, version`),
		[]string{"1 1 một", "1 2 hai", "1 3 ba", "1 4 NULL", "2 1 khác"}; !slices.Equal(got, want) {
		t.Errorf("kept are %q", got)
	}
	if got, want := w.actsSince(t, before), []string{`edit_comment entry 1/1.1.1 staff {"thread": "1", "comment": "1"}`,
		`edit_comment entry 1/1.1.1 staff {"thread": "1", "comment": "1"}`, `delete_comment entry 1/1.1.1 staff {"thread": "1", "comment": "1"}`}; !slices.Equal(got, want) {
		t.Errorf("on record is %q", got)
	}
	must(t, w.store.ResolveThread(ctx, w.coordinator, ref))
	if err := w.store.EditComment(ctx, w.leader, w.commentRef(t, ref.ID, 2), "x"); !same(err, tracker.Invalid("", "thread.error.resolved")) {
		t.Errorf("edited in what is resolved: %v", err)
	}
	direction := w.begin(t, w.leader, w.onEntry(measured), directed(today, "Chỉ đạo"))
	if err := w.store.DeleteComment(ctx, w.leader, w.commentRef(t, direction.ID, 1)); !same(err, tracker.Invalid("", "comment.error.direction")) {
		t.Errorf("a direction deleted: %v", err)
	}
	must(t, second(w.store.Reply(ctx, w.staff, direction, tracker.NewComment{Text: "x", Answers: true})))
	if err := w.store.DeleteComment(ctx, w.staff, w.commentRef(t, direction.ID, 2)); !same(err, tracker.Invalid("", "comment.error.direction")) {
		t.Errorf("an answer deleted: %v", err)
	}
}

// TestRepliesAtOnce: all are kept, each with a number of its own.
func TestRepliesAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{MaxConns: 4})
	w := found(t, db, "ha-long")
	ref := w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := w.store.Reply(t.Context(), w.leader, ref, tracker.NewComment{Text: "cùng lúc"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := db.Lines(t, `SELECT string_agg(number::text, ' ' ORDER BY number) FROM comment`); got[0] != "1 2 3 4 5 6 7 8 9" {
		t.Errorf("comments are %s", got[0])
	}
}
