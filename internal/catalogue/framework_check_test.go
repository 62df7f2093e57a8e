package catalogue

import "testing"

func TestFrameworkProblems(t *testing.T) {
	testFramework(t, firstArea, []mutation{
		{name: "code that is a number", after: "code: \"1\"\n", old: `code: "1.1"`, new: "code: 1.1",
			want: []string{"43: feature 1.1 code: must be text in quotation marks"}},
		{name: "code with a space", old: `code: "A"`, new: `code: "A 1"`,
			want: []string{`33: group 1 code: "A 1" is not a code`}},
		{name: "code used twice", after: "code: \"1.2\"\n", old: `code: "1.2.2"`, new: `code: "1.2.1"`, want: []string{
			"99: indicator 1.2.1 code: code 1.2.1 is used twice",
			"99: indicator 1.2.1 code: code 1.2.1 does not follow its parent 1.2",
		}},
		{name: "code that skips a number", after: "code: \"1.2\"\n", old: `code: "1.2.2"`, new: `code: "1.2.3"`,
			want: []string{"99: indicator 1.2.3 code: code 1.2.3 does not follow its parent 1.2"}},
		{name: "kind", after: `code: "1.1.1"`, old: "kind: quantitative", new: "kind: quantitive",
			want: []string{`55: indicator 1.1.1 kind: "quantitive" is not one of quantitative, qualitative`}},
		{name: "source", after: `code: "1.1.1"`, old: "source: official_data", new: "source: official",
			want: []string{`56: indicator 1.1.1 source: "official" is not one of official_data, survey, expert_review`}},
		{name: "unit", after: `code: "1.1.1"`, old: "unit: percent", new: "unit: percentage",
			want: []string{`57: indicator 1.1.1 unit: "percentage" is not one of percent, ratio, count, count_per_100k, kg_per_capita, tonnes_per_capita, vnd_per_capita, years`}},
		{name: "better", after: `code: "1.1.1"`, old: "better: higher", new: "better: up",
			want: []string{`58: indicator 1.1.1 better: "up" is not one of higher, lower`}},
		{name: "quantitative without a unit", after: `code: "1.1.1"`, old: "                unit: percent\n", new: "",
			want: []string{"48: indicator 1.1.1: lacks unit"}},
		{name: "quantitative without a direction", after: `code: "1.1.1"`, old: "                better: higher\n", new: "",
			want: []string{"48: indicator 1.1.1: lacks better"}},
		{name: "quantitative by expert review", after: `code: "1.1.1"`, old: "source: official_data", new: "source: expert_review",
			want: []string{"56: indicator 1.1.1 source: quantitative but judged by expert review"}},
		{name: "title of another indicator", after: `code: "1.2.1"`, old: `"Participation in elections and public consultations"`, new: `"Adult literacy rate"`,
			want: []string{`78: indicator 1.2.1 title.en: title "Adult literacy rate" is also used by 1.1.1`}},
		{name: "question of two sentences", after: `code: "1.1.1"`, old: "target, with separate", new: "target. With separate",
			want: []string{`53: indicator 1.1.1 question.en: is not one sentence: "Official figures show that the literacy rate of residents aged 15 and over meets…"`}},
		{name: "question without an end", after: `code: "1.1.1"`, old: `women and men."`, new: `women and men"`,
			want: []string{`53: indicator 1.1.1 question.en: is not one sentence: "Official figures show that the literacy rate of residents aged 15 and over meets…"`}},
		{name: "evidence in one language", after: `code: "1.1.1"`, old: "                    - \"Báo cáo kết quả các lớp xóa mù chữ\"\n", new: "",
			want: []string{"63: indicator 1.1.1 evidence: evidence needs the same entries in both languages"}},
		{name: "evidence that is no list", after: `code: "1.1.1"`, old: "evidence:", new: "evidence: none\n                was:", want: []string{
			"62: indicator 1.1.1 evidence: evidence needs the same entries in both languages",
			`63: indicator 1.1.1: unknown key "was"`,
		}},
		{name: "evidence with a full stop", after: `code: "1.1.1"`, old: `"Report on the results of literacy classes"`, new: `"Report on the results of literacy classes."`,
			want: []string{"66: indicator 1.1.1 evidence.en 3: ends with a full stop"}},
		{name: "evidence that is not translated", after: `code: "1.1.1"`, old: `"Niên giám thống kê, phần giáo dục"`, new: `"Statistical yearbook"`,
			want: []string{`65: indicator 1.1.1 evidence.en 2: Vietnamese text without Vietnamese letters: "Statistical yearbook"`}},
		{name: "evidence with two originals", after: `code: "1.4.2"`, old: `"Survey report with the questionnaire and a description of the sample"`, new: `"Survey report"`,
			want: []string{`209: indicator 1.4.2 evidence.en 1: "Báo cáo khảo sát kèm phiếu hỏi và mô tả mẫu khảo sát" has two translations: "Survey report with the questionnaire and a description of the sample", "Survey report"`}},
		{name: "number as evidence", after: `code: "1.1.1"`, old: `"Niên giám thống kê, phần giáo dục"`, new: "2024",
			want: []string{"69: indicator 1.1.1 evidence.vi 2: empty or not text"}},
	})
}

// These need more than the first area.
func TestWholeFrameworkProblems(t *testing.T) {
	testFramework(t, frameworkData, []mutation{
		{name: "feature of another area", old: `code: "2.5"`, new: `code: "3.5"`, want: []string{
			"365: feature 3.5 code: code 3.5 does not follow its parent 2",
			"370: indicator 2.5.1 code: code 2.5.1 does not follow its parent 3.5",
		}},
		{name: "area out of order", old: "code: \"12\"\n", new: "code: \"13\"\n", want: []string{
			"1417: area 13 code: areas are not numbered 1 to 12 in order",
			"1422: feature 12.1 code: code 12.1 does not follow its parent 13",
			"1469: feature 12.2 code: code 12.2 does not follow its parent 13",
			"1495: feature 12.3 code: code 12.3 does not follow its parent 13",
		}},
		{name: "group used twice", old: `code: "B"`, new: `code: "A"`,
			want: []string{"516: group A code: code A is used twice"}},
		{name: "qualitative with a unit", after: `code: "3.3.1"`, old: "kind: qualitative", new: "kind: qualitative\n                unit: percent",
			want: []string{"503: indicator 3.3.1 unit: qualitative but has unit"}},
		{name: "qualitative by survey", after: `code: "3.3.1"`, old: "source: expert_review", new: "source: survey",
			want: []string{"503: indicator 3.3.1 source: qualitative but not judged by expert review"}},
		{name: "department with two translations", after: `code: "3.3.1"`, old: `"Cơ quan phụ trách giáo dục và đào tạo"`, new: `"Cơ quan giáo dục"`,
			want: []string{`505: indicator 3.3.1 lead_department: "Education and training authority" has two translations: "Cơ quan phụ trách giáo dục và đào tạo", "Cơ quan giáo dục"`}},
	})
}
