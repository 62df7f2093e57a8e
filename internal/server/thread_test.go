package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server/htmlcheck"
)

const (
	threadsPath    = "/cities/ha-long/indicators/7.2.2/threads"
	directionsPath = "/cities/ha-long/directions"
)

// accountOf is the account with the address.
func (s *site) accountOf(email string) string {
	s.t.Helper()
	return fmt.Sprint(ask[int64](s, `SELECT id FROM account WHERE email = $1`, email))
}

// TestConversation: staff ask, a reviewer answers among reviewers and for all,
// and settles it; each sees what is for them.
func TestConversation(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v, r := s.as(staff), s.as(reviewer)
	form := v.get(threadsPath+"/new").expect(http.StatusOK, says(say(t, "mention.hint"))).page()
	equal(t, "audiences for staff", len(form.All(`input[name="audience"]`)), 0)
	got := v.post(threadsPath, "text", "Cần <b>số liệu</b> nào?\r\nXem https://halong.gov.vn/a?b=1&c=2.", "mention", s.accountOf(reviewer))
	page := got.redirects(entryPath("7.2.2")+"#thread-1").follow().expect(http.StatusOK, noticed(say(t, "notice.thread_opened")),
		htmlcheck.In("#thread-1 .comment__text", htmlcheck.HasRaw("Cần <b>số liệu</b> nào?\nXem https://halong.gov.vn/a?b=1&c=2."))).page()
	link := page.All("#thread-1 .comment__text a")
	equal(t, "links", len(link), 1)
	equal(t, "href", link[0].Attr("href"), "https://halong.gov.vn/a?b=1&c=2")
	equal(t, "rel", link[0].Attr("rel"), "nofollow noopener")
	equal(t, "markup", len(page.All("#thread-1 .comment__text b")), 0)

	r.newest().redirects("/cities/ha-long/threads/1").follow().redirects(threadsPath + "/1?assessment=1").follow().expect(http.StatusOK)
	equal(t, "audiences for reviewers", len(r.get(threadsPath+"/new").page().All(`input[name="audience"]`)), 2)
	r.post(threadsPath, "text", "Nghi số liệu cũ.", "audience", "internal").redirects(entryPath("7.2.2") + "#thread-2")
	r.post(threadsPath+"/1/comments", "text", "Số liệu năm 2024.", "at", "thread").redirects(threadsPath + "/1#comment-2")
	v.post(threadsPath+"/1/comments", "text", "Đã bổ sung.").redirects(entryPath("7.2.2") + "#thread-1")
	desk := r.get("/cities/ha-long/reviews/7.2.2?area=7").expect(http.StatusOK).page()
	equal(t, "threads on the desk", len(desk.All("[data-thread]")), 2)
	equal(t, "part of the desk", desk.All(`#thread-1 form input[name="area"]`)[0].Attr("value"), "7")
	r.post(threadsPath+"/1/comments", "text", "Cảm ơn.", "at", "review", "area", "7").redirects("/cities/ha-long/reviews/7.2.2?area=7#thread-1")

	equal(t, "threads of the reviewer", len(r.get(entryPath("7.2.2")).page().All("[data-thread]")), 2)
	for _, who := range []string{staff, coordinator, leader, expert} {
		other := s.as(who)
		shown := other.get(entryPath("7.2.2"))
		equal(t, "threads of "+who, len(shown.page().All("[data-thread]")), 1)
		if strings.Contains(shown.body, "Nghi số liệu") || strings.Contains(other.get(threadsPath).body, "Nghi số liệu") {
			t.Errorf("%s reads what reviewers say", who)
		}
		equal(t, who+" asks for it", other.get(threadsPath+"/2").status, http.StatusNotFound)
		equal(t, who+" replies to it", other.post(threadsPath+"/2/comments", "text", "x").status, http.StatusNotFound)
		equal(t, who+" finds it", other.get("/cities/ha-long/threads/2").status, http.StatusNotFound)
	}
	equal(t, "threads of the overseer", len(s.as(overseer).get(entryPath("7.2.2")).page().All("#threads")), 0)
	equal(t, "the coordinator's record", strings.Contains(s.as(coordinator).get("/cities/ha-long/audit").body, say(t, "audit.subject.internal_thread", "name", "2")), false)
	r.get("/account/audit").expect(http.StatusOK, says(say(t, "audit.subject.internal_thread", "name", "2")))

	r.post(threadsPath+"/1/resolve", "version", "1").redirects(threadsPath+"/1").follow().expect(http.StatusOK, noticed(say(t, "notice.thread_resolved")))
	v.post(threadsPath+"/1/comments", "text", "Còn một điều").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#text-error", htmlcheck.HasText(say(t, "thread.error.resolved"))), htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw("Còn một điều")))
	equal(t, "folded", len(v.get(entryPath("7.2.2")).page().All("#thread-1 details")), 1)
	v.post(threadsPath+"/1/reopen", "version", "2").redirects(threadsPath + "/1")
	v.post(threadsPath+"/1/resolve", "version", "2").expect(http.StatusConflict, says(say(t, "thread.conflict.title")))
	equal(t, "threads on a past day", len(v.get(entryPath("7.2.2")+"?on=2024-08-13").page().All("#threads")), 0)
}

// TestDirectionOnThePages: prominent until it is closed, overdue in words, on the
// list of directions, of its department too.
func TestDirectionOnThePages(t *testing.T) {
	t.Parallel()
	now := &clock{now: pgtest.Now}
	s := newSiteOn(t, pgtest.Options{Demo: true, Now: now.Now}).invite()
	l, v := s.as(leader), s.as(staff)
	for _, who := range []string{staff, coordinator, reviewer, expert} {
		equal(t, who+"'s form", s.as(who).get(threadsPath+"/new?kind=direction").status, http.StatusForbidden)
		equal(t, who+"'s direction", s.as(who).post(threadsPath, "kind", "direction", "text", "x", "due_on", "2025-03-20").status, http.StatusForbidden)
	}
	l.get(threadsPath+"/new?kind=direction").expect(http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText(say(t, "direction.new"))))
	for due, key := range map[string]string{"": "thread_direction_has_a_day", "2025-03-09": "direction.error.past", "mai": "on.error.malformed"} {
		l.post(threadsPath, "kind", "direction", "text", "Hoàn thành <sớm>", "due_on", due, "mention", s.accountOf(reviewer)).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#due_on-error", htmlcheck.HasText(say(t, key))), htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw("Hoàn thành <sớm>")),
			htmlcheck.In(`input[name="mention"][checked]`, htmlcheck.HasAttr("value", s.accountOf(reviewer))))
	}
	l.post(threadsPath, "kind", "direction", "text", "Hoàn thành sớm", "due_on", "2025-03-12").redirects(entryPath("7.2.2") + "#thread-1")
	page := v.get(entryPath("7.2.2")).expect(http.StatusOK, says(say(t, "direction.due", "day", "12/03/2025"))).page()
	equal(t, "notices", len(page.All(`main .notice a[href="#thread-1"]`)), 1)
	equal(t, "the way to answer", len(page.All(`#thread-1 button[value="answer"]`)), 1)
	equal(t, "the way of others", len(s.as(otherStaff).get(entryPath("7.2.2")).page().All(`#thread-1 button[value="answer"]`)), 0)
	now.set(pgtest.Now.Add(3 * 24 * time.Hour))
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.In("#thread-1", htmlcheck.HasText(say(t, "direction.overdue"))))
	v.get(directionsPath).expect(http.StatusOK, htmlcheck.In("#thread-1", htmlcheck.HasText(say(t, "direction.overdue"))))
	code := ask[string](s, `SELECT d.code FROM department d JOIN entry e ON e.department_id = d.id JOIN thread t ON t.entry_id = e.id`)
	for _, d := range []struct {
		query string
		want  int
	}{{"", 1}, {"?department=" + code, 1}, {"?department=EDU", 0}, {"?show=closed", 0}} {
		if code == "EDU" && d.query == "?department=EDU" {
			t.Fatal("the indicator is the other department's")
		}
		equal(t, "directions "+d.query, len(v.get(directionsPath+d.query).page().All("[data-direction]")), d.want)
	}
	v.get(directionsPath + "?department=XYZ").expect(http.StatusNotFound)
	v.get("/cities/ha-long/departments").expect(http.StatusOK, htmlcheck.In(`a[href="`+directionsPath+"?department="+code+`"]`, htmlcheck.HasText(say(t, "direction.title"))))

	v.post(threadsPath+"/1/comments", "text", "Đã xong", "then", "answer").redirects(entryPath("7.2.2")+"#thread-1").follow().
		expect(http.StatusOK, noticed(say(t, "notice.direction_answered")), htmlcheck.In("#thread-1", htmlcheck.HasText(say(t, "direction.state.answered"))))
	v.post(threadsPath+"/1/comments", "text", "Lần nữa", "then", "answer").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#text-error", htmlcheck.HasText(say(t, "direction.error.answered"))))
	equal(t, "closing by staff", v.post(threadsPath+"/1/resolve", "version", "2").status, http.StatusForbidden)
	l.post(threadsPath+"/1/reopen", "version", "2").redirects(threadsPath + "/1")
	l.post(threadsPath+"/1/resolve", "version", "3").redirects(threadsPath + "/1")
	equal(t, "closed ones", len(v.get(directionsPath+"?show=closed").page().All("[data-direction]")), 1)
	equal(t, "notices", len(v.get(entryPath("7.2.2")).page().All(`main .notice a[href="#thread-1"]`)), 0)
}

// TestThreadsOfEvidence: only for those who see it; each page at its address.
func TestThreadsOfEvidence(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	v := s.as(staff)
	secret := passport("CUL")
	secret[1] = "restricted"
	v.upload("/cities/ha-long/evidence", secret, doc{"a.pdf", pdf}).redirects("/cities/ha-long/evidence/1/passport")
	const at = "/cities/ha-long/evidence/1/threads"
	v.post(at, "text", "Bản mật", "mention", s.accountOf(leader)).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#mention-error", htmlcheck.HasText(say(t, "mention.error.not_a_reader"))), htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw("Bản mật")))
	v.post(at, "text", "Bản mật", "mention", s.accountOf(reviewer)).redirects("/cities/ha-long/evidence/1#thread-1")
	s.as(reviewer).get("/inbox").expect(http.StatusOK, says(say(t, "inbox.about_evidence", "title", "a")))
	s.as(reviewer).get("/cities/ha-long/threads/1").redirects(at + "/1")
	v.get("/cities/ha-long/evidence/1").expect(http.StatusOK, htmlcheck.In("#thread-1", htmlcheck.HasText("Bản mật")))
	for _, who := range []string{leader, expert, otherStaff} {
		for _, path := range []string{at, at + "/new", at + "/1", "/cities/ha-long/threads/1"} {
			equal(t, who+" "+path, s.as(who).get(path).status, http.StatusNotFound)
		}
		equal(t, who+" writes", s.as(who).post(at, "text", "x").status, http.StatusNotFound)
	}
	for _, elsewhere := range []string{threadsPath + "/1", "/cities/ha-long/evidence/2/threads/1", "/cities/hue/evidence/1/threads/1",
		at + "/x", at + "/0", at + "/99999999999999999999", at + "?before=x", entryPath("99.9") + "/threads", entryPath("7.2.2") + "/threads?assessment=9"} {
		equal(t, elsewhere, v.get(elsewhere).status, http.StatusNotFound)
	}
}

// TestMorePagesOfThreads: many stand on several pages.
func TestMorePagesOfThreads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	for i := range 22 {
		v.post(threadsPath, "text", fmt.Sprint("Ý ", i)).redirects(fmt.Sprint(entryPath("7.2.2"), "#thread-", i+1))
	}
	first := v.get(threadsPath).expect(http.StatusOK)
	equal(t, "on the first page", len(first.page().All("[data-thread]")), 20)
	second := v.get(threadsPath + "?before=3")
	equal(t, "the way there", first.page().All(`a[rel="next"]`)[0].Attr("href"), threadsPath+"?before=3")
	equal(t, "on the second", len(second.page().All("[data-thread]")), 2)
	page := v.get(entryPath("7.2.2")).expect(http.StatusOK, says(say(t, "thread.all", "count", 22, "resolved", 0))).page()
	equal(t, "beside", len(page.All("[data-thread]")), 10)
}

// TestThreadsResumed: what was typed when the session was over comes back.
func TestThreadsResumed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.as(staff).post(threadsPath, "text", "Câu hỏi").redirects(entryPath("7.2.2") + "#thread-1")
	for path, fields := range map[string][]string{
		threadsPath:                   {"text", "Điều mới <gõ>", "kind", "comment"},
		threadsPath + "/1/comments":   {"text", "Điều mới <gõ>", "mention", s.accountOf(leader)},
		threadsPath + "/1/comments/1": {"text", "Điều mới <gõ>", "version", "1"},
	} {
		s.visit().post(path, fields...).expect(http.StatusUnauthorized).signInHere(staff, demonstration.Password).
			expect(http.StatusOK, says(say(t, "notice.resumed")), htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw("Điều mới <gõ>")))
	}
	equal(t, "comments", ask[int](s, `SELECT count(*) FROM comment`), 1)
}
