//go:build e2e

package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// newsShown is whether the page says that somebody has changed what it shows.
const newsShown = `document.querySelector(".watch p").checkVisibility()`

// TestSomebodyElseSaves, over plain http and a name that the browser does not
// hold for secure: who looks at the indicator is told, what they are typing
// stays, and the way to the new state is theirs to take.
func TestSomebodyElseSaves(t *testing.T) {
	t.Parallel()
	p := countStreams(t, start(t, t.TempDir()))
	coordinator := openTab(t, p.process, "city.test", look{width: phone, scheme: "light"})
	leader := openTab(t, p.process, "city.test", look{width: desk, scheme: "dark"})
	coordinator.signIn("coordinator@ha-long.demo")
	coordinator.listens(p, "/cities/ha-long/indicators/7.2.2")
	leader.signIn("leader@ha-long.demo")
	leader.listens(p, "/cities/ha-long")
	leader.listensAlone(p)
	coordinator.do(chromedp.SendKeys(chromedp.CSS("[name=note]"), "Đang viết dở"))
	before := evaluate[int](coordinator, "Math.round(scrollY + document.activeElement.getBoundingClientRect().top)")

	saveNarrative(t, p.process, "Bản của cán bộ")
	for _, b := range []*tab{coordinator, leader} {
		b.waitFor(newsShown)
		b.checkPage("a page that somebody else has changed")
	}
	leader.waitFor(`window.heard === "7.2.2"`)
	if text := coordinator.text(".watch"); !strings.Contains(text, "Có người vừa cập nhật chỉ số này.") {
		t.Errorf("the line says %q", text)
	}
	if note := evaluate[string](coordinator, `document.querySelector("[name=note]").value`); note != "Đang viết dở" {
		t.Errorf("what was typed has become %q", note)
	}
	if after := evaluate[int](coordinator, "Math.round(scrollY + document.activeElement.getBoundingClientRect().top)"); after != before {
		t.Errorf("the field that is typed in has moved from %d to %d", before, after)
	}
	if !evaluate[bool](coordinator, `document.activeElement.name === "note"`) {
		t.Error("the cursor is gone")
	}
	leader.click(".watch a")
	if path := leader.path(); path != "/cities/ha-long" || evaluate[bool](leader, newsShown) {
		t.Errorf("the new state is %s, still out of date: %t", path, evaluate[bool](leader, newsShown))
	}
}

// TestOneStreamOfABrowser: its pages share one, which ends when none is seen. A
// page that is seen again hears what it missed; one's own acts are no news.
func TestOneStreamOfABrowser(t *testing.T) {
	t.Parallel()
	p := countStreams(t, start(t, t.TempDir()))
	first := openTab(t, p.process, "127.0.0.1", look{width: desk, scheme: "light"})
	first.signIn("coordinator@ha-long.demo")
	first.listens(p, "/cities/ha-long/indicators/7.2.2")
	ctx, closeTab := chromedp.NewContext(first.ctx)
	t.Cleanup(closeTab)
	second := &tab{t: t, ctx: ctx, base: first.base}
	second.start()
	second.open("/cities/ha-long/indicators/7.2.2")
	time.Sleep(2 * passing) // a stream of its own would be there by now
	if n := p.open(); n != 1 {
		t.Errorf("two pages of a browser have %d streams", n)
	}
	first.seen(false)
	saveNarrative(t, p.process, "Khi trang thứ nhất bị che")
	second.waitFor(newsShown)
	if evaluate[bool](first, newsShown) || p.open() != 1 {
		t.Errorf("the hidden page is told: %t, %d streams", evaluate[bool](first, newsShown), p.open())
	}
	second.seen(false)
	p.await(t, 0)
	first.seen(true)
	first.waitFor(newsShown)
	first.open("/cities/ha-long/indicators/7.2.2/narrative")
	first.fill("[name=narrative]", "Bản của chính mình")
	first.click("form[action*='/narrative'] button")
	p.await(t, 1)
	time.Sleep(2 * passing)
	if evaluate[bool](first, newsShown) {
		t.Error("one's own act is told as somebody else's")
	}
	first.signOut()
	p.await(t, 0)
}

// counted is a program behind a proxy that counts its streams.
type counted struct {
	*process
	streams atomic.Int64
}

func countStreams(t *testing.T, p *process) *counted {
	t.Helper()
	there, err := url.Parse(p.base)
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(there)
		r.Out.Host = r.In.Host
	}}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" {
			c.streams.Add(1)
			defer c.streams.Add(-1)
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.CloseClientConnections)
	behind := *p
	behind.base = proxy.URL
	c.process = &behind
	return c
}

func (c *counted) open() int { return int(c.streams.Load()) }

func (c *counted) await(t *testing.T, want int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); c.open() != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d streams, never %d", c.open(), want)
		}
	}
}

// passing is how long a page is seen before it listens; static/events.js.
const passing = 1500 * time.Millisecond

// listens opens the page and waits until it has a stream.
func (b *tab) listens(p *counted, path string) {
	b.t.Helper()
	before := p.open()
	b.open(path)
	p.await(b.t, before+1)
}

// listensAlone has the page listen besides as one does in a browser that shares
// no workers, as on many phones.
func (b *tab) listensAlone(p *counted) {
	b.t.Helper()
	before := p.open()
	b.do(chromedp.Evaluate[chromedp.Void](`{
		const line = new Worker(document.querySelector("[data-watch]").dataset.watch);
		line.onmessage = ({data}) => { window.heard = data.code; };
		line.postMessage(true);
	} undefined`))
	p.await(b.t, before+1)
}

// seen makes the page believe that it is in front, or is not: to a browser
// without a window each page is.
func (b *tab) seen(yes bool) {
	b.t.Helper()
	state := map[bool]string{true: "visible", false: "hidden"}[yes]
	b.do(chromedp.Evaluate[chromedp.Void](`Object.defineProperty(document, "visibilityState", {configurable: true, get: () => "` + state + `"});
		document.dispatchEvent(new Event("visibilitychange")); undefined`))
}

func (b *tab) waitFor(condition string) {
	b.t.Helper()
	if _, err := answer(b, chromedp.Poll[bool](condition)); err != nil {
		b.t.Fatalf("never %s: %v", condition, err)
	}
}

// saveNarrative is what a member of staff does elsewhere.
func saveNarrative(t *testing.T, p *process, text string) {
	t.Helper()
	staff := p.signIn(t, "staff@ha-long.demo")
	version := hook(t, versionHook, staff.get(t, "/cities/ha-long/indicators/7.2.2"))
	status, err := staff.post("/cities/ha-long/indicators/7.2.2/narrative", map[string][]string{
		"version": {version}, "narrative": {text}, "obstacles": {""}, "solution": {""}})
	if err != nil || status != 303 {
		t.Fatalf("the other one's edit: status %d, error %v", status, err)
	}
}
