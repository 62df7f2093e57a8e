package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/config"
	"learningcity/internal/locale"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/server"
	"learningcity/internal/tracker"
	words "learningcity/web/locale"
)

var errWhoIsMissing = errors.New("say who: learningcity create-admin -email an@office.vn -name 'Nguyễn Thị An'")

// createAdmin makes an account for one more admin, at any time: who may run
// commands on this machine may do more than that.
func createAdmin(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("create-admin", flag.ContinueOnError)
	flags.SetOutput(stderr)
	email := flags.String("email", "", "the address to sign in with")
	name := flags.String("name", "", "the person's full name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *email == "" || *name == "" || flags.NArg() > 0 {
		return errWhoIsMissing
	}
	password, err := askPassword(ctx, os.Stdin, stderr)
	if err != nil {
		return err
	}
	account := tracker.NewAccount{Email: strings.ToLower(typed(*email)), Name: typed(*name), Password: password}
	if err := account.Check(); err != nil {
		return inWords(err)
	}
	if err := storeAdmin(ctx, c, account); err != nil {
		return inWords(err)
	}
	_, err = fmt.Fprintf(stdout, "%s is an admin now and can sign in.\n", account.Email)
	return err
}

// typed brings an argument into the form in which texts are stored.
func typed(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

func storeAdmin(ctx context.Context, c config.Config, a tracker.NewAccount) (err error) {
	hash, err := server.HashPassword(ctx, a.Password)
	if err != nil {
		return err
	}
	store, release, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	_, err = store.CreateAdmin(ctx, tracker.Operator(), postgres.NewAdmin{Email: a.Email, Name: a.Name, PasswordHash: hash})
	return err
}

// openStore opens the database for a command that works on rows. A private one
// is started for it and migrated, as serve does; release stops it again.
func openStore(ctx context.Context, c config.Config) (_ *postgres.Store, release func() error, err error) {
	db, err := openDatabase(ctx, c, slog.New(slog.DiscardHandler))
	if errors.Is(err, pgserver.ErrInUse) {
		return nil, nil, fmt.Errorf("the program is running on %s: stop it first, or open its page /setup where nobody has an account yet (%w)", c.DataDir, err)
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close())
		}
	}()
	if c.Private() {
		if err := migrateDatabase(ctx, db.ownerURL, ""); err != nil {
			return nil, nil, err
		}
	}
	store, err := postgres.Open(ctx, postgres.Options{URL: db.appURL})
	if err != nil {
		return nil, nil, err
	}
	if err := store.Ready(ctx); err != nil {
		store.Close()
		return nil, nil, fmt.Errorf("%w; learningcity doctor says what to do", err)
	}
	return store, func() error { store.Close(); return db.close() }, nil
}

// inWords writes out what an *InvalidError refused; other errors stay.
func inWords(err error) error {
	var invalid *tracker.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	bundle, loadErr := locale.Load(words.Files)
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	p := bundle.Printer(locale.English)
	var lines []string
	for _, field := range slices.Sorted(maps.Keys(invalid.Fields)) {
		lines = append(lines, p.T(invalid.Fields[field], "password", tracker.MinPassword))
	}
	return errors.New(strings.Join(lines, "\n"))
}
