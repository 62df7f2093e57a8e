package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// unfinished begins the names of data directories that initdb has not yet
// completed. Only such directories are ever removed.
const unfinished = "initdb-"

// A cluster is a data directory and the programs that serve it.
type cluster struct {
	dataDir  string
	binaries Binaries
	fresh    bool // the data directory is yet to be made
}

// locateCluster picks the data directory to serve. Existing data decide the
// version; only where there are none does the newest PostgreSQL make a new
// directory, so that nobody starts empty beside their own data.
func locateCluster(ctx context.Context, options Options) (*cluster, error) {
	major, err := existingMajor(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("look for existing data: %w", err)
	}
	binaries, err := Find(ctx, options, major)
	if err != nil && major != 0 {
		return nil, &MissingVersionError{Major: major, DataDir: dataDir(options.Dir, major), Cause: err}
	}
	if err != nil {
		return nil, err
	}
	return &cluster{
		dataDir:  dataDir(options.Dir, binaries.Major),
		binaries: binaries,
		fresh:    major == 0,
	}, nil
}

func dataDir(dir string, major int) string {
	return filepath.Join(dir, "postgres-"+strconv.Itoa(major))
}

// existingMajor returns the newest major version that has data in dir, or 0.
// The newest, even when only an older one could be served: what an upgrade
// left behind is not what people worked on last.
func existingMajor(dir string) (int, error) {
	found, err := filepath.Glob(filepath.Join(dir, "postgres-*"))
	if err != nil {
		return 0, err
	}
	newest := 0
	for _, path := range found {
		if !isDir(path) {
			continue
		}
		major, err := majorOf(path)
		if err != nil {
			return 0, err
		}
		newest = max(newest, major)
	}
	return newest, nil
}

// majorOf reads which version made a data directory. Anything that looks like
// one and is not is an error: it may be somebody's damaged data.
func majorOf(path string) (int, error) {
	content, err := os.ReadFile(filepath.Join(path, "PG_VERSION"))
	if err != nil {
		return 0, fmt.Errorf("%s is not a whole data directory, move it aside or repair it: %w", path, err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read the version of %s: %w", path, err)
	}
	if path != dataDir(filepath.Dir(path), major) {
		return 0, fmt.Errorf("%s holds data of PostgreSQL %d, rename it to match", path, major)
	}
	return major, nil
}

// removeUnfinished removes what interrupted starts left. The initdb of one may
// be running for a moment yet, and fill what is being emptied.
func removeUnfinished(ctx context.Context, dir string, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		err := removeAll(filepath.Join(dir, unfinished+"*"))
		if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// create makes the data directory under another name and renames it when it is
// whole, so that a kill in between leaves no half directory behind.
func (c *cluster) create(ctx context.Context, options Options, who identity) error {
	work, err := os.MkdirTemp(options.Dir, unfinished)
	if err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := who.own(work); err != nil {
		return err
	}
	if err := c.initdb(ctx, work, options, who); err != nil {
		return errors.Join(fmt.Errorf("make the data directory: %w", err), os.RemoveAll(work))
	}
	if err := os.Rename(work, c.dataDir); err != nil {
		return fmt.Errorf("put the new data directory in place: %w", err)
	}
	return syncDir(options.Dir)
}

func (c *cluster) initdb(ctx context.Context, work string, options Options, who identity) error {
	args := append([]string{
		"--pgdata", work, "--username", Owner,
		"--auth-local", "trust", "--auth-host", "reject",
		"--encoding", "UTF8", "--no-instructions",
	}, localeArgs(c.binaries.Major, runtime.GOOS)...)
	if options.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	cmd := exec.Command(c.binaries.path("initdb"), append(args, options.initdbArgs...)...) //nolint:noctx // its caller ends it in order
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Dir, cmd.Env, cmd.WaitDelay = options.Dir, childEnvironment(), time.Second
	cmd.SysProcAttr = who.attributes
	done := make(chan struct{})
	initdb, err := launch(cmd, done)
	if err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	if err := initdb.wait(ctx); err != nil {
		return fmt.Errorf("run initdb: %w%s", err, tail(said.Bytes()))
	}
	return nil
}

// localeArgs choose a locale that sorts by code point, and yet lowers "Đ" and
// the other letters of Vietnamese, which plain C does not.
func localeArgs(major int, system string) []string {
	switch {
	case major >= 17:
		return []string{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"}
	case system == "darwin": // where not every release knows C.UTF-8
		return []string{"--locale=en_US.UTF-8"}
	default:
		return []string{"--locale=C.UTF-8"}
	}
}

// syncDir makes a rename in dir last through a power cut.
func syncDir(dir string) error {
	handle, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(handle.Sync(), handle.Close())
}
