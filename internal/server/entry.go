package server

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// showEntry is the page of one indicator, as of any day.
func (s *Server) showEntry(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, day, _, err := s.entryPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, day.status(), view.EntryShowPage(page))
}

// entryRef names the entry of a request, at the version that its form carried.
func entryRef(r *http.Request, version int) (postgres.EntryRef, error) {
	a, err := address(r)
	if err != nil {
		return postgres.EntryRef{}, err
	}
	return postgres.EntryRef{City: a.City, Assessment: a.Assessment, Indicator: chi.URLParam(r, "code"), Version: version}, nil
}

// entryPage makes the page of an indicator, with an untouched form.
func (s *Server) entryPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.EntryShow, chosenDay, *tracker.EntryRecord, error) {
	var none view.EntryShow
	ref, err := entryRef(r, 0)
	if err != nil {
		return none, chosenDay{}, nil, err
	}
	record, err := s.Store.EntryRecord(r.Context(), actor, ref, askedDay(r))
	if err != nil {
		return none, chosenDay{}, nil, err
	}
	day := dayOf(r, record.Today)
	a := view.Address{City: ref.City, Assessment: ref.Assessment, On: day.carried()}
	base := s.cityPage(w, r, "entry_show.title", record.City, a, "indicators")
	e := entryShower{record: record, a: a, p: base.P, actor: actor}
	page := e.page(base, day)
	return page, day, record, nil
}

// changeClaim saves a claim, and submits it when the second button was used.
func (s *Server) changeClaim(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed := view.ClaimForm{
		Version: f.version(), Claim: f.text("claim"), Note: f.text("note"), EffectiveOn: f.text("effective_on"),
	}
	ref, err := entryRef(r, typed.Version)
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showClaimAgain(w, r, actor, typed, nil)
	}
	submit := f.text("then") == "submit"
	err = f.refused()
	if err == nil {
		err = s.saveClaim(r, actor, ref, typed, submit)
	}
	switch {
	case errors.Is(err, tracker.ErrConflict):
		return s.claimConflict(w, r, actor, typed, submit)
	case err != nil:
		return s.showClaimAgain(w, r, actor, typed, err)
	case submit:
		return redirectToEntry(w, r, ref, "notice.claim_saved_and_submitted")
	}
	return redirectToEntry(w, r, ref, "notice.claim_saved")
}

func (s *Server) saveClaim(r *http.Request, actor tracker.Actor, ref postgres.EntryRef, typed view.ClaimForm, submit bool) error {
	var effectiveOn tracker.Date
	if typed.EffectiveOn != "" {
		var err error
		if effectiveOn, err = tracker.ParseDate(typed.EffectiveOn); err != nil {
			return tracker.Invalid("effective_on", "effective_on.error.malformed")
		}
	}
	return s.Store.ChangeClaim(r.Context(), actor, ref, tracker.Claim(typed.Claim), typed.Note, effectiveOn, submit)
}

func redirectToEntry(w http.ResponseWriter, r *http.Request, ref postgres.EntryRef, notice string) error {
	return redirect(w, r, view.Address{City: ref.City, Assessment: ref.Assessment}.Entry(ref.Indicator), notice)
}

// leadToEntry opens the indicator's page for who opens the address of an act.
func leadToEntry(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	ref, err := entryRef(r, 0)
	if err != nil {
		return err
	}
	return redirectToEntry(w, r, ref, "")
}

// mayFill reports whether the form of the action is the person's to fill in. A
// form that comes back is shown to them also where the assessment has closed
// meanwhile, so that what was typed is not lost.
func mayFill(action tracker.Action, actor tracker.Actor, r *tracker.EntryRecord) bool {
	return actor.May(action, r.City, r.Entry.DepartmentID, r.Today)
}

// allowedToFill is nil where mayFill, else what to answer.
func allowedToFill(action tracker.Action, actor tracker.Actor, r *tracker.EntryRecord) error {
	return actor.Allowed(action, r.City, r.Entry.DepartmentID, r.Today)
}

// showClaimAgain shows the indicator's page with the form as it was typed. Any
// error but an *InvalidError is passed on; nil means that the form came back
// after signing in.
func (s *Server) showClaimAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed view.ClaimForm, cause error) error {
	page, _, record, err := s.entryPage(w, r, actor)
	if err != nil {
		return err
	}
	if err := allowedToFill(tracker.ChangeClaim, actor, record); err != nil {
		return err
	}
	page.CanClaim, page.CanBackdate = true, mayFill(tracker.BackdateClaim, actor, record)
	status, err := again(&page.Page, &page.ClaimForm.Errors, cause)
	if err != nil {
		return err
	}
	page.ClaimForm.Version, page.ClaimForm.Claim = typed.Version, typed.Claim
	page.ClaimForm.Note, page.ClaimForm.EffectiveOn = typed.Note, typed.EffectiveOn
	return render(w, r, status, view.EntryShowPage(page))
}

// submitEntry hands an achieved claim to the reviewers.
func (s *Server) submitEntry(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.moveEntry(w, r, actor, move{tracker.Submit, "notice.submitted", s.Store.Submit,
		func(page *view.EntryShow, errs view.Errors) { page.SubmitError, page.CanSubmit = only(errs), true }})
}

// withdrawEntry takes a submitted entry back.
func (s *Server) withdrawEntry(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.moveEntry(w, r, actor, move{tracker.Withdraw, "notice.withdrawn", s.Store.Withdraw,
		func(page *view.EntryShow, errs view.Errors) { page.WithdrawError = only(errs) }})
}

// reopenEntry puts an accepted entry back in the queue.
func (s *Server) reopenEntry(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.moveEntry(w, r, actor, move{tracker.Reopen, "notice.reopened", s.Store.Reopen,
		func(page *view.EntryShow, errs view.Errors) { page.ReopenErrors, page.CanReopen = errs, true }})
}
