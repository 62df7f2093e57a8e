package catalogue

import "testing"

func TestEntryProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "unknown indicator", after: "\nentries:", old: `indicator: "1.1.1"`, new: `indicator: "1.1.9"`,
			want: []string{"1415: entry 1.1.9 indicator: unknown indicator 1.1.9"}},
		{name: "given twice", after: "\nentries:", old: `indicator: "2.3.1"`, new: `indicator: "1.1.1"`,
			want: []string{"1420: entry 1.1.1: not in order of code, or given twice"}},
		{name: "not illustrative", after: "\nentries:", old: "illustrative: true", new: "illustrative: false",
			want: []string{"1416: entry 1.1.1 illustrative: must be marked illustrative"}},
		{name: "open without a solution", after: "\nentries:", old: "    solution:", new: "", to: `  - indicator: "5.1.1"`,
			want: []string{"1430: entry 4.5.2: lacks solution, the entry was open on 2024-08-13"}},
		{name: "achieved with obstacles", after: "\nentries:", old: "    narrative:", new: "    obstacles:\n      en: \"There are none.\"\n      vi: \"Không có.\"\n    narrative:",
			want: []string{"1418: entry 1.1.1 obstacles: has obstacles, the entry was achieved on 2024-08-13"}},
		{name: "four sentences", after: "\nentries:", old: `for women and men."`, new: `for women. And men. And all."`,
			want: []string{`1418: entry 1.1.1 narrative.en: needs 1 to 3 sentences: "The city maintains its universal education and literacy results and opens litera…"`}},
		{name: "no full stop", after: "\nentries:", old: `for women and men."`, new: `for women and men"`,
			want: []string{`1418: entry 1.1.1 narrative.en: needs 1 to 3 sentences: "The city maintains its universal education and literacy results and opens litera…"`}},
		{name: "figure that was not measured", after: "\nentries:", old: "29.8%", new: "29.9%", want: []string{
			`1465: entry 7.2.2 narrative.en: quotes a figure that is not among its measurements: "In 2024, 29.9% of residents used online learning or digital libraries, more than…"`,
			"1465: entry 7.2.2 narrative: en and vi quote different figures",
		}},
		{name: "figure that cannot be read", after: "\nentries:", old: "29,8%", new: "2,9,8%", want: []string{
			"1465: entry 7.2.2 narrative: en and vi quote different figures",
			`1466: entry 7.2.2 narrative.vi: quotes a figure that is not among its measurements: "Năm 2024, tỷ lệ người dân học trực tuyến, sử dụng thư viện số đạt 2,9,8%, tăng s…"`,
		}},
		{name: "figure in one language only", after: "\nentries:", old: " đạt 29,8%", new: " tăng",
			want: []string{"1465: entry 7.2.2 narrative: en and vi quote different figures"}},
		{name: "too few", after: "\nentries:\n", old: `  - indicator: "1.1.1"`, new: "", to: `  - indicator: "9.3.1"`, want: []string{
			"1415: entries: 7 indicators, need 12",
			"1415: entries: open indicators without a narrative: 4.5.2, 5.3.1, 7.2.2",
		}},
		{name: "figure before a longer word", after: "\nentries:", old: `for women and men."`, new: `for 12 dongles."`, want: nil},
	})
}
