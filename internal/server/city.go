package server

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// showHome leads to the only city that a person has, or to the choice.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if !manyCities(actor) && len(actor.Memberships) == 1 {
		if actor.LacksSecondStepAt("") {
			return redirect(w, r, view.AccountSecondStepPath, "")
		}
		return s.leadHome(w, r, actor, actor.Memberships[0])
	}
	return redirect(w, r, view.CitiesPath, "")
}

// leadHome leads staff to the page of their department, others to the figures.
func (s *Server) leadHome(w http.ResponseWriter, r *http.Request, actor tracker.Actor, m tracker.Membership) error {
	a := view.Address{City: m.CitySlug}
	if m.DepartmentID == 0 {
		return redirect(w, r, a.Overview(), "")
	}
	code, err := s.Store.DepartmentCode(r.Context(), actor, m.CitySlug, m.DepartmentID)
	if err != nil {
		return redirect(w, r, a.Overview(), "") // which says what is wrong
	}
	return redirect(w, r, a.Department(code), "")
}

// listCities lists the cities that the person may read, and for who manages
// cities the others.
func (s *Server) listCities(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	cities, err := s.Store.Cities(r.Context(), actor)
	if err != nil {
		return err
	}
	page := view.CityList{Page: s.page(w, r, "city_list.title")}
	readable := map[string]bool{}
	for _, c := range cities {
		readable[c.Slug] = true
		addCity(&page, c, cityLink(c, actor, page.P))
		for _, one := range c.Overseen {
			if name := page.P.Text(one.Name); !slices.Contains(page.Regions, name) {
				page.Regions = append(page.Regions, name)
			}
		}
	}
	if err := s.addManaged(r.Context(), actor, &page, readable); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.CityListPage(page))
}

// addCity puts an archived city apart from those where people work.
func addCity(page *view.CityList, c tracker.City, link view.CityLink) {
	if c.Archived() {
		page.Archived = append(page.Archived, link)
		return
	}
	page.Cities = append(page.Cities, link)
}

func cityLink(c tracker.City, actor tracker.Actor, p *locale.Printer) view.CityLink {
	return view.CityLink{
		Name: p.Text(c.Name), Province: p.Text(c.Province), Role: roleIn(actor, c, p),
		Href: view.Address{City: c.Slug}.Overview(),
	}
}

// addManaged adds the cities that somebody may look after but not read, which
// lead to the people there, and the way to a new one.
func (s *Server) addManaged(ctx context.Context, actor tracker.Actor, page *view.CityList, readable map[string]bool) error {
	if !actor.MightAt(tracker.ManageCities, "") {
		return nil
	}
	all, err := s.Store.AllCities(ctx, actor)
	if errors.Is(err, tracker.ErrForbidden) { // no longer
		return nil
	}
	if err != nil {
		return err
	}
	page.New, page.Title = view.NewCityPath, page.P.T("city_list.manage.title")
	for _, c := range all {
		if !readable[c.Slug] {
			addCity(page, c, view.CityLink{
				Name: page.P.Text(c.Name), Province: page.P.Text(c.Province), Href: view.Address{City: c.Slug}.People()})
		}
	}
	return nil
}

// newCity shows the form with what most cities of the installation have.
func (s *Server) newCity(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	page := s.newCityPage(w, r)
	page.TimeZone, page.Language = s.TimeZone.String(), string(s.Language)
	return render(w, r, http.StatusOK, view.CityNewPage(page))
}

func (s *Server) newCityPage(w http.ResponseWriter, r *http.Request) view.CityNew {
	return view.CityNew{Page: s.page(w, r, "city_new.title"), Errors: view.Errors{}}
}

// createCity makes a city. An address that was left empty is made of the name.
func (s *Server) createCity(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	city := readCity(f)
	if infoOf(r).resumed {
		return s.showCityAgain(w, r, city, nil)
	}
	if city.Slug == "" {
		city.Slug = tracker.SuggestSlug(city.Name.VI)
	}
	if err = f.refused(); err == nil {
		_, err = s.Store.CreateCity(r.Context(), actor, city)
	}
	if err != nil {
		return s.showCityAgain(w, r, city, err)
	}
	return redirect(w, r, view.CitiesPath, "notice.city_created")
}

func readCity(f *form) tracker.City {
	return tracker.City{
		Slug: f.text("slug"), TimeZone: f.text("time_zone"), Language: f.text("working_language"),
		Name:     tracker.Text{VI: f.text("name_vi"), EN: f.text("name_en")},
		Province: tracker.Text{VI: f.text("province_vi"), EN: f.text("province_en")},
	}
}

// showCityAgain shows the form as it was typed, because of an error or, with
// none, because it was resumed.
func (s *Server) showCityAgain(w http.ResponseWriter, r *http.Request, c tracker.City, cause error) error {
	page := s.newCityPage(w, r)
	page.Path = view.NewCityPath // the form's own address shows the list
	page.NameVI, page.NameEN, page.ProvinceVI, page.ProvinceEN = c.Name.VI, c.Name.EN, c.Province.VI, c.Province.EN
	page.Slug, page.TimeZone, page.Language = c.Slug, c.TimeZone, c.Language
	status, err := again(&page.Page, &page.Errors, cause)
	if err != nil {
		return err
	}
	return render(w, r, status, view.CityNewPage(page))
}
