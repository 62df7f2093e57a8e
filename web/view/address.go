package view

import (
	"net/url"
	"strconv"

	"learningcity/internal/tracker"
)

// Addresses of pages that belong to no city.
const (
	HomePath    = "/"
	SignInPath  = "/sign-in"
	SignOutPath = "/sign-out"
	CitiesPath  = "/cities"
	EventsPath  = "/events"

	SecondStepPath = "/sign-in/second-step"

	NewCityPath = "/cities/new"
	SetupPath   = "/setup"

	ForgottenPath  = "/forgotten-password"
	InboxPath      = "/inbox"
	ReviewsPath    = "/reviews" // of all cities that somebody reviews
	FrameworksPath = "/frameworks"
	AuditPath      = "/audit"     // of the installation
	AuditCSVPath   = "/audit.csv" // the same as a table
	RegionsPath    = "/regions"
	AccountsPath   = "/accounts" // everybody's

	OwnAuditPath = "/account/audit" // what the person did
)

// departmentField names the code of a department, in forms and in addresses.
const departmentField = "department"

// Address makes the addresses of a city's pages. It carries the assessment and
// the day from page to page where they are not the current ones.
type Address struct {
	City       string       // slug
	Assessment int          // number; 0: the current one
	On         tracker.Date // zero: today
}

// Overview is the city's page of figures.
func (a Address) Overview() string { return a.build("/cities/"+a.City, url.Values{}) }

// OverviewOn is the page of figures as of another day.
func (a Address) OverviewOn(day tracker.Date) string {
	a.On = day
	return a.Overview()
}

// List is the page of all indicators, narrowed by the filter.
func (a Address) List(f tracker.Filter) string {
	q := url.Values{}
	set(q, "group", f.Group)
	set(q, "area", f.Area)
	set(q, "claim", string(f.Claim))
	set(q, "verdict", string(f.Verdict))
	set(q, "state", string(f.State))
	set(q, departmentField, f.Department)
	set(q, "assignee", f.Assignee)
	if f.Overdue {
		q.Set("overdue", "yes")
	}
	set(q, "q", f.Query)
	return a.build("/cities/"+a.City+"/indicators", q)
}

// Entry is the page of one indicator.
func (a Address) Entry(code string) string {
	return a.build("/cities/"+a.City+"/indicators/"+url.PathEscape(code), url.Values{})
}

// Act is where the forms of an indicator are sent, and where those with a page
// of their own are shown: "claim", "submit", "withdraw", "narrative",
// "measurement". Forms are about today, so the day is left out.
func (a Address) Act(code, act string) string {
	a.On = 0
	return a.build("/cities/"+a.City+"/indicators/"+url.PathEscape(code)+"/"+act, url.Values{})
}

// Measurement is the form for the figure of one year; 0 for a new year.
func (a Address) Measurement(code string, year int) string {
	a.On = 0
	q := url.Values{}
	if year != 0 {
		q.Set("year", strconv.Itoa(year))
	}
	return a.build("/cities/"+a.City+"/indicators/"+url.PathEscape(code)+"/measurement", q)
}

// Decision is what the entry said when it was decided on at the version. It is
// the same on every day.
func (a Address) Decision(code string, version int) string {
	return a.Act(code, "decisions/"+strconv.Itoa(version))
}

// Reviews is the part of the reviewers' queue that the filter chooses; it is about
// today.
func (a Address) Reviews(f tracker.ReviewFilter) string { return a.reviews("", f) }

// Review is the page of one entry of that part.
func (a Address) Review(code string, f tracker.ReviewFilter) string {
	return a.reviews("/"+url.PathEscape(code), f)
}

// ReviewSince is that page with what has changed since the version.
func (a Address) ReviewSince(code string, version int) string {
	a.On = 0
	return a.build("/cities/"+a.City+"/reviews/"+url.PathEscape(code), url.Values{"seen": {strconv.Itoa(version)}})
}

// ReviewAct is where its buttons lead: "accept", "return".
func (a Address) ReviewAct(code, act string, f tracker.ReviewFilter) string {
	return a.reviews("/"+url.PathEscape(code)+"/"+act, f)
}

func (a Address) reviews(path string, f tracker.ReviewFilter) string {
	a.On = 0
	q := url.Values{}
	set(q, "department", f.Department)
	set(q, "area", f.Area)
	return a.build("/cities/"+a.City+"/reviews"+path, q)
}

// ReviewFilterIn reads the filter back from an address.
func ReviewFilterIn(q url.Values) tracker.ReviewFilter {
	return tracker.ReviewFilter{Department: q.Get("department"), Area: q.Get("area")}
}

// Assessments lists the city's assessments. Like all that a coordinator looks
// after it is about today and belongs to no one assessment.
func (a Address) Assessments() string { return "/cities/" + a.City + "/assessments" }

// NewAssessment is the form for the next assessment.
func (a Address) NewAssessment() string { return a.Assessments() + "/new" }

// AssessmentAct is one of an assessment's forms, "close" or "reopen".
func (a Address) AssessmentAct(number int, act string) string {
	return a.Assessments() + "/" + strconv.Itoa(number) + "/" + act
}

// Submission says what stands in the way of submitting the assessment, and is
// where it is submitted.
func (a Address) Submission(number int) string { return a.AssessmentAct(number, "submission") }

// Assignments is where entries are given to departments; department narrows
// the page to those of one, or with ClearDepartment of none.
func (a Address) Assignments(department string) string {
	a.On = 0
	q := url.Values{}
	set(q, departmentField, department)
	return a.build("/cities/"+a.City+"/assignments", q)
}

// Departments lists the city's departments; the day is left out.
func (a Address) Departments() string { return a.departments("") }

// NewDepartment is the form for one more.
func (a Address) NewDepartment() string { return a.departments("/new") }

// RenameDepartment is the form for a department's name.
func (a Address) RenameDepartment(code string) string {
	return a.departments("/" + url.PathEscape(code) + "/rename")
}

// RetireDepartment is the form that retires a department.
func (a Address) RetireDepartment(code string) string {
	return a.departments("/" + url.PathEscape(code) + "/retire")
}

func (a Address) departments(path string) string {
	a.On = 0
	return a.build("/cities/"+a.City+"/departments"+path, url.Values{})
}

// Department is the page of one department: all that it has in hand.
func (a Address) Department(code string) string { return a.departments("/" + url.PathEscape(code)) }

// Audit is the city's record of acts, the part that the filter chooses; AuditCSV
// is the same as a table.
func (a Address) Audit(f tracker.AuditFilter) string {
	return Audit("/cities/"+a.City+"/audit", f)
}

// AuditCSV is the table of Audit.
func (a Address) AuditCSV(f tracker.AuditFilter) string {
	return Audit("/cities/"+a.City+"/audit.csv", f)
}

// Audit is the part of a record that the filter chooses.
func Audit(path string, f tracker.AuditFilter) string {
	q := url.Values{}
	switch f.Person {
	case 0:
	case tracker.AtShell:
		q.Set("person", AtShell)
	default:
		q.Set("person", strconv.FormatInt(f.Person, 10))
	}
	set(q, "act", f.Act)
	set(q, "indicator", f.Indicator)
	set(q, "from", f.From.String())
	set(q, "to", f.To.String())
	set(q, "before", f.Before.String())
	return Address{}.build(path, q)
}

// AtShell is the operator at the shell in the address of a record.
const AtShell = "operator"

func (a Address) build(path string, q url.Values) string {
	if a.Assessment != 0 {
		q.Set("assessment", strconv.Itoa(a.Assessment))
	}
	if !a.On.IsZero() {
		q.Set("on", a.On.String())
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func set(q url.Values, key, value string) {
	if value != "" {
		q.Set(key, value)
	}
}

// AccountPath is the page of one's own account; its forms go to the others.
const (
	AccountPath         = "/account"
	AccountPasswordPath = "/account/password"
	AccountSessionsPath = "/account/sessions"
	AccountMailsPath    = "/account/mails"

	AccountSecondStepPath = "/account/second-step"
	RecoveryCodesPath     = "/account/second-step/recovery-codes"
	SecondStepOffPath     = "/account/second-step/off"
)

// InvitationPath is where the link of an invitation leads.
func InvitationPath(token string) string { return "/invitations/" + url.PathEscape(token) }

// StopMailsPath is where the link leads that ends mails of notices.
func StopMailsPath(token string) string { return "/stop-mails/" + url.PathEscape(token) }

// PasswordLinkPath is where the link for a forgotten password leads.
func PasswordLinkPath(token string) string { return "/new-password/" + url.PathEscape(token) }

// People is the page of the city's people.
func (a Address) People() string { return "/cities/" + a.City + "/people" }

// Invite is the form for an invitation.
func (a Address) Invite() string { return a.People() + "/invite" }

// PersonPage is the page of one of the city's people.
func (a Address) PersonPage(id int64) string { return a.People() + "/" + strconv.FormatInt(id, 10) }

// PersonAct is where the buttons of a person's page lead: "disable", "enable",
// "password-link", "reset-second-step", "hand-over".
func (a Address) PersonAct(id int64, act string) string { return a.PersonPage(id) + "/" + act }

// SecondStep is where a coordinator says whether the city requires one.
func (a Address) SecondStep() string { return "/cities/" + a.City + "/second-step" }

// InvitationAct is where the buttons of an invitation lead: "renew", "withdraw".
func (a Address) InvitationAct(id int64, act string) string {
	return "/cities/" + a.City + "/invitations/" + strconv.FormatInt(id, 10) + "/" + act
}

// Settings is the page of what an admin does to the city as a whole.
func (a Address) Settings() string { return "/cities/" + a.City + "/settings" }

// CityAct is where the forms of that page lead: "region", "archive", "restore".
func (a Address) CityAct(act string) string { return "/cities/" + a.City + "/" + act }

// Handover is the form to merge or split the city.
func (a Address) Handover() string { return "/cities/" + a.City + "/handover" }

// IDText is an id as it stands in addresses and forms.
func IDText(id int64) string { return strconv.FormatInt(id, 10) }

// RegionPath is the page of a region.
func RegionPath(id int64) string { return RegionsPath + "/" + IDText(id) }

// RegionInvite is where the form for an overseer is sent.
func RegionInvite(id int64) string { return RegionPath(id) + "/invite" }

// OverseerAct is where the buttons of an overseer lead: "end", "restore".
func OverseerAct(region, id int64, act string) string {
	return RegionPath(region) + "/overseers/" + IDText(id) + "/" + act
}

// RegionInvitationAct is where the buttons of an invitation to a region lead:
// "renew", "withdraw".
func RegionInvitationAct(region, id int64, act string) string {
	return RegionPath(region) + "/invitations/" + IDText(id) + "/" + act
}

// AccountsFor is the list of the accounts that the search finds.
func AccountsFor(query string) string {
	q := url.Values{}
	set(q, "q", query)
	return Address{}.build(AccountsPath, q)
}

// AccountAct is where the buttons of an account lead: "disable", "enable".
func AccountAct(id int64, act string) string { return AccountsPath + "/" + IDText(id) + "/" + act }
