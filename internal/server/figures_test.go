package server_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/server/htmlcheck"
	"learningcity/internal/tracker"
)

// mix brings entries into every standing there is, today, and not equally many
// into each, so that one figure cannot pass for another.
func (s *site) mix() {
	s.t.Helper()
	ctx := context.Background()
	staffer, judge := s.member(coordinator), s.member(reviewer)
	at := func(code string) postgres.EntryRef {
		version := ask[int](s, `SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id WHERE i.code = $1`, code)
		return postgres.EntryRef{City: "ha-long", Indicator: code, Version: version}
	}
	for _, err := range []error{
		s.db.Store.ChangeClaim(ctx, staffer, at("7.2.2"), tracker.ClaimAchieved, "", 0, true),
		s.db.Store.ChangeClaim(ctx, staffer, at("9.3.1"), tracker.ClaimAchieved, "", 0, true),
		s.db.Store.Return(ctx, judge, at("9.3.1"), "Thiếu minh chứng."),
		s.db.Store.ChangeClaim(ctx, staffer, at("12.1.2"), tracker.ClaimAchieved, "", 0, false),
		s.db.Store.ChangeClaim(ctx, staffer, at("12.3.1"), tracker.ClaimNotStarted, "", 0, false),
		s.db.Store.ChangeClaim(ctx, staffer, at("1.2.1"), tracker.ClaimInProgress, "", 0, false),
		s.db.Store.ChangeClaim(ctx, staffer, at("1.2.1"), tracker.ClaimAchieved, "", 0, true),
		s.db.Store.ChangeClaim(ctx, staffer, at("1.2.2"), tracker.ClaimInProgress, "", 0, false),
		s.db.Store.ChangeClaim(ctx, staffer, at("1.3.1"), tracker.ClaimInProgress, "", 0, false),
		s.db.Store.ChangeClaim(ctx, staffer, at("2.1.2"), tracker.ClaimInProgress, "", 0, false),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// drilled is a figure of the dashboard: the rows that it says are behind it,
// and how many of them are achieved, -1 where it does not tell.
type drilled struct {
	name, href     string
	rows, achieved int
}

// TestFiguresOpenTheirRows: each figure of the dashboard is a link to a list
// with exactly as many rows, on any day.
func TestFiguresOpenTheirRows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.mix()
	v := s.as(leader)
	for _, day := range []string{"2024-01-14", "2024-04-12", "2024-08-13", "2025-02-20", "2025-03-10"} {
		for _, f := range figuresOf(t, v, day) {
			if f.href == "" {
				equal(t, day+": rows behind "+f.name+", which has no link", f.rows, 0)
				continue
			}
			rows := v.get(f.href).expect(http.StatusOK).page()
			equal(t, day+": rows behind "+f.name, len(rows.All("[data-indicator]")), f.rows)
			if f.achieved < 0 {
				continue
			}
			achieved := v.get(f.href + "&state=achieved").expect(http.StatusOK).page()
			equal(t, day+": achieved of "+f.name, len(achieved.All("[data-indicator]")), f.achieved)
		}
	}
}

// figuresOf reads the figures off the dashboard: the score, the six beside it,
// 3 groups, 12 areas, 10 departments and the open entries.
func figuresOf(t *testing.T, v *visitor, day string) []drilled {
	t.Helper()
	page := v.get(dashboard + "?on=" + day).expect(http.StatusOK).page()
	score, _, _ := strings.Cut(page.First("[data-score]").Attr("data-score"), "/")
	all := []drilled{
		{"the score", page.First(".counting a").Attr("href"), number(t, score), -1},
		{"open entries", page.First(".section-link a").Attr("href"), number(t, page.First("#open-heading").Text()), -1},
	}
	for _, a := range page.All("dl.facts dd a") {
		all = append(all, drilled{a.Text(), a.Attr("href"), number(t, a.Text()), -1})
	}
	for _, head := range page.All(".map-group__head") {
		all = append(all, fractionOf(t, head))
	}
	for _, head := range page.All(".map-area__head") {
		all = append(all, fractionOf(t, head))
	}
	for _, one := range page.All(".deps li") {
		all = append(all, fractionOf(t, one))
	}
	if len(all) != 2+6+3+12+10 {
		t.Fatalf("%d figures on the dashboard", len(all))
	}
	return all
}

// fractionOf reads a link with "12/14" beside it.
func fractionOf(t *testing.T, n htmlcheck.Node) drilled {
	t.Helper()
	link := n.First("a")
	achieved, total, _ := strings.Cut(n.First(".count").Text(), "/")
	return drilled{link.Text(), link.Attr("href"), number(t, total), number(t, achieved)}
}

// number is the first whole number in the words.
func number(t *testing.T, words string) int {
	t.Helper()
	for _, word := range strings.Fields(words) {
		if n, err := strconv.Atoi(word); err == nil {
			return n
		}
	}
	t.Fatalf("no number in %q", words)
	return 0
}

// TestScoreIsARecount: on every day of the assessment the page's score is what
// the rows of the history say, counted by another hand.
func TestScoreIsARecount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.mix()
	v := s.as(leader)
	for day := tracker.NewDate(2024, 1, 10); day <= tracker.NewDate(2025, 3, 10); day += 19 {
		want := ask[int](s, `
			SELECT count(*) FROM (
				SELECT DISTINCT ON (entry_id) claim_to, verdict_to FROM status_change
				WHERE effective_on <= $1::date ORDER BY entry_id, effective_on DESC, entry_version DESC) last
			WHERE claim_to = 'achieved' AND verdict_to = 'accepted'`, day.String())
		v.get(dashboard+"?on="+day.String()).expect(http.StatusOK,
			htmlcheck.In("[data-score]", htmlcheck.HasAttr("data-score", strconv.Itoa(want)+"/57")))
	}
}
