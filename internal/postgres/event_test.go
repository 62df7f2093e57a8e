package postgres_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// listening counts the connections of this database that listen.
const listening = `SELECT count(*) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name = 'learningcity events' AND state = 'idle'
	AND query ~ '^LISTEN|pg_notify' -- what it did last`

// listen lets the store of one more program listen, and returns what it hears.
func listen(t *testing.T, db *pgtest.Database, store *postgres.Store) <-chan postgres.Event {
	t.Helper()
	heard := make(chan postgres.Event, 1000)
	before := db.Count(t, listening)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		store.Listen(ctx, slog.New(slog.DiscardHandler), func(e postgres.Event) { heard <- e })
	}()
	t.Cleanup(func() { stop(); <-over })
	awaitCount(t, db, listening, before+1)
	return heard
}

func awaitCount(t *testing.T, db *pgtest.Database, sql string, want int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); db.Count(t, sql) != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never %d: %s", want, sql)
		}
	}
}

// next is what is heard next.
func next(t *testing.T, heard <-chan postgres.Event) postgres.Event {
	t.Helper()
	select {
	case e := <-heard:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is heard")
		return postgres.Event{}
	}
}

// TestListen: two programs on one database hear what one of them changes, once
// it is committed, and nothing of what was refused.
func TestListen(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.db.Exec(t, `UPDATE city SET second_step_required = false`)
	here := listen(t, w.db, w.store)
	for range 2 { // who leads what, since the town was made
		next(t, here)
	}
	there := listen(t, w.db, w.db.Open(t, pgtest.Options{}))
	ctx := t.Context()
	stale := w.ref(t, measured)
	stale.Version--
	if err := w.store.Submit(ctx, w.staff, stale, ""); !same(err, tracker.ErrConflict) {
		t.Errorf("a stale version: %v", err)
	}
	// One of two is refused, so neither was changed.
	if err := w.store.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: measured, Department: "EDU"}, {Indicator: described, Department: "EDU", Assignee: w.staff.AccountID}}); err == nil {
		t.Error("somebody of another department is in charge")
	}
	secret := w.add(t, restricted(decree("never told")))
	want := postgres.Event{Kind: postgres.EntryEvent, By: w.staff.AccountID, CityID: w.id, City: "ha-long",
		TimeZone: "Asia/Ho_Chi_Minh", Assessment: 1, Indicator: measured}
	for _, act := range []func(postgres.EntryRef) error{
		func(r postgres.EntryRef) error {
			return w.store.ChangeClaim(ctx, w.staff, r, tracker.ClaimAchieved, "never told", 0, true)
		},
		func(r postgres.EntryRef) error {
			return w.store.EditNarrative(ctx, w.staff, r, tracker.Narrative{Narrative: "never told"})
		},
		func(r postgres.EntryRef) error {
			return w.store.RecordMeasurement(ctx, w.staff, r, tracker.Measurement{Year: 2024, Value: 984, Source: "never told"})
		},
		func(postgres.EntryRef) error { return w.store.Link(ctx, w.staff, w.slug, secret, to(nil, measured)) },
		func(postgres.EntryRef) error {
			want.By = w.coordinator.AccountID
			return w.store.Assign(ctx, w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured, Department: "EDU"}})
		},
	} {
		must(t, act(w.ref(t, measured)))
		want.Version = w.ref(t, measured).Version
		for where, heard := range map[string]<-chan postgres.Event{"here": here, "there": there} {
			got := next(t, heard)
			want.Regions = got.Regions
			if !reflect.DeepEqual(got, want) {
				t.Errorf("heard %s\n%+v, want\n%+v", where, got, want)
			}
		}
	}
	if regions := w.db.Lines(t, `SELECT path::text FROM region`)[0]; regions != fmt.Sprintf("{%d}", want.Regions[0]) {
		t.Errorf("the event names the regions %v, the city is in %s", want.Regions, regions)
	}
}

// TestListenToThreads: whatever is done to a thread is told, by whose it is to
// read and by its place, without a word of it; nothing that was refused.
func TestListenToThreads(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx, heard := t.Context(), listen(t, w.db, w.store)
	for range 2 { // who leads what, since the town was made
		next(t, heard)
	}
	secret := w.add(t, restricted(decree("never told")))
	department := ids(t, w.db, `SELECT id FROM department WHERE code = 'CUL'`)[0]
	if _, err := w.store.OpenThread(ctx, w.reviewer, w.onEntry(measured), asked(tracker.AudienceCity, " ")); err == nil {
		t.Error("a comment says nothing")
	}
	at := postgres.Event{Kind: postgres.CommentEvent, CityID: w.id, City: "ha-long", TimeZone: "Asia/Ho_Chi_Minh", At: pgtest.Now.UnixMilli()}
	entry, internal, evidence := at, at, at
	entry.Assessment, entry.Indicator, entry.Audience = 1, measured, tracker.AudienceCity
	internal.Assessment, internal.Indicator, internal.Audience = 1, measured, tracker.AudienceInternal
	evidence.Audience, evidence.Evidence, evidence.Access, evidence.Department = tracker.AudienceCity, secret, tracker.AccessRestricted, department
	comment := func(n int) postgres.CommentRef { return w.commentRef(t, 1, n) }
	for n, act := range []struct {
		by   tracker.Actor
		want postgres.Event
		do   func(by tracker.Actor) error
	}{
		{w.reviewer, entry, func(by tracker.Actor) error {
			_, err := w.store.OpenThread(ctx, by, w.onEntry(measured), asked(tracker.AudienceCity, "never told"))
			return err
		}},
		{w.staff, entry, func(by tracker.Actor) error {
			_, err := w.store.Reply(ctx, by, w.threadRef(t, 1), tracker.NewComment{Text: "never told"})
			return err
		}},
		{w.staff, entry, func(by tracker.Actor) error { return w.store.EditComment(ctx, by, comment(2), "never told either") }},
		{w.staff, entry, func(by tracker.Actor) error { return w.store.DeleteComment(ctx, by, comment(2)) }},
		{w.reviewer, entry, func(by tracker.Actor) error { return w.store.ResolveThread(ctx, by, w.threadRef(t, 1)) }},
		{w.reviewer, entry, func(by tracker.Actor) error { return w.store.ReopenThread(ctx, by, w.threadRef(t, 1)) }},
		{w.leader, entry, func(by tracker.Actor) error {
			_, err := w.store.OpenThread(ctx, by, w.onEntry(measured), directed(today+7, "never told"))
			return err
		}},
		{w.second, internal, func(by tracker.Actor) error {
			_, err := w.store.OpenThread(ctx, by, w.onEntry(measured), asked(tracker.AudienceInternal, "never told"))
			return err
		}},
		{w.staff, evidence, func(by tracker.Actor) error {
			_, err := w.store.OpenThread(ctx, by, w.onEvidence(secret), asked(tracker.AudienceCity, "never told"))
			return err
		}},
	} {
		must(t, act.do(act.by))
		got := next(t, heard)
		act.want.By, act.want.Regions, act.want.SecondStep = act.by.AccountID, got.Regions, got.SecondStep
		if !reflect.DeepEqual(got, act.want) {
			t.Errorf("act %d: heard\n%+v, want\n%+v", n, got, act.want)
		}
	}
}

// TestEventsOfAccess: what ends somebody's session or role is told, to ask
// again who they are.
func TestEventsOfAccess(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	heard := listen(t, w.db, w.store)
	ctx := t.Context()
	token := sha256.Sum256([]byte("leader@ha-long.example"))
	staff, reviewer := w.person(t, w.staff), w.person(t, w.reviewer)
	for name, act := range map[string]func() error{
		"sign-out":   func() error { return w.store.EndSession(ctx, w.leader, token[:]) },
		"role ended": func() error { return w.store.DisablePerson(ctx, w.coordinator, staff) },
		"role edited": func() error {
			return w.store.ChangePerson(ctx, w.coordinator, reviewer, tracker.Post{Role: tracker.Leader})
		},
		"account": func() error { return w.store.DisableAccount(ctx, tracker.Operator(), w.second.AccountID) },
	} {
		must(t, act())
		if got := next(t, heard); !reflect.DeepEqual(got, postgres.Event{Kind: postgres.AccessEvent}) {
			t.Errorf("%s: heard %+v", name, got)
		}
	}
}

// TestListenAgain: a connection that was ended is made anew, and what happened
// meanwhile is told late; one that dies while something is sent loses nothing
// but the hint.
func TestListenAgain(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	heard := listen(t, w.db, w.store)
	for range 2 {
		next(t, heard)
	}
	if n := w.db.Count(t, `SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'learningcity events') x`); n != 1 {
		t.Fatalf("%d connections listened", n)
	}
	awaitCount(t, w.db, listening, 1)
	must(t, w.store.Submit(t.Context(), w.staff, w.inProgress(t, measured), ""))
	version := w.ref(t, measured).Version
	for next(t, heard).Version != version { //nolint:revive // what comes before may be told too
	}
}

// inProgress brings the entry to where it may be submitted.
func (w *town) inProgress(t *testing.T, indicator string) postgres.EntryRef {
	t.Helper()
	w.bring(t, indicator, "achieved/none")
	return w.ref(t, indicator)
}

// TestActsDoNotWait: nobody listens, and more happens than is kept.
func TestActsDoNotWait(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	for i := range 5 {
		must(t, w.store.EditNarrative(t.Context(), w.staff, w.ref(t, described), tracker.Narrative{Narrative: fmt.Sprint(i)}))
	}
	w.store.Publish(2 * postgres.MaxOutbox)
	if n := w.store.Waiting(); n != postgres.MaxOutbox {
		t.Errorf("%d wait to be sent, want %d", n, postgres.MaxOutbox)
	}
	heard := listen(t, w.db, w.store) // and all of it is sent when somebody does
	for range postgres.MaxOutbox {
		next(t, heard)
	}
}

// TestEventsGoTogether: a storm of acts is told in few transactions, each entry
// at its newest.
func TestEventsGoTogether(t *testing.T) {
	t.Parallel()
	seen := &queries{}
	w := found(t, pgtest.New(t, pgtest.Options{Tracer: seen}), "ha-long")
	heard := listen(t, w.db, w.store)
	for range 2 {
		next(t, heard)
	}
	sent := func() int {
		return len(slices.DeleteFunc(seen.all(), func(sql string) bool { return sql != postgres.SendEvents }))
	}
	before, began := sent(), time.Now()
	for i := range 100 {
		must(t, w.store.EditNarrative(t.Context(), w.staff, w.ref(t, described), tracker.Narrative{Narrative: fmt.Sprint(i)}))
	}
	version := w.ref(t, described).Version
	for next(t, heard).Version != version { //nolint:revive // older ones come before
	}
	if most := int(time.Since(began)/postgres.Gather) + 1; sent()-before > most {
		t.Errorf("100 acts were told in %d transactions, want at most %d", sent()-before, most)
	}
}

// TestSessionActors is SessionActor for many at once.
func TestSessionActors(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	var hashes [][]byte
	for _, name := range []string{"staff", "leader", "staff", "nobody"} {
		hash := sha256.Sum256([]byte(name + "@ha-long.example"))
		hashes = append(hashes, hash[:])
	}
	got, err := w.store.SessionActors(t.Context(), hashes)
	must(t, err)
	want := map[string]tracker.Actor{string(hashes[0]): w.staff, string(hashes[1]): w.leader}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the sessions are of\n%+v, want\n%+v", got, want)
	}
	must(t, w.store.EndSession(t.Context(), w.leader, hashes[1]))
	got, err = w.store.SessionActors(t.Context(), hashes)
	must(t, err)
	if len(got) != 1 || !reflect.DeepEqual(got[string(hashes[0])], w.staff) {
		t.Errorf("after a sign-out the sessions are of %+v", got)
	}
}
