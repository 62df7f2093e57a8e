package server

import (
	"net/http"
	"strconv"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// inboxPageSize is how many items a page of the inbox shows.
const inboxPageSize = 50

// listInbox shows what the person was told.
func (s *Server) listInbox(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	before, err := inboxPlace(r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	found, err := s.Store.Inbox(r.Context(), actor, before, inboxPageSize)
	if err != nil {
		return err
	}
	page := view.Inbox{Page: s.page(w, r, "inbox.title")}
	for _, i := range found.Items {
		page.Items = append(page.Items, s.inboxItem(i, page.P))
		page.Unread = page.Unread || !i.Read
	}
	if before != 0 {
		page.NewestHref = view.InboxPath
	}
	if n := len(found.Items); n > 0 {
		page.Newest = found.Items[0].ID
		if found.More {
			page.OlderHref = view.InboxBefore(found.Items[n-1].ID)
		}
	}
	return render(w, r, http.StatusOK, view.InboxPage(page))
}

// inboxPlace reads the id of an item; nothing is 0. What is no id is nowhere.
func inboxPlace(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, tracker.ErrNotFound
	}
	return id, nil
}

func (s *Server) inboxItem(i tracker.InboxItem, p *locale.Printer) view.InboxItem {
	by := i.By
	if by == "" {
		by = p.T("inbox.operator")
	}
	key := "inbox." + string(i.Kind)
	if i.Kind == tracker.InvitationAccepted && i.City.Slug == "" {
		key = "inbox.invitation_accepted.overseer"
	}
	at := i.At.In(s.TimeZone)
	item := view.InboxItem{ID: i.ID, Text: p.T(key, "name", by, "city", p.Text(i.City.Name), "title", i.Title+i.About, "day", i.ValidUntil, "about", threadAbout(i, p)),
		Moment: p.Time(at), Stamp: at.Format("2006-01-02T15:04:05Z07:00"), Read: i.Read}
	switch i.Kind {
	case tracker.InvitationAccepted:
		item.Href = view.Address{City: i.City.Slug}.People()
		if i.City.Slug == "" {
			item.Href = view.RegionsPath
		}
	case tracker.RoleChanged, tracker.RoleEnabled, tracker.RoleCarried:
		item.Href = view.Address{City: i.City.Slug}.Overview()
	case tracker.Commented, tracker.Mentioned, tracker.Directed, tracker.Answered:
		item.Href = view.Address{City: i.City.Slug}.ThreadOf(i.ThreadID)
	case tracker.EvidenceExpires:
		item.Href = view.Address{City: i.City.Slug}.Evidence(i.EvidenceID)
	case tracker.TaskWasGiven, tracker.TaskWasDone:
		item.Href = view.Address{City: i.City.Slug}.Task(i.TaskID)
	case tracker.RecommendationWasGiven, tracker.RecommendationWasTakenOn, tracker.RecommendationWasDeclined,
		tracker.RecommendationWasAnswered, tracker.RecommendationWasClosed, tracker.RecommendationWasReopened:
		item.Href = view.Address{City: i.City.Slug}.Recommendation(i.RecommendationID)
	case tracker.PasswordWasReset:
		item.Href = view.AccountPath
	case tracker.SecondStepWasReset:
		item.Href = view.AccountSecondStepPath
	}
	return item
}

// threadAbout names what the thread of an item is on.
func threadAbout(i tracker.InboxItem, p *locale.Printer) string {
	if i.Indicator != "" {
		return p.T("inbox.about_indicator", "code", i.Indicator)
	}
	return p.T("inbox.about_evidence", "title", i.Title)
}

// readInbox marks one item as read, or all up to the newest that the page
// showed: what has come since stays unread.
func (s *Server) readInbox(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	from, err := inboxPlace(f.text("item"))
	if err != nil {
		return err
	}
	upto := from
	if from == 0 {
		if upto, err = inboxPlace(f.text("upto")); err != nil {
			return err
		}
	}
	if err := s.Store.MarkInboxRead(r.Context(), actor, from, upto); err != nil {
		return err
	}
	return redirect(w, r, view.InboxPath, "")
}
