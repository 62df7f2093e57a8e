//go:build bench

package main_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"

	"learningcity/internal/demonstration"
)

// visitor is a browser as far as bytes go: it follows redirects, keeps cookies
// and connections, asks for gzip, and fetches a file that may be kept once.
type visitor struct {
	client  *http.Client
	base    string
	bytes   atomic.Int64 // received, headers included
	fetched map[string]bool
}

func newVisitor(addr string) *visitor {
	v := &visitor{base: "http://" + addr, fetched: map[string]bool{}}
	jar, _ := cookiejar.New(nil) // fails never, by its documentation
	transport := &http.Transport{DisableCompression: true, DialContext: v.dial}
	v.client = &http.Client{Jar: jar, Transport: transport}
	return v
}

func (v *visitor) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, addr)
	return countingConn{conn, &v.bytes}, err
}

func (v *visitor) leave() { v.client.CloseIdleConnections() }

// get returns the text at a path, or nothing when it was kept.
func (v *visitor) get(path string) (string, error) {
	if v.fetched[path] {
		return "", nil
	}
	request, err := http.NewRequest(http.MethodGet, v.base+path, nil)
	if err != nil {
		return "", err
	}
	text, header, err := v.do(request)
	if strings.Contains(header.Get("Cache-Control"), "immutable") {
		v.fetched[path] = true
	}
	return text, err
}

// signIn ends on the dashboard of the demonstration city, and returns it.
func (v *visitor) signIn() (string, error) {
	form := url.Values{"email": {demonstration.Accounts()[0].Email}, "password": {demonstration.Password}}
	request, err := http.NewRequest(http.MethodPost, v.base+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	text, _, err := v.do(request)
	if err == nil && !strings.Contains(text, "data-score=") {
		return "", fmt.Errorf("signing in did not lead to the dashboard")
	}
	return text, err
}

func (v *visitor) do(request *http.Request) (string, http.Header, error) {
	request.Header.Set("Accept-Encoding", "gzip")
	answer, err := v.client.Do(request)
	if err != nil {
		return "", nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("%s %s: status %d", request.Method, request.URL, answer.StatusCode)
	}
	body := io.Reader(answer.Body)
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return "", nil, err
		}
	}
	text, err := io.ReadAll(body)
	return string(text), answer.Header, err
}

// countingConn counts what comes in.
type countingConn struct {
	net.Conn
	received *atomic.Int64
}

func (c countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.received.Add(int64(n))
	return n, err
}
