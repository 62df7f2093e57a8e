package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// port names the socket; nothing listens on the network.
const port = "5432"

// A Server is a running private PostgreSQL. Its methods may be called by
// several goroutines at once.
type Server struct {
	lock      *lock
	child     *child
	done      chan struct{}
	socketDir string
	fresh     bool
	scratch   string // directory to remove after the server, for copies

	stopOnce sync.Once
	stopErr  error
}

// URL returns the address of a database for a role, as pgx reads it.
func (s *Server) URL(database, user string) string {
	address := url.URL{
		Scheme: "postgres",
		User:   url.User(user),
		Path:   "/" + database,
		RawQuery: url.Values{
			"host": {s.socketDir}, "port": {port}, "sslmode": {"disable"},
		}.Encode(),
	}
	return address.String()
}

// Fresh reports whether this start made the data directory. A program that
// ended before it had filled the database finds Fresh false the next time:
// whether the database is complete, only the database can tell.
func (s *Server) Fresh() bool { return s.fresh }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop shuts the server down, breaking off what connections still do, and
// returns when nothing of it is left. It waits up to ten seconds, or until ctx
// ends, before it insists; the data survive that too. It returns an error when
// it had to insist or when the server had ended before. Later calls return
// what the first did.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		s.stopErr = errors.Join(s.child.end(ctx, orderly), s.release())
	})
	return s.stopErr
}

// EnsureDatabase creates a database unless it exists.
func (s *Server) EnsureDatabase(ctx context.Context, name string) error {
	err := s.command(ctx, "CREATE DATABASE "+quoted(name))
	if err != nil && !hasCode(err, "42P04") { // duplicate_database
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func hasCode(err error, code string) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && failure.Code == code
}

// release removes and lets go of everything but the data.
func (s *Server) release() error {
	var err error
	if s.socketDir != "" {
		err = os.RemoveAll(s.socketDir)
	}
	if s.scratch != "" {
		err = errors.Join(err, os.RemoveAll(s.scratch))
	}
	s.lock.release()
	return err
}

// command runs one statement as the owner, outside any transaction, on a
// connection of its own.
func (s *Server) command(ctx context.Context, sql string) error {
	return s.commandIn(ctx, "postgres", sql)
}

func (s *Server) commandIn(ctx context.Context, database, sql string) (err error) {
	conn, err := pgx.Connect(ctx, s.URL(database, Owner))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// awaitReady returns when the server takes connections to the database, which it
// makes where it is not there. There is no limit but ctx: recovery after a power cut
// takes as long as it takes.
func (s *Server) awaitReady(ctx context.Context, database string) error {
	for {
		err := s.commandIn(ctx, database, "SELECT 1")
		if hasCode(err, "3D000") { // invalid_catalog_name
			return s.EnsureDatabase(ctx, database)
		}
		select {
		case <-s.done:
			return fmt.Errorf("it ended at once: %v", s.child.cmd.ProcessState)
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
		case <-ctx.Done():
			return fmt.Errorf("it did not answer: %w (%w)", ctx.Err(), err)
		case <-time.After(4 * time.Millisecond):
		}
	}
}

// defaults suit a small machine that serves one city. They stand on the
// command line, so that postgresql.conf cannot undo what the program relies on.
var defaults = map[string]string{
	"cluster_name":            "learningcity",
	"jit":                     "off", // pages run short queries, which only wait for it
	"max_connections":         "60",
	"shared_buffers":          "64MB",
	"timezone":                "UTC",
	"unix_socket_permissions": "0700",
}

func serverCommand(c *cluster, socketDir string, settings map[string]string) *exec.Cmd {
	args := []string{"-D", c.dataDir, "-k", socketDir, "-p", port, "-c", "listen_addresses="}
	cmd := exec.Command(c.binaries.path("postgres"), append(args, settingArgs(settings)...)...) //nolint:noctx // it outlives the start; Stop ends it
	cmd.Dir, cmd.Env = c.dataDir, childEnvironment()
	return cmd
}

func settingArgs(settings map[string]string) []string {
	merged := merge(defaults, settings)
	var args []string
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		args = append(args, "-c", name+"="+merged[name])
	}
	return args
}

// merge returns the settings of both maps; the second wins.
func merge(first, second map[string]string) map[string]string {
	merged := maps.Clone(first)
	maps.Copy(merged, second)
	return merged
}

// openLog opens the log for appending and returns its length. A long one
// begins anew, here and nowhere else: that is all the rotation there is.
func openLog(path string) (*os.File, int64, error) {
	const long = 10 << 20
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	size, err := log.Seek(0, io.SeekEnd)
	if err == nil && size > long {
		size, err = 0, log.Truncate(0)
	}
	if err != nil {
		return nil, 0, errors.Join(err, log.Close())
	}
	return log, size, nil
}
