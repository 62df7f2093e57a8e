package postgres_test

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// told are the items of an inbox as its reader sees them.
func (w *town) told(t testing.TB, who tracker.Actor) []string {
	t.Helper()
	page, err := w.store.Inbox(t.Context(), who, tracker.InboxFilter{}, 50)
	must(t, err)
	var all []string
	for _, i := range page.Items {
		all = append(all, strings.Join(strings.Fields(fmt.Sprint(i.Kind, " ", i.City.Slug, " ", i.By, " ", i.Read)), " "))
	}
	return all
}

// TestInbox: who is told what, and of what not.
func TestInbox(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	ctx := t.Context()
	must(t, w.store.ChangePerson(ctx, w.coordinator, w.person(t, w.staff), tracker.Post{Role: tracker.Leader}))
	must(t, w.store.DisablePerson(ctx, w.coordinator, w.person(t, w.staff)))
	must(t, w.store.EnablePerson(ctx, tracker.Actor{AccountID: w.coordinator.AccountID, Memberships: w.coordinator.Memberships}, w.person(t, w.staff)))
	second := w.join(t, w.coordinator, "second coordinator", postgres.NewMember{Role: tracker.Coordinator})
	must(t, w.store.ChangePerson(ctx, second, w.person(t, second), tracker.Post{Role: tracker.Reviewer}))
	w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Leader})
	_, _, err := w.store.AcceptInvitationAsNew(ctx, tracker.Actor{}, hashOf("an@halong.vn"), "An", "x")
	must(t, err)
	_, err = w.store.Invite(ctx, tracker.Operator(), w.slug, tracker.Invitation{Email: "ba@halong.vn", Post: tracker.Post{Role: tracker.Coordinator}, Language: "vi"}, hashOf("ba"))
	must(t, err)
	_, _, err = w.store.AcceptInvitationAsNew(ctx, tracker.Actor{}, hashOf("ba"), "Ba", "x")
	must(t, err)
	_, err = w.store.MakePasswordLink(ctx, w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	_, err = w.store.ResetPassword(ctx, tracker.Actor{}, hashOf("link"), "new")
	must(t, err)
	_, err = w.store.MailOwnPasswordLink(ctx, postgres.OwnPasswordLinkMail{Email: "other@ha-long.example", Job: 1}, hashOf("own"))
	must(t, err)
	_, err = w.store.ResetPassword(ctx, tracker.Actor{}, hashOf("own"), "new")
	must(t, err)
	w.equip(t, "leader", w.leader)
	must(t, w.store.ResetSecondStep(ctx, w.coordinator, w.person(t, w.leader)))
	w.signInAgain(t, w.leader, "leader@ha-long.example")
	w.equip(t, "leader", w.leader)
	must(t, postgres.ResetSecondStepOf(ctx, db.OwnerURL, "leader@ha-long.example", pgtest.Now))
	for _, tt := range []struct {
		who  tracker.Actor
		want []string
	}{
		{w.leader, []string{"second_step_reset false", "second_step_reset ha-long coordinator of ha-long false"}},
		{w.staff, []string{"password_reset ha-long false", "role_enabled ha-long coordinator of ha-long false",
			"role_disabled ha-long coordinator of ha-long false", "role_changed ha-long coordinator of ha-long false"}},
		{w.coordinator, []string{"invitation_accepted ha-long An false"}},
		{w.other, []string{"password_reset false"}},
		{second, nil}, // what one did oneself
	} {
		if got := w.told(t, tt.who); !slices.Equal(got, tt.want) {
			t.Errorf("%s was told %q, want %q", tt.who.Name, got, tt.want)
		}
	}
	if _, err := w.store.Inbox(ctx, tracker.Operator(), tracker.InboxFilter{}, 50); !same(err, tracker.ErrForbidden) {
		t.Errorf("the operator's: %v", err)
	}
	if err := w.store.MarkInboxRead(ctx, tracker.Operator(), 99, tracker.InboxFilter{}); !same(err, tracker.ErrForbidden) {
		t.Errorf("the operator's, read: %v", err)
	}
}

// TestMarkInboxRead: one, or all up to one; never another's.
func TestMarkInboxRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	for range 4 {
		db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at) VALUES ($1, $2, 'role_changed', $3)`, w.staff.AccountID, w.id, pgtest.Now)
	}
	// Of the fifth the reader is told a moment later.
	db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at) VALUES ($1, $2, 'role_changed', $3)`, w.staff.AccountID, w.id, pgtest.Now.Add(time.Second))
	state := func() string {
		return strings.Join(db.Lines(t, `SELECT CASE WHEN read_at IS NULL THEN '-' ELSE 'r' END FROM inbox_item ORDER BY id`), "")
	}
	unread := func() bool {
		actor, err := w.again(t, "staff")
		must(t, err)
		return actor.Unread
	}
	if !unread() {
		t.Error("the session does not tell of unread items")
	}
	for _, tt := range []struct {
		who              tracker.Actor
		item, city, upto int64
		want             string
	}{
		{w.other, 0, 0, 4, "-----"}, {w.other, 2, 0, 0, "-----"}, {w.staff, 2, 0, 0, "-r---"}, {w.staff, 0, w.id + 1, 3, "-r---"},
		{w.staff, 0, w.id, 3, "rrr--"}, {w.staff, 9, 0, 0, "rrr--"}, {w.staff, 0, 0, 9, "rrr--"}, {w.staff, 5, 0, 0, "rrr--"}, {w.staff, 0, 0, 4, "rrrr-"},
	} {
		must(t, w.store.MarkInboxRead(t.Context(), tt.who, tt.item, tracker.InboxFilter{City: tt.city, Before: tt.upto}))
		if got := state(); got != tt.want {
			t.Errorf("%d, up to %d: %s, want %s", tt.item, tt.upto, got, tt.want)
		}
	}
	if unread() {
		t.Error("the session tells of unread items that there are not")
	}
}

// TestInboxPages: every item that the filter chooses once, the newest first, and
// none before its time.
func TestInboxPages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	// The first ones were written first and told last; the tenth is to come.
	db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at, read_at)
		SELECT CASE WHEN n = 4 THEN $2::bigint ELSE $1 END, CASE WHEN n % 3 = 0 THEN $4::bigint ELSE $3 END, 'role_changed',
		       $5::timestamptz + CASE WHEN n < 3 THEN -1 WHEN n = 10 THEN 1 ELSE -2 END * interval '1 minute', CASE WHEN n % 2 = 0 THEN now() END
		FROM generate_series(1, 10) n`, w.staff.AccountID, w.other.AccountID, w.id, hue.id, pgtest.Now)
	for _, tt := range []struct {
		f    tracker.InboxFilter
		want []int64
	}{
		{tracker.InboxFilter{}, []int64{2, 1, 9, 8, 7, 6, 5, 3}},
		{tracker.InboxFilter{Unread: true}, []int64{1, 9, 7, 5, 3}},
		{tracker.InboxFilter{City: hue.id}, []int64{9, 6, 3}},
		{tracker.InboxFilter{City: w.id, Unread: true}, []int64{1, 7, 5}},
		{tracker.InboxFilter{Before: 4}, nil}, // another's
		{tracker.InboxFilter{City: 999}, nil},
	} {
		var ids []int64
		for f, more := tt.f, true; more; {
			page, err := w.store.Inbox(t.Context(), w.staff, f, 2)
			must(t, err)
			for _, i := range page.Items {
				ids = append(ids, i.ID)
				f.Before = i.ID
			}
			more = page.More
		}
		if !slices.Equal(ids, tt.want) {
			t.Errorf("%+v: items %v, want %v", tt.f, ids, tt.want)
		}
	}
}

// TestOpenInboxItem: it says all that there is to know, is read then, and is
// nobody else's.
func TestOpenInboxItem(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	w.bring(t, measured, "achieved/awaiting")
	db.Exec(t, `UPDATE inbox_item SET id = DEFAULT WHERE kind = 'entry_assigned'`)
	id := int64(db.Count(t, `SELECT id FROM inbox_item WHERE kind = 'entry_submitted' AND account_id = $1`, w.reviewer.AccountID))
	for range 2 {
		got, err := w.store.OpenInboxItem(t.Context(), w.reviewer, id)
		must(t, err)
		want := tracker.InboxItem{ID: id, At: got.At, Kind: tracker.EntrySubmitted, By: "coordinator of ha-long", Read: true,
			City:  tracker.City{ID: w.id, Slug: "ha-long", Name: tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"}},
			Entry: tracker.EntryKey{Assessment: 1, Indicator: measured}, Indicator: got.Indicator}
		if !reflect.DeepEqual(got, want) || !got.At.Equal(pgtest.Now) || got.Indicator.VI == "" || got.Indicator.EN == "" {
			t.Errorf("opened %+v, want %+v", got, want)
		}
	}
	later := int64(db.Count(t, `SELECT min(id) FROM inbox_item WHERE kind = 'entry_assigned' AND account_id = $1`, w.staff.AccountID))
	for who, id := range map[*tracker.Actor]int64{&w.second: id, &w.staff: later, &w.leader: 999} {
		if _, err := w.store.OpenInboxItem(t.Context(), *who, id); !same(err, tracker.ErrNotFound) {
			t.Errorf("%d for %s: %v", id, who.Name, err)
		}
	}
	if n := db.Count(t, `SELECT count(*) FROM inbox_item WHERE read_at IS NOT NULL`); n != 1 {
		t.Errorf("%d items are read", n)
	}
}

// TestRowsOfOneInboxOnly: a transaction sees the inbox of the account that it
// has named, and writes into those of the city that it has named.
func TestRowsOfOneInboxOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	const insert = `INSERT INTO inbox_item (account_id, city_id, kind, created_at) VALUES ($1, $2, 'password_reset', now())`
	asApp(t, db, w.id, func(tx pgx.Tx) {
		if n := seen(t, tx, `SELECT count(*) FROM inbox_item`); n != 0 {
			t.Errorf("%d rows seen in a city", n)
		}
		_, err := tx.Exec(t.Context(), insert, w.leader.AccountID, w.id)
		must(t, err)
		_, err = tx.Exec(t.Context(), `SELECT set_config('learningcity.account', $1::text, true)`, strconv.FormatInt(w.staff.AccountID, 10))
		must(t, err)
		if n := seen(t, tx, `SELECT count(*) FROM inbox_item`); n != 7 { // and of evidence that expires, of two assignments, of two due dates and of a task
			t.Errorf("%d rows of one's own seen", n)
		}
		tag, err := tx.Exec(t.Context(), `UPDATE inbox_item SET read_at = now() WHERE account_id <> $1`, w.staff.AccountID)
		if err != nil || tag.RowsAffected() != 0 {
			t.Errorf("others' read: %v, %v", tag, err)
		}
	})
	for named, into := range map[int64]any{w.id: hue.id, hue.id: nil, 0: w.id} {
		asApp(t, db, named, func(tx pgx.Tx) {
			if _, err := tx.Exec(t.Context(), insert, hue.leader.AccountID, into); codeOf(err) != "42501" {
				t.Errorf("of %v in %d: %v", into, named, err)
			}
		})
	}
}

// TestInboxKindsAreTheDatabases: the rule's list and the column's are one.
func TestInboxKindsAreTheDatabases(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	lists := db.Lines(t, `SELECT (regexp_matches(prosrc, 'i\.kind NOT IN \(([^)]*)\)\s+THEN ''inbox_item_kind_known''', 'g'))[1]
		FROM pg_proc WHERE proname = 'inbox_item_holds'`)
	var kinds []tracker.InboxKind
	for _, found := range regexp.MustCompile(`'([a-z_]+)'`).FindAllStringSubmatch(strings.Join(lists, ","), -1) {
		kinds = append(kinds, tracker.InboxKind(found[1]))
	}
	if want := slices.Sorted(slices.Values(tracker.InboxKinds)); !slices.Equal(slices.Sorted(slices.Values(kinds)), want) {
		t.Errorf("the database knows %q, the rule %q", kinds, want)
	}
}

var buffersTouched = regexp.MustCompile(`shared hit=(\d+)(?: read=(\d+))?`)

// lastQuery remembers the last query with its arguments.
type lastQuery struct {
	mu  sync.Mutex
	sql string
	all []any
}

func (a *lastQuery) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	if strings.Contains(data.SQL, "inbox_item") {
		a.sql, a.all = data.SQL, data.Args
	}
	return ctx
}

func (a *lastQuery) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// buffers are the pages of the database that the statement touches, planned for
// any arguments, as the store does.
func buffers(t testing.TB, db *pgtest.Database, sql string, args ...any) int {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, db.URL)
	must(t, err)
	defer conn.Close(ctx)
	if len(args) == 1 {
		sql, args, err = args[0].(pgx.NamedArgs).RewriteQuery(ctx, conn, sql, nil)
		must(t, err)
	}
	_, err = conn.Exec(ctx, `SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
		set_config('learningcity.account', (SELECT account_id::text FROM session_actor($1, $2) LIMIT 1), false)`, hashOf("staff@ha-long.example"), pgtest.Now)
	must(t, err)
	_, err = conn.Prepare(ctx, "asked", sql)
	must(t, err)
	var written []string
	for _, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			written = append(written, v.UTC().Format(`'2006-01-02 15:04:05Z'`))
		case []byte:
			written = append(written, fmt.Sprintf(`'\x%x'`, v))
		default:
			written = append(written, fmt.Sprint(v))
		}
	}
	touched := 0
	for range 3 { // the first ones also read the catalogue
		rows, err := conn.Query(ctx, `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) EXECUTE asked (`+strings.Join(written, ", ")+`)`)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		found := buffersTouched.FindStringSubmatch(strings.Join(lines, "\n"))
		if found == nil {
			t.Fatalf("no buffers in %q", lines)
		}
		hit, _ := strconv.Atoi(found[1])
		read, _ := strconv.Atoi(found[2])
		touched = hit + read
		if testing.Verbose() {
			t.Log(strings.Join(lines, "\n"))
		}
	}
	return touched
}

// TestUnreadItemsSlowNoPage: what every page asks, and what the inbox asks with
// whatever filter, touch as much with ten thousand items, unread or read, as with
// ten.
func TestUnreadItemsSlowNoPage(t *testing.T) {
	t.Parallel()
	sent := &lastQuery{}
	db := pgtest.New(t, pgtest.Options{Tracer: sent})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	tell := func(city int64, from, to int, unread bool) {
		db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, by_account_id, created_at, read_at)
			SELECT $1, $2, 'role_changed', $3, $4::timestamptz - n * interval '1 second', CASE WHEN NOT $7 THEN now() END FROM generate_series($5::integer, $6) n`,
			w.staff.AccountID, city, w.coordinator.AccountID, pgtest.Now, from, to, unread)
		db.Exec(t, `VACUUM ANALYZE inbox_item`)
	}
	filters := []tracker.InboxFilter{{}, {Unread: true}, {City: w.id}, {City: hue.id}, {City: hue.id, Unread: true}}
	touched := func() (page int, all []int) {
		page = buffers(t, db, `SELECT * FROM session_actor($1, $2)`, hashOf("staff@ha-long.example"), pgtest.Now)
		for _, f := range filters {
			_, err := w.store.Inbox(t.Context(), w.staff, f, 9) // the others of a longer page are items, not buffers that it had to look for
			must(t, err)
			all = append(all, page+buffers(t, db, sent.sql, sent.all...))
		}
		return page, all
	}
	tell(w.id, 1, 10, true)
	tell(hue.id, 20011, 20020, true) // the oldest
	page, few := touched()
	tell(w.id, 21, 5000, true)
	tell(w.id, 5001, 10000, false)
	tell(hue.id, 10001, 20000, false)
	pageNow, many := touched()
	if pageNow > page+page/4 {
		t.Errorf("a page touches %d buffers with 20,000 items, %d with 20", pageNow, page)
	}
	for n, f := range filters {
		if many[n] > few[n]+few[n]/4 {
			t.Errorf("the inbox %+v touches %d buffers with 20,000 items, %d with 20", f, many[n], few[n])
		}
	}
}
