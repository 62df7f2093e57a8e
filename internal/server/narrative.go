package server

import (
	"cmp"
	"errors"
	"net/http"

	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// editNarrative shows the form for an entry's texts.
func (s *Server) editNarrative(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.narrativePage(w, r, actor, false)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.NarrativeEditPage(page))
}

// narrativePage makes the page; again, for a form that comes back.
func (s *Server) narrativePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, again bool) (view.NarrativeEdit, error) {
	entry, _, record, err := s.entryPage(w, r, actor)
	if err != nil {
		return view.NarrativeEdit{}, err
	}
	if !entry.CanEditNarrative && (!again || !mayFill(tracker.EditNarrative, actor, record)) {
		return view.NarrativeEdit{}, cmp.Or(allowedToFill(tracker.EditNarrative, actor, record), tracker.ErrForbidden)
	}
	page := view.NarrativeEdit{
		Page: entry.Page, Address: entry.Address, Code: entry.Code, Title: entry.Title, Question: entry.Question,
		Version: record.Entry.Version, Narrative: record.Entry.Narrative, TextLanguage: entry.TextLanguage,
		Errors: view.Errors{},
	}
	page.Page.Title = page.P.T("narrative_edit.title", "code", entry.Code)
	return page, nil
}

// saveNarrative replaces an entry's texts.
func (s *Server) saveNarrative(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	version := f.version()
	typed := tracker.Narrative{Narrative: f.text("narrative"), Obstacles: f.text("obstacles"), Solution: f.text("solution")}
	ref, err := entryRef(r, version)
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showNarrativeAgain(w, r, actor, typed, version, nil)
	}
	if err = f.refused(); err == nil {
		err = s.Store.EditNarrative(r.Context(), actor, ref, typed)
	}
	switch {
	case errors.Is(err, tracker.ErrConflict):
		return s.narrativeConflict(w, r, actor, typed)
	case err != nil:
		return s.showNarrativeAgain(w, r, actor, typed, version, err)
	}
	return redirectToEntry(w, r, ref, "notice.narrative_saved")
}

// showNarrativeAgain shows the form as it was typed; see showClaimAgain.
func (s *Server) showNarrativeAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	typed tracker.Narrative, version int, cause error) error {
	page, err := s.narrativePage(w, r, actor, true)
	if err != nil {
		return err
	}
	page.Narrative, page.Version = typed, version
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.NarrativeEditPage(page))
}
