package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// news are the items that have been written since it was called last: who is told
// of what.
func (w *town) news(t testing.TB) string {
	t.Helper()
	all := w.db.Lines(t, `WITH news AS (UPDATE inbox_item SET read_at = now() WHERE read_at IS NULL RETURNING *)
		SELECT concat_ws(' ', split_part(a.email, '@', 1), replace(n.kind, 'entry_', ''), i.code, n.due_on)
		FROM news n JOIN account a ON a.id = n.account_id LEFT JOIN indicator i ON i.id = n.indicator_id`)
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// in is a town in which staff@ is in charge of the measured entry, another staff
// of the department, colleague@, is not, and nothing is news.
func inCharge(t testing.TB, db *pgtest.Database) (w *town, colleague tracker.Actor) {
	t.Helper()
	w = found(t, db, "ha-long")
	colleague = w.join(t, w.coordinator, "colleague", postgres.NewMember{Role: tracker.Staff, Department: "CUL"})
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: measured, Department: "CUL", DueOn: dueOn, Assignee: w.staff.AccountID}}))
	db.Exec(t, `DELETE FROM inbox_item`)
	db.Exec(t, `UPDATE assignment_notice SET told_at = $1`, pgtest.Now)
	return w, colleague
}

// TestToldOfAnEntry: who hears of which act, each in the act's own transaction.
func TestToldOfAnEntry(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, colleague := inCharge(t, db)
	ctx := t.Context()
	claim := func(by tracker.Actor, submit bool) func(postgres.EntryRef) error {
		return func(r postgres.EntryRef) error {
			return w.store.ChangeClaim(ctx, by, r, w.otherClaim(t, measured), "", 0, submit)
		}
	}
	narrate := func(text string) func(postgres.EntryRef) error {
		return func(r postgres.EntryRef) error {
			return w.store.EditNarrative(ctx, colleague, r, tracker.Narrative{Narrative: text})
		}
	}
	accept := func(r postgres.EntryRef) error { return w.store.Accept(ctx, w.reviewer, r, "") }
	for _, tt := range []struct {
		act  string
		do   func(postgres.EntryRef) error
		want string
	}{
		{"claim", claim(colleague, false), ""},
		{"edit", narrate("a"), ""},
		{"submit", func(r postgres.EntryRef) error { return w.store.Submit(ctx, colleague, r, "") }, "reviewer submitted 1.1.1, second submitted 1.1.1"},
		{"withdraw", func(r postgres.EntryRef) error { return w.store.Withdraw(ctx, w.staff, r, "") }, "reviewer withdrawn 1.1.1, second withdrawn 1.1.1"},
		{"claim less", claim(w.coordinator, false), ""},
		{"claim and submit", claim(w.coordinator, true), "reviewer submitted 1.1.1, second submitted 1.1.1"},
		{"return", func(r postgres.EntryRef) error { return w.store.Return(ctx, w.reviewer, r, "why") }, "coordinator returned 1.1.1, staff returned 1.1.1"},
		{"submit again", func(r postgres.EntryRef) error { return w.store.Submit(ctx, w.staff, r, "") }, "reviewer submitted 1.1.1, second submitted 1.1.1"},
		{"accept", accept, "staff accepted 1.1.1"},
		{"reopen", func(r postgres.EntryRef) error { return w.store.Reopen(ctx, w.second, r, "why") }, "reviewer reopened 1.1.1, staff reopened 1.1.1"},
		{"accept again", accept, "staff accepted 1.1.1"},
		{"edit what was accepted", narrate("b"), "reviewer changed 1.1.1, second changed 1.1.1"},
		{"edit it again", narrate("c"), ""},
		{"a figure for it", func(r postgres.EntryRef) error {
			return w.store.RecordMeasurement(ctx, w.staff, r, tracker.Measurement{Year: 2024, Value: 5})
		}, ""},
		{"accept it so", accept, "staff accepted 1.1.1"},
		{"evidence for it", func(postgres.EntryRef) error {
			n := decree("a")
			n.Links = to(nil, measured)
			w.add(t, n)
			return nil
		}, "reviewer changed 1.1.1, second changed 1.1.1"},
		{"accept it with that", accept, "staff accepted 1.1.1"},
		{"a figure", func(r postgres.EntryRef) error {
			return w.store.RecordMeasurement(ctx, colleague, r, tracker.Measurement{Year: 2023, Value: 5})
		}, "reviewer changed 1.1.1, second changed 1.1.1"},
	} {
		must(t, tt.do(w.ref(t, measured)))
		if got := w.news(t); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.act, got, tt.want)
		}
	}
	// What was refused told nobody, and neither does what is entered quietly.
	if err := w.store.Accept(ctx, w.reviewer, postgres.EntryRef{City: w.slug, Indicator: measured, Version: 1}, ""); !same(err, tracker.ErrConflict) {
		t.Fatal(err)
	}
	must(t, w.store.Quietly().Reopen(ctx, w.reviewer, w.ref(t, measured), "why"))
	must(t, w.store.Quietly().DisablePerson(ctx, w.coordinator, w.person(t, w.other)))
	if got := w.news(t); got != "" {
		t.Errorf("told %q", got)
	}
}

// TestToldWhereSomebodyIsGone: a role that has ended is told of nothing; others of
// the department are, where nobody is left whom the entry concerns.
func TestToldWhereSomebodyIsGone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := inCharge(t, db)
	ctx := t.Context()
	must(t, w.store.ChangeClaim(ctx, w.staff, w.ref(t, measured), tracker.ClaimAchieved, "", 0, true))
	must(t, w.store.DisablePerson(ctx, w.coordinator, w.person(t, w.second)))
	must(t, w.store.DisablePerson(ctx, w.coordinator, w.person(t, w.staff)))
	db.Exec(t, `UPDATE inbox_item SET read_at = now()`)
	must(t, w.store.Return(ctx, w.reviewer, w.ref(t, measured), "why"))
	if got := w.news(t); got != "colleague returned 1.1.1" {
		t.Errorf("told %q", got)
	}
	must(t, w.store.Submit(ctx, w.coordinator, w.ref(t, measured), ""))
	if got := w.news(t); got != "reviewer submitted 1.1.1" {
		t.Errorf("told %q", got)
	}
	db.Exec(t, `UPDATE membership SET ends_on = $2 WHERE account_id = $1`, w.coordinator.AccountID, today-1)
	must(t, w.store.Accept(ctx, w.reviewer, w.ref(t, measured), ""))
	if got := w.news(t); got != "colleague accepted 1.1.1" {
		t.Errorf("told %q", got)
	}
}

// TestAssignmentIsTold, ten minutes later, to the person in charge or else to the
// department's staff; what is undone meanwhile nobody hears of.
func TestAssignmentIsTold(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w, colleague := inCharge(t, db)
	db.Exec(t, `UPDATE session SET expires_at = expires_at + interval '1 day'`)
	ctx := t.Context()
	assign := func(department string, assignee int64) {
		t.Helper()
		must(t, w.store.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured, Department: department, DueOn: dueOn, Assignee: assignee}}))
	}
	seen := func(who tracker.Actor) string {
		t.Helper()
		return fmt.Sprint(w.told(t, who))
	}
	const one = "[entry_assigned ha-long coordinator of ha-long false]"
	// To another department and back, and to a colleague and back.
	for _, there := range []func(){func() { assign("EDU", 0) }, func() { assign("CUL", colleague.AccountID) }, func() { assign("", 0) }} {
		there()
		clock = clock.Add(9 * time.Minute)
		assign("CUL", w.staff.AccountID)
		if got := w.news(t); got != "" {
			t.Errorf("undone, but told %q", got)
		}
		clock = clock.Add(time.Hour)
	}
	// To another department and back, where nobody is in charge.
	assign("CUL", 0)
	clock = clock.Add(time.Hour)
	assign("EDU", 0)
	clock = clock.Add(time.Minute)
	assign("CUL", 0)
	if got := w.news(t); got != "" {
		t.Errorf("undone, but told %q", got)
	}
	clock = clock.Add(time.Hour)
	// Two changes of mind: only the last is told.
	assign("EDU", 0)
	clock = clock.Add(time.Minute)
	assign("CUL", colleague.AccountID)
	must(t, w.store.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured, Department: "CUL", DueOn: dueOn + 2, Assignee: colleague.AccountID}}))
	clock = clock.Add(tracker.AssignmentPause - time.Second)
	if got := seen(colleague); got != "[]" {
		t.Errorf("told too early: %s", got)
	}
	if actor, err := w.again(t, "colleague"); err != nil || actor.Unread {
		t.Errorf("the session tells of it too early, %v", err)
	}
	clock = clock.Add(time.Second)
	if actor, err := w.again(t, "colleague"); err != nil || !actor.Unread {
		t.Errorf("the session does not tell of it, %v", err)
	}
	if got := seen(colleague); got != one {
		t.Errorf("the colleague is told %s", got)
	}
	if got := w.news(t); got != "colleague assigned 1.1.1" {
		t.Errorf("told %q", got)
	}
	// What has been told stays, and going back is news then.
	assign("EDU", 0)
	clock = clock.Add(time.Hour)
	assign("CUL", 0)
	if got := w.news(t); got != "colleague assigned 1.1.1, other assigned 1.1.1, staff assigned 1.1.1" {
		t.Errorf("told %q", got)
	}
	clock = clock.Add(time.Hour)
	must(t, w.store.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured, Department: "CUL", DueOn: dueOn + 1}}))
	if got := w.news(t); got != "" {
		t.Errorf("of another due date: %q", got)
	}
	// To a person through a colleague's page, and to a department that takes over.
	assign("CUL", w.staff.AccountID)
	clock = clock.Add(time.Hour)
	must(t, w.store.HandOver(ctx, w.coordinator, w.person(t, w.staff), tracker.HandOver{Department: "CUL", To: colleague.AccountID,
		Entries: []tracker.EntryKey{{Assessment: 1, Indicator: measured}}}))
	if got := w.news(t); got != "colleague assigned 1.1.1, staff assigned 1.1.1" {
		t.Errorf("told %q", got)
	}
}

// TestCarriedAssignmentsAreTold like those that somebody makes: later, to the
// person in charge or else to the department's staff, and not what was undone by
// then.
func TestCarriedAssignmentsAreTold(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w, _ := inCharge(t, db)
	w.closeRound(t, 1)
	if w.carryOn(t, tracker.CarryOver{From: 1}); w.news(t) != "" {
		t.Error("told of entries that nobody has")
	}
	w.carryOn(t, tracker.CarryOver{From: 1, Departments: true})
	if got := w.told(t, w.staff); len(got) != 0 {
		t.Errorf("told too early: %q", got)
	}
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 3, []postgres.Assignment{{Indicator: described, Department: "EDU"}}))
	if got := w.news(t); got != "other assigned 4.5.2, staff assigned 1.1.1" {
		t.Errorf("told %q", got)
	}
	if n := db.Count(t, `SELECT count(*) FROM inbox_item WHERE created_at <> $1`, clock.Add(tracker.AssignmentPause)); n != 0 {
		t.Errorf("%d are not told ten minutes later", n)
	}
}

// TestTakeDueNotices: a week before, a day before and after; each once, for each
// due date, and not of what is done.
func TestTakeDueNotices(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w, _ := inCharge(t, db)
	ctx := t.Context()
	take := func(days int) string {
		t.Helper()
		clock = pgtest.Now.AddDate(0, 0, days)
		for range 2 {
			if _, err := w.store.TakeDueNotices(ctx, w.slug); err != nil {
				t.Fatal(err)
			}
		}
		return w.news(t)
	}
	due := func(indicator string, day tracker.Date) {
		db.Exec(t, `UPDATE entry e SET due_on = $3 FROM indicator i WHERE i.id = e.indicator_id AND e.city_id = $1 AND i.code = $2`, w.id, indicator, day)
	}
	due(measured, today+10)
	due(described, today+10)
	due("1.2.1", today+10) // of no department
	due("1.2.2", today-30)
	due("1.3.1", today-31)
	day := (today + 10).String()
	all := func(kind string) string {
		return "colleague " + kind + " 4.5.2 " + day + ", coordinator " + kind + " 1.2.1 " + day + ", staff " + kind + " 1.1.1 " + day + ", staff " + kind + " 4.5.2 " + day
	}
	for _, tt := range []struct {
		days int
		want string
	}{
		{0, "coordinator overdue 1.2.2 " + (today - 30).String()}, {2, ""}, {3, all("due")}, {8, ""}, {9, all("due")}, {10, ""}, {11, all("overdue")}, {12, ""},
	} {
		if got := take(tt.days); got != tt.want {
			t.Errorf("after %d days: %q, want %q", tt.days, got, tt.want)
		}
	}
	// Another date is told anew; what is before the reviewers or accepted is not.
	due(measured, today+20)
	due(described, today+20)
	w.bring(t, described, "achieved/awaiting")
	if got := take(14); got != "reviewer submitted 4.5.2, second submitted 4.5.2, staff due 1.1.1 "+(today+20).String() {
		t.Errorf("another date: %q", got)
	}
	must(t, w.store.Accept(ctx, w.reviewer, w.ref(t, described), ""))
	db.Exec(t, `UPDATE assessment SET closed_on = $1`, today)
	w.news(t)
	if got := take(21); got != "" {
		t.Errorf("of a closed assessment: %q", got)
	}
	db.Exec(t, `UPDATE assessment SET closed_on = NULL`)
	db.Exec(t, `UPDATE city SET archived_on = $1`, today)
	if got := take(21); got != "" {
		t.Errorf("of an archived city: %q", got)
	}
	if _, err := w.store.TakeDueNotices(ctx, "atlantis"); !same(err, tracker.ErrNotFound) {
		t.Errorf("no city: %v", err)
	}
}

// TestTakeBackOnlyWhatIsToCome: SQL run as the program's login takes back nothing
// that has been told, and nothing in another city.
func TestTakeBackOnlyWhatIsToCome(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	db.RunClock(t)
	count := func() int { return db.Count(t, `SELECT count(*) FROM inbox_item WHERE kind = 'entry_assigned'`) }
	before := count()
	db.Exec(t, `UPDATE inbox_item SET created_at = now() + interval '5 minutes' WHERE city_id = $1 AND kind = 'entry_assigned'`, w.id)
	conn, err := db.Owner.Acquire(t.Context())
	must(t, err)
	defer conn.Release()
	takeBack := func(city int64) {
		tx, err := conn.Begin(t.Context())
		must(t, err)
		_, err = tx.Exec(t.Context(), `SELECT set_config('learningcity.city', $1::text, true)`, fmt.Sprint(city))
		must(t, err)
		_, err = tx.Exec(t.Context(), `SELECT take_back_assignments(ARRAY(SELECT id FROM entry), '2000-01-01')`)
		must(t, err)
		must(t, tx.Commit(t.Context()))
	}
	takeBack(hue.id)
	if n := count(); n != before {
		t.Errorf("%d items are left of %d", n, before)
	}
	takeBack(w.id)
	if got := db.Lines(t, `SELECT DISTINCT city_id::text FROM inbox_item WHERE kind = 'entry_assigned'`); !slices.Equal(got, []string{fmt.Sprint(hue.id)}) {
		t.Errorf("left are those of %q", got)
	}
}
