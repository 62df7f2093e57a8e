package server

import (
	"context"
	"errors"
	"net/http"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// move is an act without fields of its own but a note.
type move struct {
	act    string
	notice string
	do     func(context.Context, tracker.Actor, postgres.EntryRef, string) error
	show   func(page *view.EntryShow, text string) // where its error stands
}

func (s *Server) moveEntry(w http.ResponseWriter, r *http.Request, actor tracker.Actor, m move) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	note := f.text("note")
	ref, err := entryRef(r, f.version())
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showMoveAgain(w, r, actor, m, note, nil)
	}
	if err = f.refused(); err == nil {
		err = m.do(r.Context(), actor, ref, note)
	}
	switch {
	case errors.Is(err, tracker.ErrConflict):
		return s.moveConflict(w, r, actor, m.act, note)
	case err != nil:
		return s.showMoveAgain(w, r, actor, m, note, err)
	}
	return redirectToEntry(w, r, ref, m.notice)
}

// showMoveAgain is showClaimAgain for an act without fields: the note stands in
// the claim's form no less than in its own.
func (s *Server) showMoveAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, m move, note string, cause error) error {
	page, _, _, err := s.entryPage(w, r, actor)
	if err != nil {
		return err
	}
	page.MoveNote = note
	if cause == nil {
		page.Notice = &ui.Note{Kind: "info", Text: page.P.T("notice.resumed")}
		return render(w, r, http.StatusOK, view.EntryShowPage(page))
	}
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return cause
	}
	for _, text := range messages {
		m.show(&page, text)
	}
	return render(w, r, http.StatusUnprocessableEntity, view.EntryShowPage(page))
}
