package server

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// showDecision is what a reviewer saw who decided at the version in the address,
// and what has changed since. Versions at which nobody decided have no page.
func (s *Server) showDecision(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	ref, err := entryRef(r, 0)
	if err != nil {
		return err
	}
	record, err := s.Store.EntryRecord(r.Context(), actor, ref, 0)
	if err != nil {
		return err
	}
	decision, found := decisionAt(record, chi.URLParam(r, "version"))
	if !found {
		return tracker.ErrNotFound
	}
	a := view.Address{City: ref.City, Assessment: ref.Assessment}
	base := s.cityPage(w, r, "decision.title", record.City, a, "indicators")
	now := entryShower{record: record, a: a, p: base.P, actor: actor}
	return render(w, r, http.StatusOK, view.DecisionShowPage(now.decision(base, decision)))
}

func decisionAt(r *tracker.EntryRecord, version string) (tracker.StatusChange, bool) {
	for _, c := range r.Decisions() {
		if strconv.Itoa(c.EntryVersion) == version {
			return c, true
		}
	}
	return tracker.StatusChange{}, false
}

func (e entryShower) decision(base view.Page, c tracker.StatusChange) view.DecisionShow {
	seen := e.record.SightAt(c.EntryVersion)
	then := *e.record
	then.Narrative, then.Measurements, then.State.Claim = seen.Narrative, seen.Measurements, seen.Claim
	past := entryShower{record: &then, a: e.a, p: e.p} // nobody, who may do nothing
	v := view.DecisionShow{
		EntryShow: past.page(base, chosenDay{on: then.On, isToday: true}), Act: string(c.Act), By: c.RecordedBy, Note: c.Note,
		At: e.p.Time(wall(c.RecordedAt, e.record.City)), Since: e.difference(seen, e.record.SightNow()),
	}
	v.Page.Title = base.Title
	v.Since.Title = e.p.T("decision.since")
	for _, document := range seen.Evidence {
		v.Seen = append(v.Seen, view.SeenRow{Title: document.Passport.Title, Facts: e.passportLines(document.Passport), Href: e.a.Evidence(document.ID), Version: document.Version,
			Withdrawn: document.Withdrawn, Answers: e.answers(document.Answers)})
	}
	return v
}
