package server

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// What follows from the public address, where one is configured. Without one,
// every name and address that leads here is as good as another.

func (s *Server) publicHTTPS() bool { return s.PublicURL != nil && s.PublicURL.Scheme == "https" }

// refuseOtherHosts answers under the public address only, so that no other name
// which somebody points here can speak for us. Health checks ask the machine
// itself, and files are the same for everybody.
func (s *Server) refuseOtherHosts(next http.Handler) http.Handler {
	if s.PublicURL == nil {
		return next
	}
	refuse := s.public(func(http.ResponseWriter, *http.Request) error { return errHost })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.askedForUs(r) || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || strings.HasPrefix(r.URL.Path, "/static/") {
			next.ServeHTTP(w, r)
			return
		}
		refuse(w, r)
	})
}

// askedForUs reports whether the browser asked for the public address, as far
// as trusted proxies tell.
func (s *Server) askedForUs(r *http.Request) bool {
	host := r.Host
	if _, trusted := s.peer(r); trusted {
		if said := r.Header.Get("X-Forwarded-Host"); said != "" {
			host = strings.TrimSpace(said[strings.LastIndexByte(said, ',')+1:])
		}
	}
	return plainHost(host, s.PublicURL.Scheme) == plainHost(s.PublicURL.Host, s.PublicURL.Scheme)
}

// plainHost leaves out the port that goes without saying.
func plainHost(host, scheme string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	name, port, err := net.SplitHostPort(host)
	if err != nil || port != map[string]string{"http": "80", "https": "443"}[scheme] {
		return host
	}
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}

// leadToHTTPS sends somebody who fills a form in over plain http to the public
// address, where that is https: the cookie of signing in would not be kept, and
// they would be asked to sign in again and again. Browsers tell with forms only.
func (s *Server) leadToHTTPS(next http.Handler) http.Handler {
	if !s.publicHTTPS() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !infoOf(r).secure || r.Header.Get("Origin") != "http://"+s.PublicURL.Host {
			next.ServeHTTP(w, r)
			return
		}
		there := url.URL{Scheme: "https", Host: s.PublicURL.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		w.Header().Set("Cache-Control", "private, no-store")
		http.Redirect(w, r, there.String(), http.StatusSeeOther)
	})
}
