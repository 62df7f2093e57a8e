package server_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

const submission = assessments + "/1/submission"

// settle takes out of the way whatever stands there, as the database's owner.
func (s *site) settle(assessment int) {
	s.t.Helper()
	s.owner(`WITH e AS (UPDATE entry SET claim = 'in_progress', verdict = 'none', changed = false, to_confirm = false, submitted_by = NULL,
			reviewed_by = NULL, version = entry.version + 1 FROM assessment a WHERE a.id = assessment_id AND a.number = $1 AND claim <> 'in_progress'
			RETURNING entry.*)
		INSERT INTO status_change (entry_id, entry_version, city_id, assessment_id, act, claim_from, claim_to, verdict_from, verdict_to, note,
			effective_on, recorded_at, recorded_by)
		SELECT id, version, city_id, assessment_id, 'change_claim', 'not_started', claim, 'none', 'none', '', '2025-03-10', now(), (SELECT min(id) FROM account)
		FROM e`, assessment)
	s.owner(`UPDATE recommendation SET state = 'closed' WHERE assessment_id = (SELECT id FROM assessment WHERE number = $1)`, assessment)
	s.owner(`UPDATE thread SET resolved_at = now(), resolved_by = opened_by WHERE assessment_id = (SELECT id FROM assessment WHERE number = $1)`, assessment)
}

// TestSubmissionPage: every reader sees what stands in the way, by kind, each with
// the way to it; each count is the number of its rows.
func TestSubmissionPage(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.mix()
	score := s.as(leader).get(dashboard).page().First("[data-score]").Attr("data-score")
	for _, email := range []string{coordinator, leader, staff, expert} {
		page := s.as(email).get(submission).expect(http.StatusOK, says(say(t, "submission.title")),
			htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", score)), htmlcheck.Count(`form[action="`+submission+`"]`, 0)).page()
		rows, kinds := 0, page.Values("[data-kind]", "data-kind")
		for _, kind := range kinds {
			n := len(page.Values(`[data-kind="`+kind+`"] [data-blocker]`, "data-blocker"))
			equal(t, kind+" leads to its rows", page.First(`nav a[href="#kind-`+kind+`"] b`).Text(), strconv.Itoa(n))
			rows += n
		}
		equal(t, "in the way", page.First("[data-blockers]").Attr("data-blockers"), strconv.Itoa(rows))
		equal(t, "kinds", strings.Join(kinds, " "), "not_claimed not_submitted awaiting returned changed missing recommendation")
		for _, href := range page.Values("[data-blocker] .thing__head a", "href")[:3] {
			s.as(email).get(href).expect(http.StatusOK)
		}
	}
	v := s.as(leader)
	v.get(dashboard).expect(http.StatusOK, htmlcheck.Count(`a[href="`+submission+`"]`, 1))
	for _, none := range []string{"/9/", "/0/", "/x/", "/99999999999/"} {
		v.get(assessments + none + "submission").expect(http.StatusNotFound)
	}
}

// TestSubmit: refused while something stands in the way and by a form that is
// over; then closed, and every page says so.
func TestSubmit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	sum := func() string {
		return strconv.Itoa(s.db.Count(t, `SELECT sum(e.version) + max(a.version) FROM entry e JOIN assessment a ON a.id = e.assessment_id WHERE a.number = 1`))
	}
	v.post(submission, "version", sum()).expect(http.StatusUnprocessableEntity, says(say(t, "submission.error.blocked")), htmlcheck.Count("[data-blockers]", 1))
	s.settle(1)
	old := v.get(submission).expect(http.StatusOK, says(say(t, "submission.free.title")), htmlcheck.In("[data-blockers]", htmlcheck.HasAttr("data-blockers", "0"))).page()
	s.as(leader).get(submission).expect(http.StatusOK, says(say(t, "submission.free.others")), htmlcheck.Count(`form[action="`+submission+`"]`, 0))
	seen := old.First(`form[action="` + submission + `"] [name="version"]`).Attr("value")
	v.claim("7.2.2", "claim", "not_started").redirects(entryPath("7.2.2"))
	v.claim("7.2.2", "claim", "in_progress").redirects(entryPath("7.2.2"))
	again := v.post(submission, "version", seen).expect(http.StatusConflict, says(say(t, "submission.conflict.title"))).page()
	v.post(submission, "version", again.First(`form[action="`+submission+`"] [name="version"]`).Attr("value")).redirects(submission).follow().
		expect(http.StatusOK, noticed(say(t, "notice.assessment_submitted")), htmlcheck.In(`[data-move="submit_assessment"]`), htmlcheck.Count("[data-blockers]", 0),
			htmlcheck.Count(`a[href="`+assessments+`/1/reopen"]`, 1), htmlcheck.Count(`a[href="`+assessments+`/1/close"]`, 0))
	closed := say(t, "closed.submitted", "day", tracker.NewDate(2025, 3, 10))
	for _, path := range []string{dashboard, list, entryPath("7.2.2"), submission} {
		for _, email := range []string{coordinator, leader, reviewer} {
			s.as(email).get(path).expect(http.StatusOK, says(closed))
		}
	}
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`main form[method="post"]`, 0))
	before := s.written()
	for path, fields := range map[string][]string{"/claim": {"claim", "achieved"}, "/narrative": {"narrative", "x"}, "/measurement": {"year", "2024", "value", "1"}} {
		version := strconv.Itoa(s.stored("7.2.2").Version)
		v.post(entryPath("7.2.2")+path, append(fields, "version", version)...).expect(http.StatusUnprocessableEntity, says(say(t, "assessment.error.closed")))
	}
	equal(t, "what was written", s.written(), before)
}

// TestReopenAssessment: with a reason; what was typed stays, a form that is over is refused.
func TestReopenAssessment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	reopen := assessments + "/1/reopen"
	v.post(reopen, "version", "1", "note", "x").expect(http.StatusUnprocessableEntity, says(say(t, "assessment_reopen.error.open")))
	v.post(assessments+"/1/close", "version", "1", "note", "  ").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "assessment_close.error.no_reason"))))
	v.post(assessments+"/1/close", "version", "1", "note", "Sáp nhập").redirects(submission).follow().
		expect(http.StatusOK, says(say(t, "closed.unsubmitted", "day", tracker.NewDate(2025, 3, 10))), says("Sáp nhập"))
	v.get(assessments).expect(http.StatusOK, htmlcheck.Count(`a[href="`+reopen+`"]`, 1))
	v.post(reopen, "version", "1", "note", "Còn việc").expect(http.StatusConflict, says(say(t, "assessment_move.conflict")),
		htmlcheck.In(`[name="note"]`, htmlcheck.HasText("Còn việc")), htmlcheck.In(`[name="version"]`, htmlcheck.HasAttr("value", "2")))
	v.post(reopen, "version", "2", "note", "Còn việc").redirects(submission).follow().
		expect(http.StatusOK, noticed(say(t, "notice.assessment_reopened")), htmlcheck.Count("[data-move]", 2))
	v.claim("7.2.2", "claim", "achieved").redirects(entryPath("7.2.2"))
	for _, none := range []string{"/9/reopen", "/x/reopen", "/9/close"} {
		v.post(assessments+none, "version", "1", "note", "x").expect(http.StatusNotFound)
	}
	out := s.as(coordinator)
	s.endSessions()
	out.post(reopen, "version", "2", "note", "Giữ lại").expect(http.StatusUnauthorized).signInHere(coordinator, demonstration.Password).
		expect(http.StatusOK, says(say(t, "notice.resumed")), htmlcheck.In(`[name="note"]`, htmlcheck.HasText("Giữ lại")))
}

// TestCarryOverForm: what a new assessment may begin with, refused field by field,
// and how the pages tell of what was carried over.
func TestCarryOverForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.get(assessments+"/new").expect(http.StatusOK, htmlcheck.Count(`[name="carry_from"]`, 0))
	v.post(assessments+"/1/close", "version", "1", "note", "Kết thúc").redirects(submission)
	page := v.get(assessments+"/new").expect(http.StatusOK, htmlcheck.Count(`[name="carry_from"] option`, 2)).page()
	framework := page.First(`[name="framework"] option`).Attr("value")
	next := func(change ...string) []string {
		return append([]string{"framework", framework, "review", "yes", "carry_from", "1", "carry_departments", "yes"}, change...)
	}
	for _, tt := range []struct{ field, value, key string }{
		{"carry_from", "9", "carry_over.error.unknown"}, {"carry_from", "x", "carry_over.error.unknown"}, {"carry_from", "-1", "carry_over.error.unknown"},
		{"carry_departments", "", "carry_over.error.departments"}, {"due_on", "31/02", "on.error.malformed"},
		{"due_on", "2025-03-09", "assignment.error.due_before_opening"}, {"opened_on", "2025-03-09", "carry_over.error.before_closing"},
		{"opened_on", "2025-03-11", "carry_over.error.later"},
	} {
		v.postForm(assessments, newRound(next(tt.field, tt.value)...)).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key))), htmlcheck.In(`[name="name_en"]`, htmlcheck.HasAttr("value", "Second")))
	}
	second := assessments + "/2/submission"
	v.postForm(assessments, newRound(next("due_on", "2025-09-01")...)).redirects(second).follow().expect(http.StatusOK,
		noticed(say(t, "notice.assessment_carried")), htmlcheck.Count(`[data-kind="to_confirm"] [data-blocker]`, 57))
	v.get(assessments).expect(http.StatusOK, htmlcheck.In(`[data-assessment="2"]`, htmlcheck.HasText(say(t, "carry_over.from"))), htmlcheck.Count(`a[href="`+assessments+`/1/reopen"]`, 0))
	v.get(dashboard).expect(http.StatusOK, htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", "0/57")), htmlcheck.Count(`.facts a[href="`+list+`?state=to_confirm"]`, 1))
	v.get(list+"?state=to_confirm").expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 57), htmlcheck.Count(`[data-indicator] [data-state="to_confirm"]`, 57))
	v.get(list + "?state=to_confirm&assessment=1").expect(http.StatusUnprocessableEntity)
	entry := v.get(entryPath("1.1.1")).expect(http.StatusOK, htmlcheck.Count("#confirm", 1), says(say(t, "act.carry_over"))).page()
	confirm := entry.First("#confirm")
	v.post(confirm.Attr("action"), "version", entry.First(`#confirm [name="version"]`).Attr("value"), "claim", entry.First(`#confirm [name="claim"]`).Attr("value")).
		redirects(entryPath("1.1.1")).follow().expect(http.StatusOK, htmlcheck.Count("#confirm", 0), says(say(t, "act.confirm_claim")))
	s.as(leader).get(entryPath("1.2.1")).expect(http.StatusOK, htmlcheck.Count("#confirm", 1), htmlcheck.Count("#confirm button", 0))
}
