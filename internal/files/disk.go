package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Disk keeps contents in a folder: contents/ab/abcdef… and incoming/….
type Disk struct {
	*incoming
	contents *os.Root
	all      *os.Root // the folder above both, in which a rename stays on one file system

	making sync.Mutex
	made   [256]bool // folders of contents that are there for good
}

// OpenDisk opens the store in dir and makes what is missing of it.
func OpenDisk(dir string) (*Disk, error) {
	arriving, err := openIncoming(incomingIn(dir))
	if err != nil {
		return nil, err
	}
	d := &Disk{incoming: arriving}
	if err := d.open(dir); err != nil {
		return nil, errors.Join(disk("open the file store", err), d.Close())
	}
	d.keep, d.flush = d.rename, true
	return d, nil
}

func (d *Disk) open(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "contents"), 0o700); err != nil {
		return err
	}
	var err error
	if d.all, err = os.OpenRoot(dir); err != nil {
		return err
	}
	if d.contents, err = os.OpenRoot(filepath.Join(dir, "contents")); err != nil {
		return err
	}
	return syncDir(d.all, ".")
}

// Close implements Store.
func (d *Disk) Close() error {
	var failed []error
	for _, root := range []*os.Root{d.root, d.all, d.contents} {
		if root != nil {
			failed = append(failed, root.Close())
		}
	}
	return errors.Join(failed...)
}

func fanOut(first byte) string { return fmt.Sprintf("%02x", first) }

// path of a content under contents/.
func path(h Hash) string { return filepath.Join(fanOut(h[0]), h.String()) }

// house makes the folder of a content before it has its first. Its name is flushed
// once, also where it was there: who made it may have been killed before that.
func (d *Disk) house(first byte) error {
	d.making.Lock()
	defer d.making.Unlock()
	if d.made[first] {
		return nil
	}
	if err := d.contents.Mkdir(fanOut(first), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncDir(d.contents, "."); err != nil {
		return err
	}
	d.made[first] = true
	return nil
}

// rename is Commit: flushed before it has the final name, and the name flushed
// before anybody is told.
func (d *Disk) rename(ctx context.Context, in *Incoming) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := in.file.Sync(); err != nil {
		return disk("flush", err)
	}
	d.step("flushed")
	if err := d.house(in.hash[0]); err != nil {
		return disk("make its folder", err)
	}
	d.step("housed")
	if err := d.all.Rename(filepath.Join("incoming", in.name), filepath.Join("contents", path(in.hash))); err != nil {
		return disk("name", err)
	}
	d.step("named")
	if err := syncDir(d.contents, fanOut(in.hash[0])); err != nil {
		return disk("flush the name", err)
	}
	d.step("kept")
	return nil
}

// diskContent is a file with its size.
type diskContent struct {
	*os.File
	size int64
}

func (c diskContent) Size() int64 { return c.size }

// Open implements Store.
func (d *Disk) Open(ctx context.Context, h Hash) (Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := d.contents.Open(path(h))
	if err != nil {
		return nil, d.missing("open", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(disk("open", err), file.Close())
	}
	return diskContent{file, info.Size()}, nil
}

// missing tells a content that is not there from a store that is not there.
func (d *Disk) missing(doing string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && d.inPlace() == nil {
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	}
	return disk(doing, err)
}

// inPlace: the folder of contents is where it was opened. One that was removed can
// still be asked, and holds nothing.
func (d *Disk) inPlace() error {
	opened, err := d.contents.Stat(".")
	if err != nil {
		return err
	}
	found, err := d.all.Stat("contents")
	if err == nil && !os.SameFile(opened, found) {
		return fs.ErrNotExist
	}
	return err
}

// Stat implements Store.
func (d *Disk) Stat(ctx context.Context, h Hash) (Info, error) {
	if err := ctx.Err(); err != nil {
		return Info{}, err
	}
	info, err := d.contents.Stat(path(h))
	if err != nil {
		return Info{}, d.missing("look up", err)
	}
	return Info{Hash: h, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete implements Store.
func (d *Disk) Delete(ctx context.Context, h Hash) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.missing("delete", d.contents.Remove(path(h))); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// Each implements Store. One folder of names is in memory at a time.
func (d *Disk) Each(ctx context.Context, visit func(Info) error) error {
	for i := range 256 {
		if err := d.eachIn(ctx, fanOut(byte(i)), visit); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disk) eachIn(ctx context.Context, folder string, visit func(Info) error) error {
	entries, err := fs.ReadDir(d.contents.FS(), folder)
	if err := d.missing("list", err); errors.Is(err, ErrNotFound) {
		return nil // nothing was ever put into it
	} else if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := ParseHash(entry.Name())
		if err != nil || fanOut(h[0]) != folder {
			continue // not one of ours
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted in between
		}
		if err != nil {
			return disk("list", err)
		}
		if err := visit(Info{Hash: h, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
			return err
		}
	}
	return nil
}

// Ready writes one byte, and removes it.
func (d *Disk) Ready(ctx context.Context) error {
	if err := d.inPlace(); err != nil {
		return disk("try the file store", err)
	}
	in, err := d.Receive(ctx, strings.NewReader("x"), 1)
	if err != nil {
		return err
	}
	return in.Discard()
}
