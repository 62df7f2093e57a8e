package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/catalogue"
	"learningcity/internal/config"
	"learningcity/internal/postgres"
)

var errNoDatabase = errors.New("set DATABASE_URL: this command is for a database of your own")

// migrate brings the schema and the embedded framework up to date.
func migrate(ctx context.Context, c config.Config, _ []string, stdout, _ io.Writer) error {
	if c.Private() {
		return errNoDatabase
	}
	login, err := loginOf(c)
	if err != nil {
		return err
	}
	if err := migrateDatabase(ctx, c.OwnerURL, login); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "The database is up to date.")
	return err
}

// loginOf is the login that the program will use, where it is not the owner's.
func loginOf(c config.Config) (string, error) {
	if c.OwnerURL == c.DatabaseURL {
		return "", nil
	}
	login, err := pgx.ParseConfig(c.DatabaseURL)
	if err != nil {
		return "", fmt.Errorf("read DATABASE_URL: %w", err)
	}
	return login.User, nil
}

// ownFramework is read once. To read it takes as long as to start PostgreSQL,
// so serve begins with it and does both at once.
var ownFramework = sync.OnceValues(catalogue.Framework)

func migrateDatabase(ctx context.Context, ownerURL, appLogin string) error {
	if err := postgres.Migrate(ctx, ownerURL, appLogin); err != nil {
		return err
	}
	framework, err := ownFramework()
	if err != nil {
		return fmt.Errorf("read the embedded framework: %w", err)
	}
	return postgres.ImportFramework(ctx, ownerURL, framework, time.Now())
}
