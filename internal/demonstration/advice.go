package demonstration

import (
	"cmp"
	"slices"

	"learningcity/internal/catalogue"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// dated is an act on a recommendation, a task or a conversation.
type dated struct {
	on tracker.Date
	do func() error
}

// adviser plays what experts recommend, what departments are given to do and what
// people say, in the order of days, beside the acts on entries.
type adviser struct {
	*player
	waiting         []dated
	recommendations map[int]*postgres.RecommendationRef // by place, from 1
}

func newAdviser(p *player) *adviser {
	a := &adviser{player: p, recommendations: map[int]*postgres.RecommendationRef{}}
	for n, r := range p.city.Recommendations {
		a.recommend(n+1, r)
	}
	for _, t := range p.city.Tasks {
		a.task(t)
	}
	for n, r := range p.city.Recommendations {
		a.settle(n+1, r)
	}
	a.talk()
	slices.SortStableFunc(a.waiting, func(x, y dated) int { return cmp.Compare(x.on, y.on) })
	return a
}

// upTo plays the acts of the days before this one.
func (a *adviser) upTo(day tracker.Date) error {
	for len(a.waiting) > 0 && a.waiting[0].on < day {
		next := a.waiting[0]
		a.waiting = a.waiting[1:]
		a.at(next.on, 16)
		if err := next.do(); err != nil {
			return err
		}
	}
	return nil
}

// settleAdvice plays what is left.
func (p *player) settleAdvice() error { return p.advice.upTo(reportedOn + 1) }

func (a *adviser) add(on tracker.Date, do func() error) {
	if !on.IsZero() {
		a.waiting = append(a.waiting, dated{on, do})
	}
}

// recommend gives and takes on.
func (a *adviser) recommend(n int, r catalogue.Recommendation) {
	a.recommendations[n] = &postgres.RecommendationRef{City: a.city.City.Slug}
	a.add(r.GivenOn, func() error {
		id, err := a.store.GiveRecommendation(a.ctx, a.expert, a.city.City.Slug, 0, tracker.Recommendation{GivenOn: r.GivenOn, Text: r.Text.VI,
			Source: r.By.VI + "; " + r.Source.VI, Required: r.Required, Indicators: r.Indicators})
		a.recommendations[n].ID = id
		return err
	})
	a.add(r.TakenOn, func() error { return a.move(n, a.coordinator, tracker.TakeOnRecommendation, "") })
}

// settle answers and closes.
func (a *adviser) settle(n int, r catalogue.Recommendation) {
	a.add(r.AnsweredOn, func() error { return a.move(n, a.coordinator, tracker.AnswerRecommendation, r.Answer.VI) })
	a.add(r.ClosedOn, func() error { return a.move(n, a.expert, tracker.CloseRecommendation, "") })
}

func (a *adviser) move(n int, by tracker.Actor, act tracker.Action, note string) error {
	ref := a.recommendations[n]
	ref.Version++
	return a.store.MoveRecommendation(a.ctx, by, *ref, act, note, nil)
}

// task gives a task and, where it was done, says so.
func (a *adviser) task(t catalogue.Task) {
	ref := postgres.TaskRef{City: a.city.City.Slug, Version: 1}
	a.add(t.GivenOn, func() error {
		n := postgres.NewTask{Work: tracker.TaskWork{Title: t.Title.VI, Department: t.Department, DueOn: t.DueOn},
			Source: tracker.FromHand, Indicators: t.Indicators}
		if t.Recommendation != 0 {
			n.Source, n.Recommendation = tracker.FromRecommendation, a.recommendations[t.Recommendation].ID
		}
		if t.Solution != "" {
			n.Source, n.SourceEntry = tracker.FromSolution, t.Solution
		}
		var err error
		ref.ID, err = a.store.GiveTask(a.ctx, a.coordinator, a.city.City.Slug, 0, n)
		return err
	})
	a.add(t.DoneOn, func() error {
		return a.store.MoveTask(a.ctx, a.coordinator, ref, tracker.CompleteTask, t.Result.VI, nil)
	})
}
