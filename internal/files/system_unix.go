//go:build unix

package files

import (
	"errors"
	"os"
	"syscall"
)

// isFull: no room, no quota, or larger than the system lets the program write.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// syncDir makes the names in a folder outlive a crash of the machine.
func syncDir(root *os.Root, name string) (err error) {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
