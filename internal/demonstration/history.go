package demonstration

import (
	"learningcity/internal/catalogue"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

var (
	// lateValuesOn is when the figures of 2024 were typed in for entries that
	// had been accepted before them.
	lateValuesOn = tracker.NewDate(2025, 2, 15)
	// reportedOn is when the city reported its last score: the reviewer looked
	// at the late figures again, and the narratives of open entries were written.
	reportedOn = tracker.NewDate(2025, 2, 28)
	// stillChanged are the entries that the reviewer had not got to by then.
	stillChanged = map[string]bool{"8.3.1": true, "12.1.1": true}
)

// lateYear is the year whose figures came after most entries were accepted.
const lateYear = 2024

// ref names an entry for its next act.
func (p *player) ref(indicator string) postgres.EntryRef {
	ref := postgres.EntryRef{City: p.city.City.Slug, Indicator: indicator, Version: p.versions[indicator]}
	p.versions[indicator]++
	return ref
}

// replay makes every claim on its day. What is achieved was claimed, told,
// shown and submitted by the coordinator in the morning and accepted in the afternoon.
func (p *player) replay() error {
	p.advice = newAdviser(p)
	for _, h := range p.city.StatusHistory {
		if err := p.advice.upTo(h.EffectiveOn); err != nil {
			return err
		}
		p.at(h.EffectiveOn, 9)
		var err error
		switch h.Claim {
		case tracker.ClaimNotStarted: // how every entry is opened
		case tracker.ClaimInProgress:
			if err = p.store.ChangeClaim(p.ctx, p.coordinator, p.ref(h.Indicator), h.Claim, h.Note.VI, 0, false); err == nil {
				err = p.addDrafts(h.Indicator)
			}
		case tracker.ClaimAchieved:
			err = p.achieve(h)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *player) achieve(h catalogue.StatusChange) error {
	i := h.Indicator
	if err := p.store.ChangeClaim(p.ctx, p.coordinator, p.ref(i), h.Claim, "", 0, false); err != nil {
		return err
	}
	p.at(h.EffectiveOn, 10)
	if err := p.tell(i, func(m catalogue.Measurement) bool { return p.knownOn(m, h.EffectiveOn) }); err != nil {
		return err
	}
	if err := p.attach(i); err != nil {
		return err
	}
	p.at(h.EffectiveOn, 11)
	if err := p.store.Submit(p.ctx, p.coordinator, p.ref(i), ""); err != nil {
		return err
	}
	p.at(h.EffectiveOn, 15)
	return p.store.Accept(p.ctx, p.reviewer, p.ref(i), h.Note.VI)
}

// knownOn: a survey's figure is known in its own year, an official one in the
// year after.
func (p *player) knownOn(m catalogue.Measurement, day tracker.Date) bool {
	return m.Year < day.Year() || m.Year == day.Year() && p.survey(m.Indicator)
}

func (p *player) survey(indicator string) bool { return p.sources[indicator] == tracker.Survey }

// tell writes an entry's narrative, and those of its figures that are wanted.
func (p *player) tell(indicator string, wanted func(catalogue.Measurement) bool) error {
	for _, e := range p.city.Entries {
		if e.Indicator != indicator {
			continue
		}
		texts := tracker.Narrative{Narrative: e.Narrative.VI, Obstacles: e.Obstacles.VI, Solution: e.Solution.VI}
		if err := p.store.EditNarrative(p.ctx, p.coordinator, p.ref(indicator), texts); err != nil {
			return err
		}
	}
	for _, m := range p.city.Measurements {
		if m.Indicator != indicator || !wanted(m) {
			continue
		}
		if err := p.measure(m); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) measure(m catalogue.Measurement) error {
	return p.store.RecordMeasurement(p.ctx, p.coordinator, p.ref(m.Indicator), tracker.Measurement{
		Year: m.Year, Value: m.Value, HasTarget: true, Target: m.Target, Source: m.Source.VI})
}

// achievedOn is the day on which an indicator was achieved; zero for never.
func (p *player) achievedOn(indicator string) tracker.Date {
	for _, h := range p.city.StatusHistory {
		if h.Indicator == indicator && h.Claim == tracker.ClaimAchieved {
			return h.EffectiveOn
		}
	}
	return 0
}

// late lists the figures of 2024 that came after their entry was accepted.
func (p *player) late() []catalogue.Measurement {
	var all []catalogue.Measurement
	for _, m := range p.city.Measurements {
		accepted := p.achievedOn(m.Indicator)
		if m.Year == lateYear && !accepted.IsZero() && accepted < lateValuesOn && !p.knownOn(m, accepted) {
			all = append(all, m)
		}
	}
	return all
}

// addLateValues types in the figures of 2024: their entries are now changed
// since accepted.
func (p *player) addLateValues() error {
	p.at(lateValuesOn, 9)
	for _, m := range p.late() {
		if err := p.measure(m); err != nil {
			return err
		}
	}
	return nil
}

// closeFebruary accepts the changed entries again but for two, and tells how
// the open ones stand.
func (p *player) closeFebruary() error {
	p.at(reportedOn, 9)
	for _, a := range p.city.Assignments {
		if !p.achievedOn(a.Indicator).IsZero() {
			continue
		}
		if err := p.tell(a.Indicator, func(catalogue.Measurement) bool { return true }); err != nil {
			return err
		}
		if err := p.attach(a.Indicator); err != nil {
			return err
		}
	}
	p.at(reportedOn, 15)
	for _, m := range p.late() {
		if stillChanged[m.Indicator] {
			continue
		}
		if err := p.store.Accept(p.ctx, p.reviewer, p.ref(m.Indicator), ""); err != nil {
			return err
		}
	}
	return nil
}
