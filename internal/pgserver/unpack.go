package pgserver

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// unpack writes the files of an npm archive below dir, which must not exist,
// and makes the links its pg-symlinks.json asks for. os.Root keeps every name,
// however it is spelled, inside dir.
func unpack(archive, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unpackFiles(file, root); err != nil {
		return err
	}
	return makeLinks(root)
}

func unpackFiles(archive io.Reader, root *os.Root) error {
	plain, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	entries := tar.NewReader(plain)
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, entry, entries); err != nil {
			return fmt.Errorf("entry %q: %w", entry.Name, err)
		}
	}
}

// unpackEntry takes plain files only: npm packs nothing else, so anything else
// is not what it claims to be.
func unpackEntry(root *os.Root, entry *tar.Header, content io.Reader) error {
	if entry.Typeflag == tar.TypeDir {
		return nil
	}
	name, inside := strings.CutPrefix(entry.Name, "package/")
	if entry.Typeflag != tar.TypeReg || !inside || !filepath.IsLocal(name) {
		return errors.New("not a file of the package")
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	// Exclusive, so that no entry can replace an earlier one.
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, entry.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// makeLinks restores the links between the bundle's libraries, which an npm
// archive cannot carry. "source" is the file, "target" the link to it.
func makeLinks(root *os.Root) error {
	list, err := root.ReadFile("native/pg-symlinks.json")
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	for _, link := range links {
		if err := makeLink(root, link.Source, link.Target); err != nil {
			return fmt.Errorf("link %q to %q: %w", link.Target, link.Source, err)
		}
	}
	return nil
}

func makeLink(root *os.Root, source, target string) error {
	if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
		return errors.New("leads out of the package")
	}
	relative, err := filepath.Rel(filepath.Dir(target), source)
	if err != nil {
		return err
	}
	if err := root.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return root.Symlink(relative, target)
}
