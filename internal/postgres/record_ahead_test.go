package postgres_test

import (
	"context"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// trips counts how often the database was asked and waited for.
type trips struct{ n atomic.Int32 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// TestRecordAhead: an entry of a city that was seen comes in one round trip, and is
// asked for again wherever something of the city is otherwise by then.
func TestRecordAhead(t *testing.T) {
	t.Parallel()
	clock, counted := pgtest.Now, &trips{}
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }, Tracer: counted})
	w := found(t, db, "ha-long")
	entry := postgres.EntryRef{City: w.slug, Indicator: measured}
	show := func(want int32, what string) *tracker.EntryRecord {
		t.Helper()
		counted.n.Store(0)
		r, err := w.store.EntryRecord(t.Context(), w.leader, entry, 0)
		must(t, err)
		if got := counted.n.Load(); got != want {
			t.Errorf("%s: %d round trips, want %d", what, got, want)
		}
		return r
	}
	w.begin(t, w.staff, w.onEntry(measured), asked(tracker.AudienceCity, "x"))
	first := show(3, "first, with the entries")
	if second := show(1, "again"); !reflect.DeepEqual(first, second) {
		t.Errorf("in one round trip %+v, want %+v", second, first)
	}
	must(t, w.store.ChangeClaim(t.Context(), w.staff, w.ref(t, measured), tracker.ClaimInProgress, "", 0, false))
	if r := show(1, "an act on it"); r.State.Claim != tracker.ClaimInProgress || len(r.Changes) != len(first.Changes)+1 {
		t.Errorf("after the act it is %+v", r.State)
	}
	clock = clock.AddDate(0, 0, 1)
	if r := show(1, "the next day"); r.Today != today+1 || r.On != today+1 {
		t.Errorf("the next day is %v", r.Today)
	}
	bay := tracker.Text{VI: "Vịnh", EN: "Bay"}
	must(t, w.store.RenameCity(t.Context(), tracker.Operator(), w.now(t), bay, w.slug))
	if r := show(3, "another name"); r.City.Name != bay {
		t.Errorf("the city is %q", r.City.Name)
	}
	must(t, w.store.CloseAssessment(t.Context(), w.coordinator, w.round(t, 1), "hết hạn"))
	if r := show(3, "closed"); r.Assessment.ClosedOn.IsZero() {
		t.Error("the assessment is open")
	}
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", tracker.Assessment{
		Name: bay, OpenedOn: openedOn, SubmissionDueOn: dueOn, NeedsReview: true}, tracker.CarryOver{})
	must(t, err)
	if r := show(4, "another assessment, with its entries"); r.Assessment.Number != 2 || r.State.Claim != tracker.ClaimNotStarted {
		t.Errorf("assessment %d, %+v", r.Assessment.Number, r.State)
	}
	show(1, "all of it again")
}

// TestRecordAheadRefuses: whoever may not read hears the same, and costs the same,
// before and after the city was seen.
func TestRecordAheadRefuses(t *testing.T) {
	t.Parallel()
	counted := &trips{}
	db := pgtest.New(t, pgtest.Options{Tracer: counted})
	w, elsewhere := found(t, db, "ha-long"), found(t, db, "cam-pha")
	entry := postgres.EntryRef{City: w.slug, Indicator: measured}
	refused := func() (all []string) {
		unknown := postgres.EntryRef{City: w.slug, Indicator: "9.9.9"}
		for _, ask := range []func() error{
			func() error { _, err := w.store.EntryRecord(t.Context(), elsewhere.leader, entry, 0); return err },
			func() error { _, err := w.store.EntryRecord(t.Context(), elsewhere.leader, unknown, 0); return err },
			func() error { _, err := w.store.EntryRecord(t.Context(), w.end, entry, 0); return err },
			func() error { _, err := w.store.EntryRecord(t.Context(), w.end, unknown, 0); return err },
			func() error { _, err := w.store.EntryRecord(t.Context(), w.leader, unknown, 0); return err },
			func() error { _, err := w.store.Review(t.Context(), w.staff, entry); return err },
		} {
			err := ask()
			if err == nil {
				t.Fatal("nobody is refused")
			}
			all = append(all, err.Error())
		}
		return all
	}
	before := refused()
	_, err := w.store.EntryRecord(t.Context(), w.leader, entry, 0)
	must(t, err)
	if after := refused(); !reflect.DeepEqual(before, after) {
		t.Errorf("they hear %q, and %q before the city was seen", after, before)
	}
	counted.n.Store(0)
	_, _ = w.store.EntryRecord(t.Context(), elsewhere.leader, entry, 0)
	known := counted.n.Swap(0)
	_, _ = w.store.EntryRecord(t.Context(), elsewhere.leader, postgres.EntryRef{City: "nowhere", Indicator: measured}, 0)
	if unknown := counted.n.Load(); known != unknown {
		t.Errorf("%d round trips for a stranger, %d where there is no city", known, unknown)
	}
}
