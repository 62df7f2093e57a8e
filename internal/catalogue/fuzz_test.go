package catalogue

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// smallDemonstration has the shape of a demonstration, so that fuzzing reaches
// the checks that compare its parts; the embedded one is too long to vary.
const smallDemonstration = `provenance:
  illustrative: true
  note: {en: "Note.", vi: "Chú ý."}
  published_facts: [{reported_on: "2024-08-13", achieved: 50, total: 57, source: {en: "News", vi: "Báo"}}]
  consultation_conferences: ["2024-08-13"]
  published_target: {en: "Apply", vi: "Nộp hồ sơ"}
city: {slug: ha-long, name: {en: "Ha Long", vi: "Hạ Long"}, province: {en: "Quang Ninh", vi: "Quảng Ninh"}, country: "VN"}
assessment: {framework: f, name: {en: "Name", vi: "Tên"}, note: {en: "Note", vi: "Chú ý"}, opened_on: "2024-01-15", submission_due_on: "2025-11-01"}
departments: [{code: "EDU", name: {en: "Office", vi: "Văn phòng"}}]
assignments: [{indicator: "7.2.2", department: "EDU", due_on: "2025-07-15"}]
status_history:
  - {indicator: "7.2.2", status: not_started, effective_on: "2024-01-15", illustrative: true, note: {en: "Opened.", vi: "Mở đợt."}}
  - {indicator: "7.2.2", status: achieved, effective_on: "2024-02-15", illustrative: true, note: {en: "Achieved.", vi: "Đạt."}}
measurements:
  - {indicator: "7.2.2", year: 2024, value: 29.8, target: 35.0, illustrative: true, source: {en: "Survey (illustrative)", vi: "Khảo sát (minh họa)"}}
entries:
  - {indicator: "7.2.2", illustrative: true, narrative: {en: "In 2024, 29.8% of residents.", vi: "Năm 2024 đạt 29,8%."}}
tasks: [{title: {en: "Task", vi: "Nhiệm vụ"}, indicators: ["7.2.2"], department: "EDU", due_on: "2025-06-30", state: open, illustrative: true}]
recommendations:
  - {given_on: "2024-08-13", by: {en: "Expert", vi: "Chuyên gia"}, text: {en: "Link.", vi: "Kết nối."}, source: {en: "News", vi: "Báo"}, indicators: ["7.2.2"], indicators_illustrative: true}
reviewer_comments: [{indicator: "7.2.2", given_on: "2024-09-10", by: {en: "Reviewer", vi: "Chuyên gia"}, text: {en: "Please.", vi: "Đề nghị."}, illustrative: true}]
milestones: [{held_on: "2024-08-13", title: {en: "50 of 57 achieved", vi: "Đạt 50/57 chỉ số"}, published: true}]
evidence:
  - {answers: [{indicator: "1.1.1", document: 1}, {indicator: "9.9.9", document: 9}], form: docx, issued_on: "2024-01-26", year: 2023, draft: true, illustrative: true}
recommendation_history: [{recommendation: 1, required: true, taken_on: "2024-08-14", illustrative: true}]
task_history: [{task: 1, given_on: "2024-08-14", recommendation: 1, illustrative: true}]
comment_history: [{comment: 1, answered_on: "2024-09-11", answer: {en: "Done.", vi: "Đã bổ sung."}, resolved_on: "2024-09-12", illustrative: true}]
directions: [{indicator: "7.2.2", given_on: "2024-09-10", due_on: "2025-06-30", text: {en: "Please.", vi: "Đề nghị."}, illustrative: true}]
`

// FuzzReadFramework checks that any bytes give either problems or a framework
// that the rest of the program can trust, and never a panic.
func FuzzReadFramework(f *testing.F) {
	f.Add([]byte(smallFramework))
	f.Add([]byte("a: &a [x, x]\nb: [*a, *a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fw, err := ReadFramework("f.yaml", data)
		if err != nil {
			checkRefused(t, err, reflect.ValueOf(fw).IsZero())
			return
		}
		seen := map[string]bool{}
		for _, place := range fw.Places() {
			checkTrusted(t, place.Indicator, seen)
		}
		if len(seen) == 0 {
			t.Error("no indicators")
		}
	})
}

func checkRefused(t *testing.T, err error, zero bool) {
	t.Helper()
	var problems *ProblemsError
	if !errors.As(err, &problems) || len(problems.Problems) == 0 {
		t.Fatalf("error is %T without problems", err)
	}
	for _, p := range problems.Problems {
		if p.Line < 1 || p.What == "" || p.File != "f.yaml" {
			t.Errorf("problem %+v", p)
		}
	}
	if !zero {
		t.Error("a refused file gives a value")
	}
}

func checkTrusted(t *testing.T, i *tracker.Indicator, seen map[string]bool) {
	t.Helper()
	if !isCode(i.Code) || seen[i.Code] {
		t.Errorf("code %q", i.Code)
	}
	seen[i.Code] = true
	if measured := i.Kind == tracker.Quantitative; measured != (i.Unit != "") || measured != (i.Better != "") {
		t.Errorf("%s is %s with unit %q, better %q", i.Code, i.Kind, i.Unit, i.Better)
	}
	for _, s := range append([]tracker.Text{i.Title, i.Question, i.LeadDepartment}, i.Evidence...) {
		if s.EN == "" || s.VI == "" {
			t.Errorf("%s has a text %+v", i.Code, s)
		}
	}
}

// FuzzReadDemonstration checks that any bytes give either problems or the
// published scores, and never a panic.
func FuzzReadDemonstration(f *testing.F) {
	fw := mustFramework(f)
	f.Add([]byte(smallDemonstration))
	f.Add([]byte("provenance: {illustrative: true}\ncity: {slug: ha-long}\n"))
	if _, err := ReadDemonstration("f.yaml", []byte(smallDemonstration), fw); !strings.Contains(err.Error(), "not assigned: ") {
		f.Fatalf("the seed does not reach the comparing checks: %v", err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := ReadDemonstration("f.yaml", data, fw)
		if err != nil {
			checkRefused(t, err, reflect.ValueOf(d).IsZero())
			return
		}
		claims := map[string]tracker.Claim{}
		for _, change := range d.StatusHistory {
			claims[change.Indicator] = change.Claim
		}
		achieved := 0
		for _, claim := range claims {
			if claim == tracker.ClaimAchieved {
				achieved++
			}
		}
		if achieved != 53 || len(claims) != 57 || len(d.Assignments) != 57 {
			t.Errorf("%d of %d achieved, %d assigned", achieved, len(claims), len(d.Assignments))
		}
	})
}
