package postgres

import (
	"context"
	"errors"
	"reflect"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// seenCity is a city and its current assessment as they were when an entry was
// shown last. They are a guess: what they lead to counts only where both still are
// so in the state of the database that it was read from.
type seenCity struct {
	city       tracker.City
	assessment tracker.Assessment
}

// errOtherwise says that a city has not been seen, or is not as it was seen.
var errOtherwise = errors.New("the city is not as it was seen")

// recordAhead reads the record in the round trip that finds the city. Who may not
// enter hears that as ever, and nothing of what was read. It answers errOtherwise
// where the record must be asked for again, after the city.
func (s *Store) recordAhead(ctx context.Context, actor tracker.Actor, ref EntryRef, more beside) (*tracker.EntryRecord, error) {
	seen, p, err := s.guess(actor, ref)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	if p.queue(batch, seen, more) != nil {
		return nil, errOtherwise // whoever is refused is refused by the city as it is
	}
	var of assessments
	queued := func(entering *pgx.Batch) {
		of.queue(entering)
		entering.QueuedQueries = append(entering.QueuedQueries, batch.QueuedQueries...)
		entering.Queue("COMMIT")
	}
	err = s.readCity(ctx, actor, ref.City, queued, func(at *snapshot) error {
		if current, _ := tracker.CurrentAssessment(of.all); current != p.Assessment || at.today != p.Today || !reflect.DeepEqual(at.city, p.City) {
			return errOtherwise
		}
		p.Assessments = of.all
		p.arrange(actor)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.EntryRecord, nil
}

// guess prepares the record as if the city were as it was seen. Nothing is read ahead
// for strangers, who must not learn from the time it takes which cities there are.
func (s *Store) guess(actor tracker.Actor, ref EntryRef) (visit, *recordParts, error) {
	seen, ok := s.seen.get(ref.City)
	framework, known := s.frameworks.get(seen.assessment.FrameworkID)
	ids, too := s.entryIDs.get(seen.assessment.ID)
	if !ok || !known || !too || !actor.MightAt(tracker.ReadCity, ref.City) {
		return visit{}, nil, errOtherwise
	}
	v := visit{actor: actor, city: seen.city, now: s.now()}
	var err error
	if v.today, err = todayIn(v.city, v.now); err != nil {
		return v, nil, err
	}
	p, err := partsOf(&tracker.EntryRecord{City: v.city, Assessment: seen.assessment, Framework: framework,
		Today: v.today, On: v.today}, ref.Indicator, ids)
	if err != nil {
		return v, nil, errOtherwise // who may not enter shall not hear of a code
	}
	return v, p, nil
}
