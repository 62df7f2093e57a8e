package postgres_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func ask(f tracker.AuditFilter) postgres.AuditAsk {
	return postgres.AuditAsk{Filter: f, Most: 50, Zone: pgtest.Zone}
}

// told writes rows down as short lines.
func told(rows []tracker.AuditRow) []string {
	lines := []string{}
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%s: %s %s", r.Person, r.Act, r.Subject))
	}
	return lines
}

// TestCityAudit compares every column of what a coordinator reads, the newest
// first.
func TestCityAudit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	actor := w.staff
	actor.RequestID, actor.Address = "R1", "192.0.2.7"
	must(t, w.store.ChangeClaim(t.Context(), actor, w.ref(t, described), tracker.ClaimAchieved, "", 0, true))
	page, err := w.store.CityAudit(t.Context(), w.coordinator, w.slug, postgres.AuditAsk{Most: 2, People: true})
	must(t, err)
	row := tracker.AuditRow{
		ID: int64(db.Count(t, `SELECT max(id) FROM audit`)), At: pgtest.Now, AccountID: actor.AccountID, Person: "staff of ha-long", Email: "staff@ha-long.example",
		City: tracker.City{ID: w.id, Slug: w.slug, Name: tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"}},
		Act:  "submit", Subject: "entry 1/4.5.2",
		Before: []byte(`{"claim": "achieved", "verdict": "none"}`), After: []byte(`{"claim": "achieved", "verdict": "awaiting", "effective_on": "2025-03-10"}`),
		RequestID: "R1", Address: "192.0.2.7",
	}
	got := page.Rows[0]
	if !got.At.Equal(row.At) {
		t.Errorf("at %s", got.At)
	}
	got.At = row.At
	if !reflect.DeepEqual(got, row) {
		t.Errorf("the newest row is\n%+v, want\n%+v", got, row)
	}
	if lines := told(page.Rows[1:]); !page.More || !slices.Equal(lines, []string{"staff of ha-long: change_claim entry 1/4.5.2"}) {
		t.Errorf("then %q, more %t", lines, page.More)
	}
	var names []string
	for _, p := range page.People {
		names = append(names, p.Name+" "+p.Email)
	}
	want := []string{"coordinator of ha-long coordinator@ha-long.example",
		"end of ha-long end@ha-long.example",
		"giver of ha-long giver@ha-long.example",
		"leader of ha-long leader@ha-long.example",
		"other of ha-long other@ha-long.example",
		"reviewer of ha-long reviewer@ha-long.example",
		"second of ha-long second@ha-long.example",
		"staff of ha-long staff@ha-long.example"}
	if page.City.Slug != w.slug || !slices.Equal(names, want) {
		t.Errorf("city %q, people %q", page.City.Slug, names)
	}
}

// TestAuditFilters: each alone and two at once.
func TestAuditFilters(t *testing.T) {
	t.Parallel()
	now := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return now }})
	w, _ := twoTowns(t, db)
	midnight := time.Date(2025, 3, 11, 0, 0, 0, 0, pgtest.Zone)
	now = midnight.Add(-time.Microsecond)
	must(t, w.store.ChangeClaim(t.Context(), w.coordinator, w.ref(t, described), tracker.ClaimInProgress, "", 0, false))
	now = midnight
	must(t, w.store.ChangeClaim(t.Context(), w.staff, w.ref(t, described), tracker.ClaimAchieved, "", 0, true))
	const by, of = " of ha-long: ", " entry 1/4.5.2"
	first, claim, submit := "coordinator"+by+"change_claim"+of, "staff"+by+"change_claim"+of, "staff"+by+"submit"+of
	assign := "coordinator" + by + "assign" + of
	day := tracker.DateOf(midnight)
	for _, tt := range []struct {
		name string
		f    tracker.AuditFilter
		want []string
	}{
		{"indicator", tracker.AuditFilter{Indicator: described}, []string{submit, claim, first, assign}},
		{"indicator and person", tracker.AuditFilter{Indicator: described, Person: w.coordinator.AccountID}, []string{first, assign}},
		{"act", tracker.AuditFilter{Act: "change_claim"}, []string{claim, first}},
		{"from", tracker.AuditFilter{From: day}, []string{submit, claim}},
		{"to", tracker.AuditFilter{To: day - 1, Act: "change_claim"}, []string{first}},
		{"from and to", tracker.AuditFilter{From: day, To: day, Act: "submit"}, []string{submit}},
		{"a day before all", tracker.AuditFilter{To: openedOn}, []string{}},
		{"at the shell", tracker.AuditFilter{Person: tracker.AtShell}, []string{": add_member account coordinator@ha-long.example"}},
		{"somebody of another city", tracker.AuditFilter{Person: 999}, []string{}},
		{"no pattern", tracker.AuditFilter{Indicator: "%"}, []string{}},
		{"an unknown act", tracker.AuditFilter{Act: "x"}, []string{}},
	} {
		page, err := w.store.CityAudit(t.Context(), w.coordinator, w.slug, ask(tt.f))
		must(t, err)
		if got := told(page.Rows); !slices.Equal(got, tt.want) || page.More {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestAuditPagesMeet: page by page, whatever its length, every row comes once,
// also where many acts have the same moment.
func TestAuditPagesMeet(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	all := db.Lines(t, `SELECT a.id::text FROM audit a WHERE a.city_id = $1 AND a.subject NOT LIKE 'internal_thread %' ORDER BY a.recorded_at DESC, a.id DESC`, w.id)
	for _, most := range []int{1, 3, len(all) - 1, len(all), len(all) + 1} {
		var got []string
		a := postgres.AuditAsk{Most: most}
		for more := true; more && len(got) <= len(all); {
			page, err := w.store.CityAudit(t.Context(), w.coordinator, w.slug, a)
			must(t, err)
			for _, row := range page.Rows {
				got, a.Filter.Before = append(got, fmt.Sprint(row.ID)), row.Key()
			}
			if more = page.More; more && len(page.Rows) != most {
				t.Fatalf("%d rows on a page of %d", len(page.Rows), most)
			}
		}
		if !slices.Equal(got, all) {
			t.Errorf("%d on a page: %q, want %q", most, got, all)
		}
	}
}

// TestWhoReadsTheAudit: coordinators of the city and nobody else.
func TestWhoReadsTheAudit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	for name, tt := range map[string]struct {
		actor tracker.Actor
		want  error
	}{
		"coordinator": {w.coordinator, nil}, "staff": {w.staff, tracker.ErrForbidden}, "reviewer": {w.reviewer, tracker.ErrForbidden},
		"leader": {w.leader, tracker.ErrForbidden}, "an admin": {tracker.Operator(), tracker.ErrForbidden},
		"a coordinator whose time is over": {w.end, tracker.ErrEnded}, "another city's": {hue.coordinator, tracker.ErrNotFound},
		"nobody": {tracker.Actor{}, tracker.ErrNotFound},
	} {
		if page, err := w.store.CityAudit(t.Context(), tt.actor, w.slug, ask(tracker.AuditFilter{})); !same(err, tt.want) || (page == nil) != (tt.want != nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		_, err := w.store.InstallationAudit(t.Context(), tt.actor, ask(tracker.AuditFilter{}))
		if want := map[bool]error{false: tracker.ErrForbidden}[name == "an admin"]; !same(err, want) {
			t.Errorf("%s reads the installation's: %v, want %v", name, err, want)
		}
	}
	if _, err := w.store.CityAudit(t.Context(), w.coordinator, "nowhere", ask(tracker.AuditFilter{})); !same(err, tracker.ErrNotFound) {
		t.Errorf("no such city: %v", err)
	}
}

// TestInstallationAudit: who came in, cities, and who belongs to them; nothing
// of what a city works on.
func TestInstallationAudit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	got := map[string]bool{}
	page, err := w.store.InstallationAudit(t.Context(), tracker.Operator(), postgres.AuditAsk{Most: 1000, Zone: pgtest.Zone})
	must(t, err)
	for _, row := range page.Rows {
		got[fmt.Sprintf("%s %t", row.Act, row.City.ID != 0)] = true
	}
	want := map[string]bool{"create_city false": true, "sign_in false": true, "add_member true": true,
		"invite true": true, "make_password_link true": true}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("acts %v, want %v", got, want)
	}
	if n := db.Count(t, `SELECT count(*) FROM audit WHERE city_id IS NULL OR act = ANY ($1)`, tracker.InstallationActs); len(page.Rows) != n {
		t.Errorf("%d rows, want %d", len(page.Rows), n)
	}
}

// TestOwnAudit: what somebody did, in all cities and in none; nothing of others.
func TestOwnAudit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	db.Exec(t, `INSERT INTO membership (account_id, role, city_id) VALUES ($1, 'coordinator', $2)`, w.coordinator.AccountID, hue.id)
	both := w.coordinator
	both.Memberships = append(both.Memberships, tracker.Membership{Role: tracker.Coordinator, CityID: hue.id, CitySlug: hue.slug})
	must(t, w.store.ChangeClaim(t.Context(), both, hue.ref(t, described), tracker.ClaimInProgress, "", 0, false))
	page, err := w.store.OwnAudit(t.Context(), both, postgres.AuditAsk{Most: 1000, Zone: pgtest.Zone})
	must(t, err)
	if n := db.Count(t, `SELECT count(*) FROM audit WHERE account_id = $1`, both.AccountID); len(page.Rows) != n {
		t.Errorf("%d rows, want %d", len(page.Rows), n)
	}
	cities := map[string]bool{}
	for _, row := range page.Rows {
		cities[row.City.Slug] = true
		if row.AccountID != both.AccountID {
			t.Errorf("%s did %s", row.Person, row.Act)
		}
	}
	if !reflect.DeepEqual(cities, map[string]bool{w.slug: true, hue.slug: true, "": true}) {
		t.Errorf("cities %v", cities)
	}
	if _, err := w.store.OwnAudit(t.Context(), tracker.Operator(), ask(tracker.AuditFilter{})); !same(err, tracker.ErrForbidden) {
		t.Errorf("without an account: %v", err)
	}
}

// TestAuditPolicies: the second lock alone, for a query that forgot its filter.
func TestAuditPolicies(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	db.Exec(t, `INSERT INTO audit (city_id, account_id, act, subject, recorded_at, request_id, address)
		SELECT 1, 1, unnest($1::text[]), 'any', now(), '', ''`, tracker.AuditActs)
	for _, tt := range []struct{ name, setting, value, rows string }{
		{"nobody", "learningcity.account", "", `false`},
		{"an account", "learningcity.account", fmt.Sprint(w.staff.AccountID), fmt.Sprintf(`account_id = %d`, w.staff.AccountID)},
		{"no such account", "learningcity.account", "-1", `false`},
		{"the installation", "learningcity.installation", "on", `city_id IS NULL OR act = ANY ('{` + strings.Join(tracker.InstallationActs, ",") + `}')`},
		{"not the installation", "learningcity.installation", "off", `false`},
	} {
		want := db.Count(t, `SELECT count(*) FROM audit WHERE `+tt.rows)
		asAppWith(t, db, tt.setting, tt.value, func(count int) {
			if count != want {
				t.Errorf("%s: %d rows seen, want %d", tt.name, count, want)
			}
		})
	}
}

// asAppWith counts the rows of the record that the app role sees with a setting.
func asAppWith(t testing.TB, db *pgtest.Database, setting, value string, check func(count int)) {
	t.Helper()
	asApp(t, db, 0, func(tx pgx.Tx) {
		_, err := tx.Exec(t.Context(), `SELECT set_config($1, $2, true)`, setting, value)
		must(t, err)
		check(seen(t, tx, `SELECT count(*) FROM audit`))
	})
}
