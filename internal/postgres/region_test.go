package postgres_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func region(parent int64, vi, en string) tracker.Region {
	return tracker.Region{Parent: parent, Name: tracker.Text{VI: vi, EN: en}}
}

func TestRegions(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long") // in region 1
	ctx, admin := t.Context(), tracker.Operator()
	nation, err := w.store.CreateRegion(ctx, admin, region(0, "Việt Nam", "Viet Nam"))
	must(t, err)
	must(t, w.store.ChangeRegion(ctx, admin, tracker.Region{ID: 1, Version: 1, Parent: nation, Name: tracker.Text{VI: "Quảng Ninh", EN: "Quang Ninh"}}))
	north, err := w.store.CreateRegion(ctx, admin, region(nation, "Miền Bắc", "North"))
	must(t, err)
	must(t, w.store.MoveCity(ctx, admin, w.now(t), north))
	all, err := w.store.Regions(ctx, admin)
	must(t, err)
	var got []string
	for _, r := range all {
		got = append(got, strings.Repeat("-", r.Depth())+r.Name.EN)
		for _, c := range r.Cities {
			got = append(got, "city "+c.Slug)
		}
	}
	if !slices.Equal(got, []string{"Viet Nam", "-North", "city ha-long", "-Quang Ninh"}) {
		t.Errorf("the tree is %q", got)
	}
	// A province that lies below another region is found by its name.
	other := hue
	other.Province = tracker.Text{VI: "Quảng Ninh", EN: "Quang Ninh"}
	_, err = w.store.CreateCity(ctx, admin, other)
	must(t, err)
	if n := db.Count(t, `SELECT count(*) FROM region`); n != 3 {
		t.Errorf("%d regions", n)
	}
	overseer := tracker.Actor{Memberships: []tracker.Membership{{Role: tracker.Overseer, RegionID: north}}}
	if _, err := w.store.Overview(ctx, overseer, w.slug, 0, 0); err != nil {
		t.Errorf("the overseer of the new region: %v", err)
	}
	before := fingerprint(t, db)
	for name, tt := range map[string]struct {
		by   tracker.Actor
		to   tracker.Region
		want error
	}{
		"below itself":    {admin, tracker.Region{ID: nation, Version: 1, Parent: north, Name: tracker.Text{VI: "x", EN: "x"}}, tracker.Invalid("parent", "region_not_below_itself")},
		"a name beside":   {admin, tracker.Region{ID: north, Version: 1, Parent: nation, Name: tracker.Text{VI: "Quảng Ninh", EN: "x"}}, tracker.Invalid("name_vi", "region_name_once")},
		"an unknown one":  {admin, tracker.Region{ID: north, Version: 1, Parent: 99, Name: tracker.Text{VI: "x", EN: "x"}}, tracker.Invalid("parent", "region.error.unknown")},
		"the same":        {admin, tracker.Region{ID: north, Version: 1, Parent: nation, Name: tracker.Text{VI: "Miền Bắc", EN: "North"}}, tracker.Invalid("", "region.error.same")},
		"somebody faster": {admin, tracker.Region{ID: 1, Version: 1, Parent: 0, Name: tracker.Text{VI: "x", EN: "x"}}, tracker.ErrConflict},
		"nowhere":         {admin, tracker.Region{ID: 99, Version: 1}, tracker.ErrNotFound},
		"a coordinator":   {w.coordinator, tracker.Region{ID: 1, Version: 2}, tracker.ErrForbidden},
	} {
		if err := w.store.ChangeRegion(ctx, tt.by, tt.to); !same(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.store.Regions(ctx, w.coordinator); !errors.Is(err, tracker.ErrForbidden) {
		t.Errorf("a coordinator lists them: %v", err)
	}
	if _, err := w.store.CreateRegion(ctx, w.coordinator, region(0, "x", "x")); !errors.Is(err, tracker.ErrForbidden) {
		t.Errorf("a coordinator makes one: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestRegionsMoveAtOnce: two regions of which each is moved below a region in
// the other at the same moment, past the program's own lock, do not make a circle.
func TestRegionsMoveAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `INSERT INTO region (name_vi, name_en) VALUES ('a', 'a'), ('b', 'b')`)
	db.Exec(t, `INSERT INTO region (parent_id, name_vi, name_en) VALUES (1, 'in a', 'in a'), (2, 'in b', 'in b')`)
	var two [2]*pgx.Conn
	for i := range two {
		conn, err := pgx.Connect(t.Context(), db.OwnerURL)
		must(t, err)
		defer conn.Close(t.Context())
		two[i] = conn
	}
	first, err := two[0].Begin(t.Context())
	must(t, err)
	_, err = first.Exec(t.Context(), `UPDATE region SET parent_id = 4 WHERE id = 1`)
	must(t, err)
	second := make(chan error, 1)
	go func() {
		_, err := two[1].Exec(t.Context(), `UPDATE region SET parent_id = 3 WHERE id = 2`)
		second <- err
	}()
	waits := func() bool {
		return db.Count(t, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 1
	}
	for end := time.Now().Add(10 * time.Second); !waits(); time.Sleep(time.Millisecond) {
		if len(second) > 0 || time.Now().After(end) {
			t.Fatalf("the second move does not wait for the first: %q", db.Lines(t, `SELECT l::text FROM pg_locks l WHERE NOT granted`))
		}
	}
	must(t, first.Commit(t.Context()))
	select {
	case err := <-second:
		if constraintOf(err) != "region_not_below_itself" {
			t.Errorf("the second move: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the second move waits for ever")
	}
}

func TestOverseers(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx, admin := t.Context(), tracker.Operator()
	invite := func(email, token string) (tracker.Invitation, error) {
		return w.store.InviteOverseer(ctx, admin, 1, tracker.Invitation{Email: email, Language: "vi"}, hashOf(token))
	}
	i, err := invite("ministry@example.vn", "first")
	must(t, err)
	if _, err := invite("ministry@example.vn", "again"); !same(err, tracker.Invalid("invitee", "people.error.invited_already")) {
		t.Errorf("invited twice: %v", err)
	}
	_, err = w.store.RenewOverseerInvitation(ctx, admin, 1, i.ID, hashOf("second"))
	must(t, err)
	if _, _, err := w.store.Invitation(ctx, hashOf("first")); !errors.Is(err, tracker.ErrLinkOver) {
		t.Errorf("the first link: %v", err)
	}
	city, shown, err := w.store.Invitation(ctx, hashOf("second"))
	if err != nil || city.ID != 0 || shown.Region.Name.VI != "Tỉnh" || shown.Post.Role != tracker.Overseer {
		t.Errorf("the link shows %+v, %v", shown, err)
	}
	db.Exec(t, `UPDATE invitation SET invited_by = $1 WHERE id = $2`, w.leader.AccountID, i.ID)
	account, slug, err := w.store.AcceptInvitationAsNew(ctx, tracker.Actor{}, hashOf("second"), "Bộ", "x")
	if err != nil || slug != "" {
		t.Errorf("accepted into %q, %v", slug, err)
	}
	told := db.Lines(t, `SELECT kind FROM inbox_item WHERE account_id = $1 AND city_id IS NULL`, w.leader.AccountID)
	if !slices.Equal(told, []string{"invitation_accepted"}) {
		t.Errorf("who invited is told %q", told)
	}
	must(t, w.store.StartSession(ctx, tracker.Actor{AccountID: account}, "x", postgres.NewSession{TokenHash: hashOf("s"), Lifetime: 1e12}))
	actor, err := w.store.SessionActor(ctx, hashOf("s"))
	must(t, err)
	_, err = w.store.Overview(ctx, actor, w.slug, 0, 0)
	must(t, err)
	if _, err := w.store.People(ctx, actor, w.slug); !errors.Is(err, tracker.ErrForbidden) {
		t.Errorf("an overseer sees the people: %v", err)
	}
	o, err := w.store.Overseers(ctx, admin, 1)
	if err != nil || len(o.All) != 1 || len(o.Invitations) != 0 || o.All[0].Email != "ministry@example.vn" {
		t.Fatalf("overseers %+v, %v", o, err)
	}
	ref := postgres.OverseerRef{Region: 1, ID: o.All[0].ID, Version: 1}
	must(t, w.store.EndOverseer(ctx, admin, ref))
	if again, err := w.store.SessionActor(ctx, hashOf("s")); err != nil || len(again.Memberships) != 0 {
		t.Errorf("after the end: %+v, %v", again, err)
	}
	if err := w.store.EndOverseer(ctx, admin, ref); !errors.Is(err, tracker.ErrConflict) {
		t.Errorf("ended with an old page: %v", err)
	}
	ref.Version = 2
	if err := w.store.EndOverseer(ctx, admin, ref); !same(err, tracker.Invalid("", "people.error.disabled_already")) {
		t.Errorf("ended twice: %v", err)
	}
	must(t, w.store.RestoreOverseer(ctx, admin, ref))
	other, err := invite("second@example.vn", "third")
	must(t, err)
	must(t, w.store.WithdrawOverseerInvitation(ctx, admin, 1, other.ID))
	if err := w.store.WithdrawOverseerInvitation(ctx, admin, 1, other.ID); !errors.Is(err, tracker.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	got := db.Lines(t, `SELECT act FROM audit WHERE city_id IS NULL AND subject LIKE 'account %@example.vn' ORDER BY id`)
	if !slices.Equal(got, []string{"invite", "renew_invitation", "accept_invitation", "end_overseer", "restore_overseer", "invite", "withdraw_invitation"}) {
		t.Errorf("the record: %q", got)
	}
	for _, by := range []tracker.Actor{w.coordinator, actor, {}} {
		if _, err := w.store.Overseers(ctx, by, 1); !errors.Is(err, tracker.ErrForbidden) {
			t.Errorf("listed by %q: %v", by.Name, err)
		}
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	ctx := t.Context()
	admins := map[string]int64{}
	for _, name := range []string{"first", "second"} {
		id, err := w.store.CreateAdmin(ctx, tracker.Operator(), postgres.NewAdmin{Email: name + "@admin.vn", Name: name, PasswordHash: "x"})
		must(t, err)
		admins[name] = id
	}
	first := tracker.Actor{AccountID: admins["first"], Memberships: []tracker.Membership{{Role: tracker.Admin}}}
	all, err := w.store.Accounts(ctx, first)
	if err != nil || len(all) != 9 || all[0].Posts[0] != (tracker.AccountPost{Role: tracker.Coordinator, Place: tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"}}) {
		t.Errorf("accounts %+v, %v", all, err)
	}
	must(t, w.store.DisableAccount(ctx, first, w.staff.AccountID))
	if _, err := w.again(t, "staff"); !errors.Is(err, tracker.ErrNotFound) {
		t.Errorf("the session goes on: %v", err)
	}
	if n := db.Count(t, `SELECT count(*) FROM session WHERE account_id = $1`, w.staff.AccountID); n != 0 {
		t.Errorf("%d sessions", n)
	}
	for name, tt := range map[string]struct{ got, want error }{
		"twice":       {w.store.DisableAccount(ctx, first, w.staff.AccountID), tracker.Invalid("", "accounts.error.disabled_already")},
		"oneself":     {w.store.DisableAccount(ctx, first, admins["first"]), tracker.Invalid("", "accounts.error.self")},
		"nobody":      {w.store.DisableAccount(ctx, first, 999), tracker.ErrNotFound},
		"not locked":  {w.store.EnableAccount(ctx, first, w.leader.AccountID), tracker.Invalid("", "accounts.error.enabled_already")},
		"coordinator": {w.store.DisableAccount(ctx, w.coordinator, w.leader.AccountID), tracker.ErrForbidden},
	} {
		if !same(tt.got, tt.want) {
			t.Errorf("%s: %v", name, tt.got)
		}
	}
	must(t, w.store.EnableAccount(ctx, first, w.staff.AccountID))
	must(t, w.store.DisableAccount(ctx, first, admins["second"]))
	if err := w.store.DisableAccount(ctx, tracker.Operator(), admins["first"]); !same(err, tracker.Invalid("", "accounts.error.last_admin")) {
		t.Errorf("the last admin: %v", err)
	}
	got := db.Lines(t, `SELECT act || ' ' || subject FROM audit WHERE act LIKE '%able_account' ORDER BY id`)
	if !slices.Equal(got, []string{"disable_account account staff@ha-long.example", "enable_account account staff@ha-long.example", "disable_account account second@admin.vn"}) {
		t.Errorf("the record: %q", got)
	}
}
