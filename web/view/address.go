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

// Library is the city's evidence, the part that the filter chooses. Like all of
// evidence it belongs to no one assessment and is about today.
func (a Address) Library(f tracker.LibraryFilter) string {
	q := url.Values{}
	set(q, departmentField, f.Department)
	set(q, "show", string(f.Show))
	set(q, "q", f.Query)
	if f.Before != 0 {
		q.Set("before", strconv.FormatInt(f.Before, 10))
	}
	return Address{}.build("/cities/"+a.City+"/evidence", q)
}

// Missing lists, by department, where evidence is still missing.
func (a Address) Missing() string {
	a.On = 0
	return a.build("/cities/"+a.City+"/evidence/missing", url.Values{})
}

// NewEvidence is the form that adds evidence.
func (a Address) NewEvidence() string { return "/cities/" + a.City + "/evidence/new" }

// Upload is where files are sent: evidence of the city or, with a code, also of
// an indicator.
func (a Address) Upload(code string) string {
	if code == "" {
		return "/cities/" + a.City + "/evidence"
	}
	a.On = 0
	return a.build("/cities/"+a.City+"/evidence", url.Values{"indicator": {code}})
}

// Evidence is the page of one piece of evidence.
func (a Address) Evidence(id int64) string {
	return "/cities/" + a.City + "/evidence/" + strconv.FormatInt(id, 10)
}

// EvidenceAct is one of its forms: "passport", "versions", "withdraw".
func (a Address) EvidenceAct(id int64, act string) string { return a.Evidence(id) + "/" + act }

// File is the file of a version, to keep; Preview is the same to look at.
func (a Address) File(id int64, version int) string {
	return a.Evidence(id) + "/versions/" + strconv.Itoa(version) + "/file"
}

// Preview is for images and PDF.
func (a Address) Preview(id int64, version int) string {
	return a.Evidence(id) + "/versions/" + strconv.Itoa(version) + "/preview"
}

// Attach is where an indicator gets evidence; query looks for some that is
// there.
func (a Address) Attach(code, query string) string {
	a.On = 0
	q := url.Values{}
	set(q, "q", query)
	return a.build("/cities/"+a.City+"/indicators/"+url.PathEscape(code)+"/evidence", q)
}

// Link is the form that links evidence to an indicator.
func (a Address) Link(code string, evidence int64) string {
	return a.Act(code, "evidence/"+strconv.FormatInt(evidence, 10))
}

// Unlink takes it away.
func (a Address) Unlink(code string, evidence int64) string {
	return a.Act(code, "evidence/"+strconv.FormatInt(evidence, 10)+"/unlink")
}

// ThreadsAt makes the addresses of threads on an indicator or, with an Evidence,
// on a piece of evidence. Like forms they are about today.
type ThreadsAt struct {
	Address
	Code     string
	Evidence int64
}

// Place is the page of what the threads are on.
func (a ThreadsAt) Place() string {
	a.On = 0
	if a.Evidence != 0 {
		return a.Address.Evidence(a.Evidence)
	}
	return a.Entry(a.Code)
}

// Beside is the thread on that page.
func (a ThreadsAt) Beside(id int64) string { return a.Place() + "#thread-" + IDText(id) }

// BesideReview is the thread on the page of the reviewers' desk.
func (a ThreadsAt) BesideReview(id int64, f tracker.ReviewFilter) string {
	return a.Review(a.Code, f) + "#thread-" + IDText(id)
}

// List is the page of all threads, older than the one with the id.
func (a ThreadsAt) List(before int64) string {
	q := url.Values{}
	if before != 0 {
		q.Set("before", IDText(before))
	}
	return a.threads("", q)
}

// New is the form that begins one; kind is empty for a comment.
func (a ThreadsAt) New(kind string) string {
	q := url.Values{}
	set(q, "kind", kind)
	return a.threads("/new", q)
}

// Thread is the page of one.
func (a ThreadsAt) Thread(id int64) string { return a.threads("/"+IDText(id), url.Values{}) }

// ThreadAct is where its forms are sent: "comments", "resolve", "reopen".
func (a ThreadsAt) ThreadAct(id int64, act string) string {
	return a.threads("/"+IDText(id)+"/"+act, url.Values{})
}

// Comment is the form for a comment's text; DeleteComment asks whether it is to
// be taken back.
func (a ThreadsAt) Comment(id int64, number int) string {
	return a.ThreadAct(id, "comments/"+strconv.Itoa(number))
}

// DeleteComment is described at Comment.
func (a ThreadsAt) DeleteComment(id int64, number int) string {
	return a.ThreadAct(id, "comments/"+strconv.Itoa(number)+"/delete")
}

func (a ThreadsAt) threads(path string, q url.Values) string {
	a.On = 0
	if a.Evidence != 0 {
		return Address{}.build(a.Address.Evidence(a.Evidence)+"/threads"+path, q)
	}
	return a.build("/cities/"+a.City+"/indicators/"+url.PathEscape(a.Code)+"/threads"+path, q)
}

// ThreadOf leads to a thread, whatever it is on.
func (a Address) ThreadOf(id int64) string { return "/cities/" + a.City + "/threads/" + IDText(id) }

// Directions lists what leaders have asked for: of one department, or with an
// empty code of all; those that are closed, or the others.
func (a Address) Directions(department string, closed bool, before int64) string {
	q := url.Values{}
	set(q, "department", department)
	if closed {
		q.Set("show", "closed")
	}
	if before != 0 {
		q.Set("before", IDText(before))
	}
	return Address{}.build("/cities/"+a.City+"/directions", q)
}

// Department is the page of one department: all that it has in hand.
func (a Address) Department(code string) string { return a.departments("/" + url.PathEscape(code)) }

// Recommendations are those of the assessment that the filter chooses; the day is
// left out.
func (a Address) Recommendations(f tracker.RecommendationFilter) string {
	a.On = 0
	q := url.Values{}
	set(q, "state", string(f.State))
	set(q, "required", f.Required)
	set(q, "before", f.Before.String())
	return a.build("/cities/"+a.City+"/recommendations", q)
}

// NewRecommendation is the form to give one; a code chooses the indicator that it
// is about.
func (a Address) NewRecommendation(code string) string {
	a.On = 0
	q := url.Values{}
	set(q, "indicator", code)
	return a.build("/cities/"+a.City+"/recommendations/new", q)
}

// Recommendation is the page of one of them, whatever assessment it belongs to.
func (a Address) Recommendation(id int64) string {
	return "/cities/" + a.City + "/recommendations/" + IDText(id)
}

// RecommendationAct is where its forms are: "take-on", "decline", "answer",
// "close", "reopen".
func (a Address) RecommendationAct(id int64, act string) string {
	return a.Recommendation(id) + "/" + act
}

// Tasks are those of the assessment that the filter chooses; the day is left out.
func (a Address) Tasks(f tracker.TaskFilter) string {
	a.On = 0
	q := url.Values{}
	set(q, "state", string(f.State))
	set(q, "department", f.Department)
	if f.Overdue {
		q.Set("overdue", "yes")
	}
	set(q, "after", f.After.String())
	return a.build("/cities/"+a.City+"/tasks", q)
}

// NewTask is the form to give one, filled in from the source: of an entry, with
// the indicator's code, or of a recommendation or a direction, with its id.
func (a Address) NewTask(source tracker.TaskSource, code string, id int64) string {
	a.On = 0
	q := url.Values{}
	if source != tracker.FromHand {
		q.Set("source", string(source))
	}
	set(q, "indicator", code)
	if id != 0 {
		q.Set(string(source), IDText(id))
	}
	return a.build("/cities/"+a.City+"/tasks/new", q)
}

// Task is the page of one of them, whatever assessment it belongs to.
func (a Address) Task(id int64) string { return "/cities/" + a.City + "/tasks/" + IDText(id) }

// TaskAct is where its forms are: "complete", "change", "drop", "reopen".
func (a Address) TaskAct(id int64, act string) string { return a.Task(id) + "/" + act }

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
