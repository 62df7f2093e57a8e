//go:build unix

package files_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"learningcity/internal/files"
)

// TestFullDisk: the child may write a megabyte and no more, which the system
// tells it in the middle of the upload.
func TestFullDisk(t *testing.T) {
	w := openDisk(t)
	if said := w.child(t, "fill", "-"); strings.TrimSpace(said) != "full" {
		t.Errorf("the child says %q", said)
	}
	nothingLeft(t, w)
}

func init() { acts["fill"] = fill }

func fill(store files.Store, _ string) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: mebi, Max: mebi}); err != nil {
		return err
	}
	_, err := store.Receive(context.Background(), bytes.NewReader(data(3*mebi)), 3*mebi)
	if !errors.Is(err, files.ErrFull) || errors.Is(err, files.ErrUnavailable) {
		return fmt.Errorf("not full: %w", err)
	}
	fmt.Println("full")
	return nil
}

func TestErrorsOfAFullDisk(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if !files.IsFull(&os.PathError{Op: "write", Err: full}) {
			t.Errorf("%v is not full", full)
		}
	}
	if files.IsFull(&os.PathError{Op: "write", Err: syscall.EIO}) {
		t.Error("a broken disk is full")
	}
}

// TestFlushFails: a flush that fails while a file comes is not forgotten. A pipe
// cannot be flushed.
func TestFlushFails(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }() // until the writer is closed
	if err := files.WriteLarge(writer); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
	if err := writer.Close(); err != nil {
		t.Error(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := files.WriteLarge(file); err != nil {
		t.Error(err)
	}
}
