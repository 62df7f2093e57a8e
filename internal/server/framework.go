package server

import (
	"net/http"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// listFrameworks lists the versions of frameworks and who uses them.
func (s *Server) listFrameworks(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	all, err := s.Store.Frameworks(r.Context(), actor)
	if err != nil {
		return err
	}
	v := view.FrameworkList{Page: s.page(w, r, "framework_list.title")}
	for _, f := range all {
		v.Rows = append(v.Rows, s.frameworkRow(f, v.Page))
	}
	return render(w, r, http.StatusOK, view.FrameworkListPage(v))
}

func (s *Server) frameworkRow(f postgres.FrameworkUse, page view.Page) view.FrameworkRow {
	row := view.FrameworkRow{Code: f.Code, Version: f.Version, Title: page.P.Text(f.Title),
		ImportedAt: page.P.Time(f.ImportedAt.In(s.TimeZone)), Indicators: f.Indicators}
	for _, c := range f.Cities {
		row.Assessments += c.Assessments
		row.Cities = append(row.Cities, view.FrameworkCity{Name: page.P.Text(c.City), Assessments: c.Assessments})
	}
	return row
}
