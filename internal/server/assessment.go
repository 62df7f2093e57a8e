package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// managedAssessments reads the city's assessments for somebody who looks after
// them today.
func (s *Server) managedAssessments(r *http.Request, actor tracker.Actor) (*postgres.CityAssessments, view.Address, error) {
	a, err := address(r)
	if err != nil {
		return nil, a, err
	}
	c, err := s.Store.Assessments(r.Context(), actor, a.City)
	if err != nil {
		return nil, a, err
	}
	if err := actor.Allowed(tracker.ManageCity, c.City, 0, c.Today); err != nil {
		return nil, a, err
	}
	return c, view.Address{City: a.City}, nil
}

// listAssessments lists the city's assessments, the latest first.
func (s *Server) listAssessments(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	c, a, err := s.managedAssessments(r, actor)
	if err != nil {
		return err
	}
	v := view.AssessmentList{Page: s.cityPage(w, r, "assessment_list.title", c.City, a, "manage"), Address: a}
	for i := len(c.All) - 1; i >= 0; i-- {
		v.Rows = append(v.Rows, assessmentRow(c, c.All[i], a, v.P))
	}
	return render(w, r, http.StatusOK, view.AssessmentListPage(v))
}

func assessmentRow(c *postgres.CityAssessments, one tracker.Assessment, a view.Address, p *locale.Printer) view.AssessmentRow {
	row := view.AssessmentRow{
		Number: one.Number, Name: p.Text(one.Name), OpenedOn: one.OpenedOn, SubmissionDueOn: one.SubmissionDueOn,
		ClosedOn: one.ClosedOn, NotOpenYet: c.Today < one.OpenedOn, NeedsReview: one.NeedsReview,
	}
	for _, f := range c.Frameworks {
		if f.ID == one.FrameworkID {
			row.Framework = frameworkName(f, p)
		}
	}
	row.Submitted, row.CarriedFrom, row.SubmissionHref = one.Submitted, carriedFrom(one, c.All, p), a.Submission(one.Number)
	switch {
	case canReopen(one, c.All):
		row.ReopenHref = a.AssessmentAct(one.Number, reopening.act)
	case one.ClosedOn.IsZero() && !row.NotOpenYet:
		row.CloseHref = a.AssessmentAct(one.Number, closing.act)
	}
	a.Assessment = one.Number
	row.Href, row.AssignHref = a.Overview(), a.Assignments("")
	return row
}

// canReopen reports whether the assessment is closed and no other has carried it
// over.
func canReopen(one tracker.Assessment, all []tracker.Assessment) bool {
	return !one.ClosedOn.IsZero() && !slices.ContainsFunc(all, func(a tracker.Assessment) bool { return a.CarriedFrom == one.ID })
}

// carriedFrom is the name of the assessment that this one began with; empty for
// none.
func carriedFrom(a tracker.Assessment, all []tracker.Assessment, p *locale.Printer) string {
	for _, one := range all {
		if one.ID == a.CarriedFrom {
			return p.T("assessment_list.name", "number", one.Number, "name", p.Text(one.Name))
		}
	}
	return ""
}

// closedOf says how the assessment ended, where it has.
func closedOf(a tracker.Assessment) view.Closed {
	return view.Closed{On: a.ClosedOn, Submitted: a.Submitted}
}

func frameworkName(f tracker.Framework, p *locale.Printer) string {
	return p.T("assessment.framework.name", "title", p.Text(f.Title), "version", f.Version)
}

// newAssessment shows the form with what most assessments have.
func (s *Server) newAssessment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.newAssessmentPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.AssessmentNewPage(v))
}

func (s *Server) newAssessmentPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.AssessmentNew, error) {
	c, a, err := s.managedAssessments(r, actor)
	if err != nil {
		return view.AssessmentNew{}, err
	}
	v := view.AssessmentNew{Page: s.cityPage(w, r, "assessment_new.title", c.City, a, "manage"), Address: a,
		OpenedOn: c.Today.String(), Review: "yes", CarryDepartments: "yes", Errors: view.Errors{}}
	for i := len(c.All) - 1; i >= 0; i-- {
		if one := c.All[i]; !one.ClosedOn.IsZero() {
			v.Sources = append(v.Sources, ui.Option{Value: strconv.Itoa(one.Number),
				Label: v.P.T("assessment_list.name", "number", one.Number, "name", v.P.Text(one.Name))})
		}
	}
	for _, f := range c.Frameworks {
		v.Frameworks = append(v.Frameworks, ui.Option{Value: f.Code + "/" + f.Version, Label: frameworkName(f, v.P)})
	}
	return v, nil
}

// assessmentForm is what was typed for a new assessment.
type assessmentForm struct {
	names                          view.NamePair
	framework, opened, due, review string
	from, departments, dueOn       string
	assessment                     tracker.Assessment
	carry                          tracker.CarryOver
}

// openAssessment opens the city's next assessment.
func (s *Server) openAssessment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed, problem := readAssessment(f)
	if infoOf(r).resumed {
		return s.showAssessmentAgain(w, r, actor, typed, nil)
	}
	var number int
	if problem = tracker.Together(typed.assessment.Check(), problem, f.refused()); problem == nil {
		number, problem = s.Store.OpenAssessment(r.Context(), actor, chi.URLParam(r, "city"), typed.framework, typed.assessment, typed.carry)
	}
	a := view.Address{City: chi.URLParam(r, "city")}
	switch {
	case problem != nil:
		return s.showAssessmentAgain(w, r, actor, typed, problem)
	case typed.carry.From != 0:
		return redirect(w, r, a.Submission(number), "notice.assessment_carried")
	}
	return redirect(w, r, a.Assessments(), "notice.assessment_opened")
}

// readAssessment reads the form; its error names the fields that nobody could
// make sense of.
func readAssessment(f *form) (assessmentForm, error) {
	typed := assessmentForm{
		names:     view.NamePair{VI: f.text("name_vi"), EN: f.text("name_en")},
		framework: f.text("framework"), opened: f.text("opened_on"), due: f.text("submission_due_on"), review: f.text("review"),
	}
	opened, openedErr := readDay("opened_on", typed.opened)
	due, dueErr := readDay("submission_due_on", typed.due)
	var reviewErr error
	if typed.review != "yes" && typed.review != "no" {
		reviewErr = tracker.Invalid("review", "assessment.error.review")
	}
	typed.assessment = tracker.Assessment{Name: tracker.Text(typed.names), OpenedOn: opened, SubmissionDueOn: due,
		NeedsReview: typed.review == "yes"}
	return typed, tracker.Together(openedErr, dueErr, reviewErr, typed.readCarryOver(f))
}

// readCarryOver reads what the assessment is to begin with; a city that has
// closed none yet is not asked.
func (typed *assessmentForm) readCarryOver(f *form) error {
	typed.from, typed.departments, typed.dueOn = f.text("carry_from"), f.text("carry_departments"), f.text("due_on")
	if typed.from == "" {
		return nil
	}
	number, err := strconv.ParseInt(typed.from, 10, 32)
	if err != nil || number < 1 {
		return tracker.Invalid("carry_from", "carry_over.error.unknown")
	}
	var choiceErr error
	if typed.departments != "yes" && typed.departments != "no" {
		choiceErr = tracker.Invalid("carry_departments", "carry_over.error.departments")
	}
	dueOn, dueErr := readDay("due_on", typed.dueOn)
	typed.carry = tracker.CarryOver{From: int(number), Departments: typed.departments == "yes", DueOn: dueOn}
	return tracker.Together(choiceErr, dueErr)
}

// readDay reads a day that may be missing.
func readDay(field, text string) (tracker.Date, error) {
	if text == "" {
		return 0, nil
	}
	day, err := tracker.ParseDate(text)
	if err != nil {
		return 0, tracker.Invalid(field, "on.error.malformed")
	}
	return day, nil
}

// showAssessmentAgain shows the form as it was typed, because of an error or,
// with none, because it was resumed.
func (s *Server) showAssessmentAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed assessmentForm, cause error) error {
	v, err := s.newAssessmentPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Path = v.NewAssessment() // the form's own address shows the list
	v.Names, v.Framework, v.OpenedOn, v.SubmissionDueOn, v.Review = typed.names, typed.framework, typed.opened, typed.due, typed.review
	v.CarryFrom, v.CarryDepartments, v.DueOn = typed.from, typed.departments, typed.dueOn
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AssessmentNewPage(v))
}

// assessmentNumber reads the number in the path; what is none cannot exist.
func assessmentNumber(r *http.Request) (int, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 32)
	if err != nil || n < 1 {
		return 0, tracker.ErrNotFound
	}
	return int(n), nil
}

// assessmentMove is closing an assessment or opening it again.
type assessmentMove struct {
	act, notice string
	do          func(*postgres.Store, context.Context, tracker.Actor, postgres.AssessmentRef, string) error
}

var (
	closing   = assessmentMove{"close", "notice.assessment_closed", (*postgres.Store).CloseAssessment}
	reopening = assessmentMove{"reopen", "notice.assessment_reopened", (*postgres.Store).ReopenAssessment}
)

// askToMove shows the form.
func (s *Server) askToMove(m assessmentMove) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		v, err := s.movePage(w, r, actor, m)
		if err != nil {
			return err
		}
		return render(w, r, http.StatusOK, view.AssessmentMovePage(v))
	}
}

// moveAssessment closes an assessment or opens it again, for a reason.
func (s *Server) moveAssessment(m assessmentMove) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		f, err := readForm(r)
		if err != nil {
			return err
		}
		number, err := assessmentNumber(r)
		if err != nil {
			return err
		}
		note, ref := f.text("note"), postgres.AssessmentRef{City: chi.URLParam(r, "city"), Number: number, Version: f.version()}
		if !infoOf(r).resumed {
			if err = f.refused(); err == nil {
				err = m.do(s.Store, r.Context(), actor, ref, note)
			}
			if err == nil {
				return redirect(w, r, view.Address{City: ref.City}.Submission(number), m.notice)
			}
		}
		return s.showMoveOfAssessmentAgain(w, r, actor, m, note, err)
	}
}

func (s *Server) movePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, m assessmentMove) (view.AssessmentMove, error) {
	c, a, err := s.managedAssessments(r, actor)
	if err != nil {
		return view.AssessmentMove{}, err
	}
	number, err := assessmentNumber(r)
	if err != nil || number > len(c.All) {
		return view.AssessmentMove{}, tracker.ErrNotFound
	}
	one := c.All[number-1] // numbers count from 1 without gaps
	v := view.AssessmentMove{Page: s.cityPage(w, r, "assessment_"+m.act+".title", c.City, a, "manage"), Address: a,
		Act: m.act, Number: number, Version: one.Version, Today: c.Today, Errors: view.Errors{}}
	v.Name = v.P.Text(one.Name)
	return v, nil
}

// showMoveOfAssessmentAgain shows the form as it was typed, because of an error
// or, with none, because it was resumed. Where somebody else was faster it carries
// the version of now, so that sending it again is a decision.
func (s *Server) showMoveOfAssessmentAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, m assessmentMove, note string, cause error) error {
	v, err := s.movePage(w, r, actor, m)
	if err != nil {
		return err
	}
	v.Note = note
	if v.Changed = errors.Is(cause, tracker.ErrConflict); v.Changed {
		return render(w, r, http.StatusConflict, view.AssessmentMovePage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AssessmentMovePage(v))
}
