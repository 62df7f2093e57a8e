package pgserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// overflow is the id the kernel itself shows for "somebody else"; every
// distribution calls it nobody, and PostgreSQL needs a user that has a name.
const overflow = 65534

// tied makes a child end when the program does, in whatever way: as PostgreSQL
// understands it, SIGINT is a clean and fast shutdown. A process group of its
// own keeps a Ctrl-C at the terminal for the program alone.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// chooseIdentity returns the first identity that works on this machine.
func chooseIdentity(ctx context.Context, postgres string) (identity, error) {
	if os.Geteuid() != 0 {
		return ourselves(), nil
	}
	who := namespaced()
	if who.works(ctx, postgres) {
		return who, nil
	}
	if err := ctx.Err(); err != nil { // which is why it did not work
		return identity{}, err
	}
	return unprivileged()
}

// namespaced is root under another name: to the rest of the system, files and
// all, it is this user still, so that no owner and no mode has to change.
func namespaced() identity {
	attributes := tied()
	attributes.Cloneflags = syscall.CLONE_NEWUSER
	attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: overflow, HostID: os.Geteuid(), Size: 1}}
	attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: overflow, HostID: os.Getegid(), Size: 1}}
	attributes.GidMappingsEnableSetgroups = false
	return identity{
		name: "root in a user namespace", uid: os.Geteuid(), gid: os.Getegid(), attributes: attributes,
	}
}

// works tries the identity on something harmless: containers and cautious
// kernels forbid user namespaces.
func (who identity) works(ctx context.Context, postgres string) bool {
	harmless, err := exec.LookPath("true") // ends sooner than PostgreSQL says its version
	if err != nil {
		harmless = postgres
	}
	cmd := exec.CommandContext(ctx, harmless, "--version")
	attributes := *who.attributes
	attributes.Pdeathsig = 0 // this thread is not kept, and the trial is short
	cmd.SysProcAttr = &attributes
	return cmd.Run() == nil
}

// postgresOn reports whether the process is a server on the data directory. In
// doubt it is: the answer allows its pid file to be deleted.
func postgresOn(pid int, dataDir string) bool {
	if pid <= 0 {
		return false
	}
	arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	program, _, _ := bytes.Cut(arguments, []byte{0})
	if filepath.Base(string(program)) != "postgres" {
		return false
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err != nil || cwd == dataDir
}

// scratchParent returns where throw-away data are best kept: in memory, when
// there is more of it than a test run could fill.
func scratchParent() string {
	const memory, enough = "/dev/shm", 1 << 30
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err == nil && int64(stat.Bavail)*stat.Bsize > enough {
		return memory
	}
	return os.TempDir()
}
