package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// decree is a file that the department CUL adds.
func decree(content string) postgres.NewEvidence {
	return postgres.NewEvidence{
		Passport: tracker.Passport{Title: "Quyết định " + content, Number: "12/QĐ-UBND", Issuer: "UBND tỉnh",
			IssuedOn: openedOn, ValidUntil: dueOn + 300, Access: tracker.AccessOpen, Department: "CUL", Language: "vi"},
		Content: fileOf(content),
	}
}

func fileOf(content string) tracker.EvidenceContent {
	return tracker.EvidenceContent{File: tracker.File{Hash: hashed(content), Size: int64(len(content)), Name: content + ".pdf", MediaType: "application/pdf"}}
}

func hashed(content string) tracker.ContentHash { return sha256.Sum256([]byte(content)) }

// restricted makes the same evidence one that few may see.
func restricted(n postgres.NewEvidence) postgres.NewEvidence {
	n.Passport.Access = tracker.AccessRestricted
	return n
}

// to links evidence to the entries of the indicators.
func to(answers []int, codes ...string) []postgres.LinkTo {
	var all []postgres.LinkTo
	for _, code := range codes {
		all = append(all, postgres.LinkTo{EntryRef: postgres.EntryRef{Indicator: code}, Answers: answers})
	}
	return all
}

func (w *town) add(t testing.TB, n postgres.NewEvidence) int64 {
	t.Helper()
	id, err := w.store.AddEvidence(t.Context(), w.coordinator, w.slug, n)
	must(t, err)
	return id
}

// evidenceRef names the evidence at the version that it has now.
func (w *town) evidenceRef(t testing.TB, id int64) postgres.EvidenceRef {
	t.Helper()
	return postgres.EvidenceRef{City: w.slug, ID: id, Version: w.db.Count(t, `SELECT version FROM evidence WHERE id = $1`, id)}
}

// events is what happened to evidence of entries, a line each.
func (w *town) events(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `
		SELECT format('%s v%s %s #%s.%s %s %s %s', i.code, r.entry_version, r.evidence_act, r.evidence_id, r.evidence_version, r.answers,
			r.effective_on, split_part(a.name, ' ', 1))
		FROM entry_revision r JOIN entry e ON e.id = r.entry_id JOIN indicator i ON i.id = e.indicator_id JOIN account a ON a.id = r.recorded_by
		WHERE r.city_id = $1 AND r.evidence_id IS NOT NULL ORDER BY i.position, r.entry_version`, w.id)
}

func TestAddEvidence(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "achieved/accepted")
	audit, history := w.audit(t), w.history(t)
	n := decree("a")
	n.Links = to([]int{1}, described, measured)
	id, err := w.store.AddEvidence(t.Context(), w.staff, w.slug, n)
	must(t, err)
	got, err := w.store.Evidence(t.Context(), w.leader, w.slug, id)
	must(t, err)
	cul := tracker.Department{ID: 1, Code: "CUL", Name: tracker.Text{VI: "Sở CUL", EN: "Department CUL"}}
	version := tracker.EvidenceVersion{Number: 1, Content: n.Content, RecordedAt: pgtest.Now, RecordedBy: "staff of ha-long"}
	want := tracker.Evidence{ID: id, Kind: tracker.FileEvidence, Passport: n.Passport, DepartmentID: 1, Department: cul, Version: 1,
		Uses: 2, Answering: 2, CreatedAt: pgtest.Now, CreatedBy: "staff of ha-long", Latest: version}
	for _, at := range []*time.Time{&got.Evidence.CreatedAt, &got.Evidence.Latest.RecordedAt, &got.Versions[0].RecordedAt} {
		if !at.Equal(pgtest.Now) {
			t.Errorf("recorded at %v", at)
		}
		*at = pgtest.Now
	}
	if !reflect.DeepEqual(got.Evidence, want) || !reflect.DeepEqual(got.Versions, []tracker.EvidenceVersion{version}) ||
		got.City.Slug != w.slug || got.Today != today {
		t.Errorf("it is\n%+v\n%+v, want\n%+v", got.Evidence, got.Versions, want)
	}
	var uses []string
	for _, u := range got.Uses {
		uses = append(uses, fmt.Sprint(u.Assessment.Number, " ", u.Indicator.Code, " ", u.Department.Code, " ", u.State, " ", u.Answers, " ", len(u.Indicator.Evidence) > 0))
	}
	if want := []string{"1 1.1.1 CUL {achieved accepted true false} [1] true", "1 4.5.2 CUL {not_started none false false} [1] true"}; !slices.Equal(uses, want) {
		t.Errorf("uses %q, want %q", uses, want)
	}
	if got, want := w.events(t), []string{"1.1.1 v6 link_evidence #1.1 {1} 2025-03-10 staff", "4.5.2 v3 link_evidence #1.1 {1} 2025-03-10 staff"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if got, want := w.entry(t), "6 achieved/accepted changed=t on 2025-03-10 submitted=coordinator reviewed=reviewer"; got != want {
		t.Errorf("the entry is %s", got)
	}
	var acts []string
	for _, line := range w.audit(t)[len(audit):] {
		acts = append(acts, strings.Join(strings.Fields(line)[:4], " "))
	}
	if want := []string{"add_evidence evidence 1 staff", "link_evidence entry 1/1.1.1 staff", "link_evidence entry 1/4.5.2 staff"}; !slices.Equal(acts, want) {
		t.Errorf("audit %q, want %q", acts, want)
	}
	if !slices.Equal(w.history(t), history) {
		t.Error("the status history changed")
	}
}

// TestEvidenceOnTheIndicatorsPage: as it was on the day, what readers may not see
// counted and hidden, and the dashboard's flag the same as the entry's.
func TestEvidenceOnTheIndicatorsPage(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	w := found(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}), "ha-long")
	w.bring(t, measured, "achieved/accepted")
	open, secret := w.add(t, decree("open")), w.add(t, restricted(decree("secret")))
	ctx := t.Context()
	clock = clock.AddDate(0, 0, 1)
	must(t, w.store.Link(ctx, w.staff, w.slug, secret, to([]int{1}, measured)))
	clock = clock.AddDate(0, 0, 1)
	must(t, w.store.Link(ctx, w.staff, w.slug, open, to(nil, measured)))
	clock = clock.AddDate(0, 0, 1)
	must(t, w.store.Unlink(ctx, w.staff, postgres.EntryRef{City: w.slug, Indicator: measured}, secret))
	must(t, w.store.Link(ctx, w.staff, w.slug, open, to([]int{1}, measured)))
	for _, tt := range []struct {
		by      tracker.Actor
		on      tracker.Date
		want    string
		changed bool
	}{
		{w.staff, today, "[]", false},
		{w.staff, today + 1, "[2 Quyết định secret [1] false]", true},
		{w.leader, today + 1, "[0  [1] true]", true},
		{w.reviewer, today + 2, "[1 Quyết định open [] false 2 Quyết định secret [1] false]", true},
		{w.other, today + 2, "[1 Quyết định open [] false 0  [1] true]", true},
		{w.leader, 0, "[1 Quyết định open [1] false]", true},
	} {
		r, err := w.store.EntryRecord(ctx, tt.by, postgres.EntryRef{City: w.slug, Indicator: measured}, tt.on)
		must(t, err)
		var shown []any
		answered := false
		for _, l := range r.Evidence {
			shown = append(shown, l.ID, l.Passport.Title, l.Answers, l.Hidden)
			answered = answered || slices.Contains(l.Answers, 1)
		}
		if got := fmt.Sprint(shown); got != tt.want || slices.Contains(r.Completeness.Missing, 1) == answered || r.State.Changed != tt.changed {
			t.Errorf("on %v: %s, %+v, %+v, want %s", tt.on, got, r.Completeness, r.State, tt.want)
		}
		for _, v := range r.Revisions {
			if v.Evidence != nil && v.Evidence.EvidenceID == secret && (v.Evidence.Title == "") != (tt.by.AccountID == w.leader.AccountID || tt.by.AccountID == w.other.AccountID) {
				t.Errorf("the history shows %+v", v.Evidence)
			}
		}
		o, err := w.store.Overview(ctx, tt.by, w.slug, 0, 0)
		must(t, err)
		if on := max(tt.on, today); o.StatesAsOf(on)[0].Changed != tt.changed && tt.on != 0 {
			t.Errorf("on %v the dashboard says %+v", tt.on, o.StatesAsOf(on)[0])
		}
	}
	if got := w.events(t); len(got) != 4 || got[2] != "1.1.1 v8 unlink_evidence #2.1 {} 2025-03-13 staff" {
		t.Errorf("events %q", got)
	}
}

func TestChangePassport(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	id := w.add(t, decree("a"))
	p := decree("a").Passport
	p.Title, p.Number, p.PeriodFrom, p.PeriodTo, p.Note = "Kế hoạch", "", openedOn, today, "Bản sửa"
	must(t, w.store.ChangePassport(t.Context(), w.staff, w.evidenceRef(t, id), p))
	r, err := w.store.Evidence(t.Context(), w.staff, w.slug, id)
	must(t, err)
	if r.Evidence.Passport != p || r.Evidence.Version != 2 || len(r.Versions) != 1 {
		t.Errorf("it is %+v", r.Evidence)
	}
	for query, want := range map[string]int{"ke hoach": 1, "quyet dinh": 0} {
		if rows := w.library(t, w.leader, tracker.LibraryFilter{Query: query}); len(rows) != want {
			t.Errorf("%q finds %v", query, rows)
		}
	}
	line := w.audit(t)[len(w.audit(t))-1]
	if !strings.HasPrefix(line, `change_passport evidence 1 staff {`) || !strings.Contains(line, `"title": "Quyết định a"`) || !strings.Contains(line, `"title": "Kế hoạch"`) {
		t.Errorf("audit %s", line)
	}
	if len(w.events(t)) != 0 {
		t.Error("it is no event of an entry")
	}
}

func TestNewVersion(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "achieved/accepted")
	n := decree("first")
	n.Links = to([]int{1}, described)
	id := w.add(t, n)
	must(t, w.store.Link(t.Context(), w.staff, w.slug, id, to(nil, measured)))
	must(t, w.store.SaveText(t.Context(), w.slug, id, 1, "Thư viện số"))
	must(t, w.store.Accept(t.Context(), w.second, w.ref(t, measured), ""))
	c := fileOf("second")
	c.Note = "Thay bản cũ"
	must(t, w.store.NewVersion(t.Context(), w.staff, w.evidenceRef(t, id), c, 0))
	r, err := w.store.Evidence(t.Context(), w.leader, w.slug, id)
	must(t, err)
	if e := r.Evidence; e.Version != 2 || e.Latest.Number != 2 || e.Latest.Content != c || e.Latest.Text != tracker.TextPending || e.Uses != 2 || e.Answering != 1 {
		t.Errorf("it is %+v", e)
	}
	if v := r.Versions; len(v) != 2 || v[0].Content != c || v[1].Content != n.Content || v[1].Text != tracker.TextFound {
		t.Errorf("versions %+v", v)
	}
	want := []string{"1.1.1 v6 link_evidence #1.1 {} 2025-03-10 staff", "1.1.1 v8 new_version #1.2 {} 2025-03-10 staff",
		"4.5.2 v3 link_evidence #1.1 {1} 2025-03-10 coordinator", "4.5.2 v4 new_version #1.2 {1} 2025-03-10 staff"}
	if got := w.events(t); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if got := w.entry(t); !strings.Contains(got, "accepted changed=t") {
		t.Errorf("the entry is %s", got)
	}
	if rows := w.library(t, w.leader, tracker.LibraryFilter{Query: "thu vien"}); len(rows) != 0 {
		t.Error("it is found by a text that it no longer has")
	}
}

// TestWithdrawEvidence: also from an accepted entry; all of it stays readable.
// What a closed assessment says stays as it was.
func TestWithdrawEvidence(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "achieved/accepted")
	n := decree("a")
	n.Links = to([]int{1}, measured)
	id := w.add(t, n)
	must(t, w.store.Accept(t.Context(), w.second, w.ref(t, measured), ""))
	must(t, w.store.WithdrawEvidence(t.Context(), w.staff, w.evidenceRef(t, id), "Bị thay thế"))
	r, err := w.store.Evidence(t.Context(), w.leader, w.slug, id)
	must(t, err)
	if e := r.Evidence; e.WithdrawnOn != today || e.Withdrawn != "Bị thay thế" || e.Version != 2 || len(r.Versions) != 1 || len(r.Uses) != 1 || !r.Uses[0].State.Changed {
		t.Errorf("it is %+v, used %+v", e, r.Uses)
	}
	if got := w.events(t); len(got) != 2 || got[1] != "1.1.1 v8 withdraw_evidence #1.1 {1} 2025-03-10 staff" {
		t.Errorf("events %q", got)
	}
	for name, err := range map[string]error{
		"again":    w.store.WithdrawEvidence(t.Context(), w.staff, w.evidenceRef(t, id), "x"),
		"linked":   w.store.Link(t.Context(), w.staff, w.slug, id, to(nil, described)),
		"followed": w.store.NewVersion(t.Context(), w.staff, w.evidenceRef(t, id), fileOf("b"), 0),
	} {
		if !same(err, tracker.Invalid("", "evidence.error.withdrawn")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	closed := decree("closed")
	closed.Links = to(nil, described)
	id = w.add(t, closed)
	w.db.Exec(t, `UPDATE assessment SET closed_on = '2025-03-10'`)
	before := w.events(t)
	must(t, w.store.WithdrawEvidence(t.Context(), w.staff, w.evidenceRef(t, id), "x"))
	if !slices.Equal(w.events(t), before) {
		t.Errorf("a closed assessment changed: %q", w.events(t))
	}
}

// TestEvidenceRefuses: whatever is refused leaves no trace.
func TestEvidenceRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), found(t, db, "hue")
	open, secret := w.add(t, decree("open")), w.add(t, restricted(decree("secret")))
	theirs := hue.add(t, decree("theirs"))
	must(t, w.store.Link(t.Context(), w.staff, w.slug, open, to([]int{1}, measured)))
	before, ctx := fingerprint(t, db), t.Context()
	add := func(by tracker.Actor, change func(*postgres.NewEvidence)) error {
		n := decree("new")
		change(&n)
		_, err := w.store.AddEvidence(ctx, by, w.slug, n)
		return err
	}
	link := func(by tracker.Actor, id int64, links []postgres.LinkTo) error {
		return w.store.Link(ctx, by, w.slug, id, links)
	}
	stale := w.evidenceRef(t, open)
	stale.Version--
	staleLink := to(nil, described)
	staleLink[0].Version = 1
	changed := decree("open").Passport
	changed.Title = "x"
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"added by a leader", add(w.leader, func(*postgres.NewEvidence) {}), tracker.ErrForbidden},
		{"added for another department", add(w.other, func(*postgres.NewEvidence) {}), tracker.ErrForbidden},
		{"added for none", add(w.staff, func(n *postgres.NewEvidence) { n.Passport.Department = "" }), tracker.ErrForbidden},
		{"an unknown department", add(w.staff, func(n *postgres.NewEvidence) { n.Passport.Department = "X" }), tracker.Invalid("department", "department.error.unknown")},
		{"without a title", add(w.staff, func(n *postgres.NewEvidence) { n.Passport.Title = " " }), tracker.Invalid("title", "evidence_title_is_text")},
		{"the same content", add(w.staff, func(n *postgres.NewEvidence) { n.Content = fileOf("open") }), tracker.Invalid("file", "evidence.error.known_content")},
		{"beyond the quota", add(w.staff, func(n *postgres.NewEvidence) { n.Quota = 12 }), tracker.Invalid("file", "evidence.error.quota")},
		{"linked to no indicator", add(w.staff, func(n *postgres.NewEvidence) { n.Links = to(nil, measured, "99.9.9") }), tracker.ErrNotFound},
		{"linked to another's entry", add(w.staff, func(n *postgres.NewEvidence) { n.Links = to(nil, "7.2.2") }), tracker.ErrForbidden},
		{"another city's", link(w.coordinator, theirs, to(nil, described)), tracker.ErrNotFound},
		{"restricted", link(w.other, secret, to(nil, described)), tracker.ErrNotFound},
		{"linked by a reviewer", link(w.reviewer, open, to(nil, described)), tracker.ErrForbidden},
		{"linked to the same", link(w.staff, open, to([]int{1}, measured)), tracker.Invalid("", "evidence.error.linked")},
		{"linked twice", link(w.staff, open, to(nil, described, described)), tracker.Invalid("", "evidence.error.linked")},
		{"linked to what changed", link(w.staff, open, staleLink), tracker.ErrConflict},
		{"answering what is not expected", link(w.staff, open, to([]int{99}, described)), tracker.Invalid("answers", "evidence_link_answers_count")},
		{"not linked", w.store.Unlink(ctx, w.staff, postgres.EntryRef{City: w.slug, Indicator: described}, open), tracker.Invalid("", "evidence.error.not_linked")},
		{"a stale passport", w.store.ChangePassport(ctx, w.staff, stale, changed), tracker.ErrConflict},
		{"the same passport", w.store.ChangePassport(ctx, w.staff, w.evidenceRef(t, open), decree("open").Passport), tracker.Invalid("", "evidence.error.same")},
		{"another department's passport", w.store.ChangePassport(ctx, w.other, w.evidenceRef(t, open), changed), tracker.ErrForbidden},
		{"a passport that may not be seen", w.store.ChangePassport(ctx, w.other, w.evidenceRef(t, secret), changed), tracker.ErrNotFound},
		{"the same version", w.store.NewVersion(ctx, w.staff, w.evidenceRef(t, open), fileOf("open"), 0), tracker.Invalid("file", "evidence.error.same_content")},
		{"a link for a file", w.store.NewVersion(ctx, w.staff, w.evidenceRef(t, open), tracker.EvidenceContent{URL: "https://x.vn"}, 0), tracker.Invalid("", "evidence.error.kind")},
		{"a version beyond the quota", w.store.NewVersion(ctx, w.staff, w.evidenceRef(t, open), fileOf("bigger"), 11), tracker.Invalid("file", "evidence.error.quota")},
		{"a stale version", w.store.NewVersion(ctx, w.staff, stale, fileOf("b"), 0), tracker.ErrConflict},
		{"withdrawn without reason", w.store.WithdrawEvidence(ctx, w.staff, w.evidenceRef(t, open), " "), tracker.Invalid("note", "evidence.error.no_reason")},
		{"withdrawn by an expert", w.store.WithdrawEvidence(ctx, w.reviewer, w.evidenceRef(t, open), "x"), tracker.ErrForbidden},
		{"no evidence", w.store.SaveText(ctx, w.slug, 999, 1, "x"), tracker.ErrNotFound},
		{"no version", w.store.SaveText(ctx, w.slug, open, 2, "x"), tracker.ErrNotFound},
	} {
		if !same(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	for name, by := range map[string]tracker.Actor{"a leader": w.leader, "another department": w.other} {
		if _, err := w.store.Evidence(ctx, by, w.slug, secret); !same(err, tracker.ErrNotFound) {
			t.Errorf("restricted, for %s: %v", name, err)
		}
	}
	for _, id := range []int64{theirs, 999} {
		if _, err := w.store.Evidence(ctx, w.coordinator, w.slug, id); !same(err, tracker.ErrNotFound) {
			t.Errorf("evidence %d: %v", id, err)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestUsesAreCounted: after any links the counts are what a recount gives, and
// the folded history is what is linked.
func TestUsesAreCounted(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	evidence := []int64{w.add(t, decree("a")), w.add(t, decree("b")), w.add(t, decree("c"))}
	codes := []string{measured, described}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	for range 60 {
		id, code := evidence[random.IntN(3)], codes[random.IntN(2)]
		if random.IntN(3) == 0 {
			_ = w.store.Unlink(t.Context(), w.staff, postgres.EntryRef{City: w.slug, Indicator: code}, id) // may not be linked
			continue
		}
		_ = w.store.Link(t.Context(), w.staff, w.slug, id, to([]int{1}[:random.IntN(2)], code)) // may be so already
	}
	if got := w.db.Lines(t, `SELECT format('%s: %s %s', e.id, e.uses, e.answering) FROM evidence e WHERE (e.uses, e.answering) IS DISTINCT FROM
		(SELECT (count(*)::integer, count(*) FILTER (WHERE answers <> '{}')::integer) FROM evidence_link l WHERE l.evidence_id = e.id AND l.linked)`); len(got) != 0 {
		t.Errorf("counts that are wrong: %q", got)
	}
	for _, code := range codes {
		r, err := w.store.EntryRecord(t.Context(), w.leader, postgres.EntryRef{City: w.slug, Indicator: code}, 0)
		must(t, err)
		var folded []string
		for _, l := range r.Evidence {
			folded = append(folded, fmt.Sprint(l.ID, " ", len(l.Answers)))
		}
		now := w.db.Lines(t, `SELECT l.evidence_id || ' ' || cardinality(l.answers) FROM evidence_link l JOIN entry e ON e.id = l.entry_id
			JOIN indicator i ON i.id = e.indicator_id WHERE l.linked AND i.code = $1 ORDER BY 1`, code)
		if !slices.Equal(folded, now) || len(w.events(t)) < 20 {
			t.Errorf("seed %d, %s: history comes to %q, linked are %q", seed, code, folded, now)
		}
	}
}
