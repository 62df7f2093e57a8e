package main

import (
	"context"
	"crypto/sha256"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/files"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
)

// halt is a step of an upload at which the program is killed: what holds it
// there, how one sees that it has come to it, and what is left of it then.
type halt struct {
	name string
	body string // how much of the form is sent: "half", "file" or "all"
	hold string // what another session holds meanwhile
	// there is true when the program has come to the step.
	there    func(s *stopped) bool
	arriving int // files that are on their way in
	named    int // files with their final name
	rows     int
}

// aside makes each commit of a version wait for a lock that the test may hold.
const aside = `
	CREATE FUNCTION wait_aside() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
	CREATE CONSTRAINT TRIGGER wait_aside AFTER INSERT ON evidence_version
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_aside()`

var halts = []halt{
	{name: "the first bytes have come", body: "half", there: func(s *stopped) bool { return s.bytes("incoming") > 0 }, arriving: 1},
	{name: "the whole file has come", body: "all", hold: "content", arriving: 1,
		there: func(s *stopped) bool { return s.bytes("incoming") == int64(len(s.content)) }},
	{name: "it has its name, and no row", body: "all", hold: `LOCK TABLE content IN EXCLUSIVE MODE`, named: 1,
		there: func(s *stopped) bool { return s.waiting("relation") && s.count("contents") == 1 }},
	{name: "the row is inserted and not committed", body: "all", hold: `SELECT pg_advisory_xact_lock(4711)`, named: 1,
		there: func(s *stopped) bool { return s.waiting("advisory") }},
	{name: "it is committed and not answered", body: "file", arriving: 1, named: 1, rows: 1, // and the next one has begun
		there: func(s *stopped) bool {
			return s.uploads() == 1 && s.db.Count(s.t, `SELECT count(*) FROM evidence_version`) == 1
		}},
}

// TestKilledAtEachStepOfAnUpload: wherever the program ends between the first
// byte and the answer, no row stands without its content, and what is left is
// swept once it is old.
func TestKilledAtEachStepOfAnUpload(t *testing.T) {
	t.Parallel()
	for _, h := range halts {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			s := &stopped{t: t, db: pgtest.New(t, pgtest.Options{Demo: true}), dir: t.TempDir(),
				content: h.name + strings.Repeat(" nội dung", 100_000)}
			s.db.Exec(t, aside)
			s.killAt(h)
			s.expect(h)
			s.age()
			s.start()
			for end := time.Now().Add(60 * time.Second); s.count("incoming") > 0 || s.count("contents") > h.rows; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("not swept: %d on the way, %d named", s.count("incoming"), s.count("contents"))
				}
			}
			again := s.program.signIn(t, "coordinator@ha-long.demo").upload(s.content)
			if known := h.rows == 1; known == (again != "") {
				t.Errorf("the same upload once more: %q", again)
			}
		})
	}
}

// stopped is a program with a database that outlives it.
type stopped struct {
	t       *testing.T
	db      *pgtest.Database
	dir     string // its data
	content string // of the file that is sent
	program *process
}

func (s *stopped) environment() []string {
	return []string{"DATABASE_URL=" + s.db.URL, "LEARNINGCITY_DATA_DIR=" + s.dir}
}

func (s *stopped) start() {
	s.t.Helper()
	s.program = launch(s.t, s.dir, s.environment()...)
	if !s.program.await(s.t, "/readyz", http.StatusOK, 90*time.Second) {
		s.t.Fatalf("not ready; the program says:\n%s", s.program.log(s.t))
	}
}

// killAt starts the program, lets it come to the step, and kills it there.
func (s *stopped) killAt(h halt) {
	s.t.Helper()
	s.start()
	b := s.program.signIn(s.t, "coordinator@ha-long.demo")
	defer s.hold(h.hold)()
	body, send := io.Pipe()
	form := multipart.NewWriter(send)
	go s.send(form, send, h.body)
	answered := make(chan error, 1)
	go func() {
		response, err := b.client.Post(b.base+"/cities/ha-long/evidence", form.FormDataContentType(), body)
		if err == nil {
			response.Body.Close()
		}
		answered <- err
	}()
	for end := time.Now().Add(20 * time.Second); !h.there(s); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it never came to this: %s\n%s", h.name, s.program.log(s.t))
		}
	}
	s.program.kill(s.t)
	_ = send.CloseWithError(io.ErrUnexpectedEOF) // lets go of who waits for the rest
	if err := <-answered; err == nil {
		s.t.Error("it was answered")
	}
	// A private PostgreSQL ends with the program; this one drops its sessions.
	s.db.Exec(s.t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = $1 AND pid <> pg_backend_pid()`, postgres.AppRole)
}

// send writes so much of the form: half of the file; all of the file, so that it
// is seen to end; all of the form.
func (s *stopped) send(form *multipart.Writer, to *io.PipeWriter, much string) {
	for name, value := range map[string]string{"access": "open", "department": "", "document_language": "vi"} {
		_ = form.WriteField(name, value) // an error: the program was killed
	}
	part, _ := form.CreateFormFile("files", "a.txt")
	if much == "half" {
		_, _ = io.WriteString(part, s.content[:len(s.content)/2])
		return
	}
	_, _ = io.WriteString(part, s.content)
	if much == "file" {
		_, _ = form.CreateFormFile("files", "b.txt")
		return
	}
	_ = form.Close()
	_ = to.Close()
}

// hold takes what the step waits for, in a transaction of its own.
func (s *stopped) hold(what string) (release func()) {
	s.t.Helper()
	if what == "" {
		return func() {}
	}
	tx, err := s.db.Owner.Begin(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	var args []any
	if what == "content" {
		what, args = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, []any{"content " + files.Hash(sha256.Sum256([]byte(s.content))).String()}
	}
	if _, err := tx.Exec(s.t.Context(), what, args...); err != nil {
		s.t.Error(err)
	}
	return func() {
		if err := tx.Rollback(context.WithoutCancel(s.t.Context())); err != nil {
			s.t.Error(err)
		}
	}
}

// waiting: a session of the program waits for such a lock.
func (s *stopped) waiting(lock string) bool {
	return s.db.Count(s.t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1
		AND wait_event_type = 'Lock' AND wait_event = $2`, postgres.AppRole, lock) > 0
}

// each visits the files of a folder of the store.
func (s *stopped) each(folder string, visit func(path string, size int64)) {
	err := filepath.WalkDir(filepath.Join(s.dir, "files", folder), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // it may have gone meanwhile
		}
		if info, err := d.Info(); err == nil {
			visit(path, info.Size())
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stopped) count(folder string) (n int) {
	s.each(folder, func(string, int64) { n++ })
	return n
}

// uploads are what has a name of an arriving file, and not one of those that the
// program looks through on the way or later.
func (s *stopped) uploads() (n int) {
	s.each("incoming", func(path string, _ int64) {
		if !strings.Contains(filepath.Base(path), "-") {
			n++
		}
	})
	return n
}

func (s *stopped) bytes(folder string) (sum int64) {
	s.each(folder, func(_ string, size int64) { sum += size })
	return sum
}

// expect looks at what the killed program has left, and asks the doctor.
func (s *stopped) expect(h halt) {
	s.t.Helper()
	if arriving, named := s.uploads(), s.count("contents"); arriving != h.arriving || named != h.named {
		s.t.Errorf("%d on the way, %d named; want %d and %d", arriving, named, h.arriving, h.named)
	}
	var whole []string
	s.each("contents", func(path string, _ int64) {
		if content, err := os.ReadFile(path); err != nil || string(content) != s.content {
			s.t.Errorf("%s holds %d bytes, %v", path, len(content), err)
		}
		whole = append(whole, filepath.Base(path))
	})
	rows := s.db.Lines(s.t, `SELECT encode(c.sha256, 'hex') FROM content c JOIN evidence_version v USING (city_id, sha256)
		JOIN evidence e ON e.id = v.evidence_id`)
	for _, row := range rows {
		if !slices.Contains(whole, row) {
			s.t.Errorf("the row of %s has no content", row)
		}
	}
	if n := s.db.Count(s.t, `SELECT count(*) FROM evidence`); n != h.rows || len(rows) != h.rows {
		s.t.Errorf("%d rows, %d whole ones; want %d", n, len(rows), h.rows)
	}
	if got := examined(s.t, s.environment()...)["contents"]; got != everyFile {
		s.t.Errorf("the doctor says %q", got)
	}
}

// age lets a day pass over what is left, and over the killed program's place at
// the head of the job queue.
func (s *stopped) age() {
	s.db.Exec(s.t, `DELETE FROM river.river_leader`)
	old := time.Now().Add(-2 * postgres.SweepSpares)
	for _, folder := range []string{"incoming", "contents"} {
		s.each(folder, func(path string, _ int64) {
			if err := os.Chtimes(path, old, old); err != nil {
				s.t.Fatal(err)
			}
		})
	}
}
