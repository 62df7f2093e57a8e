package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/demonstration"
	"learningcity/internal/files"
	"learningcity/internal/postgres"
	"learningcity/internal/server"
	"learningcity/internal/tracker"
)

// demo loads the demonstration city into an empty database of one's own.
func demo(ctx context.Context, c config.Config, _ []string, stdout, _ io.Writer) (err error) {
	if c.Private() {
		return errNoDatabase
	}
	store, err := postgres.Open(ctx, postgres.Options{URL: c.DatabaseURL})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.Ready(ctx); err != nil {
		return err
	}
	contents, err := openFiles(c)
	if err != nil {
		return fmt.Errorf("open the store of files: %w", err)
	}
	defer func() { err = errors.Join(err, contents.Close()) }()
	if err := demonstration.Load(ctx, store, demoOptions(ctx, c, contents)); err != nil {
		return err
	}
	return printAccounts(stdout)
}

func demoOptions(ctx context.Context, c config.Config, contents files.Store) demonstration.Options {
	return demonstration.Options{Zone: c.TimeZone, Hash: hasher(ctx), Files: contents, Today: tracker.DateOf(time.Now().In(c.TimeZone))}
}

// hasher hashes the demonstration's password like any other.
func hasher(ctx context.Context) func(string) (string, error) {
	return func(password string) (string, error) { return server.HashPassword(ctx, password) }
}

// printAccounts tells who can sign in to the demonstration.
func printAccounts(w io.Writer) error {
	text := fmt.Sprintf("\n  Demonstration accounts, password %s\n", demonstration.Password)
	for _, a := range demonstration.Accounts() {
		text += fmt.Sprintf("    %-28s %s %s\n", a.Email, a.Role, a.Department)
	}
	_, err := io.WriteString(w, text)
	return err
}
