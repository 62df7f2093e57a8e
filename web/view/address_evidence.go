package view

import (
	"net/url"
	"strconv"

	"learningcity/internal/tracker"
)

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
