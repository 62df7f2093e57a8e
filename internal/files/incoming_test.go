package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"learningcity/internal/files"
)

func testDiscarded(t *testing.T, w world) {
	in, err := w.store.Receive(t.Context(), strings.NewReader("x"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(in.Discard(), in.Discard()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, w)
}

func testCutConnection(t *testing.T, w world) {
	cut := io.MultiReader(bytes.NewReader(data(mebi)), iotest.ErrReader(io.ErrUnexpectedEOF))
	in, err := w.store.Receive(t.Context(), cut, 2*mebi)
	if in != nil || !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, files.ErrUnavailable) {
		t.Errorf("%v, %v", in, err)
	}
	nothingLeft(t, w)
}

// testWatched: watchers see what is stored, however it comes, and one that fails
// ends it, the reader as well.
func testWatched(t *testing.T, w world) {
	for _, size := range []int{0, 1, 256 << 10, 256<<10 + 1, 3*mebi + 7} {
		content := data(size)
		var quick, slow bytes.Buffer
		slowly := writerFunc(func(p []byte) (int, error) { time.Sleep(time.Millisecond); return slow.Write(p) })
		in, err := w.store.Receive(t.Context(), iotest.DataErrReader(bytes.NewReader(content)), int64(size), &quick, slowly)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(quick.Bytes(), content) || !bytes.Equal(slow.Bytes(), content) || in.Hash() != sha256.Sum256(content) {
			t.Errorf("of %d bytes %d and %d were seen", size, quick.Len(), slow.Len())
		}
		if err := in.Discard(); err != nil {
			t.Error(err)
		}
	}
	enough := errors.New("enough")
	const much = 64 * mebi // which a failure may leave on the disk
	long := io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), nil }), much)
	if _, err := w.store.Receive(t.Context(), long, much, writerFunc(func([]byte) (int, error) { return 0, enough })); !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, w)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func testTooLarge(t *testing.T, w world) {
	in, err := w.store.Receive(t.Context(), bytes.NewReader(data(mebi+1)), mebi)
	if in != nil || !errors.Is(err, files.ErrTooLarge) {
		t.Errorf("%v, %v", in, err)
	}
	nothingLeft(t, w)
}

func testCancelled(t *testing.T, w world) {
	ctx, cancel := context.WithCancel(t.Context())
	half := io.MultiReader(bytes.NewReader(data(mebi)), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }))
	if _, err := w.store.Receive(ctx, half, 2*mebi); !errors.Is(err, context.Canceled) || errors.Is(err, files.ErrUnavailable) {
		t.Errorf("receive: %v", err)
	}
	in, err := w.store.Receive(t.Context(), bytes.NewReader(data(mebi)), mebi)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, files.ErrUnavailable) {
		t.Errorf("commit: %v", err)
	}
	if err := in.Discard(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, w)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func testSweeps(t *testing.T, w world) {
	in, err := w.store.Receive(t.Context(), strings.NewReader("x"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.store.SweepIncoming(time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("a young one: %d, %v", n, err)
	}
	if n, err := w.store.SweepIncoming(time.Now().Add(time.Hour)); n != 1 || err != nil || len(arriving(t, w)) != 0 {
		t.Errorf("an old one: %d, %v", n, err)
	}
	if err := in.Discard(); err != nil {
		t.Errorf("discard after the sweep: %v", err)
	}
}

// testCrash ends a process at each step of an upload. Whatever has its final
// name is whole, and what was acknowledged is there.
func testCrash(t *testing.T, w world) {
	whole := files.Hash(sha256.Sum256(crashContent()))
	for _, step := range []string{"created", "half", "received", "sending", "flushed", "housed", "named", "kept", "acknowledged"} {
		said := w.child(t, "crash", step)
		all := kept(t, w.store)
		switch {
		case len(all) > 1, len(all) == 1 && all[0].Hash != whole:
			t.Errorf("%s: kept %v", step, all)
		case len(all) == 1:
			if err := files.Verify(t.Context(), w.store, whole); err != nil {
				t.Errorf("%s: %v", step, err)
			}
		case strings.Contains(said, "acknowledged"):
			t.Errorf("%s: acknowledged and lost", step)
		}
		if step == "acknowledged" != strings.Contains(said, "acknowledged") && !strings.Contains(said, "no such step") {
			t.Errorf("%s: the child says %q", step, said)
		}
		if _, err := w.store.SweepIncoming(time.Now().Add(time.Hour)); err != nil || len(arriving(t, w)) != 0 {
			t.Errorf("%s: left %v, %v", step, arriving(t, w), err)
		}
		if err := w.store.Delete(t.Context(), whole); err != nil {
			t.Error(err)
		}
	}
}

func crashContent() []byte { return data(mebi) }

// crash is the child of testCrash: it uploads, and ends itself at the step.
func crash(store files.Store, step string) error {
	die := func() {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		fmt.Println("not killed:", err)
		select {}
	}
	files.OnStep(store, func(reached string) {
		if reached == step {
			die()
		}
	})
	half := bytes.NewReader(crashContent()[:mebi/2])
	body := io.MultiReader(half, readerFunc(func([]byte) (int, error) {
		if step == "half" {
			die()
		}
		return 0, io.EOF
	}), bytes.NewReader(crashContent()[mebi/2:]))
	in, err := store.Receive(context.Background(), body, mebi)
	if err != nil {
		return err
	}
	if err := in.Commit(context.Background()); err != nil {
		return err
	}
	fmt.Println("acknowledged")
	if step == "acknowledged" {
		die()
	}
	fmt.Println("no such step")
	return nil
}
