package postgres_test

import (
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// invite invites somebody, whose link's token is the address.
func (w *town) invite(t testing.TB, email string, post tracker.Post) tracker.Invitation {
	t.Helper()
	i, err := w.store.Invite(t.Context(), w.coordinator, w.slug, tracker.Invitation{Email: email, Post: post, Language: "vi"}, hashOf(email))
	must(t, err)
	return i
}

func (w *town) invitations(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT concat_ws(' ', i.email, i.role, d.code, i.ends_on, i.language, a.name, i.created_at AT TIME ZONE 'UTC',
			i.expires_at AT TIME ZONE 'UTC', CASE WHEN i.accepted_at IS NOT NULL THEN 'accepted by ' || b.name WHEN i.withdrawn_at IS NOT NULL THEN 'withdrawn' END)
		FROM invitation i LEFT JOIN department d ON d.id = i.department_id LEFT JOIN account a ON a.id = i.invited_by
		LEFT JOIN account b ON b.id = i.accepted_by WHERE i.city_id = $1 ORDER BY i.id`, w.id)
}

func TestInvite(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	audit := w.audit(t)
	i := w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Staff, Department: "EDU"})
	if !i.ExpiresAt.Equal(pgtest.Now.Add(7 * 24 * time.Hour)) {
		t.Errorf("it expires %v", i.ExpiresAt)
	}
	if got := w.invitations(t); !slices.Equal(got, []string{"an@halong.vn staff EDU vi coordinator of ha-long 2025-03-10 05:00:00 2025-03-17 05:00:00"}) {
		t.Errorf("written is %q", got)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{`invite account an@halong.vn coordinator  > ` +
		`{"role": "staff", "ends_on": "", "department": "EDU"} at 2025-03-10 05:00:00  `}) {
		t.Errorf("audit %q", got)
	}
	leader := tracker.Post{Role: tracker.Leader}
	for _, tt := range []struct {
		name, email string
		by          tracker.Actor
		post        tracker.Post
		want        error
	}{
		{"invited already", "an@halong.vn", w.coordinator, leader, tracker.Invalid("invitee", "people.error.invited_already")},
		{"in the city already", "staff@ha-long.example", w.coordinator, leader, tracker.Invalid("invitee", "people.error.member_already")},
		{"no address", "an", w.coordinator, leader, tracker.Invalid("invitee", "email.error.malformed")},
		{"staff of nothing", "new@halong.vn", w.coordinator, tracker.Post{Role: tracker.Staff}, tracker.Invalid("department", "people.error.department_missing")},
		{"an unknown department", "new@halong.vn", w.coordinator, tracker.Post{Role: tracker.Staff, Department: "XYZ"}, tracker.Invalid("department", "department.error.unknown")},
		{"by staff", "new@halong.vn", w.staff, leader, tracker.ErrForbidden},
		{"by another city's coordinator", "new@halong.vn", hue.coordinator, leader, tracker.ErrNotFound},
		{"a leader by the operator", "new@halong.vn", tracker.Operator(), leader, tracker.Invalid("role", "people.error.coordinators_only")},
		{"a coordinator by the operator", "first@halong.vn", tracker.Operator(), tracker.Post{Role: tracker.Coordinator}, nil},
		{"somebody of another city", "staff@hue.example", w.coordinator, leader, nil},
	} {
		before := fingerprint(t, db)
		_, err := w.store.Invite(t.Context(), tt.by, w.slug, tracker.Invitation{Email: tt.email, Post: tt.post, Language: "en"}, hashOf(tt.name))
		if !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if written := fingerprint(t, db) != before; written != (tt.want == nil) {
			t.Errorf("%s: something was written: %v", tt.name, written)
		}
	}
}

// TestInvitedTwiceAtOnce: the address gets one invitation.
func TestInvitedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	errs := atOnce(t, db, 3, func(i int, s *postgres.Store) error {
		_, err := s.Invite(t.Context(), w.coordinator, w.slug,
			tracker.Invitation{Email: "an@halong.vn", Post: tracker.Post{Role: tracker.Leader}, Language: "vi"}, hashOf(string(rune('a'+i))))
		return err
	})
	if count(errs, nil) != 1 || count(errs, tracker.Invalid("invitee", "people.error.invited_already")) != 2 {
		t.Errorf("answers are %v", errs)
	}
}

func TestAcceptInvitationAsNew(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Expert, EndsOn: dueOn})
	city, i, err := w.store.Invitation(t.Context(), hashOf("an@halong.vn"))
	if err != nil || city.ID != w.id || i.Email != "an@halong.vn" || i.AccountID != 0 || i.InvitedBy != "coordinator of ha-long" {
		t.Errorf("the link is of %+v, %+v, %v", city, i, err)
	}
	audit := w.audit(t)
	by := tracker.Actor{RequestID: "request-1", Address: "192.0.2.7"}
	account, slug, err := w.store.AcceptInvitationAsNew(t.Context(), by, hashOf("an@halong.vn"), "An", "hash")
	if err != nil || slug != w.slug || account == 0 {
		t.Fatalf("accepted: %d, %q, %v", account, slug, err)
	}
	if got := w.memberships(t); !slices.Contains(got, "an@halong.vn expert 2025-06-30 1") {
		t.Errorf("memberships are %q", got)
	}
	if got := db.Lines(t, `SELECT concat_ws(' ', name, language, password_hash) FROM account WHERE id = $1`, account); !slices.Equal(got, []string{"An vi hash"}) {
		t.Errorf("the account is %q", got)
	}
	if got := w.invitations(t); !slices.Equal(got, []string{"an@halong.vn expert 2025-06-30 vi coordinator of ha-long 2025-03-10 05:00:00 2025-03-17 05:00:00 accepted by An"}) {
		t.Errorf("invitations are %q", got)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{`accept_invitation account an@halong.vn An  > ` +
		`{"name": "An", "role": "expert", "ends_on": "2025-06-30", "department": ""} at 2025-03-10 05:00:00 request-1 192.0.2.7`}) {
		t.Errorf("audit %q", got)
	}
	before := fingerprint(t, db)
	if _, _, err := w.store.AcceptInvitationAsNew(t.Context(), by, hashOf("an@halong.vn"), "Ba", "hash"); !same(err, tracker.ErrLinkOver) {
		t.Errorf("used twice: %v", err)
	}
	if _, _, err := w.store.Invitation(t.Context(), hashOf("an@halong.vn")); !same(err, tracker.ErrLinkOver) {
		t.Errorf("looked at again: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestAcceptInvitation: by an account that there is; by nobody else's.
func TestAcceptInvitation(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	w.invite(t, "staff@hue.example", tracker.Post{Role: tracker.Leader})
	token, before := hashOf("staff@hue.example"), fingerprint(t, db)
	if _, err := w.store.AcceptInvitation(t.Context(), hue.leader, token); !same(err, tracker.Invalid("", "invitation.error.other_account")) {
		t.Errorf("by another account: %v", err)
	}
	if _, _, err := w.store.AcceptInvitationAsNew(t.Context(), hue.staff, token, "An", "hash"); !same(err, tracker.Invalid("", "invitation.error.sign_in")) {
		t.Errorf("as a new account: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	slug, err := w.store.AcceptInvitation(t.Context(), hue.staff, token)
	if err != nil || slug != w.slug {
		t.Errorf("accepted: %q, %v", slug, err)
	}
	got, err := hue.again(t, "staff")
	if err != nil || len(got.Memberships) != 2 || got.Memberships[1].CityID != w.id || got.Memberships[1].Role != tracker.Leader {
		t.Errorf("the person is %+v, %v", got, err)
	}
	if got := w.invitations(t); len(got) != 1 || got[0] != "staff@hue.example leader vi coordinator of ha-long 2025-03-10 05:00:00 2025-03-17 05:00:00 accepted by staff of hue" {
		t.Errorf("invitations are %q", got)
	}
}

// TestAcceptedTwiceAtOnce: one wins.
func TestAcceptedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Leader})
	errs := atOnce(t, db, 4, func(_ int, s *postgres.Store) error {
		_, _, err := s.AcceptInvitationAsNew(t.Context(), tracker.Actor{}, hashOf("an@halong.vn"), "An", "hash")
		return err
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrLinkOver) != 3 {
		t.Errorf("answers are %v", errs)
	}
}

// TestInvitationOver: what does not work is answered alike.
func TestInvitationOver(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := emptyTown(t, db, "ha-long")
	short := w.invite(t, "expert@halong.vn", tracker.Post{Role: tracker.Expert, EndsOn: today + 1})
	w.invite(t, "late@halong.vn", tracker.Post{Role: tracker.Leader})
	gone := w.invite(t, "gone@halong.vn", tracker.Post{Role: tracker.Leader})
	renewed := w.invite(t, "renewed@halong.vn", tracker.Post{Role: tracker.Leader})
	must(t, w.store.WithdrawInvitation(t.Context(), w.coordinator, w.slug, gone.ID))
	if err := w.store.WithdrawInvitation(t.Context(), w.coordinator, w.slug, gone.ID); !same(err, tracker.ErrNotFound) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if err := w.store.WithdrawInvitation(t.Context(), tracker.Operator(), w.slug, renewed.ID); !same(err, tracker.ErrForbidden) {
		t.Errorf("a leader's withdrawn by the operator: %v", err)
	}
	clock = pgtest.Now.Add(48 * time.Hour)
	again, err := w.store.RenewInvitation(t.Context(), w.coordinator, w.slug, renewed.ID, hashOf("another"))
	if err != nil || again.Email != "renewed@halong.vn" || !again.ExpiresAt.Equal(clock.Add(7*24*time.Hour)) {
		t.Errorf("renewed is %+v, %v", again, err)
	}
	if _, err := w.store.RenewInvitation(t.Context(), w.coordinator, w.slug, gone.ID, hashOf("gone again")); !same(err, tracker.ErrNotFound) {
		t.Errorf("a withdrawn one renewed: %v", err)
	}
	if _, err := w.store.RenewInvitation(t.Context(), w.coordinator, w.slug, short.ID, hashOf("short again")); !same(err, tracker.Invalid("", "people.error.end_past")) {
		t.Errorf("an expert's whose date has passed: %v", err)
	}
	over := func(name string) {
		t.Helper()
		if _, _, err := w.store.Invitation(t.Context(), hashOf(name)); !same(err, tracker.ErrLinkOver) {
			t.Errorf("%s: %v", name, err)
		}
	}
	over("expert@halong.vn")
	over("gone@halong.vn")
	over("renewed@halong.vn") // the old link
	over("never made")
	_, _, err = w.store.Invitation(t.Context(), hashOf("another"))
	must(t, err)
	clock = pgtest.Now.Add(7*24*time.Hour - time.Second)
	_, _, err = w.store.Invitation(t.Context(), hashOf("late@halong.vn"))
	must(t, err)
	clock = pgtest.Now.Add(7 * 24 * time.Hour)
	over("late@halong.vn")
}

// TestAcceptedWhileBeingWithdrawn: who read the list before somebody accepted
// hears that the invitation does not wait any more.
func TestAcceptedWhileBeingWithdrawn(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*town, *postgres.Store, int64) error{
		"withdraw": func(w *town, s *postgres.Store, id int64) error {
			return s.WithdrawInvitation(t.Context(), w.coordinator, w.slug, id)
		},
		"renew": func(w *town, s *postgres.Store, id int64) error {
			_, err := s.RenewInvitation(t.Context(), w.coordinator, w.slug, id, hashOf("new"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t, pgtest.Options{})
			w := emptyTown(t, db, "ha-long")
			i := w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Leader})
			// Somebody accepts: the row is written, the end is not yet.
			accepting, err := db.Owner.Begin(t.Context())
			must(t, err)
			_, err = accepting.Exec(t.Context(), `UPDATE invitation SET accepted_at = now(), accepted_by = $2 WHERE id = $1`, i.ID, w.staff.AccountID)
			must(t, err)
			done := make(chan error, 1)
			go func() { done <- act(w, w.store, i.ID) }()
			awaitLock(t, db)
			must(t, accepting.Commit(t.Context()))
			if err := <-done; !same(err, tracker.ErrNotFound) {
				t.Errorf("the answer is %v", err)
			}
			if n := db.Count(t, `SELECT count(*) FROM audit WHERE act IN ('withdraw_invitation', 'renew_invitation')`); n != 0 {
				t.Errorf("%d acts on record", n)
			}
		})
	}
}

// awaitLock waits until somebody waits for a row that another holds.
func awaitLock(t testing.TB, db *pgtest.Database) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if db.Count(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0 {
			return
		}
	}
	t.Fatal("nobody waits")
}
