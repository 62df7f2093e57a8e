//go:build e2e

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	desk  = 1280
	phone = 360
)

// TestStaffSubmitsAndLeaderSees is the main job: a member of staff updates and
// submits an indicator, and a leader sees it and where it comes from.
func TestStaffSubmitsAndLeaderSees(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	updateAndSee(t, b)
}

// TestWithoutScripts: the same job in a browser that runs no scripts.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: phone, scheme: "light", withoutScripts: true})
	updateAndSee(t, b)
}

// TestOverAnInsecureName: the same job over plain http and a name that the
// browser does not hold for secure, as on a city's own network.
func TestOverAnInsecureName(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "city.test", look{width: desk, scheme: "dark"})
	b.open("/sign-in")
	if evaluate[bool](b, "window.isSecureContext") {
		t.Fatal("the browser holds the name for secure: this shows nothing")
	}
	updateAndSee(t, b)
}

func updateAndSee(t *testing.T, b *tab) {
	t.Helper()
	b.open("/cities/ha-long/indicators/9.3.1")
	if path := b.path(); !strings.HasPrefix(path, "/sign-in") {
		t.Errorf("nobody is signed in, but the page is %s", path)
	}
	b.fill("[name=email]", "staff@ha-long.demo")
	b.fill("[name=password]", "thanh-pho-hoc-tap")
	b.click("form[action='/sign-in'] button")
	if path := b.path(); path != "/cities/ha-long/indicators/9.3.1" {
		t.Errorf("after signing in the page is %s", path)
	}
	b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
	b.fill("[name=note]", "Không gian đọc đã hoàn thiện")
	b.click("form[action$='/claim'] button[name=then][value=submit]")
	if claim := b.attribute("[data-claim]", "data-claim"); claim != "achieved" {
		t.Errorf("the claim is %s", claim)
	}
	b.signOut()

	b.signIn("leader@ha-long.demo")
	if score := b.attribute("[data-score]", "data-score"); score != "53/57" {
		t.Errorf("the score is %s: a submitted claim must not count yet", score)
	}
	b.click("a[href*='verdict=awaiting']")
	if code := b.attribute("[data-indicator]", "data-indicator"); code != "9.3.1" {
		t.Errorf("awaiting is %s", code)
	}
	b.click("[data-indicator='9.3.1'] a")
	if history := b.text("main"); !strings.Contains(history, "Không gian đọc đã hoàn thiện") {
		t.Error("the note is not in the history that the leader sees")
	}
	b.open("/cities/ha-long?on=2024-08-13")
	if score := b.attribute("[data-score]", "data-score"); score != "50/57" {
		t.Errorf("the score of 13 August 2024 is %s", score)
	}
}

// visit is a page, and who looks at it. Paths that change nothing only.
type visit struct{ name, email, path string }

var visits = []visit{
	{"sign-in", "", "/sign-in"},
	{"password-forgotten", "", "/forgotten-password"},
	{"link-over", "", "/invitations/AAAAAAAAAAAAAAAAAAAAAAAAAA"},
	{"dashboard", "leader@ha-long.demo", "/cities/ha-long?on=2025-02-28"},
	{"dashboard-2024", "leader@ha-long.demo", "/cities/ha-long?on=2024-08-13"},
	{"dashboard-before", "leader@ha-long.demo", "/cities/ha-long?on=2023-12-31"},
	{"dashboard-bad-day", "leader@ha-long.demo", "/cities/ha-long?on=yesterday"},
	{"indicators", "leader@ha-long.demo", "/cities/ha-long/indicators?on=2025-02-28"},
	{"indicators-filtered", "leader@ha-long.demo", "/cities/ha-long/indicators?department=CUL&q=thu+vien+so"},
	{"indicators-none", "leader@ha-long.demo", "/cities/ha-long/indicators?q=khong-co-gi"},
	{"indicator-read", "leader@ha-long.demo", "/cities/ha-long/indicators/8.3.1"},
	{"indicator", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2"},
	{"indicator-coordinator", "coordinator@ha-long.demo", "/cities/ha-long/indicators/4.5.2"},
	{"indicator-past", "coordinator@ha-long.demo", "/cities/ha-long/indicators/4.5.2?on=2024-08-13"},
	{"audit", "coordinator@ha-long.demo", "/cities/ha-long/audit"},
	{"audit-filtered", "coordinator@ha-long.demo", "/cities/ha-long/audit?act=submit&from=2024-01-01&to=x"},
	{"audit-own", "staff@ha-long.demo", "/account/audit"},
	{"narrative", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/narrative"},
	{"measurement", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/measurement?year=2024"},
	{"evidence", "coordinator@ha-long.demo", "/cities/ha-long/evidence?show=unused&q=ke+hoach"},
	{"evidence-new", "coordinator@ha-long.demo", "/cities/ha-long/evidence/new"},
	{"evidence-missing", "coordinator@ha-long.demo", "/cities/ha-long/evidence/missing"},
	{"evidence-attach", "coordinator@ha-long.demo", "/cities/ha-long/indicators/7.2.2/evidence"},
	{"reviews-all", "reviewer@ha-long.demo", "/cities/ha-long/reviews"},
	{"review-changed", "reviewer@ha-long.demo", "/cities/ha-long/reviews/8.3.1"},
	{"indicator-changed", "reviewer@ha-long.demo", "/cities/ha-long/indicators/8.3.1"},
	{"decision", "leader@ha-long.demo", "/cities/ha-long/indicators/1.1.1/decisions/15"},
	{"people", "coordinator@ha-long.demo", "/cities/ha-long/people"},
	{"people-invite", "coordinator@ha-long.demo", "/cities/ha-long/people/invite"},
	{"person", "coordinator@ha-long.demo", "/cities/ha-long/people/2"},
	{"account", "coordinator@ha-long.demo", "/account"},
	{"second-step", "coordinator@ha-long.demo", "/account/second-step"},
	{"inbox-empty", "coordinator@ha-long.demo", "/inbox"},
	{"not-found", "leader@ha-long.demo", "/cities/ha-long/indicators/99.9.9"},
	{"forbidden", "leader@ha-long.demo", "/cities/ha-long/indicators/7.2.2/narrative"},
	{"cities", "leader@ha-long.demo", "/cities"},
}

// refusals are the visits that are meant to lead nowhere.
var refusals = map[string]bool{"link-over": true, "not-found": true, "forbidden": true}

// pictured are the visits whose pictures the docs show, at both widths.
var pictured = map[string]bool{"sign-in": true, "dashboard": true, "indicators": true, "indicator": true, "people": true}

// looks are those that every page is looked at in. They hold each pair of width,
// scheme and language.
var looks = []look{{width: desk, scheme: "light", language: "vi"}, {width: desk, scheme: "dark", language: "en"},
	{width: phone, scheme: "light", language: "en"}, {width: phone, scheme: "dark", language: "vi"}}

// TestEveryPage looks at every page in both languages and schemes, on a desk
// and on a phone.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	for _, l := range looks {
		t.Run(l.String(), func(t *testing.T) {
			b := openTab(t, p, "127.0.0.1", l)
			for _, language := range []string{"vi", "en"} {
				b.visitAll(l, language, visits)
			}
		})
	}
}

func (b *tab) visitAll(l look, language string, visits []visit) {
	b.t.Helper()
	b.open("/sign-in?lang=" + language)
	signedIn := ""
	byPerson := slices.SortedStableFunc(slices.Values(visits), func(v, w visit) int { return strings.Compare(v.email, w.email) })
	for _, v := range byPerson {
		if v.email != signedIn {
			b.signIn(v.email)
			signedIn = v.email
		}
		b.open(v.path)
		what := fmt.Sprintf("%s %s %s", v.name, language, l)
		if language == l.language {
			b.checkPage(what)
		} else {
			b.checkWidth(what)
		}
		if got := b.attribute("html", "lang"); got != language {
			b.t.Errorf("%s: the page is in %s, want %s", v.name, got, language)
		}
		if refused := b.count(".error-page") > 0; refused != refusals[v.name] || b.path() != v.path {
			b.t.Errorf("%s leads to %s, refused: %t", v.path, b.path(), refused)
		}
		if pictured[v.name] && (l.scheme == "light" || v.name == "dashboard") {
			b.screenshot(pictureName(v.name, language, l))
		}
	}
	b.signOut()
}

func pictureName(page, language string, l look) string {
	name := fmt.Sprintf("%s-%s-%d", page, language, l.width)
	if l.scheme == "dark" {
		name += "-dark"
	}
	return name
}

// TestFormsThatComeBack looks at the pages that only an unlucky form shows.
func TestFormsThatComeBack(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: phone, scheme: "light"})
	b.signIn("coordinator@ha-long.demo")
	b.open("/cities/ha-long/indicators/9.3.1")
	b.fill("[name=note]", strings.Repeat("ệ", 2001))
	b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("textarea").forEach(e => e.removeAttribute("maxlength")); undefined`))
	b.click("form[action$='/claim'] button:not([name])")
	b.checkPage("a note that is too long")
	if note := evaluate[int](b, `[...document.querySelector("[name=note]").value].length`); note != 2001 {
		t.Errorf("the note came back with %d characters", note)
	}

	// Somebody else is faster: both texts, and mine can be sent again.
	other := p.signIn(t, "staff@ha-long.demo")
	b.open("/cities/ha-long/indicators/9.3.1/narrative")
	version := b.attribute("form[action*='/narrative'] [name=version]", "value")
	status, err := other.post("/cities/ha-long/indicators/9.3.1/narrative", map[string][]string{
		"version": {version}, "narrative": {"Bản của người khác"}, "obstacles": {""}, "solution": {""}})
	if err != nil || status != 303 {
		t.Fatalf("the other one's edit: status %d, error %v", status, err)
	}
	b.fill("[name=narrative]", "Bản của tôi")
	b.click("form[action*='/narrative'] button")
	b.checkPage("a conflict")
	page := b.text("main")
	mine := evaluate[string](b, `document.querySelector("[name=narrative]").value`)
	if !strings.Contains(page, "Bản của người khác") || mine != "Bản của tôi" {
		t.Errorf("theirs on the page: %t, mine: %q", strings.Contains(page, "Bản của người khác"), mine)
	}
	b.click("form[action*='/narrative'] button")
	if page := b.text("main"); !strings.Contains(page, "Bản của tôi") {
		t.Error("my text was not saved when it was sent again")
	}
}

// TestSessionEndsWhileTheFormIsOpen: sign in, and the text is still there.
func TestSessionEndsWhileTheFormIsOpen(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	b.signIn("staff@ha-long.demo")
	b.open("/cities/ha-long/indicators/7.2.2")
	b.fill("[name=note]", "Viết trong một giờ")
	b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
	b.do(chromedp.Evaluate[chromedp.Void](`fetch("/sign-out", {method: "POST"}).then(() => undefined)`, chromedp.EvalAwaitPromise))
	b.click("form[action$='/claim'] button:not([name])")
	b.checkPage("sign in again")
	b.fill("[name=email]", "staff@ha-long.demo")
	b.fill("[name=password]", "thanh-pho-hoc-tap")
	b.click("form[action='/sign-in'] button")
	b.checkPage("the form is back")
	if note := evaluate[string](b, `document.querySelector("[name=note]").value`); note != "Viết trong một giờ" {
		t.Errorf("the note came back as %q", note)
	}
	if claim := b.attribute("[data-claim]", "data-claim"); claim != "in_progress" {
		t.Errorf("the claim is %s before anybody saved it", claim)
	}
	b.click("form[action$='/claim'] button:not([name])")
	if claim := b.attribute("[data-claim]", "data-claim"); claim != "achieved" {
		t.Errorf("the claim is %s after saving", claim)
	}
}

// TestDashboardPrintsOnOnePage of A4, in both languages.
func TestDashboardPrintsOnOnePage(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	for _, language := range []string{"vi", "en"} {
		b.signIn("leader@ha-long.demo")
		b.open("/cities/ha-long?on=2025-02-28&lang=" + language)
		b.printsOnOnePage("dashboard-" + language)
	}
}

func (b *tab) printsOnOnePage(name string) {
	b.t.Helper()
	pdf, err := answer(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	if err != nil {
		b.t.Fatal(err)
	}
	if pages := pagesOf(pdf); pages != 1 {
		path := filepath.Join(b.t.TempDir(), name+".pdf")
		b.t.Errorf("%s: %d pages (%v)", name, pages, os.WriteFile(path, pdf, 0o644))
	}
}

// TestSearchAsYouType narrows the list without leaving the page, and the
// address follows.
func TestSearchAsYouType(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openTab(t, p, "127.0.0.1", look{width: desk, scheme: "light"})
	b.signIn("leader@ha-long.demo")
	b.open("/cities/ha-long/indicators")
	b.do(chromedp.SendKeys(chromedp.CSS("[name=q]"), "thu vien so"))
	if _, err := answer(b, chromedp.Poll[bool](`document.querySelectorAll("[data-indicator]").length < 10`)); err != nil {
		t.Fatalf("the list does not follow: %v", err)
	}
	if codes := evaluate[string](b, `[...document.querySelectorAll("[data-indicator]")].map(e => e.dataset.indicator).join(" ")`); !strings.Contains(codes, "7.2.2") {
		t.Errorf("found %s", codes)
	}
	if path := b.path(); !strings.Contains(path, "q=thu") {
		t.Errorf("the address is %s", path)
	}
}
