package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/pgserver"
	"learningcity/internal/postgres/pgtest"
)

// ownDatabase is a PostgreSQL of one's own, empty.
func ownDatabase(t *testing.T, dir string) (*pgserver.Server, string) {
	t.Helper()
	pg := pgtest.Server(t, dir)
	if err := pg.EnsureDatabase(t.Context(), "own"); err != nil {
		t.Fatal(err)
	}
	return pg, pg.URL("own", pgserver.Owner)
}

// TestOwnDatabase: migrate, serve, demo, as the README tells for a database of
// one's own; each says what to do when called too early or too late.
func TestOwnDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pg, address := ownDatabase(t, dir)
	dataDir := t.TempDir()
	env := []string{"DATABASE_URL=" + address, "LEARNINGCITY_DATA_DIR=" + dataDir}
	p := launch(t, dataDir, env...)
	if !p.await(t, "/readyz", http.StatusServiceUnavailable, 30*time.Second) {
		t.Errorf("not migrated, but no 503:\n%s", p.log(t))
	}
	if out, err := runCommand(t, env, "demo"); err == nil || !strings.Contains(out, "the database is not migrated") {
		t.Errorf("demo before migrate: error %v, output %s", err, out)
	}
	if out, err := runCommand(t, env, "migrate"); err != nil || out != "The database is up to date.\n" {
		t.Fatalf("migrate: error %v, output %s", err, out)
	}
	if out, err := runCommand(t, env, "migrate"); err != nil || out != "The database is up to date.\n" {
		t.Errorf("migrate again: error %v, output %s", err, out)
	}
	if !p.await(t, "/readyz", http.StatusOK, 30*time.Second) {
		t.Fatalf("migrated, but not ready:\n%s", p.log(t))
	}
	if page := get(t, p.base+"/sign-in"); strings.Contains(page, "ha-long.demo") {
		t.Error("a database of one's own offers demonstration accounts")
	}
	if out, err := runCommand(t, env, "demo"); err != nil || !strings.Contains(out, "leader@ha-long.demo") {
		t.Fatalf("demo: error %v, output %s", err, out)
	}
	if out, err := runCommand(t, env, "demo"); err == nil || !strings.Contains(out, "the database is not empty") {
		t.Errorf("demo again: error %v, output %s", err, out)
	}
	if page := get(t, p.base+"/sign-in"); !strings.Contains(page, "ha-long.demo") {
		t.Error("the sign-in page does not know the demonstration that was loaded meanwhile")
	}
	leader := p.signIn(t, "leader@ha-long.demo")
	if score := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2024-08-13")); score != "50/57" {
		t.Errorf("score %s", score)
	}

	// The database stops and comes back: an honest 503, and no help needed.
	if err := pg.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !p.await(t, "/readyz", http.StatusServiceUnavailable, 30*time.Second) {
		t.Error("the database is gone, but no 503")
	}
	if !p.await(t, "/cities/ha-long", http.StatusServiceUnavailable, time.Second) && !p.await(t, "/sign-in", http.StatusServiceUnavailable, time.Second) {
		t.Error("the database is gone, but pages do not say so")
	}
	pgtest.Server(t, dir)
	if !p.await(t, "/readyz", http.StatusOK, 30*time.Second) {
		t.Error("the database is back, but the program is not")
	}
	if score := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2025-02-28")); score != "53/57" {
		t.Errorf("score %s after the database came back", score)
	}
}

// TestTwoLogins is how docker-compose.yml runs it: the owner migrates, the
// program's own login can become the app role and nothing more.
func TestTwoLogins(t *testing.T) {
	t.Parallel()
	pg, owner := ownDatabase(t, t.TempDir())
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE ROLE learningcity_program LOGIN`); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	dataDir := t.TempDir()
	env := []string{"DATABASE_URL=" + pg.URL("own", "learningcity_program"), "LEARNINGCITY_DATA_DIR=" + dataDir}
	if out, err := runCommand(t, append(env, "LEARNINGCITY_OWNER_URL="+owner), "migrate"); err != nil {
		t.Fatalf("migrate: error %v, output %s", err, out)
	}
	if out, err := runCommand(t, env, "demo"); err != nil {
		t.Fatalf("demo: error %v, output %s", err, out)
	}
	p := launch(t, dataDir, env...)
	if !p.await(t, "/readyz", http.StatusOK, 30*time.Second) {
		t.Fatalf("not ready:\n%s", p.log(t))
	}
	leader := p.signIn(t, "leader@ha-long.demo")
	if score := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2025-02-28")); score != "53/57" {
		t.Errorf("score %s", score)
	}
}

// TestConfigurationProblemsAreToldTogether before anything is started.
func TestConfigurationProblemsAreToldTogether(t *testing.T) {
	t.Parallel()
	out, err := runCommand(t, []string{"LEARNINGCITY_ADDR=here", "LEARNINGCITY_LANGUAGE=fr"}, "serve")
	if err == nil || !strings.Contains(out, "LEARNINGCITY_ADDR must") || !strings.Contains(out, "LEARNINGCITY_LANGUAGE must") {
		t.Errorf("error %v, output %s", err, out)
	}
}

func TestCommandsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ command, want string }{
		{"fly", "unknown command; learningcity help lists them"},
		{"migrate", "set DATABASE_URL"},
		{"demo", "set DATABASE_URL"},
	} {
		out, err := runCommand(t, nil, row.command)
		if err == nil || !strings.Contains(out, row.want) {
			t.Errorf("%s: error %v, output %s", row.command, err, out)
		}
	}
	if out, err := runCommand(t, nil, "help"); err != nil || out != usage {
		t.Errorf("help: error %v, output %s", err, out)
	}
}

func TestHealthCommand(t *testing.T) {
	t.Parallel()
	p := start(t, installed(t))
	address := "LEARNINGCITY_ADDR=" + strings.TrimPrefix(p.base, "http://")
	if out, err := runCommand(t, []string{address}, "health"); err != nil || out != "" {
		t.Errorf("ready: error %v, output %s", err, out)
	}
	if out, err := runCommand(t, []string{"LEARNINGCITY_ADDR=" + freeAddress(t)}, "health"); err == nil || !strings.Contains(out, "not running") {
		t.Errorf("not running: error %v, output %s", err, out)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	b := &browser{client: http.DefaultClient}
	return b.get(t, address)
}
