//go:build s3

package files_test

import "learningcity/internal/files"

// openAt opens the store of a child: a folder, and with an address its bucket.
func openAt(where []string) (files.Store, error) {
	if len(where) == 2 {
		return files.OpenS3(where[0], bucketAt(where[1]))
	}
	return files.OpenDisk(where[0])
}
