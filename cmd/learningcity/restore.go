package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"learningcity/internal/backup"
	"learningcity/internal/config"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
)

var errRestoreUsage = errors.New("say what: learningcity restore [-check] FILE, or - for standard input")

// restore fills an empty installation from a backup. It reads all of the file
// before it touches anything, and again to restore it.
func restore(ctx context.Context, c config.Config, args []string, _, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	flags.SetOutput(stderr)
	checkOnly := flags.Bool("check", false, "only read the file and compare its sums")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || flags.Arg(0) == "" {
		return errRestoreUsage
	}
	file, size, release, err := openBackup(flags.Arg(0), c.DataDir)
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	header, m, err := backup.Check(ctx, following(file, stderr, "checked"), size)
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	done := fmt.Sprintf("The backup of %s (%s, schema %d) is whole", header.Made.Format(time.RFC3339), header.Program, header.Migration)
	if err := summary(stderr, done, m, ""); err != nil || *checkOnly {
		return err
	}
	return withContents(c, m.Files.Count > 0, func(contents backup.Contents) error {
		return restoreFrom(ctx, c, file, size, contents, stderr)
	})
}

func following(file *os.File, stderr io.Writer, what string) *progress {
	return &progress{ReaderAt: file, to: stderr, what: what, next: time.Now().Add(progressPause)}
}

// openBackup opens what can be read twice, which the caller must release. What
// comes through a pipe is put into a file first, beside the data where there
// are any: an image without a shell has no other place.
func openBackup(path, dataDir string) (file *os.File, size int64, release func() error, err error) {
	if path != "-" {
		if file, err = os.Open(path); err != nil {
			return nil, 0, nil, err
		}
		info, err := file.Stat()
		if err == nil && info.Mode().IsRegular() {
			return file, info.Size(), file.Close, nil
		}
		defer file.Close()
		if err != nil || info.IsDir() {
			return nil, 0, nil, fmt.Errorf("%s is no file (%w)", path, errors.Join(err, fs.ErrInvalid))
		}
		return spool(file, dataDir)
	}
	return spool(os.Stdin, dataDir)
}

func spool(from io.Reader, dataDir string) (file *os.File, size int64, release func() error, err error) {
	if info, err := os.Stat(dataDir); err != nil || !info.IsDir() {
		dataDir = "" // the system's folder for such files
	}
	if file, err = os.CreateTemp(dataDir, "learningcity-restore-*"); err != nil { // mode 0600
		return nil, 0, nil, err
	}
	release = func() error { return errors.Join(file.Close(), os.Remove(file.Name())) }
	if size, err = io.Copy(file, from); err != nil {
		return nil, 0, nil, errors.Join(err, release())
	}
	return file, size, release, nil
}

func restoreFrom(ctx context.Context, c config.Config, file *os.File, size int64, contents backup.Contents, stderr io.Writer) (err error) {
	login := ""
	if !c.Private() {
		if login, err = loginOf(c); err != nil {
			return err
		}
	}
	d, err := openDatabase(ctx, c, slog.New(slog.DiscardHandler))
	if errors.Is(err, pgserver.ErrInUse) {
		return fmt.Errorf("nothing was restored: the program is running on %s: stop it first (%w)", c.DataDir, err)
	}
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	defer func() { err = errors.Join(err, d.close()) }()
	var m backup.Manifest
	var skipped []string
	err = postgres.Restore(ctx, d.ownerURL, login, func(r *postgres.Restoration) (err error) {
		if m, err = backup.Load(ctx, following(file, stderr, "restored"), size, r, contents); err != nil {
			return err
		}
		skipped = r.Skipped
		return r.Finish(ctx, m)
	})
	if err != nil {
		return fmt.Errorf("nothing was restored: %w%s", err, emptyHint(err, c))
	}
	return reportRestored(ctx, c, d, login, m, skipped, stderr)
}

// emptyHint says where an empty installation is to be had.
func emptyHint(err error, c config.Config) string {
	switch {
	case !errors.Is(err, postgres.ErrNotEmpty):
		return ""
	case c.Private():
		return "; restore into a LEARNINGCITY_DATA_DIR that is new, before the program is started on it"
	}
	return "; restore into a database that is new"
}

// reportRestored brings what belongs to the program up to date, and verifies
// the record where its key is there.
func reportRestored(ctx context.Context, c config.Config, d database, login string, m backup.Manifest, skipped []string, stderr io.Writer) error {
	if err := migrateDatabase(ctx, d.ownerURL, login); err != nil {
		return fmt.Errorf("all rows are restored, but not yet up to date; learningcity migrate tries again: %w", err)
	}
	if err := summary(stderr, "Restored, read again and found the same", m, ""); err != nil {
		return err
	}
	if len(skipped) > 0 {
		if _, err := fmt.Fprintf(stderr, "Left out, since they are no tables of this program: %s.\n", strings.Join(skipped, ", ")); err != nil {
			return err
		}
	}
	key, err := readKey(keyFile(c))
	if errors.Is(err, fs.ErrNotExist) {
		_, err = fmt.Fprintf(stderr, "The record's key is not in a backup: put audit.key of the old installation at %s before the program starts,\n"+
			"then learningcity audit verify.\n", keyFile(c))
		return err
	}
	if err != nil {
		return fmt.Errorf("all is restored, but the record cannot be verified: %w", err)
	}
	heads, err := headsFor(c, "")
	if err != nil {
		return fmt.Errorf("all is restored, but the record cannot be verified: %w", err)
	}
	check, err := postgres.VerifyAudit(ctx, d.ownerURL, key, heads...)
	if err != nil {
		return fmt.Errorf("all is restored, but the record cannot be verified: %w", err)
	}
	return reportAudit(stderr, check)
}
