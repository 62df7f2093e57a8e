package catalogue

import "testing"

func TestAssignmentProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "old key", after: "assignments:", old: `indicator: "1.1.1", department`, new: `indicator: "1.1.1", unit`, want: []string{
			"105: assignment 1.1.1: lacks department",
			"105: assignment 1.1.1: old key unit, now department",
		}},
		{name: "unknown indicator", after: "assignments:", old: `indicator: "1.2.1"`, new: `indicator: "1.2.9"`, want: []string{
			"105: assignments: not assigned: 1.2.1",
			"106: assignment 1.2.9 indicator: unknown indicator 1.2.9",
		}},
		{name: "assigned twice", after: "assignments:", old: `indicator: "1.2.1"`, new: `indicator: "1.1.1"`, want: []string{
			"105: assignments: not assigned: 1.2.1",
			"106: assignment 1.1.1: assigned twice",
		}},
		{name: "unknown department", after: "assignments:", old: `department: "HOM"`, new: `department: "XYZ"`,
			want: []string{"106: assignment 1.2.1 department: unknown department XYZ"}},
		{name: "department without any", after: "assignments:", old: `department: "UNI"`, new: `department: "EDU"`,
			want: []string{"64: departments: without any indicator: UNI"}},
		{name: "lacks its due date", after: "assignments:", old: `, due_on: "2024-12-18"`, new: "",
			want: []string{"130: assignment 4.5.2: lacks due_on, the entry was open"}},
		{name: "due date of an achieved entry", after: "assignments:", old: `department: "EDU"}`, new: `department: "EDU", due_on: "2024-12-18"}`, want: []string{
			"105: assignment 1.1.1: has due_on, the entry was achieved",
			"105: assignment 1.1.1 due_on: due on 2024-12-18 but achieved on 2024-02-20",
		}},
		{name: "due too late", after: "assignments:", old: `"2025-08-15"`, new: `"2025-10-01"`,
			want: []string{"151: assignment 9.3.1 due_on: due_on 2025-10-01 is not between 2024-10-01 and 2025-09-30"}},
		{name: "due on a weekend", after: "assignments:", old: `"2025-08-15"`, new: `"2025-08-16"`,
			want: []string{"151: assignment 9.3.1 due_on: falls on a weekend"}},
		{name: "achieved long before it was due", after: "assignments:", old: `"2024-12-18"`, new: `"2025-01-15"`,
			want: []string{"130: assignment 4.5.2 due_on: due on 2025-01-15 but achieved on 2024-12-20"}},
		{name: "task after the due date", after: "assignments:", old: `"2025-06-30"`, new: `"2025-06-13"`,
			want: []string{"1604: task 8 due_on: due on 2025-06-16, after the entry of 12.3.1, due on 2025-06-13"}},
		{name: "bad due date", after: "assignments:", old: `"2025-06-30"`, new: `"2025-06-31"`,
			want: []string{`161: assignment 12.3.1 due_on: bad date "2025-06-31"`}},
	})
}
