package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/pgserver"
	"learningcity/internal/tracker"
)

// TestAuditCommands: the program seals what is done; the commands verify it
// beside the running program and after it, and find what an owner did to it.
func TestAuditCommands(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	env := []string{"LEARNINGCITY_DATA_DIR=" + dir}
	p := start(t, dir)
	p.signIn(t, "leader@ha-long.demo")
	awaitSealed(t, env)
	info, err := os.Stat(filepath.Join(dir, "audit.key"))
	if err != nil || info.Mode() != 0o600 || info.Size() != 32 {
		t.Errorf("the key: %v, %v", info, err)
	}
	head := exportedHead(t, env)
	if err := p.interrupt(t); err != nil {
		t.Fatalf("%v\n%s", err, p.log(t))
	}
	if out, err := runCommand(t, env, "audit", "verify", "-head", head); err != nil || !strings.Contains(out, "is in its place.") {
		t.Errorf("after the program stopped: %v, %s", err, out)
	}
	tamper(t, dir, `UPDATE audit SET subject = 'x' WHERE id = 3`, `DELETE FROM audit WHERE id = 5`,
		`DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)`, `DELETE FROM audit_seal WHERE audit_id > (SELECT max(id) FROM audit)`)
	out, err := runCommand(t, env, "audit", "verify", "-head", head)
	for _, want := range []string{"row 3: changed", "row 5: removed", "the newest rows are missing", "not as it was sealed"} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("verify does not say %q: %v, %s", want, err, out)
		}
	}
}

// TestKeyOfTheRecordIsLost: the program says so and makes no new one.
func TestKeyOfTheRecordIsLost(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	env := []string{"LEARNINGCITY_DATA_DIR=" + dir}
	p := start(t, dir)
	awaitSealed(t, env)
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "audit.key")
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	p = launch(t, dir)
	if err := p.cmd.Wait(); err == nil || !strings.Contains(p.log(t), "the key of the record is missing") {
		t.Errorf("it ends with %v:\n%s", err, p.log(t))
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("it made a new key")
	}
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestAuditCommandsThatDoNotFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	if err := os.WriteFile(filepath.Join(dir, "audit.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"LEARNINGCITY_DATA_DIR=" + dir}
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"audit"}, "say audit verify"},
		{[]string{"audit", "repair"}, "say audit verify"},
		{[]string{"audit", "head", "x"}, "say audit verify"},
		{[]string{"audit", "verify", "x"}, "say audit verify"},
		{[]string{"audit", "accept-head", "x"}, "say audit verify"},
		{[]string{"audit", "verify", "-head", none}, "read the head"},
		{[]string{"audit", "verify"}, "is damaged"},
		{[]string{"audit", "head"}, "there is no database yet"},
	} {
		out, err := runCommand(t, env, row.args...)
		if err == nil || !strings.Contains(out, row.want) {
			t.Errorf("%s: error %v, output %s", row.args, err, out)
		}
	}
}

func TestEnsureKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "audit.key")
	if _, err := ensureKey(path, true); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("sealed, without a key: %v", err)
	}
	first, err := ensureKey(path, false)
	if err != nil || first == (tracker.SealKey{}) {
		t.Fatalf("the first key: %v", err)
	}
	if err := makeKey(path); err != nil {
		t.Errorf("another program makes one as well: %v", err)
	}
	for _, sealed := range []bool{false, true} {
		if again, err := ensureKey(path, sealed); err != nil || again != first {
			t.Errorf("sealed %t: another key, %v", sealed, err)
		}
	}
	if left, err := filepath.Glob(path + "-*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestReadHead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"seals":1,"row":2,"seal":"` + strings.Repeat("0a", 32) + `"}`: "",
		`{"seals":1,"row":2,"seal":"0a"}`:                               "is not a hash",
		`{}`:                                                            "is no head",
		``:                                                              "read the head",
	} {
		path := filepath.Join(t.TempDir(), "head")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		head, err := readHead(path)
		if want == "" && (err != nil || head.Position != 1 || head.RowID != 2 || head.Seal[31] != 10) {
			t.Errorf("%s: %v, %v", text, head, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestRecordIsRolledBack: the program keeps its newest seal beside the key, so
// it does not seal what somebody put in the place of sealed acts; after an older
// backup the operator says so, and it goes on.
func TestRecordIsRolledBack(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	env := []string{"LEARNINGCITY_DATA_DIR=" + dir}
	p := start(t, dir)
	awaitSealed(t, env)
	path := filepath.Join(dir, "audit.head")
	kept := awaitHead(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the head: %v, %v", info, err)
	}
	if out, err := runCommand(t, env, "audit", "verify"); err != nil || !strings.Contains(out, fmt.Sprintf("The head, row %d, is in its place.", kept.RowID)) {
		t.Errorf("verify without -head: %v, %s", err, out)
	}
	if out, err := runCommand(t, env, "audit", "accept-head", "-yes"); err == nil || !strings.Contains(out, "nothing to accept") {
		t.Errorf("nothing is lost: %v, %s", err, out)
	}
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, `UPDATE audit SET subject = 'x' WHERE id = 10`, `DELETE FROM audit_seal WHERE audit_id >= 10`)
	p = start(t, dir)
	p.signIn(t, "leader@ha-long.demo") // people go on working
	p.awaitLog(t, "the record does not hold the head that is kept beside the key")
	if out, err := runCommand(t, env, "audit", "verify"); err == nil || !strings.Contains(out, "the newest rows are missing") {
		t.Errorf("verify: %v, %s", err, out)
	}
	address := "LEARNINGCITY_ADDR=" + strings.TrimPrefix(p.base, "http://")
	if got := examined(t, env[0], address)["record"]; !strings.HasPrefix(got, "problem the record does not hold the head") {
		t.Errorf("the doctor says %q", got)
	}
	out, err := runCommand(t, env, "audit", "accept-head")
	if err == nil || !strings.Contains(out, fmt.Sprintf("Lost: %d sealed acts", kept.Position-9)) || !strings.Contains(out, "nothing was changed") || awaitHead(t, path) != kept {
		t.Errorf("without -yes: %v, %s", err, out)
	}
	if out, err := runCommand(t, env, "audit", "accept-head", "-yes"); err != nil {
		t.Errorf("accept-head: %v, %s", err, out)
	}
	awaitSealed(t, env)
	if got := examined(t, env[0], address)["record"]; got != "ok it holds the head that is kept beside the key" {
		t.Errorf("then the doctor says %q", got)
	}
	if n := strings.Count(p.log(t), "the record does not hold the head"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
}

// awaitHead reads the head once it is kept.
func awaitHead(t *testing.T, path string) tracker.Seal {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if head, err := keptHead(path); err != nil || head.Position != 0 {
			if err != nil {
				t.Fatal(err)
			}
			return head
		}
	}
	t.Fatal("no head is kept")
	return tracker.Seal{}
}

// awaitLog waits until the program has said the words.
func (p *process) awaitLog(t *testing.T, words string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if strings.Contains(p.log(t), words) {
			return
		}
	}
	t.Errorf("it does not say %q:\n%s", words, p.log(t))
}

// TestKeepHead: whole, never an older one in place of a later, and what cannot
// be read is not written over.
func TestKeepHead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.head")
	seal := func(position int64) tracker.Seal {
		return tracker.Seal{Position: position, RowID: position + 1, Seal: tracker.Hash{byte(position)}}
	}
	for _, step := range []struct{ keep, want int64 }{{5, 5}, {9, 9}, {7, 9}, {9, 9}, {10, 10}} {
		if err := keepHead(path, seal(step.keep)); err != nil {
			t.Fatal(err)
		}
		if got, err := keptHead(path); err != nil || got != seal(step.want) {
			t.Errorf("after %d it is %v, %v", step.keep, got, err)
		}
	}
	if err := writeHead(path, seal(3)); err != nil {
		t.Fatal(err)
	}
	if got, err := keptHead(path); err != nil || got != seal(3) {
		t.Errorf("accepted is %v, %v", got, err)
	}
	if left, err := filepath.Glob(path + "-*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if err := writeHead(path, tracker.Seal{}); err != nil {
		t.Fatal(err)
	}
	if got, err := keptHead(path); err != nil || got != (tracker.Seal{}) {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keepHead(path, seal(11)); err == nil {
		t.Error("a damaged head was written over")
	}
}

// awaitSealed waits until verify finds everything sealed.
func awaitSealed(t *testing.T, env []string) {
	t.Helper()
	out := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		var err error
		if out, err = runCommand(t, env, "audit", "verify"); err != nil {
			t.Fatalf("verify: %v, %s", err, out)
		}
		if strings.Contains(out, "not sealed yet: 0.") {
			return
		}
	}
	t.Fatalf("not sealed: %s", out)
}

func exportedHead(t *testing.T, env []string) string {
	t.Helper()
	out, err := runCommand(t, env, "audit", "head")
	if err != nil {
		t.Fatalf("head: %v, %s", err, out)
	}
	path := filepath.Join(t.TempDir(), "head.json")
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tamper writes as the owner while no program runs.
func tamper(t *testing.T, dir string, statements ...string) {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Dir: filepath.Join(dir, "database")})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), server.URL(privateName, pgserver.Owner))
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	conn.Close(t.Context())
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
