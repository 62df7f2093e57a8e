package server

import (
	"net/http"
	"time"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// conflictPage begins the page that shows both versions of a field each when
// somebody else was faster. The form on it carries the version that the entry
// is at now, so that sending it again is a decision.
func (s *Server) conflictPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, act string) (view.EntryConflict, *tracker.EntryRecord, error) {
	entry, _, record, err := s.entryPage(w, r, actor)
	if err != nil {
		return view.EntryConflict{}, nil, err
	}
	page := view.EntryConflict{
		Page: entry.Page, Address: entry.Address, Code: entry.Code, Title: entry.Title, Act: act,
		Version: record.Entry.Version, TextLanguage: entry.TextLanguage, Back: entry.TodayRef,
	}
	page.Page.Title = page.P.T("entry_conflict.title")
	by, at := lastAct(record)
	page.ChangedBy, page.ChangedAt = by, wall(at, record.City)
	return page, record, nil
}

// lastAct is who acted on the entry last, and when it was recorded.
func lastAct(r *tracker.EntryRecord) (by string, at time.Time) {
	version := 0
	for _, c := range r.Changes {
		if c.EntryVersion > version {
			version, by, at = c.EntryVersion, c.RecordedBy, c.RecordedAt
		}
	}
	for _, v := range r.Revisions {
		if v.EntryVersion > version {
			version, by, at = v.EntryVersion, v.RecordedBy, v.RecordedAt
		}
	}
	return by, at
}

func (s *Server) claimConflict(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed view.ClaimForm, submit bool) error {
	page, record, err := s.conflictPage(w, r, actor, "claim")
	if err != nil {
		return err
	}
	p := page.P
	claim := tracker.Claim(typed.Claim)
	yours := typed.Claim
	if claim.Known() {
		yours = p.T("claim." + typed.Claim)
	}
	page.Pairs = []view.ConflictPair{
		{Label: p.T("entry_show.claim"), Theirs: p.T("claim." + string(record.Entry.State.Claim)),
			Name: "claim", Yours: typed.Claim, YoursText: yours},
		{Label: p.T("entry_show.note"), Theirs: lastNote(record), Name: "note", Yours: typed.Note, Long: true},
		{Name: "effective_on", Yours: typed.EffectiveOn, Hidden: true},
	}
	if submit {
		page.Pairs = append(page.Pairs, view.ConflictPair{Name: "then", Yours: "submit", Hidden: true})
	}
	return render(w, r, http.StatusConflict, view.EntryConflictPage(page))
}

func lastNote(r *tracker.EntryRecord) string {
	if n := len(r.Changes); n > 0 {
		return r.Changes[n-1].Note
	}
	return ""
}

func (s *Server) moveConflict(w http.ResponseWriter, r *http.Request, actor tracker.Actor, act, note string) error {
	page, record, err := s.conflictPage(w, r, actor, act)
	if err != nil {
		return err
	}
	page.Pairs = []view.ConflictPair{
		{Label: page.P.T("entry_show.note"), Theirs: lastNote(record), Name: "note", Yours: note, Long: true},
	}
	return render(w, r, http.StatusConflict, view.EntryConflictPage(page))
}

func (s *Server) narrativeConflict(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed tracker.Narrative) error {
	page, record, err := s.conflictPage(w, r, actor, "narrative")
	if err != nil {
		return err
	}
	p, theirs := page.P, record.Entry.Narrative
	page.Pairs = []view.ConflictPair{
		{Label: p.T("narrative.narrative"), Theirs: theirs.Narrative, Name: "narrative", Yours: typed.Narrative, Long: true},
		{Label: p.T("narrative.obstacles"), Theirs: theirs.Obstacles, Name: "obstacles", Yours: typed.Obstacles, Long: true},
		{Label: p.T("narrative.solution"), Theirs: theirs.Solution, Name: "solution", Yours: typed.Solution, Long: true},
	}
	return render(w, r, http.StatusConflict, view.EntryConflictPage(page))
}

func (s *Server) measurementConflict(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed measurementForm) error {
	page, record, err := s.conflictPage(w, r, actor, "measurement")
	if err != nil {
		return err
	}
	p := page.P
	var theirs view.MeasurementRow
	for _, row := range measurementRows(record, page.Address, false, p) {
		if row.Year == typed.year {
			theirs = row
		}
	}
	page.Pairs = []view.ConflictPair{
		{Label: p.T("measurement.year"), Theirs: theirs.Year, Name: "year", Yours: typed.year},
		{Label: p.T("measurement.value"), Theirs: theirs.Value, Name: "value", Yours: typed.value},
		{Label: p.T("measurement.target"), Theirs: theirs.Target, Name: "target", Yours: typed.target},
		{Label: p.T("measurement.source"), Theirs: theirs.Source, Name: "source", Yours: typed.source},
	}
	return render(w, r, http.StatusConflict, view.EntryConflictPage(page))
}
