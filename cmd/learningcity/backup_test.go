package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/backup"
	"learningcity/internal/config"
	"learningcity/internal/files"
)

// TestBackupAndRestoreCommands: backed up beside the running program, restored
// elsewhere, with the key put there; all is there, files of evidence too, the
// record verifies.
func TestBackupAndRestoreCommands(t *testing.T) {
	t.Parallel()
	dir, to, file := installed(t), t.TempDir(), filepath.Join(t.TempDir(), "city.backup")
	env, newEnv := []string{"LEARNINGCITY_DATA_DIR=" + dir}, []string{"LEARNINGCITY_DATA_DIR=" + to}
	p := start(t, dir)
	leader := p.signIn(t, "leader@ha-long.demo")
	decree := strings.Repeat("Quyết định ", 10_000)
	evidence := p.signIn(t, "coordinator@ha-long.demo").upload(decree)
	awaitSealed(t, env)
	out, err := runCommand(t, env, "backup", file)
	if err != nil || !strings.Contains(out, "Backed up: ") || !strings.Contains(out, "Not in it: audit.key") {
		t.Fatalf("backup: %v, %s", err, out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if left, err := filepath.Glob(file + ".*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := runCommand(t, env, "backup", file); err == nil || !strings.Contains(out, "is there already: choose another name") {
		t.Errorf("again: %v, %s", err, out)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, before) {
		t.Error("the first backup was touched")
	}
	if out, err := runCommand(t, env, "restore", file); err == nil || !strings.Contains(out, "nothing was restored: the program is running on "+dir) {
		t.Errorf("restore beside the program: %v, %s", err, out)
	}
	score := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2024-08-13"))
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	if out, err := runCommand(t, env, "restore", file); err == nil || !strings.Contains(out, "the installation is not empty") || !strings.Contains(out, "LEARNINGCITY_DATA_DIR that is new") {
		t.Errorf("restore over it: %v, %s", err, out)
	}
	if out, err := runCommand(t, newEnv, "restore", file); err != nil ||
		!strings.Contains(out, "is whole: ") || !strings.Contains(out, "read again and found the same: ") || !strings.Contains(out, "put audit.key of the old installation") {
		t.Fatalf("restore: %v, %s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(dir, "audit.key"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(before, key) {
		t.Error("the key is in the backup")
	}
	if err := os.WriteFile(filepath.Join(to, "audit.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := runCommand(t, newEnv, "audit", "verify"); err != nil || !strings.Contains(out, "not sealed yet: 0.") {
		t.Errorf("verify: %v, %s", err, out)
	}
	p = start(t, to)
	restored := &browser{base: p.base, client: leader.client} // the session is in the backup, too
	if got := hook(t, scoreHook, restored.get(t, "/cities/ha-long?on=2024-08-13")); got != score || got != "50/57" {
		t.Errorf("score %s, was %s", got, score)
	}
	if got := restored.get(t, evidence+"/versions/1/file"); got != decree {
		t.Errorf("the file of %q has %d bytes, had %d", evidence, len(got), len(decree))
	}
}

// TestBackupThroughPipes of an own database with two logins; the key is there
// already, so that the record is verified at once.
func TestBackupThroughPipes(t *testing.T) {
	t.Parallel()
	pg, owner := ownDatabase(t, t.TempDir())
	if err := pg.EnsureDatabase(t.Context(), "fresh"); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE ROLE web LOGIN`); err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
	dir := t.TempDir()
	env := func(name string) []string {
		return []string{"DATABASE_URL=" + pg.URL(name, "web"), "LEARNINGCITY_OWNER_URL=" + pg.URL(name, "learningcity_owner"), "LEARNINGCITY_DATA_DIR=" + dir}
	}
	if out, err := runCommand(t, env("own"), "backup", "-"); err == nil || !strings.Contains(out, "no backup was made: the database is not migrated") {
		t.Errorf("not migrated: %v, %s", err, out)
	}
	for _, command := range []string{"migrate", "demo"} {
		if out, err := runCommand(t, env("own"), command); err != nil {
			t.Fatalf("%s: %v, %s", command, err, out)
		}
	}
	p := launch(t, dir, env("own")...)
	if !p.await(t, "/readyz", http.StatusOK, 30*time.Second) {
		t.Fatalf("not ready:\n%s", p.log(t))
	}
	awaitSealed(t, env("own"))
	var file, said bytes.Buffer
	cmd := command(t.Context(), env("own"), "backup", "-")
	cmd.Stdout, cmd.Stderr = &file, &said
	if err := cmd.Run(); err != nil || !strings.Contains(said.String(), "Backed up: ") {
		t.Fatalf("backup: %v, %s", err, said.String())
	}
	if out, err := runWithInput(t, file.String(), env("own"), "restore", "-"); err == nil || !strings.Contains(out, "another program uses the database") {
		t.Errorf("restore beside the program: %v, %s", err, out)
	}
	if out, err := runWithInput(t, file.String(), env("fresh"), "restore", "-check", "-"); err != nil || !strings.Contains(out, "is whole") || strings.Contains(out, "Restored") {
		t.Errorf("check: %v, %s", err, out)
	}
	if out, err := runWithInput(t, file.String()[:file.Len()-1], env("fresh"), "restore", "-"); err == nil || !strings.Contains(out, "nothing was restored: the backup is damaged or incomplete") {
		t.Errorf("damaged: %v, %s", err, out)
	}
	if out, err := runWithInput(t, file.String(), env("fresh"), "restore", "-"); err != nil || !strings.Contains(out, "Sealed and unchanged: ") {
		t.Errorf("restore: %v, %s", err, out)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*restore*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	again := launch(t, dir, env("fresh")...)
	if !again.await(t, "/readyz", http.StatusOK, 30*time.Second) {
		t.Fatalf("not ready:\n%s", again.log(t))
	}
	again.signIn(t, "leader@ha-long.demo")
}

// TestBackupCommandsThatDoNotFit: each says what to do, and leaves nothing.
func TestBackupCommandsThatDoNotFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign")
	if err := os.WriteFile(foreign, bytes.Repeat([]byte("x"), 9000), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"backup"}, "say where to: learningcity backup FILE"},
		{[]string{"backup", ""}, "say where to"},
		{[]string{"backup", "a", "b"}, "say where to"},
		{[]string{"backup", filepath.Join(dir, "x")}, "there is no database yet"},
		{[]string{"restore"}, "say what: learningcity restore [-check] FILE"},
		{[]string{"restore", "a", "b"}, "say what"},
		{[]string{"restore", "-fast", "a"}, "flag provided but not defined"},
		{[]string{"restore", filepath.Join(dir, "none")}, "nothing was restored: open"},
		{[]string{"restore", dir}, "is no file"},
		{[]string{"restore", foreign}, "nothing was restored: this is no backup that learningcity made"},
		{[]string{"restore", "-check", foreign}, "this is no backup"},
		{[]string{"restore", "-"}, "this is no backup"},
	} {
		out, err := runCommand(t, []string{"LEARNINGCITY_DATA_DIR=" + data}, row.args...)
		if err == nil || !strings.Contains(out, row.want) {
			t.Errorf("%s: error %v, output %s", row.args, err, out)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestIntoFile: a file has its name when it is whole, and not before.
func TestIntoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	write := func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }
	full := errors.New("full")
	err := intoFile(path, nil, func(w io.Writer) error {
		if _, err := os.Stat(path + ".partial"); err != nil {
			t.Error(err)
		}
		return errors.Join(write(w), full)
	})
	if left, globErr := filepath.Glob(path + "*"); !errors.Is(err, full) || globErr != nil || len(left) != 0 {
		t.Errorf("a full disk: %v, left %q", err, left)
	}
	if err := os.WriteFile(path+".partial", []byte("left by one that was killed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := intoFile(path, nil, write); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || string(content) != "whole" || info.Mode() != 0o600 {
		t.Errorf("%q, %v, %v", content, info, err)
	}
	if err := intoFile(path, nil, write); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second one of the name: %v", err)
	}
	if err := intoFile(filepath.Join(path, "below"), nil, write); err == nil {
		t.Error("a folder that is a file")
	}
}

// TestProgress is told now and then.
func TestProgress(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	p := &progress{Writer: io.Discard, ReaderAt: strings.NewReader("text"), to: &said, what: "written", next: time.Now().Add(time.Hour)}
	for range 3 {
		if n, err := p.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if said.String() != "" {
		t.Errorf("it says %q at once", said.String())
	}
	p.next = time.Now().Add(-time.Second)
	if n, err := p.ReadAt(make([]byte, 4), 0); n != 4 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if said.String() != "3.0 MiB written\n" || !p.next.After(time.Now()) {
		t.Errorf("it says %q", said.String())
	}
}

// TestBackupWithFiles: contents of evidence go with the rows; a damaged one is
// named, and there is no backup.
func TestBackupWithFiles(t *testing.T) {
	t.Parallel()
	pg, owner := ownDatabase(t, t.TempDir())
	if err := pg.EnsureDatabase(t.Context(), "fresh"); err != nil {
		t.Fatal(err)
	}
	from, to, path := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "file")
	env := []string{"DATABASE_URL=" + owner, "LEARNINGCITY_DATA_DIR=" + from}
	if out, err := runCommand(t, env, "migrate"); err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	store, err := files.OpenDisk(filesDir(config.Config{DataDir: from}))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	h := backup.Hash(sha256.Sum256([]byte("Quyết định")))
	if err := (contents{store}).Put(t.Context(), h, int64(len("Quyết định")), strings.NewReader("Quyết định")); err != nil {
		t.Fatal(err)
	}
	if err := (contents{store}).Put(t.Context(), h, int64(len("Quyết định")), strings.NewReader("khác")); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("another content: %v", err)
	}
	if out, err := runCommand(t, env, "backup", path); err != nil || !strings.Contains(out, "1 files with 0.0 MiB") {
		t.Fatalf("backup: %v, %s", err, out)
	}
	newEnv := []string{"DATABASE_URL=" + pg.URL("fresh", "learningcity_owner"), "LEARNINGCITY_DATA_DIR=" + to}
	if out, err := runCommand(t, newEnv, "restore", path); err != nil || !strings.Contains(out, "found the same: ") {
		t.Fatalf("restore: %v, %s", err, out)
	}
	restored, err := files.OpenDisk(filesDir(config.Config{DataDir: to}))
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if err := files.Verify(t.Context(), restored, files.Hash(h)); err != nil {
		t.Error(err)
	}
	damaged := filepath.Join(filesDir(config.Config{DataDir: from}), "contents", h.String()[:2], h.String())
	if err := os.WriteFile(damaged, []byte("Quyết định?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := runCommand(t, env, "backup", path+"2"); err == nil || !strings.Contains(out, "no backup was made: ") || !strings.Contains(out, h.String()) {
		t.Errorf("a damaged content: %v, %s", err, out)
	}
	if left, err := filepath.Glob(path + "2*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
