package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"learningcity/internal/tracker"
)

// NoticeMail is the job to mail what somebody's inbox tells.
type NoticeMail struct {
	Account int64 `json:"account"`
	Mail    int64 `json:"mail"`
	// Last: there is no other try. complete ends the job, in the transaction that
	// writes down that the mail was sent.
	Last     bool                                `json:"-"`
	complete func(context.Context, pgx.Tx) error // nil outside a worker
}

// Kind names the job in the queue.
func (NoticeMail) Kind() string { return "mail_notices" }

// Mails that somebody waits for go before digests.
const (
	atOncePriority = 2
	digestPriority = 3
)

// PlanMails plans the mails that are due and puts their jobs into the queue. The
// day's digests are due from the moment digestAt on, and planned once, however many
// programs ask.
func (s *Store) PlanMails(ctx context.Context, day tracker.Date, digestAt time.Time) error {
	return s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT account_id, mail_id, digest FROM plan_mails($1, $2, $3)`, s.now(), day, digestAt)
		if err != nil {
			return fmt.Errorf("plan the mails: %w", err)
		}
		var jobs []river.InsertManyParams
		var m NoticeMail
		var digest bool
		_, err = pgx.ForEachRow(rows, []any{&m.Account, &m.Mail, &digest}, func() error {
			o := &river.InsertOpts{MaxAttempts: mailTries, Priority: atOncePriority}
			if digest {
				o.Priority = digestPriority
			}
			jobs = append(jobs, river.InsertManyParams{Args: m, InsertOpts: o})
			return nil
		})
		if err != nil || len(jobs) == 0 {
			return orWhile(err, "plan the mails")
		}
		_, err = s.jobs.InsertManyTx(ctx, tx, jobs)
		return orWhile(err, "put the mails into the queue")
	})
}

func orWhile(err error, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// NoticeLetter is what a mail of notices tells.
type NoticeLetter struct {
	To    Recipient
	Day   tracker.Date // of a digest; zero: at once
	ID    string       // no other mail's, and the same at every try
	Items []tracker.InboxItem
	ids   []int64
}

// StartNoticeMail gives the mail the token of its link to stop, in place of that of
// an earlier try, and returns what it tells: what the person has neither read nor
// been mailed, and may still see. With no items there is nothing to mail, and the
// mail is closed. A mail that was handed over when a program ended is not sent
// again: where it is a digest, the next one tells what is still unread.
func (s *Store) StartNoticeMail(ctx context.Context, m NoticeMail, tokenHash []byte) (NoticeLetter, error) {
	var l NoticeLetter
	err := s.inMail(ctx, m, func(tx pgx.Tx) error {
		var planned time.Time
		var handed, closed bool
		err := tx.QueryRow(ctx, `
			SELECT day, planned_at, handed_at IS NOT NULL, closed_at IS NOT NULL FROM notice_mail WHERE id = $1 FOR UPDATE`, m.Mail).
			Scan(&l.Day, &planned, &handed, &closed)
		switch {
		case errors.Is(err, pgx.ErrNoRows), err == nil && closed:
			return nil
		case err != nil:
			return fmt.Errorf("start a mail: %w", err)
		case handed:
			return s.closeMail(ctx, tx, m, "unheard", !l.Day.IsZero())
		}
		l.ID = fmt.Sprintf("notices.%d.%s", m.Mail, strconv.FormatInt(planned.UnixMicro(), 36))
		return s.fillNoticeMail(ctx, tx, m, tokenHash, &l)
	})
	return l, err
}

func (s *Store) fillNoticeMail(ctx context.Context, tx pgx.Tx, m NoticeMail, tokenHash []byte, l *NoticeLetter) error {
	var cities []int64
	err := tx.QueryRow(ctx, `SELECT name, email, language, cities FROM mailed_account($1)`, s.now()).
		Scan(&l.To.Name, &l.To.Email, &l.To.Language, &cities)
	if errors.Is(err, pgx.ErrNoRows) {
		return s.closeMail(ctx, tx, m, "nothing", false)
	}
	if err != nil {
		return fmt.Errorf("look whom to mail: %w", err)
	}
	all, err := inboxItems(ctx, tx, `i.account_id = $1 AND i.read_at IS NULL AND i.mail_id IS NULL
		AND i.created_at <= $2 AND i.created_at > $2 - interval '7 days'`, m.Account, s.now())
	if err != nil {
		return err
	}
	for _, i := range all {
		l.ids = append(l.ids, i.ID)
		if i.OfContent() && !slices.Contains(cities, i.City.ID) {
			continue // they were told of it, and may not see it any more
		}
		l.Items = append(l.Items, i)
	}
	if len(l.Items) == 0 {
		if err := claimItems(ctx, tx, m, l.ids); err != nil {
			return err
		}
		return s.closeMail(ctx, tx, m, "nothing", false)
	}
	_, err = tx.Exec(ctx, `UPDATE notice_mail SET stop_token_hash = $2 WHERE id = $1`, m.Mail, tokenHash)
	return orWhile(err, "keep the mail's token")
}

// claimItems notes which mail tells of the items.
func claimItems(ctx context.Context, tx pgx.Tx, m NoticeMail, ids []int64) error {
	_, err := tx.Exec(ctx, `UPDATE inbox_item SET mail_id = $2 WHERE account_id = $1 AND id = ANY ($3)`, m.Account, m.Mail, ids)
	return orWhile(err, "note which mail tells of the items")
}

// closeMail ends the mail; where its items are to be told again, they are free for
// the next one.
func (s *Store) closeMail(ctx context.Context, tx pgx.Tx, m NoticeMail, outcome string, again bool) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE notice_mail SET closed_at = $2, outcome = $3 WHERE id = $1 AND closed_at IS NULL`, m.Mail, s.now(), outcome)
	if again {
		batch.Queue(freeItems, m.Account, m.Mail, s.now())
	}
	return orWhile(tx.SendBatch(ctx, batch).Close(), "close a mail")
}

// A mail and its tries take less than two days.
const freeItems = `
	UPDATE inbox_item SET mail_id = NULL
	WHERE account_id = $1 AND mail_id = $2 AND read_at IS NULL AND created_at > $3::timestamptz - interval '9 days'`

// HandNoticeMail writes down, before the server can take it, that the mail of the
// letter is handed over, and of which items it tells.
func (s *Store) HandNoticeMail(ctx context.Context, m NoticeMail, l NoticeLetter) error {
	return s.inMail(ctx, m, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE notice_mail SET handed_at = $2 WHERE id = $1 AND handed_at IS NULL AND closed_at IS NULL`, m.Mail, s.now())
		if err != nil {
			return fmt.Errorf("hand a mail over: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return tracker.ErrConflict // another program has
		}
		return claimItems(ctx, tx, m, l.ids)
	})
}

// NoticeMailSent writes down that the server has taken the mail, and ends its job,
// in one transaction.
func (s *Store) NoticeMailSent(ctx context.Context, m NoticeMail) error {
	return s.inMail(ctx, m, func(tx pgx.Tx) error {
		if err := s.closeMail(ctx, tx, m, "sent", false); err != nil {
			return err
		}
		if m.complete == nil {
			return nil
		}
		return orWhile(m.complete(ctx, tx), "end the job of a mail")
	})
}

// NoticeMailFailed writes down that the mail was not taken, as far as the server
// said. It is tried again, or, after the last try, given up: then the next mail
// tells of its items.
func (s *Store) NoticeMailFailed(ctx context.Context, m NoticeMail) error {
	return s.inMail(ctx, m, func(tx pgx.Tx) error {
		if m.Last {
			return s.closeMail(ctx, tx, m, "given_up", true)
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE notice_mail SET handed_at = NULL WHERE id = $1 AND closed_at IS NULL`, m.Mail)
		batch.Queue(freeItems, m.Account, m.Mail, s.now())
		return orWhile(tx.SendBatch(ctx, batch).Close(), "note that a mail failed")
	})
}

// inMail runs fn in a transaction that has named whom the mail is to.
func (s *Store) inMail(ctx context.Context, m NoticeMail, fn func(pgx.Tx) error) error {
	return s.asAccount(ctx, tracker.Actor{AccountID: m.Account}, pgx.TxOptions{}, fn)
}

// MailChoice is how the actor wants to be mailed.
func (s *Store) MailChoice(ctx context.Context, actor tracker.Actor) (tracker.MailChoice, error) {
	choice := tracker.MailDigest
	err := s.asAccount(ctx, actor, reading, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT choice FROM mail_choice WHERE account_id = $1`, actor.AccountID).Scan(&choice)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return orWhile(err, "read how to mail")
	})
	return choice, err
}

// ChooseMails changes how the actor wants to be mailed; tracker must have checked
// the choice. To choose what is chosen already is no act.
func (s *Store) ChooseMails(ctx context.Context, actor tracker.Actor, choice tracker.MailChoice) error {
	return s.asAccount(ctx, actor, pgx.TxOptions{}, func(tx pgx.Tx) error {
		return s.chooseMails(ctx, tx, actor, choice)
	})
}

func (s *Store) chooseMails(ctx context.Context, tx pgx.Tx, actor tracker.Actor, choice tracker.MailChoice) error {
	before := tracker.MailDigest
	err := tx.QueryRow(ctx, `SELECT choice FROM mail_choice WHERE account_id = $1 FOR UPDATE`, actor.AccountID).Scan(&before)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("choose mails: %w", err)
	}
	if before == choice {
		return nil
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO mail_choice (account_id, choice, chosen_at) VALUES ($1, $2, $3)
		ON CONFLICT (account_id) DO UPDATE SET choice = excluded.choice, chosen_at = excluded.chosen_at`,
		actor.AccountID, choice, s.now())
	if err != nil {
		return fmt.Errorf("choose mails: %w", err)
	}
	return audit(ctx, tx, actor, s.now(), record{act: "choose_mails", subject: accountSubject(actor.Email),
		before: map[string]string{"mails": string(before)}, after: map[string]string{"mails": string(choice)}})
}

// StopLinkOwner returns the address whose mails the link ends. ErrLinkOver: none.
func (s *Store) StopLinkOwner(ctx context.Context, tokenHash []byte) (email string, err error) {
	err = s.inTx(ctx, reading, func(tx pgx.Tx) error {
		_, email, err = stopLinkOwner(ctx, tx, tokenHash)
		return err
	})
	return email, err
}

func stopLinkOwner(ctx context.Context, tx pgx.Tx, tokenHash []byte) (account int64, email string, err error) {
	err = tx.QueryRow(ctx, `SELECT account_id, email FROM account_of_stop_link($1)`, tokenHash).Scan(&account, &email)
	return account, email, orLinkOver(err, "look for the link that ends mails")
}

// StopMails ends the mails to whom the link was mailed, whoever has it; actor says
// from where, and that account is who the record names. Doing it again is no act.
func (s *Store) StopMails(ctx context.Context, actor tracker.Actor, tokenHash []byte) (email string, err error) {
	err = s.inTx(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if actor.AccountID, email, err = stopLinkOwner(ctx, tx, tokenHash); err != nil {
			return err
		}
		if err := nameAccount(ctx, tx, actor.AccountID); err != nil {
			return err
		}
		actor.Email = email
		return s.chooseMails(ctx, tx, actor, tracker.MailNone)
	})
	return email, err
}
