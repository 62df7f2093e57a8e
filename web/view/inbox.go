package view

// Inbox is what a person was told, the newest item first.
type Inbox struct {
	Page
	Items  []InboxItem
	Unread bool  // some of the items here are
	Newest int64 // the newest item here: all up to it can be marked as read
	// OlderHref and NewestHref lead to the next part (empty: there is none) and
	// to the first (empty: this is it).
	OlderHref, NewestHref string
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
