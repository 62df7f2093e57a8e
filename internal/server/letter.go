package server

import (
	"context"
	"errors"

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
		P: p, City: p.Text(city.Name), By: i.InvitedBy, Role: p.T("role." + string(i.Post.Role)),
		Link: s.publicLink(invitationPath(token, i.Language, s.Language)), Until: p.Time(wall(i.ExpiresAt, city)), Site: s.publicLink(""),
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
	until := l.Until.In(s.TimeZone)
	if l.City.ID != 0 {
		until = wall(l.Until, l.City)
	}
	letter := view.PasswordLetter{
		P: p, Name: l.To.Name, Email: l.To.Email, By: l.By,
		Link: s.publicLink(view.PasswordLinkPath(token)), Until: p.Time(until), Site: s.publicLink(""),
	}
	return s.mail(ctx, l.To.Email, letter.Write())
}

// unlessOver: what the link was for has been done or undone since, so there is
// nothing to mail.
func unlessOver(err error) error {
	if errors.Is(err, tracker.ErrLinkOver) {
		return nil
	}
	return err
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
