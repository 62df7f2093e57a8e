package tracker

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// EvidenceKind says what a piece of evidence is made of. It never changes.
type EvidenceKind string

// The kinds of evidence.
const (
	FileEvidence EvidenceKind = "file"
	LinkEvidence EvidenceKind = "link"
)

// Access says who in the city may see a piece of evidence.
type Access string

// Open is for everybody who reads the city; restricted (hạn chế truy cập) for
// the coordinator, its department and reviewers.
const (
	AccessOpen       Access = "open"
	AccessRestricted Access = "restricted"
)

// Accesses lists them.
var Accesses = []Access{AccessOpen, AccessRestricted}

// EvidenceLanguages are those that a document may be in.
var EvidenceLanguages = []string{"vi", "en", "other"}

// Limits on a passport, in characters.
const (
	MaxEvidenceTitle  = 300
	MaxEvidenceNumber = 100
	MaxEvidenceIssuer = 300
	MaxFileName       = 300
	MaxURL            = 2000
)

// Passport says what a document is and where it comes from. Zero dates and
// empty texts are not known; only the title must be.
type Passport struct {
	Title      string
	Number     string // số/ký hiệu
	Issuer     string
	IssuedOn   Date
	PeriodFrom Date // what the document tells about
	PeriodTo   Date
	ValidUntil Date // the last day
	Access     Access
	Department string // code; empty: the coordinator's
	Language   string
	Note       string
}

// Check refuses, each at its field, what no passport may say.
func (p Passport) Check(today Date) error {
	fields := map[string]string{}
	if strings.TrimSpace(p.Title) == "" {
		fields["title"] = "evidence_title_is_text"
	}
	for field, length := range map[string]struct {
		text string
		most int
	}{
		"title": {p.Title, MaxEvidenceTitle}, "document_number": {p.Number, MaxEvidenceNumber},
		"issuer": {p.Issuer, MaxEvidenceIssuer}, "note": {p.Note, MaxNote},
	} {
		if utf8.RuneCountInString(length.text) > length.most {
			fields[field] = "evidence_texts_length"
		}
	}
	p.checkDates(fields, today)
	if !slices.Contains(Accesses, p.Access) {
		fields["access"] = "evidence_access_known"
	}
	if !slices.Contains(EvidenceLanguages, p.Language) {
		fields["document_language"] = "evidence_language_known"
	}
	return invalidOrNil(fields)
}

func (p Passport) checkDates(fields map[string]string, today Date) {
	if p.IssuedOn > today {
		fields["issued_on"] = "evidence.error.issued_later"
	}
	if !p.PeriodFrom.IsZero() && !p.PeriodTo.IsZero() && p.PeriodTo < p.PeriodFrom {
		fields["period_to"] = "evidence_period_in_order"
	}
	if !p.ValidUntil.IsZero() && p.ValidUntil < p.IssuedOn {
		fields["valid_until"] = "evidence_valid_after_issue"
	}
}

// ContentHash is the SHA-256 of a file's content.
type ContentHash [32]byte

// File is the content of a version and how people call it.
type File struct {
	Hash      ContentHash
	Size      int64
	Name      string
	MediaType string
}

// EvidenceContent is what a version consists of: a file, or an address.
type EvidenceContent struct {
	File File
	URL  string
	Note string
}

// Kind tells which of both it is.
func (c EvidenceContent) Kind() EvidenceKind {
	if c.URL != "" {
		return LinkEvidence
	}
	return FileEvidence
}

// Check refuses, each at its field, what no version may consist of.
func (c EvidenceContent) Check() error {
	fields := map[string]string{}
	switch {
	case c.Kind() == LinkEvidence && c.File != (File{}):
		fields["url"] = "evidence.error.file_or_link"
	case c.Kind() == LinkEvidence && !isWebAddress(c.URL):
		fields["url"] = "evidence_version_url_is_one"
	case c.Kind() == FileEvidence:
		c.File.check(fields)
	}
	if utf8.RuneCountInString(c.Note) > MaxNote {
		fields["version_note"] = "note.error.long"
	}
	return invalidOrNil(fields)
}

func (f File) check(fields map[string]string) {
	switch {
	case f.Hash == ContentHash{} || f.Size <= 0:
		fields["file"] = "content_not_empty"
	case strings.TrimSpace(f.Name) == "" || utf8.RuneCountInString(f.Name) > MaxFileName:
		fields["file"] = "evidence_version_file_name_is_text"
	}
}

// isWebAddress: http or https to a host, without a password in it.
func isWebAddress(s string) bool {
	if utf8.RuneCountInString(s) > MaxURL || strings.ContainsFunc(s, isSpaceOrControl) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.User == nil &&
		(strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://"))
}

func isSpaceOrControl(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }

// Evidence is a document or link that supports entries, with its passport.
type Evidence struct {
	ID           int64
	Kind         EvidenceKind
	Passport     Passport
	DepartmentID int64 // 0: the coordinator's
	Department   Department
	Version      int // counts every act on it; forms carry it
	Uses         int // entries that it is linked to
	Answering    int // those of them where it answers an expected document
	WithdrawnOn  Date
	Withdrawn    string // the reason
	CreatedAt    time.Time
	CreatedBy    string
	Latest       EvidenceVersion
}

// EvidenceVersion is what the evidence consisted of from a moment on; it
// supersedes the one with the number before.
type EvidenceVersion struct {
	Number     int
	Content    EvidenceContent
	RecordedAt time.Time
	RecordedBy string
	Text       TextState
}

// TextState tells what became of the search for text in a version's file.
type TextState string

// The states: not looked for yet (or a link), found, none in it (as in a scan).
const (
	TextPending TextState = ""
	TextFound   TextState = "found"
	TextNone    TextState = "none"
)

// MayRead reports whether the actor may see evidence with the access and the
// department in a city that they read.
func (a Actor) MayRead(access Access, departmentID int64, city City, today Date) bool {
	return a.May(ReadCity, city, departmentID, today) &&
		(access == AccessOpen || a.May(ReadRestricted, city, departmentID, today))
}

// SeesRestricted tells for lists which restricted evidence of the city the actor
// may see: all of it, or that of the departments.
func (a Actor) SeesRestricted(city City, today Date) (all bool, departments []int64) {
	departments = []int64{}
	for _, m := range a.Memberships {
		switch {
		case !m.in(city) || m.over(today) || a.lacks(m, city.SecondStepRequired):
		case policy[ReadRestricted][m.Role] == everywhere:
			all = true
		case policy[ReadRestricted][m.Role] == ownDepartment:
			departments = append(departments, m.DepartmentID)
		}
	}
	return all, departments
}

// EvidenceAct is somebody acting on evidence of a city on a day. Like those of
// Act its methods decide and write nothing.
type EvidenceAct struct {
	Actor Actor
	City  City
	Today Date
}

// Add decides whether new evidence of the department may be added.
func (a EvidenceAct) Add(departmentID int64, p Passport, c EvidenceContent) error {
	if !a.Actor.May(EditEvidence, a.City, departmentID, a.Today) {
		return ErrForbidden
	}
	return Together(p.Check(a.Today), c.Check())
}

// ChangePassport decides whether the passport may be replaced. Who gives the
// evidence to another department must be allowed to edit there too.
func (a EvidenceAct) ChangePassport(e Evidence, departmentID int64, to Passport) error {
	if err := a.editable(e); err != nil {
		return err
	}
	if !a.Actor.May(EditEvidence, a.City, departmentID, a.Today) {
		return Invalid("department", "evidence.error.department")
	}
	if to == e.Passport {
		return Invalid("", "evidence.error.same")
	}
	return to.Check(a.Today)
}

// NewVersion decides whether the content may supersede the newest version.
func (a EvidenceAct) NewVersion(e Evidence, c EvidenceContent) error {
	if err := a.editable(e); err != nil {
		return err
	}
	last := e.Latest.Content
	switch {
	case c.Kind() != e.Kind:
		return Invalid("", "evidence.error.kind")
	case c.URL == last.URL && c.File.Hash == last.File.Hash:
		return Invalid(string(e.Kind), "evidence.error.same_content")
	}
	return c.Check()
}

// Withdraw decides whether the evidence may be withdrawn, also where it supports
// an accepted entry. It stays readable.
func (a EvidenceAct) Withdraw(e Evidence, reason string) error {
	if err := a.editable(e); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(reason) == "":
		return Invalid("note", "evidence.error.no_reason")
	case utf8.RuneCountInString(reason) > MaxNote:
		return Invalid("note", "note.error.long")
	}
	return nil
}

func (a EvidenceAct) editable(e Evidence) error {
	switch {
	case !a.Actor.MayRead(e.Passport.Access, e.DepartmentID, a.City, a.Today):
		return ErrNotFound
	case !a.Actor.May(EditEvidence, a.City, e.DepartmentID, a.Today):
		return ErrForbidden
	case !e.WithdrawnOn.IsZero():
		return Invalid("", "evidence.error.withdrawn")
	}
	return nil
}

// EvidenceStanding is how evidence stands on a day, in one word.
type EvidenceStanding string

// The standings.
const (
	EvidenceValid     EvidenceStanding = "valid"
	EvidenceExpiring  EvidenceStanding = "expiring"
	EvidenceExpired   EvidenceStanding = "expired"
	EvidenceWithdrawn EvidenceStanding = "withdrawn"
)

// NoticeDays are how long before its last day an owner is told of it, the
// earliest first.
var NoticeDays = []int{60, 30, 7}

// StandingOn tells how the evidence stands on the day, and while it is expiring
// which of NoticeDays it has come to.
func (e Evidence) StandingOn(day Date) (standing EvidenceStanding, within int) {
	until := e.Passport.ValidUntil
	switch {
	case !e.WithdrawnOn.IsZero() && e.WithdrawnOn <= day:
		return EvidenceWithdrawn, 0
	case until.IsZero():
		return EvidenceValid, 0
	case until < day:
		return EvidenceExpired, 0
	}
	for _, days := range NoticeDays {
		if until.Sub(day) <= days {
			standing, within = EvidenceExpiring, days
		}
	}
	if within == 0 {
		return EvidenceValid, 0
	}
	return standing, within
}
