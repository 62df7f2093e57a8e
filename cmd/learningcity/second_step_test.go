package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecondStepAtTheShell: the operator takes it from who has lost it, also
// where the key is lost, without which the program does not start.
func TestSecondStepAtTheShell(t *testing.T) {
	t.Parallel()
	dir := installed(t)
	env := []string{"LEARNINGCITY_DATA_DIR=" + dir}
	p := start(t, dir)
	key := filepath.Join(dir, "second-step.key")
	if info, err := os.Stat(key); err != nil || info.Mode() != 0o600 || info.Size() != 32 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	tamper(t, dir, `UPDATE account SET second_step_at = now() WHERE email = 'leader@ha-long.demo'`,
		`INSERT INTO second_step SELECT id, 'x', 1 FROM account WHERE second_step_at IS NOT NULL`)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	p = launch(t, dir)
	if err := p.cmd.Wait(); err == nil || !strings.Contains(p.log(t), "learningcity reset-second-step") {
		t.Errorf("without the key it ends with %v:\n%s", err, p.log(t))
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("it made a new key")
	}
	for _, tt := range []struct{ args, want string }{
		{"", "say whose: learningcity reset-second-step"},
		{"a@x b@x", "say whose"},
		{"staff@ha-long.demo", "nobody with the address staff@ha-long.demo has a second step"},
	} {
		out, err := runCommand(t, env, append([]string{"reset-second-step"}, strings.Fields(tt.args)...)...)
		if err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%q: error %v, output %s", tt.args, err, out)
		}
	}
	out, err := runCommand(t, env, "reset-second-step", " Leader@Ha-Long.demo")
	if err != nil || !strings.HasPrefix(out, "leader@ha-long.demo signs in with the password alone now") {
		t.Errorf("error %v, output %s", err, out)
	}
	start(t, dir).signIn(t, "leader@ha-long.demo")
}
