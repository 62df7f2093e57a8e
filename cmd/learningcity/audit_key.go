package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"learningcity/internal/config"
	"learningcity/internal/tracker"
)

// keyFile is where the key of the record's seals is: beside the database, never
// in it.
func keyFile(c config.Config) string { return filepath.Join(c.DataDir, "audit.key") }

// readKey reads the key.
func readKey(path string) (key tracker.SealKey, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("read the key of the record: %w", err)
	}
	if len(content) != len(key) {
		return key, fmt.Errorf("%s is damaged: it holds %d bytes, a key has %d; restore it from a backup", path, len(content), len(key))
	}
	return tracker.SealKey(content), nil
}

// ensureKey reads the key, and makes one where there is none yet. Where the
// record is sealed already a new key could not be told from a forger's.
func ensureKey(path string, sealed bool) (tracker.SealKey, error) {
	key, err := readKey(path)
	switch {
	case !errors.Is(err, os.ErrNotExist):
		return key, err
	case sealed:
		return key, fmt.Errorf("the key of the record is missing: the record is sealed, but there is no %s; restore it from a backup, "+
			"or copy it from the machine that ran the program (docs/security.md says what to do when it is lost)", path)
	}
	if err := makeKey(path); err != nil {
		return key, fmt.Errorf("make the key of the record: %w", err)
	}
	return readKey(path)
}

// makeKey writes the key to the end before it gets its name, and leaves a key
// alone that another program made meanwhile.
func makeKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil { // PostgreSQL must reach what is beside it
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "audit.key-") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it has another name by then
	var key tracker.SealKey
	_, _ = rand.Read(key[:]) // it never fails
	_, err = file.Write(key[:])
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}
