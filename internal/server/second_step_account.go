package server

import (
	"errors"
	"net/http"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// editSecondStep is the page of one's own second step: how to set it up, or
// what can be done with it.
func (s *Server) editSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.showSecondStep(w, r, actor, "", http.StatusOK, nil)
}

// showSecondStep shows the page with what was refused; sealed is the secret that
// was being set up.
func (s *Server) showSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor, sealed string, status int, messages view.Errors) error {
	page := view.SecondStepEdit{
		Page: s.page(w, r, "second_step_edit.title"), Email: actor.Email, Has: actor.SecondStep, Errors: messages}
	page.Path = view.AccountSecondStepPath
	for _, m := range actor.Memberships {
		if actor.LacksSecondStepAt(m.CitySlug) {
			page.Waiting = append(page.Waiting, page.P.Text(m.CityName))
		}
	}
	if !actor.SecondStep {
		return s.showOffer(w, r, actor, sealed, status, page)
	}
	var err error
	if page.CodesLeft, err = s.Store.RecoveryCodesLeft(r.Context(), sessionHash(r)); err != nil {
		return err
	}
	page.Few = page.CodesLeft <= tracker.FewRecoveryCodes
	page.Required = actor.DisableSecondStep() != nil
	return render(w, r, status, view.SecondStepEditPage(page))
}

func (s *Server) showOffer(w http.ResponseWriter, r *http.Request, actor tracker.Actor, sealed string, status int, page view.SecondStepEdit) error {
	var o offer
	var err error
	if sealed == "" {
		o, err = s.newOffer(actor.AccountID)
	} else {
		o, err = s.readOffer(sealed, actor.AccountID)
	}
	if err != nil {
		return err
	}
	if page.Offer, err = o.show(actor.Email); err != nil {
		return err
	}
	return render(w, r, status, view.SecondStepEditPage(page))
}

// secondStepRefused shows the page again with the reason at its field.
func (s *Server) secondStepRefused(w http.ResponseWriter, r *http.Request, actor tracker.Actor, sealed, field string, cause error) error {
	var wait *tracker.WaitError
	p := s.printer(r)
	messages := codeMessages(cause, field, p)
	switch {
	case errors.As(cause, &wait):
		if err := s.holdBack(w, r, wait); err != nil {
			return err
		}
		if field == "old_password" {
			messages[field] = waitWords(wait, "password", p)
		}
		return s.showSecondStep(w, r, actor, sealed, http.StatusTooManyRequests, messages)
	case len(messages) == 0:
		return cause
	}
	return s.showSecondStep(w, r, actor, sealed, http.StatusUnprocessableEntity, messages)
}

// enableSecondStep counts once the app has shown that it knows the secret.
func (s *Server) enableSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if actor.SecondStep {
		return tracker.ErrConflict
	}
	o, err := s.readOffer(f.text("secret"), actor.AccountID)
	if err != nil {
		return err
	}
	code, err := readAppCode("code", f.text("code"))
	var step int64
	if err == nil {
		step, err = stepOf(o.secret, code, s.Store.Now(), true)
	}
	if err != nil {
		return s.secondStepRefused(w, r, actor, o.sealed, "code", err)
	}
	if _, err := s.checkOwnPassword(r, actor, f.secret("old_password")); err != nil {
		return s.secondStepRefused(w, r, actor, o.sealed, "old_password", err)
	}
	return s.keepSecondStep(w, r, actor, o, step)
}

func (s *Server) keepSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor, o offer, step int64) error {
	sealed, err := s.secrets.seal(o.secret, actor.AccountID)
	if err != nil {
		return err
	}
	codes, hashes := newRecoveryCodes()
	err = s.Store.EnableSecondStep(r.Context(), actor, postgres.NewSecondStep{
		TokenHash: sessionHash(r), Secret: sealed, Step: step, Codes: hashes, Browser: cookieHash(r, browserCookie)})
	if errors.Is(err, tracker.ErrNotFound) { // set up elsewhere meanwhile
		return tracker.ErrConflict
	}
	if err != nil {
		return err
	}
	return s.showRecoveryCodes(w, r, codes)
}

// showRecoveryCodes shows them for the only time.
func (s *Server) showRecoveryCodes(w http.ResponseWriter, r *http.Request, codes []string) error {
	page := view.RecoveryCodes{Page: s.page(w, r, "recovery_codes.title"), Codes: codes}
	page.Path = view.AccountSecondStepPath
	return render(w, r, http.StatusOK, view.RecoveryCodesPage(page))
}

// renewRecoveryCodes asks for a code, so that a browser left open does not give
// a way in.
func (s *Server) renewRecoveryCodes(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if !actor.SecondStep {
		return tracker.ErrConflict
	}
	code, own, err := s.ownProof(r, f, "")
	if err != nil {
		return s.secondStepRefused(w, r, actor, "", "code", err)
	}
	codes, hashes := newRecoveryCodes()
	if err := s.Store.RenewRecoveryCodes(r.Context(), actor, own, hashes); err != nil {
		return s.secondStepRefused(w, r, actor, "", "code", code.usedUp(err))
	}
	return s.showRecoveryCodes(w, r, codes)
}

// disableSecondStep asks for both, the code and the password.
func (s *Server) disableSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if err := actor.DisableSecondStep(); err != nil {
		return s.secondStepRefused(w, r, actor, "", "", err)
	}
	code, own, err := s.ownProof(r, f, "off_")
	if err != nil {
		return s.secondStepRefused(w, r, actor, "", "off_code", err)
	}
	if _, err := s.checkOwnPassword(r, actor, f.secret("old_password")); err != nil {
		return s.secondStepRefused(w, r, actor, "", "old_password", err)
	}
	if err := s.Store.DisableSecondStep(r.Context(), actor, own); err != nil {
		return s.secondStepRefused(w, r, actor, "", "off_code", code.usedUp(err))
	}
	return redirect(w, r, view.AccountPath, "notice.second_step_disabled")
}
