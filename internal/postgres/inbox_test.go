package postgres_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// told are the items of an inbox as its reader sees them.
func (w *town) told(t testing.TB, who tracker.Actor) []string {
	t.Helper()
	page, err := w.store.Inbox(t.Context(), who, 0, 50)
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
	if _, err := w.store.Inbox(ctx, tracker.Operator(), 0, 50); !same(err, tracker.ErrForbidden) {
		t.Errorf("the operator's: %v", err)
	}
	if err := w.store.MarkInboxRead(ctx, tracker.Operator(), 0, 99); !same(err, tracker.ErrForbidden) {
		t.Errorf("the operator's, read: %v", err)
	}
}

// TestMarkInboxRead: one, or all up to one; never another's.
func TestMarkInboxRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	for range 4 {
		db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at) VALUES ($1, $2, 'role_changed', now())`, w.staff.AccountID, w.id)
	}
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
		who        tracker.Actor
		from, upto int64
		want       string
	}{
		{w.other, 0, 4, "----"}, {w.staff, 2, 2, "-r--"}, {w.staff, 0, 3, "rrr-"}, {w.staff, 9, 9, "rrr-"}, {w.staff, 0, 4, "rrrr"},
	} {
		must(t, w.store.MarkInboxRead(t.Context(), tt.who, tt.from, tt.upto))
		if got := state(); got != tt.want {
			t.Errorf("%d to %d: %s, want %s", tt.from, tt.upto, got, tt.want)
		}
	}
	if unread() {
		t.Error("the session tells of unread items that there are not")
	}
}

// TestInboxPages: every item once, the newest first.
func TestInboxPages(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at)
		SELECT CASE WHEN n % 2 = 0 THEN $1::bigint ELSE $2 END, $3, 'role_changed', now() FROM generate_series(1, 10) n`, w.staff.AccountID, w.other.AccountID, w.id)
	var ids []int64
	for before, more := int64(0), true; more; before = ids[len(ids)-1] {
		page, err := w.store.Inbox(t.Context(), w.staff, before, 2)
		must(t, err)
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		more = page.More
	}
	if !slices.Equal(ids, []int64{10, 8, 6, 4, 2}) {
		t.Errorf("items %v", ids)
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
		if n := seen(t, tx, `SELECT count(*) FROM inbox_item`); n != 3 { // and of evidence that expires and a task
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
	check := db.Lines(t, `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'inbox_item_kind_known'`)[0]
	var kinds []tracker.InboxKind
	for _, found := range regexp.MustCompile(`'([a-z_]+)'`).FindAllStringSubmatch(check, -1) {
		kinds = append(kinds, tracker.InboxKind(found[1]))
	}
	if !slices.Equal(kinds, tracker.InboxKinds) {
		t.Errorf("the database knows %q, the rule %q", kinds, tracker.InboxKinds)
	}
}

var buffersTouched = regexp.MustCompile(`shared hit=(\d+)(?: read=(\d+))?`)

// buffers are the pages of the database that the session's look-up touches.
func buffers(t testing.TB, db *pgtest.Database, token string) int {
	t.Helper()
	query := `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) SELECT * FROM session_actor('\x` + fmt.Sprintf("%x", hashOf(token)) + `', '2025-03-10 05:00:00Z')`
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	must(t, err)
	defer conn.Close(t.Context())
	touched := 0
	for range 3 { // the first ones also read the catalogue
		rows, err := conn.Query(t.Context(), query)
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
	}
	return touched
}

// TestUnreadItemsSlowNoPage: the look-up of every request touches as much with
// ten thousand items, unread or read, as with none.
func TestUnreadItemsSlowNoPage(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	none := buffers(t, db, "staff@ha-long.example")
	db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at)
		SELECT $1, $2, 'role_changed', now() FROM generate_series(1, 10000)`, w.staff.AccountID, w.id)
	for _, state := range []string{"unread", "read"} {
		db.Exec(t, `VACUUM ANALYZE inbox_item`)
		if many := buffers(t, db, "staff@ha-long.example"); many > none+none/4 {
			t.Errorf("%d buffers with 10,000 %s items, %d with none", many, state, none)
		}
		db.Exec(t, `UPDATE inbox_item SET read_at = now()`)
	}
}
