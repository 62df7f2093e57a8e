//go:build e2e

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestEvidence is the way of a document: attached with two others to an
// indicator, used again on another, replaced, looked at, found by a word inside
// it, expired, and still there when everything was lost but a backup. Every page
// on the way is held to the house rules.
func TestEvidence(t *testing.T) {
	t.Parallel()
	for language, l := range map[string]look{"vi": {width: desk, scheme: "light"}, "en": {width: phone, scheme: "light"}} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := start(t, dir)
			b := openViewer(t, p, "127.0.0.1", l)
			b.open("/sign-in?lang=" + language)
			page := evidence(b)
			before := b.keptOf(page)
			loseAndRestore(t, p, dir)
			p = start(t, dir)
			b = openViewer(t, p, "127.0.0.1", l)
			b.open("/sign-in?lang=" + language)
			b.signIn("coordinator@ha-long.demo")
			if after := b.keptOf(page); after != before {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
			b.see("evidence that was restored")
			text := p.signIn(t, "coordinator@ha-long.demo").get(t, page+"/versions/2/file")
			if text != signedText {
				t.Errorf("the restored file says %q", text)
			}
		})
	}
}

// TestEvidenceWithoutScripts: the same on a phone that runs no scripts.
func TestEvidenceWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	b := openViewer(t, p, "city.test", look{width: phone, scheme: "dark", withoutScripts: true})
	evidence(b)
}

const longTitle = "Kế hoạch triển khai xây dựng thành phố học tập giai đoạn 2024-2030 và những năm tiếp theo trên địa bàn thành phố Hạ Long"

// signedText is in the second version of the text.
const signedText = "Bản đã ký, có thuyền buồm"

// keptOf is what must outlive a backup: how many pieces there are, and all that
// the page of one says.
func (b *tab) keptOf(page string) string {
	b.t.Helper()
	b.open("/cities/ha-long/evidence?show=withdrawn")
	withdrawn := b.text("main")
	b.open("/cities/ha-long/indicators/7.2.2")
	attached := b.count("[data-linked]")
	b.open(page)
	return fmt.Sprintf("%d attached\n%s\n%s", attached, withdrawn, b.text("main"))
}

// loseAndRestore does what docs/operations.md tells: a backup beside the running
// program, and after everything was lost, the backup and the keys put back.
func loseAndRestore(t *testing.T, p *process, dir string) {
	t.Helper()
	file, env := filepath.Join(t.TempDir(), "city.backup"), []string{"LEARNINGCITY_DATA_DIR=" + dir}
	if out, err := runCommand(t, env, "backup", file); err != nil {
		t.Fatalf("backup: %v, %s", err, out)
	}
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	keys := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("keys: %q, %v", paths, err)
	}
	for _, path := range paths {
		if keys[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if out, err := runCommand(t, env, "restore", file); err != nil {
		t.Fatalf("restore: %v, %s", err, out)
	}
	for path, key := range keys {
		if err := os.WriteFile(path, key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// evidence goes the way, and returns the page of what was withdrawn at its end.
func evidence(b *tab) string {
	b.t.Helper()
	b.signIn("coordinator@ha-long.demo")
	b.open("/cities/ha-long/evidence")
	b.see("the library at first")
	b.open("/cities/ha-long/indicators/7.2.2")
	b.click("main a[href$='/7.2.2/evidence']")
	b.see("attaching")
	decree, err := filepath.Abs("../../internal/files/text/testdata/decree.pdf")
	if err != nil {
		b.t.Fatal(err)
	}
	b.send("form[data-upload]", "[data-file]", decree, b.file(longTitle+".txt", "Không gian nghiên cứu dành cho người khiếm thị"),
		b.file("anh.html", "<p>"), b.file("biên bản.csv", "năm,số lượt\n2024,15\n"))
	// The refused one is told, the others are kept.
	if text := b.text("[data-file='anh.html']"); !strings.Contains(text, "HTML") {
		b.t.Errorf("the page says %q", text)
	}
	b.see("one file refused")
	b.open("/cities/ha-long/indicators/7.2.2")
	if n := b.count("[data-linked]"); n != 3 {
		b.t.Fatalf("%d pieces of evidence are attached", n)
	}
	b.see("an indicator with evidence")
	b.reuseAndReplace(decree)
	return b.findAndExpire()
}

// reuseAndReplace uses the text on another indicator, and gives it a new version.
func (b *tab) reuseAndReplace(decree string) {
	b.t.Helper()
	b.open("/cities/ha-long/indicators/9.3.1/evidence?q=ke+hoach+trien+khai")
	b.see("using again")
	b.click("a.btn[href*='/9.3.1/evidence/']")
	b.do(chromedp.Click(chromedp.CSS("[name=answers][value='1']")))
	b.see("linking")
	b.click("form[action*='/9.3.1/evidence/'] button")
	b.click("[data-linked] a.evidence__title")
	if n := b.count("[data-use]"); n != 2 {
		b.t.Errorf("it is used %d times", n)
	}
	b.see("evidence that is used twice")
	b.click("a[href$='/versions']")
	b.see("a new version")
	b.send("form[data-upload]", "[data-version='2']", b.file("bản ký.txt", signedText))
	if n := b.count("[data-version]"); n != 2 {
		b.t.Errorf("%d versions", n)
	}
	b.see("evidence with two versions")
	// The same content again is known.
	b.open("/cities/ha-long/evidence/new")
	b.send("form[data-upload]", "[data-file]", decree)
	b.see("a file that is there")
	b.click("[data-file] a")
	preview := b.attribute("a[href$='/preview']", "href")
	b.open(preview)
	if got := b.path(); got != preview {
		b.t.Errorf("the preview of a PDF is at %s", got)
	}
	if !b.withoutScripts {
		if got := evaluate[string](b, "document.contentType"); got != "application/pdf" {
			b.t.Errorf("the preview of a PDF is %s", got)
		}
	}
}

// findAndExpire finds it by a word inside, lets its last day pass, withdraws it,
// and returns its page.
func (b *tab) findAndExpire() string {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		b.open("/cities/ha-long/evidence?q=thuyen+buom")
		if b.count("[data-evidence]") == 1 {
			break
		}
		if time.Now().After(end) {
			b.t.Fatal("nothing is found by a word inside it")
		}
	}
	b.see("found by a word")
	b.click("[data-evidence] a")
	path := b.path()
	b.click("a[href$='/passport']")
	b.see("the passport's form")
	b.fill("[name=issued_on]", "2024-01-01")
	b.fill("[name=valid_until]", time.Now().AddDate(0, 0, 20).Format(time.DateOnly))
	b.click("form[action$='/passport'] button")
	b.open("/cities/ha-long/evidence?show=expiring")
	if n := b.count("[data-evidence]"); n != 2 {
		b.t.Errorf("%d pieces expire", n)
	}
	b.open(path + "/passport")
	b.fill("[name=valid_until]", "2024-12-31")
	b.click("form[action$='/passport'] button")
	b.open("/cities/ha-long/evidence?show=expired")
	if n := b.count("[data-evidence]"); n != 2 {
		b.t.Errorf("%d pieces have expired", n)
	}
	b.see("expired evidence")
	b.open("/cities/ha-long/evidence/missing")
	b.see("what is missing")
	b.open(path + "/withdraw")
	b.see("withdrawing")
	b.fill("[name=note]", "Thay bằng quyết định khác")
	b.click("form[action$='/withdraw'] button")
	if text := b.text("main .notice"); !strings.Contains(text, "thu hồi") && !strings.Contains(text, "ithdrawn") {
		b.t.Errorf("the page says %q", text)
	}
	return path
}

// see holds the page to the house rules, where scripts can look.
func (b *tab) see(what string) {
	b.t.Helper()
	if !b.withoutScripts {
		b.checkPage(what)
	}
}

// count counts elements, also where the page runs no scripts of its own.
func (b *tab) count(selector string) int {
	b.t.Helper()
	return evaluate[int](b, "document.querySelectorAll(`"+selector+"`).length")
}

// file writes a file to send.
func (b *tab) file(name, content string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// send sends the form with the files, and waits for what the answer shows.
func (b *tab) send(form, shows string, files ...string) {
	b.t.Helper()
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#files"), files))
	if b.withoutScripts {
		b.click(form + " button")
		return
	}
	b.do(chromedp.Click(chromedp.CSS(form+" button")), chromedp.WaitReady(chromedp.CSS(shows)))
}
