package server

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// askToHandOver asks in two steps: which cities are merged or split, and then,
// with these in the address, who of their people goes along.
func (s *Server) askToHandOver(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if _, err := address(r); err != nil {
		return err
	}
	page, err := s.handoverPage(w, r, actor, readHandover(r.URL.Query()))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(page.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return render(w, r, status, view.HandoverPage(page))
}

// typedHandover is what was chosen.
type typedHandover struct {
	sent     bool // the first step is done
	with, to []string
	people   map[int64]string // nil: nobody was asked about yet
}

func readHandover(q url.Values) typedHandover {
	return typedHandover{sent: q.Has("chosen"), with: cleanSlugs(q["with"]), to: cleanSlugs(q["to"])}
}

// readHandoverPeople reads where each of the people goes: the fields person and
// people_to in pairs, in the order of the page. Who goes nowhere is left out.
func readHandoverPeople(form url.Values) map[int64]string {
	people := map[int64]string{}
	persons, places := form["person"], form["people_to"]
	for i := range min(len(persons), len(places)) {
		id, err := strconv.ParseInt(persons[i], 10, 64)
		if place, clean := cleanText(places[i]); err == nil && clean && place != "" {
			people[id] = place
		}
	}
	return people
}

func cleanSlugs(typed []string) []string {
	var slugs []string
	for _, slug := range typed {
		if text, clean := cleanText(slug); clean && text != "" && !slices.Contains(slugs, text) {
			slugs = append(slugs, text)
		}
	}
	return slugs
}

func (s *Server) handoverPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed typedHandover) (view.Handover, error) {
	city, err := s.Store.City(r.Context(), actor, chi.URLParam(r, "city"))
	if err != nil {
		return view.Handover{}, err
	}
	all, err := s.Store.AllCities(r.Context(), actor)
	if err != nil {
		return view.Handover{}, err
	}
	a := view.Address{City: city.Slug}
	page := view.Handover{Page: s.cityPage(w, r, "handover.title", city, a, "manage"), Address: a, Version: city.Version, Errors: view.Errors{}}
	h := tracker.Handover{Cities: []tracker.City{city}}
	for _, c := range all {
		if c.ID == city.ID || c.Archived() {
			continue
		}
		option := ui.Option{Value: c.Slug, Label: page.P.Text(c.Name), Hint: page.P.Text(c.Province)}
		page.Cities = append(page.Cities, option)
		if slices.Contains(typed.with, c.Slug) {
			h.Cities, page.With = append(h.Cities, c), append(page.With, option)
		}
		if slices.Contains(typed.to, c.Slug) {
			h.Successors, page.To = append(h.Successors, c), append(page.To, option)
		}
	}
	return s.secondStep(r, actor, page, h, typed)
}

// secondStep goes on to the people where the first step can be done like this.
func (s *Server) secondStep(r *http.Request, actor tracker.Actor, page view.Handover, h tracker.Handover, typed typedHandover) (view.Handover, error) {
	if h.Cities[0].Archived() || typed.sent {
		if messages, refused := messagesOf(h.Check(), page.P); refused {
			page.Errors = messages
			return page, nil
		}
	}
	if !typed.sent {
		return page, nil
	}
	page.Chosen, page.Split = true, len(h.Successors) > 1
	for _, c := range h.Cities {
		people, err := s.Store.People(r.Context(), actor, c.Slug)
		if err != nil {
			return page, err
		}
		for _, one := range people.All {
			if one.State(people.Today) != tracker.PersonActive {
				continue
			}
			page.People = append(page.People, view.HandoverPerson{
				ID: one.ID, Name: one.Name, Post: personText(one, page.P), City: page.P.Text(c.Name), To: typed.successorOf(one.ID, h)})
		}
	}
	return page, nil
}

// successorOf is where the person goes as it was chosen; before that, to the only
// successor there is.
func (t typedHandover) successorOf(person int64, h tracker.Handover) string {
	if t.people == nil && len(h.Successors) == 1 {
		return h.Successors[0].Slug
	}
	return t.people[person]
}

// handOverCities merges or splits.
func (s *Server) handOverCities(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed := readHandover(r.PostForm)
	typed.sent, typed.people = true, readHandoverPeople(r.PostForm)
	a := view.Address{City: chi.URLParam(r, "city")}
	err = s.Store.HandOverCities(r.Context(), actor, postgres.HandoverAsk{
		CityRef: postgres.CityRef{Slug: a.City, Version: f.version()}, With: typed.with, To: typed.to, People: typed.people})
	if err != nil {
		return s.showHandoverAgain(w, r, actor, typed, err)
	}
	return redirect(w, r, a.Settings(), "notice.city_handed_over")
}

func (s *Server) showHandoverAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed typedHandover, cause error) error {
	page, err := s.handoverPage(w, r, actor, typed)
	if err != nil {
		return err
	}
	if errors.Is(cause, tracker.ErrConflict) {
		page.Notice = &ui.Note{Kind: ui.Warning, Title: page.P.T("city_edit.conflict.title"), Text: page.P.T("city_edit.conflict.text")}
		return render(w, r, http.StatusConflict, view.HandoverPage(page))
	}
	messages, invalid := messagesOf(cause, page.P)
	if !invalid {
		return cause
	}
	page.Errors = messages
	return render(w, r, http.StatusUnprocessableEntity, view.HandoverPage(page))
}
