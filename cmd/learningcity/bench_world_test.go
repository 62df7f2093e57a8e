//go:build bench

package main_test

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
)

// manyCities are in the database; the load uses the first of them.
const manyCities = 1000

// worldSQL multiplies the demonstration city and lays out the floor's tables.
//
//go:embed testdata/bench.sql
var worldSQL string

const database = "learningcity"

// world is one PostgreSQL with many cities, which the program and the floor
// share.
type world struct {
	appURL, ownerURL string
	open             []string // indicators whose claim may be changed at will
	accepted         []string // indicators that were accepted and not changed since
}

// newWorld is a world of many cities.
func (b *bench) newWorld(t *testing.T, name string) world { return b.worldOf(t, name, manyCities) }

// worldOf runs PostgreSQL as the program would, with the same settings, on a
// directory of that name.
func (b *bench) worldOf(t *testing.T, name string, cities int) world {
	t.Helper()
	pg, err := pgserver.Start(t.Context(), pgserver.Options{
		Dir: filepath.Join(b.dir, name), BinDir: b.config.PostgresBin, CacheDir: b.config.CacheDir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop(context.Background()) })
	if err := pg.EnsureDatabase(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	w := world{appURL: pg.URL(database, postgres.AppRole), ownerURL: pg.URL(database, pgserver.Owner)}
	for _, command := range []string{"migrate", "demo"} {
		cmd := exec.Command(b.program, command)
		cmd.Env = append(append(os.Environ(), w.environment()...), "LEARNINGCITY_DATA_DIR="+filepath.Join(b.dir, name+"-files"))
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, said)
		}
	}
	w.populate(t, cities)
	return w
}

// environment tells the program to use the world.
func (w world) environment() []string {
	return []string{"DATABASE_URL=" + w.appURL, "LEARNINGCITY_OWNER_URL=" + w.ownerURL}
}

func (w *world) populate(t *testing.T, cities int) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, w.ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	began := time.Now()
	if _, err := conn.Exec(ctx, "SELECT set_config('bench.cities', $1, false)", strconv.Itoa(cities)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.PgConn().Exec(ctx, worldSQL).ReadAll(); err != nil {
		t.Fatalf("make the cities: %v", err)
	}
	// What autovacuum and the checkpointer would do in the middle of a round.
	for _, sql := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for verdict, into := range map[string]*[]string{"none": &w.open, "accepted": &w.accepted} {
		rows, err := conn.Query(ctx, `SELECT code FROM floor.claim WHERE city_slug = 'bench-1' AND verdict = $1 AND NOT changed ORDER BY code`, verdict)
		if err != nil {
			t.Fatal(err)
		}
		if *into, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(*into) == 0 {
			t.Fatalf("look for indicators with the verdict %s: %v", verdict, err)
		}
	}
	t.Logf("%d cities made in %.1f s", cities, time.Since(began).Seconds())
}

// slug names one of the used cities, counted from 0.
func slug(city int) string { return fmt.Sprintf("bench-%d", city+1) }

// session is the token of that city's coordinator; the SQL knows it too.
func session(city int) string { return "session-of-" + slug(city) }
