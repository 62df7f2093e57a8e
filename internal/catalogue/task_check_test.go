package catalogue

import "testing"

func TestTaskProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "state of a task", after: "\ntasks:", old: "state: in_progress", new: "state: begun",
			want: []string{`1549: task 1 state: "begun" is not one of open, in_progress, done`}},
		{name: "department of a task", after: "\ntasks:", old: `department: "CUL"`, new: `department: "XYZ"`,
			want: []string{"1547: task 1 department: unknown department XYZ"}},
		{name: "task not illustrative", after: "\ntasks:", old: "illustrative: true", new: "illustrative: false",
			want: []string{"1550: task 1 illustrative: must be marked illustrative"}},
		{name: "indicator of a task", after: "\ntasks:", old: `["7.2.2", "9.3.1"]`, new: `["7.2.2", "9.3.9"]`,
			want: []string{"1546: task 1 indicators 2: unknown indicator 9.3.9"}},
		{name: "task without indicators", after: "\ntasks:", old: `["7.2.2", "9.3.1"]`, new: "[]",
			want: []string{"1546: task 1 indicators: must be a list with at least one item"}},
		{name: "title of a task", after: "\ntasks:", old: `national and international collections"`, new: `national collections."`,
			want: []string{"1544: task 1 title.en: a title ends with a full stop"}},
		{name: "too few tasks", after: "\ntasks:\n", old: "  - title:", new: "", to: "  - title:\n      en: \"Draft",
			want: []string{"1543: tasks: need 6 to 10, has 5", "1825: task_history: tells of 9 of 5"}},
		{name: "day of a recommendation", after: "\nrecommendations:", old: `"2024-08-13"`, new: `"2024-08-14"`,
			want: []string{"1616: recommendations: expected 6 of 2024-08-13 and 2 of 2025-02-28"}},
		{name: "recommendation of the wrong type", after: "\nrecommendations:", old: "indicators_illustrative: true", new: "indicators_illustrative: much",
			want: []string{"1624: recommendation 1 indicators_illustrative: must be true or false"}},
		{name: "indicator of a recommendation", after: "\nrecommendations:", old: `["7.2.2", "9.3.1"]`, new: `["7.2.2", "9.3.9"]`,
			want: []string{"1623: recommendation 1 indicators 2: unknown indicator 9.3.9"}},
		{name: "open indicator without a recommendation", after: "\nrecommendations:", old: `["4.5.2", "9.3.1"]`, new: `["9.3.1"]`,
			want: []string{"1616: recommendations: not-achieved indicators without a recommendation: 4.5.2"}},
		{name: "indicator of a comment", after: "\nreviewer_comments:", old: `indicator: "7.2.2"`, new: `indicator: "7.2.9"`,
			want: []string{"1713: comment 7.2.9 indicator: unknown indicator 7.2.9"}},
		{name: "comment not illustrative", after: "\nreviewer_comments:", old: "illustrative: true", new: "illustrative: false",
			want: []string{"1721: comment 7.2.2 illustrative: must be marked illustrative"}},
		{name: "day of a comment", after: "\nreviewer_comments:", old: `"2024-09-10"`, new: `"10/09/2024"`,
			want: []string{`1714: comment 7.2.2 given_on: bad date "10/09/2024"`}},
	})
}
