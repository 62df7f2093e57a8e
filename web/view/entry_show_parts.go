package view

import (
	"cmp"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

func hasLink(l ui.Link) bool { return l.Href != "" }

// entryProblems lists what was refused on the page, in the order of its forms.
func entryProblems(v EntryShow) ui.Errors {
	all := Errors{"submit": v.SubmitError, "withdraw": v.WithdrawError}
	for field, text := range v.ClaimForm.Errors {
		all[field] = text
	}
	all["reopen-note"], all[""] = v.ReopenErrors["note"], cmp.Or(all[""], v.ReopenErrors[""])
	return problems(v.P, all, "claim", "note", "effective_on", "submit", "withdraw", "reopen-note")
}

func claimOptions(p *locale.Printer) []ui.Option {
	options := make([]ui.Option, len(tracker.Claims))
	for i, claim := range tracker.Claims {
		options[i] = ui.Option{Value: string(claim), Label: p.T("claim." + string(claim))}
	}
	return options
}

// hasVerdict reports whether the reviewers have something to say about it yet.
func hasVerdict(v EntryShow) bool { return v.Verdict != tracker.VerdictNone }

func narrativeAct(v EntryShow) string {
	if v.Narrative == (tracker.Narrative{}) {
		return v.P.T("entry_show.narrative.write")
	}
	return v.P.T("entry_show.narrative.edit")
}
