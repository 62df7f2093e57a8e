package view_test

import (
	"learningcity/internal/tracker"
	"learningcity/web/view"
	"learningcity/web/view/ui"

	"github.com/a-h/templ"
)

// peoplePage is a page about the people of Ha Long, seen by its coordinator.
func (r reader) peoplePage(title, path string) view.Page {
	page := r.cityPage(title, path, "manage", address())
	page.Person = &view.Person{Name: r.t("Nguyễn Thị Bình", "Nguyen Thi Binh"), Role: r.T("role.coordinator")}
	page.City.CanManage, page.City.CanManagePeople, page.City.CanReadAudit = true, true, true
	return page
}

// visitingAdminPage is one as the admin sees it, who reads nothing else of the city.
func (r reader) visitingAdminPage(title, path string) view.Page {
	page := r.peoplePage(title, path)
	page.Person = &view.Person{Name: "Admin", Role: r.T("role.admin"), ManyCities: true}
	page.City.CanRead, page.City.CanManage, page.City.CanReadAudit = false, false, false
	return page
}

func peopleList(r reader) templ.Component {
	a := address()
	return view.PeopleListPage(view.PeopleList{
		Page: r.peoplePage(r.T("people.title"), a.People()), Address: a, CanInvite: true,
		SecondStep: &view.SecondStepRule{Action: a.SecondStep()},
		Rows: []view.PersonRow{
			{Name: "Nguyễn Thị Bình", Email: "binh.nt@halong.gov.vn", Role: tracker.Coordinator, State: tracker.PersonActive, Self: true, SecondStep: true, EditHref: a.PersonPage(1)},
			{Name: "Trần Văn Cường", Email: "cuong.tv@halong.gov.vn", Role: tracker.Staff, Department: r.departmentName("CUL"), State: tracker.PersonActive, EditHref: a.PersonPage(2)},
			{Name: "Lê Thị Dung", Email: "dung.lt@halong.gov.vn", Role: tracker.Staff, Department: r.departmentName("EDU"), State: tracker.PersonDisabled, EditHref: a.PersonPage(3)},
			{Name: "Phạm Hoàng Giang", Email: "giang.ph@vnies.edu.vn", Role: tracker.Expert, EndsOn: november, State: tracker.PersonEnded, EditHref: a.PersonPage(4)},
			{Name: "Vũ Minh Hải", Email: "hai.vm@halong.gov.vn", Role: tracker.Leader, State: tracker.PersonLocked, EditHref: a.PersonPage(5)},
		},
		Invitations: []view.InvitationRow{
			{ID: 7, Email: "khanh.do@unesco-vietnam.example", Role: tracker.Expert, Post: r.T("people.until", "day", tracker.NewDate(2025, 12, 31)), State: tracker.PersonInvited, Expires: r.Time(noon.AddDate(0, 0, 7)), CanChange: true},
			{ID: 8, Email: "lan.ht@halong.gov.vn", Role: tracker.Staff, Post: r.departmentName("CUL"), State: tracker.PersonExpired, Expires: r.Time(noon), CanChange: true},
		},
	})
}

// peopleListFirst is what an admin finds in a new city.
func peopleListFirst(r reader) templ.Component {
	return view.PeopleListPage(view.PeopleList{Page: r.visitingAdminPage(r.T("people.title"), address().People()), Address: address(), CanInvite: true})
}

func (r reader) invite() view.PersonInvite {
	v := view.PersonInvite{Page: r.peoplePage(r.T("person_invite.title"), address().Invite()), Address: address(), Language: "vi", Errors: view.Errors{}}
	v.Post = r.post("", "", "")
	return v
}

func (r reader) post(role, department, endsOn string) view.PostForm {
	form := view.PostForm{Roles: tracker.CityRoles, Role: role, Department: department, EndsOn: endsOn, Errors: view.Errors{}}
	for _, d := range r.city.Departments {
		form.Departments = append(form.Departments, ui.Option{Value: d.Code, Label: r.Text(d.Name)})
	}
	return form
}

func personInvite(r reader) templ.Component { return view.PersonInvitePage(r.invite()) }

func personInviteRefused(r reader) templ.Component {
	v := r.invite()
	v.Email, v.Post = "khanh do", r.post("expert", "CUL", "cuối năm")
	v.Errors = view.Errors{
		"invitee": r.T("email.error.malformed"), "department": r.T("people.error.department_staff_only"), "ends_on": r.T("people.error.end_malformed")}
	v.Post.Errors = v.Errors
	return view.PersonInvitePage(v)
}

func personInviteFirst(r reader) templ.Component {
	v := r.invite()
	v.Page = r.visitingAdminPage(r.T("person_invite.title"), address().Invite())
	v.Post = view.PostForm{Roles: []tracker.Role{tracker.Coordinator}, Role: "coordinator"}
	return view.PersonInvitePage(v)
}

func (r reader) link(kind, link string) view.LinkShow {
	return view.LinkShow{
		Page: r.peoplePage(r.T("link_show."+kind+".title"), address().People()), Back: ui.Link{Text: r.T("people.title"), Href: address().People()}, Kind: kind,
		Email: "khanh.do@unesco-vietnam.example", Link: "https://hoctap.halong.example" + link, Until: r.Time(noon.AddDate(0, 0, 7)),
	}
}

func linkShowInvitation(r reader) templ.Component {
	return view.LinkShowPage(r.link("invitation", view.InvitationPath("QGZ7MFJ3Y5KX2RBN4ATWHDVLCE")))
}

func linkShowPassword(r reader) templ.Component {
	return view.LinkShowPage(r.link("password", view.PasswordLinkPath("QGZ7MFJ3Y5KX2RBN4ATWHDVLCE")))
}

func linkShowMailed(r reader) templ.Component {
	v := r.link("invitation", view.InvitationPath("QGZ7MFJ3Y5KX2RBN4ATWHDVLCE"))
	v.Mailed = true
	return view.LinkShowPage(v)
}

func (r reader) person(state tracker.PersonState) view.PersonEdit {
	return view.PersonEdit{
		Page: r.peoplePage("Trần Văn Cường", address().PersonPage(2)), Address: address(), ID: 2, Name: "Trần Văn Cường",
		Email: "cuong.tv@halong.gov.vn", State: state, Version: 3, Post: r.post("staff", "CUL", ""),
		Current: r.T("role.staff") + ", " + r.departmentName("CUL"), Errors: view.Errors{},
	}
}

// charge is what a person of two departments one after the other is in charge of.
func (r reader) charge() view.PersonCharge {
	a := address()
	return view.PersonCharge{Shown: true, Count: 3,
		Rounds: []view.ChargeRound{{Name: r.Text(r.city.Assessment.Name), Href: a.List(tracker.Filter{Assignee: "2"}), Count: 2},
			{Name: r.t("Chuẩn bị báo cáo năm 2027", "Towards the report of 2027"), Href: a.List(tracker.Filter{Assignee: "2"}), Count: 1}},
		Forms: []view.HandOverForm{
			{Department: "CUL", Name: r.departmentName("CUL"), Entries: []string{"1/7.2.2", "2/7.2.2"}, People: []ui.Option{{Value: "9", Label: "Đỗ Thị Mai Phương"}}},
			{Department: "EDU", Name: r.departmentName("EDU"), Left: true, Entries: []string{"1/1.1.1"}, People: []ui.Option{{Value: "3", Label: "Lê Thị Dung"}}},
		}}
}

func personEdit(r reader) templ.Component {
	v := r.person(tracker.PersonActive)
	v.SecondStep = true
	v.Charge.Shown = true
	return view.PersonEditPage(v)
}

func personEditDisabled(r reader) templ.Component {
	return view.PersonEditPage(r.person(tracker.PersonDisabled))
}

func personEditInCharge(r reader) templ.Component {
	v := r.person(tracker.PersonActive)
	v.Charge = r.charge()
	v.Charge.Forms[0].Error = r.T("assignee.error.none_chosen")
	v.Errors = view.Errors{v.Charge.Forms[0].ID(): v.Charge.Forms[0].Error}
	return view.PersonEditPage(v)
}

func personEditConflict(r reader) templ.Component {
	v := r.person(tracker.PersonActive)
	v.Changed, v.Post = true, r.post("reviewer", "", "")
	return view.PersonEditPage(v)
}

// invitationShow is the page behind the link, at a step; "overseer" is that of a
// region at its first.
func invitationShow(step string) func(reader) templ.Component {
	return func(r reader) templ.Component {
		city := r.Text(r.city.City.Name)
		v := view.InvitationShow{
			Page: r.page(r.T("invitation_show.title", "place", city), view.InvitationPath("QGZ7MFJ3")), Token: "QGZ7MFJ3", Place: city,
			InvitedBy: "Nguyễn Thị Bình", Role: tracker.Staff, Department: r.departmentName("CUL"), Until: r.Time(noon.AddDate(0, 0, 7)),
			Email: "cuong.tv@halong.gov.vn", Step: step, Errors: view.Errors{},
		}
		if step == "accept" || step == "other" {
			v.Person = &view.Person{Name: "Trần Văn Cường"}
		}
		if step == "new" {
			v.Name, v.Errors = "Trần Văn Cường", view.Errors{"password": r.T("password.error.short", "password", tracker.MinPassword)}
		}
		if step == "overseer" {
			v.Place, v.Role, v.Department, v.Step = r.t("Quảng Ninh", "Quang Ninh"), tracker.Overseer, "", "new"
			v.Title = r.T("invitation_show.overseer.title", "place", v.Place)
		}
		return view.InvitationShowPage(v)
	}
}

func passwordReset(r reader) templ.Component {
	return view.PasswordResetPage(view.PasswordReset{
		Page: r.page(r.T("password_reset.title"), view.PasswordLinkPath("QGZ7MFJ3")), Token: "QGZ7MFJ3",
		Name: "Trần Văn Cường", Email: "cuong.tv@halong.gov.vn", Errors: view.Errors{},
	})
}

func (r reader) account() view.AccountEdit {
	page := r.page(r.T("account.title"), view.AccountPath)
	page.Person = &view.Person{Name: "Trần Văn Cường"}
	return view.AccountEdit{
		Page: page, Email: "cuong.tv@halong.gov.vn", Name: "Trần Văn Cường", Language: "vi", Errors: view.Errors{}, PasswordErrors: view.Errors{},
		Sessions: []view.SessionRow{
			{ID: 3, Since: r.Time(noon), Address: "192.0.2.7", Here: true},
			{ID: 2, Since: r.Time(noon.AddDate(0, 0, -1)), Address: "2001:db8::7"},
			{ID: 1, Since: r.Time(noon.AddDate(0, 0, -2))},
		},
	}
}

func accountEdit(r reader) templ.Component { return view.AccountEditPage(r.account()) }

func accountEditRefused(r reader) templ.Component {
	v := r.account()
	v.Sessions = v.Sessions[:1]
	v.PasswordErrors = view.Errors{
		"old_password": r.T("account.error.old_password"), "password": r.T("password.error.short", "password", tracker.MinPassword)}
	return view.AccountEditPage(v)
}

func errorEnded(r reader) templ.Component {
	return view.ErrorShowPage(view.ErrorShow{
		Page: r.page(r.T("error.ended.title"), address().Entry("7.2.2")), Kind: "ended", Home: view.HomePath,
		Kept: []string{"Nên liên kết thư viện số với Thư viện Quốc gia.\nXem thêm báo cáo năm 2024."},
	})
}

// accountEditMails is the page where there is a mail server, and nothing was chosen.
func accountEditMails(r reader) templ.Component {
	v := r.account()
	v.Mails, v.Errors = "digest", view.Errors{"mails": r.T("account.error.mails")}
	return view.AccountEditPage(v)
}

func (r reader) stopMails(email string, stopped bool) templ.Component {
	page := r.page(r.T("stop_mails.title"), view.StopMailsPath("QGZ7MFJ3Y5KX2RBN4ATWHDVLCE"))
	page.Person = nil
	return view.StopMailsPage(view.StopMails{Page: page, Email: email, Stopped: stopped})
}

func stopMails(r reader) templ.Component        { return r.stopMails("binh.nt@halong.gov.vn", false) }
func stopMailsDone(r reader) templ.Component    { return r.stopMails("binh.nt@halong.gov.vn", true) }
func stopMailsUnknown(r reader) templ.Component { return r.stopMails("", false) }
