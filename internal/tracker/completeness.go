package tracker

import "slices"

// Completeness says how far an entry's evidence is what is expected of it. It is
// no part of the claim and changes none.
type Completeness struct {
	Expected int
	Missing  []int // expected documents that nothing answers, from 1
	Expired  int   // linked evidence that is no longer valid
	Covered  bool  // together they cover the assessment
}

// Complete reports whether nothing is wanting.
func (c Completeness) Complete() bool { return len(c.Missing) == 0 && c.Expired == 0 && c.Covered }

// CompletenessOf looks at an entry's evidence as it stands on the day. Withdrawn
// evidence counts for nothing.
func CompletenessOf(i *Indicator, a Assessment, linked []LinkedEvidence, day Date) Completeness {
	c := Completeness{Expected: len(i.Evidence)}
	answered := make([]bool, len(i.Evidence)+1)
	var periods []period
	for _, l := range linked {
		standing, _ := l.StandingOn(day)
		if standing == EvidenceWithdrawn {
			continue
		}
		count(&c.Expired, standing == EvidenceExpired)
		for _, n := range l.Answers {
			answered[n] = true
		}
		periods = append(periods, l.Passport.period())
	}
	for n := 1; n < len(answered); n++ {
		if !answered[n] {
			c.Missing = append(c.Missing, n)
		}
	}
	c.Covered = cover(periods, period{a.OpenedOn, a.SubmissionDueOn})
	return c
}

// A period holds both its days.
type period struct{ from, to Date }

// lastDate is after every day that a form takes.
const lastDate = Date(1<<31 - 2)

// period is what the document covers. Where it does not say, it covers what it
// is good for: from its issue, or always, to its last valid day, or for ever.
func (p Passport) period() period {
	from, to := p.PeriodFrom, p.PeriodTo
	if from.IsZero() && to.IsZero() {
		from, to = p.IssuedOn, p.ValidUntil
	}
	if to.IsZero() {
		to = lastDate
	}
	return period{from, to}
}

// cover reports whether the periods leave no day of the whole out.
func cover(periods []period, whole period) bool {
	slices.SortFunc(periods, func(x, y period) int { return int(x.from) - int(y.from) })
	next := whole.from // the first day not yet covered
	for _, p := range periods {
		if p.from <= next && p.to >= next {
			next = p.to + 1
		}
	}
	return len(periods) > 0 && next > whole.to
}
