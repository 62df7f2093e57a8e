package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var round = tracker.Assessment{Name: tracker.Text{VI: "Đợt", EN: "Round"}, OpenedOn: openedOn, SubmissionDueOn: dueOn, NeedsReview: true}

// TestOpenAssessment: every indicator gets an entry whose history begins on
// the opening day.
func TestOpenAssessment(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit := w.audit(t)
	number, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", round, tracker.CarryOver{})
	if number != 1 || err != nil {
		t.Fatalf("assessment %d, %v", number, err)
	}
	got := w.db.Lines(t, `SELECT format('%s %s %s %s %s %s [%s] %s %s', a.number, f.code, a.name_vi, a.name_en, a.opened_on, a.submission_due_on,
		a.closed_on, a.needs_review, a.city_id = $1) FROM assessment a JOIN framework f ON f.id = a.framework_id`, w.id)
	if !slices.Equal(got, []string{"1 learning-city-57 Đợt Round 2024-01-15 2025-06-30 [] t t"}) {
		t.Errorf("assessment %q", got)
	}
	entries := w.db.Lines(t, `
		SELECT DISTINCT concat_ws(' ', e.version, e.claim, e.verdict, e.changed, e.changed_on, e.department_id, e.due_on, e.submitted_by,
			e.narrative, e.updated_at AT TIME ZONE 'UTC', c.entry_version, c.act, c.claim_from, c.claim_to, c.verdict_from, c.verdict_to,
			c.note, c.effective_on, c.recorded_at AT TIME ZONE 'UTC', c.recorded_by = $1)
		FROM entry e JOIN status_change c ON c.entry_id = e.id`, w.coordinator.AccountID)
	if want := []string{"1 not_started none f 2024-01-15  2025-03-10 05:00:00 " +
		"1 open not_started not_started none none  2024-01-15 2025-03-10 05:00:00 t"}; !slices.Equal(entries, want) {
		t.Errorf("entries are\n%q, want\n%q", entries, want)
	}
	for sql, want := range map[string]int{
		`SELECT count(DISTINCT indicator_id) FROM entry`: 57, `SELECT count(*) FROM entry`: 57, `SELECT count(*) FROM status_change`: 57,
	} {
		if n := w.db.Count(t, sql); n != want {
			t.Errorf("%s: %d", sql, n)
		}
	}
	want := `open_assessment assessment 1 coordinator  > 2024-01-15 at 2025-03-10 05:00:00`
	written := w.db.Lines(t, `SELECT format('%s %s %s %s > %s at %s', u.act, u.subject, split_part(a.name, ' ', 1), u.before, u.after->>'OpenedOn',
		u.recorded_at AT TIME ZONE 'UTC') FROM audit u LEFT JOIN account a ON a.id = u.account_id WHERE city_id = $1 ORDER BY u.id`, w.id)[len(audit):]
	if !slices.Equal(written, []string{want}) {
		t.Errorf("audit %q, want %q", written, want)
	}
}

func TestOpenAssessmentRefuses(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	edited := func(edit func(*tracker.Assessment)) tracker.Assessment {
		a := round
		edit(&a)
		return a
	}
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		name, slug, framework string
		by                    tracker.Actor
		a                     tracker.Assessment
		want                  error
	}{
		{"by staff", "ha-long", "learning-city-57", w.staff, round, tracker.ErrForbidden},
		{"by a coordinator no longer", "ha-long", "learning-city-57", w.end, round, tracker.ErrEnded},
		{"elsewhere", "hue", "learning-city-57", w.coordinator, round, tracker.ErrNotFound},
		{"an unknown framework", "ha-long", "learning-city-99", w.coordinator, round, tracker.Invalid("framework", "framework.error.unknown")},
		{"an unknown version", "ha-long", "learning-city-57/99", w.coordinator, round, tracker.Invalid("framework", "framework.error.unknown")},
		{"without a day", "ha-long", "learning-city-57", w.coordinator, tracker.Assessment{Name: round.Name}, &tracker.InvalidError{Fields: map[string]string{
			"opened_on": "assessment.error.opened_on", "submission_due_on": "assessment.error.submission_due_on"}}},
		{"due before it opens", "ha-long", "learning-city-57", w.coordinator,
			edited(func(a *tracker.Assessment) { a.SubmissionDueOn = openedOn - 1 }), tracker.Invalid("submission_due_on", "assessment_due_after_opening")},
		{"without a name", "ha-long", "learning-city-57", w.coordinator,
			edited(func(a *tracker.Assessment) { a.Name.VI = " " }), tracker.Invalid("name_vi", "assessment.error.name_vi")},
	} {
		number, err := w.store.OpenAssessment(t.Context(), tt.by, tt.slug, tt.framework, tt.a, tracker.CarryOver{})
		if number != 0 || !same(err, tt.want) {
			t.Errorf("%s: %d, %v, want %v", tt.name, number, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

func TestCreateDepartment(t *testing.T) {
	t.Parallel()
	w := emptyTown(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit := w.audit(t)
	name := tracker.Text{VI: "Công an", EN: "Police"}
	must(t, w.store.CreateDepartment(t.Context(), w.coordinator, w.slug, tracker.Department{Code: "POL", Name: name}))
	if got := w.db.Lines(t, `SELECT concat_ws(' ', city_id = $1, code, name_vi, name_en) FROM department WHERE code = 'POL'`, w.id); !slices.Equal(got, []string{"t POL Công an Police"}) {
		t.Errorf("department %q", got)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{`create_department department POL coordinator  > ` +
		`{"name_en": "Police", "name_vi": "Công an"} at 2025-03-10 05:00:00  `}) {
		t.Errorf("audit %q", got)
	}
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		what string
		by   tracker.Actor
		d    tracker.Department
		want error
	}{
		{"a code that is taken", w.coordinator, tracker.Department{Code: "POL", Name: name}, tracker.Invalid("code", "department_code_once")},
		{"a code in small letters", w.coordinator, tracker.Department{Code: "pol", Name: name}, tracker.Invalid("code", "department_code_fits_an_address")},
		{"no name", w.coordinator, tracker.Department{Code: "NEW", Name: tracker.Text{VI: name.VI}}, tracker.Invalid("name_en", "department.error.name_en")},
		{"by staff", w.staff, tracker.Department{Code: "NEW", Name: name}, tracker.ErrForbidden},
		{"by nobody", tracker.Actor{}, tracker.Department{Code: "NEW", Name: name}, tracker.ErrNotFound},
	} {
		if err := w.store.CreateDepartment(t.Context(), tt.by, w.slug, tt.d); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

func TestAddMilestone(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit := len(w.audit(t))
	m := tracker.Milestone{HeldOn: openedOn + 9, Title: tracker.Text{VI: "Hội nghị", EN: "Conference"}, Published: true}
	must(t, w.store.AddMilestone(t.Context(), w.coordinator, w.slug, 1, m))
	if got := w.db.Lines(t, `SELECT concat_ws(' ', city_id = $1, held_on, title_vi, title_en, published) FROM milestone`, w.id); !slices.Equal(got, []string{"t 2024-01-24 Hội nghị Conference t"}) {
		t.Errorf("milestone %q", got)
	}
	if got := w.audit(t)[audit:]; !slices.Equal(got, []string{`add_milestone assessment 1 coordinator  > {"Title": {"EN": "Conference", "VI": "Hội nghị"}, ` +
		`"HeldOn": "2024-01-24", "Published": true} at 2025-03-10 05:00:00  `}) {
		t.Errorf("audit %q", got)
	}
	before := fingerprint(t, w.db)
	for _, tt := range []struct {
		what   string
		by     tracker.Actor
		number int
		m      tracker.Milestone
		want   error
	}{
		{"of another assessment", w.coordinator, 2, m, tracker.ErrNotFound},
		{"without a title", w.coordinator, 1, tracker.Milestone{HeldOn: openedOn}, tracker.Invalid("", "milestone_title_is_text")},
		{"by a leader", w.leader, 1, m, tracker.ErrForbidden},
	} {
		if err := w.store.AddMilestone(t.Context(), tt.by, w.slug, tt.number, tt.m); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// TestAssign: all are given or none; each leaves one record and a new version.
func TestAssign(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	audit := len(w.audit(t))
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{
		{Indicator: "1.1.1", Department: "EDU"}, {Indicator: "1.3.2", Department: "EDU", DueOn: dueOn}, {Indicator: "4.5.2"}}))
	got := w.db.Lines(t, `SELECT format('%s %s %s %s', i.code, e.version, d.code, e.due_on) FROM entry e JOIN indicator i ON i.id = e.indicator_id
		LEFT JOIN department d ON d.id = e.department_id WHERE e.version > 1 ORDER BY i.position`)
	if !slices.Equal(got, []string{"1.1.1 3 EDU ", "1.3.2 2 EDU 2025-06-30", "4.5.2 3  "}) {
		t.Errorf("entries %q", got)
	}
	want := []string{
		`assign entry 1/1.1.1 coordinator {"due_on": "2025-06-30", "department": "CUL"} > {"due_on": "", "department": "EDU"} at 2025-03-10 05:00:00  `,
		`assign entry 1/1.3.2 coordinator {"due_on": "", "department": ""} > {"due_on": "2025-06-30", "department": "EDU"} at 2025-03-10 05:00:00  `,
		`assign entry 1/4.5.2 coordinator {"due_on": "2025-06-30", "department": "CUL"} > {"due_on": "", "department": ""} at 2025-03-10 05:00:00  `}
	if got := w.audit(t)[audit:]; !slices.Equal(got, want) {
		t.Errorf("audit %q", got)
	}
	before := fingerprint(t, w.db)
	first := postgres.Assignment{Indicator: "1.1.1", Department: "CUL"}
	for _, tt := range []struct {
		what   string
		by     tracker.Actor
		number int
		second postgres.Assignment
		want   error
	}{
		{"an unknown indicator", w.coordinator, 1, postgres.Assignment{Indicator: "99.9.9", Department: "CUL"}, tracker.ErrNotFound},
		{"an unknown department", w.coordinator, 1, postgres.Assignment{Indicator: "1.3.2", Department: "XYZ"},
			tracker.Invalid("department", "department.error.unknown")},
		{"another assessment", w.coordinator, 2, first, tracker.ErrNotFound},
		{"by staff", w.staff, 1, first, tracker.ErrForbidden},
	} {
		err := w.store.Assign(t.Context(), tt.by, w.slug, tt.number, []postgres.Assignment{first, tt.second})
		if !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if fingerprint(t, w.db) != before {
		t.Error("the first of two was written")
	}
	must(t, w.store.Assign(t.Context(), w.coordinator, w.slug, 1, nil))
}

// TestCloseAssessment: what is closed stays readable and cannot be changed by
// any act.
func TestCloseAssessment(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	later := round
	later.OpenedOn, later.SubmissionDueOn = today+1, today+2
	_, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", later, tracker.CarryOver{})
	must(t, err)
	for _, tt := range []struct {
		what            string
		by              tracker.Actor
		number, version int
		reason          string
		want            error
	}{
		{"by a leader", w.leader, 1, 1, "x", tracker.ErrForbidden},
		{"one that is not there", w.coordinator, 3, 1, "x", tracker.ErrNotFound},
		{"one that has not opened", w.coordinator, 2, 1, "x", tracker.Invalid("", "assessment.error.not_open_yet")},
		{"without a reason", w.coordinator, 1, 1, " ", tracker.Invalid("note", "assessment_close.error.no_reason")},
		{"an old form", w.coordinator, 1, 0, "x", tracker.ErrConflict},
		{"the open one", w.coordinator, 1, 1, "Sáp nhập", nil},
		{"once more, with the old form", w.coordinator, 1, 1, "x", tracker.ErrConflict},
		{"once more", w.coordinator, 1, 2, "x", tracker.Invalid("", "assessment.error.closed_already")},
	} {
		if err := w.store.CloseAssessment(t.Context(), tt.by, postgres.AssessmentRef{City: w.slug, Number: tt.number, Version: tt.version}, tt.reason); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
	}
	if got := w.audit(t); got[len(got)-1] != `close_assessment assessment 1 coordinator {} > {"note": "Sáp nhập", "closed_on": "2025-03-10"} at 2025-03-10 05:00:00  ` {
		t.Errorf("audit %q", got[len(got)-1])
	}
	before, closed := fingerprint(t, w.db), tracker.Invalid("", "assessment.error.closed")
	for _, act := range everyAct {
		ref := w.db.Count(t, `SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id JOIN assessment a ON a.id = e.assessment_id
			WHERE i.code = $1 AND a.number = 1`, measured)
		err := act.do(w, t, act.by(w), postgres.EntryRef{City: w.slug, Assessment: 1, Indicator: measured, Version: ref})
		if !same(err, closed) {
			t.Errorf("%s in a closed assessment: %v", act.name, err)
		}
	}
	if err := w.store.Assign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured}}); !same(err, closed) {
		t.Errorf("assigning: %v", err)
	}
	err = w.store.Reassign(t.Context(), w.coordinator, w.slug, 1, []postgres.Assignment{{Indicator: measured, Department: "CUL", DueOn: dueOn}},
		tracker.Reassignment{Department: ptr("EDU")})
	if !same(err, closed) {
		t.Errorf("reassigning: %v", err)
	}
	if fingerprint(t, w.db) != before {
		t.Error("something was written")
	}
}

// TestCloseAtTheSameMoment: an act that has begun is finished before the
// assessment closes, and none is written after it.
func TestCloseAtTheSameMoment(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	closing, err := db.Owner.Begin(t.Context())
	must(t, err)
	defer func() { _ = closing.Rollback(context.Background()) }()
	_, err = closing.Exec(t.Context(), `UPDATE assessment SET closed_on = $1`, today.Time())
	must(t, err)
	answer := make(chan error)
	go func() {
		answer <- w.store.ChangeClaim(t.Context(), w.coordinator, postgres.EntryRef{City: w.slug, Indicator: measured, Version: 2}, tracker.ClaimAchieved, "", 0, false)
	}()
	select {
	case err := <-answer:
		t.Fatalf("the act did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	must(t, closing.Commit(t.Context()))
	if err := <-answer; !same(err, tracker.Invalid("", "assessment.error.closed")) {
		t.Errorf("after the closing: %v", err)
	}
}

func TestAssessments(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	number, err := w.store.OpenAssessment(t.Context(), w.coordinator, w.slug,
		"learning-city-57/"+db.Lines(t, `SELECT version FROM framework`)[0], round, tracker.CarryOver{})
	must(t, err)
	c, err := w.store.Assessments(t.Context(), w.leader, w.slug)
	must(t, err)
	if number != 2 || len(c.All) != 2 || c.All[1].Number != 2 || c.All[1].Name != round.Name || c.Today != today || c.City.Slug != w.slug ||
		len(c.Frameworks) != 1 || c.Frameworks[0].Code != "learning-city-57" || c.Frameworks[0].ID != c.All[0].FrameworkID {
		t.Errorf("assessment %d of %+v", number, c)
	}
	if _, err := w.store.Assessments(t.Context(), w.end, w.slug); !same(err, tracker.ErrEnded) {
		t.Errorf("a coordinator no longer: %v", err)
	}
}
