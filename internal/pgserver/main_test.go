//go:build unix

package pgserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperMark as the first argument makes the test binary play another program
// that serves a directory, until its standard input ends.
const helperMark = "pgserver-helper"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == helperMark {
		if err := runHelper(os.Args[2], len(os.Args) > 3); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	failed := m.Run()
	_ = os.RemoveAll(oneCluster.dir)
	os.Exit(failed)
}

// A report is what the helper says about its server.
type report struct {
	PID int
	URL string
}

func runHelper(dir string, asUser bool) error {
	options := quick(dir)
	if asUser {
		options.identify = func(context.Context, string) (identity, error) { return unprivileged() }
	}
	server, err := Start(context.Background(), options)
	if err != nil {
		return err
	}
	said := report{PID: server.child.cmd.Process.Pid, URL: server.URL("postgres", Owner)}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return server.Stop(context.Background())
}

// quick are options for data that may be lost.
func quick(dir string) Options {
	return Options{Dir: dir, Settings: map[string]string{"fsync": "off", "autovacuum": "off"}}
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// oneCluster is a directory in which a server has run.
var oneCluster struct {
	once sync.Once
	dir  string
}

// filled copies into the directory what a server has made, for tests that are not
// about its making, and returns it.
func filled(t *testing.T, dir string) string {
	t.Helper()
	oneCluster.once.Do(func() {
		scratch, err := NewScratch()
		if err != nil {
			t.Fatal(err)
		}
		mustStop(t, mustStart(t, quick(scratch)))
		oneCluster.dir = scratch
	})
	if oneCluster.dir == "" {
		t.Fatal("the first start has failed")
	}
	if err := CopyTree(oneCluster.dir, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// mustStart starts a server that is stopped with the test, if not before.
func mustStart(t *testing.T, options Options) *Server {
	t.Helper()
	server, err := Start(testContext(t), options)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func mustStop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(context.Background()); err != nil {
		t.Fatalf("stop: %v", err)
	}
}

// query runs one statement and returns its single value as text.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.Background())
	var value string
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("query %s: %v", sql, err)
	}
	return value
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("execute %s: %v", sql, err)
	}
}

// A helper is another program that runs this package.
type helper struct {
	cmd *exec.Cmd
	out *json.Decoder
	in  io.Closer
}

// helperCommand prepares the helper, from a copy of the test binary that every
// user may run.
func helperCommand(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(openDir(t), "helper")
	content, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	writeProgram(t, program, content)
	cmd := exec.Command(program, helperMark, dir)
	cmd.Stderr = os.Stderr
	cmd.Dir = "/"
	return cmd
}

func startHelper(t *testing.T, cmd *exec.Cmd) *helper {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the helper: %v", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
		// A killed program leaves it, empty, to its next start.
		_ = os.RemoveAll(filepath.Join(os.TempDir(), socketBase(cmd.Args[2])))
	})
	return &helper{cmd: cmd, out: json.NewDecoder(out), in: in}
}

// ready waits until the helper serves.
func (h *helper) ready(t *testing.T) report {
	t.Helper()
	var said report
	if err := h.out.Decode(&said); err != nil {
		t.Fatalf("the helper did not start a server: %v", err)
	}
	return said
}

// writeProgram writes a file to be executed. No process may be forked while the
// file is open for writing: it would hold it open, and so keep it from running.
func writeProgram(t *testing.T, path string, content []byte) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
}

// openDir is a directory that every user may pass through; the test's own may
// be, depending on the umask.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path := dir; path != filepath.Clean(os.TempDir()) && path != "/"; path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
