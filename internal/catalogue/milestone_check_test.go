package catalogue

import "testing"

func TestMilestoneProblems(t *testing.T) {
	testDemonstration(t, []mutation{
		{name: "not in date order", after: "\nmilestones:", old: `held_on: "2024-11-28"`, new: `held_on: "2024-08-12"`, want: []string{
			"1759: milestones: the conference of 2024-11-28 must be there once",
			"1769: milestone 3 held_on: not in date order",
			"1769: milestone 3 held_on: published, but 2024-08-12 is not a published date",
		}},
		{name: "no such day", after: "\nmilestones:", old: `held_on: "2024-11-28"`, new: `held_on: "2024-11-31"`,
			want: []string{`1769: milestone 3 held_on: bad date "2024-11-31"`}},
		{name: "published in words", after: "\nmilestones:", old: "published: true", new: `published: "yes"`,
			want: []string{"1763: milestone 1 published: must be true or false"}},
		{name: "no published day", after: "\nmilestones:", old: `held_on: "2024-11-28"`, new: `held_on: "2024-11-27"`, want: []string{
			"1759: milestones: the conference of 2024-11-28 must be there once",
			"1769: milestone 3 held_on: published, but 2024-11-27 is not a published date",
		}},
		{name: "score of another number", after: "\nmilestones:", old: "50/57", new: "51/57",
			want: []string{"1759: milestones: 50 of 57 of 2024-08-13 must be there once"}},
		{name: "title too long", after: "\nmilestones:", old: `"Survey and consultation conference"`, new: `"Survey and consultation conference with all departments and organisations"`,
			want: []string{"1761: milestone 1 title.en: 73 characters (limit 70)"}},
	})
}
