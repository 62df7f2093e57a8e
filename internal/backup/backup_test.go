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
	"reflect"
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
