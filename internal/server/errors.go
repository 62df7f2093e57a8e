package server

import (
	"context"
	"errors"
	"net/http"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// What can be wrong with a request before anybody looks at its meaning.
var (
	errMethod      = errors.New("method not allowed")
	errBadRequest  = errors.New("malformed request")
	errCrossOrigin = errors.New("sent from another site")
	errHost        = errors.New("asked for under another name")
	errNoContent   = errors.New("a file cannot be read")
)

// statusReaderGone is for the log: who closed the page before the answer is no
// fault of the program, and nobody reads what it answers.
const statusReaderGone = 499

// meanings is the one table from errors to answers.
var meanings = []struct {
	err    error
	status int
	kind   string // chooses the words
}{
	{tracker.ErrNotFound, http.StatusNotFound, "not_found"},
	{tracker.ErrForbidden, http.StatusForbidden, "forbidden"},
	{tracker.ErrEnded, http.StatusForbidden, "ended"},
	{tracker.ErrSecondStepMissing, http.StatusForbidden, "second_step"},
	{tracker.ErrArchived, http.StatusForbidden, "archived"},
	{tracker.ErrLinkOver, http.StatusGone, "link"},
	{errCrossOrigin, http.StatusForbidden, "cross_origin"},
	{errHost, http.StatusMisdirectedRequest, "host"},
	{tracker.ErrConflict, http.StatusConflict, "conflict"},
	{tracker.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
	{errNoContent, http.StatusServiceUnavailable, "content"},
	{errMethod, http.StatusMethodNotAllowed, "method"},
	{errNoPlace, http.StatusTooManyRequests, "unavailable"},
	{errBadRequest, http.StatusBadRequest, "invalid"},
}

func meaningOf(err error) (status int, kind string) {
	var tooLarge *http.MaxBytesError
	var invalid *tracker.InvalidError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, "too_large"
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "invalid"
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "unavailable"
	}
	for _, m := range meanings {
		if errors.Is(err, m.err) {
			return m.status, m.kind
		}
	}
	return http.StatusInternalServerError, "internal"
}

// fail answers with the page of an error, in the reader's language. What went
// wrong inside goes to the log only.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, kind := meaningOf(err)
	if errors.Is(r.Context().Err(), context.Canceled) {
		status = statusReaderGone
	}
	info := infoOf(r)
	info.note(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	page := view.ErrorShow{Page: s.page(w, r, "error."+kind+".title"), Kind: kind, Home: view.HomePath}
	if errors.Is(err, errHost) {
		page.Home = s.absolute(r, view.HomePath)
	}
	if errors.Is(err, tracker.ErrEnded) || errors.Is(err, tracker.ErrArchived) || errors.Is(err, tracker.ErrSecondStepMissing) {
		page.Kept = keptTexts(r)
	}
	if errors.Is(err, tracker.ErrSecondStepMissing) {
		page.SetUp = view.AccountSecondStepPath
	}
	if r.Method == http.MethodGet && status >= http.StatusInternalServerError {
		page.Again = safeReturnPath(r.URL.RequestURI())
	}
	if err := render(w, r, status, view.ErrorShowPage(page)); err != nil {
		info.note(err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// keptTexts are the words that somebody typed into a form that they may not
// send any more.
func keptTexts(r *http.Request) []string {
	f, err := readForm(r) // who was refused on the way in has it unread
	if err != nil {
		return nil
	}
	var texts []string
	for _, name := range wordFields {
		if text := f.text(name); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
