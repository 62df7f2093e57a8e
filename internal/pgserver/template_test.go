//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// counted are options whose Prepare makes one table and counts its runs.
func counted(t *testing.T, runs *atomic.Int32) TemplateOptions {
	t.Helper()
	return TemplateOptions{
		CacheDir: t.TempDir(),
		Key:      "key",
		Prepare: func(ctx context.Context, ownerURL string) error {
			runs.Add(1)
			conn, err := pgx.Connect(ctx, ownerURL)
			if err != nil {
				return err
			}
			_, err = conn.Exec(ctx, "CREATE TABLE prepared AS SELECT 'yes' AS value")
			return errors.Join(err, conn.Close(ctx))
		},
	}
}

func mustOpen(t *testing.T, options TemplateOptions) *Server {
	t.Helper()
	server, err := OpenTemplate(testContext(t), options)
	if err != nil {
		t.Fatalf("open the template: %v", err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func TestClonesAreEqualAndApart(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	server := mustOpen(t, counted(t, &runs))
	names := []string{"one", "two", "three", "four"}
	failures := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { failures[i] = server.Clone(t.Context(), name) })
	}
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	execute(t, server.URL("one", Owner), "UPDATE prepared SET value = 'changed'")
	if got := query(t, server.URL("two", Owner), "SELECT value FROM prepared"); got != "yes" {
		t.Errorf("the other clone holds %q", got)
	}

	if err := server.Drop(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	if err := server.Drop(t.Context(), "one"); err != nil {
		t.Errorf("drop what is gone: %v", err)
	}
	left := "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE NOT datistemplate"
	if got := query(t, server.URL("postgres", Owner), left); got != "four,postgres,three,two" {
		t.Errorf("databases %s", got)
	}
}

func TestTemplateTakesNoConnections(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	server := mustOpen(t, counted(t, &runs))
	_, err := pgx.Connect(t.Context(), server.URL(templateDatabase, Owner))
	if err == nil || !strings.Contains(err.Error(), "not currently accepting connections") {
		t.Errorf("connecting gives %v", err)
	}
}

func TestTemplateIsPreparedOnce(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	options := counted(t, &runs)
	var both sync.WaitGroup
	var servers [2]*Server
	var failures [2]error
	ctx := testContext(t)
	for i := range servers {
		both.Go(func() { servers[i], failures[i] = OpenTemplate(ctx, options) })
	}
	both.Wait()
	for i, server := range servers {
		if failures[i] != nil {
			t.Fatal(failures[i])
		}
		if err := server.Clone(t.Context(), "clone"); err != nil {
			t.Error(err)
		}
		mustStop(t, server)
	}
	if got := runs.Load(); got != 1 {
		t.Errorf("prepared %d times", got)
	}
	options.Key = "another"
	mustOpen(t, options)
	if got := runs.Load(); got != 2 {
		t.Errorf("prepared %d times after the key changed, want 2", got)
	}
}

func TestStopRemovesTheCopy(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	server := mustOpen(t, counted(t, &runs))
	scratch := server.scratch
	if !isDir(scratch) {
		t.Fatalf("no copy at %q", scratch)
	}
	if got := query(t, server.URL("postgres", Owner), "SELECT current_setting('data_directory')"); filepath.Dir(got) != scratch {
		t.Errorf("it serves %s, and the copy is in %s", got, scratch)
	}
	for setting, want := range throwaway {
		if got := query(t, server.URL("postgres", Owner), "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	mustStop(t, server)
	if isDir(scratch) {
		t.Error("the copy is still there")
	}
}

func TestFailedPreparationIsNotKept(t *testing.T) {
	t.Parallel()
	var runs atomic.Int32
	good := counted(t, &runs)
	bad := good
	broken := errors.New("broken migration")
	var address string
	bad.Prepare = func(_ context.Context, ownerURL string) error {
		address = ownerURL
		return broken
	}
	server, err := OpenTemplate(testContext(t), bad)
	if server != nil || !errors.Is(err, broken) {
		t.Fatalf("got %v, %v, want the error of Prepare", server, err)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(config.Host); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server was not stopped, its socket directory gives %v", err)
	}
	if err := mustOpen(t, good).Clone(t.Context(), "clone"); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func TestLeftoversOfDeadProcessesAreSwept(t *testing.T) {
	t.Parallel()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	parent := scratchParent()
	dead := filepath.Join(parent, fmt.Sprintf("%s%d-dead", scratchName, ended.Process.Pid))
	used := filepath.Join(parent, fmt.Sprintf("%s%d-used", scratchName, ended.Process.Pid))
	living := filepath.Join(parent, fmt.Sprintf("%s%d-living", scratchName, os.Getpid()))
	for _, path := range []string{dead, used, living} {
		if err := os.MkdirAll(filepath.Join(path, "postgres-15"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(path) })
	}
	held, err := tryLock(filepath.Join(used, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.release()
	stopping := filepath.Join(parent, fmt.Sprintf("%s%d-stopping", scratchName, ended.Process.Pid))
	t.Cleanup(func() { _ = os.RemoveAll(stopping) })
	mustStart(t, quick(stopping)).lock.release()
	sweepScratch()
	for path, want := range map[string]bool{dead: false, used: true, living: true, stopping: true} {
		if got := isDir(path); got != want {
			t.Errorf("%s is there: %v, want %v", path, got, want)
		}
	}
}

func TestOldTemplatesAreForgotten(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	for i := range 9 {
		path := filepath.Join(cache, fmt.Sprintf("template-%d", i))
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		used := modified(cache).AddDate(0, 0, -i)
		if err := os.Chtimes(path, used, used); err != nil {
			t.Fatal(err)
		}
	}
	if err := forget(cache); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(left) != 6 || !strings.HasSuffix(left[5], "template-5") {
		t.Errorf("left %v, %v, want the six used last", left, err)
	}
}

func TestCopyTreeKeepsModes(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(from, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "data", "file"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CopyTree(from, to); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{"data": 0o700, "data/file": 0o600} {
		info, err := os.Stat(filepath.Join(to, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info, err, want)
		}
	}
	if err := os.Symlink("data", filepath.Join(from, "link")); err != nil {
		t.Fatal(err)
	}
	if err := CopyTree(from, t.TempDir()); err == nil || !strings.Contains(err.Error(), "neither file nor directory") {
		t.Errorf("a link gives %v", err)
	}
}
