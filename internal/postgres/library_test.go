package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// library lists the ids that the filter chooses, page by page.
func (w *town) library(t testing.TB, by tracker.Actor, f tracker.LibraryFilter) []int64 {
	t.Helper()
	var ids []int64
	for {
		page, err := w.store.Library(t.Context(), by, w.slug, f)
		must(t, err)
		for _, e := range page.Rows {
			ids = append(ids, e.ID)
		}
		if f.Before = page.Next; f.Before == 0 {
			return ids
		}
	}
}

func TestLibrary(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	hue.add(t, decree("Thư viện"))
	until := func(content string, day tracker.Date) postgres.NewEvidence {
		n := decree(content)
		n.Passport.IssuedOn, n.Passport.ValidUntil = 0, day
		return n
	}
	linked := until("linked", 0)
	linked.Links = to(nil, measured)
	answering := until("answering Thư viện", 0)
	answering.Links = to([]int{1}, measured)
	elsewhere := until("elsewhere", 0)
	elsewhere.Passport.Department = "EDU"
	link := until("address", 0)
	link.Content = tracker.EvidenceContent{URL: "https://halong.gov.vn/thu-vien"}
	for n, e := range []postgres.NewEvidence{linked, answering, elsewhere, link, until("last day", today), until("day before", today-1),
		until("sixty", today+60), until("sixty-one", today+61), restricted(until("secret Đảo", 0)), until("withdrawn", today)} {
		if id := w.add(t, e); id != int64(n+2) {
			t.Fatalf("%s has id %d", e.Passport.Title, id)
		}
	}
	must(t, w.store.WithdrawEvidence(t.Context(), w.coordinator, w.evidenceRef(t, 11), "x"))
	must(t, w.store.SaveText(t.Context(), w.slug, 4, 1, "Báo cáo của Thư viện tỉnh"))
	must(t, w.store.SaveText(t.Context(), w.slug, 7, 1, " \n"))
	for _, tt := range []struct {
		name string
		by   tracker.Actor
		f    tracker.LibraryFilter
		want []int64
	}{
		{"all", w.coordinator, tracker.LibraryFilter{}, []int64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"all, of the department", w.staff, tracker.LibraryFilter{}, []int64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"all, of a reviewer", w.reviewer, tracker.LibraryFilter{}, []int64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"all, of a leader", w.leader, tracker.LibraryFilter{}, []int64{11, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"all, of another department", w.other, tracker.LibraryFilter{}, []int64{11, 9, 8, 7, 6, 5, 4, 3, 2}},
		{"a department", w.leader, tracker.LibraryFilter{Department: "EDU"}, []int64{4}},
		{"expiring", w.leader, tracker.LibraryFilter{Show: tracker.ChooseExpiring}, []int64{8, 6}},
		{"expired", w.leader, tracker.LibraryFilter{Show: tracker.ChooseExpired}, []int64{7}},
		{"unused", w.coordinator, tracker.LibraryFilter{Show: tracker.ChooseUnused}, []int64{10, 9, 8, 7, 6, 5, 4}},
		{"unanswered", w.leader, tracker.LibraryFilter{Show: tracker.ChooseUnanswered}, []int64{2}},
		{"withdrawn", w.leader, tracker.LibraryFilter{Show: tracker.ChooseWithdrawn}, []int64{11}},
		{"by title and text", w.leader, tracker.LibraryFilter{Query: "THƯ vien"}, []int64{4, 3}},
		{"by beginnings, in any order", w.leader, tracker.LibraryFilter{Query: "vien th"}, []int64{4, 3}},
		{"by number and issuer", w.leader, tracker.LibraryFilter{Query: "12/QD-ubnd tinh elsewhere"}, []int64{4}},
		{"and a department", w.leader, tracker.LibraryFilter{Query: "thu vien", Department: "CUL"}, []int64{3}},
		{"and a state", w.leader, tracker.LibraryFilter{Query: "quyet dinh", Show: tracker.ChooseExpiring}, []int64{8, 6}},
		{"what is restricted", w.coordinator, tracker.LibraryFilter{Query: "dao"}, []int64{10}},
		{"what is restricted, to others", w.leader, tracker.LibraryFilter{Query: "đảo"}, nil},
		{"what another city has", w.coordinator, tracker.LibraryFilter{Query: "2:thu"}, nil},
		{"no letter", w.coordinator, tracker.LibraryFilter{Query: "' & !:*\\"}, nil},
		{"nothing like it", w.coordinator, tracker.LibraryFilter{Query: "khong co"}, nil},
	} {
		if got := w.library(t, tt.by, tt.f); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	page, err := w.store.Library(t.Context(), w.leader, w.slug, tracker.LibraryFilter{})
	must(t, err)
	if e := page.Rows[6]; e.ID != 4 || e.Department.Code != "EDU" || e.Latest.Text != tracker.TextFound || e.Latest.Content != elsewhere.Content || e.Uses != 0 {
		t.Errorf("a row is %+v", e)
	}
	if page.Rows[3].Latest.Text != tracker.TextNone || page.Rows[5].Latest.Content.URL != "https://halong.gov.vn/thu-vien" ||
		len(page.Departments) != 2 || page.City.Slug != w.slug || page.Today != today {
		t.Errorf("the page is %+v", page)
	}
	if _, err := w.store.Library(t.Context(), w.leader, w.slug, tracker.LibraryFilter{Department: "X"}); !same(err, tracker.Invalid("department", "department.error.unknown")) {
		t.Errorf("an unknown department: %v", err)
	}
	if _, err := w.store.Library(t.Context(), hue.coordinator, w.slug, tracker.LibraryFilter{}); !same(err, tracker.ErrNotFound) {
		t.Errorf("another city: %v", err)
	}
}

// TestSearchNamesACity: the function that row-level security does not hold finds
// nothing unless a city was named, and nothing of another.
func TestSearchNamesACity(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	w.add(t, decree("a"))
	hue.add(t, decree("b"))
	const search = `SELECT count(*) FROM search_evidence('{quyet}', 999, 10, 0, '', '2025-01-01', '2025-01-01', true, '{}')`
	for city, want := range map[int64]int{0: 0, w.id: 1, hue.id: 1, 999: 0} {
		asApp(t, db, city, func(tx pgx.Tx) {
			if n := seen(t, tx, search); n != want {
				t.Errorf("with city %d named %d are found", city, n)
			}
		})
	}
}

// seedEvidence copies n pieces of evidence into the town: every one says "chung",
// two of them "hiem"; most are linked, and few expire.
func seedEvidence(t testing.TB, w *town, n int) {
	t.Helper()
	index := w.db.Lines(t, `SELECT indexdef FROM pg_indexes WHERE indexname = 'evidence_search_words'`)[0]
	w.db.Exec(t, `DROP INDEX evidence_search_words`) // to fill it at once is many times faster
	defer w.db.Exec(t, index)
	w.db.Exec(t, `
		WITH e AS (
			INSERT INTO evidence (city_id, department_id, kind, title, document_number, issuer, valid_until, access, language, note,
			                      version, latest, uses, answering, created_at, created_by)
			SELECT $1, (SELECT id FROM department WHERE city_id = $1 AND code = CASE WHEN g % ($2 / 100) = 0 THEN 'CUL' ELSE 'EDU' END),
			       'link', 'Tài liệu chung số ' || g, '', '', CASE WHEN g % ($2 / 50) = 0 THEN '2025-04-01'::date END, 'open', 'vi', repeat('ghi chú ', 20),
			       1, 1, (g % ($2 / 80) <> 0)::int, (g % ($2 / 80) <> 0 AND g % ($2 / 70) <> 1)::int, now(), $3
			FROM generate_series(1, $2::bigint) g RETURNING *
		), v AS (
			INSERT INTO evidence_version (evidence_id, number, city_id, kind, url, note, recorded_at, recorded_by)
			SELECT id, 1, city_id, kind, 'https://halong.gov.vn/' || id, '', created_at, created_by FROM e)
		INSERT INTO evidence_search (evidence_id, city_id, words)
		SELECT id, city_id, array_to_tsvector(ARRAY(SELECT city_id || ':' || w FROM unnest(ARRAY['tai', 'lieu', 'chung', 'so',
			CASE WHEN nth % ($2 / 2) = 5 THEN 'hiem' ELSE 'nhieu' END,
			CASE WHEN nth % 5 = 0 THEN 'nam' ELSE 'khac' END]
			|| ARRAY(SELECT 'tu' || (id * 7 + i * 13) % 3000 FROM generate_series(1, CASE WHEN nth > $2 - 120 THEN 600 ELSE 30 END) i)) w)) FROM (SELECT *, row_number() OVER (ORDER BY id) AS nth FROM e) e`,
		w.id, n, w.coordinator.AccountID)
}

// TestLibraryCostsTheSame: a page of the library of 20,000 touches no more than
// half as much again as one of 200, whatever it lists.
func TestLibraryCostsTheSame(t *testing.T) {
	t.Parallel()
	sent := &statements{}
	db := pgtest.New(t, pgtest.Options{Tracer: sent})
	small, large := found(t, db, "ha-long"), found(t, db, "hue")
	seedEvidence(t, small, 200)
	seedEvidence(t, large, 20_000)
	db.Exec(t, `VACUUM ANALYZE`)
	for name, f := range map[string]tracker.LibraryFilter{
		"all": {}, "a common word": {Query: "tài liệu chung"}, "a rare word": {Query: "hiếm"}, "a word of every fifth": {Query: "năm"}, "a word that none has": {Query: "khong co"},
		"a department": {Department: "CUL"}, "expiring": {Show: tracker.ChooseExpiring}, "unused": {Show: tracker.ChooseUnused},
		"unanswered": {Show: tracker.ChooseUnanswered},
	} {
		few, many := small.touched(t, sent, f), large.touched(t, sent, f)
		if few == 0 || many*2 > few*3 {
			t.Errorf("%s: %d pages of 200 pieces, %d of 20,000", name, few, many)
		}
	}
}

// touched counts the pages that reading the library touches.
func (w *town) touched(t testing.TB, sent *statements, f tracker.LibraryFilter) int {
	t.Helper()
	sent.reset()
	_, err := w.store.Library(t.Context(), w.leader, w.slug, f)
	must(t, err)
	pages := 0
	asApp(t, w.db, w.id, func(tx pgx.Tx) {
		_, err := tx.Exec(t.Context(), `SET LOCAL plan_cache_mode = force_generic_plan`)
		must(t, err)
		for _, s := range sent.all {
			if !strings.Contains(s.sql, "evidence") {
				continue
			}
			_, err := tx.Exec(t.Context(), `PREPARE library AS `+s.sql)
			must(t, err)
			for range 2 { // the first warms what is read of the catalogue
				var plan []byte
				must(t, tx.QueryRow(t.Context(), `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE library (`+literals(t, s.args)+`)`).Scan(&plan))
				pages = buffersOf(t, plan)
			}
		}
	})
	return pages
}

// literals writes arguments down, so that PostgreSQL plans for any, as the
// store's connections make it do.
func literals(t testing.TB, args []any) string {
	t.Helper()
	all := make([]string, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case []string:
			all[i] = "'{" + strings.Join(v, ",") + "}'"
		case []int64:
			all[i] = "'{" + strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ","), "[]") + "}'"
		case int64, int, bool, string, tracker.Date:
			all[i] = fmt.Sprintf("'%v'", v)
		default:
			t.Fatalf("argument %d is %T", i+1, arg)
		}
	}
	return strings.Join(all, ", ")
}

func buffersOf(t testing.TB, plan []byte) int {
	t.Helper()
	var top []struct {
		Plan map[string]any
	}
	must(t, json.Unmarshal(plan, &top))
	hit, _ := top[0].Plan["Shared Hit Blocks"].(float64)
	read, _ := top[0].Plan["Shared Read Blocks"].(float64)
	return int(hit + read)
}

// statements remembers what was sent, with its arguments.
type statements struct {
	mu  sync.Mutex
	all []statement
}

type statement struct {
	sql  string
	args []any
}

func (s *statements) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = nil
}

func (s *statements) note(sql string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, statement{sql, args})
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.note(data.SQL, data.Args)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	s.note(data.SQL, data.Args)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestChecklist(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	c, err := w.store.Checklist(t.Context(), w.leader, w.slug, 0)
	must(t, err)
	if len(c.Items) != 57 || c.Items[0].Department.Code != "CUL" || c.Items[2].Department.Code != "" || c.Assessment.Number != 1 || c.Today != today {
		t.Fatalf("%d are missing, first %+v", len(c.Items), c.Items[0])
	}
	expected := c.Items[0].Completeness.Expected
	var all []int
	for n := range expected {
		all = append(all, n+1)
	}
	n := decree("a")
	n.Passport.IssuedOn, n.Links = 0, to(all, measured)
	id := w.add(t, n)
	if c, err = w.store.Checklist(t.Context(), w.leader, w.slug, 1); err != nil || len(c.Items) != 56 {
		t.Errorf("%d are missing, %v", len(c.Items), err)
	}
	must(t, w.store.WithdrawEvidence(t.Context(), w.staff, w.evidenceRef(t, id), "x"))
	if c, err = w.store.Checklist(t.Context(), w.leader, w.slug, 1); err != nil || len(c.Items) != 57 || len(c.Items[0].Completeness.Missing) != expected {
		t.Errorf("%d are missing, %v", len(c.Items), err)
	}
	if _, err = w.store.Checklist(t.Context(), w.leader, w.slug, 2); !same(err, tracker.ErrNotFound) {
		t.Errorf("another assessment: %v", err)
	}
}

// TestEvidenceNotices: each piece once for 60, 30 and 7 days, also when days
// were missed, and anew for another last day.
func TestEvidenceNotices(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	until := func(one *town, content string, day tracker.Date) int64 {
		n := decree(content)
		n.Passport.ValidUntil = day
		return one.add(t, n)
	}
	until(hue, "theirs", today+7)
	a, b := until(w, "a", today+61), until(w, "b", today+5)
	gone := until(w, "gone", today+5)
	must(t, w.store.WithdrawEvidence(t.Context(), w.staff, w.evidenceRef(t, gone), "x"))
	take := func() []string {
		due, err := w.store.TakeEvidenceNotices(t.Context(), w.slug)
		must(t, err)
		var all []string
		for _, n := range due {
			all = append(all, fmt.Sprint(n.EvidenceID, " ", n.Title, " ", n.DepartmentID, " ", n.Days, " ", n.ValidUntil.Sub(today)))
		}
		return all
	}
	for _, tt := range []struct {
		after int
		want  []string
	}{
		{0, []string{fmt.Sprint(b, " Quyết định b 1 7 5")}}, {0, nil},
		{1, []string{fmt.Sprint(a, " Quyết định a 1 60 61")}}, {30, nil},
		{31, []string{fmt.Sprint(a, " Quyết định a 1 30 61")}},
		{59, []string{fmt.Sprint(a, " Quyết định a 1 7 61")}}, {61, nil}, {62, nil},
	} {
		clock = pgtest.Now.AddDate(0, 0, tt.after)
		if got := take(); !slices.Equal(got, tt.want) {
			t.Errorf("after %d days %q, want %q", tt.after, got, tt.want)
		}
	}
	clock = pgtest.Now
	p := decree("a").Passport
	p.ValidUntil = today + 40
	must(t, w.store.ChangePassport(t.Context(), w.staff, w.evidenceRef(t, a), p))
	if got := take(); !slices.Equal(got, []string{fmt.Sprint(a, " Quyết định a 1 60 40")}) {
		t.Errorf("for another day %q", got)
	}
	expiring := func(who tracker.Actor) (titles []string) {
		clock = pgtest.Now.AddDate(0, 0, 62)
		defer func() { clock = pgtest.Now }()
		page, err := w.store.Inbox(t.Context(), who, tracker.InboxFilter{}, 50)
		must(t, err)
		for _, i := range page.Items {
			if i.Kind != tracker.EvidenceExpires {
				continue
			}
			titles = append(titles, fmt.Sprint(i.Kind, " ", i.Title, " ", i.EvidenceID, " ", i.ValidUntil.Sub(today)))
		}
		return titles
	}
	told := []string{fmt.Sprint("evidence_expiring Quyết định a ", a, " 61"), fmt.Sprint("evidence_expiring Quyết định a ", a, " 61"),
		fmt.Sprint("evidence_expiring Quyết định a ", a, " 61"), fmt.Sprint("evidence_expiring Quyết định a ", a, " 40"), fmt.Sprint("evidence_expiring Quyết định b ", b, " 5")}
	if got := expiring(w.staff); !slices.Equal(got, told) {
		t.Errorf("the staff is told %q", got)
	}
	if got := expiring(w.coordinator); len(got) != 0 {
		t.Errorf("the coordinator is told %q", got)
	}
	unowned := decree("d")
	unowned.Passport.Department, unowned.Passport.ValidUntil = "", today+3
	w.add(t, unowned)
	take()
	if got := expiring(w.coordinator); len(got) != 1 {
		t.Errorf("of what is nobody's the coordinator is told %q", got)
	}
	if got, err := w.store.CitySlugs(t.Context()); err != nil || !slices.Equal(got, []string{"ha-long", "hue"}) {
		t.Errorf("cities %q, %v", got, err)
	}
	if _, err := w.store.TakeEvidenceNotices(t.Context(), "atlantis"); !same(err, tracker.ErrNotFound) {
		t.Errorf("no city: %v", err)
	}
}

func TestPendingTexts(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	a, b := w.add(t, decree("a")), w.add(t, decree("b"))
	must(t, w.store.NewVersion(t.Context(), w.staff, w.evidenceRef(t, a), fileOf("c"), 0))
	link := decree("link")
	link.Content = tracker.EvidenceContent{URL: "https://halong.gov.vn"}
	address := w.add(t, link)
	must(t, w.store.SaveText(t.Context(), w.slug, a, 1, "cũ"))
	pending, err := w.store.PendingTexts(t.Context(), w.slug, 10)
	must(t, err)
	want := []tracker.PendingText{{EvidenceID: a, Number: 2, File: fileOf("c").File}, {EvidenceID: b, Number: 1, File: fileOf("b").File}}
	if !slices.Equal(pending, want) {
		t.Errorf("pending are %+v", pending)
	}
	// Of an older version the text is kept, and finds nothing.
	if got := w.library(t, w.leader, tracker.LibraryFilter{Query: "cu"}); len(got) != 0 {
		t.Errorf("an older text finds %v", got)
	}
	huge := strings.Repeat("Đường \x00", 400_000)
	must(t, w.store.SaveText(t.Context(), w.slug, b, 1, huge))
	must(t, w.store.SaveText(t.Context(), w.slug, b, 1, "zweite"))
	if got := w.db.Lines(t, `SELECT char_length(text)::text FROM evidence_text ORDER BY evidence_id`); !slices.Equal(got, []string{"2", "1000000"}) {
		t.Errorf("texts of %q characters", got)
	}
	if got := w.library(t, w.leader, tracker.LibraryFilter{Query: "duong"}); !slices.Equal(got, []int64{b}) {
		t.Errorf("its text finds %v", got)
	}
	if err := w.store.SaveText(t.Context(), w.slug, address, 1, "x"); !same(err, tracker.ErrNotFound) {
		t.Errorf("a link's text: %v", err)
	}
	must(t, w.store.RenameCity(t.Context(), tracker.Operator(), w.now(t), tracker.Text{VI: "Mới", EN: "New"}, "moi"))
	if pending, err = w.store.PendingTexts(t.Context(), w.slug, 10); err != nil || len(pending) != 1 {
		t.Errorf("after the city was renamed %+v, %v", pending, err)
	}
	// Words that are all different, up to what is kept.
	var many strings.Builder
	for n := range 200_000 {
		fmt.Fprintf(&many, "%x ", n)
	}
	must(t, w.store.SaveText(t.Context(), w.slug, a, 2, many.String()))
}
