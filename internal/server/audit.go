package server

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// auditPageSize is how many acts stand on a page.
const auditPageSize = 50

// record is one of the records of acts: how it is read and where its pages are.
type record struct {
	read  func(context.Context, postgres.AuditAsk) (*tracker.AuditPage, error)
	zone  *time.Location                     // nil: the city's
	title string                             // message key; <title>.text says whose acts these are
	at    func(tracker.AuditFilter) string   // address of a page
	csv   func(tracker.AuditFilter) string   // address of the table; nil: none
	own   bool                               // the reader's own acts
	page  func(*tracker.AuditPage) view.Page // the frame
}

// cityRecord is the record of the city in the address.
func (s *Server) cityRecord(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (record, error) {
	a, err := address(r)
	if err != nil {
		return record{}, err
	}
	a.Assessment = 0
	return record{
		read: func(ctx context.Context, ask postgres.AuditAsk) (*tracker.AuditPage, error) {
			return s.Store.CityAudit(ctx, actor, a.City, ask)
		},
		title: "audit_list.city", at: a.Audit, csv: a.AuditCSV,
		page: func(p *tracker.AuditPage) view.Page { return s.cityPage(w, r, "audit_list.city", p.City, a, "manage") },
	}, nil
}

func (s *Server) installationRecord(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (record, error) {
	if _, err := address(r); err != nil {
		return record{}, err
	}
	return record{
		read: func(ctx context.Context, ask postgres.AuditAsk) (*tracker.AuditPage, error) {
			return s.Store.InstallationAudit(ctx, actor, ask)
		},
		zone: s.TimeZone, title: "audit_list.installation",
		at:   func(f tracker.AuditFilter) string { return view.Audit(view.AuditPath, f) },
		csv:  func(f tracker.AuditFilter) string { return view.Audit(view.AuditCSVPath, f) },
		page: func(*tracker.AuditPage) view.Page { return s.page(w, r, "audit_list.installation") },
	}, nil
}

func (s *Server) ownRecord(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (record, error) {
	if _, err := address(r); err != nil {
		return record{}, err
	}
	return record{
		read: func(ctx context.Context, ask postgres.AuditAsk) (*tracker.AuditPage, error) {
			return s.Store.OwnAudit(ctx, actor, ask)
		},
		zone: s.TimeZone, title: "audit_list.own", own: true,
		at:   func(f tracker.AuditFilter) string { return view.Audit(view.OwnAuditPath, f) },
		page: func(*tracker.AuditPage) view.Page { return s.page(w, r, "audit_list.own") },
	}, nil
}

// recordOf says which record a request is about.
type recordOf func(http.ResponseWriter, *http.Request, tracker.Actor) (record, error)

// listAudit shows a page of the record.
func (s *Server) listAudit(of recordOf) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		rec, err := of(w, r, actor)
		if err != nil {
			return err
		}
		asked := readAuditFilter(r.URL.Query())
		if rec.own {
			asked.filter.Person = 0
		}
		found, err := rec.read(r.Context(), postgres.AuditAsk{Filter: asked.filter, Most: auditPageSize, Zone: rec.zone, People: true})
		if err != nil {
			return err
		}
		frame := rec.page(found)
		page := auditWriter{rec, asked, found, frame.P}.list(frame)
		status := http.StatusOK
		if len(page.Errors) > 0 {
			status = http.StatusUnprocessableEntity
		}
		return render(w, r, status, view.AuditListPage(page))
	}
}

// askedAudit is a filter as it was asked for.
type askedAudit struct {
	filter         tracker.AuditFilter
	code, from, to string            // as typed
	problems       map[string]string // field → message key
}

// readAuditFilter reads the filter from an address. A value that makes no
// sense does not restrict; the page says so.
func readAuditFilter(q url.Values) askedAudit {
	asked := askedAudit{code: shorten(q.Get("indicator")), from: shorten(q.Get("from")), to: shorten(q.Get("to")), problems: map[string]string{}}
	f := &asked.filter
	asked.read(q, "person", func(s string) (err error) { f.Person, err = readPerson(s); return err })
	asked.read(q, "act", func(s string) error { f.Act = s; return knownAct(s) })
	asked.read(q, "from", func(s string) (err error) { f.From, err = tracker.ParseDate(s); return err })
	asked.read(q, "to", func(s string) (err error) { f.To, err = tracker.ParseDate(s); return err })
	asked.read(q, "before", func(s string) (err error) { f.Before, err = tracker.ParseAuditKey(s); return err })
	asked.read(q, "indicator", func(s string) error { f.Indicator = s; return nil })
	if f.Act != "" && asked.problems["act"] != "" {
		f.Act = ""
	}
	if !f.From.IsZero() && !f.To.IsZero() && f.To < f.From {
		asked.problems["to"] = "audit_list.error.days"
	}
	return asked
}

// read gives a field to its reader, without what cannot be stored.
func (a *askedAudit) read(q url.Values, field string, reader func(string) error) {
	text := shorten(q.Get(field))
	if text == "" {
		return
	}
	if err := reader(text); err != nil {
		a.problems[field] = "audit_list.error." + field
	}
}

func readPerson(s string) (int64, error) {
	if s == view.AtShell {
		return tracker.AtShell, nil
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err == nil && id < 1 {
		err = strconv.ErrRange
	}
	if err != nil {
		return 0, err
	}
	return id, nil
}

func knownAct(s string) error {
	for _, act := range tracker.AuditActs {
		if act == s {
			return nil
		}
	}
	return errBadRequest
}

// auditWriter makes the page of what was found.
type auditWriter struct {
	record
	asked askedAudit
	found *tracker.AuditPage
	p     *locale.Printer
}

func (l auditWriter) list(frame view.Page) view.AuditList {
	f := l.asked.filter
	f.Before = tracker.AuditKey{}
	v := view.AuditList{
		Page: frame, Text: l.p.T(l.title + ".text"), Action: l.at(tracker.AuditFilter{}),
		Person: l.persons(), Act: l.acts(), Code: l.asked.code, From: l.asked.from, To: l.asked.to,
		Errors: view.Errors{}, OwnOnly: l.own, Chosen: f != (tracker.AuditFilter{}) || len(l.asked.problems) > 0,
		ClearRef: l.at(tracker.AuditFilter{}), Days: l.days(),
	}
	for field, key := range l.asked.problems {
		v.Errors[field] = l.p.T(key)
	}
	if l.csv != nil {
		v.CSVHref = l.csv(f)
	}
	if l.asked.filter.Before != (tracker.AuditKey{}) {
		v.NewestHref = l.at(f)
	}
	if l.found.More {
		f.Before = l.found.Rows[len(l.found.Rows)-1].Key()
		v.OlderHref = l.at(f)
	}
	return v
}

// persons are those to choose from. Somebody whose link was followed is among
// them, though they have no role in the city.
func (l auditWriter) persons() ui.Choice {
	all := ui.Choice{Name: "person", Label: l.p.T("audit_list.person"), Options: []ui.Option{{Label: l.p.T("audit_list.everybody")}}}
	chosen := l.asked.filter.Person
	known := chosen == 0 || chosen == tracker.AtShell
	for _, person := range l.found.People {
		known = known || person.ID == chosen
		all.Options = append(all.Options, ui.Option{Value: strconv.FormatInt(person.ID, 10), Label: person.Name + " (" + person.Email + ")"})
	}
	if !known {
		all.Options = append(all.Options, ui.Option{Value: strconv.FormatInt(chosen, 10), Label: l.chosenPerson()})
	}
	all.Options = append(all.Options, ui.Option{Value: view.AtShell, Label: l.p.T("audit_list.operator")})
	switch chosen {
	case 0:
	case tracker.AtShell:
		all.Value = view.AtShell
	default:
		all.Value = strconv.FormatInt(chosen, 10)
	}
	return all
}

func (l auditWriter) chosenPerson() string {
	for _, row := range l.found.Rows {
		if row.AccountID == l.asked.filter.Person {
			return row.Person + " (" + row.Email + ")"
		}
	}
	return l.p.T("audit_list.somebody", "id", strconv.FormatInt(l.asked.filter.Person, 10))
}

func (l auditWriter) acts() ui.Choice {
	all := ui.Choice{Name: "act", Label: l.p.T("audit_list.act"), Value: l.asked.filter.Act,
		Options: []ui.Option{{Label: l.p.T("audit_list.every_act")}}}
	for _, act := range tracker.AuditActs {
		all.Options = append(all.Options, ui.Option{Value: act, Label: l.p.T("act." + act)})
	}
	return all
}

func (l auditWriter) days() []view.AuditDay {
	var days []view.AuditDay
	for _, row := range l.found.Rows {
		at := l.clock(row.At)
		if day := tracker.DateOf(at); len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, view.AuditDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Acts = append(last.Acts, l.act(row, at))
	}
	return days
}

// clock is the time on the record's clocks.
func (l auditWriter) clock(t time.Time) time.Time {
	if l.zone != nil {
		return t.In(l.zone)
	}
	return wall(t, l.found.City)
}

func (l auditWriter) act(row tracker.AuditRow, at time.Time) view.AuditAct {
	words := auditWords{l.p, tracker.DateOf(at)}
	act := view.AuditAct{
		ID: row.ID, Time: at.Format(time.TimeOnly), Stamp: at.Format(time.RFC3339),
		Person: l.person(row), Email: row.Email, What: ui.Link{Text: words.what(row), Href: subjectHref(row, l.found.City)},
		Changes: words.changes(row, maxAuditValue), Address: row.Address, RequestID: row.RequestID,
	}
	if row.City.ID != 0 && l.found.City.ID == 0 {
		act.City = ui.Link{Text: l.p.Text(row.City.Name)}
	}
	return act
}

// person leads to what else they did.
func (l auditWriter) person(row tracker.AuditRow) ui.Link {
	f := tracker.AuditFilter{Person: row.AccountID}
	if row.AccountID == 0 {
		f.Person = tracker.AtShell
	}
	return ui.Link{Text: personName(l.p, row), Href: l.at(f)}
}

func personName(p *locale.Printer, row tracker.AuditRow) string {
	if row.AccountID == 0 {
		return p.T("audit_list.operator")
	}
	return row.Person
}

// subjectHref is the page of the entry that was acted on; other things have none.
// Where the record is not of one city, the act's own city says where.
func subjectHref(row tracker.AuditRow, city tracker.City) string {
	subject := tracker.ParseSubject(row.Subject)
	if city.ID == 0 {
		city = row.City
	}
	if subject.Kind != "entry" || subject.Assessment == 0 || city.Slug == "" {
		return ""
	}
	return view.Address{City: city.Slug, Assessment: subject.Assessment}.Entry(subject.Name)
}

// maxAuditValue is how much of a text a page shows; the table has all of it.
const maxAuditValue = 200

// auditWords puts an act into words.
type auditWords struct {
	p   *locale.Printer
	day tracker.Date // of the act
}

// what says what was done, as a sentence.
func (w auditWords) what(row tracker.AuditRow) string {
	subject := w.subject(row)
	if knownAct(row.Act) != nil {
		return w.p.T("audit_list.other_act", "act", row.Act, "subject", subject)
	}
	return w.p.T("audit.act."+row.Act, "subject", subject)
}

func (w auditWords) subject(row tracker.AuditRow) string {
	subject := tracker.ParseSubject(row.Subject)
	switch subject.Kind {
	case "entry":
		return w.p.T("audit.subject.entry", "code", subject.Name, "assessment", strconv.Itoa(subject.Assessment))
	case "assessment", "department", "account", "city", "region", "evidence", "internal_thread", "recommendation", "task":
		return w.p.T("audit.subject."+subject.Kind, "name", subject.Name)
	case "session":
		return ""
	default:
		return row.Subject
	}
}

// fieldWords are the names of what acts change. What is not among them is
// shown as it was recorded.
var fieldWords = map[string]string{
	"claim": "entry_show.claim", "verdict": "entry_show.verdict", "changed": "audit.field.changed",
	"effective_on": "entry_show.effective_on", "narrative": "narrative.narrative", "obstacles": "narrative.obstacles",
	"solution": "narrative.solution", "year": "measurement.year", "value": "measurement.value",
	"target": "measurement.target", "source": "measurement.source", "department": "entry_list.department",
	"assignee": "entry_list.assignee",
	"due_on":   "entry_list.due", "role": "audit.field.role", "ends_on": "audit.field.ends_on", "name": "audit.field.name",
	"name_vi": "audit.field.name_vi", "name_en": "audit.field.name_en", "closed_on": "audit.field.closed_on",
	"retired_on": "audit.field.retired_on", "entries": "audit.field.entries", "people": "audit.field.people",
	"invited": "audit.field.invited", "people_to": "audit.field.people_to",
	"code": "audit.field.code", "slug": "audit.field.slug", "title": "audit.field.title", "held_on": "audit.field.held_on",
	"published": "audit.field.published", "note": "entry_show.note", "to_confirm": "entry_list.state.to_confirm", "carried_from": "carry_over.from", "opened_on": "audit.field.opened_on", "submission_due_on": "audit.field.submission_due_on",
	"second_step_required": "audit.field.second_step_required", "codes_left": "audit.field.codes_left",
	"needs_review": "audit.field.needs_review", "number": "audit.field.number", "province": "audit.field.province",
	"region": "audit.field.region", "cities": "audit.field.cities", "successors": "audit.field.successors", "carried": "audit.field.carried", "parent": "audit.field.parent",
	"mails": "audit.field.mails", "time_zone": "audit.field.time_zone", "language": "audit.field.language", "demonstration": "audit.field.demonstration",
	"ended": "audit.field.ended", "link": "audit.field.link", "made_by": "audit.field.made_by",
	"thread": "audit.field.thread", "comment": "audit.field.comment",
	"seals": "audit.field.seals", "row": "audit.field.row", "seal": "audit.field.seal",
	"state": "audit.field.state", "tasks": "audit.field.tasks", "evidence": "evidence.title",
	"required": "recommendation.required.yes", "given_on": "recommendation.given_on", "text": "recommendation.text", "detail": "task.detail",
	"indicators": "shell.indicators",
}

// changes are what an act changed, in words; longest is how many characters of
// a value are shown, 0 for all.
func (w auditWords) changes(row tracker.AuditRow, longest int) []view.AuditChange {
	var changes []view.AuditChange
	for _, c := range row.Changes() {
		if c.Name == "effective_on" && c.After.EN == w.day.String() {
			continue // it holds from the day it was done, as nearly everything does
		}
		name := c.Name
		if key, known := fieldWords[name]; known {
			name = w.p.T(key)
		}
		changes = append(changes, view.AuditChange{
			Name: name, Before: clip(w.value(c.Name, c.Before), longest), After: clip(w.value(c.Name, c.After), longest)})
	}
	return changes
}

// value puts one value into words.
func (w auditWords) value(name string, t tracker.Text) string {
	text := w.p.Text(t)
	if text == "" {
		return ""
	}
	switch {
	case name == "claim" && oneOf(text, tracker.Claims), name == "verdict" && oneOf(text, tracker.Verdicts), name == "role" && oneOf(text, tracker.Roles),
		name == "mails" && oneOf(text, tracker.MailChoices):
		return w.p.T(name + "." + text)
	case text == "true" || text == "false":
		return w.p.T("audit.value." + text)
	}
	if day, err := tracker.ParseDate(text); err == nil {
		return w.p.Date(day)
	}
	if figure, err := tracker.ParseDecimal(text); err == nil && (name == "value" || name == "target") {
		return figureText(w.p, figure)
	}
	return text
}

func figureText(p *locale.Printer, figure tracker.Decimal) string {
	if figure.Whole() {
		return p.Whole(figure)
	}
	return p.Number(figure)
}

func oneOf[T ~string](text string, all []T) bool {
	for _, one := range all {
		if string(one) == text {
			return true
		}
	}
	return false
}

func clip(s string, longest int) string {
	if runes := []rune(s); longest > 0 && len(runes) > longest {
		return strings.TrimSpace(string(runes[:longest])) + "…"
	}
	return s
}
