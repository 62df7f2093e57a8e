package server

import (
	"errors"
	"net/http"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// showSubmission says what stands in the way of submitting an assessment.
func (s *Server) showSubmission(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.submissionPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.SubmissionShowPage(v))
}

// submitAssessment submits it, where nothing stands in the way.
func (s *Server) submitAssessment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	number, err := assessmentNumber(r)
	if err != nil {
		return err
	}
	if !infoOf(r).resumed {
		err = s.Store.SubmitAssessment(r.Context(), actor, postgres.AssessmentRef{City: a.City, Number: number, Version: f.version()})
		if err == nil {
			return redirect(w, r, a.Submission(number), "notice.assessment_submitted")
		}
	}
	return s.showSubmissionAgain(w, r, actor, err)
}

// showSubmissionAgain shows how things stand now, because of an error or, with
// none, because the form was resumed.
func (s *Server) showSubmissionAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	v, err := s.submissionPage(w, r, actor)
	if err != nil {
		return err
	}
	if v.Changed = errors.Is(cause, tracker.ErrConflict); v.Changed {
		return render(w, r, http.StatusConflict, view.SubmissionShowPage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.SubmissionShowPage(v))
}

func (s *Server) submissionPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.SubmissionShow, error) {
	a, err := address(r)
	if err != nil {
		return view.SubmissionShow{}, err
	}
	number, err := assessmentNumber(r)
	if err != nil {
		return view.SubmissionShow{}, err
	}
	sub, err := s.Store.Submission(r.Context(), actor, a.City, number)
	if err != nil {
		return view.SubmissionShow{}, err
	}
	a = view.Address{City: a.City, Assessment: number}
	v := view.SubmissionShow{Page: s.cityPage(w, r, "submission.title", sub.City, view.Address{City: a.City}, "overview"), Address: a,
		Number: number, Version: sub.Version, DueOn: sub.Assessment.SubmissionDueOn, Closed: closedOf(sub.Assessment),
		NotOpenYet: sub.Today < sub.Assessment.OpenedOn, Score: scoreText(sub.Score()), TextLanguage: sub.City.Language,
		CanManage: actor.May(tracker.ManageCity, sub.City, 0, sub.Today), CanReopen: !sub.Assessment.ClosedOn.IsZero() && !sub.CarriedOn,
		Errors: view.Errors{}}
	v.Name, v.CarriedFrom = v.P.Text(sub.Assessment.Name), v.P.Text(sub.Source.Name)
	for _, m := range sub.Moves {
		v.Moves = append(v.Moves, view.AssessmentMoveRow{On: m.On, Act: string(m.Act), By: m.By, Note: m.Note})
	}
	there := view.Address{City: a.City, Assessment: sub.Source.Number}
	for _, i := range sub.LeftOut {
		v.LeftOut = append(v.LeftOut, ui.Link{Text: i.Code + " " + v.P.Text(i.Title), Href: there.Entry(i.Code)})
	}
	if v.Closed.On.IsZero() && !v.NotOpenYet {
		fillBlockers(&v, sub.Blockers())
	}
	return v, nil
}

// fillBlockers puts what stands in the way, which comes by kind, into its parts.
func fillBlockers(v *view.SubmissionShow, blockers []tracker.Blocker) {
	for _, b := range blockers {
		if n := len(v.Parts); n == 0 || v.Parts[n-1].Kind != string(b.Kind) {
			v.Parts = append(v.Parts, view.BlockerPart{Kind: string(b.Kind)})
		}
		part := &v.Parts[len(v.Parts)-1]
		part.Rows = append(part.Rows, blockerRow(b, v.Address, v.P))
		v.Count++
	}
}

func blockerRow(b tracker.Blocker, a view.Address, p *locale.Printer) view.BlockerRow {
	if r := b.Recommendation; r.ID != 0 {
		return view.BlockerRow{Title: tracker.Excerpt(r.Text), Href: a.Recommendation(r.ID)}
	}
	i := b.Place.Indicator
	row := view.BlockerRow{Code: i.Code, Title: p.Text(i.Title), Href: a.Entry(i.Code), Department: p.Text(b.Department.Name),
		Hidden: b.Evidence.Hidden, Expired: b.Evidence.Passport.ValidUntil}
	if b.Document > 0 {
		row.Document = p.Text(i.Evidence[b.Document-1])
	}
	if b.Evidence.ID != 0 {
		row.Evidence = ui.Link{Text: b.Evidence.Passport.Title, Href: a.Evidence(b.Evidence.ID)}
	}
	if b.Thread != 0 {
		row.Href = view.ThreadsAt{Address: a, Code: i.Code}.Thread(b.Thread)
	}
	return row
}
