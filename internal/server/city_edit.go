package server

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// cityRoutes mounts what an admin does to a city as a whole.
func (s *Server) cityRoutes(r chi.Router) {
	r.Get("/cities/{city}/settings", s.inCity(tracker.ManageCities, s.editCity))
	for _, act := range []string{"region", "archive", "restore"} {
		r.Get("/cities/{city}/"+act, s.inCity(tracker.ManageCities, leadToSettings))
	}
	r.Post("/cities/{city}/region", s.inCity(tracker.ManageCities, s.moveCity))
	r.Post("/cities/{city}/archive", s.inCity(tracker.ManageCities, s.archiveCity))
	r.Post("/cities/{city}/restore", s.inCity(tracker.ManageCities, s.restoreCity))
	r.Get("/cities/{city}/handover", s.inCity(tracker.ManageCities, s.askToHandOver))
	r.Post("/cities/{city}/handover", s.inCity(tracker.ManageCities, s.handOverCities))
}

// leadToSettings answers where a button's address is opened.
func leadToSettings(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	return redirect(w, r, view.Address{City: chi.URLParam(r, "city")}.Settings(), "")
}

// editCity shows what an admin can do to the city as a whole.
func (s *Server) editCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.cityEditPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.CityEditPage(page))
}

func (s *Server) cityEditPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.CityEdit, error) {
	a, err := address(r)
	if err != nil {
		return view.CityEdit{}, err
	}
	city, err := s.Store.City(r.Context(), actor, a.City)
	if err != nil {
		return view.CityEdit{}, err
	}
	regions, err := s.Store.Regions(r.Context(), actor)
	if err != nil {
		return view.CityEdit{}, err
	}
	a = view.Address{City: a.City}
	page := view.CityEdit{
		Page: s.cityPage(w, r, "city_edit.title", city, a, "manage"), Address: a, Names: view.NamePair(city.Name), Slug: city.Slug,
		Region: view.IDText(city.RegionID()), Version: city.Version, Errors: view.Errors{},
	}
	page.Regions = regionOptions(regions, page.P)
	for _, f := range city.Past.Former {
		page.Former = append(page.Former, page.P.T("city_edit.former", "name", f.Name, "day", f.Until))
	}
	return page, nil
}

// regionOptions show by their names where in the tree the regions lie.
func regionOptions(regions []tracker.Region, p *locale.Printer) []ui.Option {
	var options []ui.Option
	names := map[int64]string{}
	for _, r := range regions {
		name := p.Text(r.Name)
		if above := names[r.Parent]; above != "" {
			name = above + " › " + name
		}
		names[r.ID] = name
		options = append(options, ui.Option{Value: view.IDText(r.ID), Label: name})
	}
	return options
}

// renameCity gives the city another name or address.
func (s *Server) renameCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	names, slug := view.NamePair{VI: f.text("name_vi"), EN: f.text("name_en")}, f.text("slug")
	typed := func(page *view.CityEdit) { page.Names, page.Slug = names, slug }
	ref := postgres.CityRef{Slug: chi.URLParam(r, "city"), Version: f.version()}
	if infoOf(r).resumed {
		return s.showCityEditAgain(w, r, actor, typed, ref.Version, nil)
	}
	if err = f.refused(); err == nil {
		err = s.Store.RenameCity(r.Context(), actor, ref, tracker.Text(names), slug)
	}
	if err != nil {
		return s.showCityEditAgain(w, r, actor, typed, ref.Version, err)
	}
	return redirect(w, r, view.Address{City: slug}.Settings(), "notice.city_renamed")
}

// moveCity puts the city into another region.
func (s *Server) moveCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	region := f.text("region")
	ref := postgres.CityRef{Slug: chi.URLParam(r, "city"), Version: f.version()}
	if err = s.Store.MoveCity(r.Context(), actor, ref, number(region)); err != nil {
		return s.showCityEditAgain(w, r, actor, func(page *view.CityEdit) { page.Region = region }, ref.Version, err)
	}
	return redirect(w, r, view.Address{City: ref.Slug}.Settings(), "notice.city_moved")
}

// number reads an id; what is none is nobody's.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (s *Server) archiveCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.actOnCity(w, r, actor, func(ref postgres.CityRef) error {
		return s.Store.ArchiveCity(r.Context(), actor, ref)
	}, "notice.city_archived")
}

func (s *Server) restoreCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	return s.actOnCity(w, r, actor, func(ref postgres.CityRef) error {
		return s.Store.RestoreCity(r.Context(), actor, ref)
	}, "notice.city_restored")
}

// actOnCity is a button of the city's page.
func (s *Server) actOnCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor, act func(postgres.CityRef) error, notice string) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	ref := postgres.CityRef{Slug: chi.URLParam(r, "city"), Version: f.version()}
	if err := act(ref); err != nil {
		return s.showCityEditAgain(w, r, actor, func(*view.CityEdit) {}, ref.Version, err)
	}
	return redirect(w, r, view.Address{City: ref.Slug}.Settings(), notice)
}

// showCityEditAgain shows the page with what was typed; after a conflict at the
// version that stands now, so that sending it again is a decision.
func (s *Server) showCityEditAgain(w http.ResponseWriter, r *http.Request, actor tracker.Actor, typed func(*view.CityEdit), version int, cause error) error {
	page, err := s.cityEditPage(w, r, actor)
	if err != nil {
		return err
	}
	typed(&page)
	page.Path = page.Settings()
	if errors.Is(cause, tracker.ErrConflict) {
		page.Notice = &ui.Note{Kind: ui.Warning, Title: page.P.T("city_edit.conflict.title"), Text: page.P.T("city_edit.conflict.text")}
		return render(w, r, http.StatusConflict, view.CityEditPage(page))
	}
	page.Version = version
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.CityEditPage(page))
}
