package postgres_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"learningcity/internal/postgres/pgtest"
)

// broken are rows that nobody may write, by the check that refuses them, one for
// each place where a function names it: what an UPDATE sets in an entry, and the
// columns of a new row of a history or an inbox, in place of those of a good one.
var broken = map[string]map[string][]string{
	"entry": {
		"entry_assignee_in_a_department":   {`department_id = NULL, assignee_id = {staff}`},
		"entry_changed_when_accepted_only": {`changed = true`},
		"entry_claim_known":                {`claim = 'done'`},
		"entry_narrative_composed":         {`obstacles = E'e\u0301'`},
		"entry_narrative_length":           {`solution = repeat('ệ',10001)`},
		"entry_reviewed_by_somebody":       {`claim = 'achieved', verdict = 'returned', submitted_by = {staff}`},
		"entry_reviewer_is_not_editor":     {`claim = 'achieved', verdict = 'accepted', submitted_by = {staff}, reviewed_by = {reviewer}, edited_by = {reviewer}`},
		"entry_submitted_by_somebody":      {`claim = 'achieved', verdict = 'awaiting'`},
		"entry_to_confirm_as_carried":      {`to_confirm = true`},
		"entry_verdict_known":              {`claim = 'achieved', verdict = 'praised', submitted_by = {staff}`},
		"entry_verdict_on_achieved_only":   {`verdict = 'awaiting', submitted_by = {staff}`},
		"entry_version_counts":             {`version = 0`},
	},
	"status_change": {
		"status_change_act_known": {`act = 'praise'`},
		"status_change_begins_with_a_claim": {`entry_version = 1, act = 'submit', claim_from = 'achieved', claim_to = 'achieved', verdict_to = 'awaiting'`,
			`act = 'carry_over', claim_to = 'achieved'`},
		"status_change_claim_known":        {`claim_to = 'done'`},
		"status_change_confirms_the_claim": {`act = 'confirm_claim', claim_to = 'achieved'`},
		"status_change_follows_the_table": {`claim_to = 'not_started'`,
			`act = 'accept', claim_from = 'achieved', claim_to = 'achieved', verdict_to = 'accepted'`},
		"status_change_note_composed": {`note = E'e\u0301'`},
		"status_change_note_length":   {`note = repeat('ệ',2001)`},
		"status_change_reason_given":  {`act = 'return', claim_from = 'achieved', claim_to = 'achieved', verdict_from = 'awaiting', verdict_to = 'returned', note = E' \n'`},
		"status_change_verdict_known": {`verdict_from = 'praised'`},
	},
	"inbox_item": {
		"inbox_item_about_something":   {`kind = 'comment', thread_id = 1, thread_code = '1.1.1', about = 'x'`},
		"inbox_item_entry_of_a_city":   {`kind = 'role_changed', entry_id = NULL, indicator_id = NULL, assessment_number = NULL`},
		"inbox_item_kind_known":        {`kind = 'entry_praised'`, `kind = 'praised'`},
		"inbox_item_names_its_entry":   {`indicator_id = NULL`, `kind = 'role_changed', indicator_id = NULL`},
		"inbox_item_of_a_city":         {`kind = 'role_changed', city_id = NULL, assessment_id = NULL, entry_id = NULL, indicator_id = NULL, assessment_number = NULL`},
		"inbox_item_of_a_due_date":     {`kind = 'entry_due'`},
		"inbox_item_of_a_thread":       {`kind = 'comment'`},
		"inbox_item_of_evidence":       {`kind = 'evidence_expiring'`},
		"inbox_item_of_its_entry_only": {`about = 'x'`},
		"inbox_item_of_recommendation": {`kind = 'recommendation_given'`},
		"inbox_item_of_task":           {`kind = 'task_given'`},
	},
}

// good are the columns of rows that hold, which what is broken stands in for.
var good = map[string]map[string]string{
	"status_change": {"entry_id": "e.id", "entry_version": "2", "city_id": "e.city_id", "assessment_id": "e.assessment_id", "act": "'change_claim'",
		"claim_from": "'not_started'", "claim_to": "'in_progress'", "verdict_from": "'none'", "verdict_to": "'none'", "note": "''",
		"effective_on": "e.changed_on", "recorded_at": "now()", "recorded_by": "{staff}"},
	"inbox_item": {"account_id": "{staff}", "city_id": "e.city_id", "kind": "'entry_accepted'", "assessment_id": "e.assessment_id", "entry_id": "e.id",
		"indicator_id": "e.indicator_id", "assessment_number": "1", "by_account_id": "{reviewer}", "created_at": "now()", "thread_id": "NULL",
		"thread_code": "NULL", "thread_title": "NULL", "about": "NULL"},
}

// TestRowsHold breaks each check that the functions of decision 22 name, as often
// as they name it; good rows are let in.
func TestRowsHold(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	for table, rows := range broken {
		var names []string
		for name, all := range rows {
			for _, row := range all {
				if _, err := w.db.Owner.Exec(t.Context(), w.rowOf(table, row)); constraintOf(err) != name {
					t.Errorf("%s: %v", name, err)
				}
				names = append(names, name)
			}
		}
		slices.Sort(names)
		named := w.db.Lines(t, `SELECT (regexp_matches(prosrc, 'THEN ''(`+table+`_[a-z_]+)''', 'g'))[1] COLLATE "C" FROM pg_proc ORDER BY 1`)
		if !slices.Equal(names, named) {
			t.Errorf("broken are %q, the functions name %q", names, named)
		}
	}
	for table := range good {
		if _, err := w.db.Owner.Exec(t.Context(), w.rowOf(table, "")); err != nil {
			t.Errorf("a good row of %s: %v", table, err)
		}
	}
}

// rowOf writes the row on the town's first entry.
func (w *town) rowOf(table, row string) string {
	sql := `UPDATE entry SET ` + row + ` WHERE id = (SELECT min(id) FROM entry)`
	if columns := good[table]; columns != nil {
		var names, values []string
		for name, value := range columns {
			names, values = append(names, name), append(values, value)
			for set := range strings.SplitSeq(row, ", ") {
				if is, to, _ := strings.Cut(set, " = "); is == name {
					values[len(values)-1] = to
				}
			}
		}
		sql = `INSERT INTO ` + table + ` (` + strings.Join(names, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM entry e ORDER BY e.id LIMIT 1`
	}
	return strings.NewReplacer("{staff}", strconv.FormatInt(w.staff.AccountID, 10), "{reviewer}", strconv.FormatInt(w.reviewer.AccountID, 10)).Replace(sql)
}
