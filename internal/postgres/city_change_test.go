package postgres_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// now names the town at the version that it has now.
func (w *town) now(t testing.TB) postgres.CityRef {
	t.Helper()
	c, err := w.store.City(t.Context(), tracker.Operator(), w.slug)
	must(t, err)
	return postgres.CityRef{Slug: w.slug, Version: c.Version}
}

func TestRenameCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	ctx, admin, bay := t.Context(), tracker.Operator(), tracker.Text{VI: "Phường Hạ Long", EN: "Ha Long Ward"}
	must(t, w.store.RenameCity(ctx, admin, w.now(t), bay, "ha-long-ward"))
	must(t, w.store.RenameCity(ctx, admin, postgres.CityRef{Slug: "ha-long-ward", Version: 2}, bay, "bay"))
	o, err := w.store.Overview(ctx, w.leader, "bay", 0, 0)
	must(t, err)
	if o.City.Name != bay || o.City.NameOn(today-1).EN != "City of ha-long" || o.City.NameOn(today) != bay {
		t.Errorf("the city is %+v", o.City)
	}
	for _, old := range []string{"ha-long", "ha-long-ward"} {
		for name, actor := range map[string]tracker.Actor{"leader": w.leader, "admin": admin, "whose role has ended": w.end} {
			if now, err := w.store.FormerCity(ctx, actor, old); err != nil || now != "bay" {
				t.Errorf("%s leads the %s to %q, %v", old, name, now, err)
			}
		}
		if _, err := w.store.FormerCity(ctx, hue.coordinator, old); !errors.Is(err, tracker.ErrNotFound) {
			t.Errorf("%s tells a stranger %v", old, err)
		}
	}
	// An address that was a city's is nobody else's, and its own again at any time.
	if err := hue.store.RenameCity(ctx, admin, hue.now(t), bay, "ha-long"); !same(err, tracker.Invalid("slug", "city_slug_once")) {
		t.Errorf("another city takes the address: %v", err)
	}
	_, err = w.store.CreateCity(ctx, admin, tracker.City{Slug: "ha-long", Name: bay, Province: bay, TimeZone: "Asia/Ho_Chi_Minh", Language: "vi"})
	if !same(err, tracker.Invalid("slug", "city_slug_once")) {
		t.Errorf("a new city takes the address: %v", err)
	}
	must(t, w.store.RenameCity(ctx, admin, postgres.CityRef{Slug: "bay", Version: 3}, bay, "ha-long"))
	if _, err := w.store.FormerCity(ctx, w.leader, "ha-long"); !errors.Is(err, tracker.ErrNotFound) {
		t.Errorf("the address of now leads on: %v", err)
	}
	if n := db.Count(t, `SELECT count(*) FROM audit WHERE act = 'rename_city' AND city_id = $1`, w.id); n != 3 {
		t.Errorf("%d in the record", n)
	}
}

func TestCityActsRefuse(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	ctx, admin, other := t.Context(), tracker.Operator(), tracker.Text{VI: "Khác", EN: "Other"}
	acts := func(actor tracker.Actor, ref postgres.CityRef) map[string]error {
		return map[string]error{
			"rename": w.store.RenameCity(ctx, actor, ref, other, "other"), "move": w.store.MoveCity(ctx, actor, ref, 1),
			"archive": w.store.ArchiveCity(ctx, actor, ref), "restore": w.store.RestoreCity(ctx, actor, ref),
			"hand over": w.store.HandOverCities(ctx, actor, postgres.HandoverAsk{CityRef: ref, To: []string{"hue"}}),
		}
	}
	before := fingerprint(t, db)
	for _, tt := range []struct {
		actor tracker.Actor
		ref   postgres.CityRef
		want  error
	}{
		{w.coordinator, w.now(t), tracker.ErrForbidden}, {hue.coordinator, w.now(t), tracker.ErrNotFound}, {tracker.Actor{}, w.now(t), tracker.ErrNotFound},
		{admin, postgres.CityRef{Slug: w.slug, Version: 7}, tracker.ErrConflict}, {admin, postgres.CityRef{Slug: "none", Version: 1}, tracker.ErrNotFound},
	} {
		for act, err := range acts(tt.actor, tt.ref) {
			if !errors.Is(err, tt.want) {
				t.Errorf("%s by %s: %v, want %v", act, tt.actor.Name, err, tt.want)
			}
		}
	}
	for name, tt := range map[string]struct{ got, want error }{
		"no name":        {w.store.RenameCity(ctx, admin, w.now(t), tracker.Text{EN: "x"}, "x"), tracker.Invalid("name_vi", "city.error.name_vi")},
		"no address":     {w.store.RenameCity(ctx, admin, w.now(t), other, "Hạ Long"), tracker.Invalid("slug", "city_slug_fits_an_address")},
		"reserved":       {w.store.RenameCity(ctx, admin, w.now(t), other, "new"), tracker.Invalid("slug", "city.error.slug_reserved")},
		"unknown region": {w.store.MoveCity(ctx, admin, w.now(t), 99), tracker.Invalid("region", "region.error.unknown")},
		"same region":    {w.store.MoveCity(ctx, admin, w.now(t), 1), tracker.Invalid("region", "city.error.same_region")},
		"not archived":   {w.store.RestoreCity(ctx, admin, w.now(t)), tracker.Invalid("", "city.error.not_archived")},
	} {
		if !same(tt.got, tt.want) {
			t.Errorf("%s: %v", name, tt.got)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestArchivedCity: everybody reads as before, nobody writes, nothing is lost,
// and afterwards all is as it was.
func TestArchivedCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx, admin := t.Context(), tracker.Operator()
	waiting := w.invite(t, "guest@ha-long.example", tracker.Post{Role: tracker.Leader})
	linked := restricted(decree("a"))
	linked.Links = to([]int{1}, measured)
	evidence := w.add(t, linked)
	w.advise(t)
	must(t, w.store.ArchiveCity(ctx, admin, w.now(t)))
	before := fingerprint(t, db)
	writes := w.writes(t)
	maps.Copy(writes, w.evidenceWrites(t, evidence))
	maps.Copy(writes, w.adviceWrites(t))
	for name, write := range writes {
		if err := write(ctx); !errors.Is(err, tracker.ErrArchived) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.store.ArchiveCity(ctx, admin, w.now(t)); !same(err, tracker.Invalid("", "city.error.archived")) {
		t.Errorf("archived twice: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	o, err := w.store.Overview(ctx, w.leader, w.slug, 0, 0)
	if err != nil || o.City.ArchivedOn != today {
		t.Errorf("read: %v", err)
	}
	_, err = w.store.People(ctx, w.coordinator, w.slug)
	must(t, err)
	_, err = w.store.CityAudit(ctx, w.coordinator, w.slug, postgres.AuditAsk{Most: 10, Zone: time.UTC})
	must(t, err)
	cities, err := w.store.Cities(ctx, w.leader)
	if err != nil || len(cities) != 1 || !cities[0].Archived() {
		t.Errorf("cities %+v, %v", cities, err)
	}
	if got := w.library(t, w.reviewer, tracker.LibraryFilter{}); !slices.Equal(got, []int64{evidence}) {
		t.Errorf("the library holds %v", got)
	}
	_, err = w.store.Evidence(ctx, w.reviewer, w.slug, evidence)
	must(t, err)
	if slugs, err := w.store.CitySlugs(ctx); err != nil || len(slugs) != 0 {
		t.Errorf("jobs look after %q, %v", slugs, err)
	}
	must(t, w.store.RestoreCity(ctx, admin, w.now(t)))
	_, _, err = w.store.Invitation(ctx, hashOf(waiting.Email))
	must(t, err)
	must(t, w.store.ChangeClaim(ctx, w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
}

// writes are acts of all kinds in the town, each by somebody who otherwise may.
func (w *town) writes(t *testing.T) map[string]func(context.Context) error {
	ref, who, admin := w.ref(t, measured), w.person(t, w.staff), tracker.Operator()
	return map[string]func(context.Context) error{
		"claim": func(ctx context.Context) error {
			return w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimInProgress, "", 0, false)
		},
		"narrative": func(ctx context.Context) error {
			return w.store.EditNarrative(ctx, w.staff, ref, tracker.Narrative{Narrative: "x"})
		},
		"accept": func(ctx context.Context) error { return w.store.Accept(ctx, w.reviewer, ref, "") },
		"department": func(ctx context.Context) error {
			return w.store.CreateDepartment(ctx, w.coordinator, w.slug, tracker.Department{Code: "NEW", Name: tracker.Text{VI: "x", EN: "x"}})
		},
		"person": func(ctx context.Context) error { return w.store.DisablePerson(ctx, w.coordinator, who) },
		"password": func(ctx context.Context) error {
			_, err := w.store.MakePasswordLink(ctx, w.coordinator, who, hashOf("p"))
			return err
		},
		"assessment": func(ctx context.Context) error {
			_, err := w.store.OpenAssessment(ctx, w.coordinator, w.slug, "learning-city-57", tracker.Assessment{}, tracker.CarryOver{})
			return err
		},
		"invite": func(ctx context.Context) error {
			_, err := w.store.Invite(ctx, admin, w.slug, tracker.Invitation{Email: "n@n", Post: tracker.Post{Role: tracker.Coordinator}, Language: "vi"}, hashOf("n"))
			return err
		},
		"add": func(ctx context.Context) error {
			_, err := w.store.AddMember(ctx, admin, w.slug, postgres.NewMember{Email: "m@m", Name: "m", Role: tracker.Coordinator})
			return err
		},
		"second step": func(ctx context.Context) error { return w.store.ResetSecondStep(ctx, w.coordinator, who) },
		"require a second step": func(ctx context.Context) error {
			return w.store.RequireSecondStep(ctx, w.coordinator, w.slug, true)
		},
		"look": func(ctx context.Context) error {
			_, _, err := w.store.Invitation(ctx, hashOf("guest@ha-long.example"))
			return err
		},
		"accept an invitation": func(ctx context.Context) error {
			_, _, err := w.store.AcceptInvitationAsNew(ctx, tracker.Actor{}, hashOf("guest@ha-long.example"), "G", "x")
			return err
		},
	}
}

// adviceWrites are acts on what advise has made.
func (w *town) adviceWrites(t *testing.T) map[string]func(context.Context) error {
	giver := w.coordinator
	giver.AccountID = int64(w.db.Count(t, `SELECT min(given_by) FROM recommendation`))
	giver.Memberships = []tracker.Membership{{Role: tracker.Expert, CityID: w.id, CitySlug: w.slug, EndsOn: today + 30}}
	recommendation, task := w.recommendationRef(t, 2), w.taskRef(t, 1)
	work := tracker.TaskWork{Title: "y", Department: "CUL", DueOn: dueOn}
	return map[string]func(context.Context) error{
		"recommend": func(ctx context.Context) error {
			_, err := w.store.GiveRecommendation(ctx, giver, w.slug, 0, tracker.Recommendation{GivenOn: today, Text: "x"})
			return err
		},
		"close a recommendation": func(ctx context.Context) error {
			return w.store.MoveRecommendation(ctx, giver, recommendation, tracker.CloseRecommendation, "", nil)
		},
		"give a task": func(ctx context.Context) error {
			_, err := w.store.GiveTask(ctx, w.coordinator, w.slug, 0, postgres.NewTask{Work: work, Source: tracker.FromHand})
			return err
		},
		"change a task": func(ctx context.Context) error { return w.store.ChangeTask(ctx, w.coordinator, task, work) },
		"reopen a task": func(ctx context.Context) error {
			return w.store.MoveTask(ctx, w.coordinator, task, tracker.ReopenTask, "x", nil)
		},
	}
}

// evidenceWrites are all acts on the evidence, which supports the entry already.
func (w *town) evidenceWrites(t *testing.T, id int64) map[string]func(context.Context) error {
	ref := w.evidenceRef(t, id)
	return map[string]func(context.Context) error{
		"add evidence": func(ctx context.Context) error {
			_, err := w.store.AddEvidence(ctx, w.staff, w.slug, decree("b"))
			return err
		},
		"passport": func(ctx context.Context) error {
			return w.store.ChangePassport(ctx, w.staff, ref, decree("b").Passport)
		},
		"new version": func(ctx context.Context) error { return w.store.NewVersion(ctx, w.staff, ref, fileOf("b"), 0) },
		"withdraw evidence": func(ctx context.Context) error {
			return w.store.WithdrawEvidence(ctx, w.staff, ref, "x")
		},
		"link": func(ctx context.Context) error {
			return w.store.Link(ctx, w.staff, w.slug, id, to([]int{1}, described))
		},
		"unlink": func(ctx context.Context) error { return w.store.Unlink(ctx, w.staff, w.ref(t, measured), id) },
	}
}

// TestSplitCity: the people who were chosen go where they were sent, with their
// departments; the rest stays readable; all of it is on record.
func TestSplitCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, east, west := found(t, db, "ha-long"), emptyTown(t, db, "east"), emptyTown(t, db, "west")
	ctx, admin := t.Context(), tracker.Operator()
	db.Exec(t, `DELETE FROM membership WHERE city_id = $1`, east.id)
	db.Exec(t, `DELETE FROM department WHERE city_id = $1`, east.id)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id) VALUES ($1, 'leader', $2)`, w.coordinator.AccountID, west.id)
	entries := db.Lines(t, `SELECT e::text FROM entry e ORDER BY id`)
	ask := postgres.HandoverAsk{CityRef: w.now(t), To: []string{"east", "west"}, People: map[int64]string{
		w.person(t, w.staff).ID: "east", w.person(t, w.reviewer).ID: "west", w.person(t, w.coordinator).ID: "west", w.person(t, w.end).ID: "west"}}
	must(t, w.store.HandOverCities(ctx, admin, ask))
	if got := east.memberships(t); !slices.Equal(got, []string{"staff@ha-long.example staff CUL 1"}) {
		t.Errorf("in the east: %q", got)
	}
	got := db.Lines(t, `SELECT a.email || ' ' || m.role FROM membership m JOIN account a ON a.id = m.account_id
		WHERE m.city_id = $1 AND a.email LIKE '%ha-long%' ORDER BY 1`, west.id)
	if !slices.Equal(got, []string{"coordinator@ha-long.example leader", "reviewer@ha-long.example reviewer"}) {
		t.Errorf("in the west: %q", got)
	}
	if after := db.Lines(t, `SELECT e::text FROM entry e ORDER BY id`); !slices.Equal(after, entries) {
		t.Error("entries have changed")
	}
	o, err := w.store.Overview(ctx, w.leader, w.slug, 0, 0)
	must(t, err)
	if p := o.City.Past; !o.City.Archived() || len(p.Successors) != 2 || p.Successors[0] != (tracker.CityMark{Slug: "east", Name: tracker.Text{VI: "Thành phố east", EN: "City of east"}, On: today}) {
		t.Errorf("the old city: %+v", o.City)
	}
	after, err := w.store.City(ctx, admin, "east")
	if err != nil || len(after.Past.Predecessors) != 1 || after.Past.Predecessors[0].Slug != "ha-long" {
		t.Errorf("the successor: %+v, %v", after.Past, err)
	}
	record := db.Lines(t, `SELECT concat_ws(' ', c.slug, u.after->>'cities', u.after->>'successors', u.after->>'carried')
		FROM audit u JOIN city c ON c.id = u.city_id WHERE act = 'split_city' ORDER BY u.id`)
	if !slices.Equal(record, []string{"ha-long ha-long east, west", "east ha-long east, west staff@ha-long.example", "west ha-long east, west reviewer@ha-long.example"}) {
		t.Errorf("the record: %q", record)
	}
	page, err := w.store.InstallationAudit(ctx, admin, postgres.AuditAsk{Filter: tracker.AuditFilter{Act: "split_city"}, Most: 10, Zone: time.UTC})
	if err != nil || len(page.Rows) != 3 {
		t.Errorf("the installation's record: %d, %v", len(page.Rows), err)
	}
	// Who came along forgets a password: the successor's coordinator can help.
	one := east.db.Count(t, `SELECT m.id FROM membership m WHERE m.city_id = $1`, east.id)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id) VALUES ($1, 'coordinator', $2)`, w.leader.AccountID, east.id)
	helper := tracker.Actor{AccountID: w.leader.AccountID, Memberships: []tracker.Membership{{Role: tracker.Coordinator, CityID: east.id, CitySlug: "east"}}}
	link := func(token string) error {
		_, err := w.store.MakePasswordLink(ctx, helper, postgres.PersonRef{City: "east", ID: int64(one), Version: 1}, hashOf(token))
		return err
	}
	reset := func(token string) error {
		_, err := w.store.ResetPassword(ctx, tracker.Actor{}, hashOf(token), "new")
		return err
	}
	must(t, link("east"))
	must(t, reset("east"))
	must(t, link("before the city is back"))
	must(t, w.store.RestoreCity(ctx, admin, w.now(t)))
	if err := reset("before the city is back"); !errors.Is(err, tracker.ErrLinkOver) {
		t.Errorf("a link of before, when they have a role elsewhere again: %v", err)
	}
	if err := link("after"); !same(err, tracker.Invalid("", "people.error.role_elsewhere")) {
		t.Errorf("a link of after: %v", err)
	}
	back, err := w.store.City(ctx, admin, w.slug)
	if err != nil || back.Archived() || back.Past.Successors != nil {
		t.Errorf("brought back: %+v, %v", back, err)
	}
}

func TestMergeCities(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue, ward, gone := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue"), emptyTown(t, db, "ward"), emptyTown(t, db, "gone")
	ctx, admin := t.Context(), tracker.Operator()
	must(t, w.store.ArchiveCity(ctx, admin, gone.now(t)))
	db.Exec(t, `UPDATE department SET retired_on = '2025-01-01' WHERE city_id = $1 AND code = 'EDU'`, ward.id)
	before := fingerprint(t, db)
	for name, tt := range map[string]struct {
		with, to []string
		people   map[int64]string
		want     error
	}{
		"nobody":            {nil, nil, nil, tracker.Invalid("to", "handover.error.no_successor")},
		"itself":            {nil, []string{"ha-long"}, nil, tracker.Invalid("to", "handover.error.itself")},
		"many to many":      {[]string{"hue"}, []string{"ward", "gone"}, nil, tracker.Invalid("to", "city.error.archived")},
		"an archived one":   {[]string{"gone"}, []string{"ward"}, nil, tracker.Invalid("with", "city.error.archived")},
		"elsewhere":         {nil, []string{"ward"}, map[int64]string{1: "hue"}, tracker.Invalid("people", "handover.error.people")},
		"an unknown one":    {nil, []string{"none"}, nil, tracker.ErrConflict},
		"a department gone": {nil, []string{"ward"}, map[int64]string{w.person(t, w.other).ID: "ward"}, tracker.Invalid("people", "handover.error.department")},
	} {
		err := w.store.HandOverCities(ctx, admin, postgres.HandoverAsk{CityRef: w.now(t), With: tt.with, To: tt.to, People: tt.people})
		if !same(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	must(t, w.store.HandOverCities(ctx, admin, postgres.HandoverAsk{CityRef: w.now(t), With: []string{"hue"}, To: []string{"ward"},
		People: map[int64]string{w.person(t, w.staff).ID: "ward", hue.person(t, hue.staff).ID: "ward"}}))
	record := db.Lines(t, `SELECT c.slug FROM audit u JOIN city c ON c.id = u.city_id WHERE act = 'merge_cities' ORDER BY u.id`)
	if !slices.Equal(record, []string{"ha-long", "hue", "ward"}) {
		t.Errorf("the record: %q", record)
	}
	if n := db.Count(t, `SELECT count(*) FROM membership m JOIN department d ON d.id = m.department_id WHERE m.city_id = $1 AND d.code = 'CUL'`, ward.id); n != 3 {
		t.Errorf("%d people in the department", n)
	}
	after, err := w.store.City(ctx, admin, "ward")
	if err != nil || len(after.Past.Predecessors) != 2 {
		t.Errorf("the successor: %+v, %v", after.Past, err)
	}
}

// TestHandoverTellsWhoGoesAlong, and asks of them what their city asked before.
func TestHandoverTellsWhoGoesAlong(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, east, west := emptyTown(t, db, "ha-long"), emptyTown(t, db, "east"), emptyTown(t, db, "west")
	ctx, admin := t.Context(), tracker.Operator()
	db.Exec(t, `UPDATE city SET second_step_required = true WHERE id IN ($1, $2)`, w.id, west.id)
	must(t, w.store.HandOverCities(ctx, admin, postgres.HandoverAsk{CityRef: w.now(t), To: []string{"east", "west"},
		People: map[int64]string{w.person(t, w.reviewer).ID: "east"}}))
	told := db.Lines(t, `SELECT concat_ws(' ', a.email, i.kind, c.slug) FROM inbox_item i
		JOIN account a ON a.id = i.account_id JOIN city c ON c.id = i.city_id`)
	if !slices.Equal(told, []string{"reviewer@ha-long.example role_carried east"}) {
		t.Errorf("told: %q", told)
	}
	if n := db.Count(t, `SELECT count(*) FROM city WHERE second_step_required`); n != 3 {
		t.Errorf("%d cities require a second step", n)
	}
	record := db.Lines(t, `SELECT city_id::text FROM audit WHERE act = 'split_city' AND after @> '{"second_step_required": true}'`)
	if !slices.Equal(record, []string{strconv.FormatInt(east.id, 10)}) {
		t.Errorf("it is on record for %q", record)
	}
	if _, err := w.store.Overview(ctx, w.reviewer, "ha-long", 0, 0); !errors.Is(err, tracker.ErrSecondStepMissing) {
		t.Errorf("the old city asks for the second step: %v", err)
	}
}

// TestActsOnCitiesAskAgain: who is no admin any more when their turn comes has
// done nothing.
func TestActsOnCitiesAskAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	emptyTown(t, db, "east")
	ctx, ref := t.Context(), w.now(t)
	late := tracker.Actor{AccountID: w.leader.AccountID, Memberships: []tracker.Membership{{Role: tracker.Admin}}}
	before := fingerprint(t, db)
	for act, err := range map[string]error{
		"archive":   w.store.ArchiveCity(ctx, late, ref),
		"hand over": w.store.HandOverCities(ctx, late, postgres.HandoverAsk{CityRef: ref, To: []string{"east"}}),
		"disable":   w.store.DisableAccount(ctx, late, w.staff.AccountID),
		"region":    w.store.ChangeRegion(ctx, late, tracker.Region{ID: 1, Version: 1, Name: tracker.Text{VI: "x", EN: "x"}}),
		"oversee":   w.store.WithdrawOverseerInvitation(ctx, late, 1, 1),
	} {
		if !errors.Is(err, tracker.ErrForbidden) {
			t.Errorf("%s: %v", act, err)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}
