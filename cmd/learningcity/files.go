package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"learningcity/internal/backup"
	"learningcity/internal/config"
	"learningcity/internal/files"
)

// filesDir is where contents of evidence are kept, or arrive on their way to a
// bucket.
func filesDir(c config.Config) string { return filepath.Join(c.DataDir, "files") }

// openFiles opens the store of the settings.
func openFiles(c config.Config) (files.Store, error) {
	if c.Files == "s3" {
		return files.OpenS3(filesDir(c), bucketOf(c.S3))
	}
	return files.OpenDisk(filesDir(c))
}

// withContents lets fn work on the files of evidence. A folder that nobody has
// made yet is not made where it is not needed: contents is nil then.
func withContents(c config.Config, needed bool, fn func(contents backup.Contents) error) (err error) {
	if _, err := os.Stat(filesDir(c)); c.Files != "s3" && !needed && errors.Is(err, os.ErrNotExist) {
		return fn(nil)
	}
	store, err := openFiles(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(contents{store})
}

// contents is the store as package backup knows it.
type contents struct{ store files.Store }

func (c contents) Each(ctx context.Context, visit func(backup.Hash, int64) error) error {
	return c.store.Each(ctx, func(i files.Info) error { return visit(backup.Hash(i.Hash), i.Size) })
}

func (c contents) Open(ctx context.Context, h backup.Hash) (io.ReadCloser, error) {
	return c.store.Open(ctx, files.Hash(h))
}

// Put commits what has the hash only.
func (c contents) Put(ctx context.Context, h backup.Hash, size int64, r io.Reader) error {
	in, err := c.store.Receive(ctx, r, size)
	if err != nil {
		return err
	}
	if in.Hash() != files.Hash(h) {
		return errors.Join(fmt.Errorf("%w: it has the hash %s", files.ErrCorrupt, in.Hash()), in.Discard())
	}
	return errors.Join(in.Commit(ctx), in.Discard())
}
