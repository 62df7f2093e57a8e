// Package text gets the words out of a document, so that it can be found by
// them: of Word, Excel, PowerPoint and OpenDocument files by reading their XML,
// of a PDF by Debian's pdftotext in a process of its own with limits on time
// and memory. It takes what package inspect has let through, is meant for a
// background job, and does not recognise letters in pictures. It must not
// import anything of ours, nor fail because pdftotext is not there.
package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Outcome says what came of it. Its values become message keys.
type Outcome string

// All outcomes.
const (
	Found       Outcome = "found"
	None        Outcome = "none"        // a scan, or an empty document
	Unsupported Outcome = "unsupported" // not a kind that text is read of
	NoProgram   Outcome = "no_program"  // a PDF, and there is no pdftotext
	Unreadable  Outcome = "unreadable"  // damaged, protected by a password, or too much for the limits
)

// Outcomes lists all of them.
var Outcomes = []Outcome{Found, None, Unsupported, NoProgram, Unreadable}

// Result is what came of one document.
type Result struct {
	Outcome   Outcome
	Text      string // NFC, one space between words, at most MaxText bytes; empty unless Found
	Truncated bool   // there was more text
}

// Limits of one document.
const (
	MaxText = 1 << 20
	maxTime = time.Minute
	maxPart = 16 << 20 // of a document that is a ZIP, unpacked
	// maxMemory of pdftotext, which needs about 40 MiB for ordinary files.
	maxMemory = 512 << 20
)

// Extractor gets texts. It may be used from everywhere at once.
type Extractor struct {
	dir       string
	pdfToText string
	maxTime   time.Duration
	maxPart   int64
}

// New returns an Extractor that puts its temporary files, which it removes,
// into dir and uses the pdftotext on the PATH, if there is one.
func New(dir string) *Extractor {
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		program = ""
	}
	return &Extractor{dir: dir, pdfToText: program, maxTime: maxTime, maxPart: maxPart}
}

// ReadsPDF reports whether there is a pdftotext.
func (e *Extractor) ReadsPDF() bool { return e.pdfToText != "" }

// reading is how the text of a file is written to a sink. An error that is not
// of the context or the local disk means that the file cannot be read.
type reading func(ctx context.Context, file *os.File, to *sink) error

func (e *Extractor) readings() map[string]reading {
	return map[string]reading{
		".pdf": e.readPDF, ".txt": readPlain, ".csv": readPlain,
		".docx": e.inParts(wordParts, openXMLWords), ".pptx": e.inParts(slideParts, openXMLWords), ".xlsx": e.inParts(sheetParts, openXMLWords),
		".odt": e.inParts(odfParts, odfWords), ".ods": e.inParts(odfParts, odfWords), ".odp": e.inParts(odfParts, odfWords),
	}
}

// Extract gets the text of a content whose extension, in small letters with the
// dot, package inspect found. The error is the context's, the content's or the
// disk's: then it can be tried again. All else is an Outcome.
func (e *Extractor) Extract(ctx context.Context, extension string, content io.Reader) (Result, error) {
	read, known := e.readings()[extension]
	switch {
	case !known:
		return Result{Outcome: Unsupported}, nil
	case extension == ".pdf" && !e.ReadsPDF():
		return Result{Outcome: NoProgram}, nil
	}
	file, err := os.CreateTemp(e.dir, "text-*")
	if err != nil {
		return Result{}, fmt.Errorf("extract text: %w", err)
	}
	result, err := e.extract(ctx, read, file, content)
	if gone := errors.Join(file.Close(), os.Remove(file.Name())); err == nil {
		err = gone
	}
	if err != nil {
		return Result{}, fmt.Errorf("extract text: %w", err)
	}
	return result, nil
}

func (e *Extractor) extract(ctx context.Context, read reading, file *os.File, content io.Reader) (Result, error) {
	if _, err := io.Copy(file, content); err != nil {
		return Result{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Result{}, err
	}
	limited, cancel := context.WithTimeout(ctx, e.maxTime)
	defer cancel()
	to := &sink{ctx: limited}
	err := read(limited, file, to)
	path := (*os.PathError)(nil)
	switch {
	case ctx.Err() != nil:
		return Result{}, ctx.Err()
	case errors.As(err, &path):
		return Result{}, err
	case err != nil && !errors.Is(err, errEnough):
		return Result{Outcome: Unreadable}, nil
	}
	return to.result(), nil
}
