package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// An act on an entry as a test table names it.
type entryAct struct {
	name string
	who  func(*town) tracker.Actor
	from string
	do   func(*town, testing.TB, tracker.Actor, postgres.EntryRef) error
	// What it writes: the entry, the history lines and the audit lines.
	entry   string
	history []string
	audit   []string
}

func byStaff(w *town) tracker.Actor       { return w.staff }
func byReviewer(w *town) tracker.Actor    { return w.reviewer }
func bySecond(w *town) tracker.Actor      { return w.second }
func byCoordinator(w *town) tracker.Actor { return w.coordinator }

func claimTo(to tracker.Claim, effectiveOn tracker.Date, submit bool) func(*town, testing.TB, tracker.Actor, postgres.EntryRef) error {
	return func(w *town, t testing.TB, a tracker.Actor, r postgres.EntryRef) error {
		return w.store.ChangeClaim(t.Context(), a, r, to, "ghi chú", effectiveOn, submit)
	}
}

var entryActs = []entryAct{
	{"claim", byStaff, "not_started/none", claimTo(tracker.ClaimInProgress, 0, false),
		"3 in_progress/none changed=f on 2025-03-10 submitted=- reviewed=-",
		[]string{"3 change_claim not_started/none>in_progress/none [ghi chú] 2025-03-10 staff"},
		[]string{`change_claim entry 1/1.1.1 staff {"claim": "not_started", "verdict": "none"} > {"claim": "in_progress", "verdict": "none", "effective_on": "2025-03-10"}`}},
	{"claim, dated earlier", byCoordinator, "not_started/none", claimTo(tracker.ClaimAchieved, openedOn+1, false),
		"3 achieved/none changed=f on 2024-01-16 submitted=- reviewed=-",
		[]string{"3 change_claim not_started/none>achieved/none [ghi chú] 2024-01-16 coordinator"},
		[]string{`change_claim entry 1/1.1.1 coordinator {"claim": "not_started", "verdict": "none"} > {"claim": "achieved", "verdict": "none", "effective_on": "2024-01-16"}`}},
	{"claim and submit", byStaff, "in_progress/none", claimTo(tracker.ClaimAchieved, 0, true),
		"5 achieved/awaiting changed=f on 2025-03-10 submitted=staff reviewed=-",
		[]string{"4 change_claim in_progress/none>achieved/none [ghi chú] 2025-03-10 staff",
			"5 submit achieved/none>achieved/awaiting [] 2025-03-10 staff"},
		[]string{`change_claim entry 1/1.1.1 staff {"claim": "in_progress", "verdict": "none"} > {"claim": "achieved", "verdict": "none", "effective_on": "2025-03-10"}`,
			`submit entry 1/1.1.1 staff {"claim": "achieved", "verdict": "none"} > {"claim": "achieved", "verdict": "awaiting", "effective_on": "2025-03-10"}`}},
	{"claim lowered after a verdict", byStaff, "achieved/accepted*", claimTo(tracker.ClaimInProgress, 0, false),
		"7 in_progress/none changed=f on 2025-03-10 submitted=- reviewed=-",
		[]string{"7 change_claim achieved/accepted>in_progress/none [ghi chú] 2025-03-10 staff"},
		[]string{`change_claim entry 1/1.1.1 staff {"claim": "achieved", "changed": true, "verdict": "accepted"} > {"claim": "in_progress", "verdict": "none", "effective_on": "2025-03-10"}`}},
	{"submit", byStaff, "achieved/none", noted((*postgres.Store).Submit),
		"4 achieved/awaiting changed=f on 2025-03-10 submitted=staff reviewed=-",
		[]string{"4 submit achieved/none>achieved/awaiting [ghi chú] 2025-03-10 staff"},
		[]string{`submit entry 1/1.1.1 staff {"claim": "achieved", "verdict": "none"} > {"claim": "achieved", "verdict": "awaiting", "effective_on": "2025-03-10"}`}},
	{"submit what was returned", byStaff, "achieved/returned", noted((*postgres.Store).Submit),
		"6 achieved/awaiting changed=f on 2025-03-10 submitted=staff reviewed=-",
		[]string{"6 submit achieved/returned>achieved/awaiting [ghi chú] 2025-03-10 staff"},
		[]string{`submit entry 1/1.1.1 staff {"claim": "achieved", "verdict": "returned"} > {"claim": "achieved", "verdict": "awaiting", "effective_on": "2025-03-10"}`}},
	{"withdraw", byStaff, "achieved/awaiting", noted((*postgres.Store).Withdraw),
		"5 achieved/none changed=f on 2025-03-10 submitted=- reviewed=-",
		[]string{"5 withdraw achieved/awaiting>achieved/none [ghi chú] 2025-03-10 staff"},
		[]string{`withdraw entry 1/1.1.1 staff {"claim": "achieved", "verdict": "awaiting"} > {"claim": "achieved", "verdict": "none", "effective_on": "2025-03-10"}`}},
	{"accept", byReviewer, "achieved/awaiting", noted((*postgres.Store).Accept),
		"5 achieved/accepted changed=f on 2025-03-10 submitted=coordinator reviewed=reviewer",
		[]string{"5 accept achieved/awaiting>achieved/accepted [ghi chú] 2025-03-10 reviewer"},
		[]string{`accept entry 1/1.1.1 reviewer {"claim": "achieved", "verdict": "awaiting"} > {"claim": "achieved", "verdict": "accepted", "effective_on": "2025-03-10"}`}},
	{"accept again what changed", bySecond, "achieved/accepted*", noted((*postgres.Store).Accept),
		"7 achieved/accepted changed=f on 2025-03-10 submitted=coordinator reviewed=second",
		[]string{"7 accept achieved/accepted>achieved/accepted [ghi chú] 2025-03-10 second"},
		[]string{`accept entry 1/1.1.1 second {"claim": "achieved", "changed": true, "verdict": "accepted"} > {"claim": "achieved", "verdict": "accepted", "effective_on": "2025-03-10"}`}},
	{"return", byReviewer, "achieved/awaiting", noted((*postgres.Store).Return),
		"5 achieved/returned changed=f on 2025-03-10 submitted=coordinator reviewed=reviewer",
		[]string{"5 return achieved/awaiting>achieved/returned [ghi chú] 2025-03-10 reviewer"},
		[]string{`return entry 1/1.1.1 reviewer {"claim": "achieved", "verdict": "awaiting"} > {"claim": "achieved", "verdict": "returned", "effective_on": "2025-03-10"}`}},
	{"reopen", byCoordinator, "achieved/accepted", noted((*postgres.Store).Reopen),
		"6 achieved/awaiting changed=f on 2025-03-10 submitted=coordinator reviewed=reviewer",
		[]string{"6 reopen achieved/accepted>achieved/awaiting [ghi chú] 2025-03-10 coordinator"},
		[]string{`reopen entry 1/1.1.1 coordinator {"claim": "achieved", "verdict": "accepted"} > {"claim": "achieved", "verdict": "awaiting", "effective_on": "2025-03-10"}`}},
}

func noted(act func(*postgres.Store, context.Context, tracker.Actor, postgres.EntryRef, string) error) func(*town, testing.TB, tracker.Actor, postgres.EntryRef) error {
	return func(w *town, t testing.TB, a tracker.Actor, r postgres.EntryRef) error {
		return act(w.store, t.Context(), a, r, "ghi chú")
	}
}

// TestActsWrite: each act leaves the row as the rule says, exactly one row of
// history and one of audit, and touches nothing else.
func TestActsWrite(t *testing.T) {
	t.Parallel()
	for _, tt := range entryActs {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
			w.bring(t, measured, tt.from)
			history, audit := w.history(t), w.audit(t)
			others := w.otherEntries(t)
			actor := tt.who(w)
			actor.RequestID, actor.Address = "request-1", "192.0.2.7"
			must(t, tt.do(w, t, actor, w.ref(t, measured)))
			if got := w.entry(t); got != tt.entry {
				t.Errorf("the entry is\n%s, want\n%s", got, tt.entry)
			}
			if got := w.history(t)[len(history):]; !slices.Equal(got, tt.history) {
				t.Errorf("history\n%q, want\n%q", got, tt.history)
			}
			if got := w.audit(t)[len(audit):]; !slices.Equal(got, withOrigin(tt.audit)) {
				t.Errorf("audit\n%q, want\n%q", got, withOrigin(tt.audit))
			}
			if got := w.otherEntries(t); got != others {
				t.Error("other entries changed")
			}
		})
	}
}

func withOrigin(lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, line+" at 2025-03-10 05:00:00 request-1 192.0.2.7")
	}
	return all
}

// entry is the row of the measured indicator in one line.
func (w *town) entry(t testing.TB) string {
	t.Helper()
	return strings.ReplaceAll(w.db.Lines(t, `
		SELECT format('%s %s/%s changed=%s on %s submitted=%s reviewed=%s', e.version, e.claim, e.verdict, e.changed, e.changed_on,
			coalesce((SELECT name FROM account WHERE id = e.submitted_by), '-'),
			coalesce((SELECT name FROM account WHERE id = e.reviewed_by), '-'))
		FROM entry e JOIN indicator i ON i.id = e.indicator_id
		WHERE i.code = $1 AND e.city_id = $2 AND e.updated_at = '2025-03-10 12:00+07'`, measured, w.id)[0], " of "+w.slug, "")
}

// history is what happened to it, without the opening.
func (w *town) history(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `
		SELECT format('%s %s %s/%s>%s/%s [%s] %s %s', c.entry_version, c.act, c.claim_from, c.verdict_from, c.claim_to, c.verdict_to,
			c.note, c.effective_on, split_part(a.name, ' ', 1))
		FROM status_change c JOIN account a ON a.id = c.recorded_by
		WHERE c.city_id = $1 AND c.act <> 'open' AND c.recorded_at = '2025-03-10 12:00+07' ORDER BY c.entry_version`, w.id)
}

func (w *town) audit(t testing.TB) []string {
	t.Helper()
	return w.db.Lines(t, `
		SELECT format('%s %s %s %s > %s at %s %s %s', u.act, u.subject, split_part(a.name, ' ', 1), u.before, u.after,
			u.recorded_at AT TIME ZONE 'UTC', u.request_id, u.address)
		FROM audit u LEFT JOIN account a ON a.id = u.account_id
		WHERE u.city_id = $1 ORDER BY u.id`, w.id)
}

func (w *town) otherEntries(t testing.TB) string {
	t.Helper()
	return fmt.Sprint(w.db.Lines(t, `SELECT e::text FROM entry e JOIN indicator i ON i.id = e.indicator_id
		WHERE i.code <> $1 ORDER BY e.id`, measured))
}
