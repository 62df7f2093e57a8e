package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// A lock is held until release, or until the program ends in whatever way:
// the kernel lets go of it then, and children do not inherit it.
type lock struct{ file *os.File }

// tryLock takes the lock at path at once or returns ErrInUse, wrapped with the
// holder's process id.
func tryLock(path string) (*lock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	taken, err := lockFile(file)
	if err == nil && !taken {
		err = heldBy(path)
	}
	if err == nil {
		err = signFile(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lock{file}, nil
}

// waitLock takes the lock at path as soon as its holder lets go.
func waitLock(ctx context.Context, path string) (*lock, error) {
	for {
		held, err := tryLock(path)
		if !errors.Is(err, ErrInUse) {
			return held, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// release unlocks first: a child that another goroutine is starting right now
// holds a copy of the file, and with it the lock, until it becomes its program.
func (l *lock) release() {
	_ = unlockFile(l.file)
	_ = l.file.Close() // nothing was written that could be lost
}

// heldBy reads the id that the holder wrote after it took the lock.
func heldBy(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrInUse, err)
	}
	pid := strings.TrimSpace(string(content))
	if pid == "" {
		return ErrInUse
	}
	return fmt.Errorf("%w: process %s", ErrInUse, pid)
}

func signFile(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
