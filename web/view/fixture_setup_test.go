package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// productionPage is a page without demonstration data.
func (r reader) productionPage(title, path string) view.Page {
	page := r.page(r.T(title), path)
	page.Demonstration = ""
	return page
}

// adminPage is a page that the admin sees.
func (r reader) adminPage(title, path string) view.Page {
	page := r.productionPage(title, path)
	page.Person = &view.Person{Name: "Nguyễn Thị An", ManyCities: true}
	return page
}

func setupNew(r reader) templ.Component {
	return view.SetupNewPage(view.SetupNew{Page: r.productionPage("setup_new.title", view.SetupPath), MinPassword: tracker.MinPassword})
}

func setupRefused(r reader) templ.Component {
	return view.SetupNewPage(view.SetupNew{
		Page: r.productionPage("setup_new.title", view.SetupPath), MinPassword: tracker.MinPassword, Closed: true,
		Code: "ABCD-EFGH-JKLM", Name: "Nguyễn Thị An", Email: "an@halong",
		Errors: view.Errors{"code": r.T("setup.error.closed"), "password": r.T("password.error.short", "password", tracker.MinPassword)},
	})
}

func cityListFirst(r reader) templ.Component {
	page := r.adminPage("city_list.manage.title", view.CitiesPath)
	page.Notice = &ui.Note{Kind: "success", Text: r.T("notice.set_up")}
	return view.CityListPage(view.CityList{Page: page, New: view.NewCityPath})
}

func cityListManage(r reader) templ.Component {
	page := r.adminPage("city_list.manage.title", view.CitiesPath)
	page.Notice = &ui.Note{Kind: "success", Text: r.T("notice.city_created")}
	return view.CityListPage(view.CityList{Page: page, New: view.NewCityPath, Cities: []view.CityLink{
		{Name: "Hạ Long", Province: "Quảng Ninh", Role: r.T("role.leader"), Href: "/cities/ha-long"},
		{Name: "Cao Lãnh", Province: "Đồng Tháp", Href: "/cities/cao-lanh/people"},
	}})
}

func cityNew(r reader) templ.Component {
	return view.CityNewPage(view.CityNew{
		Page: r.adminPage("city_new.title", view.NewCityPath), TimeZone: "Asia/Ho_Chi_Minh", Language: "vi"})
}

func cityRefused(r reader) templ.Component {
	return view.CityNewPage(view.CityNew{
		Page: r.adminPage("city_new.title", view.NewCityPath), NameVI: "Hạ Long", Slug: "ha-long", ProvinceVI: "Quảng Ninh", ProvinceEN: "Quang Ninh",
		TimeZone: "Asia/Hạ Long", Language: "vi",
		Errors: view.Errors{"name_en": r.T("city.error.name_en"), "slug": r.T("city_slug_once"), "time_zone": r.T("city.error.time_zone")},
	})
}
