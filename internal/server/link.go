package server

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// newToken makes the secret of a link or a session, and what the database
// knows of it.
func newToken() (token string, hash []byte) {
	token = rand.Text()
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// linkCookie shows that a form was sent from the page of its link.
const linkCookie = "link"

// Folders of the pages whose address is itself the secret.
const (
	invitationsFolder   = "/invitations/"
	passwordLinksFolder = "/new-password/"
)

// linkToken is the secret in the page's address. No other site may learn the
// address, so none of them is told where a reader came from. With that policy
// browsers write "Origin: null" on the page's own form, which must pass for
// another site's; the cookie, which only pages of ours are sent with, tells
// them apart.
func linkToken(w http.ResponseWriter, r *http.Request) string {
	token := chi.URLParam(r, "token")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r, linkCookie), Value: linkMark(token), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: infoOf(r).secure,
	})
	return token
}

// linkMark is of another hash than the database keeps.
func linkMark(token string) string { return hex.EncodeToString(hashToken("form of " + token)) }

// fromLinkPage reports whether a form without an origin comes from the page of
// the link that it is sent to.
func fromLinkPage(r *http.Request) bool {
	token, isLink := secretOf(r.URL.Path)
	cookie, err := r.Cookie(cookieName(r, linkCookie))
	return isLink && err == nil && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" &&
		subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(linkMark(token))) == 1
}

// secretOf is what follows a folder of links in the path.
func secretOf(path string) (string, bool) {
	for _, folder := range []string{invitationsFolder, passwordLinksFolder, stopMailsFolder} {
		if token, found := strings.CutPrefix(path, folder); found {
			return token, true
		}
	}
	return "", false
}

// loggedPath leaves out of the log what would open somebody's link.
func loggedPath(path string) string {
	if token, found := secretOf(path); found {
		return strings.TrimSuffix(path, token) + "…"
	}
	return path
}

// absolute is the address of a path as people elsewhere type it.
func (s *Server) absolute(r *http.Request, path string) string {
	if s.PublicURL != nil {
		return s.publicLink(path)
	}
	if infoOf(r).secure {
		return "https://" + r.Host + path
	}
	return "http://" + r.Host + path
}
