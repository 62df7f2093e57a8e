package server

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
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
	if !actor.May(tracker.ManageCity, c.City, 0, c.Today) {
		return nil, a, tracker.ErrForbidden
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
	if one.Close(c.Today) == nil {
		row.CloseHref = a.CloseAssessment(one.Number)
	}
	a.Assessment = one.Number
	row.Href, row.AssignHref = a.Overview(), a.Assignments("")
	return row
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
		OpenedOn: c.Today.String(), Review: "yes", Errors: view.Errors{}}
	for _, f := range c.Frameworks {
		v.Frameworks = append(v.Frameworks, ui.Option{Value: f.Code + "/" + f.Version, Label: frameworkName(f, v.P)})
	}
	return v, nil
}

// assessmentForm is what was typed for a new assessment.
type assessmentForm struct {
	names                          view.NamePair
	framework, opened, due, review string
	assessment                     tracker.Assessment
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
	if problem = tracker.Together(typed.assessment.Check(), problem, f.refused()); problem == nil {
		_, problem = s.Store.OpenAssessment(r.Context(), actor, chi.URLParam(r, "city"), typed.framework, typed.assessment)
	}
	if problem != nil {
		return s.showAssessmentAgain(w, r, actor, typed, problem)
	}
	return redirect(w, r, view.Address{City: chi.URLParam(r, "city")}.Assessments(), "notice.assessment_opened")
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
	return typed, tracker.Together(openedErr, dueErr, reviewErr)
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
	messages, invalid := messagesOf(cause, s.printer(r))
	if cause != nil && !invalid {
		return cause
	}
	v, err := s.newAssessmentPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Path = v.NewAssessment() // the form's own address shows the list
	v.Names, v.Framework, v.OpenedOn, v.SubmissionDueOn, v.Review = typed.names, typed.framework, typed.opened, typed.due, typed.review
	return showAgain(w, r, &v.Page, &v.Errors, messages, func() templ.Component { return view.AssessmentNewPage(v) })
}

// askToClose asks whether the assessment is to be closed.
func (s *Server) askToClose(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.showClosing(w, r, actor, nil)
}

// closeAssessment closes it.
func (s *Server) closeAssessment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if _, err := readForm(r); err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showClosing(w, r, actor, nil)
	}
	number, err := assessmentNumber(r)
	if err != nil {
		return err
	}
	a := view.Address{City: chi.URLParam(r, "city")}
	err = s.Store.CloseAssessment(r.Context(), actor, a.City, number)
	var invalid *tracker.InvalidError
	if errors.As(err, &invalid) {
		return s.showClosing(w, r, actor, err)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, a.Assessments(), "notice.assessment_closed")
}

// assessmentNumber reads the number in the path; what is none cannot exist.
func assessmentNumber(r *http.Request) (int, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 32)
	if err != nil || n < 1 {
		return 0, tracker.ErrNotFound
	}
	return int(n), nil
}

func (s *Server) showClosing(w http.ResponseWriter, r *http.Request, actor tracker.Actor, cause error) error {
	c, a, err := s.managedAssessments(r, actor)
	if err != nil {
		return err
	}
	number, err := assessmentNumber(r)
	if err != nil || number > len(c.All) {
		return tracker.ErrNotFound
	}
	one := c.All[number-1] // numbers count from 1 without gaps
	v := view.AssessmentClose{Page: s.cityPage(w, r, "assessment_close.title", c.City, a, "manage"), Address: a,
		Number: number, Today: c.Today, Errors: view.Errors{}}
	v.Name = v.P.Text(one.Name)
	status := http.StatusOK
	if cause == nil {
		cause = one.Close(c.Today)
	}
	if messages, invalid := messagesOf(cause, v.P); invalid {
		v.Errors, status = messages, http.StatusUnprocessableEntity
	}
	return render(w, r, status, view.AssessmentClosePage(v))
}
