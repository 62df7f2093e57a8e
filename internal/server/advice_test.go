package server_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

const (
	recommendations = dashboard + "/recommendations"
	tasks           = dashboard + "/tasks"
	giver           = "expert@ha-long.demo" // of the demonstration's
)

// give lets the expert recommend something and returns its page.
func (v *visitor) give(fields ...string) string {
	v.site.t.Helper()
	all := append([]string{"text", "Mở rộng thư viện số", "given_on", "2025-03-10", "required", "yes", "source", "", "indicators", "7.2.2"}, fields...)
	got := v.post(recommendations+"/new?assessment=1", all...)
	got.expect(http.StatusSeeOther)
	return got.header.Get("Location")
}

// page of now carries the version that a form needs.
func (v *visitor) versionAt(path string) string {
	v.site.t.Helper()
	return v.get(path).expect(http.StatusOK).page().First(`input[name="version"]`).Attr("value")
}

// TestRecommendationFromGivenToClosed: through a task and its evidence, each step
// by who has to do it, seen on every page that shows it.
func TestRecommendationFromGivenToClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e, c, o := s.as(giver), s.as(coordinator), s.as(staff)
	e.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.In(`a[href="/cities/ha-long/recommendations/new?indicator=7.2.2"]`))
	e.get(recommendations+"/new?indicator=7.2.2").expect(http.StatusOK, htmlcheck.In(`input[value="7.2.2"][checked]`), htmlcheck.Count(`input[name="indicators"]`, 57),
		htmlcheck.In(`[name="given_on"][value="2025-03-10"]`))
	path := e.give()
	e.get(path).expect(http.StatusOK, noticed(say(t, "notice.recommendation_given")), says("Mở rộng thư viện số"), says(say(t, "recommendation.state.given")))
	c.newest().redirects(path)
	c.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.In(`[data-recommendation="`+path+`"]`))
	c.get(recommendations+"?state=given&required=yes").expect(http.StatusOK, htmlcheck.Count(`[data-recommendation]`, 1))

	c.post(path+"/take-on", "version", c.versionAt(path+"/take-on"), "note", "").redirects(path)
	source := c.get(path).page().First(`a[href^="` + tasks + `/new"]`).Attr("href")
	c.get(source).expect(http.StatusOK, htmlcheck.In(`#title`, htmlcheck.HasText("Mở rộng thư viện số")), htmlcheck.In(`input[value="7.2.2"][checked]`))
	task := c.post(tasks+"/new?assessment=1", "source", "recommendation", "recommendation", path[strings.LastIndex(path, "/")+1:], "title", "Nối mạng thư viện",
		"detail", "", "department", "CUL", "assignee", "", "due_on", "2025-03-31", "indicators", "7.2.2").header.Get("Location")
	o.get("/").redirects(ofCulture).follow().expect(http.StatusOK, htmlcheck.In(`[data-task="`+task+`"]`))
	o.get(task).expect(http.StatusOK, htmlcheck.In(`a[href="`+path+`"]`), htmlcheck.Count(`a[href="`+task+`/change"]`, 0))

	o.upload("/cities/ha-long/evidence?indicator=7.2.2", passport("CUL"), doc{"Biên bản.pdf", pdf})
	o.get(task+"/complete").expect(http.StatusOK, htmlcheck.In(`[name="evidence"][value="1"]`))
	o.post(task+"/complete", "version", "1", "note", "  ").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "task.error.no_result"))), htmlcheck.In(`input[name="version"][value="1"]`))
	o.post(task+"/complete", "version", "1", "note", "", "evidence", "1").redirects(task).follow().
		expect(http.StatusOK, says(say(t, "task.state.done")), htmlcheck.In(`a[href="/cities/ha-long/evidence/1"]`))
	o.post(path+"/answer", "version", o.versionAt(path+"/answer"), "note", "Đã nối mạng").redirects(path)
	e.newest().redirects(path)
	e.post(path+"/close", "version", e.versionAt(path+"/close"), "note", "").redirects(path).follow().
		expect(http.StatusOK, says(say(t, "recommendation.state.closed")), htmlcheck.Count(`[data-move]`, 4))
	equal(t, "acts", strings.Join(c.get(path).page().Values("[data-move]", "data-move"), " "),
		"close_recommendation answer_recommendation take_on_recommendation give_recommendation")
	c.get(cityAudit).expect(http.StatusOK, says("Kết thúc khuyến nghị số"))
}

// TestRecommendationRefused keeps all that was typed.
func TestRecommendationRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.as(giver)
	e.post(recommendations+"/new", "text", " ", "given_on", "mai", "required", "", "source", "Hội nghị", "indicators", "7.2.2").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#given_on-error", htmlcheck.HasText(say(t, "on.error.malformed"))), htmlcheck.In("#required-error", htmlcheck.HasText(say(t, "recommendation.error.required"))),
		htmlcheck.In(`#given_on[value="mai"]`), htmlcheck.In(`#source[value="Hội nghị"]`), htmlcheck.In(`input[value="7.2.2"][checked]`))
	e.post(recommendations+"/new", "text", strings.Repeat("ạ", 2001), "given_on", "2026-01-01", "required", "no").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#text-error", htmlcheck.HasText(say(t, "recommendation.error.long", "recommendation", 2000))),
		htmlcheck.In("#given_on-error", htmlcheck.HasText(say(t, "effective_on.error.future"))), htmlcheck.In(`[name="required"][value="no"][checked]`))
	e.post(recommendations+"/new", "text", "x", "given_on", "2025-03-10", "required", "no", "indicators", "99.9.9").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#indicators", htmlcheck.HasText(say(t, "recommendation.error.indicators"))))
	equal(t, "recommendations", ask[int](s, `SELECT count(*) FROM recommendation`), 8)
	// Two decide on the same version.
	path := e.give()
	c := s.as(coordinator)
	c.post(path+"/decline", "version", "1", "note", " ").expect(http.StatusUnprocessableEntity, htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "recommendation.error.no_reason"))))
	c.post(path+"/take-on", "version", "1").redirects(path)
	c.post(path+"/decline", "version", "1", "note", "Chưa có kinh phí").expect(http.StatusConflict, says(say(t, "evidence.conflict.title")),
		htmlcheck.In("#note", htmlcheck.HasText("Chưa có kinh phí")), htmlcheck.In(`input[name="version"][value="2"]`))
	c.post(path+"/decline", "version", "2", "note", "Chưa có kinh phí").expect(http.StatusUnprocessableEntity, says(say(t, "recommendation.error.state")),
		htmlcheck.In("#note", htmlcheck.HasText("Chưa có kinh phí")))
	c.post(path+"/answer", "version", "2", "note", "x", "evidence", "77", "evidence", "<b>").expect(http.StatusUnprocessableEntity,
		says(say(t, "recommendation.error.evidence")))
	for _, bad := range []string{"/0", "/x", "/01", "/99", "/2/close/"} {
		c.get(recommendations + bad).expect(http.StatusNotFound)
	}
	for query, want := range map[string]int{"?state=open": 422, "?required=maybe": 422, "?before=x": 404, "?before=2025-01-01.1": 200, "?state=closed&required=no": 200, "?assessment=9": 404} {
		equal(t, query, c.get(recommendations+query).status, want)
	}
}

// TestTaskForm: filled in from each source; refused with all that was typed.
func TestTaskForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.as(coordinator)
	obstacles := ask[string](s, `SELECT e.obstacles FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = '7.2.2'`)
	links := c.get(entryPath("7.2.2")).expect(http.StatusOK).page().Values(`a[href^="`+tasks+`/new"]`, "href")
	if want := []string{tasks + "/new?indicator=7.2.2", tasks + "/new?indicator=7.2.2&source=obstacle", tasks + "/new?indicator=7.2.2&source=solution"}; !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	c.get(links[1]).expect(http.StatusOK, htmlcheck.In("#detail", htmlcheck.HasText(obstacles)), htmlcheck.In(`#department option[value="CUL"][selected]`),
		htmlcheck.In(`input[name="indicators"][value="7.2.2"][checked]`), htmlcheck.In(`input[name="source"][value="obstacle"]`))
	s.bringBack("7.2.2", "Thiếu số liệu năm 2024")
	o := s.as(staff)
	o.get(ofCulture).expect(http.StatusOK, htmlcheck.In(`[data-returned="7.2.2"]`, htmlcheck.HasText("Thiếu số liệu năm 2024")), htmlcheck.Count(`a[href^="`+tasks+`/new"]`, 0))
	from := c.get(ofCulture).page().First(`[data-returned="7.2.2"] a[href^="` + tasks + `/new"]`).Attr("href")
	c.get(from).expect(http.StatusOK, htmlcheck.In("#title", htmlcheck.HasText("Thiếu số liệu năm 2024")))
	post := func(fields ...string) answer {
		return c.post(tasks+"/new", append([]string{"source", "return", "indicator", "7.2.2", "detail", "Bổ sung", "indicators", "7.2.2"}, fields...)...)
	}
	post("title", " ", "department", "", "due_on", "", "assignee", "x").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#assignee-error", htmlcheck.HasText(say(t, "task.error.assignee"))), htmlcheck.In("#detail", htmlcheck.HasText("Bổ sung")), htmlcheck.In(`input[name="source"][value="return"]`))
	post("title", strings.Repeat("ạ", 301), "department", "", "due_on", "2025-03-09", "assignee", "").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#title-error", htmlcheck.HasText(say(t, "task.error.title_long", "title", 300))), htmlcheck.In("#department-error", htmlcheck.HasText(say(t, "task.error.no_department"))),
		htmlcheck.In("#due_on-error", htmlcheck.HasText(say(t, "task.error.past"))), htmlcheck.In(`input[value="7.2.2"][checked]`))
	path := post("title", "Bổ sung số liệu", "department", "CUL", "due_on", "2025-03-31", "assignee", "").header.Get("Location")
	o.get(path).expect(http.StatusOK, says(say(t, "task.source.return")), htmlcheck.In(`a[href^="`+entryPath("7.2.2")+`"]`))
	c.get(path+"/change").expect(http.StatusOK, htmlcheck.In(`#due_on[value="2025-03-31"]`))
	c.post(path+"/change", "version", "1", "title", "Bổ sung số liệu", "detail", "Bổ sung", "department", "CUL", "due_on", "2025-03-31").expect(http.StatusUnprocessableEntity, says(say(t, "task.error.same")))
	c.post(path+"/change", "version", "1", "title", "Việc khác", "detail", "", "department", "EDU", "due_on", "2025-04-30").redirects(path)
	c.post(path+"/change", "version", "1", "title", "Việc thứ ba", "detail", "", "department", "EDU", "due_on", "2025-04-30").expect(http.StatusConflict,
		htmlcheck.In("#title", htmlcheck.HasText("Việc thứ ba")), htmlcheck.In(`input[name="version"][value="2"]`))
	c.post(path+"/drop", "version", "2", "note", "Không cần").redirects(path)
	c.post(path+"/reopen", "version", "3", "note", "Vẫn cần").redirects(path)
	for _, bad := range []string{"/new?source=direction", "/new?source=direction&direction=99", "/new?source=recommendation", "/new?source=recommendation&recommendation=99", "/new?source=return&indicator=99", "/0", "/99", "/x"} {
		c.get(tasks + bad).expect(http.StatusNotFound)
	}
	for query, want := range map[string]int{"?state=begun": 422, "?overdue=no": 422, "?department=XYZ": 422, "?after=1": 404, "?overdue=yes&department=CUL": 200, "?after=2025-01-01.1": 200} {
		equal(t, query, c.get(tasks+query).status, want)
	}
}

// TestTaskOfADirection: whoever coordinates makes a task of what a leader asks,
// from wherever it stands; the task leads back to it, but not who only sees the
// city's figures.
func TestTaskOfADirection(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	l, c := s.as(leader), s.as(coordinator)
	l.post(threadsPath, "kind", "direction", "text", "Hoàn thành hồ sơ\ntrước ngày khảo sát", "due_on", "2025-03-20").redirects(entryPath("7.2.2") + "#thread-1")
	c.post(threadsPath, "text", "Câu hỏi").redirects(entryPath("7.2.2") + "#thread-2")
	const link = tasks + "/new?assessment=1&direction=1&source=direction"
	for _, path := range []string{entryPath("7.2.2"), threadsPath, threadsPath + "/1", directionsPath} {
		equal(t, "links of "+path, len(c.get(path).page().All(`main a[href="`+link+`"]`)), 1)
		equal(t, "links of staff on "+path, len(s.as(staff).get(path).page().All(`main a[href="`+link+`"]`)), 0)
	}
	form := c.get(link).expect(http.StatusOK, says(say(t, "task.source.direction")), htmlcheck.In("#title", htmlcheck.HasText("Hoàn thành hồ sơ trước ngày khảo sát")),
		htmlcheck.In(`#due_on[value="2025-03-20"]`), htmlcheck.In(`#department option[value="CUL"][selected]`), htmlcheck.In(`input[name="indicators"][value="7.2.2"][checked]`),
		htmlcheck.In(`input[name="source"][value="direction"]`), htmlcheck.In(`input[name="direction"][value="1"]`)).page()
	equal(t, "back", len(form.All(`main a[href="/cities/ha-long/threads/1"]`)), 1)
	fields := []string{"source", "direction", "direction", "1", "department", "CUL", "due_on", "2025-03-20", "assignee", "", "indicators", "7.2.2"}
	c.post(tasks+"/new", append(fields, "title", " ")...).expect(http.StatusUnprocessableEntity, htmlcheck.In(`input[name="direction"][value="1"]`))
	path := c.post(tasks+"/new", append(fields, "title", "Hoàn thiện hồ sơ")...).header.Get("Location")
	back := `main a[href="/cities/ha-long/threads/1"]`
	s.as(staff).get(path).expect(http.StatusOK, says(say(t, "task.source.direction")), htmlcheck.In(back, htmlcheck.HasText("Hoàn thành hồ sơ")))
	equal(t, "for the overseer", len(s.as(overseer).get(path).expect(http.StatusOK).page().All(back)), 0)
	s.as(staff).get(ofCulture).expect(http.StatusOK, htmlcheck.In(`[data-task="`+path+`"]`, htmlcheck.HasText("Hoàn thiện hồ sơ")))
	c.get(tasks + "/new?source=direction&direction=2").expect(http.StatusNotFound)
	l.post(threadsPath+"/1/resolve", "version", "1").redirects(threadsPath + "/1")
	equal(t, "of one that is closed", len(c.get(threadsPath+"/1").page().All(`main a[href="`+link+`"]`)), 0)
}

// TestAdviceAfterClosing: an expert recommends on what is closed, and that becomes
// tasks; out of its entries come none, and the pages say why. Who sends a form all
// the same keeps what was typed.
func TestAdviceAfterClosing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.owner(`UPDATE assessment SET closed_on = '2025-03-10'`)
	e, c := s.as(giver), s.as(coordinator)
	equal(t, "to recommend", len(e.get(entryPath("7.2.2")).page().All(`a[href^="`+recommendations+`/new"]`)), 1)
	path := e.give()
	c.post(path+"/take-on", "version", "1").redirects(path)
	link := c.get(path).page().First(`a[href^="` + tasks + `/new"]`).Attr("href")
	c.get(link).expect(http.StatusOK, htmlcheck.In(`input[name="source"][value="recommendation"]`))
	equal(t, "out of the entry", len(c.get(entryPath("7.2.2")).page().All(`a[href^="`+tasks+`/new"]`)), 0)
	equal(t, "by hand", len(c.get(tasks).expect(http.StatusOK, says(say(t, "task.error.closed"))).page().All(`a[href^="`+tasks+`/new"]`)), 0)
	equal(t, "why, to staff", strings.Contains(s.as(staff).get(tasks).body, say(t, "task.error.closed")), false)
	c.get(tasks + "/new?source=obstacle&indicator=7.2.2").redirects(entryPath("7.2.2"))
	c.post(tasks+"/new", "source", "obstacle", "indicator", "7.2.2", "title", "Việc muộn", "department", "CUL", "due_on", "2025-03-31", "assignee", "").
		expect(http.StatusUnprocessableEntity, says(say(t, "task.error.closed")), htmlcheck.In("#title", htmlcheck.HasText("Việc muộn")))
}

// bringBack lets reviewers return the entry.
func (s *site) bringBack(code, reason string) {
	s.t.Helper()
	s.owner(`UPDATE entry e SET claim = 'achieved', verdict = 'returned', submitted_by = 1, reviewed_by = 3, version = e.version + 1
		FROM indicator i WHERE i.id = e.indicator_id AND i.code = $1`, code)
	s.owner(`INSERT INTO status_change (entry_id, entry_version, city_id, assessment_id, act, claim_from, claim_to, verdict_from, verdict_to, note,
			effective_on, recorded_at, recorded_by)
		SELECT e.id, e.version, e.city_id, e.assessment_id, 'return', 'achieved', 'achieved', 'awaiting', 'returned', $2, '2025-03-10', '2025-03-10 09:00+07', 3
		FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = $1`, code, reason)
}

// TestAdviceResumes: what was typed when the session was over is shown again, and
// nothing is written.
func TestAdviceResumes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for email, form := range map[string]struct {
		path   string
		fields url.Values
		wishes []htmlcheck.Wish
	}{
		giver: {recommendations + "/new", url.Values{"text": {"Nội dung dở dang"}, "given_on": {"mai"}, "required": {"yes"}, "indicators": {"7.2.2", "1.1.1"}}, []htmlcheck.Wish{
			htmlcheck.Count(`[name="indicators"][checked]`, 2), htmlcheck.In(`#given_on[value="mai"]`), htmlcheck.In(`[value="yes"][checked]`)}},
		coordinator: {tasks + "/new", url.Values{"title": {"Nội dung dở dang"}, "due_on": {"mai"}, "detail": {"Chi tiết"}, "source": {"return"}, "indicator": {"7.2.2"}}, []htmlcheck.Wish{
			htmlcheck.In("#detail", htmlcheck.HasText("Chi tiết")), htmlcheck.In(`[name="source"][value="return"]`), htmlcheck.In(`[name="indicator"][value="7.2.2"]`)}},
		staff: {tasks + "/1/complete", url.Values{"note": {"Nội dung dở dang"}, "version": {"1"}}, nil},
	} {
		v := s.visit()
		v.postForm(form.path, form.fields).expect(http.StatusUnauthorized).signInHere(email, "thanh-pho-hoc-tap").
			expect(http.StatusOK, append(form.wishes, htmlcheck.In("textarea", htmlcheck.HasText("Nội dung dở dang")), says(say(t, "notice.resumed")))...)
	}
	equal(t, "written", ask[int](s, `SELECT (SELECT count(*) FROM recommendation) + (SELECT count(*) FROM task)`), 17)
}

// TestDepartmentPage: what staff see of their department, and what there is
// before anything is.
func TestDepartmentPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(staff).get(ofCulture).expect(http.StatusOK, htmlcheck.Count(`[data-task]`, 2), htmlcheck.Count(`[data-returned]`, 0),
		htmlcheck.Count(`[data-indicator]`, s.db.Count(t, `SELECT count(*) FROM entry e JOIN department d ON d.id = e.department_id WHERE d.code = 'CUL'`)),
		htmlcheck.In(`[data-missing]`), htmlcheck.In(`a[href="/cities/ha-long/tasks?department=CUL"]`))
	s.as(leader).get(dashboard+"/departments").expect(http.StatusOK, htmlcheck.In(`a[href="`+ofCulture+`"]`))
	s.as(coordinator).get(dashboard + "/departments/XYZ").expect(http.StatusNotFound)
	s.owner(`UPDATE department SET retired_on = '2025-03-01' WHERE code = 'CUL'`)
	s.as(leader).get(ofCulture).expect(http.StatusOK, says(say(t, "department_list.retired_on", "day", "01/03/2025")))
}
