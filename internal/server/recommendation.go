package server

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// listRecommendations lists what experts recommend in an assessment.
func (s *Server) listRecommendations(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	f, status, err := recommendationFilter(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Recommendations(r.Context(), actor, a.City, a.Assessment, f)
	if err != nil {
		return err
	}
	v := view.RecommendationList{Page: s.cityPage(w, r, "recommendation.title", found.City, a, "tasks"), Address: a,
		TextLanguage: found.City.Language, Blocking: found.Blocking, Chosen: f != (tracker.RecommendationFilter{})}
	if status != http.StatusOK {
		v.Problem = v.P.T("recommendation.error.filter")
	}
	v.Assessments = assessmentChoices(found.Assessments, found.Assessment, a, func(there view.Address) string {
		return there.Recommendations(tracker.RecommendationFilter{})
	}, v.P)
	v.BlockingHref = a.Recommendations(tracker.RecommendationFilter{Required: "yes"})
	act := tracker.AdviceAct{Actor: actor, City: found.City, Assessment: found.Assessment, Today: found.Today}
	if act.MayRecommend() {
		v.NewHref = a.NewRecommendation("")
	}
	for _, one := range found.Rows {
		row := recommendationRow(one, a, v.P)
		row.Text = tracker.Excerpt(one.Text)
		v.Rows = append(v.Rows, row)
	}
	recommendationFilters(&v, f)
	v.OlderHref, v.NewestHref = recommendationPages(found, f, a)
	return render(w, r, status, view.RecommendationListPage(v))
}

// recommendationFilter reads the filter; what it cannot know is left out and
// answered 422. A place in the list that is none is nowhere.
func recommendationFilter(r *http.Request) (f tracker.RecommendationFilter, status int, err error) {
	q, status := r.URL.Query(), http.StatusOK
	if before := q.Get("before"); before != "" {
		if f.Before, err = tracker.ParseDayKey(before); err != nil {
			return f, status, tracker.ErrNotFound
		}
	}
	if state := tracker.RecommendationState(q.Get("state")); state.Known() {
		f.State = state
	} else if state != "" {
		status = http.StatusUnprocessableEntity
	}
	switch required := q.Get("required"); required {
	case "", "yes", "no":
		f.Required = required
	default:
		status = http.StatusUnprocessableEntity
	}
	return f, status, nil
}

func recommendationFilters(v *view.RecommendationList, f tracker.RecommendationFilter) {
	option := func(text string, set func(*tracker.RecommendationFilter)) view.FilterOption {
		to := f
		set(&to)
		current := to == f
		to.Before = tracker.DayKey{}
		return view.FilterOption{Text: text, Href: v.Recommendations(to), Current: current}
	}
	v.States = append(v.States, option(v.P.T("recommendation.state.all"), func(f *tracker.RecommendationFilter) { f.State = "" }))
	for _, state := range tracker.RecommendationStates {
		v.States = append(v.States, option(v.P.T("recommendation.state."+string(state)), func(f *tracker.RecommendationFilter) { f.State = state }))
	}
	v.Required = []view.FilterOption{
		option(v.P.T("recommendation.required.all"), func(f *tracker.RecommendationFilter) { f.Required = "" }),
		option(v.P.T("recommendation.required.yes"), func(f *tracker.RecommendationFilter) { f.Required = "yes" }),
		option(v.P.T("recommendation.required.no"), func(f *tracker.RecommendationFilter) { f.Required = "no" }),
	}
}

func recommendationPages(found *tracker.RecommendationPage, f tracker.RecommendationFilter, a view.Address) (older, newest string) {
	at := f.Before
	if found.Next != (tracker.DayKey{}) {
		f.Before = found.Next
		older = a.Recommendations(f)
	}
	if f.Before = (tracker.DayKey{}); at != f.Before {
		newest = a.Recommendations(f)
	}
	return older, newest
}

func recommendationRow(one tracker.Recommendation, a view.Address, _ *locale.Printer) view.RecommendationRow {
	return view.RecommendationRow{Text: one.Text, Href: a.Recommendation(one.ID), State: string(one.State), Required: one.Required,
		GivenOn: one.GivenOn, GivenBy: one.GivenByName, Indicators: codeLinks(one.Indicators, a)}
}

// recommendationRecord reads the recommendation of the address.
func (s *Server) recommendationRecord(r *http.Request, actor tracker.Actor) (*tracker.RecommendationRecord, view.Address, error) {
	a, err := address(r)
	if err != nil {
		return nil, a, err
	}
	id, err := tracker.ParseLibraryKey(chi.URLParam(r, "recommendation"))
	if err != nil {
		return nil, a, tracker.ErrNotFound
	}
	record, err := s.Store.Recommendation(r.Context(), actor, a.City, id)
	if err != nil {
		return nil, a, err
	}
	return record, inAssessment(view.Address{City: a.City}, record.Assessment), nil
}

func recommendationActor(record *tracker.RecommendationRecord, actor tracker.Actor) tracker.AdviceAct {
	return tracker.AdviceAct{Actor: actor, City: record.City, Assessment: record.Assessment, Today: record.Today}
}

// showRecommendation is the page of one recommendation.
func (s *Server) showRecommendation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	record, a, err := s.recommendationRecord(r, actor)
	if err != nil {
		return err
	}
	one := record.Recommendation
	v := view.RecommendationShow{Page: s.cityPage(w, r, "recommendation.title", record.City, a, "tasks"), Address: a,
		Source: one.Source, TextLanguage: record.City.Language}
	v.Title, v.Assessment = v.P.T("recommendation.of", "day", one.GivenOn), v.P.Text(record.Assessment.Name)
	v.Row = recommendationRow(one, a, v.P)
	for _, act := range recommendationActor(record, actor).Possible(one) {
		v.Acts = append(v.Acts, ui.Link{Text: v.P.T("recommendation.act." + string(act)), Href: a.RecommendationAct(one.ID, actSegment(act))})
	}
	if one.State == tracker.RecommendationTakenOn && recommendationActor(record, actor).MayGiveTask(tracker.FromRecommendation) {
		v.NewTaskHref = a.NewTask(tracker.FromRecommendation, "", one.ID)
	}
	for _, task := range record.Tasks {
		v.Tasks = append(v.Tasks, taskRow(task, a, record.Today, v.P))
	}
	v.Moves = moveRows(record.Moves, record.City, a, v.P)
	return render(w, r, http.StatusOK, view.RecommendationShowPage(v))
}

// newRecommendation shows the form to give one, on an indicator where the
// address names it.
func (s *Server) newRecommendation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	var chosen []string
	if code, _ := cleanText(r.URL.Query().Get("indicator")); code != "" {
		chosen = []string{code}
	}
	v, today, err := s.recommendationPage(w, r, actor, chosen)
	if err != nil {
		return err
	}
	v.Form.GivenOn = today.String()
	return render(w, r, http.StatusOK, view.RecommendationNewPage(v))
}

func (s *Server) recommendationPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, chosen []string) (view.RecommendationNew, tracker.Date, error) {
	var v view.RecommendationNew
	a, err := address(r)
	if err != nil {
		return v, 0, err
	}
	o, err := s.Store.Overview(r.Context(), actor, a.City, a.Assessment, 0)
	if err != nil {
		return v, 0, err
	}
	if err := actor.Allowed(tracker.GiveRecommendation, o.City, 0, o.Today); err != nil {
		return v, 0, err
	}
	if o.Assessment.ID == 0 {
		return v, 0, tracker.ErrNotFound // there is nothing to advise on yet
	}
	v = view.RecommendationNew{Page: s.cityPage(w, r, "recommendation.new", o.City, a, "tasks"), Address: a,
		Action: inAssessment(a, o.Assessment).NewRecommendation(""), TextLanguage: o.City.Language, Errors: view.Errors{}}
	v.Assessment, v.Areas = v.P.Text(o.Assessment.Name), pickAreas(o.Framework, chosen, v.P)
	return v, o.Today, nil
}

// giveRecommendation writes what an expert recommends.
func (s *Server) giveRecommendation(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, err := address(r)
	if err != nil {
		return err
	}
	typed := view.RecommendationForm{Text: f.text("text"), Source: f.text("source"), GivenOn: f.text("given_on"), Required: f.text("required")}
	codes := readCodes(f)
	if !infoOf(r).resumed {
		var id int64
		one, problem := readRecommendation(typed, codes)
		if err = tracker.Together(problem, f.refused()); err == nil {
			id, err = s.Store.GiveRecommendation(r.Context(), actor, a.City, a.Assessment, one)
		}
		if err == nil {
			return redirect(w, r, a.Recommendation(id), "notice.recommendation_given")
		}
	}
	v, _, failed := s.recommendationPage(w, r, actor, codes)
	if failed != nil {
		return failed
	}
	v.Form = typed
	status, err := again(&v.Page, &v.Errors, err)
	if err != nil {
		return err
	}
	return render(w, r, status, view.RecommendationNewPage(v))
}

func readRecommendation(t view.RecommendationForm, codes []string) (tracker.Recommendation, error) {
	day, err := readDay("given_on", t.GivenOn)
	if t.Required != "yes" && t.Required != "no" {
		err = tracker.Together(err, tracker.Invalid("required", "recommendation.error.required"))
	}
	return tracker.Recommendation{Text: t.Text, Source: t.Source, GivenOn: day, Required: t.Required == "yes", Indicators: codes}, err
}

// askToMoveRecommendation shows the form of the act; where it is not open to the
// person now, the recommendation's page says how things stand.
func (s *Server) askToMoveRecommendation(act tracker.Action) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		record, a, err := s.recommendationRecord(r, actor)
		if err != nil {
			return err
		}
		one := record.Recommendation
		if _, problem := recommendationActor(record, actor).MoveRecommendation(one, act, "x", 0); problem != nil {
			return redirect(w, r, a.Recommendation(one.ID), "")
		}
		v, err := s.moveRecommendationPage(w, r, actor, act, saidForm{})
		if err != nil {
			return err
		}
		return render(w, r, http.StatusOK, view.AdviceActPage(v))
	}
}

func (s *Server) moveRecommendationPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, act tracker.Action, said saidForm) (view.AdviceAct, error) {
	record, a, err := s.recommendationRecord(r, actor)
	if err != nil {
		return view.AdviceAct{}, err
	}
	one := record.Recommendation
	v := view.AdviceAct{Page: s.cityPage(w, r, "recommendation.title", record.City, a, "tasks"), Address: a, Version: one.Version,
		Text: one.Text, TextLanguage: record.City.Language, Action: a.RecommendationAct(one.ID, actSegment(act)), Note: said.note}
	v = adviceActForm(v, act, "recommendation")
	v.List = ui.Link{Text: v.P.T("recommendation.title"), Href: a.Recommendations(tracker.RecommendationFilter{})}
	v.Back = ui.Link{Text: v.P.T("recommendation.of", "day", one.GivenOn), Href: a.Recommendation(one.ID)}
	return v, s.candidates(r, actor, &v, record.Assessment.ID, one.Indicators, said.evidence, record.Today)
}

// moveRecommendation does the act.
func (s *Server) moveRecommendation(act tracker.Action) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		f, err := readForm(r)
		if err != nil {
			return err
		}
		a, err := address(r)
		if err != nil {
			return err
		}
		id, err := tracker.ParseLibraryKey(chi.URLParam(r, "recommendation"))
		if err != nil {
			return tracker.ErrNotFound
		}
		said := readSaid(f)
		if !infoOf(r).resumed {
			if err = f.refused(); err == nil {
				ref := postgres.RecommendationRef{City: a.City, ID: id, Version: said.version}
				err = s.Store.MoveRecommendation(r.Context(), actor, ref, act, said.note, said.evidence)
			}
			if err == nil {
				return redirect(w, r, a.Recommendation(id), "notice.recommendation_moved")
			}
		}
		v, failed := s.moveRecommendationPage(w, r, actor, act, said)
		if failed != nil {
			return failed
		}
		return showActAgain(w, r, v, said.version, err)
	}
}

// showActAgain shows the form as it was typed. Where somebody else was faster it
// carries the version of now, so that sending it again is a decision.
func showActAgain(w http.ResponseWriter, r *http.Request, v view.AdviceAct, version int, cause error) error {
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.AdviceActPage(v))
	}
	v.Version = version
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.AdviceActPage(v))
}
