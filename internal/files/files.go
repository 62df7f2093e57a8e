// Package files keeps the contents of evidence, each under the SHA-256 of its
// bytes, on the local disk or in a bucket of an S3 server. It knows nothing of
// people, cities or file names: who may put or read a content, and which ones
// somebody still needs, is decided above it. It must not import anything of
// ours, hand out an address of the store, or hold a content in memory.
//
// A content arrives in two steps, so that it can be looked at before it counts:
//
//	watcher := inspect.Watch(name)
//	in, err := store.Receive(ctx, body, limit, watcher) // on the local disk, hashed
//	defer in.Discard()
//	… watcher.File(ctx, in, in.Size(), in.Dir()) …
//	err = in.Commit(ctx)                                // whole and durable, or not there
//
// The row that points at a content is inserted after Commit. Commit always
// writes: a content that was there already gets a new time, which keeps it from
// being swept as old, and is whole again should it have rotted. Whoever sweeps
// takes the same lock on a hash as who commits it and inserts its row.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
)

// These meanings are all that crosses the package's border by type.
var (
	// ErrNotFound: the store has no content of this hash.
	ErrNotFound = errors.New("content not found")
	// ErrTooLarge: more bytes came than the limit allows.
	ErrTooLarge = errors.New("content too large")
	// ErrFull: no room is left, on the local disk or in the store.
	ErrFull = errors.New("file store is full")
	// ErrUnavailable: the store does not answer or cannot be used; nothing is known to be written.
	ErrUnavailable = errors.New("file store not available")
	// ErrCorrupt: what is kept under a hash has another one.
	ErrCorrupt = errors.New("content is damaged")
)

// Hash is the SHA-256 of a content, which is its name.
type Hash [sha256.Size]byte

// String is the hash in 64 small hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what String wrote; nothing else is a hash.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != hex.EncodedLen(len(h)) {
		return h, fmt.Errorf("hash of %d characters", len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("read a hash: %w", err)
	}
	if h.String() != s {
		return Hash{}, errors.New("hash in capital letters")
	}
	return h, nil
}

// Info is what a store tells of a content without reading it.
type Info struct {
	Hash    Hash
	Size    int64
	ModTime time.Time // of the newest upload, by the store's clock
}

// Content is an opened content. Its reads fail with ErrUnavailable where the
// store goes away in between.
type Content interface {
	io.ReadSeekCloser
	Size() int64
}

// Store keeps contents. Its methods may be called at once from everywhere.
// Errors are those of this package, the context's, or the reader's of Receive.
type Store interface {
	// Receive takes all of r to the local disk and hashes it meanwhile. With
	// more than limit bytes it ends with ErrTooLarge. An error leaves nothing,
	// and one of r is found in it. The caller must Commit or Discard. Each
	// watcher is given all bytes in order, in a goroutine of its own and none
	// after Receive returns; an error of one ends it.
	Receive(ctx context.Context, r io.Reader, limit int64, watchers ...io.Writer) (*Incoming, error)
	// Open returns the content for reading, from any place in it.
	Open(ctx context.Context, h Hash) (Content, error)
	// Stat tells of a content without reading it.
	Stat(ctx context.Context, h Hash) (Info, error)
	// Delete removes a content; that there is none is no error.
	Delete(ctx context.Context, h Hash) error
	// Each calls visit for every content in the order of the hashes, and stops
	// with its first error.
	Each(ctx context.Context, visit func(Info) error) error
	// SweepIncoming removes what interrupted uploads left on the local disk
	// and nobody has written to since before. It reports how many.
	SweepIncoming(before time.Time) (int, error)
	// Ready tries whether the store can be used.
	Ready(ctx context.Context) error
	// Close lets go of what the store holds open.
	Close() error
}

// Verify reads the whole content and returns ErrCorrupt where its bytes have
// another hash.
func Verify(ctx context.Context, store Store, h Hash) error {
	content, err := store.Open(ctx, h)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.CopyBuffer(sum, struct{ io.Reader }{reader{ctx, content}}, make([]byte, bufferSize))
	if err = errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("verify %s: %w", h, err)
	}
	if Hash(sum.Sum(nil)) != h {
		return fmt.Errorf("verify %s: %w", h, ErrCorrupt)
	}
	return nil
}

// Copy takes one content from a store to another. A damaged one is not copied.
func Copy(ctx context.Context, from, to Store, h Hash) error {
	content, err := from.Open(ctx, h)
	if err != nil {
		return err
	}
	in, err := to.Receive(ctx, content, content.Size())
	if err = errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", h, err)
	}
	if in.Hash() != h {
		return errors.Join(fmt.Errorf("copy %s: %w", h, ErrCorrupt), in.Discard())
	}
	return errors.Join(in.Commit(ctx), in.Discard())
}
