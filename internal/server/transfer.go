package server

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// transferPause is how long the sender or the reader of a file may be silent. A
// slow line is no fault; one that does not move holds a connection.
const transferPause = 30 * time.Second

// filesAtOnce is how many files one form carries.
const filesAtOnce = 20

// carryFiles lets a request take the time that files take, as long as they move,
// and be as large as the files of a form.
func (s *Server) carryFiles(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		infoOf(r).files = true
		deadlines := http.NewResponseController(w)
		patient := &patientWriter{w, deadlines, s.silence}
		r.Body = &patientBody{http.MaxBytesReader(w, r.Body, filesAtOnce*s.MaxFile+maxBody), deadlines, s.silence}
		next.ServeHTTP(patient, r)
	})
}

// patientBody moves the deadline with each piece that comes.
type patientBody struct {
	io.ReadCloser
	deadlines *http.ResponseController
	pause     time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	if err := supported(b.deadlines.SetReadDeadline(time.Now().Add(b.pause))); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		// What is done with the files may take longer than a pause; the server
		// listens for a reader that goes away meanwhile.
		if err := supported(b.deadlines.SetReadDeadline(time.Time{})); err != nil {
			return n, err
		}
	}
	return n, err
}

// patientWriter moves the deadline with each piece that is taken.
type patientWriter struct {
	http.ResponseWriter
	deadlines *http.ResponseController
	pause     time.Duration
}

// WriteHeader moves it too: an answer may have no body, and come long after the
// request began.
func (w *patientWriter) WriteHeader(status int) {
	_ = w.deadlines.SetWriteDeadline(time.Now().Add(w.pause)) // else Write says so
	w.ResponseWriter.WriteHeader(status)
}

func (w *patientWriter) Write(p []byte) (int, error) {
	if err := supported(w.deadlines.SetWriteDeadline(time.Now().Add(w.pause))); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}

func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// supported: a writer that knows no deadline is a test's.
func supported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
