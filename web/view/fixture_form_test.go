package view_test

import (
	"strings"

	"learningcity/internal/tracker"
	"learningcity/web/view"

	"github.com/a-h/templ"
)

func (r reader) conflict(act string, pairs []view.ConflictPair) templ.Component {
	e := r.entry(openCode, today)
	e.Page.Title = r.T("entry_conflict.title")
	return view.EntryConflictPage(view.EntryConflict{
		Page: e.Page, Address: address(), Code: e.Code, Title: e.Title, Act: act, ChangedBy: r.t("Điều phối viên", "Coordinator"),
		ChangedAt: noon, Version: 5, Pairs: pairs, TextLanguage: "vi", Back: address().Entry(openCode),
	})
}

func conflictClaim(r reader) templ.Component {
	return r.conflict("claim", []view.ConflictPair{
		{Label: r.T("entry_show.claim"), Theirs: r.T("claim.not_started"), Name: "claim", Yours: "achieved", YoursText: r.T("claim.achieved")},
		{Label: r.T("entry_show.note"), Name: "note", Yours: "Đã hoàn thành liên kết với Thư viện tỉnh.", Long: true},
		{Label: r.T("entry_show.effective_on"), Theirs: r.Date(february), Name: "effective_on", Yours: "2025-03-01"},
		{Name: "then", Yours: "submit", Hidden: true},
	})
}

func conflictNarrative(r reader) templ.Component {
	n := r.entry(openCode, today).Narrative
	return r.conflict("narrative", []view.ConflictPair{
		{Label: r.T("narrative.narrative"), Theirs: n.Narrative, Name: "narrative", Yours: n.Narrative + "\nThư viện số mở cửa cả cuối tuần.", Long: true},
		{Label: r.T("narrative.obstacles"), Theirs: n.Obstacles, Name: "obstacles", Yours: n.Obstacles, Long: true},
		{Label: r.T("narrative.solution"), Theirs: n.Solution, Name: "solution", Yours: "", Long: true},
	})
}

func (r reader) narrative() view.NarrativeEdit {
	e := r.entry(openCode, today)
	e.Page.Title = r.T("narrative_edit.title", "code", e.Code)
	return view.NarrativeEdit{
		Page: e.Page, Address: address(), Code: e.Code, Title: e.Title, Question: e.Question, Version: 4,
		Narrative: e.Narrative, TextLanguage: "vi",
	}
}

func narrativeEdit(r reader) templ.Component { return view.NarrativeEditPage(r.narrative()) }

func narrativeRefused(r reader) templ.Component {
	v := r.narrative()
	v.Narrative.Obstacles = strings.Repeat("Khó khăn kéo dài. ", 12)
	v.Errors = view.Errors{"obstacles": r.T("narrative.error.long")}
	return view.NarrativeEditPage(v)
}

func (r reader) measurementForm(code string) view.MeasurementEdit {
	e := r.entry(code, today)
	e.Page.Title = r.T("measurement_edit.title", "code", e.Code)
	for i := range e.Measurements {
		e.Measurements[i].EditHref = address().Measurement(code, 2022+i)
	}
	return view.MeasurementEdit{
		Page: e.Page, Address: address(), Code: e.Code, Title: e.Title, Unit: e.Unit, Version: 4,
		Year: "2024", Value: r.Number(298), Target: r.Number(350), SourceText: "Thống kê thư viện và học trực tuyến", Existing: e.Measurements,
	}
}

func measurementEdit(r reader) templ.Component {
	return view.MeasurementEditPage(r.measurementForm(openCode))
}

func measurementRefused(r reader) templ.Component {
	v := r.measurementForm("2.1.1")
	v.Year, v.Value, v.Existing = "1999", "ba mươi", nil
	v.Errors = view.Errors{"year": r.T("measurement.error.year"), "value": r.T("measurement.error.figure")}
	return view.MeasurementEditPage(v)
}

func sessionNew(r reader) templ.Component {
	v := view.SessionNew{Page: r.page(r.T("session_new.title"), view.SignInPath), DemoPassword: "thanh-pho-hoc-tap"}
	for _, role := range []tracker.Role{tracker.Coordinator, tracker.Staff, tracker.Reviewer, tracker.Leader} {
		v.DemoAccounts = append(v.DemoAccounts, view.DemoAccount{Email: string(role) + "@ha-long.demo", Role: string(role)})
	}
	return view.SessionNewPage(v)
}

func sessionResume(r reader) templ.Component {
	page := r.page(r.T("session_new.title"), view.SignInPath)
	page.Demonstration = ""
	return view.SessionNewPage(view.SessionNew{
		Page: page, Email: "canbo@halong.vn", Errors: view.Errors{"": r.T("session_new.error.refused")}, Next: "/cities/ha-long",
		ResumeAction: address().Act(openCode, "claim"),
		Resume:       []view.FormField{{Name: "version", Value: "4"}, {Name: "note", Value: "Hai dòng\ncủa ghi chú"}},
	})
}

// sessionFiles is for who sent files when the session was over.
func sessionFiles(r reader) templ.Component {
	return view.SessionNewPage(view.SessionNew{Page: r.page(r.T("session_new.title"), view.SignInPath),
		ResumeAction: address().Upload(openCode), ResumeFiles: true, Resume: []view.FormField{{Name: "title", Value: "Báo cáo"}}})
}

func sessionMails(r reader) templ.Component {
	page := r.page(r.T("session_new.title"), view.SignInPath)
	page.Demonstration = ""
	return view.SessionNewPage(view.SessionNew{Page: page, Mails: true})
}

func (r reader) passwordAsk(mails bool) view.PasswordAsk {
	v := view.PasswordAsk{Page: r.page(r.T("password_ask.title"), view.ForgottenPath), Mails: mails, Errors: view.Errors{}}
	v.Demonstration = ""
	return v
}

func passwordAsk(r reader) templ.Component { return view.PasswordAskPage(r.passwordAsk(true)) }

func passwordAskRefused(r reader) templ.Component {
	v := r.passwordAsk(true)
	v.Email, v.Errors = "can bo", view.Errors{"email": r.T("email.error.malformed")}
	return view.PasswordAskPage(v)
}

func passwordAskWithoutMail(r reader) templ.Component {
	return view.PasswordAskPage(r.passwordAsk(false))
}

func sessionWait(r reader) templ.Component {
	return view.SessionNewPage(view.SessionNew{
		Page: r.productionPage("session_new.title", view.SignInPath), Email: "canbo@halong.vn",
		Errors: view.Errors{"": r.T("password.error.wait_minutes", "count", 15)}})
}

func cityList(r reader) templ.Component {
	page := r.page(r.T("city_list.title"), view.CitiesPath)
	page.Person = &view.Person{Name: r.t("Cơ quan theo dõi", "Overseer"), ManyCities: true}
	return view.CityListPage(view.CityList{Page: page, Cities: []view.CityLink{
		{Name: "Hạ Long", Province: "Quảng Ninh", Role: r.T("role.overseer"), Href: "/cities/ha-long"},
		{Name: "Cao Lãnh", Province: "Đồng Tháp", Role: r.T("role.expert"), Href: "/cities/cao-lanh"},
	}})
}

func cityListEmpty(r reader) templ.Component {
	page := r.page(r.T("city_list.title"), view.CitiesPath)
	page.Person, page.Demonstration = &view.Person{Name: "Quản trị"}, ""
	return view.CityListPage(view.CityList{Page: page})
}

func errorPage(kind string) func(reader) templ.Component {
	return func(r reader) templ.Component {
		v := view.ErrorShow{Page: r.page(r.T("error."+kind+".title"), "/cities/hue"), Kind: kind, Home: view.HomePath}
		if kind == "unavailable" {
			v.Again = "/cities/ha-long"
		}
		return view.ErrorShowPage(v)
	}
}
