package server

import (
	"net/http"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// showHome leads to the only city that a person has, or to the choice.
func (s *Server) showHome(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	if !manyCities(actor) && len(actor.Memberships) == 1 {
		return redirect(w, r, view.Address{City: actor.Memberships[0].CitySlug}.Overview(), "")
	}
	return redirect(w, r, view.CitiesPath, "")
}

// listCities lists the cities that the person may read.
func (s *Server) listCities(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	cities, err := s.Store.Cities(r.Context(), actor)
	if err != nil {
		return err
	}
	page := view.CityList{Page: s.page(w, r, "city_list.title")}
	for _, c := range cities {
		page.Cities = append(page.Cities, cityLink(c, actor, page.P))
	}
	return render(w, r, http.StatusOK, view.CityListPage(page))
}

func cityLink(c tracker.City, actor tracker.Actor, p *locale.Printer) view.CityLink {
	return view.CityLink{
		Name: p.Text(c.Name), Province: p.Text(c.Province), Role: roleIn(actor, c, p),
		Href: view.Address{City: c.Slug}.Overview(),
	}
}
