package pgserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// templateDatabase is the prepared database that clones are made from.
const templateDatabase = "template_learningcity"

// throwaway are the settings of data that nobody will miss.
var throwaway = map[string]string{
	"autovacuum":         "off",
	"fsync":              "off",
	"full_page_writes":   "off",
	"max_connections":    "200",
	"synchronous_commit": "off",
}

// TemplateOptions say what OpenTemplate prepares.
type TemplateOptions struct {
	// CacheDir keeps prepared data directories; the user's cache by default.
	CacheDir string
	// Key changes whenever Prepare would do something else: a hash of the
	// migrations.
	Key string
	// Options are for the server; Dir is not used.
	Options Options
	// Prepare fills the template database. It leaves no connection open.
	Prepare func(ctx context.Context, ownerURL string) error
}

// OpenTemplate starts a throw-away server that holds a template database as
// Prepare made it, ready for Clone. Prepare runs only when no earlier call has
// left its result in the cache for the same key and server version. Stop
// removes the server's data.
func OpenTemplate(ctx context.Context, options TemplateOptions) (*Server, error) {
	sweepScratch()
	binaries, err := Find(ctx, options.Options, 0)
	if err != nil {
		return nil, err
	}
	options.Options.BinDir = binaries.Dir
	cached, err := options.ensure(ctx, binaries)
	if err != nil {
		return nil, fmt.Errorf("prepare the template database: %w", err)
	}
	scratch, err := NewScratch()
	if err != nil {
		return nil, err
	}
	if err := CopyTree(cached, scratch); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the template database: %w", err), os.RemoveAll(scratch))
	}
	server, err := startScratch(ctx, options.Options, scratch)
	if err != nil {
		return nil, err
	}
	if err := server.warm(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("warm the template database: %w", err), server.Stop(ctx))
	}
	return server, nil
}

// warm lets the first connection to the template, the only one, write down what
// every first connection to a database reads of the catalogue: clones have that
// file, too. A start removes it.
func (s *Server) warm(ctx context.Context) error {
	open := "ALTER DATABASE " + templateDatabase + " ALLOW_CONNECTIONS "
	if err := s.command(ctx, open+"true"); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.URL(templateDatabase, Owner))
	if err != nil {
		return err
	}
	return errors.Join(conn.Close(ctx), s.command(ctx, open+"false"))
}

// Clone creates a database as a copy of the template. Several may be cloned at
// once. It is for servers from OpenTemplate.
func (s *Server) Clone(ctx context.Context, name string) error {
	// The other strategy writes every page to the log, one clone at a time.
	err := s.command(ctx, "CREATE DATABASE "+quoted(name)+" TEMPLATE "+templateDatabase+" STRATEGY FILE_COPY")
	if err != nil {
		return fmt.Errorf("clone the template to %s: %w", name, err)
	}
	return nil
}

// Drop removes a database, if it exists, and ends the connections to it.
func (s *Server) Drop(ctx context.Context, name string) error {
	if err := s.command(ctx, "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// ensure returns the cached directory, building it first when it is absent.
// Test packages run at the same time: one builds, the others wait for it.
func (o TemplateOptions) ensure(ctx context.Context, binaries Binaries) (string, error) {
	cache, err := cacheDir(o.CacheDir)
	if err != nil {
		return "", err
	}
	identifier := fmt.Sprintf("%d.%d %s %s", binaries.Major, binaries.Minor, binaries.Dir, o.Key)
	path := filepath.Join(cache, fmt.Sprintf("template-%x", sha256.Sum256([]byte(identifier)))[:len("template-")+20])
	held, err := waitLock(ctx, filepath.Join(cache, "template.lock"))
	if err != nil {
		return "", fmt.Errorf("wait for another program that prepares it: %w", err)
	}
	defer held.release()
	if !isDir(path) {
		err = o.build(ctx, cache, path)
	}
	now := time.Now()
	return path, errors.Join(err, os.Chtimes(path, now, now), forget(cache))
}

// build makes the template in a scratch directory, which is fast and reachable
// for any identity, and moves a copy into the cache when it is complete.
func (o TemplateOptions) build(ctx context.Context, cache, path string) error {
	scratch, err := NewScratch()
	if err != nil {
		return err
	}
	options := o.Options
	options.initdbArgs = []string{"--wal-segsize=1"} // sixteen times less to copy
	server, err := startScratch(ctx, options, scratch)
	if err != nil {
		return err
	}
	server.scratch = "" // the data are copied after the stop
	err = errors.Join(o.prepare(ctx, server), server.Stop(context.WithoutCancel(ctx)))
	if err == nil {
		err = o.keep(scratch, cache, path)
	}
	return errors.Join(err, os.RemoveAll(scratch))
}

// prepare makes the template database and closes it to connections, because
// none may be open while it is cloned.
func (o TemplateOptions) prepare(ctx context.Context, server *Server) error {
	if err := server.EnsureDatabase(ctx, templateDatabase); err != nil {
		return err
	}
	if err := o.Prepare(ctx, server.URL(templateDatabase, Owner)); err != nil {
		return err
	}
	return server.command(ctx, "ALTER DATABASE "+templateDatabase+" IS_TEMPLATE true ALLOW_CONNECTIONS false")
}

func (o TemplateOptions) keep(scratch, cache, path string) error {
	if err := removeAll(filepath.Join(cache, "unfinished-*")); err != nil {
		return err
	}
	work, err := os.MkdirTemp(cache, "unfinished-")
	if err != nil {
		return err
	}
	if err := CopyTree(scratch, work); err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	return os.Rename(work, path)
}

// forget removes all but the most recently used templates; every change of the
// migrations leaves one behind.
func forget(cache string) error {
	const kept = 6
	found, err := filepath.Glob(filepath.Join(cache, "template-*"))
	if err != nil || len(found) <= kept {
		return err
	}
	slices.SortFunc(found, func(a, b string) int { return modified(b).Compare(modified(a)) })
	for _, path := range found[kept:] {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
