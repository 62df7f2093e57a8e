package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"learningcity/internal/config"
	"learningcity/internal/files"
)

// copyFiles copies the files of evidence from the data directory into the bucket.
// It may run again: what is there is left alone, so that a second run after the
// program has stopped takes only what came in between.
func copyFiles(ctx context.Context, c config.Config, args []string, stdout, _ io.Writer) (err error) {
	if len(args) != 1 || args[0] != "copy" {
		return fmt.Errorf("files %q: %w", args, errUsage)
	}
	if c.S3.Bucket == "" {
		return errors.New("there is no bucket to copy to: set LEARNINGCITY_S3_URL, LEARNINGCITY_S3_BUCKET and the login")
	}
	from, err := files.OpenDisk(filesDir(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := files.OpenS3(filesDir(c), bucketOf(c.S3))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := to.Ready(ctx); err != nil {
		return err
	}
	copied, there, err := copyAll(ctx, from, to)
	if err != nil {
		return fmt.Errorf("after %d files: %w", copied, err)
	}
	_, err = fmt.Fprintf(stdout, "%d files copied, %d were there. Stop the program, run this again, and start it with LEARNINGCITY_FILES=s3.\n", copied, there)
	return err
}

func copyAll(ctx context.Context, from, to files.Store) (copied, there int, err error) {
	err = from.Each(ctx, func(i files.Info) error {
		has, err := to.Stat(ctx, i.Hash)
		if err == nil && has.Size == i.Size {
			there++
			return nil
		}
		if err != nil && !errors.Is(err, files.ErrNotFound) {
			return err
		}
		copied++
		return files.Copy(ctx, from, to, i.Hash)
	})
	return copied, there, err
}
