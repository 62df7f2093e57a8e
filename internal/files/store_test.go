package files_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"learningcity/internal/files"
)

// world is a store under test and what happens to it from outside.
type world struct {
	store files.Store
	dir   string                                    // of the data
	rot   func(t *testing.T, h files.Hash)          // changes a byte of a content
	lose  func(t *testing.T)                        // takes the store away
	child func(t *testing.T, args ...string) string // the arguments of a process that opens the same store
}

const mebi = 1 << 20

// testStore is the suite that every store passes.
func testStore(t *testing.T, open func(t *testing.T) world) {
	for name, test := range map[string]func(t *testing.T, w world){
		"keeps":            testKeeps,
		"ranges":           testRanges,
		"committed twice":  testCommittedTwice,
		"discarded":        testDiscarded,
		"cut connection":   testCutConnection,
		"too large":        testTooLarge,
		"cancelled":        testCancelled,
		"missing":          testMissing,
		"lists in order":   testListsInOrder,
		"the same at once": testTheSameAtOnce,
		"rotten":           testRotten,
		"gone":             testGone,
		"sweeps":           testSweeps,
		"memory":           testMemory,
		"crash":            testCrash,
		"copies":           testCopies,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// data are n bytes that do not repeat.
func data(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func keep(t *testing.T, store files.Store, content []byte) files.Hash {
	t.Helper()
	in, err := store.Receive(t.Context(), bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return in.Hash()
}

func read(t *testing.T, store files.Store, h files.Hash) []byte {
	t.Helper()
	content, err := store.Open(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	b, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// kept lists the store.
func kept(t *testing.T, store files.Store) []files.Info {
	t.Helper()
	var all []files.Info
	if err := store.Each(t.Context(), func(i files.Info) error { all = append(all, i); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// arriving lists what uploads have on the local disk.
func arriving(t *testing.T, w world) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(w.dir, "incoming", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// nothingLeft: neither a content nor a part of one.
func nothingLeft(t *testing.T, w world) {
	t.Helper()
	if all := kept(t, w.store); len(all) != 0 {
		t.Errorf("kept: %v", all)
	}
	if all := arriving(t, w); len(all) != 0 {
		t.Errorf("on the way: %v", all)
	}
}

func testKeeps(t *testing.T, w world) {
	content := data(3*mebi + 7)
	before := time.Now().Add(-time.Minute)
	in, err := w.store.Receive(t.Context(), bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if in.Hash() != files.Hash(sha256.Sum256(content)) || in.Size() != int64(len(content)) {
		t.Errorf("received %s of %d bytes", in.Hash(), in.Size())
	}
	looked := make([]byte, 9)
	if _, err := in.ReadAt(looked, mebi); err != nil || !bytes.Equal(looked, content[mebi:mebi+9]) {
		t.Errorf("looked into it: %x, %v", looked, err)
	}
	if all := kept(t, w.store); len(all) != 0 {
		t.Errorf("before the commit: %v", all)
	}
	if err := in.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := w.store.Stat(t.Context(), in.Hash())
	if err != nil || info.Hash != in.Hash() || info.Size != in.Size() || info.ModTime.Before(before) || info.ModTime.After(time.Now().Add(time.Minute)) {
		t.Errorf("stat: %+v, %v", info, err)
	}
	if !bytes.Equal(read(t, w.store, in.Hash()), content) {
		t.Error("another content came back")
	}
	if err := files.Verify(t.Context(), w.store, in.Hash()); err != nil {
		t.Error(err)
	}
	if all := arriving(t, w); len(all) != 0 {
		t.Errorf("on the way: %v", all)
	}
	if err := in.Commit(t.Context()); err == nil {
		t.Error("committed twice")
	}
	if err := w.store.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// testRanges: what http.ServeContent does.
func testRanges(t *testing.T, w world) {
	content := data(2 * mebi)
	opened, err := w.store.Open(t.Context(), keep(t, w.store, content))
	if err != nil {
		t.Fatal(err)
	}
	if end, err := opened.Seek(0, io.SeekEnd); err != nil || end != int64(len(content)) || opened.Size() != end {
		t.Errorf("end at %d of %d, %v", end, opened.Size(), err)
	}
	for _, at := range []int{mebi, 0, 2*mebi - 5, 17} {
		if _, err := opened.Seek(int64(at), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 5)
		if _, err := io.ReadFull(opened, part); err != nil || !bytes.Equal(part, content[at:at+5]) {
			t.Errorf("at %d: %x, %v", at, part, err)
		}
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
}

func testCommittedTwice(t *testing.T, w world) {
	content := data(70_000)
	first, second := keep(t, w.store, content), keep(t, w.store, content)
	if all := kept(t, w.store); first != second || len(all) != 1 || all[0].Size != 70_000 {
		t.Errorf("%s, %s: %v", first, second, all)
	}
}

func testMissing(t *testing.T, w world) {
	h := files.Hash(sha256.Sum256(nil))
	_, openErr := w.store.Open(t.Context(), h)
	_, statErr := w.store.Stat(t.Context(), h)
	verifyErr := files.Verify(t.Context(), w.store, h)
	for _, err := range []error{openErr, statErr, verifyErr} {
		if !errors.Is(err, files.ErrNotFound) || errors.Is(err, files.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	}
	if err := w.store.Delete(t.Context(), h); err != nil {
		t.Errorf("delete: %v", err)
	}
	h = keep(t, w.store, data(100))
	if err := w.store.Delete(t.Context(), h); err != nil {
		t.Errorf("delete: %v", err)
	}
	nothingLeft(t, w)
}

func testListsInOrder(t *testing.T, w world) {
	sizes := map[files.Hash]int64{}
	for n := range 20 {
		sizes[keep(t, w.store, data(n))] = int64(n)
	}
	all := kept(t, w.store)
	if len(all) != 20 || !slices.IsSortedFunc(all, func(a, b files.Info) int { return bytes.Compare(a.Hash[:], b.Hash[:]) }) {
		t.Errorf("listed: %v", all)
	}
	for _, i := range all {
		if i.Size != sizes[i.Hash] || time.Since(i.ModTime).Abs() > time.Minute {
			t.Errorf("%+v, want %d bytes", i, sizes[i.Hash])
		}
	}
	enough := errors.New("enough")
	seen := 0
	err := w.store.Each(t.Context(), func(files.Info) error { seen++; return enough })
	if !errors.Is(err, enough) || seen != 1 {
		t.Errorf("stopped with %v after %d", err, seen)
	}
}

func testTheSameAtOnce(t *testing.T, w world) {
	content := data(mebi)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			in, err := w.store.Receive(t.Context(), bytes.NewReader(content), mebi)
			if err == nil {
				err = in.Commit(t.Context())
			}
			if err == nil {
				err = files.Verify(t.Context(), w.store, in.Hash())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if found := kept(t, w.store); len(found) != 1 || found[0].Size != mebi {
		t.Errorf("kept %v", found)
	}
}

func testRotten(t *testing.T, w world) {
	content := data(mebi)
	h := keep(t, w.store, content)
	w.rot(t, h)
	if err := files.Verify(t.Context(), w.store, h); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("verify: %v", err)
	}
	target, err := files.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	if err := files.Copy(t.Context(), w.store, target, h); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("copy: %v", err)
	}
	if all := kept(t, target); len(all) != 0 {
		t.Errorf("copied %v", all)
	}
	keep(t, w.store, content) // the same upload once more heals it
	if err := files.Verify(t.Context(), w.store, h); err != nil {
		t.Errorf("after the same upload: %v", err)
	}
}

func testGone(t *testing.T, w world) {
	h := keep(t, w.store, data(10))
	in, err := w.store.Receive(t.Context(), strings.NewReader("x"), 1)
	if err != nil {
		t.Fatal(err)
	}
	w.lose(t)
	started := time.Now()
	_, openErr := w.store.Open(t.Context(), h)
	_, statErr := w.store.Stat(t.Context(), h)
	for doing, err := range map[string]error{
		"open": openErr, "stat": statErr, "commit": in.Commit(t.Context()), "delete": w.store.Delete(t.Context(), h),
		"each": w.store.Each(t.Context(), func(files.Info) error { return nil }), "ready": w.store.Ready(t.Context()),
	} {
		if !errors.Is(err, files.ErrUnavailable) || errors.Is(err, files.ErrNotFound) {
			t.Errorf("%s: %v", doing, err)
		}
	}
	if took := time.Since(started); took > 30*time.Second {
		t.Errorf("it took %v to say so", took)
	}
}

// testMemory counts all that is allocated on the way in and out, which is more
// than is held at once.
func testMemory(t *testing.T, w world) {
	const size = 100 * mebi
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	in, err := w.store.Receive(t.Context(), io.LimitReader(rand.NewChaCha8([32]byte{}), size), size)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := files.Verify(t.Context(), w.store, in.Hash()); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 16*mebi {
		t.Errorf("%d MiB of memory for %d MiB of content", used/mebi, size/mebi)
	}
}

func testCopies(t *testing.T, w world) {
	other, err := files.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	content := data(mebi)
	h := keep(t, other, content)
	if err := files.Copy(t.Context(), other, w.store, h); err != nil {
		t.Fatal(err)
	}
	if err := other.Delete(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if err := files.Copy(t.Context(), w.store, other, h); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, other, h), content) || len(arriving(t, w)) != 0 {
		t.Error("something else came back")
	}
}

func TestHash(t *testing.T) {
	h := files.Hash(sha256.Sum256([]byte("x")))
	if again, err := files.ParseHash(h.String()); err != nil || again != h {
		t.Errorf("%v, %v", again, err)
	}
	for _, bad := range []string{"", "x", h.String()[1:], h.String() + "0", strings.ToUpper(h.String()), strings.Repeat("zz", 32), "../" + h.String()[3:]} {
		if got, err := files.ParseHash(bad); err == nil || got != (files.Hash{}) {
			t.Errorf("%q is %v, %v", bad, got, err)
		}
	}
}
