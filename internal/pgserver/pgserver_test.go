//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRestartKeepsTheData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "not", "there", "yet")
	first := mustStart(t, quick(dir))
	if !first.Fresh() {
		t.Error("the first start is not fresh")
	}
	if err := first.EnsureDatabase(t.Context(), "city"); err != nil {
		t.Fatal(err)
	}
	execute(t, first.URL("city", Owner), "CREATE TABLE kept AS SELECT 'Đà Nẵng' AS name")
	mustStop(t, first)

	second := mustStart(t, quick(dir))
	if second.Fresh() {
		t.Error("the second start is fresh")
	}
	if err := second.EnsureDatabase(t.Context(), "city"); err != nil {
		t.Errorf("ensure a database that exists: %v", err)
	}
	if got := query(t, second.URL("city", Owner), "SELECT lower(name) FROM kept"); got != "đà nẵng" {
		t.Errorf("kept %q", got)
	}
}

// TestStartMakesItsDatabase: once, and leaves it alone afterwards.
func TestStartMakesItsDatabase(t *testing.T) {
	t.Parallel()
	options := quick(openDir(t))
	options.Database = "city \"1\""
	for _, sql := range []string{"CREATE TABLE kept AS SELECT 1 AS n", "UPDATE kept SET n = n + 1"} {
		server := mustStart(t, options)
		execute(t, server.URL(options.Database, Owner), sql)
		mustStop(t, server)
	}
	if got := query(t, mustStart(t, options).URL(options.Database, Owner), "SELECT n::text FROM kept"); got != "2" {
		t.Errorf("kept %s", got)
	}
}

func TestServerIsSetUpForServing(t *testing.T) {
	t.Parallel()
	server := mustStart(t, Options{Dir: openDir(t), Settings: map[string]string{"max_connections": "33"}})
	for setting, want := range map[string]string{
		"server_encoding":               "UTF8",
		"listen_addresses":              "",
		"fsync":                         "on",
		"jit":                           "off",
		"shared_buffers":                "64MB",
		"max_connections":               "33",
		"TimeZone":                      "UTC",
		"unix_socket_directories":       server.socketDir,
		"unix_socket_permissions":       "0700",
		"default_transaction_isolation": "read committed",
	} {
		if got := query(t, server.URL("postgres", Owner), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := query(t, server.URL("postgres", Owner), "SELECT lower('ĐẮK LẮK')"); got != "đắk lắk" {
		t.Errorf("lower gives %q", got)
	}
	hosts := "SELECT coalesce(string_agg(DISTINCT auth_method, ','), '') FROM pg_hba_file_rules WHERE type = 'host'"
	if got := query(t, server.URL("postgres", Owner), hosts); got != "reject" {
		t.Errorf("the network is given %q", got)
	}
}

func TestSocketDirectoryIsPrivateAndGoesWithTheServer(t *testing.T) {
	t.Parallel()
	server := mustStart(t, quick(filled(t, openDir(t))))
	info, err := os.Stat(server.socketDir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v", info.Mode())
	}
	mustStop(t, server)
	if _, err := os.Stat(server.socketDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

func TestRuntimeDirIsPreferred(t *testing.T) {
	t.Parallel()
	options := quick(filled(t, openDir(t)))
	runtimeDir, err := os.MkdirTemp("/tmp", "r")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtimeDir) })
	if err := os.Chmod(runtimeDir, 0o711); err != nil {
		t.Fatal(err)
	}
	options.RuntimeDir = runtimeDir
	server := mustStart(t, options)
	if filepath.Dir(server.socketDir) != runtimeDir {
		t.Errorf("socket in %s, want it below %s", server.socketDir, runtimeDir)
	}
}

func TestLongPathsAreServed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), strings.Repeat("đ", 90), strings.Repeat("l", 200))
	options := quick(dir)
	options.RuntimeDir = dir // too long for a socket, so passed over
	server := mustStart(t, options)
	if got := query(t, server.URL("postgres", Owner), "SELECT '1'"); got != "1" {
		t.Errorf("got %q", got)
	}
	if len(server.socketDir)+len("/.s.PGSQL.5432") > longestSocket {
		t.Errorf("%s is too long", server.socketDir)
	}
}

func TestSocketDirectoryOfAnotherIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "planted")
	if err := os.Symlink(t.TempDir(), path); err != nil {
		t.Fatal(err)
	}
	err := removeLeftover(path, identity{uid: os.Geteuid()})
	if err == nil || !strings.Contains(err.Error(), "belongs to somebody else") {
		t.Errorf("a planted link gives %v", err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the link is gone: %v", err)
	}
}

func TestSecondStartSaysInUse(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	first := mustStart(t, quick(filled(t, dir)))
	begun := time.Now()
	second, err := Start(testContext(t), quick(dir))
	if second != nil || !errors.Is(err, ErrInUse) {
		t.Fatalf("got %v, %v, want ErrInUse", second, err)
	}
	if holder := fmt.Sprintf("process %d", os.Getpid()); !strings.Contains(err.Error(), holder) {
		t.Errorf("%q does not name %s", err, holder)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("took %v to say so", took)
	}
	if got := query(t, first.URL("postgres", Owner), "SELECT '1'"); got != "1" {
		t.Errorf("the first server answers %q", got)
	}
}

func TestBadSettingIsReportedWithTheLog(t *testing.T) {
	t.Parallel()
	options := quick(openDir(t))
	options.Settings["shared_buffers"] = "plenty"
	server, err := Start(testContext(t), options)
	if server != nil || err == nil || !strings.Contains(err.Error(), "invalid value for parameter") {
		t.Fatalf("got %v, %v", server, err)
	}
	options.Settings["shared_buffers"] = "32MB"
	if again := mustStart(t, options); again.Fresh() {
		t.Error("the data directory was made twice")
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel) // in the middle of initdb
	server, err := Start(ctx, quick(dir))
	if server != nil || !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, %v", server, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if !mustStart(t, quick(dir)).Fresh() {
		t.Error("the next start is not fresh")
	}
}

func TestLongLogBeginsAnew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		size, wantKept int64
	}{
		{"short", 100, 100},
		{"long", 10<<20 + 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "postgres.log")
			if err := os.WriteFile(path, make([]byte, test.size), 0o600); err != nil {
				t.Fatal(err)
			}
			log, kept, err := openLog(path)
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			info, err := log.Stat()
			if err != nil {
				t.Fatal(err)
			}
			if kept != test.wantKept || info.Size() != test.wantKept {
				t.Errorf("kept %d, file has %d, want %d", kept, info.Size(), test.wantKept)
			}
		})
	}
}

func TestStopTwice(t *testing.T) {
	t.Parallel()
	server := mustStart(t, quick(filled(t, openDir(t))))
	mustStop(t, server)
	mustStop(t, server)
	select {
	case <-server.Done():
	default:
		t.Error("Done is open after Stop")
	}
}
