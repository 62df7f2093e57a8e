// Package backup writes and reads the file that holds a whole installation:
// the rows of the database as COPY text and the contents of evidence. It knows
// the format and nothing else: package postgres gives and takes rows, a store
// of files gives and takes contents. It must not know a table of the product,
// believe a name or a size in an archive, or hold a table or a content in
// memory.
//
// The file is a tar that any tar unpacks:
//
//	learningcity-backup.json       Header: versions, tables with their columns, sequences
//	tables/000-public.account/000001.gz   up to 1 MiB of COPY text each, a table's parts in order
//	files/<SHA-256>                contents, in the order of their hashes
//	manifest.json                  Manifest: rows, bytes and SHA-256 of each table and of the list of files
//	sha256                         of every byte before this entry
package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// Format is the number of this format. Older ones can be read for ever, newer
// ones cannot.
const Format = 1

var (
	// ErrForeign means that the file is something else.
	ErrForeign = errors.New("this is no backup that learningcity made")
	// ErrBroken means that the file is not as it was written.
	ErrBroken = errors.New("the backup is damaged or incomplete")
	// ErrNewer means that the file was written in a format of later.
	ErrNewer = errors.New("the backup was made by a newer program")
	// ErrNoStore means that there are contents, and nowhere to put them.
	ErrNoStore = errors.New("the backup holds files, and this program has no place for them")
)

// Hash is a SHA-256; JSON shows it in hexadecimal digits.
type Hash [sha256.Size]byte

// String is the hash in 64 small hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes what String returns.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote, and nothing else.
func (h *Hash) UnmarshalText(text []byte) error {
	sum, err := hex.DecodeString(string(text))
	if err != nil || len(sum) != len(h) || hex.EncodeToString(sum) != string(text) {
		return fmt.Errorf("%q is no hash", text)
	}
	copy(h[:], sum)
	return nil
}

// Header says what follows.
type Header struct {
	Format    int        `json:"format"`
	Program   string     `json:"program"` // who wrote it, for people
	Made      time.Time  `json:"made"`
	Migration uint       `json:"migration"` // the version of the schema
	Tables    []Table    `json:"tables"`
	Sequences []Sequence `json:"sequences"`
}

// Table is a table's name and the columns of its rows, in their order.
type Table struct {
	Schema  string   `json:"schema"`
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// String is the name with its schema.
func (t Table) String() string { return t.Schema + "." + t.Name }

// Sequence is where a sequence stands.
type Sequence struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"` // whether Last has been given out
}

// Manifest sums up what was written, the tables in the order of the header.
type Manifest struct {
	Tables []Sum `json:"tables"`
	Files  Sum   `json:"files"`
}

// Sum is the sum of a table's COPY text, where Count is its rows; or of the
// files, where Bytes is what they hold and SHA256 that of their list.
type Sum struct {
	Count  int64 `json:"count"`
	Bytes  int64 `json:"bytes"`
	SHA256 Hash  `json:"sha256"`
}

// Rows are those of all tables.
func (m Manifest) Rows() (rows int64) {
	for _, sum := range m.Tables {
		rows += sum.Count
	}
	return rows
}

// Source gives the rows of one state of a database.
type Source interface {
	// Copy writes the table's rows as COPY text, in an order that depends on
	// nothing but the rows, and reports how many they are.
	Copy(ctx context.Context, t Table, w io.Writer) (int64, error)
}

// Target takes what a backup holds. It must keep nothing unless all of Load
// went well.
type Target interface {
	Begin(ctx context.Context, h Header) error
	// Table takes the rows, in the order of the header's tables. It need not
	// read to the end. An error of the reader is found by Load again.
	Table(ctx context.Context, t Table, rows io.Reader) error
}

// Contents is a store of files by their hash. While a backup is made it must
// not lose any.
type Contents interface {
	// Each visits all, in the order of the hashes.
	Each(ctx context.Context, visit func(h Hash, size int64) error) error
	Open(ctx context.Context, h Hash) (io.ReadCloser, error)
	// Put keeps what r reads up to its end, which is size bytes with that
	// hash, or else an error. It keeps nothing of what ends with an error.
	Put(ctx context.Context, h Hash, size int64, r io.Reader) error
}

const (
	headerName   = "learningcity-backup.json"
	manifestName = "manifest.json"
	endName      = "sha256"
	filesFolder  = "files/"
	maxJSON      = 4 << 20
	// partSize is how much text one part of a table holds before it is compressed.
	partSize   = 1 << 20
	bufferSize = 64 << 10
)

func partName(index int, t Table, part int) string {
	plain := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '.' {
			return c
		}
		return '-'
	}, t.String())
	return fmt.Sprintf("tables/%03d-%s/%06d.gz", index, plain, part)
}

func fileName(h Hash) string { return filesFolder + h.String() }

// endSize is what end returns: a tar header, a block and the two that close a tar.
const endSize = 4 * 512

// end is the last entry, and the end of the tar. It depends on the sum only,
// so that not even a bit of it can be another one.
func end(sum []byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	text := hex.EncodeToString(sum) + "\n"
	err := w.WriteHeader(&tar.Header{Name: endName, Mode: 0o600, Size: int64(len(text)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR})
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err) // nothing in it can fail
	}
	return b.Bytes()
}

// counter sums up what is written to it.
type counter struct {
	sum   hash.Hash
	bytes int64
	lines int64
}

func newCounter() *counter { return &counter{sum: sha256.New()} }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	c.lines += int64(bytes.Count(p, []byte{'\n'}))
	return c.sum.Write(p)
}

// result is the sum of COPY text, in which every row ends with a new line and
// holds none.
func (c *counter) result() Sum {
	return Sum{Count: c.lines, Bytes: c.bytes, SHA256: Hash(c.sum.Sum(nil))}
}

// SumUp is the sum that a table's rows have in a Manifest.
func SumUp(ctx context.Context, from Source, t Table) (Sum, error) {
	c := newCounter()
	_, err := from.Copy(ctx, t, c)
	return c.result(), err
}

// fileList sums up files in the order of their hashes.
type fileList struct {
	counter *counter
	bytes   int64
	last    Hash
}

func (l *fileList) add(h Hash, size int64) error {
	if l.counter.lines > 0 && bytes.Compare(h[:], l.last[:]) <= 0 {
		return fmt.Errorf("file %s does not come after %s", h, l.last)
	}
	l.last = h
	l.bytes += size
	_, err := fmt.Fprintf(l.counter, "%s %d\n", h, size)
	return err
}

func (l *fileList) result() Sum {
	sum := l.counter.result()
	sum.Bytes = l.bytes
	return sum
}

// within ends reading with the context.
type within struct {
	ctx context.Context
	r   io.Reader
}

func (w within) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}
