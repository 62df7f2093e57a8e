package catalogue

import "testing"

func TestEvidenceProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "unknown indicator", after: "\nevidence:", old: `indicator: "1.1.1"`, new: `indicator: "1.9.9"`,
			want: []string{"1780: answer 1.9.9 indicator: unknown indicator 1.9.9"}},
		{name: "document that is not expected", after: "\nevidence:", old: "document: 3", new: "document: 4",
			want: []string{"1782: answer 1.1.1 document: 1.1.1 expects documents 1 to 3"}},
		{name: "document 0", after: "\nevidence:", old: "document: 3", new: "document: 0",
			want: []string{"1782: answer 1.1.1 document: 1.1.1 expects documents 1 to 3"}},
		{name: "answered twice", after: "\nevidence:", old: "document: 3", new: "document: 2",
			want: []string{"1782: answer 1.1.1: document 2 of 1.1.1 is answered twice"}},
		{name: "another form", after: "\nevidence:", old: "form: odt", new: "form: html",
			want: []string{`1782: evidence 3 form: "html" is not one of docx, odt, csv, txt, pdf, link`}},
		{name: "another symbol", after: "\nevidence:", old: `symbol: "BC"`, new: `symbol: "TT"`,
			want: []string{`1782: evidence 3 symbol: "TT" is not one of QĐ, QC, KH, BC, BB`}},
		{name: "issued on a weekend", after: "\nevidence:", old: `issued_on: "2024-01-26"`, new: `issued_on: "2024-01-27"`,
			want: []string{"1781: evidence 2 issued_on: falls on a weekend"}},
		{name: "issued later", after: "\nevidence:", old: `issued_on: "2024-01-26"`, new: `issued_on: "2024-02-21"`,
			want: []string{"1781: evidence 2 issued_on: after 2024-02-20, when 1.1.1 has it"}},
		{name: "issued after all", after: "\nevidence:", old: `issued_on: "2024-02-16"`, new: `issued_on: "2025-03-03"`,
			want: []string{"1812: evidence 33 issued_on: after 2025-02-28, when 12.1.2 has it"}},
		{name: "year to come", after: "\nevidence:", old: "year: 2022", new: "year: 2024",
			want: []string{"1780: evidence 1 year: year 2024 is not between 2021 and the issue"}},
		{name: "year too early", after: "\nevidence:", old: "year: 2022", new: "year: 2020",
			want: []string{"1780: evidence 1 year: year 2020 is not between 2021 and the issue"}},
		{name: "valid until before the issue", after: "\nevidence:", old: `valid_until: "2024-12-31"`, new: `valid_until: "2024-02-29"`,
			want: []string{"1790: evidence 11 valid_until: before the issue, or given twice"}},
		{name: "valid twice", after: "\nevidence:", old: `valid_until: "2024-12-31"`, new: `valid_until: "2024-12-31", valid_days: 3`,
			want: []string{"1790: evidence 11 valid_until: before the issue, or given twice"}},
		{name: "draft of what was never achieved", after: "\nevidence:", old: `issued_on: "2024-02-16"`, new: `issued_on: "2024-02-16", draft: true`,
			want: []string{"1812: evidence 33 draft: a draft is a file for one indicator that was in progress and achieved"}},
		{name: "draft for several", after: "\nevidence:", old: `issued_on: "2024-03-05"`, new: `issued_on: "2024-03-05", draft: true`,
			want: []string{"1789: evidence 10 draft: a draft is a file for one indicator that was in progress and achieved"}},
		{name: "number of a document", after: "\nevidence:", old: `symbol: "QĐ"`, new: `symbol: "12/QĐ"`, want: []string{
			`1781: evidence 2 symbol: gives the number of an official document: "12/QĐ"`,
			`1781: evidence 2 symbol: "12/QĐ" is not one of QĐ, QC, KH, BC, BB`}},
		{name: "not illustrative", after: "\nevidence:", old: "illustrative: true", new: "illustrative: false",
			want: []string{"1780: evidence 1 illustrative: must be marked illustrative"}},
	})
}
