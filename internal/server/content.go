package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/files"
	"learningcity/internal/files/inspect"
	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// keepTime is how long looking at a file that has come, waiting for its lock and
// storing it may take together.
const keepTime = 3 * time.Minute

// filePart is one file of a form on its way in.
type filePart struct {
	name string // safe to keep and show
	body io.Reader
}

// readParts reads a form that carries files. The browser sends fields in the
// order of the page, files last, so that all fields are known when the first
// file comes; keep is called for each file as its bytes arrive. Fields that
// follow a file are refused.
func readParts(r *http.Request, keep func(*form, filePart) error) (*form, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadRequest, err)
	}
	f := &form{r: r, broken: map[string]bool{}}
	r.PostForm = map[string][]string{}
	for left := int64(maxBody); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, brokenBody(err)
		}
		name := partName(part)
		switch {
		case part.FormName() == "files" && name == "": // no file was chosen
		case part.FormName() == "files":
			left = -1
			if err := keep(f, filePart{inspect.Name(name), part}); err != nil {
				return nil, err
			}
		default:
			if left, err = readField(f, part, left); err != nil {
				return nil, err
			}
		}
	}
}

// partName is what somebody calls the file. Browsers write a quotation mark as
// %22; Part.FileName would leave that, and drop folders.
func partName(part *multipart.Part) string {
	_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(parameters["filename"], "%22", `"`)
}

func readField(f *form, part *multipart.Part, left int64) (int64, error) {
	text, err := io.ReadAll(io.LimitReader(part, left+1))
	if err != nil {
		return 0, brokenBody(err)
	}
	if left -= int64(len(text)); left < 0 {
		return 0, fmt.Errorf("%w: fields that are too long, or come after files", errBadRequest)
	}
	f.r.PostForm.Add(part.FormName(), string(text))
	return left, nil
}

// brokenBody is the meaning of a body that ended early or is too large.
func brokenBody(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", errBadRequest, err)
}

// brokenBodyOr tells a body that ended early from a fault of the program.
func brokenBodyOr(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, context.Canceled) {
		return brokenBody(err)
	}
	return err
}

// keepFile takes a file in, looks at it, stores its content and lets insert
// write the row, under the content's lock. What is refused is an error that
// fileProblem has words for.
func (s *Server) keepFile(ctx context.Context, p filePart, insert func(context.Context, *postgres.Store, tracker.File) error) (err error) {
	in, err := s.Files.Receive(ctx, p.body, s.MaxFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Discard()) }()
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	found, err := inspect.File(ctx, p.name, in, in.Size(), in.Dir())
	if err != nil {
		return err
	}
	f := tracker.File{Hash: tracker.ContentHash(in.Hash()), Size: in.Size(), Name: p.name, MediaType: found.MediaType}
	return s.Store.LockContent(ctx, f.Hash, func(locked *postgres.Store) error {
		if err := in.Commit(ctx); err != nil {
			return err
		}
		return insert(ctx, locked, f)
	})
}

// fileProblem says why a file was not kept; false where that is no fault of the
// file or the store, but of the request or the program.
func (s *Server) fileProblem(err error, p *locale.Printer) (string, bool) {
	var refusal *inspect.Refusal
	switch {
	case errors.As(err, &refusal):
		text := p.T("upload.refused." + string(refusal.Reason))
		if refusal.Entry != "" {
			text = p.T("upload.entry", "entry", shorten(refusal.Entry), "reason", text)
		}
		return text, true
	case errors.Is(err, files.ErrTooLarge):
		return p.T("upload.error.size", "most", sizeText(s.MaxFile, p)), true
	case errors.Is(err, files.ErrFull):
		return p.T("upload.error.full"), true
	case errors.Is(err, files.ErrUnavailable):
		return p.T("upload.error.unavailable"), true
	}
	messages, invalid := messagesOf(err, p)
	var all []string
	for _, field := range []string{"file", "title", "department", "access", "document_language", "answers", ""} {
		if messages[field] != "" {
			all = append(all, messages[field])
		}
	}
	return strings.Join(all, " "), invalid && len(all) > 0
}

// sizeText writes how large something is in the unit that people think in.
func sizeText(bytes int64, p *locale.Printer) string {
	const kilo, mega = 1 << 10, 1 << 20
	if bytes < mega {
		return p.T("evidence.size.kb", "size", p.Int(int(max(1, (bytes+kilo/2)/kilo))))
	}
	if bytes%mega == 0 {
		return p.T("evidence.size.mb", "size", p.Int(int(bytes/mega)))
	}
	return p.T("evidence.size.mb", "size", p.Number(tracker.Decimal(bytes*10/mega)))
}

// filePolicy lets what is served run nothing, load nothing and be put into no
// page: a file is not the program's, whoever sent it.
const filePolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

// sendFile sends a version's file to keep.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.send(w, r, actor, "attachment", func(tracker.File) bool { return true })
}

// previewFile sends an image or a PDF to look at, which browsers do with viewers
// of their own; other kinds have no preview.
func (s *Server) previewFile(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.send(w, r, actor, "inline", canPreview)
}

// canPreview: what every browser shows by itself.
func canPreview(f tracker.File) bool {
	switch f.MediaType {
	case "application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp":
		return true
	}
	return false
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, actor tracker.Actor, disposition string, allowed func(tracker.File) bool) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestTime)
	defer cancel()
	version, err := s.versionOf(ctx, r, actor)
	if err != nil {
		return err
	}
	f := version.Content.File
	if version.Content.Kind() != tracker.FileEvidence || !allowed(f) {
		return tracker.ErrNotFound
	}
	content, err := s.Files.Open(r.Context(), files.Hash(f.Hash))
	if err != nil {
		return fmt.Errorf("%w: %w", errNoContent, err)
	}
	defer func() { infoOf(r).note(content.Close()) }()
	h := w.Header()
	h.Set("Content-Type", f.MediaType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+files.Hash(f.Hash).String()+`"`)
	http.ServeContent(w, r, "", version.RecordedAt, content)
	return nil
}

// versionOf finds the version of the address, where the actor may see it.
func (s *Server) versionOf(ctx context.Context, r *http.Request, actor tracker.Actor) (tracker.EvidenceVersion, error) {
	a, id, err := evidenceAddress(r)
	if err != nil {
		return tracker.EvidenceVersion{}, err
	}
	number, err := strconv.Atoi(chi.URLParam(r, "number"))
	if err != nil {
		return tracker.EvidenceVersion{}, tracker.ErrNotFound
	}
	record, err := s.Store.Evidence(ctx, actor, a.City, id)
	if err != nil {
		return tracker.EvidenceVersion{}, err
	}
	for _, v := range record.Versions {
		if v.Number == number {
			return v, nil
		}
	}
	return tracker.EvidenceVersion{}, tracker.ErrNotFound
}
