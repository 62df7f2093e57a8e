package catalogue

import "testing"

func TestTalkProblems(t *testing.T) {
	const comments, directions = "\ncomment_history:", "\ndirections:"
	testDemonstration(t, []mutation{
		{name: "history of no comment", after: comments, old: "comment: 2", new: "comment: 9",
			want: []string{"1905: comment_history 1 comment: there is no comment 9, or it stands here twice"}},
		{name: "history twice", after: comments, old: "comment: 3", new: "comment: 2",
			want: []string{"1912: comment_history 2 comment: there is no comment 2, or it stands here twice"}},
		{name: "answered before it was asked", after: comments, old: `"2024-11-18"`, new: `"2024-11-14"`,
			want: []string{"1906: comment_history 1 answered_on: 2024-11-14 comes too early"}},
		{name: "answered on a Sunday", after: comments, old: `"2024-11-18"`, new: `"2024-11-17"`,
			want: []string{"1906: comment_history 1 answered_on: falls on a weekend"}},
		{name: "answered in no words", after: comments, old: `    answered_on: "2024-11-18"` + "\n", new: "",
			want: []string{"1905: comment_history 1: needs both answered_on and answer, or neither", "1909: comment_history 1 resolved_on: 2024-11-20 comes too early"}},
		{name: "history not illustrative", after: comments, old: "illustrative: true", new: "illustrative: false",
			want: []string{"1911: comment_history 1 illustrative: must be marked illustrative"}},
		{name: "indicator of a direction", after: directions, old: `"12.3.1"`, new: `"12.3.9"`,
			want: []string{"1928: direction 12.3.9 indicator: unknown indicator 12.3.9"}},
		{name: "direction due before it is given", after: directions, old: `"2025-06-30"`, new: `"2025-02-24"`,
			want: []string{"1930: direction 12.3.1 due_on: given on 2025-02-25, due on 2025-02-24"}},
		{name: "direction answered before it is given", after: directions, old: `"2025-02-28"`, new: `"2025-02-24"`,
			want: []string{"1934: direction 12.3.1 answered_on: 2025-02-24 comes too early"}},
		{name: "direction not illustrative", after: directions, old: "illustrative: true", new: "illustrative: false",
			want: []string{"1938: direction 12.3.1 illustrative: must be marked illustrative"}},
	})
}
