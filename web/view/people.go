package view

import (
	"net/url"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// PeopleList is the page of a city's people.
type PeopleList struct {
	Page
	Address
	CanInvite   bool
	Rows        []PersonRow
	Invitations []InvitationRow
	SecondStep  *SecondStepRule // nil for who may not change it
}

// PersonRow is one person of the city.
type PersonRow struct {
	Name, Email string
	Role        tracker.Role
	Department  string // written out; empty for all but staff
	EndsOn      tracker.Date
	State       tracker.PersonState
	Self        bool   // who looks at the page
	SecondStep  bool   // signs in with a code, too
	EditHref    string // empty where they may not
}

// InvitationRow is an invitation that waits.
type InvitationRow struct {
	ID        int64
	Email     string
	Role      tracker.Role
	Post      string // department or last day, written out; may be empty
	State     tracker.PersonState
	Expires   string // the moment, written out
	CanChange bool
}

// PersonInvite is the form for an invitation.
type PersonInvite struct {
	Page
	Address
	Email    string
	Post     PostForm
	Language string
	Errors   Errors
}

// PostForm is what stands in the fields of a post in the city.
type PostForm struct {
	Roles       []tracker.Role // that may be given
	Departments []ui.Option
	Role        string
	Department  string
	EndsOn      string
	Errors      Errors
}

// LinkShow shows a link that was just made, for the only time.
type LinkShow struct {
	Page
	Back  ui.Link
	Kind  string // "invitation" or "password": message keys link_show.<Kind>.*
	Email string
	Link  string
	Until string // the moment, written out
	// Mailed: a mail with a link of its own is on its way.
	Mailed bool
}

// PersonEdit is the page on which a coordinator changes one person of the city.
type PersonEdit struct {
	Page
	Address
	ID          int64
	Name, Email string
	State       tracker.PersonState
	EndsOn      tracker.Date
	Version     int
	Post        PostForm
	Charge      PersonCharge
	Changed     bool // somebody else was faster: Current is what stands now
	Current     string
	SecondStep  bool // has one that can be reset
	Errors      Errors
}

// InvitationShow is the page behind the link of an invitation.
type InvitationShow struct {
	Page
	Token     string
	Place     string // the city, or an overseer's region
	InvitedBy string // empty: the operator
	Role      tracker.Role
	// Department is of staff, EndsOn of experts; empty for others.
	Department string
	EndsOn     tracker.Date
	Until      string
	Email      string
	Step       string // "new", "sign_in", "accept" or "other": what the person does next
	Name       string
	Errors     Errors
}

// PasswordReset is the page behind a link for a forgotten password.
type PasswordReset struct {
	Page
	Token       string
	Name, Email string
	Errors      Errors
}

// PasswordAsk is the page on which people have a link for a forgotten password
// mailed to themselves.
type PasswordAsk struct {
	Page
	Mails  bool // without a mail server it says whom to ask
	Email  string
	Errors Errors
}

// AccountEdit is the page of one's own account.
type AccountEdit struct {
	Page
	Email          string
	Name, Language string
	Errors         Errors // of the profile
	PasswordErrors Errors
	Mails          string // the choice of mails; empty where there is no mail server
	SecondStep     bool
	Sessions       []SessionRow
}

// SessionRow is one sign-in of the person.
type SessionRow struct {
	ID      int64
	Since   string
	Address string
	Here    bool
}

func peopleLink(p *locale.Printer, a Address) ui.Link {
	return ui.Link{Text: p.T("people.title"), Href: a.People()}
}

// linkBack leads to the people of the city, or to the region.
func linkBack(v LinkShow) string {
	if v.City == nil {
		return v.Back.Text
	}
	return v.P.T("link_show.back")
}

// personTag is the look of a person's state.
func personTag(state tracker.PersonState) string {
	switch state {
	case tracker.PersonActive:
		return "achieved"
	case tracker.PersonInvited:
		return "awaiting"
	case tracker.PersonExpired:
		return "late"
	default:
		return "todo"
	}
}

func personState(p *locale.Printer, state tracker.PersonState) string {
	return p.T("person.state." + string(state))
}

func roleName(p *locale.Printer, role tracker.Role) string { return p.T("role." + string(role)) }

// roleOptions say what each role does.
func roleOptions(p *locale.Printer, roles []tracker.Role) []ui.Option {
	var options []ui.Option
	for _, role := range roles {
		options = append(options, ui.Option{
			Value: string(role), Label: roleName(p, role), Hint: p.T("role." + string(role) + ".does")})
	}
	return options
}

func departmentOptions(p *locale.Printer, departments []ui.Option) []ui.Option {
	return append([]ui.Option{{Value: "", Label: p.T("people.department.none")}}, departments...)
}

// onlyCoordinators: there is nothing else to fill in for them.
func (f PostForm) onlyCoordinators() bool {
	return len(f.Roles) == 1 && f.Roles[0] == tracker.Coordinator
}

func languageOptions(p *locale.Printer) []ui.Option {
	return []ui.Option{
		{Value: string(locale.Vietnamese), Label: p.T("language.vi")},
		{Value: string(locale.English), Label: p.T("language.en")},
	}
}

// personActText is what a person's button says.
func personActText(p *locale.Printer, act string) string {
	switch act {
	case "enable":
		return p.T("person_edit.enable")
	case "disable":
		return p.T("person_edit.disable")
	case "reset-second-step":
		return p.T("person_edit.reset_second_step")
	default:
		return p.T("person_edit.password_link")
	}
}

func invitedBy(v InvitationShow) string {
	by, byOperator := "invitation_show.by", "invitation_show.by_operator"
	if v.Role == tracker.Overseer {
		by, byOperator = "invitation_show.overseer.by", "invitation_show.overseer.by_operator"
	}
	if v.InvitedBy == "" {
		return v.P.T(byOperator, "place", v.Place)
	}
	return v.P.T(by, "name", v.InvitedBy, "place", v.Place)
}

// signInTo is the sign-in page that leads on to the path.
func signInTo(path string) string { return SignInPath + "?" + url.Values{"next": {path}}.Encode() }

// accountProblems lists the errors of both forms of the page; one is sent at a
// time.
func accountProblems(v AccountEdit) ui.Errors {
	if len(v.PasswordErrors) > 0 {
		return problems(v.P, v.PasswordErrors, "old_password", "password")
	}
	return problems(v.P, v.Errors, "name", "person_language", "mails")
}

func mailOptions(p *locale.Printer) []ui.Option {
	var all []ui.Option
	for _, c := range tracker.MailChoices {
		all = append(all, ui.Option{Value: string(c), Label: p.T("mails." + string(c)), Hint: p.T("mails." + string(c) + ".hint")})
	}
	return all
}

// linkUntil tells until when an invitation's link works, or worked.
func linkUntil(p *locale.Printer, row InvitationRow) string {
	if row.State == tracker.PersonExpired {
		return p.T("people.link_expired", "moment", row.Expires)
	}
	return p.T("people.link_until", "moment", row.Expires)
}
