package view_test

import (
	"strings"

	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

func auditCity(r reader) templ.Component {
	v := r.audit("audit_list.city")
	v.Page = r.cityPage(r.T("audit_list.city"), address().Audit(tracker.AuditFilter{}), "manage", address())
	v.City.CanManage, v.City.CanManagePeople, v.City.CanReadAudit = true, true, true
	v.CSVHref, v.OlderHref = address().AuditCSV(tracker.AuditFilter{}), address().Audit(tracker.AuditFilter{Before: tracker.AuditKey{Micros: 5, ID: 7}})
	return view.AuditListPage(v)
}

// auditFiltered is refused a day, and finds nothing.
func auditFiltered(r reader) templ.Component {
	v := r.audit("audit_list.city")
	v.Page = r.cityPage(r.T("audit_list.city"), address().Audit(tracker.AuditFilter{Act: "submit"}), "manage", address())
	v.City.CanManage, v.City.CanManagePeople, v.City.CanReadAudit = true, true, true
	v.Chosen, v.Days = true, nil
	v.Act.Value, v.Code, v.From, v.To = "submit", "7.2.2", "2025-02-30", "2025-03-01"
	v.Errors = view.Errors{"from": r.T("audit_list.error.from")}
	v.NewestHref = address().Audit(tracker.AuditFilter{Act: "submit"})
	return view.AuditListPage(v)
}

func auditInstallation(r reader) templ.Component {
	v := r.audit("audit_list.installation")
	v.Page.Person = &view.Person{Name: r.t("Quản trị viên", "Administrator"), Role: r.T("role.admin"), ManyCities: true, Audit: true}
	v.CSVHref = view.AuditCSVPath
	v.Days = v.Days[1:]
	v.Days[0].Acts = v.Days[0].Acts[:1]
	v.Days[0].Acts[0].City = ui.Link{Text: r.Text(r.city.City.Name)}
	return view.AuditListPage(v)
}

func auditOwn(r reader) templ.Component {
	v := r.audit("audit_list.own")
	v.Page.Person = &view.Person{Name: r.t("Cán bộ văn hóa", "Officer")}
	v.OwnOnly = true
	return view.AuditListPage(v)
}

func auditEmpty(r reader) templ.Component {
	v := r.audit("audit_list.own")
	v.OwnOnly, v.Days = true, nil
	return view.AuditListPage(v)
}

func (r reader) audit(title string) view.AuditList {
	return view.AuditList{
		Page: r.page(r.T(title), view.AuditPath), Text: r.T(title + ".text"), Action: "/cities/ha-long/audit", ClearRef: "/cities/ha-long/audit",
		Person: ui.Choice{Name: "person", Label: r.T("audit_list.person"), Options: []ui.Option{
			{Label: r.T("audit_list.everybody")}, {Value: "7", Label: r.t("Điều phối viên Hạ Long", "Coordinator of Ha Long")},
			{Value: view.AtShell, Label: r.T("audit_list.operator")}}},
		Act: ui.Choice{Name: "act", Label: r.T("audit_list.act"), Options: []ui.Option{
			{Label: r.T("audit_list.every_act")}, {Value: "submit", Label: r.T("act.submit")}}},
		Errors: view.Errors{}, Days: r.auditDays(),
	}
}

func (r reader) auditDays() []view.AuditDay {
	officer := ui.Link{Text: r.t("Cán bộ Cơ quan phụ trách văn hóa", "Officer of the culture authority"), Href: "/cities/ha-long/audit?person=8"}
	entry := r.T("audit.subject.entry", "code", openCode, "assessment", 1)
	on := func(act string) ui.Link {
		return ui.Link{Text: r.T("audit.act."+act, "subject", entry), Href: address().Entry(openCode)}
	}
	claim := view.AuditChange{Name: r.T("entry_show.claim"), Before: r.T("claim.in_progress"), After: r.T("claim.achieved")}
	long := view.AuditChange{Name: r.T("narrative.narrative"), Before: strings.Repeat("Thư viện số đã liên kết với thư viện tỉnh. ", 4) + "…", After: strings.Repeat("Thư viện số mở cửa cả cuối tuần. ", 5) + "…"}
	none := view.AuditChange{Name: r.T("narrative.solution"), Before: "Tìm thêm kinh phí."}
	return []view.AuditDay{
		{Day: today, Acts: []view.AuditAct{
			{ID: 12, Time: "14:05:09", Stamp: "2025-03-10T14:05:09+07:00", Person: officer, Email: "vanhoa@halong.example", What: on("submit"), Address: "192.0.2.7",
				Changes: []view.AuditChange{{Name: r.T("entry_show.verdict"), Before: r.T("verdict.none"), After: r.T("verdict.awaiting")}}},
			{ID: 11, Time: "14:05:09", Stamp: "2025-03-10T14:05:09+07:00", Person: officer, Email: "vanhoa@halong.example", What: on("change_claim"), Address: "192.0.2.7",
				Changes: []view.AuditChange{claim, {Name: r.T("entry_show.effective_on"), After: r.Date(february)}}},
			{ID: 10, Time: "09:00:00", Stamp: "2025-03-10T09:00:00+07:00", Person: officer, Email: "vanhoa@halong.example", What: on("edit_narrative"), Address: "2001:db8::42",
				Changes: []view.AuditChange{long, none}},
		}},
		{Day: february, Acts: []view.AuditAct{
			{ID: 2, Time: "08:30:00", Stamp: "2025-02-28T08:30:00+07:00", Person: ui.Link{Text: r.T("audit_list.operator"), Href: "/cities/ha-long/audit?person=operator"},
				What:    ui.Link{Text: r.T("audit.act.add_member", "subject", r.T("audit.subject.account", "name", "dieu-phoi-vien-thanh-pho-hoc-tap@halong.quangninh.gov.vn"))},
				Changes: []view.AuditChange{{Name: r.T("audit.field.role"), After: r.T("role.coordinator")}}},
			{ID: 1, Time: "08:00:00", Stamp: "2025-02-28T08:00:00+07:00", Person: officer, Email: "vanhoa@halong.example", What: ui.Link{Text: r.T("audit.act.sign_in")}, Address: "192.0.2.7"},
		}},
	}
}
