// Package inspect decides what a received file is and whether it may stay: its
// name, the extension in it and its content must say the same, and nothing in
// it may run. It looks inside Office, OpenDocument and ZIP files with limits on
// what it unpacks. It does not search for viruses, does not look for scripts
// inside a PDF (where it is shown, nothing of it may run), never changes a
// file, and must not import anything of ours.
package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Kind is a group of formats for people. Its values become message keys.
type Kind string

// All kinds.
const (
	PDF          Kind = "pdf"
	Word         Kind = "word"
	Excel        Kind = "excel"
	PowerPoint   Kind = "powerpoint"
	OpenDocument Kind = "opendocument"
	Image        Kind = "image"
	Text         Kind = "text"
	Archive      Kind = "archive"
)

// Kinds lists all of them.
var Kinds = []Kind{PDF, Word, Excel, PowerPoint, OpenDocument, Image, Text, Archive}

// Reason says why a file may not stay. Its values become message keys.
type Reason string

// All reasons.
const (
	Empty         Reason = "empty"          // no bytes
	NotAllowed    Reason = "not_allowed"    // a type that is not taken, or no extension
	Mismatch      Reason = "mismatch"       // the content is not what the extension says
	Damaged       Reason = "damaged"        // it cannot be read as what it is
	Encrypted     Reason = "encrypted"      // a password keeps us from looking inside
	Macros        Reason = "macros"         // an Office file with a program in it
	Script        Reason = "script"         // a program in text
	Executable    Reason = "executable"     // a program
	SVG           Reason = "svg"            // an image that can hold scripts
	HTML          Reason = "html"           // a page that can hold scripts
	TooMany       Reason = "too_many"       // more entries in a ZIP than allowed
	TooLarge      Reason = "too_large"      // more bytes in a ZIP than allowed
	Nested        Reason = "nested"         // a ZIP in a ZIP
	UnsafePath    Reason = "unsafe_path"    // an entry of a ZIP that would leave the folder it is unpacked in
	WrongEncoding Reason = "wrong_encoding" // text that is neither UTF-8 nor UTF-16
)

// Reasons lists all of them.
var Reasons = []Reason{Empty, NotAllowed, Mismatch, Damaged, Encrypted, Macros, Script, Executable, SVG, HTML,
	TooMany, TooLarge, Nested, UnsafePath, WrongEncoding}

// Refusal is the error for a file that may not stay.
type Refusal struct {
	Reason Reason
	Entry  string // the entry of a ZIP that it is about, else empty; as somebody named it
}

func (r *Refusal) Error() string {
	if r.Entry != "" {
		return fmt.Sprintf("file refused: %s in %q", r.Reason, r.Entry)
	}
	return "file refused: " + string(r.Reason)
}

func refuse(why Reason) error { return &Refusal{Reason: why} }

// Finding is what a file that may stay is.
type Finding struct {
	Kind      Kind
	Extension string // small letters, with the dot
	MediaType string // ours, never what the browser said
	Encrypted bool   // a PDF that asks for a password
}

// Limits on what is unpacked. They are generous for documents: a ZIP of 100 MB
// holds about as many bytes when it is unpacked.
const (
	maxEntries   = 4000
	maxDirectory = 1 << 20   // bytes of a ZIP's list of entries
	maxUnpacked  = 512 << 20 // bytes of all entries together
	maxPart      = 1 << 20   // bytes of a part that is read as a whole
	headSize     = 8 << 10
	edgeSize     = 64 << 10
)

// file is what the checks look at.
type file struct {
	ctx     context.Context
	content io.ReaderAt
	size    int64
	head    []byte
	dir     string // for what has to be unpacked
	inside  bool   // whether it lies in a ZIP
	text    *text  // what was seen of it as text while it came; nil: nothing
}

// Watcher inspects a content that comes under a name. What has to be read from
// end to end it reads while it comes: it is an io.Writer for all bytes in order.
type Watcher struct {
	name string
	seen int64
	text text
}

// Watch begins with a content.
func Watch(name string) *Watcher { return &Watcher{name: name} }

// Write implements io.Writer. It finds nothing wrong; File does.
func (w *Watcher) Write(p []byte) (int, error) {
	w.seen += int64(len(p))
	if formats[extensionOf(w.name)].kind == Text {
		w.text.write(p)
	}
	return len(p), nil
}

// File looks at the content when all of it is there. What was not written to the
// Watcher it reads. The error is a *Refusal, or what kept it from looking. dir is
// where it may put a temporary file, which it removes.
func (w *Watcher) File(ctx context.Context, content io.ReaderAt, size int64, dir string) (Finding, error) {
	f := file{ctx: ctx, content: content, size: size, dir: dir}
	if w.seen == size {
		f.text = &w.text
	}
	return f.inspect(w.name)
}

func extensionOf(name string) string { return strings.ToLower(path.Ext(name)) }

func (f file) inspect(name string) (Finding, error) {
	if f.size == 0 {
		return Finding{}, refuse(Empty)
	}
	if err := f.ctx.Err(); err != nil {
		return Finding{}, fmt.Errorf("inspect: %w", err)
	}
	var err error
	if f.head, err = readAt(f.content, 0, min(f.size, headSize)); err != nil {
		return Finding{}, fmt.Errorf("inspect: %w", err)
	}
	extension := extensionOf(name)
	if why, known := refusedExtensions[extension]; known {
		return Finding{}, refuse(why)
	}
	if why := dangerous(f.head); why != "" {
		return Finding{}, refuse(why)
	}
	format, taken := formats[extension]
	if !taken {
		return Finding{}, refuse(NotAllowed)
	}
	found := Finding{Kind: format.kind, Extension: extension, MediaType: format.mediaType}
	found.Encrypted, err = format.check(f, format)
	if err != nil {
		return Finding{}, err
	}
	return found, nil
}

// dangerous tells by the first bytes what is refused under any name, so that
// the reason is the right one.
func dangerous(head []byte) Reason {
	text := bytes.ToLower(bytes.TrimLeft(decodeHead(head), "\ufeff \t\r\n\f"))
	for _, sign := range signs {
		if bytes.HasPrefix(text, []byte(sign.prefix)) {
			return sign.why
		}
	}
	if bytes.HasPrefix(text, []byte("<?xml")) || bytes.HasPrefix(text, []byte("<!--")) {
		if bytes.Contains(text, []byte("<svg")) {
			return SVG
		}
		if bytes.Contains(text, []byte("<html")) {
			return HTML
		}
	}
	found := mimetype.Detect(head)
	for _, one := range dangerousTypes {
		if slices.ContainsFunc(one.types, found.Is) {
			return one.why
		}
	}
	return ""
}

// readAt reads n bytes, which must be there.
func readAt(content io.ReaderAt, offset, n int64) ([]byte, error) {
	b := make([]byte, n)
	got, err := content.ReadAt(b, offset)
	switch {
	case got == len(b):
		return b, nil
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	}
	return nil, err
}

// checkMagic is for formats that are known by their first bytes alone.
func checkMagic(f file, format format) (bool, error) {
	if !mimetype.Detect(f.head).Is(format.mediaType) {
		return false, refuse(Mismatch)
	}
	return false, nil
}

// checkPDF also tells whether it asks for a password: the dictionary that says
// so stands near the end or, in files made for the web, near the beginning.
func checkPDF(f file, _ format) (bool, error) {
	if !bytes.HasPrefix(f.head, []byte("%PDF-")) {
		return false, refuse(Mismatch)
	}
	first, err := readAt(f.content, 0, min(f.size, edgeSize))
	if err != nil {
		return false, fmt.Errorf("inspect: %w", err)
	}
	last, err := readAt(f.content, max(0, f.size-edgeSize), min(f.size, edgeSize))
	if err != nil {
		return false, fmt.Errorf("inspect: %w", err)
	}
	mark := []byte("/Encrypt")
	return bytes.Contains(first, mark) || bytes.Contains(last, mark), nil
}
