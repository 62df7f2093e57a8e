//go:build e2e

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestCoordinatorManages opens an assessment, gives several entries away at
// once, and retires a department in favour of two others.
func TestCoordinatorManages(t *testing.T) {
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
			b := openTab(t, start(t, t.TempDir()), "city.test", row.look)
			b.open("/sign-in?lang=" + row.language)
			manage(b, func(name string) {
				b.checkPage(fmt.Sprintf("%s %s %s", name, row.language, row.look))
				if managePictures[name] && row.look.scheme == "light" {
					b.screenshot(pictureName(name, row.language, row.look))
				}
			})
		})
	}
}

// TestCoordinatorManagesWithoutScripts: the same where no scripts run.
func TestCoordinatorManagesWithoutScripts(t *testing.T) {
	t.Parallel()
	b := openTab(t, start(t, t.TempDir()), "city.test", look{width: phone, scheme: "light", withoutScripts: true})
	manage(b, func(string) {}) // axe is a script
}

// managePictures are the pages whose pictures the docs show.
var managePictures = map[string]bool{
	"assessments": true, "assessment-new": true, "assignments": true, "departments": true, "department-retire": true}

func manage(b *tab, show func(page string)) {
	b.t.Helper()
	b.signIn("coordinator@ha-long.demo")
	b.click("nav a[href='/cities/ha-long/assessments']")
	openOne(b, show)
	assignSome(b, show)
	retireOne(b, show)
	closeOne(b, show)
}

func openOne(b *tab, show func(page string)) {
	b.t.Helper()
	b.click("a[href='/cities/ha-long/assessments/new']")
	b.fill("[name=name_vi]", "Chuẩn bị báo cáo hai năm")
	b.fill("[name=submission_due_on]", "2024-01-01")
	b.click("form[action='/cities/ha-long/assessments'] button")
	show("assessment-refused")
	if name := b.attribute("[name=name_vi]", "value"); name != "Chuẩn bị báo cáo hai năm" {
		b.t.Errorf("the name came back as %q", name)
	}
	b.fill("[name=name_en]", "Towards the biennial report")
	b.fill("[name=submission_due_on]", "2090-06-30")
	show("assessment-new")
	b.click("form[action='/cities/ha-long/assessments'] button")
	if head := b.text("[data-assessment='2']"); !strings.Contains(head, "2090") {
		b.t.Errorf("the new assessment is %q", head)
	}
	show("assessments")
}

func assignSome(b *tab, show func(page string)) {
	b.t.Helper()
	b.click("[data-assessment='2'] a[href*='/assignments']")
	for _, box := range []string{"[name=entry][value='1.1.1']", "[name=area][value='7']"} {
		b.do(chromedp.Click(chromedp.CSS(box)))
	}
	b.fill("[name=department]", "CUL")
	b.fill("[name=due_on]", "2090-01-31")
	show("assignments-ticked")
	b.click("form[action*='/assignments'] button")
	for _, code := range []string{"1.1.1", "7.2.2"} {
		if row := b.text("[data-indicator='" + code + "'] .pick__due"); !strings.Contains(row, "2090") {
			b.t.Errorf("the row of %s says %q", code, row)
		}
	}
	show("assignments")
}

func retireOne(b *tab, show func(page string)) {
	b.t.Helper()
	b.open("/cities/ha-long/departments")
	show("departments")
	b.click("[data-department='CUL'] a[href$='/rename']")
	show("department-rename")
	b.fill("[name=name_vi]", "Sở Văn hóa, Thể thao và Du lịch")
	b.fill("[name=name_en]", "Department of Culture, Sports and Tourism")
	b.click("form[action$='/rename'] button")
	b.click("[data-department='CUL'] a[href$='/retire']")
	show("department-retire")
	b.click("form[action$='/retire'] button")
	show("department-retire-refused")
	b.fill("[name=successor]", "EDU")
	b.fill("#to", "")
	b.click("form[action$='/retire'] button")
	if row := b.text("[data-department='CUL']"); !strings.Contains(row, "CUL") {
		b.t.Errorf("the retired department says %q", row)
	}
	show("departments-retired")
	b.open("/cities/ha-long?on=2024-08-13")
	if page := b.text("main"); strings.Contains(page, "Thể thao và Du lịch") || strings.Contains(page, "Sports and Tourism") {
		b.t.Error("the name of today stands on the page of a past day")
	}
}

func closeOne(b *tab, show func(page string)) {
	b.t.Helper()
	b.open("/cities/ha-long/assessments/2/close")
	b.click("form[action$='/close'] button")
	show("assessment-close-refused")
	b.fill("[name=note]", "Sáp nhập với đợt đang mở")
	b.click("form[action$='/close'] button")
	show("assessment-closed")
	b.open("/cities/ha-long/assignments?assessment=2")
	show("assignments-closed")
	if found := evaluateOrZero(b, "[name=entry]"); found != 0 {
		b.t.Errorf("%d boxes to tick in a closed assessment", found)
	}
}

// evaluateOrZero counts elements where scripts run.
func evaluateOrZero(b *tab, selector string) int {
	nodes, err := answer(b, chromedp.Evaluate[int](fmt.Sprintf("document.querySelectorAll(%q).length", selector)))
	if err != nil {
		return 0
	}
	return nodes
}
