package pgserver_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/pgserver"
)

// TestRunning finds the server of another program while it runs, no longer.
func TestRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, none := range []string{dir, filepath.Join(dir, "none")} {
		if _, err := pgserver.Running(none); !errors.Is(err, pgserver.ErrNotRunning) {
			t.Errorf("nothing runs in %s: %v", none, err)
		}
	}
	server, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgserver.Running(dir)
	if err != nil {
		t.Fatal(err)
	}
	address := found.URL("postgres", pgserver.Owner)
	if want := server.URL("postgres", pgserver.Owner); address != want {
		t.Errorf("it is at %s, want %s", address, want)
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pgserver.Running(dir); !errors.Is(err, pgserver.ErrNotRunning) {
		t.Errorf("it was stopped: %v", err)
	}
}
