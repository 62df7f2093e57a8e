package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// onEntry is the place of threads on an indicator's entry.
func (w *town) onEntry(code string) postgres.ThreadPlace {
	return postgres.ThreadPlace{EntryRef: postgres.EntryRef{City: w.slug, Indicator: code}}
}

// onEvidence is the place of threads on a piece of evidence.
func (w *town) onEvidence(id int64) postgres.ThreadPlace {
	return postgres.ThreadPlace{EntryRef: postgres.EntryRef{City: w.slug}, EvidenceID: id}
}

func asked(audience tracker.Audience, text string, mentioned ...int64) tracker.NewThread {
	return tracker.NewThread{Kind: tracker.CommentThread, Audience: audience, Text: text, Mentioned: mentioned}
}

func directed(due tracker.Date, text string) tracker.NewThread {
	return tracker.NewThread{Kind: tracker.DirectionThread, Audience: tracker.AudienceCity, DueOn: due, Text: text}
}

// begin opens a thread, which must succeed.
func (w *town) begin(t testing.TB, by tracker.Actor, at postgres.ThreadPlace, n tracker.NewThread) postgres.ThreadRef {
	t.Helper()
	id, err := w.store.OpenThread(t.Context(), by, at, n)
	must(t, err)
	return w.threadRef(t, id)
}

// threadRef names the thread at the version that it has now.
func (w *town) threadRef(t testing.TB, id int64) postgres.ThreadRef {
	t.Helper()
	return postgres.ThreadRef{City: w.slug, ID: id, Version: w.db.Count(t, `SELECT version FROM thread WHERE id = $1`, id)}
}

func (w *town) say(t testing.TB, by tracker.Actor, ref postgres.ThreadRef, text string) int {
	t.Helper()
	n, err := w.store.Reply(t.Context(), by, ref, tracker.NewComment{Text: text})
	must(t, err)
	return n
}

// lineOf is a thread in one line.
func lineOf(t tracker.Thread) string {
	line := fmt.Sprintf("#%d %s %s %s v%d/%d", t.ID, t.Kind, t.Audience, t.State(), t.Version, t.Total)
	if t.Kind == tracker.DirectionThread {
		line += " due " + t.DueOn.String()
	}
	for _, who := range []string{t.AnsweredBy, t.ResolvedBy} {
		name, _, _ := strings.Cut(who, " ")
		line += " " + name
	}
	for _, c := range t.Comments {
		name, _, _ := strings.Cut(c.Author.Name, " ")
		line += fmt.Sprintf(" | %d %s (%s): %s", c.Number, name, c.As, c.Text)
		for _, mentioned := range slices.Sorted(slices.Values(c.Mentioned)) {
			line += " @" + strings.Fields(mentioned)[0]
		}
		if !c.DeletedAt.IsZero() {
			line += "deleted"
		}
		if !c.EditedAt.IsZero() {
			line += " edited"
		}
		if c.Answers {
			line += " answers"
		}
		for _, e := range c.Earlier {
			line += " <" + e.Text + ">"
		}
	}
	return line
}

func (w *town) threadLine(t testing.TB, by tracker.Actor, id int64) string {
	t.Helper()
	r, err := w.store.Thread(t.Context(), by, w.slug, id)
	must(t, err)
	return lineOf(r.Thread)
}

func (w *town) tellings(t testing.TB, who tracker.Actor) []string {
	t.Helper()
	page, err := w.store.Inbox(t.Context(), who, tracker.InboxFilter{}, 50)
	must(t, err)
	var all []string
	for _, i := range page.Items {
		all = append(all, fmt.Sprint(i.Kind, " #", i.ThreadID, " ", i.ThreadCode, i.Title))
	}
	return all
}

// acts are those of the record since so many lines.
func (w *town) actsSince(t testing.TB, before int) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT concat_ws(' ', act, subject, split_part(a.name, ' ', 1), before, after)
		FROM audit u LEFT JOIN account a ON a.id = u.account_id WHERE u.city_id = $1 ORDER BY u.id OFFSET $2`, w.id, before)
}

// TestThread: a conversation from its beginning until it is settled, and again;
// each act is one transaction, with its history and its record.
func TestThread(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx, before := t.Context(), len(w.audit(t))
	ref := w.begin(t, w.reviewer, w.onEntry(measured), asked(tracker.AudienceCity, "Số liệu năm 2024?", w.staff.AccountID))
	n, err := w.store.Reply(ctx, w.staff, ref, tracker.NewComment{Text: "Ở <b>phụ lục</b>\nhttps://halong.vn", Mentioned: []int64{w.other.AccountID, w.reviewer.AccountID}})
	must(t, err)
	if n != 2 {
		t.Errorf("the reply is number %d", n)
	}
	want := "#1 comment city open v1/2   | 1 reviewer (reviewer): Số liệu năm 2024? @staff | 2 staff (staff): Ở <b>phụ lục</b>\nhttps://halong.vn @other @reviewer"
	if got := w.threadLine(t, w.leader, ref.ID); got != want {
		t.Errorf("it is\n%s, want\n%s", got, want)
	}
	must(t, w.store.ResolveThread(ctx, w.reviewer, ref))
	if got, want := w.threadLine(t, w.leader, ref.ID)[:45], "#1 comment city resolved v2/2  reviewer | 1 r"; got != want {
		t.Errorf("resolved it is %q", got)
	}
	must(t, w.store.ReopenThread(ctx, w.coordinator, w.threadRef(t, ref.ID)))
	if got, want := w.threadLine(t, w.leader, ref.ID)[:33], "#1 comment city open v3/2   | 1 r"; got != want {
		t.Errorf("reopened it is %q", got)
	}
	if got, want := w.actsSince(t, before), []string{
		`open_thread entry 1/1.1.1 reviewer {"thread": "1"}`, `write_comment entry 1/1.1.1 staff {"thread": "1", "comment": "2"}`,
		`resolve_thread entry 1/1.1.1 reviewer {"thread": "1"}`,
		`reopen_thread entry 1/1.1.1 coordinator {"thread": "1"}`}; !slices.Equal(got, want) {
		t.Errorf("on record is %q, want %q", got, want)
	}
	for who, want := range map[*tracker.Actor][]string{
		&w.staff: {"mention #1 1.1.1"}, &w.reviewer: {"mention #1 1.1.1"}, &w.other: {"mention #1 1.1.1"}, &w.coordinator: nil, &w.second: nil,
	} {
		if got := w.tellings(t, *who); !slices.Equal(got, want) {
			t.Errorf("%s was told %q, want %q", who.Name, got, want)
		}
	}
}

// TestThreadRefused: who may not, what may not be said, and where.
func TestThreadRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx, at, expert := t.Context(), w.onEntry(measured), w.expert(t, "expert")
	hidden, secret := w.begin(t, w.reviewer, at, asked(tracker.AudienceInternal, "x")), w.add(t, restricted(decree("a")))
	open := w.begin(t, w.expert(t, "another"), at, asked(tracker.AudienceCity, "x"))
	mayNot := tracker.Invalid("mention", "mention.error.not_a_reader")
	before := fingerprint(t, db)
	ended := expert
	ended.Memberships = slices.Clone(expert.Memberships)
	ended.Memberships[0].EndsOn = today - 1
	many := make([]int64, tracker.MaxMentions+1)
	for name, tt := range map[string]struct {
		by   tracker.Actor
		at   postgres.ThreadPlace
		n    tracker.NewThread
		want error
	}{
		"empty":                        {w.staff, at, asked(tracker.AudienceCity, " \n\t"), tracker.Invalid("text", "comment_text_is_text")},
		"long":                         {w.staff, at, asked(tracker.AudienceCity, strings.Repeat("ế", tracker.MaxComment+1)), tracker.Invalid("text", "comment_text_length")},
		"internal of staff":            {w.staff, at, asked(tracker.AudienceInternal, "x"), tracker.Invalid("audience", "thread_audience_known")},
		"for nobody":                   {w.staff, at, asked("all", "x"), tracker.Invalid("audience", "thread_audience_known")},
		"of no kind":                   {w.staff, at, tracker.NewThread{Kind: "x", Audience: tracker.AudienceCity, Text: "x"}, tracker.Invalid("kind", "thread_kind_known")},
		"mentions a stranger":          {w.staff, at, asked(tracker.AudienceCity, "x", 999), mayNot},
		"mentions who has left":        {w.staff, at, asked(tracker.AudienceCity, "x", w.end.AccountID), mayNot},
		"internal, mentions staff":     {w.reviewer, at, asked(tracker.AudienceInternal, "x", w.staff.AccountID), mayNot},
		"restricted, mentions others":  {w.staff, w.onEvidence(secret), asked(tracker.AudienceCity, "x", w.other.AccountID), mayNot},
		"mentions too many":            {w.staff, at, asked(tracker.AudienceCity, "x", many...), tracker.Invalid("mention", "mention.error.many")},
		"on no indicator":              {w.staff, w.onEntry("99.9"), asked(tracker.AudienceCity, "x"), tracker.ErrNotFound},
		"on no evidence":               {w.staff, w.onEvidence(999), asked(tracker.AudienceCity, "x"), tracker.ErrNotFound},
		"on restricted evidence":       {w.leader, w.onEvidence(secret), asked(tracker.AudienceCity, "x"), tracker.ErrNotFound},
		"of somebody whose role ended": {ended, at, asked(tracker.AudienceCity, "x"), tracker.ErrEnded},
		"of nobody":                    {tracker.Actor{}, at, asked(tracker.AudienceCity, "x"), tracker.ErrNotFound},
		"of the operator":              {tracker.Operator(), at, asked(tracker.AudienceCity, "x"), tracker.ErrForbidden},
	} {
		if _, err := w.store.OpenThread(ctx, tt.by, tt.at, tt.n); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	stale := open
	stale.Version--
	for name, tt := range map[string]struct{ err, want error }{
		"resolved by staff":             {w.store.ResolveThread(ctx, w.staff, open), tracker.ErrForbidden},
		"resolved at another version":   {w.store.ResolveThread(ctx, w.coordinator, stale), tracker.ErrConflict},
		"reopened by a leader":          {w.store.ReopenThread(ctx, w.leader, open), tracker.ErrForbidden},
		"reopened while open":           {w.store.ReopenThread(ctx, w.reviewer, open), tracker.Invalid("", "thread.error.open")},
		"a hidden one resolved":         {w.store.ResolveThread(ctx, w.coordinator, hidden), tracker.ErrNotFound},
		"a hidden one replied to":       {second(w.store.Reply(ctx, w.staff, hidden, tracker.NewComment{Text: "x"})), tracker.ErrNotFound},
		"one that does not exist":       {w.store.ResolveThread(ctx, w.coordinator, postgres.ThreadRef{City: w.slug, ID: 99}), tracker.ErrNotFound},
		"a reply that says nothing":     {second(w.store.Reply(ctx, w.staff, open, tracker.NewComment{})), tracker.Invalid("text", "comment_text_is_text")},
		"an answer to no direction":     {second(w.store.Reply(ctx, w.staff, open, tracker.NewComment{Text: "x", Answers: true})), tracker.Invalid("text", "direction.error.answered")},
		"a reply that mentions nobody":  {second(w.store.Reply(ctx, w.staff, open, tracker.NewComment{Text: "x", Mentioned: []int64{0}})), mayNot},
		"a reply of an ended role":      {second(w.store.Reply(ctx, ended, open, tracker.NewComment{Text: "x"})), tracker.ErrEnded},
		"edited by somebody else":       {w.store.EditComment(ctx, w.coordinator, w.commentRef(t, open.ID, 1), "y"), tracker.ErrForbidden},
		"deleted by the coordinator":    {w.store.DeleteComment(ctx, w.coordinator, w.commentRef(t, open.ID, 1)), tracker.ErrForbidden},
		"a comment that does not exist": {w.store.DeleteComment(ctx, w.staff, postgres.CommentRef{City: w.slug, Thread: open.ID, Number: 9}), tracker.ErrNotFound},
	} {
		if !same(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("what was refused wrote something")
	}
	must(t, w.store.ResolveThread(ctx, w.reviewer, open))
	if err := second(w.store.Reply(ctx, w.staff, open, tracker.NewComment{Text: "x"})); !same(err, tracker.Invalid("text", "thread.error.resolved")) {
		t.Errorf("a reply to what is resolved: %v", err)
	}
	db.Exec(t, `UPDATE thread SET resolved_at = NULL, resolved_by = NULL, comments = $2 WHERE id = $1`, open.ID, tracker.MaxThread)
	if err := second(w.store.Reply(ctx, w.staff, open, tracker.NewComment{Text: "x"})); !same(err, tracker.Invalid("text", "thread.error.full")) {
		t.Errorf("one more than fits: %v", err)
	}
	must(t, w.store.CloseAssessment(ctx, w.coordinator, w.round(t, 1), "hết hạn"))
	closed := tracker.Invalid("", "assessment.error.closed")
	if _, err := w.store.OpenThread(ctx, w.staff, at, asked(tracker.AudienceCity, "x")); !same(err, closed) {
		t.Errorf("begun in a closed assessment: %v", err)
	}
	if err := w.store.ResolveThread(ctx, w.reviewer, w.threadRef(t, open.ID)); !same(err, closed) {
		t.Errorf("resolved in a closed assessment: %v", err)
	}
	w.begin(t, w.staff, w.onEvidence(secret), asked(tracker.AudienceCity, "Minh chứng không thuộc đợt nào"))
}

// TestThreadsInAnArchivedCity: they stay readable, and nobody writes.
func TestThreadsInAnArchivedCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx := t.Context()
	ref := w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x"))
	hidden := w.begin(t, w.reviewer, w.onEntry(measured), asked(tracker.AudienceInternal, "y"))
	db.Exec(t, `UPDATE city SET archived_on = $2 WHERE id = $1`, w.id, today.Time())
	before := fingerprint(t, db)
	for name, err := range map[string]error{
		"open":      second(w.store.OpenThread(ctx, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x"))),
		"direction": second(w.store.OpenThread(ctx, w.leader, w.onEntry(measured), directed(today, "x"))),
		"reply":     second(w.store.Reply(ctx, w.staff, ref, tracker.NewComment{Text: "x"})),
		"resolve":   w.store.ResolveThread(ctx, w.staff, ref),
		"reopen":    w.store.ReopenThread(ctx, w.staff, ref),
		"edit":      w.store.EditComment(ctx, w.staff, w.commentRef(t, ref.ID, 1), "z"),
		"delete":    w.store.DeleteComment(ctx, w.staff, w.commentRef(t, ref.ID, 1)),
	} {
		if !same(err, tracker.ErrArchived) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	w.threadLine(t, w.leader, ref.ID)
	w.threadLine(t, w.second, hidden.ID)
}

// TestThreadsAtRandom: whatever people try in whatever order, what the database
// holds is in order: comments count up, history never shrinks, each comment says
// what its newest revision says.
func TestThreadsAtRandom(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx := t.Context()
	who := []tracker.Actor{w.coordinator, w.staff, w.other, w.reviewer, w.second, w.leader, w.end}
	random := rand.New(rand.NewPCG(5, 17))
	for step, revisions := 0, 0; step < 300; step++ {
		by, thread := who[random.IntN(len(who))], int64(random.IntN(8)+1)
		number := random.IntN(4) + 1
		ref := postgres.ThreadRef{City: w.slug, ID: thread, Version: random.IntN(4) + 1}
		comment := postgres.CommentRef{City: w.slug, Thread: thread, Number: number, Version: random.IntN(2) + 1}
		audit := db.Count(t, `SELECT count(*) FROM audit`)
		var err error
		switch random.IntN(8) {
		case 0:
			_, err = w.store.OpenThread(ctx, by, w.onEntry(measured), asked(tracker.Audiences[random.IntN(2)], "x"))
		case 1:
			_, err = w.store.OpenThread(ctx, by, w.onEntry(described), directed(today+tracker.Date(random.IntN(3)-1), "x"))
		case 2, 3:
			_, err = w.store.Reply(ctx, by, ref, tracker.NewComment{Text: "y", Answers: random.IntN(2) == 0})
		case 4:
			err = w.store.ResolveThread(ctx, by, ref)
		case 5:
			err = w.store.ReopenThread(ctx, by, ref)
		case 6:
			err = w.store.EditComment(ctx, by, comment, fmt.Sprint("z", step))
		case 7:
			err = w.store.DeleteComment(ctx, by, comment)
		}
		written := db.Count(t, `SELECT count(*) FROM audit`) - audit
		if err == nil && written != 1 || err != nil && written != 0 {
			t.Fatalf("step %d: %v, with %d rows of record", step, err, written)
		}
		if n := db.Count(t, `SELECT count(*) FROM comment_revision`); n < revisions {
			t.Fatalf("step %d: history shrank", step)
		} else {
			revisions = n
		}
	}
	for what, sql := range map[string]string{
		"threads that count wrong": `SELECT count(*) FROM thread t WHERE comments <> (SELECT count(*) FROM comment c WHERE c.thread_id = t.id)
			OR comments <> (SELECT max(number) FROM comment c WHERE c.thread_id = t.id)`,
		"comments that say other than their history": `SELECT count(*) FROM comment c JOIN comment_revision r USING (thread_id, number, version)
			WHERE c.text IS DISTINCT FROM r.text`,
		"comments with gaps in their history": `SELECT count(*) FROM comment c WHERE version <> (SELECT count(*) FROM comment_revision r
			WHERE r.thread_id = c.thread_id AND r.number = c.number)`,
		"internal words of others": `SELECT count(*) FROM comment WHERE audience = 'internal' AND written_as <> 'reviewer'`,
		"directions of others":     `SELECT count(*) FROM thread t JOIN comment c ON c.thread_id = t.id AND number = 1 WHERE kind = 'direction' AND written_as <> 'leader'`,
	} {
		if n := db.Count(t, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := db.Count(t, `SELECT count(*) FROM thread`); n < 8 {
		t.Errorf("only %d threads came about", n)
	}
}
