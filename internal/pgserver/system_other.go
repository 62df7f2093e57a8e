//go:build unix && !linux

package pgserver

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// tied keeps a Ctrl-C at the terminal for the program alone. These systems
// cannot end a child with its parent: after a kill, the next start does it.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func chooseIdentity(context.Context, string) (identity, error) {
	if os.Geteuid() != 0 {
		return ourselves(), nil
	}
	return unprivileged()
}

// postgresOn reports whether the process is a server on the data directory.
func postgresOn(pid int, dataDir string) bool {
	if pid <= 0 {
		return false
	}
	said, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(said), "-D "+dataDir)
}

func scratchParent() string { return os.TempDir() }
