package main

import (
	"context"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/files"
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
