package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"learningcity/internal/tracker"
)

// handler answers a request or returns why it could not.
type handler func(w http.ResponseWriter, r *http.Request) error

// actorHandler is a handler that needs to know who asks.
type actorHandler func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error

// public mounts a handler that anybody may call.
func (s *Server) public(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// signedIn mounts a handler for people who are signed in. Others are asked to
// sign in first; a form that they sent is kept meanwhile.
func (s *Server) signedIn(h actorHandler) http.HandlerFunc {
	return s.public(func(w http.ResponseWriter, r *http.Request) error {
		actor, err := s.actor(r)
		if errors.Is(err, tracker.ErrNotFound) {
			return s.askToSignIn(w, r)
		}
		if err != nil {
			return err
		}
		info := infoOf(r)
		actor.RequestID, actor.Address = info.id, info.address
		info.actor = &actor
		return h(w, r, actor)
	})
}

// inCity mounts a handler of a city's pages for those who could be allowed the
// action there. It fails early; the transaction decides.
func (s *Server) inCity(action tracker.Action, h actorHandler) http.HandlerFunc {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		slug := chi.URLParam(r, "city")
		switch {
		case actor.MightAt(action, slug):
			return h(w, r, actor)
		case actor.LacksSecondStepAt(slug):
			return tracker.ErrSecondStepMissing
		case actor.MightAt(tracker.ReadCity, slug), actor.MightAt(tracker.ManageCities, slug):
			return tracker.ErrForbidden
		}
		return tracker.ErrNotFound
	})
}

// inInstallation mounts a handler of pages that belong to no city for those who
// could be allowed the action. It fails early; the transaction decides.
func (s *Server) inInstallation(action tracker.Action, h actorHandler) http.HandlerFunc {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		if !actor.MightAt(action, "") {
			return tracker.ErrForbidden
		}
		return h(w, r, actor)
	})
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keepBuffer gives a buffer back, but not one that a rare large page has grown.
func keepBuffer(buffer *bytes.Buffer) {
	if buffer.Cap() <= 1<<20 {
		buffers.Put(buffer)
	}
}

// render writes a whole page or, when that fails, nothing. It does not ask
// whether the request's time is up: the page that says so must be written too.
func render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	buffer := buffers.Get().(*bytes.Buffer) //nolint:errcheck // the pool holds nothing else
	defer keepBuffer(buffer)
	buffer.Reset()
	if err := page.Render(context.WithoutCancel(r.Context()), buffer); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(buffer.Len()))
	header.Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	_, err := w.Write(buffer.Bytes())
	if err != nil {
		infoOf(r).note(err) // the reader is gone; there is nobody to tell
	}
	return nil
}
