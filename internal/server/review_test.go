package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

const reviewsPath = dashboard + "/reviews"

func reviewPath(code string) string { return reviewsPath + "/" + code }

// The demonstration leaves these open. Submitted in this order, they wait in the
// framework's, for they were submitted on one day.
var openCodes = []string{"7.2.2", "9.3.1", "12.1.2"}

// submitAll brings the open indicators before the reviewers.
func (s *site) submitAll() {
	s.t.Helper()
	v := s.as(coordinator)
	for _, code := range openCodes {
		v.claim(code, "claim", "achieved", "then", "submit").redirects(entryPath(code))
	}
}

// decide sends a verdict with the version of the entry's page on the desk.
func (v *visitor) decide(code, act string, fields ...string) answer {
	v.site.t.Helper()
	form := fieldsOf(v.get(reviewPath(code)).page().First("form.form"))
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.postForm(reviewPath(code)+"/"+act, form)
}

// waits lists the rows of the desk.
func (a answer) waits() []string {
	var codes []string
	for _, row := range a.page().All(".reviews__row") {
		codes = append(codes, row.Attr("data-indicator"))
	}
	return codes
}

// changedCodes are accepted in the demonstration and edited since.
func (s *site) changedCodes() []string {
	return ask[[]string](s, `SELECT array_agg(i.code ORDER BY e.id) FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE e.changed`)
}

// TestWalkThrough: one after the other, each verdict leads straight to the next
// and at the end to the desk, which is then empty of them.
func TestWalkThrough(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	v := s.as(reviewer)
	desk := v.get(reviewsPath).expect(http.StatusOK, htmlcheck.Count(`input[name="entry"]`, len(openCodes)+len(s.changedCodes())))
	all := desk.waits()
	if want := append(s.changedCodes(), openCodes...); !sameCodes(all, want) {
		t.Fatalf("the desk holds %q, want %q", all, want)
	}
	equal(t, "begins with", desk.page().First("main .head a.btn").Attr("href"), reviewPath(all[0]))
	for i, code := range all {
		next := reviewsPath
		if i+1 < len(all) {
			next = reviewPath(all[i+1])
		}
		act, notice := "accept", "notice.accepted"
		if code == "9.3.1" {
			act, notice = "return", "notice.returned"
		}
		v.decide(code, act, "note", "Đã xem "+code+".").redirects(next).follow().expect(http.StatusOK, noticed(say(t, notice)))
		equal(t, code, s.stored(code).Verdict, map[string]string{"accept": "accepted", "return": "returned"}[act])
		equal(t, code+": note", s.stored(code).Note, "Đã xem "+code+".")
	}
	v.get(reviewsPath).expect(http.StatusOK, says(say(t, "review_list.empty.title")), htmlcheck.Count(".reviews__row", 0))
}

func sameCodes(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// TestStepsThroughAPart: the filter goes along from entry to entry and past the
// verdict.
func TestStepsThroughAPart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	v := s.as(reviewer)
	department := ask[string](s, `SELECT d.code FROM entry e JOIN indicator i ON i.id = e.indicator_id JOIN department d ON d.id = e.department_id WHERE i.code = '7.2.2'`)
	part := "?department=" + department
	codes := v.get(reviewsPath + part).waits()
	if len(codes) < 1 || !slices.Contains(codes, "7.2.2") {
		t.Fatalf("of %s wait %q", department, codes)
	}
	page := v.get(reviewPath("7.2.2") + part).expect(http.StatusOK)
	for _, step := range page.page().All("nav[data-steps] a[rel]") {
		if !strings.HasSuffix(step.Attr("href"), part) {
			t.Errorf("a step leads to %s", step.Attr("href"))
		}
	}
	form := page.page().First("form.form")
	equal(t, "the form", form.Attr("action"), reviewPath("7.2.2")+"/accept"+part)
	got := v.postForm(form.Attr("action"), fieldsOf(form))
	if !strings.HasSuffix(got.header.Get("Location"), part) {
		t.Errorf("the verdict leads to %s", got.header.Get("Location"))
	}
	for _, code := range codes {
		if code != "7.2.2" {
			v.decide(code, "accept", "next", "").redirects(reviewsPath)
		}
	}
	v.get(reviewsPath+part+"&area=7").expect(http.StatusOK, says(say(t, "review_list.none_here")),
		htmlcheck.Count(".filters [aria-current]", 2))
	v.get(reviewsPath+"?department=NONE&area=99").expect(http.StatusUnprocessableEntity,
		says("NONE"), says("99"), htmlcheck.Count(".reviews__row", len(openCodes)+len(s.changedCodes())-len(codes)))
}

// TestDashboardLeadsToTheDesk: who decides comes from the count of what awaits to
// the desk; all others, and on a past day or once it is closed everybody, to the
// list of it.
func TestDashboardLeadsToTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	const listed = list + "?verdict=awaiting"
	href := func(who, query string) string {
		t.Helper()
		for _, figure := range s.as(who).get(dashboard + query).expect(http.StatusOK).page().All(".facts div") {
			if len(figure.All(`[data-state="awaiting"]`)) > 0 {
				return figure.First("a").Attr("href")
			}
		}
		return "nowhere"
	}
	equal(t, "reviewer", href(reviewer, ""), reviewsPath)
	equal(t, "reviewer on a past day", href(reviewer, "?on=2025-02-28"), list+"?on=2025-02-28&verdict=awaiting")
	for _, who := range []string{staff, coordinator, leader, overseer} {
		equal(t, who, href(who, ""), listed)
	}
	s.owner(`UPDATE assessment SET closed_on = '2025-03-10'`)
	equal(t, "reviewer once it is closed", href(reviewer, ""), listed)
}

// TestOwnSubmissionOnTheDesk: a reviewer who had submitted it while they were of
// the city sees that another must decide, and is refused in words.
func TestOwnSubmissionOnTheDesk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	s.owner(`UPDATE entry SET submitted_by = (SELECT id FROM account WHERE email = $1) WHERE verdict = 'awaiting'`, reviewer)
	before := s.stored("7.2.2")
	v := s.as(reviewer)
	v.get(reviewsPath).expect(http.StatusOK, htmlcheck.Count(`input[name="entry"]`, len(s.changedCodes())), says(say(t, "review_list.own")))
	v.get(reviewPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count("#decision", 0), says(say(t, "entry_reviewer_is_not_submitter")))
	for _, act := range []string{"accept", "return"} {
		v.post(reviewPath("7.2.2")+"/"+act, "version", before.form(), "note", "Của tôi.").expect(http.StatusUnprocessableEntity,
			htmlcheck.In(".errors", htmlcheck.HasText(say(t, "entry_reviewer_is_not_submitter"))),
			htmlcheck.In(`#decision textarea[name="note"]`, htmlcheck.HasRaw("Của tôi.")))
	}
	v.post(reviewsPath, "entry", "7.2.2 "+before.form()).expect(http.StatusConflict,
		htmlcheck.In(".errors", htmlcheck.HasText(say(t, "entry_reviewer_is_not_submitter"))))
	equal(t, "entry", s.stored("7.2.2"), before)
	// What somebody else submitted and they changed is theirs too.
	s.owner(`UPDATE entry SET edited_by = submitted_by, submitted_by = (SELECT id FROM account WHERE email = $1) WHERE verdict = 'awaiting'`, coordinator)
	v.get(reviewsPath).expect(http.StatusOK, htmlcheck.Count(`input[name="entry"]`, len(s.changedCodes())), says(say(t, "review_list.own")))
	v.get(reviewPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count("#decision", 0), says(say(t, "entry_reviewer_is_not_editor")))
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(`main a[href="`+reviewPath("7.2.2")+`"]`, 0))
}

// TestReturnWithoutAReason: spaces of any kind are none.
func TestReturnWithoutAReason(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	v, before := s.as(reviewer), s.stored("7.2.2")
	for _, reason := range []string{"", " \t\r\n", "\u00a0\u2003"} {
		v.decide("7.2.2", "return", "note", reason).expect(http.StatusUnprocessableEntity,
			htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "return.error.no_reason"))),
			htmlcheck.In(`.errors a[href="#note"]`, htmlcheck.HasText(say(t, "return.error.no_reason"))))
	}
	long := strings.Repeat("ệ", tracker.MaxNote+1)
	v.decide("7.2.2", "accept", "note", long).expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#note-error", htmlcheck.HasText(say(t, "note.error.long"))), htmlcheck.In("#note", htmlcheck.HasRaw(long)))
	equal(t, "entry", s.stored("7.2.2"), before)
	accepted := s.changedCodes()[0]
	s.as(coordinator).act(accepted, "reopen", "note", " ").expect(http.StatusUnprocessableEntity,
		htmlcheck.In("#reopen-note-error", htmlcheck.HasText(say(t, "reopen.error.no_reason"))))
}

// TestVerdictOnAChangedVersion: the reviewer sees what changed meanwhile, word by
// word, with the remark kept, and sending it again is a decision.
func TestVerdictOnAChangedVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	v := s.as(reviewer)
	old := s.stored("7.2.2").form()
	s.as(coordinator).act("7.2.2", "narrative", "narrative", s.stored("7.2.2").Narrative+" Bổ sung mới.").redirects(entryPath("7.2.2"))
	got := v.post(reviewPath("7.2.2")+"/return", "version", old, "note", "Thiếu số liệu.").expect(http.StatusConflict,
		says(say(t, "review_show.changed")), says(say(t, "review_show.meanwhile")),
		htmlcheck.In(".difference ins", htmlcheck.HasText("Bổ sung mới.")),
		htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw("Thiếu số liệu.")),
		htmlcheck.In(`input[name="version"]`, htmlcheck.HasAttr("value", s.stored("7.2.2").form())))
	equal(t, "verdict", s.stored("7.2.2").Verdict, "awaiting")
	v.postForm(reviewPath("7.2.2")+"/return", fieldsOf(got.page().First("form.form")))
	equal(t, "verdict, sent again", s.stored("7.2.2").Verdict, "returned")
	equal(t, "reason", s.stored("7.2.2").Note, "Thiếu số liệu.")
}

// TestTwoReviewers: who was slower hears what the other decided, keeps what they
// typed, and changes nothing.
func TestTwoReviewers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	s.add(person{"second@ha-long.demo", tracker.Reviewer, "ha-long", "", ""})
	v, second := s.as(reviewer), s.as("second@ha-long.demo")
	old := s.stored("7.2.2").form()
	v.decide("7.2.2", "return", "note", "Cần bổ sung quyết định.").redirects(reviewPath("9.3.1"))
	decided := s.stored("7.2.2")
	second.post(reviewPath("7.2.2")+"/accept", "version", old, "note", "Tôi thấy đạt.").expect(http.StatusConflict,
		says(say(t, "act.return")), says("Cần bổ sung quyết định."), says(say(t, "review_show.decided")),
		htmlcheck.In(".kept", htmlcheck.HasText("Tôi thấy đạt.")), htmlcheck.Count("#decision", 0))
	equal(t, "entry", s.stored("7.2.2"), decided)
	second.get(reviewPath("7.2.2")).expect(http.StatusOK, says(say(t, "review_show.not_waiting")), htmlcheck.Count("nav[data-steps] a[rel=next]", 1))
}

// TestSeveralAtOnce: each on its own, those that are refused named with their
// reason and the others written.
func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	v := s.as(reviewer)
	var ticked []string
	for _, code := range openCodes {
		ticked = append(ticked, "entry", code+" "+s.stored(code).form())
	}
	s.as(coordinator).act("9.3.1", "narrative", "narrative", "Đổi sau khi mở danh sách.").redirects(entryPath("9.3.1"))
	ticked = append(ticked, ticked[0], ticked[1], "entry", "0.0.0 1", "entry", "12.1.9", "entry", "\x00 x")
	got := v.post(reviewsPath, ticked...).expect(http.StatusConflict,
		htmlcheck.In(`.notice[data-kind="success"]`, htmlcheck.HasText("7.2.2, 12.1.2")),
		htmlcheck.In(".errors", htmlcheck.HasText(say(t, "review_list.error.conflict"))),
		htmlcheck.In(".errors", htmlcheck.HasText(say(t, "review_list.error.unknown"))))
	equal(t, "7.2.2", s.stored("7.2.2").Verdict, "accepted")
	equal(t, "12.1.2", s.stored("12.1.2").Verdict, "accepted")
	equal(t, "9.3.1", s.stored("9.3.1").Verdict, "awaiting")
	equal(t, "records", ask[int](s, `SELECT count(*) FROM audit WHERE act = 'accept' AND recorded_at = $1`, pgtest.Now), 2)
	see := got.page().First(".errors a").Attr("href")
	v.get(see).expect(http.StatusOK, says(say(t, "review_show.meanwhile")), htmlcheck.In(".difference ins", htmlcheck.HasText("Đổi sau khi mở danh sách")))
	v.post(reviewsPath).expect(http.StatusUnprocessableEntity, says(say(t, "review_list.error.none_ticked")))
	v.post(reviewsPath, "entry", "9.3.1 "+s.stored("9.3.1").form()).redirects(reviewsPath).follow().
		expect(http.StatusOK, noticed(say(t, "notice.accepted_ticked")))
	v.post(reviewsPath, slices.Repeat([]string{"entry", "9.3.1 1"}, 201)...).expect(http.StatusBadRequest)
}

// TestChangedSinceAccepted: the page of the indicator and that of the desk show
// what stands otherwise; the verdict's own page shows what was seen, for ever.
func TestChangedSinceAccepted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	city, v := s.as(coordinator), s.as(reviewer)
	city.act("7.2.2", "narrative", "narrative", "Thành phố có 12 thư viện.").redirects(entryPath("7.2.2"))
	city.claim("7.2.2", "claim", "achieved", "then", "submit").redirects(entryPath("7.2.2"))
	v.decide("7.2.2", "accept", "note", "Đồng ý.")
	seen := entryPath("7.2.2") + "/decisions/" + s.stored("7.2.2").form()
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(".difference", 0), htmlcheck.Count(`a[href="`+seen+`"]`, 1))
	first := v.get(seen).expect(http.StatusOK, says("Thành phố có 12 thư viện."), says("Đồng ý."), says(say(t, "difference.none")))
	city.act("7.2.2", "narrative", "narrative", "Thành phố có 15 thư viện <script>.").redirects(entryPath("7.2.2"))
	city.act("7.2.2", "measurement", "year", "2024", "value", "31,5", "source", "Báo cáo").redirects(entryPath("7.2.2"))
	for _, path := range []string{entryPath("7.2.2"), reviewPath("7.2.2"), seen} {
		s.as(leader).get(path).expect(http.StatusOK, htmlcheck.Count(".difference", 1),
			htmlcheck.In(".difference del", htmlcheck.HasText("12")), htmlcheck.In(".difference ins", htmlcheck.HasText("15")),
			htmlcheck.In(".difference", htmlcheck.HasText("31,5")), htmlcheck.In(".difference", htmlcheck.HasText("29,8")))
	}
	equal(t, "what was seen", first.page().First(".entry__main").Text(), v.get(seen).page().First(".entry__main").Text())
	v.get(entryPath("7.2.2") + "/decisions/1").expect(http.StatusNotFound)
	v.get(entryPath("7.2.2") + "/decisions/x").expect(http.StatusNotFound)
	v.decide("7.2.2", "accept")
	v.get(entryPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count(".difference", 0))
	equal(t, "changed", s.stored("7.2.2").Changed, false)
	v.get(seen).expect(http.StatusOK, says("Thành phố có 12 thư viện."))
}

// TestReopen: by the reviewer or the coordinator, with a reason.
func TestReopen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, email := range []string{reviewer, coordinator} {
		v, before := s.as(email), s.stored("1.1.1")
		v.get(entryPath("1.1.1")).expect(http.StatusOK, htmlcheck.Count("#reopen", 1))
		v.post(entryPath("1.1.1")+"/reopen", "version", before.form(), "note", "Số liệu cần xem lại.").redirects(entryPath("1.1.1")).
			follow().expect(http.StatusOK, noticed(say(t, "notice.reopened")), htmlcheck.Count("#reopen", 0))
		equal(t, "verdict", s.stored("1.1.1").Verdict, "awaiting")
		s.as(reviewer).get(reviewPath("1.1.1")).expect(http.StatusOK, says("Số liệu cần xem lại."), says(say(t, "difference.since.accept")))
		s.as(reviewer).decide("1.1.1", "accept")
	}
	s.as(staff).get(entryPath("1.1.1")).expect(http.StatusOK, htmlcheck.Count("#reopen", 0))
}

// TestDeskOfWhoOnlyReads: coordinators and leaders see what waits and decide nothing.
func TestDeskOfWhoOnlyReads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	for _, email := range []string{coordinator, leader} {
		v := s.as(email)
		v.get(dashboard).expect(http.StatusOK, htmlcheck.Count(`.nav a[href="`+reviewsPath+`"]`, 1))
		v.get(reviewsPath).expect(http.StatusOK, htmlcheck.Count(`input[name="entry"]`, 0), htmlcheck.Count("main button", 0),
			htmlcheck.Count(".reviews__row", len(openCodes)+len(s.changedCodes())))
		v.get(reviewPath("7.2.2")).expect(http.StatusOK, htmlcheck.Count("#decision", 0))
	}
	s.as(staff).get(dashboard).expect(http.StatusOK, htmlcheck.Count(`.nav a[href="`+reviewsPath+`"]`, 0))
}

// TestReviewsOfSeveralCities: who reviews two sees both with what waits there.
func TestReviewsOfSeveralCities(t *testing.T) {
	t.Parallel()
	s := newSite(t).invite()
	s.submitAll()
	s.as(reviewer).get("/reviews").redirects(reviewsPath)
	account := ask[int64](s, `SELECT id FROM account WHERE email = $1`, reviewer)
	s.join(account, person{"", tracker.Reviewer, otherCity, "", ""})
	v := s.as(reviewer)
	v.get("/reviews").expect(http.StatusOK, htmlcheck.Count(".cities li", 2), htmlcheck.Count(`main a[href="`+reviewsPath+`"]`, 1),
		says(say(t, "review_cities.count", "count", len(openCodes)+len(s.changedCodes()))), says(say(t, "review_cities.count", "count", 0)))
	v.get(reviewsPath).expect(http.StatusOK, htmlcheck.Count(`main a[href="/reviews"]`, 1))
}

// TestVerdictAfterSigningInAgain: the remark comes back, and nothing is written.
func TestVerdictAfterSigningInAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.submitAll()
	v := s.as(reviewer)
	before := s.stored("7.2.2")
	for path, want := range map[string]htmlcheck.Wish{
		reviewPath("7.2.2") + "/return": htmlcheck.In("#note", htmlcheck.HasRaw("Lý do đã gõ.")),
		reviewsPath:                     htmlcheck.Count("input[name=entry][checked]", 1),
	} {
		s.endSessions()
		v.post(path, "version", before.form(), "note", "Lý do đã gõ.", "entry", "7.2.2 "+before.form()).expect(http.StatusUnauthorized).
			signInHere(reviewer, demonstration.Password).expect(http.StatusOK, want, says(say(t, "notice.resumed")))
	}
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestQueriesOfTheDesk: a verdict costs seven, the session's look-up included.
func TestQueriesOfTheDesk(t *testing.T) {
	t.Parallel()
	queries := &counter{}
	s := newSiteOn(t, pgtest.Options{Demo: true, Tracer: queries})
	s.submitAll()
	v := s.as(reviewer)
	for path, want := range map[string]int{reviewsPath: 5, reviewPath("7.2.2"): 9, "/reviews": 3} {
		queries.take()
		v.get(path)
		if sent := queries.take(); len(sent) != want {
			t.Errorf("%s sends %d queries; want %d:\n%s", path, len(sent), want, strings.Join(sent, "\n"))
		}
	}
	version := s.stored("7.2.2").form()
	queries.take()
	v.post(reviewPath("7.2.2")+"/accept", "version", version, "next", "9.3.1").redirects(reviewPath("9.3.1"))
	if sent := queries.take(); len(sent) != 7 {
		t.Errorf("accepting sends %d queries; want 7:\n%s", len(sent), strings.Join(sent, "\n"))
	}
}
