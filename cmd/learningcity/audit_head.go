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
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// headFile is where the newest seal is kept, beside the key: who can write to
// the database cannot take it back.
func headFile(c config.Config) string { return filepath.Join(c.DataDir, "audit.head") }

// keptHead reads the head that is kept; zero for none.
func keptHead(path string) (tracker.Seal, error) {
	head, err := readHead(path)
	if errors.Is(err, os.ErrNotExist) {
		return tracker.Seal{}, nil
	}
	return head, err
}

// readHead reads a head, kept or exported.
func readHead(path string) (head tracker.Seal, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return head, fmt.Errorf("read the head: %w", err)
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return head, fmt.Errorf("read the head %s: %w", path, err)
	}
	if head.Position < 1 {
		return head, fmt.Errorf("%s is no head: audit head writes one", path)
	}
	return head, nil
}

// keepHead keeps the head, unless another program that shares the folder has
// kept a later one.
func keepHead(path string, head tracker.Seal) error {
	kept, err := keptHead(path)
	if err != nil || kept.Position >= head.Position {
		return err
	}
	return writeHead(path, head)
}

// writeHead writes the head to the end before it takes the place of the one
// before. No seal, no head.
func writeHead(path string, head tracker.Seal) error {
	if head.Position == 0 {
		return os.RemoveAll(path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "audit.head-") // mode 0600
	if err != nil {
		return fmt.Errorf("keep the head of the record: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // it has another name by then
	err = json.NewEncoder(file).Encode(head)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep the head of the record: %w", err)
	}
	return nil
}

// acceptHead takes the record's newest seal for the head where the kept one is
// lost, as after an older backup was restored. It is recorded as an act first.
func acceptHead(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("audit accept-head", flag.ContinueOnError)
	flags.SetOutput(stderr)
	yes := flags.Bool("yes", false, "do it, and not only say what is lost")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errAuditUsage
	}
	kept, err := keptHead(headFile(c))
	if err != nil {
		return err
	}
	return withDatabase(ctx, c, func(d database) error {
		store, err := postgres.Open(ctx, postgres.Options{URL: d.appURL, MaxConns: 1})
		if err != nil {
			return err
		}
		defer store.Close()
		return acceptHeadOf(ctx, store, headFile(c), kept, *yes, stdout)
	})
}

func acceptHeadOf(ctx context.Context, store *postgres.Store, path string, kept tracker.Seal, yes bool, stdout io.Writer) error {
	err := store.CheckAuditHead(ctx, kept)
	if err == nil {
		return errors.New("there is nothing to accept: the record holds the head that is kept beside the key")
	}
	if !errors.Is(err, tracker.ErrHeadLost) {
		return err
	}
	head, err := store.AuditHead(ctx)
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		return err
	}
	if _, err := io.WriteString(stdout, lossText(kept, head)); err != nil {
		return err
	}
	if !yes {
		return errors.New("nothing was changed; say audit accept-head -yes to go on from what there is")
	}
	if head, err = store.AcceptAuditHead(ctx, tracker.Operator(), kept); err != nil {
		return err
	}
	return writeHead(path, head)
}

// lossText says what going on gives up.
func lossText(kept, head tracker.Seal) string {
	text := fmt.Sprintf("The head kept beside the key is seal %d, of row %d. ", kept.Position, kept.RowID)
	if head.Position == 0 {
		text += "The record holds no seal at all.\n"
	} else {
		text += fmt.Sprintf("The record ends with seal %d, of row %d.\n", head.Position, head.RowID)
	}
	if head.Position < kept.Position {
		text += fmt.Sprintf("Lost: %d sealed acts, and the proof that nothing was put in their place.\n", kept.Position-head.Position)
	} else {
		text += "Lost: the proof of acts that stood there before; others have taken their place.\n"
	}
	return text + "That is right after an older backup was restored. If none was, somebody has tampered with the record:\n" +
		"keep a copy of the database and of this folder before going on. Heads exported before will not be found any more.\n"
}
