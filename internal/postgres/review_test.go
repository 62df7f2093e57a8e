package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestReviews compares all that the queue holds, in its order.
func TestReviews(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now.AddDate(0, 0, -9)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	must(t, w.store.ChangeClaim(t.Context(), w.coordinator, w.ref(t, described), tracker.ClaimAchieved, "", openedOn+1, true))
	w.bring(t, "7.2.2", "achieved/accepted")
	w.bring(t, "1.3.2", "achieved/returned")
	clock = pgtest.Now.AddDate(0, 0, -5)
	must(t, w.store.EditNarrative(t.Context(), w.coordinator, w.ref(t, "7.2.2"), tracker.Narrative{Narrative: "one"}))
	clock = pgtest.Now
	must(t, w.store.EditNarrative(t.Context(), w.coordinator, w.ref(t, "7.2.2"), tracker.Narrative{Narrative: "two"}))
	w.bring(t, measured, "achieved/awaiting")
	r, err := w.store.Reviews(t.Context(), w.reviewer, w.slug, 0)
	must(t, err)
	var got []string
	for _, q := range r.Waiting {
		got = append(got, fmt.Sprintf("%s v%d %s/%s changed=%v by %s (%v) of %s %s since %v due %v", q.Place.Indicator.Code, q.Entry.Version, q.Entry.State.Claim,
			q.Entry.State.Verdict, q.Entry.State.Changed, q.SubmittedBy, q.Entry.SubmittedBy == w.coordinator.AccountID, q.Department.Code, q.Department.Name.VI, q.Since, q.Entry.DueOn))
	}
	want := []string{
		"4.5.2 v4 achieved/awaiting changed=false by coordinator of ha-long (true) of CUL Sở CUL since 2025-03-01 due 2025-06-30",
		"7.2.2 v6 achieved/accepted changed=true by coordinator of ha-long (true) of   since 2025-03-05 due ",
		"1.1.1 v4 achieved/awaiting changed=false by coordinator of ha-long (true) of CUL Sở CUL since 2025-03-10 due 2025-06-30",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the queue is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.Today != today || r.Assessment.Number != 1 || r.City.Slug != w.slug || len(r.Assessments) != 1 {
		t.Errorf("of %+v on %v", r.Assessment, r.Today)
	}
	one, err := w.store.Review(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: "7.2.2"})
	must(t, err)
	if !reflect.DeepEqual(one.Queue.Waiting, r.Waiting) || one.Place.Indicator.Code != "7.2.2" || one.Narrative.Narrative != "two" {
		t.Errorf("one of them, %s: %+v", one.Place.Indicator.Code, one.Queue.Waiting)
	}
	accepted := one.Decisions()[0].EntryVersion
	if d := one.SightAt(accepted).DifferenceTo(one.SightAt(one.Entry.Version)); len(d.Texts) != 1 || d.Texts[0] != (tracker.TextDifference{Field: "narrative", After: "two"}) {
		t.Errorf("since it was accepted: %+v", d)
	}
}

// TestReviewsAreFor: who reads the city and not its queue is refused, and who may
// not know the city is told nothing.
func TestReviewsAreFor(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	for name, tt := range map[string]struct {
		by   tracker.Actor
		want error
	}{
		"reviewer": {w.reviewer, nil}, "coordinator": {w.coordinator, nil}, "leader": {w.leader, nil},
		"staff": {w.staff, tracker.ErrForbidden}, "who was a coordinator": {w.end, tracker.ErrEnded},
		"another city's reviewer": {hue.reviewer, tracker.ErrNotFound}, "operator": {tracker.Operator(), tracker.ErrForbidden},
	} {
		if _, err := w.store.Reviews(t.Context(), tt.by, w.slug, 0); !same(err, tt.want) {
			t.Errorf("the queue for %s: %v", name, err)
		}
		if _, err := w.store.Review(t.Context(), tt.by, postgres.EntryRef{City: w.slug, Indicator: measured}); !same(err, tt.want) {
			t.Errorf("one of it for %s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"an assessment that is not": second(w.store.Reviews(t.Context(), w.reviewer, w.slug, 9)),
		"an unknown code":           second(w.store.Review(t.Context(), w.reviewer, postgres.EntryRef{City: w.slug, Indicator: "0.0.0"})),
		"an entry of no assessment": second(hue.store.Review(t.Context(), hue.reviewer, postgres.EntryRef{City: hue.slug, Indicator: measured})),
	} {
		if !same(err, tracker.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := hue.store.Reviews(t.Context(), hue.reviewer, hue.slug, 0)
	must(t, err)
	if r.Assessment.ID != 0 || len(r.Waiting) != 0 {
		t.Errorf("without an assessment: %+v", r)
	}
}

// TestCityReviews: the cities that somebody reviews now, with what waits in the
// current assessment of each, and of others nothing.
func TestCityReviews(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue, vinh := found(t, db, "ha-long"), emptyTown(t, db, "hue"), found(t, db, "vinh")
	for _, town := range []*town{w, vinh} {
		town.bring(t, "7.2.2", "achieved/accepted*")
		town.bring(t, described, "achieved/awaiting")
	}
	list := func(by tracker.Actor) []string {
		t.Helper()
		all, err := db.Store.CityReviews(t.Context(), by)
		must(t, err)
		var lines []string
		for _, one := range all {
			lines = append(lines, fmt.Sprintf("%s %s: %d since %v, today %v", one.City.Slug, one.City.Name.VI, one.Count, one.Oldest, one.Today))
		}
		return lines
	}
	ofHaLong := "ha-long Thành phố ha-long: 2 since 2025-03-10, today 2025-03-10"
	if got := list(w.reviewer); !slices.Equal(got, []string{ofHaLong}) {
		t.Errorf("of one: %q", got)
	}
	for _, by := range []tracker.Actor{w.coordinator, w.leader, w.staff} {
		if got := list(by); got != nil {
			t.Errorf("of who reviews none: %q", got)
		}
	}
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id) VALUES ($1, 'reviewer', $2)`, w.reviewer.AccountID, hue.id)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id) VALUES ($1, 'leader', $2)`, w.reviewer.AccountID, vinh.id)
	both := w.reviewer
	both.Memberships = append(slices.Clone(both.Memberships), tracker.Membership{Role: tracker.Reviewer, CityID: hue.id, CitySlug: "hue"})
	if got := list(both); !slices.Equal(got, []string{ofHaLong, "hue Thành phố hue: 0 since , today 2025-03-10"}) {
		t.Errorf("of several: %q", got)
	}
	// The session is a moment old; the database has the last word, and the policy.
	db.Exec(t, `UPDATE membership SET disabled_at = now() WHERE account_id = $1 AND city_id = $2`, w.reviewer.AccountID, w.id)
	both.Memberships[1].EndsOn = today - 1
	if got := list(both); got != nil {
		t.Errorf("of who was one: %q", got)
	}
	if _, err := db.Store.CityReviews(t.Context(), tracker.Actor{}); !same(err, tracker.ErrForbidden) {
		t.Errorf("of nobody: %v", err)
	}
	if got := db.Count(t, `SELECT count(*) FROM reviews_of_account()`); got != 0 {
		t.Errorf("with no account named there are %d rows", got)
	}
}

// TestDocumentsThatWereSeen: links, versions and passports as the reviewer saw
// them, whatever became of them.
func TestDocumentsThatWereSeen(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now.AddDate(0, 0, -9)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	n := decree("a")
	n.Passport.PeriodFrom, n.Passport.PeriodTo, n.Passport.Note = openedOn+1, openedOn+2, "ghi chú"
	n.Links = to([]int{1}, measured)
	id := w.add(t, n)
	w.bring(t, measured, "achieved/accepted")
	clock = clock.AddDate(0, 0, 1)
	later := n.Passport
	later.Title, later.Number, later.ValidUntil, later.PeriodFrom, later.IssuedOn = "Tên khác", "", 0, openedOn, 0
	must(t, w.store.ChangePassport(t.Context(), w.coordinator, w.evidenceRef(t, id), later))
	clock = clock.AddDate(0, 0, 1)
	if n := w.db.Count(t, `SELECT count(*) FROM entry WHERE verdict = 'accepted' AND changed`); n != 1 {
		t.Errorf("after another passport %d entries have changed", n)
	}
	version, hidden := w.ref(t, measured).Version, later
	hidden.Access, hidden.Language = tracker.AccessRestricted, "en"
	must(t, w.store.ChangePassport(t.Context(), w.coordinator, w.evidenceRef(t, id), hidden))
	must(t, w.store.ChangePassport(t.Context(), w.coordinator, w.evidenceRef(t, id), later))
	if now := w.ref(t, measured).Version; now != version {
		t.Errorf("of what reviewers do not see the entry went from version %d to %d", version, now)
	}
	latest := later
	latest.Title = "Tên thứ ba"
	must(t, w.store.ChangePassport(t.Context(), w.coordinator, w.evidenceRef(t, id), latest))
	must(t, w.store.NewVersion(t.Context(), w.coordinator, w.evidenceRef(t, id), fileOf("b"), 0))
	r, err := w.store.Review(t.Context(), w.reviewer, postgres.EntryRef{City: w.slug, Indicator: measured})
	must(t, err)
	kept := func(p tracker.Passport) tracker.Passport {
		p.Access, p.Department, p.Language = "", "", ""
		return p
	}
	seen := tracker.SeenEvidence{ID: id, Passport: kept(n.Passport), Version: 1, Answers: []int{1}}
	now := tracker.SeenEvidence{ID: id, Passport: kept(latest), Version: 2, Answers: []int{1}}
	want := tracker.Difference{Evidence: []tracker.EvidenceDifference{{Before: &seen, After: &now}}}
	if got := r.SightAt(r.Decisions()[0].EntryVersion).DifferenceTo(r.SightNow()); !reflect.DeepEqual(got, want) {
		t.Errorf("the difference is\n%+v\n%+v, want\n%+v\n%+v", got.Evidence[0].Before, got.Evidence[0].After, seen, now)
	}
	if got := w.db.Lines(t, `SELECT version || ' ' || title FROM former_passport ORDER BY version`); !slices.Equal(got, []string{"2 Quyết định a", "3 Tên khác", "4 Tên khác", "5 Tên khác"}) {
		t.Errorf("kept are %q", got)
	}
}

// TestHistoryFollowsTheTable: the database itself takes no row of history that the
// product's table of acts does not know, and no verdict without its reason.
func TestHistoryFollowsTheTable(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	allowed := map[string]bool{"open not_started/none>not_started/none": true}
	for _, to := range tracker.Claims {
		for _, from := range states {
			claim, _, _ := strings.Cut(from, "/")
			allowed["change_claim "+from+">"+string(to)+"/none"] = claim != string(to)
		}
	}
	for _, path := range []string{
		"submit achieved/none>achieved/awaiting", "submit achieved/returned>achieved/awaiting", "withdraw achieved/awaiting>achieved/none",
		"accept achieved/awaiting>achieved/accepted", "accept achieved/accepted>achieved/accepted", "return achieved/awaiting>achieved/returned",
		"return achieved/accepted>achieved/returned", "reopen achieved/accepted>achieved/awaiting",
	} {
		allowed[path] = true
	}
	insert := func(act, from, to, note string) string {
		claimFrom, verdictFrom, _ := strings.Cut(from, "/")
		claimTo, verdictTo, _ := strings.Cut(to, "/")
		_, err := w.db.Owner.Exec(t.Context(), `
			INSERT INTO status_change SELECT id, 1000 + (random() * 1e9)::int, city_id, assessment_id, $1, $2, $3, $4, $5, $6, $7::text::date, now(), $8
			FROM entry ORDER BY id LIMIT 1`, act, claimFrom, claimTo, verdictFrom, verdictTo, note, today.String(), w.coordinator.AccountID)
		return constraintOf(err)
	}
	for _, act := range []string{"open", "change_claim", "submit", "withdraw", "accept", "return", "reopen"} {
		for _, from := range states {
			for _, to := range states {
				want := "status_change_follows_the_table"
				if allowed[act+" "+from+">"+to] {
					want = ""
				}
				if got := insert(act, from, to, "reason"); got != want {
					t.Errorf("%s %s>%s is held by %q, want %q", act, from, to, got, want)
				}
			}
		}
	}
	for _, note := range []string{"", " \t\n"} {
		for act, path := range map[string][2]string{"return": {"achieved/awaiting", "achieved/returned"}, "reopen": {"achieved/accepted", "achieved/awaiting"}} {
			if got := insert(act, path[0], path[1], note); got != "status_change_reason_given" {
				t.Errorf("%s because of %q is held by %q", act, note, got)
			}
		}
	}
}

var states = []string{"not_started/none", "in_progress/none", "achieved/none", "achieved/awaiting", "achieved/returned", "achieved/accepted"}

// TestRandomActsInTheStore: people of all roles act at random, some with old
// versions. What the rule refuses is not written; what was written stays as it
// was; and the score that pages show is what a recount of the rows gives.
func TestRandomActsInTheStore(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	random := rand.New(rand.NewPCG(seed, 5))
	clock := pgtest.Now.AddDate(0, 0, -60)
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	people := []tracker.Actor{w.staff, w.coordinator, w.coordinator, w.reviewer, w.second, w.reviewer, w.leader, w.other}
	codes := []string{measured, described, "7.2.2"}
	history := w.rows(t)
	done := map[bool]int{}
	for n := range 500 {
		clock = clock.Add(time.Duration(random.IntN(12)) * time.Hour)
		code, by := codes[random.IntN(len(codes))], people[random.IntN(len(people))]
		before := w.stands(t, code)
		ref := w.ref(t, code)
		if random.IntN(8) == 0 {
			ref.Version--
		}
		act := randomActs[random.IntN(len(randomActs))]
		to, want := act.rule(tracker.Act{Actor: by, City: tracker.City{ID: w.id, Slug: w.slug}, Assessment: round, Now: clock, Today: tracker.DateOf(clock)}, before, n)
		if want == nil || !same(want, tracker.ErrForbidden) {
			if ref.Version != before.Version {
				want = tracker.ErrConflict
			}
		}
		err := act.do(w, t, by, ref, n)
		if !same(err, want) {
			t.Fatalf("%s by %s on %s from %+v: %v, want %v", act.name, by.Name, code, before.State, err, want)
		}
		after := w.stands(t, code)
		if err != nil {
			to = before.State
		}
		if after.State != to || (after.Version != before.Version) != (err == nil) {
			t.Fatalf("%s by %s on %s left %+v at version %d of %d, want %+v", act.name, by.Name, code, after.State, after.Version, before.Version, to)
		}
		rows := w.rows(t)
		for line := range history {
			if !rows[line] {
				t.Fatalf("%s by %s: this row is gone: %s", act.name, by.Name, line)
			}
		}
		if (len(rows) > len(history)) != (err == nil) {
			t.Fatalf("%s by %s: history went from %d rows to %d", act.name, by.Name, len(history), len(rows))
		}
		history = rows
		done[err == nil]++
		if n%10 == 0 {
			w.compareScore(t)
		}
	}
	w.compareScore(t)
	if done[true] < 30 || done[false] < 30 {
		t.Errorf("%d acts were written and %d refused; that proves little", done[true], done[false])
	}
}

// A randomAct is an act with what the rule says of it and how the store does it; n
// makes what is typed different each time.
type randomAct struct {
	name string
	rule func(a tracker.Act, e tracker.Entry, n int) (tracker.State, error)
	do   func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef, n int) error
}

func editNo(n int) tracker.Narrative { return tracker.Narrative{Narrative: fmt.Sprint("edit ", n)} }

// plain is an act that takes a note.
func plain(name string, rule func(tracker.Act, tracker.Entry, string) (tracker.StatusChange, error),
	do func(*postgres.Store, context.Context, tracker.Actor, postgres.EntryRef, string) error) randomAct {
	note := func(n int) string { return []string{"", "reason", " "}[n%3] }
	return randomAct{name,
		func(a tracker.Act, e tracker.Entry, n int) (tracker.State, error) {
			c, err := rule(a, e, note(n))
			return c.To, err
		},
		func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef, n int) error {
			return do(w.store, t.Context(), by, ref, note(n))
		}}
}

var randomActs = []randomAct{
	{"claim achieved", func(a tracker.Act, e tracker.Entry, _ int) (tracker.State, error) {
		c, err := a.ChangeClaim(e, tracker.ClaimAchieved, "", 0)
		return c.To, err
	}, func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef, _ int) error {
		return w.store.ChangeClaim(t.Context(), by, ref, tracker.ClaimAchieved, "", 0, false)
	}},
	{"claim another", func(a tracker.Act, e tracker.Entry, n int) (tracker.State, error) {
		c, err := a.ChangeClaim(e, tracker.Claims[n%2], "", 0)
		return c.To, err
	}, func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef, n int) error {
		return w.store.ChangeClaim(t.Context(), by, ref, tracker.Claims[n%2], "", 0, false)
	}},
	{"edit", func(a tracker.Act, e tracker.Entry, n int) (tracker.State, error) {
		return a.EditNarrative(e, editNo(n))
	},
		func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef, n int) error {
			return w.store.EditNarrative(t.Context(), by, ref, editNo(n))
		}},
	plain("submit", tracker.Act.Submit, (*postgres.Store).Submit), plain("submit", tracker.Act.Submit, (*postgres.Store).Submit),
	plain("withdraw", tracker.Act.Withdraw, (*postgres.Store).Withdraw), plain("reopen", tracker.Act.Reopen, (*postgres.Store).Reopen),
	plain("accept", tracker.Act.Accept, (*postgres.Store).Accept), plain("accept", tracker.Act.Accept, (*postgres.Store).Accept),
	plain("accept", tracker.Act.Accept, (*postgres.Store).Accept), plain("return", tracker.Act.Return, (*postgres.Store).Return),
}

// stands reads an entry as the rule wants it.
func (w *town) stands(t testing.TB, code string) tracker.Entry {
	t.Helper()
	var e tracker.Entry
	var submitter *int64
	must(t, w.db.Owner.QueryRow(t.Context(), `
		SELECT e.id, coalesce(e.department_id, 0), e.version, e.claim, e.verdict, e.changed, e.submitted_by, e.narrative
		FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE e.city_id = $1 AND i.code = $2`, w.id, code).Scan(
		&e.ID, &e.DepartmentID, &e.Version, &e.State.Claim, &e.State.Verdict, &e.State.Changed, &submitter, &e.Narrative.Narrative))
	if submitter != nil {
		e.SubmittedBy = *submitter
	}
	return e
}

// rows are all rows of both histories, written out.
func (w *town) rows(t testing.TB) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, line := range w.db.Lines(t, `SELECT c::text FROM status_change c UNION ALL SELECT r::text FROM entry_revision r`) {
		all[line] = true
	}
	return all
}

// compareScore recounts the rows in SQL.
func (w *town) compareScore(t testing.TB) {
	t.Helper()
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	s := o.ScoreAsOf(o.Today)
	want := w.db.Lines(t, `
		SELECT format('%s of %s, %s claimed, %s awaiting, %s returned, %s changed', count(*) FILTER (WHERE claim = 'achieved' AND verdict = 'accepted'), count(*),
			count(*) FILTER (WHERE claim = 'achieved'), count(*) FILTER (WHERE verdict = 'awaiting'), count(*) FILTER (WHERE verdict = 'returned'), count(*) FILTER (WHERE changed))
		FROM entry WHERE city_id = $1`, w.id)[0]
	got := fmt.Sprintf("%d of %d, %d claimed, %d awaiting, %d returned, %d changed", s.Achieved, s.Total, s.Claimed, s.Awaiting, s.Returned, s.Changed)
	if got != want {
		t.Errorf("the score is %s, recounted %s", got, want)
	}
}
