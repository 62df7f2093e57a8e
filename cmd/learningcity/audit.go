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

	"learningcity/internal/config"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

var (
	errAuditUsage  = errors.New("say audit verify [-head FILE] or audit head")
	errAuditFaults = errors.New("the record of acts is not as it was sealed")
)

// audit verifies the record of acts, or exports its head.
func audit(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errAuditUsage
	}
	switch args[0] {
	case "verify":
		return verifyAudit(ctx, c, args[1:], stdout, stderr)
	case "head":
		return exportHead(ctx, c, args[1:], stdout)
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
	head, err := readHead(*path)
	if err != nil {
		return err
	}
	key, err := readKey(keyFile(c))
	if err != nil {
		return err
	}
	return withDatabase(ctx, c, func(d database) error {
		check, err := postgres.VerifyAudit(ctx, d.ownerURL, key, head)
		if err != nil {
			return err
		}
		return reportAudit(stdout, check)
	})
}

// readHead reads what audit head wrote; no path, no head.
func readHead(path string) (*tracker.Seal, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // verifying without a head is the usual case
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	var head tracker.Seal
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, fmt.Errorf("read the head %s: %w", path, err)
	}
	if head.Position < 1 {
		return nil, fmt.Errorf("%s is no head: audit head writes one", path)
	}
	return &head, nil
}

// maxFaults is how many faults are told one by one.
const maxFaults = 50

func reportAudit(w io.Writer, check *tracker.SealCheck) error {
	text := fmt.Sprintf("Sealed and unchanged: %d.\nNewer than the newest seal, not sealed yet: %d.\n", check.Sealed, check.Unsealed)
	if check.Head != nil && len(check.Faults) == 0 {
		text += fmt.Sprintf("The head, row %d, is in its place.\n", check.Head.RowID)
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
