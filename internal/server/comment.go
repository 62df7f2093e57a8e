package server

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// comment writes a comment out, with what it said before.
func (e threadShower) comment(c tracker.Comment) view.CommentRow {
	row := view.CommentRow{
		Number: c.Number, By: c.Author.Name, As: e.p.T("role." + string(c.As)), At: wall(c.At, e.city), Pieces: tracker.Pieces(c.Text),
		Answers: c.Answers, Mentioned: strings.Join(c.Mentioned, ", "),
	}
	if !c.EditedAt.IsZero() {
		row.EditedAt = wall(c.EditedAt, e.city)
	}
	if !c.DeletedAt.IsZero() {
		row.DeletedAt, row.Pieces = wall(c.DeletedAt, e.city), nil
	}
	for _, earlier := range c.Earlier {
		row.Earlier = append(row.Earlier, view.EarlierRow{At: wall(earlier.At, e.city), Pieces: tracker.Pieces(earlier.Text)})
	}
	return row
}

// reply adds a comment, from the page of what the thread is on, from the
// reviewers' desk or from the thread's own, to which the person comes back.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	at, ref, err := threadRef(r, 0)
	if err != nil {
		return err
	}
	n := tracker.NewComment{Text: f.text("text"), Answers: f.text("then") == "answer", Mentioned: mentioned(f)}
	if !infoOf(r).resumed {
		number := 0
		if err = f.refused(); err == nil {
			number, err = s.Store.Reply(r.Context(), actor, ref, n)
		}
		if err == nil {
			return redirect(w, r, afterReply(at, ref.ID, number, f), repliedNotice(n))
		}
	}
	return s.showThreadAgain(w, r, actor, n.Text, n.Mentioned, err)
}

func afterReply(at view.ThreadsAt, id int64, number int, f *form) string {
	switch f.text("at") {
	case "thread":
		return at.Thread(id) + "#" + view.CommentID(number)
	case "review":
		return at.BesideReview(id, view.ReviewFilterIn(f.r.PostForm))
	}
	return at.Beside(id)
}

func repliedNotice(n tracker.NewComment) string {
	if n.Answers {
		return "notice.direction_answered"
	}
	return "notice.comment_added"
}

// editComment shows the form for the text of one's own comment.
func (s *Server) editComment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, _, err := s.commentPage(w, r, actor, tracker.ThreadAct.MayEdit)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.CommentEditPage(v))
}

// commentPage makes the page of a comment that the person may rewrite.
func (s *Server) commentPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	may func(tracker.ThreadAct, tracker.Thread, tracker.Comment) bool) (view.CommentEdit, view.CommentRow, error) {
	at, record, e, err := s.threadRecord(r, actor)
	if err != nil {
		return view.CommentEdit{}, view.CommentRow{}, err
	}
	t := record.Thread
	n, err := strconv.Atoi(chi.URLParam(r, "number"))
	if err != nil || n < 1 || n > len(t.Comments) {
		return view.CommentEdit{}, view.CommentRow{}, tracker.ErrNotFound
	}
	c := t.Comments[n-1]
	if !may(e.act, t, c) {
		return view.CommentEdit{}, view.CommentRow{}, notNow(actor, record)
	}
	return view.CommentEdit{Page: s.threadFrame(w, r, "comment_edit.title", record.City, at, t.On), ThreadsAt: at, Name: onName(t.On, e.p), ID: t.ID, Number: n,
		Version: c.Version, Text: c.Text, TextLanguage: record.City.Language, Errors: view.Errors{}}, e.comment(c), nil
}

// notNow is why nothing may be written: the city is archived, or the comment is
// not the person's to rewrite.
func notNow(actor tracker.Actor, record *tracker.ThreadRecord) error {
	if err := actor.Allowed(tracker.WriteComment, record.City, 0, record.Today); err != nil {
		return err
	}
	return tracker.ErrForbidden
}

// ownComment: a form that comes back is shown to its author also where the
// thread was settled meanwhile, so that nothing typed is lost.
func ownComment(a tracker.ThreadAct, _ tracker.Thread, c tracker.Comment) bool {
	return c.Author.ID == a.Actor.AccountID && a.MayWriteAtAll()
}

// saveComment lets one's own comment say something else.
func (s *Server) saveComment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	at, ref, err := commentRef(r, f.version())
	if err != nil {
		return err
	}
	text := f.text("text")
	if !infoOf(r).resumed {
		if err = f.refused(); err == nil {
			err = s.Store.EditComment(r.Context(), actor, ref, text)
		}
		if err == nil {
			return redirect(w, r, at.Thread(ref.Thread)+"#"+view.CommentID(ref.Number), "notice.comment_edited")
		}
	}
	return s.showCommentAgain(w, r, actor, text, ref.Version, err)
}

func commentRef(r *http.Request, version int) (view.ThreadsAt, postgres.CommentRef, error) {
	at, ref, err := threadRef(r, version)
	if err != nil {
		return at, postgres.CommentRef{}, err
	}
	number, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 32)
	if err != nil {
		return at, postgres.CommentRef{}, tracker.ErrNotFound
	}
	return at, postgres.CommentRef{City: ref.City, Thread: ref.ID, Number: int(number), Version: version}, nil
}

// showCommentAgain shows the form as it was typed. Where it was changed elsewhere
// it carries the version of now, so that sending it again is a decision.
func (s *Server) showCommentAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, text string, version int, cause error) error {
	v, _, err := s.commentPage(w, r, actor, ownComment)
	if err != nil {
		return err
	}
	if errors.Is(cause, tracker.ErrConflict) {
		v.Theirs, v.Text = v.Text, text
		return render(w, r, http.StatusConflict, view.CommentEditPage(v))
	}
	v.Text, v.Version = text, version
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.CommentEditPage(v))
}

// askToDeleteComment asks whether one's own comment is to be taken back.
func (s *Server) askToDeleteComment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.deletePage(w, r, actor, func(a tracker.ThreadAct, t tracker.Thread, c tracker.Comment) bool { return a.Delete(t, c) == nil })
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.CommentDeletePage(v))
}

func (s *Server) deletePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor,
	may func(tracker.ThreadAct, tracker.Thread, tracker.Comment) bool) (view.CommentDelete, error) {
	edit, row, err := s.commentPage(w, r, actor, may)
	v := view.CommentDelete{Page: edit.Page, ThreadsAt: edit.ThreadsAt, Name: edit.Name, ID: edit.ID, Number: edit.Number, Version: edit.Version,
		Comment: row, TextLanguage: edit.TextLanguage, Errors: view.Errors{}}
	if err == nil {
		v.Title = v.P.T("comment_delete.title")
	}
	return v, err
}

// deleteComment takes one's own comment back.
func (s *Server) deleteComment(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	at, ref, err := commentRef(r, f.version())
	if err != nil {
		return err
	}
	if !infoOf(r).resumed {
		if err = s.Store.DeleteComment(r.Context(), actor, ref); err == nil {
			return redirect(w, r, at.Thread(ref.Thread)+"#"+view.CommentID(ref.Number), "notice.comment_deleted")
		}
	}
	v, pageErr := s.deletePage(w, r, actor, ownComment)
	if pageErr != nil {
		return pageErr
	}
	if errors.Is(err, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.CommentDeletePage(v))
	}
	status, err := again(&v.Page, &v.Errors, err)
	if err != nil {
		return err
	}
	return render(w, r, status, view.CommentDeletePage(v))
}
