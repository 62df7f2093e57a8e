package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestRiverSchema: our migration makes what River's own make, at the version
// that the library has.
func TestRiverSchema(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	db.Exec(t, `CREATE SCHEMA theirs`)
	migrator, err := rivermigrate.New(riverpgxv5.New(db.Owner), &rivermigrate.Config{Schema: "theirs", Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	must(t, err)
	what := func(schema string) string {
		lines := db.Lines(t, `
			SELECT x FROM (
				SELECT format('column %s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
					pg_get_expr(d.adbin, d.adrelid), c.relpersistence)
				FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
				LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
				WHERE c.relkind = 'r' AND c.relnamespace = $1::regnamespace
				UNION ALL SELECT format('constraint %s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
				WHERE connamespace = $1::regnamespace AND contype <> 'n'
				UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname::text = $1::regnamespace::text
				UNION ALL SELECT format('label %s %s', row_number() OVER (ORDER BY e.enumsortorder), e.enumlabel) FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
				WHERE t.typnamespace = $1::regnamespace
				UNION ALL SELECT format('function %s %s', proname, md5(regexp_replace(prosrc, '\s+', ' ', 'g'))) FROM pg_proc WHERE pronamespace = $1::regnamespace
				UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
				WHERE NOT tgisinternal AND c.relnamespace = $1::regnamespace
			) all_of_it (x) ORDER BY x COLLATE "C"`, schema)
		// River makes this table twice, and its key gets another name.
		return strings.NewReplacer(schema+".", "", "river_migration_pkey1", "river_migration_pkey").Replace(strings.Join(lines, "\n"))
	}
	if ours, theirs := what("river"), what("theirs"); ours != theirs {
		t.Errorf("ours differs: %s", firstDifference(ours, theirs))
	}
	c := examined(t, db.URL)
	last := migrator.AllVersions()[len(migrator.AllVersions())-1].Version
	if c.JobSchema != last || c.JobSchemaNeeded != last {
		t.Errorf("the schema is at %d, the program needs %d, the library has %d", c.JobSchema, c.JobSchemaNeeded, last)
	}
}

// post is a mailer that keeps what it was to mail.
type post struct {
	mu     sync.Mutex
	mailed []string
	fail   func(try int) error // nil: never
}

func (p *post) send(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mailed = append(p.mailed, what)
	if p.fail != nil {
		return p.fail(len(p.mailed))
	}
	return nil
}

func (p *post) MailInvitation(_ context.Context, m postgres.InvitationMail) error {
	return p.send(fmt.Sprint("invitation ", m.City, " ", m.ID))
}

func (p *post) MailPasswordLink(_ context.Context, m postgres.PasswordLinkMail) error {
	return p.send(fmt.Sprint("password ", m.City, " ", m.ID))
}

func (p *post) MailOwnPasswordLink(_ context.Context, m postgres.OwnPasswordLinkMail) error {
	if m.Job == 0 {
		return errors.New("the job has no id")
	}
	return p.send("own " + m.Email)
}

func (p *post) MailNotices(_ context.Context, m postgres.NoticeMail) error {
	return p.send(fmt.Sprint("notices ", m.Account, " ", m.Mail, " ", m.Last))
}

func (p *post) PlanMails(context.Context) error { return nil }

func (p *post) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mailed)
}

// journal is a log that several write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// work does jobs until the test ends, or stop is called.
func work(t testing.TB, db *pgtest.Database, m postgres.Mailer) (log *journal, stop func()) {
	t.Helper()
	log = &journal{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- postgres.WorkJobs(ctx, postgres.JobOptions{URL: db.URL, Log: slog.New(slog.NewTextHandler(log, nil)), Mailer: m})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("working ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("working does not end")
		}
	})
	t.Cleanup(stop)
	return log, stop
}

// jobs are the queue's, by kind and state.
func jobs(t testing.TB, db *pgtest.Database) []string {
	t.Helper()
	return db.Lines(t, `SELECT concat_ws(' ', kind, state, attempt, args) FROM river.river_job ORDER BY id`)
}

// until waits for something that another goroutine brings about.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func finished(t testing.TB, db *pgtest.Database, n int) func() bool {
	return func() bool {
		return db.Count(t, `SELECT count(*) FROM river.river_job WHERE finalized_at IS NOT NULL`) == n
	}
}

// TestJobsAreOfTheirAct: a mail's job is there when the act is; without a mail
// server there is none.
func TestJobsAreOfTheirAct(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	w := emptyTown(t, db, "ha-long")
	leader := tracker.Post{Role: tracker.Leader}
	i := w.invite(t, "an@halong.vn", leader)
	_, err := w.store.Invite(t.Context(), w.coordinator, w.slug, tracker.Invitation{Email: "an@halong.vn", Post: leader, Language: "vi"}, hashOf("again"))
	if !same(err, tracker.Invalid("invitee", "people.error.invited_already")) {
		t.Errorf("invited twice: %v", err)
	}
	undone := errors.New("undone")
	err = w.store.Atomically(t.Context(), func(s *postgres.Store) error {
		if _, err := s.RenewInvitation(t.Context(), w.coordinator, w.slug, i.ID, hashOf("renewed")); err != nil {
			return err
		}
		if err := s.AskPasswordLink(t.Context(), "staff@ha-long.example", office); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Error(err)
	}
	_, err = w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	must(t, w.store.AskPasswordLink(t.Context(), "nobody@ha-long.example", office))
	silent := db.Open(t, pgtest.Options{})
	must(t, silent.AskPasswordLink(t.Context(), "staff@ha-long.example", office))
	if !w.store.Mails() || silent.Mails() {
		t.Error("a store does not say whether it mails")
	}
	want := []string{
		fmt.Sprintf(`mail_invitation available 0 {"id": %d, "city": "ha-long", "expires_at": "2025-03-17T12:00:00+07:00"}`, i.ID),
		`mail_password_link available 0 {"id": 1, "city": "ha-long"}`,
		`mail_own_password_link available 0 {"email": "nobody@ha-long.example"}`,
	}
	if got := jobs(t, db); !slices.Equal(got, want) {
		t.Errorf("jobs %q, want %q", got, want)
	}
}

// TestJobsAreDoneOnce, by one of several programs.
func TestJobsAreDoneOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	w := emptyTown(t, db, "ha-long")
	i := w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Leader})
	_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	p := &post{}
	_, stop := work(t, db, p)
	work(t, db, p)
	for n := range 20 {
		must(t, w.store.AskPasswordLink(t.Context(), fmt.Sprintf("%02d@ha-long.example", n), office))
	}
	until(t, "the jobs", finished(t, db, 22))
	stop()
	must(t, w.store.AskPasswordLink(t.Context(), "late@ha-long.example", office))
	until(t, "one more by the other program", finished(t, db, 23))
	want := []string{fmt.Sprint("invitation ha-long ", i.ID), "password ha-long 1", "own late@ha-long.example"}
	for n := range 20 {
		want = append(want, fmt.Sprintf("own %02d@ha-long.example", n))
	}
	got := p.all()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("mailed %q", got)
	}
}

// TestJobsAreTriedAgain: with pauses, and in the end given up with a line in
// the log, which doctor counts.
func TestJobsAreTriedAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	p := &post{fail: func(int) error { return errors.New("452 no room") }}
	log, _ := work(t, db, p)
	must(t, db.Store.AskPasswordLink(t.Context(), "an@halong.vn", office))
	for try := 1; try < 8; try++ {
		until(t, "a failed try", func() bool {
			return db.Count(t, `SELECT count(*) FROM river.river_job WHERE attempt = $1 AND state IN ('retryable', 'available')`, try) == 1
		})
		db.RetryJobs(t)
	}
	until(t, "the end", finished(t, db, 1))
	if got := jobs(t, db); !slices.Equal(got, []string{`mail_own_password_link discarded 8 {"email": "an@halong.vn"}`}) {
		t.Errorf("jobs %q", got)
	}
	for _, want := range []string{`level=WARN msg="a job failed and will be tried again" job=1 kind=mail_own_password_link try=1 of=8 error="452 no room"`,
		`level=ERROR msg="a job was given up" job=1 kind=mail_own_password_link try=8 of=8 error="452 no room"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log is\n%s\nwant %s", log, want)
		}
	}
	if c := examined(t, db.URL); c.JobsGivenUp != 1 || c.OldestJob != 0 {
		t.Errorf("examined: %+v", c)
	}
}

// TestJobsWithoutAMailServer: what waits is dropped when the server has gone.
func TestJobsWithoutAMailServer(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	must(t, db.Store.AskPasswordLink(t.Context(), "an@halong.vn", office))
	db.Exec(t, `UPDATE river.river_job SET scheduled_at = now() - interval '1 hour'`)
	if c := examined(t, db.URL); c.OldestJob.Round(time.Minute) != time.Hour {
		t.Errorf("the oldest job waits for %s", c.OldestJob)
	}
	log, _ := work(t, db, nil)
	until(t, "the end", finished(t, db, 1))
	if got := jobs(t, db); !slices.Equal(got, []string{`mail_own_password_link cancelled 1 {"email": "an@halong.vn"}`}) {
		t.Errorf("jobs %q", got)
	}
	if !strings.Contains(log.String(), `msg="a mail was dropped: there is no mail server any more"`) {
		t.Errorf("the log is\n%s", log)
	}
}

// TestAJobThatHangsEndsWithTheProgram: it is broken off, and this is no try.
func TestAJobThatHangsEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	h := &hanging{began: make(chan struct{})}
	_, stop := work(t, db, h)
	must(t, db.Store.AskPasswordLink(t.Context(), "an@halong.vn", office))
	<-h.began
	start := time.Now()
	stop()
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if got := jobs(t, db); !slices.Equal(got, []string{`mail_own_password_link available 0 {"email": "an@halong.vn"}`}) {
		t.Errorf("jobs %q", got)
	}
}

type hanging struct {
	post
	began chan struct{}
}

func (h *hanging) MailOwnPasswordLink(ctx context.Context, _ postgres.OwnPasswordLinkMail) error {
	close(h.began)
	<-ctx.Done()
	return ctx.Err()
}

// TestWorkJobsWithoutADatabase says so, for who asks it to try again.
func TestWorkJobsWithoutADatabase(t *testing.T) {
	t.Parallel()
	err := postgres.WorkJobs(t.Context(), postgres.JobOptions{URL: "postgres://nobody@127.0.0.1:1/none", Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		t.Error("no error")
	}
}

// TestOtherMailsGoFirst: an invitation does not wait behind links that somebody
// asks for without end.
func TestOtherMailsGoFirst(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{Mails: true})
	w := emptyTown(t, db, "ha-long")
	for n := range 25 {
		must(t, w.store.AskPasswordLink(t.Context(), fmt.Sprintf("%02d@ha-long.example", n), office))
	}
	w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Leader})
	_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	p := &post{}
	work(t, db, p)
	until(t, "the jobs", finished(t, db, 27))
	first := p.all()[:2]
	slices.Sort(first)
	if !strings.HasPrefix(first[0], "invitation ") || !strings.HasPrefix(first[1], "password ") {
		t.Errorf("mailed first: %q", first)
	}
}

// TestJobsAreForgotten: they may hold an address.
func TestJobsAreForgotten(t *testing.T) {
	t.Parallel()
	c := postgres.JobConfig(postgres.JobOptions{Log: slog.New(slog.DiscardHandler)})
	if c.CompletedJobRetentionPeriod != time.Hour || c.CancelledJobRetentionPeriod != time.Hour || c.DiscardedJobRetentionPeriod != 24*time.Hour {
		t.Errorf("jobs stay for %s, %s, %s", c.CompletedJobRetentionPeriod, c.CancelledJobRetentionPeriod, c.DiscardedJobRetentionPeriod)
	}
}

// helper keeps what it was to look after.
type helper struct{ post }

func (h *helper) ReadTexts(_ context.Context, j postgres.ReadTexts) error {
	return h.send("texts " + j.City)
}

func (h *helper) TellExpiring(context.Context) error { return h.send("expiring") }

func (h *helper) SweepFiles(context.Context) error { return h.send("sweep") }

// TestFileJobs: a file is read when it was brought, and the rounds come by
// themselves when a program starts. A link has no text.
func TestFileJobs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	link := decree("x")
	link.Content = tracker.EvidenceContent{URL: "https://halong.gov.vn"}
	w.add(t, link)
	if got := jobs(t, db); len(got) != 0 {
		t.Errorf("of a link: %q", got)
	}
	id := w.add(t, decree("a"))
	must(t, w.store.NewVersion(t.Context(), w.staff, w.evidenceRef(t, id), fileOf("b"), 0))
	if got := jobs(t, db); len(got) != 2 {
		t.Errorf("of two files: %q", got)
	}
	refused := decree("a") // is known
	if _, err := w.store.AddEvidence(t.Context(), w.staff, w.slug, refused); err == nil || len(jobs(t, db)) != 2 {
		t.Errorf("of what was refused: %v, %q", err, jobs(t, db))
	}
	h := &helper{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- postgres.WorkJobs(ctx, postgres.JobOptions{URL: db.URL, Log: slog.New(slog.DiscardHandler), Keeper: h})
	}()
	until(t, "the file is read and the rounds are made", func() bool {
		all := h.all()
		return slices.Contains(all, "texts ha-long") && slices.Contains(all, "texts ") && slices.Contains(all, "expiring") && slices.Contains(all, "sweep")
	})
	cancel()
	must(t, <-ended)
}
