package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
)

// database is where the program keeps its rows: somebody's PostgreSQL, or a
// private one that it runs itself.
type database struct {
	appURL, ownerURL string
	private          *private // nil for somebody's
}

// privateName is the database's name in the private server.
const privateName = "learningcity"

func openDatabase(ctx context.Context, c config.Config, log *slog.Logger) (database, error) {
	if !c.Private() {
		return database{appURL: c.DatabaseURL, ownerURL: c.OwnerURL}, nil
	}
	p := &private{log: log, options: pgserver.Options{
		Dir: filepath.Join(c.DataDir, "database"), Database: privateName, BinDir: c.PostgresBin, CacheDir: c.CacheDir}}
	if err := p.start(ctx); err != nil {
		return database{}, err
	}
	return database{
		appURL:   p.server.URL(privateName, postgres.AppRole),
		ownerURL: p.server.URL(privateName, pgserver.Owner),
		private:  p,
	}, nil
}

func (d database) close() error {
	if d.private == nil {
		return nil
	}
	return d.private.stop()
}

// hasRun: it is the program's own, and has the program's role by now.
func (d database) hasRun() bool { return d.private != nil && !d.private.server.Fresh() }

// watch returns when the context ends, or the private server cannot be kept alive.
func (d database) watch(ctx context.Context) error {
	if d.private == nil {
		<-ctx.Done()
		return nil
	}
	return d.private.watch(ctx)
}

// private keeps the private server alive. Its address stays the same.
type private struct {
	log     *slog.Logger
	options pgserver.Options
	server  *pgserver.Server
}

func (p *private) start(ctx context.Context) error {
	started, err := pgserver.Start(ctx, p.options)
	if err != nil {
		return fmt.Errorf("start the private PostgreSQL: %w", err)
	}
	p.server = started
	return nil
}

// watch starts the server again when it dies, at most once in five seconds.
func (p *private) watch(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-p.server.Done():
			if err := p.revive(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// revive starts a server that has ended by itself again, and waits a little.
func (p *private) revive(ctx context.Context) error {
	// It has ended: stopping only lets go of its lock, and says how.
	p.log.Error("the private PostgreSQL ended by itself; starting it again", "error", p.stop())
	if err := p.start(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
	return nil
}

func (p *private) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return p.server.Stop(ctx)
}
