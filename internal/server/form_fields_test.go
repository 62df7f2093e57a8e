package server_test

import (
	"net/url"

	"learningcity/internal/server/htmlcheck"
)

// fieldsOf is what a browser sends for the form when its first button is used.
func fieldsOf(form htmlcheck.Node) url.Values {
	fields := url.Values{}
	for _, input := range form.All("input") {
		kind := input.Attr("type")
		if kind == "radio" && len(form.All(`input[checked][id="`+input.Attr("id")+`"]`)) == 0 {
			continue
		}
		fields.Add(input.Attr("name"), input.Attr("value"))
	}
	for _, area := range form.All("textarea") {
		fields.Add(area.Attr("name"), area.Raw())
	}
	return fields
}

// sendAgain sends the page's form with that action as it stands.
func (a answer) sendAgain(action string) answer {
	a.visitor.site.t.Helper()
	forms := a.page().All(`form[action="` + action + `"]`)
	if len(forms) == 0 {
		a.visitor.site.t.Fatalf("%s shows no form for %s", a.at, action)
	}
	return a.visitor.postForm(action, fieldsOf(forms[0]))
}
