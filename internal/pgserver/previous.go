package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// awaitPrevious waits until no other server runs on the data directory, and
// removes the pid file of one that has gone. The caller holds the lock, so a
// server found here has outlived its program and is, as a rule, stopping.
func awaitPrevious(ctx context.Context, dataDir, socketBase string, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for asked := false; ; {
		pid, socket, err := readPostmaster(dataDir)
		if err != nil {
			return fmt.Errorf("look for a previous server: %w", err)
		}
		if !postgresOn(pid, dataDir) {
			return removeStale(dataDir)
		}
		// One that this package started, its socket directory says so, has
		// nobody left to serve. Where the kernel does not end it, we must.
		if !asked && filepath.Base(socket) == socketBase {
			asked = true
			interrupt(pid)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: another PostgreSQL, process %d, serves %s", ErrInUse, pid, dataDir)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the previous server, process %d: %w", pid, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// readPostmaster reads the file in which a server says that it serves the data
// directory: its process id, 0 when there is none, and its socket directory.
func readPostmaster(dataDir string) (pid int, socket string, err error) {
	content, err := os.ReadFile(pidFile(dataDir))
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", nil
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) > 4 {
		socket = lines[4]
	}
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0])) // unreadable is as good as none
	return pid, socket, err
}

// removeStale deletes the pid file of a server that has gone. PostgreSQL would
// refuse to start when another program has its process id by now.
func removeStale(dataDir string) error {
	err := os.Remove(pidFile(dataDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func pidFile(dataDir string) string { return filepath.Join(dataDir, "postmaster.pid") }
