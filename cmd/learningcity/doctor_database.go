package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// clockLeeway is how far the two clocks may differ before sessions and audit
// times mislead.
const clockLeeway = 5 * time.Second

func onDatabase(level, format string, args ...any) finding {
	return finding{level, "database", fmt.Sprintf(format, args...)}
}

// checkDatabase looks at the database that serve would use. A private one is
// started for it where there is one that nobody runs.
func checkDatabase(ctx context.Context, c config.Config) []finding {
	if !c.Private() {
		all := append(checkOwner(ctx, c), examineAt(ctx, c.DatabaseURL, "run learningcity migrate")...)
		all = append(all, checkRecord(ctx, c, c.DatabaseURL)...)
		return append(all, checkContents(ctx, c, c.DatabaseURL)...)
	}
	made, err := filepath.Glob(filepath.Join(c.DataDir, "database", "postgres-*"))
	if err == nil && len(made) == 0 {
		return []finding{onDatabase(fine, "a private PostgreSQL, which the first start makes; DATABASE_URL names one of your own")}
	}
	db, err := openDatabase(ctx, c, slog.New(slog.DiscardHandler))
	if errors.Is(err, pgserver.ErrInUse) {
		return append([]finding{checkRunning(ctx, c)}, checkRunningRecord(ctx, c)...)
	}
	if err != nil {
		return []finding{onDatabase(problem, "%v", err)} // says what to do itself
	}
	all := examineAt(ctx, db.appURL, "start the program, which migrates its private database")
	all = append(all, checkRecord(ctx, c, db.appURL)...)
	all = append(all, checkContents(ctx, c, db.appURL)...)
	if err := db.close(); err != nil {
		all = append(all, onDatabase(problem, "stop the private PostgreSQL again: %v", err))
	}
	return all
}

// checkRunning asks the program that holds the private database.
func checkRunning(ctx context.Context, c config.Config) finding {
	if err := health(ctx, c, nil, io.Discard, io.Discard); err != nil {
		return onDatabase(warning, "a program runs on %s, but at %s it says: %v. Look at its log, or set LEARNINGCITY_ADDR "+
			"as it is for the program; stop it to have the database looked at", c.DataDir, c.Addr, err)
	}
	return onDatabase(fine, "the program is running on it and ready; stop it to have roles, migrations and clock looked at")
}

// checkOwner: whoever migrates must own what is there.
func checkOwner(ctx context.Context, c config.Config) []finding {
	if c.OwnerURL == c.DatabaseURL {
		return nil
	}
	found, err := postgres.Examine(ctx, c.OwnerURL, time.Now)
	switch {
	case err != nil:
		return []finding{{problem, "owner", fmt.Sprintf("LEARNINGCITY_OWNER_URL cannot be used (%v): correct it, or start that PostgreSQL", err)}}
	case found.Schema > 0 && !found.Owns:
		return []finding{{problem, "owner", fmt.Sprintf("%q does not own the tables, so it cannot migrate: "+
			"set LEARNINGCITY_OWNER_URL to the login that does", found.Login)}}
	}
	return []finding{{fine, "owner", fmt.Sprintf("%q migrates", found.Login)}}
}

// examineAt looks at the database as the program would; toMigrate says how it
// is brought up to date.
func examineAt(ctx context.Context, address, toMigrate string) []finding {
	found, err := postgres.Examine(ctx, address, time.Now)
	if err != nil {
		return []finding{onDatabase(problem, "it cannot be used (%v): start PostgreSQL, or correct DATABASE_URL", err)}
	}
	return []finding{
		onDatabase(fine, "PostgreSQL %s, as %q", found.Server, found.Login),
		checkRoles(found, toMigrate), checkMigrations(found, toMigrate), checkJobs(found, toMigrate), checkClock(found.Ahead), checkAccounts(found),
	}
}

// checkRoles: the second lock between cities holds only for a login that
// cannot open it.
func checkRoles(c postgres.Condition, toMigrate string) finding {
	switch {
	case !c.AppRole:
		return finding{problem, "roles", "the role " + postgres.AppRole + " is missing: " + toMigrate}
	case !c.BecomesApp:
		return finding{problem, "roles", fmt.Sprintf("%q may not become %s: %s with LEARNINGCITY_OWNER_URL set to the owner's login",
			c.Login, postgres.AppRole, toMigrate)}
	case c.AppBypasses:
		return finding{problem, "roles", fmt.Sprintf("%s is exempt from row-level security: run ALTER ROLE %s NOSUPERUSER NOBYPASSRLS",
			postgres.AppRole, postgres.AppRole)}
	case c.Bypasses || c.Owns:
		return finding{warning, "roles", fmt.Sprintf("weaker: %q %s, so a fault in the program could undo the locks between cities. "+
			"Make a login without rights of its own, put it into DATABASE_URL and this one into LEARNINGCITY_OWNER_URL, and run learningcity migrate",
			c.Login, power(c))}
	}
	return finding{fine, "roles", fmt.Sprintf("%q reads and writes rows as %s and can do no more", c.Login, postgres.AppRole)}
}

func power(c postgres.Condition) string {
	if c.Bypasses {
		return "can bypass row-level security"
	}
	return "owns the tables"
}

func checkMigrations(c postgres.Condition, toMigrate string) finding {
	level, text := problem, fmt.Sprintf("the schema is at version %d, the program needs %d: ", c.Schema, c.Needed)
	switch {
	case c.Dirty:
		text = fmt.Sprintf("migration %06d failed half-way: restore the backup taken before it, "+
			"or repair the schema by hand and set schema_migrations.dirty to false", c.Schema)
	case c.Schema == 0:
		text = "the database is not migrated: " + toMigrate
	case c.Schema < c.Needed:
		text += toMigrate
	case c.Schema > c.Needed:
		text += "run the newer program that migrated it, or restore an older backup"
	case c.Frameworks == 0:
		text = "the database holds no framework: " + toMigrate
	default:
		level, text = fine, fmt.Sprintf("version %d, none pending", c.Schema)
	}
	return finding{level, "migrations", text}
}

// jobLeeway is how long a job may wait where a program does the jobs.
const jobLeeway = 5 * time.Minute

func checkJobs(c postgres.Condition, toMigrate string) finding {
	switch {
	case c.JobSchema == 0 && c.Schema < c.Needed:
		return finding{fine, "jobs", "none yet"}
	case c.JobSchema != c.JobSchemaNeeded:
		return finding{problem, "jobs", fmt.Sprintf("the job queue's schema is at version %d, the program needs %d: %s",
			c.JobSchema, c.JobSchemaNeeded, toMigrate)}
	case c.OldestJob > jobLeeway:
		return finding{warning, "jobs", fmt.Sprintf("a job such as a mail waits for %s: start the program, or look into its log",
			c.OldestJob.Round(time.Minute))}
	case c.JobsGivenUp > 0:
		return finding{warning, "jobs", fmt.Sprintf("%d were given up in the last day: the log says why; what they were to mail can be made again",
			c.JobsGivenUp)}
	}
	return finding{fine, "jobs", "none waits"}
}

func checkClock(ahead time.Duration) finding {
	if ahead.Abs() <= clockLeeway {
		return finding{fine, "clock", "the program's and the database's agree"}
	}
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	return finding{warning, "clock", fmt.Sprintf("the program's is %s %s the database's: let both machines follow a time server (NTP)",
		ahead.Abs().Round(time.Second), word)}
}

func checkAccounts(c postgres.Condition) finding {
	switch {
	case c.Accounts:
		return finding{fine, "accounts", "somebody can sign in"}
	case c.Frameworks == 0:
		return finding{fine, "accounts", "none yet"}
	}
	return finding{warning, "accounts", "nobody has one: start the program and open /setup with the code in its log, or run learningcity create-admin"}
}

func onRecord(level, format string, args ...any) []finding {
	return []finding{{level, "record", fmt.Sprintf(format, args...)}}
}

// checkRecord looks whether the record holds the head that is kept beside the
// key, where one is kept. Whether the rows before it are right is for audit
// verify to tell.
func checkRecord(ctx context.Context, c config.Config, address string) []finding {
	if _, err := os.Stat(c.DataDir); err != nil {
		return nil // said of the storage
	}
	kept, err := keptHead(headFile(c))
	switch {
	case err != nil:
		return onRecord(problem, "the head of the record of acts cannot be read, so nothing new is sealed (%v): restore it from a backup", err)
	case kept.Position == 0:
		return nil
	}
	store, err := postgres.Open(ctx, postgres.Options{URL: address, MaxConns: 1})
	if err == nil {
		defer store.Close()
		err = store.CheckAuditHead(ctx, kept)
	}
	switch {
	case errors.Is(err, tracker.ErrHeadLost):
		return onRecord(problem, "%v, so nothing new is sealed. Where an older backup was restored, run learningcity audit accept-head; "+
			"otherwise somebody has tampered with it: keep a copy, and run learningcity audit verify", err)
	case err != nil:
		return onRecord(warning, "it could not be looked at (%v): put the database right first", err)
	}
	return onRecord(fine, "it holds the head that is kept beside the key")
}

func checkRunningRecord(ctx context.Context, c config.Config) []finding {
	db, running, err := databaseOf(c)
	if err != nil || !running {
		return nil // its database is said to be in trouble already
	}
	return checkRecord(ctx, c, db.appURL)
}
