package tracker_test

import (
	"fmt"
	"slices"
	"testing"

	"learningcity/internal/tracker"
)

// TestDepartmentRecord: what is due first stands on top, what is achieved or due
// on no day below in the framework's order.
func TestDepartmentRecord(t *testing.T) {
	t.Parallel()
	framework := &tracker.Framework{Groups: []tracker.Group{{Areas: []tracker.Area{{Features: []tracker.Feature{{}}}}}}}
	feature := &framework.Groups[0].Areas[0].Features[0]
	entries, linked := map[int64]tracker.DepartmentEntry{}, map[int64]*tracker.ChecklistEntry{}
	for n, one := range []struct {
		state string
		due   tracker.Date
	}{{"achieved/accepted", today - 9}, {"in_progress/none", 0}, {"achieved/returned", today + 3}, {"not_started/none", today - 1}, {"", 0}} {
		id := int64(n + 1)
		i := tracker.Indicator{ID: id, Code: fmt.Sprint("1.1.", id)}
		if n == 1 {
			i.Evidence = []tracker.Text{{VI: "Báo cáo"}}
		}
		feature.Indicators = append(feature.Indicators, i)
		if one.state != "" {
			e := tracker.DepartmentEntry{}
			e.Entry.DueOn, e.State = one.due, stateOf(one.state)
			entries[id] = e
		}
		linked[id] = &tracker.ChecklistEntry{Linked: []tracker.LinkedEvidence{{}}}
	}
	r := tracker.DepartmentRecord{Framework: framework, Assessment: assessment, Department: tracker.Department{Code: "CUL"}, Today: today}
	r.Assessment.SubmissionDueOn = today
	r.Fill(entries, linked)
	var order []string
	for _, e := range r.Entries {
		order = append(order, e.Place.Indicator.Code+" "+e.Department.Code)
	}
	if want := []string{"1.1.4 CUL", "1.1.3 CUL", "1.1.1 CUL", "1.1.2 CUL"}; !slices.Equal(order, want) {
		t.Errorf("the entries are %q, want %q", order, want)
	}
	if returned := r.Returned(); len(returned) != 1 || returned[0].Place.Indicator.Code != "1.1.3" {
		t.Errorf("returned are %v", returned)
	}
	if len(r.Missing) != 1 || r.Missing[0].Place.Indicator.Code != "1.1.2" || !slices.Equal(r.Missing[0].Completeness.Missing, []int{1}) {
		t.Errorf("missing is %+v", r.Missing)
	}
}
