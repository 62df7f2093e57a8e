//go:build e2e

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
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
	language       string // in which axe reads the page, where both are looked at
	withoutScripts bool
}

// shared is the browser of all tabs but those that show documents, started by the
// first of them: the shell of Chromium, which has no window to draw and takes half
// the time, or where that is not installed Chromium.
var shared struct {
	once sync.Once
	ctx  context.Context
	err  error
}

func startShared() {
	shell, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		shell = "" // chromedp looks for others
	}
	shared.ctx, afterTests, shared.err = startBrowser(shell)
}

// startBrowser starts the program with the path; none: the Chromium that there is.
func startBrowser(path string) (context.Context, func(), error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // there is no other way as root, where CI runs
		chromedp.Flag("host-resolver-rules", "MAP city.test 127.0.0.1"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-device-scale-factor", "1"),
		chromedp.Flag("lang", "vi"))
	if path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx) // it ends with the allocator's
	return ctx, end, chromedp.Do(ctx)
}

// openTab opens a tab with cookies of its own. host is the name under which it
// reaches the program; Chromium holds loopback addresses for secure, other names
// not.
func openTab(t *testing.T, p *process, host string, l look) *tab {
	t.Helper()
	shared.once.Do(startShared)
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return openTabIn(t, shared.ctx, p, host, l)
}

// openViewer is openTab in a browser that shows documents too; the shell does not.
func openViewer(t *testing.T, p *process, host string, l look) *tab {
	t.Helper()
	ctx, end, err := startBrowser("")
	t.Cleanup(end)
	if err != nil {
		t.Fatal(err)
	}
	return openTabIn(t, ctx, p, host, l)
}

func openTabIn(t *testing.T, browser context.Context, p *process, host string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.base, "http://"), ":")
	b := &tab{t: t, ctx: ctx, base: "http://" + host + ":" + port, withoutScripts: l.withoutScripts}
	b.start()
	b.look(l)
	b.bringAxe()
	b.watchConsole()
	return b
}

// start opens the tab itself, which lives as long as the context of its first
// call: so that one has no limit of time.
func (b *tab) start() {
	b.t.Helper()
	if err := chromedp.Do(b.ctx); err != nil {
		b.t.Fatal(err)
	}
}

// patience is what a step may take, on the slowest machine. A whole journey has
// no limit but that of the tests: its length is no fault.
const patience = 2 * time.Minute

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// answer takes a step that has one.
func answer[T any](b *tab, step chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, step)
}

// leave is a step that leads to another page, and waits for it.
func (b *tab) leave(step chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, step)
	return err
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

// bringAxe sends its text to the browser once; pages read it where it is called.
func (b *tab) bringAxe() {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument,
			page.AddScriptToEvaluateOnNewDocumentParams{Source: "function loadAxe() {" + axe + "}"})
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
	if err := b.leave(chromedp.Click(chromedp.CSS(selector))); err != nil {
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
	text, err := answer(b, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("text of %s: %v", selector, err)
	}
	return text
}

func (b *tab) attribute(selector, name string) string {
	b.t.Helper()
	found, err := answer(b, chromedp.AttributeValue(chromedp.CSS(selector), name))
	if err != nil {
		b.t.Fatalf("%s of %s: %v", name, selector, err)
	}
	return found.Value
}

func (b *tab) path() string {
	b.t.Helper()
	location, err := answer(b, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimPrefix(location, b.base)
}

// evaluate runs a script of the test in the page.
func evaluate[T any](b *tab, script string) T {
	b.t.Helper()
	value, err := answer(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate: %v", err)
	}
	return value
}

// checkPage holds every page to: nothing for axe to complain about, nothing
// that scrolls sideways.
func (b *tab) checkPage(what string) {
	b.t.Helper()
	for _, violation := range evaluate[[]string](b, `loadAxe(); axe.run().then(r => r.violations.map(
		v => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(" | ")))`) {
		b.t.Errorf("%s: axe: %s", what, violation)
	}
	b.checkWidth(what)
}

func (b *tab) checkWidth(what string) {
	b.t.Helper()
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
	picture, err := answer(b, chromedp.FullScreenshot(100))
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
