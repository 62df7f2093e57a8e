package catalogue

import "testing"

func TestOwnProblems(t *testing.T) {
	testOwn(t, []mutation{
		{name: "code of the framework", after: "framework:", old: "code: learning-city-57", new: "code: learning-city-42",
			want: []string{"24: framework code: should be learning-city-57"}},
		{name: "version", after: "framework:", old: `"2026.1"`, new: `"2026.2"`,
			want: []string{"25: framework version: should be 2026.1"}},
		{name: "dispatch not named", after: "note:", old: "Công văn số 86/BGDĐT-GDTX", new: "Công văn số 87/BGDĐT-GDTX",
			want: []string{"31: framework note.vi: does not name the dispatch 86/BGDĐT-GDTX"}},
		{name: "question that does not open with its source", after: `code: "1.1.1"`, old: `"Official figures show`, new: `"Figures show`,
			want: []string{`53: indicator 1.1.1 question.en: does not match its source: should begin "Official figures"`}},
		{name: "settled source", after: `code: "1.2.2"`, old: "source: survey", new: "source: official_data", want: []string{
			`104: indicator 1.2.2 question.en: does not match its source: should begin "Official figures"`,
			`105: indicator 1.2.2 question.vi: does not match its source: should begin "Số liệu chính thức"`,
			"107: indicator 1.2.2 source: source should be survey",
		}},
		{name: "one document only", after: `code: "1.3.1"`, old: "                    - \"Annual report on gender equality\"\n                  vi:\n                    - \"Báo cáo cơ cấu đại biểu Hội đồng nhân dân\"\n                    - \"Báo cáo năm về công tác bình đẳng giới\"\n", new: "                  vi:\n                    - \"Báo cáo cơ cấu đại biểu Hội đồng nhân dân\"\n",
			want: []string{"140: indicator 1.3.1 evidence: evidence needs 2 or 3 entries, has 1"}},
		{name: "indicator gone", old: `              - code: "1.2.2"`, new: "", to: `          - code: "1.3"`, want: []string{
			"33: groups: 56 indicators, expected 57",
			"33: group A: structure is 1[1 1 2 2] 2[2 1 2 1 1] 3[2 2 1], expected 1[1 2 2 2] 2[2 1 2 1 1] 3[2 2 1]",
		}},
		{name: "group of another name", old: `code: "C"`, new: `code: "D"`,
			want: []string{"1272: group D: group is not expected"}},
		{name: "unit of measure never used", old: "unit: ratio", new: "unit: percent",
			want: []string{"33: groups: unit ratio is never used"}},
	})
}
