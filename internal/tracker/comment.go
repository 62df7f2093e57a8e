package tracker

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits on a comment: its characters, and the people that it mentions.
const (
	MaxComment  = 4000
	MaxMentions = 20
)

// Comment is one of a thread's. What was deleted has no text, but its place.
type Comment struct {
	Number    int // in its thread, from 1
	Version   int // counts its texts; forms carry it
	Text      string
	Author    Author
	As        Role // what the author was then
	At        time.Time
	EditedAt  time.Time
	DeletedAt time.Time
	Answers   bool     // the direction
	Mentioned []string // names
	Earlier   []EarlierText
}

// EarlierText is what a comment said before it was edited.
type EarlierText struct {
	Text string
	At   time.Time // since when
}

// NewComment is what somebody replies.
type NewComment struct {
	Text      string
	Answers   bool    // the direction
	Mentioned []int64 // accounts
}

// CheckComment refuses, at its field, what no comment may say.
func CheckComment(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return Invalid("text", "comment_text_is_text")
	case utf8.RuneCountInString(text) > MaxComment:
		return Invalid("text", "comment_text_length")
	}
	return nil
}

// checkMentions: nobody is told of what they may not read.
func (a ThreadAct) checkMentions(mentioned []int64, audience Audience, people []Person) error {
	if len(mentioned) > MaxMentions {
		return Invalid("mention", "mention.error.many")
	}
	readers := a.Readers(people, audience)
	for _, id := range mentioned {
		if !slices.ContainsFunc(readers, func(p Person) bool { return p.AccountID == id }) {
			return Invalid("mention", "mention.error.not_a_reader")
		}
	}
	return nil
}

// Reply decides whether the comment may be added. people are the city's.
func (a ThreadAct) Reply(t Thread, n NewComment, people []Person) error {
	if err := a.mayWrite(t.Audience); err != nil {
		return err
	}
	if n.Answers && !a.Actor.May(AnswerDirection, a.City, a.On.Department.ID, a.Today) {
		return ErrForbidden
	}
	switch {
	case t.State() == ThreadResolved:
		return Invalid("text", "thread.error.resolved")
	case t.Total >= MaxThread:
		return Invalid("text", "thread.error.full")
	case n.Answers && (t.Kind != DirectionThread || t.State() != ThreadOpen):
		return Invalid("text", "direction.error.answered")
	}
	return Together(CheckComment(n.Text), a.checkMentions(n.Mentioned, t.Audience, people))
}

// MayReply reports whether the actor may add a comment now.
func (a ThreadAct) MayReply(t Thread) bool {
	return a.mayWrite(t.Audience) == nil && t.State() != ThreadResolved && t.Total < MaxThread
}

// MayEdit reports whether the actor may rewrite the comment now.
func (a ThreadAct) MayEdit(t Thread, c Comment) bool { return a.mayRewrite(t, c) == nil }

// Edit decides whether the comment may say something else. Only its author's
// words change; what it said stays on record.
func (a ThreadAct) Edit(t Thread, c Comment, text string) error {
	if err := a.mayRewrite(t, c); err != nil {
		return err
	}
	if text == c.Text {
		return Invalid("text", "comment.error.same")
	}
	return CheckComment(text)
}

// Delete decides whether the comment may be taken back. Its place stays. What a
// direction asks, and what answered it, stays readable.
func (a ThreadAct) Delete(t Thread, c Comment) error {
	if err := a.mayRewrite(t, c); err != nil {
		return err
	}
	if c.Answers || t.Kind == DirectionThread && c.Number == 1 {
		return Invalid("", "comment.error.direction")
	}
	return nil
}

func (a ThreadAct) mayRewrite(t Thread, c Comment) error {
	if err := a.mayWrite(t.Audience); err != nil {
		return err
	}
	switch {
	case c.Author.ID != a.Actor.AccountID:
		return ErrForbidden
	case !c.DeletedAt.IsZero():
		return Invalid("", "comment.error.deleted")
	case t.State() == ThreadResolved:
		return Invalid("", "thread.error.resolved")
	}
	return nil
}

// Piece is a part of a text: plain, or with Link the address of a web page.
type Piece struct {
	Text string
	Link bool
}

// Pieces splits a text at the web addresses in it, which begin with http:// or
// https:// and end before a space or the punctuation of the sentence. Put
// together again the pieces are the text.
func Pieces(text string) []Piece {
	var all []Piece
	plain := 0 // where the piece begins that is no link
	for at := 0; at < len(text); {
		length := addressAt(text, at)
		if length == 0 {
			at++
			continue
		}
		if plain < at {
			all = append(all, Piece{Text: text[plain:at]})
		}
		all = append(all, Piece{Text: text[at : at+length], Link: true})
		at += length
		plain = at
	}
	if plain < len(text) {
		all = append(all, Piece{Text: text[plain:]})
	}
	return all
}

// addressAt is how long the web address is that begins there; 0 for none.
func addressAt(text string, at int) int {
	rest := text[at:]
	if !strings.HasPrefix(rest, "http://") && !strings.HasPrefix(rest, "https://") || afterALetter(text[:at]) {
		return 0
	}
	if end := strings.IndexFunc(rest, endsAddress); end >= 0 {
		rest = rest[:end]
	}
	rest = strings.TrimRight(rest, ".,;:!?'*_~…")
	for strings.HasSuffix(rest, ")") && strings.Count(rest, ")") > strings.Count(rest, "(") {
		rest = strings.TrimRight(rest[:len(rest)-1], ".,;:!?'*_~…")
	}
	if !isWebAddress(rest) {
		return 0
	}
	return len(rest)
}

// afterALetter: "xhttp://" is no address.
func afterALetter(before string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	return unicode.IsLetter(last) || unicode.IsDigit(last)
}

// endsAddress also knows brackets and quotes that people put around addresses,
// and what turns the direction of writing, so that an address is what it seems.
func endsAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError ||
		strings.ContainsRune("<>\"“”«»[]{}|\\^`", r)
}
