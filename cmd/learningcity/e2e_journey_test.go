//go:build e2e

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"learningcity/internal/tracker"
)

// journey is a city from an empty database to its first day at work: who has
// joined, each in a browser of their own.
type journey struct {
	t           *testing.T
	p           *process
	code        string
	coordinator *tab
}

// TestFromAnEmptyDatabase: set-up code, admin, city, coordinator, departments,
// an assessment, and then everybody who works there. Each sees exactly their
// pages.
func TestFromAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	p, code := startEmpty(t)
	j := &journey{t: t, p: p, code: code}
	admin := j.browser(desk)
	admin.open("/")
	setUp(admin, code, admin.check)
	createCity(admin, admin.check)
	j.coordinator = j.join(j.inviteCoordinator(admin), "Lê Thị Bình", desk)
	j.prepare()
	people := map[tracker.Role]*tab{tracker.Admin: admin, tracker.Coordinator: j.coordinator}
	for i, role := range []tracker.Role{tracker.Staff, tracker.Reviewer, tracker.Leader, tracker.Expert} {
		people[role] = j.join(j.invite(role), "Thành viên "+string(role), []int64{phone, desk}[i%2])
	}
	for role, b := range people {
		j.seesExactly(role, b)
	}
	j.works(people)
}

// browser is one more person's.
func (j *journey) browser(width int64) *tab {
	return openTab(j.t, j.p, "city.test", look{width: width, scheme: "light"})
}

// inviteCoordinator is what an admin does for a city, and all that they may.
func (j *journey) inviteCoordinator(admin *tab) (link string) {
	admin.open("/cities/ha-long/people")
	admin.check("an admin's people")
	admin.click("a[href$='/people/invite']")
	admin.fill("[name=invitee]", "coordinator@halong.test")
	admin.click("main form[action$='/invite'] button")
	admin.check("the link of the first coordinator")
	return admin.link()
}

// join opens a link in a new browser and makes the account.
func (j *journey) join(link, name string, width int64) *tab {
	b := j.browser(width)
	b.open(link)
	b.check("an invitation of " + name)
	b.fill("[name=name]", name)
	b.fill("[name=password]", "bốn mùa gió biển thổi")
	b.click("main form button")
	if path := b.path(); path != "/cities/ha-long" {
		j.t.Fatalf("%s joined and came to %s: %s", name, path, b.text("main"))
	}
	b.check("the first page of " + name)
	return b
}

// prepare makes what an assessment needs, and opens it.
func (j *journey) prepare() {
	b := j.coordinator
	b.open("/cities/ha-long/departments/new")
	b.fill("[name=code]", "EDU")
	b.fill("[name=name_vi]", "Sở Giáo dục và Đào tạo")
	b.fill("[name=name_en]", "Department of Education and Training")
	b.check("a new department")
	b.click("main form[action$='/departments'] button")
	b.open("/cities/ha-long/assessments/new")
	b.fill("[name=name_vi]", "Khảo sát lần đầu")
	b.fill("[name=name_en]", "First survey")
	b.fill("[name=submission_due_on]", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
	b.check("the first assessment")
	b.click("main form[action$='/assessments'] button")
	b.click("[data-assessment='1'] a[href*='/assignments']")
	b.do(chromedp.Click(chromedp.CSS("[name=entry][value='1.1.1']")))
	b.fill("[name=department]", "EDU")
	b.check("assigning")
	b.click("main form[action*='/assignments'] button")
	if row := b.text("[data-indicator='1.1.1']"); !strings.Contains(row, "Giáo dục") {
		j.t.Errorf("the assigned row says %q", row)
	}
}

// invite makes an invitation for the role and returns its link.
func (j *journey) invite(role tracker.Role) string {
	b := j.coordinator
	b.open("/cities/ha-long/people/invite")
	b.fill("[name=invitee]", string(role)+"@halong.test")
	b.do(chromedp.Click(chromedp.CSS("[name=role][value=" + string(role) + "]")))
	switch role {
	case tracker.Staff:
		b.fill("[name=department]", "EDU")
	case tracker.Expert:
		b.fill("[name=ends_on]", time.Now().AddDate(0, 3, 0).Format(time.DateOnly))
	}
	b.click("main form[action$='/invite'] button")
	return b.link()
}

// Which pages are whose: everything that an address can be typed for.
var (
	forReaders      = []string{"", "/indicators", "/indicators/1.1.1", "/departments"}
	forEditors      = []string{"/indicators/1.1.1/narrative"}
	forDesk         = []string{"/reviews", "/reviews/1.1.1"}
	forCoordinators = []string{"/assessments", "/assessments/new", "/assignments", "/departments/new", "/audit", "/audit.csv"}
	forPeople       = []string{"/people", "/people/invite"}
	forAdmins       = []string{"/cities/new", "/audit", "/frameworks", "/cities/ha-long/settings", "/cities/ha-long/handover", "/regions", "/regions/1", "/accounts"}
	forAll          = []string{"/cities", "/account", "/account/audit"}
)

// seesExactly asks for every page as the person, in their browser.
func (j *journey) seesExactly(role tracker.Role, b *tab) {
	reads := role != tracker.Admin
	want := map[string]bool{}
	mark := func(prefix string, paths []string, may bool) {
		for _, path := range paths {
			want[prefix+path] = may
		}
	}
	const city = "/cities/ha-long"
	mark(city, forReaders, reads)
	mark(city, forEditors, role == tracker.Staff || role == tracker.Coordinator)
	mark(city, forDesk, role == tracker.Reviewer || role == tracker.Coordinator || role == tracker.Leader)
	mark(city, forCoordinators, role == tracker.Coordinator)
	mark(city, forPeople, role == tracker.Coordinator || role == tracker.Admin)
	mark("", forAdmins, role == tracker.Admin)
	mark("", forAll, true)
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if status := b.status(path); (status == 200) != want[path] || status >= 500 {
			j.t.Errorf("%s: %s answers %d, want to see it: %t", role, path, status, want[path])
		}
	}
	j.leadsOnlyWhereItOpens(role, b)
}

// leadsOnlyWhereItOpens follows the links from page to page, those that have
// something of a new shape: none leads to a page that its reader may not open.
func (j *journey) leadsOnlyWhereItOpens(role tracker.Role, b *tab) {
	seen := map[string]bool{"/": true}
	for next := []string{"/"}; len(next) > 0; next = next[1:] {
		answer := evaluate[[]string](b, fmt.Sprintf(links, next[0]))
		if answer[0] != "200" {
			j.t.Errorf("%s is led to %s, which answers %s", role, next[0], answer[0])
		}
		for _, href := range answer[1:] {
			known := len(seen)
			for _, s := range shapes(href) {
				seen[s] = true
			}
			if len(seen) > known {
				next = append(next, href)
			}
		}
	}
	if len(seen) < 12 {
		j.t.Errorf("%s found only %d shapes: %v", role, len(seen), slices.Sorted(maps.Keys(seen)))
	}
}

// shapes are what an address has in common with others: its path but for the
// numbers, and each of its parameters there. Of how they combine there is no end.
func shapes(href string) []string {
	path, query, _ := strings.Cut(href, "?")
	path = strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return '0'
		}
		return r
	}, path)
	all := []string{path}
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		all = append(all, path+"?"+name)
	}
	return all
}

// links are what a path answers, and the addresses on its page that lead to pages
// of ours.
const links = `fetch(%q).then(async r => [String(r.status), ...[...new DOMParser().parseFromString(await r.text(), "text/html")
	.querySelectorAll("a[href]")].map(a => a.getAttribute("href")).filter(h => h.startsWith("/")).map(h => h.split("#")[0])])`

// status is what the address answers in the browser, wherever it leads to.
func (b *tab) status(path string) int {
	b.t.Helper()
	return evaluate[int](b, fmt.Sprintf(`fetch(%q).then(r => new URL(r.url).pathname === "/sign-in" ? 401 : r.status)`, path))
}

// works is the first act of each: staff submits, the figure does not move, and
// the coordinator finds all of it on record.
func (j *journey) works(people map[tracker.Role]*tab) {
	b := people[tracker.Staff]
	b.open("/cities/ha-long/indicators/1.1.1")
	b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
	b.fill("[name=note]", "Đã ban hành kế hoạch")
	b.click("form[action$='/claim'] button[name=then][value=submit]")
	b.check("the first submission")
	leader := people[tracker.Leader]
	leader.open("/cities/ha-long")
	if score := leader.attribute("[data-score]", "data-score"); score != "0/57" {
		j.t.Errorf("the score is %s: nobody has accepted anything", score)
	}
	leader.click("a[href*='verdict=awaiting']")
	if code := leader.attribute("[data-indicator]", "data-indicator"); code != "1.1.1" {
		j.t.Errorf("awaiting is %s", code)
	}
	j.coordinator.open("/cities/ha-long/audit")
	j.coordinator.check("the record")
	page := j.coordinator.text("main")
	for _, name := range []string{"Thành viên staff", "Thành viên reviewer", "Thành viên leader", "Thành viên expert", "Lê Thị Bình"} {
		if !strings.Contains(page, name) {
			j.t.Errorf("the record does not name %s", name)
		}
	}
}
