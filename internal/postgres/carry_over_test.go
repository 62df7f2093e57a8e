package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"learningcity/internal/catalogue"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var nextRound = tracker.Assessment{Name: tracker.Text{VI: "Đợt sau", EN: "Next round"}, OpenedOn: today, SubmissionDueOn: today + 700, NeedsReview: true}

// carryOn opens the next assessment with what an earlier one ended with.
func (w *town) carryOn(t testing.TB, c tracker.CarryOver) int {
	t.Helper()
	number, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", nextRound, c)
	must(t, err)
	return number
}

// carried is a city whose first assessment is closed: one entry accepted, with
// texts, two figures and two pieces of evidence, one of them withdrawn; one that
// is in progress with nothing; the others not started.
func carried(t *testing.T, db *pgtest.Database) (w *town, kept int64) {
	t.Helper()
	w = found(t, db, "ha-long")
	ctx := t.Context()
	w.bring(t, measured, "achieved/accepted")
	w.bring(t, described, "in_progress/none")
	must(t, w.store.EditNarrative(ctx, w.staff, w.ref(t, measured), tracker.Narrative{Narrative: "Thư viện", Obstacles: "Kinh phí", Solution: "Xã hội hóa"}))
	must(t, w.store.RecordMeasurement(ctx, w.staff, w.ref(t, measured), tracker.Measurement{Year: 2024, Value: 984, HasTarget: true, Target: 1000, Source: "GSO"}))
	must(t, w.store.RecordMeasurement(ctx, w.staff, w.ref(t, measured), tracker.Measurement{Year: 2023, Value: 900}))
	for _, name := range []string{"kept", "withdrawn", "undone"} {
		n := decree(name)
		n.Links = to([]int{1}, measured)
		id := w.add(t, n)
		switch name {
		case "kept":
			kept = id
		case "withdrawn":
			must(t, w.store.WithdrawEvidence(ctx, w.coordinator, w.evidenceRef(t, id), "Sai"))
		case "undone":
			must(t, w.store.Unlink(ctx, w.coordinator, w.ref(t, measured), id))
		}
	}
	w.closeRound(t, 1)
	return w, kept
}

// inSecond lists rows of the second assessment's entry.
func (w *town) inSecond(t testing.TB, sql, indicator string) []string {
	t.Helper()
	return w.db.Lines(t, sql+` JOIN entry e ON e.id = x.entry_id JOIN assessment a ON a.id = e.assessment_id JOIN indicator i ON i.id = e.indicator_id
		WHERE a.number = 2 AND i.code = $1 ORDER BY 1`, indicator)
}

// TestCarryOver: claims stay and wait to be confirmed, verdicts go; texts,
// figures and links to the same evidence begin where they were, on the opening
// day, marked in the history; the earlier assessment is as it was.
func TestCarryOver(t *testing.T) {
	t.Parallel()
	w, kept := carried(t, pgtest.New(t, pgtest.Options{}))
	first := w.db.Lines(t, `SELECT e::text FROM entry e ORDER BY id`)
	audit := len(w.audit(t))
	if number := w.carryOn(t, tracker.CarryOver{From: 1, Departments: true, DueOn: today + 90}); number != 2 {
		t.Fatalf("assessment %d", number)
	}
	if got := w.db.Lines(t, `SELECT e::text FROM entry e JOIN assessment a ON a.id = e.assessment_id WHERE a.number = 1 ORDER BY e.id`); !slices.Equal(got, first) {
		t.Error("the earlier assessment was changed")
	}
	got := w.db.Lines(t, `SELECT concat_ws(' ', i.code, e.version, e.claim, e.verdict, e.changed, e.to_confirm, e.changed_on, d.code, e.due_on,
		e.submitted_by, e.reviewed_by, e.narrative, e.obstacles, e.solution, c.act, c.claim_from, c.claim_to, c.verdict_from, c.verdict_to, c.effective_on,
		c.recorded_at AT TIME ZONE 'UTC', c.recorded_by = $1)
		FROM entry e JOIN assessment a ON a.id = e.assessment_id JOIN indicator i ON i.id = e.indicator_id LEFT JOIN department d ON d.id = e.department_id
		JOIN status_change c ON c.entry_id = e.id AND c.entry_version = 1
		WHERE a.number = 2 AND (e.claim <> 'not_started' OR i.code = '1.3.2') ORDER BY i.position`, w.coordinator.AccountID)
	const day = "2025-03-10"
	want := []string{
		measured + " 5 achieved none f t " + day + " CUL 2025-06-08 Thư viện Kinh phí Xã hội hóa carry_over not_started achieved none none " + day + " 2025-03-10 05:00:00 t",
		"1.3.2 1 not_started none f f " + day + " 2025-06-08    open not_started not_started none none " + day + " 2025-03-10 05:00:00 t",
		described + " 1 in_progress none f t " + day + " CUL 2025-06-08    carry_over not_started in_progress none none " + day + " 2025-03-10 05:00:00 t"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("entries\n%q, want\n%q", got, want)
	}
	if got := w.inSecond(t, `SELECT concat_ws(' ', x.year, x.value, x.target, x.source) FROM measurement x`, measured); !slices.Equal(got, []string{"2023 90.0 ", "2024 98.4 100.0 GSO"}) {
		t.Errorf("figures %q", got)
	}
	if got := w.inSecond(t, `SELECT concat_ws(' ', x.evidence_id, x.answers, x.linked) FROM evidence_link x`, measured); !slices.Equal(got, []string{fmt.Sprint(kept, " {1} t")}) {
		t.Errorf("links %q", got)
	}
	if got := w.inSecond(t, `SELECT concat_ws(' ', x.entry_version, x.carried, x.effective_on, x.narrative, x.year, x.value, x.evidence_act, x.evidence_id, x.evidence_version, x.answers)
		FROM entry_revision x`, measured); !slices.Equal(got, []string{
		"2 t " + day + " 2023 90.0", "3 t " + day + " 2024 98.4", "4 t " + day + " Thư viện", fmt.Sprint("5 t ", day, " link_evidence ", kept, " 1 {1}")}) {
		t.Errorf("revisions %q", got)
	}
	if got := w.db.Lines(t, `SELECT concat_ws(' ', uses, answering) FROM evidence ORDER BY id`); !slices.Equal(got, []string{"2 2", "1 1", "0 0"}) {
		t.Errorf("uses %q", got)
	}
	if written := w.audit(t)[audit:]; len(written) != 1 {
		t.Errorf("records %q", written)
	}
	w.checkCarried(t)
}

// checkCarried: pages say so today, and after it was confirmed the past still does.
func (w *town) checkCarried(t *testing.T) {
	t.Helper()
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	if s := o.ScoreAsOf(today); s.Achieved != 0 || s.Claimed != 1 || s.ToConfirm != 2 || s.Total != 57 {
		t.Errorf("score %+v", s)
	}
	sub := w.submission(t, 2)
	if got := kinds(sub); len(got) < 2 || got[0] != "not_claimed 55" || got[1] != "to_confirm 2" || sub.Source.Number != 1 || len(sub.LeftOut) != 0 {
		t.Errorf("in the way %q, from %+v", got, sub.Source)
	}
	ref := postgres.EntryRef{City: w.slug, Assessment: 2, Indicator: measured, Version: 5}
	must(t, w.store.ChangeClaim(t.Context(), w.staff, ref, tracker.ClaimAchieved, "vẫn đúng", 0, false))
	r, err := w.store.EntryRecord(t.Context(), w.leader, ref, 0)
	must(t, err)
	if r.State.ToConfirm || r.State.Claim != tracker.ClaimAchieved || len(r.Revisions) != 4 || !r.Revisions[0].Carried || r.Changes[1].Act != tracker.ConfirmClaim ||
		r.Narrative.Narrative != "Thư viện" || len(r.Measurements) != 2 || len(r.Evidence) != 1 {
		t.Errorf("confirmed: %+v", r.State)
	}
	if got := w.audit(t); got[len(got)-1] != `confirm_claim entry 2/`+measured+` staff {"claim": "achieved", "verdict": "none", "to_confirm": true} > `+
		`{"claim": "achieved", "verdict": "none", "effective_on": "2025-03-10"} at 2025-03-10 05:00:00  ` {
		t.Errorf("audit %q", got[len(got)-1])
	}
}

// TestCarriedOnPastDays: the flag holds from the opening until the day of the act.
func TestCarriedOnPastDays(t *testing.T) {
	t.Parallel()
	clock := pgtest.Now
	w, _ := carried(t, pgtest.New(t, pgtest.Options{Now: func() time.Time { return clock }}))
	w.carryOn(t, tracker.CarryOver{From: 1})
	clock = clock.AddDate(0, 0, 5)
	ref := postgres.EntryRef{City: w.slug, Assessment: 2, Indicator: described, Version: 1}
	must(t, w.store.ChangeClaim(t.Context(), w.coordinator, ref, tracker.ClaimInProgress, "", 0, false))
	for day, want := range map[tracker.Date]bool{today - 1: false, today: true, today + 4: true, today + 5: false} {
		r, err := w.store.EntryRecord(t.Context(), w.leader, ref, day)
		must(t, err)
		o, err := w.store.Overview(t.Context(), w.leader, w.slug, 2, day)
		must(t, err)
		counted := o.ScoreAsOf(day).ToConfirm
		if r.State.ToConfirm != want || (counted == 2) != want {
			t.Errorf("on %v: %v, %d are counted", day, r.State.ToConfirm, counted)
		}
	}
}

// TestCarryOverLeavesPeopleOut: retired departments and people who have left are
// not carried over, nor any where the form says so.
func TestCarryOverLeavesPeopleOut(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: "POL", Name: police}))
	gone := w.colleague(t, "gone", "CUL")
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: measured, Department: "CUL", Assignee: w.staff.AccountID}, {Indicator: described, Department: "CUL", Assignee: gone.AccountID},
		{Indicator: "1.3.2", Department: "POL"}, {Indicator: "7.2.2"}}))
	w.closeRound(t, 1)
	must(t, w.store.DisablePerson(t.Context(), w.coordinator, w.person(t, gone)))
	must(t, w.store.RetireDepartment(t.Context(), w.coordinator, w.slug, "POL", 1, tracker.Retirement{}))
	led := func(number int) []string {
		return w.db.Lines(t, `SELECT concat_ws(' ', i.code, d.code, e.assignee_id) FROM entry e JOIN assessment a ON a.id = e.assessment_id
			JOIN indicator i ON i.id = e.indicator_id JOIN department d ON d.id = e.department_id WHERE a.number = $1 ORDER BY i.position`, number)
	}
	w.carryOn(t, tracker.CarryOver{From: 1, Departments: true})
	if got, want := led(2), []string{fmt.Sprint(measured, " CUL ", w.staff.AccountID), described + " CUL"}; !slices.Equal(got, want) {
		t.Errorf("led %q, want %q", got, want)
	}
	w.carryOn(t, tracker.CarryOver{From: 1})
	if got := led(3); len(got) != 0 {
		t.Errorf("assigned anew, and led by %q", got)
	}
}

// TestCarryOverToAnotherVersion: by code; what the new version has not is left
// out and named; figures only in the same unit, answers only to the same documents.
func TestCarryOverToAnotherVersion(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, kept := carried(t, db)
	f, err := catalogue.Framework()
	must(t, err)
	f.Version = "2027.1"
	indicators := f.Groups[0].Areas[0].Features[0].Indicators
	if indicators[0].Code != measured {
		t.Fatalf("%s is first", indicators[0].Code)
	}
	indicators[0].Unit, indicators[0].Evidence = tracker.Count, indicators[0].Evidence[:1]
	for g := range f.Groups {
		for a := range f.Groups[g].Areas {
			for n := range f.Groups[g].Areas[a].Features {
				for i := range f.Groups[g].Areas[a].Features[n].Indicators {
					if one := &f.Groups[g].Areas[a].Features[n].Indicators[i]; one.Code == described {
						one.Code = "4.5.99"
					}
				}
			}
		}
	}
	must(t, postgres.ImportFramework(t.Context(), db.OwnerURL, f, pgtest.Now.Add(time.Hour)))
	w.carryOn(t, tracker.CarryOver{From: 1})
	if got := w.inSecond(t, `SELECT x.year::text FROM measurement x`, measured); len(got) != 0 {
		t.Errorf("figures in another unit: %q", got)
	}
	if got := w.inSecond(t, `SELECT concat_ws(' ', x.evidence_id, x.answers) FROM evidence_link x`, measured); !slices.Equal(got, []string{fmt.Sprint(kept, " {}")}) {
		t.Errorf("links %q", got)
	}
	sub := w.submission(t, 2)
	if len(sub.LeftOut) != 1 || sub.LeftOut[0].Code != described {
		t.Errorf("left out %+v", sub.LeftOut)
	}
	if got := kinds(sub); got[0] != "not_claimed 56" || got[1] != "to_confirm 1" {
		t.Errorf("in the way %q", got)
	}
}

// TestCarryOverRefuses: what is open, unknown or another city's.
func TestCarryOverRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	before := fingerprint(t, db)
	for what, tt := range map[string]struct {
		c    tracker.CarryOver
		want error
	}{
		"what is open":         {tracker.CarryOver{From: 1}, tracker.Invalid("carry_from", "carry_over.error.open")},
		"what is not there":    {tracker.CarryOver{From: 7}, tracker.Invalid("carry_from", "carry_over.error.unknown")},
		"what nobody numbered": {tracker.CarryOver{From: -1}, tracker.Invalid("carry_from", "carry_over.error.unknown")},
	} {
		number, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", nextRound, tt.c)
		if number != 0 || !same(err, tt.want) {
			t.Errorf("%s: %d, %v, want %v", what, number, err, tt.want)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}
