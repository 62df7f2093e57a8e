package main

import (
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

const keyOfTheRecord = "key of the record"

// readKey reads the key.
func readKey(path string) (tracker.SealKey, error) {
	key, err := readKeyFile(path, keyOfTheRecord)
	return tracker.SealKey(key), err
}

// ensureKey reads the key, and makes one where there is none yet. Where the
// record is sealed already a new key could not be told from a forger's.
func ensureKey(path string, sealed bool) (tracker.SealKey, error) {
	key, err := ensureKeyFile(path, keyOfTheRecord, sealed)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("the key of the record is missing: the record is sealed, but there is no %s; restore it from a backup, "+
			"or copy it from the machine that ran the program (docs/security.md says what to do when it is lost)", path)
	}
	return tracker.SealKey(key), err
}
