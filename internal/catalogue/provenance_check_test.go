package catalogue

import "testing"

func TestHeadProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "not illustrative", after: "provenance:", old: "illustrative: true", new: "illustrative: false",
			want: []string{"22: provenance illustrative: must be marked illustrative"}},
		{name: "illustrative in words", after: "provenance:", old: "illustrative: true", new: `illustrative: "true"`,
			want: []string{"22: provenance illustrative: must be marked illustrative"}},
		{name: "unknown key in the provenance", after: "provenance:", old: "illustrative: true", new: "illustrative: true\n  by: nobody",
			want: []string{`23: provenance: unknown key "by"`}},
		{name: "published score", after: "published_facts:", old: "achieved: 50", new: "achieved: 51",
			want: []string{`27: provenance published_facts: published facts are ["51 of 57 on 2024-08-13" "53 of 57 on 2025-02-28"], expected ["50 of 57 on 2024-08-13" "53 of 57 on 2025-02-28"]`}},
		{name: "published total", after: "published_facts:", old: "total: 57", new: "total: 58",
			want: []string{`27: provenance published_facts: published facts are ["50 of 58 on 2024-08-13" "53 of 57 on 2025-02-28"], expected ["50 of 57 on 2024-08-13" "53 of 57 on 2025-02-28"]`}},
		{name: "published score in words", after: "published_facts:", old: "achieved: 50", new: `achieved: "50"`,
			want: []string{"28: published fact 1 achieved: must be a whole number"}},
		{name: "source without Vietnamese letters", after: "published_facts:", old: `"Báo Quốc Tế, ngày 18/8/2024"`, new: `"BQT"`,
			want: []string{`31: published fact 1 source: Vietnamese text without Vietnamese letters: "BQT"`}},
		{name: "conference dates", old: `["2024-08-13", "2024-11-28"]`, new: `["2024-08-13", "2024-11-29"]`, want: []string{
			"39: provenance consultation_conferences: conferences should be on [2024-08-13 2024-11-28]",
			"1769: milestone 3 held_on: published, but 2024-11-28 is not a published date",
		}},
		{name: "number of a document in English", after: "published_target:", old: "Apply for", new: "Under No. 12, apply for",
			want: []string{`41: provenance published_target.en: gives the number of an official document: "Under No. 12, apply for membership of the network in 2025"`}},
		{name: "number of a document in Vietnamese", after: "published_target:", old: "Nộp hồ sơ", new: "Theo 12/2024/QĐ-UBND, nộp hồ sơ",
			want: []string{`42: provenance published_target.vi: gives the number of an official document: "Theo 12/2024/QĐ-UBND, nộp hồ sơ đăng ký tham gia Mạng lưới các thành phố học tập…"`}},
		{name: "slug", old: "slug: ha-long", new: "slug: halong",
			want: []string{"44: city slug: should be ha-long"}},
		{name: "country", old: `country: "VN"`, new: `country: "LA"`,
			want: []string{"51: city country: should be VN"}},
		{name: "unknown key of the city", old: `country: "VN"`, new: "country: \"VN\"\n  mayor: nobody",
			want: []string{`52: city: unknown key "mayor"`}},
		{name: "framework of the assessment", after: "assessment:", old: "framework: learning-city-57", new: "framework: learning-city-42",
			want: []string{"53: assessment framework: should be learning-city-57"}},
		{name: "opening", after: "assessment:", old: `"2024-01-15"`, new: `"2024-01-16"`,
			want: []string{"57: assessment opened_on: should be 2024-01-15"}},
		{name: "submission", after: "assessment:", old: `"2025-11-01"`, new: `"2025-11-02"`,
			want: []string{"58: assessment submission_due_on: should be 2025-11-01"}},
		{name: "old key for departments", old: "departments:\n", new: "units:\n", want: []string{
			"21: lacks departments",
			"63: old key units, now departments",
		}},
		{name: "department given twice", after: "departments:", old: `code: "UNI"`, new: `code: "LPA"`, want: []string{
			"100: department LPA: given twice",
			"138: assignment 6.3.1 department: unknown department UNI",
		}},
		{name: "too many departments", after: "departments:", old: `  - code: "UNI"`, new: "  - {code: \"NEW\", name: {en: \"Tax office\", vi: \"Cơ quan thuế\"}}\n  - code: \"UNI\"", want: []string{
			"64: departments: need 8 to 10, has 11",
			"64: departments: without any indicator: NEW",
		}},
		{name: "missing part", old: "milestones:\n", new: "events:\n", want: []string{
			"21: lacks milestones",
			`1758: unknown key "events"`,
		}},
		{name: "repeated key", old: `country: "VN"`, new: "country: \"VN\"\n  country: \"VN\"",
			want: []string{`52: duplicate key "country"`}},
	})
}
