//go:build e2e

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestSubmissionGate: the gate names what stands in the way; it is settled, the
// assessment is submitted and frozen; the next one begins with its claims, which
// are confirmed.
func TestSubmissionGate(t *testing.T) {
	t.Parallel()
	for language, l := range map[string]look{"vi": {width: desk, scheme: "light"}, "en": {width: phone, scheme: "dark"}} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := start(t, t.TempDir())
			b := openTab(t, p, "city.test", l)
			b.open("/sign-in?lang=" + language)
			submitAndCarryOver(b, p)
		})
	}
}

// TestSubmissionGateWithoutScripts: the same on a phone that runs no scripts.
func TestSubmissionGateWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	submitAndCarryOver(openTab(t, p, "city.test", look{width: phone, scheme: "light", withoutScripts: true}), p)
}

func submitAndCarryOver(b *tab, p *process) {
	b.t.Helper()
	b.signIn("coordinator@ha-long.demo")
	b.open("/cities/ha-long")
	b.click("main a[href='/cities/ha-long/assessments/1/submission']")
	b.see("the gate of the demonstration")
	if n := b.count("[data-blocker]"); n == 0 || b.attribute("[data-blockers]", "data-blockers") != fmt.Sprint(n) || b.count("form[action$='/submission']") != 0 {
		b.t.Errorf("%d stand in the way, counted as %s", n, b.attribute("[data-blockers]", "data-blockers"))
	}
	b.nextRound("")
	b.submitSecond(p)
	b.nextRound("2")
	b.confirmThird()
}

// nextRound opens an assessment that needs no review, with what the numbered one
// ended with.
func (b *tab) nextRound(from string) {
	b.t.Helper()
	b.open("/cities/ha-long/assessments/new")
	b.fill("[name=name_vi]", "Đợt chuẩn bị báo cáo hai năm một lần gửi Mạng lưới Thành phố học tập toàn cầu của UNESCO")
	b.fill("[name=name_en]", "Towards the biennial report")
	b.fill("[name=submission_due_on]", "2090-06-30")
	b.do(chromedp.Click(chromedp.CSS("[name=review][value=no]")))
	if from != "" {
		b.fill("[name=carry_from]", from)
	}
	b.see("a new assessment")
	b.click("form[action='/cities/ha-long/assessments'] button")
}

// submitSecond settles the second assessment, the last indicator by hand, and
// submits it.
func (b *tab) submitSecond(p *process) {
	b.t.Helper()
	b.open("/cities/ha-long/assessments/2/submission")
	if n := b.count("[data-kind='not_claimed'] [data-blocker]"); n != 57 {
		b.t.Fatalf("%d are not claimed", n)
	}
	colleague := p.signIn(b.t, "coordinator@ha-long.demo")
	for n, code := range b.blockers() {
		if n == 0 {
			continue
		}
		status, err := colleague.post("/cities/ha-long/indicators/"+code+"/claim?assessment=2", map[string][]string{"version": {"1"}, "claim": {"in_progress"}})
		if err != nil || status != 303 {
			b.t.Fatalf("claiming %s: %d, %v", code, status, err)
		}
	}
	b.open("/cities/ha-long/assessments/2/submission")
	b.see("one is left")
	b.click("[data-blocker] .thing__head a")
	b.do(chromedp.Click(chromedp.CSS("[name=claim][value=in_progress]")))
	b.click("form[action*='/claim'] button")
	b.open("/cities/ha-long/assessments/2/submission")
	b.see("nothing is left")
	b.click("form[action$='/2/submission'] button")
	b.see("submitted")
	if b.count("[data-move='submit_assessment']") != 1 || b.count("form[action$='/2/submission']") != 0 {
		b.t.Error("the page does not say that it is submitted")
	}
	b.open("/cities/ha-long/indicators/1.1.1?assessment=2")
	b.see("a frozen indicator")
	if n := b.count("main form[method=post]"); n != 0 {
		b.t.Errorf("%d forms of a frozen indicator", n)
	}
}

func (b *tab) blockers() []string {
	b.t.Helper()
	return strings.Fields(evaluate[string](b, `Array.from(document.querySelectorAll("[data-blocker]"), e => e.dataset.blocker).join(" ")`))
}

// confirmThird confirms one of the claims of the third assessment.
func (b *tab) confirmThird() {
	b.t.Helper()
	b.see("carried over")
	if n := b.count("[data-kind='to_confirm'] [data-blocker]"); n != 57 {
		b.t.Fatalf("%d are to confirm", n)
	}
	b.click("[data-kind='to_confirm'] .thing__head a")
	b.see("an indicator to confirm")
	b.click("#confirm button")
	if b.count("#confirm") != 0 {
		b.t.Error("it is still to confirm")
	}
	b.open("/cities/ha-long/indicators?state=to_confirm")
	b.see("what is to confirm")
	if n := b.count("[data-indicator]"); n != 56 {
		b.t.Errorf("%d are to confirm", n)
	}
	b.open("/cities/ha-long")
	b.see("the dashboard of what was carried over")
	b.open("/cities/ha-long/assessments")
	b.see("the assessments")
}
