package server

import (
	"errors"
	"net/http"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

const (
	halfCookie = "half_sign_in"
	// halfLifetime is how long somebody who has typed the password has to find
	// the code.
	halfLifetime = 5 * time.Minute
)

// beginSecondStep remembers in the browser that the password was right. It is
// no session: only the page that asks for the code knows it.
func (s *Server) beginSecondStep(w http.ResponseWriter, r *http.Request, account int64) error {
	token, hash := newToken()
	if err := s.Store.HalfSignIn(r.Context(), account, hash, halfLifetime); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: halfCookie, Value: token, Path: "/", MaxAge: int(halfLifetime.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: infoOf(r).secure,
	})
	return nil
}

// askSecondStep follows the right password. A form that was sent when the
// session was over goes along.
func (s *Server) askSecondStep(w http.ResponseWriter, r *http.Request, f *form, account int64) error {
	if err := s.beginSecondStep(w, r, account); err != nil {
		return err
	}
	if safeReturnPath(f.text("resume_action")) != "" {
		return s.showSecondStepAgain(w, r, f, http.StatusOK, nil)
	}
	return redirect(w, r, secondStepPath(f.text("next")), "")
}

func secondStepPath(next string) string {
	if next = safeReturnPath(next); next != "" {
		return view.SecondStepPath + "?" + encodeNext(next)
	}
	return view.SecondStepPath
}

// newSecondStep is the page that asks for the code.
func (s *Server) newSecondStep(w http.ResponseWriter, r *http.Request) error {
	next := safeReturnPath(r.URL.Query().Get("next"))
	err := s.Store.HalfSignedIn(r.Context(), cookieHash(r, halfCookie))
	if errors.Is(err, tracker.ErrNotFound) {
		if next == "" {
			return redirect(w, r, view.SignInPath, "")
		}
		return redirect(w, r, view.SignInPath+"?"+encodeNext(next), "")
	}
	if err != nil {
		return err
	}
	page := view.SecondStepNew{Page: s.page(w, r, "second_step.title"), Errors: view.Errors{}, Next: next}
	return render(w, r, http.StatusOK, view.SecondStepNewPage(page))
}

// passSecondStep signs in with the code. What was typed before goes on.
func (s *Server) passSecondStep(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	left, err := s.endSecondStep(w, r, f)
	var wait *tracker.WaitError
	var invalid *tracker.InvalidError
	switch {
	case errors.As(err, &wait):
		if err := s.holdBack(w, r, wait); err != nil {
			return err
		}
		return s.showSecondStepAgain(w, r, f, http.StatusTooManyRequests, wait)
	case errors.As(err, &invalid):
		return s.showSecondStepAgain(w, r, f, http.StatusUnprocessableEntity, err)
	case errors.Is(err, tracker.ErrNotFound):
		return s.showSignInAgain(w, r, f, http.StatusUnprocessableEntity, func(p *locale.Printer) string { return p.T("second_step.error.over") })
	case err != nil:
		return err
	}
	return s.arrive(w, r, f, fewCodesNotice(left))
}

func fewCodesNotice(left int) string {
	if left <= tracker.FewRecoveryCodes {
		return "notice.few_recovery_codes"
	}
	return ""
}

// endSecondStep starts the session. The try is counted before the code is
// looked at; what cannot be a code is no try.
func (s *Server) endSecondStep(w http.ResponseWriter, r *http.Request, f *form) (left int, err error) {
	code, err := readCode(f, "")
	if err != nil {
		return 0, err
	}
	half := cookieHash(r, halfCookie)
	kept, err := s.Store.TrySecondStep(r.Context(), half, cookieHash(r, browserCookie))
	if err != nil {
		return 0, err
	}
	proof, err := s.prove(kept, code)
	if err != nil {
		return 0, err
	}
	token, session := s.nextSession(w, r)
	left, err = s.Store.PassSecondStep(r.Context(), visitor(r), half, proof, session)
	if err != nil {
		return 0, code.usedUp(err)
	}
	http.SetCookie(w, &http.Cookie{Name: halfCookie, Path: "/", MaxAge: -1, HttpOnly: true})
	giveSession(w, r, token)
	return left, nil
}

// showSecondStepAgain keeps what came along, but for the code.
func (s *Server) showSecondStepAgain(w http.ResponseWriter, r *http.Request, f *form, status int, cause error) error {
	action := safeReturnPath(f.text("resume_action"))
	if action != "" {
		leave, err := s.waitForPlace(w, r)
		if err != nil {
			return err
		}
		defer leave()
	}
	page := view.SecondStepNew{Page: s.page(w, r, "second_step.title"), Next: safeReturnPath(f.text("next")), ResumeAction: action}
	page.Path, page.Errors = view.SecondStepPath, codeMessages(cause, "code", page.P)
	if action != "" {
		page.Resume = carriedFields(f, resumePrefix)
	}
	return render(w, r, status, view.SecondStepNewPage(page))
}

// codeMessages are those of a code that was refused, or has to wait.
func codeMessages(cause error, field string, p *locale.Printer) view.Errors {
	var wait *tracker.WaitError
	if errors.As(cause, &wait) {
		return view.Errors{field: waitWords(wait, "second_step", p)}
	}
	if messages, invalid := messagesOf(cause, p); invalid {
		return messages
	}
	return view.Errors{}
}

// resetSecondStep is the button of a person's page.
func (s *Server) resetSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	ref, err := s.readPerson(r)
	if err != nil {
		return err
	}
	if err := s.Store.ResetSecondStep(r.Context(), actor, ref); err != nil {
		return s.personActRefused(w, r, actor, err)
	}
	return redirect(w, r, view.Address{City: ref.City}.People(), "notice.second_step_reset")
}

// requireSecondStep says whether the city requires a second step of some of its
// people.
func (s *Server) requireSecondStep(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	required, known := map[string]bool{"yes": true, "no": false}[f.text("required")]
	if !known {
		return errBadRequest
	}
	if err := s.Store.RequireSecondStep(r.Context(), actor, a.City, required); err != nil {
		return s.requirementRefused(w, r, actor, err)
	}
	notice := "notice.second_step_optional"
	if required {
		notice = "notice.second_step_required"
	}
	return redirect(w, r, a.People(), notice)
}

func (s *Server) requirementRefused(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	list, err := s.peopleListPage(w, r, actor)
	if err != nil {
		return err
	}
	messages, invalid := messagesOf(cause, list.P)
	if !invalid {
		return cause
	}
	list.Path = list.People()
	list.Notice = &ui.Note{Kind: "warning", Text: messages[""]}
	return render(w, r, http.StatusUnprocessableEntity, view.PeopleListPage(list))
}

// secondStepRule is what a coordinator sees of the city's requirement.
func secondStepRule(city tracker.City, a view.Address) *view.SecondStepRule {
	return &view.SecondStepRule{Required: city.SecondStepRequired, Action: a.SecondStep()}
}

// ownProof counts the try of who is signed in and compares the code.
func (s *Server) ownProof(r *http.Request, f *form, prefix string) (typedCode, postgres.OwnProof, error) {
	own := postgres.OwnProof{TokenHash: sessionHash(r), Browser: cookieHash(r, browserCookie)}
	code, err := readCode(f, prefix)
	if err != nil {
		return code, own, err
	}
	kept, err := s.Store.TryOwnSecondStep(r.Context(), own.TokenHash, own.Browser)
	if err != nil {
		return code, own, err
	}
	own.Proof, err = s.prove(kept, code)
	return code, own, err
}
