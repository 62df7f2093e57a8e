//go:build e2e

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// tab is a real browser's, with cookies of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
	// withoutScripts: those of the tests, such as axe, cannot run either.
	withoutScripts bool
}

// look is how a page is looked at.
type look struct {
	width          int64
	scheme         string // "light" or "dark"
	withoutScripts bool
}

// openTab starts a browser. host is the name under which it reaches the
// program; Chromium holds loopback addresses for secure, other names not.
func openTab(t *testing.T, p *process, host string, l look) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // there is no other way as root, where CI runs
		chromedp.Flag("host-resolver-rules", "MAP city.test 127.0.0.1"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-device-scale-factor", "1"),
		chromedp.Flag("lang", "vi"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancelTab := chromedp.NewContext(ctx)
	t.Cleanup(cancelTab)
	ctx, cancelTime := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancelTime)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.base, "http://"), ":")
	b := &tab{t: t, ctx: ctx, base: "http://" + host + ":" + port, withoutScripts: l.withoutScripts}
	b.look(l)
	b.watchConsole()
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) look(l look) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(l.width, 900), func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}
		if _, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			return chromedp.Void{}, err
		}
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled,
			emulation.SetScriptExecutionDisabledParams{Value: l.withoutScripts})
		return chromedp.Void{}, err
	})
}

// watchConsole fails the test for whatever the content security policy
// refuses, and for errors in scripts.
func (b *tab) watchConsole() {
	entries := chromedp.Events(b.ctx, log.EntryAdded)
	go func() {
		for event, err := range entries {
			if err != nil {
				return // the tab is closed
			}
			if e := event.Entry; e.Level == "error" && !strings.Contains(e.Text, "the server responded with a status of") {
				b.t.Errorf("the browser says: %s %s", e.Text, e.URL)
			}
		}
	}()
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// click follows a link or presses a button and waits for the next page.
func (b *tab) click(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("click %s: %v", selector, err)
	}
}

func (b *tab) fill(selector, value string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(selector), value))
}

func (b *tab) signIn(email string) {
	b.t.Helper()
	b.open("/sign-in")
	b.fill("[name=email]", email)
	b.fill("[name=password]", "thanh-pho-hoc-tap")
	b.click("form[action='/sign-in'] button")
}

func (b *tab) signOut() {
	b.t.Helper()
	b.click("form[action='/sign-out'] button")
}

// text is what the element says.
func (b *tab) text(selector string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("text of %s: %v", selector, err)
	}
	return text
}

func (b *tab) attribute(selector, name string) string {
	b.t.Helper()
	found, err := chromedp.Run(b.ctx, chromedp.AttributeValue(chromedp.CSS(selector), name))
	if err != nil {
		b.t.Fatalf("%s of %s: %v", name, selector, err)
	}
	return found.Value
}

func (b *tab) path() string {
	b.t.Helper()
	location, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimPrefix(location, b.base)
}

// evaluate runs a script of the test in the page.
func evaluate[T any](b *tab, script string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate: %v", err)
	}
	return value
}

// checkPage holds every page to: nothing for axe to complain about, nothing
// that scrolls sideways.
func (b *tab) checkPage(what string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](axe + "; undefined"))
	for _, violation := range evaluate[[]string](b, `axe.run().then(r => r.violations.map(
		v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")))`) {
		b.t.Errorf("%s: axe: %s", what, violation)
	}
	if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		b.t.Errorf("%s: %d pixels too wide", what, wide)
	}
}

// screenshot writes a picture for the docs. What differs from run to run is
// taken out first.
func (b *tab) screenshot(name string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](
		`document.querySelectorAll(".foot__id").forEach(e => e.textContent = "…"); undefined`))
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join("..", "..", "docs", "screenshots", name+".png")
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// pagesOf counts the pages of a PDF that the browser printed.
func pagesOf(pdf []byte) int {
	return strings.Count(string(pdf), "/Type /Page\n") + strings.Count(string(pdf), "/Type /Page ") +
		strings.Count(string(pdf), "/Type /Page/")
}

func (l look) String() string { return fmt.Sprintf("%d-%s", l.width, l.scheme) }
