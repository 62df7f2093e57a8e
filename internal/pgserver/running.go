package pgserver

import (
	"errors"
	"fmt"
	"path/filepath"
)

// ErrNotRunning means that no program serves the directory.
var ErrNotRunning = errors.New("no PostgreSQL of ours runs there")

// Running returns the server that another program runs on dir, to be talked to
// only: it is not this program's to stop, and Done and Stop must not be called.
// Where there is none it returns ErrNotRunning.
func Running(dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	major, err := existingMajor(dir)
	if err != nil {
		return nil, fmt.Errorf("look for existing data: %w", err)
	}
	data := dataDir(dir, major)
	pid, socket, err := readPostmaster(data)
	if err != nil {
		return nil, fmt.Errorf("look for the running server: %w", err)
	}
	if socket == "" || !postgresOn(pid, data) {
		return nil, fmt.Errorf("%w: %s", ErrNotRunning, dir)
	}
	return &Server{socketDir: socket}, nil
}
