package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/files"
	"learningcity/internal/postgres"
)

// bucketOf is the S3 server's bucket of the settings.
func bucketOf(c config.S3) files.Bucket {
	return files.Bucket{URL: c.URL, Name: c.Bucket, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey}
}

// checkFiles asks for the bucket where contents of evidence are kept. A folder
// of the data directory is part of "storage".
func checkFiles(ctx context.Context, c config.Config) finding {
	if c.Files == "disk" {
		return finding{fine, "files", "in the data directory"}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	bucket := bucketOf(c.S3)
	if err := bucket.Ready(ctx); err != nil {
		return finding{problem, "files", "the bucket cannot be used (" + err.Error() + "): make it, or correct the LEARNINGCITY_S3_… settings"}
	}
	return finding{fine, "files", "in the bucket " + bucket.Name + " at " + bucket.URL.String()}
}

// checkContents looks for files that rows point at and the store does not have.
// Of a database that is not ready other lines tell.
func checkContents(ctx context.Context, c config.Config, address string) []finding {
	store, err := postgres.Open(ctx, postgres.Options{URL: address})
	if err != nil {
		return nil
	}
	defer store.Close()
	if store.Ready(ctx) != nil {
		return nil
	}
	missing, err := missingContents(ctx, c, store)
	switch {
	case err != nil:
		return []finding{{warning, "contents", "the files of evidence cannot be compared with the database: " + err.Error()}}
	case len(missing) > 0:
		return []finding{{problem, "contents", fmt.Sprintf("%d files of evidence are not in the store, the first with the SHA-256 %s: "+
			"bring them back from a backup", len(missing), missing[0])}}
	}
	return []finding{{fine, "contents", "every file of evidence is in the store"}}
}

func missingContents(ctx context.Context, c config.Config, store *postgres.Store) (missing []files.Hash, err error) {
	if _, err := os.Stat(filesDir(c)); c.Files != "s3" && errors.Is(err, os.ErrNotExist) {
		err := compareContents(ctx, store, nothing{}, func(files.Info) {}, func(h files.Hash) { missing = append(missing, h) })
		return missing, err // the doctor makes no folder
	}
	kept, err := openFiles(c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	var gone []files.Hash
	if err := compareContents(ctx, store, kept, func(files.Info) {}, func(h files.Hash) { gone = append(gone, h) }); err != nil {
		return nil, err
	}
	for _, h := range gone { // one may have come while the store was listed
		if _, err := kept.Stat(ctx, h); errors.Is(err, files.ErrNotFound) {
			missing = append(missing, h)
		} else if err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// nothing is a store that nobody has made yet.
type nothing struct{}

func (nothing) Each(context.Context, func(files.Info) error) error { return nil }
