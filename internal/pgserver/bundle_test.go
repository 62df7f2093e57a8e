//go:build unix

package pgserver

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A member is one entry of an archive made by a test.
type member struct {
	name, content string
	kind          byte
}

func archiveOf(t *testing.T, members ...member) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.tgz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	writer := tar.NewWriter(zipped)
	for _, member := range members {
		header := &tar.Header{Name: member.name, Typeflag: member.kind, Mode: 0o755, Size: int64(len(member.content))}
		if member.kind == tar.TypeSymlink {
			header.Linkname, header.Size, member.content = member.content, 0, ""
		}
		err = errors.Join(err, writer.WriteHeader(header))
		_, writeErr := writer.Write([]byte(member.content))
		err = errors.Join(err, writeErr)
	}
	if err := errors.Join(err, writer.Close(), zipped.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

const listOfLinks = "package/native/pg-symlinks.json"

func TestUnpack(t *testing.T) {
	t.Parallel()
	archive := archiveOf(t,
		member{"package/native/lib/libpq.so.5.17", "library", tar.TypeReg},
		member{listOfLinks, `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/deep/libpq.so"}]`, tar.TypeReg},
	)
	dir := filepath.Join(t.TempDir(), "tree")
	if err := unpack(archive, dir); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "native/lib/deep/libpq.so"))
	if err != nil || string(content) != "library" {
		t.Errorf("through the link: %q, %v", content, err)
	}
	info, err := os.Stat(filepath.Join(dir, "native/lib/libpq.so.5.17"))
	if err != nil || info.Mode().Perm()&0o700 != 0o700 {
		t.Errorf("the file's mode: %v, %v", info, err)
	}
}

func TestUnpackStaysInside(t *testing.T) {
	t.Parallel()
	links := member{listOfLinks, "[]", tar.TypeReg}
	for name, members := range map[string][]member{
		"a name that climbs":        {{"package/../../evil", "x", tar.TypeReg}, links},
		"a name from the root":      {{"/tmp/evil", "x", tar.TypeReg}, links},
		"a name beside the package": {{"other/evil", "x", tar.TypeReg}, links},
		"a link in the archive":     {{"package/evil", "/tmp", tar.TypeSymlink}, links},
		"a file twice":              {{"package/a", "x", tar.TypeReg}, {"package/a", "y", tar.TypeReg}, links},
		"a listed link that climbs": {{listOfLinks, `[{"source":"a","target":"../../evil"}]`, tar.TypeReg}},
		"a listed link to the roof": {{listOfLinks, `[{"source":"../../a","target":"evil"}]`, tar.TypeReg}},
		"a listed link through one": {{listOfLinks, `[{"source":"native","target":"a"},{"source":"b","target":"a/../../evil"}]`, tar.TypeReg}},
		"no list of links":          {{"package/a", "x", tar.TypeReg}},
		"a list that is not one":    {{listOfLinks, `{`, tar.TypeReg}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			above := t.TempDir()
			if err := unpack(archiveOf(t, members...), filepath.Join(above, "in", "tree")); err == nil {
				t.Error("the parent does not exist, and it is made")
			}
			if err := os.Mkdir(filepath.Join(above, "in"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unpack(archiveOf(t, members...), filepath.Join(above, "in", "tree")); err == nil {
				t.Error("it is unpacked")
			}
			for _, place := range []string{"evil", "in/evil"} {
				if _, err := os.Lstat(filepath.Join(above, place)); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s was written: %v", place, err)
				}
			}
		})
	}
}

func TestChecksum(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512([]byte("content"))
	if err := verifyChecksum(path, "sha512-"+base64.StdEncoding.EncodeToString(sum[:])); err != nil {
		t.Errorf("the right checksum: %v", err)
	}
	err := verifyChecksum(path, bundleChecksums["linux-x64"])
	if err == nil || !strings.Contains(err.Error(), bundleChecksums["linux-x64"]) {
		t.Errorf("a wrong checksum: %v", err)
	}
}

// TestForeignArchiveIsRefused stands for a registry that delivers other bytes.
func TestForeignArchiveIsRefused(t *testing.T) {
	t.Parallel()
	npm := filepath.Join(t.TempDir(), "npm")
	writeProgram(t, npm, []byte("#!/bin/sh\necho other > package.tgz\n"))
	options := elsewhere()
	options.npm, options.CacheDir = npm, t.TempDir()
	_, err := Find(t.Context(), options, 0)
	if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "checksum is") {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(options.CacheDir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("the cache holds %v, %v, want the lock only", left, err)
	}
}
