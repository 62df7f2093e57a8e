// Package mail sends plain text mails through a city's own mail server. It
// knows nothing of what they say and keeps none: who asks it to send tries
// again when it could not.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// The ways to speak to the server.
const (
	None     = "none"     // in clear, for a relay on the same machine or network
	StartTLS = "starttls" // encrypted before anything is said, or not at all
	TLS      = "tls"      // encrypted from the first byte
)

// Options name the server. Without User nobody signs in.
type Options struct {
	Host           string
	Port           int
	Security       string // None, StartTLS or TLS
	User, Password string
	From           mail.Address
	Config         *tls.Config   // nil: certificates that the machine trusts
	Timeout        time.Duration // 0: half a minute for a mail, whatever the server does
}

// Sender sends mails. It holds no connection between them.
type Sender struct{ o Options }

// New prepares a sender; it does not connect.
func New(o Options) *Sender {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Config == nil {
		o.Config = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.Host}
	}
	return &Sender{o}
}

// Message is a mail to one person.
type Message struct {
	To, Subject, Text string
	// ID is what stands before the @ of the Message-ID: programs that read mail show
	// two of the same once. Empty: one that no other mail has.
	ID string
	// Stop is the address that ends mails of this kind, for whoever opens it and, by
	// RFC 8058, for programs that post to it; empty for none.
	Stop string
	// Handing is called when nothing but the text stands between the mail and its
	// being taken; nil for none. Its error breaks the mail off, which is not taken then.
	Handing func(context.Context) error
}

// ErrAddress means that no mail can go to such an address.
var ErrAddress = errors.New("not an address that mail can be sent to")

// Send hands the mail to the server. When it returns nil the server has taken
// it; after an error it may still have, for the answer can get lost.
func (s *Sender) Send(ctx context.Context, m Message) error {
	return s.with(ctx, func(ctx context.Context, client *gomail.Client, line *line) error {
		if handing := m.Handing; handing != nil {
			m.Handing = func(ctx context.Context) error { return line.cutUnless(handing(ctx)) }
		}
		message, err := s.compose(ctx, m)
		if err != nil {
			return err
		}
		err = client.DialAndSendWithContext(ctx, message)
		if err == nil || message.IsDelivered() { // taken, whatever went wrong in saying goodbye
			return nil
		}
		return fmt.Errorf("send a mail to %s: %w", m.To, err)
	})
}

// Check connects, encrypts and signs in as for a mail, and sends none.
func (s *Sender) Check(ctx context.Context) error {
	return s.with(ctx, func(ctx context.Context, client *gomail.Client, _ *line) error {
		if err := client.DialWithContext(ctx); err != nil {
			return err
		}
		return client.Close()
	})
}

// compose writes the message. Whatever people have put into names, a header
// stays one line, and the mail goes to the one address.
func (s *Sender) compose(ctx context.Context, m Message) (*gomail.Msg, error) {
	to, err := mail.ParseAddress(m.To)
	if err != nil || to.Name != "" || to.Address != m.To {
		return nil, fmt.Errorf("%q is %w", m.To, ErrAddress)
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(&s.o.From)
	message.ToMailAddress(to)
	message.Subject(oneLine(m.Subject))
	message.SetDate()
	message.SetMessageIDWithValue(messageID(m.ID, s.o.From.Address))
	message.SetGenHeader("Auto-Submitted", "auto-generated") // no absence replies
	if m.Stop != "" {
		message.SetGenHeader("List-Unsubscribe", "<"+m.Stop+">")
	}
	if strings.HasPrefix(m.Stop, "https:") { // to which alone programs post
		message.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	message.SetBodyWriter(gomail.TypeTextPlain, func(w io.Writer) (int64, error) {
		if m.Handing != nil {
			if err := m.Handing(ctx); err != nil {
				return 0, err
			}
		}
		n, err := io.WriteString(w, m.Text)
		return int64(n), err
	})
	return message, nil
}

// messageID does not name the machine, as it would by default.
func messageID(id, from string) string {
	if id == "" {
		id = rand.Text()
	}
	return id + from[strings.LastIndex(from, "@"):]
}

// oneLine puts spaces for line ends and whatever else cannot be seen.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " ")
}

// with runs fn with a client whose connection ends with the time for it, or
// with the context: a server that says nothing holds nobody up.
func (s *Sender) with(ctx context.Context, fn func(context.Context, *gomail.Client, *line) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	line := &line{}
	client, err := gomail.NewClient(s.o.Host, append(s.options(), gomail.WithDialContextFunc(s.dial(ctx, line)))...)
	if err != nil {
		return fmt.Errorf("prepare to send mail: %w", err)
	}
	if err := fn(ctx, client, line); err != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}

func (s *Sender) options() []gomail.Option {
	all := []gomail.Option{gomail.WithPort(s.o.Port), gomail.WithTimeout(s.o.Timeout), gomail.WithTLSConfig(s.o.Config), gomail.WithoutNoop()}
	switch s.o.Security {
	case TLS: // dial has encrypted it; asked like this, the library sees so
		all = append(all, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case StartTLS:
		all = append(all, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		all = append(all, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if s.o.User != "" {
		all = append(all, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.o.User), gomail.WithPassword(s.o.Password))
	}
	return all
}

// line is the connection to the server.
type line struct{ conn net.Conn }

// cutUnless hangs up on an error. A goodbye would end the mail that is being
// written, and the server take half of it.
func (l *line) cutUnless(err error) error {
	if err != nil {
		err = errors.Join(err, l.conn.Close())
	}
	return err
}

// dial connects, and lets go of the connection when the time is up.
func (s *Sender) dial(ctx context.Context, line *line) gomail.DialContextFunc {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		connect := (&net.Dialer{}).DialContext
		if s.o.Security == TLS {
			connect = (&tls.Dialer{Config: s.o.Config}).DialContext
		}
		conn, err := connect(dialing, network, address)
		if err != nil {
			return nil, err
		}
		line.conn = conn
		context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever waits for it hears so
		return conn, nil
	}
}
