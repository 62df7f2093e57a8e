package demonstration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/catalogue"
	"learningcity/internal/demonstration"
	"learningcity/internal/files"
	"learningcity/internal/files/text"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// loadDay is the day on which the demonstration is loaded.
var loadDay = tracker.DateOf(pgtest.Now)

// disk is an empty store of files.
func disk(t testing.TB) files.Store {
	t.Helper()
	store, err := files.OpenDisk(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	return store
}

func loadAll(ctx context.Context, store *postgres.Store, contents files.Store) error {
	return demonstration.Load(ctx, store, demonstration.Options{Zone: pgtest.Zone, Hash: pgtest.CheapHash, Files: contents, Today: loadDay})
}

// withEvidence is a database with all of the demonstration, its coordinator and
// its leader, and where its files are.
func withEvidence(t testing.TB) (db *pgtest.Database, coordinator, leader tracker.Actor, contents files.Store) {
	t.Helper()
	db, contents = pgtest.New(t, pgtest.Options{}), disk(t)
	must(t, loadAll(t.Context(), db.Store, contents))
	city := int64(db.Count(t, `SELECT id FROM city`))
	as := func(role tracker.Role) tracker.Actor {
		id := int64(db.Count(t, `SELECT account_id FROM membership WHERE role = $1`, string(role)))
		return tracker.Actor{AccountID: id, Memberships: []tracker.Membership{{Role: role, CityID: city, CitySlug: "ha-long"}}}
	}
	return db, as(tracker.Coordinator), as(tracker.Leader), contents
}

// TestEvidenceChangesNoFigure: the published totals stand, and evidence that was
// there before the verdict is no change since.
func TestEvidenceChangesNoFigure(t *testing.T) {
	t.Parallel()
	db, _, leader, _ := withEvidence(t)
	bare, bareLeader, _ := loaded(t)
	with, without := overview(t, db, leader), overview(t, bare, bareLeader)
	for _, day := range []tracker.Date{firstReport, lateValues - 1, lateValues, secondReport, loadDay} {
		if got, want := with.ScoreAsOf(day), without.ScoreAsOf(day); got != want {
			t.Errorf("on %v the score is %+v, without evidence %+v", day, got, want)
		}
	}
	if first, second := with.ScoreAsOf(firstReport).Achieved, with.ScoreAsOf(secondReport).Achieved; first != 50 || second != 53 {
		t.Errorf("%d and %d achieved", first, second)
	}
}

// shown lists titles in the library.
func shown(t testing.TB, store *postgres.Store, actor tracker.Actor, filter tracker.LibraryFilter) []string {
	t.Helper()
	var titles []string
	for before := int64(0); ; {
		filter.Before = before
		page, err := store.Library(t.Context(), actor, "ha-long", filter)
		must(t, err)
		for _, e := range page.Rows {
			titles = append(titles, e.Passport.Title)
		}
		if before = page.Next; before == 0 {
			return titles
		}
	}
}

// TestEvidenceOfEveryKind: something of whatever the pages can show.
func TestEvidenceOfEveryKind(t *testing.T) {
	t.Parallel()
	db, coordinator, leader, _ := withEvidence(t)
	file, err := haLong()
	must(t, err)
	all := shown(t, db.Store, coordinator, tracker.LibraryFilter{})
	restricted := 0
	for _, e := range file.Evidence {
		if e.Restricted {
			restricted++
		}
	}
	if len(all) != len(file.Evidence) || len(all) < 30 || restricted == 0 || len(shown(t, db.Store, leader, tracker.LibraryFilter{})) != len(all)-restricted {
		t.Errorf("%d in the file, %d in the library, %d restricted", len(file.Evidence), len(all), restricted)
	}
	for show, want := range map[tracker.LibraryChoice]string{
		"expired": "Danh mục trung tâm kèm địa chỉ và giờ hoạt động", "expiring": "Danh mục công trình thể dục, thể thao công cộng",
		"unused": "", "unanswered": "", "withdrawn": "",
	} {
		if got := strings.Join(shown(t, db.Store, coordinator, tracker.LibraryFilter{Show: show}), "; "); got != want {
			t.Errorf("%s: %q", show, got)
		}
	}
	for what, sql := range map[string]string{
		"links":           `SELECT count(*) FROM evidence WHERE kind = 'link'`,
		"of two versions": `SELECT count(*) FROM evidence WHERE latest = 2 AND document_number <> '' AND issued_on IS NOT NULL`,
		"of five entries": `SELECT count(*) FROM evidence WHERE uses = 5 AND answering = 5 AND access = 'open'`,
	} {
		if n := db.Count(t, sql); n != 1 {
			t.Errorf("%s: %d", what, n)
		}
	}
}

// TestEvidenceAnswers what the file says, and leaves something to ask for.
func TestEvidenceAnswers(t *testing.T) {
	t.Parallel()
	db, _, _, _ := withEvidence(t)
	file, err := haLong()
	must(t, err)
	var want []string
	for _, e := range file.Evidence {
		for _, a := range e.Answers {
			want = append(want, fmt.Sprintf("%s %d %v", a.Indicator, a.Document, e.IssuedOn))
		}
	}
	got := db.Lines(t, `SELECT i.code || ' ' || unnest(l.answers) || ' ' || v.issued_on FROM evidence_link l
		JOIN evidence v ON v.id = l.evidence_id JOIN entry e ON e.id = l.entry_id JOIN indicator i ON i.id = e.indicator_id WHERE l.linked`)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("answers\n%s", difference(got, want))
	}
	if n := db.Count(t, `SELECT count(*) FROM evidence WHERE document_number <> '' AND document_number !~ '^MH-[0-9]{2}/' OR note = '' OR issuer = ''`); n != 0 {
		t.Errorf("%d passports look like those of real documents", n)
	}
	expected := 0
	framework, err := catalogue.Framework()
	must(t, err)
	for _, p := range framework.Places() {
		expected += len(p.Indicator.Evidence)
	}
	if len(got) < 40 || len(got) > expected-40 {
		t.Errorf("%d of %d expected documents are answered", len(got), expected)
	}
}

// TestEvidenceFiles: every content is there, whole, says of itself that it is
// not real, and has the words that its passport has; none is twice the same.
func TestEvidenceFiles(t *testing.T) {
	t.Parallel()
	db, coordinator, _, contents := withEvidence(t)
	kept := map[files.Hash]bool{}
	must(t, contents.Each(t.Context(), func(i files.Info) error { kept[i.Hash] = true; return nil }))
	extractor := text.New(t.TempDir())
	versions := 0
	for id := range db.Count(t, `SELECT count(*) FROM evidence`) {
		record, err := db.Store.Evidence(t.Context(), coordinator, "ha-long", int64(id+1))
		must(t, err)
		for _, v := range record.Versions {
			f := v.Content.File
			if v.Content.URL != "" {
				continue
			}
			versions++
			must(t, files.Verify(t.Context(), contents, files.Hash(f.Hash)))
			content, err := contents.Open(t.Context(), files.Hash(f.Hash))
			must(t, err)
			found, err := extractor.Extract(t.Context(), path.Ext(f.Name), content)
			must(t, errors.Join(err, content.Close()))
			wanted := []string{"không phải văn bản thật", record.Evidence.Passport.Title, "không phản ánh hồ sơ thực tế"}
			if v.Number == record.Evidence.Latest.Number {
				wanted = append(wanted, record.Evidence.Passport.Number, record.Evidence.Passport.Issuer)
			}
			for _, words := range wanted {
				if !strings.Contains(strings.Join(strings.Fields(found.Text), " "), words) {
					t.Errorf("%s lacks %q:\n%s", f.Name, words, found.Text)
				}
			}
			must(t, db.Store.SaveText(t.Context(), "ha-long", record.Evidence.ID, v.Number, found.Text))
		}
	}
	if versions != len(kept) || versions != 33 {
		t.Errorf("%d files of versions, %d are kept", versions, len(kept))
	}
	// Words that stand in no passport, without accents.
	if got := shown(t, db.Store, coordinator, tracker.LibraryFilter{Query: "mo lop cho nguoi dan co nhu cau"}); len(got) != 3 {
		t.Errorf("found %q", got)
	}
}

// TestEvidenceOfInterruptedLoad: there is no row; files may be left, and the next
// load takes them for its own.
func TestEvidenceOfInterruptedLoad(t *testing.T) {
	t.Parallel()
	stop := &disturber{}
	db, contents := pgtest.New(t, pgtest.Options{Tracer: stop}), disk(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop.do = cancel
	stop.left.Store(900)
	if err := loadAll(ctx, db.Store, contents); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if n := db.Count(t, `SELECT (SELECT count(*) FROM evidence) + (SELECT count(*) FROM content) + (SELECT count(*) FROM city)`); n != 0 {
		t.Errorf("%d rows", n)
	}
	must(t, loadAll(t.Context(), db.Store, contents))
	if err := loadAll(t.Context(), db.Store, contents); !errors.Is(err, demonstration.ErrNotEmpty) {
		t.Errorf("again: %v", err)
	}
	var hashes []string
	must(t, contents.Each(t.Context(), func(i files.Info) error { hashes = append(hashes, i.Hash.String()); return nil }))
	if rows := db.Lines(t, `SELECT encode(sha256, 'hex') FROM content ORDER BY sha256`); !slices.Equal(rows, hashes) {
		t.Errorf("rows without files or files without rows:\n%s", difference(rows, hashes))
	}
	if err := loadAll(t.Context(), pgtest.New(t, pgtest.Options{}).Store, full{contents}); !errors.Is(err, files.ErrFull) {
		t.Errorf("on a full disk: %v", err)
	}
}

// full is a store without room.
type full struct{ files.Store }

func (full) Receive(context.Context, io.Reader, int64, ...io.Writer) (*files.Incoming, error) {
	return nil, files.ErrFull
}
