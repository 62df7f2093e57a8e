package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
)

// TestUpDownUp: all migrations undone leave nothing, and done again the same.
func TestUpDownUp(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.RunClock(t)
	first := dumpSchema(t, db.OwnerURL)
	must(t, postgres.MigrateDown(db.OwnerURL))
	left := db.Lines(t, `
		SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'schema_migrations%'
		UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%schema_migrations'`)
	if len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	must(t, postgres.Migrate(t.Context(), db.OwnerURL, ""))
	if second := dumpSchema(t, db.OwnerURL); second != first {
		t.Errorf("the schema is another one:\n%s", firstDifference(second, first))
	}
}

// TestMigrateTwice changes nothing the second time.
func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	before := fingerprint(t, db)
	must(t, postgres.Migrate(t.Context(), db.OwnerURL, ""))
	must(t, postgres.Migrate(t.Context(), db.OwnerURL, postgres.AppRole))
	if fingerprint(t, db) != before {
		t.Error("migrating again wrote something")
	}
	must(t, db.Store.Ready(t.Context()))
}

// TestReady: only with the schema of this program, and a framework in it.
func TestReady(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, spoil string
		want        error
	}{
		{"migrated", `SELECT 1`, nil},
		{"dirty", `UPDATE schema_migrations SET dirty = true`, postgres.ErrNotMigrated},
		{"an older schema", `UPDATE schema_migrations SET version = version - 1`, postgres.ErrNotMigrated},
		{"a newer schema", `UPDATE schema_migrations SET version = version + 1`, postgres.ErrNotMigrated},
		{"all undone", `DELETE FROM schema_migrations`, postgres.ErrNotMigrated},
		{"never migrated", `DROP TABLE schema_migrations`, postgres.ErrNotMigrated},
		{"the first migration under way", `REVOKE ALL ON schema_migrations FROM learningcity_app`, postgres.ErrNotMigrated},
		{"no framework", `DELETE FROM framework`, postgres.ErrNotMigrated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t, pgtest.Options{})
			db.Exec(t, tt.spoil)
			store, err := postgres.Open(t.Context(), postgres.Options{URL: db.URL, MaxConns: 1})
			must(t, err)
			defer store.Close()
			if err := store.Ready(t.Context()); !same(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// TestMigrateDirty: what failed half-way is left to people, and they are told how.
func TestMigrateDirty(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `UPDATE schema_migrations SET dirty = true, version = 3`)
	before := fingerprint(t, db)
	err := postgres.Migrate(t.Context(), db.OwnerURL, "")
	want := "migration 000003 failed half-way earlier: restore the backup taken before it, or repair the schema by hand " +
		"and set schema_migrations.dirty to false"
	if err == nil || err.Error() != want {
		t.Errorf("it says %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestMigrateWithoutServer says who could not connect.
func TestMigrateWithoutServer(t *testing.T) {
	t.Parallel()
	err := postgres.Migrate(t.Context(), "postgres:///x?host=/nowhere", "")
	if err == nil || !strings.HasPrefix(err.Error(), "connect as owner: ") {
		t.Errorf("it says %v", err)
	}
}

// TestFreshCluster: programs that migrate at once on a server that has no app
// role, several to one database and to different ones, all succeed; a login of
// its own becomes a member of the role.
func TestFreshCluster(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, t.TempDir())
	const databases, programs = 6, 2
	execute(t, server.URL("postgres", pgserver.Owner), `CREATE ROLE web LOGIN`)
	for n := range databases {
		must(t, server.EnsureDatabase(t.Context(), fmt.Sprint("city_", n)))
	}
	var group sync.WaitGroup
	errs := make([]error, databases*programs)
	for i := range errs {
		group.Go(func() {
			errs[i] = postgres.Migrate(t.Context(), server.URL(fmt.Sprint("city_", i%databases), pgserver.Owner), "web")
		})
	}
	group.Wait()
	must(t, errors.Join(errs...))
	owner := server.URL("city_0", pgserver.Owner)
	must(t, postgres.ImportFramework(t.Context(), owner, published(t), pgtest.Now))
	for _, login := range []string{postgres.AppRole, "web"} {
		store, err := postgres.Open(t.Context(), postgres.Options{URL: server.URL("city_0", login), MaxConns: 1})
		must(t, err)
		defer store.Close()
		must(t, store.Ready(t.Context()))
	}
	if got, want := dumpSchema(t, server.URL("city_5", pgserver.Owner)), dumpSchema(t, owner); got != want {
		t.Errorf("two databases differ:\n%s", firstDifference(got, want))
	}
}

// TestOpenWithoutAppRole: a database of a cluster that was never migrated.
func TestOpenWithoutAppRole(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, t.TempDir())
	store, err := postgres.Open(t.Context(), postgres.Options{URL: server.URL("postgres", pgserver.Owner), MaxConns: 1})
	must(t, err)
	defer store.Close()
	if err := store.Ready(t.Context()); !same(err, postgres.ErrNotMigrated) {
		t.Errorf("as the owner: %v", err)
	}
	as, err := postgres.Open(t.Context(), postgres.Options{URL: server.URL("postgres", postgres.AppRole), MaxConns: 1})
	must(t, err)
	defer as.Close()
	if err := as.Ready(t.Context()); !same(err, postgres.ErrNotMigrated) {
		t.Errorf("as the role that is not there: %v", err)
	}
}

func execute(t testing.TB, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	must(t, err)
}

// lines reads rows of one column of text.
func lines(t testing.TB, address, sql string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), sql)
	must(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	return all
}

// firstDifference is the first line that differs, with what should stand there.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := lineAt(g, i), lineAt(w, i)
		if a != b {
			return fmt.Sprintf("line %d is\n%s\nand should be\n%s", i+1, a, b)
		}
	}
	return "nothing"
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
