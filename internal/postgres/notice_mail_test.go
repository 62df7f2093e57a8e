package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// A mailRoom is a town whose staff has an unread item, at noon.
type mailRoom struct {
	*town
	clock time.Time
}

func openMailRoom(t testing.TB) *mailRoom {
	t.Helper()
	r := &mailRoom{clock: pgtest.Now}
	db := pgtest.New(t, pgtest.Options{Mails: true, Now: func() time.Time { return r.clock }})
	r.town = emptyTown(t, db, "ha-long")
	r.tell(t, r.staff, -24*time.Hour)
	return r
}

// tell writes an item that the person is told of so long from now.
func (r *mailRoom) tell(t testing.TB, who tracker.Actor, in time.Duration) {
	t.Helper()
	r.db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, by_account_id, created_at) VALUES ($1, $2, 'role_changed', $3, $4)`,
		who.AccountID, r.id, r.coordinator.AccountID, r.clock.Add(in))
}

// plan plans as at the hour of the clock's day, and returns the jobs that it made.
func (r *mailRoom) plan(t testing.TB, hour int) []postgres.NoticeMail {
	t.Helper()
	r.db.Exec(t, `DELETE FROM river.river_job`)
	now := r.clock.In(pgtest.Zone)
	r.clock = time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, pgtest.Zone)
	at := time.Date(now.Year(), now.Month(), now.Day(), tracker.DigestHour, 0, 0, 0, pgtest.Zone)
	must(t, r.store.PlanMails(t.Context(), tracker.DateOf(r.clock.In(pgtest.Zone)), at))
	rows, err := r.db.Owner.Query(t.Context(), `SELECT args FROM river.river_job WHERE kind = 'mail_notices' AND max_attempts = 8 ORDER BY id`)
	must(t, err)
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[postgres.NoticeMail])
	must(t, err)
	return jobs
}

func (r *mailRoom) choose(t testing.TB, who tracker.Actor, c tracker.MailChoice) {
	t.Helper()
	must(t, r.store.ChooseMails(t.Context(), who, c))
}

// state is how the mails stand.
func (r *mailRoom) state(t testing.TB) string {
	t.Helper()
	all := r.db.Lines(t, `SELECT concat_ws(' ', split_part(a.email, '@', 1), n.day, n.handed_at IS NOT NULL, n.outcome,
		(SELECT count(*) FROM inbox_item i WHERE i.mail_id = n.id))
		FROM notice_mail n JOIN account a ON a.id = n.account_id`)
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// TestPlanMails: a digest a day to who has something unread by its hour; at once
// to who wants that; none to who does not, is locked, or has read all.
func TestPlanMails(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	for _, who := range []tracker.Actor{r.leader, r.reviewer, r.second, r.other} {
		r.tell(t, who, -24*time.Hour)
	}
	r.tell(t, r.coordinator, -24*time.Hour*8) // no news
	r.tell(t, r.end, time.Hour*13)            // tomorrow
	r.choose(t, r.leader, tracker.MailAtOnce)
	r.choose(t, r.reviewer, tracker.MailNone)
	r.db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, r.second.AccountID)
	r.db.Exec(t, `UPDATE inbox_item SET read_at = now() WHERE account_id = $1`, r.other.AccountID)
	names := func(hour int) string {
		t.Helper()
		var all []string
		for _, m := range r.plan(t, hour) {
			all = append(all, r.db.Lines(t, `SELECT split_part(email, '@', 1) FROM account WHERE id = $1`, m.Account)[0])
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	if got := names(6); got != "leader" {
		t.Errorf("before the hour: %q", got)
	}
	if got := names(6); got != "" {
		t.Errorf("again: %q", got)
	}
	if got := names(7); got != "staff" {
		t.Errorf("at the hour: %q", got)
	}
	r.tell(t, r.other, 0)
	if got := names(7); got != "" {
		t.Errorf("at the hour again: %q", got)
	}
	if got := names(23); got != "" {
		t.Errorf("later on that day: %q", got)
	}
	r.clock = r.clock.Add(12 * time.Hour)
	// Yesterday's mail was neither sent nor given up: its job is gone.
	if got := names(9); got != "end, other, staff" {
		t.Errorf("on the next day: %q", got)
	}
	if got, want := r.state(t), "end 2025-03-11 f 0, leader f given_up 0, other 2025-03-11 f 0, staff 2025-03-10 f given_up 0, staff 2025-03-11 f 0"; got != want {
		t.Errorf("mails %q, want %q", got, want)
	}
	r.clock = r.clock.Add(23 * time.Hour)
	if got := names(8); strings.Contains(got, "leader") {
		t.Errorf("too soon after one was given up: %q", got)
	}
	r.clock = r.clock.Add(24 * time.Hour)
	if got := names(6); got != "leader" {
		t.Errorf("a day after one was given up: %q", got)
	}
}

// TestPlanMailsAtOnce: however many programs plan, everybody has one digest.
func TestPlanMailsAtOnce(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	r.tell(t, r.leader, -time.Hour*24)
	r.choose(t, r.leader, tracker.MailAtOnce)
	errs := atOnce(t, r.db, 6, func(_ int, s *postgres.Store) error {
		return s.PlanMails(t.Context(), today, pgtest.Now.Add(-time.Hour))
	})
	if count(errs, nil) != 6 {
		t.Errorf("answers %v", errs)
	}
	if got := r.state(t); got != "leader f 0, staff 2025-03-10 f 0" {
		t.Errorf("mails %q", got)
	}
	if n := r.db.Count(t, `SELECT count(*) FROM river.river_job`); n != 2 {
		t.Errorf("%d jobs", n)
	}
}

// TestNoticeMail on its way, and wherever its program is killed: it is sent once,
// and what it was to tell is told.
func TestNoticeMail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const left = "staff 2025-03-10 f 0"
	for name, tt := range map[string]struct {
		way   func(*mailRoom, postgres.NoticeMail) error
		state string
		again int // items of the next try
		next  int // items of the next day's mail
	}{
		"before it starts": {func(*mailRoom, postgres.NoticeMail) error { return nil }, left, 1, 1},
		"started": {func(r *mailRoom, m postgres.NoticeMail) error {
			_, err := r.store.StartNoticeMail(ctx, m, hashOf("a"))
			return err
		}, left, 1, 1},
		"handed over": {func(r *mailRoom, m postgres.NoticeMail) error { return r.hand(m) }, "staff 2025-03-10 t 1", 0, 1},
		"sent": {func(r *mailRoom, m postgres.NoticeMail) error {
			if err := r.hand(m); err != nil {
				return err
			}
			return r.store.NoticeMailSent(ctx, m)
		}, "staff 2025-03-10 t sent 1", 0, 0},
		"refused": {func(r *mailRoom, m postgres.NoticeMail) error {
			if err := r.hand(m); err != nil {
				return err
			}
			return r.store.NoticeMailFailed(ctx, m)
		}, left, 1, 1},
		"refused for the last time": {func(r *mailRoom, m postgres.NoticeMail) error {
			m.Last = true
			if err := r.hand(m); err != nil {
				return err
			}
			return r.store.NoticeMailFailed(ctx, m)
		}, "staff 2025-03-10 t given_up 0", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openMailRoom(t)
			m := r.plan(t, 12)[0]
			must(t, tt.way(r, m))
			if got := r.state(t); got != tt.state {
				t.Errorf("the mail is %q, want %q", got, tt.state)
			}
			l, err := r.store.StartNoticeMail(ctx, m, hashOf("again"))
			if err != nil || len(l.Items) != tt.again {
				t.Errorf("the next try tells %d items, %v", len(l.Items), err)
			}
			r.clock = r.clock.Add(24*time.Hour + time.Second)
			jobs := r.plan(t, 23)
			if len(jobs) != tt.next {
				t.Fatalf("%d mails on the next day", len(jobs))
			}
			if tt.next == 0 {
				return
			}
			if l, err = r.store.StartNoticeMail(ctx, jobs[0], hashOf("tomorrow")); err != nil || len(l.Items) != tt.next {
				t.Errorf("it tells %d items, %v", len(l.Items), err)
			}
		})
	}
}

// hand starts the mail and hands it over.
func (r *mailRoom) hand(m postgres.NoticeMail) error {
	l, err := r.store.StartNoticeMail(context.Background(), m, hashOf("a"))
	if err != nil {
		return err
	}
	return r.store.HandNoticeMail(context.Background(), m, l)
}

// TestStartNoticeMail: to whom, of what, and of what not.
func TestStartNoticeMail(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	ctx := t.Context()
	must(t, r.store.ChangeProfile(ctx, r.staff, hashOf("staff@ha-long.example"), "Lan", "en"))
	r.open(t)
	r.tell(t, r.staff, time.Minute) // too early
	r.clock = r.clock.Add(-24 * time.Hour)
	must(t, r.store.Submit(ctx, r.staff, r.claimed(t), ""))
	r.clock = r.clock.Add(24 * time.Hour)
	jobs := r.plan(t, 12)
	if len(jobs) != 3 {
		t.Fatalf("%d mails", len(jobs))
	}
	of := func(who tracker.Actor) postgres.NoticeMail {
		return jobs[slices.IndexFunc(jobs, func(m postgres.NoticeMail) bool { return m.Account == who.AccountID })]
	}
	staffs, reviewers, seconds := of(r.staff), of(r.reviewer), of(r.second)
	l, err := r.store.StartNoticeMail(ctx, staffs, hashOf("one"))
	must(t, err)
	if (l.To != postgres.Recipient{Name: "Lan", Email: "staff@ha-long.example", Language: "en"}) || l.Day != today || len(l.Items) != 1 ||
		l.Items[0].Kind != tracker.RoleChanged || l.Items[0].By != "coordinator of ha-long" {
		t.Errorf("the mail is %+v", l)
	}
	again, err := r.store.StartNoticeMail(ctx, staffs, hashOf("two"))
	if err != nil || again.ID != l.ID || l.ID == "" {
		t.Errorf("another try is %q, %v, not %q", again.ID, err, l.ID)
	}
	for token, want := range map[string]error{"one": tracker.ErrLinkOver, "two": nil} {
		if email, err := r.store.StopLinkOwner(ctx, hashOf(token)); !same(err, want) || err == nil && email != "staff@ha-long.example" {
			t.Errorf("%s: %q, %v", token, email, err)
		}
	}
	other, err := r.store.StartNoticeMail(ctx, reviewers, hashOf("three"))
	if err != nil || other.ID == l.ID || len(other.Items) != 1 || other.Items[0].Entry.Indicator != measured {
		t.Errorf("a reviewer's is %+v, %v", other, err)
	}
	// Whose role has ended meanwhile, or who read it, is mailed nothing.
	r.db.Exec(t, `UPDATE membership SET ends_on = $2 WHERE account_id = $1`, seconds.Account, today-1)
	r.db.Exec(t, `UPDATE inbox_item SET read_at = now() WHERE account_id = $1`, reviewers.Account)
	for _, m := range []postgres.NoticeMail{reviewers, seconds, {Account: r.staff.AccountID, Mail: reviewers.Mail}, {Account: r.staff.AccountID, Mail: 999}} {
		if l, err := r.store.StartNoticeMail(ctx, m, hashOf("four")); err != nil || len(l.Items) != 0 {
			t.Errorf("%+v tells %+v, %v", m, l.Items, err)
		}
	}
	r.db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, r.staff.AccountID)
	if l, err := r.store.StartNoticeMail(ctx, staffs, hashOf("five")); err != nil || len(l.Items) != 0 {
		t.Errorf("who is locked is told %+v, %v", l.Items, err)
	}
	if got := r.db.Count(t, `SELECT count(*) FROM notice_mail WHERE outcome = 'nothing'`); got != 3 {
		t.Errorf("%d mails of nothing: %s", got, r.state(t))
	}
}

// claimed is the measured entry, claimed by the staff.
func (r *mailRoom) claimed(t testing.TB) postgres.EntryRef {
	t.Helper()
	must(t, r.store.Quietly().ChangeClaim(t.Context(), r.staff, r.ref(t, measured), tracker.ClaimAchieved, "", 0, false))
	return r.ref(t, measured)
}

// TestHandNoticeMail: of two programs with one mail, one hands it over.
func TestHandNoticeMail(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	m := r.plan(t, 12)[0]
	l, err := r.store.StartNoticeMail(t.Context(), m, hashOf("a"))
	must(t, err)
	errs := atOnce(t, r.db, 4, func(_ int, s *postgres.Store) error { return s.HandNoticeMail(t.Context(), m, l) })
	if count(errs, nil) != 1 || count(errs, tracker.ErrConflict) != 3 {
		t.Errorf("answers %v", errs)
	}
}

// TestNoticeMailSentEndsItsJob in the same transaction.
func TestNoticeMailSentEndsItsJob(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	r.plan(t, 12)
	p := &sending{db: r.db, sent: make(chan string, 1)}
	work(t, r.db, p)
	until(t, "the mail", finished(t, r.db, 1))
	if got := <-p.sent; got != "completed sent" {
		t.Errorf("when the mail was closed, its job was %s", got)
	}
}

// sending sends mails of notices nowhere, and looks at the job then.
type sending struct {
	post
	db   *pgtest.Database
	sent chan string
}

func (p *sending) MailNotices(ctx context.Context, m postgres.NoticeMail) error {
	l, err := p.db.Store.StartNoticeMail(ctx, m, hashOf("a"))
	if err != nil {
		return err
	}
	if err := p.db.Store.HandNoticeMail(ctx, m, l); err != nil {
		return err
	}
	if err := p.db.Store.NoticeMailSent(ctx, m); err != nil {
		return err
	}
	var state string
	err = p.db.Owner.QueryRow(ctx, `SELECT j.state::text || ' ' || n.outcome FROM river.river_job j, notice_mail n`).Scan(&state)
	p.sent <- state
	return err
}

// TestChooseMails: of one's own, on record, and only a change is an act.
func TestChooseMails(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	ctx := t.Context()
	is := func(who tracker.Actor, want tracker.MailChoice) {
		t.Helper()
		if got, err := r.store.MailChoice(ctx, who); err != nil || got != want {
			t.Errorf("%s chose %s, %v; want %s", who.Name, got, err, want)
		}
	}
	is(r.staff, tracker.MailDigest)
	for _, c := range []tracker.MailChoice{tracker.MailDigest, tracker.MailAtOnce, tracker.MailAtOnce, tracker.MailNone} {
		r.choose(t, r.staff, c)
		is(r.staff, c)
	}
	is(r.leader, tracker.MailDigest)
	m := r.plan(t, 12)
	if len(m) != 0 {
		t.Fatalf("%d mails", len(m))
	}
	r.choose(t, r.staff, tracker.MailDigest)
	r.clock = r.clock.Add(24 * time.Hour)
	_, err := r.store.StartNoticeMail(ctx, r.plan(t, 12)[0], hashOf("stop"))
	must(t, err)
	for range 2 {
		if email, err := r.store.StopMails(ctx, tracker.Actor{Address: "192.0.2.7"}, hashOf("stop")); err != nil || email != "staff@ha-long.example" {
			t.Errorf("stopped for %q, %v", email, err)
		}
		is(r.staff, tracker.MailNone)
	}
	if _, err := r.store.StopMails(ctx, tracker.Actor{}, hashOf("nobody's")); !same(err, tracker.ErrLinkOver) {
		t.Errorf("a link of nobody: %v", err)
	}
	got := r.db.Lines(t, `SELECT concat_ws(' ', account_id = $1, subject, before ->> 'mails', after ->> 'mails', address) FROM audit
		WHERE act = 'choose_mails' ORDER BY id`, r.staff.AccountID)
	const subject = "t account staff@ha-long.example "
	want := []string{subject + "digest at_once ", subject + "at_once none ", subject + "none digest ", subject + "digest none 192.0.2.7"}
	for n := range want {
		want[n] = strings.TrimSuffix(want[n], " ")
	}
	for n := range got {
		got[n] = strings.TrimSpace(got[n])
	}
	if !slices.Equal(got, want) {
		t.Errorf("the record is %q", got)
	}
	for _, do := range []error{r.store.ChooseMails(ctx, tracker.Operator(), tracker.MailNone), func() error { _, err := r.store.MailChoice(ctx, tracker.Operator()); return err }()} {
		if !same(do, tracker.ErrForbidden) {
			t.Errorf("the operator's: %v", do)
		}
	}
}

// TestMailsOfOneAccountOnly: a transaction sees the choice and the mails of the
// account that it has named.
func TestMailsOfOneAccountOnly(t *testing.T) {
	t.Parallel()
	r := openMailRoom(t)
	r.choose(t, r.staff, tracker.MailAtOnce)
	r.tell(t, r.leader, -24*time.Hour)
	r.plan(t, 12)
	r.choose(t, r.leader, tracker.MailNone)
	for _, table := range []string{"mail_choice", "notice_mail"} {
		for account, want := range map[int64]int{0: 0, r.staff.AccountID: 1, r.leader.AccountID: 1, r.other.AccountID: 0} {
			asApp(t, r.db, r.id, func(tx pgx.Tx) {
				_, err := tx.Exec(t.Context(), `SELECT set_config('learningcity.account', $1::text, true)`, fmt.Sprint(account))
				must(t, err)
				if n := seen(t, tx, `SELECT count(account_id) FROM `+table); n != want {
					t.Errorf("%s: %d rows seen by %d", table, n, account)
				}
			})
		}
	}
}
