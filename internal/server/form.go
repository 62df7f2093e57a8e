package server

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

const formType = "application/x-www-form-urlencoded"

// form is what somebody sent. Its texts are composed (NFC), with line ends as
// \n and without space around; what cannot be stored is taken out and noted.
type form struct {
	r      *http.Request
	broken map[string]bool // fields that held what cannot be stored
}

// readForm parses the body. Its error is a request that is no form, or one
// that is too large.
func readForm(r *http.Request) (*form, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && kind != formType {
		return nil, errors.Join(fmt.Errorf("%w: a body of type %q", errBadRequest, kind), err)
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errBadRequest, err)
	}
	return &form{r: r, broken: map[string]bool{}}, nil
}

func (f *form) text(name string) string {
	text, clean := cleanText(f.r.PostForm.Get(name))
	if !clean {
		f.broken[name] = true
	}
	return text
}

// secret reads a password as it was typed; nothing of it is shown or changed.
func (f *form) secret(name string) string {
	if secret := f.r.PostForm.Get(name); utf8.RuneCountInString(secret) <= tracker.MaxPassword {
		return secret
	}
	return strings.Repeat("x", tracker.MaxPassword+1) // too long, whatever it is
}

// version reads the version that the page itself had written. Anything else
// was tampered with or cut off, and no entry is at version -1.
func (f *form) version() int {
	n, err := strconv.ParseInt(f.r.PostForm.Get("version"), 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

// refused is the error for the fields that held what cannot be stored.
func (f *form) refused() error {
	if len(f.broken) == 0 {
		return nil
	}
	fields := map[string]string{}
	for name := range f.broken {
		fields[name] = "form.error.characters"
	}
	return &tracker.InvalidError{Fields: fields}
}

// lineEnds unifies them; word processors paste vertical tabs and form feeds.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n")

// cleanText composes the text, unifies line ends and trims it. It reports false
// when it had to take out what is no text: broken bytes and control characters,
// NUL among them, which PostgreSQL cannot store and documents may not hold.
func cleanText(s string) (text string, clean bool) {
	s = lineEnds.Replace(s)
	clean = utf8.ValidString(s) && !strings.ContainsFunc(s, noText)
	if !clean {
		s = strings.Map(dropNoText, strings.ToValidUTF8(s, ""))
	}
	return strings.TrimSpace(norm.NFC.String(s)), clean
}

func noText(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

func dropNoText(r rune) rune {
	if noText(r) {
		return -1
	}
	return r
}

// messagesOf writes the errors of an *InvalidError out. It returns false for
// any other error.
func messagesOf(err error, p *locale.Printer) (view.Errors, bool) {
	var invalid *tracker.InvalidError
	if !errors.As(err, &invalid) {
		return nil, false
	}
	messages := view.Errors{}
	for field, key := range invalid.Fields {
		messages[field] = p.T(key, "note", tracker.MaxNote, "narrative", tracker.MaxNarrative,
			"source", tracker.MaxSource, "first", strconv.Itoa(tracker.FirstYear), "name", tracker.MaxName,
			"comment", tracker.MaxComment, "mentions", tracker.MaxMentions, "thread", tracker.MaxThread,
			"password", tracker.MinPassword, "password_most", tracker.MaxPassword,
			"title", tracker.MaxTaskTitle, "recommendation", tracker.MaxRecommendation)
	}
	return messages, true
}

// again prepares a form's page that is shown as it was typed: with its errors
// or, where there is none, as one that came back after signing in. Any error but
// an *InvalidError comes back.
func again(page *view.Page, errs *view.Errors, cause error) (status int, err error) {
	if cause == nil {
		page.Notice = &ui.Note{Kind: ui.Info, Text: page.P.T("notice.resumed")}
		return http.StatusOK, nil
	}
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return 0, cause
	}
	*errs = messages
	return http.StatusUnprocessableEntity, nil
}
