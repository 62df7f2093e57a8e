package server

import (
	"context"
	"errors"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/files/inspect"
	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// evidenceAddress reads the city and the evidence's id. What is no id cannot
// exist.
func evidenceAddress(r *http.Request) (view.Address, int64, error) {
	a, err := address(r)
	if err != nil {
		return a, 0, err
	}
	id, err := tracker.ParseLibraryKey(chi.URLParam(r, "evidence"))
	if err != nil {
		return a, 0, tracker.ErrNotFound
	}
	return view.Address{City: a.City}, id, nil
}

// showEvidence is the page of one piece of evidence.
func (s *Server) showEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	record, v, err := s.evidencePage(w, r, actor)
	if err != nil {
		return err
	}
	v.CanEdit = allowedToChange(actor, record) == nil
	for _, version := range record.Versions {
		v.Versions = append(v.Versions, versionRow(version, record, v.Address, v.P))
	}
	for _, u := range record.Uses {
		v.Uses = append(v.Uses, useRow(u, v.Address, v.P))
	}
	v.Watch = &view.Watch{City: record.City.Slug, Evidence: v.ID}
	v.Threads = threadPart(record.Threads, record.ThreadOn(), record.City, record.Today, actor, v.Address, v.P)
	return render(w, r, http.StatusOK, view.EvidenceShowPage(v))
}

// evidencePage begins the pages of one piece of evidence.
func (s *Server) evidencePage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (*tracker.EvidenceRecord, view.EvidenceShow, error) {
	a, id, err := evidenceAddress(r)
	if err != nil {
		return nil, view.EvidenceShow{}, err
	}
	record, err := s.Store.Evidence(r.Context(), actor, a.City, id)
	if err != nil {
		return nil, view.EvidenceShow{}, err
	}
	e := record.Evidence
	v := view.EvidenceShow{Page: s.cityPage(w, r, "evidence.title", record.City, a, "evidence"), Address: a, ID: id,
		Version: e.Version, Evidence: evidenceRow(e, record.Today, a, s.printer(r)), TextLanguage: textLanguage(e),
		Passport: e.Passport, Withdrawn: e.Withdrawn, WithdrawnOn: e.WithdrawnOn, CreatedBy: e.CreatedBy, CreatedAt: wall(e.CreatedAt, record.City)}
	v.Title = e.Passport.Title
	return record, v, nil
}

// allowedToChange is nil where the actor may change the evidence now, else what
// to answer.
func allowedToChange(actor tracker.Actor, r *tracker.EvidenceRecord) error {
	if err := actor.Allowed(tracker.EditEvidence, r.City, r.Evidence.DepartmentID, r.Today); err != nil {
		return err
	}
	if !r.Evidence.WithdrawnOn.IsZero() {
		return tracker.ErrForbidden
	}
	return nil
}

// textLanguage is the language that the document's title is in, as far as the
// passport tells.
func textLanguage(e tracker.Evidence) string {
	if e.Passport.Language == "other" {
		return ""
	}
	return e.Passport.Language
}

// evidenceRow is evidence in a list.
func evidenceRow(e tracker.Evidence, today tracker.Date, a view.Address, p *locale.Printer) view.EvidenceRow {
	standing, _ := e.StandingOn(today)
	row := view.EvidenceRow{ID: e.ID, Title: e.Passport.Title, Href: a.Evidence(e.ID), Language: textLanguage(e), Number: e.Passport.Number,
		Issuer: e.Passport.Issuer, ValidUntil: e.Passport.ValidUntil, Department: p.Text(e.Department.Name), Uses: e.Uses,
		Restricted: e.Passport.Access == tracker.AccessRestricted}
	if standing != tracker.EvidenceValid {
		row.Standing = string(standing)
	}
	row.What = contentText(e.Latest.Content, p)
	return row
}

// contentText says what a version consists of, in a few words.
func contentText(c tracker.EvidenceContent, p *locale.Printer) string {
	if c.Kind() == tracker.LinkEvidence {
		return p.T("evidence.kind.link")
	}
	extension := strings.ToUpper(strings.TrimPrefix(path.Ext(c.File.Name), "."))
	return strings.TrimSpace(extension + " " + sizeText(c.File.Size, p))
}

func versionRow(version tracker.EvidenceVersion, r *tracker.EvidenceRecord, a view.Address, p *locale.Printer) view.VersionRow {
	c := version.Content
	row := view.VersionRow{Number: version.Number, What: contentText(c, p), Note: c.Note, By: version.RecordedBy, At: wall(version.RecordedAt, r.City),
		Newest: version.Number == r.Evidence.Latest.Number, URL: c.URL}
	if c.Kind() == tracker.LinkEvidence {
		return row
	}
	row.FileName, row.Hash = c.File.Name, hashText(c.File.Hash)
	row.FileHref = a.File(r.Evidence.ID, version.Number)
	if canPreview(c.File) {
		row.PreviewHref = a.Preview(r.Evidence.ID, version.Number)
	}
	row.Text = map[tracker.TextState]string{tracker.TextPending: "pending", tracker.TextFound: "found", tracker.TextNone: "none"}[version.Text]
	return row
}

func useRow(u tracker.EvidenceUse, a view.Address, p *locale.Printer) view.UseRow {
	a.Assessment = u.Assessment.Number
	row := view.UseRow{Code: u.Indicator.Code, Title: p.Text(u.Indicator.Title), Href: a.Entry(u.Indicator.Code), Assessment: p.Text(u.Assessment.Name),
		Standing: string(u.State.Standing(u.Assessment.NeedsReview))}
	for _, n := range u.Answers {
		row.Answers = append(row.Answers, p.Text(u.Indicator.Evidence[n-1]))
	}
	return row
}

// departmentChoices are the departments for which the actor may keep evidence;
// the coordinator also for none.
func departmentChoices(c *postgres.CityDepartments, actor tracker.Actor, p *locale.Printer) []ui.Option {
	var all []ui.Option
	if actor.May(tracker.EditEvidence, c.City, 0, c.Today) {
		all = append(all, ui.Option{Value: "", Label: p.T("evidence.department.none")})
	}
	for _, d := range c.All {
		if d.RetiredOn.IsZero() && actor.May(tracker.EditEvidence, c.City, d.ID, c.Today) {
			all = append(all, ui.Option{Value: d.Code, Label: p.Text(d.Name)})
		}
	}
	return all
}

// editPassport shows the form of the passport.
func (s *Server) editPassport(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.passportPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.PassportEditPage(v))
}

func (s *Server) passportPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.PassportEdit, error) {
	record, shown, err := s.changeable(w, r, actor)
	if err != nil {
		return view.PassportEdit{}, err
	}
	c, err := s.Store.Departments(r.Context(), actor, shown.Address.City)
	if err != nil {
		return view.PassportEdit{}, err
	}
	v := view.PassportEdit{EvidenceShow: shown, Departments: departmentChoices(c, actor, shown.P), Errors: view.Errors{}}
	v.Form = passportForm(record.Evidence.Passport)
	v.Title = v.P.T("passport_edit.title")
	return v, nil
}

// changeable reads the evidence for somebody who may change it now.
func (s *Server) changeable(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (*tracker.EvidenceRecord, view.EvidenceShow, error) {
	record, v, err := s.evidencePage(w, r, actor)
	if err == nil {
		err = allowedToChange(actor, record)
	}
	return record, v, err
}

func passportForm(p tracker.Passport) view.PassportForm {
	return view.PassportForm{Title: p.Title, Number: p.Number, Issuer: p.Issuer, IssuedOn: p.IssuedOn.String(), PeriodFrom: p.PeriodFrom.String(),
		PeriodTo: p.PeriodTo.String(), ValidUntil: p.ValidUntil.String(), Access: string(p.Access), Department: p.Department, Language: p.Language, Note: p.Note}
}

func readPassport(f *form) (view.PassportForm, tracker.Passport, error) {
	t := view.PassportForm{Title: f.text("title"), Number: f.text("document_number"), Issuer: f.text("issuer"), IssuedOn: f.text("issued_on"),
		PeriodFrom: f.text("period_from"), PeriodTo: f.text("period_to"), ValidUntil: f.text("valid_until"), Access: f.text("access"),
		Department: f.text("department"), Language: f.text("document_language"), Note: f.text("note")}
	p := tracker.Passport{Title: t.Title, Number: t.Number, Issuer: t.Issuer, Access: tracker.Access(t.Access), Department: t.Department,
		Language: t.Language, Note: t.Note}
	var problems [4]error
	for i, day := range []struct {
		field, text string
		into        *tracker.Date
	}{{"issued_on", t.IssuedOn, &p.IssuedOn}, {"period_from", t.PeriodFrom, &p.PeriodFrom}, {"period_to", t.PeriodTo, &p.PeriodTo},
		{"valid_until", t.ValidUntil, &p.ValidUntil}} {
		*day.into, problems[i] = readDay(day.field, day.text)
	}
	return t, p, tracker.Together(append(problems[:], f.refused())...)
}

// changePassport replaces what is known of the evidence.
func (s *Server) changePassport(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, id, err := evidenceAddress(r)
	if err != nil {
		return err
	}
	typed, passport, err := readPassport(f)
	if !infoOf(r).resumed {
		if err == nil {
			err = s.Store.ChangePassport(r.Context(), actor, postgres.EvidenceRef{City: a.City, ID: id, Version: f.version()}, passport)
		}
		if err == nil {
			return redirect(w, r, a.Evidence(id), "notice.passport_changed")
		}
	} else {
		err = nil
	}
	return s.showPassportAgain(w, r, actor, typed, f.version(), err)
}

// showPassportAgain shows the form as it was typed. Where somebody else was
// faster it carries the version of now, so that sending it again is a decision.
func (s *Server) showPassportAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed view.PassportForm, version int, cause error) error {
	v, err := s.passportPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Form = typed
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.PassportEditPage(v))
	}
	v.Version = version
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.PassportEditPage(v))
}

// askToWithdraw shows the form that withdraws the evidence.
func (s *Server) askToWithdraw(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.withdrawPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.EvidenceWithdrawPage(v))
}

func (s *Server) withdrawPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.EvidenceWithdraw, error) {
	record, shown, err := s.changeable(w, r, actor)
	if err != nil {
		return view.EvidenceWithdraw{}, err
	}
	v := view.EvidenceWithdraw{EvidenceShow: shown, Errors: view.Errors{}}
	for _, u := range record.Uses {
		v.Uses = append(v.Uses, useRow(u, v.Address, v.P))
	}
	v.Title = v.P.T("evidence_withdraw.title")
	return v, nil
}

// withdrawEvidence takes the evidence back, with the reason.
func (s *Server) withdrawEvidence(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	a, id, err := evidenceAddress(r)
	if err != nil {
		return err
	}
	reason := f.text("note")
	if !infoOf(r).resumed {
		if err = f.refused(); err == nil {
			err = s.Store.WithdrawEvidence(r.Context(), actor, postgres.EvidenceRef{City: a.City, ID: id, Version: f.version()}, reason)
		}
		if err == nil {
			return redirect(w, r, a.Evidence(id), "notice.evidence_withdrawn")
		}
	}
	return s.showWithdrawalAgain(w, r, actor, reason, err)
}

func (s *Server) showWithdrawalAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, reason string, cause error) error {
	v, err := s.withdrawPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Reason = reason
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.EvidenceWithdrawPage(v))
	}
	status, err := again(&v.Page, &v.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.EvidenceWithdrawPage(v))
}

// newVersion shows the form for a newer file or address.
func (s *Server) newVersion(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	v, err := s.versionPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.VersionNewPage(v))
}

func (s *Server) versionPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.VersionNew, error) {
	record, shown, err := s.changeable(w, r, actor)
	if err != nil {
		return view.VersionNew{}, err
	}
	v := view.VersionNew{EvidenceShow: shown, Link: record.Evidence.Kind == tracker.LinkEvidence, Next: record.Evidence.Latest.Number + 1,
		Accept: accepted(), Most: sizeText(s.MaxFile, shown.P), MostBytes: s.MaxFile, Errors: view.Errors{}}
	v.Title = v.P.T("version_new.title", "number", strconv.Itoa(v.Next))
	return v, nil
}

// accepted lists the extensions that the file dialog offers.
func accepted() string {
	all := inspect.Extensions()
	slices.Sort(all)
	return strings.Join(all, ",")
}

// uploadVersion lets a file, or an address, supersede the newest version. Who may
// not is refused before a byte is read.
func (s *Server) uploadVersion(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, id, err := evidenceAddress(r)
	if err != nil {
		return err
	}
	if _, _, err := s.changeable(w, r, actor); err != nil {
		return err
	}
	if infoOf(r).resumed {
		return s.showVersionResumed(w, r, actor)
	}
	typed := view.VersionNew{}
	came := false
	ref := postgres.EvidenceRef{City: a.City, ID: id}
	var problem error
	save := func(ctx context.Context, store *postgres.Store, f *form, file tracker.File) error {
		ref.Version = f.version()
		typed.Note, typed.URL = f.text("version_note"), f.text("url")
		if err := f.refused(); err != nil {
			return err
		}
		return store.NewVersion(ctx, actor, ref, tracker.EvidenceContent{File: file, URL: typed.URL, Note: typed.Note}, s.Quota)
	}
	f, err := readParts(r, func(f *form, p filePart) error {
		if came {
			return errBadRequest // the form takes one
		}
		came = true
		problem = s.keepFile(r.Context(), p, func(ctx context.Context, locked *postgres.Store, file tracker.File) error {
			return save(ctx, locked, f, file)
		})
		return readOn(problem)
	})
	if err != nil {
		return err
	}
	if !came {
		problem = save(r.Context(), s.Store, f, tracker.File{})
	}
	if problem == nil {
		return redirect(w, r, a.Evidence(id), "notice.version_added")
	}
	return s.showVersionAgain(w, r, actor, typed, problem)
}

// showVersionResumed shows what was typed before the session ended.
func (s *Server) showVersionResumed(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	v, err := s.versionPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Version, v.Note, v.URL = f.version(), f.text("version_note"), f.text("url")
	v.Notice = resumedFiles(v.P)
	return render(w, r, http.StatusOK, view.VersionNewPage(v))
}

func (s *Server) showVersionAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed view.VersionNew, cause error) error {
	v, err := s.versionPage(w, r, actor)
	if err != nil {
		return err
	}
	v.Note, v.URL = typed.Note, typed.URL
	if errors.Is(cause, tracker.ErrConflict) {
		v.Changed = true
		return render(w, r, http.StatusConflict, view.VersionNewPage(v))
	}
	messages, invalid := messagesOf(cause, v.P)
	if !invalid {
		text, known := s.fileProblem(cause, v.P)
		if !known {
			return cause
		}
		messages = view.Errors{"files": text}
	}
	if messages["file"] != "" {
		messages["files"] = messages["file"]
		delete(messages, "file")
	}
	v.Errors = messages
	return render(w, r, http.StatusUnprocessableEntity, view.VersionNewPage(v))
}
