package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"learningcity/internal/demonstration"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

// phone is somebody's authenticator app, and the recovery codes that they kept.
type phone struct {
	t      testing.TB
	secret string
	codes  []string
}

// at is what the app shows.
func (p phone) at(now time.Time) string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.secret, now)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// takePhone reads the secret off the page as people type it.
func (v *visitor) takePhone() (phone, url.Values) {
	v.site.t.Helper()
	page := v.get("/account/second-step").expect(http.StatusOK, htmlcheck.In("svg.qr")).page()
	return phone{t: v.site.t, secret: strings.ReplaceAll(page.First("code.code").Text(), " ", "")},
		fieldsOf(page.First(`form[action="/account/second-step"]`))
}

// equip sets a second step up, and lets the code's half minute pass.
func (v *visitor) equip(now *clock) phone {
	v.site.t.Helper()
	p, fields := v.takePhone()
	fields.Set("code", p.at(now.Now()))
	fields.Set("old_password", demonstration.Password)
	page := v.postForm("/account/second-step", fields).expect(http.StatusOK, says(say(v.site.t, "recovery_codes.once"))).page()
	p.codes = strings.Fields(page.First("textarea").Text())
	equal(v.site.t, "recovery codes", len(p.codes), tracker.RecoveryCodes)
	now.set(now.Now().Add(time.Minute))
	return p
}

// password types the right password, which leads to the second step.
func (v *visitor) password(email string) answer {
	v.site.t.Helper()
	got := v.post("/sign-in", "email", email, "password", demonstration.Password).redirects("/sign-in/second-step")
	equal(v.site.t, "a session before the code", strings.Contains(fmt.Sprint(got.cookies), "session="), false)
	return got
}

func (v *visitor) code(code string) answer {
	v.site.t.Helper()
	return v.post("/sign-in/second-step", "code", code)
}

func (v *visitor) recovery(code string) answer {
	v.site.t.Helper()
	return v.post("/sign-in/second-step", "recovery_code", code)
}

// refuses wants a field's sentence.
func refuses(t testing.TB, field, key string, args ...any) htmlcheck.Wish {
	t.Helper()
	return htmlcheck.In("#"+field+"-error", htmlcheck.HasText(say(t, key, args...)))
}

func TestSecondStep(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v, other := s.as(staff), s.as(staff)
	v.get("/account").expect(http.StatusOK, says(say(t, "account.second_step.off")))
	p := v.equip(now)
	v.get("/account").expect(http.StatusOK, says(say(t, "account.second_step.on")))
	other.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long") // it began without
	w := s.visit()
	w.get("/sign-in/second-step?next=%2Fcities").redirects("/sign-in?next=%2Fcities") // no password yet
	w.password(staff).follow().expect(http.StatusOK, htmlcheck.In(`input[name="code"][autocomplete="one-time-code"][inputmode="numeric"]`))
	w.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long") // half is not in
	w.code("").expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.none"))
	w.code("12345").expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.malformed"))
	w.recovery("ABCD").expect(http.StatusUnprocessableEntity, refuses(t, "recovery_code", "second_step.error.malformed_recovery"))
	code := p.at(now.Now())
	w.code(code[:3] + " " + code[3:]).redirects("/").follow().redirects(ofCulture).follow().expect(http.StatusOK)
	equal(t, "the half sign-in is over", w.cookie("half_sign_in"), "")
	equal(t, "acts", ask[string](s, `SELECT string_agg(act, ' ' ORDER BY id) FROM audit WHERE recorded_at >= $1`, pgtest.Now),
		"sign_in sign_in enable_second_step sign_in")
	equal(t, "counters left", ask[int](s, `SELECT count(*) FROM sign_in_counter WHERE kind = 'place'`), 0)
	equal(t, "secrets in the log", strings.Contains(s.journal.all(), p.secret), false)
}

// TestCodeWorksOnce: who looked over a shoulder comes too late.
func TestCodeWorksOnce(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	p := s.as(staff).equip(now)
	v, thief := s.visit(), s.visit()
	v.password(staff)
	thief.password(staff)
	code := p.at(now.Now())
	v.code(code).redirects("/")
	// Whose password is right elsewhere begins anew: passing ended that one.
	thief.code(code).expect(http.StatusUnprocessableEntity, says(say(t, "second_step.error.over")))
	thief.password(staff)
	thief.code(code).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.used"))
	thief.code(p.at(now.Now().Add(-30*time.Second))).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.used"))
	now.set(now.Now().Add(30 * time.Second))
	thief.code(code).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.used"))
	v.post("/sign-out")
	v.password(staff)
	v.code(p.at(now.Now())).redirects("/")
}

// TestClocksDiffer: the code before and the one after are taken; of one that is
// out of time people hear that a clock is off, of one to come they do not.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	p := s.as(staff).equip(now)
	for _, tt := range []struct {
		off time.Duration
		key string
	}{
		{-60 * time.Second, "second_step.error.clock"}, {-600 * time.Second, "second_step.error.clock"},
		{-time.Hour, "second_step.error.wrong"}, {60 * time.Second, "second_step.error.wrong"},
	} {
		now.set(now.Now().Add(time.Hour)) // long after the tries before
		v := s.visit()
		v.password(staff)
		v.code(p.at(now.Now().Add(tt.off))).expect(http.StatusUnprocessableEntity, refuses(t, "code", tt.key))
	}
	for _, off := range []time.Duration{-30 * time.Second, 30 * time.Second} {
		now.set(now.Now().Add(10 * time.Minute))
		v := s.visit()
		v.password(staff)
		v.code(p.at(now.Now().Add(off))).redirects("/")
	}
	// The server's clock was an hour ahead, and is put back.
	now.set(now.Now().Add(-time.Hour))
	v := s.visit()
	v.password(staff)
	v.code(p.at(now.Now())).redirects("/")
}

// TestCodesAreGuessed: after five wrong ones not even the right one is looked
// at, wherever the guesser sits; who has signed in there before is not kept out.
func TestCodesAreGuessed(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	owner := s.as(staff)
	p := owner.equip(now)
	owner.post("/sign-out")
	thief := s.visit() // who knows the password
	thief.password(staff)
	wrong := p.at(now.Now().Add(24 * time.Hour))
	for range 5 {
		thief.code(wrong).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.wrong"))
	}
	got := thief.code(p.at(now.Now())).expect(http.StatusTooManyRequests, refuses(t, "code", "second_step.error.wait_seconds", "count", 30))
	equal(t, "Retry-After", got.header.Get("Retry-After"), "30")
	thief.recovery(p.codes[0]).expect(http.StatusTooManyRequests)
	another := s.visit()
	another.postForm("/sign-in", form("email", staff, "password", demonstration.Password), from("198.51.100.1:1")).redirects("/sign-in/second-step")
	another.postForm("/sign-in/second-step", form("code", wrong), from("198.51.100.1:1")).expect(http.StatusTooManyRequests)
	equal(t, "codes left", ask[int](s, `SELECT count(*) FROM recovery_code`), 10)
	owner.password(staff)
	owner.code(p.at(now.Now())).redirects("/")
	// Who does not know the password counts for nothing.
	before := ask[int](s, `SELECT coalesce(sum(failures), 0)::int FROM sign_in_counter`)
	stranger := s.visit()
	stranger.keepCookie("half_sign_in", "nonsense")
	for range 8 {
		stranger.code(wrong).expect(http.StatusUnprocessableEntity, says(say(t, "second_step.error.over")))
	}
	equal(t, "failures", ask[int](s, `SELECT coalesce(sum(failures), 0)::int FROM sign_in_counter`), before)
}

// TestSecondStepThroughResetLink: the link stands for the password only.
func TestSecondStepThroughResetLink(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	p := s.as(staff).equip(now)
	link := s.passwordLink(staff)
	v := s.visit()
	v.get(link).expect(http.StatusOK)
	got := v.post(link, "password", newPassword).redirects("/sign-in/second-step")
	equal(t, "a session before the code", strings.Contains(fmt.Sprint(got.cookies), "session="), false)
	v.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	got.follow().expect(http.StatusOK, noticed(say(t, "notice.password_changed")))
	v.code(p.at(now.Now())).redirects("/")
	v.get(dashboard).expect(http.StatusOK)
}

// passwordLink makes one as the coordinator does, and reads its address.
func (s *site) passwordLink(email string) string {
	s.t.Helper()
	v := s.as(coordinator)
	m := ask[string](s, `SELECT m.id::text FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1`, email)
	version := ask[string](s, `SELECT m.version::text FROM membership m WHERE m.id::text = $1`, m)
	page := v.post("/cities/ha-long/people/"+m+"/password-link", "version", version).expect(http.StatusOK).page()
	u, err := url.Parse(page.First("textarea").Text())
	if err != nil {
		s.t.Fatal(err)
	}
	return u.Path
}

// TestHalfSignInEnds: after five minutes, and when the password changes or the
// account is disabled. What came along goes back to the first page.
func TestHalfSignInEnds(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	p := s.as(staff).equip(now)
	for name, end := range map[string]func(){
		"time":     func() { now.set(now.Now().Add(5 * time.Minute)) },
		"password": func() { s.owner(`UPDATE account SET password_hash = password_hash || ' ' WHERE email = $1`, staff) },
		"disabled": func() { s.owner(`UPDATE account SET disabled_at = now() WHERE email = $1`, staff) },
		"reset":    func() { s.owner(`SELECT take_second_step(id) FROM account WHERE email = $1`, staff) },
	} {
		v := s.visit()
		hash := ask[string](s, `SELECT password_hash FROM account WHERE email = $1`, staff)
		got := v.password(staff)
		equal(t, "MaxAge", got.cookie(t, "half_sign_in").MaxAge, 300)
		end()
		v.get("/sign-in/second-step").redirects("/sign-in")
		v.post("/sign-in/second-step", "code", p.at(now.Now()), "next", list, "resume_action", entryPath("7.2.2")+"/claim", "resume.note", "gõ dở").
			expect(http.StatusUnprocessableEntity, says(say(t, "second_step.error.over")),
				htmlcheck.In(`form[action="/sign-in"] input[name="next"]`, htmlcheck.HasAttr("value", list)),
				htmlcheck.In(`form[action="/sign-in"] input[name="resume.note"]`, htmlcheck.HasAttr("value", "gõ dở")))
		s.owner(`UPDATE account SET password_hash = $2, disabled_at = NULL WHERE email = $1`, staff, hash)
		if name == "reset" {
			p = s.as(staff).equip(now)
		}
		now.set(now.Now().Add(time.Minute))
	}
}

// TestTypedTextSurvivesTheSecondStep: the page that was asked for, and a form
// that was open when the session ended, in every turn.
func TestTypedTextSurvivesTheSecondStep(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.as(staff)
	p := v.equip(now)
	w := s.visit()
	got := w.post("/sign-in", "email", staff, "password", demonstration.Password, "next", list).redirects("/sign-in/second-step?next=" + url.QueryEscape(list))
	fields := fieldsOf(got.follow().page().First(`form[action="/sign-in/second-step"]`))
	fields.Set("code", p.at(now.Now()))
	w.postForm("/sign-in/second-step", fields).redirects(list)
	now.set(now.Now().Add(time.Minute))
	before := s.stored("7.2.2")
	s.endSessions()
	action := entryPath("7.2.2") + "/claim"
	asked := v.post(action, "version", before.form(), "claim", "achieved", "note", "Dòng một.\nDòng hai.").expect(http.StatusUnauthorized)
	half := asked.signInHere(staff, demonstration.Password).expect(http.StatusOK, says(say(t, "session_new.resume.title")))
	send := func(a answer, code string) answer {
		fields := fieldsOf(a.page().First(`form[action="/sign-in/second-step"]`))
		fields.Set("code", code)
		return v.postForm("/sign-in/second-step", fields)
	}
	wrong := send(half, p.at(now.Now().Add(time.Hour))).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.wrong"))
	again := send(wrong, p.at(now.Now())).expect(http.StatusOK, says(say(t, "notice.resumed")),
		htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw("Dòng một.\nDòng hai.")))
	equal(t, "entry", s.stored("7.2.2"), before)
	again.sendAgain(action).redirects(entryPath("7.2.2"))
	for _, next := range []string{"//evil.example", "https://evil.example/", `/\evil.example`} {
		w := s.visit()
		w.post("/sign-in", "email", staff, "password", demonstration.Password, "next", next).redirects("/sign-in/second-step")
		now.set(now.Now().Add(time.Minute))
		w.post("/sign-in/second-step", "code", p.at(now.Now()), "next", next).redirects("/")
	}
}

// TestStolenSecrets: the tables alone make no codes. A row opens in its own
// account only, and not under another key.
func TestStolenSecrets(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	p := s.as(staff).equip(now)
	theirs := s.as(leader).equip(now)
	dump := ask[string](s, `SELECT string_agg(x::text, ' ') FROM (SELECT encode(secret, 'escape') || encode(secret, 'hex') AS x FROM second_step
		UNION ALL SELECT encode(code_hash, 'escape') FROM recovery_code) y`)
	equal(t, "the secret is in the table", strings.Contains(dump, p.secret), false)
	equal(t, "a code is in the table", strings.Contains(dump, strings.ReplaceAll(p.codes[0], "-", "")), false)
	s.owner(`UPDATE second_step SET secret = (SELECT o.secret FROM second_step o WHERE o.account_id <> second_step.account_id)`)
	v := s.visit()
	v.password(staff)
	v.code(theirs.at(now.Now())).expect(http.StatusInternalServerError)
	s.owner(`UPDATE second_step SET secret = (SELECT o.secret FROM second_step o WHERE o.account_id <> second_step.account_id)`)
	if err := s.server.UseSecondStepKey([32]byte{8}); err != nil {
		t.Fatal(err)
	}
	v.code(p.at(now.Now())).expect(http.StatusInternalServerError)
	v.recovery(p.codes[0]).redirects("/") // needs no key
}

// TestCityRequiresSecondStep: coordinators and reviewers without one can do
// nothing there until they have it, are led to it, and lose nothing typed.
func TestCityRequiresSecondStep(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	s.invite()
	v := s.as(coordinator)
	required := func(wish string) answer { return v.post("/cities/ha-long/second-step", "required", wish) }
	required("yes").expect(http.StatusUnprocessableEntity, says(say(t, "second_step.error.own_first")))
	p := v.equip(now)
	open := s.as(reviewer)
	required("yes").redirects("/cities/ha-long/people").follow().expect(http.StatusOK, noticed(say(t, "notice.second_step_required")),
		says(say(t, "people.second_step.required")), htmlcheck.In(`[data-person="`+coordinator+`"]`, htmlcheck.HasText(say(t, "people.second_step"))))
	required("yes").redirects("/cities/ha-long/people")
	equal(t, "audit", ask[string](s, `SELECT string_agg(before::text || after::text, ' ') FROM audit WHERE act = 'require_second_step'`),
		`{"second_step_required": false}{"second_step_required": true}`)
	for _, email := range []string{staff, leader, expert, overseer} {
		s.as(email).get(dashboard).expect(http.StatusOK)
	}
	s.as(theirCoordinator).get("/cities/da-nang").expect(http.StatusOK)
	before := s.written()
	for _, w := range []*visitor{open, s.as(reviewer)} { // also who was signed in when it began
		w.get("/").redirects("/account/second-step").follow().expect(http.StatusOK, says(say(t, "second_step_edit.waiting", "city", "Hạ Long")))
		for _, a := range matrix() {
			if !strings.HasPrefix(a.pattern, "/cities/{city}") {
				continue
			}
			a.ask(w).expect(http.StatusForbidden, says(say(t, "error.second_step.title")), htmlcheck.In(`main a[href="/account/second-step"]`))
		}
		w.post(entryPath("7.2.2")+"/claim", "version", "1", "note", "Gõ dở.").expect(http.StatusForbidden, says("Gõ dở."))
		w.get("/cities").expect(http.StatusOK)
	}
	equal(t, "what was written", s.written(), before)
	q := open.equip(now)
	open.get(dashboard).expect(http.StatusOK)
	open.get("/account/second-step").expect(http.StatusOK, says(say(t, "second_step.error.required")), htmlcheck.Count(`form[action="/account/second-step/off"]`, 0))
	open.post("/account/second-step/off", "off_code", q.at(now.Now()), "old_password", demonstration.Password).expect(http.StatusUnprocessableEntity, says(say(t, "second_step.error.required")))
	required("maybe").expect(http.StatusBadRequest)
	required("no").redirects("/cities/ha-long/people")
	open.post("/account/second-step/off", "off_code", q.at(now.Now()), "old_password", demonstration.Password).redirects("/account")
	open.get(dashboard).expect(http.StatusOK)
	v.post("/sign-out")
	v.password(coordinator)
	v.code(p.at(now.Now())).redirects("/")
}

// TestResetSecondStepOfPerson: a coordinator may, of who has no role elsewhere.
func TestResetSecondStepOfPerson(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	s.invite()
	v, w := s.as(coordinator), s.as(staff)
	path := func(email string) string {
		return "/cities/ha-long/people/" + ask[string](s, `SELECT m.id::text FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1`, email)
	}
	reset := func(email string) answer { return v.post(path(email)+"/reset-second-step", "version", "1") }
	v.get(path(staff)).expect(http.StatusOK, htmlcheck.Count(`form[action="`+path(staff)+`/reset-second-step"]`, 0))
	reset(staff).expect(http.StatusUnprocessableEntity, says(say(t, "people.error.no_second_step")))
	w.equip(now)
	v.get(path(staff)).expect(http.StatusOK, htmlcheck.Count(`form[action="`+path(staff)+`/reset-second-step"]`, 1))
	reset(staff).redirects("/cities/ha-long/people").follow().expect(http.StatusOK, noticed(say(t, "notice.second_step_reset")))
	w.get(dashboard).redirects("/sign-in?next=%2Fcities%2Fha-long")
	w.signIn(staff)
	w.equip(now)
	s.owner(`INSERT INTO membership (account_id, role) SELECT id, 'admin' FROM account WHERE email = $1`, staff)
	reset(staff).expect(http.StatusUnprocessableEntity, says(say(t, "people.error.second_step_elsewhere")))
	v.equip(now)
	v.get(path(coordinator)).expect(http.StatusOK, htmlcheck.Count(`form[action="`+path(coordinator)+`/reset-second-step"]`, 0))
	reset(coordinator).expect(http.StatusUnprocessableEntity, says(say(t, "people.error.own_second_step")))
	equal(t, "audit", ask[int](s, `SELECT count(*) FROM audit WHERE act = 'reset_second_step' AND city_id IS NOT NULL`), 1)
}

// FuzzReadCode: whatever is typed, what is compared is six digits or a whole
// recovery code, or the person hears at which field to look.
func FuzzReadCode(f *testing.F) {
	for _, typed := range [][2]string{{"123 456", ""}, {"", "abcd-efgh-2345-67ab"}, {"１２３４５６", ""}, {"", "0000111100001111"}, {"12345\x00", "x"}} {
		f.Add(typed[0], typed[1])
	}
	f.Fuzz(func(t *testing.T, app, recovery string) {
		text, isRecovery, err := server.ReadCode(form("code", app, "recovery_code", recovery))
		want := 6
		if isRecovery {
			want = 16
		}
		var invalid *tracker.InvalidError
		switch {
		case err == nil && len(text) != want:
			t.Errorf("%q and %q are compared as %q", app, recovery, text)
		case err != nil && (!errors.As(err, &invalid) || len(invalid.Fields) != 1):
			t.Errorf("%q and %q: %v", app, recovery, err)
		case err == nil && !isRecovery && strings.Trim(text, "0123456789") != "":
			t.Errorf("%q is no number", text)
		}
	})
}
