package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"learningcity/internal/tracker"
)

// jobSchema holds River's tables, and jobSchemaVersion is which of River's
// migrations made them: they are ours, in a migration of our own.
const (
	jobSchema        = "river"
	jobSchemaVersion = 8
)

// InvitationMail is the job to mail an invitation. It is for the link that
// expires at that moment: one that was renewed has a job of its own.
type InvitationMail struct {
	City      string    `json:"city"` // slug; empty: to a region
	ID        int64     `json:"id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Kind names the job in the queue.
func (InvitationMail) Kind() string { return "mail_invitation" }

// PasswordLinkMail is the job to mail a link for a forgotten password that a
// coordinator made.
type PasswordLinkMail struct {
	City string `json:"city"` // slug
	ID   int64  `json:"id"`
}

// Kind names the job in the queue.
func (PasswordLinkMail) Kind() string { return "mail_password_link" }

// lowestPriority is River's name for jobs that let all others go first.
const lowestPriority = 4

// OwnPasswordLinkMail is the job to make and mail a link that somebody asked
// for with an address, which may be nobody's.
type OwnPasswordLinkMail struct {
	Email string `json:"email"`
	Job   int64  `json:"-"` // the job's id
}

// Kind names the job in the queue.
func (OwnPasswordLinkMail) Kind() string { return "mail_own_password_link" }

// InsertOpts lets other mails go first: anybody may ask for these, as many as
// the waits let them.
func (OwnPasswordLinkMail) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Priority: lowestPriority}
}

// ReadTexts is the job to read the texts out of a city's files in which nobody
// has looked yet; of no city, out of all cities' files.
type ReadTexts struct {
	City string `json:"city"` // slug
}

// Kind names the job in the queue.
func (ReadTexts) Kind() string { return "read_texts" }

// TellExpiring is the job to tell of evidence that comes to its last day, and of
// entries that come to their due date.
type TellExpiring struct{}

// Kind names the job in the queue.
func (TellExpiring) Kind() string { return "tell_expiring" }

// SweepFiles is the job to remove contents that no row points at.
type SweepFiles struct{}

// Kind names the job in the queue.
func (SweepFiles) Kind() string { return "sweep_files" }

// Keeper does what evidence needs besides people's acts. Its error makes the
// job be tried again.
type Keeper interface {
	ReadTexts(ctx context.Context, j ReadTexts) error
	TellExpiring(ctx context.Context) error
	SweepFiles(ctx context.Context) error
}

// Jobs with files have a queue of their own, worked one at a time, so that no
// mail waits for them and they take little of the machine. Once they have been
// begun they may take their time.
const (
	fileQueue   = "files"
	fileJobTime = 30 * time.Minute
	fileTries   = 3 // the next round comes within the hour
)

// enqueueTexts puts the job to read a file's text into the queue, in the
// transaction of the act that brought the file.
func (s *Store) enqueueTexts(ctx context.Context, tx *cityTx, c tracker.EvidenceContent) error {
	if c.Kind() == tracker.LinkEvidence {
		return nil
	}
	job := ReadTexts{City: tx.city.Slug}
	if _, err := s.jobs.InsertTx(ctx, tx.Tx, job, fileJobs()); err != nil {
		return fmt.Errorf("put the job %s into the queue: %w", job.Kind(), err)
	}
	return nil
}

func fileJobs() *river.InsertOpts { return &river.InsertOpts{Queue: fileQueue, MaxAttempts: fileTries} }

// fileWorker is a worker that has the time that files take.
type fileWorker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	work func(context.Context, T) error
}

func (w fileWorker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	return w.work(ctx, job.Args)
}

func (w fileWorker[T]) Timeout(*river.Job[T]) time.Duration { return fileJobTime }

// keeping adds the jobs of a keeper, and the rounds in which they come by
// themselves: also for what a program has left undone that ended in between.
func keeping(k Keeper, workers *river.Workers) []*river.PeriodicJob {
	river.AddWorker(workers, fileWorker[ReadTexts]{work: k.ReadTexts})
	river.AddWorker(workers, fileWorker[TellExpiring]{work: func(ctx context.Context, _ TellExpiring) error { return k.TellExpiring(ctx) }})
	river.AddWorker(workers, fileWorker[SweepFiles]{work: func(ctx context.Context, _ SweepFiles) error { return k.SweepFiles(ctx) }})
	round := func(every time.Duration, job river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(every), func() (river.JobArgs, *river.InsertOpts) { return job, fileJobs() },
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	return []*river.PeriodicJob{round(time.Hour, TellExpiring{}), round(time.Hour, ReadTexts{}), round(6*time.Hour, SweepFiles{})}
}

// mailTries is how often a mail is tried, with pauses that grow: the last try
// is a little more than an hour after the first.
const mailTries = 8

// enqueue puts a mail's job into the queue, in the transaction of the act that
// it tells of: it is there when the act is, and otherwise never was. Without a
// mail server there is nothing to do.
func (s *Store) enqueue(ctx context.Context, tx pgx.Tx, job river.JobArgs) error {
	if !s.mails {
		return nil
	}
	if _, err := s.jobs.InsertTx(ctx, tx, job, &river.InsertOpts{MaxAttempts: mailTries}); err != nil {
		return fmt.Errorf("put the job %s into the queue: %w", job.Kind(), err)
	}
	return nil
}

// Mails reports whether there is a mail server, so that acts are mailed too.
func (s *Store) Mails() bool { return s.mails }

// Mailer sends the mails that acts ask for. Its error makes the job be tried
// again; what there is no need to send any more is none.
type Mailer interface {
	MailInvitation(ctx context.Context, m InvitationMail) error
	MailPasswordLink(ctx context.Context, m PasswordLinkMail) error
	MailOwnPasswordLink(ctx context.Context, m OwnPasswordLinkMail) error
	MailNotices(ctx context.Context, m NoticeMail) error
	// PlanMails plans the mails of what inboxes tell; it is called again and again.
	PlanMails(ctx context.Context) error
}

// JobOptions say how jobs are worked.
type JobOptions struct {
	URL    string
	Log    *slog.Logger
	Keeper Keeper // nil: files are not looked after
	Mailer Mailer // nil: there is no mail server any more, and mails that waited are dropped
}

var errNoMailServer = errors.New("there is no mail server")

func (o JobOptions) mail(send func() error) error {
	if o.Mailer == nil {
		o.Log.Warn("a mail was dropped: there is no mail server any more")
		return river.JobCancel(errNoMailServer)
	}
	return send()
}

// How many connections the queue takes beside the store's (one of them
// listens), how many jobs run at once, and how long jobs may take to finish
// when the program stops before they are broken off.
const (
	jobConns    = 4
	jobsAtOnce  = 2
	jobTime     = time.Minute
	jobStopTime = 5 * time.Second
	// When jobs of a program that was killed are taken up again. Those with files have
	// longer: the queue heeds how long a job may take.
	jobRescueTime = 5 * time.Minute
	// The shortest time between two looks into the queue, of which each finds no more
	// jobs than run at once: the library's own, a tenth of a second, is twenty mails a
	// second at best.
	fetchPause = 5 * time.Millisecond
	// How often mails are planned: so long after an act they are sent at once.
	planPause = 10 * time.Second
)

// WorkJobs does the jobs in the queue until the context ends, beside other
// programs on the same database. Each job is done by one of them; one that a
// program has left undone is taken up again.
func WorkJobs(ctx context.Context, o JobOptions) error {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return fmt.Errorf("read the database address: %w", err)
	}
	config.MaxConns = jobConns
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	limits(config.ConnConfig.RuntimeParams)
	config.AfterConnect = becomeApp
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("prepare the pool of the job queue: %w", err)
	}
	defer pool.Close()
	client, err := river.NewClient(riverpgxv5.New(pool), jobConfig(o))
	if err != nil {
		return fmt.Errorf("prepare the job queue: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	var planning sync.WaitGroup
	defer planning.Wait()
	if o.Mailer != nil {
		planning.Go(func() { planMails(ctx, o) })
	}
	<-client.Stopped()
	return nil
}

// planMails plans mails until the context ends. Programs on the same database may
// do it at once.
func planMails(ctx context.Context, o JobOptions) {
	for {
		if err := o.Mailer.PlanMails(ctx); err != nil && ctx.Err() == nil {
			o.Log.Error("mails are not planned; trying again", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(planPause):
		}
	}
}

func jobConfig(o JobOptions) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[InvitationMail]) error {
		return o.mail(func() error { return o.Mailer.MailInvitation(ctx, job.Args) })
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[PasswordLinkMail]) error {
		return o.mail(func() error { return o.Mailer.MailPasswordLink(ctx, job.Args) })
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[OwnPasswordLinkMail]) error {
		job.Args.Job = job.ID
		return o.mail(func() error { return o.Mailer.MailOwnPasswordLink(ctx, job.Args) })
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[NoticeMail]) error {
		m := job.Args
		m.Last = job.Attempt >= job.MaxAttempts
		m.complete = func(ctx context.Context, tx pgx.Tx) error {
			_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
			return err
		}
		return o.mail(func() error { return o.Mailer.MailNotices(ctx, m) })
	}))
	config := &river.Config{
		Schema: jobSchema, Workers: workers, Logger: slog.New(warnings{o.Log.Handler()}), ErrorHandler: jobErrors{o.Log},
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: jobsAtOnce}},
		FetchPollInterval: 5 * time.Second, // it hears of new jobs; this is for what it missed
		FetchCooldown:     fetchPause,
		JobTimeout:        jobTime, SoftStopTimeout: jobStopTime, RescueStuckJobsAfter: jobRescueTime,
		// A job's arguments may be an address that somebody typed. Those that were
		// given up stay for doctor to count.
		CompletedJobRetentionPeriod: time.Hour, CancelledJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: 24 * time.Hour,
		ReindexerSchedule: river.NeverSchedule(), // the indexes are the owner's
	}
	if o.Keeper != nil {
		config.PeriodicJobs = keeping(o.Keeper, workers)
		config.Queues[fileQueue] = river.QueueConfig{MaxWorkers: 1}
	}
	return config
}

// jobErrors writes down why a job failed. Errors hold addresses, never a link.
type jobErrors struct{ log *slog.Logger }

func (e jobErrors) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level, text := slog.LevelWarn, "a job failed and will be tried again"
	if job.Attempt >= job.MaxAttempts {
		level, text = slog.LevelError, "a job was given up"
	}
	e.log.Log(ctx, level, text, "job", job.ID, "kind", job.Kind, "try", job.Attempt, "of", job.MaxAttempts, "error", err.Error())
	return nil
}

func (e jobErrors) HandlePanic(_ context.Context, job *rivertype.JobRow, p any, trace string) *river.ErrorHandlerResult {
	e.log.Error("a job panicked", "job", job.ID, "kind", job.Kind, "try", job.Attempt, "error", fmt.Sprint(p), "trace", trace)
	return nil
}

// warnings leaves out what the queue tells of its everyday work.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
