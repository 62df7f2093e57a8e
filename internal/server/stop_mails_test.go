package server_test

import (
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"learningcity/internal/mail/mailtest"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

// mailedAll are the mails to the address.
func mailedAll(sink *mailtest.Server, to string) []mailtest.Mail {
	var found []mailtest.Mail
	for _, m := range sink.All() {
		if m.To == to {
			found = append(found, m)
		}
	}
	return found
}

// until waits for what the jobs bring about.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// yesterday moves what people were told to before the hour of today's digest.
func (s *site) yesterday() {
	s.owner(`UPDATE inbox_item SET created_at = created_at - interval '1 day'`)
}

// TestNoticesAreMailed in a digest, in the reader's language, once: what it was
// about, where to look, and nothing that is restricted.
func TestNoticesAreMailed(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	s.owner(`UPDATE account SET language = 'en' WHERE email = $1`, staff)
	s.returned("7.2.2", "một lý do riêng")
	s.as(staff).upload("/cities/ha-long/evidence", passport("CUL"), doc{"a.pdf", pdf})
	s.owner(`INSERT INTO inbox_item (account_id, city_id, kind, created_at, evidence_id, evidence_title, valid_until)
		SELECT $1, city_id, 'evidence_expiring', '2025-03-10 05:00:00Z', id, 'Hồ sơ mật', '2025-03-20' FROM evidence`, s.member(staff).AccountID)
	s.yesterday()
	s.workJobs()
	s.jobsEnd(2)
	if n := len(sink.All()); n != 2 {
		t.Fatalf("%d mails", n)
	}
	got := mailedAll(sink, staff)[0]
	subject, text := got.Read(t)
	equal(t, "subject", subject, tell(t, "letter.notices.digest", "count", 2, "day", tracker.DateOf(pgtest.Now)))
	title := ask[string](s, `SELECT title_en FROM indicator WHERE code = '7.2.2'`)
	for _, want := range []string{
		tell(t, "inbox.entry_returned", "name", "Người thẩm định (minh họa)", "code", "7.2.2", "title", title, "city", "Ha Long"),
		tell(t, "letter.evidence_expiring", "city", "Ha Long", "day", tracker.NewDate(2025, time.March, 20)), mailedAddress + "/inbox/", mailedAddress + "/account\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail does not say %q:\n%s", want, text)
		}
	}
	for _, secret := range []string{"một lý do riêng", "Hồ sơ mật"} {
		if strings.Contains(text, secret) {
			t.Errorf("the mail says %q", secret)
		}
	}
	read, err := mail.ReadMessage(strings.NewReader(got.Raw))
	if err != nil {
		t.Fatal(err)
	}
	stop := strings.Trim(read.Header.Get("List-Unsubscribe"), "<>")
	equal(t, "List-Unsubscribe-Post", read.Header.Get("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click")
	equal(t, "the link stands in the text", strings.Contains(text, "\n"+stop+"\n"), true)
	token := strings.TrimPrefix(stop, mailedAddress+"/stop-mails/")
	for _, table := range []string{"river.river_job", "notice_mail", "audit"} {
		equal(t, "the token stands in "+table, s.db.Count(t, `SELECT count(*) FROM `+table+` x WHERE strpos(x::text, $1) > 0`, token), 0)
	}
	equal(t, "the token stands in the log", strings.Contains(s.journal.all(), token), false)
	// The link of an item leads there, through signing in.
	item := mailedAddress + s.as(staff).get("/inbox").page().First("[data-item] a").Attr("href")
	equal(t, "the mail has the item's link", strings.Contains(text, item+"\n"), true)
}

// TestMailsWithoutWords: no mail holds what people wrote to each other, or what
// evidence is called.
func TestMailsWithoutWords(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	s.owner(`UPDATE account SET language = 'en' WHERE email = $1`, coordinator)
	s.as(giver).give()
	s.as(staff).upload("/cities/ha-long/evidence", passport("CUL"), doc{"Hồ sơ mật.pdf", pdf})
	s.as(staff).post("/cities/ha-long/evidence/1/threads", "text", "một lời kín", "mention", s.accountOf(coordinator)).
		redirects("/cities/ha-long/evidence/1#thread-1")
	s.owner(`UPDATE inbox_item SET thread_title = 'Hồ sơ mật' WHERE thread_id IS NOT NULL`)
	s.yesterday()
	s.workJobs()
	s.jobsEnd(1)
	_, text := mailedAll(sink, coordinator)[0].Read(t)
	for _, want := range []string{
		tell(t, "letter.recommendation_given", "name", "Chuyên gia (minh họa)", "city", "Ha Long"),
		tell(t, "inbox.mention", "name", "Cán bộ văn hóa (minh họa)", "city", "Ha Long", "about", tell(t, "letter.about_evidence")),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail does not say %q:\n%s", want, text)
		}
	}
	for _, secret := range []string{"Mở rộng thư viện số", "một lời kín", "Hồ sơ mật"} {
		if strings.Contains(text, secret) {
			t.Errorf("the mail says %q:\n%s", secret, text)
		}
	}
}

// TestNoticesAtOnce: to who wants them so; the choice is made on the page of one's
// account, and a wrong one is refused there.
func TestNoticesAtOnce(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	v := s.as(staff)
	v.get("/account").expect(http.StatusOK, htmlcheck.In(`input[name="mails"][value="digest"][checked]`))
	v.post("/account/mails", "mails", "hourly").expect(http.StatusUnprocessableEntity, htmlcheck.In("#mails-error", htmlcheck.HasText(say(t, "account.error.mails"))),
		htmlcheck.In(`input[name="mails"][value="digest"][checked]`))
	v.post("/account/mails", "mails", "at_once").redirects("/account").follow().
		expect(http.StatusOK, noticed(say(t, "notice.mails_chosen")), htmlcheck.In(`input[name="mails"][value="at_once"][checked]`))
	v.get("/account/audit").expect(http.StatusOK, says(say(t, "audit.act.choose_mails")), says(say(t, "mails.at_once")))
	s.as(reviewer).post("/account/mails", "mails", "none").redirects("/account")
	s.returned("7.2.2", "thiếu")
	s.workJobs()
	s.jobsEnd(1)
	subject, _ := mailedAll(sink, staff)[0].Read(t)
	equal(t, "subject", subject, say(t, "letter.notices.subject", "count", 1))
	equal(t, "mails", len(sink.All()), 1)
	// A form of a session that is over comes back.
	s.endSessions()
	v.post("/account/mails", "mails", "none").expect(http.StatusUnauthorized, htmlcheck.In(`input[name="resume.mails"][value="none"]`))
}

// TestStopMails: whoever has the link ends the mails, by a button or as mail
// programs do; to open it ends nothing.
func TestStopMails(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	s.returned("7.2.2", "thiếu")
	s.yesterday()
	s.workJobs()
	s.jobsEnd(2)
	_, text := mailedAll(sink, staff)[0].Read(t)
	path := text[strings.Index(text, mailedAddress+"/stop-mails/")+len(mailedAddress):]
	path, _, _ = strings.Cut(path, "\n")
	choice := func() string {
		return ask[string](s, `SELECT coalesce(max(choice), 'digest') FROM mail_choice WHERE account_id = $1`, s.member(staff).AccountID)
	}
	v := s.visit()
	for range 2 {
		page := v.get(path).expect(http.StatusOK, says(say(t, "stop_mails.about", "email", staff)), htmlcheck.In("main form button"))
		equal(t, "Referrer-Policy", page.header.Get("Referrer-Policy"), "no-referrer")
	}
	equal(t, "the choice after the link was opened", choice(), "digest")
	v.postForm(path, form(), header("Origin", "null")).expect(http.StatusOK, says(say(t, "stop_mails.stopped", "email", staff)))
	equal(t, "the choice after the button", choice(), "none")
	s.owner(`DELETE FROM mail_choice`)
	s.visit().postForm(path, form(), header("Origin", "https://evil.example"), header("Sec-Fetch-Site", "cross-site")).expect(http.StatusForbidden)
	equal(t, "the choice after another site's form", choice(), "digest")
	s.visit().postForm(path, form("List-Unsubscribe", "One-Click")).expect(http.StatusOK)
	equal(t, "the choice after a mail program's form", choice(), "none")
	s.owner(`DELETE FROM mail_choice`)
	s.visit().postBody(path, `multipart/form-data; boundary="x"`, "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n").expect(http.StatusOK)
	equal(t, "the choice after another kind of form", choice(), "none")
	s.visit().get("/stop-mails/none").expect(http.StatusGone, says(say(t, "stop_mails.unknown")))
	equal(t, "a token in the log", strings.Contains(s.journal.all(), strings.TrimPrefix(path, "/stop-mails/")), false)
	v.signIn(staff)
	v.get("/account").expect(http.StatusOK, htmlcheck.In(`input[name="mails"][value="none"][checked]`))
	v.get("/account/audit").expect(http.StatusOK, says(say(t, "audit.act.choose_mails")))
}

// TestAccountWithoutMail has nothing to choose.
func TestAccountWithoutMail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.get("/account").expect(http.StatusOK, htmlcheck.Count(`input[name="mails"]`, 0))
	v.post("/account/mails", "mails", "none").redirects("/account")
	equal(t, "choices", s.db.Count(t, `SELECT count(*) FROM mail_choice`), 0)
}

// TestNoticesAndServersThatFail: the mail is tried again with the same Message-ID,
// arrives once, and keeps no other; what is refused for good is given up, and the
// next day's mail tells of it.
func TestNoticesAndServersThatFail(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*atomic.Int32) mailtest.Options{
		"refuses the address": func(n *atomic.Int32) mailtest.Options {
			return mailtest.Options{OnRcpt: func(to string) error { return refuseStaff(to, n, 550) }}
		},
		"takes it and fails": func(n *atomic.Int32) mailtest.Options {
			return mailtest.Options{OnData: func(to string) error { return refuseStaff(to, n, 451) }}
		},
		"hangs": func(n *atomic.Int32) mailtest.Options {
			return mailtest.Options{OnData: func(to string) error { return slowly(refuseStaff(to, n, 451)) }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			s, sink := mailSiteWith(t, pgtest.Options{}, fail(&tries))
			s.returned("7.2.2", "thiếu")
			s.yesterday()
			s.workJobs()
			until(t, "the others' mail", func() bool { return len(mailedAll(sink, reviewer)) == 1 })
			s.jobsEnd(2)
			equal(t, "tries", tries.Load(), 3)
			equal(t, "mails", len(mailedAll(sink, staff)), 1)
			equal(t, "outcomes", strings.Join(s.db.Lines(t, `SELECT outcome FROM notice_mail`), " "), "sent sent")
			equal(t, "failures in the log", strings.Count(s.journal.all(), "a job failed and will be tried again"), 2)
			equal(t, "a link in the log", strings.Contains(s.journal.all(), "stop-mails/"), false)
		})
	}
}

func refuseStaff(to string, n *atomic.Int32, code int) error {
	if to != staff {
		return nil
	}
	return refuseTwice(n, code)
}

// TestNoticesGivenUp after the last try, in the log and for doctor.
func TestNoticesGivenUp(t *testing.T) {
	t.Parallel()
	s, _ := mailSiteWith(t, pgtest.Options{}, mailtest.Options{OnRcpt: func(to string) error {
		if to == staff {
			return mailtest.Refuse(550, "no such mailbox")
		}
		return nil
	}})
	s.returned("7.2.2", "thiếu")
	s.yesterday()
	if err := s.server.PlanMails(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "tries", s.db.Count(t, `SELECT count(*) FROM river.river_job WHERE max_attempts = 8`), 2)
	s.owner(`UPDATE river.river_job SET max_attempts = 2`)
	s.workJobs()
	s.jobsEnd(2)
	equal(t, "outcomes", strings.Join(s.db.Lines(t, `SELECT outcome || ' ' || a.email FROM notice_mail n JOIN account a ON a.id = n.account_id ORDER BY 1`), ", "),
		"given_up "+staff+", sent "+reviewer)
	equal(t, "jobs given up", s.db.Count(t, `SELECT count(*) FROM river.river_job WHERE state = 'discarded' AND attempt = 2`), 1)
	equal(t, "the log says so", strings.Contains(s.journal.all(), "a job was given up"), true)
	equal(t, "items that the next mail tells", s.db.Count(t, `SELECT count(*) FROM inbox_item WHERE mail_id IS NULL`), 1)
}

// TestManyNotices: a mail names forty of them, and says how many more there are.
func TestManyNotices(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	s.owner(`INSERT INTO inbox_item (account_id, city_id, kind, created_at)
		SELECT $1, c.id, 'role_changed', '2025-03-09 05:00:00Z' FROM city c, generate_series(1, 43)`, s.member(staff).AccountID)
	s.workJobs()
	s.jobsEnd(1)
	subject, text := mailedAll(sink, staff)[0].Read(t)
	equal(t, "subject", subject, say(t, "letter.notices.digest", "count", 43, "day", tracker.DateOf(pgtest.Now)))
	equal(t, "items", strings.Count(text, "\n* "), 40)
	equal(t, "the rest", strings.Contains(text, say(t, "letter.notices.more", "count", 3)), true)
	equal(t, "not mailed", s.db.Count(t, `SELECT count(*) FROM inbox_item WHERE mail_id IS NULL`), 0)
	equal(t, "Message-ID", strings.Contains(sink.All()[0].Raw, "Message-ID: <notices."+strconv.Itoa(s.db.Count(t, `SELECT id FROM notice_mail`))+"."), true)
}
