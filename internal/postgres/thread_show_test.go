package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestWhoReadsThreads: what reviewers say among themselves is not there for
// anybody else, nor are counts of it; threads on restricted evidence are for
// those who may see it; whoever oversees the city reads none.
func TestWhoReadsThreads(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	ctx, expert := t.Context(), w.expert(t, "expert")
	db.Exec(t, `INSERT INTO account (email, name, password_hash, created_at) VALUES ('o@x', 'overseer', 'x', now())`)
	overseer := tracker.Actor{AccountID: int64(db.Count(t, `SELECT max(id) FROM account`)), Memberships: []tracker.Membership{{Role: tracker.Overseer,
		RegionID: int64(db.Count(t, `SELECT region_id FROM city WHERE id = $1`, w.id))}}}
	secret, open := w.add(t, restricted(decree("a"))), w.add(t, decree("b"))
	w.begin(t, w.reviewer, w.onEntry(measured), asked(tracker.AudienceInternal, "Nghi ngờ", w.second.AccountID)) // 1
	w.begin(t, w.coordinator, w.onEntry(measured), asked(tracker.AudienceCity, "Chung"))                         // 2
	w.begin(t, w.reviewer, w.onEvidence(secret), asked(tracker.AudienceCity, "Mật"))                             // 3
	w.begin(t, w.reviewer, w.onEvidence(open), asked(tracker.AudienceInternal, "Nội bộ"))                        // 4
	for _, tt := range []struct {
		who     tracker.Actor
		reads   []int64
		onEntry string // shown of all, as the entry's page counts them
	}{
		{w.reviewer, []int64{1, 2, 3, 4}, "2 of 2"}, {w.second, []int64{1, 2, 3, 4}, "2 of 2"}, {w.coordinator, []int64{2, 3}, "1 of 1"},
		{w.staff, []int64{2, 3}, "1 of 1"}, {w.other, []int64{2}, "1 of 1"}, {w.leader, []int64{2}, "1 of 1"}, {expert, []int64{2}, "1 of 1"},
		{overseer, nil, "0 of 0"},
	} {
		var reads []int64
		for id := range int64(5) {
			_, err := w.store.Thread(ctx, tt.who, w.slug, id)
			if err == nil {
				reads = append(reads, id)
			} else if !same(err, tracker.ErrNotFound) {
				t.Errorf("%s, thread %d: %v", tt.who.Name, id, err)
			}
			if _, err := w.store.Reply(ctx, tt.who, postgres.ThreadRef{City: w.slug, ID: id}, tracker.NewComment{}); !slices.Contains(reads, id) &&
				!same(err, tracker.ErrNotFound) && !same(err, tracker.ErrForbidden) {
				t.Errorf("%s replies to thread %d: %v", tt.who.Name, id, err)
			}
		}
		r, err := w.store.EntryRecord(ctx, tt.who, postgres.EntryRef{City: w.slug, Indicator: measured}, 0)
		must(t, err)
		if got := fmt.Sprint(len(r.Threads.Shown), " of ", r.Threads.Total); !slices.Equal(reads, tt.reads) || got != tt.onEntry {
			t.Errorf("%s reads %v and sees %s", tt.who.Name, reads, got)
		}
		l, err := w.store.Threads(ctx, tt.who, w.onEntry(measured), 0, 9)
		if len(tt.reads) == 0 {
			if !same(err, tracker.ErrNotFound) {
				t.Errorf("%s lists threads: %v", tt.who.Name, err)
			}
			continue
		}
		must(t, err)
		if fmt.Sprint(len(l.Shown), " of ", l.Total) != tt.onEntry {
			t.Errorf("%s lists %d", tt.who.Name, len(l.Shown))
		}
		_, err = w.store.Threads(ctx, tt.who, w.onEvidence(secret), 0, 9)
		if sees := slices.Contains(tt.reads, 3); sees && err != nil || !sees && !same(err, tracker.ErrNotFound) {
			t.Errorf("%s lists threads of restricted evidence: %v", tt.who.Name, err)
		}
		e, err := w.store.Evidence(ctx, tt.who, w.slug, open)
		must(t, err)
		if sees := slices.Contains(tt.reads, 4); sees != (e.Threads.Total == 1) {
			t.Errorf("%s sees %d threads on evidence", tt.who.Name, e.Threads.Total)
		}
	}
	page, err := w.store.CityAudit(ctx, w.coordinator, w.slug, postgres.AuditAsk{Most: 500})
	must(t, err)
	if n := len(page.Rows); n != db.Count(t, `SELECT count(*) FROM audit WHERE city_id = $1 AND act <> 'sign_in'`, w.id)-2 {
		t.Errorf("the coordinator reads %d rows of the record", n)
	}
	for _, row := range page.Rows {
		if strings.HasPrefix(row.Subject, "internal") {
			t.Errorf("the coordinator reads %s %s", row.Act, row.Subject)
		}
	}
	own, err := w.store.OwnAudit(ctx, w.reviewer, postgres.AuditAsk{Most: 500, Zone: pgtest.Zone})
	must(t, err)
	if !slices.ContainsFunc(own.Rows, func(r tracker.AuditRow) bool { return r.Subject == "internal_thread 1" }) {
		t.Error("the reviewer does not find what they did")
	}
	if got := w.tellings(t, w.second); !slices.Equal(got, []string{"mention #1 1.1.1"}) {
		t.Errorf("the second reviewer was told %q", got)
	}
}

// TestThreadsBeside: what waits comes first, directions before all; of long
// threads the first comment and the last three; older threads page by page.
func TestThreadsBeside(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	for range 11 {
		w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x"))
	}
	w.begin(t, w.leader, w.onEntry(measured), directed(today, "Chỉ đạo"))
	w.begin(t, w.staff, w.onEntry(described), asked(tracker.AudienceCity, "Chỗ khác"))
	for i := range 5 {
		w.say(t, w.coordinator, w.threadRef(t, 11), fmt.Sprint(i))
	}
	must(t, w.store.ResolveThread(ctx, w.staff, w.threadRef(t, 10)))
	r, err := w.store.EntryRecord(ctx, w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, 0)
	must(t, err)
	var got []int64
	for _, one := range r.Threads.Shown {
		got = append(got, one.ID)
	}
	if want := []int64{12, 11, 9, 8, 7, 6, 5, 4, 3, 2}; !slices.Equal(got, want) || r.Threads.Total != 12 || r.Threads.Resolved != 1 {
		t.Errorf("beside stand %v of %d, %d resolved", got, r.Threads.Total, r.Threads.Resolved)
	}
	if got, want := lineOf(r.Threads.Shown[1]), "#11 comment city open v1/6   | 1 staff (staff): x | 4 coordinator (coordinator): 2 | 5 coordinator (coordinator): 3 | 6 coordinator (coordinator): 4"; got != want {
		t.Errorf("of a long one: %s", got)
	}
	for i, want := range []string{"leader of ha-long", "staff of ha-long"} {
		if got := r.Threads.Shown[i].OpenedBy.Name; got != want {
			t.Errorf("%d was opened by %q, want %q", i, got, want)
		}
	}
	past, err := w.store.EntryRecord(ctx, w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, today-1)
	must(t, err)
	if len(past.Threads.Shown) != 0 {
		t.Error("a past day shows what is said today")
	}
	for before, want := range map[int64]string{0: "[12 11 10 9 8] true", 8: "[7 6 5 4 3] true", 3: "[2 1] false"} {
		l, err := w.store.Threads(ctx, w.leader, w.onEntry(measured), before, 5)
		must(t, err)
		var ids []int64
		for _, one := range l.Shown {
			ids = append(ids, one.ID)
		}
		if got := fmt.Sprint(ids, " ", l.More); got != want {
			t.Errorf("before %d: %s, want %s", before, got, want)
		}
		if l.On.Indicator != measured || l.On.Department.Code != "CUL" || l.On.Assessment.Number != 1 || len(l.People) != 7 {
			t.Errorf("it is on %+v, with %d people", l.On, len(l.People))
		}
	}
}
