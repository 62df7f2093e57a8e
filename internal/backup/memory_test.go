package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"learningcity/internal/backup"
)

// TestHugeDeclaredSize: a header may say what it likes; nothing is made ready
// for it. It measures memory, so nothing runs beside it.
func TestHugeDeclaredSize(t *testing.T) {
	for _, name := range []string{"learningcity-backup.json", "files/" + strings.Repeat("0", 64), "manifest.json"} {
		var file bytes.Buffer
		w := tar.NewWriter(&file)
		if name != "learningcity-backup.json" {
			text := `{"format":1,"program":"","made":"2026-11-21T00:00:00Z","migration":1,"tables":[],"sequences":[]}`
			must(t, w.WriteHeader(&tar.Header{Name: "learningcity-backup.json", Mode: 0o600, Size: int64(len(text)), Format: tar.FormatUSTAR}))
			_, err := io.WriteString(w, text)
			must(t, err)
		}
		must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 8<<30 - 1, Format: tar.FormatUSTAR}))
		file.Write(make([]byte, 4096))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := load(t, file.Bytes(), folder(t.TempDir())); !errors.Is(err, backup.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%s: %d bytes of memory", name, took)
		}
	}
}

// endless is a large table and a large file that nobody holds in memory.
type endless struct{ size int64 }

func (e endless) Copy(_ context.Context, _ backup.Table, w io.Writer) (int64, error) {
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range e.size / 1024 {
		if _, err := w.Write(line); err != nil {
			return 0, err
		}
	}
	return e.size / 1024, nil
}

func (e endless) content() io.Reader { return io.LimitReader(zeros{}, e.size) }

func (e endless) Each(_ context.Context, visit func(backup.Hash, int64) error) error {
	h := sha256.New()
	if _, err := io.Copy(h, e.content()); err != nil {
		return err
	}
	return visit(backup.Hash(h.Sum(nil)), e.size)
}

func (e endless) Open(context.Context, backup.Hash) (io.ReadCloser, error) {
	return io.NopCloser(e.content()), nil
}

func (endless) Put(_ context.Context, _ backup.Hash, _ int64, r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestMemoryStaysSmall whatever a table or a file is. It measures memory, so
// nothing runs beside it.
func TestMemoryStaysSmall(t *testing.T) {
	const size = 40 << 20
	path := filepath.Join(t.TempDir(), "large")
	file, err := os.Create(path)
	must(t, err)
	defer file.Close()
	h := header
	h.Tables = h.Tables[:1]
	watched := &watch{File: file}
	_, err = backup.Save(t.Context(), watched, h, endless{size}, endless{size})
	must(t, err)
	info, err := file.Stat()
	must(t, err)
	k := &failing{} // reads nothing itself
	_, err = backup.Load(t.Context(), watched, info.Size(), k, endless{size})
	must(t, err)
	if watched.most > 20<<20 || watched.looked < 40 {
		t.Errorf("%d MiB at most, of %d looks", watched.most>>20, watched.looked)
	}
}

// watch looks how much memory is in use, once in a MiB.
type watch struct {
	*os.File
	bytes, looked int
	most          uint64
}

func (w *watch) Write(p []byte) (int, error) { w.look(len(p)); return w.File.Write(p) }

func (w *watch) ReadAt(p []byte, at int64) (int, error) {
	w.look(len(p))
	return w.File.ReadAt(p, at)
}

func (w *watch) look(n int) {
	if w.bytes += n; w.bytes < 1<<20 {
		return
	}
	w.bytes = 0
	w.looked++
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.most = max(w.most, m.HeapAlloc)
}
