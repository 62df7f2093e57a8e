package postgres_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// cityTables are those with a city_id: what row-level security must hold.
func cityTables(t testing.TB, db *pgtest.Database) []string {
	t.Helper()
	return db.Lines(t, `SELECT table_name::text FROM information_schema.columns
		WHERE table_schema = 'public' AND column_name = 'city_id' AND table_name <> ALL ($1) ORDER BY 1`, knownToAll)
}

// knownToAll are about cities rather than of one: like city they are read before
// any is named, and written only where it is.
var knownToAll = []string{"former_city", "handover"}

// twoTowns has a row of each city in every table that has a city_id.
func twoTowns(t testing.TB, db *pgtest.Database) (w, hue *town) {
	t.Helper()
	w, hue = found(t, db, "ha-long"), found(t, db, "hue")
	for _, one := range []*town{w, hue} {
		ctx := t.Context()
		must(t, one.store.RecordMeasurement(ctx, one.staff, one.ref(t, measured), tracker.Measurement{Year: 2024, Value: 984}))
		one.invite(t, "guest@"+one.slug+".example", tracker.Post{Role: tracker.Staff, Department: "CUL"})
		_, err := one.store.MakePasswordLink(ctx, one.coordinator, one.person(t, one.staff), hashOf("reset "+one.slug))
		must(t, err)
		n := decree(one.slug)
		n.Links = to([]int{1}, measured)
		n.Passport.ValidUntil = today + 7
		id := one.add(t, n)
		must(t, one.store.SaveText(ctx, one.slug, id, 1, "Toàn văn"))
		renamed := n.Passport
		renamed.Title = "Tên khác"
		must(t, one.store.ChangePassport(ctx, one.coordinator, one.evidenceRef(t, id), renamed))
		_, err = one.store.TakeEvidenceNotices(ctx, one.slug)
		must(t, err)
		one.begin(t, one.reviewer, one.onEntry(measured), asked(tracker.AudienceInternal, "x", one.second.AccountID))
		db.Exec(t, `INSERT INTO inbox_item (account_id, city_id, kind, created_at) VALUES ($1, $2, 'role_changed', now())`, one.staff.AccountID, one.id)
		must(t, one.store.AddMilestone(ctx, one.coordinator, one.slug, 1, tracker.Milestone{HeldOn: today, Title: tracker.Text{VI: "x", EN: "x"}}))
		must(t, one.store.Assign(ctx, one.coordinator, one.slug, 1, []postgres.Assignment{{Indicator: measured, Department: "CUL", DueOn: dueOn + 1}}))
		one.advise(t)
		db.Exec(t, `UPDATE entry SET due_on = $2 WHERE city_id = $1 AND due_on IS NOT NULL`, one.id, today+5)
		_, err = one.store.TakeDueNotices(ctx, one.slug)
		must(t, err)
		must(t, one.store.RenameDepartment(ctx, one.coordinator, one.slug, "EDU", 1, tracker.Text{VI: "Sở Học tập", EN: "Learning"}))
		one.closeRound(t, 1)
		must(t, one.store.ReopenAssessment(ctx, one.coordinator, one.round(t, 1), "Còn chỉ số cần cập nhật"))
	}
	for _, table := range cityTables(t, db) {
		if n := db.Count(t, fmt.Sprintf(`SELECT count(DISTINCT city_id) FROM %s`, table)); n != 2 {
			t.Fatalf("%s has rows of %d cities", table, n)
		}
	}
	return w, hue
}

// asApp runs fn in a transaction of the app role that has named the city and all
// audiences; 0: neither.
func asApp(t testing.TB, db *pgtest.Database, city int64, fn func(tx pgx.Tx)) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL)
	must(t, err)
	defer conn.Close(t.Context())
	tx, err := conn.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	if city != 0 {
		_, err = tx.Exec(t.Context(), `SELECT set_config('learningcity.city', $1::text, true), set_config('learningcity.audiences', 'city,internal', true)`,
			fmt.Sprint(city))
		must(t, err)
	}
	fn(tx)
}

func seen(t testing.TB, tx pgx.Tx, sql string, args ...any) int {
	t.Helper()
	var n int
	must(t, tx.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func TestCityTablesAreTheKnownOnes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	want := []string{"assessment", "assessment_move", "assignment_notice", "audit", "comment", "comment_mention", "comment_revision", "content", "department", "entry", "entry_notice",
		"entry_revision", "evidence", "evidence_link",
		"evidence_notice", "evidence_search", "evidence_text", "evidence_version", "former_assignment", "former_name",
		"former_passport", "inbox_item", "invitation", "measurement", "membership", "milestone", "password_link",
		"recommendation", "recommendation_entry", "recommendation_evidence", "recommendation_move", "status_change",
		"task", "task_entry", "task_evidence", "task_move", "thread"}
	if got := cityTables(t, db); !slices.Equal(got, want) {
		t.Errorf("tables with a city are %q, want %q", got, want)
	}
	want = append(append(want, knownToAll...), "city", "region", "mail_choice", "notice_mail")
	slices.Sort(want)
	protected := db.Lines(t, `SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
		AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY 1`)
	if !slices.Equal(protected, want) {
		t.Errorf("protected are %q, want %q", protected, want)
	}
}

// TestRowsOfOneCityOnly: a query that forgot its filter sees the rows of the
// city that the transaction named; none where it named none or an unknown one.
func TestRowsOfOneCityOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	for _, table := range cityTables(t, db) {
		if table == "inbox_item" { // people's, not the city's: TestRowsOfOneInboxOnly
			continue
		}
		all := `SELECT count(*) FROM ` + table
		for _, city := range []int64{w.id, hue.id} {
			mine := db.Count(t, all+` WHERE city_id = $1`, city)
			asApp(t, db, city, func(tx pgx.Tx) {
				if n := seen(t, tx, all); n != mine || n == 0 {
					t.Errorf("%s: %d rows seen without a filter, %d are the city's", table, n, mine)
				}
				if n := seen(t, tx, all+` WHERE city_id <> $1`, city); n != 0 {
					t.Errorf("%s: %d rows of another city", table, n)
				}
			})
		}
		for _, city := range []int64{0, -1, 999} {
			asApp(t, db, city, func(tx pgx.Tx) {
				if n := seen(t, tx, all); n != 0 {
					t.Errorf("%s: %d rows seen with city %d named", table, n, city)
				}
			})
		}
	}
}

// TestNamedCityEndsWithTheTransaction: the next one on the connection has none.
func TestNamedCityEndsWithTheTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	_, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	must(t, w.store.StartSession(t.Context(), w.leader, hashKept(w.leader), postgres.NewSession{TokenHash: make([]byte, 32), Lifetime: 1})) // its audit row has no city
	if n := db.Count(t, `SELECT count(*) FROM audit WHERE act = 'sign_in' AND city_id IS NOT NULL`); n != 0 {
		t.Errorf("%d sign-ins in a city", n)
	}
}

// harmless changes nothing, in a column that the app may change.
var harmless = map[string]string{"entry": "city_id = city_id", "measurement": "value = value", "assessment": "version = version",
	"evidence": "title = title", "evidence_link": "linked = linked", "evidence_search": "words = words",
	"thread": "version = version", "comment": "text = text", "recommendation": "state = state", "task": "state = state"}

// TestWritingIntoAnotherCity: neither a new row nor a changed one.
func TestWritingIntoAnotherCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	for _, table := range cityTables(t, db) {
		columns := db.Lines(t, `SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO'`, table)[0]
		db.Exec(t, fmt.Sprintf(`CREATE TABLE copy_of_%s AS SELECT * FROM %[1]s WHERE city_id = %d LIMIT 1`, table, hue.id))
		db.Exec(t, fmt.Sprintf(`GRANT SELECT ON copy_of_%s TO %s`, table, postgres.AppRole))
		asApp(t, db, w.id, func(tx pgx.Tx) {
			_, err := tx.Exec(t.Context(), fmt.Sprintf(`INSERT INTO %s (%s) SELECT %[2]s FROM copy_of_%[1]s`, table, columns))
			if codeOf(err) != "42501" {
				t.Errorf("insert into %s: %v", table, err)
			}
		})
	}
	for _, table := range []string{"entry", "measurement", "evidence", "evidence_link", "evidence_search", "thread", "comment", "recommendation", "task"} {
		asApp(t, db, w.id, func(tx pgx.Tx) {
			tag, err := tx.Exec(t.Context(), fmt.Sprintf(`UPDATE %s SET %s WHERE city_id = $1`, table, harmless[table]), hue.id)
			if err != nil || tag.RowsAffected() != 0 {
				t.Errorf("update of another city's %s: %v, %v", table, tag, err)
			}
		})
		asApp(t, db, w.id, func(tx pgx.Tx) {
			if _, err := tx.Exec(t.Context(), fmt.Sprintf(`UPDATE %s SET city_id = $1`, table), hue.id); codeOf(err) != "42501" {
				t.Errorf("giving %s away: %v", table, err)
			}
		})
	}
}

// TestAppRoleMayOnly: rights beyond row-level security, by what would do harm.
func TestAppRoleMayOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	var refused []string
	for _, table := range []string{"status_change", "entry_revision", "assessment_move", "former_assignment", "former_name", "former_city", "former_passport", "audit", "content",
		"evidence_version", "evidence_text", "evidence_notice", "entry_notice", "comment_revision", "comment_mention",
		"recommendation", "recommendation_entry", "recommendation_move", "recommendation_evidence", "task", "task_entry", "task_move", "task_evidence"} {
		refused = append(refused, `UPDATE `+table+` SET city_id = city_id`)
	}
	for _, table := range db.Lines(t, `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`) {
		refused = append(refused, `DELETE FROM `+table, `TRUNCATE `+table+` CASCADE`, `ALTER TABLE `+table+` DISABLE ROW LEVEL SECURITY`, `DROP TABLE `+table+` CASCADE`)
	}
	refused = append(refused,
		`SELECT password_hash FROM account`, `SELECT * FROM account`, `SELECT email FROM account`, `UPDATE account SET password_hash = ''`,
		`SELECT * FROM session`, `SELECT * FROM sign_in_counter`, `UPDATE sign_in_counter SET failures = 0`, `SELECT * FROM known_browser`,
		`INSERT INTO known_browser VALUES (1, '', now())`, `SELECT sign_in_account('')`, `SELECT sign_in_counters('', '', NULL)`, `SELECT token_hash FROM session`, `UPDATE session SET expires_at = now()`,
		`INSERT INTO session (token_hash, account_id, created_at, expires_at) VALUES (sha256(''), 1, now(), now())`,
		`SELECT open_session(1, sha256(''), now(), now(), '', '', NULL, NULL)`, `SELECT take_second_step(1)`, `SELECT hold_signed_in('', now())`,
		`SELECT * FROM second_step`, `UPDATE second_step SET last_step = 0`, `INSERT INTO second_step VALUES (1, '', 0)`, `SELECT * FROM recovery_code`,
		`INSERT INTO recovery_code VALUES (1, '')`, `SELECT * FROM half_sign_in`, `INSERT INTO half_sign_in VALUES ('', 1, '', now())`,
		`UPDATE account SET second_step_at = NULL`, `UPDATE city SET second_step_required = false`, `SELECT forget_second_step(1)`,
		`SELECT use_second_step(1, NULL, 1, NULL)`, `SELECT count_second_step(1, NULL, now())`,
		`INSERT INTO framework (code) VALUES ('x')`, `UPDATE indicator SET code = 'x'`, `UPDATE city SET time_zone = 'x'`, `UPDATE region SET path = '{}'`,
		`SELECT lock_account(1, now(), now())`, `UPDATE handover SET held_on = now()`,
		`UPDATE membership SET account_id = 1`, `UPDATE membership SET city_id = 1`, `SELECT token_hash FROM invitation`,
		`UPDATE invitation SET role = 'coordinator'`, `SELECT * FROM password_link`, `UPDATE password_link SET account_id = 1`,
		`UPDATE measurement SET year = 2001`, `UPDATE assessment SET opened_on = '2020-01-01'`, `UPDATE assessment SET carried_from = NULL`,
		`UPDATE evidence SET kind = 'link'`, `UPDATE evidence SET created_by = 1`, `UPDATE evidence_link SET evidence_id = 1`,
		`UPDATE thread SET audience = 'city'`, `UPDATE thread SET opened_by = 1`, `UPDATE thread SET due_on = NULL`,
		`UPDATE comment SET audience = 'city'`, `UPDATE comment SET written_by = 1`, `UPDATE comment SET written_at = now()`,
		`SELECT mailed_token_hash FROM invitation`, `SELECT mailed_token_hash FROM password_link`, `UPDATE inbox_item SET account_id = 1`,
		`SELECT stop_token_hash FROM notice_mail`, `SELECT * FROM notice_mail`, `UPDATE notice_mail SET account_id = 1`, `INSERT INTO notice_mail (account_id, planned_at) VALUES (1, now())`,
		`SELECT * FROM digest_round`, `INSERT INTO digest_round VALUES (now(), now())`, `UPDATE mail_choice SET account_id = 1`, `UPDATE inbox_item SET created_at = now()`,
		`UPDATE river.river_migration SET version = 9`, `CREATE TABLE river.mine ()`, `UPDATE account SET name = 'x'`, `SELECT id FROM session`, `UPDATE schema_migrations SET version = 9`, `CREATE TABLE mine ()`,
		`SET ROLE learningcity_owner`)
	for _, sql := range refused {
		asApp(t, db, w.id, func(tx pgx.Tx) {
			if _, err := tx.Exec(t.Context(), sql); codeOf(err) != "42501" {
				t.Errorf("%s: %v", sql, err)
			}
		})
	}
}

// TestWhatIsKnownToAll: cities and regions are read before any is named, and
// written only in the name of the city, or of the installation.
func TestWhatIsKnownToAll(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	asApp(t, db, w.id, func(tx pgx.Tx) {
		for sql, want := range map[string]int64{
			`UPDATE city SET name_vi = 'x' WHERE id = $1`:    0,
			`UPDATE region SET name_vi = 'x' WHERE id <= $1`: 0,
			`SELECT FROM city WHERE id = $1`:                 1,
			`SELECT FROM city WHERE id = $1 FOR UPDATE`:      0,
		} {
			if tag, err := tx.Exec(t.Context(), sql, hue.id); err != nil || tag.RowsAffected() != want {
				t.Errorf("%s: %v, %v", sql, tag, err)
			}
		}
		if n := seen(t, tx, `SELECT count(*) FROM installation_account()`); n != 0 {
			t.Errorf("%d accounts seen in a city", n)
		}
	})
	for _, table := range []string{"former_city (city_id, version, slug, name_vi, name_en, until_on) VALUES ($1, 1, 'x', 'x', 'x', now())",
		"handover (city_id, version, successor_id, held_on) VALUES ($1, 1, 0, now())"} {
		asApp(t, db, w.id, func(tx pgx.Tx) {
			if _, err := tx.Exec(t.Context(), `INSERT INTO `+table, hue.id); codeOf(err) != "42501" {
				t.Errorf("%s: %v", table, err)
			}
		})
	}
}

// TestOverseersOfNoCity: their invitations and roles show where the installation
// is named, and in no city.
func TestOverseersOfNoCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	_, err := db.Store.InviteOverseer(t.Context(), tracker.Operator(), 1, tracker.Invitation{Email: "a@b", Language: "vi"}, hashOf("o"))
	must(t, err)
	db.Exec(t, `INSERT INTO membership (account_id, role, region_id) VALUES ($1, 'overseer', 1)`, w.leader.AccountID)
	const invited, roles = `SELECT count(*) FROM invitation WHERE region_id IS NOT NULL`, `SELECT count(*) FROM membership WHERE city_id IS NULL`
	for city, want := range map[int64]int{0: 1, w.id: 0} {
		asApp(t, db, city, func(tx pgx.Tx) {
			for _, sql := range []string{invited, roles} {
				if n := seen(t, tx, sql); n != 0 {
					t.Errorf("%s in city %d: %d", sql, city, n)
				}
			}
			_, err := tx.Exec(t.Context(), `SELECT set_config('learningcity.installation', 'on', true)`)
			must(t, err)
			for _, sql := range []string{invited, roles} {
				if n := seen(t, tx, sql); n != want {
					t.Errorf("%s in city %d, the installation named: %d", sql, city, n)
				}
			}
		})
	}
}

// TestRowsOfOneAudienceOnly: a query that forgot its filter sees what reviewers
// say among themselves, and the record of it, only where they are who reads;
// nobody writes for an audience that they do not belong to.
func TestRowsOfOneAudienceOnly(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, _ := twoTowns(t, db)
	w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x", w.leader.AccountID))
	const internal = `SELECT (SELECT count(*) FROM audit WHERE subject LIKE 'internal%')`
	for audiences, want := range map[string][2]int{"": {0, 0}, "city": {1, 0}, "city,internal": {2, 1}, "other": {0, 0}} {
		asApp(t, db, w.id, func(tx pgx.Tx) {
			_, err := tx.Exec(t.Context(), `SELECT set_config('learningcity.audiences', $1, true)`, audiences)
			must(t, err)
			for _, table := range []string{"thread", "comment", "comment_revision", "comment_mention"} {
				if n := seen(t, tx, `SELECT count(*) FROM `+table); n != want[0] {
					t.Errorf("%q sees %d rows of %s", audiences, n, table)
				}
			}
			if n := seen(t, tx, internal); n != want[1] {
				t.Errorf("%q sees %d rows of the reviewers' record", audiences, n)
			}
			_, err = tx.Exec(t.Context(), `INSERT INTO thread (city_id, kind, audience, assessment_id, entry_id, version, comments, opened_at, opened_by)
				SELECT city_id, 'comment', 'internal', assessment_id, id, 1, 1, now(), 1 FROM entry LIMIT 1`)
			if may := want[1] == 1; may != (err == nil) {
				t.Errorf("%q begins an internal thread: %v", audiences, err)
			}
		})
	}
}

// TestAppRoleItself cannot get around row-level security.
func TestAppRoleItself(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	got := db.Lines(t, `SELECT concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
		(SELECT count(*) FROM pg_auth_members WHERE member = r.oid)) FROM pg_roles r WHERE rolname = $1`, postgres.AppRole)
	if !slices.Equal(got, []string{"f f f f f 0"}) {
		t.Errorf("the app role is %q", got)
	}
}

// TestForeignKeysKeepToTheCity: not even the owner can point a row into
// another city.
func TestForeignKeysKeepToTheCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	db.Exec(t, `INSERT INTO assessment (city_id, number, framework_id, name_vi, name_en, opened_on, submission_due_on, needs_review)
		SELECT city_id, 2, framework_id, name_vi, name_en, opened_on, submission_due_on, true FROM assessment WHERE city_id = $1`, hue.id)
	for sql, constraint := range map[string]string{
		`UPDATE entry SET department_id = (SELECT id FROM department WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`: "entry_department_fkey",
		`INSERT INTO entry (city_id, assessment_id, framework_id, indicator_id, version, claim, verdict, changed, changed_on, updated_at)
			SELECT $1, a.id, i.framework_id, i.id, 1, 'not_started', 'none', false, opened_on, now()
			FROM assessment a JOIN indicator i USING (framework_id) WHERE a.city_id = $2 AND a.number = 2 LIMIT 1`: "entry_assessment_fkey",
		`UPDATE milestone SET assessment_id = (SELECT min(id) FROM assessment WHERE city_id = $2) WHERE city_id = $1`:                                                                                              "milestone_assessment_fkey",
		`UPDATE membership SET department_id = (SELECT id FROM department WHERE city_id = $2 LIMIT 1) WHERE city_id = $1 AND role = 'staff'`:                                                                       "membership_department_fkey",
		`UPDATE status_change SET entry_id = (SELECT min(id) FROM entry WHERE city_id = $2), entry_version = 99 WHERE city_id = $1 AND act = 'open' AND entry_id = (SELECT min(id) FROM entry WHERE city_id = $1)`: "status_change_entry_fkey",
		`UPDATE invitation SET department_id = (SELECT id FROM department WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:                                                                                          "invitation_department_fkey",
		`UPDATE inbox_item SET assessment_id = e.assessment_id, entry_id = e.id FROM entry e WHERE e.city_id = $2 AND inbox_item.city_id = $1`:                                                                     "inbox_item_entry_fkey",
		`UPDATE inbox_item SET evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1 AND kind = 'evidence_expiring'`:                                                                  "inbox_item_evidence_fkey",
		`UPDATE entry_revision SET city_id = $2 WHERE city_id = $1`:                                                                                                                                                "entry_revision_entry_fkey",
		`UPDATE measurement SET city_id = $2 WHERE city_id = $1`:                                                                                                                                                   "measurement_entry_fkey",
		`UPDATE evidence SET department_id = (SELECT id FROM department WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:                                                                                            "evidence_department_fkey",
		`INSERT INTO evidence_version (evidence_id, number, city_id, kind, url, note, recorded_at, recorded_by)
			SELECT max(id), 9, $1, 'link', 'https://x', '', now(), 1 FROM evidence WHERE city_id = $2`: "evidence_version_evidence_fkey",
		`UPDATE evidence_version SET sha256 = (SELECT sha256 FROM content WHERE city_id = $2) WHERE city_id = $1`:                                     "evidence_version_content_fkey",
		`UPDATE evidence_text SET city_id = $2 WHERE city_id = $1`:                                                                                    "evidence_text_version_fkey",
		`UPDATE evidence_search SET evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1`:                               "evidence_search_evidence_fkey",
		`UPDATE evidence_link SET evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1`:                                 "evidence_link_evidence_fkey",
		`UPDATE evidence_link SET entry_id = (SELECT min(id) FROM entry WHERE city_id = $2) WHERE city_id = $1`:                                       "evidence_link_entry_fkey",
		`UPDATE evidence_notice SET city_id = $2 WHERE city_id = $1`:                                                                                  "evidence_notice_evidence_fkey",
		`UPDATE entry_revision SET evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1 AND evidence_id IS NOT NULL`:    "entry_revision_evidence_fkey",
		`UPDATE thread SET (assessment_id, entry_id) = (SELECT assessment_id, id FROM entry WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:           "thread_entry_fkey",
		`UPDATE thread SET assessment_id = NULL, entry_id = NULL, evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1`: "thread_evidence_fkey",
		`INSERT INTO comment (thread_id, number, city_id, audience, version, text, answers, written_at, written_by, written_as)
			SELECT thread_id, 9, $1, audience, 1, 'x', false, now(), 1, 'staff' FROM comment WHERE city_id = $2`: "comment_thread_fkey",
		`INSERT INTO comment_revision (thread_id, number, version, city_id, audience, text, recorded_at, recorded_by)
			SELECT thread_id, number, 9, $1, audience, 'x', now(), 1 FROM comment WHERE city_id = $2`: "comment_revision_comment_fkey",
		`INSERT INTO comment_mention (thread_id, number, account_id, city_id, audience)
			SELECT thread_id, number, 0, $1, audience FROM comment WHERE city_id = $2`: "comment_mention_comment_fkey",
		`UPDATE comment_mention SET account_id = (SELECT max(account_id) FROM membership WHERE city_id = $2) WHERE city_id = $1`:                                                                    "comment_mention_account_fkey",
		`UPDATE inbox_item SET thread_id = (SELECT max(id) FROM thread WHERE city_id = $2) WHERE city_id = $1 AND thread_id IS NOT NULL`:                                                            "inbox_item_thread_fkey",
		`UPDATE recommendation SET assessment_id = (SELECT min(id) FROM assessment WHERE city_id = $2) WHERE city_id = $1 AND id NOT IN (SELECT recommendation_id FROM recommendation_entry)`:       "recommendation_assessment_fkey",
		`UPDATE recommendation_entry SET entry_id = (SELECT max(id) FROM entry WHERE city_id = $2) WHERE city_id = $1`:                                                                              "recommendation_entry_entry_fkey",
		`UPDATE recommendation_entry SET recommendation_id = (SELECT max(id) FROM recommendation WHERE city_id = $2) WHERE city_id = $1`:                                                            "recommendation_entry_recommendation_fkey",
		`UPDATE recommendation_move SET recommendation_id = (SELECT max(id) FROM recommendation WHERE city_id = $2) WHERE city_id = $1 AND version = 2`:                                             "recommendation_move_recommendation_fkey",
		`UPDATE recommendation_evidence SET version = 99 + $2::bigint WHERE city_id = $1`:                                                                                                           "recommendation_evidence_move_fkey",
		`UPDATE recommendation_evidence SET evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1`:                                                                     "recommendation_evidence_evidence_fkey",
		`UPDATE task SET department_id = (SELECT id FROM department WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:                                                                                 "task_department_fkey",
		`UPDATE task SET assignee_id = (SELECT account_id FROM membership WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:                                                                           "task_assignee_fkey",
		`UPDATE task SET recommendation_id = (SELECT max(id) FROM recommendation WHERE city_id = $2), source = 'recommendation' WHERE city_id = $1`:                                                 "task_recommendation_fkey",
		`UPDATE task SET source_entry_id = (SELECT max(id) FROM entry WHERE city_id = $2), source = 'return', recommendation_id = NULL WHERE city_id = $1`:                                          "task_source_entry_fkey",
		`UPDATE task SET direction_id = (SELECT max(id) FROM thread WHERE city_id = $2), source = 'direction', recommendation_id = NULL WHERE city_id = $1`:                                         "task_direction_fkey",
		`UPDATE task_entry SET entry_id = (SELECT max(id) FROM entry WHERE city_id = $2) WHERE city_id = $1`:                                                                                        "task_entry_entry_fkey",
		`UPDATE task_entry SET task_id = (SELECT max(id) FROM task WHERE city_id = $2) WHERE city_id = $1`:                                                                                          "task_entry_task_fkey",
		`UPDATE task_move SET task_id = (SELECT max(id) FROM task WHERE city_id = $2) WHERE city_id = $1 AND version = 1`:                                                                           "task_move_task_fkey",
		`UPDATE task_evidence SET version = 99 + $2::bigint WHERE city_id = $1`:                                                                                                                     "task_evidence_move_fkey",
		`UPDATE task_evidence SET evidence_id = (SELECT max(id) FROM evidence WHERE city_id = $2) WHERE city_id = $1`:                                                                               "task_evidence_evidence_fkey",
		`UPDATE inbox_item SET recommendation_id = (SELECT max(id) FROM recommendation WHERE city_id = $2) WHERE city_id = $1 AND kind = 'recommendation_given'`:                                    "inbox_item_recommendation_fkey",
		`UPDATE inbox_item SET task_id = (SELECT max(id) FROM task WHERE city_id = $2) WHERE city_id = $1 AND kind = 'task_given'`:                                                                  "inbox_item_task_fkey",
		`UPDATE entry_notice SET city_id = $2 WHERE city_id = $1`:                                                                                                                                   "entry_notice_entry_fkey",
		`UPDATE assignment_notice SET entry_id = (SELECT max(id) FROM entry WHERE city_id = $2) WHERE city_id = $1 AND entry_id = (SELECT min(entry_id) FROM assignment_notice WHERE city_id = $1)`: "assignment_notice_entry_fkey",
		`UPDATE assignment_notice SET department_id = (SELECT id FROM department WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:                                                                    "assignment_notice_department_fkey",
		`UPDATE assignment_notice SET assignee_id = (SELECT account_id FROM membership WHERE city_id = $2 LIMIT 1) WHERE city_id = $1`:                                                              "assignment_notice_assignee_fkey",
	} {
		_, err := db.Owner.Exec(t.Context(), sql, w.id, hue.id)
		if got := constraintOf(err); got != constraint {
			t.Errorf("%s: %v, want %s", sql, err, constraint)
		}
	}
}

// TestStoreKeepsCitiesApart: what people of one city do and see never shows in
// the other, through all methods that read.
func TestStoreKeepsCitiesApart(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := twoTowns(t, db)
	before := db.Lines(t, `SELECT e::text FROM entry e WHERE city_id = $1 ORDER BY id`, hue.id)
	must(t, w.store.ChangeClaim(t.Context(), w.staff, w.ref(t, measured), tracker.ClaimAchieved, "", 0, true))
	if after := db.Lines(t, `SELECT e::text FROM entry e WHERE city_id = $1 ORDER BY id`, hue.id); !slices.Equal(after, before) {
		t.Error("an act in one city changed the other")
	}
	o, err := hue.store.Overview(t.Context(), hue.leader, hue.slug, 0, 0)
	must(t, err)
	if s := o.ScoreAsOf(today); s.Awaiting != 0 || s.Total != 57 || len(o.Milestones) != 1 || len(o.Assessments) != 1 {
		t.Errorf("the other city shows %+v, %d milestones, %d assessments", s, len(o.Milestones), len(o.Assessments))
	}
	r, err := hue.store.EntryRecord(t.Context(), hue.leader, postgres.EntryRef{City: hue.slug, Indicator: measured}, 0)
	must(t, err)
	if len(r.Changes) != 1 || len(r.Revisions) != 3 || len(r.Evidence) != 1 || len(r.Area) != areaOne {
		t.Errorf("the other city's entry has %d changes, %d edits, %d beside it", len(r.Changes), len(r.Revisions), len(r.Area))
	}
	sub, before2 := hue.submission(t, 1), hue.round(t, 1)
	if got := kinds(sub); !slices.Equal(got, []string{"not_claimed 57", "recommendation 2"}) || len(sub.Moves) != 2 {
		t.Errorf("in the other city's way %q, after %d moves", got, len(sub.Moves))
	}
	w.closeRound(t, 1)
	w.carryOn(t, tracker.CarryOver{From: 1})
	if after := db.Lines(t, `SELECT e::text FROM entry e WHERE city_id = $1 ORDER BY id`, hue.id); !slices.Equal(after, before) || hue.round(t, 1) != before2 {
		t.Error("closing and carrying over in one city changed the other")
	}
	// A department of the other city is not known in this one.
	db.Exec(t, `UPDATE department SET code = 'HUE' WHERE city_id = $1 AND code = 'EDU'`, hue.id)
	err = w.store.Assign(t.Context(), w.coordinator, w.slug, 2, []postgres.Assignment{{Indicator: measured, Department: "HUE"}})
	if !same(err, tracker.Invalid("department", "department.error.unknown")) {
		t.Errorf("another city's department: %v", err)
	}
}
