package server

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

const languageCookie = "language"

// rememberLanguage keeps the language of ?lang for the pages that follow, also
// where the answer is none itself but leads to one.
func rememberLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked, ok := locale.Parse(r.URL.Query().Get("lang")); ok {
			http.SetCookie(w, &http.Cookie{
				Name: languageCookie, Value: string(asked), Path: "/", MaxAge: 365 * 24 * 60 * 60,
				HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: infoOf(r).secure,
			})
		}
		next.ServeHTTP(w, r)
	})
}

// printer picks the language: ?lang; the cookie that remembers it; the
// person's own; the installation's. The browser's wish is not asked: in city
// offices it is often English by accident.
func (s *Server) printer(r *http.Request) *locale.Printer {
	if asked, ok := locale.Parse(r.URL.Query().Get("lang")); ok {
		return s.Words.Printer(asked)
	}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if remembered, ok := locale.Parse(cookie.Value); ok {
			return s.Words.Printer(remembered)
		}
	}
	if actor := infoOf(r).actor; actor != nil {
		if own, ok := locale.Parse(actor.Language); ok {
			return s.Words.Printer(own)
		}
	}
	return s.Words.Printer(s.Language)
}

// page fills what every page has. The title is a message key.
func (s *Server) page(w http.ResponseWriter, r *http.Request, title string) view.Page {
	p := s.printer(r)
	info := infoOf(r)
	page := view.Page{
		P: p, Title: p.T(title), Path: withoutLang(r.URL), RequestID: info.id, Asked: info.asked.UnixMilli(),
		Demonstration: s.demonstration.Load().In(string(p.Language())),
		Notice:        takeNotice(w, r, p),
	}
	if page.Notice == nil {
		page.Notice = unknownLanguage(r, p)
	}
	if info.actor != nil {
		page.Person = &view.Person{Name: info.actor.Name, ManyCities: manyCities(*info.actor),
			Audit: info.actor.MightAt(tracker.ReadInstallationAudit, ""), Admin: info.actor.MightAt(tracker.ManageCities, ""),
			Unread: info.actor.Unread}
	}
	return page
}

func unknownLanguage(r *http.Request, p *locale.Printer) *ui.Note {
	asked := r.URL.Query().Get("lang")
	if _, ok := locale.Parse(asked); ok || asked == "" {
		return nil
	}
	return &ui.Note{Kind: ui.Warning, Text: p.T("shell.unknown_language", "language", shorten(asked))}
}

// cityPage fills what every page of a city has.
func (s *Server) cityPage(w http.ResponseWriter, r *http.Request, title string, city tracker.City,
	a view.Address, section string) view.Page {
	page := s.page(w, r, title)
	page.City = &view.City{Name: page.P.Text(nameOf(city, a.On)), Address: a, Section: section, ArchivedOn: city.ArchivedOn,
		Successors:   cityMarks(city.Past.Successors, infoOf(r).actor, page.P),
		Predecessors: cityMarks(city.Past.Predecessors, infoOf(r).actor, page.P)}
	if actor := infoOf(r).actor; actor != nil {
		page.City.CanRead = actor.MightAt(tracker.ReadCity, city.Slug)
		page.City.CanReview = actor.MightAt(tracker.ReadReviews, city.Slug)
		page.City.CanReadThreads = actor.MightAt(tracker.ReadThreads, city.Slug)
		page.City.CanManagePeople = actor.MightAt(tracker.ReadPeople, city.Slug)
		page.Person.Role = roleIn(*actor, city, page.P)
		page.City.CanManage = actor.MightAt(tracker.ManageCity, city.Slug) && !city.Archived()
		page.City.CanEdit = actor.MightAt(tracker.ManageCities, city.Slug)
		page.City.CanReadAudit = actor.MightAt(tracker.ReadAudit, city.Slug)
	}
	return page
}

// nameOf is what the city was called on the day; zero is today.
func nameOf(city tracker.City, on tracker.Date) tracker.Text {
	if on.IsZero() {
		return city.Name
	}
	return city.NameOn(on)
}

// cityMarks name other cities, and lead to those that the person may read.
func cityMarks(marks []tracker.CityMark, actor *tracker.Actor, p *locale.Printer) []view.CityMark {
	var all []view.CityMark
	for _, m := range marks {
		shown := view.CityMark{Name: p.Text(m.Name), On: m.On}
		if actor != nil && actor.MightAt(tracker.ReadCity, m.Slug) {
			shown.Href = view.Address{City: m.Slug}.Overview()
		}
		all = append(all, shown)
	}
	return all
}

func roleIn(actor tracker.Actor, city tracker.City, p *locale.Printer) string {
	for _, m := range actor.Memberships {
		if m.CityID == city.ID {
			return p.T("role." + string(m.Role))
		}
	}
	for _, m := range actor.Memberships {
		if m.CityID == 0 { // of a region or the installation
			return p.T("role." + string(m.Role))
		}
	}
	return ""
}

func manyCities(actor tracker.Actor) bool {
	return len(actor.Memberships) > 1 || len(actor.Memberships) == 1 && actor.Memberships[0].CityID == 0
}

// withoutLang is the page's address, to which the link to the other language
// adds its own. A path such as //evil.example would lead elsewhere.
func withoutLang(u *url.URL) string {
	q := u.Query()
	q.Del("lang")
	path := u.EscapedPath()
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return cmp.Or(safeReturnPath(path), view.HomePath)
}

// address reads the city and the assessment from a request. An assessment that
// is no number cannot exist, nor can names with characters that the database
// does not take. A query that cannot be read is refused: it may have named
// another day than the page would show.
func address(r *http.Request) (view.Address, error) {
	a := view.Address{City: chi.URLParam(r, "city")}
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		return a, fmt.Errorf("%w: %w", errBadRequest, err)
	}
	for _, name := range []string{a.City, chi.URLParam(r, "code")} {
		if _, clean := cleanText(name); !clean {
			return a, tracker.ErrNotFound
		}
	}
	if asked := r.URL.Query().Get("assessment"); asked != "" {
		n, err := strconv.ParseInt(asked, 10, 32)
		if err != nil || n < 1 {
			return a, tracker.ErrNotFound
		}
		a.Assessment = int(n)
	}
	return a, nil
}

// chosenDay is the day that a page is asked for.
type chosenDay struct {
	on      tracker.Date // today, where the question was refused
	isToday bool
	input   string // what stands in the field
	problem string // message key; empty where there is none
}

// status is 422 for a day that cannot be shown.
func (d chosenDay) status() int {
	if d.problem != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// carried is what addresses of the page carry on: nothing for today.
func (d chosenDay) carried() tracker.Date {
	if d.isToday {
		return 0
	}
	return d.on
}

// askedDay is the day that the address asks for, zero where it names none. Only
// the store knows the city's today; dayOf shows a day that it refuses as today.
func askedDay(r *http.Request) tracker.Date {
	asked, _ := tracker.ParseDate(r.URL.Query().Get("on"))
	return asked
}

func dayOf(r *http.Request, today tracker.Date) chosenDay {
	asked := r.URL.Query().Get("on")
	if asked == "" {
		return chosenDay{on: today, isToday: true, input: today.String()}
	}
	on, err := tracker.ParseDate(asked)
	switch {
	case err != nil:
		return chosenDay{on: today, isToday: true, input: shorten(asked), problem: "on.error.malformed"}
	case on > today:
		return chosenDay{on: today, isToday: true, input: asked, problem: "on.error.future"}
	}
	return chosenDay{on: on, isToday: on == today, input: asked}
}

// wall is the time on the city's clocks.
func wall(t time.Time, city tracker.City) time.Time {
	zone, err := postgres.ZoneOf(city)
	if err != nil {
		return t.UTC()
	}
	return t.In(zone)
}

// shorten keeps what somebody put into an address fit to show again.
func shorten(s string) string {
	s, _ = cleanText(s)
	runes := []rune(s)
	if len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}
