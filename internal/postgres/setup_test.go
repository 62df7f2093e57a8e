package postgres_test

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var first = postgres.NewAdmin{Email: "an@halong.vn", Name: "Nguyễn Thị An", PasswordHash: "hash"}

// adminsOf are the accounts and what they are.
func adminsOf(t *testing.T, db *pgtest.Database) []string {
	t.Helper()
	return db.Lines(t, `SELECT concat_ws(' ', a.email, a.name, a.password_hash, a.created_at AT TIME ZONE 'UTC', m.role, m.city_id, m.region_id, m.ends_on)
		FROM account a LEFT JOIN membership m ON m.account_id = a.id ORDER BY a.id`)
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	has, err := db.Store.HasAccounts(t.Context())
	if has || err != nil {
		t.Errorf("accounts before: %v, %v", has, err)
	}
	token := sha256.Sum256([]byte("token"))
	from := tracker.Actor{RequestID: "R1", Address: "192.0.2.7"}
	must(t, db.Store.SetUp(t.Context(), from, first, postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour}))
	if got := adminsOf(t, db); !slices.Equal(got, []string{"an@halong.vn Nguyễn Thị An hash 2025-03-10 05:00:00 admin"}) {
		t.Errorf("accounts %q", got)
	}
	audit := db.Lines(t, `SELECT concat_ws(' ', account_id = (SELECT id FROM account), act, subject, request_id, address, recorded_at AT TIME ZONE 'UTC') FROM audit`)
	if !slices.Equal(audit, []string{"t set_up account an@halong.vn R1 192.0.2.7 2025-03-10 05:00:00"}) {
		t.Errorf("audit %q", audit)
	}
	actor, err := db.Store.SessionActor(t.Context(), token[:])
	if err != nil || len(actor.Memberships) != 1 || actor.Memberships[0].Role != tracker.Admin || actor.Name != first.Name {
		t.Errorf("the session is %+v's, %v", actor, err)
	}
	if has, err = db.Store.HasAccounts(t.Context()); !has || err != nil {
		t.Errorf("accounts after: %v, %v", has, err)
	}
}

// TestSetUpRefuses: once there is an account, whoever made it; and nothing of
// a set-up that failed is written.
func TestSetUpRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	token := sha256.Sum256([]byte("token"))
	nameless := first
	nameless.Name = " "
	before := fingerprint(t, db)
	if err := db.Store.SetUp(t.Context(), tracker.Actor{}, nameless, postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour}); !same(err, tracker.Invalid("", "account_name_is_text")) {
		t.Errorf("without a name: %v", err)
	}
	if err := db.Store.SetUp(t.Context(), tracker.Actor{}, first, postgres.NewSession{TokenHash: []byte("short"), Lifetime: time.Hour}); !same(err, tracker.Invalid("", "session_token_is_hashed")) {
		t.Errorf("with a broken token: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	db.Exec(t, `INSERT INTO account (email, name, password_hash, created_at, disabled_at) VALUES ('a@b.c', 'A', 'x', now(), now())`)
	before = fingerprint(t, db)
	if err := db.Store.SetUp(t.Context(), tracker.Actor{}, first, postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour}); !same(err, tracker.ErrNotFound) {
		t.Errorf("with an account: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestSetUpAtOnce: of many at the same moment one becomes the admin.
func TestSetUpAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	const people = 8
	errs := atOnce(t, db, people, func(i int, s *postgres.Store) error {
		token := sha256.Sum256([]byte{byte(i)})
		a := first
		a.Email = string(rune('a'+i)) + "@halong.vn"
		return s.SetUp(t.Context(), tracker.Actor{}, a, postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour})
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrNotFound) != people-1 {
		t.Errorf("answers are %v", errs)
	}
	if accounts := adminsOf(t, db); len(accounts) != 1 || db.Count(t, `SELECT count(*) FROM session`) != 1 {
		t.Errorf("accounts %q", accounts)
	}
}

// TestCreateAdmin: at any time, by who manages cities.
func TestCreateAdmin(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	audit := db.Count(t, `SELECT count(*) FROM audit`)
	id, err := db.Store.CreateAdmin(t.Context(), tracker.Operator(), first)
	must(t, err)
	if got := adminsOf(t, db); got[len(got)-1] != "an@halong.vn Nguyễn Thị An hash 2025-03-10 05:00:00 admin" {
		t.Errorf("accounts %q", got)
	}
	lines := db.Lines(t, `SELECT concat_ws(' ', coalesce(account_id, 0), coalesce(city_id, 0), act, subject) FROM audit ORDER BY id OFFSET $1`, audit)
	if !slices.Equal(lines, []string{"0 0 create_admin account an@halong.vn"}) {
		t.Errorf("audit %q", lines)
	}
	before := fingerprint(t, db)
	for _, tt := range []struct {
		name string
		by   tracker.Actor
		a    postgres.NewAdmin
		want error
	}{
		{"the address again", tracker.Operator(), first, tracker.Invalid("email", "account_email_once")},
		{"by a coordinator", w.coordinator, postgres.NewAdmin{Email: "b@c.d", Name: "B", PasswordHash: "x"}, tracker.ErrForbidden},
		{"by nobody", tracker.Actor{}, postgres.NewAdmin{Email: "b@c.d", Name: "B", PasswordHash: "x"}, tracker.ErrForbidden},
	} {
		if again, err := db.Store.CreateAdmin(t.Context(), tt.by, tt.a); again != 0 || !same(err, tt.want) {
			t.Errorf("%s: %d, %v, want %v", tt.name, again, err, tt.want)
		}
	}
	if fingerprint(t, db) != before || id == 0 {
		t.Errorf("something was written, or the id is %d", id)
	}
}

// TestRolesOfNoCity are written where no city is named, and nowhere else; the
// program cannot read them back.
func TestRolesOfNoCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	insert := func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO membership (account_id, role) SELECT min(id), 'admin' FROM account`)
		return err
	}
	asApp(t, db, w.id, func(tx pgx.Tx) {
		if err := insert(tx); err == nil {
			t.Error("an admin was made from within a city")
		}
	})
	asApp(t, db, 0, func(tx pgx.Tx) {
		must(t, insert(tx))
		if n := seen(t, tx, `SELECT count(*) FROM membership`); n != 0 {
			t.Errorf("%d memberships are seen", n)
		}
	})
}
