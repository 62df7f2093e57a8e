package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestResetPassword(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	audit := w.audit(t)
	until, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	if err != nil || !until.Equal(pgtest.Now.Add(24*time.Hour)) {
		t.Errorf("it works until %v, %v", until, err)
	}
	name, email, err := w.store.PasswordLinkOwner(t.Context(), hashOf("link"))
	if err != nil || name != "staff of ha-long" || email != "staff@ha-long.example" {
		t.Errorf("it is of %q, %q, %v", name, email, err)
	}
	account, err := w.store.ResetPassword(t.Context(), tracker.Actor{Address: "192.0.2.7"}, hashOf("link"), "new")
	if err != nil || account != w.staff.AccountID {
		t.Errorf("reset: %d, %v", account, err)
	}
	if got := w.passwordOf(t, w.staff); got != "new" {
		t.Errorf("the hash is %q", got)
	}
	if got := w.alive(t, "staff@ha-long.example", "leader@ha-long.example"); !slices.Equal(got, []string{"leader@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{
		`make_password_link account staff@ha-long.example coordinator  > {"link": 1} at 2025-03-10 05:00:00  `,
		`reset_password account staff@ha-long.example staff  > {"link": 1, "made_by": "coordinator@ha-long.example"} at 2025-03-10 05:00:00  192.0.2.7`}) {
		t.Errorf("audit %q", got)
	}
	before := fingerprint(t, db)
	if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf("link"), "newer"); !same(err, tracker.ErrLinkOver) {
		t.Errorf("used twice: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestMakePasswordLinkRefuses: power that somebody has elsewhere is out of a
// coordinator's reach.
func TestMakePasswordLinkRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	for name, sql := range map[string]string{
		"second":   `INSERT INTO membership (account_id, role) VALUES ($1, 'admin')`,
		"leader":   `INSERT INTO membership (account_id, role, region_id) SELECT $1, 'overseer', id FROM region`,
		"reviewer": `INSERT INTO membership (account_id, role, city_id, ends_on) SELECT $1, 'expert', id, '2020-03-09' FROM city WHERE slug = 'hue'`,
		"other":    `INSERT INTO membership (account_id, role, city_id, disabled_at) SELECT $1, 'leader', id, now() FROM city WHERE slug = 'hue'`,
		"end":      `UPDATE account SET disabled_at = now() WHERE id = $1`,
	} {
		db.Exec(t, sql, db.Count(t, `SELECT id FROM account WHERE email = $1`, name+"@ha-long.example"))
	}
	elsewhere := tracker.Invalid("", "people.error.role_elsewhere")
	for _, tt := range []struct {
		name    string
		by, who tracker.Actor
		want    error
	}{
		{"an admin", w.coordinator, w.second, elsewhere},
		{"an overseer", w.coordinator, w.leader, elsewhere},
		{"who was an expert of another city", w.coordinator, w.reviewer, elsewhere},
		{"somebody disabled in another city", w.coordinator, w.other, elsewhere},
		{"a locked account", w.coordinator, w.end, tracker.Invalid("", "people.error.locked")},
		{"by staff", w.staff, w.staff, tracker.ErrForbidden},
		{"by who manages cities", tracker.Operator(), w.staff, tracker.ErrForbidden},
		{"by another city's coordinator", hue.coordinator, w.staff, tracker.ErrNotFound},
		{"who has nothing elsewhere", w.coordinator, w.staff, nil},
	} {
		before := fingerprint(t, db)
		_, err := w.store.MakePasswordLink(t.Context(), tt.by, w.person(t, tt.who), hashOf(tt.name))
		if !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if written := fingerprint(t, db) != before; written != (tt.want == nil) {
			t.Errorf("%s: something was written: %v", tt.name, written)
		}
	}
	// A link that was made before the person came to a role elsewhere.
	db.Exec(t, `INSERT INTO membership (account_id, role) VALUES ($1, 'admin')`, w.staff.AccountID)
	if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf("who has nothing elsewhere"), "new"); !same(err, tracker.ErrLinkOver) {
		t.Errorf("an admin's in the meantime: %v", err)
	}
}

// TestPasswordLinkOver: what does not work is answered alike.
func TestPasswordLinkOver(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	for _, token := range []string{"first", "second"} {
		_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf(token))
		must(t, err)
	}
	over := func(token string) {
		t.Helper()
		if _, _, err := w.store.PasswordLinkOwner(t.Context(), hashOf(token)); !same(err, tracker.ErrLinkOver) {
			t.Errorf("%s looked at: %v", token, err)
		}
		if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf(token), "new"); !same(err, tracker.ErrLinkOver) {
			t.Errorf("%s used: %v", token, err)
		}
	}
	over("first")
	over("never made")
	clock = pgtest.Now.Add(24*time.Hour - time.Second)
	_, _, err := w.store.PasswordLinkOwner(t.Context(), hashOf("second"))
	must(t, err)
	clock = pgtest.Now.Add(24 * time.Hour)
	over("second")
}

// TestPasswordResetTwiceAtOnce: one wins.
func TestPasswordResetTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	errs := atOnce(t, db, 4, func(i int, s *postgres.Store) error {
		_, err := s.ResetPassword(t.Context(), tracker.Actor{}, hashOf("link"), string(rune('a'+i)))
		return err
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrLinkOver) != 3 {
		t.Errorf("answers are %v", errs)
	}
}

// TestResetFunctionAsksItself: the program is not the only one that keeps the
// powerful and the locked from it.
func TestResetFunctionAsksItself(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	reset := func() (account *int64) {
		asApp(t, db, 0, func(tx pgx.Tx) {
			must(t, tx.QueryRow(t.Context(), `SELECT reset_password($1, $2, 'new')`, hashOf("link"), pgtest.Now).Scan(&account))
		})
		return account
	}
	for name, sql := range map[string][2]string{
		"a role elsewhere": {`INSERT INTO membership (account_id, role) VALUES ($1, 'admin')`, `DELETE FROM membership WHERE account_id = $1 AND role = 'admin'`},
		"a locked account": {`UPDATE account SET disabled_at = now() WHERE id = $1`, `UPDATE account SET disabled_at = NULL WHERE id = $1`},
	} {
		db.Exec(t, sql[0], w.staff.AccountID)
		if got := reset(); got != nil {
			t.Errorf("%s: the password of %d was set", name, *got)
		}
		db.Exec(t, sql[1], w.staff.AccountID)
	}
	if got := reset(); got == nil || *got != w.staff.AccountID {
		t.Errorf("without: %v", got)
	}
}

// TestNobodyGoesBackInTime: what has ended by the database's clock has ended,
// whatever moment is named; and nothing ends before.
func TestNobodyGoesBackInTime(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long") // in the spring of 2025, which is over
	_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	db.RunClock(t)
	if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf("link"), "new"); !same(err, tracker.ErrLinkOver) {
		t.Errorf("an old link: %v", err)
	}
	if _, err := w.again(t, "staff"); !same(err, tracker.ErrNotFound) {
		t.Errorf("an old session: %v", err)
	}
	mine := hashOf("staff@ha-long.example")
	asApp(t, db, 0, func(tx pgx.Tx) {
		for _, sql := range []string{
			`SELECT count(reset_password($1, $2, 'x')) FROM (SELECT $3::bytea) x`, `SELECT count(*) FROM account_of_password_link($1, $2) WHERE $3::bytea IS NOT NULL`,
			`SELECT count(*) FROM session_actor($3, $2) WHERE $1::bytea IS NOT NULL`, `SELECT count(*) FROM own_sessions($3, $2) WHERE $1::bytea IS NOT NULL`,
			`SELECT count(account_id) FROM change_own_profile($3, $2, 'x', 'vi') WHERE $1::bytea IS NOT NULL`,
			`SELECT count(change_own_password($3, $2, '$argon2id$staff', 'x')) FROM (SELECT $1::bytea) x`,
			`SELECT end_own_sessions($3, $2, NULL) FROM (SELECT $1::bytea) x`,
		} {
			if n := seen(t, tx, sql, hashOf("link"), pgtest.Now, mine); n != 0 {
				t.Errorf("%s: %d", sql, n)
			}
		}
	})
	must(t, w.store.WithClock(time.Now).StartSession(t.Context(), w.staff, postgres.NewSession{TokenHash: hashOf("alive"), Lifetime: time.Hour}))
	db.Exec(t, `SELECT settle_sign_in(NULL, '', NULL, NULL, now() + interval '9 days')`)
	if got, err := w.store.SessionActor(t.Context(), hashOf("alive")); err != nil || got.AccountID != w.staff.AccountID {
		t.Errorf("a session of today: %+v, %v", got, err)
	}
}
