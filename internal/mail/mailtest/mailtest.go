// Package mailtest is a mail server for tests that runs beside them and keeps
// the mails that it takes. Only tests may import it.
package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options of a server.
type Options struct {
	TLS      *tls.Config // nil: everything in clear
	Implicit bool        // encrypted from the first byte

	OnRcpt func(to string) error // nil: every address is taken
	OnData func(to string) error // after the mail has come
	OnKept func() error          // after the mail was kept
}

// User and Password are what the server lets in.
const (
	User     = "an"
	Password = "a secret" //nolint:gosec // of the tests' server
)

// Server takes mails, unless its options say otherwise.
type Server struct {
	Addr string

	options Options
	mu      sync.Mutex
	taken   []Mail
	user    string
}

// Mail is one that the server took.
type Mail struct{ To, Raw string }

// New starts a server that ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	server.Domain, server.TLSConfig, server.ErrorLog = "localhost", o.TLS, log.New(io.Discard, "", 0)
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = l.Addr().String()
	if o.Implicit {
		l, server.TLSConfig = tls.NewListener(l, o.TLS), nil
	}
	go func() { _ = server.Serve(l) }() // until it is closed
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// All are the mails that were taken.
func (s *Server) All() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.taken...)
}

// User is who signed in last; empty for nobody.
func (s *Server) User() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user
}

// Read decodes a mail of plain text.
func (m Mail) Read(t testing.TB) (subject, text string) {
	t.Helper()
	read, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if err != nil {
		t.Fatal(err)
	}
	return subject, strings.ReplaceAll(string(content), "\r\n", "\n")
}

// Refuse is an answer of the server.
func Refuse(code int, why string) error { return &smtp.SMTPError{Code: code, Message: why} }

type session struct {
	server *Server
	to     string
}

func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }
func (*session) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (*session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return errors.New("wrong")
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.user = user
		return nil
	}), nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.server.options.OnRcpt == nil {
		return nil
	}
	return s.server.options.OnRcpt(to)
}

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.options.OnData != nil {
		if err := s.server.options.OnData(s.to); err != nil {
			return err
		}
	}
	s.server.keep(Mail{s.to, string(content)})
	if s.server.options.OnKept != nil {
		return s.server.options.OnKept()
	}
	return nil
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, m)
}
