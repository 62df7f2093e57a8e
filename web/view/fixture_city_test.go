package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

var july = tracker.NewDate(2025, 7, 1)

// settingsPage is a page of Ha Long's settings, seen by the admin.
func (r reader) settingsPage(title, path string) view.Page {
	page := r.cityPage(title, path, "manage", address())
	page.Person = &view.Person{Name: "Admin", Role: r.T("role.admin"), ManyCities: true, Audit: true, Admin: true}
	page.City.CanRead, page.City.CanManagePeople, page.City.CanEdit = false, true, true
	return page
}

func (r reader) regionOptions() []ui.Option {
	return []ui.Option{{Value: "1", Label: r.t("Việt Nam", "Viet Nam")}, {Value: "2", Label: r.t("Việt Nam › Quảng Ninh", "Viet Nam › Quang Ninh")}}
}

func (r reader) cityEdit() view.CityEdit {
	return view.CityEdit{Page: r.settingsPage(r.T("city_edit.title"), address().Settings()), Address: address(),
		Names: view.NamePair{VI: "Hạ Long", EN: "Ha Long"}, Slug: "ha-long", Region: "2", Regions: r.regionOptions(), Version: 3, Errors: view.Errors{}}
}

func cityEdit(r reader) templ.Component { return view.CityEditPage(r.cityEdit()) }

func cityEditRefused(r reader) templ.Component {
	v := r.cityEdit()
	v.Slug, v.Former = "hue", []string{r.T("city_edit.former", "name", r.t("Hòn Gai", "Hon Gai"), "day", november)}
	v.Errors = view.Errors{"slug": r.T("city_slug_once")}
	return view.CityEditPage(v)
}

func cityEditArchived(r reader) templ.Component {
	v := r.cityEdit()
	v.Page.City.ArchivedOn = july
	v.Page.City.Successors = []view.CityMark{{Name: r.t("Phường Bãi Cháy", "Bai Chay Ward"), On: july}, {Name: r.t("Phường Hồng Gai", "Hong Gai Ward"), Href: "/cities/hong-gai", On: july}}
	return view.CityEditPage(v)
}

func (r reader) wards() []ui.Option {
	return []ui.Option{{Value: "bai-chay", Label: r.t("Phường Bãi Cháy", "Bai Chay Ward"), Hint: r.t("Quảng Ninh", "Quang Ninh")},
		{Value: "hong-gai", Label: r.t("Phường Hồng Gai", "Hong Gai Ward"), Hint: r.t("Quảng Ninh", "Quang Ninh")}}
}

func (r reader) handover() view.Handover {
	return view.Handover{Page: r.settingsPage(r.T("handover.title"), address().Handover()), Address: address(), Version: 3,
		Cities: r.wards(), Errors: view.Errors{}}
}

func handoverBegin(r reader) templ.Component { return view.HandoverPage(r.handover()) }

func handoverRefused(r reader) templ.Component {
	v := r.handover()
	v.With, v.Errors = r.wards()[:1], view.Errors{"to": r.T("handover.error.no_successor")}
	return view.HandoverPage(v)
}

func handoverNone(r reader) templ.Component {
	v := r.handover()
	v.Cities = nil
	return view.HandoverPage(v)
}

func handoverSplit(r reader) templ.Component {
	v := r.handover()
	v.Chosen, v.Split, v.To = true, true, r.wards()
	v.People = []view.HandoverPerson{{ID: 1, Name: "Nguyễn Thị Bình", Post: r.T("role.coordinator"), City: "Hạ Long", To: "hong-gai"},
		{ID: 2, Name: "Trần Văn Cường", Post: r.T("role.staff") + ", " + r.departmentName("CUL"), City: "Hạ Long"}}
	return view.HandoverPage(v)
}

func (r reader) regionForm() view.RegionForm {
	return view.RegionForm{Parents: r.regionOptions(), Errors: view.Errors{}}
}

func regionList(r reader) templ.Component {
	return view.RegionListPage(view.RegionList{Page: r.adminPage("region_list.title", view.RegionsPath), Form: r.regionForm(),
		Rows: []view.RegionRow{{Name: r.t("Việt Nam", "Viet Nam"), Href: view.RegionPath(1), Below: []view.RegionRow{
			{Name: r.t("Quảng Ninh", "Quang Ninh"), Href: view.RegionPath(2), Cities: []ui.Link{{Text: "Hạ Long", Href: address().Settings()}}},
		}}}})
}

func regionListRefused(r reader) templ.Component {
	form := r.regionForm()
	form.Names.VI, form.Parent, form.Errors = "Quảng Ninh", "1", view.Errors{"name_vi": r.T("region_name_once"), "name_en": r.T("region.error.name_en")}
	return view.RegionListPage(view.RegionList{Page: r.adminPage("region_list.title", view.RegionsPath), Form: form})
}

func (r reader) region() view.RegionEdit {
	v := view.RegionEdit{Page: r.adminPage("region_list.title", view.RegionPath(2)), ID: 2, Version: 1, Form: r.regionForm(), Language: "vi", InviteErrors: view.Errors{}}
	v.Title = r.t("Quảng Ninh", "Quang Ninh")
	v.Form.Names, v.Form.Parent = view.NamePair{VI: "Quảng Ninh", EN: "Quang Ninh"}, "1"
	return v
}

func regionEdit(r reader) templ.Component {
	v := r.region()
	v.Overseers = []view.OverseerRow{{ID: 1, Name: "Vũ Minh Hải", Email: "hai.vm@quangninh.gov.vn", State: tracker.PersonActive, Version: 1},
		{ID: 2, Name: "Lê Thị Dung", Email: "dung.lt@quangninh.gov.vn", State: tracker.PersonDisabled, Version: 2}}
	v.Invitations = []view.InvitationRow{{ID: 7, Email: "khanh.do@unesco-vietnam.example", Role: tracker.Overseer, State: tracker.PersonInvited, Expires: r.Time(noon.AddDate(0, 0, 7)), CanChange: true}}
	return view.RegionEditPage(v)
}

func regionEditRefused(r reader) templ.Component {
	v := r.region()
	v.Email, v.InviteErrors = "hai", view.Errors{"invitee": r.T("email.error.malformed")}
	return view.RegionEditPage(v)
}

func accountList(r reader) templ.Component {
	return view.AccountListPage(view.AccountList{Page: r.adminPage("accounts.title", view.AccountsPath), Query: "ha", Found: 102, Rows: []view.AccountRow{
		{ID: 1, Name: "Admin", Email: "admin@halong.gov.vn", Posts: []string{r.T("role.admin")}, Self: true},
		{ID: 2, Name: "Vũ Minh Hải", Email: "hai.vm@halong.gov.vn", Posts: []string{r.T("role.leader") + " · Hạ Long", r.T("role.overseer") + " · " + r.t("Quảng Ninh", "Quang Ninh")}},
		{ID: 3, Name: "Phạm Hoàng Giang", Email: "giang.ph@vnies.edu.vn", LockedOn: november},
	}})
}

func cityListArchived(r reader) templ.Component {
	page := r.page(r.T("city_list.title"), view.CitiesPath)
	page.Person = &view.Person{Name: r.t("Cơ quan theo dõi", "Overseer"), ManyCities: true}
	return view.CityListPage(view.CityList{Page: page,
		Cities:   []view.CityLink{{Name: r.t("Phường Hồng Gai", "Hong Gai Ward"), Province: "Quảng Ninh", Role: r.T("role.overseer"), Href: "/cities/hong-gai"}},
		Archived: []view.CityLink{{Name: "Hạ Long", Province: "Quảng Ninh", Role: r.T("role.overseer"), Href: "/cities/ha-long"}}})
}

func errorArchived(r reader) templ.Component {
	return view.ErrorShowPage(view.ErrorShow{Page: r.page(r.T("error.archived.title"), "/cities/ha-long"), Kind: "archived", Home: view.HomePath,
		Kept: []string{r.t("Thư viện số đã kết nối với 12 thư viện.", "The digital library is linked with 12 others.")}})
}
