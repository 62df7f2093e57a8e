package pgserver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Windows gets a program that compiles and says what to do instead.
var errWindows = errors.New("a private PostgreSQL cannot be run on Windows: set DATABASE_URL, or run docker compose up")

type identity struct {
	uid        int
	attributes *syscall.SysProcAttr
}

func chooseIdentity(context.Context, string) (identity, error) { return identity{}, errWindows }

func (identity) own(string) error         { return errWindows }
func (identity) mayReach(...string) error { return errWindows }
func ownerOf(fs.FileInfo) int             { return -1 }
func lockFile(*os.File) (bool, error)     { return false, errWindows }
func unlockFile(*os.File) error           { return errWindows }
func interrupt(int)                       {}
func alive(int) bool                      { return true }
func postgresOn(int, string) bool         { return true }
func scratchParent() string               { return os.TempDir() }
