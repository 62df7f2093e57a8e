package files

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// bufferSize is the memory of a reading transfer beside the connection's own.
const bufferSize = 256 << 10

// Incoming is a content that has been received and does not count yet. It is a
// file on the local disk, whatever the store.
type Incoming struct {
	file *os.File
	name string
	size int64
	hash Hash
	home *incoming
}

// Hash is the SHA-256 of all bytes.
func (in *Incoming) Hash() Hash { return in.hash }

// Size is the number of bytes.
func (in *Incoming) Size() int64 { return in.size }

// ReadAt reads from any place, until Commit or Discard.
func (in *Incoming) ReadAt(p []byte, offset int64) (int, error) { return in.file.ReadAt(p, offset) }

// Dir is a folder for temporary files of those who look inside the content.
// What they leave is swept like an interrupted upload.
func (in *Incoming) Dir() string { return in.home.dir }

// Commit puts the content under its hash. After nil it is there, whole, and
// outlives a crash; after an error it may be there, whole, or not.
func (in *Incoming) Commit(ctx context.Context) error {
	if in.file == nil {
		return errors.New("commit: this content was committed or discarded before")
	}
	if err := in.home.keep(ctx, in); err != nil {
		return fmt.Errorf("commit %s: %w", in.hash, err)
	}
	return in.Discard()
}

// Discard removes what was received. After a Commit it does nothing.
func (in *Incoming) Discard() error {
	if in.file == nil {
		return nil
	}
	err := errors.Join(in.file.Close(), in.home.remove(in.name))
	in.file = nil
	return err
}

// incoming is the folder where contents arrive.
type incoming struct {
	root *os.Root
	dir  string
	keep func(ctx context.Context, in *Incoming) error
	// flush: keep will flush the file, so most of it is flushed while it comes.
	flush bool
	// reached is told each step between the first byte and the final name, so
	// that a test can end the process there. It is nil outside of tests.
	reached func(step string)
}

func openIncoming(dir string) (*incoming, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, disk("make the folder of uploads", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, disk("open the folder of uploads", err)
	}
	return &incoming{root: root, dir: dir}, nil
}

func (i *incoming) step(name string) {
	if i.reached != nil {
		i.reached(name)
	}
}

// Receive implements Store.
func (i *incoming) Receive(ctx context.Context, r io.Reader, limit int64, watchers ...io.Writer) (*Incoming, error) {
	in := &Incoming{name: rand.Text(), home: i}
	file, err := i.root.OpenFile(in.name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, disk("receive", err)
	}
	in.file = file
	i.step("created")
	if err := in.fill(reader{ctx, r}, limit, watchers); err != nil {
		return nil, errors.Join(fmt.Errorf("receive: %w", err), in.Discard())
	}
	i.step("received")
	return in, nil
}

// fill reads one byte more than allowed, to know that there is one.
func (in *Incoming) fill(r io.Reader, limit int64, watchers []io.Writer) error {
	sum, target := sha256.New(), &diskWriter{file: in.file, flush: in.home.flush}
	n, err := spread(io.LimitReader(r, limit+1), append([]io.Writer{sum, target}, watchers...))
	if err := errors.Join(err, target.wait()); err != nil {
		return err
	}
	if n > limit {
		return ErrTooLarge
	}
	in.size, in.hash = n, Hash(sum.Sum(nil))
	return nil
}

// flushEvery is how much is written between two flushes.
const flushEvery = 32 << 20

// diskWriter gives the disk's errors their meaning, so that they are not taken
// for those of the reader. It flushes beside the writing, one flush at a time.
type diskWriter struct {
	file     *os.File
	flush    bool
	written  int // since the last flush began
	flushing chan error
}

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if w.written += n; err == nil && w.flush && w.written >= flushEvery {
		if err := w.wait(); err != nil {
			return n, err
		}
		w.written, w.flushing = 0, make(chan error, 1)
		go func() { w.flushing <- w.file.Sync() }()
	}
	return n, disk("write", err)
}

// wait for the flush that is going on. The system tells an error of the disk
// once, so this must not be lost.
func (w *diskWriter) wait() error {
	if w.flushing == nil {
		return nil
	}
	err := <-w.flushing
	w.flushing = nil
	return disk("flush", err)
}

// reader ends with the context, between two reads.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

func (i *incoming) remove(name string) error {
	if err := i.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk("remove an upload", err)
	}
	return nil
}

// SweepIncoming implements Store.
func (i *incoming) SweepIncoming(before time.Time) (int, error) {
	entries, err := fs.ReadDir(i.root.FS(), ".")
	if err != nil {
		return 0, disk("list uploads", err)
	}
	removed := 0
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || info.IsDir() || !info.ModTime().Before(before) {
			continue // one that ended in between is gone already
		}
		if err := i.remove(entry.Name()); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// incomingIn is where contents arrive in a folder of the program's data.
func incomingIn(dir string) string { return filepath.Join(dir, "incoming") }

// disk gives an error of the local disk its meaning.
func disk(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("%s: %w: %w", doing, ErrFull, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: a folder is missing: %w", doing, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
}
