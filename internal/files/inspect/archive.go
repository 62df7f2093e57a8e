package inspect

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strings"
)

// boundedReaderAt ends reading after so many bytes: the list of a ZIP's entries
// is read into memory, and what the file says of its length need not be true.
type boundedReaderAt struct {
	io.ReaderAt
	left int64
}

var errBound = errors.New("more than may be read")

func (b *boundedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if b.left < int64(len(p)) {
		return 0, errBound
	}
	b.left -= int64(len(p))
	return b.ReaderAt.ReadAt(p, offset)
}

// contextReader ends with the context, between two reads.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// openZip reads the list of entries, within its limits, and refuses what no
// honest archive has.
func (f file) openZip() (*zip.Reader, error) {
	// The end of the list is searched for in 1 KiB, then in 65 KiB. A broken list
	// may point before the file, which a file takes for a fault of ours.
	bounded := &boundedReaderAt{ReaderAt: io.NewSectionReader(f.content, 0, f.size), left: maxDirectory + 2*edgeSize}
	archive, err := zip.NewReader(bounded, f.size)
	switch {
	case errors.Is(err, errBound):
		return nil, refuse(TooMany)
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, refuse(Damaged)
	case err != nil:
		return nil, fmt.Errorf("inspect: %w", err)
	}
	bounded.left = math.MaxInt64
	if err := checkEntries(archive); err != nil {
		return nil, err
	}
	return archive, nil
}

// checkEntries goes by the list alone.
func checkEntries(archive *zip.Reader) error {
	if len(archive.File) > maxEntries {
		return refuse(TooMany)
	}
	seen := make(map[string]bool, len(archive.File))
	unpacked := uint64(0)
	for _, entry := range archive.File {
		name := strings.ToLower(entry.Name)
		switch {
		case entry.Flags&1 != 0:
			return &Refusal{Reason: Encrypted, Entry: entry.Name}
		case !safePath(entry.Name), entry.Mode()&fs.ModeSymlink != 0:
			return &Refusal{Reason: UnsafePath, Entry: entry.Name}
		case seen[name]: // two readers would see two files
			return &Refusal{Reason: Damaged, Entry: entry.Name}
		case entry.UncompressedSize64 > maxUnpacked:
			return refuse(TooLarge)
		}
		seen[name] = true
		if unpacked += entry.UncompressedSize64; unpacked > maxUnpacked {
			return refuse(TooLarge)
		}
	}
	return nil
}

// safePath: the entry stays in the folder in which it is unpacked, on every system.
func safePath(name string) bool {
	if strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':' {
		return false
	}
	clean := path.Clean(name)
	return clean != ".." && !strings.HasPrefix(clean, "../")
}

// unpack gives all entries to visit, one after the other. Each is read to its
// end, where its checksum is compared; more than the list says is an error of
// the reader, so that the limit on the list's sizes holds.
func (f file) unpack(archive *zip.Reader, visit func(entry *zip.File, content io.Reader) error) error {
	for _, entry := range archive.File {
		content, err := entry.Open()
		if err != nil {
			return entryError(entry, err)
		}
		ending := contextReader{f.ctx, content}
		if err = visit(entry, ending); err == nil {
			_, err = io.Copy(io.Discard, ending)
		}
		if closed := content.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return entryError(entry, err)
		}
	}
	return nil
}

// entryError tells damage of the archive from what else can go wrong.
func entryError(entry *zip.File, err error) error {
	refusal := (*Refusal)(nil)
	path := (*os.PathError)(nil)
	switch {
	case errors.As(err, &refusal):
		if refusal.Entry == "" {
			return &Refusal{Reason: refusal.Reason, Entry: entry.Name}
		}
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &path):
		return fmt.Errorf("inspect %q: %w", entry.Name, err)
	}
	return &Refusal{Reason: Damaged, Entry: entry.Name}
}

// checkArchive looks at each file in a ZIP as if it had come alone.
func checkArchive(f file, _ format) (bool, error) {
	if f.inside {
		return false, refuse(Nested)
	}
	if !bytes.HasPrefix(f.head, []byte("PK\x03\x04")) {
		return false, refuse(Mismatch)
	}
	archive, err := f.openZip()
	if err != nil {
		return false, err
	}
	if has(archive, contentTypes) || has(archive, odfType) {
		return false, refuse(Mismatch) // a document under another name
	}
	files := 0
	err = f.unpack(archive, func(entry *zip.File, content io.Reader) error {
		if entry.FileInfo().IsDir() {
			return nil
		}
		files++
		return f.unpacked(content, func(within file) error { return within.checkInside(entry.Name) })
	})
	if err == nil && files == 0 {
		err = refuse(Empty)
	}
	return false, err
}

// checkInside looks at a file that lies in a ZIP. Of what is wrong deeper in
// it, people are told the file's name.
func (f file) checkInside(name string) error {
	if f.litter(name) {
		return nil
	}
	_, err := f.inspect(name)
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return &Refusal{Reason: refusal.Reason, Entry: name}
	}
	return err
}

// unpacked gives what lies in an archive to look, as a file of its own.
func (f file) unpacked(content io.Reader, look func(within file) error) error {
	scratch, err := os.CreateTemp(f.dir, "inspect-*")
	if err != nil {
		return err
	}
	size, err := io.Copy(scratch, content)
	if err == nil {
		err = look(file{ctx: f.ctx, content: scratch, size: size, dir: f.dir, inside: true})
	}
	if gone := errors.Join(scratch.Close(), os.Remove(scratch.Name())); err == nil {
		err = gone
	}
	return err
}

// litter is what systems put into archives beside people's files. It is known
// by name and content.
func (f file) litter(name string) bool {
	base := path.Base(name)
	begins := func(mark string) bool {
		head, err := readAt(f.content, 0, min(f.size, int64(len(mark))))
		return err == nil && string(head) == mark
	}
	return strings.HasPrefix(base, "._") && begins("\x00\x05\x16\x07") || base == ".DS_Store" && begins("\x00\x00\x00\x01Bud1")
}

// has reports whether an archive has an entry of exactly this name.
func has(archive *zip.Reader, name string) bool { return find(archive, name) != nil }

func find(archive *zip.Reader, name string) *zip.File {
	for _, entry := range archive.File {
		if entry.Name == name {
			return entry
		}
	}
	return nil
}

// part reads an entry as a whole, which must be small.
func part(entry *zip.File) ([]byte, error) {
	if entry == nil {
		return nil, refuse(Mismatch)
	}
	content, err := entry.Open()
	if err != nil {
		return nil, entryError(entry, err)
	}
	b, err := io.ReadAll(io.LimitReader(content, maxPart+1))
	if closed := content.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, entryError(entry, err)
	}
	if len(b) > maxPart {
		return nil, refuse(Damaged)
	}
	return b, nil
}
