package server

import (
	"context"
	"errors"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/mail"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// The mails that acts ask for. The token of a mail's link is made here, as the
// mail is sent, and its hash written down before: no job holds one. A mail that
// is tried again has a new token, and the one before ends.

// MailInvitation mails an invitation in the language that was chosen for it.
func (s *Server) MailInvitation(ctx context.Context, m postgres.InvitationMail) error {
	token, hash := newToken()
	city, i, err := s.Store.MailInvitation(ctx, m, hash)
	if err != nil {
		return unlessOver(err)
	}
	p := s.printerOf(i.Language)
	letter := view.InvitationLetter{
		P: p, City: p.Text(city.Name), Region: p.Text(i.Region.Name), By: i.InvitedBy, Role: p.T("role." + string(i.Post.Role)),
		Link: s.publicLink(invitationPath(token, i.Language, s.Language)), Until: p.Time(s.wallAt(i.ExpiresAt, city)), Site: s.publicLink(""),
	}
	return s.mail(ctx, i.Email, letter.Write())
}

// MailPasswordLink mails a link that a coordinator made.
func (s *Server) MailPasswordLink(ctx context.Context, m postgres.PasswordLinkMail) error {
	token, hash := newToken()
	letter, err := s.Store.MailPasswordLink(ctx, m, hash)
	return s.mailPassword(ctx, letter, token, err)
}

// MailOwnPasswordLink mails the link that somebody asked for, where the address
// is somebody's.
func (s *Server) MailOwnPasswordLink(ctx context.Context, m postgres.OwnPasswordLinkMail) error {
	token, hash := newToken()
	letter, err := s.Store.MailOwnPasswordLink(ctx, m, hash)
	return s.mailPassword(ctx, letter, token, err)
}

func (s *Server) mailPassword(ctx context.Context, l postgres.PasswordLetter, token string, err error) error {
	if err != nil {
		return unlessOver(err)
	}
	p := s.printerOf(l.To.Language)
	letter := view.PasswordLetter{
		P: p, Name: l.To.Name, Email: l.To.Email, By: l.By,
		Link: s.publicLink(view.PasswordLinkPath(token)), Until: p.Time(s.wallAt(l.Until, l.City)), Site: s.publicLink(""),
	}
	return s.mail(ctx, l.To.Email, letter.Write())
}

// wallAt is the moment on the city's clocks, or where there is none on the
// installation's.
func (s *Server) wallAt(at time.Time, city tracker.City) time.Time {
	if city.ID == 0 {
		return at.In(s.TimeZone)
	}
	return wall(at, city)
}

// unlessOver: what the link was for has been done or undone since, so there is
// nothing to mail.
func unlessOver(err error) error {
	if errors.Is(err, tracker.ErrLinkOver) {
		return nil
	}
	return err
}

// PlanMails plans the mails that are due by now, on the installation's clocks.
func (s *Server) PlanMails(ctx context.Context) error {
	now := s.Store.Now().In(s.TimeZone)
	at := time.Date(now.Year(), now.Month(), now.Day(), tracker.DigestHour, 0, 0, 0, s.TimeZone)
	return s.Store.PlanMails(ctx, tracker.DateOf(now), at)
}

// MailNotices mails what somebody's inbox tells. Before the server can take the
// mail it is written down that it may; whatever ends the program then, it is not
// sent twice.
func (s *Server) MailNotices(ctx context.Context, m postgres.NoticeMail) error {
	token, hash := newToken()
	letter, err := s.Store.StartNoticeMail(ctx, m, hash)
	if err != nil || len(letter.Items) == 0 {
		return err
	}
	stop := s.publicLink(view.StopMailsPath(token))
	written := s.noticesLetter(letter, stop).Write()
	var refused error
	err = s.Mail.Send(ctx, mail.Message{To: letter.To.Email, Subject: written.Subject, Text: written.Text, ID: letter.ID, Stop: stop,
		Handing: func(ctx context.Context) error {
			refused = s.Store.HandNoticeMail(ctx, m, letter)
			return refused
		}})
	switch {
	case refused != nil: // perhaps another program has it
		return refused
	case err == nil:
		return s.Store.NoticeMailSent(ctx, m)
	case ctx.Err() != nil: // whether it was taken nobody heard
		return err
	case errors.Is(err, mail.ErrAddress): // however often it is tried
		s.Log.Warn("a mail cannot be sent", "error", err.Error())
		m.Last = true
		return s.Store.NoticeMailFailed(ctx, m)
	}
	return errors.Join(err, s.Store.NoticeMailFailed(ctx, m))
}

// mostMailed is how many items a mail tells one by one.
const mostMailed = 40

func (s *Server) noticesLetter(l postgres.NoticeLetter, stop string) view.NoticesLetter {
	p := s.printerOf(l.To.Language)
	letter := view.NoticesLetter{P: p, Name: l.To.Name, Day: l.Day, Count: len(l.Items), Inbox: s.publicLink(view.InboxPath),
		Choice: s.publicLink(view.AccountPath), Stop: stop, Site: s.publicLink("")}
	for _, i := range l.Items[:min(len(l.Items), mostMailed)] {
		letter.Lines = append(letter.Lines, view.NoticeLine{Text: mailedSentence(i, p), Link: s.publicLink(view.InboxItemPath(i.ID))})
	}
	return letter
}

// mailedSentence is what a mail says of the item: never what people wrote, nor the
// title of evidence, which may be for few to read.
func mailedSentence(i tracker.InboxItem, p *locale.Printer) string {
	name, city := whoActed(i, p), p.Text(i.City.Name)
	switch {
	case i.Kind == tracker.EvidenceExpires:
		return p.T("letter.evidence_expiring", "city", city, "day", i.ValidUntil)
	case i.RecommendationID != 0, i.TaskID != 0:
		return p.T("letter."+string(i.Kind), "name", name, "city", city)
	case i.ThreadID != 0 && i.ThreadCode == "":
		return p.T("inbox."+string(i.Kind), "name", name, "city", city, "about", p.T("letter.about_evidence"))
	}
	return sentence(i, p)
}

func (s *Server) mail(ctx context.Context, to string, l view.Letter) error {
	err := s.Mail.Send(ctx, mail.Message{To: to, Subject: l.Subject, Text: l.Text})
	if errors.Is(err, mail.ErrAddress) {
		s.Log.Warn("a mail cannot be sent", "error", err.Error())
		return nil // however often it is tried
	}
	return err
}

func (s *Server) printerOf(language string) *locale.Printer {
	if chosen, ok := locale.Parse(language); ok {
		return s.Words.Printer(chosen)
	}
	return s.Words.Printer(s.Language)
}

// publicLink is an address in a mail. It begins with what the operator has set,
// whatever host a request named.
func (s *Server) publicLink(path string) string {
	return s.PublicURL.Scheme + "://" + s.PublicURL.Host + path
}

// invitationPath opens in the invited person's language, where that is not the
// one that they would get.
func invitationPath(token, language string, otherwise locale.Language) string {
	path := view.InvitationPath(token)
	if language != string(otherwise) {
		path += "?lang=" + language
	}
	return path
}
