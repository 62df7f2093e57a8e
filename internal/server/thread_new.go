package server

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// newThread shows the form that begins a thread.
func (s *Server) newThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.newThreadPage(w, r, actor, tracker.ThreadKind(cmp.Or(r.URL.Query().Get("kind"), string(tracker.CommentThread))), false)
	if errors.Is(err, errThreadsClosed) { // what the thread would be on says so
		return redirect(w, r, v.Place(), "")
	}
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.ThreadNewPage(v))
}

// newThreadPage makes the page; again, for a form that comes back.
func (s *Server) newThreadPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, kind tracker.ThreadKind, again bool) (view.ThreadNew, error) {
	at, err := threadsAt(r)
	if err != nil {
		return view.ThreadNew{}, err
	}
	l, err := s.Store.Threads(r.Context(), actor, placeOf(at), 0, 1)
	if err != nil {
		return view.ThreadNew{}, err
	}
	act := tracker.ThreadAct{Actor: actor, City: l.City, Today: l.Today, On: l.On}
	direction := kind == tracker.DirectionThread
	if act.Closed() && act.MayWriteAtAll() && !again {
		return view.ThreadNew{ThreadsAt: at}, errThreadsClosed
	}
	if direction && !act.MayDirect() || !act.MayWrite() && !again {
		return view.ThreadNew{}, cmp.Or(actor.Allowed(tracker.WriteComment, l.City, 0, l.Today), tracker.ErrForbidden)
	}
	v := view.ThreadNew{Page: s.threadFrame(w, r, "thread.new", l.City, at, l.On), ThreadsAt: at, Name: onName(l.On, s.printer(r)), Direction: direction,
		Department: s.printer(r).Text(l.On.Department.Name), CanHide: act.Reads(tracker.AudienceInternal), Audience: string(tracker.AudienceCity),
		TextLanguage: l.City.Language, Errors: view.Errors{}}
	if direction {
		v.Title = v.P.T("direction.new")
	}
	v.Mentions = mentionBoxes(act.Readers(l.People, tracker.AudienceCity), nil, actor, v.P)
	return v, nil
}

// mentionBoxes offers everybody but the person who writes.
func mentionBoxes(readers []tracker.Person, chosen []int64, actor tracker.Actor, p *locale.Printer) []view.MentionBox {
	var all []view.MentionBox
	for _, one := range readers {
		if one.AccountID == actor.AccountID {
			continue
		}
		box := view.MentionBox{ID: one.AccountID, Name: one.Name, As: p.T("role." + string(one.Role)), Checked: slices.Contains(chosen, one.AccountID)}
		if one.Department.ID != 0 {
			box.As = p.Text(one.Department.Name)
		}
		all = append(all, box)
	}
	return all
}

// mentioned reads whom a form mentions. What is no account is nobody's.
func mentioned(f *form) []int64 {
	var all []int64
	for _, text := range f.r.PostForm["mention"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			id = 0
		}
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// openThread begins a thread.
func (s *Server) openThread(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	at, err := threadsAt(r)
	if err != nil {
		return err
	}
	n := tracker.NewThread{Kind: tracker.ThreadKind(cmp.Or(f.text("kind"), string(tracker.CommentThread))),
		Audience: tracker.Audience(cmp.Or(f.text("audience"), string(tracker.AudienceCity))), Text: f.text("text"), Mentioned: mentioned(f)}
	due := f.text("due_on")
	if !infoOf(r).resumed {
		var id int64
		var malformed error
		n.DueOn, malformed = readDay("due_on", due)
		if err = tracker.Together(malformed, f.refused()); err == nil {
			id, err = s.Store.OpenThread(r.Context(), actor, placeOf(at), n)
		}
		if err == nil {
			return redirect(w, r, at.Beside(id), openedNotice(n.Kind))
		}
	}
	return s.showNewThreadAgain(w, r, actor, n, due, err)
}

func openedNotice(kind tracker.ThreadKind) string {
	if kind == tracker.DirectionThread {
		return "notice.direction_given"
	}
	return "notice.thread_opened"
}

func (s *Server) showNewThreadAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, n tracker.NewThread, due string, cause error) error {
	v, err := s.newThreadPage(w, r, actor, n.Kind, true)
	if err != nil {
		return err
	}
	v.Text, v.DueOn, v.Audience = n.Text, due, string(n.Audience)
	v.Path = v.New(kindText(n.Kind)) // the form's own address shows the list
	for i := range v.Mentions {
		v.Mentions[i].Checked = slices.Contains(n.Mentioned, v.Mentions[i].ID)
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.ThreadNewPage(v))
}

// kindText is the kind as it stands in addresses.
func kindText(kind tracker.ThreadKind) string {
	if kind == tracker.DirectionThread {
		return string(kind)
	}
	return ""
}
