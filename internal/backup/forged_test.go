package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"learningcity/internal/backup"
)

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
