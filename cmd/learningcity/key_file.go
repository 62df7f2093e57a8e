package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A key file holds one key of 32 bytes. Only the program's user may read it.

// readKeyFile reads the key. What it is stands in the error.
func readKeyFile(path, what string) (key [32]byte, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("read the %s: %w", what, err)
	}
	if len(content) != len(key) {
		return key, fmt.Errorf("%s is damaged: it holds %d bytes, a key has %d; restore it from a backup", path, len(content), len(key))
	}
	return [32]byte(content), nil
}

// ensureKeyFile reads the key, and makes one where there is none yet, unless it
// has been used: then the error is os.ErrNotExist.
func ensureKeyFile(path, what string, used bool) (key [32]byte, err error) {
	key, err = readKeyFile(path, what)
	if !errors.Is(err, os.ErrNotExist) || used {
		return key, err
	}
	if err := makeKey(path); err != nil {
		return key, fmt.Errorf("make the %s: %w", what, err)
	}
	return readKeyFile(path, what)
}

// makeKey writes the key to the end before it gets its name, and leaves a key
// alone that another program made meanwhile.
func makeKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil { // PostgreSQL must reach what is beside it
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it has another name by then
	var key [32]byte
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
