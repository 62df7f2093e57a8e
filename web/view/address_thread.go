package view

import (
	"net/url"
	"strconv"

	"learningcity/internal/tracker"
)

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
