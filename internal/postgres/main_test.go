package postgres_test

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A town is a city with its people, made through the store's own methods.
type town struct {
	db                                                       *pgtest.Database
	store                                                    *postgres.Store
	id                                                       int64
	slug                                                     string
	coordinator, staff, reviewer, second, leader, other, end tracker.Actor
}

var (
	openedOn = tracker.NewDate(2024, time.January, 15)
	today    = tracker.DateOf(pgtest.Now)
	dueOn    = tracker.NewDate(2025, time.June, 30)
)

// The entries that towns assign to the department CUL, which staff are of;
// all others have none. 1.1.1 is measured in percent, 4.5.2 is described.
const (
	measured  = "1.1.1"
	described = "4.5.2"
)

// found makes a town with an open assessment in the database.
func found(t testing.TB, db *pgtest.Database, slug string) *town {
	t.Helper()
	w := emptyTown(t, db, slug)
	w.open(t)
	return w
}

// emptyTown makes a city with people and departments, without an assessment.
func emptyTown(t testing.TB, db *pgtest.Database, slug string) *town {
	t.Helper()
	w := &town{db: db, store: db.Store, slug: slug}
	var err error
	w.id, err = w.store.CreateCity(t.Context(), tracker.Operator(), tracker.City{Slug: slug,
		Name: tracker.Text{VI: "Thành phố " + slug, EN: "City of " + slug}, Province: tracker.Text{VI: "Tỉnh", EN: "Province"},
		TimeZone: "Asia/Ho_Chi_Minh", Language: "vi"})
	must(t, err)
	w.coordinator = w.join(t, tracker.Operator(), "coordinator", postgres.NewMember{Role: tracker.Coordinator})
	for _, code := range []string{"CUL", "EDU"} {
		must(t, w.store.CreateDepartment(t.Context(), w.coordinator, slug,
			tracker.Department{Code: code, Name: tracker.Text{VI: "Sở " + code, EN: "Department " + code}}))
	}
	for name, member := range map[string]struct {
		actor *tracker.Actor
		m     postgres.NewMember
	}{
		"staff":    {&w.staff, postgres.NewMember{Role: tracker.Staff, Department: "CUL"}},
		"other":    {&w.other, postgres.NewMember{Role: tracker.Staff, Department: "EDU"}},
		"reviewer": {&w.reviewer, postgres.NewMember{Role: tracker.Reviewer}},
		"second":   {&w.second, postgres.NewMember{Role: tracker.Reviewer}},
		"leader":   {&w.leader, postgres.NewMember{Role: tracker.Leader}},
		"end":      {&w.end, postgres.NewMember{Role: tracker.Coordinator, EndsOn: today - 1}},
	} {
		*member.actor = w.join(t, w.coordinator, name, member.m)
	}
	return w
}

// join adds a person and returns them as their session knows them.
func (w *town) join(t testing.TB, by tracker.Actor, name string, m postgres.NewMember) tracker.Actor {
	t.Helper()
	m.Email, m.Name, m.PasswordHash = name+"@"+w.slug+".example", name+" of "+w.slug, "$argon2id$"+name
	id, err := w.store.AddMember(t.Context(), by, w.slug, m)
	must(t, err)
	token := sha256.Sum256([]byte(m.Email))
	must(t, w.store.StartSession(t.Context(), tracker.Actor{AccountID: id}, m.PasswordHash, postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour}))
	actor, err := w.store.SessionActor(t.Context(), token[:])
	must(t, err)
	return actor
}

// hashKept is the hash of the person's password, as join gave it to them.
func hashKept(a tracker.Actor) string {
	name, _, _ := strings.Cut(a.Email, "@")
	return "$argon2id$" + name
}

func (w *town) open(t testing.TB) {
	t.Helper()
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", tracker.Assessment{
		Name: tracker.Text{VI: "Đợt", EN: "Round"}, OpenedOn: openedOn, SubmissionDueOn: dueOn, NeedsReview: true}, tracker.CarryOver{})
	must(t, err)
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: measured, Department: "CUL", DueOn: dueOn}, {Indicator: described, Department: "CUL", DueOn: dueOn}}))
}

// ref names an entry at the version that it has now.
func (w *town) ref(t testing.TB, indicator string) postgres.EntryRef {
	t.Helper()
	version := w.db.Count(t, `SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id
		WHERE e.city_id = $1 AND i.code = $2`, w.id, indicator)
	return postgres.EntryRef{City: w.slug, Indicator: indicator, Version: version}
}

// bring takes an entry from the beginning to a state, through acts.
func (w *town) bring(t testing.TB, indicator, state string) {
	t.Helper()
	ctx := t.Context()
	steps := map[string][]func(postgres.EntryRef) error{"not_started/none": {}}
	claim := func(r postgres.EntryRef) error {
		return w.store.ChangeClaim(ctx, w.coordinator, r, tracker.ClaimAchieved, "", 0, true)
	}
	accept := func(r postgres.EntryRef) error { return w.store.Accept(ctx, w.reviewer, r, "") }
	steps["in_progress/none"] = []func(postgres.EntryRef) error{func(r postgres.EntryRef) error {
		return w.store.ChangeClaim(ctx, w.coordinator, r, tracker.ClaimInProgress, "", 0, false)
	}}
	steps["achieved/none"] = []func(postgres.EntryRef) error{func(r postgres.EntryRef) error {
		return w.store.ChangeClaim(ctx, w.coordinator, r, tracker.ClaimAchieved, "", 0, false)
	}}
	steps["achieved/awaiting"] = []func(postgres.EntryRef) error{claim}
	steps["achieved/returned"] = []func(postgres.EntryRef) error{claim, func(r postgres.EntryRef) error {
		return w.store.Return(ctx, w.reviewer, r, "reason")
	}}
	steps["achieved/accepted"] = []func(postgres.EntryRef) error{claim, accept}
	steps["achieved/accepted*"] = []func(postgres.EntryRef) error{claim, accept, func(r postgres.EntryRef) error {
		return w.store.EditNarrative(ctx, w.coordinator, r, tracker.Narrative{Narrative: "edited"})
	}}
	way, ok := steps[state]
	if !ok {
		t.Fatalf("no way to %s", state)
	}
	for _, step := range way {
		must(t, step(w.ref(t, indicator)))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same compares errors by meaning, and what was invalid field by field.
func same(got, want error) bool {
	var g, w *tracker.InvalidError
	if errors.As(want, &w) {
		return errors.As(got, &g) && reflect.DeepEqual(g.Fields, w.Fields)
	}
	if want == nil {
		return got == nil
	}
	return errors.Is(got, want)
}

// fingerprint is all that the database holds. An act that was refused leaves
// the same.
func fingerprint(t testing.TB, db *pgtest.Database) string {
	t.Helper()
	return db.Lines(t, `
		SELECT coalesce(string_agg(format('%s %s', c.relname,
			query_to_xml(format('SELECT count(*), md5(string_agg(x::text, chr(10) ORDER BY x::text)) FROM %I x', c.relname),
				true, true, '')), chr(10) ORDER BY c.relname), '')
		FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`)[0]
}
