package server

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// threadsPageSize is how many threads, or directions, stand on a page.
const threadsPageSize = 20

// threadPages mounts the pages of threads below what they are on.
func (s *Server) threadPages(r chi.Router, on string) {
	r.Get(on+"/threads", s.inCity(tracker.ReadThreads, s.listThreads))
	r.Get(on+"/threads/new", s.inCity(tracker.WriteComment, s.newThread))
	r.Get(on+"/threads/{thread}", s.inCity(tracker.ReadThreads, s.showThread))
	for _, act := range []string{"/comments", "/resolve", "/reopen"} {
		r.Get(on+"/threads/{thread}"+act, s.inCity(tracker.ReadThreads, leadToThread))
	}
	r.Get(on+"/threads/{thread}/comments/{number}", s.inCity(tracker.WriteComment, s.editComment))
	r.Get(on+"/threads/{thread}/comments/{number}/delete", s.inCity(tracker.WriteComment, s.askToDeleteComment))
}

// threadForms mounts their forms; see entryForms.
func (s *Server) threadForms(r chi.Router, on string) {
	r.Post(on+"/threads", s.inCity(tracker.WriteComment, s.openThread))
	r.Post(on+"/threads/{thread}/comments", s.inCity(tracker.WriteComment, s.reply))
	r.Post(on+"/threads/{thread}/resolve", s.inCity(tracker.WriteComment, s.resolveThread))
	r.Post(on+"/threads/{thread}/reopen", s.inCity(tracker.WriteComment, s.reopenThread))
	r.Post(on+"/threads/{thread}/comments/{number}", s.inCity(tracker.WriteComment, s.saveComment))
	r.Post(on+"/threads/{thread}/comments/{number}/delete", s.inCity(tracker.WriteComment, s.deleteComment))
}

// threadsAt reads what the threads of a request are on.
func threadsAt(r *http.Request) (view.ThreadsAt, error) {
	if chi.URLParam(r, "evidence") != "" {
		a, id, err := evidenceAddress(r)
		return view.ThreadsAt{Address: a, Evidence: id}, err
	}
	a, err := address(r)
	return view.ThreadsAt{Address: a, Code: chi.URLParam(r, "code")}, err
}

func placeOf(at view.ThreadsAt) postgres.ThreadPlace {
	return postgres.ThreadPlace{EntryRef: postgres.EntryRef{City: at.City, Assessment: at.Assessment, Indicator: at.Code}, EvidenceID: at.Evidence}
}

// threadRef names the thread of a request at the version that its form carried.
func threadRef(r *http.Request, version int) (view.ThreadsAt, postgres.ThreadRef, error) {
	at, err := threadsAt(r)
	if err != nil {
		return at, postgres.ThreadRef{}, err
	}
	id, err := tracker.ParseLibraryKey(chi.URLParam(r, "thread"))
	if err != nil {
		return at, postgres.ThreadRef{}, tracker.ErrNotFound
	}
	return at, postgres.ThreadRef{City: at.City, ID: id, Version: version}, nil
}

// leadToThread opens the thread for who opens the address of an act.
func leadToThread(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	at, ref, err := threadRef(r, 0)
	if err != nil {
		return err
	}
	return redirect(w, r, at.Thread(ref.ID), "")
}

// findThread leads to a thread that is known by its number only.
func (s *Server) findThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	at, ref, err := threadRef(r, 0)
	if err != nil {
		return err
	}
	record, err := s.Store.Thread(r.Context(), actor, at.City, ref.ID)
	if err != nil {
		return err
	}
	return redirect(w, r, addressOf(at.City, record.Thread.On).Thread(ref.ID), "")
}

// addressOf is where threads on the thing are.
func addressOf(city string, on tracker.ThreadOn) view.ThreadsAt {
	return view.ThreadsAt{Address: view.Address{City: city, Assessment: on.Assessment.Number}, Code: on.Indicator, Evidence: on.EvidenceID}
}

// isOn reports whether what was found is what the address names.
func isOn(at view.ThreadsAt, on tracker.ThreadOn) bool {
	return at.Evidence == on.EvidenceID && at.Code == on.Indicator && (at.Assessment == 0 || at.Assessment == on.Assessment.Number)
}

// threadShower writes threads out.
type threadShower struct {
	act  tracker.ThreadAct
	at   view.ThreadsAt
	city tracker.City
	p    *locale.Printer
}

// threadPart is what is said, on the page of what it is said on.
func threadPart(all tracker.Threads, on tracker.ThreadOn, city tracker.City, today tracker.Date, actor tracker.Actor, a view.Address,
	p *locale.Printer) view.ThreadPart {
	a.On = 0
	e := threadShower{act: tracker.ThreadAct{Actor: actor, City: city, Today: today, On: on},
		at: view.ThreadsAt{Address: a, Code: on.Indicator, Evidence: on.EvidenceID}, city: city, p: p}
	v := view.ThreadPart{ThreadsAt: e.at, Readable: e.act.Reads(tracker.AudienceCity), Total: all.Total, Resolved: all.Resolved, TextLanguage: city.Language}
	v.CanWrite, v.Closed = e.act.MayWrite(), e.act.Closed()
	v.CanDirect = v.CanWrite && e.act.MayDirect()
	for _, t := range all.Shown {
		v.Threads = append(v.Threads, e.row(t))
	}
	return v
}

func (e threadShower) row(t tracker.Thread) view.ThreadRow {
	row := view.ThreadRow{
		ID: t.ID, Version: t.Version, Direction: t.Kind == tracker.DirectionThread, Internal: t.Audience == tracker.AudienceInternal,
		State: string(t.State()), Title: e.title(t), OpenedAt: wall(t.OpenedAt, e.city), DueOn: t.DueOn, Overdue: t.Overdue(e.act.Today),
		Settled: e.settled(t), Href: e.at.Thread(t.ID), LeftOut: t.Total - len(t.Comments),
		CanReply: e.act.MayReply(t), CanAnswer: e.act.MayAnswer(t),
	}
	advice := tracker.AdviceAct{Actor: e.act.Actor, City: e.act.City, Assessment: e.act.On.Assessment, Today: e.act.Today}
	if row.Direction && t.State() != tracker.ThreadResolved && advice.MayGiveTask(tracker.FromDirection) {
		row.TaskHref = inAssessment(e.at.Address, e.act.On.Assessment).NewTask(tracker.FromDirection, "", t.ID)
	}
	for _, c := range t.Comments {
		row.Comments = append(row.Comments, e.comment(c))
	}
	return row
}

// title says what the thread is.
func (e threadShower) title(t tracker.Thread) string {
	switch {
	case t.Kind != tracker.DirectionThread:
		return e.p.T("thread.one", "name", t.OpenedBy.Name)
	case e.act.On.Department.ID == 0:
		return e.p.T("direction.one")
	}
	return e.p.T("direction.one.department", "department", e.p.Text(e.act.On.Department.Name))
}

// settled says who answered the thread and who settled it, and when.
func (e threadShower) settled(t tracker.Thread) string {
	text := ""
	if !t.AnsweredAt.IsZero() {
		text = e.p.T("direction.answered", "name", t.AnsweredBy, "time", e.p.Time(wall(t.AnsweredAt, e.city)))
	}
	if t.ResolvedAt.IsZero() {
		return text
	}
	key := "thread.settled"
	if t.Kind == tracker.DirectionThread {
		key = "direction.settled"
	}
	line := e.p.T(key, "name", t.ResolvedBy, "time", e.p.Time(wall(t.ResolvedAt, e.city)))
	if text == "" {
		return line
	}
	return text + " " + line
}

// listThreads shows all that is said on one thing, page by page.
func (s *Server) listThreads(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	at, err := threadsAt(r)
	if err != nil {
		return err
	}
	before, err := inboxPlace(r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	l, err := s.Store.Threads(r.Context(), actor, placeOf(at), before, threadsPageSize)
	if err != nil {
		return err
	}
	v := view.ThreadList{Page: s.threadFrame(w, r, "thread.title", l.City, at, l.On), ThreadsAt: at, Name: onName(l.On, s.printer(r)),
		Part: threadPart(l.Threads, l.On, l.City, l.Today, actor, at.Address, s.printer(r))}
	v.Part.OwnPage = true
	if before != 0 {
		v.NewestHref = at.List(0)
	}
	if l.More {
		v.OlderHref = at.List(l.Shown[len(l.Shown)-1].ID)
	}
	return render(w, r, http.StatusOK, view.ThreadListPage(v))
}

// threadFrame begins the pages of threads.
func (s *Server) threadFrame(w http.ResponseWriter, r *http.Request, title string, city tracker.City, at view.ThreadsAt, on tracker.ThreadOn) view.Page {
	section := "indicators"
	if at.Evidence != 0 {
		section = "evidence"
	}
	page := s.cityPage(w, r, title, city, at.Address, section)
	page.Watch = &view.Watch{City: city.Slug, Assessment: on.Assessment.Number, Code: on.Indicator, Evidence: on.EvidenceID}
	return page
}

// onName names what threads are on.
func onName(on tracker.ThreadOn, p *locale.Printer) string {
	if on.EvidenceID != 0 {
		return on.Title
	}
	return p.T("entry.name", "code", on.Indicator, "title", p.Text(on.IndicatorTitle))
}

// errThreadsClosed: the assessment is over, and threads on its entries with it.
var errThreadsClosed = errors.New("the assessment is closed")

// showThread is the page of one thread.
func (s *Server) showThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.threadPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.ThreadShowPage(v))
}

func (s *Server) threadPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.ThreadShow, error) {
	at, record, e, err := s.threadRecord(r, actor)
	if err != nil {
		return view.ThreadShow{}, err
	}
	t := record.Thread
	v := view.ThreadShow{Page: s.threadFrame(w, r, "thread.title", record.City, at, t.On), ThreadsAt: at, Name: onName(t.On, e.p), Row: e.row(t),
		TextLanguage: record.City.Language, Mentions: mentionBoxes(record.Readers, nil, actor, e.p), CanReply: e.act.MayReply(t), Errors: view.Errors{}}
	v.CanResolve, v.CanReopen, v.Closed = e.act.Resolve(t) == nil, e.act.Reopen(t) == nil, e.act.Closed()
	v.Title = v.Row.Title + " – " + v.Name
	for i, c := range t.Comments {
		if e.act.MayEdit(t, c) {
			v.Row.Comments[i].EditHref = at.Comment(t.ID, c.Number)
		}
		if e.act.Delete(t, c) == nil {
			v.Row.Comments[i].DeleteHref = at.DeleteComment(t.ID, c.Number)
		}
	}
	return v, nil
}

// threadRecord reads the thread of a request, which must be on what its address
// names.
func (s *Server) threadRecord(r *http.Request, actor tracker.Actor) (view.ThreadsAt, *tracker.ThreadRecord, threadShower, error) {
	at, ref, err := threadRef(r, 0)
	if err != nil {
		return at, nil, threadShower{}, err
	}
	record, err := s.Store.Thread(r.Context(), actor, at.City, ref.ID)
	if err != nil {
		return at, nil, threadShower{}, err
	}
	on := record.Thread.On
	if !isOn(at, on) {
		return at, nil, threadShower{}, tracker.ErrNotFound
	}
	act := tracker.ThreadAct{Actor: actor, City: record.City, Today: record.Today, On: on}
	return at, record, threadShower{act: act, at: at, city: record.City, p: s.printer(r)}, nil
}

// resolveThread puts a thread down as settled.
func (s *Server) resolveThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.settleThread(w, r, actor, s.Store.ResolveThread, "notice.thread_resolved")
}

// reopenThread takes it up again.
func (s *Server) reopenThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.settleThread(w, r, actor, s.Store.ReopenThread, "notice.thread_reopened")
}

// settling is one of the store's methods that settle a thread or undo that.
type settling func(context.Context, tracker.Actor, postgres.ThreadRef) error

func (s *Server) settleThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor, settle settling, notice string) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	at, ref, err := threadRef(r, f.version())
	if err != nil {
		return err
	}
	if !infoOf(r).resumed {
		if err = settle(r.Context(), actor, ref); err == nil {
			return redirect(w, r, at.Thread(ref.ID), notice)
		}
	}
	return s.showThreadAgain(w, r, actor, "", nil, err)
}

// showThreadAgain shows the thread with a reply as it was typed.
func (s *Server) showThreadAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, text string, mentions []int64, cause error) error {
	v, err := s.threadPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Path, v.Text = v.Thread(v.Row.ID), text
	v.CanReply = v.CanReply || text != ""
	for i := range v.Mentions {
		v.Mentions[i].Checked = slices.Contains(mentions, v.Mentions[i].ID)
	}
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.ThreadShowPage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.ThreadShowPage(v))
}
