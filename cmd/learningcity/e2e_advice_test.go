//go:build e2e

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestRecommendation is the way of what an expert recommends: taken on, made a
// task of, done with evidence by the department, answered and closed. Every page
// on the way is held to the house rules.
func TestRecommendation(t *testing.T) {
	t.Parallel()
	for language, l := range map[string]look{"vi": {width: phone, scheme: "light"}, "en": {width: desk, scheme: "dark"}} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, start(t, t.TempDir()), "127.0.0.1", l)
			b.open("/sign-in?lang=" + language)
			recommendation(b)
			if language == "vi" {
				b.look(look{width: desk, scheme: "light"})
				b.advicePictures()
			}
		})
	}
}

// TestRecommendationWithoutScripts: the same on a phone that runs no scripts.
func TestRecommendationWithoutScripts(t *testing.T) {
	t.Parallel()
	b := openTab(t, start(t, t.TempDir()), "city.test", look{width: phone, scheme: "dark", withoutScripts: true})
	recommendation(b)
}

func recommendation(b *tab) {
	b.t.Helper()
	b.signIn("expert@ha-long.demo")
	given := b.recommend()
	b.signOut()
	b.signIn("coordinator@ha-long.demo")
	task := b.takeOn(given)
	b.signOut()
	b.signIn("staff@ha-long.demo")
	b.doTask(task, given)
	b.signOut()
	b.signIn("expert@ha-long.demo")
	b.closeAdvice(given)
}

// recommend is the expert's first part, and returns where it stands.
func (b *tab) recommend() (given string) {
	b.t.Helper()
	b.open("/cities/ha-long/recommendations")
	b.see("Ha Long's recommendations")
	b.open("/cities/ha-long/recommendations/new?indicator=7.2.2")
	b.see("a recommendation to give")
	b.fill("[name=text]", "Bổ sung hướng dẫn sử dụng thư viện số cho người cao tuổi")
	b.do(chromedp.Click(chromedp.CSS("[name=required][value=yes]")))
	b.click("form[method=post][action*='/recommendations/new'] button")
	b.see("a recommendation that was given")
	return b.path()
}

// closeAdvice is their last part.
func (b *tab) closeAdvice(given string) {
	b.t.Helper()
	b.open(given)
	b.click("a[href$='/close']")
	b.see("closing")
	b.click("form[action$='/close'] button")
	if n := b.count("[data-move]"); n != 4 {
		b.t.Errorf("%d lines of history", n)
	}
	b.see("a recommendation that is closed")
	b.open("/cities/ha-long/recommendations?state=closed&required=yes")
	if n := b.count("[data-recommendation]"); n != 1 {
		b.t.Errorf("%d are closed", n)
	}
}

// takeOn is the coordinator's part: taken on, and a task made of it.
func (b *tab) takeOn(given string) string {
	b.t.Helper()
	b.open("/inbox")
	b.click("[data-item] a")
	if path := b.path(); path != given {
		b.t.Errorf("the item leads to %s, not to %s", path, given)
	}
	b.click("a[href$='/take-on']")
	b.see("taking on")
	b.click("form[action$='/take-on'] button")
	b.click("main a[href*='/tasks/new']")
	b.see("a task to give")
	b.fill("[name=due_on]", "2099-12-31")
	b.click("form[method=post][action*='/tasks/new'] button") // no department is chosen
	if text := b.text("#department-error"); text == "" {
		b.t.Error("nothing is said about the department")
	}
	b.see("a task that is refused")
	b.fill("[name=department]", "CUL")
	b.click("form[method=post][action*='/tasks/new'] button")
	task := b.path()
	b.see("a task that was given")
	b.open("/cities/ha-long/tasks")
	b.see("all tasks")
	b.open("/cities/ha-long/indicators/7.2.2")
	b.see("an indicator with recommendations and tasks")
	return task
}

// doTask is the department's part: they begin on their page, add a document, say
// that the task is done, and answer.
func (b *tab) doTask(task, given string) {
	b.t.Helper()
	b.open("/")
	if got := b.path(); got != "/cities/ha-long/departments/CUL" {
		b.t.Errorf("staff begin at %s", got)
	}
	b.see("the page of a department")
	b.open("/cities/ha-long/indicators/7.2.2/evidence")
	b.send("form[data-upload]", "[data-linked]", b.file("Tài liệu hướng dẫn.txt", "Hướng dẫn sử dụng thư viện số"))
	b.open("/cities/ha-long/departments/CUL")
	b.click("[data-task='" + task + "'] a")
	b.click("a[href$='/complete']")
	b.see("a task to be done")
	b.do(chromedp.Click(chromedp.CSS("[name=evidence]")))
	b.click("form[action$='/complete'] button")
	if text := b.text("[data-move='complete_task']"); !strings.Contains(text, "Tài liệu hướng dẫn") {
		b.t.Errorf("the history says %q", text)
	}
	b.see("a task that is done")
	b.open(given + "/answer")
	b.see("answering")
	b.fill("[name=note]", "Đã phát hành tài liệu hướng dẫn")
	b.click("form[action$='/answer'] button")
}

// advicePictures are those of the documents.
func (b *tab) advicePictures() {
	b.t.Helper()
	b.open("/cities/ha-long/recommendations/2")
	b.screenshot("recommendation")
	b.signOut()
	b.signIn("staff@ha-long.demo")
	b.screenshot("department")
}
