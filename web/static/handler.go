package static

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// types are fixed here because the machine's own table may say otherwise.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

type asset struct {
	url, contentType string
	plain            []byte
	gzipped          func() []byte // nil for a format that is compressed already
}

func newAsset(url, ext string, body []byte) *asset {
	a := &asset{url: url, contentType: types[ext], plain: body}
	if ext != ".woff2" {
		a.gzipped = sync.OnceValue(func() []byte { return compress(body) })
	}
	return a
}

// compress writes to memory at a valid level, which cannot fail.
func compress(body []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

// Handler serves the files under their hashed addresses, to be kept for ever,
// and answers 404 to every other path. It expects the whole path of the
// request.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := catalogue().byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	body := a.plain
	h := w.Header()
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = a.gzipped()
		}
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that went away is nobody's error
	}
}

// acceptsGzip reads an Accept-Encoding header. What names gzip counts before
// what a star says.
func acceptsGzip(header string) bool {
	star := false
	for item := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(item, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return wanted(quality)
		case "*":
			star = wanted(quality)
		}
	}
	return star
}

// wanted reports whether a weight such as "q=0.5" is above nothing.
func wanted(quality string) bool {
	_, weight, found := strings.Cut(quality, "=")
	if !found {
		return true
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
	return err == nil && q > 0
}
