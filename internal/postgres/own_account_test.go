package postgres_test

import (
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// signInAgain starts one more session of the person.
func (w *town) signInAgain(t testing.TB, actor tracker.Actor, token string) {
	t.Helper()
	actor.Address = "192.0.2.9"
	must(t, w.store.StartSession(t.Context(), actor, postgres.NewSession{TokenHash: hashOf(token), Lifetime: 2 * time.Hour}))
}

// alive tells which of the tokens open a session.
func (w *town) alive(t testing.TB, tokens ...string) []string {
	t.Helper()
	return slices.DeleteFunc(tokens, func(token string) bool {
		_, err := w.store.SessionActor(t.Context(), hashOf(token))
		return err != nil
	})
}

func TestChangeProfile(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	mine := hashOf("staff@ha-long.example")
	acts := func() []string {
		return w.db.Lines(t, `SELECT before::text || ' > ' || after::text FROM audit WHERE act = 'change_profile' AND subject = 'account staff@ha-long.example' ORDER BY id`)
	}
	must(t, w.store.ChangeProfile(t.Context(), w.staff, mine, "Nguyễn Thị An", "en"))
	got, err := w.again(t, "staff")
	if err != nil || got.Name != "Nguyễn Thị An" || got.Language != "en" {
		t.Errorf("the profile is %+v, %v", got, err)
	}
	must(t, w.store.ChangeProfile(t.Context(), w.staff, mine, "An", ""))
	if got, err = w.again(t, "staff"); err != nil || got.Language != "" {
		t.Errorf("without a language it is %+v, %v", got, err)
	}
	if got := acts(); !slices.Equal(got, []string{
		`{"name": "staff of ha-long", "language": null} > {"name": "Nguyễn Thị An", "language": "en"}`,
		`{"name": "Nguyễn Thị An", "language": "en"} > {"name": "An", "language": null}`}) {
		t.Errorf("recorded are %q", got)
	}
	before := fingerprint(t, w.db)
	if err := w.store.ChangeProfile(t.Context(), w.staff, hashOf("none"), "x", "vi"); !same(err, tracker.ErrNotFound) {
		t.Errorf("without a session: %v", err)
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// TestChangePassword ends the person's other sessions and links, nobody else's.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	mine := hashOf("staff@ha-long.example")
	w.signInAgain(t, w.staff, "elsewhere")
	_, err := w.store.MakePasswordLink(t.Context(), w.coordinator, w.person(t, w.staff), hashOf("link"))
	must(t, err)
	before := fingerprint(t, w.db)
	change := func(session []byte, old string) error {
		return w.store.ChangePassword(t.Context(), w.staff, postgres.NewPassword{TokenHash: session, OldHash: old, NewHash: "new"})
	}
	if err := change(mine, "another hash"); !same(err, tracker.ErrNotFound) {
		t.Errorf("with an old hash that is over: %v", err)
	}
	if err := change(hashOf("none"), "$argon2id$staff"); !same(err, tracker.ErrNotFound) {
		t.Errorf("without a session: %v", err)
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
	must(t, change(mine, "$argon2id$staff"))
	if got := w.alive(t, "staff@ha-long.example", "elsewhere", "leader@ha-long.example"); !slices.Equal(got, []string{"staff@ha-long.example", "leader@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
	if got := w.passwordOf(t, w.staff); got != "new" {
		t.Errorf("the hash is %q", got)
	}
	if _, _, err := w.store.PasswordLinkOwner(t.Context(), hashOf("link")); !same(err, tracker.ErrLinkOver) {
		t.Errorf("the link: %v", err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	mine := hashOf("staff@ha-long.example")
	clock = clock.Add(time.Minute)
	w.signInAgain(t, w.staff, "one")
	w.signInAgain(t, w.staff, "two")
	all, err := w.store.Sessions(t.Context(), mine)
	must(t, err)
	if len(all) != 3 || !all[0].Here || all[1].Here || all[2].Here || all[0].Address != "" || all[1].Address != "192.0.2.9" ||
		!all[0].Since.Equal(pgtest.Now) || !all[1].Since.Equal(clock) || !all[1].Until.Equal(clock.Add(2*time.Hour)) {
		t.Errorf("the sessions are %+v", all)
	}
	theirs, err := w.store.Sessions(t.Context(), hashOf("leader@ha-long.example"))
	if err != nil || len(theirs) != 1 {
		t.Errorf("the leader's are %+v, %v", theirs, err)
	}
	audit := w.db.Count(t, `SELECT count(*) FROM audit`)
	must(t, w.store.EndOtherSessions(t.Context(), w.staff, mine, theirs[0].ID)) // not one's own
	must(t, w.store.EndOtherSessions(t.Context(), w.staff, mine, all[0].ID))    // this one is what signing out is for
	if got := w.db.Count(t, `SELECT count(*) FROM audit`); got != audit {
		t.Errorf("%d acts where nothing ended", got-audit)
	}
	must(t, w.store.EndOtherSessions(t.Context(), w.staff, mine, all[1].ID)) // "two", the newest
	if got := w.alive(t, "staff@ha-long.example", "one", "two", "leader@ha-long.example"); !slices.Equal(got, []string{"staff@ha-long.example", "one", "leader@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
	must(t, w.store.EndOtherSessions(t.Context(), w.staff, mine, 0))
	if got := w.alive(t, "staff@ha-long.example", "one", "leader@ha-long.example"); !slices.Equal(got, []string{"staff@ha-long.example", "leader@ha-long.example"}) {
		t.Errorf("sessions left: %q", got)
	}
	// A sign-in sweeps what is over, whoever's it was.
	clock = pgtest.Now.Add(90 * time.Minute)
	w.signInAgain(t, w.leader, "fresh")
	if got := w.db.Count(t, `SELECT count(*) FROM session`); got != 1 {
		t.Errorf("%d sessions are kept, want 1", got)
	}
}
