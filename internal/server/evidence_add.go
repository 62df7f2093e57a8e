package server

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"learningcity/internal/files"
	"learningcity/internal/files/inspect"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

func hashText(h tracker.ContentHash) string { return hex.EncodeToString(h[:]) }

// newEvidence shows the form that adds evidence to the city.
func (s *Server) newEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.addPage(w, r, actor, "")
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.EvidenceNewPage(v))
}

// attachEvidence shows the same form for an indicator, and evidence that is
// there to be used again.
func (s *Server) attachEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	ref, err := entryRef(r, 0)
	if err != nil {
		return err
	}
	v, err := s.addPage(w, r, actor, ref.Indicator)
	if err != nil {
		return err
	}
	if err := s.findAgain(r, actor, &v); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.EvidenceNewPage(v))
}

// addPage makes the form, empty; with a code it is about an indicator's entry
// that the actor may link evidence to.
func (s *Server) addPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, code string) (view.EvidenceNew, error) {
	var v view.EvidenceNew
	a, err := address(r)
	if err != nil {
		return v, err
	}
	c, err := s.Store.Departments(r.Context(), actor, a.City)
	if err != nil {
		return v, err
	}
	if c.City.Archived() {
		return v, tracker.ErrArchived
	}
	section := "evidence"
	if code != "" {
		section = "indicators"
	}
	v = view.EvidenceNew{Page: s.cityPage(w, r, "evidence_new.title", c.City, a, section), Address: a, Code: code,
		Accept: accepted(), Most: sizeText(s.MaxFile, s.printer(r)), MostBytes: s.MaxFile, MostFiles: filesAtOnce, Errors: view.Errors{}}
	v.Departments = departmentChoices(c, actor, v.P)
	v.Form = view.AddForm{Access: string(tracker.AccessOpen), Language: c.City.Language, Answers: map[int]bool{}}
	if len(v.Departments) == 0 {
		return v, tracker.ErrForbidden // the role has lost its department or ended
	}
	v.Form.Department = v.Departments[0].Value
	if code == "" {
		v.Path = v.NewEvidence()
		return v, nil
	}
	return v, s.addTo(r, actor, &v)
}

// addTo fills in the indicator.
func (s *Server) addTo(r *http.Request, actor tracker.Actor, v *view.EvidenceNew) error {
	record, err := s.Store.EntryRecord(r.Context(), actor,
		postgres.EntryRef{City: v.Address.City, Assessment: v.Assessment, Indicator: v.Code}, 0)
	if err != nil {
		return err
	}
	if err := allowedToLink(actor, record); err != nil {
		return err
	}
	i := record.Place.Indicator
	v.Name, v.Path = v.P.Text(i.Title), v.Attach(v.Code, "")
	v.Title = v.P.T("evidence_new.attach", "code", v.Code)
	for _, document := range i.Evidence {
		v.Expected = append(v.Expected, v.P.Text(document))
	}
	if slices.ContainsFunc(v.Departments, func(o ui.Option) bool { return o.Value == record.Department.Code }) {
		v.Form.Department = record.Department.Code
	}
	for _, l := range record.Evidence {
		v.Linked = append(v.Linked, l.ID)
	}
	return nil
}

// findAgain looks for evidence that the indicator may use again; without words,
// the newest of the city.
func (s *Server) findAgain(r *http.Request, actor tracker.Actor, v *view.EvidenceNew) error {
	v.Query, _ = cleanText(r.URL.Query().Get("q"))
	found, err := s.Store.Library(r.Context(), actor, v.Address.City, tracker.LibraryFilter{Query: v.Query})
	if err != nil {
		return err
	}
	for _, e := range found.Rows {
		if e.WithdrawnOn.IsZero() && !slices.Contains(v.Linked, e.ID) && len(v.Found) < 10 {
			v.Found = append(v.Found, evidenceRow(e, found.Today, v.Address, v.P))
		}
	}
	return nil
}

// adding is an upload in progress.
type adding struct {
	s       *Server
	r       *http.Request
	actor   tracker.Actor
	page    *view.EvidenceNew
	n       postgres.NewEvidence // without title and content
	title   string
	read    bool
	invalid error
	last    int64 // id of what was added last
	added   int
}

// uploadEvidence adds each file as evidence of its own. What is refused is told
// at its name, and the others are kept. Who may not is refused before a byte is
// read.
func (s *Server) uploadEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	code := r.URL.Query().Get("indicator")
	if _, clean := cleanText(code); !clean {
		return tracker.ErrNotFound
	}
	v, err := s.addPage(w, r, actor, code)
	if err != nil {
		return err
	}
	up := &adding{s: s, r: r, actor: actor, page: &v}
	f, err := readParts(r, up.file)
	if err != nil {
		return err
	}
	if err := up.finish(f); err != nil {
		return err
	}
	if len(v.Errors) > 0 || slices.ContainsFunc(v.Results, func(one view.UploadResult) bool { return one.Error != "" }) {
		if code != "" {
			if err := s.findAgain(r, actor, &v); err != nil {
				return err
			}
		}
		return render(w, r, http.StatusUnprocessableEntity, view.EvidenceNewPage(v))
	}
	switch {
	case code != "":
		return redirect(w, r, v.Entry(code), "notice.evidence_attached")
	case up.added == 1:
		return redirect(w, r, v.EvidenceAct(up.last, "passport"), "notice.evidence_added")
	}
	return redirect(w, r, v.Library(tracker.LibraryFilter{}), "notice.evidence_added")
}

// fields reads the form's fields, once.
func (up *adding) fields(f *form) error {
	if up.read {
		return up.invalid
	}
	up.read = true
	v := up.page
	v.Form = view.AddForm{Access: f.text("access"), Language: f.text("document_language"), Department: f.text("department"),
		URL: f.text("url"), Title: f.text("title"), Again: f.text("again") == "yes", Answers: map[int]bool{}}
	link := postgres.LinkTo{EntryRef: postgres.EntryRef{Assessment: v.Assessment, Indicator: v.Code}}
	for _, text := range f.r.PostForm["answers"] {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = 0 // which no document is
		}
		link.Answers, v.Form.Answers[n] = append(link.Answers, n), true
	}
	up.title = v.Form.Title
	up.n = postgres.NewEvidence{Again: v.Form.Again, Quota: up.s.Quota, Passport: tracker.Passport{
		Access: tracker.Access(v.Form.Access), Department: v.Form.Department, Language: v.Form.Language}}
	if v.Code != "" {
		up.n.Links = []postgres.LinkTo{link}
	}
	up.invalid = f.refused()
	return up.invalid
}

// file keeps one of the files, and notes what became of it.
func (up *adding) file(f *form, p filePart) error {
	v := up.page
	if len(v.Results) == filesAtOnce {
		v.Errors["files"] = v.P.T("upload.error.many", "most", filesAtOnce)
		return nil
	}
	err := up.fields(f)
	var id int64
	var hash tracker.ContentHash
	if err == nil {
		err = up.s.keepFile(up.r.Context(), p, func(ctx context.Context, locked *postgres.Store, file tracker.File) error {
			hash = file.Hash
			n := up.n
			n.Passport.Title, n.Content = up.titleOf(p.name), tracker.EvidenceContent{File: file}
			var err error
			id, err = locked.AddEvidence(ctx, up.actor, v.Address.City, n)
			return err
		})
	}
	if err != nil {
		return up.refuse(p.name, hash, err)
	}
	up.last, up.added = id, up.added+1
	v.Results = append(v.Results, view.UploadResult{Name: p.name, Href: v.Evidence(id)})
	return nil
}

// titleOf is the title that was typed, for the first file, or the file's name.
func (up *adding) titleOf(name string) string {
	if up.title != "" && len(up.page.Results) == 0 {
		return up.title
	}
	title := strings.TrimSpace(strings.ReplaceAll(strings.TrimSuffix(name, path.Ext(name)), "_", " "))
	if runes := []rune(title); len(runes) > tracker.MaxEvidenceTitle {
		title = string(runes[:tracker.MaxEvidenceTitle])
	}
	return title
}

// refuse notes why a file was not kept, and offers what the city has already.
func (up *adding) refuse(name string, hash tracker.ContentHash, cause error) error {
	v := up.page
	text, known := up.s.fileProblem(cause, v.P)
	if !known {
		return readOn(cause)
	}
	result := view.UploadResult{Name: name, Error: text}
	var invalid *tracker.InvalidError
	if errors.As(cause, &invalid) && invalid.Fields["file"] == "evidence.error.known_content" {
		same, err := up.s.Store.ContentInCity(up.r.Context(), up.actor, v.Address.City, hash)
		if err != nil {
			return err
		}
		v.KnownContent = true
		for _, e := range same {
			one := view.KnownEvidence{Title: e.Passport.Title, Href: v.Evidence(e.ID), Language: textLanguage(e)}
			if v.Code != "" && !slices.Contains(v.Linked, e.ID) {
				one.LinkHref = v.Link(v.Code, e.ID)
			}
			result.Known = append(result.Known, one)
		}
	}
	v.Results = append(v.Results, result)
	return nil
}

// readOn is nil for what concerns one file only; the form's other files are
// still to come. Any other error ends the request.
func readOn(err error) error {
	var refusal *inspect.Refusal
	var invalid *tracker.InvalidError
	switch {
	case err == nil, errors.As(err, &refusal), errors.As(err, &invalid), errors.Is(err, files.ErrTooLarge), errors.Is(err, files.ErrFull),
		errors.Is(err, files.ErrUnavailable), errors.Is(err, tracker.ErrConflict):
		return nil
	case errors.Is(err, tracker.ErrNotFound), errors.Is(err, tracker.ErrForbidden), errors.Is(err, tracker.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return brokenBodyOr(err)
}

// finish adds the address, where one was given, and asks for something where
// nothing was.
func (up *adding) finish(f *form) error {
	v := up.page
	err := up.fields(f)
	switch {
	case err == nil && v.Form.URL != "":
		n := up.n
		n.Passport.Title, n.Content = up.title, tracker.EvidenceContent{URL: v.Form.URL}
		if up.last, err = up.s.Store.AddEvidence(up.r.Context(), up.actor, v.Address.City, n); err == nil {
			up.added++
			v.Results = append(v.Results, view.UploadResult{Name: up.title, Href: v.Evidence(up.last)})
			v.Form.URL, v.Form.Title = "", ""
		}
	case err == nil && len(v.Results) == 0:
		err = tracker.Invalid("files", "upload.error.nothing")
	}
	messages, invalid := messagesOf(err, v.P)
	if err != nil && !invalid {
		return err
	}
	for field, text := range messages {
		v.Errors[field] = text
	}
	return nil
}
