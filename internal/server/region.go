package server

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"
)

// regionRoutes mounts the pages of the regions and of who oversees them.
func (s *Server) regionRoutes(r chi.Router) {
	admin := func(h actorHandler) http.HandlerFunc { return s.inInstallation(h) }
	r.Get(view.RegionsPath, admin(s.listRegions))
	r.Get("/regions/{region}", admin(s.editRegion))
	r.Get("/regions/{region}/invite", admin(leadToRegion))
	for _, act := range []string{"end", "restore"} {
		r.Get("/regions/{region}/overseers/{person}/"+act, admin(leadToRegion))
	}
	for _, act := range []string{"renew", "withdraw"} {
		r.Get("/regions/{region}/invitations/{invitation}/"+act, admin(leadToRegion))
	}
	r.Post("/regions/{region}/overseers/{person}/end", admin(s.endOverseer))
	r.Post("/regions/{region}/overseers/{person}/restore", admin(s.restoreOverseer))
	r.Post("/regions/{region}/invitations/{invitation}/renew", admin(s.renewOverseerInvitation))
	r.Post("/regions/{region}/invitations/{invitation}/withdraw", admin(s.withdrawOverseerInvitation))
	s.regionForms(r)
}

// regionForms mounts the forms that may be shown again after signing in.
func (s *Server) regionForms(r chi.Router) {
	r.Post(view.RegionsPath, s.inInstallation(s.createRegion))
	r.Post("/regions/{region}", s.inInstallation(s.changeRegion))
	r.Post("/regions/{region}/invite", s.inInstallation(s.inviteOverseer))
}

// leadToRegion answers where a button's address is opened.
func leadToRegion(w http.ResponseWriter, r *http.Request, _ tracker.Actor) error {
	return redirect(w, r, view.RegionPath(regionID(r)), "")
}

func regionID(r *http.Request) int64 { return number(chi.URLParam(r, "region")) }

// listRegions shows the tree, and the form for one more.
func (s *Server) listRegions(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.regionListPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.RegionListPage(page))
}

func (s *Server) regionListPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.RegionList, error) {
	regions, err := s.Store.Regions(r.Context(), actor)
	if err != nil {
		return view.RegionList{}, err
	}
	page := view.RegionList{Page: s.page(w, r, "region_list.title")}
	page.Rows = regionRows(regions, 0, page.P)
	page.Form = view.RegionForm{Parents: regionOptions(regions, page.P), Errors: view.Errors{}}
	return page, nil
}

// regionRows are the regions directly below the parent, each with its own.
func regionRows(all tracker.Regions, parent int64, p *locale.Printer) []view.RegionRow {
	var rows []view.RegionRow
	for _, one := range all {
		if one.Parent != parent {
			continue
		}
		row := view.RegionRow{Name: p.Text(one.Name), Href: view.RegionPath(one.ID), Below: regionRows(all, one.ID, p)}
		for _, c := range one.Cities {
			link := ui.Link{Text: p.Text(c.Name), Href: view.Address{City: c.Slug}.Settings()}
			if c.Archived() {
				link.Text = p.T("region_list.archived", "name", c.Name)
			}
			row.Cities = append(row.Cities, link)
		}
		rows = append(rows, row)
	}
	return rows
}

// typedRegion is a region as it was typed.
type typedRegion struct {
	names  view.NamePair
	parent string
}

func readRegion(f *form) typedRegion {
	return typedRegion{view.NamePair{VI: f.text("name_vi"), EN: f.text("name_en")}, f.text("parent")}
}

func (t typedRegion) region() tracker.Region {
	parent := number(t.parent)
	if parent == 0 && t.parent != "" {
		parent = -1 // no region's
	}
	return tracker.Region{Name: tracker.Text(t.names), Parent: parent}
}

func (t typedRegion) into(form *view.RegionForm) { form.Names, form.Parent = t.names, t.parent }

func (s *Server) createRegion(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed := readRegion(f)
	if err = f.refused(); err == nil && !infoOf(r).resumed {
		_, err = s.Store.CreateRegion(r.Context(), actor, typed.region())
	}
	if err == nil && !infoOf(r).resumed {
		return redirect(w, r, view.RegionsPath, "notice.region_created")
	}
	page, pageErr := s.regionListPage(w, r, actor)
	if pageErr != nil {
		return pageErr
	}
	typed.into(&page.Form)
	status, err := again(&page.Page, &page.Form.Errors, err)
	if err != nil {
		return err
	}
	return render(w, r, status, view.RegionListPage(page))
}

// editRegion shows a region, and who oversees it.
func (s *Server) editRegion(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	page, err := s.regionPage(w, r, actor)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, view.RegionEditPage(page))
}

func (s *Server) regionPage(w http.ResponseWriter, r *http.Request, actor tracker.Actor) (view.RegionEdit, error) {
	o, err := s.Store.Overseers(r.Context(), actor, regionID(r))
	if err != nil {
		return view.RegionEdit{}, err
	}
	regions, err := s.Store.Regions(r.Context(), actor)
	if err != nil {
		return view.RegionEdit{}, err
	}
	page := view.RegionEdit{Page: s.page(w, r, "region_list.title"), ID: o.Region.ID, Version: o.Region.Version,
		Language: string(s.Language), InviteErrors: view.Errors{}}
	p := page.P
	page.Title = p.Text(o.Region.Name)
	page.Form = view.RegionForm{Names: view.NamePair(o.Region.Name), Parent: idText(o.Region.Parent),
		Parents: regionOptions(regions.MayHold(o.Region.ID), p), Errors: view.Errors{}}
	for _, one := range o.All {
		page.Overseers = append(page.Overseers, view.OverseerRow{
			ID: one.ID, Name: one.Name, Email: one.Email, State: one.State(o.Today), Version: one.Version})
	}
	for _, i := range o.Invitations {
		page.Invitations = append(page.Invitations, view.InvitationRow{ID: i.ID, Email: i.Email, Role: tracker.Overseer,
			State: i.State(o.Now, o.Today), Expires: p.Time(i.ExpiresAt.In(s.TimeZone)), CanChange: true})
	}
	return page, nil
}

// idText is empty for no id.
func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return view.IDText(id)
}

// changeRegion renames or moves a region.
func (s *Server) changeRegion(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	typed, version := readRegion(f), f.version()
	to := typed.region()
	to.ID, to.Version = regionID(r), version
	if err = f.refused(); err == nil && !infoOf(r).resumed {
		err = s.Store.ChangeRegion(r.Context(), actor, to)
	}
	if err == nil && !infoOf(r).resumed {
		return redirect(w, r, view.RegionPath(to.ID), "notice.region_changed")
	}
	page, pageErr := s.regionPage(w, r, actor)
	if pageErr != nil {
		return pageErr
	}
	typed.into(&page.Form)
	if errors.Is(err, tracker.ErrConflict) {
		return s.regionConflict(w, r, page)
	}
	page.Version = version
	status, err := again(&page.Page, &page.Form.Errors, err)
	if err != nil {
		return err
	}
	return render(w, r, status, view.RegionEditPage(page))
}

// regionConflict shows the page at the version that stands now, so that sending
// it again is a decision.
func (s *Server) regionConflict(w http.ResponseWriter, r *http.Request, page view.RegionEdit) error {
	page.Notice = &ui.Note{Kind: ui.Warning, Title: page.P.T("region_edit.conflict.title"), Text: page.P.T("region_edit.conflict.text", "name", page.Title)}
	return render(w, r, http.StatusConflict, view.RegionEditPage(page))
}
