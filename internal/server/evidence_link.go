package server

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// editLink shows the form that links evidence to an indicator, or changes which
// expected documents it answers.
func (s *Server) editLink(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.linkPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.EvidenceLinkPage(v))
}

func (s *Server) linkPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.EvidenceLink, error) {
	var v view.EvidenceLink
	_, id, err := evidenceAddress(r)
	if err != nil {
		return v, err
	}
	entry, _, record, err := s.entryPage(w, r, actor)
	if err != nil {
		return v, err
	}
	if err := allowedToLink(actor, record); err != nil {
		return v, err
	}
	e, err := s.Store.Evidence(r.Context(), actor, record.City.Slug, id)
	if err != nil {
		return v, err
	}
	if !e.Evidence.WithdrawnOn.IsZero() {
		return v, tracker.ErrNotFound // there is nothing to link any more
	}
	v = view.EvidenceLink{Page: entry.Page, Address: entry.Address, Code: entry.Code, Name: entry.Title, Version: record.Entry.Version,
		Evidence: evidenceRow(e.Evidence, e.Today, entry.Address, entry.P), Expected: entry.Evidence, Answers: map[int]bool{}, Errors: view.Errors{}}
	v.Title = v.P.T("evidence_link.title", "code", v.Code)
	for _, l := range record.Evidence {
		if l.ID == id {
			v.Linked = true
			for _, n := range l.Answers {
				v.Answers[n] = true
			}
		}
	}
	return v, nil
}

// allowedToLink is nil where the actor may change now what supports the entry,
// else what to answer.
func allowedToLink(actor tracker.Actor, r *tracker.EntryRecord) error {
	if err := allowedToFill(tracker.LinkToEntry, actor, r); err != nil {
		return err
	}
	if !r.Assessment.ClosedOn.IsZero() {
		return tracker.ErrForbidden
	}
	return nil
}

// saveLink links the evidence.
func (s *Server) saveLink(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ref, err := entryRef(r, linkVersion(f))
	if err != nil {
		return err
	}
	_, id, err := evidenceAddress(r)
	if err != nil {
		return err
	}
	to := postgres.LinkTo{EntryRef: ref}
	typed := map[int]bool{}
	for _, text := range f.r.PostForm["answers"] {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = 0 // which no document is
		}
		to.Answers, typed[n] = append(to.Answers, n), true
	}
	if !infoOf(r).resumed {
		if err = s.Store.Link(r.Context(), actor, ref.City, id, []postgres.LinkTo{to}); err == nil {
			return redirectToEntry(w, r, ref, "notice.evidence_linked")
		}
	}
	return s.showLinkAgain(w, r, actor, typed, err)
}

func (s *Server) showLinkAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed map[int]bool, cause error) error {
	v, err := s.linkPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Answers = typed
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.EvidenceLinkPage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.EvidenceLinkPage(v))
}

// linkVersion is the version that the form carried; the store would take 0 for
// any.
func linkVersion(f *form) int {
	if v := f.version(); v > 0 {
		return v
	}
	return -1
}

// unlinkEvidence takes the evidence from the indicator.
func (s *Server) unlinkEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ref, err := entryRef(r, linkVersion(f))
	if err != nil {
		return err
	}
	id, err := tracker.ParseLibraryKey(chi.URLParam(r, "evidence"))
	if err != nil {
		return tracker.ErrNotFound
	}
	if infoOf(r).resumed {
		return leadToEntry(w, r, actor)
	}
	if err := s.Store.Unlink(r.Context(), actor, ref, id); err != nil {
		return err
	}
	return redirectToEntry(w, r, ref, "notice.evidence_unlinked")
}
