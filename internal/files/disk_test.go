package files_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"learningcity/internal/files"
)

// The tests start their own binary as a child: what to do, and on which store.
const childVariable = "FILES_TEST_CHILD"

func TestMain(m *testing.M) {
	if words := strings.Fields(os.Getenv(childVariable)); len(words) > 0 {
		if err := child(words[0], words[1], words[2:]); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(act, step string, where []string) error {
	store, err := openAt(where)
	if err != nil {
		return err
	}
	return acts[act](store, step)
}

// acts are what a child can do.
var acts = map[string]func(store files.Store, step string) error{"crash": crash}

// runChild returns what the child printed, however it ended.
func runChild(t *testing.T, words ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(words, " "))
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		t.Errorf("the child failed: %v\n%s", err, out)
	}
	return string(out)
}

func openDisk(t *testing.T) world {
	dir := t.TempDir()
	store, err := files.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return world{store: store, dir: dir,
		rot: func(t *testing.T, h files.Hash) {
			file, err := os.OpenFile(filepath.Join(dir, "contents", h.String()[:2], h.String()), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteAt([]byte("rot"), 1000); err != nil {
				t.Error(err)
			}
			file.Close()
		},
		lose: func(t *testing.T) {
			if err := errors.Join(os.RemoveAll(filepath.Join(dir, "contents")), os.RemoveAll(filepath.Join(dir, "incoming"))); err != nil {
				t.Fatal(err)
			}
		},
		child: func(t *testing.T, args ...string) string { return runChild(t, append(args, dir)...) },
	}
}

func TestDisk(t *testing.T) { testStore(t, openDisk) }

// TestDiskIsOpenedAgain: what an earlier process kept is there; others' files are not ours.
func TestDiskIsOpenedAgain(t *testing.T) {
	w := openDisk(t)
	h := keep(t, w.store, data(1000))
	if err := os.WriteFile(filepath.Join(w.dir, "contents", h.String()[:2], "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := files.OpenDisk(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if all := kept(t, again); len(all) != 1 || all[0].Hash != h {
		t.Errorf("kept %v", all)
	}
}

// TestDiskIsPrivate: the operator's other users read nothing.
func TestDiskIsPrivate(t *testing.T) {
	w := openDisk(t)
	h := keep(t, w.store, data(1000))
	for _, path := range []string{"incoming", "contents", "contents/" + h.String()[:2], "contents/" + h.String()[:2] + "/" + h.String()} {
		info, err := os.Stat(filepath.Join(w.dir, path))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestDiskInAnotherPlace: a folder that somebody put where the contents were is not
// taken for a store that never had them.
func TestDiskInAnotherPlace(t *testing.T) {
	w := openDisk(t)
	h := keep(t, w.store, data(1000))
	w.lose(t)
	if err := os.MkdirAll(filepath.Join(w.dir, "contents"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := w.store.Stat(t.Context(), h)
	for doing, err := range map[string]error{"stat": err, "each": w.store.Each(t.Context(), func(files.Info) error { return nil }), "ready": w.store.Ready(t.Context())} {
		if !errors.Is(err, files.ErrUnavailable) || errors.Is(err, files.ErrNotFound) {
			t.Errorf("%s: %v", doing, err)
		}
	}
}

// TestDiskMakesFoldersWhenNeeded, each with its first content.
func TestDiskMakesFoldersWhenNeeded(t *testing.T) {
	w := openDisk(t)
	folders := func() []string {
		found, err := filepath.Glob(filepath.Join(w.dir, "contents", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := folders(); len(found) != 0 {
		t.Errorf("an empty store has %q", found)
	}
	h := keep(t, w.store, data(1000))
	if found := folders(); len(found) != 1 || filepath.Base(found[0]) != h.String()[:2] {
		t.Errorf("for %s it has %q", h, found)
	}
}

func TestDiskWithoutItsFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := files.OpenDisk(file); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
}
