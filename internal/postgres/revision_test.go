package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// revisions are the edits of the town's entries, a line each.
func (w *town) revisions(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `
		SELECT format('%s [%s|%s|%s] %s %s/%s [%s] %s %s', r.entry_version, r.narrative, r.obstacles, r.solution,
			r.year, r.value, r.target, r.source, r.effective_on, split_part(a.name, ' ', 1))
		FROM entry_revision r JOIN account a ON a.id = r.recorded_by
		WHERE r.city_id = $1 AND r.recorded_at = '2025-03-10 12:00+07' ORDER BY r.entry_id, r.entry_version`, w.id)
}

func TestEditNarrativeWrites(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "achieved/accepted")
	audit, history, others := w.audit(t), w.history(t), w.otherEntries(t)
	must(t, w.store.EditNarrative(t.Context(), w.staff, w.ref(t, measured),
		tracker.Narrative{Narrative: "Thư viện số", Obstacles: "", Solution: "Liên thông"}))
	if got, want := w.entry(t), "6 achieved/accepted changed=t on 2025-03-10 submitted=coordinator reviewed=reviewer"; got != want {
		t.Errorf("the entry is %s, want %s", got, want)
	}
	if got := w.db.Lines(t, `SELECT narrative || '|' || obstacles || '|' || solution FROM entry WHERE changed`); !slices.Equal(got, []string{"Thư viện số||Liên thông"}) {
		t.Errorf("the texts are %q", got)
	}
	if got := w.revisions(t); !slices.Equal(got, []string{"6 [Thư viện số||Liên thông]  / [] 2025-03-10 staff"}) {
		t.Errorf("revisions %q", got)
	}
	want := `edit_narrative entry 1/1.1.1 staff {"Solution": "", "Narrative": "", "Obstacles": ""} > ` +
		`{"Solution": "Liên thông", "Narrative": "Thư viện số", "Obstacles": ""} at 2025-03-10 05:00:00  `
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{want}) {
		t.Errorf("audit %q, want %q", got, want)
	}
	if !slices.Equal(w.history(t), history) || w.otherEntries(t) != others {
		t.Error("something else was written")
	}
}

func TestRecordMeasurementWrites(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit, others := w.audit(t), w.otherEntries(t)
	for _, m := range []tracker.Measurement{
		{Year: 2023, Value: 984, HasTarget: true, Target: 990, Source: "Niên giám"},
		{Year: 2024, Value: 1000},
		{Year: 2023, Value: 985}, // in place of the first, whose target goes
	} {
		must(t, w.store.RecordMeasurement(t.Context(), w.staff, w.ref(t, measured), m))
	}
	if got, want := w.entry(t), "5 not_started/none changed=f on 2024-01-15 submitted=- reviewed=-"; got != want {
		t.Errorf("the entry is %s, want %s", got, want)
	}
	if got := w.revisions(t); !slices.Equal(got, []string{
		"3 [||] 2023 98.4/99.0 [Niên giám] 2025-03-10 staff",
		"4 [||] 2024 100.0/ [] 2025-03-10 staff",
		"5 [||] 2023 98.5/ [] 2025-03-10 staff",
	}) {
		t.Errorf("revisions %q", got)
	}
	if got := w.measurements(t); !slices.Equal(got, []string{"2023 98.5/ []", "2024 100.0/ []"}) {
		t.Errorf("measurements %q", got)
	}
	got := w.audit(t)[len(audit):]
	want := `record_measurement entry 1/1.1.1 staff  > {"year": "2023", "value": "98.4", "source": "Niên giám", "target": "99"}` +
		` at 2025-03-10 05:00:00  `
	const last = `record_measurement entry 1/1.1.1 staff {"year": "2023", "value": "98.4", "source": "Niên giám", "target": "99"}` +
		` > {"year": "2023", "value": "98.5", "source": "", "target": null} at 2025-03-10 05:00:00  `
	if len(got) != 3 || got[0] != want || got[2] != last {
		t.Errorf("audit %q, want first %q, last %q", got, want, last)
	}
	if w.otherEntries(t) != others || len(w.history(t)) != 0 {
		t.Error("something else was written")
	}
}

// measurements are the figures of the measured entry as they stand now.
func (w *town) measurements(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `SELECT format('%s %s/%s [%s]', year, value, target, source) FROM measurement
		WHERE city_id = $1 ORDER BY entry_id, year`, w.id)
}

// TestMeasurementsFoldRevisions: after any acts the table of figures is what
// the revisions come to, and what the page of today shows.
func TestMeasurementsFoldRevisions(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 2))
	clock := pgtest.Now
	db := pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }})
	w := found(t, db, "ha-long")
	for n := range 60 {
		if random.IntN(4) == 0 {
			clock = clock.AddDate(0, 0, 1)
		}
		ref := w.ref(t, measured)
		switch random.IntN(4) {
		case 0:
			must(t, w.store.EditNarrative(t.Context(), w.staff, ref, tracker.Narrative{Narrative: fmt.Sprint(n)}))
		default:
			must(t, w.store.RecordMeasurement(t.Context(), w.staff, ref, tracker.Measurement{
				Year: 2019 + random.IntN(6), Value: tracker.Decimal(random.IntN(1001)),
				HasTarget: random.IntN(2) == 0, Target: tracker.Decimal(random.IntN(1001)), Source: fmt.Sprint("báo cáo ", n)}))
		}
	}
	folded := w.db.Lines(t, `
		SELECT DISTINCT ON (entry_id, year) format('%s %s/%s [%s]', year, value, target, source)
		FROM entry_revision WHERE year IS NOT NULL ORDER BY entry_id, year, effective_on DESC, entry_version DESC`)
	if got := w.measurements(t); !slices.Equal(got, folded) {
		t.Errorf("seed %d: figures\n%q, revisions come to\n%q", seed, got, folded)
	}
	record, err := w.store.EntryRecord(t.Context(), w.leader, w.ref(t, measured), 0)
	must(t, err)
	var shown []string
	for _, m := range record.Measurements {
		target := ""
		if m.HasTarget {
			target = fmt.Sprintf("%.1f", m.Target.Float())
		}
		shown = append(shown, fmt.Sprintf("%d %.1f/%s [%s]", m.Year, m.Value.Float(), target, m.Source))
	}
	if !slices.Equal(shown, folded) {
		t.Errorf("seed %d: the page shows\n%q, revisions come to\n%q", seed, shown, folded)
	}
}
