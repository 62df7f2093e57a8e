package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"learningcity/internal/tracker"
)

func (s *dataset) readMilestones(p Provenance) []Milestone {
	var all []Milestone
	public := slices.Clone(p.ConsultationConferences)
	for _, f := range p.PublishedFacts {
		public = append(public, f.ReportedOn)
	}
	for _, v := range s.items("milestones") {
		m := Milestone{dateOf(v.get("held_on")), textOf(v.get("title")), isTrue(v.get("published"))}
		if len(all) > 0 && m.HeldOn < all[len(all)-1].HeldOn {
			v.get("held_on").problem("not in date order")
		}
		if m.Published && !slices.Contains(public, m.HeldOn) {
			v.get("held_on").problem("published, but %s is not a published date", m.HeldOn)
		}
		all = append(all, m)
	}
	checkPublished(s.root.get("milestones"), all)
	return all
}

// checkPublished checks that each conference and each reported score is a
// milestone once.
func checkPublished(v value, all []Milestone) {
	for _, day := range conferences {
		if countMilestones(all, day, "conference", "ội nghị") != 1 {
			v.problem("the conference of %s must be there once", day)
		}
	}
	for _, fact := range published {
		en := fmt.Sprintf("%d of %d", fact.achieved, fact.total)
		vi := fmt.Sprintf("%d/%d", fact.achieved, fact.total)
		if countMilestones(all, fact.on, en, vi) != 1 {
			v.problem("%s of %s must be there once", en, fact.on)
		}
	}
}

// countMilestones counts the published milestones of a day whose titles
// contain these words.
func countMilestones(all []Milestone, day tracker.Date, en, vi string) int {
	n := 0
	for _, m := range all {
		if m.Published && m.HeldOn == day && strings.Contains(m.Title.EN, en) && strings.Contains(m.Title.VI, vi) {
			n++
		}
	}
	return n
}
