package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"learningcity/internal/config"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

var (
	errAuditUsage  = errors.New("say audit verify [-head FILE], audit head, or audit accept-head [-yes]")
	errAuditFaults = errors.New("the record of acts is not as it was sealed")
)

// audit verifies the record of acts, exports its head, or goes on without the
// one that is kept.
func audit(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errAuditUsage
	}
	switch args[0] {
	case "verify":
		return verifyAudit(ctx, c, args[1:], stdout, stderr)
	case "head":
		return exportHead(ctx, c, args[1:], stdout)
	case "accept-head":
		return acceptHead(ctx, c, args[1:], stdout, stderr)
	}
	return errAuditUsage
}

// databaseOf is the installation's database, for a command beside serve: that
// of the private server that runs already, or else one started for it.
func databaseOf(c config.Config) (d database, running bool, err error) {
	if !c.Private() {
		return database{appURL: c.DatabaseURL, ownerURL: c.OwnerURL}, true, nil
	}
	server, err := pgserver.Running(filepath.Join(c.DataDir, "database"))
	if errors.Is(err, pgserver.ErrNotRunning) {
		return d, false, nil
	}
	if err != nil {
		return d, false, err
	}
	return database{appURL: server.URL(privateName, postgres.AppRole), ownerURL: server.URL(privateName, pgserver.Owner)}, true, nil
}

// withDatabase lets fn work on the installation's database.
func withDatabase(ctx context.Context, c config.Config, fn func(database) error) (err error) {
	d, running, err := databaseOf(c)
	if err != nil {
		return err
	}
	if !running {
		if _, err := os.Stat(filepath.Join(c.DataDir, "database")); err != nil {
			return fmt.Errorf("there is no database yet: %w", err)
		}
		if d, err = openDatabase(ctx, c, nil); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return fn(d)
}

func exportHead(ctx context.Context, c config.Config, args []string, stdout io.Writer) error {
	if len(args) > 0 {
		return errAuditUsage
	}
	return withDatabase(ctx, c, func(d database) error {
		store, err := postgres.Open(ctx, postgres.Options{URL: d.appURL, MaxConns: 1})
		if err != nil {
			return err
		}
		defer store.Close()
		head, err := store.AuditHead(ctx)
		if errors.Is(err, tracker.ErrNotFound) {
			return errors.New("nothing is sealed yet: the running program seals new acts within seconds")
		}
		if err != nil {
			return err
		}
		return json.NewEncoder(stdout).Encode(head)
	})
}

func verifyAudit(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	path := flags.String("head", "", "a file that audit head wrote earlier")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errAuditUsage
	}
	heads, err := headsFor(c, *path) // before the record: a program that runs only adds to it
	if err != nil {
		return err
	}
	key, err := readKey(keyFile(c))
	if err != nil {
		return err
	}
	return withDatabase(ctx, c, func(d database) error {
		check, err := postgres.VerifyAudit(ctx, d.ownerURL, key, heads...)
		if err != nil {
			return err
		}
		return reportAudit(stdout, check)
	})
}

// headsFor are the head that is kept beside the key and the exported one, as
// far as there are.
func headsFor(c config.Config, exported string) ([]tracker.Seal, error) {
	var heads []tracker.Seal
	if exported != "" {
		head, err := readHead(exported)
		if err != nil {
			return nil, err
		}
		heads = append(heads, head)
	}
	kept, err := keptHead(headFile(c))
	if kept.Position != 0 && !slices.Contains(heads, kept) {
		heads = append(heads, kept)
	}
	return heads, err
}

// maxFaults is how many faults are told one by one.
const maxFaults = 50

func reportAudit(w io.Writer, check *tracker.SealCheck) error {
	text := fmt.Sprintf("Sealed and unchanged: %d.\nNewer than the newest seal, not sealed yet: %d.\n", check.Sealed, check.Unsealed)
	for _, head := range check.Heads {
		if len(check.Faults) == 0 {
			text += fmt.Sprintf("The head, row %d, is in its place.\n", head.RowID)
		}
	}
	for i, fault := range check.Faults {
		if i == maxFaults {
			text += fmt.Sprintf("… and %d more\n", len(check.Faults)-i)
			break
		}
		text += faultText(fault) + "\n"
	}
	if len(check.Faults) > 0 && check.Sealed == 0 {
		text += "No seal fits at all: perhaps audit.key is not the key that they were made with.\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	if len(check.Faults) > 0 {
		return errAuditFaults
	}
	return nil
}

func faultText(f tracker.Fault) string {
	switch f.Kind {
	case tracker.RowChanged:
		return fmt.Sprintf("row %d: changed since it was sealed, it or its seal", f.RowID)
	case tracker.RowRemoved:
		return fmt.Sprintf("row %d: removed", f.RowID)
	case tracker.RowsMissing:
		return fmt.Sprintf("before row %d: %d removed together with their seals; row %d itself cannot be checked", f.RowID, f.Count, f.RowID)
	case tracker.RowInserted:
		return fmt.Sprintf("row %d: inserted among rows that were sealed before", f.RowID)
	case tracker.HeadMissing:
		return fmt.Sprintf("the newest rows are missing: the head is row %d, and the record ends %d before it", f.RowID, f.Count)
	case tracker.HeadReplaced:
		return fmt.Sprintf("in the place of the head, row %d, stands another seal: rows were removed and the record went on, or all was sealed anew", f.RowID)
	default:
		return fmt.Sprintf("row %d: %s", f.RowID, f.Kind)
	}
}
