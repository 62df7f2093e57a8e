//go:build e2e

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// story is a city at work: five people, each in a browser of their own.
type story struct {
	t                                            *testing.T
	staff, reviewer, expert, coordinator, leader *tab
}

// TestStory is what all of it is for. A city stands at 50 of 57; three indicators
// are submitted; one is returned, answered and accepted, two are accepted at once;
// the leader sees 53 and gives a direction, which is answered; what was accepted is
// edited, and comes back to the reviewer with its difference; what the expert
// recommends is taken on, done, answered and closed.
func TestStory(t *testing.T) {
	t.Parallel()
	s := gather(t, start(t, t.TempDir()), false)
	s.play()
}

// TestStoryWithoutScripts: the same where no scripts run.
func TestStoryWithoutScripts(t *testing.T) {
	t.Parallel()
	s := gather(t, start(t, t.TempDir()), true)
	s.play()
}

func gather(t *testing.T, p *process, withoutScripts bool) *story {
	t.Helper()
	person := func(email, language string, width int64) *tab {
		b := openTab(t, p, "city.test", look{width: width, scheme: "light", withoutScripts: withoutScripts})
		b.open("/sign-in?lang=" + language)
		b.signIn(email)
		return b
	}
	return &story{t: t,
		staff:       person("staff@ha-long.demo", "vi", phone),
		reviewer:    person("reviewer@ha-long.demo", "vi", desk),
		expert:      person("expert@ha-long.demo", "en", desk),
		coordinator: person("coordinator@ha-long.demo", "vi", desk),
		leader:      person("leader@ha-long.demo", "vi", phone)}
}

func (s *story) play() {
	s.setBack()
	s.stands("50/57")
	s.submit()
	s.stands("50/57")
	s.review()
	s.stands("52/57")
	s.answer()
	s.stands("53/57")
	s.direct()
	s.edit()
	s.stands("53/57")
	s.advise()
	s.stands("53/57")
}

// told are the indicators of the story, all of the same department.
var told = []string{"2.4.1", "2.5.1", "5.3.1"}

// answered is the one of them that is returned, edited that which changes later.
const (
	answered = "5.3.1"
	edited   = "2.4.1"
	dueText  = "Thiếu số liệu của năm 2024."
)

// stands is what the leader sees.
func (s *story) stands(score string) {
	s.t.Helper()
	s.leader.open("/cities/ha-long")
	s.leader.see("the dashboard at " + score)
	if got := s.leader.attribute("[data-score]", "data-score"); got != score {
		s.t.Fatalf("the score is %s, want %s", got, score)
	}
}

// setBack: what the city of the demonstration says of three is no longer so.
func (s *story) setBack() {
	b := s.staff
	for _, code := range told {
		b.open("/cities/ha-long/indicators/" + code)
		b.do(chromedp.Click(chromedp.CSS("[name=claim][value=in_progress]")))
		b.fill("[name=note]", "Đoàn khảo sát đề nghị rà soát lại")
		b.click("form[action$='/claim'] button:not([name])")
	}
	b.see("an indicator that was set back")
}

func (s *story) submit() {
	b := s.staff
	for _, code := range told {
		b.open("/cities/ha-long/indicators/" + code)
		b.do(chromedp.Click(chromedp.CSS("[name=claim][value=achieved]")))
		b.click("form[action$='/claim'] button[name=then][value=submit]")
	}
	b.see("an indicator that was submitted")
	s.leader.click("a[href*='verdict=awaiting']")
	if n := s.leader.count("[data-indicator]"); n != len(told) {
		s.t.Errorf("the leader sees %d that wait", n)
	}
}

// ofDepartment is the part of the desk that the story is about.
const ofDepartment = "?department=CUL"

// review walks through the three: two are accepted, the last is returned.
func (s *story) review() {
	b := s.reviewer
	b.open("/cities/ha-long/reviews" + ofDepartment)
	b.see("the desk of a department")
	b.click(".head a.btn")
	for _, code := range told {
		b.arrives("/cities/ha-long/reviews/" + code + ofDepartment)
		if code != answered {
			b.click("#decision button:not([formaction])")
		}
	}
	b.fill("[name=note]", dueText)
	b.click("button[formaction*='/return']")
	b.arrives("/cities/ha-long/reviews" + ofDepartment)
	b.see("a desk on which nothing waits")
}

// answer is the way of what was returned: on the page of the department, changed,
// submitted again with a word about it, and accepted for that.
func (s *story) answer() {
	b := s.staff
	b.open("/inbox")
	b.see("an inbox after a review")
	if item := b.text("[data-item]"); !strings.Contains(item, answered) {
		s.t.Errorf("the newest item says %q", item)
	}
	b.open("/")
	b.see("a department to which something was returned")
	if row := b.text("[data-returned]"); !strings.Contains(row, dueText) {
		s.t.Errorf("what was returned says %q", row)
	}
	b.click("[data-returned='" + answered + "'] a")
	b.rewriteNarrative("Năm 2024 có 12 lớp học về văn hóa biển.")
	b.fill("#submit [name=note]", "Đã bổ sung số liệu năm 2024.")
	b.click("#submit button")

	b = s.reviewer
	b.open("/cities/ha-long/reviews" + ofDepartment)
	b.click("[data-indicator='" + answered + "'] a[href*='/reviews/']")
	if page := b.text("main"); !strings.Contains(page, "Đã bổ sung số liệu năm 2024.") || !strings.Contains(page, dueText) {
		s.t.Error("the reviewer's page lacks the reason or the answer")
	}
	b.see("what was answered")
	b.click("#decision button:not([formaction])")
}

// rewriteNarrative follows the link of an indicator's page to its form.
func (b *tab) rewriteNarrative(text string) {
	b.t.Helper()
	b.click("main a[href$='/narrative']")
	b.fill("[name=narrative]", text)
	b.click("form[action$='/narrative'] button")
}

// direct: a leader's direction, which is answered and closed.
func (s *story) direct() {
	s.leader.open("/cities/ha-long/indicators/7.2.2")
	s.leader.click("#threads a[href$='kind=direction']")
	s.leader.fill("[name=text]", "Hoàn thành thư viện số trước ngày khảo sát.")
	s.leader.fill("[name=due_on]", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	s.leader.click("main form[action$='/threads'] button")

	b := s.staff
	b.open("/inbox")
	b.click("[data-item] a")
	b.see("a direction that was given")
	b.fill("[name=text]", "Đã lập kế hoạch, hoàn thành trong tháng này.")
	b.click("button[value=answer]")

	b = s.leader
	b.open("/inbox")
	b.click("[data-item] a")
	if page := b.text("main"); !strings.Contains(page, "Đã lập kế hoạch") {
		s.t.Error("the leader does not see the answer")
	}
	b.click("form#resolve button")
	b.open("/cities/ha-long/directions?show=closed")
	if n := b.count("[data-direction]"); n != 1 {
		s.t.Errorf("%d directions are closed", n)
	}
}

// edit: what was accepted counts while it says something else, until a reviewer
// has looked at both beside each other.
func (s *story) edit() {
	s.staff.open("/cities/ha-long/indicators/" + edited)
	s.staff.rewriteNarrative("Khảo sát lại trong năm 2025 cho thấy kết quả tốt hơn.")
	s.staff.see("what was accepted and edited")
	s.stands("53/57")

	b := s.reviewer
	b.open("/cities/ha-long/reviews" + ofDepartment)
	if n := b.count("[data-indicator='" + edited + "'] [data-state=changed]"); n == 0 {
		s.t.Error("the desk does not say that it has changed")
	}
	b.click("[data-indicator='" + edited + "'] a[href*='/reviews/']")
	b.see("a difference")
	if after := b.text(".difference ins"); !strings.Contains(after, "2025") {
		s.t.Errorf("what was added is %q", after)
	}
	if !evaluate[bool](b, `(() => { const [x, y] = [...document.querySelectorAll(".difference__sides > *")].map(e => e.getBoundingClientRect());
		return x.top === y.top && x.right <= y.left; })()`) {
		s.t.Error("both sides do not stand beside each other")
	}
	b.click("#decision button:not([formaction])")
	b.open("/cities/ha-long/reviews" + ofDepartment)
	if n := b.count("[data-indicator]"); n != 0 {
		s.t.Errorf("%d still wait: %s", n, b.text("main"))
	}
}

// advise is the way of a recommendation, from given to closed.
func (s *story) advise() {
	given := s.expert.recommend()
	task := s.coordinator.takeOn(given)
	s.staff.doTask(task, given)
	s.expert.closeAdvice(given)
	s.coordinator.open(given)
	if n := s.coordinator.count("[data-move='close_recommendation']"); n != 1 {
		s.t.Error("the coordinator does not see that it is closed")
	}
}
