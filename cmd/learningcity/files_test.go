package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/files"
	"learningcity/internal/files/text"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// kept is a keeper on a database and a store of its own, and the coordinator of
// the demonstration city.
func kept(t *testing.T) (keeper, *pgtest.Database, tracker.Actor) {
	t.Helper()
	db := pgtest.New(t, pgtest.Options{Demo: true})
	store, err := files.OpenDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	var id, city int64
	if err := db.Owner.QueryRow(t.Context(), `SELECT m.account_id, m.city_id FROM membership m WHERE m.role = 'coordinator' ORDER BY 1 LIMIT 1`).Scan(&id, &city); err != nil {
		t.Fatal(err)
	}
	actor := tracker.Actor{AccountID: id, Memberships: []tracker.Membership{{Role: tracker.Coordinator, CityID: city, CitySlug: "ha-long"}}}
	return keeper{db.Store, store, text.New(t.TempDir()), slog.New(slog.DiscardHandler)}, db, actor
}

// put stores a content, and returns its file.
func put(t *testing.T, store files.Store, name, content string) tracker.File {
	t.Helper()
	in, err := store.Receive(t.Context(), strings.NewReader(content), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return tracker.File{Hash: tracker.ContentHash(in.Hash()), Size: in.Size(), Name: name, MediaType: "text/plain"}
}

func (k keeper) add(t *testing.T, actor tracker.Actor, f tracker.File) {
	t.Helper()
	_, err := k.store.AddEvidence(t.Context(), actor, "ha-long", postgres.NewEvidence{Content: tracker.EvidenceContent{File: f}, Again: true,
		Passport: tracker.Passport{Title: "Tài liệu", Access: tracker.AccessOpen, Language: "vi"}})
	if err != nil {
		t.Fatal(err)
	}
}

// found counts what a search finds.
func (k keeper) found(t *testing.T, actor tracker.Actor, query string) int {
	t.Helper()
	page, err := k.store.Library(t.Context(), actor, "ha-long", tracker.LibraryFilter{Query: query})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Rows)
}

// TestReadTexts: one file that is gone keeps no other from being read.
func TestReadTexts(t *testing.T) {
	t.Parallel()
	k, _, actor := kept(t)
	gone := put(t, k.files, "gone.txt", "mất rồi")
	k.add(t, actor, gone)
	k.add(t, actor, put(t, k.files, "a.txt", "Thư viện số liên thông"))
	if err := k.files.Delete(t.Context(), files.Hash(gone.Hash)); err != nil {
		t.Fatal(err)
	}
	if err := k.ReadTexts(t.Context(), postgres.ReadTexts{City: "ha-long"}); err == nil {
		t.Error("no error for the file that is gone")
	}
	if n := k.found(t, actor, "thu vien lien thong"); n != 1 {
		t.Errorf("%d found", n)
	}
	k.add(t, actor, put(t, k.files, "b.txt", "Không gian học tập mở"))
	if err := k.ReadTexts(t.Context(), postgres.ReadTexts{}); err == nil { // of all cities
		t.Error("no error for the file that is gone")
	}
	if n := k.found(t, actor, "khong gian"); n != 1 {
		t.Errorf("%d found", n)
	}
}

// TestTellExpiring: also of entries that come to their due date.
func TestTellExpiring(t *testing.T) {
	t.Parallel()
	k, db, _ := kept(t)
	db.Exec(t, `UPDATE entry SET due_on = $1, claim = 'in_progress', verdict = 'none', changed = false, submitted_by = NULL
		WHERE id = (SELECT min(id) FROM entry WHERE department_id IS NOT NULL)`, pgtest.Now.AddDate(0, 0, 3))
	if err := k.TellExpiring(t.Context()); err != nil {
		t.Error(err)
	}
	if n := db.Count(t, `SELECT count(DISTINCT entry_id) FROM inbox_item WHERE kind = 'entry_due'`); n != 1 {
		t.Errorf("told of %d entries", n)
	}
}

// TestSweepFiles spares what a row points at, and what is young.
func TestSweepFiles(t *testing.T) {
	t.Parallel()
	k, _, actor := kept(t)
	dir := t.TempDir()
	disk, err := files.OpenDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	k.files = disk
	used, left, young := put(t, disk, "a.txt", "used"), put(t, disk, "b.txt", "left"), put(t, disk, "c.txt", "young")
	k.add(t, actor, used)
	old := pgtest.Now.Add(-2 * postgres.SweepSpares)
	for _, f := range []tracker.File{used, left} {
		name := files.Hash(f.Hash).String()
		if err := os.Chtimes(filepath.Join(dir, "contents", name[:2], name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.SweepFiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		f     tracker.File
		there bool
	}{"used": {used, true}, "left": {left, false}, "young": {young, true}} {
		if _, err := disk.Stat(t.Context(), files.Hash(tt.f.Hash)); (err == nil) != tt.there {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCompareContents finds what is on one side only, wherever it stands.
func TestCompareContents(t *testing.T) {
	t.Parallel()
	k, _, actor := kept(t)
	for _, content := range []string{"1", "2", "3", "4", "5"} {
		f := put(t, k.files, "a.txt", content)
		k.add(t, actor, f)
		if content == "2" || content == "5" {
			if err := k.files.Delete(t.Context(), files.Hash(f.Hash)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(t, k.files, "b.txt", "6")
	put(t, k.files, "b.txt", "7")
	var noRow, noContent int
	if err := compareContents(t.Context(), k.store, k.files, func(files.Info) { noRow++ }, func(files.Hash) { noContent++ }); err != nil {
		t.Fatal(err)
	}
	if noRow != 2 || noContent != 2 {
		t.Errorf("%d without a row, %d without a content", noRow, noContent)
	}
}

// TestMissingContents: also where the folder is gone, which the doctor does not
// make.
func TestMissingContents(t *testing.T) {
	t.Parallel()
	k, _, actor := kept(t)
	f := put(t, k.files, "a.txt", "a")
	k.add(t, actor, f)
	c := config.Config{Files: "disk", DataDir: filepath.Join(t.TempDir(), "none")}
	missing, err := missingContents(t.Context(), c, k.store)
	if err != nil || len(missing) != 1 || missing[0] != files.Hash(f.Hash) {
		t.Errorf("without a folder: %v, %v", missing, err)
	}
	if _, err := os.Stat(c.DataDir); err == nil {
		t.Error("the folder was made")
	}
	there, err := files.OpenDisk(filesDir(c))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = there.Close() }()
	if missing, err = missingContents(t.Context(), c, k.store); err != nil || len(missing) != 1 {
		t.Errorf("in an empty store: %v, %v", missing, err)
	}
	put(t, there, "a.txt", "a")
	if missing, err = missingContents(t.Context(), c, k.store); err != nil || len(missing) != 0 {
		t.Errorf("in a whole one: %v, %v", missing, err)
	}
}

func TestCopyAll(t *testing.T) {
	t.Parallel()
	open := func() files.Store {
		store, err := files.OpenDisk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	}
	from, to := open(), open()
	a := put(t, from, "a", "a")
	put(t, from, "b", "b")
	put(t, to, "b", "b")
	for _, want := range [][2]int{{1, 1}, {0, 2}} {
		copied, there, err := copyAll(t.Context(), from, to)
		if err != nil || [2]int{copied, there} != want {
			t.Errorf("copied %d, there %d, %v; want %v", copied, there, err, want)
		}
	}
	c, err := to.Open(t.Context(), files.Hash(a.Hash))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var read bytes.Buffer
	if _, err := read.ReadFrom(c); err != nil || read.String() != "a" {
		t.Errorf("%q, %v", read.String(), err)
	}
	for _, args := range [][]string{{"files"}, {"files", "move"}, {"files", "copy"}} { // and no bucket
		if _, err := runCommand(t, nil, args...); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// upload sends one file of its own content, and returns the address of what it
// became; empty where the program did not say.
func (b *browser) upload(content string) string {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"access": "open", "department": "", "document_language": "vi"} {
		_ = w.WriteField(name, value) // a buffer takes all
	}
	part, _ := w.CreateFormFile("files", "a.txt")
	_, _ = io.WriteString(part, content)
	_ = w.Close()
	response, err := b.client.Post(b.base+"/cities/ha-long/evidence", w.FormDataContentType(), &body)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	return strings.TrimSuffix(response.Header.Get("Location"), "/passport")
}

// TestKillLosesNoAcknowledgedUpload: wherever the program is killed between the
// first byte and the answer, what was acknowledged is there, whole, and no row
// stands without its content.
func TestKillLosesNoAcknowledgedUpload(t *testing.T) {
	t.Parallel()
	dataDir := installed(t)
	kept := map[string]string{}
	for round := range 3 {
		p := start(t, dataDir)
		var storm sync.WaitGroup
		var mu sync.Mutex
		enough, stormy := len(kept)+20, make(chan struct{})
		for n := range 4 {
			b := p.signIn(t, "coordinator@ha-long.demo")
			storm.Go(func() {
				for i := 0; ; i++ {
					content := fmt.Sprintf("%d %d %d ", round, n, i) + strings.Repeat("nội dung ", 5000)
					at := b.upload(content)
					if at == "" {
						return // the program is gone
					}
					mu.Lock()
					kept[at] = content
					if len(kept) == enough {
						close(stormy)
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-stormy:
		case <-time.After(20 * time.Second):
			t.Fatalf("too few uploads; the program says:\n%s", p.log(t))
		}
		p.kill(t)
		storm.Wait()
		if left := awaitNoPostgres(t, dataDir); len(left) != 0 {
			t.Errorf("PostgreSQL outlived the program: %v", left)
		}
	}
	p := start(t, dataDir)
	b := p.signIn(t, "leader@ha-long.demo")
	for at, content := range kept {
		if got := b.get(t, at+"/versions/1/file"); got != content {
			t.Errorf("%s is %d bytes, want %d", at, len(got), len(content))
		}
	}
	if err := p.interrupt(t); err != nil {
		t.Fatal(err)
	}
	if got := examined(t, "LEARNINGCITY_DATA_DIR="+dataDir)["contents"]; got != everyFile {
		t.Errorf("the doctor says %q", got)
	}
}
