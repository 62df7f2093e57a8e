//go:build e2e

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// reviewVisits are the pages of a city in the middle of a review: see underReview.
// The recommendation is taken on and has the task, the other is not.
var reviewVisits = []visit{
	{"stop-mails", "", "/stop-mails/AAAAAAAAAAAAAAAAAAAAAAAAAA"},
	{"desk", "reviewer@ha-long.demo", "/cities/ha-long/reviews"},
	{"desk-part", "reviewer@ha-long.demo", "/cities/ha-long/reviews?department=EDU&area=1"},
	{"desk-bad-part", "reviewer@ha-long.demo", "/cities/ha-long/reviews?area=99"},
	{"review-talk", "reviewer@ha-long.demo", "/cities/ha-long/reviews/7.2.2"},
	{"review-difference", "reviewer@ha-long.demo", "/cities/ha-long/reviews/2.4.1"},
	{"review-decided", "reviewer@ha-long.demo", "/cities/ha-long/reviews/9.3.1"},
	{"thread-new-reviewer", "reviewer@ha-long.demo", "/cities/ha-long/indicators/7.2.2/threads/new"},
	{"department", "staff@ha-long.demo", "/cities/ha-long/departments/CUL"},
	{"inbox-staff", "staff@ha-long.demo", "/inbox"},
	{"mails", "staff@ha-long.demo", "/account"},
	{"indicator-talk", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2"},
	{"threads", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/threads"},
	// The demonstration has five conversations; question is the sixth, and then a direction.
	{"thread", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/threads/6"},
	{"comment", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/threads/6/comments/1"},
	{"comment-delete", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/threads/6/comments/1/delete"},
	{"direction-waits", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2/threads/7"},
	{"task-complete", "staff@ha-long.demo", "{task}/complete"},
	{"recommendation-answer", "staff@ha-long.demo", "{recommendation}/answer"},
	{"direction-new", "leader@ha-long.demo", "/cities/ha-long/indicators/9.3.1/threads/new?kind=direction"},
	{"directions", "leader@ha-long.demo", "/cities/ha-long/directions"},
	{"directions-closed", "leader@ha-long.demo", "/cities/ha-long/directions?show=closed"},
	{"recommendations", "expert@ha-long.demo", "/cities/ha-long/recommendations"},
	{"recommendations-none", "expert@ha-long.demo", "/cities/ha-long/recommendations?state=declined"},
	{"recommendation-new", "expert@ha-long.demo", "/cities/ha-long/recommendations/new?indicator=7.2.2"},
	{"gate", "coordinator@ha-long.demo", "/cities/ha-long/assessments/1/submission"},
	{"close", "coordinator@ha-long.demo", "/cities/ha-long/assessments/1/close"},
	{"recommendation", "coordinator@ha-long.demo", "{recommendation}"},
	{"recommendation-take-on", "coordinator@ha-long.demo", "{other}/take-on"},
	{"recommendation-decline", "coordinator@ha-long.demo", "{other}/decline"},
	{"tasks", "coordinator@ha-long.demo", "/cities/ha-long/tasks"},
	{"tasks-none", "coordinator@ha-long.demo", "/cities/ha-long/tasks?department=UNI"},
	{"task", "coordinator@ha-long.demo", "{task}"},
	{"task-new", "coordinator@ha-long.demo", "/cities/ha-long/tasks/new"},
	{"task-change", "coordinator@ha-long.demo", "{task}/change"},
	{"task-drop", "coordinator@ha-long.demo", "{task}/drop"},
	{"inbox-coordinator", "coordinator@ha-long.demo", "/inbox"},
}

// carriedVisits are those after it was closed, and the next one opened with what
// it ended with.
var carriedVisits = []visit{
	{"department-carried", "staff@ha-long.demo", "/cities/ha-long/departments/CUL"},
	{"frozen", "staff@ha-long.demo", "/cities/ha-long/indicators/7.2.2?assessment=1"},
	{"desk-frozen", "reviewer@ha-long.demo", "/cities/ha-long/reviews?assessment=1"},
	{"desk-without-review", "reviewer@ha-long.demo", "/cities/ha-long/reviews"},
	{"dashboard-carried", "leader@ha-long.demo", "/cities/ha-long"},
	{"to-confirm", "coordinator@ha-long.demo", "/cities/ha-long/indicators/1.1.1"},
	{"all-to-confirm", "coordinator@ha-long.demo", "/cities/ha-long/indicators?state=to_confirm"},
	{"gate-carried", "coordinator@ha-long.demo", "/cities/ha-long/assessments/3/submission"},
	{"gate-closed", "coordinator@ha-long.demo", "/cities/ha-long/assessments/1/submission"},
	{"reopen", "coordinator@ha-long.demo", "/cities/ha-long/assessments/2/reopen"},
	{"assessments-carried", "coordinator@ha-long.demo", "/cities/ha-long/assessments"},
	{"assessment-new-carried", "coordinator@ha-long.demo", "/cities/ha-long/assessments/new"},
}

// TestEveryPageOfReview looks at them in each look.
func TestEveryPageOfReview(t *testing.T) {
	t.Parallel()
	p, _ := mailing(t)
	b := openTab(t, p, "city.test", look{width: desk, scheme: "light"})
	visits := b.underReview()
	visitEach(t, p, visits)
	b.carriedOver()
	visitEach(t, p, carriedVisits)
}

func visitEach(t *testing.T, p *process, visits []visit) {
	t.Helper()
	for _, l := range looks {
		t.Run(l.String(), func(t *testing.T) {
			openTab(t, p, "city.test", l).visitAll(l, l.language, visits)
		})
	}
}

// underReview brings the city there, and returns the pages to look at.
func (b *tab) underReview() []visit {
	b.t.Helper()
	b.signIn("expert@ha-long.demo")
	other, given := b.recommend(), b.recommend()
	b.signOut()
	b.signIn("coordinator@ha-long.demo")
	task := b.takeOn(given)
	b.signOut()
	b.submitThree()
	b.signIn("staff@ha-long.demo")
	b.says(talked+"/threads/new", question)
	b.open("/cities/ha-long/indicators/2.4.1")
	b.rewriteNarrative("Khảo sát lại trong năm 2025 cho thấy kết quả tốt hơn.")
	b.signOut()
	b.signIn("leader@ha-long.demo")
	b.says(talked+"/threads/new?kind=direction", "Hoàn thành trước ngày khảo sát.")
	b.signOut()
	b.signIn("reviewer@ha-long.demo")
	b.says(talked+"/threads/new", "Cần xem kỹ số liệu này.")
	b.open("/cities/ha-long/reviews/9.3.1")
	b.fill("[name=note]", "Chưa có số liệu của năm 2024.")
	b.click("button[formaction$='/return']")
	b.signOut()
	paths := strings.NewReplacer("{recommendation}", given, "{other}", other, "{task}", task)
	var all []visit
	for _, v := range reviewVisits {
		v.path = paths.Replace(v.path)
		all = append(all, v)
	}
	return all
}

// says fills the form of a conversation: a reviewer's among reviewers, a leader's
// with a date.
func (b *tab) says(form, text string) {
	b.t.Helper()
	b.open(form)
	b.fill("[name=text]", text)
	if b.count("[name=audience]") > 0 {
		b.do(chromedp.Click(chromedp.CSS("[name=audience][value=internal]")))
	}
	if b.count("[name=due_on]") > 0 {
		b.fill("[name=due_on]", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	}
	b.click("main form[action$='/threads'] button")
}

// carriedOver closes the first assessment and one after it, and opens a third with
// what the first ended with.
func (b *tab) carriedOver() {
	b.t.Helper()
	b.signIn("coordinator@ha-long.demo")
	b.nextRound("")
	for _, number := range []string{"2", "1"} {
		b.open("/cities/ha-long/assessments/" + number + "/close")
		b.fill("[name=note]", "Sáp nhập với đợt tiếp theo")
		b.click("form[action$='/close'] button")
	}
	b.nextRound("1")
	b.signOut()
}
