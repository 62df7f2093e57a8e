//go:build e2e

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestThreads is a conversation of everybody: staff ask, a reviewer answers among
// reviewers and for all, a leader directs, staff answer, the leader closes.
// Every page on the way is held to the house rules.
func TestThreads(t *testing.T) {
	t.Parallel()
	for language, l := range map[string]look{"vi": {width: desk, scheme: "light"}, "en": {width: phone, scheme: "dark"}} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, start(t, t.TempDir()), "127.0.0.1", l)
			b.open("/sign-in?lang=" + language)
			b.talk("thread-" + language + map[string]string{"vi": "-1280", "en": "-360"}[language])
		})
	}
}

// TestThreadsWithoutScripts: the same on a phone that runs no scripts.
func TestThreadsWithoutScripts(t *testing.T) {
	t.Parallel()
	b := openTab(t, start(t, t.TempDir()), "city.test", look{width: phone, scheme: "light", withoutScripts: true})
	b.talk("")
}

// Five conversations come with the demonstration, none of them here.
const (
	talked   = "/cities/ha-long/indicators/7.2.2"
	question = "Số liệu học viên năm 2024 lấy theo báo cáo nào?\nXem https://halong.gov.vn/bao-cao-thong-ke-giao-duc-thuong-xuyen-nam-2024-tren-dia-ban-thanh-pho.pdf"
)

func (b *tab) talk(picture string) {
	b.t.Helper()
	b.signIn("staff@ha-long.demo")
	b.open(talked)
	b.see("an indicator of which nothing is said")
	b.click("#threads a[href$='/threads/new']")
	b.see("the form of a conversation")
	b.fill("[name=text]", " ")
	b.click("main form[action$='/threads'] button")
	b.see("a question that says nothing")
	b.fill("[name=text]", question)
	b.click("main form[action$='/threads'] button")
	if got := b.path(); got != talked+"#thread-6" {
		b.t.Errorf("after asking the page is %s", got)
	}
	if link := b.attribute("#thread-6 .comment__text a", "href"); !strings.HasSuffix(link, "thanh-pho.pdf") {
		b.t.Errorf("the link leads to %s", link)
	}
	b.see("a question")
	b.signOut()
	b.review()
	b.direct(picture)
	b.rewrite()
}

// review answers for all and among reviewers, and settles.
func (b *tab) review() {
	b.t.Helper()
	b.signIn("reviewer@ha-long.demo")
	b.open(talked + "/threads/new")
	b.do(chromedp.Click(chromedp.CSS("[name=audience][value=internal]")))
	b.fill("[name=text]", "Cần xem kỹ số liệu này.")
	b.see("a form among reviewers")
	b.click("main form[action$='/threads'] button")
	if n := b.count("[data-thread]"); n != 2 {
		b.t.Errorf("the reviewer sees %d conversations", n)
	}
	b.do(chromedp.Click(chromedp.CSS("#thread-6 summary")))
	b.fill("#thread-6 textarea", "Theo niên giám thống kê.")
	b.click("#thread-6 form button")
	b.see("an indicator with conversations")
	b.click("#thread-6 .thread__acts > a")
	b.see("a conversation")
	b.click("form#resolve button")
	b.see("a conversation that is settled")
	b.open(talked)
	b.see("an indicator with a settled conversation")
	b.signOut()
}

// direct gives a direction, answers it, and closes it.
func (b *tab) direct(picture string) {
	b.t.Helper()
	b.signIn("leader@ha-long.demo")
	b.open(talked)
	if n := b.count("[data-thread]"); n != 1 {
		b.t.Errorf("the leader sees %d conversations", n)
	}
	b.click("#threads a[href$='kind=direction']")
	b.fill("[name=text]", "Hoàn thành trước ngày khảo sát.")
	b.see("the form of a direction")
	b.fill("[name=due_on]", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	b.click("main form[action$='/threads'] button")
	b.see("an indicator with a direction")
	if picture != "" {
		b.screenshot("entry-" + picture)
	}
	b.signOut()
	b.signIn("staff@ha-long.demo")
	b.open("/inbox")
	b.see("an inbox with a direction")
	b.open("/cities/ha-long/directions?department=CUL")
	b.see("directions")
	b.click("#thread-8 .thread__acts a")
	b.see("a direction that waits")
	if picture != "" {
		b.screenshot(picture)
	}
	b.fill("[name=text]", "Đã hoàn thành, xem minh chứng.")
	b.click("button[value=answer]")
	b.see("a direction that is answered")
	b.signOut()
	b.signIn("leader@ha-long.demo")
	b.open("/cities/ha-long/threads/8")
	b.click("form#resolve button")
	b.open("/cities/ha-long/directions?show=closed")
	if n := b.count("[data-direction]"); n != 1 {
		b.t.Errorf("%d directions are closed", n)
	}
	b.signOut()
}

// rewrite edits and deletes one's own words.
func (b *tab) rewrite() {
	b.t.Helper()
	b.signIn("staff@ha-long.demo")
	b.open(talked + "/threads/new")
	b.fill("[name=text]", "Nhầm chỗ.")
	b.click("main form[action$='/threads'] button")
	b.open("/cities/ha-long/threads/9")
	b.click("a[href$='/comments/1?assessment=1']")
	b.see("a comment's form")
	b.fill("[name=text]", "Xin lỗi, nhầm chỗ.")
	b.click("main form[action*='/comments/1'] button")
	b.see("a comment that was edited")
	b.click("a[href*='/comments/1/delete']")
	b.see("whether to delete a comment")
	b.click("main form[action*='/delete'] button")
	b.see("a comment that is gone")
	if text := b.text("#comment-1"); strings.Contains(text, "Xin") {
		b.t.Errorf("what was deleted still shows: %s", text)
	}
	b.open(talked + "/threads")
	b.see("all conversations")
	b.signOut()
}
