package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"learningcity/internal/tracker"
	"learningcity/web/view"
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
		info.actor, info.asked = &actor, s.Store.Now()
		return h(w, r, actor)
	})
}

// inCity mounts a handler of a city's pages for those who could be allowed the
// action there. It fails early; the transaction decides. The address that a city
// had before leads to the one that it has.
func (s *Server) inCity(action tracker.Action, h actorHandler) http.HandlerFunc {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		err := atCity(action, h, w, r, actor)
		if errors.Is(err, tracker.ErrNotFound) {
			return s.leadToCity(w, r, actor, err)
		}
		return err
	})
}

func atCity(action tracker.Action, h actorHandler, w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
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
}

// leadToCity answers where the address was the city's before, with the method
// and the form that were sent; notFound to others. Nobody keeps the answer: the
// city may get its old address back.
func (s *Server) leadToCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor, notFound error) error {
	slug := chi.URLParam(r, "city")
	if _, clean := cleanText(slug); !clean {
		return notFound
	}
	now, err := s.Store.FormerCity(r.Context(), actor, slug)
	if errors.Is(err, tracker.ErrNotFound) {
		return notFound
	}
	if err != nil {
		return err
	}
	to := *r.URL
	rest := strings.TrimPrefix(r.URL.EscapedPath(), view.Address{City: slug}.Overview())
	if to.Path, err = url.PathUnescape(rest); err != nil {
		return notFound
	}
	to.Path, to.RawPath = view.Address{City: now}.Overview()+to.Path, view.Address{City: now}.Overview()+rest
	if infoOf(r).resumed {
		again := r.Clone(context.WithValue(r.Context(), chi.RouteCtxKey, nil)) // routed anew
		again.URL = &to
		s.forms.ServeHTTP(w, again)
		return nil
	}
	w.Header().Set("Cache-Control", "private, no-store")
	http.Redirect(w, r, to.RequestURI(), http.StatusPermanentRedirect)
	return nil
}

// inInstallation mounts a handler of pages that belong to no city for those who
// may manage cities. It fails early; the transaction decides.
func (s *Server) inInstallation(h actorHandler) http.HandlerFunc {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		if !actor.MightAt(tracker.ManageCities, "") {
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
