package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// Save writes a backup of the source's rows and of the contents (nil: there is
// no store). Its error leaves w with something that Load refuses.
func Save(ctx context.Context, w io.Writer, h Header, from Source, contents Contents) (Manifest, error) {
	h.Format = Format
	s := &saver{sum: sha256.New(), made: h.Made, text: make([]byte, 0, partSize), gzip: gzip.NewWriter(io.Discard)}
	s.out = io.MultiWriter(w, s.sum)
	s.tar = tar.NewWriter(s.out)
	var m Manifest
	if err := s.json(headerName, h); err != nil {
		return m, err
	}
	for i, table := range h.Tables {
		sum, err := s.table(ctx, from, i, table)
		if err != nil {
			return m, fmt.Errorf("back up the table %s: %w", table, err)
		}
		m.Tables = append(m.Tables, sum)
	}
	var err error
	if m.Files, err = s.files(ctx, contents); err != nil {
		return m, err
	}
	return m, s.finish(w, m)
}

type saver struct {
	out  io.Writer
	sum  hash.Hash
	tar  *tar.Writer
	made time.Time

	// One part of a table at a time.
	text   []byte
	gzip   *gzip.Writer
	packed bytes.Buffer
}

// begin begins an entry. Only the oldest and simplest kind of header is used.
func (s *saver) begin(name string, size int64) error {
	return s.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: s.made, Format: tar.FormatUSTAR})
}

func (s *saver) entry(name string, content []byte) error {
	if err := s.begin(name, int64(len(content))); err != nil {
		return err
	}
	_, err := s.tar.Write(content)
	return err
}

func (s *saver) json(name string, value any) error {
	content, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return s.entry(name, append(content, '\n'))
}

func (s *saver) finish(w io.Writer, m Manifest) error {
	if err := s.json(manifestName, m); err != nil {
		return err
	}
	if err := s.tar.Flush(); err != nil {
		return err
	}
	_, err := w.Write(end(s.sum.Sum(nil)))
	return err
}

func (s *saver) table(ctx context.Context, from Source, index int, t Table) (Sum, error) {
	s.text = s.text[:0]
	parts := &partWriter{saver: s, index: index, table: t, sum: newCounter()}
	rows, err := from.Copy(ctx, t, parts)
	if err != nil {
		return Sum{}, err
	}
	if err := parts.flush(); err != nil {
		return Sum{}, err
	}
	sum := parts.sum.result()
	if sum.Count != rows {
		return Sum{}, fmt.Errorf("%d rows are written as %d lines", rows, sum.Count)
	}
	return sum, nil
}

// partWriter cuts a table's text into parts, since an entry of a tar begins
// with its size.
type partWriter struct {
	saver *saver
	index int
	table Table
	part  int
	sum   *counter
}

func (w *partWriter) Write(p []byte) (int, error) {
	_, _ = w.sum.Write(p) // a sum takes everything
	for rest := p; len(rest) > 0; {
		n := min(len(rest), partSize-len(w.saver.text))
		w.saver.text = append(w.saver.text, rest[:n]...)
		rest = rest[n:]
		if len(w.saver.text) == partSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (w *partWriter) flush() error {
	s := w.saver
	if len(s.text) == 0 {
		return nil
	}
	s.packed.Reset()
	s.gzip.Reset(&s.packed)
	_, err := s.gzip.Write(s.text)
	if err = errors.Join(err, s.gzip.Close()); err != nil {
		return err
	}
	w.part++
	s.text = s.text[:0]
	return s.entry(partName(w.index, w.table, w.part), s.packed.Bytes())
}

func (s *saver) files(ctx context.Context, contents Contents) (Sum, error) {
	list := &fileList{counter: newCounter()}
	if contents == nil {
		return list.result(), nil
	}
	err := contents.Each(ctx, func(h Hash, size int64) error {
		if err := list.add(h, size); err != nil {
			return err
		}
		return s.file(ctx, contents, h, size)
	})
	if err != nil {
		return Sum{}, fmt.Errorf("back up the files: %w", err)
	}
	return list.result(), nil
}

// file copies one content. A damaged one is found here, where the operator can
// still do something about it.
func (s *saver) file(ctx context.Context, contents Contents, h Hash, size int64) error {
	if err := s.begin(fileName(h), size); err != nil {
		return err
	}
	return copyContent(ctx, s.tar, contents, h, size)
}

func copyContent(ctx context.Context, w io.Writer, contents Contents, h Hash, size int64) error {
	content, err := contents.Open(ctx, h)
	if err != nil {
		return fmt.Errorf("open %s: %w", h, err)
	}
	_, err = io.CopyBuffer(w, newExactly(within{ctx, content}, h, size), make([]byte, bufferSize))
	return errors.Join(err, content.Close())
}

// exactly reads size bytes that have the hash, and ends with an error where
// they have not.
type exactly struct {
	r    io.Reader
	hash Hash
	left int64
	sum  hash.Hash
}

func newExactly(r io.Reader, h Hash, size int64) io.Reader {
	return &exactly{r: r, hash: h, left: size, sum: sha256.New()}
}

// errDifferent: a content has not the bytes that its hash stands for.
var errDifferent = errors.New("the content is damaged: its bytes do not have its hash")

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	_, _ = e.sum.Write(p[:n]) // a sum takes everything
	if errors.Is(err, io.EOF) && (e.left != 0 || Hash(e.sum.Sum(nil)) != e.hash) {
		return 0, fmt.Errorf("%s: %w", e.hash, errDifferent)
	}
	return n, err
}
