package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"learningcity/internal/backup"
)

// rows are tables in memory, in the order of the header.
type rows map[string]string

func (r rows) Copy(_ context.Context, t backup.Table, w io.Writer) (int64, error) {
	_, err := io.WriteString(w, r[t.String()])
	return int64(strings.Count(r[t.String()], "\n")), err
}

// keeper is a target in memory. It counts as changed once it was finished.
type keeper struct {
	header backup.Header
	rows   rows
}

func (k *keeper) Begin(_ context.Context, h backup.Header) error {
	k.header, k.rows = h, rows{}
	return nil
}

func (k *keeper) Table(_ context.Context, t backup.Table, r io.Reader) error {
	text, err := io.ReadAll(r)
	k.rows[t.String()] = string(text)
	return err
}

// folder keeps contents in a directory.
type folder string

func (f folder) Each(_ context.Context, visit func(backup.Hash, int64) error) error {
	all, err := os.ReadDir(string(f)) // in the order of the names
	for _, entry := range all {
		var h backup.Hash
		info, infoErr := entry.Info()
		if err = errors.Join(infoErr, h.UnmarshalText([]byte(entry.Name()))); err == nil {
			err = visit(h, info.Size())
		}
		if err != nil {
			break
		}
	}
	return err
}

func (f folder) Open(_ context.Context, h backup.Hash) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(f), h.String()))
}

func (f folder) Put(_ context.Context, h backup.Hash, _ int64, r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(string(f), h.String()), content, 0o600)
}

func (f folder) add(t testing.TB, content string) backup.Hash {
	t.Helper()
	h := backup.Hash(sha256.Sum256([]byte(content)))
	must(t, os.WriteFile(filepath.Join(string(f), h.String()), []byte(content), 0o600))
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	header = backup.Header{Program: "test", Made: time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC), Migration: 8,
		Tables: []backup.Table{{Schema: "public", Name: "a", Columns: []string{"id"}}, {Schema: "public", Name: "empty", Columns: []string{"id"}},
			{Schema: "river", Name: "Đặc biệt/../x", Columns: []string{"x", "y"}}},
		Sequences: []backup.Sequence{{Schema: "public", Name: "a_id_seq", Last: 7, Called: true}}}
	content = rows{"public.a": "1\n2\n", "river.Đặc biệt/../x": "a\tb\n"}
)

// saved is a small backup with two files.
func saved(t testing.TB) []byte {
	t.Helper()
	f := folder(t.TempDir())
	f.add(t, "one")
	f.add(t, "two")
	var file bytes.Buffer
	_, err := backup.Save(t.Context(), &file, header, content, f)
	must(t, err)
	return file.Bytes()
}

func load(t testing.TB, file []byte, contents backup.Contents) (*keeper, backup.Manifest, error) {
	t.Helper()
	k := &keeper{}
	m, err := backup.Load(t.Context(), bytes.NewReader(file), int64(len(file)), k, contents)
	return k, m, err
}

// TestSaveAndLoad gives everything back, and any tar reads the file.
func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	from, to := folder(t.TempDir()), folder(t.TempDir())
	contents := []string{"", "x", strings.Repeat("Hạ Long ", 50_000)}
	for _, c := range contents {
		from.add(t, c)
	}
	large := rows{"public.a": strings.Repeat("một hàng khá dài\n", 100_000), "river.Đặc biệt/../x": "a\tb\n"}
	var file bytes.Buffer
	made, err := backup.Save(t.Context(), &file, header, large, from)
	must(t, err)
	k, m, err := load(t, file.Bytes(), to)
	must(t, err)
	want := header
	want.Format = backup.Format
	if !reflect.DeepEqual(k.header, want) || !reflect.DeepEqual(m, made) {
		t.Errorf("header %+v, manifest %+v, written %+v", k.header, m, made)
	}
	if m.Rows() != 100_001 || m.Files.Count != 3 || m.Files.Bytes != int64(len(contents[1])+len(contents[2])) {
		t.Errorf("manifest %+v", m)
	}
	if k.rows["public.a"] != large["public.a"] || k.rows["public.empty"] != "" || k.rows["river.Đặc biệt/../x"] != "a\tb\n" {
		t.Error("the rows are others")
	}
	for _, c := range contents {
		h := sha256.Sum256([]byte(c))
		if got, err := os.ReadFile(filepath.Join(string(to), backup.Hash(h).String())); err != nil || string(got) != c {
			t.Errorf("file of %d bytes: %d, %v", len(c), len(got), err)
		}
	}
	names := entries(t, file.Bytes())
	if names[0] != "learningcity-backup.json" || names[len(names)-1] != "sha256" || names[1] != "tables/000-public.a/000001.gz" {
		t.Errorf("entries %q", names)
	}
	if !strings.Contains(strings.Join(names, "\n"), "tables/002-river.--c-bi-t-..-x/000001.gz") {
		t.Errorf("entries %q", names)
	}
	if h, looked, err := backup.Check(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len())); err != nil ||
		!reflect.DeepEqual(h, want) || !reflect.DeepEqual(looked, made) {
		t.Errorf("check: %+v, %+v, %v", h, looked, err)
	}
}

func entries(t testing.TB, file []byte) (names []string) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(file)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		must(t, err)
		names = append(names, h.Name)
	}
}

// TestEveryTruncation: a file of which the end is missing is never taken.
func TestEveryTruncation(t *testing.T) {
	t.Parallel()
	file := saved(t)
	_, _, err := load(t, file, folder(t.TempDir()))
	must(t, err)
	for n := 0; n < len(file); n += 7 {
		_, _, err := backup.Check(t.Context(), bytes.NewReader(file[:n]), int64(n))
		if !errors.Is(err, backup.ErrBroken) && !errors.Is(err, backup.ErrForeign) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	_, _, err = backup.Check(t.Context(), bytes.NewReader(append(bytes.Clone(file), 0)), int64(len(file)+1))
	if !errors.Is(err, backup.ErrBroken) {
		t.Errorf("one byte more: %v", err)
	}
}

func TestEveryFlippedByte(t *testing.T) {
	t.Parallel()
	file := saved(t)
	for n := 0; n < len(file); n += 3 {
		flipped := bytes.Clone(file)
		flipped[n] ^= 1 << (n / 3 % 8)
		_, _, err := backup.Check(t.Context(), bytes.NewReader(flipped), int64(len(flipped)))
		if err == nil {
			t.Fatalf("byte %d is another one, and nobody minds", n)
		}
		if !errors.Is(err, backup.ErrBroken) && !errors.Is(err, backup.ErrForeign) && !errors.Is(err, backup.ErrNewer) {
			t.Fatalf("byte %d: %v", n, err)
		}
	}
}

// forged is the small backup with one thing changed, and its last sum made
// anew: what somebody writes who knows the format.
func forged(t testing.TB, change func(h *tar.Header, content []byte) ([]byte, bool)) []byte {
	t.Helper()
	var file bytes.Buffer
	w := tar.NewWriter(&file)
	for r := tar.NewReader(bytes.NewReader(saved(t))); ; {
		h, err := r.Next()
		must(t, err)
		if h.Name == "sha256" {
			break
		}
		text, err := io.ReadAll(r)
		must(t, err)
		text, keep := change(h, text)
		if !keep {
			continue
		}
		h.Size = int64(len(text))
		must(t, w.WriteHeader(h))
		_, err = w.Write(text)
		must(t, err)
	}
	must(t, w.Flush())
	return append(file.Bytes(), backup.End(sum(file.Bytes()))...)
}

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }

// TestForged: names that lead elsewhere, links, sums, orders and sizes that are
// not as they are written.
func TestForged(t *testing.T) {
	t.Parallel()
	file := func(h *tar.Header) bool { return strings.HasPrefix(h.Name, "files/") }
	seen := 0
	for name, tt := range map[string]struct {
		change func(h *tar.Header, b []byte) ([]byte, bool)
		want   error
		text   string
	}{
		"nothing": {func(_ *tar.Header, b []byte) ([]byte, bool) { return b, true }, nil, ""},
		"a name that leads out": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				h.Name = "files/../../../etc/passwd"
			}
			return b, true
		}, backup.ErrBroken, "is no file of a backup"},
		"an absolute name": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				h.Name = "/etc/passwd"
			}
			return b, true
		}, backup.ErrBroken, `"/etc/passwd" does not belong there`},
		"a link": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				h.Typeflag, h.Linkname = tar.TypeSymlink, "/etc/passwd"
				return nil, true
			}
			return b, true
		}, backup.ErrBroken, "is no plain entry"},
		"a hash in capitals": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				h.Name = "files/" + strings.ToUpper(strings.TrimPrefix(h.Name, "files/"))
			}
			return b, true
		}, backup.ErrBroken, "is no file of a backup"},
		"another content": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				b = []byte("own")
			}
			return b, true
		}, backup.ErrBroken, "do not have its hash"},
		"a longer content": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				b = append(b, '!')
			}
			return b, true
		}, backup.ErrBroken, "do not have its hash"},
		"a file less": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				seen++
			}
			return b, !file(h) || seen > 1
		}, backup.ErrBroken, "its sums are not those of its manifest"},
		"a part less": {func(h *tar.Header, b []byte) ([]byte, bool) {
			return b, !strings.HasPrefix(h.Name, "tables/000")
		}, backup.ErrBroken, "its sums are not those of its manifest"},
		"a part that is no gzip": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if strings.HasPrefix(h.Name, "tables/000") {
				b = []byte(strings.Repeat("1\n", 50))
			}
			return b, true
		}, backup.ErrBroken, "gzip"},
		"bytes behind a part": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if strings.HasPrefix(h.Name, "tables/000") {
				b = append(b, 1)
			}
			return b, true
		}, backup.ErrBroken, "cannot be unpacked"},
		"a bomb": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if strings.HasPrefix(h.Name, "tables/000") {
				b = packed(t, 1<<20+1)
			}
			return b, true
		}, backup.ErrBroken, "cannot be unpacked"},
		"a part that is too large": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if strings.HasPrefix(h.Name, "tables/000") {
				b = make([]byte, 2<<20+1)
			}
			return b, true
		}, backup.ErrBroken, "is too large"},
		"a header that is too large": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if h.Name == "learningcity-backup.json" {
				b = append(b, bytes.Repeat([]byte{' '}, 4<<20)...)
			}
			return b, true
		}, backup.ErrBroken, "is too large"},
		"no manifest": {func(h *tar.Header, b []byte) ([]byte, bool) {
			return b, h.Name != "manifest.json"
		}, backup.ErrBroken, "manifest.json is missing"},
		"a manifest with more in it": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if h.Name == "manifest.json" {
				b = bytes.Replace(b, []byte(`"tables"`), []byte(`"extra": 1, "tables"`), 1)
			}
			return b, true
		}, backup.ErrBroken, "its manifest cannot be read"},
		"a later format": {func(_ *tar.Header, b []byte) ([]byte, bool) {
			return bytes.Replace(b, []byte(`"format": 1`), []byte(`"format": 2, "new": true`), 1), true
		}, backup.ErrNewer, "its format is 2, this program reads 1"},
		"a header without a format": {func(_ *tar.Header, b []byte) ([]byte, bool) {
			return bytes.Replace(b, []byte(`"format": 1`), []byte(`"format": 0`), 1), true
		}, backup.ErrBroken, "its header cannot be read"},
		"a table twice": {func(_ *tar.Header, b []byte) ([]byte, bool) {
			return bytes.Replace(b, []byte(`"empty"`), []byte(`"a"`), 1), true
		}, backup.ErrBroken, "public.a stands there twice"},
		"another tar": {func(h *tar.Header, b []byte) ([]byte, bool) {
			return b, h.Name != "learningcity-backup.json"
		}, backup.ErrForeign, ""},
		"a modern header": {func(h *tar.Header, b []byte) ([]byte, bool) {
			if file(h) {
				h.Format, h.PAXRecords = tar.FormatPAX, map[string]string{"LEARNING.city": "x"}
			}
			return b, true
		}, backup.ErrBroken, "is no plain entry"},
	} {
		_, _, err := load(t, forged(t, tt.change), folder(t.TempDir()))
		if !errors.Is(err, tt.want) || tt.text != "" && !strings.Contains(fmt.Sprint(err), tt.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

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

// forgetful loses what it is given.
type forgetful struct{ folder }

func (f forgetful) Put(ctx context.Context, h backup.Hash, size int64, r io.Reader) error {
	return errors.Join(f.folder.Put(ctx, h, size, r), os.WriteFile(filepath.Join(string(f.folder), h.String()), []byte("onE"), 0o600))
}

// TestFilesAreReadAgain where they were put.
func TestFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, saved(t), forgetful{folder(t.TempDir())})
	if err == nil || errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), "the content is damaged") {
		t.Errorf("%v", err)
	}
}

// TestForeignFiles of several kinds are told from broken ones.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"empty": nil, "text": []byte(strings.Repeat("pg_dump\n", 1000)), "zeros": make([]byte, 10_000), "gzip": packed(t, 100_000),
	} {
		if _, _, err := load(t, file, nil); !errors.Is(err, backup.ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDamagedContentIsNotSaved: the operator hears of it by name.
func TestDamagedContentIsNotSaved(t *testing.T) {
	t.Parallel()
	for _, rot := range []string{"onE", "one more", "on"} {
		f := folder(t.TempDir())
		h := f.add(t, "one")
		must(t, os.WriteFile(filepath.Join(string(f), h.String()), []byte(rot), 0o600))
		_, err := backup.Save(t.Context(), io.Discard, header, content, f)
		if err == nil || !strings.Contains(err.Error(), h.String()) || !strings.Contains(err.Error(), "the content is damaged") {
			t.Errorf("%q: %v", rot, err)
		}
	}
}

// TestLoadPassesErrorsOn of those who take what it reads, and of the context.
func TestLoadPassesErrorsOn(t *testing.T) {
	t.Parallel()
	file := saved(t)
	if _, _, err := load(t, file, nil); !errors.Is(err, backup.ErrNoStore) {
		t.Errorf("without a store: %v", err)
	}
	full := errors.New("full")
	for _, k := range []*failing{{begin: full}, {table: full}, {put: full}} {
		if _, err := backup.Load(t.Context(), bytes.NewReader(file), int64(len(file)), k, k); !errors.Is(err, full) {
			t.Errorf("%+v: %v", k, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := backup.Check(ctx, bytes.NewReader(file), int64(len(file))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := backup.Save(t.Context(), &failing{put: full}, header, content, nil); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
}

type failing struct{ begin, table, put error }

func (f *failing) Begin(context.Context, backup.Header) error { return f.begin }

func (f *failing) Table(context.Context, backup.Table, io.Reader) error { return f.table }

func (f *failing) Each(context.Context, func(backup.Hash, int64) error) error { return nil }

func (f *failing) Open(context.Context, backup.Hash) (io.ReadCloser, error) { return nil, f.put }

func (f *failing) Put(_ context.Context, _ backup.Hash, _ int64, r io.Reader) error {
	_, _ = io.Copy(io.Discard, r)
	return f.put
}

func (f *failing) Write([]byte) (int, error) { return 0, f.put }

// FuzzCheck: no bytes make it fail otherwise than with an error, and what it
// takes for whole it can load.
func FuzzCheck(f *testing.F) {
	f.Add(saved(f))
	f.Add([]byte("no backup"))
	f.Add(make([]byte, 4096))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, b := range [][]byte{file, append(bytes.Clone(file), backup.End(sum(file))...)} {
			_, m, err := backup.Check(t.Context(), bytes.NewReader(b), int64(len(b)))
			if err != nil {
				continue
			}
			if _, again, err := load(t, b, folder(t.TempDir())); err != nil || !reflect.DeepEqual(again, m) {
				t.Errorf("checked, but loaded %+v, %v", again, err)
			}
		}
	})
}

// packed is a gzip of n new lines.
func packed(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(bytes.Repeat([]byte{'\n'}, n))
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}
