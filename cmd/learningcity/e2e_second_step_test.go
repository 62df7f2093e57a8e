//go:build e2e

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/hotp"
)

// authenticator is somebody's app, and the recovery codes that they kept. No
// code is taken twice, so it shows each half minute's only once.
type authenticator struct {
	t      *testing.T
	secret string
	last   int64 // the half minute of the newest code that was given
	spare  []string
}

// code is the next one that the program takes: codes of half a minute ago and
// of half a minute ahead are good, too, so three do not have to wait.
func (a *authenticator) code() string {
	a.t.Helper()
	now := time.Now()
	if now.Unix()%30 >= 25 { // the code of the half minute before is about to end
		a.last = max(a.last, now.Unix()/30-1)
	}
	a.last = max(a.last+1, now.Unix()/30-1)
	time.Sleep(time.Until(time.Unix((a.last-1)*30, 0)))
	return a.at(a.last)
}

// wrong is a code of another year.
func (a *authenticator) wrong() string { return a.at(1) }

func (a *authenticator) at(step int64) string {
	a.t.Helper()
	code, err := hotp.GenerateCode(a.secret, uint64(step))
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

// recovery takes one of the recovery codes.
func (a *authenticator) recovery() string {
	a.t.Helper()
	code := a.spare[0]
	a.spare = a.spare[1:]
	return code
}

// setSecondStepUp on the page that is open, and stay on the one that shows the
// recovery codes.
func (b *tab) setSecondStepUp() *authenticator {
	b.t.Helper()
	a := &authenticator{t: b.t, secret: strings.ReplaceAll(b.text("code.code"), " ", "")}
	b.fill("[name=code]", a.wrong())
	b.fill("[name=old_password]", "thanh-pho-hoc-tap")
	b.click("main form button")
	b.check("a second step with a wrong code")
	b.refusesAt("code", "Mã xác thực không đúng.")
	if secret := strings.ReplaceAll(b.text("code.code"), " ", ""); secret != a.secret {
		b.t.Error("the secret is another one after a wrong code")
	}
	b.fill("[name=code]", a.code())
	b.fill("[name=old_password]", "thanh-pho-hoc-tap")
	b.click("main form button")
	b.check("recovery codes")
	if a.spare = strings.Fields(b.value("#codes")); len(a.spare) != 10 {
		b.t.Fatalf("%d recovery codes; the page says %s", len(a.spare), b.text("main"))
	}
	return a
}

// refusesAt wants a sentence at the field, in Vietnamese.
func (b *tab) refusesAt(field, sentence string) {
	b.t.Helper()
	if said := b.text("#" + field + "-error"); !strings.Contains(said, sentence) {
		b.t.Errorf("the field %s says %q, want %q", field, said, sentence)
	}
}

// arrives wants the page to be at the path.
func (b *tab) arrives(path string) {
	b.t.Helper()
	if got := b.path(); got != path {
		b.t.Fatalf("the page is %s, want %s: %s", got, path, b.text("main"))
	}
}

// password is the first step, on a page that asks to sign in.
func (b *tab) password(email string) {
	b.t.Helper()
	b.fill("[name=email]", email)
	b.fill("[name=password]", "thanh-pho-hoc-tap")
	b.click("form[action='/sign-in'] button")
}

// pass is the second step, with the app.
func (b *tab) pass(code string) {
	b.t.Helper()
	b.fill("[name=code]", code)
	b.click("main form button")
}

// recover is the second step without the app.
func (b *tab) recover(code string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("main details summary")))
	b.fill("[name=recovery_code]", code)
	b.click("main form button")
}

// TestSecondStep is one that somebody sets up and uses, and that their city then
// requires of others.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	coordinator := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	reviewer := openTab(t, p, "127.0.0.1", look{width: phone, scheme: "dark"})
	requireAndComply(t, coordinator, reviewer)
}

// TestSecondStepWithoutScripts over plain http and a name that the browser does
// not hold for secure.
func TestSecondStepWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	coordinator := openTab(t, p, "city.test", look{width: phone, scheme: "light", withoutScripts: true})
	reviewer := openTab(t, p, "city.test", look{width: desk, scheme: "light", withoutScripts: true})
	requireAndComply(t, coordinator, reviewer)
}

func requireAndComply(t *testing.T, coordinator, reviewer *tab) {
	t.Helper()
	reviewer.signIn("reviewer@ha-long.demo")
	coordinator.signIn("coordinator@ha-long.demo")
	coordinator.requireTooEarly()
	coordinator.click("header a[href='/account']")
	coordinator.click("main a[href='/account/second-step']")
	app := coordinator.setSecondStepUp()
	coordinator.comesBackWith(app)
	coordinator.open("/cities/ha-long/people")
	coordinator.click("form[action$='/second-step'] button")
	coordinator.check("a requirement")
	if page := coordinator.text("main"); !strings.Contains(page, "Từ nay, thành phố yêu cầu xác thực hai bước") {
		t.Errorf("the people page says %q", page)
	}
	reviewer.complies()
	coordinator.open("/account/second-step")
	coordinator.check("a second step that is required")
	if page := coordinator.text("main"); !strings.Contains(page, "không tắt được") {
		t.Errorf("the page of a second step that is required says %q", page)
	}
	coordinator.stopsRequiring()
	coordinator.turnsOff(app)
}

// requireTooEarly: who requires a second step has one.
func (b *tab) requireTooEarly() {
	b.t.Helper()
	b.open("/cities/ha-long/people")
	b.click("form[action$='/second-step'] button")
	b.check("a requirement without a second step")
	if page := b.text("main"); !strings.Contains(page, "Hãy thiết lập xác thực hai bước cho tài khoản của bạn trước") {
		b.t.Errorf("the people page says %q", page)
	}
}

// comesBackWith signs out and in again: with codes that are refused, with one
// of the app, and with a recovery code, which works once.
func (b *tab) comesBackWith(app *authenticator) {
	b.t.Helper()
	const wanted = "/cities/ha-long/indicators/7.2.2"
	b.signOut()
	b.open(wanted)
	b.password("coordinator@ha-long.demo")
	b.check("the second step")
	b.pass(app.wrong())
	b.check("the second step after a wrong code")
	b.refusesAt("code", "Mã xác thực không đúng.")
	b.pass(app.code())
	b.arrives(wanted)
	b.signOut()
	spare := app.recovery()
	b.open(wanted)
	b.password("coordinator@ha-long.demo")
	b.recover(spare)
	b.arrives(wanted)
	b.signOut()
	b.open(wanted)
	b.password("coordinator@ha-long.demo")
	b.recover(spare)
	b.check("the second step after a used code")
	b.refusesAt("recovery_code", "đã được dùng")
	b.fill("[name=recovery_code]", app.recovery())
	b.click("main form button")
	b.arrives(wanted)
}

// complies is kept out of the city, led to set a second step up, and gets in.
func (b *tab) complies() {
	b.t.Helper()
	b.open("/cities/ha-long")
	b.check("a city that requires a second step")
	if title := b.text("h1"); title != "Cần thiết lập xác thực hai bước" {
		b.t.Fatalf("the city says %q", title)
	}
	b.click("main a[href='/account/second-step']")
	b.check("a second step that is waited for")
	b.setSecondStepUp()
	b.click("main p > a[href='/']")
	b.arrives("/cities/ha-long")
}

func (b *tab) stopsRequiring() {
	b.t.Helper()
	b.open("/cities/ha-long/people")
	b.click("form[action$='/second-step'] button")
	if page := b.text("main"); !strings.Contains(page, "không còn yêu cầu") {
		b.t.Errorf("the people page says %q", page)
	}
}

// turnsOff the second step, with a recovery code and the password.
func (b *tab) turnsOff(app *authenticator) {
	b.t.Helper()
	b.open("/account/second-step")
	b.check("a second step")
	spare := app.recovery()
	b.turnOff(spare, "không phải mật khẩu này")
	b.check("a second step that stays")
	b.refusesAt("old_password", "Mật khẩu hiện tại không đúng")
	b.turnOff(spare, "thanh-pho-hoc-tap")
	b.arrives("/account")
	b.signOut()
	b.signIn("coordinator@ha-long.demo")
	b.arrives("/cities/ha-long")
}

func (b *tab) turnOff(spare, password string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS("form[action$='/off'] summary")))
	b.fill("[name=off_recovery_code]", spare)
	b.fill("form[action$='/off'] [name=old_password]", password)
	b.click("form[action$='/off'] button")
}

// TestEveryGuardedPage looks at the pages that are there only for who has a
// second step, lacks it, or was told something: in each look, and each language
// on a desk and on a phone.
func TestEveryGuardedPage(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	b.signIn("coordinator@ha-long.demo")
	b.open("/account/second-step")
	app := b.setSecondStepUp()
	b.printsOnOnePage("recovery codes")
	b.open("/cities/ha-long/people")
	b.click("form[action$='/second-step'] button")
	b.tells("leader@ha-long.demo")
	for i, l := range looks {
		b.look(l)
		b.visitGuarded(l, []string{"vi", "en", "en", "vi"}[i], app)
	}
}

// tells somebody that their access was taken and given back.
func (b *tab) tells(email string) {
	b.t.Helper()
	for _, act := range []string{"disable", "enable"} {
		b.open("/cities/ha-long/people")
		b.click("[data-person='" + email + "'] a")
		b.click("form[action$='/" + act + "'] button")
	}
}

func (b *tab) visitGuarded(l look, language string, app *authenticator) {
	b.t.Helper()
	see := func(name, path string) {
		b.open(path)
		b.checkPage(fmt.Sprintf("%s %s %s", name, language, l))
	}
	b.signOut()
	b.open("/sign-in?lang=" + language)
	b.password("coordinator@ha-long.demo")
	see("second-step-asked", "/sign-in/second-step")
	b.recover(app.recovery())
	see("second-step-on", "/account/second-step")
	see("account-second-step", "/account")
	see("people-second-step", "/cities/ha-long/people")
	see("audit-second-step", "/cities/ha-long/audit")
	b.signIn("reviewer@ha-long.demo")
	see("second-step-lacking", "/cities/ha-long")
	see("second-step-waited-for", "/account/second-step")
	b.signIn("leader@ha-long.demo")
	see("inbox", "/inbox")
	see("dashboard-unread", "/cities/ha-long")
}
