package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Check reads a whole backup of that size, compares every sum in it, and
// reports what it holds.
func Check(ctx context.Context, r io.ReaderAt, size int64) (Header, Manifest, error) {
	looker := &looker{}
	m, err := load(ctx, r, size, looker, &loader{contents: looker})
	return looker.header, m, err
}

// looker takes everything and keeps nothing of it.
type looker struct{ header Header }

func (l *looker) Begin(_ context.Context, h Header) error {
	l.header = h
	return nil
}

func (*looker) Table(context.Context, Table, io.Reader) error { return nil }

func (*looker) Each(context.Context, func(Hash, int64) error) error { return nil }

func (*looker) Open(context.Context, Hash) (io.ReadCloser, error) { return nil, ErrNoStore }

func (*looker) Put(_ context.Context, _ Hash, _ int64, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// Load gives what a backup of that size holds to the target and the contents
// (nil: there is no store), the rows first. It compares every sum meanwhile, and
// reads every file again where it was put: only after nil was all of it as it
// was written. Its errors are those of this package, the target's, the
// contents' or the reader's.
func Load(ctx context.Context, r io.ReaderAt, size int64, target Target, contents Contents) (Manifest, error) {
	return load(ctx, r, size, target, &loader{contents: contents, again: true})
}

func load(ctx context.Context, r io.ReaderAt, size int64, target Target, l *loader) (Manifest, error) {
	if size < endSize {
		return Manifest{}, ErrForeign
	}
	sum := sha256.New()
	body := io.TeeReader(bufio.NewReaderSize(within{ctx, io.NewSectionReader(r, 0, size-endSize)}, bufferSize), sum)
	l.tar = tar.NewReader(body)
	m, err := l.load(ctx, target)
	if err != nil {
		return m, err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return m, err
	}
	last := make([]byte, endSize)
	if _, err := r.ReadAt(last, size-endSize); err != nil && !errors.Is(err, io.EOF) {
		return m, err
	}
	if !bytes.Equal(last, end(sum.Sum(nil))) {
		return m, broken("its last sum is another one")
	}
	return m, nil
}

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
}

// loader walks through the entries. next is the one that comes, nil at the end.
type loader struct {
	tar      *tar.Reader
	next     *tar.Header
	contents Contents
	again    bool // files are read again where they were put
}

func (l *loader) load(ctx context.Context, target Target) (m Manifest, err error) {
	header, err := l.header()
	if err != nil {
		return m, err
	}
	if err := target.Begin(ctx, header); err != nil {
		return m, err
	}
	for i, table := range header.Tables {
		sum, err := l.table(ctx, target, i, table)
		if err != nil {
			return m, err
		}
		m.Tables = append(m.Tables, sum)
	}
	if m.Files, err = l.files(ctx); err != nil {
		return m, err
	}
	return m, l.manifest(m)
}

// header reads the first entry, which tells ours from other people's files.
func (l *loader) header() (h Header, err error) {
	first, err := l.tar.Next()
	if err != nil || first.Name != headerName {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return h, err
		}
		return h, ErrForeign
	}
	l.next = first
	var format struct{ Format int }
	content, err := l.content(headerName)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(content, &format); err != nil || format.Format < 1 {
		return h, broken("its header cannot be read")
	}
	if format.Format > Format {
		return h, fmt.Errorf("%w: its format is %d, this program reads %d", ErrNewer, format.Format, Format)
	}
	if err := strict(content, &h); err != nil {
		return h, broken("its header cannot be read: %v", err)
	}
	return h, h.check()
}

func (h Header) check() error {
	seen := map[string]bool{}
	for _, t := range h.Tables {
		if seen[t.String()] || len(t.Columns) == 0 {
			return broken("its table %s stands there twice or has no columns", t)
		}
		seen[t.String()] = true
	}
	return nil
}

func strict(content []byte, value any) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	return d.Decode(value)
}

// content reads the entry that comes, which must have the name, into memory.
func (l *loader) content(name string) ([]byte, error) {
	if l.next == nil || l.next.Name != name {
		return nil, broken("%s is missing", name)
	}
	if l.next.Size > maxJSON {
		return nil, broken("%s is too large", name)
	}
	content, err := io.ReadAll(l.tar)
	if err != nil {
		return nil, entryError(err)
	}
	return content, l.advance()
}

// advance goes to the next entry. Entries that are no plain file, or that say
// more than Save does, are not ours.
func (l *loader) advance() (err error) {
	l.next, err = l.tar.Next()
	switch {
	case errors.Is(err, io.EOF):
		l.next = nil
		return nil
	case err != nil:
		return entryError(err)
	case l.next.Typeflag != tar.TypeReg || l.next.Format != tar.FormatUSTAR:
		return broken("%q is no plain entry", l.next.Name)
	}
	return nil
}

// entryError keeps what is not the archive's fault apart.
func entryError(err error) error {
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrInsecurePath) {
		return broken("%v", err)
	}
	return err
}

func (l *loader) table(ctx context.Context, target Target, index int, t Table) (Sum, error) {
	rows := &partReader{loader: l, index: index, table: t, sum: newCounter()}
	err := target.Table(ctx, t, rows)
	if err == nil { // the target need not have read all of it
		_, err = io.Copy(io.Discard, rows)
	}
	if rows.err != nil { // the cause of whatever the target said
		err = rows.err
	}
	if err != nil {
		return Sum{}, err
	}
	return rows.sum.result(), nil
}

// partReader reads a table's parts one after another.
type partReader struct {
	loader *loader
	index  int
	table  Table
	part   int
	sum    *counter
	text   []byte
	err    error
}

func (r *partReader) Read(p []byte) (int, error) {
	for len(r.text) == 0 && r.err == nil {
		next := r.loader.next
		if next == nil || next.Name != partName(r.index, r.table, r.part+1) {
			return 0, io.EOF
		}
		r.part++
		if r.text, r.err = r.loader.unpack(); r.err == nil {
			_, _ = r.sum.Write(r.text) // a sum takes everything
		}
	}
	if r.err != nil {
		return 0, r.err
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// unpack reads the part that comes. However small it is packed, it must not
// hold more than Save puts into one.
func (l *loader) unpack() ([]byte, error) {
	name := l.next.Name
	if l.next.Size > 2*partSize {
		return nil, broken("%s is too large", name)
	}
	packed, err := io.ReadAll(l.tar)
	if err != nil {
		return nil, entryError(err)
	}
	rest := bytes.NewReader(packed)
	z, err := gzip.NewReader(rest)
	if err != nil {
		return nil, broken("%s: %v", name, err)
	}
	z.Multistream(false)
	text, err := io.ReadAll(io.LimitReader(z, partSize+1))
	if err != nil || len(text) > partSize || len(text) == 0 || rest.Len() != 0 {
		return nil, broken("%s cannot be unpacked (%v)", name, err)
	}
	return text, l.advance()
}

func (l *loader) files(ctx context.Context) (Sum, error) {
	list := &fileList{counter: newCounter()}
	for l.next != nil && strings.HasPrefix(l.next.Name, filesFolder) {
		var h Hash
		if err := h.UnmarshalText([]byte(strings.TrimPrefix(l.next.Name, filesFolder))); err != nil {
			return Sum{}, broken("%q is no file of a backup", l.next.Name)
		}
		if err := list.add(h, l.next.Size); err != nil {
			return Sum{}, broken("%v", err)
		}
		if l.contents == nil {
			return Sum{}, ErrNoStore
		}
		if err := l.file(ctx, h); err != nil {
			return Sum{}, err
		}
	}
	return list.result(), nil
}

func (l *loader) file(ctx context.Context, h Hash) error {
	size := l.next.Size
	err := l.contents.Put(ctx, h, size, newExactly(l.tar, h, size))
	if errors.Is(err, errDifferent) || errors.Is(err, io.ErrUnexpectedEOF) {
		return broken("file %s: %v", h, err)
	}
	if err == nil && l.again {
		err = copyContent(ctx, io.Discard, l.contents, h, size)
	}
	if err != nil {
		return fmt.Errorf("keep file %s: %w", h, err)
	}
	return l.advance()
}

// manifest compares what was read with what was written.
func (l *loader) manifest(read Manifest) error {
	if l.next != nil && l.next.Name != manifestName {
		return broken("%q does not belong there", l.next.Name)
	}
	content, err := l.content(manifestName)
	if err != nil {
		return err
	}
	var written Manifest
	if err := strict(content, &written); err != nil {
		return broken("its manifest cannot be read: %v", err)
	}
	if l.next != nil {
		return broken("%q does not belong there", l.next.Name)
	}
	if !slices.Equal(written.Tables, read.Tables) || written.Files != read.Files {
		return broken("its sums are not those of its manifest")
	}
	return nil
}
