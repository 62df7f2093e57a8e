package server

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"learningcity/web/view"
)

// resumePrefix marks the fields of a form that was sent when the session was
// over, while they travel through the sign-in page.
const resumePrefix = "resume."

// carried are the fields of the forms that may be shown again. Nothing else is carried
// along: anybody may send a form here without signing in.
var carried = []string{
	"version", "claim", "note", "effective_on", "then", "narrative", "obstacles", "solution",
	"year", "value", "target", "source", "invitee", "role", "department", "ends_on", "person_language", "name", "mails",
	"name_vi", "name_en", "slug", "region", "parent", "province_vi", "province_en", "time_zone", "working_language",
	"framework", "opened_on", "submission_due_on", "review", "code",
	"due_on", "clear_due", "area", "entry", "shown", "successor", "people_to", "to", "assignee",
	"title", "document_number", "issuer", "issued_on", "period_from", "period_to", "valid_until", "access", "document_language", "answers",
	"url", "version_note", "text", "mention", "audience", "kind",
	"given_on", "required", "indicators", "evidence", "detail", "indicator", "recommendation",
}

// wordFields are those of them that hold what people write.
var wordFields = []string{"note", "narrative", "obstacles", "solution", "value", "target", "source", "title", "document_number", "issuer", "url", "version_note", "text", "detail"}

// carriedFields are the fields of a form, to be sent along with signing in;
// with the prefix, those that came along with it.
func carriedFields(f *form, prefix string) []view.FormField {
	var fields []view.FormField
	for _, name := range carried {
		for _, value := range f.r.PostForm[prefix+name] {
			text, _ := cleanText(value)
			fields = append(fields, view.FormField{Name: name, Value: text})
		}
	}
	return fields
}

// resume shows the page of the form that was sent when the session was over,
// with what had been typed. It is not carried out: whoever signed in looks at
// it first, and may be somebody else.
func (s *Server) resume(w http.ResponseWriter, r *http.Request, f *form, action string) error {
	target, err := url.Parse(action)
	if err != nil {
		return errBadRequest
	}
	values := url.Values{}
	for _, field := range carriedFields(f, resumePrefix) {
		values.Add(field.Name, field.Value)
	}
	info := *infoOf(r)
	info.resumed = true
	ctx := context.WithValue(r.Context(), infoKey{}, &info)
	again := r.Clone(context.WithValue(ctx, chi.RouteCtxKey, nil)) // routed anew
	again.URL = target
	again.RequestURI = action
	again.Form, again.PostForm = nil, nil
	again.Body = io.NopCloser(strings.NewReader(values.Encode()))
	again.Header.Set("Content-Type", formType)
	s.forms.ServeHTTP(w, again)
	infoOf(r).actor, infoOf(r).err = info.actor, info.err // for the log
	return nil
}

// setCookie makes the request carry a cookie that its answer sets.
func setCookie(r *http.Request, cookie *http.Cookie) {
	others := r.Cookies()
	r.Header.Del("Cookie")
	for _, other := range others {
		if other.Name != cookie.Name {
			r.AddCookie(other)
		}
	}
	r.AddCookie(cookie)
}

// safeReturnPath returns the path when it leads to a page of ours, else
// nothing: no other host, no scheme, no control characters, nothing that a
// browser reads as one of these.
func safeReturnPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, unsafeInPath) {
		return ""
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return ""
	}
	return path
}

// unsafeInPath: control characters and space are dropped by browsers, a
// backslash is read as a slash.
func unsafeInPath(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f || r > 0x7e }

func encodeNext(next string) string { return url.Values{"next": {next}}.Encode() }
