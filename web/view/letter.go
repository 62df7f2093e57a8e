package view

import (
	"strings"

	"learningcity/internal/locale"
)

// Letter is a mail in the recipient's language: plain text, for every program
// that reads mail shows it. Names in it were typed by people; each stays on its
// line.
type Letter struct{ Subject, Text string }

// InvitationLetter is what a mail with an invitation tells.
type InvitationLetter struct {
	P              *locale.Printer
	City, By, Role string // By is empty for the operator
	Link, Until    string
	Site           string // where the mail comes from
}

// Write writes the mail.
func (l InvitationLetter) Write() Letter {
	city := oneLine(l.City)
	by := l.P.T("letter.invitation.by_operator", "city", city, "role", l.Role)
	if l.By != "" {
		by = l.P.T("letter.invitation.by", "name", oneLine(l.By), "city", city, "role", l.Role)
	}
	return Letter{
		Subject: l.P.T("letter.invitation.subject", "city", city),
		Text: letterText(l.P, l.Site, l.P.T("letter.greeting"), by, l.P.T("letter.invitation.open"), l.Link,
			l.P.T("letter.once", "moment", l.Until), l.P.T("letter.invitation.unknown")),
	}
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

func letterText(p *locale.Printer, site string, paragraphs ...string) string {
	return strings.Join(append(paragraphs, "--\n"+p.T("letter.sent_by", "site", site)), "\n\n") + "\n"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
