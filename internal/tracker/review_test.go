package tracker_test

import (
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

// queue is four entries of two areas that wait, as they come from the database.
func queue() *tracker.Reviews {
	area := func(code string, indicators ...int64) tracker.Area {
		feature := tracker.Feature{Code: code + ".1"}
		for n, id := range indicators {
			feature.Indicators = append(feature.Indicators, tracker.Indicator{ID: id, Code: code + ".1." + string(rune('1'+n))})
		}
		return tracker.Area{Code: code, Features: []tracker.Feature{feature}}
	}
	r := &tracker.Reviews{Today: today, Framework: &tracker.Framework{
		Groups: []tracker.Group{{Areas: []tracker.Area{area("1", 10, 11), area("2", 20, 21, 22)}}}}}
	waiting := func(indicator int64, department string, since tracker.Date) tracker.Waiting {
		return tracker.Waiting{Entry: tracker.Entry{IndicatorID: indicator}, Department: tracker.Department{Code: department}, Since: since}
	}
	r.Arrange([]tracker.Waiting{
		waiting(22, "CUL", today), waiting(21, "", today-9), waiting(11, "CUL", today-9), waiting(10, "EDU", today-2),
	})
	return r
}

func codes(all []tracker.Waiting) []string {
	var list []string
	for _, w := range all {
		list = append(list, w.Place.Indicator.Code)
	}
	return list
}

// TestQueueOrder: who has waited longest comes first, then the framework's order.
func TestQueueOrder(t *testing.T) {
	t.Parallel()
	r := queue()
	if got, want := codes(r.Waiting), []string{"1.1.2", "2.1.2", "1.1.1", "2.1.3"}; !slices.Equal(got, want) {
		t.Errorf("the queue is %q, want %q", got, want)
	}
	if got := []int{r.Waiting[0].Days(today), r.Waiting[3].Days(today)}; !slices.Equal(got, []int{9, 0}) {
		t.Errorf("they wait for %v days", got)
	}
}

func TestQueueFilter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		filter tracker.ReviewFilter
		want   []string
	}{
		{tracker.ReviewFilter{}, []string{"1.1.2", "2.1.2", "1.1.1", "2.1.3"}},
		{tracker.ReviewFilter{Department: "CUL"}, []string{"1.1.2", "2.1.3"}},
		{tracker.ReviewFilter{Department: tracker.NoDepartment}, []string{"2.1.2"}},
		{tracker.ReviewFilter{Area: "2"}, []string{"2.1.2", "2.1.3"}},
		{tracker.ReviewFilter{Department: "CUL", Area: "2"}, []string{"2.1.3"}},
		{tracker.ReviewFilter{Department: "POL"}, nil},
	} {
		if got := codes(queue().Chosen(tt.filter)); !slices.Equal(got, tt.want) {
			t.Errorf("%+v chooses %q, want %q", tt.filter, got, tt.want)
		}
	}
}

func TestStepOf(t *testing.T) {
	t.Parallel()
	all := queue().Waiting
	for _, tt := range []struct {
		code string
		of   []tracker.Waiting
		want tracker.Step
	}{
		{"1.1.2", all, tracker.Step{Place: 1, Total: 4, Next: "2.1.2"}},
		{"1.1.1", all, tracker.Step{Place: 3, Total: 4, Previous: "2.1.2", Next: "2.1.3"}},
		{"2.1.3", all, tracker.Step{Place: 4, Total: 4, Previous: "1.1.1"}},
		{"2.1.1", all, tracker.Step{Total: 4, Next: "1.1.2"}},
		{"2.1.1", nil, tracker.Step{}},
	} {
		if got := tracker.StepOf(tt.of, tt.code); got != tt.want {
			t.Errorf("%s of %d: %+v, want %+v", tt.code, len(tt.of), got, tt.want)
		}
	}
}
