package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"learningcity/internal/pgserver"
	"learningcity/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(tests{m}) }

// tests have their data in memory, where there is room: they kill the program, not
// the machine. What is measured is on the disk.
type tests struct{ *testing.M }

// afterTests ends what tests share, if anything.
var afterTests = func() {}

func (m tests) Run() int {
	dir, err := pgserver.NewScratch()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a later run does it otherwise
	if inMemory {
		_ = os.Setenv("TMPDIR", dir)
	}
	defer func() { afterTests() }()
	return m.M.Run()
}

// installation is a data directory in which the program has run once.
var installation struct {
	once sync.Once
	dir  string // empty: it failed
}

// installed is a data directory of the test's own in which the program has run
// before: it holds the demonstration city, whose record is sealed. For tests that
// are not about the first start.
func installed(t *testing.T) string {
	t.Helper()
	installation.once.Do(func() { install(t) })
	if installation.dir == "" {
		t.Fatal("the first start has failed")
	}
	dir := t.TempDir()
	if err := pgserver.CopyTree(installation.dir, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func install(t *testing.T) {
	t.Helper()
	dir := filepath.Join(os.TempDir(), "installed") // which goes with all tests' data
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir)
	awaitSealed(t, []string{"LEARNINGCITY_DATA_DIR=" + dir})
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	installation.dir = dir
}
