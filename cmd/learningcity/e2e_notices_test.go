//go:build e2e

package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"learningcity/internal/mail/mailtest"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var stopLink = regexp.MustCompile(`http://city\.test:\d+(/stop-mails/\S+)`)

// TestReturnedEntry: who submitted it is told by mail and in the inbox, comes to
// its page from there, and gets no more mails after one click in a mail.
func TestReturnedEntry(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Demo: true, Now: time.Now})
	db.RunClock(t)
	sink, dataDir, address := mailtest.New(t, mailtest.Options{}), t.TempDir(), freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	p := launch(t, dataDir, append(mailSettings(sink.Addr, dataDir), "DATABASE_URL="+db.OwnerURL,
		"LEARNINGCITY_ADDR="+address, "LEARNINGCITY_PUBLIC_URL=http://city.test:"+port)...)
	p.base = "http://" + address
	if !p.await(t, "/readyz", http.StatusOK, 90*time.Second) {
		t.Fatalf("not ready; the program says:\n%s", p.log(t))
	}
	b := openTab(t, p, "city.test", look{width: phone, scheme: "light"})
	b.signIn("staff@ha-long.demo")
	b.open("/account")
	b.check("an account where there is a mail server")
	b.do(chromedp.Click(chromedp.CSS("[name=mails][value=at_once]")))
	b.click("form[action='/account/mails'] button")
	b.arrives("/account")
	b.check("an account whose mails were chosen")
	b.open("/cities/ha-long/indicators/7.2.2")
	b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
	b.click("form[action$='/claim'] button[value=submit]")

	returnEntry(t, db, "7.2.2", "Thiếu số liệu năm 2024.")
	link := mailMatching(t, sink, "staff@ha-long.demo", stopLink)
	b.open("/")
	b.click("header a[href='/inbox']")
	b.check("an inbox that tells of a returned entry")
	if item := b.text("[data-item]"); !strings.Contains(item, "đã trả lại chỉ số 7.2.2") {
		t.Errorf("the inbox says %q", item)
	}
	b.click("[data-item] a")
	if path := b.path(); !strings.HasPrefix(path, "/cities/ha-long/indicators/7.2.2") {
		t.Errorf("the item leads to %s", path)
	}
	if page := b.text("main"); !strings.Contains(page, "Thiếu số liệu năm 2024.") {
		t.Error("the page does not say why")
	}
	b.open("/inbox?show=unread")
	b.check("an inbox without anything unread")

	guest := openTab(t, p, "city.test", look{width: desk, scheme: "light"})
	guest.open(link)
	guest.check("a link that ends mails")
	guest.click("main form button")
	guest.check("mails that were ended")
	if page := guest.text("main"); !strings.Contains(page, "Đã ngừng gửi thư thông báo đến staff@ha-long.demo") {
		t.Errorf("the page says %q", page)
	}
	b.open("/account")
	if chosen := b.attribute("[name=mails]:checked", "value"); chosen != "none" {
		t.Errorf("the choice is %s", chosen)
	}
}

// returnEntry is the reviewer's act.
func returnEntry(t *testing.T, db *pgtest.Database, code, why string) {
	t.Helper()
	reviewer := int64(db.Count(t, `SELECT id FROM account WHERE email = 'reviewer@ha-long.demo'`))
	actor := tracker.Actor{AccountID: reviewer, Memberships: []tracker.Membership{{Role: tracker.Reviewer, CitySlug: "ha-long",
		CityID: int64(db.Count(t, `SELECT id FROM city WHERE slug = 'ha-long'`))}}}
	version := db.Count(t, `SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = $1`, code)
	if err := db.Store.Return(t.Context(), actor, postgres.EntryRef{City: "ha-long", Indicator: code, Version: version}, why); err != nil {
		t.Fatal(err)
	}
}

// mailMatching waits for a mail to the address, and returns what the pattern finds.
func mailMatching(t *testing.T, sink *mailtest.Server, email string, pattern *regexp.Regexp) string {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, m := range sink.All() {
			if m.To == email {
				_, text := m.Read(t)
				return hook(t, pattern, text)
			}
		}
	}
	t.Fatalf("no mail to %s: %q", email, sink.All())
	return ""
}
