package server_test

import (
	"net/http"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

// TestCommentForms: what may not be said comes back as it was typed; an edit shows
// what it said before; what is deleted leaves its place.
func TestCommentForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	long := strings.Repeat("ệ", 4001)
	for _, tt := range []struct{ text, key string }{
		{"", "comment_text_is_text"}, {" \t\n", "comment_text_is_text"}, {long, "comment_text_length"}, {"a\x00b", "form.error.characters"},
	} {
		kept := strings.TrimSpace(strings.ReplaceAll(tt.text, "\x00", ""))
		v.post(threadsPath, "text", tt.text).expect(http.StatusUnprocessableEntity, htmlcheck.In("#text-error", htmlcheck.HasText(say(t, tt.key, "comment", 4000))),
			htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw(kept)))
	}
	v.post(threadsPath, "text", "x", "audience", "internal").expect(http.StatusUnprocessableEntity, says(say(t, "thread_audience_known")))
	v.post(threadsPath, "text", "x", "kind", "other").expect(http.StatusUnprocessableEntity, says(say(t, "thread_kind_known")))
	v.post(threadsPath, "text", strings.Repeat("e\u0323\u0302", 4000)).redirects(entryPath("7.2.2") + "#thread-1")
	equal(t, "composed", ask[int](s, `SELECT char_length(text) FROM comment`), 4000)

	const one = threadsPath + "/1/comments/1"
	v.get(one).expect(http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText(say(t, "comment_edit.title"))))
	v.post(one, "version", "1", "text", "Sửa <lần> một").redirects(threadsPath+"/1#comment-1").follow().
		expect(http.StatusOK, noticed(say(t, "notice.comment_edited")), htmlcheck.In("#comment-1", htmlcheck.HasText(say(t, "comment.earlier"))))
	v.post(one, "version", "1", "text", "Từ máy khác").expect(http.StatusConflict, says("Sửa <lần> một"),
		htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw("Từ máy khác")), htmlcheck.In(`input[name="version"]`, htmlcheck.HasAttr("value", "2")))
	v.post(one, "version", "2", "text", " ").expect(http.StatusUnprocessableEntity, htmlcheck.In("#text-error", htmlcheck.HasText(say(t, "comment_text_is_text"))))
	v.get(one+"/delete").expect(http.StatusOK, says("Sửa <lần> một"))
	v.post(one+"/delete", "version", "1").expect(http.StatusConflict, says(say(t, "comment.conflict.title")))
	v.post(one+"/delete", "version", "2").redirects(threadsPath + "/1#comment-1")
	page := v.get(threadsPath + "/1").expect(http.StatusOK)
	if strings.Contains(page.body, "Sửa") && strings.Contains(page.body, "lần") || len(page.page().All("#comment-1 details")) != 0 {
		t.Error("what was deleted still shows")
	}
	if gone := page.page().All("#comment-1 .comment__gone"); len(gone) != 1 || !strings.Contains(gone[0].Text(), "10/03/2025") {
		t.Errorf("nothing says that it was deleted: %v", gone)
	}
	v.post(one+"/delete", "version", "3").expect(http.StatusUnprocessableEntity, says(say(t, "comment.error.deleted")))
	for _, number := range []string{"2", "0", "x", "99999999999"} {
		equal(t, number, v.get(threadsPath+"/1/comments/"+number).status, http.StatusNotFound)
		equal(t, "deleting "+number, v.post(threadsPath+"/1/comments/"+number+"/delete", "version", "1").status, http.StatusNotFound)
	}
}

// TestThreadsAfterClosing: who types while the assessment is being closed, or
// the city archived, keeps the words.
func TestThreadsAfterClosing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	v.post(threadsPath, "text", "Câu hỏi").redirects(entryPath("7.2.2") + "#thread-1")
	s.owner(`UPDATE assessment SET closed_on = '2025-03-10'`)
	kept := htmlcheck.In(`textarea[name="text"]`, htmlcheck.HasRaw("Chưa gửi"))
	for _, path := range []string{threadsPath, threadsPath + "/1/comments", threadsPath + "/1/comments/1"} {
		v.post(path, "text", "Chưa gửi", "version", "1").expect(http.StatusUnprocessableEntity, kept, says(say(t, "assessment.error.closed")))
	}
	for _, path := range []string{entryPath("7.2.2"), threadsPath, threadsPath + "/1"} {
		page := v.get(path).expect(http.StatusOK, says(say(t, "thread.closed"))).page()
		equal(t, "forms of "+path, len(page.All("main form")), 0)
	}
	v.get(threadsPath + "/new").redirects(entryPath("7.2.2"))
	s.owner(`UPDATE city SET archived_on = '2025-03-10' WHERE slug = 'ha-long'`)
	for _, path := range []string{threadsPath, threadsPath + "/1/comments", threadsPath + "/1/comments/1"} {
		v.post(path, "text", "Chưa gửi", "version", "1").expect(http.StatusForbidden, says("Chưa gửi"))
	}
	v.get(threadsPath+"/1").expect(http.StatusOK, says("Câu hỏi"))
}
