package view

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"learningcity/internal/tracker"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// ThreadPart is what is said, on the page of an indicator or of evidence.
type ThreadPart struct {
	ThreadsAt
	Readable        bool // by the person; else the page says nothing of it
	CanWrite        bool
	CanDirect       bool
	Closed          bool // with its assessment
	Threads         []ThreadRow
	Total, Resolved int
	TextLanguage    string
	OwnPage         bool                  // nothing else stands on the page
	Review          *tracker.ReviewFilter // of the reviewers' desk, where the page is one of it
}

// ThreadRow is a thread with its comments, or some of them.
type ThreadRow struct {
	ID        int64
	Version   int
	Direction bool
	Internal  bool // among reviewers
	State     string
	Title     string // what it is, in a word; of a direction with its department
	OpenedAt  time.Time
	DueOn     tracker.Date // of a direction
	Overdue   bool
	Settled   string  // who answered or settled it, and when, as sentences
	On        ui.Link // what it is on, where that is not plain
	Href      string  // its own page
	Comments  []CommentRow
	LeftOut   int // comments between the first and the others
	CanReply  bool
	CanAnswer bool
	TaskHref  string // to make a task of a direction; empty for who may not
}

// CommentRow is one comment.
type CommentRow struct {
	Number     int
	By, As     string // who, and what they were then
	At         time.Time
	Pieces     []tracker.Piece // none: deleted
	DeletedAt  time.Time
	EditedAt   time.Time // zero: never
	Answers    bool
	Mentioned  string
	Earlier    []EarlierRow
	EditHref   string
	DeleteHref string
}

// EarlierRow is what a comment said before.
type EarlierRow struct {
	At     time.Time
	Pieces []tracker.Piece
}

// MentionBox is somebody who may be mentioned.
type MentionBox struct {
	ID       int64
	Name, As string
	Checked  bool
}

// ThreadList is all that is said on one thing.
type ThreadList struct {
	Page
	ThreadsAt
	Part       ThreadPart
	Name       string // what it is on
	OlderHref  string
	NewestHref string
}

// ThreadShow is a thread on its own page.
type ThreadShow struct {
	Page
	ThreadsAt
	Name         string // what it is on
	Row          ThreadRow
	TextLanguage string
	Text         string // of the reply, as typed
	Mentions     []MentionBox
	CanReply     bool
	CanResolve   bool
	Closed       bool // with its assessment
	CanReopen    bool
	Changed      bool // by somebody else meanwhile
	Errors       Errors
}

// ThreadNew is the form that begins a thread.
type ThreadNew struct {
	Page
	ThreadsAt
	Name         string
	Direction    bool
	Department   string // who is to answer; empty: nobody leads the indicator
	CanHide      bool   // it can be kept among reviewers
	Audience     string
	Text         string
	DueOn        string
	Mentions     []MentionBox
	TextLanguage string
	Errors       Errors
}

// CommentEdit is the form for a comment's text.
type CommentEdit struct {
	Page
	ThreadsAt
	Name         string
	ID           int64
	Number       int
	Version      int
	Text         string
	Theirs       string // what it says now, where it was changed meanwhile
	TextLanguage string
	Errors       Errors
}

// CommentDelete asks whether a comment is to be taken back.
type CommentDelete struct {
	Page
	ThreadsAt
	Name    string
	ID      int64
	Number  int
	Version int
	Comment CommentRow
	Changed bool
	Errors  Errors

	TextLanguage string
}

// DirectionList are directions of a city.
type DirectionList struct {
	Page
	Address
	Department   string // the name of the one that was chosen
	Departments  []FilterOption
	Shows        []FilterOption
	Rows         []ThreadRow
	OlderHref    string
	NewestHref   string
	TextLanguage string
}

func threadID(id int64) string { return "thread-" + IDText(id) }

// CommentID is the place of a comment on its thread's page.
func CommentID(number int) string { return "comment-" + strconv.Itoa(number) }

func replyID(id int64) string { return "reply-" + IDText(id) }

// waiting are the directions among the rows that no one has closed.
func waiting(rows []ThreadRow) []ThreadRow {
	var all []ThreadRow
	for _, row := range rows {
		if row.Direction && row.State != string(tracker.ThreadResolved) {
			all = append(all, row)
		}
	}
	return all
}

// threadMark is the look of a thread's state among those of tags.
func threadMark(row ThreadRow) string {
	switch {
	case row.Overdue:
		return "late"
	case row.State == string(tracker.ThreadResolved):
		return "achieved"
	case row.State == string(tracker.ThreadAnswered):
		return "claimed"
	}
	return "awaiting"
}

// commentText is what somebody wrote, its web addresses as links; nothing else
// in it is more than text. It is written without space between its parts, which
// a page would show.
func commentText(language string, pieces []tracker.Piece) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString(`<p class="prose comment__text" lang="` + templ.EscapeString(language) + `">`)
		for _, piece := range pieces {
			text := templ.EscapeString(piece.Text)
			if piece.Link {
				text = `<a href="` + text + `" rel="nofollow noopener">` + text + `</a>`
			}
			b.WriteString(text)
		}
		b.WriteString(`</p>`)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// newThreadTitle names the form.
func newThreadTitle(v ThreadNew) string {
	if v.Direction {
		return v.P.T("direction.new")
	}
	return v.P.T("thread.new")
}

// audienceOptions are for reviewers, who may keep a thread among themselves.
func audienceOptions(v ThreadNew) []ui.Option {
	var all []ui.Option
	for _, audience := range tracker.Audiences {
		all = append(all, ui.Option{Value: string(audience), Label: v.P.T("thread.audience." + string(audience)),
			Hint: v.P.T("thread.audience." + string(audience) + ".hint")})
	}
	return all
}

// threadCrumbs lead to what the thread is on.
func threadCrumbs(p Page, a ThreadsAt, name string, here ...ui.Link) []ui.Link {
	top := ui.Link{Text: p.P.T("shell.indicators"), Href: a.Address.List(noFilter)}
	if a.Evidence != 0 {
		top = ui.Link{Text: p.P.T("evidence.title"), Href: a.Library(tracker.LibraryFilter{})}
	}
	return append([]ui.Link{top, {Text: name, Href: a.Place()}}, here...)
}
