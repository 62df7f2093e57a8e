package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"learningcity/internal/config"
	"learningcity/internal/demonstration"
	"learningcity/internal/files"
	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/server"
	"learningcity/internal/tracker"
	words "learningcity/web/locale"
	"learningcity/web/view"
)

// stopTime is how long requests in flight may take to finish.
const stopTime = 20 * time.Second

// serve runs the program until it is interrupted.
func serve(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	migrateFirst := flags.Bool("migrate", c.Private(), "migrate the database first")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p := &program{config: c, stdout: stdout, log: slog.New(slog.NewTextHandler(stderr, nil)), migrate: *migrateFirst}
	return p.run(ctx)
}

// program is a running server and what it runs on.
type program struct {
	config  config.Config
	stdout  io.Writer
	log     *slog.Logger
	migrate bool

	listener net.Listener
	database database
	store    *postgres.Store
	files    files.Store
	server   *server.Server
	auditKey tracker.SealKey
}

func (p *program) run(ctx context.Context) (err error) {
	limitMemory()
	go p.readOwn()
	// Taking the address first tells at once when another program has it.
	var listen net.ListenConfig
	if p.listener, err = listen.Listen(ctx, "tcp", p.config.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w", p.config.Addr, err)
	}
	defer func() { _ = p.listener.Close() }() // the web server has closed it when all went well
	if p.database, err = openDatabase(ctx, p.config, p.log); err != nil {
		return err
	}
	// The database outlives the requests, whatever ended them.
	defer func() { err = errors.Join(err, p.database.close()) }()
	if p.store, err = postgres.Open(ctx, postgres.Options{URL: p.database.appURL, Mails: p.config.SMTP != nil}); err != nil {
		return err
	}
	defer p.store.Close()
	if p.database.hasRun() {
		go func() { _ = p.store.Ready(ctx) }() // connects while migrateDatabase looks; awaitReady asks again
	}
	if p.files, err = openFiles(p.config); err != nil {
		return fmt.Errorf("open the store of files: %w", err)
	}
	defer func() { err = errors.Join(err, p.files.Close()) }()
	if p.server, err = p.newServer(); err != nil {
		return err
	}
	return p.answer(ctx)
}

// readOwn reads what newServer and migrateDatabase ask for again, one after the
// other: a second core is busy with the start of the database meanwhile.
func (p *program) readOwn() {
	_, _ = ownWords()
	if p.migrate {
		_, _ = ownFramework()
	}
}

// ownWords are read once, while the database starts.
var ownWords = sync.OnceValues(func() (*locale.Bundle, error) { return locale.Load(words.Files) })

func (p *program) newServer() (*server.Server, error) {
	bundle, err := ownWords()
	if err != nil {
		return nil, fmt.Errorf("read the words: %w", err)
	}
	language, _ := locale.Parse(p.config.Language) // config has checked it
	demo := server.Demo{Password: demonstration.Password}
	for _, a := range demonstration.Accounts() {
		demo.Accounts = append(demo.Accounts, view.DemoAccount{Email: a.Email, Role: string(a.Role)})
	}
	return server.New(server.Options{
		Store: p.store, Words: bundle, Log: p.log, Language: language, TimeZone: p.config.TimeZone,
		PublicURL: p.config.PublicURL, TrustedProxies: p.config.TrustedProxies, Mail: mailSender(p.config.SMTP), Demo: demo,
		Files: p.files, MaxFile: p.config.MaxFile, Quota: p.config.Quota,
	}), nil
}

// answer serves requests, prepares the database meanwhile, and stops when the
// context ends or either fails. Requests in flight finish.
func (p *program) answer(ctx context.Context) error {
	web := &http.Server{
		Handler: p.server, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := web.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		if err := p.prepare(ctx); err != nil {
			return err
		}
		group.Go(func() error { return p.workJobs(ctx) })
		group.Go(func() error { p.server.WatchEvents(ctx); return nil })
		return p.sealAudit(ctx)
	})
	group.Go(func() error { return p.database.watch(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		p.log.Info("stopping")
		stopping, done := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer done()
		return web.Shutdown(stopping)
	})
	return group.Wait()
}

// prepare makes the database ready and opens the pages. Somebody who
// interrupts it need not hear why it did not get further.
func (p *program) prepare(ctx context.Context) error {
	steps := []func(context.Context) error{
		p.migrateDatabase, p.awaitReady, p.readAuditKey, p.readSecondStepKey, p.loadDemonstration, p.server.LoadDemonstration,
		p.open, p.greet,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// open lets people in. What starting has read, hashed and written is more than
// serving ever holds, so its memory goes back, which nobody waits for.
func (p *program) open(context.Context) error {
	p.server.Open()
	debug.FreeOSMemory()
	return nil
}

// migrateDatabase migrates where that is this program's job.
func (p *program) migrateDatabase(ctx context.Context) error {
	if !p.migrate {
		return nil
	}
	login := ""
	if !p.config.Private() {
		var err error
		if login, err = loginOf(p.config); err != nil {
			return err
		}
	}
	return migrateDatabase(ctx, p.database.ownerURL, login)
}

// awaitReady asks until the database is there and migrated, and says once what
// it waits for.
func (p *program) awaitReady(ctx context.Context) error {
	said := ""
	for {
		err := p.store.Ready(ctx)
		if err == nil {
			return nil
		}
		if err.Error() != said {
			said = err.Error()
			p.log.Warn("waiting for the database; learningcity migrate brings it up to date", "error", said)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// loadDemonstration fills a private database that holds nothing yet. It is one
// transaction, so a start that was interrupted begins it again.
func (p *program) loadDemonstration(ctx context.Context) error {
	if !p.config.Private() || !p.config.Demo {
		return nil
	}
	err := demonstration.Load(ctx, p.store, demoOptions(ctx, p.config, p.files))
	if errors.Is(err, demonstration.ErrNotEmpty) {
		return nil
	}
	return err
}

// greet prints the addresses and, for a demonstration, who can sign in; where
// nobody can yet, how to become the first.
func (p *program) greet(ctx context.Context) error {
	text := "\n  Learning City Tracker is running:\n"
	for _, address := range addresses(p.listener.Addr()) {
		text += "    " + address + "\n"
	}
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return err
	}
	note, err := p.store.Demonstration(ctx)
	if err != nil {
		return err
	}
	if note.VI != "" {
		if err := printAccounts(p.stdout); err != nil {
			return err
		}
	}
	if err := p.offerSetUp(ctx); err != nil {
		return err
	}
	_, err = io.WriteString(p.stdout, "\n  Ctrl-C stops it.\n\n")
	return err
}

// offerSetUp tells the code of the set-up page to who started the program: in
// the log, which services keep, and on the console.
func (p *program) offerSetUp(ctx context.Context) error {
	code, err := p.server.SetupCode(ctx)
	if err != nil || code == "" {
		return err
	}
	p.log.Info("nobody has an account yet; the page /setup makes the first", "code", code)
	_, err = fmt.Fprintf(p.stdout, "\n  Nobody has an account yet. Open the address and set it up with the code\n    %s\n", code)
	return err
}
