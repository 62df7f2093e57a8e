package postgres_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestOverview compares all that an overview holds with what was done.
func TestOverview(t *testing.T) {
	t.Parallel()
	clock := time.Date(2025, time.March, 1, 8, 0, 0, 0, pgtest.Zone)
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := found(t, db, "ha-long")
	must(t, w.store.AddMilestone(t.Context(), w.coordinator, w.slug, 1, tracker.Milestone{HeldOn: 20000, Title: tracker.Text{VI: "Sau", EN: "Later"}}))
	must(t, w.store.AddMilestone(t.Context(), w.coordinator, w.slug, 1, tracker.Milestone{HeldOn: 19990, Title: tracker.Text{VI: "Trước", EN: "Before"}, Published: true}))
	must(t, w.store.ChangeClaim(t.Context(), w.coordinator, w.ref(t, measured), tracker.ClaimAchieved, "", openedOn+5, true))
	must(t, w.store.Accept(t.Context(), w.reviewer, w.ref(t, measured), ""))
	clock = pgtest.Now
	must(t, w.store.RecordMeasurement(t.Context(), w.staff, w.ref(t, measured), tracker.Measurement{Year: 2024, Value: 984}))
	for number := range 2 {
		o, err := w.store.Overview(t.Context(), w.leader, w.slug, number, 0)
		must(t, err)
		w.checkOverview(t, o)
	}
}

func (w *town) checkOverview(t *testing.T, o *tracker.Overview) {
	t.Helper()
	wantAssessment := round
	wantAssessment.ID, wantAssessment.Number, wantAssessment.Version, wantAssessment.FrameworkID = 1, 1, 1, o.Framework.ID
	if o.Assessment != wantAssessment || !slices.Equal(o.Assessments, []tracker.Assessment{wantAssessment}) {
		t.Errorf("assessment %+v of %+v", o.Assessment, o.Assessments)
	}
	wantCity := tracker.City{ID: w.id, Slug: "ha-long", Name: tracker.Text{VI: "Thành phố ha-long", EN: "City of ha-long"},
		Province: tracker.Text{VI: "Tỉnh", EN: "Province"}, Regions: []int64{1}, TimeZone: "Asia/Ho_Chi_Minh", Language: "vi", Version: 1}
	if !reflect.DeepEqual(o.City, wantCity) || o.Today != today {
		t.Errorf("city %+v on %v, want %+v", o.City, o.Today, wantCity)
	}
	if want := []tracker.Milestone{{HeldOn: 19990, Title: tracker.Text{VI: "Trước", EN: "Before"}, Published: true},
		{HeldOn: 20000, Title: tracker.Text{VI: "Sau", EN: "Later"}}}; !slices.Equal(o.Milestones, want) {
		t.Errorf("milestones %+v", o.Milestones)
	}
	if want := []tracker.Department{{ID: 1, Code: "CUL", Name: tracker.Text{VI: "Sở CUL", EN: "Department CUL"}}}; !reflect.DeepEqual(o.DepartmentsOn(o.Today), want) {
		t.Errorf("departments %+v", o.DepartmentsOn(o.Today))
	}
	rows := o.Rows(o.Today)
	entry := rows[0].Entry
	want := tracker.Entry{ID: entry.ID, IndicatorID: o.Framework.Places()[0].Indicator.ID, DepartmentID: 1, DueOn: dueOn}
	if !reflect.DeepEqual(entry, want) || len(rows) != 57 || rows[0].ChangedOn != today {
		t.Errorf("%d rows, the first of\n%+v, want\n%+v, changed on %v", len(rows), entry, want, rows[0].ChangedOn)
	}
	w.checkHistory(t, o, o.Places()[entry.ID])
}

func (w *town) checkHistory(t *testing.T, o *tracker.Overview, place int32) {
	t.Helper()
	first, later := tracker.NewDate(2025, 3, 1), today
	state := func(claim tracker.Claim, verdict tracker.Verdict) tracker.State {
		return tracker.State{Claim: claim, Verdict: verdict}
	}
	want := []tracker.Event{
		{Entry: place, Version: 1, EffectiveOn: openedOn, RecordedOn: first, State: state("not_started", "none")},
		{Entry: place, Version: 3, EffectiveOn: openedOn + 5, RecordedOn: first, State: state("achieved", "none")},
		{Entry: place, Version: 4, EffectiveOn: first, RecordedOn: first, State: state("achieved", "awaiting")},
		{Entry: place, Version: 5, EffectiveOn: first, RecordedOn: first, State: state("achieved", "accepted")},
		{Entry: place, Version: 6, EffectiveOn: later, RecordedOn: later, Edit: true},
	}
	var got []tracker.Event
	for _, e := range o.History {
		if e.Entry == place {
			got = append(got, e)
		}
	}
	if !slices.Equal(got, want) || len(o.History) != 57+4 {
		t.Errorf("%d events, of the entry\n%+v, want\n%+v", len(o.History), got, want)
	}
	if got := o.ScoreAsOf(openedOn + 5); got != (tracker.Score{Total: 57, Claimed: 1, NotStarted: 56}) {
		t.Errorf("the score was %+v", got)
	}
	if got := o.ScoreKnownOn(openedOn + 5); got != (tracker.Score{Total: 57, NotStarted: 57}) {
		t.Errorf("known was %+v", got)
	}
}

// TestOverviewChooses: the current assessment, or the one asked for; and the
// departments of two assessments are not mixed.
func TestOverviewChooses(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	later := round
	later.OpenedOn = openedOn + 100
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", later, tracker.CarryOver{})
	must(t, err)
	for number, want := range map[int]int{0: 2, 1: 1, 2: 2} {
		o, err := w.store.Overview(t.Context(), w.staff, w.slug, number, 0)
		must(t, err)
		if o.Assessment.Number != want || len(o.Assessments) != 2 || len(o.Entries) != 57 || len(o.History) != 57 || len(o.DepartmentsOn(o.Today)) != 2-want {
			t.Errorf("asked for %d: assessment %d of %d, %d entries, %d events, %d departments", number,
				o.Assessment.Number, len(o.Assessments), len(o.Entries), len(o.History), len(o.DepartmentsOn(o.Today)))
		}
	}
	w.db.Exec(t, `UPDATE assessment SET closed_on = '2025-03-01' WHERE number = 2`)
	o, err := w.store.Overview(t.Context(), w.staff, w.slug, 0, 0)
	if err != nil || o.Assessment.Number != 1 {
		t.Errorf("with the second closed: %+v, %v", o, err)
	}
}

// TestOverviewDepartments: each that leads an entry, once, in Vietnamese order.
func TestOverviewDepartments(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	for code, name := range map[string]string{"A1": "Đô thị", "A2": "Du lịch", "A3": "Ủy ban", "A4": "Văn hóa", "A5": "Đất đai", "A6": "Dân số"} {
		must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: code, Name: tracker.Text{VI: name, EN: name}}))
	}
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: "1.1.1", Department: "A4"}, {Indicator: "1.2.1", Department: "A1"}, {Indicator: "4.5.2", Department: "A2"},
		{Indicator: "7.2.2", Department: "A3"}, {Indicator: "12.1.1", Department: "A1"}, {Indicator: "12.3.1", Department: "A5"}}))
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	var names []string
	for _, d := range o.DepartmentsOn(o.Today) {
		names = append(names, d.Name.VI)
	}
	if want := []string{"Du lịch", "Đất đai", "Đô thị", "Ủy ban", "Văn hóa"}; !slices.Equal(names, want) {
		t.Errorf("departments are %q, want %q", names, want)
	}
}

// TestOverviewRefuses: who may not know of a city gets the same answer as for
// a city that is not there.
func TestOverviewRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	overseer := tracker.Actor{AccountID: 1, Memberships: []tracker.Membership{{Role: tracker.Overseer, RegionID: 1}}}
	elsewhere := tracker.Actor{AccountID: 1, Memberships: []tracker.Membership{{Role: tracker.Overseer, RegionID: 7}}}
	for _, tt := range []struct {
		name, slug string
		by         tracker.Actor
		number     int
		want       error
	}{
		{"a leader", "ha-long", w.leader, 0, nil},
		{"an overseer", "ha-long", overseer, 0, nil},
		{"before the first assessment", "hue", hue.leader, 0, nil},
		{"an overseer elsewhere", "ha-long", elsewhere, 0, tracker.ErrNotFound},
		{"somebody of another city", "ha-long", hue.coordinator, 0, tracker.ErrNotFound},
		{"a membership that ended", "ha-long", w.end, 0, tracker.ErrEnded},
		{"nobody", "ha-long", tracker.Actor{}, 0, tracker.ErrNotFound},
		{"an admin", "ha-long", tracker.Operator(), 0, tracker.ErrForbidden},
		{"no such city", "atlantis", w.leader, 0, tracker.ErrNotFound},
		{"no such assessment", "ha-long", w.leader, 2, tracker.ErrNotFound},
		{"a number that none has", "ha-long", w.leader, -1, tracker.ErrNotFound},
		{"a long address", strings.Repeat("ệ", 10000), w.leader, 0, tracker.ErrNotFound},
	} {
		o, err := db.Store.Overview(t.Context(), tt.by, tt.slug, tt.number, 0)
		if !same(err, tt.want) || (o == nil) != (tt.want != nil) {
			t.Errorf("%s: %v, %v, want %v", tt.name, o, err, tt.want)
		}
	}
	o, err := db.Store.Overview(t.Context(), hue.leader, "hue", 0, 0)
	must(t, err)
	if o.Assessment != (tracker.Assessment{}) || o.Entries != nil || o.Framework != nil || o.City.Slug != "hue" || o.Today != today {
		t.Errorf("a city without assessment: %+v", o)
	}
}

// TestOverseerOfHigherRegions reads what lies below.
func TestOverseerOfHigherRegions(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	db.Exec(t, `INSERT INTO region (name_vi, name_en) VALUES ('Cả nước', 'Country'), ('Miền Bắc', 'North')`)
	db.Exec(t, `UPDATE region SET parent_id = 3 WHERE id = 1`)
	db.Exec(t, `UPDATE region SET parent_id = 2 WHERE id = 3`)
	for region := range int64(4) {
		by := tracker.Actor{AccountID: 1, Memberships: []tracker.Membership{{Role: tracker.Overseer, RegionID: region}}}
		o, err := db.Store.Overview(t.Context(), by, w.slug, 0, 0)
		var want error
		if region == 0 {
			want = tracker.ErrNotFound
		}
		if !same(err, want) || (o == nil) != (want != nil) {
			t.Errorf("overseer of region %d: %v", region, err)
		}
	}
	// Regions in a circle are a mistake of the operator, and refused.
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	must(t, err)
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `UPDATE region SET parent_id = 1 WHERE id = 2`); err == nil {
		t.Error("a region lies below itself")
	}
}
