package server_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server/htmlcheck"
)

// TestConflict: who was slower sees both texts, and sending theirs again with
// the version of the page is a decision that holds.
func TestConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	old := v.version("7.2.2")
	s.as(coordinator).claim("7.2.2", "claim", "not_started", "note", "Chữ của điều phối viên.").redirects(entryPath("7.2.2"))
	theirs := s.stored("7.2.2")
	got := v.post(entryPath("7.2.2")+"/claim", "version", old, "claim", "achieved", "note", "Chữ của tôi.").expect(http.StatusConflict,
		says(say(t, "entry_conflict.title")), says("Điều phối viên (minh họa)"), says(say(t, "claim.not_started")),
		htmlcheck.In("[aria-labelledby=theirs-heading]", htmlcheck.HasText("Chữ của điều phối viên.")),
		htmlcheck.In(`textarea[name="note"]`, htmlcheck.HasRaw("Chữ của tôi.")),
		htmlcheck.In(`input[name="claim"][checked]`, htmlcheck.HasAttr("value", "achieved")),
		htmlcheck.In(`input[name="version"]`, htmlcheck.HasAttr("value", theirs.form())))
	equal(t, "entry", s.stored("7.2.2"), theirs)
	got.sendAgain(entryPath("7.2.2")+"/claim").redirects(entryPath("7.2.2")).follow().
		expect(http.StatusOK, noticed(say(t, "notice.claim_saved")))
	want := theirs
	want.Version, want.Claim, want.Note = theirs.Version+1, "achieved", "Chữ của tôi."
	equal(t, "entry, sent again", s.stored("7.2.2"), want)
}

// TestConflictKeepsTheRest: what the conflict page does not show goes along,
// the day and the wish to submit above all.
func TestConflictKeepsTheRest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	old := v.version("7.2.2")
	v.act("7.2.2", "narrative", "narrative", "Bản khác.").redirects(entryPath("7.2.2"))
	got := v.post(entryPath("7.2.2")+"/claim?lang=en", "version", old, "claim", "achieved", "effective_on", "2025-03-01", "then", "submit").
		expect(http.StatusConflict, says(tell(t, "entry_conflict.title")))
	got.sendAgain(entryPath("7.2.2")+"/claim").redirects(entryPath("7.2.2")).follow().
		expect(http.StatusOK, noticed(tell(t, "notice.claim_saved_and_submitted")))
	days := ask[[]string](s, `SELECT array_agg(c.effective_on::text ORDER BY c.entry_version) FROM status_change c
		JOIN entry e ON e.id = c.entry_id JOIN indicator i ON i.id = e.indicator_id
		WHERE i.code = '7.2.2' AND c.act IN ('change_claim', 'submit') AND c.effective_on >= '2025-03-01'`)
	if !slices.Equal(days, []string{"2025-03-01", "2025-03-10"}) {
		t.Errorf("effective on %q", days)
	}
}

// TestConflictOfEveryForm: each form's texts are kept, beside what is saved.
func TestConflictOfEveryForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(coordinator)
	old := v.version("7.2.2")
	v.act("7.2.2", "narrative", "narrative", "Đã lưu một.", "obstacles", "Đã lưu hai.", "solution", "Đã lưu ba.").redirects(entryPath("7.2.2"))
	for act, fields := range map[string][]string{
		"narrative":   {"narrative", "Một của tôi.", "obstacles", "Hai\ncủa tôi.", "solution", ""},
		"measurement": {"year", "2024", "value", "31,5", "target", "50", "source", "Nguồn của tôi"},
		"submit":      {"note", "Lời nhắn của tôi."},
		"withdraw":    {"note", "Lời nhắn của tôi."},
	} {
		got := v.post(entryPath("7.2.2")+"/"+act, append([]string{"version", old}, fields...)...).expect(http.StatusConflict,
			says(say(t, "entry_conflict.title")), htmlcheck.In(`input[name="version"]`, htmlcheck.HasAttr("value", s.stored("7.2.2").form())))
		sent := fieldsOf(got.page().First(`form[action="` + entryPath("7.2.2") + "/" + act + `"]`))
		for i := 0; i < len(fields); i += 2 {
			equal(t, act+": "+fields[i], sent.Get(fields[i]), fields[i+1])
		}
	}
	got := v.post(entryPath("7.2.2")+"/narrative", "version", old, "narrative", "x")
	got.expect(http.StatusConflict, says("Đã lưu một."), says("Đã lưu hai."), says("Đã lưu ba."))
	v.post(entryPath("7.2.2")+"/measurement", "version", old, "year", "2024", "value", "1").expect(http.StatusConflict, says("29,8"))
}

// TestBrokenVersionIsAConflict: a form without a version, or with none that a
// page wrote, may be about anything, so nothing is written.
func TestBrokenVersionIsAConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := s.as(staff)
	before := s.stored("7.2.2")
	for _, version := range []string{"", "abc", "-1", "0", "7.0", "99999999999999999999", " 7", "7\x00"} {
		v.post(entryPath("7.2.2")+"/claim", "version", version, "claim", "achieved").
			expect(http.StatusConflict, says(say(t, "entry_conflict.title")))
	}
	v.post(entryPath("7.2.2")+"/claim").expect(http.StatusConflict, says(say(t, "entry_conflict.title")))
	equal(t, "entry", s.stored("7.2.2"), before)
}

// TestTwoAtOnce: of many who save the same form, one is first and no other
// overwrites it.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	s := newSiteOn(t, pgtest.Options{Demo: true, MaxConns: 4})
	before := s.stored("7.2.2")
	const many = 6
	statuses := make([]int, many)
	var wait sync.WaitGroup
	for i := range many {
		v := s.as(staff)
		wait.Go(func() {
			statuses[i] = v.post(entryPath("7.2.2")+"/claim", "version", before.form(), "claim", "achieved").status
		})
	}
	wait.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{303, 409, 409, 409, 409, 409}) {
		t.Errorf("answers %v", statuses)
	}
	equal(t, "version", s.stored("7.2.2").Version, before.Version+1)
}
