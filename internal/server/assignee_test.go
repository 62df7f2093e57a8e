package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

const colleague = "second@ha-long.test" // of the department CUL, as staff is

// give puts somebody in charge of entries of their department.
func (s *site) give(email, department string, codes ...string) {
	s.t.Helper()
	var all []postgres.Assignment
	for _, code := range codes {
		all = append(all, postgres.Assignment{Indicator: code, Department: department, Assignee: s.member(email).AccountID})
	}
	if err := s.db.Store.Assign(s.t.Context(), s.member(coordinator), "ha-long", 1, all); err != nil {
		s.t.Fatal(err)
	}
}

// inCharge is the department of an entry and who is in charge there.
func (s *site) inCharge(code string) string {
	return ask[string](s, `SELECT concat_ws(' ', d.code, a.email) FROM entry e JOIN indicator i ON i.id = e.indicator_id
		JOIN city c ON c.id = e.city_id LEFT JOIN department d ON d.id = e.department_id LEFT JOIN account a ON a.id = e.assignee_id
		WHERE c.slug = 'ha-long' AND i.code = $1`, code)
}

func (s *site) account(email string) string {
	return fmt.Sprint(ask[int64](s, `SELECT id FROM account WHERE email = $1`, email))
}

func newOffice(t *testing.T) *site {
	t.Helper()
	s := newSite(t).invite()
	s.add(person{email: colleague, role: tracker.Staff, city: "ha-long", department: "CUL"})
	return s
}

// TestPutInCharge: department and person in one act, several entries at once;
// the person of another department is refused at the field, with all kept.
func TestPutInCharge(t *testing.T) {
	t.Parallel()
	s := newOffice(t)
	v := s.as(coordinator)
	page := v.get(assignments).expect(http.StatusOK, htmlcheck.In(`[name="assignee"] optgroup option[value="`+s.account(staff)+`"]`),
		htmlcheck.In(`[name="assignee"] optgroup option[value="`+s.account(otherStaff)+`"]`), htmlcheck.Count(`[name="assignee"] option[value="`+s.account(leader)+`"]`, 0),
		htmlcheck.Count(`[name="assignee"] option[value="`+s.account(theirStaff)+`"]`, 0))
	boxes, before := url.Values{"entry": {"1.1.1", "7.2.2"}}, s.written()
	for chosen, key := range map[string]string{s.account(otherStaff): "assignee.error.elsewhere", s.account(leader): "assignee.error.not_staff",
		s.account(theirStaff): "assignee.error.not_staff", "somebody": "assignee.error.not_staff", "-1": "assignee.error.not_staff", "0": "assignee.error.not_staff"} {
		v.postForm(assignments+"?assessment=1", page.tick(boxes, "department", "CUL", "assignee", chosen, "due_on", "2025-09-01")).
			expect(http.StatusUnprocessableEntity, htmlcheck.In("#assignee-error", htmlcheck.HasText(say(t, key))), htmlcheck.In(`.errors a[href="#assignee"]`),
				htmlcheck.Count(`[name="entry"][checked]`, 2), htmlcheck.In(`#department option[value="CUL"][selected]`), htmlcheck.In(`[name="due_on"]`, htmlcheck.HasAttr("value", "2025-09-01")))
	}
	v.postForm(assignments+"?assessment=1", page.tick(boxes, "assignee", "x", "due_on", "2025-09-01", "clear_due", "yes")).
		expect(http.StatusUnprocessableEntity, htmlcheck.In("#assignee-error"), htmlcheck.In("#due_on-error"))
	equal(t, "what was written", s.written(), before)
	v.postForm(assignments+"?assessment=1", page.tick(boxes, "department", "CUL", "assignee", s.account(staff))).redirects(assignments+"?assessment=1").follow().
		expect(http.StatusOK, htmlcheck.In(`[data-indicator="1.1.1"]`, htmlcheck.HasText(s.member(staff).Name)))
	equal(t, "1.1.1", s.inCharge("1.1.1"), "CUL "+staff)
	stale := v.postForm(assignments+"?assessment=1", page.tick(boxes, "assignee", s.account(colleague))).expect(http.StatusConflict,
		htmlcheck.In(`[data-indicator="1.1.1"] .tag`, htmlcheck.HasText(say(t, "assignment.moved"))), htmlcheck.In(`#assignee option[value="`+s.account(colleague)+`"][selected]`))
	v.postForm(assignments+"?assessment=1", stale.tick(boxes, "assignee", s.account(colleague))).redirects(assignments + "?assessment=1")
	equal(t, "7.2.2", s.inCharge("7.2.2"), "CUL "+colleague)
	v.postForm(assignments+"?assessment=1", v.get(assignments).tick(boxes, "assignee", "none")).redirects(assignments + "?assessment=1")
	equal(t, "1.1.1", s.inCharge("1.1.1"), "CUL")
	v.get("/cities/ha-long/audit?act=assign").expect(http.StatusOK, says(say(t, "entry_list.assignee")), says(colleague))
}

// TestInChargeShows on the indicator's page and in the list, to all who read.
func TestInChargeShows(t *testing.T) {
	t.Parallel()
	s := newOffice(t)
	s.give(staff, "CUL", "7.2.2", "1.1.1")
	s.give(colleague, "CUL", "9.3.1")
	mine := list + "?assignee=" + s.account(staff)
	for _, email := range []string{leader, staff, overseer} {
		v := s.as(email)
		v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.In(`.head__line a[href="`+mine+`"]`, htmlcheck.HasText(s.member(staff).Name)))
		v.get(entryPath("7.2.1")).expect(http.StatusOK, htmlcheck.Count(`.head__line a`, 0))
		v.get(entryPath("7.2.2")+"?on=2024-08-13").expect(http.StatusOK, htmlcheck.Count(`.head__line a`, 0))
		v.get(mine).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 2), htmlcheck.In(`[data-indicator="7.2.2"]`, htmlcheck.HasText(s.member(staff).Name)),
			htmlcheck.In(`.chip--gone[href="`+list+`"]`, htmlcheck.HasText(s.member(staff).Name)), htmlcheck.In(`a[href="`+list+"?assignee="+s.account(colleague)+`"]`),
			htmlcheck.In(`input[type="hidden"][name="assignee"]`, htmlcheck.HasAttr("value", s.account(staff))))
		v.get(list+"?assignee=any").expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 3))
		v.get(list+"?assignee=none").expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 54))
		v.get(list).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 57), htmlcheck.In(`a[href="`+list+`?assignee=any"]`))
		for _, nobody := range []string{s.account(reviewer), s.account(theirStaff), "x", "0"} {
			v.get(list+"?assignee="+nobody).expect(http.StatusUnprocessableEntity, htmlcheck.Count("[data-indicator]", 57),
				says(say(t, "entry_list.error.filter", "filter", say(t, "entry_list.filter.assignee"), "value", nobody)))
		}
	}
}

// TestMine: staff have a way to what is theirs, and hear it when nothing is.
func TestMine(t *testing.T) {
	t.Parallel()
	s := newOffice(t)
	v, mine := s.as(staff), list+"?assignee="+s.account(staff)
	v.get(list).expect(http.StatusOK, htmlcheck.In(`.chip[href="`+mine+`"]`, htmlcheck.HasText(say(t, "entry_list.mine"))))
	v.get(mine).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 0), says(say(t, "entry_list.mine.none.title")),
		htmlcheck.In(`.chip[aria-current="true"][href="`+list+`"]`))
	s.give(staff, "CUL", "7.2.2")
	v.get(mine).expect(http.StatusOK, htmlcheck.Count("[data-indicator]", 1))
	v.get(mine+"&q=khongco").expect(http.StatusOK, says(say(t, "entry_list.empty.title")))
	for _, email := range []string{coordinator, leader, overseer} {
		s.as(email).get(list).expect(http.StatusOK, htmlcheck.Count(`nav.filters .chip`, s.chips(t)))
	}
}

// chips are how many a filter's list has without the way to one's own.
func (s *site) chips(t testing.TB) int {
	t.Helper()
	return len(s.as(reviewer).get(list).page().Values(`nav.filters .chip`, "href"))
}

// TestHandOver: the page counts, leads to the list and hands over; what is wrong
// stands at the field, and who was slower sees how it is now.
func TestHandOver(t *testing.T) {
	t.Parallel()
	s := newOffice(t)
	v, path := s.as(coordinator), s.personPath(staff)
	v.get(path).expect(http.StatusOK, says(say(t, "hand_over.none")), htmlcheck.Count(`form[action="`+path+`/hand-over"]`, 0))
	v.get(s.personPath(leader)).expect(http.StatusOK, htmlcheck.Count("#hand-over", 0))
	s.give(staff, "CUL", "7.2.2", "1.1.1")
	page := v.get(path).expect(http.StatusOK, says(say(t, "hand_over.count", "count", 2)),
		htmlcheck.In(`#hand-over a[href="`+list+"?assessment=1&assignee="+s.account(staff)+`"]`),
		htmlcheck.In(`#assignee-CUL option[value="`+s.account(colleague)+`"]`), htmlcheck.Count(`#assignee-CUL option[value="`+s.account(staff)+`"]`, 0),
		htmlcheck.Count(`#assignee-CUL option[value="`+s.account(otherStaff)+`"]`, 0), htmlcheck.Count("main [data-kind=\"warning\"]", 0))
	send := func(a answer, to string) answer {
		return v.postForm(path+"/hand-over", a.tick(nil, "version", "1", "department", "CUL", "assignee", to))
	}
	before := s.written()
	for to, key := range map[string]string{"": "assignee.error.none_chosen", "x": "assignee.error.not_staff", s.account(otherStaff): "assignee.error.elsewhere",
		s.account(staff): "assignee.error.same", s.account(leader): "assignee.error.not_staff"} {
		send(page, to).expect(http.StatusUnprocessableEntity, htmlcheck.In("#assignee-CUL-error", htmlcheck.HasText(say(t, key))),
			htmlcheck.In(`.errors a[href="#assignee-CUL"]`, htmlcheck.HasText(say(t, key))))
	}
	v.post(path+"/hand-over", "version", "0", "department", "CUL", "shown", "1/7.2.2", "assignee", "none").expect(http.StatusConflict, says(say(t, "hand_over.conflict.title")))
	equal(t, "what was written", s.written(), before)
	s.give(staff, "CUL", "9.3.1")
	stale := send(page, s.account(colleague)).expect(http.StatusConflict, says(say(t, "hand_over.conflict.title")),
		htmlcheck.In(`#assignee-CUL option[value="`+s.account(colleague)+`"][selected]`), htmlcheck.Count(`[name="shown"]`, 3))
	send(stale, s.account(colleague)).redirects(path).follow().expect(http.StatusOK, noticed(say(t, "notice.handed_over")), says(say(t, "hand_over.none")))
	equal(t, "7.2.2", s.inCharge("7.2.2"), "CUL "+colleague)
	send(v.get(s.personPath(colleague)), "none").expect(http.StatusConflict) // theirs are not this person's
	equal(t, "7.2.2", s.inCharge("7.2.2"), "CUL "+colleague)
	v.get("/cities/ha-long/audit?act=hand_over_entries").expect(http.StatusOK, htmlcheck.Count(".act", 3), says(staff), says(colleague))
	v.get(path + "/hand-over").redirects(path)
}

// TestHandOverAfterTheSession: signing in brings the choice back, and does nothing.
func TestHandOverAfterTheSession(t *testing.T) {
	t.Parallel()
	s := newOffice(t)
	s.give(staff, "CUL", "7.2.2")
	v, path := s.as(coordinator), s.personPath(staff)
	page := v.get(path)
	s.endSessions()
	v.postForm(path+"/hand-over", page.tick(nil, "version", "1", "department", "CUL", "assignee", s.account(colleague))).
		expect(http.StatusUnauthorized).signInHere(coordinator, demonstration.Password).expect(http.StatusOK, says(say(t, "notice.resumed")),
		htmlcheck.In(`#assignee-CUL option[value="`+s.account(colleague)+`"][selected]`))
	equal(t, "7.2.2", s.inCharge("7.2.2"), "CUL "+staff)
}

// TestLeavingInCharge: who is disabled or gets another post stays named, and the
// coordinator is led to where it can be handed over.
func TestLeavingInCharge(t *testing.T) {
	t.Parallel()
	s := newOffice(t)
	s.give(staff, "CUL", "7.2.2", "1.1.1")
	v, path := s.as(coordinator), s.personPath(staff)
	warned := say(t, "hand_over.left", "count", 2, "department", ask[string](s, `SELECT name_vi FROM department WHERE code = 'CUL' ORDER BY id LIMIT 1`))
	v.post(path+"/disable", "version", "1").redirects(path).follow().expect(http.StatusOK, noticed(say(t, "notice.person_disabled")), says(warned), says(say(t, "hand_over.count", "count", 2)))
	v.post(path+"/enable", "version", "2").redirects(people)
	v.post(path, "version", "3", "role", "staff", "department", "EDU").redirects(path).follow().expect(http.StatusOK, says(warned))
	equal(t, "7.2.2", s.inCharge("7.2.2"), "CUL "+staff)
	v.post(path, "version", "4", "role", "leader").redirects(path).follow().expect(http.StatusOK, says(warned), htmlcheck.In("#assignee-CUL"))
	v.postForm(path+"/hand-over", v.get(path).tick(nil, "version", "5", "department", "CUL", "assignee", "none")).redirects(path).follow().
		expect(http.StatusOK, htmlcheck.Count("#hand-over", 0))
	equal(t, "7.2.2", s.inCharge("7.2.2"), "CUL")
}

// FuzzReadSeen: what the page wrote is read again, and nothing else gets through.
func FuzzReadSeen(f *testing.F) {
	for _, seed := range []string{"7/7.2.2/CUL/2025-06-30/12", "1/1.1.1///", "1/1.1.1//", "1/1.1.1///-1", "1/1.1.1///007", "a/b/c/d/e", "1/1.1.1/CUL/30.6.2025/", "////", "\x00///1/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		area, a, ok := server.ReadSeen(text)
		if !ok {
			return
		}
		if again, b, ok := server.ReadSeen(server.SeenText(area, a)); !ok || again != area || b != a {
			t.Errorf("%q became %q %+v, and that %q %+v, %v", text, area, a, again, b, ok)
		}
		if a.Assignee < 0 {
			t.Errorf("%q names account %d", text, a.Assignee)
		}
	})
}
