package view

import (
	"net/url"
	"strconv"

	"learningcity/web/view/ui"
)

// Inbox is what a person was told, the newest item first.
type Inbox struct {
	Page
	Address InboxAddress   // what was asked for
	Shows   []FilterOption // all, or what is unread
	Cities  []FilterOption // none where there is but one city
	Items   []InboxItem
	Unread  bool  // some of the items here are
	Newest  int64 // the newest item here: all up to it can be marked as read
	Oldest  int64 // the oldest item here where there are older ones, else 0
	Later   bool  // there are newer ones
}

// InboxItem is one line.
type InboxItem struct {
	ID     int64
	Text   string // a sentence
	Href   string // where to look at it; empty where there is nothing to see
	Moment string // written out
	Stamp  string // the same, for machines
	Read   bool
}

// InboxGone is the page of an item whose subject has none, or none any more that
// the person may see.
type InboxGone struct {
	Page
	Item InboxItem
	Gone bool
}

func noItems(v Inbox) ui.Blank {
	if v.Address != (InboxAddress{}) || v.Later {
		return ui.Blank{Title: v.P.T("inbox.none.title"), Text: v.P.T("inbox.none.text"),
			Action: ui.Link{Text: v.P.T("inbox.show_all"), Href: InboxPath}}
	}
	return ui.Blank{Title: v.P.T("inbox.empty.title"), Text: v.P.T("inbox.empty.text")}
}

// InboxUnread is in addresses what narrows the inbox to what is unread.
const InboxUnread = "unread"

// InboxAddress makes the addresses of an inbox's parts.
type InboxAddress struct {
	City   string // slug; empty: all
	Unread bool
}

// String is the newest part.
func (a InboxAddress) String() string { return a.before(0) }

// Before is the part that is older than the item.
func (a InboxAddress) Before(id int64) string { return a.before(id) }

func (a InboxAddress) show() string {
	if a.Unread {
		return InboxUnread
	}
	return ""
}

func (a InboxAddress) before(id int64) string {
	q := url.Values{}
	set(q, "city", a.City)
	set(q, "show", a.show())
	if id != 0 {
		q.Set("before", strconv.FormatInt(id, 10))
	}
	return Address{}.build(InboxPath, q)
}

// InboxItemPath leads to what the item tells of.
func InboxItemPath(id int64) string { return InboxPath + "/" + strconv.FormatInt(id, 10) }
