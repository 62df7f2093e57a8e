package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"learningcity/internal/mail/mailtest"
)

// options of a sender to the address.
func options(t *testing.T, addr string) Options {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Host: host, Port: n, Security: None, From: mail.Address{Name: "Thành phố học tập", Address: "lc@halong.vn"}, Timeout: 5 * time.Second}
}

var message = Message{To: "an@halong.vn", Subject: "Lời mời tham gia của Hạ Long", Text: "Kính gửi Ông/Bà,\n\nhttps://x/y\n"}

// TestSend: what arrives is what was sent, Vietnamese included.
func TestSend(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	if err := New(options(t, s.Addr)).Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	taken := s.All()
	if len(taken) != 1 || taken[0].To != "an@halong.vn" {
		t.Fatalf("taken: %q", taken)
	}
	got, err := mail.ReadMessage(strings.NewReader(taken[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	if subject, text := taken[0].Read(t); subject != message.Subject || text != message.Text {
		t.Errorf("subject %q, text %q", subject, text)
	}
	from, err := got.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != (mail.Address{Name: "Thành phố học tập", Address: "lc@halong.vn"}) {
		t.Errorf("from %v, %v", from, err)
	}
	if got.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(got.Header.Get("Message-Id"), "@halong.vn>") ||
		!strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain; charset=UTF-8") {
		t.Errorf("header %v", got.Header)
	}
	if date, err := got.Header.Date(); err != nil || time.Since(date).Abs() > time.Minute {
		t.Errorf("date %v, %v", date, err)
	}
	if encoding := got.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
		t.Errorf("encoding %s", encoding)
	}
}

// TestSendOfAKind: what ends such mails stands in the header, and the sender is
// told before the server can take the mail, which it does not where that fails.
func TestSendOfAKind(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	sender := New(options(t, s.Addr))
	for _, tt := range []struct{ stop, post string }{
		{"https://hoctap.halong.example/stop-mails/QGZ7MFJ3Y5KX2RBN4ATWHDVLCE", "List-Unsubscribe=One-Click"},
		{"http://hoctap.halong.example/stop-mails/QGZ7MFJ3Y5KX2RBN4ATWHDVLCE", ""}, // no program posts to it
	} {
		m, handed, before := message, 0, len(s.All())
		m.ID, m.Stop = "notices.1.x", tt.stop
		m.Handing = func(context.Context) error {
			if handed++; len(s.All()) != before {
				t.Error("taken before it was handed over")
			}
			return nil
		}
		if err := sender.Send(t.Context(), m); err != nil || handed != 1 || len(s.All()) != before+1 {
			t.Fatalf("handed over %d times, %v, %d mails", handed, err, len(s.All()))
		}
		got, err := mail.ReadMessage(strings.NewReader(s.All()[before].Raw))
		if err != nil {
			t.Fatal(err)
		}
		if h := got.Header; h.Get("Message-Id") != "<notices.1.x@halong.vn>" || h.Get("List-Unsubscribe") != "<"+tt.stop+">" || h.Get("List-Unsubscribe-Post") != tt.post {
			t.Errorf("header %v", h)
		}
	}
	m, why := message, errors.New("why not")
	m.Handing = func(context.Context) error { return why }
	if err := sender.Send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "why not") || len(s.All()) != 2 {
		t.Errorf("not handed over: %v, %d mails", err, len(s.All()))
	}
}

// certificate is for 127.0.0.1, and the pool trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}

// TestEncryption: both ways, with a password; never to a server that cannot or
// that nobody vouches for.
func TestEncryption(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	for _, tt := range []struct {
		name, security, password string
		implicit, offers, trusts bool
		want                     bool
	}{
		{"STARTTLS", StartTLS, mailtest.Password, false, true, true, true},
		{"TLS", TLS, mailtest.Password, true, true, true, true},
		{"STARTTLS, wrong password", StartTLS, "another", false, true, true, false},
		{"TLS, wrong password", TLS, "another", true, true, true, false},
		{"STARTTLS that is not offered", StartTLS, mailtest.Password, false, false, true, false},
		{"STARTTLS that is not offered, nobody signs in", StartTLS, "", false, false, true, false},
		{"TLS to a server in clear", TLS, mailtest.Password, false, true, true, false},
		{"STARTTLS, unknown certificate", StartTLS, mailtest.Password, false, true, false, false},
		{"TLS, unknown certificate", TLS, mailtest.Password, true, true, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			offered := config
			if !tt.offers {
				offered = nil
			}
			s := mailtest.New(t, mailtest.Options{Implicit: tt.implicit, TLS: offered})
			o := options(t, s.Addr)
			o.Security, o.Timeout = tt.security, 2*time.Second
			if tt.password != "" {
				o.User, o.Password = mailtest.User, tt.password
			}
			if tt.trusts {
				o.Config = &tls.Config{RootCAs: pool, ServerName: o.Host, MinVersion: tls.VersionTLS12}
			}
			sender := New(o)
			if err := sender.Check(t.Context()); (err == nil) != tt.want {
				t.Errorf("check: %v", err)
			}
			err := sender.Send(t.Context(), message)
			if (err == nil) != tt.want || (len(s.All()) == 1) != tt.want || (s.User() == mailtest.User) != tt.want {
				t.Errorf("send: %v; %d taken, signed in %q", err, len(s.All()), s.User())
			}
			if err != nil && tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the password stands in %v", err)
			}
		})
	}
}

// TestServersThatFail: refuse the address, take the mail and then fail, say
// nothing, hang up.
func TestServersThatFail(t *testing.T) {
	t.Parallel()
	refused := mailtest.New(t, mailtest.Options{OnRcpt: func(string) error { return mailtest.Refuse(550, "no such mailbox") }})
	failing := mailtest.New(t, mailtest.Options{OnData: func(string) error { return mailtest.Refuse(451, "try later") }})
	hang := make(chan struct{})
	slow := mailtest.New(t, mailtest.Options{OnData: func(string) error { <-hang; return errors.New("late") }})
	t.Cleanup(func() { close(hang) })
	for _, tt := range []struct{ name, addr, want string }{
		{"refuses the address", refused.Addr, "no such mailbox"}, {"takes it and fails", failing.Addr, "try later"},
		{"says nothing", silent(t, false), "i/o timeout|deadline exceeded"}, {"hangs up", silent(t, true), "EOF"}, {"hangs with the mail", slow.Addr, "i/o timeout|deadline exceeded"},
		{"is not there", "127.0.0.1:1", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, tt.addr)
			o.Timeout = 500 * time.Millisecond
			start := time.Now()
			err := New(o).Send(t.Context(), message)
			if err == nil || !regexp.MustCompile(tt.want).MatchString(err.Error()) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	if n := len(refused.All()) + len(failing.All()); n != 0 {
		t.Errorf("%d mails taken", n)
	}
}

// silent is a server that never speaks.
func silent(t *testing.T, hangUp bool) string {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if hangUp {
				_ = conn.Close()
				continue
			}
			defer conn.Close()
		}
	}()
	return l.Addr().String()
}

// TestSendEndsWithTheProgram, not when the server would let go.
func TestSendEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	o := options(t, silent(t, false))
	o.Timeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := New(o).Send(ctx, message); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// TestTakenIsSent: a server that takes the mail and then says goodbye badly has
// it; it must not get it twice.
func TestTakenIsSent(t *testing.T) {
	t.Parallel()
	addr := scripted(t, "250 taken\r\n") // and hangs up where RSET and QUIT are expected
	if err := New(options(t, addr)).Send(t.Context(), message); err != nil {
		t.Errorf("taken, but %v", err)
	}
}

// scripted is a server that answers like one up to the end of the mail.
func scripted(t *testing.T, last string) string {
	t.Helper()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		say := func(s string) { _, _ = io.WriteString(conn, s) }
		say("220 here\r\n")
		buffer := make([]byte, 64<<10)
		text := ""
		for {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			text = string(buffer[:n])
			switch {
			case strings.HasPrefix(text, "DATA"):
				say("354 go on\r\n")
			case strings.HasSuffix(text, "\r\n.\r\n"):
				say(last)
				return
			case strings.HasPrefix(text, "EHLO"), strings.HasPrefix(text, "MAIL"), strings.HasPrefix(text, "RCPT"):
				say("250 fine\r\n")
			}
		}
	}()
	return l.Addr().String()
}

// TestMailHeaders: names that people typed add no header and no recipient.
func TestMailHeaders(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"", "an", "an@halong.vn, ba@halong.vn", "An <an@halong.vn>", "<an@halong.vn>", "an@halong.vn\r\nBcc: ba@halong.vn",
		"an@halong.vn\nRCPT TO:<ba@halong.vn>", "x,y@halong.vn", "an@halong.vn>"} {
		s := mailtest.New(t, mailtest.Options{})
		if err := New(options(t, s.Addr)).Send(t.Context(), Message{To: to, Subject: "x", Text: "y"}); !errors.Is(err, ErrAddress) || len(s.All()) != 0 {
			t.Errorf("%q: %v", to, err)
		}
	}
	s := mailtest.New(t, mailtest.Options{})
	hostile := Message{To: "an@halong.vn", Subject: "Hạ Long\r\nBcc: ba@halong.vn\r\n\r\nhello", Text: "one\r\n.\r\nMAIL FROM:<x@y>\n.\nend"}
	if err := New(options(t, s.Addr)).Send(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	taken := s.All()
	if len(taken) != 1 {
		t.Fatalf("%d mails", len(taken))
	}
	checkHeaders(t, taken[0].Raw)
}

// checkHeaders: the mail has the headers that compose writes and no others.
func checkHeaders(t *testing.T, raw string) {
	t.Helper()
	got, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range got.Header {
		switch name {
		case "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding":
			if len(values) != 1 {
				t.Errorf("%s: %q", name, values)
			}
		default:
			t.Errorf("header %s: %q", name, values)
		}
	}
}

// FuzzCompose: whatever the subject and the address, there are the headers that
// there should be and one recipient.
func FuzzCompose(f *testing.F) {
	f.Add("an@halong.vn", "Lời mời\r\nBcc: x@y.z")
	f.Add("\"a b\"@x.vn", "\u2028\x00=?utf-8?q?=0D=0AX:_y?=")
	f.Add("a@[127.0.0.1]", strings.Repeat("ạ", 300))
	sender := New(Options{From: mail.Address{Name: "Thành phố", Address: "lc@halong.vn"}})
	f.Fuzz(func(t *testing.T, to, subject string) {
		m, err := sender.compose(t.Context(), Message{To: to, Subject: subject, Text: "text"})
		if err != nil {
			if !errors.Is(err, ErrAddress) {
				t.Fatal(err)
			}
			return
		}
		if rcpts, err := m.GetRecipients(); err != nil || len(rcpts) != 1 {
			t.Fatalf("recipients %q, %v", rcpts, err)
		}
		var out strings.Builder
		if _, err := m.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		checkHeaders(t, out.String())
	})
}
