package pgserver

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// versions knows what programs have said of their version. To ask one takes a
// third of a start, so it is written down next to the data: what a file has said
// holds until it is another file.
type versions struct {
	path  string // empty: nothing is written down
	known map[string]version
}

type version struct {
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Said     string    `json:"said"`
}

// versionsOf reads what is written down in the directory of a server. What cannot
// be read is asked again.
func versionsOf(dir string) *versions {
	v := &versions{known: map[string]version{}}
	if dir == "" {
		return v
	}
	v.path = filepath.Join(dir, "versions.json")
	if text, err := os.ReadFile(v.path); err != nil || json.Unmarshal(text, &v.known) != nil || v.known == nil {
		v.known = map[string]version{}
	}
	return v
}

// said is what the program answers to --version.
func (v *versions) said(ctx context.Context, program string) (string, error) {
	file, err := os.Stat(program)
	if err != nil {
		return "", err
	}
	if k, ok := v.known[program]; ok && k.Size == file.Size() && k.Modified.Equal(file.ModTime()) {
		return k.Said, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	said, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return "", err
	}
	v.known[program] = version{Size: file.Size(), Modified: file.ModTime(), Said: string(said)}
	v.writeDown()
	return string(said), nil
}

// writeDown may fail: the next start asks again.
func (v *versions) writeDown() {
	if v.path == "" {
		return
	}
	text, err := json.Marshal(v.known)
	if err != nil {
		return
	}
	if unfinished := v.path + ".tmp"; os.WriteFile(unfinished, text, 0o600) == nil {
		_ = os.Rename(unfinished, v.path)
	}
}
