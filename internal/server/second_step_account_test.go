package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"learningcity/internal/demonstration"
)

// TestSecondStepSetUpRefused: nothing counts before the app has shown a right code and
// the person the password; the secret stays meanwhile.
func TestSecondStepSetUpRefused(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.as(staff)
	p, fields := v.takePhone()
	try := func(code, password string) answer {
		fields.Set("code", code)
		fields.Set("old_password", password)
		return v.postForm("/account/second-step", fields)
	}
	for _, tt := range []struct{ code, password, field, key string }{
		{"", demonstration.Password, "code", "second_step.error.none"},
		{"abcdef", demonstration.Password, "code", "second_step.error.malformed"},
		{p.at(now.Now().Add(5 * time.Minute)), demonstration.Password, "code", "second_step.error.clock"},
		{p.at(now.Now().Add(-5 * time.Minute)), demonstration.Password, "code", "second_step.error.clock"},
		{p.at(now.Now().Add(time.Hour)), demonstration.Password, "code", "second_step.error.wrong"},
		{p.at(now.Now()), "sai", "old_password", "account.error.old_password"},
	} {
		page := try(tt.code, tt.password).expect(http.StatusUnprocessableEntity, refuses(t, tt.field, tt.key)).page()
		equal(t, "the secret stays", strings.ReplaceAll(page.First("code.code").Text(), " ", ""), p.secret)
	}
	for range 4 {
		try(p.at(now.Now()), "sai")
	}
	try(p.at(now.Now()), demonstration.Password).expect(http.StatusTooManyRequests, refuses(t, "old_password", "password.error.wait_seconds", "count", 30))
	equal(t, "second steps", ask[int](s, `SELECT count(*) FROM second_step`), 0)
	// A secret of somebody else's page, or of nobody's.
	_, theirs := s.as(leader).takePhone()
	for _, sealed := range []string{theirs.Get("secret"), "", "x", "!"} {
		fields.Set("secret", sealed)
		equal(t, "a strange secret", try(p.at(now.Now()), demonstration.Password).status == http.StatusOK, false)
	}
	now.set(now.Now().Add(time.Minute))
	v.equip(now)
	v.post("/account/second-step", "secret", fields.Get("secret")).expect(http.StatusConflict)
}

// TestRecoveryCodes work once each, however they are typed; few that are left
// are told.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.as(staff)
	p := v.equip(now)
	w := s.visit()
	w.password(staff)
	w.recovery("AAAA-BBBB-CCCC-DDDD").expect(http.StatusUnprocessableEntity, refuses(t, "recovery_code", "second_step.error.wrong_recovery"))
	w.recovery(" " + strings.ToLower(strings.ReplaceAll(p.codes[0], "-", " "))).redirects("/")
	w = s.visit()
	w.password(staff)
	w.recovery(p.codes[0]).expect(http.StatusUnprocessableEntity, refuses(t, "recovery_code", "second_step.error.wrong_recovery"))
	for _, code := range p.codes[1:6] {
		w := s.visit()
		w.password(staff)
		got := w.recovery(code).redirects("/")
		equal(t, "told too early", strings.Contains(fmt.Sprint(got.cookies), "few_recovery"), false)
	}
	w = s.visit()
	w.password(staff)
	w.recovery(p.codes[6]).redirects("/").follow().redirects(ofCulture).follow().expect(http.StatusOK, noticed(say(t, "notice.few_recovery_codes")))
	v.get("/account/second-step").expect(http.StatusOK, says(say(t, "second_step_edit.few", "count", 3)))
	v.post("/account/second-step/recovery-codes", "code", p.at(now.Now().Add(time.Hour))).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.wrong"))
	page := v.post("/account/second-step/recovery-codes", "code", p.at(now.Now())).expect(http.StatusOK).page()
	fresh := strings.Fields(page.First("textarea").Text())
	v.post("/account/second-step/recovery-codes", "code", p.at(now.Now())).expect(http.StatusUnprocessableEntity, refuses(t, "code", "second_step.error.used"))
	w = s.visit()
	w.password(staff)
	w.recovery(p.codes[9]).expect(http.StatusUnprocessableEntity)
	w.recovery(fresh[9]).redirects("/")
	equal(t, "acts", ask[int](s, `SELECT count(*) FROM audit WHERE act = 'use_recovery_code'`), 8)
	equal(t, "left, as recorded", ask[string](s, `SELECT after->>'codes_left' FROM audit WHERE act = 'use_recovery_code' ORDER BY id DESC LIMIT 1`), "9")
}

// TestDisableSecondStep asks for the code and the password.
func TestDisableSecondStep(t *testing.T) {
	t.Parallel()
	s, now := guarded(t)
	v := s.as(staff)
	p := v.equip(now)
	off := func(code, password string) answer {
		return v.post("/account/second-step/off", "off_code", code, "old_password", password)
	}
	off("", demonstration.Password).expect(http.StatusUnprocessableEntity, refuses(t, "off_code", "second_step.error.none"))
	off(p.at(now.Now().Add(time.Hour)), demonstration.Password).expect(http.StatusUnprocessableEntity, refuses(t, "off_code", "second_step.error.wrong"))
	off(p.at(now.Now()), "sai").expect(http.StatusUnprocessableEntity, refuses(t, "old_password", "account.error.old_password"))
	off(p.at(now.Now()), demonstration.Password).redirects("/account").follow().expect(http.StatusOK, noticed(say(t, "notice.second_step_disabled")))
	s.as(staff).get(dashboard).expect(http.StatusOK)
	equal(t, "what is left", ask[int](s, `SELECT (SELECT count(*) FROM second_step) + (SELECT count(*) FROM recovery_code) + (SELECT count(*) FROM half_sign_in)`), 0)
	v.post("/account/second-step/off").expect(http.StatusConflict)
	p = v.equip(now)
	for range 5 {
		off(p.at(now.Now().Add(time.Hour)), demonstration.Password)
	}
	off(p.at(now.Now()), demonstration.Password).expect(http.StatusTooManyRequests, refuses(t, "off_code", "second_step.error.wait_seconds", "count", 30))
}
