package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// everyAct is each act on an entry in a form that would be allowed to the
// coordinator or the reviewer, from the state that it needs.
var everyAct = []struct {
	name string
	from string
	by   func(*town) tracker.Actor
	do   func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef) error
}{
	{"change claim", "not_started/none", byCoordinator, claimTo(tracker.ClaimInProgress, 0, false)},
	{"submit", "achieved/none", byCoordinator, noted((*postgres.Store).Submit)},
	{"withdraw", "achieved/awaiting", byCoordinator, noted((*postgres.Store).Withdraw)},
	{"accept", "achieved/awaiting", byReviewer, noted((*postgres.Store).Accept)},
	{"return", "achieved/awaiting", byReviewer, noted((*postgres.Store).Return)},
	{"reopen", "achieved/accepted", byReviewer, noted((*postgres.Store).Reopen)},
	{"edit the narrative", "achieved/accepted", byCoordinator,
		func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef) error {
			return w.store.EditNarrative(t.Context(), by, ref, tracker.Narrative{Narrative: "mới"})
		}},
	{"record a measurement", "achieved/accepted", byCoordinator,
		func(w *town, t testing.TB, by tracker.Actor, ref postgres.EntryRef) error {
			return w.store.RecordMeasurement(t.Context(), by, ref, tracker.Measurement{Year: 2024, Value: 984, Source: "GSO"})
		}},
}

// TestActsRefuse: who may not know of the entry, who may not act on it, who
// comes with an old version; and that a refused act writes nothing.
func TestActsRefuse(t *testing.T) {
	t.Parallel()
	for _, act := range everyAct {
		t.Run(act.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t, pgtest.Options{})
			w, hue := found(t, db, "ha-long"), emptyTown(t, db, "hue")
			w.bring(t, measured, act.from)
			ref := w.ref(t, measured)
			stale, unknown, elsewhere, nowhere, second := ref, ref, ref, ref, ref
			stale.Version--
			unknown.Indicator = "99.9.9"
			elsewhere.City, nowhere.City = "hue", "atlantis"
			second.Assessment = 2
			before := fingerprint(t, db)
			for _, tt := range []struct {
				name string
				by   tracker.Actor
				ref  postgres.EntryRef
				want error
			}{
				{"a leader", w.leader, ref, tracker.ErrForbidden},
				{"a leader with an old version hears that they may not", w.leader, stale, tracker.ErrForbidden},
				{"staff of another department", w.other, ref, tracker.ErrForbidden},
				{"staff of another department with an old version", w.other, stale, tracker.ErrForbidden},
				{"the operator knows of the city", tracker.Operator(), ref, tracker.ErrForbidden},
				{"somebody of another city", hue.coordinator, ref, tracker.ErrNotFound},
				{"a membership that ended", w.end, ref, tracker.ErrEnded},
				{"nobody", tracker.Actor{}, ref, tracker.ErrNotFound},
				{"an entry of another city", act.by(w), elsewhere, tracker.ErrNotFound},
				{"a city that is not there", act.by(w), nowhere, tracker.ErrNotFound},
				{"an indicator that is not there", act.by(w), unknown, tracker.ErrNotFound},
				{"an assessment that is not there", act.by(w), second, tracker.ErrNotFound},
				{"an old version", act.by(w), stale, tracker.ErrConflict},
				{"a version from the future", act.by(w), postgres.EntryRef{City: ref.City, Indicator: ref.Indicator, Version: 99}, tracker.ErrConflict},
			} {
				if err := act.do(w, t, tt.by, tt.ref); !same(err, tt.want) {
					t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
				}
			}
			if after := fingerprint(t, db); after != before {
				t.Errorf("something was written:\n%s\n---\n%s", before, after)
			}
			must(t, act.do(w, t, act.by(w), ref))
		})
	}
}

// TestInvalidInputWritesNothing: the rule's reasons come through by field, and
// the half that was allowed is not written either.
func TestInvalidInputWritesNothing(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "in_progress/none")
	ref, other := w.ref(t, measured), w.ref(t, described)
	before := fingerprint(t, w.db)
	ctx := t.Context()
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"the same claim", w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimInProgress, "", 0, false),
			tracker.Invalid("claim", "claim.error.same")},
		{"dated by staff", w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimAchieved, "", today-1, false),
			tracker.Invalid("effective_on", "effective_on.error.coordinator_only")},
		{"before the previous change", w.store.ChangeClaim(ctx, w.coordinator, ref, tracker.ClaimAchieved, "", today-1, false),
			tracker.Invalid("effective_on", "effective_on.error.before_previous")},
		{"submit what is not achieved", w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimNotStarted, "", 0, true),
			tracker.Invalid("", "submit.error.not_submittable")},
		{"a long note", w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimAchieved, strings.Repeat("ệ", 2001), 0, false),
			tracker.Invalid("note", "note.error.long")},
		{"accept what was not submitted", w.store.Accept(ctx, w.reviewer, ref, ""), tracker.Invalid("", "accept.error.not_in_queue")},
		{"a figure of what is described", w.store.RecordMeasurement(ctx, w.staff, other, tracker.Measurement{Year: 2024}),
			tracker.Invalid("", "measurement.error.qualitative")},
		{"a year to come", w.store.RecordMeasurement(ctx, w.staff, ref, tracker.Measurement{Year: 2026}),
			tracker.Invalid("year", "measurement.error.year")},
		{"the same narrative", w.store.EditNarrative(ctx, w.staff, ref, tracker.Narrative{}), tracker.Invalid("", "narrative.error.same")},
		{"a note that is not composed", w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimAchieved, "e\u0301", 0, false),
			tracker.Invalid("", "status_change_note_composed")},
		{"a narrative that is not composed", w.store.EditNarrative(ctx, w.staff, ref, tracker.Narrative{Solution: "e\u0301"}),
			tracker.Invalid("", "entry_narrative_composed")},
		{"a source that is not composed", w.store.RecordMeasurement(ctx, w.staff, ref, tracker.Measurement{Year: 2024, Source: "e\u0301"}),
			tracker.Invalid("", "measurement_source_composed")},
	} {
		if !same(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	if after := fingerprint(t, w.db); after != before {
		t.Errorf("something was written:\n%s\n---\n%s", before, after)
	}
	// A full note of three-byte letters fits its column.
	must(t, w.store.ChangeClaim(ctx, w.staff, ref, tracker.ClaimAchieved, strings.Repeat("ệ", 2000), 0, false))
	must(t, w.store.EditNarrative(ctx, w.staff, w.ref(t, measured), tracker.Narrative{Narrative: strings.Repeat("ệ", 10000)}))
}

// TestNobodyAcceptsTheirOwn: the rule refuses, and where the rule would fail,
// the database does, with the same key.
func TestNobodyAcceptsTheirOwn(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	w.bring(t, measured, "achieved/awaiting")
	own := tracker.Invalid("", "entry_reviewer_is_not_submitter")
	// The coordinator who submitted becomes a reviewer.
	turned := w.coordinator
	turned.Memberships = []tracker.Membership{{Role: tracker.Reviewer, CityID: w.id, CitySlug: w.slug}}
	before := fingerprint(t, w.db)
	if err := w.store.Accept(t.Context(), turned, w.ref(t, measured), ""); !same(err, own) {
		t.Errorf("accept their own: %v", err)
	}
	if err := w.store.Return(t.Context(), turned, w.ref(t, measured), "reason"); !same(err, own) {
		t.Errorf("return their own: %v", err)
	}
	_, err := w.db.Owner.Exec(t.Context(), `UPDATE entry SET verdict = 'accepted', reviewed_by = submitted_by, edited_by = NULL WHERE verdict = 'awaiting'`)
	if got := constraintOf(err); got != "entry_reviewer_is_not_submitter" {
		t.Errorf("the database says %v", err)
	}
	if after := fingerprint(t, w.db); after != before {
		t.Error("something was written")
	}
}

// TestNobodyAcceptsWhatTheyEdited: whoever changed last what is to be decided on,
// and became a reviewer afterwards, leaves it to another; the rule says so for
// every kind of change, and under it the database.
func TestNobodyAcceptsWhatTheyEdited(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	own := tracker.Invalid("", "entry_reviewer_is_not_editor")
	turned := w.staff
	turned.Memberships = []tracker.Membership{{Role: tracker.Reviewer, CityID: w.id, CitySlug: w.slug}}
	linked := decree("y")
	linked.Links = to(nil, measured)
	superseded, evidence := w.add(t, linked), w.add(t, decree("x"))
	w.bring(t, measured, "achieved/accepted")
	for name, edit := range map[string]func() error{
		"text": func() error {
			return w.store.EditNarrative(ctx, w.staff, w.ref(t, measured), tracker.Narrative{Narrative: fmt.Sprint(w.ref(t, measured).Version)})
		},
		"figure": func() error {
			return w.store.RecordMeasurement(ctx, w.staff, w.ref(t, measured), tracker.Measurement{Year: 2024, Value: 1})
		},
		"evidence": func() error { return w.store.Link(ctx, w.staff, w.slug, evidence, to(nil, measured)) },
		"version": func() error {
			return w.store.NewVersion(ctx, w.staff, w.evidenceRef(t, superseded), fileOf("x2"), 1<<40)
		},
	} {
		must(t, w.store.EditNarrative(ctx, w.coordinator, w.ref(t, measured), tracker.Narrative{Narrative: "before the " + name}))
		must(t, edit())
		for act, err := range map[string]error{
			"accept": w.store.Accept(ctx, turned, w.ref(t, measured), ""), "return": w.store.Return(ctx, turned, w.ref(t, measured), "reason"),
		} {
			if !same(err, own) {
				t.Errorf("%s their own %s: %v", act, name, err)
			}
		}
		_, err := w.db.Owner.Exec(ctx, `UPDATE entry SET changed = false, reviewed_by = edited_by WHERE changed`)
		if got := constraintOf(err); got != "entry_reviewer_is_not_editor" {
			t.Errorf("after %s the database says %v", name, err)
		}
		must(t, w.store.Accept(ctx, w.second, w.ref(t, measured), ""))
	}
	// The coordinator submits a claim that staff made.
	must(t, w.store.ChangeClaim(ctx, w.staff, w.ref(t, described), tracker.ClaimAchieved, "", 0, false))
	must(t, w.store.Submit(ctx, w.coordinator, w.ref(t, described), ""))
	if err := w.store.Accept(ctx, turned, w.ref(t, described), ""); !same(err, own) {
		t.Errorf("accept their own claim: %v", err)
	}
}

// TestClosedAssessment takes no more acts; the next one is current.
func TestClosedAssessment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ref := w.ref(t, measured)
	w.db.Exec(t, `UPDATE assessment SET closed_on = '2025-03-01'`)
	err := w.store.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimAchieved, "", 0, false)
	if !same(err, tracker.Invalid("", "assessment.error.closed")) {
		t.Errorf("claim in a closed assessment: %v", err)
	}
	number, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", tracker.Assessment{
		Name: tracker.Text{VI: "Đợt 2", EN: "Round 2"}, OpenedOn: today, SubmissionDueOn: dueOn, NeedsReview: true}, tracker.CarryOver{})
	if number != 2 || err != nil {
		t.Fatalf("assessment %d, %v", number, err)
	}
	// The entry without a department is the coordinator's.
	must(t, w.store.ChangeClaim(t.Context(), w.coordinator, postgres.EntryRef{City: w.slug, Indicator: measured, Version: 1},
		tracker.ClaimAchieved, "", 0, false))
	if got := w.db.Lines(t, `SELECT DISTINCT a.number || ' ' || e.version FROM entry e JOIN assessment a ON a.id = e.assessment_id
		WHERE e.claim = 'achieved'`); len(got) != 1 || got[0] != "2 2" {
		t.Errorf("the claim was written to %q", got)
	}
}
