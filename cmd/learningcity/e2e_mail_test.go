//go:build e2e

package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"learningcity/internal/mail/mailtest"
)

// mailing is a program that mails, under a name of its own.
func mailing(t *testing.T) (*process, *mailtest.Server) {
	t.Helper()
	sink := mailtest.New(t, mailtest.Options{})
	dataDir, address := t.TempDir(), freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	p := launch(t, dataDir, append(mailSettings(sink.Addr, dataDir),
		"LEARNINGCITY_ADDR="+address, "LEARNINGCITY_PUBLIC_URL=http://city.test:"+port)...)
	p.base = "http://" + address
	if !p.await(t, "/readyz", http.StatusOK, 90*time.Second) {
		t.Fatalf("not ready; the program says:\n%s", p.log(t))
	}
	return p, sink
}

var mailedLink = regexp.MustCompile(`http://city\.test:\d+(/(?:new-password|invitations)/\S+)`)

// mailedTo waits for the only mail to the address, and returns the path of its
// link.
func mailedTo(t *testing.T, sink *mailtest.Server, email string) (path string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, m := range sink.All() {
			if m.To != email {
				continue
			}
			_, text := m.Read(t)
			return hook(t, mailedLink, text)
		}
	}
	t.Fatalf("no mail to %s: %q", email, sink.All())
	return ""
}

// TestForgottenPasswordByMail: ask, read the mail, open its link, choose a
// password, and be signed in.
func TestForgottenPasswordByMail(t *testing.T) {
	t.Parallel()
	p, sink := mailing(t)
	b := openTab(t, p, "city.test", look{width: phone, scheme: "light"})
	b.open("/sign-in")
	b.click("main a[href='/forgotten-password']")
	b.check("a forgotten password")
	b.fill("[name=email]", "cán bộ@ha-long")
	b.click("main form button")
	b.check("a forgotten password of no address")
	b.refusesAt("email", "không hợp lệ")
	if typed := b.value("[name=email]"); typed != "cán bộ@ha-long" {
		t.Errorf("the address came back as %q", typed)
	}
	b.fill("[name=email]", "Staff@Ha-Long.demo")
	b.click("main form button")
	b.arrives("/sign-in")
	b.check("after asking for a link")
	b.open(mailedTo(t, sink, "staff@ha-long.demo"))
	b.check("a mailed link for a password")
	b.fill("[name=password]", "sóng biển vỗ bờ đêm nay")
	b.click("main form button")
	b.arrives("/cities/ha-long/departments/CUL")
	b.click("header a[href='/inbox']")
	b.check("an inbox that tells of a new password")
	for b.count("[data-item] button") > 0 { // the demonstration's evidence that expires is told there too
		b.click("[data-item] button")
	}
	if unread := evaluate[int](b, `document.querySelectorAll("header a[href='/inbox']").length`); unread != 0 {
		t.Error("the header still says that something is unread")
	}
}

// TestInvitationByMail: nobody has to pass the link on.
func TestInvitationByMail(t *testing.T) {
	t.Parallel()
	p, sink := mailing(t)
	coordinator := openTab(t, p, "city.test", look{width: phone, scheme: "light"})
	coordinator.invite("An@HaLong.VN")
	if page := coordinator.text("main"); !strings.Contains(page, "đang gửi thư đến an@halong.vn") {
		t.Errorf("the page of the link says %q", page)
	}
	guest := openTab(t, p, "city.test", look{width: desk, scheme: "light"})
	guest.open(mailedTo(t, sink, "an@halong.vn"))
	guest.check("a mailed invitation")
	guest.fill("[name=name]", "Trần Văn An")
	guest.fill("[name=password]", "một câu đủ dài")
	guest.click("main form button")
	guest.arrives("/cities/ha-long")
	coordinator.open("/cities/ha-long/people")
	coordinator.check("people, and something to read")
	coordinator.click("header a[href='/inbox']")
	coordinator.check("an inbox that tells of somebody who joined")
	if items := coordinator.text("main"); !strings.Contains(items, "Trần Văn An đã nhận lời mời") {
		t.Errorf("the inbox says %q", items)
	}
}

// TestTooManyTries: after five wrong passwords the page says how long to wait,
// and keeps the address that was typed.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	for _, row := range []struct {
		language, says string
		look           look
	}{
		{"vi", "Hãy đợi", look{width: phone, scheme: "light"}},
		{"en", "Wait ", look{width: desk, scheme: "dark"}},
	} {
		b := openTab(t, p, "127.0.0.1", row.look)
		email := row.language + "@ha-long.test"
		b.open("/sign-in?lang=" + row.language)
		for range 6 {
			b.fill("[name=email]", email)
			b.fill("[name=password]", "sai mật khẩu")
			b.click("form[action='/sign-in'] button")
		}
		b.check("too many tries " + row.language + " " + row.look.String())
		if said := b.text(".errors"); !strings.Contains(said, row.says) {
			t.Errorf("%s: the page says %q", row.language, said)
		}
		if typed := b.value("[name=email]"); typed != email {
			t.Errorf("%s: the address came back as %q", row.language, typed)
		}
	}
}
