//go:build e2e

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// cityPictures are the pages whose pictures the docs show.
var cityPictures = map[string]bool{
	"city-settings": true, "handover": true, "handover-people": true, "city-archived": true, "regions": true, "region": true, "accounts": true}

// TestCitiesChange is an admin's work after a reform: a city is renamed, its
// region gets a place in the tree and an overseer, one city takes another over,
// and an account is locked.
func TestCitiesChange(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		language string
		look     look
	}{
		{"vi", look{width: desk, scheme: "light"}},
		{"vi", look{width: phone, scheme: "light"}},
		{"en", look{width: desk, scheme: "dark"}},
		{"en", look{width: phone, scheme: "light"}},
	} {
		t.Run(fmt.Sprintf("%s %s", row.language, row.look), func(t *testing.T) {
			t.Parallel()
			p, code := startEmpty(t)
			b := openTab(t, p, "city.test", row.look)
			b.open("/?lang=" + row.language)
			changeCities(&journey{t: t, p: p, code: code}, b, func(name string) {
				b.checkPage(fmt.Sprintf("%s %s %s", name, row.language, row.look))
				if cityPictures[name] && row.language == "vi" {
					b.screenshot(pictureName(name, row.language, row.look))
				}
			})
		})
	}
}

// TestCitiesChangeWithoutScripts: the same where no scripts run.
func TestCitiesChangeWithoutScripts(t *testing.T) {
	t.Parallel()
	p, code := startEmpty(t)
	b := openTab(t, p, "city.test", look{width: phone, scheme: "light", withoutScripts: true})
	b.open("/")
	changeCities(&journey{t: t, p: p, code: code}, b, func(string) {}) // axe is a script
}

func changeCities(j *journey, b *tab, show func(page string)) {
	b.t.Helper()
	setUp(b, j.code, func(string) {})
	createCity(b, func(string) {})
	j.join(j.inviteCoordinator(b), "Lê Thị Bình", desk)
	b.open("/cities/new")
	for name, value := range map[string]string{"name_vi": "Hòn Gai", "name_en": "Hon Gai", "province_vi": "Quảng Ninh", "province_en": "Quang Ninh"} {
		b.fill("[name="+name+"]", value)
	}
	b.click("main form[action='/cities'] button")
	arrangeRegions(b, show)
	renameOne(b, show)
	takeOver(b, show)
	lockAccount(b, show)
}

func arrangeRegions(b *tab, show func(page string)) {
	b.t.Helper()
	b.open("/regions")
	b.click("main form[action='/regions'] button")
	show("regions-refused")
	b.fill("[name=name_vi]", "Việt Nam")
	b.fill("[name=name_en]", "Viet Nam")
	b.click("main form[action='/regions'] button")
	show("regions")
	b.open("/regions/1")
	b.fill("[name=invitee]", "bo@unesco.test")
	b.click("main form[action='/regions/1/invite'] button")
	show("overseer-link")
	b.open("/regions/1")
	show("region")
	if text := b.text("main"); !strings.Contains(text, "bo@unesco.test") {
		b.t.Errorf("the invited overseer is not on the page: %s", text)
	}
}

func renameOne(b *tab, show func(page string)) {
	b.t.Helper()
	b.open("/cities/ha-long/settings")
	show("city-settings")
	b.fill("[name=name_vi]", " ")
	b.click("main form[action='/cities/ha-long/settings'] button")
	show("city-settings-refused")
	b.fill("[name=name_vi]", "Vịnh Hạ Long")
	b.click("main form[action='/cities/ha-long/settings'] button")
	if text := b.text("main"); !strings.Contains(text, "Hạ Long") && !strings.Contains(text, "Ha Long, ") {
		b.t.Errorf("the name of before is not on the page: %s", text)
	}
}

func takeOver(b *tab, show func(page string)) {
	b.t.Helper()
	b.open("/cities/ha-long/handover")
	show("handover")
	b.do(chromedp.Click(chromedp.CSS("[name=to][value=hon-gai]")))
	b.click("main form[method=get] button")
	show("handover-people")
	b.click("main form[method=post] button")
	show("city-archived")
	b.open("/cities/ha-long/people")
	show("city-archived-people")
	b.open("/cities")
	show("cities-archived")
	b.open("/cities/hon-gai/people")
	if text := b.text("main"); !strings.Contains(text, "Lê Thị Bình") {
		b.t.Errorf("the coordinator did not go along: %s", text)
	}
}

func lockAccount(b *tab, show func(page string)) {
	b.t.Helper()
	b.open("/accounts")
	show("accounts")
	b.click("[data-account] form button")
	show("account-locked")
}
