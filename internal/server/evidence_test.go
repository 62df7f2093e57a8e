package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"learningcity/internal/files"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

const (
	libraryPath = "/cities/ha-long/evidence"
	pdf         = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
)

// doc is a file in a form.
type doc struct{ name, content string }

// passport are the fields that go before files.
func passport(department string) []string {
	return []string{"access", "open", "department", department, "document_language", "vi"}
}

// multipartForm is the body that a browser sends.
func multipartForm(t testing.TB, fields []string, files ...doc) (kind, body string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		name := strings.NewReplacer("\\", "\\\\", `"`, "%22").Replace(f.name)
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="files"; filename="` + name + `"`},
			"Content-Type": {"application/octet-stream"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), out.String()
}

func (v *visitor) upload(target string, fields []string, files ...doc) answer {
	v.site.t.Helper()
	kind, body := multipartForm(v.site.t, fields, files...)
	return v.postBody(target, kind, body)
}

// contents counts the contents in the store.
func (s *site) contents(store files.Store) int {
	s.t.Helper()
	n := 0
	if err := store.Each(context.Background(), func(files.Info) error { n++; return nil }); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// keeping opens a site and tells its store of files.
func keeping(t testing.TB, change ...func(*server.Options)) (*site, files.Store) {
	t.Helper()
	var store files.Store
	return newSite(t, append(change, func(o *server.Options) { store = o.Files })...), store
}

// TestUpload: each file is judged by itself; what may stay is kept and linked,
// the rest is told at its name with the reason.
func TestUpload(t *testing.T) {
	t.Parallel()
	s, store := keeping(t)
	v := s.as(staff)
	got := v.upload(libraryPath+"?indicator=7.2.2", append(passport("CUL"), "answers", "1"),
		doc{"Quyết định_12.txt", "Quyết định"}, doc{"macro.html", "<p>"}, doc{"../../b\u202egnp.png", "no image"},
		doc{"large.txt", strings.Repeat("x", 1<<20+1)}, doc{"empty.txt", ""}, doc{"Kế hoạch.pdf", pdf})
	page := got.expect(http.StatusUnprocessableEntity, says(say(t, "upload.kept"))).page()
	for name, reason := range map[string]string{
		"macro.html": say(t, "upload.refused.html"), "bgnp.png": say(t, "upload.refused.mismatch"), "empty.txt": say(t, "upload.refused.empty"),
		"large.txt": say(t, "upload.error.size", "most", "1 MB"),
	} {
		if row := page.All(`[data-file="` + name + `"]`); len(row) != 1 || !strings.Contains(row[0].Text(), reason) {
			t.Errorf("%s: %v", name, row)
		}
	}
	equal(t, "titles", ask[string](s, `SELECT string_agg(title || ' ' || latest || ' ' || uses || answering, ', ' ORDER BY id) FROM evidence`),
		"Quyết định 12 1 11, Kế hoạch 1 11")
	equal(t, "contents", s.contents(store), 2)
	entry := v.get(entryPath("7.2.2")).expect(http.StatusOK).page()
	equal(t, "linked", len(entry.All("[data-linked]")), 2)
}

// TestUploadRefused: nothing is kept of a form whose fields say nonsense, and
// what was typed stays.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	s, store := keeping(t)
	v := s.as(staff)
	for _, tt := range []struct {
		about  string
		fields []string
		files  []doc
		says   string
	}{
		{"nothing", passport("CUL"), nil, say(t, "upload.error.nothing")},
		{"a file field left empty", passport("CUL"), []doc{{"", ""}}, say(t, "upload.error.nothing")},
		{"another's department", passport("EDU"), []doc{{"a.txt", "a"}}, ""},
		{"no such access", []string{"access", "all", "department", "CUL", "document_language", "vi"}, []doc{{"a.txt", "a"}}, say(t, "evidence_access_known")},
		{"a script as an address", append(passport("CUL"), "url", "javascript:alert(1)", "title", "Mẫu"), nil, say(t, "evidence_version_url_is_one")},
		{"an address without a title", append(passport("CUL"), "url", "https://halong.gov.vn"), nil, say(t, "evidence_title_is_text")},
	} {
		got := v.upload(libraryPath, tt.fields, tt.files...)
		want := http.StatusUnprocessableEntity
		if tt.says == "" {
			want = http.StatusForbidden
		}
		if got.status != want || !strings.Contains(got.body, tt.says) {
			t.Errorf("%s: %d", tt.about, got.status)
		}
	}
	equal(t, "evidence", ask[int](s, `SELECT count(*) FROM evidence`), 0)
	v.upload(libraryPath, append(passport("CUL"), "url", "https://halong.gov.vn/kế-hoạch", "title", "Cổng thông tin")).
		redirects(libraryPath + "/1/passport")
	equal(t, "contents swept later", s.contents(store) <= 1, true)
	v.upload(libraryPath, append(passport("CUL"), "note", strings.Repeat("x", 1<<20+1))).expect(http.StatusBadRequest)
	many := make([]doc, 21)
	for i := range many {
		many[i] = doc{fmt.Sprintf("%d.txt", i), fmt.Sprint(i)}
	}
	v.upload(libraryPath, passport("CUL"), many...).expect(http.StatusUnprocessableEntity, says(say(t, "upload.error.many", "most", 20)))
	equal(t, "evidence", ask[int](s, `SELECT count(*) FROM evidence`), 21)
}

// TestUploadCut: a connection that breaks in the middle of a file keeps what had
// come whole, and leaves nothing of the rest.
func TestUploadCut(t *testing.T) {
	t.Parallel()
	s, store := keeping(t)
	v := s.as(staff)
	kind, body := multipartForm(t, passport("CUL"), doc{"a.txt", "whole"}, doc{"b.txt", strings.Repeat("half", 100)})
	cut := strings.Index(body, "half") + 10
	if got := v.postBody(libraryPath, kind, body[:cut]); got.status != http.StatusBadRequest {
		t.Errorf("answers %d", got.status)
	}
	equal(t, "evidence", ask[string](s, `SELECT string_agg(title, ',') FROM evidence`), "a")
	equal(t, "contents", s.contents(store), 1)
}

// TestUploadTwice: what the city has is offered for use, and added again only
// when that is meant.
func TestUploadTwice(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v, same := s.as(coordinator), doc{"one.txt", "Nghị quyết"}
	v.upload(libraryPath, passport(""), same).redirects(libraryPath + "/1/passport")
	page := v.upload(libraryPath+"?indicator=7.2.2", passport("CUL"), same).expect(http.StatusUnprocessableEntity).page()
	row := page.All(`[data-file="one.txt"]`)[0]
	if !strings.Contains(row.Text(), say(t, "evidence.error.known_content")) || len(row.All(`a[href="/cities/ha-long/indicators/7.2.2/evidence/1"]`)) != 1 {
		t.Errorf("the page says %q", row.Text())
	}
	v.upload(libraryPath, append(passport(""), "again", "yes"), same).redirects(libraryPath + "/2/passport")
}

// TestUploadAfterTheSession: nothing is kept, and signing in leads back.
func TestUploadAfterTheSession(t *testing.T) {
	t.Parallel()
	s, store := keeping(t)
	got := s.visit().upload(libraryPath+"?indicator=7.2.2", passport("CUL"), doc{"a.txt", "a"})
	got.redirects("/sign-in?next=%2Fcities%2Fha-long%2Fevidence%3Findicator%3D7.2.2")
	got.follow().expect(http.StatusOK, says(say(t, "notice.files_not_sent")))
	equal(t, "contents", s.contents(store), 0)
}

// sick is a store in which nothing can be kept or read.
type sick struct {
	files.Store
	err error
}

func (s sick) Receive(context.Context, io.Reader, int64) (*files.Incoming, error) { return nil, s.err }
func (s sick) Open(context.Context, files.Hash) (files.Content, error)            { return nil, s.err }

func TestStoreOfFilesFails(t *testing.T) {
	t.Parallel()
	for err, key := range map[error]string{files.ErrFull: "upload.error.full", files.ErrUnavailable: "upload.error.unavailable"} {
		s := newSite(t, func(o *server.Options) { o.Files = sick{o.Files, err} })
		s.as(staff).upload(libraryPath, passport("CUL"), doc{"a.txt", "a"}).expect(http.StatusUnprocessableEntity, says(say(t, key)))
	}
	s, store := keeping(t)
	s.as(staff).upload(libraryPath, passport("CUL"), doc{"a.txt", "a"})
	err := store.Each(t.Context(), func(i files.Info) error { return store.Delete(t.Context(), i.Hash) })
	if err != nil {
		t.Fatal(err)
	}
	s.as(leader).get(libraryPath+"/1/versions/1/file").expect(http.StatusServiceUnavailable, says(say(t, "error.content.title")))
}

// TestFile: a file arrives as it was, under its name, and can run nothing.
func TestFile(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v := s.as(staff)
	v.upload(libraryPath, passport("CUL"), doc{`Kế hoạch "số 1".pdf`, pdf})
	v.upload(libraryPath, passport("CUL"), doc{"b.txt", "<script>alert(1)</script> không là mã"})
	got := s.as(leader).get(libraryPath + "/1/versions/1/file")
	equal(t, "status", got.status, http.StatusOK)
	equal(t, "body", got.body, pdf)
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
		"Content-Disposition":     "attachment; filename*=utf-8''K%E1%BA%BF%20ho%E1%BA%A1ch%20_s%E1%BB%91%201_.pdf",
	} {
		equal(t, name, got.header.Get(name), want)
	}
	part := v.get(libraryPath+"/1/versions/1/file", header("Range", "bytes=5-7"))
	equal(t, "range", fmt.Sprintf("%d %s", part.status, part.body), "206 1.7")
	preview := v.get(libraryPath + "/1/versions/1/preview")
	equal(t, "preview", fmt.Sprint(preview.status, strings.HasPrefix(preview.header.Get("Content-Disposition"), "inline;")), "200 true")
	equal(t, "policy of the preview", preview.header.Get("Content-Security-Policy"), got.header.Get("Content-Security-Policy"))
	v.get(libraryPath + "/2/versions/1/preview").expect(http.StatusNotFound)
	for _, path := range []string{"/1/versions/2/file", "/1/versions/x/file", "/9/versions/1/file", "/x", "/01"} {
		v.get(libraryPath + path).expect(http.StatusNotFound)
	}
}

// TestRestricted: who may not see it gets 404 for page and file, and an
// indicator says only that there is something.
func TestRestricted(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	s.invite()
	v := s.as(staff)
	v.upload(libraryPath+"?indicator=7.2.2", []string{"access", "restricted", "department", "CUL", "document_language", "vi"}, doc{"Nội bộ.pdf", pdf})
	for email, want := range map[string]int{staff: 200, coordinator: 200, reviewer: 200, otherStaff: 404, leader: 404, expert: 404, overseer: 404} {
		for _, path := range []string{"/1", "/1/versions/1/file", "/1/versions/1/preview"} {
			if got := s.as(email).get(libraryPath + path).status; got != want {
				t.Errorf("%s as %s answers %d", path, email, got)
			}
		}
	}
	page := s.as(leader).get(entryPath("7.2.2")).expect(http.StatusOK, says(say(t, "entry_evidence.hidden")))
	if strings.Contains(page.body, "Nội bộ") {
		t.Error("the indicator tells its title")
	}
	if list := s.as(leader).get(libraryPath + "?q=noi"); strings.Contains(list.body, "Nội bộ") {
		t.Error("the library tells its title")
	}
}

func TestPassport(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v := s.as(staff)
	v.upload(libraryPath, passport("CUL"), doc{"a.txt", "a"})
	full := []string{"version", "1", "title", "Kế hoạch <b>", "document_number", "12/KH-UBND", "issuer", "UBND thành phố", "issued_on", "2024-01-02",
		"period_from", "2024-01-01", "period_to", "2024-12-31", "valid_until", "2025-04-01", "access", "open", "department", "CUL", "document_language", "vi", "note", "Ghi chú"}
	wrong := append([]string{}, full...)
	wrong[9], wrong[15] = "mai", "2023-01-01"
	v.post(libraryPath+"/1/passport", wrong...).expect(http.StatusUnprocessableEntity, says(say(t, "on.error.malformed")),
		htmlcheck.In(`[name="issued_on"]`, htmlcheck.HasAttr("value", "mai")), htmlcheck.In(`[name="document_number"]`, htmlcheck.HasAttr("value", "12/KH-UBND")))
	v.post(libraryPath+"/1/passport", full...).redirects(libraryPath + "/1")
	v.get(libraryPath+"/1").expect(http.StatusOK, says("Kế hoạch <b>"), says("12/KH-UBND"), says(say(t, "evidence.standing.expiring")))
	v.post(libraryPath+"/1/passport", full...).expect(http.StatusConflict, says(say(t, "evidence.conflict.title")),
		htmlcheck.In(`[name="version"]`, htmlcheck.HasAttr("value", "2")))
	s.as(leader).get(libraryPath+"?show=expiring&q=ke+hoach").expect(http.StatusOK, says("Kế hoạch <b>"))
	s.as(leader).get(libraryPath+"?show=unused&department=EDU").expect(http.StatusOK, says(say(t, "library.none.title")))
	s.as(leader).get(libraryPath+"?show=some").expect(http.StatusUnprocessableEntity, says(say(t, "library.error.filter")))
	s.as(leader).get(libraryPath+"?department=X").expect(http.StatusUnprocessableEntity, says(say(t, "library.error.filter")))
	s.as(leader).get(libraryPath + "?before=x").expect(http.StatusNotFound)
}

// TestRetiredDepartmentOwnsNothingNew: it is not offered, and refused where a
// form was open before; what it owns goes to another with the next change.
func TestRetiredDepartmentOwnsNothingNew(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v := s.as(coordinator)
	v.upload(libraryPath, passport("CUL"), doc{"a.txt", "a"}).redirects(libraryPath + "/1/passport")
	s.owner(`UPDATE department SET retired_on = '2025-01-01' WHERE code = 'CUL'`)
	refused := htmlcheck.In("#department-error", htmlcheck.HasText(say(t, "department.error.unknown")))
	v.get(libraryPath+"/new").expect(http.StatusOK, htmlcheck.Count(`option[value="CUL"]`, 0), htmlcheck.In(`option[value="EDU"]`))
	v.upload(libraryPath, passport("CUL"), doc{"b.txt", "b"}).expect(http.StatusUnprocessableEntity, says(say(t, "department.error.unknown")))
	v.upload(libraryPath, append(passport("CUL"), "url", "https://halong.gov.vn", "title", "Cổng")).expect(http.StatusUnprocessableEntity, refused)
	v.post(libraryPath+"/1/passport", append(passport("CUL"), "version", "1", "title", "Kế hoạch")...).expect(http.StatusUnprocessableEntity, refused,
		htmlcheck.In(`[name="title"]`, htmlcheck.HasText("Kế hoạch")))
	v.post(libraryPath+"/1/passport", append(passport("EDU"), "version", "1", "title", "Kế hoạch")...).redirects(libraryPath + "/1")
}

func TestVersions(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v := s.as(staff)
	v.upload(libraryPath+"?indicator=7.2.2", passport("CUL"), doc{"a.txt", "cũ"})
	versions := libraryPath + "/1/versions"
	v.upload(versions, []string{"version", "1", "version_note", "Sửa lỗi"}, doc{"a.txt", "cũ"}).
		expect(http.StatusUnprocessableEntity, says(say(t, "evidence.error.same_content")), says("Sửa lỗi"))
	v.upload(versions, []string{"version", "1"}, doc{"a.svg", "<svg/>"}).expect(http.StatusUnprocessableEntity, says(say(t, "upload.refused.svg")))
	v.upload(versions, []string{"version", "1"}).expect(http.StatusUnprocessableEntity, says(say(t, "content_not_empty")))
	v.upload(versions, []string{"version", "1"}, doc{"a.txt", "1"}, doc{"b.txt", "2"}).expect(http.StatusBadRequest)
	equal(t, "the first of two", ask[int](s, `SELECT latest FROM evidence`), 2)
	v.upload(versions, []string{"version", "1"}, doc{"b.txt", "mới"}).expect(http.StatusConflict, says(say(t, "evidence.conflict.title")))
	v.upload(versions, []string{"version", "2", "version_note", "Bản ký"}, doc{"b.txt", "mới"}).redirects(libraryPath + "/1")
	v.get(libraryPath+"/1").expect(http.StatusOK, says("Bản ký"), htmlcheck.Count(`[data-version="1"]`, 1), htmlcheck.Count(`[data-version="3"]`, 1))
	equal(t, "old one", v.get(versions+"/1/file").body, "cũ")
	equal(t, "new one", v.get(versions+"/3/file").body, "mới")
	v.get(entryPath("7.2.2")).expect(http.StatusOK, says(say(t, "act.new_version")))
}

func TestWithdrawEvidence(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v := s.as(staff)
	v.upload(libraryPath+"?indicator=7.2.2", passport("CUL"), doc{"a.txt", "a"})
	v.get(libraryPath+"/1/withdraw").expect(http.StatusOK, htmlcheck.Count(`[data-use="7.2.2"]`, 1))
	v.post(libraryPath+"/1/withdraw", "version", "1").expect(http.StatusUnprocessableEntity, says(say(t, "evidence.error.no_reason")))
	v.post(libraryPath+"/1/withdraw", "version", "9", "note", "Sai").expect(http.StatusConflict, says("Sai"))
	v.post(libraryPath+"/1/withdraw", "version", "1", "note", "Tài liệu sai").redirects(libraryPath + "/1")
	s.as(leader).get(libraryPath+"/1").expect(http.StatusOK, says("Tài liệu sai"))
	for _, path := range []string{"/passport", "/versions", "/withdraw"} {
		v.get(libraryPath + "/1" + path).expect(http.StatusForbidden)
	}
	equal(t, "the file stays", v.get(libraryPath+"/1/versions/1/file").body, "a")
}

func TestLink(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	v := s.as(coordinator)
	v.upload(libraryPath, passport(""), doc{"Nghị quyết.txt", "a"})
	attach := entryPath("7.2.2") + "/evidence"
	v.get(attach+"?q=nghi").expect(http.StatusOK, htmlcheck.Count(`a[href="`+attach+`/1"]`, 1))
	version := ask[string](s, `SELECT e.version::text FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = '7.2.2'`)
	v.post(attach+"/1", "version", version, "answers", "1", "answers", "99").
		expect(http.StatusUnprocessableEntity, says(say(t, "evidence_link_answers_count")), htmlcheck.In("#answers", htmlcheck.HasAttr("checked", "")))
	v.post(attach+"/1", "version", "0", "answers", "1").expect(http.StatusConflict)
	v.post(attach+"/1", "version", version, "answers", "1").redirects(entryPath("7.2.2"))
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`[data-linked="/cities/ha-long/evidence/1"]`, 1))
	v.get(libraryPath+"/1").expect(http.StatusOK, htmlcheck.Count(`[data-use="7.2.2"]`, 1))
	version = ask[string](s, `SELECT e.version::text FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = '7.2.2'`)
	v.post(attach+"/1/unlink", "version", version).redirects(entryPath("7.2.2"))
	v.get(entryPath("7.2.2")).expect(http.StatusOK, says(say(t, "entry_evidence.none")))
	v.get(attach + "/9").expect(http.StatusNotFound)
}

func TestMissing(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	page := s.as(leader).get(libraryPath + "/missing").expect(http.StatusOK).page()
	equal(t, "entries", len(page.All("[data-missing]")), 57)
}

// TestEmptyLibrary leads to the form, but only those who may.
func TestEmptyLibrary(t *testing.T) {
	t.Parallel()
	s, _ := keeping(t)
	s.as(staff).get(libraryPath).expect(http.StatusOK, htmlcheck.Count(`.empty a[href="`+libraryPath+`/new"]`, 1))
	if page := s.as(leader).get(libraryPath).expect(http.StatusOK).page(); len(page.All(`a[href="`+libraryPath+`/new"]`)) != 0 {
		t.Error("a leader is led to the form")
	}
	s.as(staff).get(libraryPath+"/new").expect(http.StatusOK, says(say(t, "upload.secrets.title")))
}
