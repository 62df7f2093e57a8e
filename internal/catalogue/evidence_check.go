package catalogue

import (
	"slices"

	"learningcity/internal/tracker"
)

func (s *dataset) readEvidence() []Evidence {
	var all []Evidence
	answered := map[Answer]bool{}
	for _, v := range s.items("evidence") {
		e := Evidence{Form: v.get("form").str(), Symbol: v.get("symbol").str(), IssuedOn: dateOf(v.get("issued_on")),
			Year: intOf(v.get("year")), ValidUntil: dateOf(v.get("valid_until")), ValidDays: intOf(v.get("valid_days")),
			Restricted: isTrue(v.get("restricted")), Draft: isTrue(v.get("draft"))}
		e.Answers = s.readAnswers(v, answered)
		s.checkEvidenceDates(v, e)
		if e.Draft && (len(e.Answers) != 1 || e.Form == "link" || len(s.timeline[e.Answers[0].Indicator]) < 3) {
			v.get("draft").problem("a draft is a file for one indicator that was in progress and achieved")
		}
		all = append(all, e)
	}
	return all
}

// readAnswers reads expected documents that exist and that nothing answers yet.
func (s *dataset) readAnswers(v value, answered map[Answer]bool) []Answer {
	var all []Answer
	for _, at := range v.get("answers").items() {
		code, ok := s.indicator(at)
		if !ok {
			continue
		}
		a := Answer{code, intOf(at.get("document"))}
		if most := len(s.indicators[code].Indicator.Evidence); a.Document < 1 || a.Document > most {
			at.get("document").problem("%s expects documents 1 to %d", code, most)
		} else if answered[a] {
			at.problem("document %d of %s is answered twice", a.Document, code)
		}
		answered[a] = true
		all = append(all, a)
	}
	return all
}

// checkEvidenceDates checks the days against each other and against the day on
// which the evidence is added, which no issue may follow.
func (s *dataset) checkEvidenceDates(v value, e Evidence) {
	on := v.get("issued_on")
	checkWorkday(on, e.IssuedOn)
	for _, a := range e.Answers {
		if added := s.evidenceAdded(a.Indicator); e.IssuedOn > added {
			on.problem("after %s, when %s has it", added, a.Indicator)
		}
	}
	if e.Year != 0 && (e.Year < firstYear || e.Year > lastYear || e.Year > e.IssuedOn.Year()) {
		v.get("year").problem("year %d is not between %d and the issue", e.Year, firstYear)
	}
	if !e.ValidUntil.IsZero() && (e.ValidUntil < e.IssuedOn || e.ValidDays != 0) {
		v.get("valid_until").problem("before the issue, or given twice")
	}
}

// evidenceAdded is the day on which the indicator was achieved, or was last
// told of.
func (s *dataset) evidenceAdded(indicator string) tracker.Date {
	changes := s.timeline[indicator]
	if i := slices.IndexFunc(changes, func(c StatusChange) bool { return c.Claim == tracker.ClaimAchieved }); i >= 0 {
		return changes[i].EffectiveOn
	}
	return secondReport
}
