package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// showReview is one entry on the reviewers' desk. With ?seen=version it shows what
// has changed since that version too.
func (s *Server) showReview(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.review(w, r, actor)
	if err != nil {
		return err
	}
	if seen, err := strconv.Atoi(r.URL.Query().Get("seen")); err == nil {
		v.meanwhile(seen)
	}
	return render(w, r, http.StatusOK, view.ReviewShowPage(v.page))
}

// leadToReview opens the page for who opens the address of a verdict.
func leadToReview(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	ref, err := entryRef(r, 0)
	if err != nil {
		return err
	}
	a := view.Address{City: ref.City, Assessment: ref.Assessment}
	return redirect(w, r, a.Review(ref.Indicator, reviewFilter(r)), "")
}

// A reviewer's page is made of the entry's own and of the queue around it.
type reviewShower struct {
	entryShower
	queue *tracker.Reviews
	page  view.ReviewShow
}

func (s *Server) review(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (*reviewShower, error) {
	ref, err := entryRef(r, 0)
	if err != nil {
		return nil, err
	}
	review, err := s.Store.Review(r.Context(), actor, ref)
	if err != nil {
		return nil, err
	}
	a := view.Address{City: ref.City, Assessment: ref.Assessment}
	base := s.cityPage(w, r, "review_list.title", review.City, a, "reviews")
	record := review.EntryRecord
	shown := &reviewShower{entryShower: entryShower{record: &record, a: a, p: base.P, actor: actor}, queue: &review.Queue}
	shown.fill(base, reviewFilter(r))
	return shown, nil
}

func (e *reviewShower) fill(base view.Page, filter tracker.ReviewFilter) {
	r := e.record
	e.page = view.ReviewShow{EntryShow: e.entryShower.page(base, chosenDay{on: r.On, isToday: true}), Filter: filter}
	v := &e.page
	// The city's own forms are on the entry's page.
	v.CanLink, v.CanMeasure, v.CanEditNarrative = false, false, false
	v.Threads.Review = &v.Filter
	if r.Place.Indicator.Kind == tracker.Quantitative {
		v.Measurements = measurementRows(r, e.a, false, e.p)
	}
	v.Form.Version = r.Entry.Version
	v.CanDecide = canDecide(e.actor, e.queue, r.Entry)
	e.steps()
	e.waiting()
	e.earlier()
	e.previews()
}

// steps fills the way through the queue.
func (e *reviewShower) steps() {
	v := &e.page
	step := tracker.StepOf(e.queue.Chosen(v.Filter), v.Code)
	v.Place, v.Total = step.Place, step.Total
	link := func(code string) ui.Link {
		if code == "" {
			return ui.Link{}
		}
		return ui.Link{Text: code, Href: e.a.Review(code, v.Filter)}
	}
	v.Previous, v.Next = link(step.Previous), link(step.Next)
}

// waiting fills since when the entry waits, and what was written with it.
func (e *reviewShower) waiting() {
	v := &e.page
	for _, w := range e.queue.Waiting {
		if w.Entry.ID == e.record.Entry.ID {
			v.Waits, v.SubmittedBy, v.Since, v.Days = true, w.SubmittedBy, w.Since, w.Days(e.record.Today)
			v.Own = w.Entry.OwnOf(e.actor.AccountID)
		}
	}
	if last := e.lastChange(); last.To.Verdict == tracker.VerdictAwaiting {
		v.Message = last.Note
	}
}

func (e *reviewShower) lastChange() tracker.StatusChange {
	var last tracker.StatusChange
	for _, c := range e.record.Changes {
		if c.EntryVersion > last.EntryVersion {
			last = c
		}
	}
	return last
}

// earlier fills what changed since the last verdict, whatever it was: who returned
// an entry wants to see what was done about it.
func (e *reviewShower) earlier() {
	v := &e.page
	v.EntryShow.Since = nil
	if decisions := e.record.Decisions(); v.Waits && len(decisions) > 0 {
		d := e.differenceSince(decisions[len(decisions)-1])
		v.Earlier = &d
	}
}

// previews fills how the files may be looked at.
func (e *reviewShower) previews() {
	for n, l := range e.record.Evidence {
		row, content := &e.page.Linked[n], l.Latest.Content
		if l.Hidden || content.Kind() != tracker.FileEvidence {
			continue
		}
		row.FileHref = e.a.File(l.ID, l.Latest.Number)
		if canPreview(content.File) {
			row.PreviewHref = e.a.Preview(l.ID, l.Latest.Number)
			row.Image = strings.HasPrefix(content.File.MediaType, "image/")
		}
	}
}

// meanwhile shows what has changed since the version.
func (e *reviewShower) meanwhile(version int) {
	r := e.record
	if version < 1 || version >= r.Entry.Version {
		return
	}
	d := e.difference(r.SightAt(version), r.SightNow())
	d.Title, d.None = e.p.T("review_show.meanwhile"), e.p.T("review_show.meanwhile.none")
	e.page.Meanwhile = &d
}

// A verdict is what the two buttons of the page do.
type verdict struct {
	act    tracker.Action
	notice string
	do     func(context.Context, tracker.Actor, postgres.EntryRef, string) error
}

func (s *Server) acceptReview(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.decide(w, r, actor, verdict{tracker.Accept, "notice.accepted", s.Store.Accept})
}

func (s *Server) returnReview(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.decide(w, r, actor, verdict{tracker.Return, "notice.returned", s.Store.Return})
}

// decide writes a verdict and goes straight on to the entry that came next when
// the page was opened.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, actor tracker.Actor, v verdict) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed, next := view.ReviewForm{Version: f.version(), Note: f.text("note")}, f.text("next")
	ref, err := entryRef(r, typed.Version)
	if err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showVerdictAgain(w, r, actor, v, typed, nil)
	}
	if err = f.refused(); err == nil {
		err = v.do(r.Context(), actor, ref, typed.Note)
	}
	switch {
	case errors.Is(err, tracker.ErrConflict):
		return s.verdictConflict(w, r, actor, v, typed)
	case err != nil:
		return s.showVerdictAgain(w, r, actor, v, typed, err)
	}
	a := view.Address{City: ref.City, Assessment: ref.Assessment}
	if next == "" {
		return redirect(w, r, a.Reviews(reviewFilter(r)), v.notice)
	}
	return redirect(w, r, a.Review(next, reviewFilter(r)), v.notice)
}

// showVerdictAgain shows the page with the remark as it was typed. Any error but
// an *InvalidError is passed on; nil means that the form came back after signing
// in.
func (s *Server) showVerdictAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, v verdict, typed view.ReviewForm, cause error) error {
	shown, err := s.review(w, r, actor)
	if err != nil {
		return err
	}
	if err := allowedToFill(v.act, actor, shown.record); err != nil {
		return err
	}
	page := &shown.page
	status, err := again(&page.Page, &typed.Errors, cause)
	if err != nil {
		return err
	}
	// What was typed is not lost where the entry's own state refuses it.
	page.Form, page.CanDecide = typed, true
	return render(w, r, status, view.ReviewShowPage(*page))
}

// verdictConflict tells that somebody was faster. Where the entry still waits it
// shows what changed and asks again, on the version of now; where somebody else
// has decided meanwhile it shows their verdict. The remark is kept in either case.
func (s *Server) verdictConflict(w http.ResponseWriter, r *http.Request, actor tracker.Actor, v verdict, typed view.ReviewForm) error {
	shown, err := s.review(w, r, actor)
	if err != nil {
		return err
	}
	if err := allowedToFill(v.act, actor, shown.record); err != nil {
		return err
	}
	page := &shown.page
	page.Form.Note = typed.Note
	by, at := lastAct(shown.record)
	who := []any{"name", by, "moment", page.P.Time(wall(at, shown.record.City))}
	if page.Waits {
		page.Conflict = &view.ReviewConflict{Title: page.P.T("entry_conflict.who", who...), Text: page.P.T("review_show.changed")}
		shown.meanwhile(typed.Version)
	} else {
		last := shown.lastChange()
		page.Conflict = &view.ReviewConflict{Title: page.P.T("act."+string(last.Act)) + " · " + page.P.T("entry_conflict.who", who...),
			Text: page.P.T("review_show.decided"), Note: last.Note}
	}
	page.Page.Title = page.P.T("entry_conflict.title")
	return render(w, r, http.StatusConflict, view.ReviewShowPage(*page))
}
