package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version the product's SQL runs on.
const oldest = 15

// ErrNoPostgres is returned when there is no PostgreSQL to be had.
var ErrNoPostgres = errors.New("no usable PostgreSQL was found")

const waysOut = "install PostgreSQL 15 or newer, or install npm so that it can be fetched, " +
	"or set DATABASE_URL to a server of your own, or run docker compose up"

// Binaries are the programs of one PostgreSQL.
type Binaries struct {
	Dir          string // holds initdb and postgres
	Major, Minor int
}

// MissingVersionError says that data exist which no PostgreSQL at hand can
// read: a data directory can only be served by the major version that made it.
type MissingVersionError struct {
	Major   int
	DataDir string
	Cause   error // why the version could not be had
}

func (e *MissingVersionError) Error() string {
	return fmt.Sprintf("%s was made by PostgreSQL %d, which is not on this machine any more: "+
		"install PostgreSQL %d again, and to leave it, back up with it first, move the directory aside, "+
		"start anew and restore the backup (%v)", e.DataDir, e.Major, e.Major, e.Cause)
}

func (e *MissingVersionError) Unwrap() error { return e.Cause }

// Find looks for a PostgreSQL of the given major version, or for the newest
// when major is 0: in options.BinDir alone when it is set, else on this
// machine, else in the bundle that npm can fetch. It returns ErrNoPostgres when
// there is none.
func Find(ctx context.Context, options Options, major int) (Binaries, error) {
	if options.BinDir != "" {
		return versionsOf(options.Dir).inspectWanted(ctx, options.BinDir, major)
	}
	places := options.places
	if places == nil {
		places = usualPlaces
	}
	if best := versionsOf(options.Dir).newest(ctx, places(), major); best.Dir != "" {
		return best, nil
	}
	if major != 0 && major != bundleMajor {
		return Binaries{}, fmt.Errorf("%w of version %d", ErrNoPostgres, major)
	}
	binaries, err := fetchBundle(ctx, options)
	if err != nil {
		return Binaries{}, fmt.Errorf("%w: %s (%w)", ErrNoPostgres, waysOut, err)
	}
	return binaries, nil
}

func (b Binaries) path(program string) string { return filepath.Join(b.Dir, program) }

func (b Binaries) newerThan(other Binaries) bool {
	if b.Major != other.Major {
		return b.Major > other.Major
	}
	return b.Minor > other.Minor
}

// newest inspects every place and returns the newest that suits, or nothing.
// A place that is broken or too old is passed over: another may do.
func (v *versions) newest(ctx context.Context, places []string, major int) Binaries {
	var best Binaries
	for _, dir := range places {
		found, err := v.inspectWanted(ctx, dir, major)
		if err == nil && found.newerThan(best) {
			best = found
		}
	}
	return best
}

// usualPlaces lists where packages put the server's programs; few of them are
// on the search path.
func usualPlaces() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(resolved))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // Fedora, Red Hat
		"/usr/libexec/postgresql*",          // Alpine
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
		"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // fails on a bad pattern only
		for _, dir := range matches {
			if !slices.Contains(dirs, dir) { // to ask a program for its version takes time
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

func (v *versions) inspectWanted(ctx context.Context, dir string, major int) (Binaries, error) {
	found, err := v.inspect(ctx, dir)
	switch {
	case err != nil:
		return Binaries{}, fmt.Errorf("inspect %s: %w", dir, err)
	case found.Major < oldest:
		return Binaries{}, fmt.Errorf("%s holds PostgreSQL %d, and %d or newer is needed", dir, found.Major, oldest)
	case major != 0 && found.Major != major:
		return Binaries{}, fmt.Errorf("%s holds PostgreSQL %d, and %d is needed", dir, found.Major, major)
	}
	return found, nil
}

// released matches "postgres (PostgreSQL) 15.14 (Debian ...)", and no betas:
// their data directories do not survive to the release.
var released = regexp.MustCompile(`\(PostgreSQL\) (\d+)\.(\d+)`)

// inspect asks the programs themselves, since directory names lie.
func (v *versions) inspect(ctx context.Context, dir string) (Binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, err
	}
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, err
	}
	said, err := v.said(ctx, filepath.Join(dir, "postgres"))
	if err != nil {
		return Binaries{}, fmt.Errorf("ask postgres for its version: %w", err)
	}
	match := released.FindStringSubmatch(said)
	if match == nil {
		return Binaries{}, fmt.Errorf("not a released version: %q", said)
	}
	major, _ := strconv.Atoi(match[1]) // digits by the pattern
	minor, _ := strconv.Atoi(match[2])
	return Binaries{Dir: dir, Major: major, Minor: minor}, nil
}
