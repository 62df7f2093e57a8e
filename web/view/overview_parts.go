package view

import (
	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// fewCodes is how many codes stand in sight after "achieved since".
const fewCodes = 12

// openInSight is how many open indicators stand in sight, and fit on the
// printed page.
const openInSight = 7

func firstOpen(all []OpenEntry) []OpenEntry { return all[:min(openInSight, len(all))] }
func restOpen(all []OpenEntry) []OpenEntry  { return all[min(openInSight, len(all)):] }

// figureWord names a count beside the score. "Claimed" there counts every
// achieved claim, not only those that were not submitted yet.
func figureWord(p *locale.Printer, standing string) string {
	if standing == string(tracker.StandingClaimed) {
		return p.T("overview.claimed")
	}
	if standing == string(tracker.ChooseToConfirm) {
		return p.T("entry_list.state.to_confirm")
	}
	return standingText(p, standing)
}

func deltaText(p *locale.Printer, d Delta) string {
	switch {
	case d.Count > 0:
		return p.T("overview.delta.more", "count", d.Count, "day", d.Since)
	case d.Count < 0:
		return p.T("overview.delta.less", "count", d.Count, "day", d.Since)
	default:
		return p.T("overview.delta.same", "day", d.Since)
	}
}

// legend lists the standings that an entry can have. Without review nobody
// decides, so there are only three.
func legend(needsReview bool) []string {
	var found []string
	for _, standing := range tracker.Standings {
		if needsReview || !byReview(standing) {
			found = append(found, string(standing))
		}
	}
	return found
}

func byReview(s tracker.Standing) bool {
	switch s {
	case tracker.StandingAchieved, tracker.StandingInProgress, tracker.StandingNotStarted:
		return false
	default:
		return true
	}
}

// noAssessment says that nothing has begun, and leads who may to the beginning.
func noAssessment(v OverviewShow) ui.Blank {
	b := ui.Blank{Title: v.P.T("overview.empty.title"), Text: v.P.T("overview.empty.text")}
	if v.Page.City.CanManage {
		b.Action = ui.Link{Text: v.P.T("assessment_new.title"), Href: v.NewAssessment()}
	}
	return b
}
