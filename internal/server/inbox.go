package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// inboxPageSize is how many items a page of the inbox shows.
const inboxPageSize = 50

// listInbox shows what the person was told.
func (s *Server) listInbox(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, slug, err := inboxFilter(r.URL.Query(), actor)
	if err != nil {
		return err
	}
	found, err := s.Store.Inbox(r.Context(), actor, f, inboxPageSize)
	if err != nil {
		return err
	}
	page := view.Inbox{Page: s.page(w, r, "inbox.title"), Address: view.InboxAddress{City: slug, Unread: f.Unread}}
	page.Shows, page.Cities = inboxChoices(page.Address, citiesOf(actor), page.P)
	for _, i := range found.Items {
		page.Items = append(page.Items, s.inboxItem(i, page.P))
		page.Unread = page.Unread || !i.Read
	}
	page.Later = f.Before != 0
	if n := len(found.Items); n > 0 {
		page.Newest = found.Items[0].ID
		if found.More {
			page.Oldest = found.Items[n-1].ID
		}
	}
	return render(w, r, http.StatusOK, view.InboxPage(page))
}

// inboxFilter reads which items are asked for, and of which city, if of one.
func inboxFilter(q url.Values, actor tracker.Actor) (f tracker.InboxFilter, slug string, err error) {
	if f.Before, err = inboxPlace(q.Get("before")); err != nil {
		return f, "", err
	}
	switch q.Get("show") {
	case "":
	case view.InboxUnread:
		f.Unread = true
	default:
		return f, "", tracker.ErrNotFound
	}
	slug = q.Get("city")
	if slug == "" {
		return f, "", nil
	}
	for _, m := range citiesOf(actor) {
		if m.CitySlug == slug {
			f.City = m.CityID
			return f, slug, nil
		}
	}
	return f, "", tracker.ErrNotFound
}

func inboxChoices(at view.InboxAddress, own []tracker.Membership, p *locale.Printer) (shows, cities []view.FilterOption) {
	for _, unread := range []bool{false, true} {
		to, words := at, "inbox.all"
		if to.Unread = unread; unread {
			words = "inbox.unread"
		}
		shows = append(shows, view.FilterOption{Text: p.T(words), Href: to.String(), Current: to == at})
	}
	if len(own) == 0 {
		return shows, nil
	}
	to := at
	to.City = ""
	cities = []view.FilterOption{{Text: p.T("inbox.all_cities"), Href: to.String(), Current: to == at}}
	for _, m := range own {
		to.City = m.CitySlug
		cities = append(cities, view.FilterOption{Text: p.Text(m.CityName), Href: to.String(), Current: to == at})
	}
	return shows, cities
}

// citiesOf are the person's own cities, where there are several to choose from.
func citiesOf(actor tracker.Actor) []tracker.Membership {
	var all []tracker.Membership
	for _, m := range actor.Memberships {
		if m.CityID != 0 {
			all = append(all, m)
		}
	}
	if len(all) < 2 {
		return nil
	}
	return all
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
	at := i.At.In(s.TimeZone)
	item := view.InboxItem{ID: i.ID, Text: sentence(i, p), Moment: p.Time(at), Stamp: at.Format("2006-01-02T15:04:05Z07:00"), Read: i.Read}
	if subject(i) != "" {
		item.Href = view.InboxItemPath(i.ID)
	}
	return item
}

// sentence is what the item tells, in the reader's language.
func sentence(i tracker.InboxItem, p *locale.Printer) string {
	key := "inbox." + string(i.Kind)
	if i.Kind == tracker.InvitationAccepted && i.City.Slug == "" {
		key = "inbox.invitation_accepted.overseer"
	}
	day := i.DueOn
	if i.EvidenceID != 0 {
		day = i.ValidUntil
	}
	title := i.Title + i.About
	if i.Entry.Indicator != "" {
		title = p.Text(i.Indicator)
	}
	return p.T(key, "name", whoActed(i, p), "city", p.Text(i.City.Name), "title", title, "day", day, "code", i.Entry.Indicator,
		"about", threadAbout(i, p))
}

// whoActed names whose act the item tells of.
func whoActed(i tracker.InboxItem, p *locale.Printer) string {
	if i.By == "" {
		return p.T("inbox.operator")
	}
	return i.By
}

// threadAbout names what the thread of an item is on.
func threadAbout(i tracker.InboxItem, p *locale.Printer) string {
	if i.ThreadCode != "" {
		return p.T("inbox.about_indicator", "code", i.ThreadCode)
	}
	return p.T("inbox.about_evidence", "title", i.Title)
}

// subject is the page of what the item tells of; empty where there is nothing to
// see.
func subject(i tracker.InboxItem) string {
	city := view.Address{City: i.City.Slug}
	switch i.Kind {
	case tracker.InvitationAccepted:
		if i.City.Slug == "" {
			return view.RegionsPath
		}
		return city.People()
	case tracker.RoleChanged, tracker.RoleEnabled, tracker.RoleCarried:
		return city.Overview()
	case tracker.EvidenceExpires:
		return city.Evidence(i.EvidenceID)
	case tracker.Commented, tracker.Mentioned, tracker.Directed, tracker.Answered:
		return city.ThreadOf(i.ThreadID)
	case tracker.PasswordWasReset:
		return view.AccountPath
	case tracker.SecondStepWasReset:
		return view.AccountSecondStepPath
	}
	switch {
	case i.TaskID != 0:
		return city.Task(i.TaskID)
	case i.RecommendationID != 0:
		return city.Recommendation(i.RecommendationID)
	case i.Entry.Indicator != "":
		city.Assessment = i.Entry.Assessment
		return city.Entry(i.Entry.Indicator)
	}
	return ""
}

// openInboxItem leads to what the item tells of. Where the person may not see it
// any more, it says so: they were told of it, so that it exists is no secret.
func (s *Server) openInboxItem(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	id, err := inboxPlace(chi.URLParam(r, "item"))
	if err != nil {
		return err
	}
	item, err := s.Store.OpenInboxItem(r.Context(), actor, id)
	if err != nil {
		return err
	}
	gone, err := s.isGone(r.Context(), actor, item)
	if err != nil {
		return err
	}
	if href := subject(item); href != "" && !gone {
		return redirect(w, r, href, "")
	}
	page := view.InboxGone{Page: s.page(w, r, "inbox_gone.title"), Gone: gone}
	page.Item = s.inboxItem(item, page.P)
	status := http.StatusOK
	if gone {
		status = http.StatusGone
	}
	return render(w, r, status, view.InboxGonePage(page))
}

// isGone reports whether the person may not see any more what the item tells of.
func (s *Server) isGone(ctx context.Context, actor tracker.Actor, i tracker.InboxItem) (bool, error) {
	slug := i.City.Slug
	if slug == "" || subject(i) == "" || actor.LacksSecondStepAt(slug) { // they are told how to get there
		return false, nil
	}
	needed := tracker.ReadCity
	if i.Kind == tracker.InvitationAccepted {
		needed = tracker.ReadPeople
	}
	if !actor.MightAt(needed, slug) {
		return true, nil
	}
	var err error
	switch {
	case i.EvidenceID != 0:
		_, err = s.Store.Evidence(ctx, actor, slug, i.EvidenceID)
	case i.ThreadID != 0:
		_, err = s.Store.Thread(ctx, actor, slug, i.ThreadID)
	}
	if errors.Is(err, tracker.ErrNotFound) || errors.Is(err, tracker.ErrEnded) {
		return true, nil
	}
	return false, err
}

// readInbox marks one item as read, or all that the filter chooses up to the
// newest that the page showed: what has come since stays unread.
func (s *Server) readInbox(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	f, slug, err := inboxFilter(r.PostForm, actor)
	if err != nil {
		return err
	}
	item, err := inboxPlace(form.text("item"))
	if err != nil {
		return err
	}
	if f.Before, err = inboxPlace(form.text("upto")); err != nil {
		return err
	}
	if err := s.Store.MarkInboxRead(r.Context(), actor, item, f); err != nil {
		return err
	}
	return redirect(w, r, view.InboxAddress{City: slug, Unread: f.Unread}.String(), "")
}
