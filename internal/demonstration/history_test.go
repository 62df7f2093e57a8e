package demonstration_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/catalogue"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

var (
	lateValues = tracker.NewDate(2025, time.February, 15)
	never      = tracker.NewDate(9999, time.December, 31)
)

// TestEveryLineIsARow: the file's 167 lines, no more and no fewer, with their
// notes; what is achieved was claimed, submitted and accepted on its day.
func TestEveryLineIsARow(t *testing.T) {
	t.Parallel()
	db, _, file := loaded(t)
	acts := map[tracker.Claim]string{tracker.ClaimNotStarted: "open", tracker.ClaimInProgress: "change_claim", tracker.ClaimAchieved: "accept"}
	var want []string
	for _, h := range file.StatusHistory {
		note := h.Note.VI
		if h.Claim == tracker.ClaimNotStarted {
			note = "" // an opening says nothing beyond itself
		}
		want = append(want, fmt.Sprintf("%s %s %s %v %s", h.Indicator, acts[h.Claim], h.Claim, h.EffectiveOn, note))
		if h.Claim == tracker.ClaimAchieved {
			want = append(want, fmt.Sprintf("%s change_claim achieved %v ", h.Indicator, h.EffectiveOn),
				fmt.Sprintf("%s submit achieved %v ", h.Indicator, h.EffectiveOn))
		}
	}
	for _, code := range lateIndicators(file) {
		if code != "8.3.1" && code != "12.1.1" {
			want = append(want, code+" accept achieved 2025-02-28 ")
		}
	}
	got := db.Lines(t, `SELECT format('%s %s %s %s %s', i.code, c.act, c.claim_to, c.effective_on, c.note)
		FROM status_change c JOIN entry e ON e.id = c.entry_id JOIN indicator i ON i.id = e.indicator_id`)
	slices.Sort(want)
	slices.Sort(got)
	if len(file.StatusHistory) != 167 || !slices.Equal(got, want) {
		t.Errorf("%d rows, want %d, for %d lines\n%s", len(got), len(want), len(file.StatusHistory), difference(got, want))
	}
}

func difference(got, want []string) string {
	var lines []string
	for _, line := range got {
		if !slices.Contains(want, line) {
			lines = append(lines, "too many: "+line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			lines = append(lines, "missing: "+line)
		}
	}
	return strings.Join(lines, "\n")
}

// achievedOn reads the day out of the file.
func achievedOn(file catalogue.Demonstration, indicator string) tracker.Date {
	for _, h := range file.StatusHistory {
		if h.Indicator == indicator && h.Claim == tracker.ClaimAchieved {
			return h.EffectiveOn
		}
	}
	return never
}

// surveys are the indicators whose figures are known in their own year.
func surveys(t testing.TB) map[string]bool {
	t.Helper()
	framework, err := catalogue.Framework()
	must(t, err)
	found := map[string]bool{}
	for _, p := range framework.Places() {
		found[p.Indicator.Code] = p.Indicator.Source == tracker.Survey
	}
	return found
}

// lateIndicators had been accepted before their figure of 2024 was known.
func lateIndicators(file catalogue.Demonstration) []string {
	var codes []string
	for _, m := range file.Measurements {
		if on := achievedOn(file, m.Indicator); m.Year == 2024 && on < lateValues && m.Indicator != "5.2.1" { // a survey
			codes = append(codes, m.Indicator)
		}
	}
	return codes
}

// TestChangedSinceAccepted: the late figures stand out from 15 to 27 February,
// and two of them after the reviewer looked again.
func TestChangedSinceAccepted(t *testing.T) {
	t.Parallel()
	db, leader, file := loaded(t)
	o := overview(t, db, leader)
	late := lateIndicators(file)
	if len(late) != 17 {
		t.Errorf("%d late figures: %q", len(late), late)
	}
	for on, want := range map[tracker.Date][]string{
		firstReport: nil, lateValues - 1: nil, lateValues: late, secondReport - 1: late, secondReport: {"8.3.1", "12.1.1"}, secondReport + 10: {"8.3.1", "12.1.1"},
	} {
		var changed []string
		for _, row := range o.Rows(on) {
			if row.State.Changed {
				changed = append(changed, row.Place.Indicator.Code)
			}
		}
		if !slices.Equal(changed, want) || o.ScoreAsOf(on).Changed != len(want) {
			t.Errorf("on %v changed are %q, want %q", on, changed, want)
		}
	}
}

// TestToldOnTheDay: texts and figures are there from the day they were known,
// not before, and as the file has them.
func TestToldOnTheDay(t *testing.T) {
	t.Parallel()
	db, leader, file := loaded(t)
	survey := surveys(t)
	days := []tracker.Date{file.Assessment.OpenedOn, firstReport, lateValues - 1, lateValues, secondReport - 1, secondReport}
	for _, a := range file.Assignments {
		accepted := achievedOn(file, a.Indicator)
		r, err := db.Store.EntryRecord(t.Context(), leader, postgres.EntryRef{City: "ha-long", Indicator: a.Indicator}, 0)
		must(t, err)
		for _, day := range append(slices.Clone(days), accepted-1, accepted) {
			if got, want := tracker.NarrativeAsOf(r.Revisions, day), textsOn(file, a.Indicator, day); got != want {
				t.Errorf("%s on %v says %+v, want %+v", a.Indicator, day, got, want)
			}
			if got, want := tracker.MeasurementsAsOf(r.Revisions, day), figuresOn(file, a.Indicator, day, survey); !slices.Equal(got, want) {
				t.Errorf("%s on %v has figures %+v, want %+v", a.Indicator, day, got, want)
			}
		}
	}
	if n := db.Count(t, `SELECT count(*) FROM measurement`); n != len(file.Measurements) {
		t.Errorf("%d figures, %d in the file", n, len(file.Measurements))
	}
	if n := db.Count(t, `SELECT count(*) FROM entry WHERE narrative <> ''`); n != len(file.Entries) {
		t.Errorf("%d narratives, %d in the file", n, len(file.Entries))
	}
}

// toldOn is the day on which an entry's texts were written.
func toldOn(file catalogue.Demonstration, indicator string) tracker.Date {
	return min(achievedOn(file, indicator), secondReport)
}

func textsOn(file catalogue.Demonstration, indicator string, day tracker.Date) tracker.Narrative {
	for _, e := range file.Entries {
		if e.Indicator == indicator && toldOn(file, indicator) <= day {
			return tracker.Narrative{Narrative: e.Narrative.VI, Obstacles: e.Obstacles.VI, Solution: e.Solution.VI}
		}
	}
	return tracker.Narrative{}
}

func figuresOn(file catalogue.Demonstration, indicator string, day tracker.Date, survey map[string]bool) []tracker.Measurement {
	var all []tracker.Measurement
	told := toldOn(file, indicator)
	for _, m := range file.Measurements {
		known := told
		if m.Year > told.Year() || m.Year == told.Year() && !survey[indicator] {
			known = lateValues
		}
		if m.Indicator == indicator && known <= day {
			all = append(all, tracker.Measurement{Year: m.Year, Value: m.Value, HasTarget: true, Target: m.Target, Source: m.Source.VI})
		}
	}
	slices.SortFunc(all, func(a, b tracker.Measurement) int { return cmp.Compare(a.Year, b.Year) })
	return all
}

// TestAssignments: departments, due dates and milestones are those of the file.
func TestAssignments(t *testing.T) {
	t.Parallel()
	db, leader, file := loaded(t)
	o := overview(t, db, leader)
	var got, want []string
	for _, row := range o.Rows(secondReport) {
		got = append(got, row.Place.Indicator.Code+" "+row.Department.Code+" "+row.Entry.DueOn.String())
	}
	for _, a := range file.Assignments {
		want = append(want, a.Indicator+" "+a.Department+" "+a.DueOn.String())
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(got) != 57 || !slices.Equal(got, want) {
		t.Errorf("assignments\n%s", difference(got, want))
	}
	departments := db.Lines(t, `SELECT code || ' ' || name_vi || ' ' || name_en FROM department ORDER BY id`)
	var known []string
	for _, d := range file.Departments {
		known = append(known, d.Code+" "+d.Name.VI+" "+d.Name.EN)
	}
	if !slices.Equal(departments, known) {
		t.Errorf("departments\n%s", difference(departments, known))
	}
	var milestones []tracker.Milestone
	for _, m := range file.Milestones {
		milestones = append(milestones, tracker.Milestone(m))
	}
	if len(milestones) != 4 || !slices.Equal(o.Milestones, milestones) {
		t.Errorf("milestones are %+v, want %+v", o.Milestones, milestones)
	}
}
