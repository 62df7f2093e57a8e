package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/tracker"
)

// requestInfo is what a request's log line and error page tell.
type requestInfo struct {
	id      string
	asked   time.Time // before anything of the page was read; zero where nobody is signed in
	address string    // of the client, seen through trusted proxies
	secure  bool      // the client speaks https
	actor   *tracker.Actor
	resumed bool // a form sent again after signing in: show it, do not carry it out
	files   bool // the address takes files
	err     error
}

func (i *requestInfo) note(err error) { i.err = errors.Join(i.err, err) }

type infoKey struct{}

func infoOf(r *http.Request) *requestInfo {
	info, ok := r.Context().Value(infoKey{}).(*requestInfo)
	if !ok {
		panic("describe was not asked about this request")
	}
	return info
}

// routeHeadAsGet answers HEAD wherever there is a page; net/http leaves the
// body out.
func routeHeadAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			chi.RouteContext(r.Context()).RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// describe gives the request its id and finds out where it comes from.
func (s *Server) describe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, secure := s.origin(r)
		info := &requestInfo{id: rand.Text()[:12], address: address, secure: secure}
		w.Header().Set("X-Request-Id", info.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), infoKey{}, info)))
	})
}

// origin is the client's address and whether it speaks https. What proxies say
// counts only as far as trusted ones say it. Where nobody says anything, people
// come by the public address.
func (s *Server) origin(r *http.Request) (address string, secure bool) {
	secure = r.TLS != nil || s.publicHTTPS()
	addr, trusted := s.peer(r)
	if !addr.IsValid() {
		return r.RemoteAddr, secure
	}
	if !trusted {
		return addr.String(), secure
	}
	if said := forwarded(r, "X-Forwarded-Proto"); said != "" && r.TLS == nil {
		secure = strings.EqualFold(said, "https")
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap().WithZone("")
	}
	return addr.String(), secure
}

// forwarded is what the proxy that is nearest says under this name: what came
// before it, in the same line or in others, anybody may have written.
func forwarded(r *http.Request, name string) string {
	said := strings.Join(r.Header.Values(name), ",")
	return strings.TrimSpace(said[strings.LastIndexByte(said, ',')+1:])
}

// peer is the machine that the request comes from, and whether it is a trusted
// proxy. The zero address: it cannot be read.
func (s *Server) peer(r *http.Request) (addr netip.Addr, trusted bool) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return addr, false
	}
	addr = remote.Addr().Unmap().WithZone("")
	return addr, s.trusts(addr)
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, prefix := range s.TrustedProxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// logRequests writes one line for each request, and each error once.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() { s.logRequest(r, recorder.status, start) }() // also where an answer is broken off
		next.ServeHTTP(recorder, r)
	})
}

func (s *Server) logRequest(r *http.Request, status int, start time.Time) {
	info := infoOf(r)
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", loggedPath(r.URL.Path)), slog.Int("status", status),
		slog.Duration("took", time.Since(start)), slog.String("request", info.id), slog.String("address", info.address),
	}
	if info.actor != nil {
		attributes = append(attributes, slog.Int64("account", info.actor.AccountID))
	}
	if info.err != nil {
		attributes = append(attributes, slog.String("error", info.err.Error()))
	}
	if status >= http.StatusInternalServerError && info.err != nil {
		level = slog.LevelError
	}
	s.Log.LogAttrs(r.Context(), level, "request", attributes...)
}

type statusRecorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusRecorder) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// ReadFrom lets the kernel send files.
func (w *statusRecorder) ReadFrom(content io.Reader) (int64, error) {
	return io.Copy(w.ResponseWriter, content)
}

func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recoverPanics answers a fault of the program with an error page.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this
				panic(p)
			}
			s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}

// policy lets a page use what this server sends and nothing else; no inline
// code, no frames, no forms to other sites.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secureHeaders must work over plain http on a LAN: no HSTS and no upgrade. The
// referrer policy keeps Origin on our own forms, which CrossOriginProtection
// needs where a browser sends no Sec-Fetch-Site.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// maxBody leaves room for a text of 100,000 characters, each of which may take
// nine bytes in a form, so that one which is too long is refused in words.
const maxBody = 1 << 20

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// requestTime is how long a page may take, waiting for the database included.
const requestTime = 20 * time.Second

func (s *Server) limitTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// refuseCrossOrigin stops forms that another site sends with our people's
// cookies. Requests without Origin and Sec-Fetch-Site are not a browser's.
func (s *Server) refuseCrossOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if s.PublicURL != nil {
		// Behind a proxy that rewrites Host, Origin is the public address.
		if err := protection.AddTrustedOrigin(s.PublicURL.Scheme + "://" + s.PublicURL.Host); err != nil {
			s.Log.Error("trust the public address", "error", err)
		}
	}
	deny := s.public(func(http.ResponseWriter, *http.Request) error { return errCrossOrigin })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := protection.Check(r); err != nil && !fromLinkPage(r) {
			deny(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
