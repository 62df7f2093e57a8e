//go:build e2e

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestReviewerWalksThrough: three indicators are submitted; the reviewer looks at
// what waits with the arrow keys, returns one and accepts two, and the leader sees
// the figure move by two.
func TestReviewerWalksThrough(t *testing.T) {
	t.Parallel()
	b := openTab(t, start(t, t.TempDir()), "127.0.0.1", look{width: desk, scheme: "light"})
	b.submitThree()
	b.signIn("reviewer@ha-long.demo")
	b.click(".nav a[href$='/reviews']")
	b.checkPage("the desk")
	b.pictures("reviews")
	b.open("/cities/ha-long/reviews/7.2.2")
	b.press(kb.ArrowRight)
	b.arrives("/cities/ha-long/reviews/9.3.1")
	b.press(kb.ArrowLeft)
	b.arrives("/cities/ha-long/reviews/7.2.2")
	b.checkPage("one of the desk")
	b.pictures("review")
	b.decideThree()
	b.signOut()
	b.seesTwoMore()
}

// TestReviewWithoutScripts: the same on a phone that runs none.
func TestReviewWithoutScripts(t *testing.T) {
	t.Parallel()
	b := openTab(t, start(t, t.TempDir()), "127.0.0.1", look{width: phone, scheme: "light", withoutScripts: true})
	b.submitThree()
	b.signIn("reviewer@ha-long.demo")
	b.open("/cities/ha-long/reviews/7.2.2")
	b.click("nav[data-steps] a[rel=next]")
	b.arrives("/cities/ha-long/reviews/9.3.1")
	b.click("nav[data-steps] a[rel=prev]")
	b.decideThree()
	b.signOut()
	b.seesTwoMore()
}

// press presses a key that leads to another page.
func (b *tab) press(key string) {
	b.t.Helper()
	if err := b.leave(chromedp.KeyEvent(key)); err != nil {
		b.t.Fatalf("press %q: %v", key, err)
	}
}

// pictures takes the docs' pictures of the page, wide and narrow.
func (b *tab) pictures(name string) {
	b.t.Helper()
	for _, l := range []look{{width: phone, scheme: "light"}, {width: desk, scheme: "light"}} {
		b.look(l)
		b.screenshot(pictureName(name, "vi", l))
	}
}

// submitThree is what the coordinator puts before the reviewer, one with a figure
// that has changed.
func (b *tab) submitThree() {
	b.t.Helper()
	b.signIn("coordinator@ha-long.demo")
	for _, code := range []string{"7.2.2", "9.3.1", "12.1.2"} {
		b.open("/cities/ha-long/indicators/" + code)
		b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
		b.click("form[action$='/claim'] button[name=then][value=submit]")
	}
	b.signOut()
}

// decideThree stands on the page of the first of them. A verdict leads to the next.
func (b *tab) decideThree() {
	b.t.Helper()
	b.fill("[name=note]", " ")
	b.click("button[formaction$='/return']")
	b.see("a return without a reason")
	b.refusesAt("note", "lý do")
	b.fill("[name=note]", "Chưa có số liệu của năm 2024.")
	b.click("button[formaction$='/return']")
	b.arrives("/cities/ha-long/reviews/9.3.1")
	b.click("#decision button:not([formaction])")
	b.arrives("/cities/ha-long/reviews/12.1.2")
	b.click("#decision button:not([formaction])")
	b.arrives("/cities/ha-long/reviews")
	if waits := b.count("[data-indicator='9.3.1'], [data-indicator='7.2.2'], [data-indicator='12.1.2']"); waits != 0 {
		b.t.Errorf("%d of the three still wait", waits)
	}
	b.open("/cities/ha-long/indicators/9.3.1")
	b.click(".history a[href*='/decisions/']")
	b.see("what the reviewer saw")
}

func (b *tab) seesTwoMore() {
	b.t.Helper()
	b.signIn("leader@ha-long.demo")
	if score := b.attribute("[data-score]", "data-score"); score != "55/57" {
		b.t.Errorf("the score is %s", score)
	}
	b.open("/cities/ha-long/indicators/7.2.2")
	if page := b.text("main"); !strings.Contains(page, "Chưa có số liệu của năm 2024.") {
		b.t.Error("the reason is not on the indicator's page")
	}
}
