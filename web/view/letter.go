package view

import (
	"strings"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
)

// Letter is a mail in the recipient's language: plain text, for every program
// that reads mail shows it. Names in it were typed by people; each stays on its
// line.
type Letter struct{ Subject, Text string }

// InvitationLetter is what a mail with an invitation tells.
type InvitationLetter struct {
	P              *locale.Printer
	City, By, Role string // By is empty for the operator
	Region         string // of an overseer, in place of City and Role
	Link, Until    string
	Site           string // where the mail comes from
}

// Write writes the mail.
func (l InvitationLetter) Write() Letter {
	subject, by := l.invites()
	return Letter{
		Subject: subject,
		Text: letterText(l.P, l.Site, l.P.T("letter.greeting"), by, l.P.T("letter.invitation.open"), l.Link,
			l.P.T("letter.once", "moment", l.Until), l.P.T("letter.invitation.unknown")),
	}
}

func (l InvitationLetter) invites() (subject, by string) {
	if l.Region != "" {
		return l.invitesToOversee()
	}
	city := oneLine(l.City)
	by = l.P.T("letter.invitation.by_operator", "city", city, "role", l.Role)
	if l.By != "" {
		by = l.P.T("letter.invitation.by", "name", oneLine(l.By), "city", city, "role", l.Role)
	}
	return l.P.T("letter.invitation.subject", "city", city), by
}

func (l InvitationLetter) invitesToOversee() (subject, by string) {
	region := oneLine(l.Region)
	by = l.P.T("letter.overseer.by_operator", "region", region)
	if l.By != "" {
		by = l.P.T("letter.overseer.by", "name", oneLine(l.By), "region", region)
	}
	return l.P.T("letter.overseer.subject", "region", region), by
}

// PasswordLetter is what a mail with a link for a forgotten password tells.
type PasswordLetter struct {
	P           *locale.Printer
	Name, Email string
	By          string // whose link it is; empty where the person asked for it
	Link, Until string
	Site        string
}

// Write writes the mail.
func (l PasswordLetter) Write() Letter {
	why, unasked := l.P.T("letter.password.asked", "email", l.Email), l.P.T("letter.password.unasked")
	if l.By != "" {
		why = l.P.T("letter.password.by", "name", oneLine(l.By), "email", l.Email)
		unasked = l.P.T("letter.password.unasked_by")
	}
	return Letter{
		Subject: l.P.T("letter.password.subject"),
		Text: letterText(l.P, l.Site, l.P.T("letter.greeting_name", "name", oneLine(l.Name)), why, l.P.T("letter.password.open"), l.Link,
			l.P.T("letter.once", "moment", l.Until), unasked),
	}
}

// NoticesLetter is what a mail tells of somebody's inbox.
type NoticesLetter struct {
	P      *locale.Printer
	Name   string
	Day    tracker.Date // of a digest; zero: at once
	Count  int
	Lines  []NoticeLine // Count of them or fewer
	Inbox  string       // where all of them are
	Choice string       // where such mails are chosen
	Stop   string       // what ends them
	Site   string
}

// NoticeLine is one thing, and where to look at it.
type NoticeLine struct{ Text, Link string }

// Write writes the mail.
func (l NoticesLetter) Write() Letter {
	subject := l.P.T("letter.notices.subject", "count", l.Count)
	if !l.Day.IsZero() {
		subject = l.P.T("letter.notices.digest", "count", l.Count, "day", l.Day)
	}
	paragraphs := []string{l.P.T("letter.greeting_name", "name", oneLine(l.Name)), l.P.T("letter.notices.about", "count", l.Count)}
	for _, one := range l.Lines {
		paragraphs = append(paragraphs, "* "+oneLine(one.Text)+"\n  "+one.Link)
	}
	if more := l.Count - len(l.Lines); more > 0 {
		paragraphs = append(paragraphs, l.P.T("letter.notices.more", "count", more)+"\n"+l.Inbox)
	}
	return Letter{
		Subject: subject,
		Text: letterText(l.P, l.Site, append(paragraphs, l.P.T("letter.notices.choice")+"\n"+l.Choice,
			l.P.T("letter.notices.stop")+"\n"+l.Stop)...),
	}
}

func letterText(p *locale.Printer, site string, paragraphs ...string) string {
	return strings.Join(append(paragraphs, "--\n"+p.T("letter.sent_by", "site", site)), "\n\n") + "\n"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
