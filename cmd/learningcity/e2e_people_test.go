//go:build e2e

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestCoordinatorInvitesStaff: the link is opened in a browser of its own, and
// its person lands on the city, may change their indicators and their password.
func TestCoordinatorInvitesStaff(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	coordinator := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	guest := openTab(t, p, "127.0.0.1", look{width: phone, scheme: "dark"})
	joinAndWork(t, coordinator, guest)
}

// TestInvitationWithoutScripts over plain http and a name that the browser does
// not hold for secure: there the form of a page that hides its address comes
// without an origin.
func TestInvitationWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	coordinator := openTab(t, p, "city.test", look{width: phone, scheme: "light", withoutScripts: true})
	guest := openTab(t, p, "city.test", look{width: desk, scheme: "light", withoutScripts: true})
	joinAndWork(t, coordinator, guest)
}

func joinAndWork(t *testing.T, coordinator, guest *tab) {
	t.Helper()
	link := coordinator.invite("An@HaLong.VN")
	guest.open(link)
	guest.check("an invitation")
	if page := guest.text("main"); !strings.Contains(page, "an@halong.vn") || !strings.Contains(page, "Hạ Long") {
		t.Errorf("the invitation says %q", page)
	}
	guest.fill("[name=name]", "Trần Văn An")
	guest.fill("[name=password]", "ngắn")
	guest.click("main form button")
	guest.check("an invitation with a short password")
	if name := guest.attribute("[name=name]", "value"); name != "Trần Văn An" {
		t.Errorf("the name came back as %q", name)
	}
	guest.fill("[name=password]", "một câu đủ dài")
	guest.click("main form button")
	if path := guest.path(); path != "/cities/ha-long" {
		t.Errorf("after joining the page is %s", path)
	}
	guest.open("/cities/ha-long/indicators/7.2.2/narrative")
	if path := guest.path(); path != "/cities/ha-long/indicators/7.2.2/narrative" {
		t.Errorf("the form of an indicator leads to %s", path)
	}
	coordinator.open("/cities/ha-long/people")
	if row := coordinator.text("[data-person='an@halong.vn']"); !strings.Contains(row, "Trần Văn An") {
		t.Errorf("the list of people says %q", row)
	}
	coordinator.open(link)
	coordinator.check("a link that was used")
	if page := coordinator.text("h1"); page != "Đường dẫn này không dùng được" {
		t.Errorf("a link that was used says %q", page)
	}
}

// invite makes an invitation for staff and returns the path of its link.
func (b *tab) invite(email string) string {
	b.t.Helper()
	b.signIn("coordinator@ha-long.demo")
	b.open("/cities/ha-long")
	b.click("nav a[href$='/assessments']")
	b.click("nav a[href$='/people']")
	b.check("people")
	b.click("a[href$='/people/invite']")
	b.fill("[name=invitee]", email)
	b.click("main form[action$='/invite'] button")
	b.check("an invitation without a role")
	if typed := b.attribute("[name=invitee]", "value"); typed != email {
		b.t.Errorf("the address came back as %q", typed)
	}
	b.do(chromedp.Click(chromedp.CSS("[name=role][value=staff]")))
	b.fill("[name=department]", "CUL")
	b.click("main form[action$='/invite'] button")
	b.check("the link")
	return b.link()
}

// link is the one on the page that was just made.
func (b *tab) link() string {
	b.t.Helper()
	path, found := strings.CutPrefix(b.value("#link"), b.base)
	if !found {
		b.t.Fatalf("the link is %q", b.value("#link"))
	}
	return path
}

// check is checkPage where the page's scripts run: axe is one.
func (b *tab) check(what string) {
	b.t.Helper()
	if !b.withoutScripts {
		b.checkPage(what)
	}
}

// value is what stands in the field.
func (b *tab) value(selector string) string {
	b.t.Helper()
	found, err := answer(b, chromedp.Value(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("value of %s: %v", selector, err)
	}
	return found
}

// TestPasswordLinkAndSessions: a forgotten password, and who is signed in where.
func TestPasswordLinkAndSessions(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	b.signIn("coordinator@ha-long.demo")
	b.open("/cities/ha-long/people")
	b.click("[data-person='staff@ha-long.demo'] a")
	b.checkPage("a person")
	b.click("form[action$='/password-link'] button")
	b.checkPage("a password link")
	b.do(chromedp.Click(chromedp.CSS("[data-copy]")))
	if copied := b.text("[data-copied]"); copied == "" {
		t.Error("nothing says that the link was copied")
	}
	link := strings.TrimPrefix(b.value("#link"), b.base)
	staff := openTab(t, p, "127.0.0.1", look{width: phone, scheme: "light"})
	staff.open(link)
	staff.checkPage("a new password")
	staff.fill("[name=password]", "một câu đủ dài")
	staff.click("main form button")
	if path := staff.path(); path != "/cities/ha-long/departments/CUL" {
		t.Errorf("after choosing a password the page is %s", path)
	}
	staff.click("header a[href='/account']")
	staff.checkPage("the account")
	if page := staff.text("main"); !strings.Contains(page, "Phiên hiện tại") {
		t.Error("the account does not say which session this is")
	}
	b.click("header a[href='/account']")
}
