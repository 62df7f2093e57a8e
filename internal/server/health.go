package server

import (
	"context"
	"net/http"
	"time"

	"learningcity/internal/tracker"
)

// showHealth answers as long as the process lives.
func (s *Server) showHealth(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "alive\n")
}

// showReadiness answers 200 only while the program can serve pages: started,
// and the database there, migrated and loaded.
func (s *Server) showReadiness(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if !s.ready.Load() {
		plain(w, http.StatusServiceUnavailable, "starting\n")
		return
	}
	if err := s.Store.Ready(ctx); err != nil {
		infoOf(r).note(err)
		plain(w, http.StatusServiceUnavailable, "the database is not ready; the log says why\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the prober is gone; there is nobody to tell
}

// whenReady keeps pages closed while the database is being prepared.
func (s *Server) whenReady(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.ready.Load() {
			s.fail(w, r, tracker.ErrUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}
