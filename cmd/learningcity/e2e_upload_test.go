//go:build e2e

package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// drop lets files fall on the form, as a browser tells of them. Files that come
// from the system cannot be had without a person.
const drop = `
	(files) => {
		const carried = new DataTransfer();
		for (const [name, content] of files) carried.items.add(new File([content], name));
		const on = document.querySelector("[data-drop]");
		const tell = (what) => on.dispatchEvent(new DragEvent(what, {bubbles: true, cancelable: true, dataTransfer: carried}));
		const taken = !tell("dragover") && on.hasAttribute("data-over");
		return taken && !tell("drop") && !on.hasAttribute("data-over");
	}`

// watchBar notes each state of the progress bar; the page that answers takes the
// place of this one and leaves the notes.
const watchBar = `
	window.bar = [];
	new MutationObserver((all) => all.forEach(({target}) => window.bar.push([!target.hidden, target.value])))
		.observe(document.querySelector("[data-drop] progress"), {attributes: true});
	undefined`

func (b *tab) drop(files string) {
	b.t.Helper()
	if !evaluate[bool](b, "("+drop+")("+files+")") {
		b.t.Error("the form takes no files that are dropped on it")
	}
}

// chosen is what the form says of its files.
func (b *tab) chosen() string {
	b.t.Helper()
	return evaluate[string](b, `document.querySelector("#files").files.length + ": " +
		[...document.querySelectorAll(".drop__list li")].map(e => e.textContent).join("; ")`)
}

// forgetSession is what the end of the session looks like to the browser.
func (b *tab) forgetSession() {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return chromedp.Void{}, err
	})
}

// TestDropFiles: several at once, more after them, one that is too large told
// before it is sent; sent with a bar that moves, all of them kept.
func TestDropFiles(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	for i, l := range []look{{width: desk, scheme: "light"}, {width: phone, scheme: "dark"}} {
		b := openTab(t, p, "city.test", l) // where nothing may need a secure context
		b.signIn("coordinator@ha-long.demo")
		b.open("/cities/ha-long/indicators/12.3.1/evidence")
		b.drop(`[["Biên bản ` + l.String() + `.txt", "một ` + l.String() + `"], ["Danh mục.csv", "hai,` + l.String() + `"]]`)
		b.drop(`[["Ảnh.txt", "ba ` + l.String() + `"]]`)
		if got := b.chosen(); got != "3: Biên bản "+l.String()+".txt; Danh mục.csv; Ảnh.txt" {
			t.Errorf("chosen are %s", got)
		}
		b.checkPage("files that were dropped")
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-drop]").dataset.most = 20; undefined`))
		b.drop(`[["Lớn.txt", "` + strings.Repeat("x", 21) + l.String() + `"]]`)
		if got := b.text(".drop__list li:nth-child(4) .field__error"); !strings.Contains(got, "100") {
			t.Errorf("of one that is too large it says %q", got)
		}
		b.do(chromedp.Evaluate[chromedp.Void](watchBar))
		b.do(chromedp.Click(chromedp.CSS("form[data-upload] button")), chromedp.WaitReady(chromedp.CSS("[data-linked]")))
		if got := evaluate[string](b, `String(window.bar.some(([shown, value]) => shown && value === 0)) + window.bar.some(([shown, value]) => shown && value === 100)`); got != "truetrue" {
			t.Errorf("the bar was %s", evaluate[string](b, `JSON.stringify(window.bar)`))
		}
		if path := b.path(); path != "/cities/ha-long/indicators/12.3.1" {
			t.Errorf("the address is %s", path)
		}
		if n := b.count("[data-linked]"); n != 4*(i+1) {
			t.Errorf("%s: %d pieces of evidence", l, n)
		}
	}
}

// TestUploadWithoutScripts: the form is a plain one, and says nothing of dropping.
func TestUploadWithoutScripts(t *testing.T) {
	t.Parallel()
	b := openTab(t, start(t, t.TempDir()), "city.test", look{width: phone, scheme: "light", withoutScripts: true})
	b.signIn("coordinator@ha-long.demo")
	b.open("/cities/ha-long/indicators/12.3.1/evidence")
	if n := b.count(".drop__here:not([hidden]), [data-drop] progress:not([hidden])"); n != 0 {
		t.Errorf("%d parts show that scripts would need", n)
	}
	b.do(chromedp.Click(chromedp.CSS("[name=answers][value='1']")))
	b.send("form[data-upload]", "[data-linked]", b.file("Biên bản.txt", "một"), b.file("Danh mục.csv", "hai,2\n"))
	if n := b.count("[data-linked]"); n != 2 {
		t.Errorf("%d pieces of evidence", n)
	}
}

// TestUploadWhenTheSessionIsOver: with and without scripts one signs in, finds
// the form with what was typed, chooses the files again and sends them.
func TestUploadWhenTheSessionIsOver(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	for _, l := range []look{{width: desk, scheme: "light"}, {width: phone, scheme: "light", withoutScripts: true}} {
		b := openTab(t, p, "127.0.0.1", l)
		b.signIn("coordinator@ha-long.demo")
		b.open("/cities/ha-long/indicators/12.3.1/evidence")
		b.do(chromedp.Click(chromedp.CSS("[name=access][value=restricted]")), chromedp.Click(chromedp.CSS("[name=answers][value='2']")))
		b.forgetSession()
		path := b.file("Biên bản.txt", "một "+l.String())
		b.send("form[data-upload]", "form[action='/sign-in']", path)
		b.see("the session is over")
		b.fill("[name=email]", "coordinator@ha-long.demo")
		b.fill("[name=password]", "thanh-pho-hoc-tap")
		b.click("form[action='/sign-in'] button")
		b.see("the form is back")
		if n := b.count("[name=access][value=restricted]:checked, [name=answers][value='2']:checked"); n != 2 {
			t.Errorf("%s: %d of what was typed is back", l, n)
		}
		if text := b.text("main"); !strings.Contains(text, "hãy chọn lại tệp") {
			t.Errorf("%s: the page says %q", l, text)
		}
		b.send("form[data-upload]", "[data-linked]", path)
		b.see("sent again")
	}
}
