//go:build e2e

package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

var codeHook = regexp.MustCompile(`code=([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})`)

// startEmpty is make run DEMO=0, and the code that it prints.
func startEmpty(t *testing.T) (p *process, code string) {
	t.Helper()
	p = launch(t, t.TempDir(), "LEARNINGCITY_DEMO=0")
	if !p.await(t, "/readyz", http.StatusOK, 90*time.Second) {
		t.Fatalf("not ready; the program says:\n%s", p.log(t))
	}
	for range 100 {
		if found := codeHook.FindStringSubmatch(p.log(t)); found != nil {
			return p, found[1]
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no code; the program says:\n%s", p.log(t))
	return nil, ""
}

// firstPictures are the pages whose pictures the docs show.
var firstPictures = map[string]bool{"set-up": true, "city-new": true, "cities-managed": true}

// TestFirstRun is a newcomer's first minute, over plain http and a name that
// the browser does not hold for secure: an empty installation leads to its
// set-up page, the admin gets in, creates the city, and can come back.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		language string
		look     look
	}{
		{"vi", look{width: desk, scheme: "light"}},
		{"vi", look{width: phone, scheme: "light"}},
		{"en", look{width: phone, scheme: "dark"}},
	} {
		t.Run(fmt.Sprintf("%s %s", row.language, row.look), func(t *testing.T) {
			t.Parallel()
			p, code := startEmpty(t)
			b := openTab(t, p, "city.test", row.look)
			b.open("/?lang=" + row.language)
			if evaluate[bool](b, "window.isSecureContext") {
				t.Fatal("the browser holds the name for secure: this shows nothing")
			}
			show := func(name string) {
				b.checkPage(fmt.Sprintf("%s %s %s", name, row.language, row.look))
				if firstPictures[name] && row.look.scheme == "light" {
					b.screenshot(pictureName(name, row.language, row.look))
				}
			}
			setUp(b, code, show)
			createCity(b, show)
			comeBack(b)
		})
	}
}

// TestFirstRunWithoutScripts: the same where no scripts run.
func TestFirstRunWithoutScripts(t *testing.T) {
	t.Parallel()
	p, code := startEmpty(t)
	b := openTab(t, p, "city.test", look{width: desk, scheme: "light", withoutScripts: true})
	b.open("/")
	unseen := func(string) {} // axe is a script
	setUp(b, code, unseen)
	createCity(b, unseen)
	comeBack(b)
}

func setUp(b *tab, code string, show func(page string)) {
	b.t.Helper()
	if path := b.path(); path != "/setup" {
		b.t.Fatalf("an empty installation leads to %s", path)
	}
	show("set-up")
	b.fill("[name=code]", "ABCD-EFGH-JKLM")
	b.fill("[name=name]", "Nguyễn Thị An")
	b.fill("[name=email]", "an@halong.gov.vn")
	b.fill("[name=password]", "ngắn quá")
	b.click("form[action='/setup'] button")
	show("set-up-refused")
	if name := b.attribute("[name=name]", "value"); name != "Nguyễn Thị An" {
		b.t.Errorf("the name came back as %q", name)
	}
	b.fill("[name=code]", strings.ToLower(code))
	b.fill("[name=password]", adminPassword)
	b.click("form[action='/setup'] button")
	if path := b.path(); path != "/cities" {
		b.t.Fatalf("after setting up the page is %s, and says %s", path, b.text("main"))
	}
	show("cities-first")
}

func createCity(b *tab, show func(page string)) {
	b.t.Helper()
	b.click("a[href='/cities/new']")
	show("city-new")
	b.fill("[name=name_vi]", "Hạ Long")
	b.click("form[action='/cities'] button")
	show("city-refused")
	b.fill("[name=name_en]", "Ha Long")
	b.fill("[name=province_vi]", "Quảng Ninh")
	b.fill("[name=province_en]", "Quang Ninh")
	b.click("form[action='/cities'] button")
	if path, page := b.path(), b.text("main"); path != "/cities" || !strings.Contains(page, "Quảng Ninh") && !strings.Contains(page, "Quang Ninh") {
		b.t.Errorf("after creating the city the page is %s, and says %s", path, page)
	}
	show("cities-managed")
}

func comeBack(b *tab) {
	b.t.Helper()
	b.signOut()
	b.open("/setup")
	if found := evaluate[int](b, `document.querySelectorAll("[name=code]").length`); found != 0 {
		b.t.Error("the set-up page is still there")
	}
	b.open("/sign-in")
	b.fill("[name=email]", "An@HaLong.gov.vn")
	b.fill("[name=password]", adminPassword)
	b.click("form[action='/sign-in'] button")
	if path := b.path(); path != "/cities" {
		b.t.Errorf("after signing in the page is %s", path)
	}
}
