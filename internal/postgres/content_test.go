package postgres_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestContentInCity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	open, secret := w.add(t, decree("open")), w.add(t, restricted(decree("secret")))
	hue.add(t, decree("theirs"))
	must(t, w.store.NewVersion(t.Context(), w.staff, w.evidenceRef(t, open), fileOf("newer"), 0))
	for _, tt := range []struct {
		content string
		by      tracker.Actor
		want    []int64
	}{
		{"open", w.leader, []int64{open}}, {"newer", w.leader, []int64{open}}, {"secret", w.staff, []int64{secret}},
		{"secret", w.leader, nil}, {"theirs", w.coordinator, nil}, {"none", w.coordinator, nil},
	} {
		all, err := w.store.ContentInCity(t.Context(), tt.by, w.slug, hashed(tt.content))
		must(t, err)
		var ids []int64
		for _, e := range all {
			ids = append(ids, e.ID)
		}
		if !slices.Equal(ids, tt.want) {
			t.Errorf("%s is in %v, want %v", tt.content, ids, tt.want)
		}
	}
	// Who may not see it does not hear of it, and a second row needs no second content.
	n := decree("secret")
	n.Passport.Department = "EDU"
	_, err := w.store.AddEvidence(t.Context(), w.other, w.slug, n)
	must(t, err)
	again := decree("open")
	again.Again = true
	w.add(t, again)
	held := w.db.Count(t, `SELECT sum(size) FROM content WHERE city_id = $1`, w.id)
	if want := len("open") + len("newer") + len("secret"); held != want {
		t.Errorf("%d bytes are held, want %d", held, want)
	}
	wrong := fileOf("open")
	wrong.File.Size++
	n = decree("x")
	n.Content, n.Again = wrong, true
	if _, err := w.store.AddEvidence(t.Context(), w.staff, w.slug, n); err == nil || same(err, tracker.Invalid("", "")) {
		t.Errorf("one hash of two sizes: %v", err)
	}
}

// TestSameContentAtOnce: of several uploads of a content one adds it, and the
// others hear that it is there; the quota holds.
func TestSameContentAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	errs := atOnce(t, db, 4, func(_ int, s *postgres.Store) error {
		return s.LockContent(t.Context(), hashed("same"), func(locked *postgres.Store) error {
			_, err := locked.AddEvidence(t.Context(), w.staff, w.slug, decree("same"))
			return err
		})
	})
	if count(errs, nil) != 1 || count(errs, tracker.Invalid("file", "evidence.error.known_content")) != 3 {
		t.Errorf("answers are %v", errs)
	}
	errs = atOnce(t, db, 4, func(i int, s *postgres.Store) error {
		n := decree([]string{"one", "two", "six", "ten"}[i])
		n.Quota = int64(len("same") + 2*len("one"))
		_, err := s.AddEvidence(t.Context(), w.staff, w.slug, n)
		return err
	})
	if count(errs, nil) != 2 || count(errs, tracker.Invalid("file", "evidence.error.quota")) != 2 {
		t.Errorf("answers are %v", errs)
	}
}

// TestWithdrawOrLink at once: one after the other in either order, and the
// entry's history has both or the link is refused.
func TestWithdrawOrLink(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	for range 5 {
		n := decree("a")
		n.Again = true
		id := w.add(t, n)
		ref, events := w.evidenceRef(t, id), len(w.events(t))
		errs := atOnce(t, db, 2, func(i int, s *postgres.Store) error {
			if i == 0 {
				return s.WithdrawEvidence(t.Context(), w.staff, ref, "x")
			}
			return s.Link(t.Context(), w.staff, w.slug, id, to(nil, described, measured))
		})
		linked := errs[1] == nil
		if errs[0] != nil || !linked && !same(errs[1], tracker.Invalid("", "evidence.error.withdrawn")) {
			t.Errorf("answers are %v", errs)
		}
		if got := len(w.events(t)) - events; linked && got != 4 || !linked && got != 0 {
			t.Errorf("linked is %v, with %d events", linked, got)
		}
	}
}

// TestEvidenceCrosswise: acts on the same entries in opposite orders all end.
func TestEvidenceCrosswise(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	codes := db.Lines(t, `SELECT code FROM indicator ORDER BY position`)
	ids := []int64{w.add(t, decree("a")), w.add(t, decree("b")), w.add(t, decree("c")), w.add(t, decree("d"))}
	errs := atOnce(t, db, 4, func(i int, s *postgres.Store) error {
		mine := slices.Clone(codes)
		if i%2 == 1 {
			slices.Reverse(mine)
		}
		err := s.Link(t.Context(), w.coordinator, w.slug, ids[i], to(nil, mine...))
		return errors.Join(err, s.NewVersion(t.Context(), w.coordinator, postgres.EvidenceRef{City: w.slug, ID: ids[i], Version: 1}, fileOf(mine[0]), 0))
	})
	if count(errs, nil) != 4 || len(w.events(t)) != 4*2*len(codes) {
		t.Errorf("answers are %v, %d events", errs, len(w.events(t)))
	}
	// Of two who supersede the same version one wins.
	errs = atOnce(t, db, 3, func(i int, s *postgres.Store) error {
		return s.NewVersion(t.Context(), w.coordinator, postgres.EvidenceRef{City: w.slug, ID: ids[0], Version: 2}, fileOf([]string{"x", "y", "z"}[i]), 0)
	})
	if count(errs, nil) != 1 || count(errs, tracker.ErrConflict) != 2 {
		t.Errorf("answers are %v", errs)
	}
}

// TestLockContent: nobody else is inside meanwhile, and a wait ends with its context.
func TestLockContent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	var inside, most atomic.Int32
	errs := atOnce(t, db, 5, func(_ int, s *postgres.Store) error {
		return s.LockContent(t.Context(), hashed("a"), func(*postgres.Store) error {
			most.Store(max(most.Load(), inside.Add(1)))
			time.Sleep(5 * time.Millisecond)
			inside.Add(-1)
			return nil
		})
	})
	if count(errs, nil) != 5 || most.Load() != 1 {
		t.Errorf("answers are %v, %d were inside at once", errs, most.Load())
	}
	boom, other := errors.New("boom"), db.Open(t, pgtest.Options{})
	err := db.Store.LockContent(t.Context(), hashed("a"), func(*postgres.Store) error {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := other.LockContent(ctx, hashed("a"), func(*postgres.Store) error { return nil }); !same(err, tracker.ErrUnavailable) {
			t.Errorf("while it is held: %v", err)
		}
		must(t, other.LockContent(t.Context(), hashed("b"), func(*postgres.Store) error { return nil }))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("the error is %v", err)
	}
	must(t, other.LockContent(t.Context(), hashed("a"), func(*postgres.Store) error { return nil }))
}

// TestReadsUnderALock: the store that holds the lock has a connection for
// whatever is asked, also where the pool has no other.
func TestReadsUnderALock(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	must(t, w.store.LockContent(t.Context(), hashed("a"), func(locked *postgres.Store) error {
		id, err := locked.AddEvidence(t.Context(), w.staff, w.slug, decree("a"))
		must(t, err)
		_, err = locked.Evidence(t.Context(), w.staff, w.slug, id)
		must(t, err)
		_, err = locked.ContentInCity(t.Context(), w.staff, w.slug, hashed("a"))
		return err
	}))
}

// TestSweepContent spares what a row points at in any city and what is young, and
// hears of a row that was inserted while it waited.
func TestSweepContent(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	w.add(t, decree("used"))
	old, boom := pgtest.Now.Add(-postgres.SweepSpares), errors.New("boom")
	for _, tt := range []struct {
		name, content string
		stored        time.Time
		asked, failed error
		swept         bool
		want          error
	}{
		{"left", "left", old, nil, nil, true, nil},
		{"used", "used", old, nil, nil, false, nil},
		{"young", "left", old.Add(time.Second), nil, nil, false, nil},
		{"not stored", "left", old, boom, nil, false, boom},
		{"not removed", "left", old, nil, boom, true, boom},
	} {
		removed := false
		swept, err := db.Store.SweepContent(t.Context(), hashed(tt.content), func() (time.Time, error) { return tt.stored, tt.asked },
			func() error { removed = true; return tt.failed })
		if swept != tt.swept || removed != tt.swept || !same(err, tt.want) {
			t.Errorf("%s: swept %v, removed %v, %v", tt.name, swept, removed, err)
		}
	}
	must(t, postgres.Backup(t.Context(), db.OwnerURL, func(*postgres.Snapshot) error {
		swept, err := db.Store.SweepContent(t.Context(), hashed("left"), func() (time.Time, error) { return old, nil }, func() error { return boom })
		if swept || err != nil {
			t.Errorf("during a backup: swept %v, %v", swept, err)
		}
		return nil
	}))
	uploading, uploaded := make(chan struct{}), make(chan error, 1)
	other := db.Open(t, pgtest.Options{})
	go func() {
		uploaded <- other.LockContent(t.Context(), hashed("late"), func(locked *postgres.Store) error {
			close(uploading)
			time.Sleep(50 * time.Millisecond)
			_, err := locked.AddEvidence(t.Context(), w.staff, w.slug, decree("late"))
			return err
		})
	}()
	<-uploading
	swept, err := db.Store.SweepContent(t.Context(), hashed("late"), func() (time.Time, error) { return old, nil }, func() error { return nil })
	must(t, err)
	must(t, <-uploaded)
	if swept {
		t.Error("a content was swept from under an upload")
	}
}

func TestContentsAfter(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	w.add(t, decree("a"))
	w.add(t, decree("bb"))
	hue.add(t, decree("a"))
	var after tracker.ContentHash
	var sizes []int64
	for {
		all, err := db.Store.ContentsAfter(t.Context(), after, 1)
		must(t, err)
		if len(all) == 0 {
			break
		}
		if slices.Compare(all[0].Hash[:], after[:]) <= 0 {
			t.Fatalf("%x after %x", all[0].Hash, after)
		}
		after, sizes = all[0].Hash, append(sizes, all[0].Size)
	}
	slices.Sort(sizes)
	if !slices.Equal(sizes, []int64{1, 2}) {
		t.Errorf("contents of %v bytes", sizes)
	}
}
