package pgserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Owner is the superuser of every cluster made here.
const Owner = "learningcity_owner"

// ErrInUse is returned when another program serves the same directory.
var ErrInUse = errors.New("directory is in use by another program")

// previousPatience is how long Start waits for what a program that has just
// died left running: long enough for a checkpoint, short enough to sit through.
const previousPatience = 10 * time.Second

// Options say where a private PostgreSQL lives. Only Dir is required.
type Options struct {
	// Dir holds the data directory ("postgres-15"), the log and the lock. It
	// is created when missing.
	Dir string
	// Database, when set, is there when Start returns; it is made where it is not.
	// To ask it whether the server answers spares the connection to another.
	Database string
	// BinDir, when set, is the only place looked at for initdb and postgres.
	BinDir string
	// CacheDir keeps the downloaded PostgreSQL; the user's cache by default.
	CacheDir string
	// RuntimeDir is preferred for the socket directory; the system's temporary
	// directory is used when it is empty or does not suit.
	RuntimeDir string
	// Settings are server settings that override the defaults of this package.
	Settings map[string]string

	// The rest is for the tests, which must meet machines unlike their own.
	places     func() []string
	npm        string
	identify   func(ctx context.Context, postgres string) (identity, error)
	patience   time.Duration
	initdbArgs []string
}

// Start serves the data directory in options.Dir, making one when there is
// none, and returns when the server answers. The context bounds the start, not
// the life of the server: end that with Stop, always.
//
// It returns ErrInUse when another program serves the directory, a
// *MissingVersionError when the binaries that made the data are gone, and
// ErrNoPostgres when there is no PostgreSQL to be had.
func Start(ctx context.Context, options Options) (*Server, error) {
	dir, err := canonicalDir(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("prepare the directory of the database: %w", err)
	}
	options.Dir = dir
	held, err := tryLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	server := &Server{lock: held, done: make(chan struct{})}
	if err := server.start(ctx, options); err != nil {
		return nil, errors.Join(err, server.release())
	}
	return server, nil
}

// canonicalDir creates the directory and resolves it, because the socket is
// named after it and a previous server is recognised by it.
func canonicalDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no directory given")
	}
	// Others may pass through but not look: a server that runs as another user
	// must reach its data, and everything inside is closed on its own.
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

// start does the work of Start while the lock is held.
func (s *Server) start(ctx context.Context, options Options) error {
	cluster, err := locateCluster(ctx, options)
	if err != nil {
		return err
	}
	identify := options.identify
	if identify == nil {
		identify = chooseIdentity
	}
	who, err := identify(ctx, cluster.binaries.path("postgres"))
	if err != nil {
		return fmt.Errorf("choose whom PostgreSQL runs as: %w", err)
	}
	if err := who.mayReach(options.Dir, cluster.binaries.Dir); err != nil {
		return err
	}
	if err := cluster.settle(ctx, options, who); err != nil {
		return err
	}
	s.fresh = cluster.fresh
	return s.serve(ctx, options, cluster, who)
}

// settle brings the data directory into a state in which it can be served.
func (c *cluster) settle(ctx context.Context, options Options, who identity) error {
	patience := options.patience
	if patience == 0 {
		patience = previousPatience
	}
	if err := removeUnfinished(ctx, options.Dir, patience); err != nil {
		return fmt.Errorf("remove an unfinished data directory: %w", err)
	}
	if c.fresh {
		return c.create(ctx, options, who)
	}
	if err := awaitPrevious(ctx, c.dataDir, socketBase(options.Dir), patience); err != nil {
		return err
	}
	return who.own(c.dataDir)
}

// serve starts the server on a settled data directory and waits until it
// answers.
func (s *Server) serve(ctx context.Context, options Options, cluster *cluster, who identity) error {
	var err error
	if s.socketDir, err = makeSocketDir(options, who); err != nil {
		return fmt.Errorf("make the socket directory: %w", err)
	}
	log, logStart, err := openLog(filepath.Join(options.Dir, "postgres.log"))
	if err != nil {
		return fmt.Errorf("open the log of the server: %w", err)
	}
	defer log.Close()
	cmd := serverCommand(cluster, s.socketDir, options.Settings)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, who.attributes
	if s.child, err = launch(cmd, s.done); err != nil {
		return fmt.Errorf("start postgresql: %w", err)
	}
	if err := s.awaitReady(ctx, cmp.Or(options.Database, "postgres")); err != nil {
		_ = s.child.end(context.WithoutCancel(ctx), unwanted)
		return fmt.Errorf("start postgresql: %w%s", err, logTail(log.Name(), logStart))
	}
	return nil
}
