package catalogue

import (
	"fmt"
	"slices"
	"time"

	"learningcity/internal/tracker"
)

// The days on which the city reported a score.
var (
	firstReport  = tracker.NewDate(2024, time.August, 13)
	secondReport = tracker.NewDate(2025, time.February, 28)
)

// published is what the city reported; everything else must lead to it.
var published = []struct {
	on              tracker.Date
	achieved, total int
}{{firstReport, 50, 57}, {secondReport, 53, 57}}

// conferences are the days of the consultation conferences.
var conferences = []tracker.Date{firstReport, tracker.NewDate(2024, time.November, 28)}

func (s *dataset) readProvenance() Provenance {
	v := s.root.get("provenance")
	p := Provenance{Note: textOf(v.get("note")), PublishedTarget: textOf(v.get("published_target"))}
	for _, at := range v.get("consultation_conferences").items() {
		p.ConsultationConferences = append(p.ConsultationConferences, dateOf(at))
	}
	if !slices.Equal(p.ConsultationConferences, conferences) {
		v.get("consultation_conferences").problem("conferences should be on %v", conferences)
	}
	for _, at := range v.get("published_facts").items() {
		p.PublishedFacts = append(p.PublishedFacts, PublishedFact{
			ReportedOn: dateOf(at.get("reported_on")), Source: textOf(at.get("source")),
			Achieved: intOf(at.get("achieved")), Total: intOf(at.get("total")),
		})
	}
	checkFacts(v.get("published_facts"), p.PublishedFacts)
	return p
}

func checkFacts(v value, facts []PublishedFact) {
	var got, want []string
	for _, f := range facts {
		got = append(got, fmt.Sprintf("%d of %d on %s", f.Achieved, f.Total, f.ReportedOn))
	}
	for _, f := range published {
		want = append(want, fmt.Sprintf("%d of %d on %s", f.achieved, f.total, f.on))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		v.problem("published facts are %q, expected %q", got, want)
	}
}

func (s *dataset) readCity() City {
	v := s.root.get("city")
	checkIs(v.get("slug"), "ha-long")
	checkIs(v.get("country"), "VN")
	return City{
		Slug: v.get("slug").str(), Country: v.get("country").str(),
		Name: textOf(v.get("name")), Province: textOf(v.get("province")),
	}
}

func (s *dataset) readAssessment() Assessment {
	v := s.root.get("assessment")
	checkIs(v.get("framework"), "learning-city-57")
	checkIs(v.get("opened_on"), opening.String())
	checkIs(v.get("submission_due_on"), "2025-11-01")
	return Assessment{
		Framework: v.get("framework").str(),
		Name:      textOf(v.get("name")), Note: textOf(v.get("note")),
		OpenedOn:          dateOf(v.get("opened_on")),
		SubmissionDueOn:   dateOf(v.get("submission_due_on")),
		DatesIllustrative: isTrue(v.get("dates_illustrative")),
	}
}

func (s *dataset) readDepartments() []Department {
	var all []Department
	seen := set{}
	for _, v := range s.items("departments") {
		d := Department{Code: v.get("code").str(), Name: textOf(v.get("name"))}
		if seen[d.Code] {
			v.problem("given twice")
		}
		seen[d.Code] = true
		all = append(all, d)
	}
	if len(all) < 8 || len(all) > 10 {
		s.root.get("departments").problem("need 8 to 10, has %d", len(all))
	}
	return all
}
