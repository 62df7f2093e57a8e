//go:build unix

package pgserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestVersionIsAskedOnce: a start does not wait for a program that has said its
// version to another start, unless it is another file by now, or what was
// written down cannot be read.
func TestVersionIsAskedOnce(t *testing.T) {
	t.Parallel()
	programs, options := t.TempDir(), Options{Dir: t.TempDir()}
	options.BinDir = programs
	asked := filepath.Join(t.TempDir(), "asked")
	install := func(version string) {
		script := "#!/bin/sh\necho x >> " + asked + "\necho 'postgres (PostgreSQL) " + version + "'\n"
		writeProgram(t, filepath.Join(programs, "postgres"), []byte(script))
		writeProgram(t, filepath.Join(programs, "initdb"), nil)
	}
	find := func(minor, times int) {
		t.Helper()
		got, err := Find(t.Context(), options, 15)
		if want := (Binaries{programs, 15, minor}); err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
		text, err := os.ReadFile(asked)
		if err != nil || strings.Count(string(text), "x") != times {
			t.Fatalf("asked %d times, %v, want %d", strings.Count(string(text), "x"), err, times)
		}
	}
	install("15.3")
	find(3, 1)
	find(3, 1)
	install("15.4") // as long as before
	if err := os.Chtimes(filepath.Join(programs, "postgres"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	find(4, 2)
	find(4, 2)
	for i, text := range []string{"null", `{"`} {
		if err := os.WriteFile(filepath.Join(options.Dir, "versions.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		find(4, 3+i)
	}
	options.Dir = ""
	find(4, 5)
	find(4, 6)
}
