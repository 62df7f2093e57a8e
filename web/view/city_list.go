package view

import "learningcity/web/view/ui"

// noCities says what to do where there is none: who may makes the first one.
func noCities(v CityList) ui.Blank {
	if v.New == "" {
		return ui.Blank{Title: v.P.T("city_list.empty.title"), Text: v.P.T("city_list.empty.text")}
	}
	return ui.Blank{
		Title: v.P.T("city_list.first.title"), Text: v.P.T("city_list.first.text"),
		Action: ui.Link{Text: v.P.T("city_list.new"), Href: v.New},
	}
}
