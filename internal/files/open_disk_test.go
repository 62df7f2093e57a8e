//go:build !s3

package files_test

import "learningcity/internal/files"

// openAt opens the store of a child, a folder.
func openAt(where []string) (files.Store, error) { return files.OpenDisk(where[0]) }
