package catalogue

import "testing"

func TestMeasurementProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "qualitative indicator", after: "measurements:", old: `indicator: "1.1.1", year: 2021`, new: `indicator: "3.3.1", year: 2021`,
			want: []string{"1333: measurement 3.3.1: not a quantitative indicator"}},
		{name: "unknown indicator", after: "measurements:", old: `indicator: "1.1.1", year: 2021`, new: `indicator: "0.1.1", year: 2021`,
			want: []string{"1333: measurement 0.1.1: not a quantitative indicator"}},
		{name: "year before the first", after: "measurements:", old: "year: 2021", new: "year: 2020",
			want: []string{"1333: measurement 1.1.1 year: year 2020 is not between 2021 and 2024"}},
		{name: "year in words", after: "measurements:", old: "year: 2021", new: `year: "2021"`,
			want: []string{"1333: measurement 1.1.1 year: must be a whole number"}},
		{name: "year given twice", after: "measurements:", old: "year: 2022", new: "year: 2021", want: []string{
			"1333: measurement 1.1.1: need 3 or 4 years in a row, has [2021 2021 2023 2024]",
			"1334: measurement 1.1.1: not in order of code and year, or given twice",
		}},
		{name: "not illustrative", after: "measurements:", old: "illustrative: true", new: "illustrative: yes",
			want: []string{"1333: measurement 1.1.1 illustrative: must be marked illustrative"}},
		{name: "value in words", after: "measurements:", old: "value: 98.4", new: `value: "98.4"`,
			want: []string{"1333: measurement 1.1.1 value: must be a number"}},
		{name: "whole number of percent", after: "measurements:", old: "value: 98.4", new: "value: 98",
			want: []string{`1333: measurement 1.1.1 value: "98" is not a number with a decimal`}},
		{name: "two decimals", after: "measurements:", old: "value: 98.4", new: "value: 98.45",
			want: []string{`1333: measurement 1.1.1 value: "98.45" has more than one decimal`}},
		{name: "more than 100 percent", after: "measurements:", old: "value: 98.4", new: "value: 100.1",
			want: []string{"1333: measurement 1.1.1 value: 100.1 is not between 0 and 100 percent"}},
		{name: "below zero", after: "measurements:", old: "value: 98.4", new: "value: -98.4",
			want: []string{`1333: measurement 1.1.1 value: "-98.4" is below zero`}},
		{name: "infinite", after: "measurements:", old: "value: 98.4", new: "value: .inf",
			want: []string{`1333: measurement 1.1.1 value: ".inf" is not a plain figure`}},
		{name: "power of ten", after: "measurements:", old: "value: 98.4", new: "value: 9.8e+1",
			want: []string{`1333: measurement 1.1.1 value: "9.8e+1" is not a plain figure`}},
		{name: "dong with a decimal", after: "measurements:", old: "value: 184600000", new: "value: 184600000.5",
			want: []string{`1341: measurement 2.1.1 value: "184600000.5" is not a whole number`}},
		{name: "octal", after: "measurements:", old: "value: 184600000", new: "value: 0184600000",
			want: []string{`1341: measurement 2.1.1 value: "0184600000" is not a plain figure`}},
		{name: "too many dong", after: "measurements:", old: "value: 184600000", new: "value: 18460000000000000000000",
			want: []string{`1341: measurement 2.1.1 value: "18460000000000000000000" is too large`}},
		{name: "source that hides that it is illustrative", after: "measurements:", old: `"Literacy report (illustrative)"`, new: `"Literacy report"`, want: []string{
			"1333: measurement 1.1.1 source: source must say that it is illustrative",
			`1334: measurement 1.1.1 source: "Báo cáo kết quả xóa mù chữ (minh họa)" has two translations: "Literacy report", "Literacy report (illustrative)"`,
			`1335: measurement 1.1.1 source: "Báo cáo kết quả xóa mù chữ (minh họa)" has two translations: "Literacy report", "Literacy report (illustrative)"`,
			`1336: measurement 1.1.1 source: "Báo cáo kết quả xóa mù chữ (minh họa)" has two translations: "Literacy report", "Literacy report (illustrative)"`,
		}},
		{name: "source with two translations", after: "measurements:", old: `"Báo cáo kết quả xóa mù chữ (minh họa)"`, new: `"Báo cáo xóa mù chữ (minh họa)"`, want: []string{
			`1334: measurement 1.1.1 source: "Literacy report (illustrative)" has two translations: "Báo cáo xóa mù chữ (minh họa)", "Báo cáo kết quả xóa mù chữ (minh họa)"`,
			`1335: measurement 1.1.1 source: "Literacy report (illustrative)" has two translations: "Báo cáo xóa mù chữ (minh họa)", "Báo cáo kết quả xóa mù chữ (minh họa)"`,
			`1336: measurement 1.1.1 source: "Literacy report (illustrative)" has two translations: "Báo cáo xóa mù chữ (minh họa)", "Báo cáo kết quả xóa mù chữ (minh họa)"`,
		}},
		{name: "year left out", after: "measurements:", old: `  - {indicator: "1.1.1", year: 2022`, new: "", to: `  - {indicator: "1.1.1", year: 2023`,
			want: []string{"1333: measurement 1.1.1: need 3 or 4 years in a row, has [2021 2023 2024]"}},
		{name: "met but not achieved", after: "measurements:", old: "value: 29.8, target: 35.0", new: "value: 35.0, target: 35.0", want: []string{
			"1397: measurement 7.2.2: not achieved, but the value of 2024 meets the target",
			`1465: entry 7.2.2 narrative.en: quotes a figure that is not among its measurements: "In 2024, 29.8% of residents used online learning or digital libraries, more than…"`,
			`1466: entry 7.2.2 narrative.vi: quotes a figure that is not among its measurements: "Năm 2024, tỷ lệ người dân học trực tuyến, sử dụng thư viện số đạt 29,8%, tăng so…"`,
		}},
		{name: "achieved but not met", after: "measurements:", old: "value: 99.1", new: "value: 98.1",
			want: []string{"1336: measurement 1.1.1: achieved, but the value of 2024 does not meet the target"}},
		{name: "met only after it was achieved", after: "measurements:", old: "value: 98.9", new: "value: 98.1",
			want: []string{"1333: measurement 1.1.1: achieved on 2024-02-20, but the figures of that time do not meet the target"}},
		{name: "too few", after: "measurements:\n", old: `  - {indicator: "1.1.1", year: 2021`, new: "", to: `  - {indicator: "5.1.1"`, want: []string{
			"1333: measurements: 12 indicators, need 14",
			"1333: measurements: areas without any: 1, 2, 3, 4",
			"1333: measurements: units of measure without any: kg_per_capita, tonnes_per_capita, years",
		}},
		{name: "open indicator not measured", after: "measurements:\n", old: `  - {indicator: "7.2.2"`, new: "", to: `  - {indicator: "8`, want: []string{
			"1333: measurements: of the indicators not achieved, 7.2.2, 12.1.2 must be measured",
			`1462: entry 7.2.2 narrative.en: quotes a figure that is not among its measurements: "In 2024, 29.8% of residents used online learning or digital libraries, more than…"`,
			`1463: entry 7.2.2 narrative.vi: quotes a figure that is not among its measurements: "Năm 2024, tỷ lệ người dân học trực tuyến, sử dụng thư viện số đạt 29,8%, tăng so…"`,
		}},
	})
}
