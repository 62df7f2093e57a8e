package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// passwordOf is the hash of the person's password.
func (w *town) passwordOf(t testing.TB, who tracker.Actor) string {
	t.Helper()
	return w.db.Lines(t, `SELECT password_hash FROM account WHERE id = $1`, who.AccountID)[0]
}

// person names one of the town's people at the version that they have now.
func (w *town) person(t testing.TB, actor tracker.Actor) postgres.PersonRef {
	t.Helper()
	ref := postgres.PersonRef{City: w.slug}
	must(t, w.db.Owner.QueryRow(t.Context(), `SELECT id, version FROM membership WHERE account_id = $1 AND city_id = $2`,
		actor.AccountID, w.id).Scan(&ref.ID, &ref.Version))
	return ref
}

// again is the person as their session knows them now.
func (w *town) again(t testing.TB, name string) (tracker.Actor, error) {
	t.Helper()
	return w.store.SessionActor(t.Context(), hashOf(name+"@"+w.slug+".example"))
}

// memberships are the town's people as they are stored.
func (w *town) memberships(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT concat_ws(' ', a.email, m.role, d.code, m.ends_on, m.version, m.disabled_at AT TIME ZONE 'UTC')
		FROM membership m JOIN account a ON a.id = m.account_id LEFT JOIN department d ON d.id = m.department_id
		WHERE m.city_id = $1 ORDER BY a.email`, w.id)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	w.invite(t, "guest@ha-long.example", tracker.Post{Role: tracker.Expert, EndsOn: dueOn})
	hue.invite(t, "guest@hue.example", tracker.Post{Role: tracker.Leader})
	db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, w.other.AccountID)
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, w.leader)))
	people, err := w.store.People(t.Context(), w.coordinator, w.slug)
	must(t, err)
	var got []string
	for _, p := range people.All {
		got = append(got, p.Name+" "+p.Email+" "+string(p.Role)+" "+p.Department.Name.EN+" "+p.EndsOn.String()+" "+string(p.State(people.Today)))
	}
	want := []string{
		"coordinator of ha-long coordinator@ha-long.example coordinator   active",
		"end of ha-long end@ha-long.example coordinator  2025-03-09 ended",
		"leader of ha-long leader@ha-long.example leader   disabled",
		"other of ha-long other@ha-long.example staff Department EDU  locked",
		"reviewer of ha-long reviewer@ha-long.example reviewer   active",
		"second of ha-long second@ha-long.example reviewer   active",
		"staff of ha-long staff@ha-long.example staff Department CUL  active",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the people are %q", got)
	}
	if len(people.Invitations) != 1 || people.Invitations[0].Email != "guest@ha-long.example" ||
		people.Invitations[0].InvitedBy != "coordinator of ha-long" || people.Invitations[0].Post != (tracker.Post{Role: tracker.Expert, EndsOn: dueOn}) ||
		!people.Invitations[0].ExpiresAt.Equal(pgtest.Now.Add(tracker.InvitationLifetime)) {
		t.Errorf("invited are %+v", people.Invitations)
	}
	if len(people.Departments) != 2 || people.Departments[0].Code != "CUL" {
		t.Errorf("departments are %+v", people.Departments)
	}
	for _, tt := range []struct {
		name  string
		actor tracker.Actor
		want  error
	}{
		{"who manages cities", tracker.Operator(), nil},
		{"staff", w.staff, tracker.ErrForbidden},
		{"another city's coordinator", hue.coordinator, tracker.ErrNotFound},
		{"a coordinator no longer", w.end, tracker.ErrEnded},
	} {
		if _, err := w.store.People(t.Context(), tt.actor, w.slug); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestChangePerson(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	ref, audit := w.person(t, w.staff), w.audit(t)
	must(t, w.store.ChangePerson(t.Context(), w.coordinator, ref, tracker.Post{Role: tracker.Expert, EndsOn: dueOn}))
	if got := w.memberships(t); !slices.Contains(got, "staff@ha-long.example expert 2025-06-30 2") {
		t.Errorf("memberships are %q", got)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{`change_person account staff@ha-long.example coordinator ` +
		`{"role": "staff", "ends_on": "", "department": "CUL"} > {"role": "expert", "ends_on": "2025-06-30", "department": ""} at 2025-03-10 05:00:00  `}) {
		t.Errorf("audit %q", got)
	}
	staff := tracker.Post{Role: tracker.Staff, Department: "EDU"}
	for _, tt := range []struct {
		name string
		by   tracker.Actor
		ref  postgres.PersonRef
		to   tracker.Post
		want error
	}{
		{"a version that is over", w.coordinator, ref, staff, tracker.ErrConflict},
		{"the same again", w.coordinator, w.person(t, w.staff), tracker.Post{Role: tracker.Expert, EndsOn: dueOn}, tracker.Invalid("", "people.error.same")},
		{"an unknown department", w.coordinator, w.person(t, w.staff), tracker.Post{Role: tracker.Staff, Department: "XYZ"}, tracker.Invalid("department", "department.error.unknown")},
		{"a role of no city", w.coordinator, w.person(t, w.staff), tracker.Post{Role: tracker.Admin}, tracker.Invalid("role", "people.error.role")},
		{"the last coordinator", w.coordinator, w.person(t, w.coordinator), tracker.Post{Role: tracker.Leader}, tracker.Invalid("role", "people.error.last_coordinator")},
		{"nobody", w.coordinator, postgres.PersonRef{City: w.slug, ID: 999, Version: 1}, staff, tracker.ErrNotFound},
		{"another city's person", w.coordinator, postgres.PersonRef{City: w.slug, ID: hue.person(t, hue.staff).ID, Version: 1}, staff, tracker.ErrNotFound},
		{"by staff", w.staff, w.person(t, w.staff), staff, tracker.ErrForbidden},
		{"by who manages cities", tracker.Operator(), w.person(t, w.staff), staff, tracker.ErrForbidden},
		{"by another city's coordinator", hue.coordinator, w.person(t, w.staff), staff, tracker.ErrNotFound},
	} {
		before := fingerprint(t, db)
		if err := w.store.ChangePerson(t.Context(), tt.by, tt.ref, tt.to); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if fingerprint(t, db) != before {
			t.Errorf("%s: something was written", tt.name)
		}
	}
	must(t, w.store.ChangePerson(t.Context(), w.coordinator, w.person(t, w.staff), staff))
	if got := w.memberships(t); !slices.Contains(got, "staff@ha-long.example staff EDU 3") {
		t.Errorf("memberships are %q", got)
	}
}

// TestDisablePerson: out of this city at once, out of no other, and back again
// with the same session.
func TestDisablePerson(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id) VALUES ($1, 'leader', $2)`, w.staff.AccountID, hue.id)
	audit := w.audit(t)
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, w.staff)))
	got, err := w.again(t, "staff")
	if err != nil || len(got.Memberships) != 1 || got.Memberships[0].CityID != hue.id {
		t.Errorf("a disabled person is %+v, %v", got, err)
	}
	if got := w.memberships(t); !slices.Contains(got, "staff@ha-long.example staff CUL 2 2025-03-10 05:00:00") {
		t.Errorf("memberships are %q", got)
	}
	if err := w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, w.staff)); !same(err, tracker.Invalid("", "people.error.disabled_already")) {
		t.Errorf("disabled twice: %v", err)
	}
	if err := w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, w.coordinator)); !same(err, tracker.Invalid("", "people.error.last_coordinator")) {
		t.Errorf("the last coordinator: %v", err)
	}
	must(t, w.store.EnablePerson(t.Context(), w.coordinator, w.person(t, w.staff)))
	if got, err = w.again(t, "staff"); err != nil || len(got.Memberships) != 2 {
		t.Errorf("back again is %+v, %v", got, err)
	}
	if err := w.store.EnablePerson(t.Context(), w.coordinator, w.person(t, w.staff)); !same(err, tracker.Invalid("", "people.error.enabled_already")) {
		t.Errorf("enabled twice: %v", err)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{
		"disable_person account staff@ha-long.example coordinator  >  at 2025-03-10 05:00:00  ",
		"enable_person account staff@ha-long.example coordinator  >  at 2025-03-10 05:00:00  "}) {
		t.Errorf("audit %q", got)
	}
}

// TestCoordinatorsLeaveAtOnce: one of them stays.
func TestCoordinatorsLeaveAtOnce(t *testing.T) {
	t.Parallel()
	const many = 6
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	all := []tracker.Actor{w.coordinator}
	for i := range many - 1 {
		all = append(all, w.join(t, w.coordinator, fmt.Sprint("coordinator-", i), postgres.NewMember{Role: tracker.Coordinator}))
	}
	var refs []postgres.PersonRef
	for _, one := range all {
		refs = append(refs, w.person(t, one))
	}
	errs := atOnce(t, db, many, func(i int, s *postgres.Store) error {
		return s.ChangePerson(t.Context(), all[i], refs[i], tracker.Post{Role: tracker.Leader})
	})
	if count(errs, nil) != many-1 || count(errs, tracker.Invalid("role", "people.error.last_coordinator")) != 1 {
		t.Errorf("answers are %v", errs)
	}
}

// TestTwoChangeOnePersonAtOnce: the second hears of the first.
func TestTwoChangeOnePersonAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	ref := w.person(t, w.staff)
	roles := []tracker.Role{tracker.Leader, tracker.Reviewer, tracker.Coordinator}
	errs := atOnce(t, db, len(roles), func(i int, s *postgres.Store) error {
		return s.ChangePerson(t.Context(), w.coordinator, ref, tracker.Post{Role: roles[i]})
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrConflict) != 2 {
		t.Errorf("answers are %v", errs)
	}
}

// TestLinksOfACoordinatorWhoGoes: whoever holds one does not come in any more,
// and each is on record; those of others stay.
func TestLinksOfACoordinatorWhoGoes(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*town, postgres.PersonRef) error{
		"disabled": func(w *town, ref postgres.PersonRef) error {
			return w.store.DisablePerson(t.Context(), w.coordinator, ref)
		},
		"demoted": func(w *town, ref postgres.PersonRef) error {
			return w.store.ChangePerson(t.Context(), w.coordinator, ref, tracker.Post{Role: tracker.Leader})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
			gone := w.join(t, w.coordinator, "gone", postgres.NewMember{Role: tracker.Coordinator})
			stays := w.coordinator
			w.invite(t, "kept@halong.vn", tracker.Post{Role: tracker.Leader})
			_, err := w.store.MakePasswordLink(t.Context(), stays, w.person(t, w.leader), hashOf("kept"))
			must(t, err)
			w.coordinator = gone
			w.invite(t, "friend@halong.vn", tracker.Post{Role: tracker.Coordinator})
			w.invite(t, "another@halong.vn", tracker.Post{Role: tracker.Leader})
			_, err = w.store.MakePasswordLink(t.Context(), gone, w.person(t, w.staff), hashOf("taken"))
			must(t, err)
			w.coordinator = stays
			audit := w.audit(t)
			must(t, end(w, w.person(t, gone)))
			for _, token := range []string{"friend@halong.vn", "another@halong.vn"} {
				if _, _, err := w.store.AcceptInvitationAsNew(t.Context(), tracker.Actor{}, hashOf(token), "Friend", "hash"); !same(err, tracker.ErrLinkOver) {
					t.Errorf("%s accepts: %v", token, err)
				}
			}
			if _, err := w.store.ResetPassword(t.Context(), tracker.Actor{}, hashOf("taken"), "new"); !same(err, tracker.ErrLinkOver) {
				t.Errorf("a password is reset: %v", err)
			}
			_, _, err = w.store.Invitation(t.Context(), hashOf("kept@halong.vn"))
			must(t, err)
			_, _, err = w.store.PasswordLinkOwner(t.Context(), hashOf("kept"))
			must(t, err)
			const rest = ` coordinator  > {"made_by": "gone@ha-long.example"} at 2025-03-10 05:00:00  `
			want := []string{"withdraw_invitation account another@halong.vn" + rest, "withdraw_invitation account friend@halong.vn" + rest,
				"withdraw_password_link account staff@ha-long.example" + rest}
			if got := w.audit(t)[len(audit)+1:]; !slices.Equal(got, want) {
				t.Errorf("audit %q, want %q", got, want)
			}
		})
	}
}

// TestActorLostTheRoleMeanwhile: what the session knew a moment ago does not count.
func TestActorLostTheRoleMeanwhile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	gone := w.join(t, w.coordinator, "gone", postgres.NewMember{Role: tracker.Coordinator})
	disabled := w.join(t, w.coordinator, "disabled", postgres.NewMember{Role: tracker.Coordinator})
	locked := w.join(t, w.coordinator, "locked", postgres.NewMember{Role: tracker.Coordinator})
	admin := w.join(t, w.coordinator, "admin", postgres.NewMember{Role: tracker.Leader})
	db.Exec(t, `INSERT INTO membership (account_id, role) VALUES ($1, 'admin')`, admin.AccountID)
	admin.Memberships = append(admin.Memberships, tracker.Membership{Role: tracker.Admin})
	waiting := w.invite(t, "an@halong.vn", tracker.Post{Role: tracker.Leader})
	must(t, w.store.ChangePerson(t.Context(), w.coordinator, w.person(t, gone), tracker.Post{Role: tracker.Leader}))
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, disabled)))
	db.Exec(t, `UPDATE account SET disabled_at = now() WHERE id = $1`, locked.AccountID)
	acts := map[string]func(tracker.Actor) error{
		"change": func(by tracker.Actor) error {
			return w.store.ChangePerson(t.Context(), by, w.person(t, w.staff), tracker.Post{Role: tracker.Leader})
		},
		"disable": func(by tracker.Actor) error { return w.store.DisablePerson(t.Context(), by, w.person(t, w.staff)) },
		"link": func(by tracker.Actor) error {
			_, err := w.store.MakePasswordLink(t.Context(), by, w.person(t, w.staff), hashOf("link"))
			return err
		},
		"invite": func(by tracker.Actor) error {
			_, err := w.store.Invite(t.Context(), by, w.slug, tracker.Invitation{Email: "b@halong.vn", Post: tracker.Post{Role: tracker.Coordinator}, Language: "vi"}, hashOf("b"))
			return err
		},
		"renew": func(by tracker.Actor) error {
			_, err := w.store.RenewInvitation(t.Context(), by, w.slug, waiting.ID, hashOf("c"))
			return err
		},
		"withdraw": func(by tracker.Actor) error { return w.store.WithdrawInvitation(t.Context(), by, w.slug, waiting.ID) },
	}
	before := fingerprint(t, db)
	for name, act := range acts {
		for who, tt := range map[string]struct {
			by   tracker.Actor
			want error
		}{"demoted": {gone, tracker.ErrForbidden}, "disabled": {disabled, tracker.ErrNotFound}, "locked": {locked, tracker.ErrNotFound}} {
			if err := act(tt.by); !same(err, tt.want) {
				t.Errorf("%s by somebody %s: %v, want %v", name, who, err, tt.want)
			}
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	must(t, acts["invite"](admin))
	db.Exec(t, `DELETE FROM membership WHERE account_id = $1 AND role = 'admin'`, admin.AccountID)
	if _, err := w.store.Invite(t.Context(), admin, w.slug, tracker.Invitation{Email: "d@halong.vn", Post: tracker.Post{Role: tracker.Coordinator}, Language: "vi"}, hashOf("d")); !same(err, tracker.ErrForbidden) {
		t.Errorf("who was admin invites: %v", err)
	}
}

// TestDemotedWhileWaiting: two coordinators demote each other at once; the
// second has no right to any more.
func TestDemotedWhileWaiting(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	both := []tracker.Actor{w.coordinator, w.join(t, w.coordinator, "rival", postgres.NewMember{Role: tracker.Coordinator})}
	w.join(t, w.coordinator, "third", postgres.NewMember{Role: tracker.Coordinator}) // so that none is the last
	refs := []postgres.PersonRef{w.person(t, both[1]), w.person(t, both[0])}
	errs := atOnce(t, db, 2, func(i int, s *postgres.Store) error {
		return s.ChangePerson(t.Context(), both[i], refs[i], tracker.Post{Role: tracker.Leader})
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrForbidden) != 1 {
		t.Errorf("answers are %v", errs)
	}
}
