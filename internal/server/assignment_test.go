package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

const dueOfFirst = `SELECT coalesce(due_on::text, '') FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = '1.1.1'`

const assignments = "/cities/ha-long/assignments"

// tick is what a browser sends of the page with these boxes ticked.
func (a answer) tick(boxes url.Values, fields ...string) url.Values {
	sent := form(fields...)
	for _, shown := range a.page().Values(`input[name="shown"]`, "value") {
		sent.Add("shown", shown)
	}
	for name, values := range boxes {
		sent[name] = values
	}
	return sent
}

// who is the department and the due date of an entry.
func (s *site) who(code string) string {
	return ask[string](s, `SELECT concat_ws(' ', d.code, e.due_on) FROM entry e JOIN indicator i ON i.id = e.indicator_id
		JOIN city c ON c.id = e.city_id LEFT JOIN department d ON d.id = e.department_id WHERE c.slug = 'ha-long' AND i.code = $1`, code)
}

// TestAssignSeveral: single boxes and the box of an area, in one act; the page
// stays narrowed.
func TestAssignSeveral(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	page := v.get(assignments).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 57), htmlcheck.Count(`[name="entry"][checked]`, 0),
		htmlcheck.In(`nav a[aria-current="true"]`, htmlcheck.HasText(say(t, "shell.manage"))))
	sent := page.tick(url.Values{"entry": {"1.1.1"}, "area": {"7"}}, "department", "EDU", "due_on", "")
	due := ask[string](s, dueOfFirst)
	v.postForm(assignments+"?assessment=1", sent).redirects(assignments+"?assessment=1").follow().
		expect(http.StatusOK, noticed(say(t, "notice.assigned")))
	equal(t, "1.1.1", s.who("1.1.1"), strings.TrimSpace("EDU "+due))
	equal(t, "entries of area 7", s.db.Count(t, `SELECT count(*) FROM entry e JOIN indicator i ON i.id = e.indicator_id
		JOIN department d ON d.id = e.department_id WHERE i.code LIKE '7.%' AND d.code <> 'EDU'`), 0)
	narrow := v.get(assignments+"?department=EDU").expect(http.StatusOK, htmlcheck.In(`[aria-current="true"]`))
	sent = narrow.tick(url.Values{"entry": {"1.1.1"}}, "department", "none", "clear_due", "yes")
	v.postForm(assignments+"?assessment=1&department=EDU", sent).redirects(assignments + "?assessment=1&department=EDU")
	equal(t, "1.1.1", s.who("1.1.1"), "")
	v.get(assignments+"?department=none").expect(http.StatusOK, htmlcheck.In(`[data-indicator="1.1.1"]`))
}

// TestAssignRefused: each problem at its field, and the boxes stay ticked.
func TestAssignRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	page, before := v.get(assignments), s.written()
	ticked := url.Values{"entry": {"1.1.1", "9.3.1"}, "area": {"7"}}
	for _, tt := range []struct {
		boxes  url.Values
		fields []string
		field  string
		key    string
	}{
		{nil, []string{"department", "EDU"}, "entry", "assignment.error.no_entries"},
		{ticked, nil, "department", "assignment.error.no_change"},
		{ticked, []string{"due_on", "30.6.2025"}, "due_on", "on.error.malformed"},
		{ticked, []string{"due_on", "2025-06-30", "clear_due", "yes"}, "due_on", "assignment.error.due_both"},
		{ticked, []string{"due_on", "2020-06-30"}, "due_on", "assignment.error.due_before_opening"},
		{ticked, []string{"department", "XYZ"}, "department", "department.error.unknown"},
	} {
		got := v.postForm(assignments+"?assessment=1", page.tick(tt.boxes, tt.fields...)).expect(http.StatusUnprocessableEntity,
			htmlcheck.In(`.errors a[href="#`+tt.field+`"]`, htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.Count(`[name="entry"][checked]`, len(tt.boxes["entry"])), htmlcheck.Count(`[name="area"][checked]`, len(tt.boxes["area"])))
		if due := form(tt.fields...).Get("due_on"); due != "" {
			got.expect(http.StatusUnprocessableEntity, htmlcheck.In(`[name="due_on"]`, htmlcheck.HasAttr("value", due)))
		}
	}
	equal(t, "what was written", s.written(), before)
}

// TestAssignConflict: who was slower sees what the other one did, with the boxes
// still ticked, and may send it again.
func TestAssignConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	page := v.get(assignments)
	if err := s.db.Store.Assign(t.Context(), s.member(coordinator), "ha-long", 1, []postgres.Assignment{{Indicator: "1.1.1", Department: "CUL"}}); err != nil {
		t.Fatal(err)
	}
	got := v.postForm(assignments+"?assessment=1", page.tick(url.Values{"entry": {"1.1.1", "1.2.1"}}, "department", "EDU")).
		expect(http.StatusConflict, says(say(t, "assignment.conflict.title")), htmlcheck.Count(`[name="entry"][checked]`, 2),
			htmlcheck.In(`[data-indicator="1.1.1"] .tag`, htmlcheck.HasText(say(t, "assignment.moved"))),
			htmlcheck.In(`option[value="EDU"][selected]`))
	equal(t, "1.1.1", s.who("1.1.1"), "CUL")
	v.postForm(assignments+"?assessment=1", got.tick(url.Values{"entry": {"1.1.1", "1.2.1"}}, "department", "EDU")).
		redirects(assignments + "?assessment=1")
	equal(t, "1.1.1", s.who("1.1.1"), "EDU")
}

// TestAssignAfterTheSession: signing in brings all boxes back.
func TestAssignAfterTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	page := v.get(assignments)
	s.endSessions()
	before := s.written()
	v.postForm(assignments+"?assessment=1", page.tick(url.Values{"entry": {"1.1.1", "9.3.1"}, "area": {"7"}}, "department", "EDU", "due_on", "2025-09-01")).
		expect(http.StatusUnauthorized).signInHere(coordinator, demonstration.Password).expect(http.StatusOK, says(say(t, "notice.resumed")),
		htmlcheck.Count(`[name="entry"][checked]`, 2), htmlcheck.Count(`[name="area"][checked]`, 1),
		htmlcheck.In(`option[value="EDU"][selected]`), htmlcheck.In(`[name="due_on"]`, htmlcheck.HasAttr("value", "2025-09-01")))
	equal(t, "what was written", s.written(), before)
}

// TestAssignInAClosedAssessment shows who led what, with nothing to tick.
func TestAssignInAClosedAssessment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	page := v.get(assignments)
	v.post(assessments+"/1/close", "version", "1", "note", "Sáp nhập").redirects(assessments+"/1/submission").follow().
		expect(http.StatusOK, noticed(say(t, "notice.assessment_closed")))
	v.get(assignments).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 57), htmlcheck.Count(`[name="entry"]`, 0))
	v.postForm(assignments+"?assessment=1", page.tick(url.Values{"entry": {"1.1.1"}}, "department", "EDU")).
		expect(http.StatusUnprocessableEntity, says(say(t, "assessment.error.closed")))
	v.post(assessments+"/1/close", "version", "2", "note", "x").expect(http.StatusUnprocessableEntity, says(say(t, "assessment.error.closed_already")))
}

const assessments = "/cities/ha-long/assessments"

func newRound(change ...string) url.Values {
	fields := form("name_vi", "Đợt hai", "name_en", "Second", "framework", "learning-city-57", "opened_on", "2025-03-10",
		"submission_due_on", "2026-03-10", "review", "no")
	for i := 0; i < len(change); i += 2 {
		fields.Set(change[i], change[i+1])
	}
	return fields
}

func TestOpenAnAssessment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.get(assessments+"/new").expect(http.StatusOK, htmlcheck.In(`[name="opened_on"]`, htmlcheck.HasAttr("value", "2025-03-10")),
		htmlcheck.Count(`[name="framework"] option`, 1))
	framework := v.get(assessments + "/new").page().First(`[name="framework"] option`).Attr("value")
	v.postForm(assessments, newRound("framework", framework)).redirects(assessments).follow().
		expect(http.StatusOK, noticed(say(t, "notice.assessment_opened")), htmlcheck.In(`[data-assessment="2"]`, htmlcheck.HasText("Đợt hai")))
	equal(t, "the assessment", ask[string](s, `SELECT concat_ws('|', name_vi, name_en, opened_on, submission_due_on, needs_review,
		(SELECT count(*) FROM entry e WHERE e.assessment_id = a.id)) FROM assessment a WHERE number = 2`), "Đợt hai|Second|2025-03-10|2026-03-10|f|57")
	for _, tt := range []struct{ field, value, key string }{
		{"name_vi", "", "assessment.error.name_vi"}, {"name_en", " ", "assessment.error.name_en"},
		{"framework", "none/1", "framework.error.unknown"}, {"opened_on", "", "assessment.error.opened_on"},
		{"opened_on", "soon", "on.error.malformed"}, {"submission_due_on", "", "assessment.error.submission_due_on"},
		{"submission_due_on", "2025-03-09", "assessment_due_after_opening"}, {"submission_due_on", "9.3.", "on.error.malformed"},
		{"review", "", "assessment.error.review"},
	} {
		v.postForm(assessments, newRound(tt.field, tt.value)).expect(http.StatusUnprocessableEntity, htmlcheck.Count(".errors a", 1),
			htmlcheck.In("#"+tt.field+"-error", htmlcheck.HasText(say(t, tt.key))),
			htmlcheck.In("#language", htmlcheck.HasAttr("href", assessments+"/new?lang=en")),
			htmlcheck.In(`[name="name_en"]`, htmlcheck.HasAttr("value", map[bool]string{true: "", false: "Second"}[tt.field == "name_en"])))
	}
	equal(t, "assessments", s.db.Count(t, `SELECT count(*) FROM assessment`), 2)
	v.get(assessments + "/9/close").expect(http.StatusNotFound)
	v.get(assessments + "/x/close").expect(http.StatusNotFound)
}

const departments = "/cities/ha-long/departments"

func TestDepartmentsChange(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	v.post(departments, "name_vi", "Thuế", "name_en", "Taxes", "code", "tax").redirects(departments).follow().
		expect(http.StatusOK, noticed(say(t, "notice.department_created")), htmlcheck.In(`[data-department="TAX"]`, htmlcheck.HasText("Thuế")))
	v.post(departments, "name_vi", "Thuế", "name_en", "", "code", "TAX").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#name_en-error"), htmlcheck.In(`[name="name_vi"]`, htmlcheck.HasAttr("value", "Thuế")), htmlcheck.In(`[name="code"]`, htmlcheck.HasAttr("value", "TAX")))
	v.post(departments, "name_vi", "Thuế", "name_en", "Taxes", "code", "TAX").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#code-error", htmlcheck.HasText(say(t, "department_code_once"))))
	v.post(departments+"/TAX/rename", "version", "1", "name_vi", "Thuế thành phố", "name_en", "City police").redirects(departments)
	slow := v.post(departments+"/TAX/rename", "version", "1", "name_vi", "Tên khác", "name_en", "Another").
		expect(http.StatusConflict, says("Thuế thành phố"), htmlcheck.In(`[name="name_vi"]`, htmlcheck.HasAttr("value", "Tên khác")))
	slow.sendAgain(departments + "/TAX/rename").redirects(departments)
	equal(t, "the name", ask[string](s, `SELECT name_vi FROM department WHERE code = 'TAX'`), "Tên khác")
	s.as(leader).get(departments).expect(http.StatusOK, says("Tên khác"), htmlcheck.Count(`main a[href="`+departments+`/EDU/rename"]`, 0), htmlcheck.Count("main .btn", 0))
}

// TestRetire: without a successor it is refused with the choices kept; then one
// entry goes to another than the rest.
func TestRetire(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	page := v.get(departments+"/CUL/retire").expect(http.StatusOK, htmlcheck.Count(`option[value="CUL"]`, 0)).page()
	sent := url.Values{"version": {"1"}, "successor": {""}, "people_to": {""}, "entry": page.Values(`[name="entry"]`, "value")}
	sent["to"] = make([]string, len(sent["entry"]))
	sent["to"][0] = "EDU"
	v.postForm(departments+"/CUL/retire", sent).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#successor-error", htmlcheck.HasText(say(t, "department.error.no_successor"))), htmlcheck.In(`#to option[value="EDU"][selected]`))
	sent.Set("version", "0")
	v.postForm(departments+"/CUL/retire", sent).expect(http.StatusConflict, says(say(t, "department_retire.conflict.title")),
		htmlcheck.In(`#to option[value="EDU"][selected]`), htmlcheck.In(`[name="version"]`, htmlcheck.HasAttr("value", "1")))
	other := page.Values(`#successor option`, "value")[1]
	if other == "EDU" {
		other = page.Values(`#successor option`, "value")[2]
	}
	sent.Set("version", "1")
	sent.Set("successor", other)
	v.postForm(departments+"/CUL/retire", sent).redirects(departments).follow().expect(http.StatusOK,
		noticed(say(t, "notice.department_retired")), htmlcheck.Count(`[data-department="CUL"] a`, 1))
	equal(t, "entries left", s.db.Count(t, `SELECT count(*) FROM entry e JOIN department d ON d.id = e.department_id WHERE d.code = 'CUL'`), 0)
	equal(t, "entries of the one", s.db.Count(t, `SELECT count(*) FROM former_assignment f JOIN entry e ON e.id = f.entry_id
		JOIN department d ON d.id = e.department_id WHERE d.code = 'EDU'`), 1)
	equal(t, "people", s.db.Count(t, `SELECT count(*) FROM membership m JOIN department d ON d.id = m.department_id WHERE d.code = $1`, other), 1)
	for _, form := range []string{"/rename", "/retire"} {
		v.get(departments + "/CUL" + form).expect(http.StatusNotFound)
	}
	name := ask[string](s, `SELECT name_vi FROM department WHERE code = 'CUL'`)
	v.get("/cities/ha-long?on=2024-08-13").expect(http.StatusOK, htmlcheck.In(".deps", htmlcheck.HasText(name)))
	v.get(list+"?on=2024-08-13&department=CUL").expect(http.StatusOK, says(name))
	v.get(assignments).expect(http.StatusOK, htmlcheck.Count(`option[value="CUL"]`, 0))
	v.get(people+"/invite").expect(http.StatusOK, htmlcheck.Count(`option[value="CUL"]`, 0), htmlcheck.In(`option[value="EDU"]`))
	v.invites("an@halong.vn", "role", "staff", "department", "CUL").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#department-error", htmlcheck.HasText(say(t, "department.error.unknown"))), htmlcheck.In(`[name="invitee"][value="an@halong.vn"]`))
}

func TestFrameworksPage(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(admin)
	v.get("/cities").expect(http.StatusOK, htmlcheck.In(`main a[href="/frameworks"]`))
	v.get("/frameworks").expect(http.StatusOK, htmlcheck.In(`[data-framework="learning-city-57"]`, htmlcheck.HasText("Hạ Long"), htmlcheck.HasText("Đà Nẵng"),
		htmlcheck.HasText(say(t, "framework_list.used", "count", 2, "cities", 2))))
}

// TestManageIsForWhoMay: the way there shows to coordinators, and for a
// coordinator no longer who still reads the city nothing opens.
func TestManageIsForWhoMay(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	for email, want := range map[string]int{coordinator: 1, leader: 0, staff: 0, overseer: 0} {
		s.as(email).get(dashboard).expect(http.StatusOK, htmlcheck.Count(`.top a[href="`+assessments+`"]`, want))
	}
	s.join(s.member(overseer).AccountID, person{role: tracker.Coordinator, city: "ha-long", endsOn: "2025-03-09"})
	v := s.as(overseer)
	for _, path := range []string{assignments, assessments, assessments + "/new", assessments + "/1/close", departments + "/new", departments + "/CUL/retire"} {
		v.get(path).expect(http.StatusForbidden)
	}
	v.get(departments).expect(http.StatusOK, htmlcheck.Count(`main a[href="`+departments+`/EDU/rename"]`, 0))
}
