//go:build unix

package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An identity is whom PostgreSQL runs as, which it refuses to do as root.
type identity struct {
	name       string
	uid, gid   int // who must own the files, seen from this program
	attributes *syscall.SysProcAttr
	confined   bool // another user, who may go where permissions allow
}

// ourselves is the identity of a program that is not root.
func ourselves() identity {
	return identity{
		name: "this user", uid: os.Geteuid(), gid: os.Getegid(), attributes: tied(),
	}
}

// unprivileged is the identity of an ordinary user whom root can become.
func unprivileged() (identity, error) {
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseInt(account.Uid, 10, 64) // macOS says -2
		gid, gidErr := strconv.ParseInt(account.Gid, 10, 64)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return identity{}, err
		}
		attributes := tied()
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return identity{
			name: name, uid: int(uint32(uid)), gid: int(uint32(gid)), attributes: attributes, confined: true,
		}, nil
	}
	return identity{}, errors.New("PostgreSQL refuses to run as root, and there is no user postgres " +
		"or nobody to run it as: start the program as an ordinary user")
}

// own hands a tree to the identity, when it is not the owner already.
func (who identity) own(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if ownerOf(info) == who.uid {
		return nil
	}
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, who.uid, who.gid))
	})
	if err != nil {
		return fmt.Errorf("give %s to %s: %w", dir, who.name, err)
	}
	return nil
}

// mayReach returns an error that names the directory which keeps the identity
// from getting to one of the paths.
func (who identity) mayReach(paths ...string) error {
	if !who.confined {
		return nil
	}
	for _, path := range paths {
		for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
			if err := who.mayPass(dir); err != nil {
				return fmt.Errorf("%s cannot be reached: %w", path, err)
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return nil
}

func (who identity) mayPass(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode()&0o001 == 0 && ownerOf(info) != who.uid {
		return fmt.Errorf("PostgreSQL has to run as user %s here, who may not pass through %s: "+
			"choose a directory open to all (chmod o+x), or start the program as an ordinary user", who.name, dir)
	}
	return nil
}

func ownerOf(info fs.FileInfo) int {
	return int(info.Sys().(*syscall.Stat_t).Uid) //nolint:errcheck // it is what Unix systems give
}

// lockFile takes the kernel's lock on a file, or reports that it is taken.
func lockFile(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// unlockFile lets go of the lock for every copy of the open file.
func unlockFile(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_UN) }

// interrupt asks a server to stop. That it has just stopped is no error.
func interrupt(pid int) { _ = syscall.Kill(pid, syscall.SIGINT) }

// alive reports whether a process exists, whoever's it is.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
