package server

import (
	"net/http"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// listDirections shows what leaders have asked for: of one department or of all.
func (s *Server) listDirections(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	a, err := address(r)
	if err != nil {
		return err
	}
	a.Assessment = 0
	q := r.URL.Query()
	ask := postgres.DirectionAsk{Closed: q.Get("show") == "closed", Most: threadsPageSize}
	ask.Department, _ = cleanText(q.Get("department"))
	if ask.Before, err = inboxPlace(q.Get("before")); err != nil {
		return err
	}
	l, err := s.Store.Directions(r.Context(), actor, a.City, ask)
	if err != nil {
		return err
	}
	v := view.DirectionList{Page: s.cityPage(w, r, "direction.title", l.City, a, "tasks"), Address: a, TextLanguage: l.City.Language}
	for _, t := range l.Directions {
		v.Rows = append(v.Rows, directionRow(t, l, actor, v))
	}
	directionFilters(&v, l, ask)
	if ask.Before != 0 {
		v.NewestHref = a.Directions(ask.Department, ask.Closed, 0)
	}
	if l.More {
		v.OlderHref = a.Directions(ask.Department, ask.Closed, l.Directions[len(l.Directions)-1].ID)
	}
	return render(w, r, http.StatusOK, view.DirectionListPage(v))
}

func directionRow(t tracker.Thread, l *tracker.DirectionList, actor tracker.Actor, v view.DirectionList) view.ThreadRow {
	e := threadShower{act: tracker.ThreadAct{Actor: actor, City: l.City, Today: l.Today, On: t.On}, at: addressOf(l.City.Slug, t.On), city: l.City, p: v.P}
	row := e.row(t)
	row.On = ui.Link{Text: onName(t.On, v.P), Href: e.at.Beside(t.ID)}
	return row
}

// directionFilters fills the choices.
func directionFilters(v *view.DirectionList, l *tracker.DirectionList, ask postgres.DirectionAsk) {
	for _, closed := range []bool{false, true} {
		key := "direction.show.open"
		if closed {
			key = "direction.show.closed"
		}
		v.Shows = append(v.Shows, view.FilterOption{Text: v.P.T(key), Href: v.Directions(ask.Department, closed, 0), Current: closed == ask.Closed})
	}
	v.Departments = []view.FilterOption{{Text: v.P.T("library.show.all"), Href: v.Directions("", ask.Closed, 0), Current: ask.Department == ""}}
	for _, d := range l.Departments {
		v.Departments = append(v.Departments, view.FilterOption{Text: v.P.Text(d.Name), Href: v.Directions(d.Code, ask.Closed, 0),
			Current: d.Code == ask.Department})
	}
}
