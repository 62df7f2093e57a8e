package demonstration

import (
	"learningcity/internal/catalogue"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// talk plays the conversations: what reviewers asked, and what a leader did.
func (a *adviser) talk() {
	for _, c := range a.city.Comments {
		a.ask(c)
	}
	for _, d := range a.city.Directions {
		a.direct(d)
	}
}

// onEntry is the place of threads on the indicator.
func (p *player) onEntry(indicator string) postgres.ThreadPlace {
	return postgres.ThreadPlace{EntryRef: postgres.EntryRef{City: p.city.City.Slug, Indicator: indicator}}
}

// ask lets the reviewer ask, the coordinator answer, and the reviewer settle it.
func (a *adviser) ask(c catalogue.Comment) {
	ref := postgres.ThreadRef{City: a.city.City.Slug, Version: 1}
	a.add(c.GivenOn, func() (err error) {
		ref.ID, err = a.store.OpenThread(a.ctx, a.reviewer, a.onEntry(c.Indicator), tracker.NewThread{
			Kind: tracker.CommentThread, Audience: tracker.AudienceCity, Text: c.Text.VI})
		return err
	})
	a.add(c.AnsweredOn, func() error {
		_, err := a.store.Reply(a.ctx, a.coordinator, ref, tracker.NewComment{Text: c.Answer.VI})
		return err
	})
	a.add(c.ResolvedOn, func() error { return a.store.ResolveThread(a.ctx, a.reviewer, ref) })
}

// direct lets the leader ask for something until a day, and the coordinator
// answer for the department.
func (a *adviser) direct(d catalogue.Direction) {
	ref := postgres.ThreadRef{City: a.city.City.Slug}
	a.add(d.GivenOn, func() (err error) {
		ref.ID, err = a.store.OpenThread(a.ctx, a.leader, a.onEntry(d.Indicator), tracker.NewThread{
			Kind: tracker.DirectionThread, Audience: tracker.AudienceCity, DueOn: d.DueOn, Text: d.Text.VI})
		return err
	})
	a.add(d.AnsweredOn, func() error {
		_, err := a.store.Reply(a.ctx, a.coordinator, ref, tracker.NewComment{Text: d.Answer.VI, Answers: true})
		return err
	})
}
