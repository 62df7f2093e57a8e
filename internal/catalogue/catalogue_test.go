package catalogue

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

func TestFramework(t *testing.T) {
	t.Parallel()
	fw := mustFramework(t)
	if fw.Code != "learning-city-57" || fw.Version != "2026.1" || fw.Title.EN != "Learning city self-assessment: 57 indicators" {
		t.Errorf("head is %q %q %q", fw.Code, fw.Version, fw.Title.EN)
	}
	places := fw.Places()
	if len(places) != 57 {
		t.Fatalf("%d indicators", len(places))
	}
	want := tracker.Indicator{
		Code:  "1.4.1",
		Title: tracker.Text{EN: "Recorded offences per 100,000 residents", VI: "Số vụ phạm tội được ghi nhận trên 100.000 dân"},
		Question: tracker.Text{
			EN: "Official figures show that recorded offences per 100,000 residents are falling or are below the level set by the city.",
			VI: "Số liệu chính thức cho thấy số vụ phạm tội được ghi nhận trên 100.000 dân giảm dần hoặc thấp hơn mức thành phố đề ra.",
		},
		Kind: tracker.Quantitative, Source: tracker.OfficialData, Unit: tracker.CountPer100k, Better: tracker.Lower,
		LeadDepartment: tracker.Text{EN: "Police", VI: "Cơ quan công an"},
		Evidence: []tracker.Text{
			{EN: "Annual report on public security and order", VI: "Báo cáo năm về tình hình an ninh, trật tự"},
			{EN: "Publishable crime figures for the last three years", VI: "Số liệu tội phạm được phép công bố trong ba năm gần nhất"},
		},
	}
	if got := *places[5].Indicator; !reflect.DeepEqual(got, want) {
		t.Errorf("indicator is\n%+v\nwant\n%+v", got, want)
	}
	if p := places[5]; p.Group.Code != "A" || p.Area.Code != "1" || p.Feature.Code != "1.4" {
		t.Errorf("1.4.1 stands in %s %s %s", p.Group.Code, p.Area.Code, p.Feature.Code)
	}
}

// smallFramework is that of another city: nothing of it is pinned.
const smallFramework = `framework:
  code: small
  version: "1"
  title: {en: "Small framework", vi: "Bộ chỉ số nhỏ"}
  note: {en: "Ours alone.", vi: "Của riêng chúng tôi."}
groups:
  - code: "X"
    title: {en: "Group", vi: "Nhóm"}
    areas:
      - code: "1"
        title: {en: "Area", vi: "Lĩnh vực"}
        features:
          - code: "1.1"
            title: {en: "Feature", vi: "Đặc trưng"}
            indicators:
              - code: "1.1.1"
                title: {en: "Plan", vi: "Kế hoạch"}
                question: {en: "There is a plan.", vi: "Có kế hoạch."}
                kind: qualitative
                source: expert_review
                lead_department: {en: "Office", vi: "Văn phòng"}
                evidence: {en: ["Decision"], vi: ["Quyết định"]}
`

func TestReadFrameworkOfAnotherCity(t *testing.T) {
	t.Parallel()
	got, err := ReadFramework("small.yaml", []byte(smallFramework))
	if err != nil {
		t.Fatal(err)
	}
	indicator := tracker.Indicator{
		Code: "1.1.1", Title: text("Kế hoạch", "Plan"), Question: text("Có kế hoạch.", "There is a plan."),
		Kind: tracker.Qualitative, Source: tracker.ExpertReview,
		LeadDepartment: text("Văn phòng", "Office"), Evidence: []tracker.Text{text("Quyết định", "Decision")},
	}
	feature := tracker.Feature{Code: "1.1", Title: text("Đặc trưng", "Feature"), Indicators: []tracker.Indicator{indicator}}
	area := tracker.Area{Code: "1", Title: text("Lĩnh vực", "Area"), Features: []tracker.Feature{feature}}
	want := tracker.Framework{
		Code: "small", Version: "1", Title: text("Bộ chỉ số nhỏ", "Small framework"),
		Note:   text("Của riêng chúng tôi.", "Ours alone."),
		Groups: []tracker.Group{{Code: "X", Title: text("Nhóm", "Group"), Areas: []tracker.Area{area}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("framework is\n%+v\nwant\n%+v", got, want)
	}
}

func TestHaLong(t *testing.T) {
	t.Parallel()
	d, err := HaLong()
	if err != nil {
		t.Fatal(err)
	}
	counts := []int{len(d.Departments), len(d.Assignments), len(d.StatusHistory), len(d.Measurements), len(d.Entries), len(d.Milestones)}
	if want := []int{10, 57, 167, 81, 17, 4}; !reflect.DeepEqual(counts, want) {
		t.Errorf("counts are %v, want %v", counts, want)
	}
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"city", d.City, City{"ha-long", text("Hạ Long", "Ha Long"), text("Quảng Ninh", "Quang Ninh"), "VN"}},
		{"opening", d.Assessment.OpenedOn, tracker.NewDate(2024, time.January, 15)},
		{"submission", d.Assessment.SubmissionDueOn, tracker.NewDate(2025, time.November, 1)},
		{"framework", d.Assessment.Framework, "learning-city-57"},
		{"made-up dates", d.Assessment.DatesIllustrative, true},
		{"fact", d.Provenance.PublishedFacts[1], PublishedFact{secondReport, 53, 57,
			text("Cổng tin tức của thành phố, tháng 02/2025", "City news portal, February 2025")}},
		{"conferences", d.Provenance.ConsultationConferences, conferences},
		{"department", d.Departments[7], Department{"POL", text("Cơ quan công an", "Police")}},
		{"assignment", d.Assignments[25], Assignment{"4.5.2", "EDU", tracker.NewDate(2024, time.December, 18)}},
		{"assignment without a date", d.Assignments[0], Assignment{"1.1.1", "EDU", 0}},
		{"status change", d.StatusHistory[57], StatusChange{"2.1.1", tracker.ClaimInProgress, tracker.NewDate(2024, time.January, 19),
			text("Đơn vị phụ trách bắt đầu thu thập số liệu chính thức.", "The lead department began collecting official figures.")}},
		{"measurement", d.Measurements[0], Measurement{"1.1.1", 2021, 984, 985,
			text("Báo cáo kết quả xóa mù chữ (minh họa)", "Literacy report (illustrative)")}},
		{"dong", d.Measurements[8].Value, tracker.Decimal(1846000000)},
		{"entry without obstacles", d.Entries[0].Obstacles, tracker.Text{}},
		{"entry", d.Entries[3].Indicator, "4.5.2"},
		{"solution", d.Entries[3].Solution.EN, "Set aside a suitable reading area and add audio books and Braille materials. " +
			"Train library staff together with organisations of people with disabilities."},
		{"milestone", d.Milestones[1], Milestone{firstReport, text("Công bố đạt 50/57 chỉ số", "50 of 57 indicators reported as achieved"), true}},
	} {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("%s is %+v, want %+v", check.what, check.got, check.want)
		}
	}
}

func text(vi, en string) tracker.Text { return tracker.Text{VI: vi, EN: en} }

// A framework without the indicators of the demonstration must be refused, not
// looked up in vain.
func TestReadDemonstrationOfAnotherFramework(t *testing.T) {
	t.Parallel()
	d, err := ReadDemonstration(demonstrationFile, demonstrationData, tracker.Framework{})
	lines := report(t, demonstrationFile, err)
	if want := "106: assignment 1.2.1 indicator: unknown indicator 1.2.1"; !slices.Contains(lines, want) {
		t.Errorf("%d problems, among them not %q", len(lines), want)
	}
	if !reflect.DeepEqual(d, Demonstration{}) {
		t.Errorf("a refused file gives %+v", d)
	}
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, data, want string
		omitted          int
	}{
		{"huge", strings.Repeat("#", maxBytes+1), "f.yaml:1: is larger than 1048576 bytes", 0},
		{"many problems", strings.Repeat("\t\n", 1500), "f.yaml:1: trailing space", 2001},
		{"deep", strings.Repeat("[", 20000), "f.yaml:1: is not YAML: exceeded max depth of 10000", 0},
		{"nothing", "", "f.yaml:1: is empty", 0},
		{"comments only", "# nothing\n", "f.yaml:1: is empty", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadFramework("f.yaml", []byte(test.data))
			var problems *ProblemsError
			if !errors.As(err, &problems) {
				t.Fatalf("error is %v", err)
			}
			if got := problems.Problems[0].String(); got != test.want {
				t.Errorf("first problem is %q, want %q", got, test.want)
			}
			if problems.Omitted != test.omitted {
				t.Errorf("%d problems omitted, want %d", problems.Omitted, test.omitted)
			}
			if last := fmt.Sprintf("and %d more problems", test.omitted); test.omitted > 0 && !strings.HasSuffix(err.Error(), last) {
				t.Errorf("error does not end in %q", last)
			}
		})
	}
}
