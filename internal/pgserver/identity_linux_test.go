package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asUser is the identity of a machine whose kernel forbids user namespaces.
func asUser(context.Context, string) (identity, error) { return unprivileged() }

func TestPrivateParentDirectory(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	server, err := Start(testContext(t), quick(filepath.Join(parent, "data")))
	if os.Geteuid() == 0 && !namespaced().works(t.Context(), mustFind(t).path("postgres")) {
		if err == nil || !strings.Contains(err.Error(), "may not pass through "+parent) {
			t.Fatalf("got %v, want an error that names %s", err, parent)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	mustStop(t, server)
}

func mustFind(t *testing.T) Binaries {
	t.Helper()
	binaries, err := Find(t.Context(), Options{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return binaries
}

func TestCancelledTrialIsNotTakenForARefusal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var want error // an ordinary user has no choice, and no trial
	if os.Geteuid() == 0 {
		want = context.Canceled
	}
	if _, err := chooseIdentity(ctx, mustFind(t).path("postgres")); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "own")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := helperCommand(t, dir)
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, overflow, overflow); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: overflow, Gid: overflow}}
	}
	program := startHelper(t, cmd)
	said := program.ready(t)
	if got := query(t, said.URL, "SELECT current_user::text"); got != Owner {
		t.Errorf("connected as %q", got)
	}
	if err := program.in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := program.cmd.Wait(); err != nil {
		t.Errorf("the helper ended with %v", err)
	}
	if left := processesIn(t, dir); len(left) != 0 {
		t.Errorf("left running: %v", left)
	}
}

// TestWithoutUserNamespaces is about root, who alone can become another user:
// for anybody else the system must refuse, and Start must say so.
func TestWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	options := quick(filepath.Join(openDir(t), "data"))
	options.identify = asUser
	server, err := Start(testContext(t), options)
	if os.Geteuid() != 0 {
		if err == nil || !strings.Contains(err.Error(), "operation not permitted") {
			t.Errorf("got %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	execute(t, server.URL("postgres", Owner), "CREATE TABLE kept (value int)")
	who, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d", server.child.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if ownerOf(info) != who.uid {
		t.Errorf("the server runs as %d, want %d", ownerOf(info), who.uid)
	}
	mustStop(t, server)

	// The same data under the usual identity, and back.
	for _, identify := range []func(context.Context, string) (identity, error){nil, asUser} {
		options.identify = identify
		again := mustStart(t, options)
		if got := query(t, again.URL("postgres", Owner), "SELECT count(*)::text FROM kept"); got != "0" {
			t.Errorf("kept has %s rows", got)
		}
		mustStop(t, again)
	}
}

func TestWithoutUserNamespacesParentsMustBeOpen(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	options := quick(filepath.Join(closed, "data"))
	options.identify = asUser
	server, err := Start(testContext(t), options)
	if server != nil || err == nil || !strings.Contains(err.Error(), "may not pass through "+closed) {
		t.Errorf("got %v, %v, want an error that names %s", server, err, closed)
	}
}

func TestServerEndsWithTheProgramWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	cmd := helperCommand(t, dir)
	cmd.Args = append(cmd.Args, "as user")
	if os.Geteuid() != 0 {
		cmd.Args = cmd.Args[:3] // nobody else is another user's parent
	}
	program := startHelper(t, cmd)
	program.ready(t)
	if len(processesIn(t, dir)) < 3 {
		t.Fatal("the server's processes are not where this test looks")
	}
	if err := program.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing runs", func() bool { return len(processesIn(t, dir)) == 0 })
}
