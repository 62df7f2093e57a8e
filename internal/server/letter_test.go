package server_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"learningcity/internal/mail"
	"learningcity/internal/mail/mailtest"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

// mailedAddress is the address that the operator has set: links in mails begin with it.
const mailedAddress = "https://hoctap.halong.example"

// mailSite is a site with a mail server.
func mailSite(t testing.TB, database pgtest.Options) (*site, *mailtest.Server) {
	t.Helper()
	return mailSiteWith(t, database, mailtest.Options{})
}

func mailSiteWith(t testing.TB, database pgtest.Options, m mailtest.Options) (*site, *mailtest.Server) {
	t.Helper()
	sink := mailtest.New(t, m)
	host, port, err := net.SplitHostPort(sink.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(mailedAddress)
	if err != nil {
		t.Fatal(err)
	}
	database.Demo, database.Mails = true, true
	return newSiteOn(t, database, func(o *server.Options) {
		o.PublicURL = address
		o.Mail = mail.New(mail.Options{Host: host, Port: number, Security: mail.None, Timeout: time.Second,
			From: netmail.Address{Name: "Thành phố học tập", Address: "lc@halong.example"}})
	}), sink
}

// workJobs does the site's jobs until the test ends.
func (s *site) workJobs() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- postgres.WorkJobs(ctx, postgres.JobOptions{URL: s.db.URL, Log: slog.New(slog.NewJSONHandler(s.journal, nil)), Mailer: s.server})
	}()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("working ended with %v", err)
		}
	})
}

// jobsEnd waits until so many jobs have ended; those that failed are tried
// again at once.
func (s *site) jobsEnd(n int) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); s.db.Count(s.t, `SELECT count(*) FROM river.river_job WHERE finalized_at IS NOT NULL`) != n; {
		if time.Now().After(end) {
			s.t.Fatalf("the jobs do not end: %q", s.db.Lines(s.t, `SELECT j::text FROM river.river_job j`))
		}
		s.db.RetryJobs(s.t)
		time.Sleep(5 * time.Millisecond)
	}
}

var link = regexp.MustCompile(`https?://\S+/(?:invitations|new-password)/\S+`)

// mailed is the only mail to the address: its subject, its text, and the path
// of the link in it, which begins with the public address.
func mailed(t testing.TB, sink *mailtest.Server, to string) (subject, text, path string) {
	t.Helper()
	var found []mailtest.Mail
	for _, m := range sink.All() {
		if m.To == to {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d mails to %s", len(found), to)
	}
	subject, text = found[0].Read(t)
	path, isPublic := strings.CutPrefix(link.FindString(text), mailedAddress)
	if !isPublic {
		t.Fatalf("the link is not of the public address:\n%s", text)
	}
	return subject, text, path
}

// TestInvitationIsMailed, once, with a link of its own that nobody else reads.
func TestInvitationIsMailed(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	v := s.as(coordinator)
	shown := v.invites("an@halong.vn", "role", "leader").expect(http.StatusOK, says(say(t, "link_show.mailed", "email", "an@halong.vn")))
	v.invites("ba@halong.vn", "role", "leader", "person_language", "en").expect(http.StatusOK)
	v.post(people+"/invite", "invitee", "ha@halong.vn", "person_language", "en", "role", "leader").expect(http.StatusOK)
	equal(t, "mails before anybody works", len(sink.All()), 0)
	s.workJobs()
	s.jobsEnd(3)
	subject, text, path := mailed(t, sink, "an@halong.vn")
	equal(t, "subject", subject, say(t, "letter.invitation.subject", "city", "Hạ Long"))
	for _, words := range []string{"Điều phối viên (minh họa)", say(t, "role.leader"), say(t, "letter.once", "moment", "12:00 17/03/2025"), mailedAddress + "\n"} {
		if words != mailedAddress+"\n" && !strings.Contains(text, words) {
			t.Errorf("the mail does not say %q:\n%s", words, text)
		}
	}
	english, _, englishPath := mailed(t, sink, "ha@halong.vn")
	equal(t, "the English subject", english, tell(t, "letter.invitation.subject", "city", "Ha Long"))
	equal(t, "the English link opens in English", strings.HasSuffix(englishPath, "?lang=en"), true)
	equal(t, "the mail's link is its own", path == shown.link(), false)
	token := strings.TrimPrefix(path, "/invitations/")
	for _, table := range []string{"river.river_job", "invitation", "audit"} {
		equal(t, "the token stands in "+table, s.db.Count(t, `SELECT count(*) FROM `+table+` x WHERE strpos(x::text, $1) > 0`, token), 0)
	}
	equal(t, "the token stands in the log", strings.Contains(s.journal.all(), token), false)

	an := s.visit()
	an.post(path, "name", "Trần Văn An", "password", newPassword).redirects(dashboard)
	s.visit().get(shown.link()).expect(http.StatusGone)
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In(`header a[href="/inbox"]`, htmlcheck.HasText(say(t, "shell.unread"))))
	v.get("/inbox").expect(http.StatusOK, says(say(t, "inbox.invitation_accepted", "name", "Trần Văn An", "city", "Hạ Long")))
	equal(t, "the log holds the mailed token", strings.Contains(s.journal.all(), token), false)
}

// TestPasswordLinkIsMailed in the language of who gets it.
func TestPasswordLinkIsMailed(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	s.owner(`UPDATE account SET language = 'en' WHERE email = $1`, staff)
	v := s.as(coordinator)
	person := v.get(people).page().First(`[data-person="` + staff + `"] a`).Attr("href")
	version := v.get(person).page().First(`input[name="version"]`).Attr("value")
	v.post(person+"/password-link", "version", version).expect(http.StatusOK, says(say(t, "link_show.mailed", "email", staff)))
	s.workJobs()
	s.jobsEnd(1)
	subject, text, path := mailed(t, sink, staff)
	equal(t, "subject", subject, tell(t, "letter.password.subject"))
	equal(t, "who made it", strings.Contains(text, "Điều phối viên (minh họa) made a link"), true)
	s.visit().post(path, "password", newPassword).redirects("/")
	s.as(coordinator)
	w := s.visit()
	w.post("/sign-in", "email", staff, "password", newPassword).redirects("/")
	w.get("/inbox").expect(http.StatusOK, says(tell(t, "inbox.password_reset")))
}

// TestAskForPassword: an address that somebody has and one that nobody has
// are answered alike, after the same statements; only the mailbox's owner learns.
func TestAskForPassword(t *testing.T) {
	t.Parallel()
	queries := &counter{}
	s, sink := mailSite(t, pgtest.Options{Tracer: queries})
	s.visit().get("/sign-in").expect(http.StatusOK, htmlcheck.In(`main a[href="/forgotten-password"]`))
	s.visit().get("/forgotten-password").expect(http.StatusOK, htmlcheck.In(`form[action="/forgotten-password"] input[name="email"]`))
	ask := func(email string) (page string, sent []string) {
		t.Helper()
		v := s.visit()
		queries.take()
		r := form("email", email)
		got := v.postForm("/forgotten-password", r).redirects("/sign-in")
		// The queue tells that there is something to do when it has not just told.
		sent = slices.DeleteFunc(queries.take(), func(sql string) bool { return strings.Contains(sql, "pg_notify") })
		return withoutID(got.follow().expect(http.StatusOK, noticed(say(t, "notice.password_link_asked")))), sent
	}
	s.visit().postForm("/forgotten-password", form("email", leader), func(r *http.Request) { r.Host = "evil.example" }).expect(http.StatusMisdirectedRequest)
	ask("warm@ha-long.demo") // the first one also asks for the database's version
	known, sentKnown := ask(" " + strings.ToUpper(leader))
	unknown, sentUnknown := ask("nobody@ha-long.demo")
	equal(t, "the answers differ", known == unknown, true)
	if !slices.Equal(sentKnown, sentUnknown) || len(sentKnown) == 0 {
		t.Errorf("statements %q and %q", sentKnown, sentUnknown)
	}
	s.workJobs()
	s.jobsEnd(3)
	equal(t, "mails", len(sink.All()), 1)
	subject, _, path := mailed(t, sink, leader)
	equal(t, "subject", subject, say(t, "letter.password.subject"))
	kinds := s.db.Lines(t, `SELECT concat_ws(' ', kind, state, attempt) FROM river.river_job`)
	equal(t, "jobs", strings.Join(kinds, ", "), strings.Repeat(", mail_own_password_link completed 1", 3)[2:])
	token := strings.TrimPrefix(path, "/new-password/")
	equal(t, "the token stands in a job", s.db.Count(t, `SELECT count(*) FROM river.river_job j WHERE strpos(j::text, $1) > 0`, token), 0)

	w := s.visit()
	w.get(path).expect(http.StatusOK, says(leader))
	w.post(path, "password", newPassword).redirects("/")
	w.get("/inbox").expect(http.StatusOK, says(say(t, "inbox.password_reset")))
	s.visit().get(path).expect(http.StatusGone)
	equal(t, "the log holds the token", strings.Contains(s.journal.all(), token), false)

	for range 4 {
		ask(staff)
	}
	s.jobsEnd(7)
	equal(t, "mails after four more questions", len(sink.All()), 4)
	s.visit().post("/forgotten-password", "email", "mật khẩu của tôi").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#email-error", htmlcheck.HasText(say(t, "email.error.malformed"))), htmlcheck.In(`input[name="email"]`, htmlcheck.HasAttr("value", "mật khẩu của tôi")))
	equal(t, "jobs after what is no address", s.db.Count(t, `SELECT count(*) FROM river.river_job`), 7)
}

// TestAskingTooOften: a network that asks without end has to wait, and fills
// neither the queue nor mailboxes.
func TestAskingTooOften(t *testing.T) {
	t.Parallel()
	now := &clock{now: pgtest.Now}
	s, _ := mailSite(t, pgtest.Options{Now: now.Now})
	s.server.SetPause(0)
	v := s.visit()
	ask := func() answer { return v.post("/forgotten-password?lang=vi", "email", staff) }
	for range 30 {
		ask().redirects("/sign-in")
	}
	got := ask().expect(http.StatusTooManyRequests, htmlcheck.In(`input[name="email"]`, htmlcheck.HasAttr("value", staff)),
		htmlcheck.In("#email-error", htmlcheck.HasText(say(t, "password_ask.error.wait_seconds", "count", 30))))
	equal(t, "Retry-After", got.header.Get("Retry-After"), "30")
	equal(t, "jobs", s.db.Count(t, `SELECT count(*) FROM river.river_job`), 30)
	now.set(pgtest.Now.Add(30 * time.Second))
	ask().redirects("/sign-in")
}

// TestAskForPasswordWithoutMail says whom to ask.
func TestAskForPasswordWithoutMail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.visit().get("/sign-in").expect(http.StatusOK, says(say(t, "session_new.forgotten")), htmlcheck.Count(`a[href="/forgotten-password"]`, 0))
	for _, got := range []answer{s.visit().get("/forgotten-password"), s.visit().post("/forgotten-password", "email", staff)} {
		got.expect(http.StatusOK, says(say(t, "password_ask.coordinator")), htmlcheck.Count("main form", 0))
	}
	shown := s.as(coordinator).invites("an@halong.vn", "role", "leader")
	equal(t, "a mail is promised", strings.Contains(shown.body, say(t, "link_show.mailed", "email", "an@halong.vn")), false)
	equal(t, "jobs", s.db.Count(t, `SELECT count(*) FROM river.river_job`), 0)
}

// TestMailServersThatFail: the mail is tried again, and arrives once; the link
// of the try that arrived is the one that works.
func TestMailServersThatFail(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*atomic.Int32) mailtest.Options{
		"refuses the address": func(n *atomic.Int32) mailtest.Options {
			return mailtest.Options{OnRcpt: func(string) error { return refuseTwice(n, 550) }}
		},
		"takes it and fails": func(n *atomic.Int32) mailtest.Options {
			return mailtest.Options{OnData: func(string) error { return refuseTwice(n, 451) }}
		},
		"hangs": func(n *atomic.Int32) mailtest.Options {
			return mailtest.Options{OnData: func(string) error { return slowly(refuseTwice(n, 451)) }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			s, sink := mailSiteWith(t, pgtest.Options{}, fail(&tries))
			s.as(coordinator).invites("an@halong.vn", "role", "leader").expect(http.StatusOK)
			s.workJobs()
			s.jobsEnd(1)
			equal(t, "tries", tries.Load(), 3)
			_, _, path := mailed(t, sink, "an@halong.vn")
			s.visit().get(path).expect(http.StatusOK)
			equal(t, "failures in the log", strings.Count(s.journal.all(), "a job failed and will be tried again"), 2)
			equal(t, "a link in the log", link.MatchString(s.journal.all()), false)
		})
	}
}

// slowly answers later than who waits for it does.
func slowly(err error) error {
	if err != nil {
		time.Sleep(1500 * time.Millisecond)
	}
	return err
}

func refuseTwice(n *atomic.Int32, code int) error {
	if n.Add(1) <= 2 {
		return mailtest.Refuse(code, "not now")
	}
	return nil
}

// TestOverseersInvitationIsMailed: it names the region in place of a city.
func TestOverseersInvitationIsMailed(t *testing.T) {
	t.Parallel()
	s, sink := mailSite(t, pgtest.Options{})
	s.invite()
	v := s.as(admin)
	v.post("/regions/1/invite", "invitee", "bo@unesco.vn", "person_language", "en").expect(http.StatusOK, says(say(t, "link_show.mailed", "email", "bo@unesco.vn")))
	s.workJobs()
	s.jobsEnd(1)
	subject, text, path := mailed(t, sink, "bo@unesco.vn")
	equal(t, "subject", subject, tell(t, "letter.overseer.subject", "region", "Quang Ninh"))
	if want := tell(t, "letter.overseer.by", "name", admin, "region", "Quang Ninh"); !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
		t.Errorf("the mail does not say %q:\n%s", want, text)
	}
	s.visit().post(path, "name", "Bộ", "password", newPassword).redirects("/cities")
	v.get("/inbox").expect(http.StatusOK, says(say(t, "inbox.invitation_accepted.overseer", "name", "Bộ")))
}
