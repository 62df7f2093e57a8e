package postgres_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestEntryRecord plays an entry through four days and looks back at each.
func TestEntryRecord(t *testing.T) {
	t.Parallel()
	clock := time.Date(2025, time.March, 1, 8, 0, 0, 0, pgtest.Zone)
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := found(t, db, "ha-long")
	ctx, first := t.Context(), tracker.DateOf(clock)
	next := func() { clock = clock.AddDate(0, 0, 1) }
	texts := tracker.Narrative{Narrative: "Thuyết minh", Obstacles: "Khó khăn", Solution: "Giải pháp"}
	old, figure := tracker.Measurement{Year: 2023, Value: 980, Source: "Cũ"}, tracker.Measurement{Year: 2023, Value: 984, HasTarget: true, Target: 990, Source: "Mới"}
	must(t, w.store.ChangeClaim(ctx, w.coordinator, w.ref(t, measured), tracker.ClaimAchieved, "ghi chú", first-10, true))
	must(t, w.store.RecordMeasurement(ctx, w.staff, w.ref(t, measured), old))
	next()
	must(t, w.store.Accept(ctx, w.reviewer, w.ref(t, measured), ""))
	next()
	must(t, w.store.EditNarrative(ctx, w.staff, w.ref(t, measured), texts))
	next()
	must(t, w.store.RecordMeasurement(ctx, w.staff, w.ref(t, measured), figure))
	clock = pgtest.Now
	achieved := func(verdict tracker.Verdict, changed bool) tracker.State {
		return tracker.State{Claim: tracker.ClaimAchieved, Verdict: verdict, Changed: changed}
	}
	notStarted := tracker.State{Claim: tracker.ClaimNotStarted, Verdict: tracker.VerdictNone}
	for _, tt := range []struct {
		on, shown tracker.Date
		state     tracker.State
		texts     tracker.Narrative
		figures   []tracker.Measurement
	}{
		{openedOn - 1, openedOn - 1, notStarted, tracker.Narrative{}, nil},
		{first - 11, first - 11, notStarted, tracker.Narrative{}, nil},
		{first - 10, first - 10, achieved("none", false), tracker.Narrative{}, nil},
		{first, first, achieved("awaiting", false), tracker.Narrative{}, []tracker.Measurement{old}},
		{first + 1, first + 1, achieved("accepted", false), tracker.Narrative{}, []tracker.Measurement{old}},
		{first + 2, first + 2, achieved("accepted", true), texts, []tracker.Measurement{old}},
		{first + 3, first + 3, achieved("accepted", true), texts, []tracker.Measurement{figure}},
		{0, today, achieved("accepted", true), texts, []tracker.Measurement{figure}},
	} {
		r, err := w.store.EntryRecord(ctx, w.leader, postgres.EntryRef{City: w.slug, Indicator: measured}, tt.on)
		must(t, err)
		if r.On != tt.shown || r.State != tt.state || r.Narrative != tt.texts || !slices.Equal(r.Measurements, tt.figures) {
			t.Errorf("on %v: %v %+v %+v %+v, want %+v", tt.on, r.On, r.State, r.Narrative, r.Measurements, tt)
		}
		w.checkRecord(t, r, first)
	}
}

// checkRecord compares what is the same on every day.
func (w *town) checkRecord(t *testing.T, r *tracker.EntryRecord, first tracker.Date) {
	t.Helper()
	if r.City.Slug != w.slug || r.Assessment.Number != 1 || len(r.Assessments) != 1 || r.Today != today ||
		r.Previous != "" || r.Next != "1.2.1" || r.Place.Indicator.Code != measured || r.Department.Code != "CUL" || len(r.Area) != areaOne {
		t.Errorf("the record stands in %s/%d between %q and %q, on %v: %s of %s, %d in its area", r.City.Slug, r.Assessment.Number,
			r.Previous, r.Next, r.Today, r.Place.Indicator.Code, r.Department.Code, len(r.Area))
	}
	if e := r.Entry; e.Version != 8 || e.DueOn != dueOn || e.State.Verdict != tracker.VerdictAccepted || !e.State.Changed ||
		e.SubmittedBy != w.coordinator.AccountID || e.ChangedOn != first+1 || e.Narrative.Solution != "Giải pháp" {
		t.Errorf("the entry now is %+v", e)
	}
	type line struct {
		version  int
		act      tracker.Action
		from, to string
		note     string
		on       tracker.Date
		hour     string
		by       string
	}
	var changes []line
	for _, c := range r.Changes {
		changes = append(changes, line{c.EntryVersion, c.Act, string(c.From.Claim + "/" + tracker.Claim(c.From.Verdict)), string(c.To.Claim + "/" + tracker.Claim(c.To.Verdict)),
			c.Note, c.EffectiveOn, c.RecordedAt.In(pgtest.Zone).Format("01-02 15"), c.RecordedBy})
	}
	want := []line{
		{1, "open", "not_started/none", "not_started/none", "", openedOn, "03-01 08", "coordinator of ha-long"},
		{3, "change_claim", "not_started/none", "achieved/none", "ghi chú", first - 10, "03-01 08", "coordinator of ha-long"},
		{4, "submit", "achieved/none", "achieved/awaiting", "", first, "03-01 08", "coordinator of ha-long"},
		{6, "accept", "achieved/awaiting", "achieved/accepted", "", first + 1, "03-02 08", "reviewer of ha-long"},
	}
	if !slices.Equal(changes, want) {
		t.Errorf("changes\n%+v, want\n%+v", changes, want)
	}
	var edits []tracker.Revision
	for _, e := range r.Revisions {
		e.RecordedAt = time.Time{}
		edits = append(edits, e)
	}
	by := "staff of ha-long"
	wantEdits := []tracker.Revision{
		{EntryVersion: 5, EffectiveOn: first, RecordedBy: by, Measurement: &tracker.Measurement{Year: 2023, Value: 980, Source: "Cũ"}},
		{EntryVersion: 7, EffectiveOn: first + 2, RecordedBy: by, Narrative: &tracker.Narrative{Narrative: "Thuyết minh", Obstacles: "Khó khăn", Solution: "Giải pháp"}},
		{EntryVersion: 8, EffectiveOn: first + 3, RecordedBy: by, Measurement: &tracker.Measurement{Year: 2023, Value: 984, HasTarget: true, Target: 990, Source: "Mới"}},
	}
	if !reflect.DeepEqual(edits, wantEdits) {
		t.Errorf("edits\n%+v, want\n%+v", edits, wantEdits)
	}
}

// areaOne is the number of indicators in area 1.
const areaOne = 7

func TestEntryRecordRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
	for _, tt := range []struct {
		name string
		by   tracker.Actor
		ref  postgres.EntryRef
		want error
	}{
		{"a leader, whatever the version", w.leader, postgres.EntryRef{City: "ha-long", Assessment: 1, Indicator: "7.2.2", Version: 99}, nil},
		{"an unknown code", w.leader, postgres.EntryRef{City: "ha-long", Indicator: "99.9.9"}, tracker.ErrNotFound},
		{"a feature's code", w.leader, postgres.EntryRef{City: "ha-long", Indicator: "7.2"}, tracker.ErrNotFound},
		{"another assessment", w.leader, postgres.EntryRef{City: "ha-long", Assessment: 2, Indicator: "7.2.2"}, tracker.ErrNotFound},
		{"another city", w.leader, postgres.EntryRef{City: "hue", Indicator: "7.2.2"}, tracker.ErrNotFound},
		{"a city without assessment", hue.leader, postgres.EntryRef{City: "hue", Indicator: "7.2.2"}, tracker.ErrNotFound},
		{"an admin", tracker.Operator(), postgres.EntryRef{City: "ha-long", Indicator: "7.2.2"}, tracker.ErrForbidden},
		{"nobody", tracker.Actor{}, postgres.EntryRef{City: "ha-long", Indicator: "7.2.2"}, tracker.ErrNotFound},
	} {
		r, err := db.Store.EntryRecord(t.Context(), tt.by, tt.ref, 0)
		if !same(err, tt.want) || (r == nil) != (tt.want != nil) {
			t.Errorf("%s: %v, %v, want %v", tt.name, r, err, tt.want)
		}
	}
}
