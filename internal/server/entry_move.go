package server

import (
	"context"
	"errors"
	"net/http"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// move is an act without fields of its own but a note.
type move struct {
	act    tracker.Action
	notice string
	do     func(context.Context, tracker.Actor, postgres.EntryRef, string) error
	show   func(page *view.EntryShow, errs view.Errors) // its form, with the errors
}

func (s *Server) moveEntry(w http.ResponseWriter, r *http.Request, actor tracker.Actor, m move) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	note, version := f.text("note"), f.version()
	ref, err := entryRef(r, version)
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showMoveAgain(w, r, actor, m, note, version, nil)
	}
	if err = f.refused(); err == nil {
		err = m.do(r.Context(), actor, ref, note)
	}
	switch {
	case errors.Is(err, tracker.ErrConflict):
		return s.moveConflict(w, r, actor, string(m.act), note)
	case err != nil:
		return s.showMoveAgain(w, r, actor, m, note, version, err)
	}
	return redirectToEntry(w, r, ref, m.notice)
}

// showMoveAgain is showClaimAgain for an act without fields but its note.
func (s *Server) showMoveAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	m move, note string, version int, cause error) error {
	page, _, record, err := s.entryPage(w, r, actor)
	if err != nil {
		return err
	}
	if err := allowedToFill(m.act, actor, record); err != nil {
		return err
	}
	page.MoveNote, page.ClaimForm.Version = note, version
	var refusals view.Errors
	status, err := again(&page.Page, &refusals, cause)
	if err != nil {
		return err
	}
	m.show(&page, refusals)
	return render(w, r, status, view.EntryShowPage(page))
}

// only is the error of a form that says all it has to say in one place.
func only(errs view.Errors) string {
	for _, text := range errs {
		return text
	}
	return ""
}
