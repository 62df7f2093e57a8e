package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// processesIn lists the processes that work in or below a directory, which is
// where every process of a server is.
func processesIn(t *testing.T, dir string) []string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err == nil && (cwd == dir || strings.HasPrefix(cwd, dir+"/")) {
			found = append(found, filepath.Dir(link))
		}
	}
	return found
}

func TestStopLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	server := mustStart(t, quick(filled(t, dir)))
	if len(processesIn(t, dir)) < 3 {
		t.Fatal("the server's processes are not where this test looks")
	}
	mustStop(t, server)
	if left := processesIn(t, dir); len(left) != 0 {
		t.Errorf("left running: %v", left)
	}
}

func TestServerEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := openDir(t)
			program := startHelper(t, helperCommand(t, dir))
			execute(t, program.ready(t).URL, "CREATE TABLE kept AS SELECT 'yes' AS value")
			if err := program.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = program.cmd.Wait() // by the signal, as it should

			// At once, while the old server may still be stopping.
			server := mustStart(t, quick(dir))
			if server.Fresh() {
				t.Error("the next start is fresh")
			}
			if got := query(t, server.URL("postgres", Owner), "SELECT value FROM kept"); got != "yes" {
				t.Errorf("kept %q", got)
			}
			mustStop(t, server)
			eventually(t, "nothing runs", func() bool { return len(processesIn(t, dir)) == 0 })
			log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(log), "not properly shut down") {
				t.Errorf("the shutdown was not clean:\n%s", log)
			}
		})
	}
}

func TestKilledProgramLeavesNoServer(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	program := startHelper(t, helperCommand(t, dir))
	program.ready(t)
	if err := program.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing runs", func() bool { return len(processesIn(t, dir)) == 0 })
}

func TestKillDuringInitdbLeavesNoHalfDirectory(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	program := startHelper(t, helperCommand(t, dir))
	eventually(t, "initdb writes", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, unfinished+"*", "base"))
		return len(found) > 0
	})
	if err := program.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.cmd.Wait() // killed, as it should
	if found, _ := filepath.Glob(filepath.Join(dir, "postgres-*")); len(found) != 0 {
		t.Fatalf("the kill came too late: %v", found)
	}
	if !mustStart(t, quick(dir)).Fresh() {
		t.Error("the next start is not fresh")
	}
	if found, _ := filepath.Glob(filepath.Join(dir, unfinished+"*")); len(found) != 0 {
		t.Errorf("left behind: %v", found)
	}
}

// abandon lets go of the lock, as the death of a program does, and leaves the
// server running, as the kernel does for a moment.
func abandon(t *testing.T, dir string) (*Server, *os.Process) {
	t.Helper()
	server := mustStart(t, quick(filled(t, dir)))
	server.lock.release()
	return server, server.child.cmd.Process
}

func TestPreviousServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	previous, process := abandon(t, dir)
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	const pause = 600 * time.Millisecond
	time.AfterFunc(pause, func() { _ = process.Signal(syscall.SIGCONT) })
	begun := time.Now()
	server := mustStart(t, quick(dir))
	if took := time.Since(begun); took < pause {
		t.Errorf("started after %v, when the previous server still ran", took)
	}
	select {
	case <-previous.Done():
	default:
		t.Error("the previous server still runs")
	}
	if got := query(t, server.URL("postgres", Owner), "SELECT '1'"); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestPreviousServerThatStaysIsAnError(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	_, process := abandon(t, dir)
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer process.Signal(syscall.SIGCONT)
	options := quick(dir)
	options.patience = 200 * time.Millisecond
	begun := time.Now()
	server, err := Start(testContext(t), options)
	if took := time.Since(begun); took < options.patience || took > 10*time.Second {
		t.Errorf("gave up after %v, want %v", took, options.patience)
	}
	if server != nil || !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), fmt.Sprint(process.Pid)) {
		t.Errorf("got %v, %v, want ErrInUse with %d", server, err, process.Pid)
	}
}

func TestServerOfSomebodyElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	server := mustStart(t, quick(filled(t, dir)))
	mustStop(t, server)
	foreign, dataDir := startForeign(t, dir)

	options := quick(dir)
	options.patience = 300 * time.Millisecond
	_, err := Start(testContext(t), options)
	if !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if !postgresOn(foreign.cmd.Process.Pid, dataDir) {
		t.Error("the other server was ended")
	}
}

// startForeign serves a directory's data by hand, under another socket.
func startForeign(t *testing.T, dir string) (*child, string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := locateCluster(t.Context(), quick(dir))
	if err != nil {
		t.Fatal(err)
	}
	who, err := chooseIdentity(t.Context(), c.binaries.path("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	socketDir := openDir(t)
	if err := who.own(socketDir); err != nil {
		t.Fatal(err)
	}
	cmd := serverCommand(c, socketDir, nil)
	cmd.SysProcAttr = who.attributes
	foreign, err := launch(cmd, make(chan struct{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = foreign.end(context.Background(), orderly) })
	eventually(t, "the other server runs", func() bool {
		content, _ := os.ReadFile(pidFile(c.dataDir))
		return strings.Contains(string(content), "ready")
	})
	return foreign, c.dataDir
}

func TestStalePidFileIsRemoved(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	server := mustStart(t, quick(filled(t, dir)))
	mustStop(t, server)
	dataDirs, err := filepath.Glob(filepath.Join(dir, "postgres-*[0-9]"))
	if err != nil || len(dataDirs) != 1 {
		t.Fatalf("data directories %v, %v", dataDirs, err)
	}
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	for name, content := range map[string]string{
		"of a process that is gone":      "4194300\n" + dataDirs[0],
		"of a process that is no server": fmt.Sprintf("%d\n%s", sleeper.Process.Pid, dataDirs[0]),
		"that is empty":                  "",
	} {
		if err := os.WriteFile(pidFile(dataDirs[0]), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		server, err := Start(testContext(t), quick(dir))
		if err != nil {
			t.Errorf("pid file %s: %v", name, err)
			continue
		}
		mustStop(t, server)
	}
}

func TestDoneTellsOfADeadServer(t *testing.T) {
	t.Parallel()
	server := mustStart(t, quick(filled(t, openDir(t))))
	if err := server.child.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-server.Done():
	case <-time.After(15 * time.Second):
		t.Fatal("Done stays open")
	}
	err := server.Stop(context.Background())
	if err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("Stop gives %v", err)
	}
}

func TestStopInsists(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	server := mustStart(t, quick(filled(t, dir)))
	if err := server.child.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := server.Stop(ctx)
	if err == nil || !strings.Contains(err.Error(), "did not stop when asked") {
		t.Errorf("Stop gives %v", err)
	}
	eventually(t, "nothing runs", func() bool { return len(processesIn(t, dir)) == 0 })
	if mustStart(t, quick(dir)).Fresh() {
		t.Error("the data are gone")
	}
}

// TestReleasedLockIsFreeWhileAChildStarts stands for the moment between fork
// and exec, in which the child holds copies of all that is open.
func TestReleasedLockIsFreeWhileAChildStarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	held, err := tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	forked, err := syscall.Dup(int(held.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(forked) }()
	held.release()
	again, err := tryLock(path)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	again.release()
}
