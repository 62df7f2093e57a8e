package demonstration_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"

	"learningcity/internal/catalogue"
	"learningcity/internal/demonstration"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The days of the two published scores.
var (
	firstReport  = tracker.NewDate(2024, time.August, 13)
	secondReport = tracker.NewDate(2025, time.February, 28)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// haLong reads and checks the file once; nobody changes it.
var haLong = sync.OnceValues(catalogue.HaLong)

// loaded is a database with the demonstration in it, its leader and its file.
func loaded(t testing.TB) (*pgtest.Database, tracker.Actor, catalogue.Demonstration) {
	t.Helper()
	db := pgtest.New(t, pgtest.Options{Demo: true})
	file, err := haLong()
	must(t, err)
	id := int64(db.Count(t, `SELECT id FROM city WHERE slug = 'ha-long'`))
	return db, tracker.Actor{AccountID: 1, Memberships: []tracker.Membership{{Role: tracker.Leader, CityID: id, CitySlug: "ha-long"}}}, file
}

func overview(t testing.TB, db *pgtest.Database, leader tracker.Actor) *tracker.Overview {
	t.Helper()
	o, err := db.Store.Overview(t.Context(), leader, "ha-long", 0, 0)
	must(t, err)
	return o
}

// TestScores: the published totals, counted by the rules and by plain SQL over
// the rows, and what is open behind them.
func TestScores(t *testing.T) {
	t.Parallel()
	db, leader, _ := loaded(t)
	o := overview(t, db, leader)
	for _, tt := range []struct {
		on       tracker.Date
		achieved int
		open     string
	}{
		{firstReport, 50, "4.5.2 5.3.1 7.2.2 9.3.1 12.1.2 12.2.1 12.3.1"},
		{secondReport, 53, "7.2.2 9.3.1 12.1.2 12.3.1"},
	} {
		if got := o.ScoreAsOf(tt.on); got.Achieved != tt.achieved || got.Total != 57 {
			t.Errorf("on %v the score is %d/%d, want %d/57", tt.on, got.Achieved, got.Total, tt.achieved)
		}
		if got := o.ScoreKnownOn(tt.on); got.Achieved != tt.achieved {
			t.Errorf("on %v it was known as %d", tt.on, got.Achieved)
		}
		if got := recount(t, db, tt.on); got != tt.achieved {
			t.Errorf("on %v SQL counts %d, want %d", tt.on, got, tt.achieved)
		}
		var open []string
		for _, row := range o.Rows(tt.on) {
			if !row.State.Achieved(true) {
				open = append(open, row.Place.Indicator.Code)
			}
		}
		if got := strings.Join(open, " "); got != tt.open {
			t.Errorf("on %v open are %s, want %s", tt.on, got, tt.open)
		}
	}
}

// recount counts by itself, from the rows of status_change alone.
func recount(t testing.TB, db *pgtest.Database, on tracker.Date) int {
	t.Helper()
	return db.Count(t, `
		SELECT count(*) FROM (
			SELECT DISTINCT ON (entry_id) claim_to, verdict_to FROM status_change WHERE effective_on <= $1
			ORDER BY entry_id, effective_on DESC, entry_version DESC) last
		WHERE claim_to = 'achieved' AND verdict_to = 'accepted'`, on.Time())
}

// TestEveryDay: the two ways of counting agree on each day of the story.
func TestEveryDay(t *testing.T) {
	t.Parallel()
	db, leader, file := loaded(t)
	o := overview(t, db, leader)
	for day := file.Assessment.OpenedOn - 1; day <= secondReport+1; day++ {
		score := o.ScoreAsOf(day)
		if score != o.ScoreKnownOn(day) {
			t.Errorf("on %v something was typed in later", day)
		}
		if day.Weekday() == time.Friday && score.Achieved != recount(t, db, day) {
			t.Errorf("on %v the score is %d, SQL counts %d", day, score.Achieved, recount(t, db, day))
		}
	}
}

// TestNothingIsBackdated: every act was recorded on the day it is of, by the
// city's clock, and no later act stands before an earlier one.
func TestNothingIsBackdated(t *testing.T) {
	t.Parallel()
	db, _, _ := loaded(t)
	const acts = `(SELECT entry_id, entry_version, effective_on, recorded_at FROM status_change
		UNION ALL SELECT entry_id, entry_version, effective_on, recorded_at FROM entry_revision) acts`
	if n := db.Count(t, `SELECT count(*) FROM `+acts+` WHERE (recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <> effective_on`); n != 0 {
		t.Errorf("%d acts were recorded on another day", n)
	}
	if n := db.Count(t, `SELECT count(*) FROM (SELECT recorded_at < lag(recorded_at) OVER (PARTITION BY entry_id ORDER BY entry_version) AS back
		FROM `+acts+`) x WHERE back`); n != 0 {
		t.Errorf("%d acts were recorded before the one they follow", n)
	}
}

// TestAccounts: the five people sign in with the password that is shown, each
// with one role, staff in the department of culture.
func TestAccounts(t *testing.T) {
	t.Parallel()
	db, _, _ := loaded(t)
	want := []string{"coordinator@ha-long.demo coordinator ", "expert@ha-long.demo expert ", "leader@ha-long.demo leader ", "reviewer@ha-long.demo reviewer ", "staff@ha-long.demo staff CUL"}
	got := db.Lines(t, `SELECT format('%s %s %s', a.email, m.role, d.code) FROM account a JOIN membership m ON m.account_id = a.id
		LEFT JOIN department d ON d.id = m.department_id WHERE m.ends_on IS NULL OR m.role = 'expert' ORDER BY a.email`)
	if !slices.Equal(got, want) || db.Count(t, `SELECT count(*) FROM account`) != 5 {
		t.Errorf("accounts are %q, want %q", got, want)
	}
	for _, account := range demonstration.Accounts() {
		id, hash, err := db.Store.TrySignIn(t.Context(), postgres.SignInTry{Email: account.Email})
		must(t, err)
		match, err := argon2id.ComparePasswordAndHash(demonstration.Password, hash)
		if id == 0 || !match || err != nil {
			t.Errorf("%s cannot sign in: %d, %v, %v", account.Email, id, match, err)
		}
		if name := db.Lines(t, `SELECT name FROM account WHERE id = $1`, id)[0]; name != account.Name {
			t.Errorf("%s is called %s", account.Email, name)
		}
	}
}

// TestCity: who it is, that it says where its rows come from, and by whom they
// were made.
func TestCity(t *testing.T) {
	t.Parallel()
	db, leader, file := loaded(t)
	o := overview(t, db, leader)
	want := tracker.City{ID: o.City.ID, Slug: "ha-long", Name: tracker.Text{VI: "Hạ Long", EN: "Ha Long"}, Province: tracker.Text{VI: "Quảng Ninh", EN: "Quang Ninh"},
		TimeZone: "Asia/Ho_Chi_Minh", Language: "vi", Demonstration: file.Provenance.Note}
	o.City.Regions = nil
	if o.City.Demonstration.VI == "" || o.City.Demonstration.EN == "" || !sameCity(o.City, want) {
		t.Errorf("the city is %+v, want %+v", o.City, want)
	}
	note, err := db.Store.Demonstration(t.Context())
	if note != file.Provenance.Note || err != nil {
		t.Errorf("the installation says %+v, %v", note, err)
	}
	if a := o.Assessment; a.Number != 1 || a.Name != file.Assessment.Name || a.OpenedOn != file.Assessment.OpenedOn ||
		a.SubmissionDueOn != file.Assessment.SubmissionDueOn || !a.NeedsReview || !a.ClosedOn.IsZero() {
		t.Errorf("the assessment is %+v", a)
	}
	by := db.Lines(t, `SELECT DISTINCT c.act || ' ' || a.email FROM status_change c JOIN account a ON a.id = c.recorded_by ORDER BY 1`)
	if !slices.Equal(by, []string{"accept reviewer@ha-long.demo", "change_claim coordinator@ha-long.demo", "open coordinator@ha-long.demo", "submit coordinator@ha-long.demo"}) {
		t.Errorf("acts were made by %q", by)
	}
}

func sameCity(a, b tracker.City) bool {
	return a.ID == b.ID && a.Slug == b.Slug && a.Name == b.Name && a.Province == b.Province && a.TimeZone == b.TimeZone &&
		a.Language == b.Language && a.Demonstration == b.Demonstration
}

// rows counts each table's rows, those of the framework aside.
func rows(t testing.TB, db *pgtest.Database) string {
	t.Helper()
	var counts []string
	for _, table := range []string{"region", "city", "department", "account", "membership", "session", "assessment", "milestone", "entry",
		"status_change", "entry_revision", "measurement", "audit"} {
		counts = append(counts, db.Lines(t, `SELECT $1 || ' ' || count(*) FROM `+table, table)[0])
	}
	return strings.Join(counts, ", ")
}

func load(ctx context.Context, store *postgres.Store) error {
	return demonstration.Load(ctx, store, demonstration.Options{Zone: pgtest.Zone, Hash: pgtest.CheapHash})
}

// TestLoadTwice: a database with anything in it is left alone.
func TestLoadTwice(t *testing.T) {
	t.Parallel()
	db, _, _ := loaded(t)
	before := rows(t, db)
	if err := load(t.Context(), db.Store); !errors.Is(err, demonstration.ErrNotEmpty) {
		t.Errorf("again: %v", err)
	}
	if after := rows(t, db); after != before {
		t.Errorf("rows are %s, were %s", after, before)
	}
	other := pgtest.New(t, pgtest.Options{})
	other.Exec(t, `INSERT INTO account (email, name, password_hash, created_at) VALUES ('an@hue.vn', 'An', 'x', now())`)
	before = rows(t, other)
	if err := load(t.Context(), other.Store); !errors.Is(err, demonstration.ErrNotEmpty) {
		t.Errorf("beside an account: %v", err)
	}
	if after := rows(t, other); after != before {
		t.Errorf("rows are %s, were %s", after, before)
	}
}

// disturber does something before the n-th query.
type disturber struct {
	left atomic.Int64
	do   func()
}

func (d *disturber) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if d.left.Add(-1) == 0 {
		d.do()
	}
	return ctx
}

func (d *disturber) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestInterruptedLoad leaves nothing, wherever it was; the next one completes.
func TestInterruptedLoad(t *testing.T) {
	t.Parallel()
	stop := &disturber{}
	db := pgtest.New(t, pgtest.Options{Tracer: stop})
	before := rows(t, db)
	for _, queries := range []int64{3, 60, 700} {
		ctx, cancel := context.WithCancel(t.Context())
		stop.do = cancel
		stop.left.Store(queries)
		if err := load(ctx, db.Store); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at query %d: %v", queries, err)
		}
		cancel()
		if after := rows(t, db); after != before {
			t.Errorf("interrupted at query %d: %s", queries, after)
		}
	}
	boom := errors.New("no entropy")
	err := demonstration.Load(t.Context(), db.Store, demonstration.Options{Zone: pgtest.Zone, Hash: func(string) (string, error) { return "", boom }})
	if after := rows(t, db); !errors.Is(err, boom) || errors.Is(err, demonstration.ErrNotEmpty) || after != before {
		t.Errorf("without a hash: %v, %s", err, after)
	}
	must(t, load(t.Context(), db.Store))
	if got := recount(t, db, secondReport); got != 53 {
		t.Errorf("then it loads %d/57", got)
	}
}

// TestOvertakenLoad: somebody fills the database after the load has found it
// empty. The load gives way and says why.
func TestOvertakenLoad(t *testing.T) {
	t.Parallel()
	other := &disturber{}
	db := pgtest.New(t, pgtest.Options{Tracer: other})
	other.do = func() {
		db.Exec(t, `INSERT INTO account (email, name, password_hash, created_at) VALUES ('coordinator@ha-long.demo', 'An', 'x', now())`)
	}
	other.left.Store(3)
	if err := load(t.Context(), db.Store); !errors.Is(err, demonstration.ErrNotEmpty) {
		t.Errorf("overtaken: %v", err)
	}
	if got := rows(t, db); !strings.HasPrefix(got, "region 0, city 0, department 0, account 1, membership 0") {
		t.Errorf("rows are %s", got)
	}
}
