package postgres_test

import (
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestMailInvitation: the mail's link works beside the one that was shown, and
// what is over is not mailed.
func TestMailInvitation(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	leader := tracker.Post{Role: tracker.Leader}
	i := w.invite(t, "an@halong.vn", leader)
	job := postgres.InvitationMail{City: "ha-long", ID: i.ID, ExpiresAt: i.ExpiresAt}
	mail := func(m postgres.InvitationMail, token string, want error) (tracker.City, tracker.Invitation) {
		t.Helper()
		city, i, err := w.store.MailInvitation(t.Context(), m, hashOf(token))
		if !same(err, want) {
			t.Errorf("%s: %v, want %v", token, err, want)
		}
		return city, i
	}
	works := func(token string, want error) {
		t.Helper()
		if _, _, err := w.store.Invitation(t.Context(), hashOf(token)); !same(err, want) {
			t.Errorf("%s: %v, want %v", token, err, want)
		}
	}
	city, found := mail(job, "mailed", nil)
	if city.Slug != "ha-long" || found.Email != "an@halong.vn" || found.InvitedBy != "coordinator of ha-long" || found.Language != "vi" ||
		found.Post != leader || !found.ExpiresAt.Equal(i.ExpiresAt) {
		t.Errorf("mailed %+v of %s", found, city.Slug)
	}
	works("an@halong.vn", nil)
	works("mailed", nil)
	mail(job, "mailed again", nil)
	works("mailed", tracker.ErrLinkOver)
	works("mailed again", nil)

	other := job
	other.City = "hue"
	emptyTown(t, db, "hue")
	mail(other, "of another city", tracker.ErrLinkOver)
	clock = pgtest.Now.Add(time.Minute)
	renewed, err := w.store.RenewInvitation(t.Context(), w.coordinator, w.slug, i.ID, hashOf("renewed"))
	must(t, err)
	works("mailed again", tracker.ErrLinkOver)
	mail(job, "before it was renewed", tracker.ErrLinkOver)
	job.ExpiresAt = renewed.ExpiresAt
	mail(job, "after", nil)
	clock = renewed.ExpiresAt
	mail(job, "expired", tracker.ErrLinkOver)
	clock = pgtest.Now
	_, _, err = w.store.AcceptInvitationAsNew(t.Context(), tracker.Actor{}, hashOf("after"), "An", "x")
	must(t, err)
	works("renewed", tracker.ErrLinkOver)
	mail(job, "accepted", tracker.ErrLinkOver)
	gone := w.invite(t, "gone@halong.vn", leader)
	must(t, w.store.WithdrawInvitation(t.Context(), w.coordinator, w.slug, gone.ID))
	mail(postgres.InvitationMail{City: "ha-long", ID: gone.ID, ExpiresAt: gone.ExpiresAt}, "withdrawn", tracker.ErrLinkOver)
}

func TestMailPasswordLink(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	w := emptyTown(t, db, "ha-long")
	hue := emptyTown(t, db, "hue")
	must(t, w.store.ChangeProfile(t.Context(), w.staff, hashOf("staff@ha-long.example"), "Lan", "en"))
	until, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("shown"))
	must(t, err)
	got, err := w.store.MailPasswordLink(t.Context(), postgres.PasswordLinkMail{City: "ha-long", ID: 1}, hashOf("mailed"))
	must(t, err)
	want := postgres.PasswordLetter{City: got.City, To: postgres.Recipient{Name: "Lan", Email: "staff@ha-long.example", Language: "en"},
		By: "coordinator of ha-long", Until: got.Until}
	if got.City.ID != w.id || !got.Until.Equal(until) || got.To != want.To || got.By != want.By {
		t.Errorf("mailed %+v, want %+v", got, want)
	}
	if _, err := w.store.MailPasswordLink(t.Context(), postgres.PasswordLinkMail{City: hue.slug, ID: 1}, hashOf("theirs")); !same(err, tracker.ErrLinkOver) {
		t.Errorf("of another city: %v", err)
	}
	if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf("mailed"), "new"); err != nil {
		t.Errorf("the mailed link: %v", err)
	}
	if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf("shown"), "new"); !same(err, tracker.ErrLinkOver) {
		t.Errorf("the shown link after it: %v", err)
	}
	if _, err := w.store.MailPasswordLink(t.Context(), postgres.PasswordLinkMail{City: "ha-long", ID: 1}, hashOf("used")); !same(err, tracker.ErrLinkOver) {
		t.Errorf("a used one: %v", err)
	}
}

// TestMailOwnPasswordLink: three in an hour, for one's own account whatever
// roles it has; a try more of the same job is no link more.
func TestMailOwnPasswordLink(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	db.Exec(t, `INSERT INTO membership (account_id, role) VALUES ($1, 'admin')`, w.staff.AccountID)
	const email = "staff@ha-long.example"
	mail := func(job int64, email, token string, want error) {
		t.Helper()
		got, err := w.store.MailOwnPasswordLink(t.Context(), postgres.OwnPasswordLinkMail{Email: email, Job: job}, hashOf(token))
		if !same(err, want) {
			t.Errorf("%s: %v, want %v", token, err, want)
		}
		if want == nil && (got.To != postgres.Recipient{Name: "staff of ha-long", Email: email} || !got.Until.Equal(clock.Add(time.Hour)) || got.By != "") {
			t.Errorf("%s: %+v", token, got)
		}
	}
	works := func(token string, want error) {
		t.Helper()
		if name, address, err := w.store.PasswordLinkOwner(t.Context(), hashOf(token)); !same(err, want) || err == nil && name+address != "staff of ha-long"+email {
			t.Errorf("%s: %q %q %v, want %v", token, name, address, err, want)
		}
	}
	mail(1, email, "one", nil)
	works("one", nil)
	mail(1, email, "one again", nil)
	works("one", tracker.ErrLinkOver)
	mail(2, email, "two", nil)
	clock = pgtest.Now.Add(59 * time.Minute)
	mail(3, email, "three", nil)
	mail(4, email, "four", tracker.ErrLinkOver)
	mail(3, email, "three again", nil)
	mail(5, "nobody@ha-long.example", "nobody", tracker.ErrLinkOver)
	if n := db.Count(t, `SELECT count(*) FROM password_link`); n != 3 {
		t.Errorf("%d links", n)
	}
	works("two", nil) // nobody can end another's link by asking for more
	clock = pgtest.Now.Add(time.Hour)
	works("two", tracker.ErrLinkOver)
	mail(6, email, "six", nil)
	account, err := w.store.ResetPassword(t.Context(), tracker.Actor{Address: "192.0.2.7"}, hashOf("six"), "new")
	if err != nil || account != w.staff.AccountID {
		t.Errorf("account %d, %v", account, err)
	}
	works("three again", tracker.ErrLinkOver)
	mail(6, email, "used", tracker.ErrLinkOver)
	got := db.Lines(t, `SELECT concat_ws(' ', act, subject, account_id = $1, city_id, address) FROM audit WHERE act = 'reset_password'`, w.staff.AccountID)
	if len(got) != 1 || got[0] != "reset_password account "+email+" t 192.0.2.7" {
		t.Errorf("audit %q", got)
	}
	if _, err := w.again(t, "staff"); !same(err, tracker.ErrNotFound) {
		t.Errorf("a session is left: %v", err)
	}
	db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, w.leader.AccountID)
	mail(7, "leader@ha-long.example", "disabled", tracker.ErrLinkOver)
	clock = pgtest.Now.Add(4 * time.Hour)
	mail(8, email, "eight", nil)
	if _, err := w.store.MailOwnPasswordLink(t.Context(), postgres.OwnPasswordLinkMail{Email: "other@ha-long.example", Job: 8}, hashOf("a queue that counts anew")); !same(err, tracker.ErrLinkOver) {
		t.Errorf("another's link: %v", err)
	}
	works("eight", nil)
	clock = pgtest.Now.Add(48 * time.Hour)
	mail(9, email, "nine", nil)
	if n := db.Count(t, `SELECT count(*) FROM password_link`); n != 1 {
		t.Errorf("%d links after two days", n)
	}
}

// TestMailOwnPasswordLinkAtOnce: no more than three, however many ask at once.
func TestMailOwnPasswordLinkAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	emptyTown(t, db, "ha-long")
	errs := atOnce(t, db, 6, func(i int, s *postgres.Store) error {
		_, err := s.MailOwnPasswordLink(t.Context(), postgres.OwnPasswordLinkMail{Email: "staff@ha-long.example", Job: int64(i + 1)}, hashOf(string(rune('a'+i))))
		return err
	})
	if count(errs, nil) != 3 || count(errs, tracker.ErrLinkOver) != 3 {
		t.Errorf("answers are %v", errs)
	}
}
