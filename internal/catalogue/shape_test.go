package catalogue

import "testing"

func TestShapeProblems(t *testing.T) {
	testFramework(t, firstArea, []mutation{
		{name: "lacks a key", after: `code: "1.1.1"`, old: "                source: official_data\n", new: "",
			want: []string{"48: indicator 1.1.1: lacks source"}},
		{name: "unknown key", after: `code: "1.1.1"`, old: "better: higher", new: "better: higher\n                colour: red",
			want: []string{`59: indicator 1.1.1: unknown key "colour"`}},
		{name: "old key", after: `code: "1.1.1"`, old: "lead_department:", new: "lead_unit:", want: []string{
			"48: indicator 1.1.1: lacks lead_department",
			"59: indicator 1.1.1: old key lead_unit, now lead_department",
		}},
		{name: "unknown key in the head", after: "framework:", old: "  version:", new: "  status: draft\n  version:",
			want: []string{`25: framework: unknown key "status"`}},
		{name: "lacks its groups", old: "groups:", new: "clusters:", want: []string{
			"23: lacks groups",
			`32: unknown key "clusters"`,
		}},
		{name: "groups without any", after: "\n", old: "groups:", new: "groups: []\n", to: toEnd,
			want: []string{"32: groups: must be a list with at least one item"}},
		{name: "mapping instead of a list", after: "\n", old: "groups:", new: "groups: {}\n", to: toEnd,
			want: []string{"32: groups: must be a list with at least one item"}},
		{name: "list instead of a mapping", after: "groups:", old: "title:", new: "title: []\n    was:", want: []string{
			"34: group A title: needs exactly en and vi",
			`35: group A: unknown key "was"`,
		}},
		{name: "number instead of text", after: `code: "1.1.1"`, old: `en: "Adult literacy rate"`, new: "en: 15",
			want: []string{"50: indicator 1.1.1 title.en: empty or not text"}},
		{name: "missing text", after: `code: "1.1.1"`, old: `en: "Adult literacy rate"`, new: "en:",
			want: []string{"50: indicator 1.1.1 title.en: empty or not text"}},
		{name: "blank text", after: `code: "1.1.1"`, old: `"Adult literacy rate"`, new: `" "`,
			want: []string{"50: indicator 1.1.1 title.en: empty or not text"}},
		{name: "word that old readers take for a truth value", after: `code: "1.1.1"`, old: `en: "Adult literacy rate"`, new: "en: No",
			want: []string{"50: indicator 1.1.1 title.en: empty or not text"}},
		{name: "missing translation", after: `code: "1.1.1"`, old: "                  vi: \"Tỷ lệ dân số từ 15 tuổi trở lên biết chữ\"\n", new: "",
			want: []string{"50: indicator 1.1.1 title: needs exactly en and vi"}},
		{name: "third language", after: `code: "1.1.1"`, old: `vi: "Tỷ lệ dân số từ 15 tuổi trở lên biết chữ"`, new: "vi: \"Tỷ lệ dân số từ 15 tuổi trở lên biết chữ\"\n                  fr: \"Alphabétisation\"",
			want: []string{"50: indicator 1.1.1 title: needs exactly en and vi"}},
	})
}
