package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// scratchName begins the names of throw-away directories; the id of the
// process that made them follows.
const scratchName = "learningcity-test-"

// NewScratch makes a throw-away directory for this process, in memory where there
// is room. Whoever makes it removes it; where it could not, a later test does.
func NewScratch() (string, error) {
	path, err := os.MkdirTemp(scratchParent(), scratchName+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", fmt.Errorf("make a throw-away directory: %w", err)
	}
	// As for any directory of a server: its identity must get through.
	return path, os.Chmod(path, 0o711)
}

// startScratch starts a server without regard for its data, which go with it.
func startScratch(ctx context.Context, options Options, scratch string) (*Server, error) {
	options.Dir = scratch
	options.Settings = merge(throwaway, options.Settings)
	server, err := Start(ctx, options)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(scratch))
	}
	server.scratch = scratch
	return server, nil
}

// sweepScratch removes what dead test processes left. It is a courtesy to the
// machine: what cannot be removed stays for the next time.
func sweepScratch() {
	for _, parent := range []string{scratchParent(), os.TempDir()} {
		found, _ := filepath.Glob(filepath.Join(parent, scratchName+"*"))
		for _, path := range found {
			sweep(path)
		}
	}
}

// sweep removes one throw-away directory unless somebody uses it: its maker, a
// holder of its lock, or a server that is still stopping.
func sweep(path string) {
	maker, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), scratchName), "-")
	pid, err := strconv.Atoi(maker)
	info, statErr := os.Lstat(path)
	if err != nil || statErr != nil || ownerOf(info) != os.Geteuid() || alive(pid) {
		return
	}
	held, err := tryLock(filepath.Join(path, "lock"))
	if err != nil {
		return
	}
	defer held.release()
	if serverRuns(path) {
		return
	}
	_ = os.RemoveAll(path)
	_ = removeLeftover(filepath.Join(os.TempDir(), socketBase(path)), identity{uid: os.Geteuid()})
}

// serverRuns reports whether a server works in any data directory below dir.
func serverRuns(dir string) bool {
	found, _ := filepath.Glob(filepath.Join(dir, "postgres-*"))
	for _, path := range found {
		if pid, _, err := readPostmaster(path); err != nil || postgresOn(pid, path) {
			return true
		}
	}
	return false
}

// CopyTree copies directories and files with their modes into an existing
// directory; PostgreSQL refuses data that others may read.
func CopyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil || relative == "." {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return copyEntry(path, filepath.Join(to, relative), info)
	})
}

func copyEntry(from, to string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return os.Mkdir(to, info.Mode().Perm())
	case info.Mode().IsRegular():
		return copyFile(from, to, info.Mode().Perm())
	default:
		return fmt.Errorf("%s is neither file nor directory", from)
	}
}

func copyFile(from, to string, mode fs.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
