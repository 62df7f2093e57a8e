package postgres_test

import (
	"crypto/sha256"
	"reflect"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestSession(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	token := sha256.Sum256([]byte("a token"))
	db.Exec(t, `DELETE FROM audit`)
	by := tracker.Actor{AccountID: w.staff.AccountID, RequestID: "request-1", Address: "192.0.2.7"}
	must(t, w.store.StartSession(t.Context(), by, postgres.NewSession{TokenHash: token[:], Lifetime: time.Hour}))
	want := tracker.Actor{AccountID: w.staff.AccountID, Name: "staff of ha-long", Email: "staff@ha-long.example",
		Memberships: []tracker.Membership{{Role: tracker.Staff, CityID: w.id, CitySlug: "ha-long",
			CityName:     tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"},
			DepartmentID: int64(db.Count(t, `SELECT id FROM department WHERE code = 'CUL'`))}}}
	got, err := w.store.SessionActor(t.Context(), token[:])
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the session is of\n%+v, %v, want\n%+v", got, err, want)
	}
	clock = clock.Add(time.Hour) // its last moment is over
	if _, err := w.store.SessionActor(t.Context(), token[:]); !same(err, tracker.ErrNotFound) {
		t.Errorf("an old session: %v", err)
	}
	clock = clock.Add(-time.Second)
	// Whoever brings the token ends the session; the audit names whose it was.
	bearer := tracker.Actor{RequestID: "request-2", Address: "192.0.2.8"}
	must(t, w.store.EndSession(t.Context(), bearer, token[:]))
	if _, err := w.store.SessionActor(t.Context(), token[:]); !same(err, tracker.ErrNotFound) {
		t.Errorf("a session that was ended: %v", err)
	}
	must(t, w.store.EndSession(t.Context(), bearer, token[:])) // is no act any more
	lines := db.Lines(t, `SELECT concat_ws(' ', act, subject, city_id, account_id = $1, before, after, request_id, address,
		recorded_at AT TIME ZONE 'UTC') FROM audit ORDER BY id`, w.staff.AccountID)
	if !slices.Equal(lines, []string{"sign_in session t request-1 192.0.2.7 2025-03-10 05:00:00",
		"sign_out session t request-2 192.0.2.8 2025-03-10 05:59:59"}) {
		t.Errorf("audit %q", lines)
	}
}

// TestSessionOfDisabled: an account that is disabled is out at once.
func TestSessionOfDisabled(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	token := sha256.Sum256([]byte("staff@ha-long.example"))
	_, err := w.store.SessionActor(t.Context(), token[:])
	must(t, err)
	w.db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, w.staff.AccountID)
	got, err := w.store.SessionActor(t.Context(), token[:])
	if !same(err, tracker.ErrNotFound) || got.AccountID != 0 || got.Memberships != nil {
		t.Errorf("a disabled account is %+v, %v", got, err)
	}
}

// TestSessionKnowsAllRoles: of cities, of regions, of the installation, and none.
func TestSessionKnowsAllRoles(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	region := int64(db.Count(t, `SELECT id FROM region`))
	db.Exec(t, `UPDATE account SET language = 'en' WHERE id = $1`, w.leader.AccountID)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id, region_id, ends_on) VALUES
		($1, 'expert', $2, NULL, '2025-12-31'), ($1, 'overseer', NULL, $3, NULL), ($1, 'admin', NULL, NULL, NULL)`,
		w.leader.AccountID, hue.id, region)
	token := sha256.Sum256([]byte("leader@ha-long.example"))
	got, err := w.store.SessionActor(t.Context(), token[:])
	must(t, err)
	name := func(slug string) tracker.Text { return tracker.Text{VI: "Thành phố " + slug, EN: "City of " + slug} }
	want := tracker.Actor{AccountID: w.leader.AccountID, Name: "leader of ha-long", Email: "leader@ha-long.example", Language: "en",
		Memberships: []tracker.Membership{
			{Role: tracker.Leader, CityID: w.id, CitySlug: "ha-long", CityName: name("ha-long")},
			{Role: tracker.Expert, CityID: hue.id, CitySlug: "hue", CityName: name("hue"), EndsOn: tracker.NewDate(2025, 12, 31)},
			{Role: tracker.Overseer, RegionID: region},
			{Role: tracker.Admin},
		}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the session is of\n%+v, want\n%+v", got, want)
	}
	db.Exec(t, `DELETE FROM membership WHERE account_id = $1`, w.leader.AccountID)
	got, err = w.store.SessionActor(t.Context(), token[:])
	want.Memberships = nil
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("without any role: %+v, %v", got, err)
	}
}

func TestStartSessionRefuses(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	token := sha256.Sum256([]byte("staff@ha-long.example"))
	other := sha256.Sum256([]byte("other"))
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		name    string
		account int64
		token   []byte
		want    string // constraint
	}{
		{"the token itself", w.staff.AccountID, []byte("a token"), "session_token_is_hashed"},
		{"a token twice", w.staff.AccountID, token[:], "session_pkey"},
		{"no account", 0, other[:], "session_account_fkey"},
	} {
		err := w.store.StartSession(t.Context(), tracker.Actor{AccountID: tt.account},
			postgres.NewSession{TokenHash: tt.token, Lifetime: time.Hour})
		if !same(err, tracker.Invalid("", tt.want)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}
