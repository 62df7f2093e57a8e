package catalogue

import "testing"

func TestAdviceProblems(t *testing.T) {
	const recommendations, tasks = "\nrecommendation_history:", "\ntask_history:"
	testDemonstration(t, []mutation{
		{name: "a recommendation twice", after: recommendations, old: "recommendation: 2", new: "recommendation: 1",
			want: []string{"1819: recommendation_history 2 recommendation: there is no recommendation 1, or it stands here twice",
				"1863: task_history 2 recommendation: recommendation 2 was not taken on by 2024-09-04"}},
		{name: "a recommendation that is not there", after: recommendations, old: "recommendation: 8", new: "recommendation: 9",
			want: []string{"1852: recommendation_history 8 recommendation: there is no recommendation 9, or it stands here twice"}},
		{name: "one too few", after: tasks, old: "  - task: 9\n    given_on: \"2025-02-28\"\n    illustrative: true\n", new: "",
			want: []string{"1857: task_history: tells of 8 of 9"}},
		{name: "taken on before it was given", after: recommendations, old: `taken_on: "2024-08-26"`, new: `taken_on: "2024-08-12"`,
			want: []string{"1817: recommendation_history 1 taken_on: 2024-08-12 comes too early"}},
		{name: "taken on a Sunday", after: recommendations, old: `taken_on: "2024-08-26"`, new: `taken_on: "2024-08-25"`,
			want: []string{"1817: recommendation_history 1 taken_on: falls on a weekend"}},
		{name: "closed without an answer", after: recommendations, old: "    answered_on: \"2024-11-19\"\n", new: "",
			want: []string{"1831: recommendation_history 4: needs both answered_on and answer, or neither",
				"1837: recommendation_history 4 closed_on: 2024-11-28 comes too early"}},
		{name: "an open task that was done", after: tasks, old: "recommendation: 1\n", new: "recommendation: 1\n    done_on: \"2024-10-01\"\n    result: {en: \"Done.\", vi: \"Đã xong.\"}\n",
			want: []string{"1857: task_history 1: the task's state and its last day differ"}},
		{name: "given after it was due", after: tasks, old: `given_on: "2024-09-04"`, new: `given_on: "2025-07-01"`,
			want: []string{"1858: task_history 1 given_on: given on 2025-07-01, due on 2025-06-30"}},
		{name: "of no recommendation", after: tasks, old: "recommendation: 1\n", new: "recommendation: 12\n",
			want: []string{"1859: task_history 1 recommendation: there is no recommendation 12"}},
		{name: "of one that is not taken on", after: tasks, old: "recommendation: 1\n", new: "recommendation: 7\n",
			want: []string{"1859: task_history 1 recommendation: recommendation 7 was not taken on by 2024-09-04"}},
		{name: "of an unknown indicator", after: tasks, old: `solution: "12.3.1"`, new: `solution: "12.3.9"`,
			want: []string{"1899: task_history 8 solution: unknown indicator 12.3.9"}},
	})
}
