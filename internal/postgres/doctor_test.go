package postgres_test

import (
	"io/fs"
	"testing"
	"time"

	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/migrations"
)

// examined is the condition without what differs from server to server.
func examined(t *testing.T, address string) postgres.Condition {
	t.Helper()
	c, err := postgres.Examine(t.Context(), address, time.Now)
	must(t, err)
	if c.Server == "" || c.Ahead.Abs() > time.Second {
		t.Errorf("server %q, %s ahead", c.Server, c.Ahead)
	}
	c.Server, c.Ahead = "", 0
	return c
}

func TestExamine(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	app := postgres.Condition{Login: postgres.AppRole, AppRole: true, BecomesApp: true, Schema: newest, Needed: newest, Frameworks: 1, JobSchema: 8, JobSchemaNeeded: 8}
	owner := app
	owner.Login, owner.Bypasses, owner.Owns = pgserver.Owner, true, true
	before := fingerprint(t, db)
	if got := examined(t, db.URL); got != app {
		t.Errorf("as the app role: %+v, want %+v", got, app)
	}
	if got := examined(t, db.OwnerURL); got != owner {
		t.Errorf("as the owner: %+v, want %+v", got, owner)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	db.Exec(t, `INSERT INTO account (email, name, password_hash, created_at) VALUES ('a@b.c', 'A', 'x', now())`)
	db.Exec(t, `UPDATE schema_migrations SET version = version + 1, dirty = true`)
	db.Exec(t, `DELETE FROM framework`)
	app.Accounts, app.Schema, app.Dirty, app.Frameworks = true, newest+1, true, 0
	if got := examined(t, db.URL); got != app {
		t.Errorf("newer, broken, empty: %+v, want %+v", got, app)
	}
	db.Exec(t, `DROP TABLE schema_migrations`)
	app.Accounts, app.Schema, app.Dirty = false, 0, false
	if got := examined(t, db.URL); got != app {
		t.Errorf("never migrated: %+v, want %+v", got, app)
	}
}

// newest is the version that this program migrates to: migrations are numbered
// without gaps.
var newest = func() uint {
	ups, err := fs.Glob(migrations.Files, "*.up.sql")
	if err != nil {
		panic(err)
	}
	return uint(len(ups))
}()

// TestExamineAFreshServer: no role, no schema, logins of all kinds.
func TestExamineAFreshServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, t.TempDir())
	owner := server.URL("postgres", pgserver.Owner)
	execute(t, owner, `CREATE ROLE web LOGIN`)
	if got, want := examined(t, server.URL("postgres", "web")), (postgres.Condition{Login: "web", Needed: newest, JobSchemaNeeded: 8}); got != want {
		t.Errorf("nothing there: %+v, want %+v", got, want)
	}
	must(t, postgres.Migrate(t.Context(), owner, ""))
	stranger := postgres.Condition{Login: "web", AppRole: true, Needed: newest, JobSchemaNeeded: 8}
	if got := examined(t, server.URL("postgres", "web")); got != stranger {
		t.Errorf("a login that was left out: %+v, want %+v", got, stranger)
	}
	must(t, postgres.Migrate(t.Context(), owner, "web"))
	member := postgres.Condition{Login: "web", AppRole: true, BecomesApp: true, Schema: newest, Needed: newest, JobSchema: 8, JobSchemaNeeded: 8}
	if got := examined(t, server.URL("postgres", "web")); got != member {
		t.Errorf("a member: %+v, want %+v", got, member)
	}
	execute(t, owner, `ALTER ROLE web BYPASSRLS`)
	execute(t, owner, `ALTER ROLE learningcity_app BYPASSRLS`)
	member.Bypasses, member.AppBypasses = true, true
	if got := examined(t, server.URL("postgres", "web")); got != member {
		t.Errorf("roles that bypass: %+v, want %+v", got, member)
	}
	execute(t, owner, `ALTER ROLE web NOBYPASSRLS`)
	execute(t, owner, `ALTER TABLE city OWNER TO web`)
	member.Bypasses, member.Owns = false, true
	if got := examined(t, server.URL("postgres", "web")); got != member {
		t.Errorf("an owner: %+v, want %+v", got, member)
	}
}

func TestExamineTheClock(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	c, err := postgres.Examine(t.Context(), db.URL, func() time.Time { return time.Now().Add(-time.Minute) })
	must(t, err)
	if off := c.Ahead + time.Minute; off.Abs() > time.Second {
		t.Errorf("a minute behind is %s ahead", c.Ahead)
	}
}

func TestExamineNothing(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres:///x?host=/nowhere", "postgres://host:notaport/"} {
		if _, err := postgres.Examine(t.Context(), address, time.Now); err == nil {
			t.Errorf("%s: no error", address)
		}
	}
}
