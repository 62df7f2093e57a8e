package view

import (
	"strconv"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// EvidenceRow is one piece of evidence in a list.
type EvidenceRow struct {
	ID             int64
	Title, Href    string
	Language       string // of the title; empty where it is not known
	Number, Issuer string
	What           string // "PDF 1,2 MB", or that it is a link
	Standing       string // message key evidence.standing.<Standing>; empty for valid
	ValidUntil     tracker.Date
	Department     string // empty: the coordinator's
	Uses           int
	Restricted     bool
}

// LinkedRow is evidence of an indicator.
type LinkedRow struct {
	EvidenceRow
	Answers []string // the expected documents that it answers
	Hidden  bool     // the reader may not see it: nothing else is filled
	// Of its newest version, where it is a file; for who decides on the entry.
	FileHref, PreviewHref string
	Image                 bool // the preview is a picture
}

// Completeness says how far an indicator's evidence is what is expected.
type Completeness struct {
	Complete           bool
	Expected, Answered int
	Missing            []string
	Expired            int
	Covered            bool
}

// EvidenceShow is the page of one piece of evidence.
type EvidenceShow struct {
	Page
	Address
	ID           int64
	Version      int
	Evidence     EvidenceRow
	Passport     tracker.Passport
	TextLanguage string
	Withdrawn    string // the reason
	WithdrawnOn  tracker.Date
	CreatedBy    string
	CreatedAt    time.Time // in the city's time zone
	CanEdit      bool
	Versions     []VersionRow // the newest first
	Uses         []UseRow
	Threads      ThreadPart // what is said of it
}

// VersionRow is one of its versions.
type VersionRow struct {
	Number                int
	Newest                bool
	What                  string
	FileName, Hash        string // empty for a link
	FileHref, PreviewHref string // PreviewHref is empty where there is no preview
	URL                   string
	Text                  string // message key evidence.text.<Text>; empty for a link
	Note, By              string
	At                    time.Time // in the city's time zone
}

// UseRow is an indicator that it supports.
type UseRow struct {
	Code, Title, Href string
	Assessment        string
	Standing          string
	Answers           []string
}

// PassportForm is what stands in the form of the passport.
type PassportForm struct {
	Title, Number, Issuer                      string
	IssuedOn, PeriodFrom, PeriodTo, ValidUntil string
	Access, Department, Language, Note         string
}

// PassportEdit is the form of the passport.
type PassportEdit struct {
	EvidenceShow
	Form        PassportForm
	Departments []ui.Option
	Changed     bool // by somebody else meanwhile
	Errors      Errors
}

// VersionNew is the form for a newer file or address.
type VersionNew struct {
	EvidenceShow
	Link      bool // the evidence is an address
	Next      int  // number of the version
	Note, URL string
	Accept    string
	Most      string // size of the largest file, written out
	MostBytes int64
	Changed   bool
	Errors    Errors
}

// EvidenceWithdraw is the form that withdraws evidence.
type EvidenceWithdraw struct {
	EvidenceShow
	Reason  string
	Changed bool
	Errors  Errors
}

// EvidenceNew is the form that adds evidence: to the city or, with a code, also
// to an indicator, which can use again what is there.
type EvidenceNew struct {
	Page
	Address
	Code, Name   string
	Expected     []string // documents that the indicator expects
	Linked       []int64
	Form         AddForm
	Departments  []ui.Option
	Accept       string
	Most         string // size of the largest file, written out
	MostBytes    int64
	MostFiles    int
	Results      []UploadResult // of the files that were just sent
	KnownContent bool           // one of them is in the city already
	Query        string
	Found        []EvidenceRow
	Errors       Errors
}

// AddForm is what stands in it.
type AddForm struct {
	Access, Department, Language string
	Title, URL                   string
	Again                        bool
	Answers                      map[int]bool
}

// UploadResult is what became of one file.
type UploadResult struct {
	Name  string
	Href  string // of the evidence that it became
	Error string // why it was refused
	Known []KnownEvidence
}

// KnownEvidence has the content already.
type KnownEvidence struct{ Title, Language, Href, LinkHref string }

// EvidenceLink is the form that links evidence to an indicator.
type EvidenceLink struct {
	Page
	Address
	Code, Name string
	Version    int // of the entry
	Evidence   EvidenceRow
	Expected   []string
	Answers    map[int]bool
	Linked     bool // it is already
	Changed    bool // the entry, by somebody else meanwhile
	Unlinked   bool // the evidence, by somebody else before
	Errors     Errors
}

func accessOptions(p *locale.Printer) []ui.Option {
	var all []ui.Option
	for _, a := range tracker.Accesses {
		all = append(all, ui.Option{Value: string(a), Label: p.T("evidence.access." + string(a)), Hint: p.T("evidence.access." + string(a) + ".hint")})
	}
	return all
}

func documentLanguages(p *locale.Printer) []ui.Option {
	var all []ui.Option
	for _, l := range tracker.EvidenceLanguages {
		all = append(all, ui.Option{Value: l, Label: p.T("evidence.language." + l)})
	}
	return all
}

// standingMark is the look of a standing among those of tags.
func standingMark(standing string) string {
	switch standing {
	case string(tracker.EvidenceExpiring):
		return "awaiting"
	case string(tracker.EvidenceExpired):
		return "late"
	}
	return "not_started"
}

func answerID(n int) string {
	if n == 1 {
		return "answers"
	}
	return "answers-" + strconv.Itoa(n)
}

// fact is one line of the passport.
type fact struct{ name, value string }

func passportFacts(v EvidenceShow) []fact {
	p, t := v.Passport, v.P.T
	all := []fact{{t("passport.number"), p.Number}, {t("passport.issuer"), p.Issuer}, {t("passport.issued_on"), v.P.Date(p.IssuedOn)},
		{t("passport.period"), period(v.P, p)}, {t("passport.valid_until"), v.P.Date(p.ValidUntil)},
		{t("passport.department"), v.Evidence.Department}, {t("passport.access"), t("evidence.access." + string(p.Access))},
		{t("passport.language"), t("evidence.language." + p.Language)}, {t("passport.note"), p.Note}}
	for i := range all {
		if all[i].value == "" {
			all[i].value = t("passport.unknown")
		}
	}
	if v.Evidence.Department == "" {
		all[5].value = t("evidence.department.none")
	}
	return all
}

func period(p *locale.Printer, of tracker.Passport) string {
	switch {
	case of.PeriodFrom.IsZero() && of.PeriodTo.IsZero():
		return ""
	case of.PeriodTo.IsZero():
		return p.T("passport.period.from", "from", of.PeriodFrom)
	case of.PeriodFrom.IsZero():
		return p.T("passport.period.to", "to", of.PeriodTo)
	}
	return p.T("passport.period.both", "from", of.PeriodFrom, "to", of.PeriodTo)
}

func libraryCrumbs(v Page, a Address, here ...ui.Link) []ui.Link {
	return append([]ui.Link{{Text: v.P.T("evidence.title"), Href: a.Library(tracker.LibraryFilter{})}}, here...)
}

// uploadProblems lists on top what was refused, files included.
func uploadProblems(v EvidenceNew) ui.Errors {
	all := problems(v.P, v.Errors, "files", "url", "title", "access", departmentField, "document_language", "answers")
	for _, one := range v.Results {
		if one.Error != "" {
			all.List = append(all.List, ui.FieldError{ID: "results", Text: v.P.T("upload.one", "name", one.Name, "reason", one.Error)})
		}
	}
	all.Title = v.P.T("form.errors", "count", len(all.List))
	return all
}

func completeWord(c Completeness) string {
	if c.Complete {
		return "yes"
	}
	return "no"
}

// addBack is the way out of the form.
func addBack(v EvidenceNew) string {
	if v.Code != "" {
		return v.Entry(v.Code)
	}
	return v.Library(tracker.LibraryFilter{})
}
