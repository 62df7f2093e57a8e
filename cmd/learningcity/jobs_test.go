package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"learningcity/internal/mail/mailtest"
)

// TestServeMails: the program as people start it does its jobs, and stops with
// one that hangs.
func TestServeMails(t *testing.T) {
	t.Parallel()
	hangs, let := make(chan struct{}, 10), make(chan struct{})
	sink := mailtest.New(t, mailtest.Options{OnRcpt: func(to string) error {
		if strings.HasPrefix(to, "staff") {
			hangs <- struct{}{}
			<-let
		}
		return nil
	}})
	t.Cleanup(func() { close(let) })
	dataDir := installed(t)
	p := launch(t, dataDir, mailSettings(sink.Addr, dataDir)...)
	if !p.await(t, "/readyz", http.StatusOK, 90*time.Second) {
		t.Fatalf("not ready; the program says:\n%s", p.log(t))
	}
	// The visitor types the public address, which a proxy would pass on.
	proxy := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(p.base, "http://"))
	}}
	visitor := &browser{base: "http://city.test:8080", client: &http.Client{Timeout: 10 * time.Second, Transport: proxy,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	for _, email := range []string{"leader@ha-long.demo", "nobody@ha-long.demo", "staff@ha-long.demo"} {
		if status, err := visitor.post("/forgotten-password", url.Values{"email": {email}}); err != nil || status != http.StatusSeeOther {
			t.Fatalf("%s: status %d, error %v", email, status, err)
		}
	}
	<-hangs
	for end := time.Now().Add(20 * time.Second); len(sink.All()) == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	taken := sink.All()
	if len(taken) != 1 || taken[0].To != "leader@ha-long.demo" {
		t.Fatalf("mails %q", taken)
	}
	if _, text := taken[0].Read(t); !strings.Contains(text, "http://city.test:8080/new-password/") {
		t.Errorf("the mail says\n%s", text)
	}
	start := time.Now()
	if err := p.interrupt(t); err != nil {
		t.Errorf("Ctrl-C: %v\n%s", err, p.log(t))
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if log := p.log(t); strings.Contains(log, "/new-password/") || strings.Contains(log, "panic") {
		t.Errorf("the log says\n%s", log)
	}
}
