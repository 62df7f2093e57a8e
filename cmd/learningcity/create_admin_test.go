package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

const adminPassword = "một câu dài dễ nhớ"

// runWithInput runs a command that reads the input, which is no terminal.
func runWithInput(t *testing.T, input string, env []string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := command(ctx, env, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestCreateAdminInOwnDatabase: once it is migrated, as often as wanted, with
// the program running or not.
func TestCreateAdminInOwnDatabase(t *testing.T) {
	t.Parallel()
	_, address := ownDatabase(t, t.TempDir())
	env := []string{"DATABASE_URL=" + address}
	create := []string{"create-admin", "-email", " An@HaLong.vn", "-name", "Nguyễn Thị An"}
	if out, err := runWithInput(t, adminPassword+"\n", env, create...); err == nil || !strings.Contains(out, "the database is not migrated") {
		t.Errorf("before migrate: error %v, output %s", err, out)
	}
	if out, err := runCommand(t, env, "migrate"); err != nil {
		t.Fatalf("migrate: error %v, output %s", err, out)
	}
	p := launch(t, t.TempDir(), env...)
	if !p.await(t, "/setup", http.StatusOK, 30*time.Second) {
		t.Fatalf("no set-up page:\n%s", p.log(t))
	}
	out, err := runWithInput(t, adminPassword+"\r\n", env, create...)
	if err != nil || out != "an@halong.vn is an admin now and can sign in.\n" {
		t.Fatalf("error %v, output %s", err, out)
	}
	if !p.await(t, "/setup", http.StatusNotFound, time.Second) {
		t.Error("the set-up page is still there")
	}
	if page := p.signInWith(t, "an@halong.vn", adminPassword).get(t, "/cities"); !strings.Contains(page, `href="/cities/new"`) {
		t.Errorf("the admin sees\n%.600s", page)
	}
	if out, err := runWithInput(t, adminPassword, env, create...); err == nil || !strings.Contains(out, "There is an account with this e-mail address already.") {
		t.Errorf("again: error %v, output %s", err, out)
	}
	if out, err := runWithInput(t, adminPassword, env, "create-admin", "-email", "binh@halong.vn", "-name", "Bình"); err != nil {
		t.Errorf("a second admin: error %v, output %s", err, out)
	}
}

// TestCreateAdminInPrivateDatabase: not while the program runs, which it says;
// afterwards the program has no set-up page and no demonstration.
func TestCreateAdminInPrivateDatabase(t *testing.T) {
	t.Parallel()
	dataDir := t.TempDir()
	env := []string{"LEARNINGCITY_DATA_DIR=" + dataDir}
	out, err := runWithInput(t, adminPassword, env, "create-admin", "-email", "an@halong.vn", "-name", "An")
	if err != nil || out != "an@halong.vn is an admin now and can sign in.\n" {
		t.Fatalf("error %v, output %s", err, out)
	}
	if left := postgresOf(t, dataDir); len(left) != 0 {
		t.Errorf("still running: %v", left)
	}
	p := start(t, dataDir)
	if strings.Contains(p.log(t), "/setup") || strings.Contains(p.log(t), ".demo") {
		t.Errorf("the program offers more than the admin's account:\n%s", p.log(t))
	}
	p.signInWith(t, "an@halong.vn", adminPassword)
	out, err = runWithInput(t, adminPassword, env, "create-admin", "-email", "binh@halong.vn", "-name", "Bình")
	if err == nil || !strings.Contains(out, "the program is running on "+dataDir+": stop it first") {
		t.Errorf("while it runs: error %v, output %s", err, out)
	}
}

// TestCreateAdminRefuses before it touches a database, in words.
func TestCreateAdminRefuses(t *testing.T) {
	t.Parallel()
	env := []string{"DATABASE_URL=postgres:///x?host=/nowhere"}
	for _, tt := range []struct {
		input string
		args  []string
		want  string
	}{
		{"", nil, "say who: learningcity create-admin -email"},
		{"", []string{"-email", "an@halong.vn"}, "say who"},
		{"", []string{"-email", "an@halong.vn", "-name", "An", "more"}, "say who"},
		{"mười một ký", []string{"-email", "an@halong.vn", "-name", "An"}, "The password needs at least 12 characters."},
		{"", []string{"-email", "an@halong.vn", "-name", "An"}, "The password needs at least 12 characters."},
		{adminPassword, []string{"-email", "an", "-name", " "}, "That is not a valid e-mail address. Write it like name@office.vn, without accents or spaces.\nEnter the full name."},
		{adminPassword, []string{"-email", "an@halong.vn", "-name", "An"}, "database not available"},
	} {
		out, err := runWithInput(t, tt.input, env, append([]string{"create-admin"}, tt.args...)...)
		if err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%q: error %v, output %s", tt.args, err, out)
		}
		if strings.Contains(out, adminPassword) {
			t.Errorf("%q: the password is shown", tt.args)
		}
	}
}
