package files

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// isFull: no room is left on the drive.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// syncDir: Windows has no such call; NTFS keeps its names in a journal.
func syncDir(*os.Root, string) error { return nil }
