package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

func listAll(r reader) templ.Component {
	v := r.list(today, tracker.Filter{}, "")
	v.Today, v.MineRef = true, address().List(tracker.Filter{Assignee: "2"})
	return view.EntryListPage(v)
}

// listFiltered is what a leader gets who follows "not achieved" of a past day,
// through an address with a value that does not exist.
func listFiltered(r reader) templ.Component {
	v := r.list(february, tracker.Filter{State: tracker.ChooseOpen, Department: "CUL"}, "thu vien so")
	v.Address, v.Closed = view.Address{City: "ha-long", Assessment: 1, On: february}, view.Closed{On: february}
	v.Problems = []string{r.T("entry_list.error.filter", "filter", r.T("entry_list.filter.area"), "value", "99")}
	v.Chosen = []ui.Link{
		{Text: r.T("entry_list.filter.state") + ": " + r.T("entry_list.state.open"), Href: "/cities/ha-long/indicators?department=CUL"},
		{Text: r.T("entry_list.filter.department") + ": " + r.departmentName("CUL"), Href: "/cities/ha-long/indicators?state=open"},
		{Text: "“thu vien so”", Href: "/cities/ha-long/indicators?department=CUL&state=open"},
	}
	return view.EntryListPage(v)
}

func listEmpty(r reader) templ.Component {
	v := r.list(today, tracker.Filter{}, "biển đảo xanh")
	v.Areas, v.Count, v.Today = nil, 0, true
	v.OnError = r.T("on.error.future")
	v.Chosen = []ui.Link{{Text: "“biển đảo xanh”", Href: address().List(tracker.Filter{})}}
	return view.EntryListPage(v)
}

// listMine is what somebody of staff is in charge of.
func listMine(r reader) templ.Component {
	v := r.list(today, tracker.Filter{Assignee: "2"}, "")
	v.Today, v.Mine, v.MineRef = true, true, address().List(tracker.Filter{})
	v.Areas = v.Areas[:1]
	v.Count = len(v.Areas[0].Rows)
	for i := range v.Areas[0].Rows {
		v.Areas[0].Rows[i].Assignee = "Trần Văn Cường"
	}
	v.Chosen = []ui.Link{{Text: r.T("entry_list.filter.assignee") + ": Trần Văn Cường", Href: address().List(tracker.Filter{})}}
	return view.EntryListPage(v)
}

func listNothingMine(r reader) templ.Component {
	v := r.list(today, tracker.Filter{Assignee: "2"}, "")
	v.Areas, v.Count, v.Today, v.Mine, v.NothingMine, v.MineRef = nil, 0, true, true, true, address().List(tracker.Filter{})
	return view.EntryListPage(v)
}

func (r reader) list(on tracker.Date, f tracker.Filter, query string) view.EntryList {
	a := addressOn(on)
	v := view.EntryList{
		Page:    r.cityPage(r.T("entry_list.title"), a.List(f), "indicators", a),
		Address: a, On: on, Filter: f, Query: query, Total: 57, ClearRef: a.List(tracker.Filter{}),
		Choices: r.choices(f),
	}
	if on == today {
		v.Watch = &view.Watch{City: a.City, Assessment: 1}
	}
	for _, place := range r.framework.Places() {
		department, due := r.assigned(place.Indicator.Code)
		cell := r.cell(place.Indicator, a, on)
		row := view.ListRow{Cell: cell, Department: department, DueOn: due, ChangedOn: august, Overdue: cell.Code == "12.1.2", ToConfirm: cell.Code == "12.1.1"}
		r.addRow(&v, place.Area, row, f)
	}
	return v
}

func (r reader) addRow(v *view.EntryList, area *tracker.Area, row view.ListRow, f tracker.Filter) {
	open := f.State != tracker.ChooseOpen || !achieved(row.Cell.Standing)
	if !open || f.Department != "" && row.Department != r.departmentName(f.Department) {
		return
	}
	if n := len(v.Areas); n == 0 || v.Areas[n-1].Code != area.Code {
		v.Areas = append(v.Areas, view.ListArea{Code: area.Code, Title: r.Text(area.Title), Achieved: 5, Total: 7})
	}
	current := &v.Areas[len(v.Areas)-1]
	current.Rows = append(current.Rows, row)
	v.Count++
}

func (r reader) choices(f tracker.Filter) []view.FilterChoices {
	all := []view.FilterChoices{
		r.choice("state", string(f.State), "achieved", r.T("entry_list.state.achieved"), "open", r.T("entry_list.state.open"), "changed", r.T("entry_list.state.changed")),
		r.choice("claim", "", "not_started", r.T("claim.not_started"), "in_progress", r.T("claim.in_progress"), "achieved", r.T("claim.achieved")),
		r.choice("verdict", "", "none", r.T("verdict.none"), "awaiting", r.T("verdict.awaiting"), "returned", r.T("verdict.returned"), "accepted", r.T("verdict.accepted")),
	}
	var groups, areas, departments []string
	for _, g := range r.framework.Groups {
		groups = append(groups, g.Code, g.Code+". "+r.Text(g.Title))
		for _, area := range g.Areas {
			areas = append(areas, area.Code, area.Code+". "+r.Text(area.Title))
		}
	}
	for _, d := range r.city.Departments {
		departments = append(departments, d.Code, r.Text(d.Name))
	}
	people := []string{tracker.AnyAssignee, r.T("entry_list.assignee.any"), tracker.NoAssignee, r.T("entry_list.assignee.none")}
	if f.Assignee != "" {
		people = append(people, f.Assignee, "Trần Văn Cường")
	}
	return append(all, r.choice("group", "", groups...), r.choice("area", "", areas...),
		r.choice("department", f.Department, departments...), r.choice("assignee", f.Assignee, people...), r.choice("overdue", "", "yes", r.T("entry_list.overdue.yes")))
}

func (r reader) choice(key, current string, pairs ...string) view.FilterChoices {
	base := address().List(tracker.Filter{})
	all := view.FilterChoices{Key: key, Name: r.T("entry_list.filter." + key)}
	all.Options = append(all.Options, view.FilterOption{Text: r.T("entry_list.filter.all"), Href: base, Current: current == ""})
	for n := 0; n < len(pairs); n += 2 {
		all.Options = append(all.Options, view.FilterOption{
			Value: pairs[n], Text: pairs[n+1], Href: base + "?" + key + "=" + pairs[n], Current: current == pairs[n]})
	}
	return all
}
