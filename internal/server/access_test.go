package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// readers are the columns of the access matrix: everybody in both cities, all
// asking about Ha Long.
var readers = []string{
	"", staff, otherStaff, coordinator, reviewer, leader, expert, formerExpert, overseer, otherOverseer, admin,
	theirStaff, theirCoordinator, theirReviewer, theirLeader, theirExpert,
}

// access is one row: a route, a request for it, and what each reader is
// answered. Forms are sent with a version that is over, so that who may is
// answered 409 and nothing is written.
type access struct {
	method, pattern, target string
	want                    []int
}

// The rows of columns: nobody, staff, other staff, coordinator, reviewer,
// leader, expert, former expert, overseer, other overseer, admin; then the
// people of the other city.
func matrix() []access {
	everybody := slices.Repeat([]int{200}, 16)
	theirs := []int{404, 404, 404, 404, 404}
	row := func(all ...int) []int { return append(all, theirs...) }
	read := row(303, 200, 200, 200, 200, 200, 200, 403, 200, 404, 403)
	edit := row(303, 200, 403, 200, 403, 403, 403, 403, 403, 403, 403)
	act := row(401, 409, 403, 409, 403, 403, 403, 403, 403, 403, 403)
	manage := row(303, 403, 403, 200, 403, 403, 403, 403, 403, 403, 403)
	manages := row(401, 403, 403, 409, 403, 403, 403, 403, 403, 403, 403)
	leads := row(303, 403, 403, 303, 403, 403, 403, 403, 403, 403, 403)
	own := func(nobody, somebody int) []int { return append([]int{nobody}, slices.Repeat([]int{somebody}, 15)...) }
	admins := func(some []int, answer int) []int { // who may invite, too
		some = slices.Clone(some)
		some[10] = answer
		return some
	}
	// An act's address opens the indicator's page, which decides.
	lead := row(303, 303, 303, 303, 303, 303, 303, 303, 303, 303, 403)
	// Cities are made by the admin alone, whatever people are elsewhere.
	adminOnly := func(nobody, allowed int) []int {
		all := slices.Repeat([]int{403}, 16)
		all[slices.Index(readers, "")], all[slices.Index(readers, admin)] = nobody, allowed
		return all
	}
	// What the coordinator looks after: the form, and what an empty one answers.
	coordinates := func(nobody, allowed int) []int {
		return row(nobody, 403, 403, allowed, 403, 403, 403, 403, 403, 403, 403)
	}
	// What an expert does; the one whose role has ended hears that.
	advises := func(nobody, allowed int) []int {
		return row(nobody, 403, 403, 403, 403, 403, allowed, 403, 403, 403, 403)
	}
	const recommendation, answered = "/cities/{city}/recommendations/{recommendation}", "/cities/ha-long/recommendations/2"
	const task, opened = "/cities/{city}/tasks/{task}", "/cities/ha-long/tasks/1"
	const city, departments = "/cities/{city}", "/cities/ha-long/departments"
	// What is done to a city as a whole is the admin's; its people know that it is there.
	managesCity := func(nobody, allowed int) []int {
		return admins(row(nobody, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403), allowed)
	}
	const reviews = "/cities/ha-long/reviews"
	readsReviews := func(answer int) []int {
		return row(303, 403, 403, answer, answer, answer, 403, 403, 403, 403, 403)
	}
	reviewsOnly := func(answer int) []int { return row(401, 403, 403, 403, answer, 403, 403, 403, 403, 403, 403) }
	reviewerOnly := func(nobody, allowed int) []int { // wherever they review
		all := slices.Repeat([]int{403}, 16)
		all[slices.Index(readers, "")] = nobody
		all[slices.Index(readers, reviewer)], all[slices.Index(readers, theirReviewer)] = allowed, allowed
		return all
	}
	const region = "/regions/{region}"
	const entry = "/cities/{city}/indicators/{code}"
	const person, herself = "/cities/{city}/people/{person}", "/cities/ha-long/people/1"
	const evidence, decree = city + "/evidence/{evidence}", "/cities/ha-long/evidence/1"
	const library, attach = "/cities/ha-long/evidence", "/cities/ha-long/indicators/7.2.2/evidence"
	add := row(303, 200, 200, 200, 403, 403, 403, 403, 403, 403, 403) // every officer, for their own department
	const invitation, none = "/cities/{city}/invitations/{invitation}", "/cities/ha-long/invitations/0"
	all := append(threadRows(entry, "/cities/ha-long/indicators/7.2.2", "1"), threadRows(evidence, decree, "2")...)
	return append(all, []access{
		{"GET", "/healthz", "/healthz", everybody},
		{"GET", "/readyz", "/readyz", everybody},
		{"GET", "/static/*", "/static/none.css", slices.Repeat([]int{404}, 16)},
		{"GET", "/sign-in", "/sign-in", everybody},
		{"POST", "/sign-in", "/sign-in", slices.Repeat([]int{422}, 16)},
		{"GET", "/sign-in/second-step", "/sign-in/second-step", slices.Repeat([]int{303}, 16)},
		{"POST", "/sign-in/second-step", "/sign-in/second-step", slices.Repeat([]int{422}, 16)},
		{"GET", "/", "/", slices.Repeat([]int{303}, 16)},
		{"GET", "/cities", "/cities", append([]int{303}, slices.Repeat([]int{200}, 15)...)},
		{"GET", "/setup", "/setup", slices.Repeat([]int{404}, 16)},
		{"POST", "/setup", "/setup", slices.Repeat([]int{404}, 16)},
		{"GET", "/cities/new", "/cities/new", adminOnly(303, 200)},
		{"POST", "/cities", "/cities", adminOnly(401, 422)},
		{"GET", "/cities/{city}", "/cities/ha-long", read},
		{"GET", "/cities/{city}/indicators", "/cities/ha-long/indicators", read},
		{"GET", "/cities/{city}/audit", "/cities/ha-long/audit", manage},
		{"GET", "/cities/{city}/audit.csv", "/cities/ha-long/audit.csv", manage},
		{"GET", "/audit", "/audit", adminOnly(303, 200)},
		{"GET", "/audit.csv", "/audit.csv", adminOnly(303, 200)},
		{"GET", "/account/audit", "/account/audit", own(303, 200)},
		{"GET", entry + "/", "/cities/ha-long/indicators/7.2.2", read},
		{"GET", entry + "/narrative", "/cities/ha-long/indicators/7.2.2/narrative", edit},
		{"GET", entry + "/measurement", "/cities/ha-long/indicators/7.2.2/measurement", edit},
		{"GET", entry + "/claim", "/cities/ha-long/indicators/7.2.2/claim", lead},
		{"GET", entry + "/submit", "/cities/ha-long/indicators/7.2.2/submit", lead},
		{"GET", entry + "/withdraw", "/cities/ha-long/indicators/7.2.2/withdraw", lead},
		{"POST", entry + "/claim", "/cities/ha-long/indicators/7.2.2/claim", act},
		{"POST", entry + "/submit", "/cities/ha-long/indicators/7.2.2/submit", act},
		{"POST", entry + "/withdraw", "/cities/ha-long/indicators/7.2.2/withdraw", act},
		{"POST", entry + "/narrative", "/cities/ha-long/indicators/7.2.2/narrative", act},
		{"POST", entry + "/measurement", "/cities/ha-long/indicators/7.2.2/measurement", act},
		{"GET", city + "/evidence", library, read},
		{"GET", city + "/evidence/missing", library + "/missing", read},
		{"GET", city + "/evidence/new", library + "/new", add},
		{"POST", city + "/evidence", library, row(401, 400, 400, 400, 403, 403, 403, 403, 403, 403, 403)}, // no files
		{"GET", evidence, decree, read},
		{"GET", evidence + "/passport", decree + "/passport", edit},
		{"POST", evidence + "/passport", decree + "/passport", act},
		{"GET", evidence + "/versions", decree + "/versions", edit},
		{"POST", evidence + "/versions", decree + "/versions", row(401, 400, 403, 400, 403, 403, 403, 403, 403, 403, 403)},
		{"GET", evidence + "/withdraw", decree + "/withdraw", edit},
		{"POST", evidence + "/withdraw", decree + "/withdraw", act},
		{"GET", evidence + "/versions/{number}/file", decree + "/versions/1/file", read},
		{"GET", evidence + "/versions/{number}/preview", decree + "/versions/1/preview", read},
		{"GET", entry + "/evidence", attach, edit},
		{"GET", entry + "/evidence/{evidence}", attach + "/1", edit},
		{"POST", entry + "/evidence/{evidence}", attach + "/1", act},
		{"GET", entry + "/evidence/{evidence}/unlink", attach + "/1/unlink", lead},
		{"POST", entry + "/evidence/{evidence}/unlink", attach + "/1/unlink", act},
		{"GET", entry + "/decisions/{version}", "/cities/ha-long/indicators/1.1.1/decisions/10", read},
		{"GET", entry + "/reopen", "/cities/ha-long/indicators/7.2.2/reopen", lead},
		{"POST", entry + "/reopen", "/cities/ha-long/indicators/7.2.2/reopen", row(401, 403, 403, 409, 409, 403, 403, 403, 403, 403, 403)},
		{"GET", "/reviews", "/reviews", reviewerOnly(303, 303)},
		{"GET", city + "/reviews", reviews, readsReviews(200)},
		{"POST", city + "/reviews", reviews, reviewsOnly(422)}, // none ticked
		{"GET", city + "/reviews/{code}", reviews + "/7.2.2", readsReviews(200)},
		{"GET", city + "/reviews/{code}/accept", reviews + "/7.2.2/accept", readsReviews(303)},
		{"POST", city + "/reviews/{code}/accept", reviews + "/7.2.2/accept", reviewsOnly(409)},
		{"GET", city + "/reviews/{code}/return", reviews + "/7.2.2/return", readsReviews(303)},
		{"POST", city + "/reviews/{code}/return", reviews + "/7.2.2/return", reviewsOnly(409)},
		{"GET", city + "/threads/{thread}", "/cities/ha-long/threads/1", row(303, 303, 303, 303, 303, 303, 303, 403, 403, 403, 403)},
		{"GET", city + "/directions", "/cities/ha-long/directions", row(303, 200, 200, 200, 200, 200, 200, 403, 403, 403, 403)},
		{"GET", "/frameworks", "/frameworks", adminOnly(303, 200)},
		{"GET", city + "/assignments", "/cities/ha-long/assignments", coordinates(303, 200)},
		{"POST", city + "/assignments", "/cities/ha-long/assignments?assessment=1", coordinates(401, 422)},
		{"GET", city + "/assessments", "/cities/ha-long/assessments", coordinates(303, 200)},
		{"POST", city + "/assessments", "/cities/ha-long/assessments", coordinates(401, 422)},
		{"GET", city + "/assessments/new", "/cities/ha-long/assessments/new", coordinates(303, 200)},
		{"GET", city + "/assessments/{number}/close", "/cities/ha-long/assessments/1/close", coordinates(303, 200)},
		{"POST", city + "/assessments/{number}/close", "/cities/ha-long/assessments/1/close", coordinates(401, 409)},
		{"GET", city + "/assessments/{number}/reopen", "/cities/ha-long/assessments/1/reopen", coordinates(303, 200)},
		{"POST", city + "/assessments/{number}/reopen", "/cities/ha-long/assessments/1/reopen", coordinates(401, 409)},
		{"GET", city + "/assessments/{number}/submission", "/cities/ha-long/assessments/1/submission", read},
		{"POST", city + "/assessments/{number}/submission", "/cities/ha-long/assessments/1/submission", coordinates(401, 409)},
		{"GET", city + "/departments", departments, read},
		{"POST", city + "/departments", departments, coordinates(401, 422)},
		{"GET", city + "/departments/{code}", departments + "/CUL", read},
		{"GET", city + "/recommendations", "/cities/ha-long/recommendations", read},
		{"GET", city + "/recommendations/new", "/cities/ha-long/recommendations/new", advises(303, 200)},
		{"POST", city + "/recommendations/new", "/cities/ha-long/recommendations/new", advises(401, 422)},
		{"GET", recommendation, answered, read},
		{"GET", recommendation + "/take-on", answered + "/take-on", coordinates(303, 303)}, // it is answered already
		{"POST", recommendation + "/take-on", answered + "/take-on", coordinates(401, 409)},
		{"GET", recommendation + "/decline", answered + "/decline", coordinates(303, 303)},
		{"POST", recommendation + "/decline", answered + "/decline", coordinates(401, 409)},
		{"GET", recommendation + "/answer", answered + "/answer", row(303, 303, 303, 303, 403, 403, 403, 403, 403, 403, 403)},
		{"POST", recommendation + "/answer", answered + "/answer", act},            // culture has a task of it
		{"GET", recommendation + "/close", answered + "/close", advises(303, 303)}, // somebody else gave it
		{"POST", recommendation + "/close", answered + "/close", advises(401, 409)},
		{"GET", recommendation + "/reopen", answered + "/reopen", advises(303, 303)},
		{"POST", recommendation + "/reopen", answered + "/reopen", advises(401, 409)},
		{"GET", city + "/tasks", "/cities/ha-long/tasks", read},
		{"GET", city + "/tasks/new", "/cities/ha-long/tasks/new", coordinates(303, 200)},
		{"POST", city + "/tasks/new", "/cities/ha-long/tasks/new", coordinates(401, 422)},
		{"GET", task, opened, read},
		{"GET", task + "/change", opened + "/change", coordinates(303, 200)},
		{"POST", task + "/change", opened + "/change", coordinates(401, 409)},
		{"GET", task + "/complete", opened + "/complete", row(303, 200, 303, 200, 403, 403, 403, 403, 403, 403, 403)},
		{"POST", task + "/complete", opened + "/complete", act},
		{"GET", task + "/drop", opened + "/drop", coordinates(303, 200)},
		{"POST", task + "/drop", opened + "/drop", coordinates(401, 409)},
		{"GET", task + "/reopen", opened + "/reopen", coordinates(303, 303)}, // it is open
		{"POST", task + "/reopen", opened + "/reopen", coordinates(401, 409)},
		{"GET", city + "/departments/new", departments + "/new", coordinates(303, 200)},
		{"GET", city + "/departments/{code}/rename", departments + "/CUL/rename", coordinates(303, 200)},
		{"POST", city + "/departments/{code}/rename", departments + "/CUL/rename", coordinates(401, 409)},
		{"GET", city + "/departments/{code}/retire", departments + "/CUL/retire", coordinates(303, 200)},
		{"POST", city + "/departments/{code}/retire", departments + "/CUL/retire", coordinates(401, 409)},
		{"GET", "/invitations/{token}", "/invitations/none", slices.Repeat([]int{410}, 16)},
		{"POST", "/invitations/{token}", "/invitations/none", slices.Repeat([]int{410}, 16)},
		{"GET", "/new-password/{token}", "/new-password/none", slices.Repeat([]int{410}, 16)},
		{"POST", "/new-password/{token}", "/new-password/none", slices.Repeat([]int{410}, 16)},
		{"GET", "/stop-mails/{token}", "/stop-mails/none", slices.Repeat([]int{410}, 16)},
		{"POST", "/stop-mails/{token}", "/stop-mails/none", slices.Repeat([]int{410}, 16)},
		{"GET", "/forgotten-password", "/forgotten-password", everybody},
		{"POST", "/forgotten-password", "/forgotten-password", everybody}, // there is no mail server
		{"GET", "/inbox", "/inbox", own(303, 200)},
		{"POST", "/inbox", "/inbox", own(401, 303)},
		{"GET", "/inbox/{item}", "/inbox/999", own(303, 404)},
		// A stream ends at once where it cannot be given time, as here; its people
		// are told of what they may read.
		{"GET", "/events", "/events", admins(own(303, 200), 403)},
		{"GET", "/account", "/account", own(303, 200)},
		{"POST", "/account", "/account", own(401, 422)},
		{"GET", "/account/password", "/account/password", own(303, 303)},
		{"POST", "/account/password", "/account/password", own(401, 422)},
		{"GET", "/account/mails", "/account/mails", own(303, 303)},
		{"POST", "/account/mails", "/account/mails", own(401, 303)}, // there is no mail server
		{"GET", "/account/sessions", "/account/sessions", own(303, 303)},
		{"POST", "/account/sessions", "/account/sessions", own(401, 303)},
		{"GET", "/account/second-step", "/account/second-step", own(303, 200)},
		{"POST", "/account/second-step", "/account/second-step", own(401, 400)},
		{"GET", "/account/second-step/recovery-codes", "/account/second-step/recovery-codes", own(303, 303)},
		{"POST", "/account/second-step/recovery-codes", "/account/second-step/recovery-codes", own(401, 409)},
		{"GET", "/account/second-step/off", "/account/second-step/off", own(303, 303)},
		{"POST", "/account/second-step/off", "/account/second-step/off", own(401, 409)},
		{"GET", "/cities/{city}/second-step", "/cities/ha-long/second-step", leads},
		{"POST", "/cities/{city}/second-step", "/cities/ha-long/second-step", row(401, 403, 403, 400, 403, 403, 403, 403, 403, 403, 403)},
		{"GET", "/cities/{city}/settings", "/cities/ha-long/settings", managesCity(303, 200)},
		{"POST", "/cities/{city}/settings", "/cities/ha-long/settings", managesCity(401, 409)},
		{"GET", "/cities/{city}/region", "/cities/ha-long/region", managesCity(303, 303)},
		{"POST", "/cities/{city}/region", "/cities/ha-long/region", managesCity(401, 409)},
		{"GET", "/cities/{city}/archive", "/cities/ha-long/archive", managesCity(303, 303)},
		{"POST", "/cities/{city}/archive", "/cities/ha-long/archive", managesCity(401, 409)},
		{"GET", "/cities/{city}/restore", "/cities/ha-long/restore", managesCity(303, 303)},
		{"POST", "/cities/{city}/restore", "/cities/ha-long/restore", managesCity(401, 409)},
		{"GET", "/cities/{city}/handover", "/cities/ha-long/handover", managesCity(303, 200)},
		{"POST", "/cities/{city}/handover", "/cities/ha-long/handover", managesCity(401, 409)},
		{"GET", "/regions", "/regions", adminOnly(303, 200)},
		{"POST", "/regions", "/regions", adminOnly(401, 422)},
		{"GET", region, "/regions/1", adminOnly(303, 200)},
		{"POST", region, "/regions/1", adminOnly(401, 409)},
		{"GET", region + "/invite", "/regions/1/invite", adminOnly(303, 303)},
		{"POST", region + "/invite", "/regions/1/invite", adminOnly(401, 422)},
		{"GET", region + "/overseers/{person}/end", "/regions/1/overseers/0/end", adminOnly(303, 303)},
		{"POST", region + "/overseers/{person}/end", "/regions/1/overseers/0/end", adminOnly(401, 409)},
		{"GET", region + "/overseers/{person}/restore", "/regions/1/overseers/0/restore", adminOnly(303, 303)},
		{"POST", region + "/overseers/{person}/restore", "/regions/1/overseers/0/restore", adminOnly(401, 409)},
		{"GET", region + "/invitations/{invitation}/renew", "/regions/1/invitations/0/renew", adminOnly(303, 303)},
		{"POST", region + "/invitations/{invitation}/renew", "/regions/1/invitations/0/renew", adminOnly(401, 409)},
		{"GET", region + "/invitations/{invitation}/withdraw", "/regions/1/invitations/0/withdraw", adminOnly(303, 303)},
		{"POST", region + "/invitations/{invitation}/withdraw", "/regions/1/invitations/0/withdraw", adminOnly(401, 409)},
		{"GET", "/accounts", "/accounts", adminOnly(303, 200)},
		{"GET", "/accounts/{account}/disable", "/accounts/0/disable", adminOnly(303, 303)},
		{"POST", "/accounts/{account}/disable", "/accounts/0/disable", adminOnly(401, 404)},
		{"GET", "/accounts/{account}/enable", "/accounts/0/enable", adminOnly(303, 303)},
		{"POST", "/accounts/{account}/enable", "/accounts/0/enable", adminOnly(401, 404)},
		{"GET", "/cities/{city}/people", "/cities/ha-long/people", admins(manage, 200)},
		{"GET", "/cities/{city}/people/invite", "/cities/ha-long/people/invite", admins(manage, 200)},
		{"POST", "/cities/{city}/people/invite", "/cities/ha-long/people/invite", admins(row(401, 403, 403, 422, 403, 403, 403, 403, 403, 403, 403), 422)},
		{"GET", person, herself, manage},
		{"POST", person, herself, manages},
		{"GET", person + "/disable", herself + "/disable", leads},
		{"POST", person + "/disable", herself + "/disable", manages},
		{"GET", person + "/enable", herself + "/enable", leads},
		{"POST", person + "/enable", herself + "/enable", manages},
		{"GET", person + "/password-link", herself + "/password-link", leads},
		{"POST", person + "/password-link", herself + "/password-link", manages},
		{"GET", person + "/reset-second-step", herself + "/reset-second-step", leads},
		{"POST", person + "/reset-second-step", herself + "/reset-second-step", manages},
		{"GET", person + "/hand-over", herself + "/hand-over", leads},
		{"POST", person + "/hand-over", herself + "/hand-over", coordinates(401, 422)},
		{"GET", invitation + "/renew", none + "/renew", admins(leads, 303)},
		{"POST", invitation + "/renew", none + "/renew", admins(row(401, 403, 403, 409, 403, 403, 403, 403, 403, 403, 403), 409)},
		{"GET", invitation + "/withdraw", none + "/withdraw", admins(leads, 303)},
		{"POST", invitation + "/withdraw", none + "/withdraw", admins(row(401, 403, 403, 409, 403, 403, 403, 403, 403, 403, 403), 409)},
		// The last row, for it ends the sessions.
		{"POST", "/sign-out", "/sign-out", slices.Repeat([]int{303}, 16)},
	}...)
}

// threadRows are those of threads on one thing, where staff have begun one.
func threadRows(pattern, target, id string) []access {
	row := func(nobody, staff, otherStaff, coordinator, reviewer, leader, expert, former, others int) []int {
		return []int{nobody, staff, otherStaff, coordinator, reviewer, leader, expert, former, others, others, others, 404, 404, 404, 404, 404}
	}
	talks := func(nobody, answer, former int) []int {
		return row(nobody, answer, answer, answer, answer, answer, answer, former, 403)
	}
	own := func(nobody, answer int) []int { return row(nobody, answer, 403, 403, 403, 403, 403, 403, 403) }
	settles := row(401, 409, 403, 409, 409, 403, 403, 403, 403)
	threads, thread, one := pattern+"/threads", pattern+"/threads/{thread}", target+"/threads/"+id
	const comment = "/comments/{number}"
	return []access{
		{"GET", threads, target + "/threads", talks(303, 200, 403)},
		{"POST", threads, target + "/threads", talks(401, 422, 403)},
		{"GET", threads + "/new", target + "/threads/new", talks(303, 200, 403)},
		{"GET", thread, one, talks(303, 200, 403)},
		{"GET", thread + "/comments", one + "/comments", talks(303, 303, 303)},
		{"POST", thread + "/comments", one + "/comments", talks(401, 422, 403)},
		{"GET", thread + "/resolve", one + "/resolve", talks(303, 303, 303)},
		{"POST", thread + "/resolve", one + "/resolve", settles},
		{"GET", thread + "/reopen", one + "/reopen", talks(303, 303, 303)},
		{"POST", thread + "/reopen", one + "/reopen", settles},
		{"GET", thread + comment, one + "/comments/1", own(303, 200)},
		{"POST", thread + comment, one + "/comments/1", own(401, 409)},
		{"GET", thread + comment + "/delete", one + "/comments/1/delete", own(303, 200)},
		{"POST", thread + comment + "/delete", one + "/comments/1/delete", own(401, 409)},
	}
}

// ask sends the row's request, with fields for every form.
func (a access) ask(v *visitor) answer {
	if a.method == http.MethodPost {
		return v.post(a.target, "version", "0", "claim", "in_progress", "narrative", "x", "year", "2024", "value", "1")
	}
	return v.get(a.target)
}

func TestAccess(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.as(staff).upload("/cities/ha-long/evidence", passport("CUL"), doc{"a.pdf", pdf}).redirects("/cities/ha-long/evidence/1/passport")
	s.as(staff).post(threadsPath, "text", "Cần bổ sung gì?").redirects(entryPath("7.2.2") + "#thread-1")
	s.as(staff).post("/cities/ha-long/evidence/1/threads", "text", "Bản này đủ chưa?").redirects("/cities/ha-long/evidence/1#thread-2")
	before := s.written()
	for i, email := range readers {
		v := s.visit()
		if email != "" {
			v.signIn(email)
		}
		for _, a := range matrix() {
			if got := a.ask(v).status; got != a.want[i] {
				t.Errorf("%s %s as %q answers %d; want %d", a.method, a.pattern, email, got, a.want[i])
			}
		}
	}
	equal(t, "what was written", s.written(), before)
}

// written counts all rows that people's acts write.
func (s *site) written() int {
	s.t.Helper()
	return ask[int](s, `SELECT (SELECT count(*) FROM status_change) + (SELECT count(*) FROM entry_revision)
		+ (SELECT count(*) FROM measurement) + (SELECT sum(version) FROM entry) + (SELECT sum(version) FROM department)
		+ (SELECT count(*) FROM assessment) + (SELECT sum(version) FROM assessment) + (SELECT count(*) FROM former_assignment)
		+ (SELECT count(*) FROM invitation) + (SELECT count(*) FROM password_link) + (SELECT sum(version) FROM membership)
		+ (SELECT sum(version) FROM city) + (SELECT sum(version) FROM region) + (SELECT count(*) FROM account WHERE disabled_at IS NOT NULL)
		+ (SELECT count(*) FROM recommendation_move) + (SELECT count(*) FROM task_move)
		+ (SELECT count(*) FROM evidence_version) + (SELECT coalesce(sum(version), 0) FROM evidence) + (SELECT count(*) FROM evidence_link)
		+ (SELECT coalesce(sum(version), 0) FROM thread) + (SELECT count(*) FROM comment_revision)`)
}

// TestEveryRouteHasARow: a page that nobody thought about whom to show to
// cannot be added.
func TestEveryRouteHasARow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var mounted []string
	err := chi.Walk(s.server.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		mounted = append(mounted, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, a := range matrix() {
		rows = append(rows, a.method+" "+a.pattern)
	}
	slices.Sort(mounted)
	slices.Sort(rows)
	if !slices.Equal(mounted, rows) {
		t.Errorf("routes:\n%s\nrows of the matrix:\n%s", strings.Join(mounted, "\n"), strings.Join(rows, "\n"))
	}
}

// TestExistenceDoesNotShow: a city that somebody may not know of and one that
// does not exist are answered alike, whatever is asked of them.
func TestExistenceDoesNotShow(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	for _, email := range []string{theirStaff, theirCoordinator, theirReviewer, theirLeader, theirExpert, otherOverseer, admin} {
		v := s.as(email)
		for _, a := range matrix() {
			if !strings.HasPrefix(a.pattern, "/cities/") || email == admin && mayInvite(a) {
				continue // who manages cities knows which there are
			}
			ask := v.get
			if a.method == http.MethodPost {
				ask = func(target string, _ ...with) answer { return v.post(target, "version", "0") }
			}
			real, none := ask(a.target), ask(strings.Replace(a.target, "ha-long", "nowhere", 1))
			equal(t, email+" "+a.method+" "+a.target+": status", real.status, none.status)
			equal(t, email+" "+a.method+" "+a.target+": page",
				withoutID(real), strings.ReplaceAll(withoutID(none), "nowhere", "ha-long"))
			equal(t, email+": Location",
				real.header.Get("Location"), strings.ReplaceAll(none.header.Get("Location"), "nowhere", "ha-long"))
		}
	}
}

// mayInvite: the admin may, in any city.
func mayInvite(a access) bool {
	for _, act := range []string{"/settings", "/region", "/archive", "/restore", "/handover"} {
		if strings.HasSuffix(a.pattern, act) {
			return true
		}
	}
	return a.pattern == "/cities/{city}/people" || strings.HasSuffix(a.pattern, "/invite") || strings.Contains(a.pattern, "{invitation}")
}

// withoutID is a page without the id of its request.
func withoutID(a answer) string {
	return strings.ReplaceAll(a.body, a.header.Get("X-Request-Id"), "ID")
}
