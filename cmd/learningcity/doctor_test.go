package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/mail/mailtest"
)

// examined runs the doctor and returns its findings, "level text" by check. A
// problem, and nothing else, must make it fail.
func examined(t *testing.T, env ...string) map[string]string {
	t.Helper()
	out, err := runCommand(t, env, "doctor")
	findings, failed := map[string]string{}, false
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		if words[0] == "learningcity:" {
			continue
		}
		if len(words) < 3 {
			t.Fatalf("the doctor says:\n%s", out)
		}
		failed = failed || words[0] == problem
		findings[words[1]] += words[0] + " " + strings.Join(words[2:], " ")
	}
	if failed != (err != nil) || failed != strings.Contains(out, errProblems.Error()) {
		t.Errorf("error %v after\n%s", err, out)
	}
	return findings
}

// expect checks how each finding begins, or ends after an ellipsis; no other
// may be there.
func expect(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for check, text := range want {
		begin, end, _ := strings.Cut(text, "…")
		if !strings.HasPrefix(got[check], begin) || !strings.HasSuffix(got[check], end) {
			t.Errorf("%s: %s is %q, want %q", what, check, got[check], text)
		}
	}
	for check, text := range got {
		if want[check] == "" {
			t.Errorf("%s: unexpected %s: %s", what, check, text)
		}
	}
}

// with is want with some findings changed.
func with(want map[string]string, change ...string) map[string]string {
	changed := map[string]string{}
	for check, text := range want {
		changed[check] = text
	}
	for i := 0; i < len(change); i += 2 {
		changed[change[i]] = change[i+1]
	}
	return changed
}

var healthy = map[string]string{
	"configuration": "ok all settings can be read", "address": "ok 127.0.0.1:", "proxy": "ok none: people use the address that they came by",
	"storage": "ok ", "files": "ok in the data directory", "database": "ok ", "mail": "ok not configured: the program sends no mail and needs none",
}

// TestDoctorBeforeTheFirstStart finds nothing wrong and makes nothing.
func TestDoctorBeforeTheFirstStart(t *testing.T) {
	t.Parallel()
	dataDir := filepath.Join(t.TempDir(), "not", "yet")
	expect(t, "fresh", examined(t, "LEARNINGCITY_DATA_DIR="+dataDir), with(healthy,
		"address", "ok 127.0.0.1:8080, for this machine only; LEARNINGCITY_ADDR=0.0.0.0:8080 lets the network in",
		"storage", "ok "+dataDir+", which the first start makes",
		"database", "ok a private PostgreSQL, which the first start makes; DATABASE_URL names one of your own"))
	if left, err := os.ReadDir(filepath.Dir(filepath.Dir(dataDir))); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDoctorOnSettings(t *testing.T) {
	t.Parallel()
	got := examined(t, "LEARNINGCITY_ADDR=here", "LEARNINGCITY_LANGUAGE=fr")
	expect(t, "bad settings", got, map[string]string{"configuration": `problem LEARNINGCITY_ADDR must…these settings are right; the README lists them`})
	if !strings.Contains(got["configuration"], "problem LEARNINGCITY_LANGUAGE must be vi or en") {
		t.Errorf("settings: %s", got["configuration"])
	}

	https := []string{"LEARNINGCITY_DATA_DIR=" + t.TempDir(), "LEARNINGCITY_ADDR=0.0.0.0:80", "LEARNINGCITY_PUBLIC_URL=https://learning.example.vn"}
	expect(t, "https without a proxy", examined(t, https...), with(healthy, "address", "ok 0.0.0.0:80",
		"proxy", "warning LEARNINGCITY_PUBLIC_URL is https, but no proxy is trusted…Set LEARNINGCITY_TRUSTED_PROXIES to the address from which the proxy connects"))
	expect(t, "https with one", examined(t, append(https, "LEARNINGCITY_TRUSTED_PROXIES=10.0.0.0/8")...), with(healthy,
		"address", "ok 0.0.0.0:80", "proxy", "ok https://learning.example.vn"))
}

// TestDoctorOnStorage: a folder below a file, which not even root can write to.
func TestDoctorOnStorage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := "LEARNINGCITY_DATA_DIR=" + filepath.Join(file, "data")
	remedy := " cannot be written to…or set LEARNINGCITY_DATA_DIR to another folder"
	expect(t, "private", examined(t, dir), with(healthy, "storage", "problem "+filepath.Join(file, "data")+remedy))
	own := []string{"DATABASE_URL=postgres://an:geheim@127.0.0.1:1/x", dir}
	expect(t, "own", examined(t, own...), with(healthy, "storage", "warning "+filepath.Join(file, "data")+remedy,
		"database", "problem it cannot be used…: start PostgreSQL, or correct DATABASE_URL"))
	if out, _ := runCommand(t, own, "doctor"); strings.Contains(out, "geheim") {
		t.Errorf("a password is shown:\n%s", out)
	}
}

// TestDoctorOnFiles: nobody listens there.
func TestDoctorOnFiles(t *testing.T) {
	t.Parallel()
	env := []string{"LEARNINGCITY_DATA_DIR=" + t.TempDir(), "LEARNINGCITY_FILES=s3", "LEARNINGCITY_S3_URL=http://127.0.0.1:1",
		"LEARNINGCITY_S3_BUCKET=evidence", "LEARNINGCITY_S3_ACCESS_KEY=city", "LEARNINGCITY_S3_SECRET_KEY=geheim"}
	expect(t, "bucket", examined(t, env...), with(healthy,
		"files", "problem the bucket cannot be used (ask for the bucket: file store not available…: make it, or correct the LEARNINGCITY_S3_… settings"))
	if out, _ := runCommand(t, env, "doctor"); strings.Contains(out, "geheim") {
		t.Errorf("a password is shown:\n%s", out)
	}
}

const everyFile = "ok every file of evidence is in the store"

// TestDoctorOnADatabase of one's own, from empty to broken.
func TestDoctorOnADatabase(t *testing.T) {
	t.Parallel()
	pg, address := ownDatabase(t, t.TempDir())
	env := []string{"DATABASE_URL=" + address, "LEARNINGCITY_DATA_DIR=" + filepath.Join(t.TempDir(), "none")}
	base := with(healthy, "storage", "ok not used: what is kept is in DATABASE_URL",
		"database", `ok PostgreSQL … as "learningcity_owner"`, "jobs", "ok none yet", "clock", "ok the program's and the database's agree", "accounts", "ok none yet",
		"roles", "problem the role learningcity_app is missing: run learningcity migrate",
		"migrations", "problem the database is not migrated: run learningcity migrate")
	expect(t, "empty", examined(t, env...), base)
	if out, err := runCommand(t, env, "migrate"); err != nil {
		t.Fatalf("migrate: error %v, output %s", err, out)
	}
	base = with(base, "migrations", "ok version …, none pending", "jobs", "ok none waits", "contents", everyFile,
		"roles", `warning weaker: "learningcity_owner" can bypass row-level security…LEARNINGCITY_OWNER_URL, and run learningcity migrate`,
		"accounts", "warning nobody has one: start the program and open /setup…or run learningcity create-admin")
	expect(t, "migrated", examined(t, env...), base)

	sql := func(statement string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	sql(`INSERT INTO account (email, name, password_hash, created_at) VALUES ('a@b.c', 'A', 'x', now())`)
	sql(`CREATE ROLE web LOGIN`)
	env[0] = "DATABASE_URL=" + pg.URL("own", "web")
	base = with(base, "database", `ok PostgreSQL … as "web"`, "accounts", "ok none yet", "jobs", "ok none yet", "contents", "",
		"roles", `problem "web" may not become learningcity_app: run learningcity migrate with LEARNINGCITY_OWNER_URL set…`,
		"migrations", "problem the database is not migrated: run learningcity migrate")
	expect(t, "a login that was left out", examined(t, env...), base)
	sql(`GRANT learningcity_app TO web`)
	env = append(env, "LEARNINGCITY_OWNER_URL="+address)
	base = with(base, "contents", everyFile, "accounts", "ok somebody can sign in", "jobs", "ok none waits", "migrations", "ok version …, none pending", "owner", `ok "learningcity_owner" migrates`,
		"roles", `ok "web" reads and writes rows as learningcity_app and can do no more`)
	expect(t, "two logins", examined(t, env...), base)
	for _, tt := range []struct{ do, undo, check, want string }{
		{`UPDATE schema_migrations SET version = version - 1`, `UPDATE schema_migrations SET version = version + 1`,
			"migrations", "problem the schema is at version …: run learningcity migrate"},
		{`UPDATE schema_migrations SET version = version + 1`, `UPDATE schema_migrations SET version = version - 1`,
			"migrations", "problem the schema is at version …: run the newer program that migrated it, or restore an older backup"},
		{`UPDATE schema_migrations SET dirty = true`, `UPDATE schema_migrations SET dirty = false`,
			"migrations", "problem migration 0… failed half-way: restore the backup taken before it, or repair the schema by hand and set schema_migrations.dirty to false"},
		{`ALTER ROLE learningcity_app BYPASSRLS`, `ALTER ROLE learningcity_app NOBYPASSRLS`,
			"roles", "problem learningcity_app is exempt from row-level security: run ALTER ROLE learningcity_app NOSUPERUSER NOBYPASSRLS"},
		{`ALTER ROLE web BYPASSRLS`, `ALTER ROLE web NOBYPASSRLS`, "roles", `warning weaker: "web" can bypass row-level security…`},
		{`ALTER TABLE city OWNER TO web`, `ALTER TABLE city OWNER TO learningcity_owner`, "roles", `warning weaker: "web" owns the tables…`},
		{`UPDATE river.river_migration SET version = 9 WHERE version = 8`, `UPDATE river.river_migration SET version = 8 WHERE version = 9`,
			"jobs", "problem the job queue's schema is at version 9, the program needs 8: run learningcity migrate"},
		{`INSERT INTO river.river_job (kind, args, max_attempts, scheduled_at) VALUES ('x', '{}', 1, now() - interval '1 hour')`, `DELETE FROM river.river_job`,
			"jobs", "warning a job such as a mail waits for 1h0m0s: start the program, or look into its log"},
		{`INSERT INTO river.river_job (kind, args, max_attempts, state, finalized_at) VALUES ('x', '{}', 1, 'discarded', now())`, `DELETE FROM river.river_job`,
			"jobs", "warning 1 were given up in the last day…can be made again"},
		{`ALTER TABLE framework RENAME TO hidden`, `ALTER TABLE hidden RENAME TO framework`,
			"migrations", "problem the database holds no framework: run learningcity migrate"},
	} {
		sql(tt.do)
		want := with(base, tt.check, tt.want)
		if strings.Contains(tt.do, "RENAME") {
			want["accounts"] = "ok none yet"
		}
		if tt.check == "migrations" {
			want["contents"] = "" // nothing to compare with
		}
		expect(t, tt.do, examined(t, env...), want)
		sql(tt.undo)
	}
	env[2] = "LEARNINGCITY_OWNER_URL=" + env[0][len("DATABASE_URL="):] + "&application_name=web"
	expect(t, "an owner who is none", examined(t, env...), with(base, "owner", `problem "web" does not own the tables, so it cannot migrate…`))
	env[2] = "LEARNINGCITY_OWNER_URL=postgres://an@127.0.0.1:1/x"
	expect(t, "an owner who is not there", examined(t, env...), with(base, "owner", "problem LEARNINGCITY_OWNER_URL cannot be used…"))
}

// TestDoctorOnThePrivateDatabase: while the program runs, and after it.
func TestDoctorOnThePrivateDatabase(t *testing.T) {
	t.Parallel()
	dataDir := installed(t)
	p := start(t, dataDir)
	env := []string{"LEARNINGCITY_DATA_DIR=" + dataDir, "LEARNINGCITY_ADDR=" + strings.TrimPrefix(p.base, "http://")}
	awaitSealed(t, env)
	awaitHead(t, filepath.Join(dataDir, "audit.head"))
	const record = "ok it holds the head that is kept beside the key"
	expect(t, "running", examined(t, env...), with(healthy, "record", record, "database", "ok the program is running on it and ready…"))
	elsewhere := []string{env[0], "LEARNINGCITY_ADDR=" + freeAddress(t)}
	expect(t, "running elsewhere", examined(t, elsewhere...), with(healthy, "record", record, "database", "warning a program runs on "+dataDir+", but at …"))
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	expect(t, "stopped", examined(t, env...), with(healthy, "record", record, "database", `ok PostgreSQL … as "learningcity_app"`,
		"roles", `ok "learningcity_app" reads and writes rows…`, "migrations", "ok version …", "jobs", "ok none waits", "clock", "ok the…", "accounts", "ok somebody can sign in", "contents", everyFile))
	if left := postgresOf(t, dataDir); len(left) != 0 {
		t.Errorf("still running: %v", left)
	}
	env = append(env, "LEARNINGCITY_PG_BIN="+t.TempDir())
	expect(t, "without PostgreSQL's programs", examined(t, env...), with(healthy, "database", "problem start the private PostgreSQL: …"))
}

func TestDoctorOnTheClock(t *testing.T) {
	t.Parallel()
	remedy := " the database's: let both machines follow a time server (NTP)"
	for ahead, want := range map[time.Duration]finding{
		5 * time.Second:         {fine, "clock", "the program's and the database's agree"},
		-5 * time.Second:        {fine, "clock", "the program's and the database's agree"},
		5001 * time.Millisecond: {warning, "clock", "the program's is 5s ahead of" + remedy},
		-2 * time.Hour:          {warning, "clock", "the program's is 2h0m0s behind" + remedy},
	} {
		if got := checkClock(ahead); got != want {
			t.Errorf("%s: %+v, want %+v", ahead, got, want)
		}
	}
}

// TestDoctorOnMail signs in like a mail, and sends none.
func TestDoctorOnMail(t *testing.T) {
	t.Parallel()
	sink := mailtest.New(t, mailtest.Options{})
	env := mailSettings(sink.Addr, t.TempDir())
	mailing := with(healthy, "proxy", "ok http://", "address", "ok 127.0.0.1:")
	expect(t, "a relay", examined(t, env...), with(mailing, "mail", "ok "+sink.Addr+" takes mail (none), from lc@halong.example"))
	expect(t, "one that cannot encrypt", examined(t, append(env, "LEARNINGCITY_SMTP_TLS=starttls")...), with(mailing,
		"mail", "problem "+sink.Addr+" cannot be used…: correct LEARNINGCITY_SMTP_*, or start that server"))
	expect(t, "none there", examined(t, append(env, "LEARNINGCITY_SMTP_ADDR=127.0.0.1:1")...), with(mailing,
		"mail", "problem 127.0.0.1:1 cannot be used…: correct LEARNINGCITY_SMTP_*, or start that server"))
	if n := len(sink.All()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func mailSettings(server, dataDir string) []string {
	return []string{"LEARNINGCITY_DATA_DIR=" + dataDir, "LEARNINGCITY_PUBLIC_URL=http://city.test:8080", "LEARNINGCITY_SMTP_ADDR=" + server,
		"LEARNINGCITY_SMTP_TLS=none", "LEARNINGCITY_SMTP_FROM=Thành phố học tập <lc@halong.example>"}
}
